"""The generalised assignment problem (GAP): each job to one agent, agents with capacities, least cost, with a proven bound.

Linear relaxation → rounding and shift/swap search → reduced-cost fixing (a variable whose reduced cost exceeds the distance
between the best value and the bound cannot be in a better plan) → branch and cut by HiGHS on what is left, starting from the
best plan. Sources: Martello and Toth, Knapsack Problems (1990), ch. 7; Yagiura, Ibaraki, Glover 2006 for the neighbourhoods.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.kernel import Limits, Run, mix

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GapResult:
    """``agent`` of each job; ``value``: its cost; ``bound``: no assignment is cheaper; empty ``agent``: none was found."""

    agent: tuple[int, ...]
    value: float
    bound: float
    seconds: float

    @property
    def gap(self) -> float:
        """(value - bound) / value."""
        return max(0.0, self.value - self.bound) / max(1.0, abs(self.value))


def solve_gap(cost: Floats, weight: Floats, capacity: Floats, limits: Limits | None = None, seed: int = 0) -> GapResult:
    """``cost`` and ``weight``: agents × jobs; whole-number costs give whole-number bounds."""
    limits = limits or Limits()
    run = limits.begin()
    whole = bool(np.all(cost == np.rint(cost)))
    bound, reduced, fraction = _relaxed(cost, weight, capacity)
    best = _search(cost, weight, capacity, fraction, reduced, run, seed, share=0.25)
    value = _value(cost, best)
    least = np.ceil(bound - 1e-6) if whole else bound
    if best is not None and value <= least:
        return GapResult(tuple(best.tolist()), value, value, run.seconds)
    keep = reduced <= (value - bound) + 1e-6 if best is not None else np.ones_like(cost, dtype=bool)
    found, mip_bound = _branch(cost, weight, capacity, keep, best, run)
    if found is not None and (best is None or _value(cost, found) < value):
        best, value = found, _value(cost, found)
    least = max(float(least), min(value, mip_bound))
    if whole:
        least = float(np.ceil(least - 1e-6))
    return GapResult(tuple(best.tolist()) if best is not None else (), value, least, run.seconds)


def _value(cost: Floats, agent: Ints | None) -> float:
    return float("inf") if agent is None else float(cost[agent, np.arange(cost.shape[1])].sum())


def _model(
    cost: Floats,
    weight: Floats,
    capacity: Floats,
    keep: NDArray[np.bool_],
    *,
    whole: bool,
    seconds: float,
    threads: int,
) -> Any:
    import highspy

    agents, jobs = cost.shape
    row_of_agent, where = np.arange(agents), np.argwhere(keep)
    highspy.Highs.resetGlobalScheduler(True)  # a process keeps the threads of its first solver otherwise
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("time_limit", float(seconds))
    solver.setOptionValue("threads", threads)
    solver.setOptionValue("mip_rel_gap", 0.0)
    model = highspy.HighsLp()
    count = len(where)
    model.num_col_, model.num_row_ = count, agents + jobs
    model.col_cost_ = cost[keep]
    model.col_lower_, model.col_upper_ = np.zeros(count), np.ones(count)
    model.row_lower_ = np.concatenate([np.full(agents, -highspy.kHighsInf), np.ones(jobs)])
    model.row_upper_ = np.concatenate([capacity, np.ones(jobs)])
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.arange(count + 1) * 2
    model.a_matrix_.index_ = np.column_stack([row_of_agent[where[:, 0]], agents + where[:, 1]]).ravel()
    model.a_matrix_.value_ = np.column_stack([weight[keep], np.ones(count)]).ravel()
    if whole:
        model.integrality_ = [highspy.HighsVarType.kInteger] * count
    solver.passModel(model)
    return solver


def _relaxed(cost: Floats, weight: Floats, capacity: Floats) -> tuple[float, Floats, Floats]:
    """Bound, reduced costs and fractions of the linear relaxation."""
    every = np.ones_like(cost, dtype=bool)
    solver = _model(cost, weight, capacity, every, whole=False, seconds=60.0, threads=1)
    solver.run()
    solution = solver.getSolution()
    reduced = np.maximum(0.0, np.array(solution.col_dual).reshape(cost.shape))
    return float(solver.getInfo().objective_function_value), reduced, np.array(solution.col_value).reshape(cost.shape)


def _search(
    cost: Floats,
    weight: Floats,
    capacity: Floats,
    fraction: Floats,
    reduced: Floats,
    run: Run,
    seed: int,
    *,
    share: float,
) -> Ints | None:
    """Rounding by fraction and reduced cost, repaired, then shifts and swaps; restarts until a share of the time is over."""
    best: Ints | None = None
    best_value = float("inf")
    start, state = run.seconds, mix(seed + 1)
    until = min(share * run.limits.seconds, 8.0)
    for turn in range(200):
        if turn and (run.seconds - start > until or run.over):
            break
        noise = np.random.Generator(np.random.PCG64(state + turn)).random(cost.shape) if turn else np.zeros_like(cost)
        merit = reduced - fraction * 10.0 + noise * (0.2 + 0.4 * (turn % 5))
        agent = _fill(merit, weight, capacity)
        if agent is None:
            continue
        agent = _improve(cost, weight, capacity, agent, run)
        value = _value(cost, agent)
        if value < best_value:
            best, best_value = agent, value
    return best


def _fill(merit: Floats, weight: Floats, capacity: Floats) -> Ints | None:
    """Jobs with the most to lose first, each to its best agent that still has room."""
    left = capacity.astype(np.float64).copy()
    order = np.sort(merit, axis=0)
    regret = order[1] - order[0] if len(order) > 1 else order[0]
    agent = np.full(merit.shape[1], -1, dtype=np.int64)
    for job in np.argsort(-regret, kind="stable").tolist():
        room = np.flatnonzero(weight[:, job] <= left)
        if not len(room):
            return None
        chosen = int(room[np.argmin(merit[room, job])])
        agent[job] = chosen
        left[chosen] -= weight[chosen, job]
    return agent


def _improve(cost: Floats, weight: Floats, capacity: Floats, agent: Ints, run: Run) -> Ints:
    """Best shift or swap until none helps."""
    jobs = np.arange(cost.shape[1])
    agent = agent.copy()
    left = capacity - np.bincount(agent, weight[agent, jobs], len(capacity))
    while not run.over:
        now = cost[agent, jobs]
        gain = cost - now
        gain[weight > left[:, None]] = np.inf
        gain[agent, jobs] = np.inf
        place = int(np.argmin(gain))
        to, job = divmod(place, cost.shape[1])
        if gain[to, job] < -1e-9:
            left[agent[job]] += weight[agent[job], job]
            left[to] -= weight[to, job]
            agent[job] = to
            continue
        swap = cost[agent][:, jobs] - now[None, :]  # swap[i, j]: job j to the agent of job i
        total = swap + swap.T
        mine, other = weight[agent, jobs], weight[agent][:, jobs]
        fits = (other - mine[:, None]) <= left[agent][:, None] + 1e-9
        total[~(fits & fits.T)] = np.inf
        total[agent[:, None] == agent[None, :]] = np.inf
        place = int(np.argmin(total))
        one, two = divmod(place, len(jobs))
        if not total[one, two] < -1e-9:
            return agent
        a, b = int(agent[one]), int(agent[two])
        left[a] += weight[a, one] - weight[a, two]
        left[b] += weight[b, two] - weight[b, one]
        agent[one], agent[two] = b, a
    return agent


def _branch(
    cost: Floats, weight: Floats, capacity: Floats, keep: NDArray[np.bool_], best: Ints | None, run: Run
) -> tuple[Ints | None, float]:
    """HiGHS on the variables that may be in a better plan. The bound holds for the whole: what was fixed cannot be in a better one."""
    import highspy

    if best is not None:
        keep = keep.copy()
        keep[best, np.arange(cost.shape[1])] = True
    solver = _model(
        cost, weight, capacity, keep, whole=True, seconds=max(0.1, run.left * 0.97), threads=run.limits.threads
    )
    if best is not None:
        start = highspy.HighsSolution()
        chosen = np.zeros_like(cost)
        chosen[best, np.arange(cost.shape[1])] = 1.0
        start.col_value = chosen[keep].tolist()
        solver.setSolution(start)
    if run.limits.cancel is not None:
        solver.cbMipInterrupt += lambda event: event.interrupt() if run.cancelled else None
    solver.run()
    info = solver.getInfo()
    bound = float(info.mip_dual_bound)
    if info.primal_solution_status != 2:
        return None, bound
    chosen = np.zeros_like(cost)
    chosen[keep] = np.array(solver.getSolution().col_value)
    return chosen.argmax(axis=0).astype(np.int64), bound


def read_gap(text: str) -> tuple[Floats, Floats, Floats]:
    """An instance of the literature: agents, jobs, costs by agent, weights by agent, capacities."""
    numbers = [float(item) for item in text.split()]
    agents, jobs = int(numbers[0]), int(numbers[1])
    body = np.array(numbers[2:])
    size = agents * jobs
    return (
        body[:size].reshape(agents, jobs),
        body[size : 2 * size].reshape(agents, jobs),
        body[2 * size : 2 * size + agents],
    )
