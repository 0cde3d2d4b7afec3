"""Shared set-up: a small tree and its cast. Test mode and data folder: tests/settings.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

if TYPE_CHECKING:
    from tests.personas import Persona, World


def pytest_configure(config: pytest.Config) -> None:
    """The English catalogues, compiled once (by the process that starts the others)."""
    from pathlib import Path

    from yanzhen.site.start import compile_catalogues

    if not hasattr(config, "workerinput"):
        compile_catalogues(Path(__file__).resolve().parent.parent / "src" / "yanzhen")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, after the shuffle: a process that begins with them is not the last to end."""
    items.sort(key=lambda item: not item.nodeid.startswith(("tests/faults/", "tests/lake/test_engines")))


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """What a test cached or learned is forgotten, like its rows (rows get the same numbers again)."""
    import shutil
    from pathlib import Path

    from django.conf import settings
    from django.core.cache import cache

    cache.clear()
    shutil.rmtree(Path(settings.YANZHEN.data) / "triage", ignore_errors=True)


@pytest.fixture(autouse=True)
def _source_language() -> None:
    """A page drawn in English leaves English behind in the thread; the next test starts in the users' language again."""
    from django.conf import settings
    from django.utils import translation

    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True, scope="session")
def _tests_may_empty_the_trail() -> None:
    """Tests on real transactions empty all tables afterwards; the trail's guards would refuse, so they step aside."""
    from django.db import connection

    from yanzhen.kernel.trail import guards

    flush = connection.ops.sql_flush

    def around(style: Any, tables: Any, **options: Any) -> list[str]:
        vendor = connection.vendor
        return [*guards.drop_sql(vendor), *flush(style, tables, **options), *guards.create_sql(vendor)]

    connection.ops.sql_flush = around  # type: ignore[method-assign]


@pytest.fixture
def now() -> datetime:
    """A working Monday morning: 2026-06-15 10:00 in China."""
    return datetime(2026, 6, 15, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def world(db: None) -> World:
    """The small fixed tree with its cast (tests/personas.py)."""
    from tests.personas import build_world

    return build_world()


def _persona(key: str) -> Callable[[World], Persona]:
    @pytest.fixture(name=key)
    def persona(world: World) -> Persona:
        return world[key]

    return persona


county_officer = _persona("county_officer")
township_secretary = _persona("township_secretary")
village_secretary = _persona("village_secretary")
grid_worker = _persona("grid_worker")
villager = _persona("villager")
outsider = _persona("outsider")
department_officer = _persona("department_officer")
system_officer = _persona("system_officer")
security_officer = _persona("security_officer")
audit_officer = _persona("audit_officer")
