"""Rows and sums behind the figures of procedures: the same conditions count a figure and list its rows.

Restricted cases are in no figure: whoever opens a figure sees every row of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import fmean
from typing import Any

from django.db.models import Count, Q, QuerySet

from yanzhen.kernel.scope.api import Actor, UnitRef, in_range
from yanzhen.kernel.worktime.api import BEIJING
from yanzhen.measures.api import NOW, Leaf, period
from yanzhen.procedures.domain.definition import Definition
from yanzhen.procedures.models import Case, CaseStep, Procedure
from yanzhen.procedures.selectors import sight
from yanzhen.procedures.selectors.definitions import of_row

OPENLY = Q(restricted=False)
_RUNNING = Q(state=Case.State.RUNNING)
_OVER = ~_RUNNING
#: Indicator → (numerator, denominator).
PARTS: dict[str, tuple[Q, Q]] = {
    "procedures.started": (Q(), Q()),
    "procedures.running": (_RUNNING, _RUNNING),
    "procedures.overdue": (_RUNNING & Q(overdue=True), _RUNNING & Q(overdue=True)),
    "procedures.resolved": (Q(state=Case.State.RESOLVED), _OVER),
    "procedures.repeated": (Q(rounds__gt=1), Q()),
    "procedures.days": (_OVER, _OVER),
}
STOCK = ("procedures.running", "procedures.overdue")


def _between(code: str) -> Q:
    if code == NOW:
        return Q()
    found = period(code)
    return Q(started_at__gte=_start(found.first), started_at__lt=_start(found.after))


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=BEIJING)


def rows_of(unit: UnitRef, code: str, indicator: str, part: str) -> QuerySet[Case]:
    """Cases behind a part of a figure, at and below a unit."""
    parts = PARTS.get(indicator)
    rows = Case.objects.filter(OPENLY, _between(code), in_range(unit.scope, "unit_path"))
    if parts is None or part == "excluded":
        return rows.none()
    return rows.filter(parts[0] if part == "numerator" else parts[1])


def part_of(indicator: str, part: str) -> Q:
    """The condition of a figure's part (for the list behind it)."""
    parts = PARTS.get(indicator)
    if parts is None or part == "excluded":
        return Q(pk__in=[])
    return OPENLY & (parts[0] if part == "numerator" else parts[1])


def leaves(code: str, unit_ids: list[int] | None) -> Iterable[Leaf]:
    """Sums by unit for a month, or ``now`` for those that are stock."""
    rows = Case.objects.filter(OPENLY, _between(code))
    if unit_ids is not None:
        rows = rows.filter(unit_id__in=unit_ids)
    wanted = [each for each in PARTS if (each in STOCK) is (code == NOW) and each != "procedures.days"]
    sums = {
        f"n{at}": Count("id", filter=PARTS[each][0]) if PARTS[each][0] else Count("id")
        for at, each in enumerate(wanted)
    }
    sums |= {
        f"d{at}": Count("id", filter=PARTS[each][1]) if PARTS[each][1] else Count("id")
        for at, each in enumerate(wanted)
    }
    grouped: Iterable[Any] = rows.order_by().values("unit_id").annotate(**sums)
    for row in grouped:
        for at, each in enumerate(wanted):
            if row[f"d{at}"]:
                yield Leaf(row["unit_id"], each, row[f"n{at}"], row[f"d{at}"])
    if code == NOW:
        return
    days: dict[int, list[float]] = {}
    ended = rows.filter(_OVER, ended_at__isnull=False).values_list("unit_id", "started_at", "ended_at")
    for unit_id, begun, over in ended:
        if over is None:
            continue
        days.setdefault(unit_id, []).append((over - begun) / timedelta(days=1))
    for unit_id, some in days.items():
        yield Leaf(unit_id, "procedures.days", fmean(some) * len(some), len(some))


@dataclass(frozen=True, slots=True)
class Ages:
    """Running cases of one procedure at one step: how many, how many late, by age in days (up to 7, 30, 90, more)."""

    definition: Definition
    step: str
    title: str
    count: int
    overdue: int
    ages: tuple[int, int, int, int]


def ages_for(viewer: Actor, now: datetime, *, unit: UnitRef | None = None, code: str = "") -> list[Ages]:
    """Decisions by step and age in the viewer's scope: open steps grouped in the database, a row for each procedure and step."""
    if not viewer.has("procedures.view"):
        return []
    cases = Case.objects.filter(sight.over(viewer), state=Case.State.RUNNING)
    if unit is not None:
        cases = cases.filter(in_range(unit.scope, "unit_path"))
    if code:
        cases = cases.filter(code=code)
    marks = [now - timedelta(days=days) for days in (7, 30, 90)]
    rows = (
        CaseStep.objects.filter(state=CaseStep.State.OPEN, case__in=cases.values("pk"))
        .order_by()
        .values("case__procedure_id", "key")
        .annotate(
            n=Count("id"), late=Count("id", filter=Q(overdue=True)), week=Count("id", filter=Q(opened_at__gt=marks[0])),
            month=Count("id", filter=Q(opened_at__gt=marks[1])), quarter=Count("id", filter=Q(opened_at__gt=marks[2])),
        )
    )  # fmt: skip
    found: dict[tuple[str, str], list[int]] = {}
    definitions: dict[str, Definition] = {}
    procedures = {row.pk: row for row in Procedure.objects.filter(pk__in={row["case__procedure_id"] for row in rows})}
    for row in rows:
        definition = of_row(procedures[row["case__procedure_id"]])
        if definition.code not in definitions or definitions[definition.code].version < definition.version:
            definitions[definition.code] = definition
        some = found.setdefault((definition.code, row["key"]), [0] * 6)
        ages = (row["week"], row["month"] - row["week"], row["quarter"] - row["month"], row["n"] - row["quarter"])
        for at, value in enumerate((row["n"], row["late"], *ages)):
            some[at] += value
    listed = []
    for (each, key), numbers in found.items():
        definition = definitions[each]
        title = definition.step(key).title.zh if definition.has(key) else key
        listed.append(
            Ages(definition, key, title, numbers[0], numbers[1], (numbers[2], numbers[3], numbers[4], numbers[5]))
        )
    order = {(d.code, step.key): at for d in definitions.values() for at, step in enumerate(d.steps)}
    return sorted(listed, key=lambda row: (row.definition.code, order.get((row.definition.code, row.step), 999)))
