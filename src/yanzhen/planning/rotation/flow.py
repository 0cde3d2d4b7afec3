"""The start of a rotation: one min-cost flow that fills as many posts as there can be, and looks already at the goals after it.

People → (unit) → slots of villages. Each village has one slot for somebody who may lead, one that rewards a person of a partner unit, one
for a wanted speciality, one for experience, and plain ones: so each reward counts once a village, as the goals do. What couples people
(kin, women, couples) is not in the flow; :func:`mended` takes the fewest people out and :mod:`search` fills again.
"""

from __future__ import annotations

import numpy as np

from yanzhen.planning.rotation.field import Bools, Field, Ints


def candidates(field: Field, keep: int) -> Bools:
    """Pairs the flow looks at: everything useful (partner unit, speciality, bound), and the ``keep`` nearest by a published shuffle."""
    allowed = field.eligible
    people, villages = allowed.shape
    if villages <= 2 * keep:
        return allowed
    rng = np.random.default_rng([field.seed, people, villages])
    # Random keys in a canonical order: the same pairs whatever the order of the input's rows.
    key = field.minutes / 60 + rng.random((people, villages)) * 4.0
    key[~allowed] = np.inf
    nearest = np.argpartition(key, keep, axis=1)[:, :keep]
    found = np.zeros_like(allowed)
    found[np.arange(people)[:, None], nearest] = True
    best = np.argpartition(key, min(3 * keep // 2, people - 1), axis=0)[: 3 * keep // 2]
    found[best, np.arange(villages)[None, :]] = True
    useful = field.partner | (field.skilled & (rng.random((people, villages)) < min(1.0, 60.0 * keep / max(1, people))))
    found |= useful
    found[field.fixed >= 0] = True
    previous = np.flatnonzero(field.previous >= 0)
    found[previous, field.previous[previous]] = True
    return found & allowed


#: Rewards of the start, in their order of size: covering, filling, then the goals that count once a village.
FILL, COVER, CONTINUE, SKILL, GREEN = 1_000_000, 1_500_000, 60_000, 40_000, 50_000


def start(field: Field, pairs: Bools) -> Ints:
    """An assignment with as many posts filled as the pairs allow (coupling rules apart)."""
    from ortools.graph.python import min_cost_flow

    people, villages = pairs.shape
    flow = min_cost_flow.SimpleMinCostFlow()
    rows, columns = np.nonzero(pairs)
    # nodes: people, then per village: first, continue, skill, experience, plain, members (joins the last four), then units, source, sink
    base = people
    first, cont, skill, green, plain, members = (base + kind * villages for kind in range(6))
    units = base + 6 * villages
    source, sink = units + len(field.most), units + len(field.most) + 1
    tails, heads, capacity, cost = [], [], [], []

    def add(tail: Ints, head: Ints, cap: int | Ints, price: int | Ints) -> None:
        tails.append(np.asarray(tail, dtype=np.int64))
        heads.append(np.asarray(head, dtype=np.int64))
        capacity.append(np.broadcast_to(np.asarray(cap, dtype=np.int64), len(tails[-1])))
        cost.append(np.broadcast_to(np.asarray(price, dtype=np.int64), len(tails[-1])))

    # Strong people to villages with a high need, nobody far, the last plan's place a little cheaper, then the published order.
    need = field.need / np.maximum(field.posts, 1)
    fit = np.abs(need[columns] - field.strength[rows]) * 700 + np.where(
        field.priority[columns], field.strength[rows] * -900, 0
    )
    soft = fit + field.far[rows, columns] * 1500 - np.where(field.previous[rows] == columns, 8000, 0)
    bound = np.where(field.fixed[rows] >= 0, -50 * FILL, 0)
    soft = (soft + bound).astype(np.int64) + (field.rank[rows] % 97)
    lead, join = field.lead[rows, columns], field.joins[rows, columns]
    add(
        rows[lead],
        first + columns[lead],
        1,
        soft[lead] - np.where(field.partner[rows, columns][lead], CONTINUE // 2, 0),
    )
    for node, table in (
        (cont, field.partner),
        (skill, field.skilled),
        (green, np.broadcast_to(field.experienced[:, None], pairs.shape)),
    ):
        here = join & table[rows, columns]
        add(rows[here], node + columns[here], 1, soft[here])
    add(rows[join], plain + columns[join], 1, soft[join])
    every = np.arange(villages)
    # One slot that rewards experience stays when the first secretary brings none; nothing is lost when it is not used.
    for node, reward in ((cont, CONTINUE), (skill, SKILL), (green, GREEN)):
        add(node + every, members + every, 1, -reward)
    add(plain + every, members + every, np.maximum(field.posts - 1, 0), 0)
    add(first + every, np.full(villages, sink), 1, -np.where(field.priority, COVER, FILL))
    add(members + every, np.full(villages, sink), np.maximum(field.posts - 1, 0), -FILL)
    free = np.flatnonzero(field.unit < 0)
    add(np.full(len(free), source), free, 1, 0)
    tied = np.flatnonzero(field.unit >= 0)
    add(units + field.unit[tied], tied, 1, 0)
    if len(field.most):
        staying = np.bincount(field.unit[(field.stay >= 0) & (field.unit >= 0)], minlength=len(field.most))
        add(np.full(len(field.most), source), units + np.arange(len(field.most)), np.maximum(field.most, staying), 0)
    total = int(field.posts.sum())
    add(np.asarray([source]), np.asarray([sink]), total, 0)
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate(tails), np.concatenate(heads), np.concatenate(capacity), np.concatenate(cost)
    )
    flow.set_node_supply(source, total)
    flow.set_node_supply(sink, -total)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"flow: {status}")
    sent = np.asarray(flow.flows(arcs))
    tail, head = np.concatenate(tails), np.concatenate(heads)
    used = (sent > 0) & (tail < people)
    assignment = np.full(people, -1, dtype=np.int64)
    assignment[tail[used]] = (head[used] - base) % villages
    return assignment


def most_filled(field: Field) -> int:
    """How many posts can be filled at all, each rule of a pair and the units' limits kept: a maximum flow over classes of people."""
    from ortools.graph.python import max_flow

    people, villages = field.eligible.shape
    if not people or not villages:
        return 0
    # People with the same row of possibilities and the same unit are one node.
    packed = np.packbits(np.hstack([field.joins, field.lead]), axis=1)
    keys: dict[bytes, int] = {}
    kind = np.asarray(
        [
            keys.setdefault(packed[i].tobytes() + int(field.unit[i]).to_bytes(4, "little", signed=True), len(keys))
            for i in range(people)
        ]
    )
    size = np.bincount(kind)
    example = np.zeros(len(size), dtype=np.int64)
    example[kind[::-1]] = np.arange(people)[::-1]
    flow = max_flow.SimpleMaxFlow()
    first, member = len(size), len(size) + villages
    units = member + villages
    source, sink = units + len(field.most), units + len(field.most) + 1
    for table, node in ((field.lead, first), (field.joins, member)):
        rows, columns = np.nonzero(table[example])
        flow.add_arcs_with_capacity(rows, node + columns, size[rows])
    every = np.arange(villages)
    flow.add_arcs_with_capacity(first + every, np.full(villages, sink), np.ones(villages, dtype=np.int64))
    flow.add_arcs_with_capacity(member + every, np.full(villages, sink), np.maximum(field.posts - 1, 0))
    group = field.unit[example]
    loose = np.flatnonzero(group < 0)
    flow.add_arcs_with_capacity(np.full(len(loose), source), loose, size[loose])
    tied = np.flatnonzero(group >= 0)
    flow.add_arcs_with_capacity(units + group[tied], tied, size[tied])
    if len(field.most):
        staying = np.bincount(field.unit[(field.stay >= 0) & (field.unit >= 0)], minlength=len(field.most))
        flow.add_arcs_with_capacity(
            np.full(len(field.most), source), units + np.arange(len(field.most)), np.maximum(field.most, staying)
        )
    flow.solve(source, sink)
    return int(flow.optimal_flow())


def once(field: Field, table: Bools) -> int:
    """At how many villages a reward that counts once can be had at most: a matching of villages with people (units' limits kept)."""
    from ortools.graph.python import max_flow

    rows, columns = np.nonzero(table & field.eligible)
    if not len(rows):
        return 0
    people, villages = table.shape
    flow = max_flow.SimpleMaxFlow()
    units = people + villages
    source, sink = units + len(field.most), units + len(field.most) + 1
    flow.add_arcs_with_capacity(rows, people + columns, np.ones(len(rows), dtype=np.int64))
    here = np.unique(columns)
    flow.add_arcs_with_capacity(people + here, np.full(len(here), sink), np.minimum(field.posts[here], 1))
    who = np.unique(rows)
    loose, tied = who[field.unit[who] < 0], who[field.unit[who] >= 0]
    flow.add_arcs_with_capacity(np.full(len(loose), source), loose, np.ones(len(loose), dtype=np.int64))
    flow.add_arcs_with_capacity(units + field.unit[tied], tied, np.ones(len(tied), dtype=np.int64))
    if len(field.most):
        staying = np.bincount(field.unit[(field.stay >= 0) & (field.unit >= 0)], minlength=len(field.most))
        flow.add_arcs_with_capacity(
            np.full(len(field.most), source), units + np.arange(len(field.most)), np.maximum(field.most, staying)
        )
    flow.solve(source, sink)
    return int(flow.optimal_flow())


def mended(field: Field, assignment: Ints) -> Ints:
    """People who break a coupling rule taken out, those who are bound last, until every rule holds (always ends: nobody breaks nothing)."""
    assignment = assignment.copy()
    while faults := field.broken(assignment):
        touched: set[int] = set()
        for _, place, people in faults:
            here = [i for i in people if assignment[i] >= 0 and (place < 0 or assignment[i] == place)]
            free = [i for i in here if field.fixed[i] < 0]
            if not free or touched & {int(assignment[i]) for i in free}:
                continue
            out = max(
                free, key=lambda i: (-int(field.lead[i, assignment[i]]), -int(field.strength[i]), int(field.rank[i]))
            )
            touched.add(int(assignment[out]))
            assignment[out] = -1
        if not touched:
            break
    return assignment


def refilled(field: Field, assignment: Ints, pairs: Bools, rounds: int = 4) -> Ints:
    """Open posts filled again by the flow with people who break no coupling rule there; everybody else stays where the plan has them."""
    for _ in range(rounds):
        held = assignment >= 0
        if int(held.sum()) >= int(field.posts.sum()):
            break
        count = len(field.problem.villages)
        women = np.bincount(assignment[held & field.woman], minlength=count)
        table = pairs.copy()
        table[held] = False
        table[np.flatnonzero(held), assignment[held]] = True
        table[np.ix_(~held & field.woman, ~(field.alone | (women >= 1)))] = False
        new = mended(field, start(field, table))
        if (new >= 0).sum() <= held.sum():
            break
        assignment = new
    return assignment


def least_far(field: Field, filled: int) -> int:
    """How many of ``filled`` people must live far from the family at least: those that a flow over near pairs cannot place."""
    from ortools.graph.python import max_flow

    rows, columns = np.nonzero(field.eligible & (field.far == 0))
    people, villages = field.eligible.shape
    source, sink = people + villages, people + villages + 1
    flow = max_flow.SimpleMaxFlow()
    flow.add_arcs_with_capacity(rows, people + columns, np.ones(len(rows), dtype=np.int64))
    flow.add_arcs_with_capacity(np.full(people, source), np.arange(people), np.ones(people, dtype=np.int64))
    flow.add_arcs_with_capacity(people + np.arange(villages), np.full(villages, sink), field.posts)
    flow.solve(source, sink)
    return max(0, filled - int(flow.optimal_flow()))
