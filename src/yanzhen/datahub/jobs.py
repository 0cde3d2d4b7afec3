"""Periodic work of the data books."""

from datetime import datetime

from yanzhen.datahub.services import expire
from yanzhen.kernel.scope.api import system
from yanzhen.kernel.tasks.api import periodic


@periodic("datahub.expire", seconds=3600)
def expire_grants(now: datetime) -> object:
    """Grants end on their day."""
    return expire(actor=system("clock"), now=now)
