"""The first board: a unit and the territory below it, every number a door to its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.rulebook.api import value as rule
from yanzhen.kernel.scope.api import Actor, UnitRef, may
from yanzhen.measures.domain.periods import previous, year_before
from yanzhen.measures.domain.rates import ranks
from yanzhen.measures.domain.shapes import Drawing, draw
from yanzhen.measures.indicators import Indicator, indicators
from yanzhen.measures.selectors import Figure, figures_for, waiting
from yanzhen.registry.api import boundaries_on, territory_below, unit_ref


@dataclass(frozen=True, slots=True)
class Line:
    """One unit's figures on the board, with its place among its like for the chosen indicator (None: n too small)."""

    unit: UnitRef
    figures: dict[str, Figure]
    rank: int | None
    tied: bool


@dataclass(frozen=True, slots=True)
class Board:
    """A unit's figures, those of the units below it, the same a period and a year before, and the map."""

    unit: UnitRef
    above: tuple[UnitRef, ...]
    period: str
    chosen: Indicator
    columns: tuple[Indicator, ...]
    whole: dict[str, Figure]
    before: dict[str, Figure]
    year_ago: dict[str, Figure]
    lines: tuple[Line, ...]
    drawing: Drawing | None
    data_time: datetime | None
    covered: int
    waiting: int
    min_n: int

    @property
    def empty(self) -> bool:
        """Whether nothing at all was counted here in the period."""
        return not any(figure.denominator or figure.numerator for figure in self.whole.values())


def board_for(viewer: Actor, unit_id: int | None, *, period: str, chosen: str, today: date) -> Board:
    """The board of a unit in the viewer's scope (its own when ``unit_id`` is None).

    NotFound for a foreign unit; DomainError for a period that is none. Facts only: nothing is counted here.
    """
    unit = _unit(viewer, unit_id)
    columns = tuple(indicators().values())
    picked = indicators().get(chosen) or next((found for found in columns if found.kind == "rate"), columns[0])
    below = territory_below(viewer, "measures.view", unit, today)
    figures = figures_for(viewer, [unit, *below], period, on=today)
    min_n = int(rule("rate.min_n", unit, on=today))
    values = [
        (child.id, figure.value, figure.denominator if picked.kind != "count" else min_n)
        for child in below
        if (figure := figures[child.id][picked.code]).value is not None
    ]
    places = {
        place.key: place
        for place in ranks(
            [(key, value or 0.0, n) for key, value, n in values],
            min_n=min_n,
            higher_is_better=picked.direction != "down",
        )
    }
    lines = tuple(
        Line(child, figures[child.id], places[child.id].rank if child.id in places else None,
             places[child.id].tied if child.id in places else False)
        for child in below
    )  # fmt: skip
    times = [figure.computed_at for figure in figures[unit.id].values() if figure.computed_at]
    return Board(
        unit=unit, above=_above(viewer, unit), period=period, chosen=picked, columns=columns, whole=figures[unit.id],
        before=figures_for(viewer, [unit], previous(period), on=today)[unit.id],
        year_ago=figures_for(viewer, [unit], year_before(period), on=today)[unit.id],
        lines=lines, drawing=draw(boundaries_on([child.id for child in below], today)),
        data_time=max(times, default=None),
        covered=sum(any(f.denominator or f.numerator for f in line.figures.values()) for line in lines),
        waiting=waiting(), min_n=min_n,
    )  # fmt: skip


def _unit(viewer: Actor, unit_id: int | None) -> UnitRef:
    unit = viewer.unit if unit_id is None else unit_ref(unit_id)
    if unit is None or not may(viewer, "measures.view", unit.path):
        raise NotFound("measures.unit.foreign", "没有找到这个单位，或它不在您的管辖范围内。")
    return unit


def _above(viewer: Actor, unit: UnitRef) -> tuple[UnitRef, ...]:
    """The units between the viewer's own and this one, for the way back up."""
    refs = [unit_ref(unit_id) for unit_id in unit.chain[:-1]]
    return tuple(ref for ref in refs if may(viewer, "measures.view", ref.path))
