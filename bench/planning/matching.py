"""Matching beside SciPy's LAPJVsp, HiGHS, the sorted greedy and deferred acceptance; one base a specialist; the GAP instances.

All sides get the same allowed pairs of the same invented province (``matching_county``); our time includes reading the problem into columns, finding
the pairs, all goals, the certificate of pruned pairs and the plan. LAPJVsp and HiGHS get the pairs ready-made and only solve.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np

from bench.planning.frame import REAL, Row, part, timed
from bench.planning.matching_county import province
from yanzhen.planning.kernel import Limits, Lock, Plan, versions
from yanzhen.planning.matching import Pairing, Problem, check, solve
from yanzhen.planning.matching.explaining import prices
from yanzhen.planning.matching.gap import read_gap, solve_gap
from yanzhen.planning.matching.network import build
from yanzhen.planning.matching.pairs import Field, Pairs
from yanzhen.planning.matching.solving import greedy
from yanzhen.planning.matching.stable import compare_stable

FOUR = ("filled", "coop", "fit", "near")
BEST = {"a20200": 2339, "c10200": 2806, "d05100": 6353, "e05100": 12681}
THREADS = min(2, os.cpu_count() or 1)


def run(quick: bool) -> list[Row]:
    """About 2 minutes with ``quick``; about 12 minutes without, most of it limits of rivals and of the GAP forms."""
    rows: list[Row] = []
    sizes = [("township: 14 villages × 10", 14, 10, (1, 2)), ("county: 250 villages × 120", 250, 120, (1, 2, 3))]
    sizes += [("city: 3,000 villages × 1,500", 3000, 1500, (1, 2, 3))]
    if not quick:
        sizes += [("published size: 5,000 villages × 1,200", 5000, 1200, (3, 4, 5, 6, 7))]
    for name, villages, ones, capacity in sizes:
        with part(name):
            rows += beside(
                name, province(villages, ones, capacity=capacity, order=FOUR), rivals=True, seconds=20 if quick else 60
            )
    if not quick:
        with part("province: 20,000 × 20,000"):
            rows += beside("province: 20,000 villages × 20,000", province(20_000, 20_000), rivals=False, seconds=240)
    with part("explanations"):
        rows += explanations(province(250 if quick else 3000, 120 if quick else 1500, capacity=(1, 2, 3)))
    with part("one base a specialist"):
        rows += one_base(*((250, 80, 20) if quick else (5000, 1200, 120)))
    with part("GAP instances"):
        rows += instances(("a20200", "e05100") if quick else tuple(BEST), 8 if quick else 30)
    return rows


def vector(plan: Plan[Pairing]) -> str:
    """The goals as text."""
    return "/".join(f"{level.value:g}" for level in plan.levels)


def beside(name: str, problem: Problem, *, rivals: bool, seconds: float) -> list[Row]:
    """One size: ours, and the others on the same pairs."""
    plan, took = timed(lambda: solve(problem, Limits(seconds=seconds, memory_mb=8000)))
    broken = check(problem, plan)
    goal = "exact on all levels in 30 s" if "20,000" in name else ""
    exact = plan.status == "optimal" and not broken
    more = {
        "pairs": plan.extra["pairs_used"],
        "in_question": plan.extra["pairs_in_question"],
        "memory_mib": round(plan.memory_mb),
    }
    rows = [
        Row(
            "matching",
            name,
            "yanzhen",
            took,
            vector(plan),
            0.0 if exact else None,
            goal,
            (exact and took <= 30) if goal else exact,
            more,
        )
    ]
    field = Field(problem)
    pairs, complete = field.candidates(40, frozenset())
    graph = build(field, pairs)
    chosen, took = timed(lambda: greedy(field, graph))
    rows.append(Row("matching", name, "greedy", took, _vector(chosen)))
    found, took = timed(lambda: compare_stable(problem, plan))
    rows.append(
        Row(
            "matching",
            name,
            "deferred acceptance (ours)",
            took,
            vector(found.stable),
            more={"blocking_in_best": found.blocking_best},
        )
    )
    if not rivals:
        return rows
    answer, took = timed(lambda: lapjv(problem, pairs))
    same = [int(level.value) for level in plan.levels] == answer
    published = name.startswith("published")
    mine = [int(-level.value if level.sense == "max" else level.value) for level in plan.levels]
    ahead = mine <= [
        value if level.sense == "min" else -value for value, level in zip(answer, plan.levels, strict=True)
    ]
    rows.append(
        Row("matching", name, f"SciPy LAPJVsp {versions('scipy')['scipy']}", took, "/".join(map(str, answer)), None, "equal or better vector; ours ≤ 4× its time" if published else "equal or better vector",
            ahead and (same or not complete) and (not published or rows[0].seconds <= 4 * took), {"pairs": len(pairs), "same_vector": same}))  # fmt: skip
    if len(pairs) < 900_000:
        answer, took = timed(lambda: highs(problem, pairs, seconds))
        ratio = took / rows[0].seconds if rows[0].seconds else 0.0
        rows.append(Row("matching", name, f"HiGHS {versions('highspy')['highspy']}, level by level", took, "/".join(map(str, answer)), None,
                        "ours ≤ 1/30 of its time" if published else "", ratio >= 30 if published else None, {"limit": seconds, "times_ours": round(ratio, 1)}))  # fmt: skip
    return rows


def _vector(pairs: Pairs) -> str:
    return f"{len(pairs)}/{pairs.coop.sum()}/{pairs.fit.sum()}/{pairs.minutes.sum()}"


def lapjv(problem: Problem, pairs: Pairs) -> list[int]:
    """Capacity copies and composite float weights in SciPy's sparse assignment; a dummy for each need."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    capacity = np.array([one.capacity if one.consent else 0 for one in problem.specialists])
    first = np.concatenate([[0], np.cumsum(capacity)])
    needs = len(problem.needs)
    times = capacity[pairs.specialist]
    row = np.repeat(pairs.need, times)
    begin = np.cumsum(times) - times
    column = np.repeat(first[pairs.specialist], times) + np.arange(times.sum()) - np.repeat(begin, times)
    big = float(pairs.minutes.max(initial=1) + 1) * needs
    weight = np.repeat(-pairs.coop * big * 4 * needs - pairs.fit * big + pairs.minutes + 1.0, times) + big * 40 * needs
    row = np.concatenate([row, np.arange(needs)])
    column = np.concatenate([column, first[-1] + np.arange(needs)])
    weight = np.concatenate([weight, np.full(needs, big * 100 * needs * 40)])
    table = coo_matrix((weight, (row, column)), shape=(needs, int(first[-1]) + needs)).tocsr()
    picked, at = min_weight_full_bipartite_matching(table)
    real = at < first[-1]
    one = np.searchsorted(first, at[real], side="right") - 1
    codes = pairs.need * len(capacity) + pairs.specialist
    place = np.searchsorted(codes, picked[real] * len(capacity) + one)
    chosen = pairs.take(place)
    return [len(chosen), int(chosen.coop.sum()), int(chosen.fit.sum()), int(chosen.minutes.sum())]


def highs(problem: Problem, pairs: Pairs, seconds: float) -> list[Any]:
    """The same levels one after the other in HiGHS; "–" for a level that the limit did not let it finish."""
    import highspy

    capacity = np.array([one.capacity if one.consent else 0 for one in problem.specialists], dtype=float)
    needs, count = len(problem.needs), len(pairs)
    highspy.Highs.resetGlobalScheduler(True)
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", THREADS)
    solver.setOptionValue("time_limit", float(seconds))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, needs + len(capacity)
    model.col_cost_, model.col_lower_, model.col_upper_ = np.full(count, -1.0), np.zeros(count), np.ones(count)
    model.row_lower_ = np.full(model.num_row_, -highspy.kHighsInf)
    model.row_upper_ = np.concatenate([np.ones(needs), capacity])
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.arange(count + 1) * 2
    model.a_matrix_.index_ = np.column_stack([pairs.need, needs + pairs.specialist]).ravel()
    model.a_matrix_.value_ = np.ones(2 * count)
    solver.passModel(model)
    every = np.arange(count, dtype=np.int32)
    answer: list[Any] = []
    for cost in (-np.ones(count), -pairs.coop.astype(float), -pairs.fit.astype(float), pairs.minutes.astype(float)):
        solver.changeColsCost(count, every, cost)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return [*answer, "–"]
        value = solver.getInfo().objective_function_value
        answer.append(abs(round(value)))
        solver.addRow(-highspy.kHighsInf, value + 1e-6, count, every, cost)
    return answer


def explanations(problem: Problem) -> list[Row]:
    """What one answer takes, beside solving again."""
    plan, again = timed(lambda: solve(problem, Limits(seconds=120)))
    network, prepared = timed(lambda: prices(problem, plan))
    lines = plan.lines[:: max(1, len(plan.lines) // 25)][:25]
    _, took = timed(lambda: [(network.without(line), network.instead(line)) for line in lines])
    equal = 0
    for line in lines[:5]:
        other = solve(replace(problem, locks=(Lock("forbid", line.need, line.specialist),)), Limits(seconds=120))
        dearer = tuple(
            int(a.value - b.value) * (-1 if a.sense == "max" else 1)
            for a, b in zip(other.levels, plan.levels, strict=True)
        )
        equal += dearer == network.without(line)
    more = {
        "network_s": round(prepared, 2),
        "solve_again_s": round(again, 2),
        "equal_to_solving_again": f"{equal}/5",
        "exact": network.exact,
    }
    return [
        Row(
            "matching",
            f"why not another: {len(problem.needs)} needs",
            "yanzhen",
            took / max(1, len(lines)),
            f"{equal}/5 exact",
            more=more,
        )
    ]


def one_base(villages: int, ones: int, seconds: int) -> list[Row]:
    """The generalised-assignment form at the size of the reference."""
    problem = province(villages, ones, capacity=(3, 4, 5, 6, 7), one_base="township", min_fit=0)
    plan, took = timed(lambda: solve(problem, Limits(seconds=seconds, threads=THREADS, memory_mb=8000)))
    gaps = {level.key: None if level.gap is None else round(level.gap, 4) for level in plan.levels}
    known = [gap for gap in gaps.values() if gap is not None]
    worst = max(known) if len(known) == len(gaps) else None
    return [
        Row("matching", f"one base: {villages} villages × {ones}", "yanzhen", took, vector(plan), worst, f"gap ≤ 1 % in {seconds} s",
            not check(problem, plan) and worst is not None and worst <= 0.01 and took <= 1.1 * seconds, {"gaps": gaps, **dict(plan.extra)})
    ]  # fmt: skip


def instances(names: tuple[str, ...], seconds: int) -> list[Row]:
    """OR-Library's GAP files; best known from the collection's bounds."""
    rows = []
    for name in names:
        path = REAL / "planning/gap" / name
        if not path.exists():
            print(f"   {path} is not there")
            continue
        cost, weight, capacity = read_gap(path.read_text())
        found, took = timed(
            lambda table=(cost, weight, capacity): solve_gap(*table, Limits(seconds=seconds, threads=THREADS))
        )
        gap = (found.value - BEST[name]) / BEST[name]
        rows.append(Row("matching", f"GAP {name}", "yanzhen", took, f"{found.value:g} (best known {BEST[name]}, proven ≥ {found.bound:g})", gap,
                        f"≤ 0.1 % in {seconds} s", gap <= 0.001))  # fmt: skip
    return rows
