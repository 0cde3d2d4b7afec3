"""Shared set-up: test mode, a data folder of its own."""

from __future__ import annotations

import os
import tempfile

os.environ["YANZHEN_MODE"] = "test"
os.environ.setdefault("YANZHEN_DATA", tempfile.mkdtemp(prefix="yanzhen-test-"))
