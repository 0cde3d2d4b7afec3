"""p-median, proven: the radius form with as many steps as needed.

A place pays its shortest minutes, and for each further step of its sorted distances the difference while no open site lies within the
step. Steps beyond a place's present distance are left out first; leaving them out only makes a plan look cheaper, so the bound holds,
and they are added where a solution would need them.

Sources: Cornuejols, Nemhauser, Wolsey 1980; García, Labbé, Marín 2011 (large p-median problems by a radius formulation);
Teitz, Bart 1968 and Resende, Werneck 2003 (interchange).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.siting.cover import Limit
from yanzhen.planning.siting.matrices import sparse
from yanzhen.planning.siting.mip import Floats, Model, minimise

Mask = NDArray[np.bool_]


def interchange(minutes: Floats, weight: Floats, limit: Limit, start: Mask) -> Mask:
    """Swap one open site for one closed while it shortens the total most. ``minutes``: finite (a large number for no way)."""
    chosen = start.copy()
    fixed_cost = limit.budget is not None
    while True:
        columns = np.flatnonzero(chosen)
        swap = columns[~limit.must[columns]]
        if not len(swap):
            return chosen
        table = minutes[:, columns]
        order = np.argsort(table, axis=1, kind="stable")[:, :2]
        rows = np.arange(len(table))
        near = table[rows, order[:, 0]]
        second = table[rows, order[:, 1]] if len(columns) > 1 else np.full(len(table), minutes.max() + 1.0)
        owner = columns[order[:, 0]]
        gain = (weight[:, None] * np.maximum(near[:, None] - minutes, 0.0)).sum(axis=0)
        best, pair = -1e-6, (-1, -1)
        for out in swap:
            mine = owner == out
            # Without ``out`` its places go to the second or to the new one.
            rise = weight[mine][:, None] * (np.minimum(second[mine][:, None], minutes[mine]) - near[mine][:, None])
            already = weight[mine][:, None] * np.minimum(minutes[mine] - near[mine][:, None], 0.0)
            change = rise.sum(axis=0) - gain - already.sum(axis=0)
            change = np.where(chosen | ~limit.may, np.inf, change)
            if fixed_cost:
                spare = (limit.budget or 0.0) - float(limit.cost[chosen & limit.new].sum()) + float(limit.cost[out])
                change = np.where(limit.cost > spare + 1e-9, np.inf, change)
            if limit.count is not None and not limit.new[out] and (chosen & limit.new).sum() >= limit.count:
                change = np.where(limit.new, np.inf, change)
            at = int(change.argmin())
            if change[at] < best:
                best, pair = float(change[at]), (int(out), at)
        if pair[0] < 0:
            return chosen
        chosen[pair[0]], chosen[pair[1]] = False, True


def opening(minutes: Floats, weight: Floats, limit: Limit) -> Mask:
    """Greedy adding, then interchange."""
    chosen = limit.must.copy()
    near = minutes[:, chosen].min(axis=1) if chosen.any() else np.full(len(minutes), minutes.max() + 1.0)
    while True:
        gain = (weight[:, None] * np.maximum(near[:, None] - minutes, 0.0)).sum(axis=0)
        able = limit.may & ~chosen
        if limit.count is not None and (chosen & limit.new).sum() >= limit.count:
            able &= ~limit.new
        if limit.budget is not None:
            able &= limit.cost + float(limit.cost[chosen & limit.new].sum()) <= limit.budget + 1e-9
        gain = np.where(able, gain, -1.0)
        best = int(gain.argmax())
        if gain[best] < 0 or (chosen.any() and gain[best] <= 0):
            break
        chosen[best] = True
        near = np.minimum(near, minutes[:, best])
    return interchange(minutes, weight, limit, chosen)


def median(
    minutes: Floats,
    weight: Floats,
    limit: Limit,
    *,
    seconds: float,
    threads: int = 1,
    slack: float = 1e-6,
    watch: object = None,
    timer: Callable[[], float] = time.monotonic,
    start: Mask | None = None,
) -> tuple[Mask, float, float, Model | None]:
    """Open sites, total weighted minutes, bound, and a model (sites first) whose solutions have no larger total, up to left-out steps."""
    begun = timer()
    held = weight > 0
    minutes, weight = minutes[held], weight[held]
    top = float(minutes[np.isfinite(minutes)].max(initial=0.0))
    minutes = np.where(np.isfinite(minutes), minutes, top * 10 + 1000)
    chosen = opening(minutes, weight, limit) if start is None else start
    value = _total(minutes, weight, chosen)
    bound = float((weight * minutes[:, limit.may | limit.must].min(axis=1)).sum())
    reach = minutes[:, chosen].min(axis=1) if chosen.any() else np.full(len(minutes), top)
    able = limit.may | limit.must
    steps = [np.unique(row[able]) for row in minutes]
    depth = np.asarray(
        [int(np.searchsorted(step, near, side="right")) + 1 for step, near in zip(steps, reach, strict=True)]
    )
    kept: Model | None = None
    while True:
        model, cost, base, last = _radius(minutes, weight, steps, depth, limit)
        left = seconds - (timer() - begun)
        if left <= 0.05:
            break
        first = _columns(minutes, steps, depth, chosen)
        found = minimise(model, cost, seconds=left, threads=threads, start=first, slack=slack, watch=watch)
        bound = max(bound, min(base + found.bound, value))
        if found.x is None:
            break
        x = found.x[: minutes.shape[1]] > 0.5
        total = _total(minutes, weight, x)
        if total < value - 1e-9:
            chosen, value = x, total
        if not found.proven or value - bound <= slack:
            break
        z = found.x[minutes.shape[1] :]
        short = np.zeros(len(depth), dtype=bool)
        for row, at in last:
            if z[at] > 1e-6 and depth[row] < len(steps[row]):
                short[row] = True
        if not short.any():
            break
        depth[short] = np.minimum(depth[short] * 2, [len(steps[row]) for row in np.flatnonzero(short)])
    if value - bound <= 1e-6 * max(1.0, value):
        kept = model.with_row(cost, -np.inf, value - base + 1e-6 * max(1.0, value))
    return chosen, value, min(bound, value), kept


def _total(minutes: Floats, weight: Floats, chosen: Mask) -> float:
    return float((weight * minutes[:, chosen].min(axis=1)).sum()) if chosen.any() else float("inf")


def _radius(
    minutes: Floats, weight: Floats, steps: list[Floats], depth: NDArray[np.int64], limit: Limit
) -> tuple[Model, Floats, float, list[tuple[int, int]]]:
    sites = minutes.shape[1]
    may = limit.may | limit.must
    rows: list[int] = []
    columns: list[NDArray[np.int64]] = []
    cost: list[float] = []
    last: list[tuple[int, int]] = []
    count = 0
    for place, (row, step) in enumerate(zip(minutes, steps, strict=True)):
        for level in range(min(int(depth[place]), len(step) - 1)):
            inside = np.flatnonzero(may & (row <= step[level] + 1e-9))
            rows.append(count)
            columns.append(inside)
            cost.append(float(weight[place] * (step[level + 1] - step[level])))
            count += 1
        if min(int(depth[place]), len(step) - 1) > 0:
            last.append((place, count - 1))
    base = float(sum(w * step[0] for w, step in zip(weight, steps, strict=True)))
    lengths = np.asarray([len(item) for item in columns], dtype=int)
    body = sparse.csr_matrix(
        (
            np.ones(int(lengths.sum())),
            (np.repeat(np.arange(count), lengths), np.concatenate(columns) if columns else np.zeros(0, int)),
        ),
        shape=(count, sites),
    )
    body = sparse.hstack([body, sparse.identity(count)], format="csr")
    more, high = limit.rows(count)
    some = np.concatenate([may.astype(float), np.zeros(count)])  # at least one open site
    body = sparse.vstack(
        [body, sparse.csr_matrix(some.reshape(1, -1)), *[sparse.csr_matrix(row.reshape(1, -1)) for row in more]],
        format="csr",
    )
    low = np.concatenate([np.ones(count + 1), np.full(len(more), -np.inf)])
    top = np.concatenate([np.full(count + 1, np.inf), np.asarray(high, dtype=float)])
    lower = np.concatenate([limit.must.astype(float), np.zeros(count)])
    upper = np.concatenate([may.astype(float), np.ones(count)])
    integer = np.concatenate([np.ones(sites, dtype=bool), np.zeros(count, dtype=bool)])
    return Model(body, low, top, lower, upper, integer), np.concatenate([np.zeros(sites), np.asarray(cost)]), base, last


def _columns(minutes: Floats, steps: list[Floats], depth: NDArray[np.int64], chosen: Mask) -> Floats:
    near = minutes[:, chosen].min(axis=1)
    z = [
        float(near[place] > step[level] + 1e-9)
        for place, step in enumerate(steps)
        for level in range(min(int(depth[place]), len(step) - 1))
    ]
    return np.concatenate([chosen.astype(float), np.asarray(z)])
