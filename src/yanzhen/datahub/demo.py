"""The demo county's lake: twelve departments' systems about its own villages and grids. Every person in it is invented."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.utils import timezone

from yanzhen.datahub.selectors import GRID_DIGITS, folder
from yanzhen.kernel.tasks.api import task
from yanzhen.lake import api as lake
from yanzhen.lake import invented
from yanzhen.lake.invented import city, sources
from yanzhen.registry.models import Unit

ROWS = 1_000_000


def names() -> dict[int, str]:
    """The tree as places of the lake: divisions with grids below them, and those grids."""
    units = Unit.objects.filter(kind__in=("division", "grid"), valid_to__isnull=True).values_list("code", "name")
    return {lake.place(code): name for code, name in units if code.isdigit() and len(code) in (12, GRID_DIGITS)}


def build(*, now: datetime, rows: int = ROWS, say: Callable[[str], None] = lambda _words: None) -> lake.Report:
    """Lay out the lake, let twelve departments deliver, take it in. A lake that is there already stays as it is."""
    home = lake.setup(folder())
    say("数据湖：生成十二个部门的数据")
    people = city.settle(sources.people_for(rows), names())
    lake.write_places(people.places, home.folder / "reference")
    for path in sorted((Path(invented.__file__).parent / "contracts").glob("*.toml")):
        shutil.copy(path, home.folder / "contracts")
    sources.write(people, home.inbox, rows, truth=False)
    say("数据湖：清洗、关联、落格、切分")
    return lake.run(lake.Lake(home.folder), now=now, threads=1, memory="2GB")


@task
def fill() -> None:
    """The same in the background, after the first start (a second start does no harm)."""
    build(now=timezone.now())
