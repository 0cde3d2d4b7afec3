"""Shares from few ballots: shrunk towards the class by as much as chance explains (beta-binomial), raw counts kept in sight.

With 12 ballots one vote is eight points. The raw share therefore puts small villages at both ends of a list and a lower confidence
bound punishes them; the mean of the posterior does neither. Moments after Kleinman 1973.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.index.kernel import Floats


@dataclass(frozen=True, slots=True)
class Prior:
    """What a class says before a village's own ballots: mean share and its weight in ballots (infinite = nobody differs)."""

    mean: float
    weight: float


def prior(yes: Floats, votes: Floats) -> Prior:
    """Fit by moments. With no ballots at all the mean is NaN."""
    good = (votes > 0) & ~np.isnan(yes)
    k, n = np.sort(yes[good]), votes[good][np.argsort(yes[good], kind="stable")]
    total = float(n.sum())
    if not total:
        return Prior(float("nan"), float("inf"))
    mean = float(k.sum()) / total
    m = len(n)
    if m < 2 or mean in (0.0, 1.0):
        return Prior(mean, float("inf"))
    shares = k / n
    weighted = float(np.sum(n * (shares - mean) ** 2))
    inner = total - float(np.sum(n**2)) / total
    between = (weighted - (m - 1) * mean * (1 - mean)) / max(inner - (m - 1), 1e-9)
    if between <= 0:
        return Prior(mean, float("inf"))
    return Prior(mean, max(mean * (1 - mean) / between - 1.0, 0.0))


def shrink(share: Floats, votes: Floats, classes: NDArray[Any], *, min_n: int = 0) -> Floats:
    """Posterior mean shares; NaN where there are no ballots or fewer than ``min_n``."""
    result = np.full(len(share), np.nan)
    yes = np.where(np.isnan(share), np.nan, share * votes)
    for group in np.unique(classes):
        rows = np.flatnonzero(classes == group)
        held = prior(yes[rows], votes[rows])
        good = rows[(votes[rows] > 0) & (votes[rows] >= min_n) & ~np.isnan(yes[rows])]
        if np.isinf(held.weight):
            result[good] = held.mean
        else:
            result[good] = (yes[good] + held.weight * held.mean) / (votes[good] + held.weight)
    return result


def suppressed(counts: NDArray[Any], least: int = 5) -> NDArray[np.bool_]:
    """Cells of a table that must not be shown: 1 … least-1 (0 is no secret)."""
    result: NDArray[np.bool_] = (counts > 0) & (counts < least)
    return result
