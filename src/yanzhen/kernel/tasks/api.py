"""Door of background work.

``task`` is the task library's decorator (one edit when Django's own arrives): ``do_it.enqueue(1, name="…")`` inside
the writing transaction, so that the task exists exactly when the write does. A task may be started again after its
worker was killed: write it so that a second start does no harm. Periodic jobs are plain functions that take ``now``;
one worker at a time runs each when its time has come, and a failing job does not stop the others. Register both in the
module's ``jobs.py``, imported from its AppConfig.ready.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django_tasks import task

from yanzhen.kernel.tasks.registry import Job, jobs, periodic

if TYPE_CHECKING:
    from yanzhen.kernel.tasks.selectors import Health

__all__ = ["Job", "health", "jobs", "periodic", "run_pending", "run_worker", "task"]


def run_worker(*, once: bool = False, interval: float = 1.0) -> None:
    """Work until told to stop (SIGTERM, SIGINT): queued tasks and periodic jobs in one process.

    ``once``: only what is due now. A killed worker may simply be started again.
    """
    from yanzhen.kernel.tasks.worker import Work

    Work(interval=interval).run(once=once)


def run_pending() -> None:
    """Run everything that is due now, once, in this process (tests, demo, commands)."""
    run_worker(once=True)


def health(now: datetime) -> Health:
    """Workers alive, queue length, failing jobs: for /readyz, /metrics and the operator's page."""
    from yanzhen.kernel.tasks.selectors import health as found

    return found(now)
