"""Capacitated k-medoid (p-median): alternating flow, exchange of medoids, exact small neighbourhoods.

:func:`divide` forms groups of a bounded number of equal members (contact groups of about ten households). Customers with
demands and medians of one capacity (the "pmedcap" form of the OR-Library) are in :mod:`yanzhen.planning.grids.pmedian`.
Costs are whole numbers (decimetres, minutes), so sums are exact and runs are equal for a seed on every machine.

Method: alternate (a) the best assignment to given medoids, a transportation problem solved exactly, and (b) the best medoid of
each cluster, from several starts; then exchange medoids and re-solve windows of neighbouring clusters exactly. The bound and
the proof are in :mod:`yanzhen.planning.grids.proof`.

Sources: Mulvey, Beck 1984 (alternating capacitated clustering); Osman, Christofides 1994 (OR-Library pmedcap);
Stefanello, de Araújo, Müller 2015 (windows re-solved by MIP).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow
from scipy.optimize import linear_sum_assignment  # type: ignore[attr-defined]

Ints = NDArray[np.int64]
_DENSE = 110
"""Up to this many members the Hungarian method on slots is quicker than a flow (measured: 0.3 ms against 0.9 ms at 80)."""


_ENOUGH = 5
"""Starts that end in the same best: more are unlikely to beat it."""
_WINDOW = 4
"""Clusters that are divided anew together."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """Members by cluster: ``labels[i]`` is the cluster of member i, ``medoids[c]`` the member in the middle of cluster c;
    ``cost`` is the sum of the distances to the medoids."""

    labels: Ints
    medoids: Ints
    cost: int

    @property
    def count(self) -> int:
        """Number of clusters."""
        return len(self.medoids)


def group_count(members: int, low: int, target: int, high: int) -> tuple[int, int, int]:
    """How many groups, and the bounds that hold for them: (k, low, high).

    As near to ``target`` as the bounds allow. When no number fits (13 members, groups of 8 to 12) the ceiling is kept and
    the floor is lowered: a small group is flagged, a contact person with too many households helps nobody.
    """
    if members <= 0:
        return 0, low, high
    fewest, most = -(-members // high), members // low
    if most < fewest:
        return fewest, members // fewest, high
    wanted = round(members / target)
    return min(max(wanted, fewest), most), low, high


def assign(cost: Ints, low: int, high: int) -> Ints:
    """The cheapest assignment of rows to columns with between ``low`` and ``high`` rows each: exact."""
    rows, columns = cost.shape
    if columns == 1:
        return np.zeros(rows, dtype=np.int64)
    nearest = cost.argmin(axis=1)
    filled = np.bincount(nearest, minlength=columns)
    if filled.min() >= low and filled.max() <= high:
        return np.asarray(nearest, dtype=np.int64)
    if rows <= _DENSE:
        return _assign_dense(cost, low, high)
    arcs = rows * columns
    flow = min_cost_flow.SimpleMinCostFlow()
    tails = np.repeat(np.arange(rows, dtype=np.int32), columns)
    heads = np.tile(np.arange(rows, rows + columns, dtype=np.int32), rows)
    flow.add_arcs_with_capacity_and_unit_cost(
        tails, heads, np.ones(arcs, dtype=np.int64), np.ascontiguousarray(cost).ravel()
    )
    middle = np.arange(rows, rows + columns, dtype=np.int32)
    sink = np.full(columns, rows + columns, dtype=np.int32)
    spare = np.full(columns, high - low, dtype=np.int64)
    flow.add_arcs_with_capacity_and_unit_cost(middle, sink, spare, np.zeros(columns, dtype=np.int64))
    supplies = np.concatenate(
        [np.ones(rows, dtype=np.int64), np.full(columns, -low, dtype=np.int64), [-(rows - low * columns)]]
    )
    flow.set_nodes_supplies(np.arange(rows + columns + 1, dtype=np.int32), supplies)
    if flow.solve() != flow.OPTIMAL:
        raise ValueError("bounds do not fit the number of members")
    sent = flow.flows(np.arange(arcs, dtype=np.int32)).reshape(rows, columns)
    return np.asarray(sent.argmax(axis=1), dtype=np.int64)


def _assign_dense(cost: Ints, low: int, high: int) -> Ints:
    """Each column as ``high`` slots; the first ``low`` carry a premium that makes the optimum fill them."""
    rows, columns = cost.shape
    if not low * columns <= rows <= high * columns:
        raise ValueError("bounds do not fit the number of members")
    premium = int(cost.max()) * (rows + 1) + 1 if low else 0
    must = columns * low
    column = np.concatenate([np.repeat(np.arange(columns), low), np.repeat(np.arange(columns), high - low)])
    slots = cost.astype(np.float64)[:, column]
    slots[:, :must] -= premium
    _, chosen = linear_sum_assignment(slots)
    first = chosen // max(low, 1)
    second = (chosen - must) // max(high - low, 1)
    return np.asarray(np.where(chosen < must, first, second), dtype=np.int64)


def best_medoids(distance: Ints, labels: Ints, count: int) -> Ints:
    """The member of each cluster with the smallest sum of distances to the others (the first of equals)."""
    medoids = np.empty(count, dtype=np.int64)
    order = np.argsort(labels, kind="stable")
    ends = np.searchsorted(labels[order], np.arange(count + 1))
    for cluster in range(count):
        inside = order[ends[cluster] : ends[cluster + 1]]
        medoids[cluster] = inside[distance[inside[:, None], inside].sum(axis=0).argmin()]
    return medoids


def divide(
    distance: Ints,
    low: int,
    target: int,
    high: int,
    *,
    seed: int = 0,
    starts: int = 0,
    fixed: Ints | None = None,
    enough: int = 5,
) -> Clusters:
    """Groups of ``low`` to ``high`` members, near each other: the sum of distances to the medoids as small as may be.

    ``distance``: square, whole numbers ≥ 0; ``fixed``: medoids to start from (re-drawing), used as the first start;
    ``starts``: 0 = as many as the size is worth (few members are cheap and need them: 40 at 22 members, 9 at 100).
    ``enough``: starts that must end in the same best before it stops early (3: quicker and a little longer, see the benchmark).
    Members must come in a canonical order: the result depends on it and on the seed alone.
    """
    members = len(distance)
    count, low, high = group_count(members, low, target, high)
    if count == 0:
        return Clusters(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), 0)
    if count == 1:
        return _settle(distance, np.zeros(members, dtype=np.int64), 1)
    rng = np.random.default_rng([seed, members, count])
    best: Clusters | None = None
    tried = starts or min(40, max(6, (1400 if enough >= _ENOUGH else 700) // members))
    met = 0
    for turn in range(tried):
        if met >= enough:
            break
        if turn == 0 and fixed is not None and len(fixed) == count:
            medoids = fixed
        elif best is None or turn < (tried + 3) // 4:
            medoids = _spread(distance, count, rng)
        else:
            medoids = _shaken(distance, best, rng)
        found = alternate(distance, medoids, low, high)
        met += int(best is not None and found.cost == best.cost)
        if best is None or found.cost < best.cost:
            best, met = found, 1
    assert best is not None  # noqa: S101 - for the type checker
    if tried > 1 and met < enough:
        best = exchange(distance, best, low, high)
        if best.count > _WINDOW:
            best = windows(distance, best, low, high, rng)
    return best


def windows(distance: Ints, start: Clusters, low: int, high: int, rng: np.random.Generator) -> Clusters:
    """Divide each cluster together with its nearest neighbours anew; keep what gets shorter, until a whole round gives nothing."""
    best = start
    for _ in range(4):
        before = best.cost
        for middle in range(best.count):
            near = np.argsort(distance[best.medoids[middle]][best.medoids], kind="stable")[:_WINDOW]
            inside = np.flatnonzero(np.isin(best.labels, near))
            part = np.ascontiguousarray(distance[np.ix_(inside, inside)])
            was = int(distance[inside, best.medoids[best.labels[inside]]].sum())
            for _ in range(5):
                found = alternate(part, _spread(part, _WINDOW, rng), low, high)
                if found.cost < was:
                    labels = best.labels.copy()
                    labels[inside] = near[found.labels]
                    best, was = _settle(distance, labels, best.count), found.cost
        if best.cost >= before:
            return best
    return best


def alternate(distance: Ints, medoids: Ints, low: int, high: int) -> Clusters:
    """Assignment and medoids in turn until nothing gets shorter."""
    best: Clusters | None = None
    while True:
        labels = assign(np.ascontiguousarray(distance[:, medoids]), low, high)
        found = _settle(distance, labels, len(medoids))
        if best is not None and found.cost >= best.cost:
            return best
        if (found.medoids == medoids).all():
            return found
        best, medoids = found, found.medoids


def exchange(distance: Ints, start: Clusters, low: int, high: int, *, tries: int = 24) -> Clusters:
    """Move one medoid to another member where that shortens the (free) sum most, then settle; while it helps."""
    best = start
    for _ in range(4):
        columns = distance[:, best.medoids]
        order = np.argsort(columns, axis=1, kind="stable")
        nearest = np.take_along_axis(columns, order[:, :1], axis=1)[:, 0]
        second = np.take_along_axis(columns, order[:, 1:2], axis=1)[:, 0]
        owner = order[:, 0]
        # Taking candidate j in and medoid c out changes the free sum by gain[j] + loss[c, j] (Teitz, Bart 1968).
        gain = np.minimum(distance - nearest[:, None], 0)
        kept = np.where(distance < nearest[:, None], 0, np.minimum(distance, second[:, None]) - nearest[:, None])
        loss = np.zeros((best.count, len(distance)), dtype=np.int64)
        np.add.at(loss, owner, kept)
        change = gain.sum(axis=0)[None, :] + loss
        change[:, best.medoids] = np.iinfo(np.int64).max
        found = best
        for place in np.argsort(change, axis=None, kind="stable")[:tries]:
            out, into = divmod(int(place), len(distance))
            medoids = best.medoids.copy()
            medoids[out] = into
            labels = assign(np.ascontiguousarray(distance[:, medoids]), low, high)
            candidate = _settle(distance, labels, best.count)
            if candidate.cost < best.cost:
                found = alternate(distance, candidate.medoids, low, high)
                break
        if found is best:
            return best
        best = found if found.cost < best.cost else best
    return best


def _settle(distance: Ints, labels: Ints, count: int) -> Clusters:
    medoids = best_medoids(distance, labels, count)
    return Clusters(labels, medoids, int(distance[np.arange(len(labels)), medoids[labels]].sum()))


def _spread(distance: Ints, count: int, rng: np.random.Generator) -> Ints:
    """Starting medoids far from each other, by chance with probability to the distance (k-means++, with distances)."""
    chosen = [int(rng.integers(len(distance)))]
    near = distance[:, chosen[0]].copy()
    while len(chosen) < count:
        weight = near.cumsum()
        if weight[-1] == 0:  # the rest stands on chosen points: take any that is not chosen yet
            free = np.setdiff1d(np.arange(len(distance)), chosen)
            chosen.append(int(free[0]))
            continue
        pick = int(np.searchsorted(weight, rng.integers(int(weight[-1])), side="right"))
        chosen.append(pick)
        near = np.minimum(near, distance[:, pick])
    return np.array(chosen, dtype=np.int64)


def _shaken(distance: Ints, best: Clusters, rng: np.random.Generator) -> Ints:
    """The best medoids so far with some of them moved to other members."""
    medoids = best.medoids.copy()
    for place in rng.choice(best.count, size=min(best.count, 1 + best.count // 4), replace=False):
        free = np.setdiff1d(np.arange(len(distance)), medoids)
        if len(free):
            medoids[place] = free[rng.integers(len(free))]
    return medoids
