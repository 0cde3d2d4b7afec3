"""From problem to plan: the goals one after the other, each with its bound, then the published tie-break, then the order of building.

A later goal is sought only among the plans that keep what the earlier goals reached. What was reached is always counted anew by
:meth:`Ground.measure`; the solver only gives the set of sites and the bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.kernel import (
    Level,
    Limits,
    Plan,
    Run,
    Sense,
    Text,
    memory_mb,
    must_hold,
    overall,
    plain,
    tie_many,
    versions,
    words,
)
from yanzhen.planning.siting import cover, median
from yanzhen.planning.siting.cover import Limit
from yanzhen.planning.siting.ground import Ground, Mask, senses
from yanzhen.planning.siting.lines import SiteLine, lines_of, notes_of, served_facts
from yanzhen.planning.siting.matrices import Matrix, sparse
from yanzhen.planning.siting.mip import Floats, Model, minimise
from yanzhen.planning.siting.problem import GOALS, Problem

NAME = "siting"
UNITS: Mapping[str, Text] = {
    "people": Text("人", "people"),
    "elders": Text("人", "people"),
    "near": Text("人", "people"),
    "new": Text("个", "points"),
    "kept": Text("个", "points"),
    "cost": Text("万元", "10,000 yuan"),
    "worst": Text("分钟", "minutes"),
    "total": Text("分钟", "minutes"),
}


@dataclass
class _State:
    """What is settled so far: the best set of sites, and rows that later goals must keep."""

    ground: Ground
    limit: Limit
    run: Run
    chosen: Mask
    bounds: dict[str, float] = field(default_factory=dict)
    model: Model | None = None
    blocks: dict[str, tuple[int, Floats]] = field(default_factory=dict)
    everybody: bool = False
    stuck: bool = False

    @property
    def watch(self) -> object:
        limits = self.run.limits
        return (lambda: self.run.cancelled) if limits.cancel is not None else None


def limits_of(ground: Ground) -> Limit:
    """What may be chosen. Sites that serve nobody within the circle stay closed unless they must be open."""
    parameters = ground.problem.parameters
    useful = np.asarray((ground.times.matrix.shape[0] > 0) & (ground.serving))
    return Limit(
        ground.must,
        ground.may & (useful | ground.must),
        ground.cost,
        ~ground.existing,
        parameters.count,
        parameters.budget,
    )


def solve(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Plan[SiteLine]:
    """The best set of points within the limits. ProblemError when the input is wrong."""
    limits = limits or Limits()
    run = limits.begin()
    must_hold(problem.findings())
    run.say(Text("算路程", "travel times"), 0, len(problem.goals) + 1)
    ground = Ground.of(problem)
    state = settled(ground, run)
    goals = problem.goals
    _tie_break(state, seed)
    values = ground.measure(state.chosen)
    levels = tuple(_level(goal, values[goal], state.bounds.get(goal)) for goal in goals)
    stopped = run.over and any(level.status != "optimal" for level in levels)
    return Plan(
        NAME,
        problem.digest,
        overall(levels, stopped=stopped),
        levels,
        lines_of(ground, state.chosen, seed),
        seed,
        parameters=plain(problem.parameters),
        signed_by=problem.parameters.signed_by,
        locks=problem.locks,
        unmet=tuple(problem.places[row].id for row in np.flatnonzero(ground.covered(state.chosen) == 0)),
        notes=notes_of(ground, state.chosen),
        versions=versions("highspy", "scipy", "numpy"),
        previous=problem.previous_digest,
        extra=served_facts(ground, state.chosen),
        seconds=run.seconds,
        memory_mb=memory_mb(),
    )


def settled(ground: Ground, run: Run) -> _State:
    """All goals settled, before the tie-break: from the table of minutes to the set of sites and the bounds."""
    limit = limits_of(ground)
    state = _State(ground, limit, run, _start(ground, limit))
    goals = ground.problem.goals
    for number, goal in enumerate(goals):
        run.say(GOALS[goal], number + 1, len(goals) + 1, best=ground.measure(state.chosen, (goal,))[goal])
        _settle(state, goal, last=number == len(goals) - 1)
    return state


def _level(goal: str, value: float, bound: float | None) -> Level:
    sense: Sense = "max" if senses(goal) == "max" else "min"
    if bound is not None:  # numerical dust of a solver never makes a bound worse than what was counted
        bound = max(bound, value) if sense == "max" else min(bound, value)
        if goal in ("people", "elders", "near", "new", "kept"):
            bound = float(np.floor(bound + 1e-6)) if sense == "max" else float(np.ceil(bound - 1e-6))
        elif abs(bound - value) <= 1e-6 * max(1.0, abs(value)):
            bound = value
    return Level(goal, GOALS[goal], sense, value, bound, UNITS[goal])


def _start(ground: Ground, limit: Limit) -> Mask:
    rows, weight = cover.patterns(ground.circle, ground.people.reshape(-1, 1))
    if ground.problem.parameters.task in ("worst", "mean"):
        reach = ground.reachable
        minutes = ground.dense[reach]
        top = float(minutes[np.isfinite(minutes)].max(initial=0.0)) * 10 + 1000
        return median.opening(np.where(np.isfinite(minutes), minutes, top), ground.people[reach], limit)
    return cover.greedy(rows, weight[:, 0], limit, all_rows=False)


def _settle(state: _State, goal: str, *, last: bool) -> None:
    """One goal: improve ``state.chosen`` on it, note its bound, keep it in ``state.model`` for the goals after it."""
    ground = state.ground
    share = max(0.2, state.run.left * (0.95 if last else 0.6))
    if state.run.over or state.stuck:
        return
    if state.model is None and goal == "people":
        _first_people(state, share)
    elif state.model is None and goal == "worst":
        _first_worst(state, share)
    elif state.model is None and goal == "total":
        _first_total(state, share)
    else:
        if state.model is None:
            rows, _ = cover.patterns(ground.circle, ground.people.reshape(-1, 1))
            state.model = (
                cover.partial([], state.limit)
                if ground.problem.parameters.task != "cover"
                else cover.covering(rows, state.limit)
            )
        _next(state, goal, share)


def _first_people(state: _State, seconds: float) -> None:
    """Everybody who can be reached, if the limits allow; else the most."""
    ground, limit = state.ground, state.limit
    weights = np.column_stack([ground.people, ground.elders])
    rows, sums = cover.patterns(ground.circle, weights)
    total = float(ground.people[ground.reachable].sum())
    if ground.problem.parameters.task == "cover" or (limit.count is None and limit.budget is None):
        model = cover.covering(cover.needed(rows), limit)
        probe = state.chosen if not (rows @ state.chosen.astype(float) < 0.5).any() else None
        if probe is None and limit.count is None and limit.budget is None:
            probe = cover.greedy(rows, np.ones(rows.shape[0]), limit, all_rows=True)
        fits = probe is not None
        if not fits:
            cost = np.where(limit.new, 1.0, 0.0)
            found = minimise(
                model, cost, seconds=seconds / 2, threads=state.run.limits.threads, slack=1e9, watch=state.watch
            )
            fits, probe = found.x is not None, (found.x > 0.5 if found.x is not None else None)
        if fits and probe is not None:
            state.chosen, state.model, state.everybody = probe, model, True
            state.bounds["people"] = total
            return
    found = cover.most(rows, sums[:, 0], limit, seconds=seconds, threads=state.run.limits.threads, watch=state.watch)
    if found.x is not None:
        chosen = found.x[: rows.shape[1]] > 0.5
        if ground.measure(chosen, ("people",))["people"] >= ground.measure(state.chosen, ("people",))["people"]:
            state.chosen = chosen
    state.bounds["people"] = min(total, -found.bound)
    model = cover.partial([rows], limit)
    state.blocks["circle"] = (rows.shape[1], sums[:, 1])
    reached = ground.measure(state.chosen, ("people",))["people"]
    state.model = model.with_row(np.concatenate([np.zeros(rows.shape[1]), sums[:, 0]]), reached - 0.5, np.inf)


def _first_worst(state: _State, seconds: float) -> None:
    """p-center: bisection over the distinct minutes, a covering at each."""
    ground, limit = state.ground, state.limit
    reach = ground.dense[ground.reachable]
    able = limit.may | limit.must
    values = np.unique(reach[:, able][np.isfinite(reach[:, able])])
    best = ground.measure(state.chosen, ("worst",))["worst"]
    low = int(np.searchsorted(values, float(reach[:, able].min(axis=1).max(initial=0.0))))
    high = int(np.searchsorted(values, best)) if np.isfinite(best) else len(values)
    begun = state.run.seconds
    proven = True
    while low < high:
        middle = (low + high) // 2
        left = seconds - (state.run.seconds - begun)
        if left <= 0.05:
            proven = False
            break
        model = _within(ground, limit, float(values[middle]))
        chosen = _fits(model, limit, state, left)
        if chosen is None:
            proven = False
            break
        if chosen.any() or not len(reach):
            state.chosen = chosen
            reached = ground.measure(chosen, ("worst",))["worst"]
            high = min(middle, int(np.searchsorted(values, reached)))
        else:
            low = middle + 1
    worst = ground.measure(state.chosen, ("worst",))["worst"]
    state.bounds["worst"] = worst if proven else float(values[min(low, len(values) - 1)]) if len(values) else 0.0
    state.model = _within(ground, limit, worst)


def _within(ground: Ground, limit: Limit, minutes: float) -> Model:
    reach = ground.dense[ground.reachable]
    rows, _ = cover.patterns(sparse.csr_matrix((reach <= minutes + 1e-9).astype(float)), np.zeros((len(reach), 1)))
    return cover.covering(cover.needed(rows), limit)


def _fits(model: Model, limit: Limit, state: _State, seconds: float) -> Mask | None:
    """Sites that cover every row within the limits; an empty mask when proven that there are none; None: not known in the time."""
    sites = len(limit.must)
    rows = model.rows[np.isposinf(model.high)]
    probe = cover.greedy(rows, np.ones(rows.shape[0]), limit)
    if not (rows @ probe.astype(float) < 0.5).any():
        return probe
    # The fewest (or cheapest) without that limit as a row: a covering is settled at the root, a bare feasibility question is not.
    counted = limit.count is not None
    cap = float(limit.count) if limit.count is not None else limit.budget
    kept = np.ones(len(model.low), dtype=bool)
    kept[rows.shape[0]] = False
    loose = Model(model.rows[kept], model.low[kept], model.high[kept], model.lower, model.upper, model.integer)
    cost = np.where(limit.new, 1.0 if counted else limit.cost, 0.0)
    found = minimise(
        loose,
        cost,
        seconds=seconds,
        threads=state.run.limits.threads,
        slack=0.999 if counted else 1e-6,
        watch=state.watch,
    )
    if found.infeasible or (cap is not None and found.bound > cap + 1e-6):
        return np.zeros(sites, dtype=bool)
    if found.x is None or (cap is not None and found.value > cap + 1e-6):
        return None
    return found.x > 0.5


def _first_total(state: _State, seconds: float) -> None:
    ground, limit = state.ground, state.limit
    reach = ground.reachable
    weight = ground.people[reach]
    chosen, _, bound, state.model = median.median(
        ground.dense[reach],
        weight,
        limit,
        seconds=seconds,
        threads=state.run.limits.threads,
        watch=state.watch,
        timer=state.run.limits.timer,
        start=state.chosen,
    )
    state.chosen = chosen
    state.bounds["total"] = bound / max(1.0, float(weight.sum()))
    state.stuck = state.model is None  # not proven: later goals have no model to keep the mean with


def _next(state: _State, goal: str, seconds: float) -> None:
    """A further goal on the model of the goals before it."""
    model = state.model
    if model is None:
        return
    ground = state.ground
    sites = len(ground.problem.sites)
    before = ground.measure(state.chosen, (goal,))[goal]
    sign = -1.0 if senses(goal) == "max" else 1.0
    cost = np.zeros(len(model.lower))
    if goal == "new":
        cost[:sites] = np.where(state.limit.new, 1.0, 0.0)
    elif goal == "cost":
        cost[:sites] = ground.cost
    elif goal == "kept":
        cost[:sites] = -ground.previous.astype(float)
    elif goal == "elders" and "circle" in state.blocks:
        first, weight = state.blocks["circle"]
        cost[first : first + len(weight)] = -weight
    elif goal == "elders" and state.everybody:
        state.bounds[goal] = before
        return
    elif goal in ("near", "elders", "people"):
        matrix = ground.close if goal == "near" else ground.circle
        values = ground.people if goal == "people" else ground.elders
        model, cost = _with_block(model, matrix, values)
    else:
        return
    if not cost.any():
        state.bounds[goal] = before
        return
    whole = bool(np.all(cost == np.round(cost)))
    start = _extend(model, state, sites)
    found = minimise(
        model,
        cost,
        seconds=seconds,
        threads=state.run.limits.threads,
        start=start,
        slack=0.999 if whole else 1e-6,
        relative=0.0 if whole else 1e-9,
        watch=state.watch,
    )
    if found.x is not None:
        chosen = found.x[:sites] > 0.5
        after = ground.measure(chosen, (goal,))[goal]
        if sign * after <= sign * before and _keeps(state, goal, chosen):
            state.chosen, before = chosen, after
    state.bounds[goal] = sign * found.bound if np.isfinite(found.bound) else sign * -np.inf
    if not np.isfinite(state.bounds[goal]):
        del state.bounds[goal]
    room = 0.5 if whole else 1e-7 * max(1.0, abs(before))
    reached = sign * before + room
    state.model = model.with_row(cost, -np.inf, reached)


def _keeps(state: _State, goal: str, chosen: Mask) -> bool:
    """Are all earlier goals as good as they were? The judge counts, whatever the model allowed."""
    goals = state.ground.problem.goals
    earlier = goals[: goals.index(goal)]
    old, new = state.ground.measure(state.chosen, earlier), state.ground.measure(chosen, earlier)
    return all((new[key] - old[key]) * (1 if senses(key) == "max" else -1) >= -1e-6 for key in earlier)


def _with_block(model: Model, matrix: Matrix, values: Floats) -> tuple[Model, Floats]:
    rows, sums = cover.patterns(matrix, values.reshape(-1, 1))
    keep = sums[:, 0] > 0
    rows, weight = rows[keep], sums[keep, 0]
    old, extra = len(model.lower), len(weight)
    left = sparse.hstack([rows, sparse.csr_matrix((extra, old - rows.shape[1]))], format="csr")
    top = sparse.hstack([model.rows, sparse.csr_matrix((model.rows.shape[0], extra))], format="csr")
    body = sparse.vstack([top, sparse.hstack([left, -sparse.identity(extra)], format="csr")], format="csr")
    wide = Model(
        body,
        np.append(model.low, np.zeros(extra)),
        np.append(model.high, np.full(extra, np.inf)),
        np.append(model.lower, np.zeros(extra)),
        np.append(model.upper, np.ones(extra)),
        np.append(model.integer, np.zeros(extra, dtype=bool)),
    )
    return wide, np.concatenate([np.zeros(old), -weight])


def _extend(model: Model, state: _State, sites: int) -> Floats:
    """The present sites as a start: further columns as large as their rows allow."""
    start = np.zeros(len(model.lower))
    start[:sites] = state.chosen
    if len(start) > sites:
        body = model.rows
        reach = np.asarray(body[:, :sites] @ start[:sites])
        tail = body[:, sites:].tocoo()
        for row, column in zip(tail.row[tail.data < 0], tail.col[tail.data < 0], strict=True):
            if np.isposinf(model.high[row]) and model.low[row] == 0:
                start[sites + column] = float(reach[row] > 0.5)
    return start


# -- the published tie-break -------------------------------------------------------------------------------------------------------


def equals(ground: Ground, chosen: Mask, limit: Limit, *, most: int = 1500) -> list[tuple[int, int]]:
    """Swaps (open site out, closed site in) that leave every goal as it is: the alternative optima one step away."""
    goals = ground.problem.goals
    base = ground.measure(chosen, goals)
    task = ground.problem.parameters.task
    found: list[tuple[int, int]] = []
    outs = np.flatnonzero(chosen & ~limit.must)
    ins = limit.may & ~chosen
    count = ground.covered(chosen)
    columns = ground.circle.tocsc() if task in ("cover", "budget") else None
    spare = np.asarray(ground.circle.T @ (ground.people * (count == 0)))
    tried = 0
    for out in outs:
        able = ins & (limit.new == limit.new[out]) & (np.abs(ground.cost - ground.cost[out]) < 1e-9)
        able &= ground.previous == ground.previous[out]
        if columns is not None:
            # What the newcomer gains (places outside, and those that only this site serves) must equal what is lost.
            mine = columns.indices[columns.indptr[out] : columns.indptr[out + 1]]
            only = mine[count[mine] == 1]
            gain = spare + np.asarray(ground.circle[only].T @ ground.people[only])
            able &= np.abs(gain - float(ground.people[only].sum())) < 1e-9
        for into in np.flatnonzero(able):
            if tried >= most:
                return found
            tried += 1
            other = chosen.copy()
            other[out], other[into] = False, True
            if all(abs(value - base[goal]) <= 1e-9 for goal, value in ground.measure(other, goals).items()):
                found.append((int(out), int(into)))
    return found


def _tie_break(state: _State, seed: int) -> None:
    """Among equals one swap away, the site with the smaller published hash, until nothing changes."""
    ids = [site.id for site in state.ground.problem.sites]
    hashes: NDArray[np.uint64] = tie_many(seed, words(ids), words([""] * len(ids)))
    for _ in range(20):
        if state.run.over:
            return
        swaps = equals(state.ground, state.chosen, state.limit, most=400)
        better = [(out, into) for out, into in swaps if hashes[into] < hashes[out]]
        if not better:
            return
        used: set[int] = set()
        goals = state.ground.problem.goals
        base = state.ground.measure(state.chosen, goals)
        for out, into in sorted(better, key=lambda pair: (int(hashes[pair[1]]), int(hashes[pair[0]]))):
            if out in used or into in used:
                continue
            other = state.chosen.copy()
            other[out], other[into] = False, True
            if all(abs(value - base[goal]) <= 1e-9 for goal, value in state.ground.measure(other, goals).items()):
                state.chosen = other
                used |= {out, into}
