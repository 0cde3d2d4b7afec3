"""The worker's part of the trail."""

from __future__ import annotations

from datetime import datetime

from yanzhen.kernel.tasks.api import periodic
from yanzhen.kernel.trail.services import seal_all


@periodic("trail.seal", seconds=20)
def seal(now: datetime) -> int:
    """Seal what was written since the last run, until caught up: no row stays unsealed for a minute."""
    return seal_all(now=now)
