"""The present moment for reads that a page or the figures ask for without saying when."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def present(now: datetime | None = None) -> datetime:
    """``now`` as given, else the clock's. Writes and rules never come here: they are told the time."""
    return now or timezone.now()
