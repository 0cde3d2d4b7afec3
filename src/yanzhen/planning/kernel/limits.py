"""Time, memory, threads, cancelling and progress of one run. The only clock is a monotonic timer, and it can be replaced."""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from yanzhen.planning.kernel.text import Text

Timer = Callable[[], float]


class Cancel(Protocol):
    """Anything with ``is_set()``: a ``threading.Event``, or an object of the caller."""

    def is_set(self) -> bool:
        """True when the run shall end with the best plan so far."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: the stage in words, ``done`` of ``total`` stages, seconds so far, best value and bound if known."""

    stage: Text
    done: int
    total: int
    seconds: float
    best: float | None = None
    bound: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use. ``seconds``: wall time, kept within 10 %; ``memory_mb``: of the process, refused before it is exceeded;
    ``threads`` of solvers (1 for bit-equal runs of CP-SAT); ``cancel`` and ``progress`` are watched and told between and, where
    the solver allows, inside stages; ``timer``: a monotonic clock in seconds (tests put their own)."""

    seconds: float = 60.0
    memory_mb: int = 4096
    threads: int = 1
    cancel: Cancel | None = None
    progress: Callable[[Progress], None] | None = None
    timer: Timer = time.monotonic

    def begin(self) -> Run:
        """Start the stopwatch."""
        return Run(self)


@dataclass(slots=True)
class Run:
    """A run in progress, made by :meth:`Limits.begin`."""

    limits: Limits
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.limits.timer()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return self.limits.timer() - self.started

    @property
    def left(self) -> float:
        """Seconds that remain; 0 when the time is over or somebody cancelled."""
        if self.cancelled:
            return 0.0
        return max(0.0, self.limits.seconds - self.seconds)

    @property
    def cancelled(self) -> bool:
        """Somebody wants the best plan so far, now."""
        return self.limits.cancel is not None and self.limits.cancel.is_set()

    @property
    def over(self) -> bool:
        """No time left, cancelled, or out of the memory bound."""
        return self.left <= 0.0 or memory_mb() > self.limits.memory_mb

    def say(self, stage: Text, done: int, total: int, *, best: float | None = None, bound: float | None = None) -> None:
        """Tell the progress callback, if there is one."""
        if self.limits.progress is not None:
            self.limits.progress(Progress(stage, done, total, self.seconds, best, bound))


def memory_mb() -> float:
    """Peak resident memory of this process in MiB, as the system counts it."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024.0 * 1024.0) if sys.platform == "darwin" else peak / 1024.0


def cancel_token() -> threading.Event:
    """A token to hand to :class:`Limits` and to set from a signal handler or another thread."""
    return threading.Event()
