"""What joins a write: figures that must be counted again, notices to those who act next."""

from __future__ import annotations

from datetime import date, datetime

from yanzhen.kernel.notify import api as notify
from yanzhen.measures.api import NOW, mark_stale, month_of
from yanzhen.registry.api import accounts_at, unit_ref
from yanzhen.registry.models import Unit

GROUP = "democracy"
KIND = notify.declare_kind("democracy.todo", "村级民主待办")


def stale(unit: Unit, *days: date) -> None:
    """The village's figures of these months, and those of now."""
    for code in {month_of(day) for day in days} | {NOW}:
        mark_stale(group=GROUP, unit_id=unit.pk, period=code)


def tell(unit: Unit, capability: str, now: datetime, title: str, body: str, url: str) -> None:
    """A notice to those at the village itself who hold a right."""
    from yanzhen.democracy.selectors.scope import today_of

    accounts = accounts_at([unit_ref(unit).id], capability, today_of(now))
    notify.send(now=now, recipients=sorted(accounts), kind=KIND, title=title, body=body, url=url)
