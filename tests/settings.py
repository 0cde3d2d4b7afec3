"""Settings of the tests: test mode and a data folder of its own, decided before the platform reads its environment."""

import os
import tempfile

os.environ["YANZHEN_MODE"] = "test"
os.environ.setdefault("YANZHEN_DATA", tempfile.mkdtemp(prefix="yanzhen-test-"))

from yanzhen.site.settings import *  # noqa: F403
