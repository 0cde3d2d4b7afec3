"""Set covering and maximal covering: fewer rows, then HiGHS.

Places with equal sets of sites are one row; a row whose sites contain another row's sites is implied (covering only). A maximal covering
of thousands of sites is solved from outside and inside at once: the linear relaxation (interior point) gives the bound, the sites it
uses give a core that HiGHS settles in a moment, and that solution starts the proof on the whole.

Sources: Toregas, Swain, ReVelle, Bergman 1971 (location set covering); Church, ReVelle 1974 (maximal covering).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.siting.matrices import Matrix, sparse
from yanzhen.planning.siting.mip import Answer, Floats, Model, minimise

Mask = NDArray[np.bool_]


def patterns(cover: Matrix, weights: Floats) -> tuple[Matrix, Floats]:
    """Equal rows once, with the sum of their weights (``weights``: rows × any); rows without a site are left out."""
    cover = cover.tocsr()
    cover.sort_indices()
    seen: dict[bytes, int] = {}
    starts = [0]
    parts: list[Floats] = []
    sums: list[Floats] = []
    for row in range(cover.shape[0]):
        columns = cover.indices[cover.indptr[row] : cover.indptr[row + 1]]
        if not len(columns):
            continue
        key = columns.tobytes()
        at = seen.get(key)
        if at is None:
            seen[key] = len(sums)
            starts.append(starts[-1] + len(columns))
            parts.append(columns)
            sums.append(weights[row].copy())
        else:
            sums[at] += weights[row]
    indices = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
    matrix = sparse.csr_matrix((np.ones(len(indices)), indices, starts), shape=(len(sums), cover.shape[1]))
    return matrix, np.asarray(sums, dtype=float).reshape(len(sums), *weights.shape[1:])


def needed(rows: Matrix) -> Matrix:
    """Rows that are not implied by a row whose sites are among theirs (rows must differ from each other)."""
    common = (rows @ rows.T).tocoo()
    size = np.diff(rows.indptr)
    implied = np.zeros(rows.shape[0], dtype=bool)
    implied[common.row[(common.data >= size[common.col] - 0.5) & (common.row != common.col)]] = True
    return rows[~implied]


@dataclass(frozen=True)
class Limit:
    """Bounds of the choice: sites that must and may open, what they cost, which are new, how many and how much at most."""

    must: Mask
    may: Mask
    cost: Floats
    new: Mask
    count: int | None = None
    budget: float | None = None

    def rows(self, extra: int = 0) -> tuple[list[Floats], list[float]]:
        """As rows ≤ over the sites and ``extra`` further columns."""
        rows, high = [], []
        if self.count is not None:
            rows.append(np.concatenate([self.new.astype(float), np.zeros(extra)]))
            high.append(float(self.count))
        if self.budget is not None:
            rows.append(np.concatenate([np.where(self.new, self.cost, 0.0), np.zeros(extra)]))
            high.append(float(self.budget) + 1e-9)
        return rows, high


def covering(rows: Matrix, limit: Limit) -> Model:
    """Every row has an open site."""
    more, high = limit.rows()
    body = (
        sparse.vstack([rows, *[sparse.csr_matrix(row.reshape(1, -1)) for row in more]], format="csr")
        if more
        else rows.tocsr()
    )
    low = np.concatenate([np.ones(rows.shape[0]), np.full(len(more), -np.inf)])
    top = np.concatenate([np.full(rows.shape[0], np.inf), np.asarray(high, dtype=float)])
    lower, upper = limit.must.astype(float), (limit.may | limit.must).astype(float)
    return Model(body, low, top, lower, upper, np.ones(len(lower), dtype=bool))


def partial(blocks: list[Matrix], limit: Limit) -> Model:
    """Columns: the sites, then one per row of every block, which may be 1 only when the row has an open site."""
    sites = len(limit.must)
    extra = sum(block.shape[0] for block in blocks)
    stacked = sparse.vstack(blocks, format="csr") if blocks else sparse.csr_matrix((0, sites))
    body = sparse.hstack([stacked, -sparse.identity(extra)], format="csr") if extra else stacked
    more, high = limit.rows(extra)
    if more:
        body = sparse.vstack([body, *[sparse.csr_matrix(row.reshape(1, -1)) for row in more]], format="csr")
    low = np.concatenate([np.zeros(extra), np.full(len(more), -np.inf)])
    top = np.concatenate([np.full(extra, np.inf), np.asarray(high, dtype=float)])
    lower = np.concatenate([limit.must.astype(float), np.zeros(extra)])
    upper = np.concatenate([(limit.may | limit.must).astype(float), np.ones(extra)])
    integer = np.concatenate([np.ones(sites, dtype=bool), np.zeros(extra, dtype=bool)])
    return Model(body, low, top, lower, upper, integer)


def greedy(rows: Matrix, weight: Floats, limit: Limit, *, all_rows: bool = False) -> Mask:
    """Sites by what they add (per cost when there is a budget), until nothing is added or the limits are met."""
    chosen = limit.must.copy()
    columns, by_site = rows.T.tocsr(), rows.tocsc()
    count = np.asarray(rows @ chosen.astype(float))
    left = None if limit.count is None else limit.count - int((chosen & limit.new).sum())
    money = None if limit.budget is None else limit.budget - float(limit.cost[chosen & limit.new].sum())
    while all_rows or left is None or left > 0:
        gain = np.asarray(columns @ (weight * (count == 0)))
        able = limit.may & ~chosen
        if money is not None:
            able &= limit.cost <= money + 1e-9
        gain = np.where(able, gain, 0.0)
        rate = gain / np.maximum(limit.cost, 1e-6) if money is not None else gain
        best = int(rate.argmax()) if len(rate) else 0
        if not len(rate) or gain[best] <= 0:
            break
        chosen[best] = True
        count[by_site.indices[by_site.indptr[best] : by_site.indptr[best + 1]]] += 1
        if left is not None and limit.new[best]:
            left -= 1
        if money is not None:
            money -= float(limit.cost[best])
    return chosen


def most(
    rows: Matrix,
    weight: Floats,
    limit: Limit,
    *,
    seconds: float,
    threads: int = 1,
    watch: object = None,
    large: int = 2000,
) -> Answer:
    """Maximal covering (value and bound of the minimised negative): exact, with a core first when there are many rows."""
    model = partial([rows], limit)
    sites = rows.shape[1]
    cost = np.concatenate([np.zeros(sites), -weight])
    start = _full(rows, greedy(rows, weight, limit))
    if rows.shape[0] < large:
        return minimise(model, cost, seconds=seconds, threads=threads, start=start, slack=0.999, watch=watch)
    relaxed, bound = relaxation(model, cost, rows, weight, limit, seconds=seconds / 3)
    if relaxed is not None:
        core = (relaxed > 1e-6) | limit.must
        inner = Limit(limit.must, limit.may & core, limit.cost, limit.new, limit.count, limit.budget)
        small, sums = patterns(rows @ sparse.diags(core.astype(float)), weight.reshape(-1, 1))
        small.eliminate_zeros()
        small, sums = patterns(small, sums)
        first = minimise(
            partial([small], inner),
            np.concatenate([np.zeros(sites), -sums[:, 0]]),
            seconds=seconds / 4,
            threads=threads,
            slack=0.999,
            watch=watch,
        )
        if first.x is not None:
            better = _full(rows, first.x[:sites] > 0.5)
            start = better if float(cost @ better) < float(cost @ start) else start
    value = float(cost @ start)
    if value - bound <= 0.999:
        return Answer(start, value, value, True)
    found = minimise(
        model,
        cost,
        seconds=max(0.1, seconds / 2),
        threads=threads,
        start=start,
        slack=0.999,
        relative=1e-4,
        watch=watch,
    )
    best = found.x if found.x is not None and found.value < value else start
    value, bound = float(cost @ best), max(bound, found.bound)
    return Answer(best, value, bound, value - bound <= 0.999)


def relaxation(
    model: Model, cost: Floats, rows: Matrix, weight: Floats, limit: Limit, *, seconds: float
) -> tuple[Floats | None, float]:
    """The linear relaxation by interior point, and a bound that is valid whatever the accuracy (Lagrangian of its duals)."""
    import highspy

    sites = rows.shape[1]
    highs = highspy.Highs()
    highs.silent()
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), model.rows.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, model.lower, model.upper
    lp.row_lower_ = np.where(np.isneginf(model.low), -highspy.kHighsInf, model.low)
    lp.row_upper_ = np.where(np.isposinf(model.high), highspy.kHighsInf, model.high)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = (
        model.rows.indptr,
        model.rows.indices,
        model.rows.data,
    )
    highs.passModel(lp)
    for name, value in (("solver", "ipm"), ("run_crossover", "off"), ("time_limit", max(0.1, seconds)), ("threads", 1)):
        highs.setOptionValue(name, value)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None, -float(weight.sum())
    found = highs.getSolution()
    price = np.clip(np.asarray(found.row_dual[: rows.shape[0]]), 0.0, weight)
    worth = np.asarray(rows.T @ price)
    # max Σ(w−λ)y + Σ worth·x over the limits alone: count by the best sites, a budget by its own fractional optimum.
    free = float((weight - price).sum())
    total = free + _best_sum(worth, limit)
    return np.asarray(found.col_value[:sites]), -total


def _best_sum(worth: Floats, limit: Limit) -> float:
    """The most that the sites can be worth within the limits (relaxed: each limit alone, the smaller of the two)."""
    must = limit.must
    fixed = float(worth[must].sum())
    old = limit.may & ~must & ~limit.new
    fixed += float(worth[old & (worth > 0)].sum())
    new = limit.may & ~must & limit.new & (worth > 0)
    values, costs = worth[new], limit.cost[new]
    best = float(values.sum())
    if limit.count is not None:
        left = max(0, limit.count - int((must & limit.new).sum()))
        best = min(best, float(np.sort(values)[::-1][:left].sum()))
    if limit.budget is not None:
        money = max(0.0, limit.budget - float(limit.cost[must & limit.new].sum()))
        order = np.argsort(-values / np.maximum(costs, 1e-9), kind="stable")
        total, spent = 0.0, 0.0
        for item in order:
            part = 1.0 if costs[item] <= 0 else min(1.0, (money - spent) / costs[item])
            if part <= 0:
                break
            total, spent = total + part * values[item], spent + part * costs[item]
        best = min(best, total)
    return fixed + best


def _full(rows: Matrix, chosen: Mask) -> Floats:
    reached = np.asarray(rows @ chosen.astype(float)) > 0.5
    return np.concatenate([chosen.astype(float), reached.astype(float)])
