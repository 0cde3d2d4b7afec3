"""The demo county's calendar: years that no notice covers yet follow the weekends, and say so."""

from __future__ import annotations

from datetime import date, datetime

from yanzhen.kernel.scope.api import Actor, UnitRef
from yanzhen.kernel.worktime.selectors import calendar_for
from yanzhen.kernel.worktime.services import approve_days, propose_days, whole_year


def build(*, now: datetime, unit: UnitRef, proposer: Actor, approver: Actor) -> list[int]:
    """State this year and the next by weekends where nobody has yet (two accounts, as in life); returns those years."""
    stated = []
    for year in (now.year, now.year + 1):
        calendar = calendar_for([year], unit)
        if calendar.knows(date(year, 1, 1)) and calendar.knows(date(year, 12, 31)):
            continue
        batch = propose_days(
            actor=proposer,
            now=now,
            unit=unit,
            days=whole_year(year, []),
            basis=f"演示数据：{year} 年放假安排公布前按双休日计",
        )
        approve_days(actor=approver, now=now, batch=batch)
        stated.append(year)
    return stated
