"""What the worker does for procedures by time."""

from __future__ import annotations

from datetime import datetime

from yanzhen.kernel.tasks.api import periodic
from yanzhen.procedures import services


@periodic("procedures.tick", seconds=60)
def tick(now: datetime) -> object:
    """Steps that fall due, publicity and waits that are over."""
    return services.tick(now=now)
