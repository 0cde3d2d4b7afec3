"""A year as twelve tables of weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.worktime.selectors import Batch, DayRow


@dataclass(frozen=True, slots=True)
class Square:
    """One day: a word and a mark beside the number, so that colour is not needed."""

    day: date
    mark: str
    title: str
    kind: str


def _square(row: DayRow) -> Square:
    weekend = row.day.weekday() >= 5
    if row.working is None:
        return Square(row.day, "?", _("尚无安排"), "unknown")
    if row.working:
        return Square(row.day, _("班") if weekend or row.stated else "", _(row.name) if row.name else _("上班"), "work")
    return Square(row.day, _("休"), _(row.name) if row.name else _("双休日"), "rest")


def _months(rows: Sequence[DayRow]) -> list[dict[str, Any]]:
    months: list[dict[str, Any]] = []
    for month in range(1, 13):
        squares = [_square(row) for row in rows if row.day.month == month]
        cells: list[Square | None] = [None] * squares[0].day.weekday() + list(squares)
        cells += [None] * (-len(cells) % 7)
        worked = sum(1 for row in rows if row.day.month == month and row.working)
        weeks = [cells[at : at + 7] for at in range(0, len(cells), 7)]
        months.append({"number": month, "weeks": weeks, "worked": worked})
    return months


def year_page(year: int, rows: Sequence[DayRow], waiting: Sequence[Batch], actor: Actor) -> dict[str, Any]:
    """Everything the page shows."""
    return {
        "year": year,
        "previous": year - 1,
        "next": year + 1,
        "months": _months(rows),
        "weekdays": [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")],
        "unknown": sum(1 for row in rows if row.working is None),
        "worked": sum(1 for row in rows if row.working),
        "stated": [row for row in rows if row.stated],
        "waiting": [
            {
                "batch": b,
                "own": b.proposed_by == actor.account_id,
                "first": b.days[:20],
                "more": max(len(b.days) - 20, 0),
            }
            for b in waiting
        ],
        "may_propose": actor.has("rules.propose"),
        "may_approve": actor.has("rules.approve"),
    }
