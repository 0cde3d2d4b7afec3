"""Splitting ground that is too large for one grid: balanced, connected, compact pieces.

Alternating k-medoid with bounds (several starts), then repair: stray parts join the piece they touch most, homes on the border
move while a piece is above its ceiling. Tight numerical balance destroys sense (it stretches pieces over a kilometre), so the
bounds are a fifth around the even share, inside those of the scheme.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.grids.ground import pieces
from yanzhen.planning.grids.kmedoid import assign, best_medoids
from yanzhen.planning.grids.pmedian import improve, regret

Ints = NDArray[np.int64]


def piece_count(work: int, low: int, target: int, high: int) -> int:
    """How many pieces: as near to the target as the ceiling allows."""
    fewest, most = max(1, -(-work // high)), max(1, work // low)
    return max(fewest, min(max(1, round(work / target)), max(fewest, most)))


def split(
    distance: Ints,
    work: Ints,
    near: Sequence[Sequence[int]],
    count: int,
    low: int,
    high: int,
    *,
    seed: int = 0,
    starts: int = 6,
) -> Ints:
    """Labels 0 … count-1. ``distance``, ``work`` and ``near`` are of the homes to be split (numbered 0 …).

    Compared: workload above the ceiling, stray pieces, workload below the floor, then the distance.
    """
    members = len(work)
    if count <= 1 or members <= 1:
        return np.zeros(members, dtype=np.int64)
    count = min(count, members)
    even = int(work.sum()) / count
    least, most = max(low, int(0.8 * even)), max(int(-(-even // 1)), min(high, int(1.2 * even) + 1))
    least = min(least, int(even))
    rng = np.random.default_rng([seed, members, count])
    best: tuple[tuple[int, ...], Ints] | None = None
    for turn in range(starts):
        medoids = _sweep(distance, count) if turn == 0 else _seeds(distance, count, rng)
        labels = _alternate(distance, work, medoids, least, most)
        labels = repair(labels, distance, work, near, count, high)
        score = _score(labels, distance, work, near, count, low, high)
        if best is None or score < best[0]:
            best = (score, labels)
    assert best is not None  # noqa: S101 - for the type checker
    return best[1]


def _alternate(distance: Ints, work: Ints, medoids: Ints, low: int, high: int) -> Ints:
    equal = bool((work == work[0]).all())
    best: tuple[int, Ints] | None = None
    for _ in range(12):
        cost = np.ascontiguousarray(distance[:, medoids])
        if equal:
            unit = int(work[0])
            floor, ceiling = -(-low // unit), high // unit
            members = len(work)
            ceiling = max(ceiling, -(-members // len(medoids)))
            labels = assign(cost, min(floor, members // len(medoids)), ceiling)
        else:
            found = regret(cost, work, high)
            labels = cost.argmin(axis=1).astype(np.int64) if found is None else improve(cost, found, work, high)
        medoids = best_medoids(distance, labels, len(medoids))
        total = int(distance[np.arange(len(work)), medoids[labels]].sum())
        if best is not None and total >= best[0]:
            break
        best = (total, labels)
    assert best is not None  # noqa: S101 - for the type checker
    return best[1]


def repair(labels: Ints, distance: Ints, work: Ints, near: Sequence[Sequence[int]], count: int, high: int) -> Ints:
    """Stray parts join the piece they touch most; then homes on a border leave pieces above the ceiling."""
    labels = labels.copy()
    for _ in range(4):
        moved = False
        for label in range(count):
            inside = np.flatnonzero(labels == label)
            parts = pieces(inside.tolist(), near)
            for stray in parts[1:]:
                touch: dict[int, int] = {}
                for home in stray:
                    for other in near[home]:
                        if labels[other] != label:
                            touch[int(labels[other])] = touch.get(int(labels[other]), 0) + 1
                if touch:
                    to = max(sorted(touch), key=lambda item: touch[item])
                    labels[stray] = to
                    moved = True
        if not moved:
            break
    for _ in range(4 * len(labels)):
        load = np.bincount(labels, weights=work, minlength=count)
        heavy = int(load.argmax())
        if load[heavy] <= high:
            break
        medoids = best_medoids(distance, labels, count)
        best: tuple[int, int, int] | None = None
        for home in np.flatnonzero(labels == heavy).tolist():
            for to in sorted({int(labels[other]) for other in near[home]} - {heavy}):
                if load[to] + work[home] > min(high, load[heavy] - 1):
                    continue
                price = int(distance[home, medoids[to]] - distance[home, medoids[heavy]])
                if best is None or price < best[0]:
                    rest = np.flatnonzero((labels == heavy) & (np.arange(len(labels)) != home)).tolist()
                    was = len(pieces([*rest, home], near))
                    if len(pieces(rest, near)) <= was:
                        best = (price, home, to)
        if best is None:
            break
        labels[best[1]] = best[2]
    return labels


def _score(
    labels: Ints, distance: Ints, work: Ints, near: Sequence[Sequence[int]], count: int, low: int, high: int
) -> tuple[int, ...]:
    load = np.bincount(labels, weights=work, minlength=count).astype(np.int64)
    medoids = best_medoids(distance, labels, count)
    stray = sum(len(pieces(np.flatnonzero(labels == label).tolist(), near)) - 1 for label in range(count))
    total = int(distance[np.arange(len(labels)), medoids[labels]].sum())
    return int(np.maximum(load - high, 0).sum()), stray, int(np.maximum(low - load, 0).sum()), total


def _sweep(distance: Ints, count: int) -> Ints:
    """Medoids far from each other, the first in the outskirts: a start without chance."""
    chosen = [int(distance.sum(axis=1).argmax())]
    near = distance[:, chosen[0]].copy()
    while len(chosen) < count:
        chosen.append(int(near.argmax()))
        near = np.minimum(near, distance[:, chosen[-1]])
    return np.array(chosen, dtype=np.int64)


def _seeds(distance: Ints, count: int, rng: np.random.Generator) -> Ints:
    return rng.choice(len(distance), size=count, replace=False).astype(np.int64)
