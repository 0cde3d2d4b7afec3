"""What the worker does for the loop by time."""

from __future__ import annotations

from datetime import datetime

from yanzhen.kernel.tasks.api import periodic
from yanzhen.matters import services


@periodic("matters.tick", seconds=60)
def tick(now: datetime) -> object:
    """Overdue marks, automatic pressing, reminders, the archive."""
    return services.tick(now=now)


@periodic("matters.admissions", seconds=3600)
def admissions(now: datetime) -> object:
    """Publicity that is over, admissions that expire."""
    return services.roll_admissions(now=now)
