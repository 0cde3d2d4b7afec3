"""Reading facts, from the viewer's scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.rulebook.api import value as rule
from yanzhen.kernel.scope.api import Actor, UnitRef, may
from yanzhen.measures.domain.periods import NOW
from yanzhen.measures.domain.periods import period as parse_period
from yanzhen.measures.domain.rates import Interval, light, wilson
from yanzhen.measures.indicators import Indicator, indicator, indicators
from yanzhen.measures.models import Fact, Stale


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: an indicator for a unit and period, with what stands behind it."""

    indicator: Indicator
    unit_id: int
    period: str
    numerator: Decimal
    denominator: int
    excluded: int
    value: float | None
    interval: Interval | None
    light: str
    rankable: bool
    computed_at: datetime | None

    def url(self, part: str = "denominator") -> str:
        """Address of the rows behind the figure."""
        return indicator(self.indicator.code)[1].rows_url(self.indicator.code, self.unit_id, self.period, part)


def figures_for(viewer: Actor, units: Iterable[UnitRef], period: str, *, on: date) -> dict[int, dict[str, Figure]]:
    """Figures of units by unit id and indicator code. Months add up to quarters and years; stocks are as of now.

    NotFound for a unit outside the viewer's scope: asking is refused whole, never silently thinned.
    """
    wanted = list(units)
    if any(not may(viewer, "measures.view", unit.path) for unit in wanted):
        raise NotFound("measures.unit.foreign", "没有找到这个单位，或它不在您的管辖范围内。")
    months = parse_period(period).months
    sums: dict[tuple[int, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0), Decimal(0)])
    computed: dict[tuple[int, str], datetime] = {}
    rows = Fact.objects.filter(unit_id__in=[unit.id for unit in wanted], period__in=[*months, NOW])
    for row in rows:
        key = (row.unit_id, row.indicator)
        found = indicators().get(row.indicator)
        if found is None or found.stock != (row.period == NOW):
            continue
        for at, part in enumerate((row.numerator, Decimal(row.denominator), Decimal(row.excluded))):
            sums[key][at] += part
        computed[key] = max(computed.get(key, row.computed_at), row.computed_at)
    return {
        unit.id: {
            code: _figure(
                found, unit, NOW if found.stock else period, sums[unit.id, code], computed.get((unit.id, code)), on
            )
            for code, found in indicators().items()
        }
        for unit in wanted
    }


def _figure(
    found: Indicator, unit: UnitRef, period: str, sums: list[Decimal], computed_at: datetime | None, on: date
) -> Figure:
    numerator, denominator, excluded = sums[0], int(sums[1]), int(sums[2])
    interval = wilson(float(numerator), denominator) if found.kind == "rate" else None
    if found.kind == "count":
        value: float | None = float(numerator)
    else:
        value = float(numerator / denominator) if denominator else None
    lamp = "none"
    if found.kind == "rate" and found.direction != "none":
        green, yellow = rule("measures.light", unit, on=on, indicator=found.code)
        lamp = light(value, green=float(green), yellow=float(yellow), higher_is_better=found.direction == "up")
    enough = denominator >= rule("rate.min_n", unit, on=on)
    return Figure(
        found,
        unit.id,
        period,
        numerator,
        denominator,
        excluded,
        value,
        interval,
        lamp if enough else "none",
        enough,
        computed_at,
    )


def waiting() -> int:
    """How many places wait to be computed (shown as data time on the board); bounded."""
    return Stale.objects.order_by()[:1001].count()
