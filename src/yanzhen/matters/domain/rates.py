"""The three rates 响应 解决 满意 (plain Python). Source: domain facts §1.4 (北京市接诉即办工作条例 第三十二条; weights local).

响应率 = answered within the limit ÷ valid orders that are answered or late. 解决率 = call-back says solved ÷ effective
call-backs. 满意率 = Σ value(grade) ÷ effective call-backs with a grade (未评价 leaves the denominator). Excluded after review,
and withdrawn ones, are in none of them and are reported beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

RESPONSE, SOLVED, SATISFIED = "matters.response", "matters.solved", "matters.satisfied"
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Order:
    """What one matter says to the rates."""

    in_time: bool | None = None
    contacted: bool | None = None
    solved: bool | None = None
    grade: str = ""
    excluded: bool = False
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its doubt: 95 % Wilson interval, None without a denominator; ``rankable`` from ``min_n`` on."""

    numerator: float
    denominator: int
    excluded: int
    value: float | None
    low: float | None
    high: float | None
    rankable: bool


def wilson(successes: float, n: int) -> tuple[float, float] | None:
    """95 % score interval of a share (Wilson 1927); None for n = 0."""
    if n <= 0:
        return None
    share, z = successes / n, _Z
    centre = share + z * z / (2 * n)
    margin = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - margin) / scale), min(1.0, (centre + margin) / scale)


def rate(numerator: float, denominator: int, excluded: int, *, min_n: int) -> Rate:
    """A rate from its sums."""
    span = wilson(numerator, denominator)
    return Rate(
        numerator,
        denominator,
        excluded,
        numerator / denominator if denominator else None,
        span[0] if span else None,
        span[1] if span else None,
        denominator >= min_n,
    )


def three(orders: Iterable[Order], values: Mapping[str, int], *, min_n: int) -> dict[str, Rate]:
    """The three rates of some orders; ``values``: percent that each grade counts for."""
    listed = list(orders)
    valid = [each for each in listed if not each.excluded and not each.withdrawn]
    out = len(listed) - len(valid)
    decided = [each for each in valid if each.in_time is not None]
    called = [each for each in valid if each.contacted and each.solved is not None]
    graded = [each for each in valid if each.contacted and each.grade in values]
    return {
        RESPONSE: rate(sum(1 for each in decided if each.in_time), len(decided), out, min_n=min_n),
        SOLVED: rate(sum(1 for each in called if each.solved), len(called), out, min_n=min_n),
        SATISFIED: rate(sum(values[each.grade] for each in graded) / 100, len(graded), out, min_n=min_n),
    }
