"""Facts follow the records: incrementally equal to a full count, along the tree of the period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.personas import World
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, UnitRef, path_range
from yanzhen.measures import indicators as declared
from yanzhen.measures.api import Indicator, Leaf, figures_for, mark_stale, refresh
from yanzhen.measures.board import board_for
from yanzhen.measures.models import Fact, LeafFact, Stale
from yanzhen.registry.api import unit_ref
from yanzhen.registry.models import Unit
from yanzhen.registry.services import units as tree

pytestmark = pytest.mark.django_db
DONE = Indicator("t.done", "办结率", "rate", "%", "up", "试验", "办结", "受理")
OPEN = Indicator("t.open", "在办", "count", "件", "none", "试验", "在办", stock=True)


class Records:
    """A source over plain rows: (place, month, done, open)."""

    group = "test"
    indicators = (DONE, OPEN)

    def __init__(self) -> None:
        self.rows: list[tuple[int, str, bool, bool]] = []

    def leaves(self, period: str, unit_ids: list[int] | None) -> Iterable[Leaf]:
        for place in unit_ids or []:
            if period == "now":
                yield Leaf(place, "t.open", sum(1 for row in self.rows if row[0] == place and row[3]), 0)
                continue
            rows = [row for row in self.rows if row[:2] == (place, period)]
            yield Leaf(place, "t.done", sum(row[2] for row in rows), len(rows))

    def rows_url(self, indicator: str, unit_id: int, period: str, part: str) -> str:
        return f"/rows/{indicator}/{unit_id}/{period}/{part}/"

    def count(self, viewer: Actor, indicator: str, unit: UnitRef, period: str, part: str) -> int:
        places = [row for row in self.rows if Unit.objects.get(pk=row[0]).path in path_range(unit.path)]
        return sum(1 for row in places if row[1] == period and (part == "denominator" or row[2]))


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> Iterator[Records]:
    source = Records()
    monkeypatch.setattr(declared, "_SOURCES", {"test": source})
    monkeypatch.setattr(declared, "_INDICATORS", {found.code: (found, source) for found in source.indicators})
    return source


def add(records: Records, place: int, month: str, *, done: bool, still_open: bool = False) -> None:
    records.rows.append((place, month, done, still_open))
    mark_stale(group="test", unit_id=place, period=month)


def test_a_figure_is_its_rows_at_every_level(world: World, records: Records, now: datetime) -> None:
    grid, other = world.unit("songpo_1").pk, world.unit("liuwan_1").pk
    add(records, grid, "2026-06", done=True)
    add(records, grid, "2026-06", done=False, still_open=True)
    add(records, other, "2026-06", done=True)
    add(records, grid, "2026-05", done=True)
    assert refresh(now=now) == 3
    viewer = world["county_officer"].actor
    for key, expected in {"songpo_1": (1, 2), "songpo": (1, 2), "qingshan": (1, 2), "liuwan": (1, 1), "county": (2, 3)}.items():
        unit = unit_ref(world.unit(key))
        figure = figures_for(viewer, [unit], "2026-06", on=now.date())[unit.id]["t.done"]
        assert (int(figure.numerator), figure.denominator) == expected, key
        assert figure.denominator == records.count(viewer, "t.done", unit, "2026-06", "denominator")
    year = figures_for(viewer, [unit_ref(world.unit("county"))], "2026-Q2", on=now.date())[world.unit("county").pk]
    assert (int(year["t.done"].numerator), year["t.done"].denominator) == (3, 4)
    assert int(year["t.open"].numerator) == 1


def test_marks_are_worked_off_once_and_repeat_safely(world: World, records: Records, now: datetime) -> None:
    add(records, world.unit("songpo_1").pk, "2026-06", done=True)
    mark_stale(group="test", unit_id=world.unit("songpo_1").pk, period="2026-06")
    assert Stale.objects.count() == 1
    refresh(now=now)
    first = list(Fact.objects.order_by("pk").values_list("unit_id", "indicator", "period", "numerator", "denominator"))
    mark_stale(group="test", unit_id=world.unit("songpo_1").pk, period="2026-06")
    refresh(now=now)
    again = list(Fact.objects.order_by("pk").values_list("unit_id", "indicator", "period", "numerator", "denominator"))
    assert first == again
    assert refresh(now=now) == 0


def test_what_goes_away_leaves_the_figures(world: World, records: Records, now: datetime) -> None:
    place = world.unit("songpo_1").pk
    add(records, place, "2026-06", done=True)
    refresh(now=now)
    records.rows.clear()
    mark_stale(group="test", unit_id=place, period="2026-06")
    refresh(now=now)
    assert set(Fact.objects.filter(indicator="t.done").values_list("numerator", "denominator")) == {(Decimal(0), 0)}


def test_a_move_leaves_older_months_and_changes_newer_ones(world: World, records: Records, now: datetime) -> None:
    village, target = world.unit("songpo"), world.unit("baishui")
    grid = world.unit("songpo_1").pk
    add(records, grid, "2026-05", done=True)
    add(records, grid, "2026-06", done=True)
    refresh(now=now)
    tree.move(
        actor=world["county_officer"].actor, now=now, unit=Unit.objects.get(pk=village.pk), parent=Unit.objects.get(pk=target.pk),
        on=date(2026, 6, 15), document="云政发〔2026〕1号",
    )  # fmt: skip
    for month in ("2026-05", "2026-06"):
        mark_stale(group="test", unit_id=grid, period=month)
    refresh(now=now)

    def held(unit: Unit, month: str) -> int:
        return sum(Fact.objects.filter(unit_id=unit.pk, period=month, indicator="t.done").values_list("denominator", flat=True))

    assert (held(world.unit("qingshan"), "2026-05"), held(target, "2026-05")) == (1, 0)
    assert (held(world.unit("qingshan"), "2026-06"), held(target, "2026-06")) == (0, 1)
    assert held(world.unit("county"), "2026-06") == 1


def test_a_foreign_unit_is_not_even_confirmed(world: World, records: Records, now: datetime) -> None:
    for persona in ("village_secretary", "outsider"):
        with pytest.raises(NotFound):
            board_for(world[persona].actor, world.unit("qingshan").pk, period="2026-06", chosen="", today=now.date())


def test_small_samples_get_neither_place_nor_light(world: World, records: Records, now: datetime) -> None:
    for _ in range(29):
        add(records, world.unit("songpo_1").pk, "2026-06", done=True)
    for number in range(30):
        add(records, world.unit("liuwan_1").pk, "2026-06", done=number > 0)
    refresh(now=now)
    board = board_for(world["county_officer"].actor, None, period="2026-06", chosen="t.done", today=now.date())
    lines = {line.unit.name: line for line in board.lines}
    assert lines["青山镇"].rank is None
    assert lines["青山镇"].figures["t.done"].light == "none"
    assert lines["白水乡"].rank == 1
    assert lines["白水乡"].figures["t.done"].light == "green"
    assert board.covered == 2
    assert LeafFact.objects.count() == 4
