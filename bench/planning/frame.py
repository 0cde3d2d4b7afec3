"""The frame of ``python -m bench.planning``: result rows, timing, machine, table."""

from __future__ import annotations

import gc
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

REAL = Path(os.environ.get("YANZHEN_REAL", Path(__file__).resolve().parents[3] / "shared" / "real"))
T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One figure. ``case``: the instance ("20,000 × 20,000"), ``who``: "yanzhen" or the rival with its version, ``seconds``: wall
    time, ``value``: the vector or objective as text, ``gap``: to the best known or proven (fraction), ``goal``: what was asked
    for, ``reached``: True/False/None (no goal), ``more``: anything else."""

    planner: str
    case: str
    who: str
    seconds: float | None
    value: str = ""
    gap: float | None = None
    goal: str = ""
    reached: bool | None = None
    more: dict[str, Any] = field(default_factory=dict)


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """The result and the wall seconds of one call."""
    gc.collect()
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


@contextmanager
def part(name: str) -> Iterator[None]:
    """Say what is being measured."""
    print(f"-- {name}", flush=True)
    yield


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    model = ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        model = next(
            (line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")),
            "",
        )
    memory = Path("/proc/meminfo")
    total = int(memory.read_text().split()[1]) // 1024 if memory.exists() else 0
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_mib": total,
        "python": platform.python_version(),
        "load": [round(item, 2) for item in os.getloadavg()],
    }


def show(rows: list[Row]) -> None:
    """JSON lines, then a table."""
    for row in rows:
        print(json.dumps(asdict(row), ensure_ascii=False))
    print()
    print("| planner | case | who | seconds | value | gap | goal | reached |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        seconds = "–" if row.seconds is None else f"{row.seconds:.2f}"
        gap = "" if row.gap is None else f"{row.gap:.3%}"
        reached = {True: "yes", False: "NO", None: ""}[row.reached]
        print(f"| {row.planner} | {row.case} | {row.who} | {seconds} | {row.value} | {gap} | {row.goal} | {reached} |")
