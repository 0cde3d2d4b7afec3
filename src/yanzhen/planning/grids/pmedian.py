"""Capacitated p-median: customers with demands, p medians of one capacity (the OR-Library's "pmedcap" form).

Used where loads differ (buildings, hamlets, service points). Starts from the Lagrangian bound's own medians, repairs with
regret assignment and shift/swap moves, then hands what reduced costs leave to HiGHS, which proves it or improves it until the
time is over. Costs are whole numbers.

Sources: Osman, Christofides 1994; Martello, Toth 1990 (regret heuristic for generalised assignment).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.grids.proof import lagrange, prove

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Served:
    """``labels[i]``: number of the median that serves customer i; ``medians``: their customers; ``cost``; ``bound``: nothing is
    below it."""

    labels: Ints
    medians: Ints
    cost: int
    bound: int

    @property
    def gap(self) -> float:
        """Relative distance to the bound, 0 = proven."""
        return max(0.0, (self.cost - self.bound) / max(1, self.cost))


def pmedian(
    distance: Ints,
    demand: Ints,
    count: int,
    capacity: int,
    *,
    seconds: float = 30.0,
    seed: int = 0,
    threads: int = 1,
    gap: float = 0.0,
    timer: Callable[[], float] = time.monotonic,
) -> Served | None:
    """The cheapest service within ``seconds``, with its bound; None when no assignment within the capacities was found."""
    begun = timer()
    rng = np.random.default_rng([seed, len(distance), count])
    best = _starts(distance, demand, count, capacity, rng)
    held = [best]

    def near(medians: Ints) -> int:
        found = _alternate(distance, demand, capacity, np.sort(medians))
        if found is not None and (held[0] is None or found[2] < held[0][2]):
            held[0] = found
        return held[0][2] if held[0] is not None else int(distance.sum())

    upper = best[2] if best is not None else int(distance.sum())

    def hurry() -> bool:
        return timer() - begun > 0.5 * seconds

    prices = lagrange(distance, count, capacity, demand=demand, upper=upper, near=near, hurry=hurry)
    if held[0] is None:
        return None
    labels, medians, cost = held[0]
    bound = min(cost, math.ceil(prices.bound - 1e-6))
    left = seconds - (timer() - begun)
    if cost - bound > gap * cost and left > 0.1:
        proof = prove(
            distance,
            count,
            capacity,
            upper=cost,
            demand=demand,
            seconds=left,
            threads=threads,
            gap=gap,
            rounds=300,
            exact=True,
        )
        bound = max(bound, proof.bound)
        if proof.labels is not None and proof.medoids is not None:
            labels, medians, cost = proof.labels, proof.medoids, proof.cost
    return Served(labels, medians, cost, min(bound, cost))


_Found = tuple[Ints, Ints, int]


def _starts(distance: Ints, demand: Ints, count: int, capacity: int, rng: np.random.Generator) -> _Found | None:
    best: _Found | None = None
    for _ in range(12):
        medians = np.sort(rng.choice(len(distance), size=count, replace=False)).astype(np.int64)
        found = _alternate(distance, demand, capacity, medians)
        if found is not None and (best is None or found[2] < best[2]):
            best = found
    return best


def _alternate(distance: Ints, demand: Ints, capacity: int, medians: Ints) -> _Found | None:
    best: _Found | None = None
    while True:
        labels = regret(distance[:, medians], demand, capacity)
        if labels is None:
            return best
        labels = improve(distance[:, medians], labels, demand, capacity)
        moved = medians.copy()
        for number in range(len(medians)):
            inside = np.flatnonzero(labels == number)
            if len(inside):
                moved[number] = inside[distance[np.ix_(inside, inside)].sum(axis=0).argmin()]
        cost = int(distance[np.arange(len(labels)), moved[labels]].sum())
        if best is not None and cost >= best[2]:
            return best
        best, medians = (labels, moved, cost), moved


def regret(cost: Ints, demand: Ints, capacity: int) -> Ints | None:
    """Customers in the order of what waiting would cost them; big ones first when the room gets tight. None = does not fit."""
    rows, columns = cost.shape
    for weight in (0.0, 1.0, 4.0):
        room = np.full(columns, capacity)
        labels = np.full(rows, -1, dtype=np.int64)
        open_rows = np.arange(rows)
        while len(open_rows):
            fits = demand[open_rows, None] <= room[None, :]
            price = np.where(fits, cost[open_rows], 10**9)
            order = np.partition(price, min(1, columns - 1), axis=1)
            regret = order[:, min(1, columns - 1)] - order[:, 0] + weight * demand[open_rows]
            if (order[:, 0] >= 10**9).any():
                break
            turn = int(regret.argmax())
            customer, to = int(open_rows[turn]), int(price[turn].argmin())
            labels[customer] = to
            room[to] -= demand[customer]
            open_rows = np.delete(open_rows, turn)
        else:
            return labels
    return None


def improve(cost: Ints, labels: Ints, demand: Ints, capacity: int) -> Ints:
    """Shift a customer, or swap two, while the sum gets shorter (best move first)."""
    rows = np.arange(len(labels))
    labels = labels.copy()
    room = capacity - np.bincount(labels, weights=demand, minlength=cost.shape[1]).astype(np.int64)
    while True:
        own = cost[rows, labels]
        shift = np.where(demand[:, None] <= room[None, :], cost - own[:, None], 0)
        customer, to = divmod(int(shift.argmin()), cost.shape[1])
        across = cost[:, labels]  # across[i, j]: i served where j is
        swap = across + across.T - own[:, None] - own[None, :]
        change = demand[None, :] - demand[:, None]  # load that the cluster of i gains
        fits = (
            (change <= room[labels][:, None])
            & (-change <= room[labels][None, :])
            & (labels[:, None] != labels[None, :])
        )
        swap = np.where(fits, swap, 0)
        first, second = divmod(int(swap.argmin()), len(labels))
        if shift[customer, to] >= 0 and swap[first, second] >= 0:
            return labels
        if shift[customer, to] <= swap[first, second]:
            room[labels[customer]] += demand[customer]
            room[to] -= demand[customer]
            labels[customer] = to
        else:
            room[labels[first]] -= demand[second] - demand[first]
            room[labels[second]] -= demand[first] - demand[second]
            labels[first], labels[second] = labels[second], labels[first]


def read_pmedcap(text: str) -> tuple[Ints, Ints, int, int, int]:
    """An OR-Library pmedcap file: (distances, demands, p, capacity, best known). Distances are Euclidean, rounded down."""
    numbers = [float(word) for word in text.split()]
    best, size, count, capacity = int(numbers[1]), int(numbers[2]), int(numbers[3]), int(numbers[4])
    table = np.array(numbers[5 : 5 + 4 * size]).reshape(size, 4)
    points = table[:, 1:3]
    apart = np.sqrt(((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=-1))
    return np.floor(apart).astype(np.int64), table[:, 3].astype(np.int64), count, capacity, best
