"""Periods: a month ``2026-11``, a quarter ``2026-Q4``, a year ``2026``, or ``now`` for stocks (plain Python)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from yanzhen.kernel.errors import DomainError

NOW = "now"
_FORM = re.compile(r"^(?P<year>[0-9]{4})(?:-(?:(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4])))?$")


@dataclass(frozen=True, slots=True)
class Period:
    """Days ``first <= day < after``."""

    code: str
    first: date
    after: date
    months: tuple[str, ...]


def month_of(day: date) -> str:
    """``2026-11``."""
    return f"{day.year:04d}-{day.month:02d}"


def _next(year: int, month: int, by: int) -> date:
    at = year * 12 + month - 1 + by
    return date(at // 12, at % 12 + 1, 1)


def period(code: str) -> Period:
    """The period for a code; DomainError ``measures.period.unknown`` when it is none."""
    found = _FORM.match(code)
    if not found or not 1900 <= int(found["year"]) <= 2999:
        raise DomainError(
            "measures.period.unknown",
            "时间段“{given}”不对，请写成 2026-11、2026-Q4 或 2026。",
            field="period",
            given=code,
        )
    year = int(found["year"])
    if found["month"]:
        first_month, length = int(found["month"]), 1
    elif found["quarter"]:
        first_month, length = int(found["quarter"]) * 3 - 2, 3
    else:
        first_month, length = 1, 12
    months = tuple(month_of(_next(year, first_month, step)) for step in range(length))
    return Period(code, date(year, first_month, 1), _next(year, first_month, length), months)


def previous(code: str) -> str:
    """The period of the same length just before (环比)."""
    this = period(code)
    day = _next(this.first.year, this.first.month, -len(this.months))
    if len(this.months) == 1:
        return month_of(day)
    return f"{day.year}-Q{(day.month + 2) // 3}" if len(this.months) == 3 else str(day.year)


def year_before(code: str) -> str:
    """The same period a year earlier (同比)."""
    return f"{int(code[:4]) - 1}{code[4:]}"
