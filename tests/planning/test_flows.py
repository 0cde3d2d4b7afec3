"""The chain of flows on optimal faces: equal to one flow with weights, to SciPy, and never over its time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from yanzhen.planning.kernel import Limits, flows
from yanzhen.planning.kernel.flows import (
    FlowStopped,
    NegativeCycle,
    Network,
    distances_to_sink,
    lexflow,
    next_level,
    start,
)


def assignment(costs: list[np.ndarray]) -> tuple[Network, np.ndarray, list[np.ndarray], int]:
    """n × n pairs between a source and a sink, with a bypass that costs more than any pair on the first level."""
    size = len(costs[0])
    source, sink = 0, 1 + 2 * size
    one, two = 1 + np.arange(size), 1 + size + np.arange(size)
    tail = np.concatenate([[source], np.full(size, source), np.repeat(one, size), two])
    head = np.concatenate([[sink], one, np.tile(two, size), np.full(size, sink)])
    network = Network(
        sink + 1, tail, head, np.concatenate([[size], np.ones(2 * size + size * size)]).astype(np.int64), sink
    )
    flow = np.zeros(network.arcs, dtype=np.int64)
    flow[0] = size
    levels = [np.zeros(network.arcs, dtype=np.int64)]
    levels[0][0] = 1  # first: everybody is matched
    first = 1 + size
    for cost in costs:
        level = np.zeros(network.arcs, dtype=np.int64)
        level[first : first + size * size] = cost.ravel()
        levels.append(level)
    return network, flow, levels, first


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 9), st.integers(0, 2**31))
def test_levels_are_those_of_composite_weights(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    costs = [rng.integers(-3, 4, (size, size)), rng.integers(0, 50, (size, size)), rng.integers(0, 1000, (size, size))]
    network, flow, levels, _ = assignment(costs)
    face, _ = lexflow(network, flow, levels, Limits().begin(), keep_last=True)
    weighted = costs[0] * 10**9 + costs[1] * 10**5 + costs[2]
    rows, columns = linear_sum_assignment(weighted)
    assert face.values[1:] == [int(cost[rows, columns].sum()) for cost in costs]
    # complementary slackness at every level: what carries flow and could change costs nothing more
    for cost, distance in zip(levels, face.distances, strict=True):
        reduced = cost + distance[network.head] - distance[network.tail]
        assert (reduced[face.free] == 0).all()


def test_a_child_process_gives_the_same_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    network, flow, levels, _ = assignment([rng.integers(0, 100, (30, 30))])
    inline, _ = lexflow(network, flow, levels, Limits().begin())
    monkeypatch.setattr(flows, "INLINE_ARCS", 0)
    child, _ = lexflow(network, flow, levels, Limits().begin())
    assert (inline.flow == child.flow).all()


def test_no_level_starts_after_the_time() -> None:
    network, flow, levels, _ = assignment([np.ones((3, 3), dtype=np.int64)])
    now = [0.0]
    run = Limits(seconds=1, timer=lambda: now[0]).begin()
    now[0] = 2.0
    with pytest.raises(FlowStopped):
        next_level(network, start(network, flow), levels[0], run)
    face, _ = lexflow(network, flow, levels, run)
    assert face.values == []
    assert (face.flow == flow).all()


def test_a_flow_that_is_not_optimal_has_no_distances() -> None:
    network, flow, levels, first = assignment([np.array([[0, 5], [5, 0]])])
    bad = flow.copy()
    bad[0] = 0
    bad[1:3] = 1
    bad[[first + 1, first + 2]] = 1
    bad[-2:] = 1
    with pytest.raises(NegativeCycle):
        distances_to_sink(network, np.arange(network.arcs), bad, levels[1])
