"""Rows and sums behind the figures: the same conditions count a figure and list its rows.

Secret matters are in no figure: whoever opens a figure sees every row of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time
from statistics import median
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum

from yanzhen.kernel.scope.api import UnitRef
from yanzhen.kernel.worktime.api import BEIJING
from yanzhen.matters.domain.loop import CLOSED, OPEN, RUNNING, State
from yanzhen.matters.models import Matter
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import lines
from yanzhen.matters.selectors.scope import place_side
from yanzhen.measures.api import NOW, Leaf, period

_RUNNING, _OPEN, _CLOSED = sorted(RUNNING), sorted(OPEN), sorted(CLOSED)
SECRET = Q(secret=True)
OUT = ~Q(excluded="") | Q(state=State.WITHDRAWN)
VALID = Q(excluded="") & ~Q(state=State.WITHDRAWN)
CALLED = VALID & Q(contacted=True)
GRADED = CALLED & Q(grade__in=["good", "basic", "bad"])
#: Indicator → (numerator, denominator) as conditions on matters.
PARTS: dict[str, tuple[Q, Q]] = {
    "matters.response": (VALID & Q(in_time=True), VALID & Q(in_time__isnull=False)),
    "matters.solved": (CALLED & Q(solved=True), CALLED & Q(solved__isnull=False)),
    "matters.satisfied": (GRADED & Q(grade__in=["good", "basic"]), GRADED),
    "matters.received": (Q(), Q()),
    "matters.closed": (Q(state__in=_CLOSED), Q(state__in=_CLOSED)),
    "matters.days": (VALID & Q(answered_at__isnull=False), VALID & Q(answered_at__isnull=False)),
    "matters.open": (Q(state__in=_OPEN), Q(state__in=_OPEN)),
    "matters.overdue": (Q(state__in=_RUNNING, overdue=True), Q(state__in=_RUNNING, overdue=True)),
}
STOCK = ("matters.open", "matters.overdue")


def part_filter(indicator: str, part: str, now: datetime | None = None) -> Q:
    """The rows of a figure's part: numerator, denominator or excluded. Nothing for an unknown indicator."""
    parts = PARTS.get(indicator)
    if parts is None:
        return Q(pk__in=[])
    if part == "excluded":
        return OUT & ~SECRET
    return (parts[0] if part == "numerator" else parts[1]) & ~SECRET


def in_period(code: str) -> Q:
    """Matters received in a period (everything for ``now``)."""
    if code == NOW:
        return Q()
    found = period(code)
    return Q(received_at__gte=_start(found.first), received_at__lt=_start(found.after))


def _start(day: date) -> datetime:
    return datetime.combine(day, time(0), BEIJING)


def rate_rows(unit: UnitRef, code: str, indicator: str, part: str) -> QuerySet[Matter]:
    """The matters behind a figure of a unit and period."""
    return Matter.objects.filter(place_side(unit), in_period(code), part_filter(indicator, part))


def leaves(code: str, unit_ids: list[int] | None) -> Iterable[Leaf]:
    """What each place contributes in a month (or now): one grouped query for the counts, one for the grades."""
    rows = Matter.objects.filter(in_period(code), secret=False)
    if unit_ids is not None:
        rows = rows.filter(place_id__in=unit_ids)
    return _stocks(rows) if code == NOW else _flows(rows, code)


def _stocks(rows: QuerySet[Matter]) -> list[Leaf]:
    grouped = (
        rows.filter(state__in=_OPEN)
        .values_list("place_id")
        .annotate(held=Count("id"), late=Count("id", filter=PARTS["matters.overdue"][0]))
        .order_by()
    )
    found: list[Leaf] = []
    for place_id, held, late in grouped:
        found += [Leaf(place_id, "matters.open", held, held), Leaf(place_id, "matters.overdue", late, late)]
    return found


def _flows(rows: QuerySet[Matter], code: str) -> list[Leaf]:
    spent = ExpressionWrapper(F("answered_at") - F("received_at"), output_field=DurationField())
    grouped = (
        rows.values_list("place_id")
        .annotate(
            n=Count("id"),
            n_closed=Count("id", filter=PARTS["matters.closed"][0]),
            n_out=Count("id", filter=OUT),
            n_in_time=Count("id", filter=PARTS["matters.response"][0]),
            n_decided=Count("id", filter=PARTS["matters.response"][1]),
            n_solved=Count("id", filter=PARTS["matters.solved"][0]),
            n_called=Count("id", filter=PARTS["matters.solved"][1]),
            n_answered=Count("id", filter=PARTS["matters.days"][1]),
            n_spent=Sum(spent, filter=PARTS["matters.days"][1]),
        )
        .order_by()
    )
    found: list[Leaf] = []
    for place_id, n, closed, out, in_time, decided, solved, called, answered, total in grouped:
        days = total.total_seconds() / 86400 if total is not None else 0.0
        found += [
            Leaf(place_id, "matters.received", n, n),
            Leaf(place_id, "matters.closed", closed, closed),
            Leaf(place_id, "matters.response", in_time, decided, out),
            Leaf(place_id, "matters.solved", solved, called, out),
            Leaf(place_id, "matters.days", round(days, 4), answered, out),
        ]
    return found + _grades(rows, code)


def _grades(rows: QuerySet[Matter], code: str) -> list[Leaf]:
    sums: dict[int, dict[str, int]] = defaultdict(dict)
    for place_id, grade, n in rows.filter(GRADED).values_list("place_id", "grade").annotate(n=Count("id")).order_by():
        sums[place_id][grade] = n
    out = dict(rows.filter(OUT).values_list("place_id").annotate(n=Count("id")).order_by())
    places = lines(list(sums))
    on = period(code).first
    found = []
    for place_id, counts in sums.items():
        values: dict[str, Any] = rules.table("rate.grades", places[place_id].ref if place_id in places else None, on)
        total = sum(n * float(values.get(grade, 0)) / 100 for grade, n in counts.items())
        found.append(Leaf(place_id, "matters.satisfied", round(total, 4), sum(counts.values()), out.get(place_id, 0)))
    return found


def median_days(unit: UnitRef, code: str, *, most: int = 20_000) -> float | None:
    """Median of days from receipt to answer in a period, from its newest rows; None without any."""
    rows = rate_rows(unit, code, "matters.days", "denominator").order_by("-received_at")
    spent = [
        (answered - received).total_seconds() / 86400
        for received, answered in rows.values_list("received_at", "answered_at")[:most]
        if answered is not None
    ]
    return round(median(spent), 2) if spent else None
