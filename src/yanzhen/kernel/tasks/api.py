"""Door of background work.

``task`` is the task library's decorator (one edit when Django's own arrives). Periodic jobs are plain functions that take
``now``; the worker runs each when its time has come, one worker at a time, and survives their failures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django_tasks import task

__all__ = ["Job", "jobs", "periodic", "task"]


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic job: ``seconds`` between starts."""

    name: str
    seconds: int
    run: Callable[[datetime], object]


_JOBS: dict[str, Job] = {}


def periodic(name: str, *, seconds: int) -> Callable[[Callable[[datetime], object]], Callable[[datetime], object]]:
    """Register ``run(now)`` to be started every so many seconds by ``yanzhen worker``."""

    def wrap(run: Callable[[datetime], object]) -> Callable[[datetime], object]:
        _JOBS[name] = Job(name, seconds, run)
        return run

    return wrap


def jobs() -> dict[str, Job]:
    """Registered periodic jobs by name."""
    return dict(_JOBS)
