"""Guardrails that keep the load of the grass roots light (`domain.md` §11; 国办函〔2026〕12号)."""

from __future__ import annotations

import re

from django.apps import apps
from django.urls import get_resolver

from tests.guards.source import PACKAGE, shown

BANNED = re.compile(
    r"check_?in(?!g)|punch|streak|leader_?board|login_count|online_(time|minutes)|dwell|read_rank|selfie|face_?id|gps_track|"
    r"track_point|points_total|打卡|签到(?!表)|积分|在线时长|排行榜",
    re.IGNORECASE,
)
#: Words that name the prohibition itself.
ALLOWED = re.compile(r"不.{0,6}(打卡|签到|积分)|没有.{0,4}(打卡|积分)|禁止")


def _routes() -> list[str]:
    found: list[str] = []

    def walk(patterns: list[object], prefix: str) -> None:
        for pattern in patterns:
            here = prefix + str(pattern.pattern)  # type: ignore[attr-defined]
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns, here)
            else:
                found.append(here)

    walk(get_resolver().url_patterns, "")
    return found


def test_no_table_counts_presence_or_ranks_people() -> None:
    names = [
        f"{model._meta.db_table}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("yanzhen.")
        for field in model._meta.get_fields()
    ]
    assert not [name for name in names if BANNED.search(name)]


def test_no_route_counts_presence_or_ranks_people() -> None:
    assert not [route for route in _routes() if BANNED.search(route)]


def test_no_page_speaks_of_it() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.html")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if BANNED.search(line) and not ALLOWED.search(line):
                found.append(f"{shown(path)}:{number}: {line.strip()[:80]}")
    assert not found


def test_no_script_follows_a_person() -> None:
    """A position is asked for once, when the user presses the button: never watched."""
    found = [
        shown(path)
        for path in sorted(PACKAGE.rglob("*.js"))
        if "vendor" not in path.parts and "watchPosition" in path.read_text(encoding="utf-8")
    ]
    assert not found


def test_files_are_never_required() -> None:
    """Photos are optional (guardrail 3): no file input is required, in forms or templates."""
    from django import forms

    required = []
    for model_form in _forms():
        for name, field in model_form.base_fields.items():
            if isinstance(field, forms.ImageField) and field.required:
                required.append(f"{model_form.__name__}.{name}")
    assert not required
    pages = [
        shown(path)
        for path in sorted(PACKAGE.rglob("*.html"))
        if re.search(r'type="file"[^>]*accept="image[^>]*\brequired\b', path.read_text(encoding="utf-8"))
    ]
    assert not pages


def _forms() -> list[type]:
    from django import forms

    found: list[type] = []
    waiting: list[type] = [forms.Form]
    while waiting:
        for sub in waiting.pop().__subclasses__():
            waiting.append(sub)
            if sub.__module__.startswith("yanzhen."):
                found.append(sub)
    return found


def test_every_public_page_offers_complaints() -> None:
    """The operator must offer complaints and suggestions on every page (guardrail 10)."""
    for name in ("ui/base.html", "ui/public.html"):
        text = (PACKAGE / "kernel/ui/templates" / name).read_text(encoding="utf-8")
        parts = text + "".join(
            (PACKAGE / "kernel/ui/templates" / part).read_text(encoding="utf-8")
            for part in re.findall(r'{% include "(ui/[^"]+)"', text)
        )
        assert "feedback" in parts, name
