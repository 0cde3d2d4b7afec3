"""What the index itself is made of: which indicator decides, what happens without one, how stable it is, who really moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.index.kernel import Bounds, Floats, Ints, rank_within, score, without
from yanzhen.planning.index.scheme import Scheme
from yanzhen.planning.index.uncertainty import band_edges


@dataclass(frozen=True, slots=True)
class Influence:
    """One indicator's say. ``nominal``: its weight; ``real``: its share of the variance of the index (covariance share, sums to about
    1 for arithmetic means): where it differs from the weight, the weight is not what decides. ``shift``: mean change of rank in
    the class without it; ``moved``: villages that would change their band; ``correlation``: rank correlation of the index with
    and without it."""

    code: str
    nominal: float
    real: float
    shift: float
    moved: int
    correlation: float


def stars_of(scheme: Scheme, ranks: Ints, classes: NDArray[Any]) -> Ints:
    """Stars by plain place in the class (0 = not rated)."""
    stars = np.zeros(len(ranks), dtype=np.int64)
    for group in np.unique(classes):
        rows = np.flatnonzero((classes == group) & (ranks > 0))
        edges = np.array(band_edges(scheme, len(rows)))
        at = np.searchsorted(edges, ranks[rows], side="left")
        stars[rows] = np.array([band.stars for band in scheme.bands])[np.minimum(at, len(edges) - 1)]
    return stars


def influences(
    scheme: Scheme, raw: NDArray[Any], classes: NDArray[Any], *, bounds: Bounds | None = None
) -> tuple[Influence, ...]:
    """Leave one indicator out, one after the other; the most deciding first."""
    whole = score(scheme, raw, classes, bounds=bounds, keep=True)
    ranks = rank_within(whole.index, classes)
    stars = stars_of(scheme, ranks, classes)
    assert whole.scores is not None  # noqa: S101 - keep=True
    shares, found = scheme.shares(), []
    rated = ~np.isnan(whole.index)
    spread = float(np.var(whole.index[rated])) if rated.any() else 0.0
    for i, item in enumerate(scheme.indicators):
        both = rated & ~np.isnan(whole.scores[i])
        column = whole.scores[i, both].astype(np.float64)
        real = 0.0
        if spread and len(column) > 1:
            real = (
                shares[i]
                * float(np.mean((column - column.mean()) * (whole.index[both] - whole.index[both].mean())))
                / spread
            )
        less = without(scheme, item.code)
        if less is None:
            continue
        kept = [at for at in range(len(scheme.indicators)) if at != i]
        part = None if bounds is None else _columns(bounds, kept)
        other = score(less, raw[:, kept], classes, bounds=part)
        moved_ranks = rank_within(other.index, classes)
        both = (ranks > 0) & (moved_ranks > 0)
        shift = float(np.mean(np.abs(ranks[both] - moved_ranks[both]))) if both.any() else 0.0
        changed = int(np.count_nonzero(stars[both] != stars_of(scheme, moved_ranks, classes)[both]))
        found.append(Influence(item.code, shares[i], real, shift, changed, spearman(whole.index, other.index)))
    return tuple(sorted(found, key=lambda item: (-item.shift, item.code)))


def _columns(bounds: Bounds, kept: list[int]) -> Bounds:
    knots = None if bounds.knots is None else bounds.knots[:, kept]
    return Bounds(bounds.a[:, kept], bounds.b[:, kept], bounds.fill[:, kept], knots)


def spearman(first: Floats, second: Floats) -> float:
    """Rank correlation of two columns where both are known; NaN for fewer than three."""
    both = ~(np.isnan(first) | np.isnan(second))
    if np.count_nonzero(both) < 3:
        return float("nan")
    a = rank_within(first[both]).astype(np.float64)
    b = rank_within(second[both]).astype(np.float64)
    if not a.std() or not b.std():
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


@dataclass(frozen=True, slots=True)
class Stability:
    """Two years side by side (villages in both, in the first year's order of ids). ``kept``: share that keeps its band;
    ``shift``: mean change of rank in the class; ``progress``: change of the index against the same frozen bounds; ``real``:
    villages whose rank intervals of the two years do not touch: those really moved, the others may have been shuffled."""

    ids: tuple[str, ...]
    progress: Floats
    rank_change: Ints
    real: NDArray[np.bool_]
    correlation: float
    kept: float
    shift: float


def stability(
    ids: tuple[str, ...],
    index: tuple[Floats, Floats],
    ranks: tuple[Ints, Ints],
    stars: tuple[Ints, Ints],
    intervals: tuple[tuple[Ints, Ints], tuple[Ints, Ints]],
) -> Stability:
    """Compare this year (first of each pair) with the year before, rows aligned."""
    now, before = index
    progress = now - before
    known = (ranks[0] > 0) & (ranks[1] > 0)
    change = np.where(known, ranks[1] - ranks[0], 0)
    (low, high), (low0, high0) = intervals
    real = known & ((high < low0) | (low > high0))
    kept = float(np.mean(stars[0][known] == stars[1][known])) if known.any() else float("nan")
    shift = float(np.mean(np.abs(change[known]))) if known.any() else float("nan")
    return Stability(ids, progress, change, real, spearman(now, before), kept, shift)
