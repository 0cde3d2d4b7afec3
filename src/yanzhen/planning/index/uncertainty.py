"""How sure a place is: ranks over many draws of weights, normalisers, imputations, means and errors of the data.

Weights are drawn from Dirichlet distributions around the signed ones; normaliser, missing rule and mean of the index are switched
between those the scheme names as defensible; figures with a standard error are shaken (to first order, through the normaliser, so
that one normal number a dimension is enough). Ranks are counted inside the class. After the OECD/JRC handbook (2008), step 7.

The stream of a seed is NumPy's PCG64: the same seed and NumPy give the same draws; the record holds both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.index.kernel import Bounds, Floats, Ints, Kernel, Node, drop, grouped, lift
from yanzhen.planning.index.scheme import Scheme

Singles = NDArray[np.float32]
CELLS = 120_000  # villages × draws held at once: temporaries stay in the cache (part of what a seed means)


@dataclass(frozen=True, slots=True)
class Spread:
    """Rank distributions inside the class, row by row of the input.

    ``low``, ``middle``, ``high``: 5 %, 50 % and 95 % quantile of the rank (1 = best); ``bands``: chance of every band of the scheme,
    best first (villages × bands); ``bottom``: chance of being in the part that gets help; ``beats_next``: chance to be ahead of
    the village one place behind (NaN for the last). All NaN (ranks 0) for villages without an index.
    """

    low: Ints
    middle: Ints
    high: Ints
    bands: Floats
    bottom: Floats
    beats_next: Floats
    draws: int


def band_edges(scheme: Scheme, size: int) -> list[int]:
    """The last rank of every band in a class of ``size`` villages, best band first."""
    edges, share = [], 0.0
    for band in scheme.bands:
        share += band.share
        edges.append(min(size, round(share * size)))
    edges[-1] = size
    return edges


def bottom_size(scheme: Scheme, size: int) -> int:
    """How many villages of a class get help."""
    return int(np.ceil(scheme.help_share * size - 1e-9))


def variants(scheme: Scheme) -> list[Scheme]:
    """Every defensible reading of the scheme; the signed one is always among them."""
    found = [scheme]
    for normaliser, missing, mean in product(scheme.normalisers, scheme.imputations, scheme.means):
        items = tuple(
            replace(
                item,
                normaliser=normaliser if item.by_class else item.normaliser,
                missing=missing if item.missing != "zero" else item.missing,
            )
            for item in scheme.indicators
        )
        one = replace(scheme, indicators=items, mean=mean)
        if one not in found:
            found.append(one)
    return found


def simulate(
    scheme: Scheme,
    raw: NDArray[Any],
    classes: NDArray[Any],
    index: Floats,
    *,
    draws: int = 1000,
    seed: int = 0,
    bounds: Bounds | None = None,
    methods: bool = True,
    noise: bool = True,
) -> Spread:
    """Draw. ``index``: the published scores (they decide who "the next one" is, and who is left out). ``methods`` False: weights
    (and noise) only."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1, user_api="blas"):  # products are small: a second thread would only be waited for
        return _simulated(scheme, raw, classes, index, draws, seed, bounds, methods, noise)


def _simulated(
    scheme: Scheme,
    raw: NDArray[Any],
    classes: NDArray[Any],
    index: Floats,
    draws: int,
    seed: int,
    bounds: Bounds | None,
    methods: bool,
    noise: bool,
) -> Spread:
    n = len(index)
    readings = variants(scheme) if methods else [scheme]
    low, middle, high = (np.zeros(n, dtype=np.int64) for _ in range(3))
    bands = np.full((n, len(scheme.bands)), np.nan)
    bottom, beats = np.full(n, np.nan), np.full(n, np.nan)
    groups = int(classes.max()) + 1 if n else 0
    order, starts = grouped(classes, groups)
    for group in range(groups):
        rows = order[starts[group] : starts[group + 1]]
        rows = rows[~np.isnan(index[rows])]
        m = len(rows)
        if not m:
            continue
        rows = rows[np.argsort(-index[rows], kind="stable")]  # best first: the next one is the next row
        block = np.ascontiguousarray(raw[rows].T, dtype=np.float64)
        ranks = np.empty((m, draws), dtype=np.uint16 if m < 2**16 else np.uint32)
        wins = np.zeros(m - 1)
        done = 0
        for number, reading in enumerate(readings):
            here = draws // len(readings) + (1 if number < draws % len(readings) else 0)
            rng = np.random.Generator(np.random.PCG64([seed, group, number]))
            for scores in _drawn(
                reading, block, here, rng, bounds if reading is scheme else None, group, noise, reading is scheme
            ):
                wins += np.count_nonzero(scores[:, :-1] > scores[:, 1:], axis=0)
                wins += 0.5 * np.count_nonzero(scores[:, :-1] == scores[:, 1:], axis=0)
                placed = np.argsort(-scores, axis=1)
                counted = np.empty(scores.shape, dtype=ranks.dtype)
                np.put_along_axis(counted, placed, np.arange(1, m + 1, dtype=ranks.dtype)[None, :], axis=1)
                ranks[:, done : done + len(scores)] = counted.T
                done += len(scores)
        ranks.sort(axis=1)
        low[rows], middle[rows], high[rows] = (ranks[:, _at(q, draws)] for q in (0.05, 0.5, 0.95))
        before = np.zeros(m)
        for at, edge in enumerate(band_edges(scheme, m)):
            upto = np.count_nonzero(ranks <= edge, axis=1) / draws
            bands[rows, at] = upto - before
            before = upto
        bottom[rows] = np.count_nonzero(ranks > m - bottom_size(scheme, m), axis=1) / draws
        beats[rows[:-1]] = wins / draws
    return Spread(low, middle, high, bands, bottom, beats, draws)


def _at(q: float, draws: int) -> int:
    return min(draws - 1, max(0, int(np.ceil(q * draws)) - 1))


def _drawn(
    scheme: Scheme,
    raw: Floats,
    draws: int,
    rng: np.random.Generator,
    bounds: Bounds | None,
    group: int,
    noise: bool,
    strict: bool,
) -> Iterator[Singles]:
    """Index scores (draws × villages) under one reading, in chunks."""
    if not draws:
        return
    core = Kernel(scheme)
    prepared = core.prepare(raw.copy())
    gone = np.isnan(prepared)
    if bounds is None:
        a, b, knots = core.measure(prepared)
    else:
        a, b = bounds.a[group], bounds.b[group]
        knots = None if bounds.knots is None else bounds.knots[group]
    block = core.normalise(prepared.copy(), a, b, None if bounds is None else knots)
    fill = core.filling(block) if core.fills else None
    shaken = _shaken(core, raw, a, b, knots) if noise else None
    if fill is not None:
        for i, _ in core.fills:
            block[i, gone[i]] = fill[i]
    there = (~np.isnan(block)).astype(np.float32)
    enough = _enough(core.nodes, there, scheme.coverage if strict else 0.0)
    lifted: list[tuple[Singles, Singles, Singles | None]] = []
    for node in core.nodes:
        rows = list(node.rows)
        part = block[rows]
        values = np.where(np.isnan(part), 0.0, lift(np.where(np.isnan(part), 1.0, part), node.power)).astype(np.float32)
        error = None
        if shaken is not None and rows and shaken[rows].any():
            slope = _slope(np.where(np.isnan(part), 1.0, part), node.power)
            error = np.square(np.where(np.isnan(part), 0.0, shaken[rows] * slope)).astype(np.float32)
        lifted.append((values, there[rows], error))
    step = max(1, CELLS // max(1, raw.shape[1]))
    for start in range(0, draws, step):
        yield _chunk(scheme, core.nodes, lifted, enough, min(step, draws - start), rng, core.lowest)


def _enough(nodes: tuple[Node, ...], there: Singles, coverage: float) -> list[NDArray[np.bool_]]:
    """Which villages have enough of every node, by the signed weights."""
    found: list[NDArray[np.bool_]] = []
    for node in nodes:
        members = [(w, there[row] > 0) for row, w in zip(node.rows, node.row_weights, strict=True)]
        members += [(w, found[child]) for child, w in zip(node.nodes, node.node_weights, strict=True)]
        total = sum(weight for weight, _ in members)
        present = np.sum([weight * known for weight, known in members], axis=0)
        found.append((present > 0) & (present >= coverage * total - 1e-9))
    return found


def _slope(values: Floats, power: float) -> Floats:
    """Derivative of :func:`lift`."""
    if power == 1.0:
        return np.ones_like(values)
    safe = np.maximum(values, 1e-6)
    return 1.0 / safe if power == 0.0 else power * safe ** (power - 1.0)


def _shaken(core: Kernel, raw: Floats, a: Floats, b: Floats, knots: Floats | None) -> Floats | None:
    """Standard error of every score: half the way that the score moves when the figure moves by ± its own standard error."""
    errors = np.array([item.error for item in core.scheme.indicators])
    if not errors.any():
        return None
    step = np.abs(raw) * errors[:, None]
    up = core.normalise(core.prepare(raw + step), a, b, knots)
    down = core.normalise(core.prepare(raw - step), a, b, knots)
    result: Floats = np.nan_to_num(np.abs(up - down) / 2)
    result[errors == 0] = 0.0
    return result


def _chunk(
    scheme: Scheme,
    nodes: tuple[Node, ...],
    lifted: list[tuple[Singles, Singles, Singles | None]],
    enough: list[NDArray[np.bool_]],
    draws: int,
    rng: np.random.Generator,
    lowest: float,
) -> Singles:
    made: list[Singles] = []
    width = lifted[0][0].shape[1]
    for node, (values, there, error), known in zip(nodes, lifted, enough, strict=True):
        weights = dirichlet(np.array([*node.row_weights, *node.node_weights]), scheme.jitter, draws, rng)
        rows = len(node.rows)
        total: Singles = np.zeros((draws, width), dtype=np.float32)
        present: Singles = np.zeros((draws, width), dtype=np.float32)
        holes = False
        if rows:
            own = np.ascontiguousarray(weights[:, :rows])
            total = own @ values
            if there.all():
                present += own.sum(axis=1, keepdims=True)
            else:
                present = own @ there
                holes = True
        for at, child in enumerate(node.nodes):
            weight = weights[:, rows + at : rows + at + 1]
            member = made[child]
            if not enough[child].all():
                total += np.where(enough[child], weight * lift(np.where(enough[child], member, 1.0), node.power), 0.0)
                present += weight * enough[child]
                holes = True
            else:
                total += weight * lift(member, node.power)
                present += weight
        mean: Singles = total
        if holes:
            mean = np.full_like(total, np.nan)
            np.divide(total, present, out=mean, where=known & (present > 0))
        if error is not None:
            deviation: Singles = np.sqrt(np.square(weights[:, :rows]) @ error)
            deviation /= np.maximum(present, 1e-6) if holes else 1.0
            mean = mean + (deviation * rng.standard_normal(mean.shape, dtype=np.float32)).astype(np.float32, copy=False)
        floor = np.float32(lift(max(lowest, 1e-3), node.power))
        made.append(drop(np.maximum(mean, floor), node.power).astype(np.float32, copy=False))
    return made[-1]


def dirichlet(weights: Floats, jitter: float, draws: int, rng: np.random.Generator) -> Singles:
    """Weights around the signed ones (rows sum to 1): an average weight varies by ``jitter`` of itself (standard deviation)."""
    share = weights / weights.sum()
    m = len(share)
    if m == 1 or jitter <= 0:
        return np.broadcast_to(share.astype(np.float32), (draws, m)).copy()
    concentration = max((m - 1) / jitter**2 - 1.0, 1.0)
    parts = rng.standard_gamma(np.maximum(concentration * share, 1e-3), size=(draws, m))
    parts /= np.maximum(parts.sum(axis=1, keepdims=True), 1e-12)
    return parts.astype(np.float32)
