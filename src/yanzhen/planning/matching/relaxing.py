"""When not everything can be met: the smallest set of rules to give up, in words.

People's will is never given up: consent, areas agreed to, exclusions, pairs forbidden by hand. What may be loosened is capacity (one
place more), season, language, speciality and the longest way, each counted once a place; and locks that contradict a rule. The count is
a level of a flow after coverage, so the set is smallest indeed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from yanzhen.planning.kernel import GiveUp, Limits, Relaxation, Text, must_hold, tie
from yanzhen.planning.kernel.flows import FlowStopped, Network, lexflow
from yanzhen.planning.matching.locks import lock_findings
from yanzhen.planning.matching.problem import Need, Problem, Specialist
from yanzhen.planning.matching.rules import RULES, Known, fixed_pairs

LOOSE = ("speciality", "season", "language", "distance")
#: Above this many pairs only needs that stay open are looked at, and the set is not proven smallest.
MOST_PAIRS = 400_000


def relax(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Relaxation:
    """What to give up so that the locks hold and every need is met as far as people's will allows. Empty: everything is met."""
    limits = limits or Limits()
    must_hold(problem.findings())
    locks = _locks(problem)
    if locks:
        return Relaxation(tuple(locks))
    if problem.rules.one_base:
        problem = replace(problem, rules=replace(problem.rules, one_base=""))
    needs: tuple[Need, ...] = problem.needs
    proven = len(needs) * len(problem.specialists) <= MOST_PAIRS
    if not proven:
        from yanzhen.planning.matching.solving import solve

        plan = solve(problem, limits, seed)
        open_ = {key.rsplit("#", 1)[0] for key in plan.unmet}
        needs = tuple(need for need in needs if need.id in open_)
        load = Counter(line.specialist for line in plan.lines)
        ones = tuple(replace(one, capacity=one.capacity - load[one.id]) for one in problem.specialists)
        problem = replace(
            problem, specialists=ones, locks=tuple(lock for lock in problem.locks if lock.kind == "forbid")
        )
        room = max(1, MOST_PAIRS // max(1, len(ones)))
        needs = needs[:room]
    return _smallest(problem, needs, limits, seed, proven=proven)


def _locks(problem: Problem) -> list[GiveUp]:
    """Locks that cannot all hold: those against a rule, then the fewest against capacities."""
    if not any(item.severity == "error" for item in lock_findings(problem)):
        return []
    known = Known(problem)
    found, good = [], []
    for (need, one), _ in sorted(fixed_pairs(problem).items()):
        if need not in problem.need_of or one not in problem.specialist_of:
            if any(lock.kind == "fix" and (lock.subject, lock.object) == (need, one) for lock in problem.locks):
                text = Text("放弃锁定 {need}—{one}：不存在", "give up the lock {need}–{one}: not there").fill(
                    need=need, one=one
                )
                found.append(GiveUp("lock.unknown", text))
            continue
        broken = known.refusals(problem.specialist_of[one], problem.need_of[need])
        if broken:
            text = Text("放弃锁定 {need}—{one}：{rule}", "give up the lock {need}–{one}: {rule}")
            found.append(
                GiveUp("lock.rule", text.fill(need=need, one=problem.specialist_of[one].name, rule=RULES[broken[0]]))
            )
        else:
            good.append((need, one))
    needs, ones = sorted({need for need, _ in good}), sorted({one for _, one in good})
    kept = _most_locks(problem, good, needs, ones)
    for need, one in good:
        if (need, one) not in kept:
            text = Text(
                "放弃锁定 {need}—{one}：超过承担能力或数量", "give up the lock {need}–{one}: above capacity or quantity"
            )
            found.append(GiveUp("lock.capacity", text.fill(need=need, one=problem.specialist_of[one].name)))
    return found


def _most_locks(
    problem: Problem, pairs: list[tuple[str, str]], needs: list[str], ones: list[str]
) -> set[tuple[str, str]]:
    if not pairs:
        return set()
    seasons = sorted({(one, problem.need_of[need].season) for need, one in pairs})
    first_season, first_need = 1 + len(ones), 1 + len(ones) + len(seasons)
    sink = first_need + len(needs)
    arcs = [(0, sink, len(pairs))]
    arcs += [(0, 1 + i, problem.specialist_of[one].capacity) for i, one in enumerate(ones)]
    for i, (one, season) in enumerate(seasons):
        most = dict(problem.specialist_of[one].seasons).get(season) if season else None
        arcs.append((1 + ones.index(one), first_season + i, len(pairs) if most is None else most))
    arcs += [(first_need + i, sink, problem.need_of[need].quantity) for i, need in enumerate(needs)]
    begin = len(arcs)
    arcs += [
        (first_season + seasons.index((one, problem.need_of[need].season)), first_need + needs.index(need), 1)
        for need, one in pairs
    ]
    table = np.array(arcs, dtype=np.int64)
    network = Network(sink + 1, table[:, 0], table[:, 1], table[:, 2], sink)
    flow = np.zeros(len(arcs), dtype=np.int64)
    flow[0] = len(pairs)
    cost = np.zeros(len(arcs), dtype=np.int64)
    cost[begin:] = -1
    ties = np.zeros(len(arcs), dtype=np.int64)
    ties[begin:] = [tie(0, need, one) >> 24 for need, one in pairs]
    face, _ = lexflow(network, flow, [cost, ties], Limits().begin())
    return {pair for pair, used in zip(pairs, face.flow[begin:].tolist(), strict=True) if used}


def _smallest(problem: Problem, needs: tuple[Need, ...], limits: Limits, seed: int, *, proven: bool) -> Relaxation:
    known = Known(problem)
    ones = problem.specialists
    villages = {key: i for i, key in enumerate(sorted({need.village_key for need in needs}))}
    total = sum(need.quantity for need in needs)
    seasons = sorted(
        {(j, name) for j, one in enumerate(ones) for name, most in one.seasons if most < one.capacity + total}
    )
    first_season = 1 + len(ones)
    first_need = first_season + len(seasons)
    first_village = first_need + len(needs)
    sink = first_village + len(villages)
    at = {item: first_season + i for i, item in enumerate(seasons)}
    arcs: list[tuple[int, int, int, int, tuple[str, int, int]]] = []  # tail, head, capacity, give-ups, what
    for j, one in enumerate(ones):
        arcs.append((0, 1 + j, max(0, one.capacity), 0, ("", j, -1)))
        if one.consent and one.capacity > 0:
            arcs.append((0, 1 + j, total, 1, ("capacity", j, -1)))
    for j, name in seasons:
        most = dict(ones[j].seasons)[name]
        arcs.append((1 + j, at[j, name], most, 0, ("", j, -1)))
        if most > 0:
            arcs.append((1 + j, at[j, name], total, 1, ("season_capacity", j, -1)))
    fixed = fixed_pairs(problem)
    must: list[int] = []
    for i, need in enumerate(needs):
        for j, one in enumerate(ones):
            broken = known.refusals(one, need)
            if one.capacity < 1 or any(rule not in LOOSE for rule in broken):
                continue
            tail = at[j, need.season] if not broken and (j, need.season) in at else 1 + j
            if (need.id, one.id) in fixed:
                must.append(len(arcs))
            arcs.append((tail, first_need + i, 1, len(broken), (",".join(broken), j, i)))
    pairs_end = len(arcs)
    for i, need in enumerate(needs):
        arcs.append((first_need + i, first_village + villages[need.village_key], need.quantity, 0, ("", -1, i)))
    for i in range(len(villages)):
        arcs.append((first_village + i, sink, 1, 0, ("village", -1, i)))
        arcs.append((first_village + i, sink, total, 0, ("", -1, i)))
    arcs.append((0, sink, 3 * total + 1, 0, ("", -1, -1)))
    table = np.array([arc[:4] for arc in arcs], dtype=np.int64)
    network = Network(sink + 1, table[:, 0], table[:, 1], table[:, 2], sink)
    flow = np.zeros(len(arcs), dtype=np.int64)
    flow[-1] = 3 * total + 1
    covered, filled, locked = (np.zeros(len(arcs), dtype=np.int64) for _ in range(3))
    covered[[i for i, arc in enumerate(arcs) if arc[4][0] == "village"]] = -1
    filled[[i for i, arc in enumerate(arcs[:pairs_end]) if arc[4][2] >= 0]] = -1
    locked[must] = -1
    ties = np.array(
        [tie(seed, str(arc[4][2]), str(arc[4][1])) >> 24 if arc[4][2] >= 0 else 0 for arc in arcs], dtype=np.int64
    )
    costs = [locked, covered, filled, table[:, 3], ties]
    try:
        face, _ = lexflow(network, flow, costs, limits.begin())
    except FlowStopped:
        return Relaxation((), proven=False)
    return Relaxation(_words(ones, needs, arcs, face.flow), proven=proven and len(face.values) == len(costs))


def _words(
    ones: tuple[Specialist, ...],
    needs: tuple[Need, ...],
    arcs: list[tuple[int, int, int, int, tuple[str, int, int]]],
    flow: np.ndarray,
) -> tuple[GiveUp, ...]:
    found: list[GiveUp] = []
    for place in np.flatnonzero(flow).tolist():
        what, j, i = arcs[place][4]
        times = int(flow[place])
        if what == "capacity":
            text = Text("请{name}多承担 {n} 项", "{name} serves {n} more").fill(name=ones[j].name, n=times)
            found.append(GiveUp("capacity", text, times))
        elif what == "season_capacity":
            text = Text("请{name}在一个季节里多承担 {n} 项", "{name} serves {n} more in a season").fill(
                name=ones[j].name, n=times
            )
            found.append(GiveUp("season_capacity", text, times))
        elif what and i >= 0 and j >= 0:
            for rule in what.split(","):
                text = Text("{need} 派{name}：放宽“{rule}”", "{need} by {name}: give up “{rule}”")
                found.append(GiveUp(rule, text.fill(need=needs[i].id, name=ones[j].name, rule=RULES[rule])))
    return tuple(sorted(found, key=lambda item: (item.rule, item.text.en)))
