"""A store of its own for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.storage import default_storage


@pytest.fixture(autouse=True)
def store_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "files"
    for name, value in (("base_location", str(folder)), ("location", str(folder))):
        monkeypatch.setitem(default_storage.__dict__.get("_wrapped", default_storage).__dict__, name, value)
    return folder
