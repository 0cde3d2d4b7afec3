"""How good a clustering is: Lagrangian bound, fixing by reduced cost, and the exact model in HiGHS on what is left.

The model (capacitated p-median): x_ij = member i belongs to medoid j, y_j = j is a medoid::

    min Σ d_ij x_ij    Σ_j x_ij = 1    Σ_j y_j = k    low·y_j ≤ Σ_i q_i x_ij ≤ high·y_j    x_ij ≤ y_j

Dropping "every member exactly once" with prices λ_i leaves one knapsack per medoid, whose bound L(λ) is never above the
optimum. Whatever would lift L above the best known plan can be left out, which makes the exact model small.

Sources: Beasley 1993 (Lagrangian heuristics for location problems); Held, Wolfe, Crowder 1974 (subgradient steps).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_sparse: Any = sparse  # scipy's stubs do not type its calls


@dataclass(frozen=True, slots=True)
class Bounded:
    """The best known cost, what no solution can be below, and the clustering if one was found better than the given."""

    cost: int
    bound: int
    labels: Ints | None = None
    medoids: Ints | None = None

    @property
    def gap(self) -> float:
        """Relative distance to the bound, 0 = proven."""
        return max(0.0, (self.cost - self.bound) / max(1, self.cost))


@dataclass(slots=True)
class _Prices:
    """The best multipliers found, with the bound and what each medoid and each pair would add to it."""

    bound: float
    medoid_extra: Floats
    pair_extra: Floats


def lagrange(
    distance: Ints,
    count: int,
    high: int,
    *,
    low: int = 0,
    demand: Ints | None = None,
    upper: int,
    rounds: int = 300,
    near: Callable[[Ints], int] | None = None,
    hurry: Callable[[], bool] = lambda: False,
) -> _Prices:
    """The best L(λ) in ``rounds`` subgradient steps. ``near``: called with promising medoids, returns the cost of a solution."""
    members = len(distance)
    units = demand is None
    weight = np.ones(members) if demand is None else demand.astype(float)
    cost = distance.astype(float)
    second = np.partition(cost, min(2, members - 1), axis=1)[:, min(2, members - 1)]
    price = second.copy()
    best = _Prices(-math.inf, np.zeros(members), np.zeros((members, members)))
    step, stale, top = 2.0, 0, float(upper)
    for turn in range(rounds):
        value, share, edge = _knapsacks(cost - price[:, None], weight, low, high, units)
        order = np.argsort(value, kind="stable")
        chosen = order[:count]
        bound = float(price.sum() + value[chosen].sum())
        if bound > best.bound + 1e-9:
            border = value[order[count - 1]]
            extra = np.where(value <= border, 0.0, value - border)
            # Pair (i, j) used although j's knapsack leaves it out: at least its reduced cost less the worst unit it displaces.
            pair = np.maximum(0.0, (cost - price[:, None]) - edge[None, :] * weight[:, None])
            best = _Prices(bound, np.maximum(0.0, extra), pair)
            stale = 0
        else:
            stale += 1
        if near is not None and turn % 10 == 9:
            top = min(top, float(near(chosen)))
        if math.ceil(best.bound - 1e-6) >= top or step < 1e-3 or (turn % 16 == 15 and hurry()):
            break
        if stale >= 12:
            step, stale = step / 2, 0
        slack = 1.0 - share[:, chosen].sum(axis=1)
        norm = float((slack * slack).sum())
        if norm < 1e-12:
            break
        price = price + step * max(top - bound, 1.0) / norm * slack
    return best


def _knapsacks(reduced: Floats, weight: Floats, low: int, high: int, units: bool) -> tuple[Floats, Floats, Floats]:
    """Per medoid (column) the cheapest load: its value, the share of each member taken, and the cost per unit of load at the edge."""
    members = len(reduced)
    columns = np.arange(reduced.shape[1])
    if units:
        depth = min(high, members)
        first = np.argpartition(reduced, depth - 1, axis=0)[:depth] if depth < members else np.argsort(reduced, axis=0)
        values = np.take_along_axis(reduced, first, axis=0)
        order = np.argsort(values, axis=0, kind="stable")
        first = np.take_along_axis(first, order, axis=0)
        values = np.take_along_axis(values, order, axis=0)
        take = values < 0
        take[:low] = True
        share = np.zeros_like(reduced)
        np.put_along_axis(share, first, take.astype(float), axis=0)
        # A full knapsack displaces its worst member; one that is not full would only add the member itself; one at its
        # floor exchanges as well. The edge is a lower estimate in all three cases.
        edge = np.where(take[-1], values[-1], 0.0)
        if 0 < low < depth:
            edge = np.where(take[low], edge, np.maximum(values[low - 1], 0.0))
        return (values * take).sum(axis=0), share, edge
    ratio = reduced / weight[:, None]
    order = np.argsort(ratio, axis=0, kind="stable")
    sorted_weight = weight[order]
    before = np.cumsum(sorted_weight, axis=0) - sorted_weight
    part = np.clip((high - before) / sorted_weight, 0.0, 1.0)
    sorted_reduced = np.take_along_axis(reduced, order, axis=0)
    part = np.where(sorted_reduced < 0, part, 0.0)
    share = np.zeros_like(reduced)
    np.put_along_axis(share, order, part, axis=0)
    full = (part * sorted_weight).sum(axis=0) >= high - 1e-9
    last = np.maximum((part > 0).sum(axis=0) - 1, 0)
    edge = np.where(full, np.take_along_axis(ratio, order, axis=0)[last, columns], 0.0)
    return (sorted_reduced * part).sum(axis=0), share, edge


def prove(
    distance: Ints,
    count: int,
    high: int,
    *,
    upper: int,
    low: int = 0,
    demand: Ints | None = None,
    seconds: float = 30.0,
    threads: int = 1,
    gap: float = 0.0,
    rounds: int = 300,
    exact: bool = True,
    nodes: int = 2**31 - 1,
) -> Bounded:
    """A lower bound for the cost ``upper`` of a known solution, and a better solution when the exact model finds one.

    ``exact`` False: the Lagrangian bound alone (any size, a fraction of a second). ``gap``: stop at this relative gap;
    ``nodes``: limit of the search tree, which unlike seconds is the same on every machine.
    """
    prices = lagrange(distance, count, high, low=low, demand=demand, upper=upper, rounds=rounds)
    bound = min(upper, math.ceil(prices.bound - 1e-6))
    if not exact or upper - bound <= gap * upper:
        return Bounded(upper, bound)
    lift = prices.bound + prices.medoid_extra[None, :] + prices.pair_extra
    keep = lift <= upper + 1e-6  # equal cost stays: the known solution itself must remain feasible
    keep_medoid = (prices.bound + prices.medoid_extra <= upper + 1e-6) & keep.any(axis=0)
    keep &= keep_medoid[None, :]
    found = _model(distance, keep, keep_medoid, count, low, high, demand, seconds, threads, gap, nodes)
    if found is None:
        return Bounded(upper, bound)
    cost, dual, labels, medoids = found
    better = labels is not None and cost < upper
    bound = max(bound, min(upper, math.ceil(dual - 1e-6)))
    if better:
        return Bounded(cost, min(bound, cost), labels, medoids)
    return Bounded(upper, bound)


def _model(
    distance: Ints,
    keep: NDArray[np.bool_],
    keep_medoid: NDArray[np.bool_],
    count: int,
    low: int,
    high: int,
    demand: Ints | None,
    seconds: float,
    threads: int,
    gap: float,
    nodes: int,
) -> tuple[int, float, Ints | None, Ints | None] | None:
    members = len(distance)
    rows_i, cols_j = np.nonzero(keep)
    sites = np.flatnonzero(keep_medoid)
    place = np.full(members, -1)
    place[sites] = np.arange(len(sites))
    pairs, width = len(rows_i), len(rows_i) + len(sites)
    site_of = place[cols_j]
    load = np.ones(members) if demand is None else demand.astype(float)
    index, site_column = np.arange(pairs), pairs + np.arange(len(sites))

    def rows(values: Floats, row: Ints, column: Ints, height: int) -> Any:
        return _sparse.csr_matrix((values, (row, column)), shape=(height, width))

    once = rows(np.ones(pairs), rows_i, index, members)
    link_values = np.concatenate([np.ones(pairs), -np.ones(pairs)])
    link = rows(link_values, np.tile(index, 2), np.concatenate([index, pairs + site_of]), pairs)
    ceiling = rows(
        np.concatenate([load[rows_i], np.full(len(sites), -float(high))]),
        np.concatenate([site_of, np.arange(len(sites))]),
        np.concatenate([index, site_column]),
        len(sites),
    )
    number = rows(np.ones(len(sites)), np.zeros(len(sites), dtype=np.int64), site_column, 1)
    blocks, endless = [once, link, ceiling, number], highspy.kHighsInf
    lower = [np.ones(members), np.full(pairs, -endless), np.full(len(sites), -endless), np.array([float(count)])]
    upper = [np.ones(members), np.zeros(pairs), np.zeros(len(sites)), np.array([float(count)])]
    if low:
        blocks.append(
            rows(
                np.concatenate([load[rows_i], np.full(len(sites), -float(low))]),
                np.concatenate([site_of, np.arange(len(sites))]),
                np.concatenate([index, site_column]),
                len(sites),
            )
        )
        lower.append(np.zeros(len(sites)))
        upper.append(np.full(len(sites), endless))
    matrix = _sparse.vstack(blocks).tocsr()
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = width, matrix.shape[0]
    model.col_cost_ = np.concatenate([distance[rows_i, cols_j].astype(float), np.zeros(len(sites))])
    model.col_lower_, model.col_upper_ = np.zeros(width), np.ones(width)
    model.row_lower_, model.row_upper_ = np.concatenate(lower), np.concatenate(upper)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    model.integrality_ = [highspy.HighsVarType.kInteger] * width
    solver = highspy.Highs()
    for name, value in {
        "output_flag": False,
        "threads": threads,
        "time_limit": float(seconds),
        "mip_rel_gap": gap,
        "mip_abs_gap": 0.999,
        "mip_max_nodes": nodes,
        "random_seed": 0,
    }.items():
        solver.setOptionValue(name, value)
    solver.passModel(model)
    solver.run()
    info = solver.getInfo()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None
    dual = float(info.mip_dual_bound)
    if not math.isfinite(dual):
        return None
    if info.primal_solution_status != 2:  # no solution found in the time
        return 0, dual, None, None
    solution = np.asarray(solver.getSolution().col_value)
    used = solution[:pairs] > 0.5
    medoids = sites[solution[pairs:] > 0.5]
    number_of = {int(site): number for number, site in enumerate(medoids)}
    labels = np.zeros(members, dtype=np.int64)
    labels[rows_i[used]] = [number_of[int(site)] for site in cols_j[used]]
    return round(float(info.objective_function_value)), dual, labels, np.asarray(medoids, dtype=np.int64)
