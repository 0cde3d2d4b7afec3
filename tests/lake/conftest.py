"""A small invented city and a lake of its own for each test that writes."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

import yanzhen.lake.invented as invented
from yanzhen.lake import places
from yanzhen.lake.api import Lake, setup
from yanzhen.lake.invented import sources
from yanzhen.lake.invented.city import City, make

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
ROWS = 20_000


@pytest.fixture(scope="session")
def city() -> City:
    return make(sources.people_for(ROWS), seed=5)


@pytest.fixture(scope="session")
def deliveries(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The twelve systems' files, and the truth beside them."""
    folder = tmp_path_factory.mktemp("city") / "inbox"
    sources.write(city, folder, ROWS, seed=5)
    return folder


@pytest.fixture(scope="session")
def empty(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake laid out: keys, contracts, places; nothing in it."""
    folder = tmp_path_factory.mktemp("empty") / "lake"
    setup(folder)
    for path in (Path(invented.__file__).parent / "contracts").glob("*.toml"):
        shutil.copy(path, folder / "contracts")
    places.write(city.places, folder / "reference")
    return folder


@pytest.fixture
def lake(empty: Path, tmp_path: Path) -> Lake:
    folder = tmp_path / "lake"
    shutil.copytree(empty, folder)
    return Lake(folder)


@pytest.fixture(scope="session")
def filled(empty: Path, deliveries: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with all twelve sources in it; tests only read it."""
    from yanzhen.lake.api import run

    folder = tmp_path_factory.mktemp("filled") / "lake"
    shutil.copytree(empty, folder)
    shutil.copytree(deliveries, folder / "inbox", dirs_exist_ok=True)
    lake = Lake(folder)
    report = run(lake, now=NOW, threads=1, memory="1GB")
    assert {outcome.state for outcome in report.outcomes} == {"kept"}
    return lake


def deliver(lake: Lake, deliveries: Path, *names: str) -> None:
    for name in names:
        shutil.copytree(deliveries / name, lake.inbox / name, dirs_exist_ok=True)
