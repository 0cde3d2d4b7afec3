"""Periodic work of the data books."""

from datetime import datetime

from yanzhen.datahub.services import expire
from yanzhen.kernel.scope.api import system
from yanzhen.kernel.tasks.api import periodic, task


@periodic("datahub.expire", seconds=3600)
def expire_grants(now: datetime) -> object:
    """Grants end on their day."""
    return expire(actor=system("clock"), now=now)


@task
def fill_demo() -> None:
    """The demo county's lake, filled in the background after the first start (a second start does no harm)."""
    from django.utils import timezone

    from yanzhen.datahub.demo import build

    build(now=timezone.now())
