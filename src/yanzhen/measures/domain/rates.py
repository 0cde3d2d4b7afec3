"""Rates with their doubt (plain Python)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

Z95 = 1.959963984540054  # 97.5 % point of the normal distribution


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its 95 % interval, all between 0 and 1."""

    low: float
    mid: float
    high: float


def wilson(successes: float, n: int, z: float = Z95) -> Interval | None:
    """Wilson score interval of ``successes`` out of ``n`` (Wilson 1927, JASA 22:209); None when n is 0.

    ``successes`` may be fractional (grades with a value between 0 and 1); the interval is then the usual approximation.
    """
    if n <= 0:
        return None
    share = successes / n
    centre = share + z * z / (2 * n)
    margin = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return Interval(max(0.0, (centre - margin) / scale), share, min(1.0, (centre + margin) / scale))


@dataclass(frozen=True, slots=True)
class Place:
    """A unit's place among its like: ``rank`` None where n is under the minimum (no ranking of noise)."""

    key: int
    rank: int | None
    tied: bool


def ranks(values: Sequence[tuple[int, float, int]], *, min_n: int, higher_is_better: bool = True) -> list[Place]:
    """Places for (key, value, n): equal values share a place; rows with ``n < min_n`` get none."""
    able = [(key, value) for key, value, n in values if n >= min_n]
    ordered = sorted({value for _, value in able}, reverse=higher_is_better)
    counts: dict[float, int] = {}
    for _, value in able:
        counts[value] = counts.get(value, 0) + 1
    start: dict[float, int] = {}
    place = 1
    for value in ordered:
        start[value] = place
        place += counts[value]
    return [
        Place(key, start[value], counts[value] > 1) if n >= min_n else Place(key, None, False)
        for key, value, n in values
    ]


def light(value: float | None, *, green: float, yellow: float, higher_is_better: bool) -> str:
    """green / yellow / red by two thresholds of the rulebook; "none" without a value."""
    if value is None:
        return "none"
    if higher_is_better:
        return "green" if value >= green else "yellow" if value >= yellow else "red"
    return "green" if value <= green else "yellow" if value <= yellow else "red"


def total(pairs: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Sum of numerators and of denominators: a rate of a whole is never the mean of the rates of its parts."""
    top = bottom = 0.0
    for numerator, denominator in pairs:
        top += numerator
        bottom += denominator
    return top, bottom
