"""Contact groups and capacitated medians: bounds held, brute force on tiny cases, proofs that are true."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yanzhen.planning.grids.kmedoid import assign, divide, group_count
from yanzhen.planning.grids.pmedian import pmedian, read_pmedcap
from yanzhen.planning.grids.proof import prove

REAL = Path(os.environ.get("YANZHEN_REAL", "../shared/real")) / "planning" / "pmedcap"


def distances(seed: int, members: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 400, (members, 2))
    return np.rint(10 * np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))).astype(np.int64)


def brute(distance: np.ndarray, count: int, low: int, high: int, demand: np.ndarray | None = None) -> int:
    """The optimum by trying every choice of medoids and every assignment."""
    members = len(distance)
    weight = np.ones(members, dtype=int) if demand is None else demand
    labels = np.array(list(itertools.product(range(count), repeat=members)))
    load = np.stack([(labels == cluster) @ weight for cluster in range(count)], axis=1)
    labels = labels[(load.max(axis=1) <= high) & (load.min(axis=1) >= low)]
    rows = np.arange(members)
    return min(
        int(distance[rows, np.array(medoids)[labels]].sum(axis=1).min())
        for medoids in itertools.combinations(range(members), count)
    )


@given(st.integers(1, 400), st.integers(1, 9), st.integers(0, 6), st.integers(0, 6))
def test_group_count_keeps_the_ceiling_and_the_floor_where_it_can(members: int, low: int, up: int, more: int) -> None:
    target, high = low + up, low + up + more
    count, floor, ceiling = group_count(members, low, target, high)
    assert floor * count <= members <= ceiling * count
    assert ceiling == high
    assert floor == low or -(-members // high) > members // low


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(4, 8), st.integers(1, 3))
def test_assignment_is_the_cheapest_within_its_bounds(seed: int, rows: int, columns: int) -> None:
    cost = np.random.default_rng(seed).integers(0, 50, (rows, columns)).astype(np.int64)
    low, high = rows // columns - (1 if rows // columns > 1 else 0), -(-rows // columns) + 1
    labels = assign(cost, low, high)
    load = np.bincount(labels, minlength=columns)
    assert load.min() >= low
    assert load.max() <= high
    options = [
        cost[np.arange(rows), list(choice)].sum()
        for choice in itertools.product(range(columns), repeat=rows)
        if low <= min(choice.count(column) for column in range(columns))
        and max(choice.count(c) for c in range(columns)) <= high
    ]
    assert cost[np.arange(rows), labels].sum() == min(options)


def test_large_assignments_take_the_flow_and_agree_with_the_dense_method(monkeypatch: pytest.MonkeyPatch) -> None:
    cost = np.random.default_rng(3).integers(0, 999, (90, 8)).astype(np.int64)
    dense = assign(cost, 8, 12)
    monkeypatch.setattr("yanzhen.planning.grids.kmedoid._DENSE", 10)
    flow = assign(cost, 8, 12)
    rows = np.arange(90)
    assert cost[rows, dense].sum() == cost[rows, flow].sum()
    assert np.bincount(flow).max() <= 12
    assert np.bincount(flow).min() >= 8


@pytest.mark.parametrize("seed", range(6))
def test_tiny_groups_reach_the_optimum_of_brute_force_and_the_proof_says_so(seed: int) -> None:
    distance = distances(seed, 8)
    found = divide(distance, 2, 3, 4, seed=seed)
    count, low, high = group_count(8, 2, 3, 4)
    optimum = brute(distance, count, low, high)
    assert found.cost == optimum
    proof = prove(distance, count, high, low=low, upper=found.cost)
    assert (proof.cost, proof.bound) == (optimum, optimum)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(9, 45))
def test_no_bound_is_above_a_known_solution_and_groups_keep_their_size(seed: int, members: int) -> None:
    distance = distances(seed, members)
    found = divide(distance, 4, 5, 6, seed=1, starts=3)
    count, low, high = group_count(members, 4, 5, 6)
    size = np.bincount(found.labels, minlength=count)
    assert size.max() <= high
    assert size.min() >= low
    better = divide(distance, 4, 5, 6, seed=2, starts=20)
    loose = prove(distance, count, high, low=low, upper=found.cost, exact=False)
    assert loose.bound <= min(found.cost, better.cost)


def test_the_gap_to_the_proven_optimum_is_small() -> None:
    total, proven = 0, 0
    for seed in range(4):
        distance = distances(100 + seed, 40)
        found = divide(distance, 8, 10, 12)
        count, low, high = group_count(40, 8, 10, 12)
        proof = prove(distance, count, high, low=low, upper=found.cost, gap=1e-4, seconds=20)
        total, proven = total + found.cost, proven + proof.cost
    assert total <= 1.003 * proven


@pytest.mark.parametrize("seed", range(4))
def test_pmedian_on_tiny_cases_is_the_optimum(seed: int) -> None:
    distance = distances(seed, 7)
    demand = np.random.default_rng(seed).integers(1, 6, 7).astype(np.int64)
    capacity = int(demand.sum()) // 2 + 3
    served = pmedian(distance, demand, 2, capacity, seconds=5)
    assert served is not None
    assert served.cost == brute(distance, 2, 0, capacity, demand) == served.bound


def test_pmedian_says_when_nothing_fits() -> None:
    assert pmedian(distances(1, 4), np.array([5, 5, 5, 5]), 2, 9, seconds=1) is None


@pytest.mark.skipif(not REAL.exists(), reason="needs the OR-Library instances")
@pytest.mark.parametrize("name", ["1", "2"])
def test_pmedcap_instances_reach_their_best_known_value(name: str) -> None:
    distance, demand, count, capacity, best = read_pmedcap((REAL / f"{name}.txt").read_text())
    served = pmedian(distance, demand, count, capacity, seconds=30)
    assert served is not None
    assert served.cost == best
    assert np.bincount(served.labels, weights=demand).max() <= capacity
