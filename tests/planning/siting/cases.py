"""Small invented siting problems."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from yanzhen.planning.kernel import Lock
from yanzhen.planning.siting import Edge, Network, Parameters, Place, Problem, Site
from yanzhen.planning.siting.ground import Ground, senses
from yanzhen.planning.siting.solve import limits_of

TASKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("cover", {}),
    ("budget", {"count": 2}),
    ("budget", {"budget": 5.0}),
    ("worst", {"count": 2}),
    ("mean", {"count": 3}),
)


def make(
    seed: int,
    task: str = "cover",
    *,
    places: int = 14,
    sites: int = 7,
    side: float = 4000.0,
    locks: tuple[Lock, ...] = (),
    **more: Any,
) -> Problem:
    rng = np.random.default_rng(seed)
    points = np.round(rng.random((places, 2)) * side)
    at = points[rng.choice(places, sites, replace=False)]
    counts = rng.integers(1, 60, places)
    return Problem(
        tuple(Place(f"p{i:02d}", f"庄{i}", *map(float, points[i]), int(n), int(n) // 3) for i, n in enumerate(counts)),
        tuple(
            Site(
                f"s{i:02d}",
                f"点{i}",
                *map(float, at[i]),
                float(rng.integers(1, 5)),
                bool(rng.random() < 0.15),
                bool(rng.random() < 0.9),
            )
            for i in range(sites)
        ),
        Parameters(task=task, **more),  # type: ignore[arg-type]
        locks=locks,
    )


def best(problem: Problem) -> tuple[float, ...]:
    """The best vector by trying every set of sites."""
    ground = Ground.of(problem)
    limit = limits_of(ground)
    found = None
    for bits in itertools.product([False, True], repeat=len(problem.sites)):
        chosen = np.array(bits)
        if (limit.must & ~chosen).any() or (chosen & ~(limit.may | limit.must)).any():
            continue
        if limit.count is not None and (chosen & limit.new).sum() > limit.count:
            continue
        if limit.budget is not None and limit.cost[chosen & limit.new].sum() > limit.budget:
            continue
        if problem.parameters.task in ("worst", "mean") and not chosen.any():
            continue
        vector = signed(ground.measure(chosen))
        found = vector if found is None or vector < found else found
    assert found is not None
    return found


def signed(values: Any) -> tuple[float, ...]:
    return tuple(round(-value if senses(goal) == "max" else value, 6) for goal, value in values.items())


def valley() -> Problem:
    """A road with a side path: A – B – C 600 m apart, D up a steep path that no e-bike can use."""
    nodes = {"A": (0.0, 0.0), "B": (600.0, 0.0), "C": (1200.0, 0.0), "D": (600.0, 500.0)}
    edges = (Edge("A", "B", 600), Edge("B", "C", 600), Edge("B", "D", 500, ("walk",), 1.5))
    places = tuple(Place(key, key, *xy, 10, 4) for key, xy in nodes.items())
    sites = (Site("s-A", "甲", 0.0, 0.0), Site("s-C", "丙", 1200.0, 0.0))
    return Problem(places, sites, Parameters(minutes=15), Network(nodes, edges))
