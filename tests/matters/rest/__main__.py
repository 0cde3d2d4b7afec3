"""``python -m tests.matters.rest``: write the OpenAPI document anew, after a change that is meant."""

from __future__ import annotations

import os
from pathlib import Path

import tests.settings  # noqa: F401 test mode, before the platform reads its environment

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from yanzhen.matters.rest import docs  # noqa: E402

Path(__file__).with_name("openapi.json").write_text(docs.text(), encoding="utf-8")
