"""Periodic work of the measures."""

from datetime import datetime

from yanzhen.kernel.tasks.api import periodic
from yanzhen.measures.services import refresh


@periodic("measures.refresh", seconds=15)
def refresh_facts(now: datetime) -> object:
    """Work off what changed."""
    return refresh(now=now)
