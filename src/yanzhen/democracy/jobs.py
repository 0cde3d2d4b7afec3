"""What the worker does for village democracy by time."""

from __future__ import annotations

from datetime import datetime

from yanzhen.democracy.selectors.scope import today_of, villages_in
from yanzhen.democracy.services import disclosure
from yanzhen.kernel.scope.api import system
from yanzhen.kernel.tasks.api import periodic
from yanzhen.measures.api import NOW, mark_many, month_of


@periodic("democracy.boards", seconds=1800)
def boards(now: datetime) -> object:
    """Notices whose days are over come down; their decisions go on."""
    return disclosure.end_due(now=now)


@periodic("democracy.calendar", seconds=6 * 3600)
def calendar(now: datetime) -> object:
    """A day passes without a write: what was due yesterday is late today, so the month is counted again."""
    codes = (month_of(today_of(now)), NOW)
    pairs = [(pk, code) for pk in villages_in(system("clock")).values_list("pk", flat=True) for code in codes]
    mark_many(group="democracy", pairs=pairs)
    return len(pairs)
