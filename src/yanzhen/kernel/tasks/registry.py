"""The periodic jobs that modules registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Run = Callable[[datetime], object]


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic job: ``seconds`` between starts."""

    name: str
    seconds: int
    run: Run


_JOBS: dict[str, Job] = {}


def periodic(name: str, *, seconds: int) -> Callable[[Run], Run]:
    """Register ``run(now)`` to be started every so many seconds by ``yanzhen worker``."""

    def wrap(run: Run) -> Run:
        _JOBS[name] = Job(name, seconds, run)
        return run

    return wrap


def jobs() -> dict[str, Job]:
    """Registered periodic jobs by name."""
    return dict(_JOBS)
