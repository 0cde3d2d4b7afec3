"""Vendored files, icons and the English catalogue are whole."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from pathlib import Path
from types import ModuleType

import polib
import pytest

ROOT = Path(__file__).resolve().parents[3]
UI = ROOT / "src" / "yanzhen" / "kernel" / "ui"


@pytest.fixture(scope="module")
def vendor() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vendor", ROOT / "tools" / "vendor.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["vendor"] = module
    spec.loader.exec_module(module)
    return module


def test_vendored_files_agree_with_the_lock(vendor: ModuleType) -> None:
    assert vendor.problems() == []
    assert vendor.main(["--check"]) == 0


def test_lock_names_version_licence_and_pinned_integrity(vendor: ModuleType) -> None:
    listed = json.loads(vendor.LOCK.read_text())["files"]
    pinned = {package.name: package for package in vendor.PACKAGES}
    assert {entry["package"] for entry in listed.values()} == set(pinned)
    for entry in listed.values():
        package = pinned[entry["package"]]
        assert (entry["version"], entry["licence"], entry["integrity"]) == (
            package.version,
            package.licence,
            package.integrity,
        )


def test_check_finds_changed_missing_and_foreign_files(vendor: ModuleType, tmp_path: Path) -> None:
    copy = tmp_path / "vendor"
    shutil.copytree(vendor.VENDOR, copy)
    assert vendor.problems(copy) == []
    (copy / "htmx.min.js").write_bytes((copy / "htmx.min.js").read_bytes() + b" ")
    (copy / "icons.svg").unlink()
    (copy / "extra.js").write_text("x")
    assert vendor.problems(copy) == [
        "icons.svg is missing",
        "extra.js is not in the lock",
        "htmx.min.js differs from the lock",
    ]


def test_every_icon_that_is_named_is_in_the_sprite(vendor: ModuleType) -> None:
    have = set(re.findall(r'<symbol id="([^"]+)"', (vendor.VENDOR / "icons.svg").read_text()))
    assert have == set(vendor.ICONS)
    used: set[str] = set()
    for path in (ROOT / "src").rglob("*.html"):
        used |= set(re.findall(r'{%\s*icon\s+"([^"]+)"', path.read_text(encoding="utf-8")))
    assert used
    assert used <= have


def test_own_files_ask_nothing_from_outside() -> None:
    for path in (UI / "static" / "ui").glob("*.*"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(https?:)?//(?!www\.w3\.org/)[a-z0-9.-]+\.[a-z]{2,}/", text), path.name
        assert "eval(" not in text


def test_english_catalogue_is_complete() -> None:
    wanted: set[str] = set()
    for path in UI.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        wanted |= {found[1] for found in re.findall(r"""{%\s*translate\s+(["'])(.+?)\1""", text)}
        for block in re.findall(r"{%\s*blocktranslate.*?%}(.*?){%\s*endblocktranslate", text, re.S):
            wanted.add(re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", block))
    for path in UI.rglob("*.py"):
        wanted |= set(re.findall(r"""\b_\(\s*"([^"]+)"\s*,?\s*\)""", path.read_text(encoding="utf-8")))
    catalogue = {entry.msgid: entry for entry in polib.pofile(str(UI / "locale/en/LC_MESSAGES/django.po"))}
    assert len(wanted) > 150
    assert sorted(wanted - catalogue.keys()) == []
    for entry in catalogue.values():
        assert entry.msgstr, entry.msgid
        assert sorted(re.findall(r"%\(\w+\)s", entry.msgid)) == sorted(re.findall(r"%\(\w+\)s", entry.msgstr))
