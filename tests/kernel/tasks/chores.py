"""Work for the workers of the tests: it leaves a line in a file, with pauses in which a worker can be killed."""

from __future__ import annotations

import os
import time
from datetime import datetime

from yanzhen.kernel.tasks.api import periodic, task


def note(line: str) -> None:
    with open(os.environ["WORKER_LOG"], "a") as out:
        out.write(line + "\n")
        out.flush()
        os.fsync(out.fileno())


@task()
def slow(number: int, seconds: float) -> None:
    note(f"begin {number}")
    time.sleep(seconds)
    note(f"end {number}")


@task()
def broken() -> None:
    raise ValueError("no luck")


@periodic("test.tick", seconds=3600)
def tick(now: datetime) -> None:
    note("tick")


@periodic("test.broken", seconds=3600)
def tock(now: datetime) -> None:
    note("tock")
    raise ValueError("no luck")
