"""How well people are served, not only whether: the two-step floating catchment, plain and with distance decay.

Step 1: each point's capacity divided by the people within its catchment; step 2: each place adds what the points within its own
catchment offer. The plain form (2SFCA) is for the sentence "within 15 minutes"; the form with decay (E2SFCA) is for ranking.

Sources: Luo, Wang 2003 (2SFCA); Luo, Qi 2009 (E2SFCA, three zones with Gaussian weights 1, 0.68, 0.22).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.siting.ground import Ground, Mask
from yanzhen.planning.siting.matrices import Matrix, sparse

Floats = NDArray[np.float64]
#: Parts of the catchment (of its minutes) and their weights, Luo and Qi's Gaussian zones.
ZONES: tuple[tuple[float, float], ...] = ((1 / 3, 1.0), (2 / 3, 0.68), (1.0, 0.22))
PER = 1000.0


def catchment(
    minutes: Matrix,
    supply: Floats,
    demand: Floats,
    radius: float,
    zones: Sequence[tuple[float, float]] = ((1.0, 1.0),),
) -> Floats:
    """Accessibility of every place, in units of supply per person of demand. ``zones``: (part of the radius, weight), nearest first."""
    weight = np.zeros(len(minutes.data))
    for part, value in sorted(zones, reverse=True):
        weight[minutes.data <= radius * part + 1e-9] = value
    matrix = sparse.csr_matrix((weight, minutes.indices, minutes.indptr), shape=minutes.shape)
    load = np.asarray(matrix.T @ demand)
    offer = np.divide(supply, load, out=np.zeros_like(supply, dtype=float), where=load > 0)
    return np.asarray(matrix @ offer)


def gini(values: Floats, weight: Floats) -> float:
    """Inequality over people, 0 = everybody the same."""
    keep = weight > 0
    values, weight = values[keep], weight[keep]
    if not len(values) or not (values * weight).sum():
        return 0.0
    order = np.argsort(values, kind="stable")
    values, weight = values[order], weight[order]
    people, held = np.cumsum(weight) / weight.sum(), np.cumsum(values * weight) / (values * weight).sum()
    area = np.sum(np.diff(np.r_[0.0, people]) * (np.r_[0.0, held][:-1] + held) / 2)
    return float(max(0.0, 1 - 2 * area))


def supply(ground: Ground, mask: Mask) -> Floats:
    """Capacity of the open points; a point without a stated capacity is one."""
    capacity = np.asarray([site.capacity if site.capacity > 0 else 1.0 for site in ground.problem.sites])
    return np.where(mask, capacity, 0.0)


def by_place(ground: Ground, mask: Mask, *, elders: bool = False, decay: bool = True) -> Floats:
    """Accessibility of every place per 1,000 people (or people over 60)."""
    demand = ground.elders if elders else ground.people
    radius = ground.problem.parameters.minutes
    zones = ZONES if decay else ((1.0, 1.0),)
    return catchment(ground.times.matrix, supply(ground, mask), demand, radius, zones) * PER


def summary(ground: Ground, mask: Mask) -> dict[str, Any]:
    """Mean, the worst-served tenth, the share without anything, and Gini, for all and for people over 60."""
    found: dict[str, Any] = {}
    for name, weight, elders in (("all", ground.people, False), ("over60", ground.elders, True)):
        for form, decay in (("2sfca", False), ("e2sfca", True)):
            values = by_place(ground, mask, elders=elders, decay=decay)
            total = weight.sum()
            mean = float((values * weight).sum() / total) if total else 0.0
            none = float(weight[values <= 0].sum() / total) if total else 0.0
            found[f"{form}_{name}"] = {
                "mean": round(mean, 4),
                "p10": round(_quantile(values, weight, 0.1), 4),
                "none": round(none, 4),
                "gini": round(gini(values, weight), 4),
            }
    return found


def _quantile(values: Floats, weight: Floats, part: float) -> float:
    if not weight.sum():
        return 0.0
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weight[order]) / weight.sum()
    return float(values[order][min(len(values) - 1, int(np.searchsorted(total, part)))])
