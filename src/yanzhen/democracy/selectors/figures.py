"""Rows and sums behind the figures: the same rows count a figure and make its list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from yanzhen.democracy.domain.decisions import OPEN
from yanzhen.democracy.models import Decision, Finding, Objection, Visit
from yanzhen.democracy.present import present
from yanzhen.democracy.selectors.audits import quarter_of
from yanzhen.democracy.selectors.decisions import RUNNING, stuck_line
from yanzhen.democracy.selectors.disclosure import due_lines
from yanzhen.kernel.scope.api import in_range, path_range
from yanzhen.kernel.worktime.api import BEIJING
from yanzhen.measures.api import NOW, Leaf, period
from yanzhen.registry.models import Unit


@dataclass(frozen=True, slots=True)
class RowOf:
    """One record behind a figure: which village, what it says, where it is, whether it counts in the numerator."""

    unit: Unit
    title: str
    url: str
    note: str
    when: str
    good: bool


Rows = Callable[[list[Unit], date, date, date, datetime], Iterable[RowOf]]


def _start(day: date) -> datetime:
    return datetime.combine(day, time(0), BEIJING)


def disclosed(units: list[Unit], first: date, after: date, today: date, now: datetime) -> Iterable[RowOf]:
    """Calendar lines that were due in the month and have come to a result."""
    for unit in units:
        for line in due_lines(unit, first, after - timedelta(days=1), today):
            if line.on_time is None:
                continue
            row = line.disclosure
            url = f"/disclosures/{row.pk}/" if row else f"/disclosures/?unit={unit.pk}"
            title = f"{line.item.title} {line.subject_title or line.period.code}"
            yield RowOf(
                unit, title, url, row.get_state_display() if row else "未拟稿", line.due.isoformat(), bool(line.on_time)
            )


def objections(units: list[Unit], first: date, after: date, today: date, now: datetime) -> Iterable[RowOf]:
    """Objections of the month that were answered or are late."""
    found = Objection.objects.filter(
        disclosure__unit__in=units, made_at__gte=_start(first), made_at__lt=_start(after)
    ).select_related("disclosure__unit")
    for row in found.order_by("pk"):
        overdue = row.answered_at is None and row.due_at is not None and row.due_at < now
        if row.answered_at is None and not overdue:
            continue
        in_time = row.answered_at is not None and not row.late
        note = "已答复" if row.answered_at else "超期未答复"
        yield RowOf(
            row.disclosure.unit,
            row.disclosure.title,
            f"/disclosures/{row.disclosure_id}/",
            note,
            row.made_at.astimezone(BEIJING).date().isoformat(),
            in_time,
        )


def _decisions(rows: Iterable[Decision]) -> Iterable[RowOf]:
    for row in rows:
        day = (row.step_since or row.proposed_at).astimezone(BEIJING).date().isoformat()
        yield RowOf(row.unit, row.title, f"/decisions/{row.pk}/", row.step_words or row.get_state_display(), day, True)


def proposed(units: list[Unit], first: date, after: date, today: date, now: datetime) -> Iterable[RowOf]:
    """Decisions proposed in the month."""
    found = Decision.objects.filter(
        unit__in=units, proposed_at__gte=_start(first), proposed_at__lt=_start(after)
    ).select_related("unit")
    return _decisions(found.order_by("pk"))


def running(units: list[Unit], first: date, after: date, today: date, now: datetime) -> Iterable[RowOf]:
    """Decisions that are open now."""
    return _decisions(Decision.objects.filter(unit__in=units, state__in=OPEN).select_related("unit").order_by("pk"))


def stuck(units: list[Unit], first: date, after: date, today: date, now: datetime) -> Iterable[RowOf]:
    """Decisions whose step has not moved for too long."""
    found = (
        Decision.objects.filter(unit__in=units, state__in=RUNNING, step_since__isnull=False)
        .select_related("unit")
        .order_by("pk")
    )
    return _decisions(row for row in found if row.step_since and row.step_since < stuck_line(row.unit, now, today))


def covered(units: list[Unit], first: date, after: date, today: date, now: datetime) -> Iterable[RowOf]:
    """Visits of running plans whose quarter has come: done or not."""
    found = Visit.objects.filter(
        village__in=units, coverage__first__lte=today, coverage__last__gte=today, quarter__lte=quarter_of(today)
    )
    for row in found.select_related("village", "coverage").order_by("pk"):
        note = "已完成" if row.done_on else "未完成"
        yield RowOf(
            row.village, row.coverage.title, f"/audits/visits/{row.pk}/", note, row.quarter, row.done_on is not None
        )


def findings(units: list[Unit], first: date, after: date, today: date, now: datetime) -> Iterable[RowOf]:
    """Findings of audits and inspections: put right or not."""
    found = (
        Finding.objects.filter(visit__village__in=units)
        .select_related("visit__village", "visit__coverage")
        .order_by("pk")
    )
    for row in found:
        note = "已整改" if row.closed_at else "整改中"
        day = row.at.astimezone(BEIJING).date().isoformat()
        yield RowOf(
            row.visit.village, row.words[:60], f"/audits/visits/{row.visit_id}/", note, day, row.closed_at is not None
        )


#: Indicator → rows; True: a rate (good rows over all rows), False: a count.
FIGURES: dict[str, tuple[Rows, bool]] = {
    "democracy.decisions": (proposed, False),
    "democracy.open": (running, False),
    "democracy.stuck": (stuck, False),
    "democracy.disclosed": (disclosed, True),
    "democracy.objections": (objections, True),
    "democracy.covered": (covered, True),
    "democracy.findings": (findings, True),
}
STOCK = frozenset({"democracy.open", "democracy.stuck", "democracy.covered", "democracy.findings"})


def _span(code: str, today: date) -> tuple[date, date]:
    if code == NOW:
        return date(2000, 1, 1), today + timedelta(days=1)
    found = period(code)
    return found.first, found.after


def villages_of(path: str) -> list[Unit]:
    """Villages at and below a path."""
    found = Unit.objects.filter(in_range(path_range(path), "path"), level=Unit.Level.VILLAGE, kind=Unit.Kind.DIVISION)
    return list(found.filter(valid_to__isnull=True).order_by("path"))


def rows_of(indicator: str, units: list[Unit], code: str, part: str, now: datetime) -> list[RowOf]:
    """The rows behind a figure of villages and a period."""
    found = FIGURES.get(indicator)
    if found is None or part == "excluded":
        return []
    today = now.astimezone(BEIJING).date()
    rows = list(found[0](units, *_span(code, today), today, now))
    return [row for row in rows if row.good] if part == "numerator" else rows


def leaves(code: str, unit_ids: list[int] | None, now: datetime | None = None) -> Iterable[Leaf]:
    """What each village contributes in a month (or now)."""
    now = present(now)
    units = Unit.objects.filter(level=Unit.Level.VILLAGE, kind=Unit.Kind.DIVISION)
    if unit_ids is not None:
        units = units.filter(pk__in=unit_ids)
    places = list(units)
    for indicator, (_rows, rate) in FIGURES.items():
        if (indicator in STOCK) != (code == NOW):
            continue
        counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for row in rows_of(indicator, places, code, "denominator", now):
            counts[row.unit.pk][0] += row.good
            counts[row.unit.pk][1] += 1
        for unit_id, (good, n) in counts.items():
            yield Leaf(unit_id, indicator, good if rate else n, n)
