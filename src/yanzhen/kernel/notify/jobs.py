"""Periodic jobs of messages."""

from __future__ import annotations

from datetime import datetime

from yanzhen.kernel.notify import services
from yanzhen.kernel.tasks.api import periodic


@periodic("notify.digest", seconds=60)
def digest(now: datetime) -> None:
    """Collect digests and send what waits."""
    services.collect(now=now)
    services.deliver(now=now)


@periodic("notify.prune", seconds=86400)
def prune(now: datetime) -> None:
    """Forget what is old and read."""
    services.prune(now=now)
