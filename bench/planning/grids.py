"""Drawing grids: a village beside spopt's Skater, contact groups beside the proven optimum, pmedcap files, county size and beyond.

The rival is found in the scratch venv named by ``YANZHEN_RIVALS_PYTHON`` (``python -m venv V && V/bin/pip install spopt==0.7.0``);
without it our side runs alone. Full run about six minutes on two idle cores, ``--quick`` about one.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.planning.frame import REAL, Row, part, timed

if TYPE_CHECKING:
    from yanzhen.planning.grids import Problem

_SKATER = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import geopandas, numpy as np
from libpysal import weights
from spopt.region import Skater
from shapely.geometry import Point
points = json.load(sys.stdin)
frame = geopandas.GeoDataFrame({"x": [p[0] for p in points], "y": [p[1] for p in points]}, geometry=[Point(p) for p in points])
begun = time.perf_counter()
near = weights.Gabriel.from_dataframe(frame, use_index=False)
model = Skater(frame, near, ["x", "y"], n_clusters=int(sys.argv[1]), floor=int(sys.argv[2]))
model.solve()
print(json.dumps({"seconds": time.perf_counter() - begun, "labels": [int(item) for item in model.labels_]}))
"""


def run(quick: bool) -> list[Row]:
    """All parts."""
    rows = _village(3 if quick else 5)
    rows += _contact(12 if quick else 60)
    rows += _pmedcap(4 if quick else 10)
    rows += _county(20 if quick else 250)
    return rows


def _village(seeds: int) -> list[Row]:
    from yanzhen.planning.grids import solve
    from yanzhen.planning.grids.ground import Plane
    from yanzhen.planning.grids.invented import county

    rows: list[Row] = []
    rival = os.environ.get("YANZHEN_RIVALS_PYTHON", "")
    with part("one village, 800 households, grids and contact groups, beside spopt Skater (grids only)"):
        solve(county(1, 100), proof="none")  # imports and first calls
        for seed in range(1, seeds + 1):
            problem = county(1, 800, seed=seed)
            plan, seconds = timed(lambda problem=problem: solve(problem, proof="none"))
            levels = {level.key: level.value for level in plan.levels}
            grids = len(plan.extra["grids"])
            value = f"{grids} grids, mixed {levels['mixed']:.0f}, {levels['compact']:.1f} km"
            theirs = None
            if rival and Path(rival).exists():
                points = np.array([[home.x, home.y] for home in problem.homes])
                metres = Plane.around(points, True).metres(points).tolist()
                made = subprocess.run(
                    [rival, "-c", _SKATER, str(grids), "30"],
                    input=json.dumps(metres),
                    capture_output=True,
                    text=True,
                    timeout=600,
                    check=False,
                )
                if made.returncode == 0:
                    theirs = json.loads(made.stdout.splitlines()[-1])
                    hamlets = {
                        (label, home.hamlet) for label, home in zip(theirs["labels"], problem.homes, strict=True)
                    }
                    both = [
                        {hamlet for label, hamlet in hamlets if label == cluster} for cluster in set(theirs["labels"])
                    ]
                    value_rival = f"{len(both)} grids, mixed {sum(len(item) > 1 for item in both)}"
                    rows.append(
                        Row(
                            "grids",
                            f"village, seed {seed}",
                            "spopt 0.7.0 Skater, floor 30",
                            theirs["seconds"],
                            value_rival,
                        )
                    )
                elif seed == 1:
                    print(made.stderr[-400:])
            goal = "≤ 1/20 of Skater's time" if theirs else ""
            _, alone = timed(lambda problem=problem: _grids_only(problem))
            ratio = f", {theirs['seconds'] / alone:.0f} times quicker" if theirs else ""
            reached = alone <= theirs["seconds"] / 20 if theirs else None
            rows.append(
                Row("grids", f"village, seed {seed}", "yanzhen, grids only", alone, value + ratio, None, goal, reached)
            )
            value = f"the same with {len(plan.extra['groups'])} contact groups, party groups, digests"
            rows.append(Row("grids", f"village, seed {seed}", "yanzhen, whole plan", seconds, value))
    return rows


def _grids_only(problem: Problem) -> None:
    """What Skater does, and no more: homes of one village to grids."""
    from yanzhen.planning.grids.atoms import Hand, settlements
    from yanzhen.planning.grids.draw import draw
    from yanzhen.planning.grids.ground import ground

    land = ground(problem.villages[0], problem.homes, problem.barriers, problem.crossings, True)
    names = settlements(land, problem.scheme.settle)
    draw(land, range(land.size), names, problem.scheme.grid, problem.scheme, Hand(), land.neighbours(), seed=0)


def _contact(cases: int) -> list[Row]:
    """Contact groups of villager groups, against the optimum that HiGHS proves (each at most 20 s; unproven ones are counted apart)."""
    from yanzhen.planning.grids.kmedoid import divide, group_count
    from yanzhen.planning.grids.proof import prove

    rows: list[Row] = []
    with part(f"{cases} villager groups of 25 to 60 households, contact groups of 8 to 12"):
        for enough in (5, 3):
            ours = best = 0
            proven, seconds, worst = 0, 0.0, 0.0
            for seed in range(cases):
                rng = np.random.default_rng([7, seed])
                points = rng.normal(0, 1, (int(rng.integers(25, 61)), 2)) * [75, 45]
                distance = np.rint(10 * np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))).astype(np.int64)
                begun = time.process_time()
                found = divide(distance, 8, 10, 12, enough=enough)
                seconds += time.process_time() - begun
                count, low, high = group_count(len(distance), 8, 10, 12)
                proof = prove(distance, count, high, low=low, upper=found.cost, seconds=20, gap=1e-4)
                if proof.gap <= 1e-3:
                    proven += 1
                    ours, best = ours + found.cost, best + proof.cost
                    worst = max(worst, found.cost / proof.cost - 1)
            gap = ours / best - 1
            value = f"{proven} of {cases} proven, worst group {worst:.2%}"
            rows.append(
                Row(
                    "grids",
                    f"contact groups, enough={enough}",
                    "yanzhen",
                    seconds / cases,
                    value,
                    gap,
                    "≤ 0.3 %",
                    gap <= 0.003,
                )
            )
    return rows


def _pmedcap(files: int) -> list[Row]:
    from yanzhen.planning.grids.pmedian import pmedian, read_pmedcap

    rows: list[Row] = []
    folder = REAL / "planning" / "pmedcap"
    if not folder.exists():
        print("no pmedcap files")
        return rows
    with part("OR-Library pmedcap, 30 s each at most"):
        for number in range(1, files + 1):
            distance, demand, count, capacity, best = read_pmedcap((folder / f"{number}.txt").read_text())
            served, seconds = timed(lambda d=distance, q=demand, p=count, c=capacity: pmedian(d, q, p, c, seconds=30))
            if served is None:
                rows.append(Row("grids", f"pmedcap {number}", "yanzhen", seconds, "none", None, "≤ 0.1 %", False))
                continue
            gap = served.cost / best - 1
            value = f"{served.cost} (best known {best}, bound {served.bound})"
            rows.append(Row("grids", f"pmedcap {number}", "yanzhen", seconds, value, gap, "≤ 0.1 %", gap <= 0.001))
    return rows


def _county(villages: int) -> list[Row]:
    """A county whole; a township; a city and a province by the measured time of a village (villages are independent)."""
    from yanzhen.planning.grids import check, solve
    from yanzhen.planning.grids.invented import county
    from yanzhen.planning.grids.shapes import shapes
    from yanzhen.planning.kernel import Limits

    rows: list[Row] = []
    with part(f"{villages} villages of 800 households, two processes"):
        problem = county(villages, 800, rivers=True)
        plan, seconds = timed(lambda: solve(problem, Limits(seconds=900, threads=2), proof="none"))
        levels = {level.key: level.value for level in plan.levels}
        some = {item.code for item in problem.villages[:20]}
        drawn = shapes(problem, plan, villages=some)
        several = {item.code for item in drawn if item.layer == "grid" and item.polygon.geom_type != "Polygon"}
        flagged = {note.key for note in plan.notes if note.rule == "grids.scattered"}
        value = f"{len(plan.extra['grids'])} grids, {len(plan.extra['groups'])} groups, mixed {levels['mixed']:.0f}, unflagged pieces {len(several - flagged)}"
        good = seconds <= 60 and levels["mixed"] == 0 and several <= flagged
        goal = "≤ 60 s, none mixed, none unflagged" if villages == 250 else ""
        rows.append(
            Row(
                "grids",
                f"county, {villages} villages",
                "yanzhen",
                seconds,
                value,
                None,
                goal,
                good if goal else None,
                {"mb": round(plan.memory_mb)},
            )
        )
        for name, number in (("city", 3000), ("province", 20_000)):
            rows.append(
                Row(
                    "grids",
                    f"{name}, {number} villages (estimated)",
                    "yanzhen",
                    seconds * number / villages,
                    "time of the county, scaled",
                )
            )
        town = county(12, 800, rivers=True)
        plan, seconds = timed(lambda: solve(town, proof="none"))
        broken, judged = timed(lambda: check(town, plan))
        rows.append(
            Row("grids", "township, 12 villages", "yanzhen", seconds, f"check {judged:.1f} s, {len(broken)} findings")
        )
    return rows
