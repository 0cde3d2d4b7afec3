"""Claims and leases: who runs what, and what happens to the work of a worker that died.

These rows are the machine's own book-keeping (no business write), so they leave no trail.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from yanzhen.kernel.tasks.models import JobRun, Worker
from yanzhen.kernel.tasks.registry import Job

LEASE = timedelta(minutes=5)
MAX_STARTS = 5  # a task that took its worker down so often is given up


class Abandoned(RuntimeError):
    """A task whose worker died again and again."""


def sign_on(*, worker: str, now: datetime) -> None:
    """Enter this process in the list of workers."""
    Worker.objects.create(id=worker, host=socket.gethostname()[:120], pid=os.getpid(), started_at=now, beat_at=now)


def beat(*, worker: str, now: datetime) -> None:
    """Say that the worker lives; enters it again when others took it for dead."""
    if not Worker.objects.filter(pk=worker).update(beat_at=now):
        sign_on(worker=worker, now=now)


@transaction.atomic
def sign_off(*, worker: str) -> None:
    """Leave the list after a proper stop; what was claimed and not done goes back."""
    _release([worker])
    Worker.objects.filter(pk=worker).delete()


def _dead(row: Worker, now: datetime) -> bool:
    if row.beat_at < now - LEASE:
        return True
    if row.host != socket.gethostname()[:120]:
        return False
    if row.pid == os.getpid():
        return True  # our number, but not us: the one before us in this container
    try:
        os.kill(row.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@transaction.atomic
def reap(*, worker: str, now: datetime) -> int:
    """Return the tasks and jobs of dead workers; returns how many tasks. A worker is dead when its lease ran out, or at
    once when its process on this machine is gone."""
    rows = [row for row in Worker.objects.exclude(pk=worker) if _dead(row, now)]
    alive = set(Worker.objects.values_list("pk", flat=True)) - {row.pk for row in rows} | {worker}
    orphans = [
        row
        for row in DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING)
        if not row.worker_ids or row.worker_ids[-1] not in alive
    ]
    for task in orphans:
        if len(task.worker_ids) >= MAX_STARTS:
            task.set_failed(Abandoned(f"given up after {len(task.worker_ids)} starts"))
    count = (
        DBTaskResult.objects.filter(pk__in=[t.pk for t in orphans], status=TaskResultStatus.RUNNING)
        .exclude(status=TaskResultStatus.FAILED)
        .update(status=TaskResultStatus.READY, started_at=None)
    )
    JobRun.objects.exclude(worker="").exclude(worker__in=alive).update(worker="")
    Worker.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return count


def _release(workers: Iterable[str]) -> None:
    gone = set(workers)
    for task in DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING):
        if task.worker_ids and task.worker_ids[-1] in gone:
            DBTaskResult.objects.filter(pk=task.pk, status=TaskResultStatus.RUNNING).update(
                status=TaskResultStatus.READY
            )
    JobRun.objects.filter(worker__in=gone).update(worker="")


def claim_job(*, job: Job, worker: str, now: datetime) -> bool:
    """Take the job if its time has come and nobody runs it: one conditional update, so that one worker wins."""
    due = Q(last_started__isnull=True) | Q(last_started__lte=now - timedelta(seconds=job.seconds))
    free = JobRun.objects.filter(due, name=job.name, worker="")
    if free.update(worker=worker, last_started=now):
        return True
    if not JobRun.objects.filter(name=job.name).exists():
        JobRun.objects.bulk_create([JobRun(name=job.name)], ignore_conflicts=True)
        return bool(free.all().update(worker=worker, last_started=now))
    return False


def finish_job(*, name: str, worker: str, now: datetime, error: str = "") -> None:
    """Give the job back with how it ended; only the worker that holds it can."""
    row = JobRun.objects.filter(name=name, worker=worker).first()
    if row is None:
        return
    JobRun.objects.filter(pk=row.pk, worker=worker).update(
        worker="", last_finished=now, last_error=error[-4000:], failures=row.failures + 1 if error else 0
    )
