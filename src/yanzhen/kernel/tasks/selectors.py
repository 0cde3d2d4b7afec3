"""How background work is doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from yanzhen.kernel.tasks.models import JobRun, Worker


@dataclass(frozen=True, slots=True)
class Health:
    """``workers``: alive within the last minute; ``oldest``: since when the longest-waiting task waits."""

    workers: int
    queued: int
    running: int
    failed: int
    oldest: datetime | None
    failing_jobs: tuple[str, ...]


def health(now: datetime) -> Health:
    """Workers, queue and failing jobs at a moment."""
    ready = DBTaskResult.objects.filter(status=TaskResultStatus.READY)
    return Health(
        workers=Worker.objects.filter(beat_at__gte=now - timedelta(minutes=1)).count(),
        queued=ready.count(),
        running=DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).count(),
        failed=DBTaskResult.objects.filter(status=TaskResultStatus.FAILED).count(),
        oldest=ready.order_by("enqueued_at").values_list("enqueued_at", flat=True).first(),
        failing_jobs=tuple(JobRun.objects.filter(failures__gt=0).order_by("name").values_list("name", flat=True)),
    )
