"""Siting: covering, maximal covering, p-center and p-median beside spopt; OR-Library pmed and pmedcap; 20,000 × 2,000.

spopt runs in another interpreter when ``YANZHEN_RIVALS_PYTHON`` names one that has it (see README.md); without it its rows are left out.
About 6 minutes whole, 1 minute with ``--quick`` (one core, quiet).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench.planning.frame import REAL, Row, part, timed
from yanzhen.planning.kernel import Limits
from yanzhen.planning.siting import Parameters, Place, Problem, Site, solve
from yanzhen.planning.siting.cover import Limit
from yanzhen.planning.siting.ground import Ground
from yanzhen.planning.siting.median import median
from yanzhen.planning.siting.solve import settled

RIVAL = os.environ.get("YANZHEN_RIVALS_PYTHON", "")
#: Optimal p-median values of pmed1 … pmed19 (Beasley, OR-Library, pmedopt.txt).
PMEDIAN = [
    5819,
    4093,
    4250,
    3034,
    1355,
    7824,
    5631,
    4445,
    2734,
    1255,
    7696,
    6634,
    4374,
    2968,
    1729,
    8162,
    6999,
    4809,
    2845,
]
SPOPT = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, pulp
from spopt.locate import LSCP, MCLP, PCenter, PMedian
case, limit = json.loads(sys.argv[1]), float(sys.argv[2])
data = np.load(case["file"])
cost, weight = data["cost"], data["weight"]
start = time.perf_counter()
solver = pulp.PULP_CBC_CMD(msg=False, timeLimit=limit)
if case["task"] == "cover":
    keep = (cost <= case["minutes"]).any(axis=1)
    model = LSCP.from_cost_matrix(cost[keep], case["minutes"]).solve(solver)
elif case["task"] == "budget":
    model = MCLP.from_cost_matrix(cost, weight, case["minutes"], case["count"]).solve(solver)
elif case["task"] == "worst":
    model = PCenter.from_cost_matrix(cost, case["count"]).solve(solver)
else:
    model = PMedian.from_cost_matrix(cost, weight, case["count"]).solve(solver)
value = model.problem.objective.value()
print(json.dumps({"seconds": time.perf_counter() - start, "value": value, "status": pulp.LpStatus[model.problem.status]}))
"""


def town(places: int, sites: int, side: float, seed: int = 1, **rules: Any) -> Problem:
    """Seven in ten live in clusters, the rest scattered; candidates stand near homes. Straight lines: equal for both sides."""
    rng = np.random.default_rng(seed)
    groups = max(10, places // 40)
    middles, member = rng.random((groups, 2)), rng.integers(0, groups, places)
    points = (
        np.where(
            rng.random((places, 1)) < 0.7, middles[member] + rng.normal(0, 0.012, (places, 2)), rng.random((places, 2))
        )
        * side
    )
    at = points[rng.choice(places, sites, replace=False)] + rng.normal(0, 0.003 * side, (sites, 2))
    people = rng.integers(1, 120, places)
    return Problem(
        tuple(Place(f"p{i:06d}", f"p{i}", *map(float, points[i]), int(n), int(n) // 3) for i, n in enumerate(people)),
        tuple(Site(f"s{i:05d}", f"s{i}", *map(float, at[i])) for i in range(sites)),
        Parameters(**rules),
    )


def rival(problem: Problem, seconds: float) -> dict[str, Any] | None:
    """The same matrix and task by spopt (CBC), or None without it; {} when it found nothing in the time."""
    if not RIVAL:
        return None
    ground = Ground.of(problem)
    cost = ground.times.dense()
    cost = np.where(np.isfinite(cost), cost, 9999.0)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "case.npz"
        np.savez(target, cost=cost, weight=ground.people)
        rules = problem.parameters
        case = {"file": str(target), "task": rules.task, "minutes": rules.minutes, "count": rules.count}
        try:
            run = subprocess.run(
                [RIVAL, "-c", SPOPT, json.dumps(case), str(seconds)],
                capture_output=True,
                text=True,
                timeout=seconds * 2 + 30,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {}
        return json.loads(run.stdout.strip().splitlines()[-1]) if run.returncode == 0 and run.stdout.strip() else {}


def against(name: str, problem: Problem, level: str, seconds: float, *, goal_ratio: bool = True) -> list[Row]:
    """Both from the table of minutes to the answer of the same goal; the whole run (travel, tie-break, lines, figures) stands in ``more``."""
    ground = Ground.of(problem)
    _ = ground.people, ground.circle if problem.parameters.task in ("cover", "budget") else ground.dense
    state, took = timed(lambda: settled(ground, Limits(seconds=seconds).begin()))
    plan, whole = timed(lambda: solve(problem, Limits(seconds=seconds)))
    found = next(item for item in plan.levels if item.key == level)
    value = ground.measure(state.chosen, (level,))[level]
    theirs = rival(problem, seconds)
    ratio = took / theirs["seconds"] if theirs and theirs.get("seconds") else None
    text = f"{value:g}"
    if level == "total":
        text = f"{value * float(ground.people.sum()):.0f}"
    reached = None if ratio is None or not goal_ratio else ratio <= 1 / 30
    goal = "≤ 1/30 of spopt at equal objective" if goal_ratio else ""
    more = {"bound": found.bound, "ratio": ratio, "whole run": round(whole, 3)}
    rows = [Row("siting", name, "yanzhen", took, text, found.gap, goal, reached, more)]
    if theirs is not None:
        rows.append(
            Row("siting", name, "spopt + CBC", theirs.get("seconds"), str(theirs.get("value", "nothing in the time")))
        )
    return rows


def graph(source: Path) -> tuple[np.ndarray, int]:
    """An OR-Library pmed file: all-pairs distances (of repeated edges the last one wins) and p."""
    from scipy.sparse.csgraph import floyd_warshall

    numbers = source.read_text().split()
    nodes, edges, count = (int(item) for item in numbers[:3])
    cost = np.full((nodes, nodes), np.inf)
    np.fill_diagonal(cost, 0)
    for index in range(edges):
        a, b, length = (int(item) for item in numbers[3 + 3 * index : 6 + 3 * index])
        cost[a - 1, b - 1] = cost[b - 1, a - 1] = length
    return floyd_warshall(cost), count


def pmed(quick: bool) -> list[Row]:
    """p-center against the published optima, p-median against Beasley's."""
    folder = REAL / "planning" / "pmed"
    if not folder.is_dir():
        return []
    best = {
        name: int(value)
        for name, value in (
            line.split() for line in (folder / "kcenteropt.txt").read_text().splitlines() if line.strip()
        )
    }
    numbers = range(1, 6) if quick else range(1, 20)
    met, proven, total, slowest = 0, 0, 0.0, 0.0
    median_met, median_proven, median_total, median_slowest = 0, 0, 0.0, 0.0
    for number in numbers:
        cost, count = graph(folder / f"pmed{number}.txt")
        nodes = len(cost)
        problem = Problem(
            tuple(Place(f"p{i:04d}", "", 0.0, 0.0, 1) for i in range(nodes)),
            tuple(Site(f"s{i:04d}", "", 0.0, 0.0) for i in range(nodes)),
            Parameters(task="worst", count=count, order=("worst",)),
            minutes={(f"p{i:04d}", f"s{j:04d}"): float(cost[i, j]) for i in range(nodes) for j in range(nodes)},
        )
        plan, took = timed(lambda problem=problem: solve(problem, Limits(seconds=30)))
        met += plan.levels[0].value == best[f"pmed{number}"]
        proven += plan.levels[0].gap == 0
        total, slowest = total + took, max(slowest, took)
        every = np.ones(nodes, dtype=bool)
        limit = Limit(~every, every, np.ones(nodes), every, count)
        (_, value, bound, _), took = timed(
            lambda cost=cost, limit=limit: median(cost, np.ones(len(cost)), limit, seconds=30, slack=0.999)
        )
        median_met += round(value) == PMEDIAN[number - 1]
        median_proven += value - bound <= 0.999
        median_total, median_slowest = median_total + took, max(median_slowest, took)
    name, size = f"OR-Library pmed1–{numbers[-1]}", len(numbers)
    return [
        Row(
            "siting",
            f"{name}, p-center",
            "yanzhen",
            total,
            f"{met} of {size} optima, {proven} proven",
            None,
            "all published optima",
            met == size,
            {"slowest": slowest},
        ),
        Row(
            "siting",
            f"{name}, p-median",
            "yanzhen",
            median_total,
            f"{median_met} of {size} optima, {median_proven} proven",
            None,
            "all published optima",
            median_met == size,
            {"slowest": median_slowest},
        ),
    ]


def pmedcap(quick: bool) -> list[Row]:
    """Capacitated p-median by the grids' solver: gap to the best known, 30 s each."""
    folder = REAL / "planning" / "pmedcap"
    if not folder.is_dir():
        return []
    from yanzhen.planning.grids.pmedian import pmedian

    rows = []
    worst = 0.0
    for number in range(1, 4 if quick else 11):
        numbers = [float(item) for item in (folder / f"{number}.txt").read_text().split()]
        known, customers, count, capacity = numbers[1], int(numbers[2]), int(numbers[3]), int(numbers[4])
        data = np.asarray(numbers[5 : 5 + 4 * customers]).reshape(customers, 4)
        # Distances are whole numbers, rounded down (Osman, Christofides 1994).
        distance = np.floor(
            np.hypot(data[:, None, 1] - data[None, :, 1], data[:, None, 2] - data[None, :, 2]) + 1e-9
        ).astype(np.int64)
        demand = data[:, 3].astype(np.int64)
        found, took = timed(lambda d=distance, w=demand, c=count, q=capacity: pmedian(d, w, c, q, seconds=30))
        gap = None if found is None else (found.cost - known) / known
        worst = max(worst, 1.0 if gap is None else gap)
        rows.append(
            Row(
                "siting",
                f"pmedcap {number}",
                "yanzhen",
                took,
                "–" if found is None else str(found.cost),
                gap,
                "≤ 0.1 % above the best known in 30 s",
                gap is not None and gap <= 0.001,
                {"best known": known, "bound": None if found is None else found.bound},
            )
        )
    return rows


def run(quick: bool) -> list[Row]:
    """All rows."""
    rows: list[Row] = []
    with part("2,000 × 300: LSCP, MCLP"):
        rows += against("2,000 × 300 LSCP", town(2000, 300, 13_000, order=("people", "new")), "new", 60)
        rows += against(
            "2,000 × 300 MCLP p=34", town(2000, 300, 13_000, task="budget", count=34, order=("people",)), "people", 60
        )
    with part("600 × 120: p-center, p-median"):
        rows += against(
            "600 × 120 p-center p=25", town(600, 120, 13_000, task="worst", count=25, order=("worst",)), "worst", 90
        )
        rows += against(
            "600 × 120 p-median p=25",
            town(600, 120, 13_000, task="mean", count=25, order=("total",)),
            "total",
            90,
            goal_ratio=False,
        )
    with part("20,000 × 2,000"):
        for name, rules, level in (
            ("20,000 × 2,000 LSCP", {"order": ("people", "new")}, "new"),
            ("20,000 × 2,000 MCLP p=250", {"task": "budget", "count": 250, "order": ("people",)}, "people"),
        ):
            problem = town(20_000, 2000, 25_000, **rules)
            plan, took = timed(lambda problem=problem: solve(problem, Limits(seconds=20 if quick else 60)))
            found = next(item for item in plan.levels if item.key == level)
            done = found.gap is not None and found.gap <= 1e-4 and took <= 10
            rows.append(
                Row(
                    "siting",
                    name,
                    "yanzhen",
                    took,
                    f"{found.value:g}",
                    found.gap,
                    "proven (≤ 0.01 %) in ≤ 10 s",
                    done,
                    {"bound": found.bound, "memory_mb": round(plan.memory_mb)},
                )
            )
    with part("OR-Library"):
        rows += pmed(quick)
        rows += pmedcap(quick)
    return rows
