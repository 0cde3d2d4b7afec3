"""Lexicographic min-cost flow: a chain of flows on optimal faces ("lexflow"), exact for any number of goals.

Goals are levels; weights large enough to keep them apart overflow the solver (cost × nodes must stay below 2^63) and floats lose
whole numbers at 2^53. So each level is solved by itself, on what the levels before left open:

1. Solve the flow for the level's costs (OR-tools' cost-scaling push-relabel, exact in integers).
2. Take exact distances to the sink in the residual network as potentials (vectorised Bellman–Ford).
3. An arc whose reduced cost is not zero can never change again without making this level worse (complementary slackness): it keeps
   its flow. Arcs with reduced cost zero are the optimal face, on which the next level is solved.

Sources: Ahuja, Magnanti, Orlin, Network Flows (1993), theorems 9.1 and 9.4; Goldberg and Tarjan (1990) for the cost scaling in
OR-tools. The distances are also the prices: ``distance[level][node]`` is what one unit more at a node would bring, exactly.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.kernel.limits import Run

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
#: Below this many arcs a level takes less than a process costs; above it runs in a child that can be stopped.
INLINE_ARCS = 60_000
FAR = np.int64(1) << 61


class FlowStopped(Exception):
    """The time was over, or somebody cancelled, before a level was solved."""


class NegativeCycle(ArithmeticError):
    """The flow is not optimal for the costs: there are no shortest distances."""


@dataclass(frozen=True, slots=True)
class Network:
    """A directed network. ``tail``, ``head``, ``capacity`` by arc; ``sink``: where distances are measured to. A bypass arc from source
    to sink makes "send nothing" a flow."""

    nodes: int
    tail: Ints
    head: Ints
    capacity: Ints
    sink: int

    @property
    def arcs(self) -> int:
        """How many."""
        return len(self.tail)

    def with_arcs(self, tail: Ints, head: Ints, capacity: Ints) -> Network:
        """The same with more arcs at the end."""
        return Network(
            self.nodes,
            np.concatenate([self.tail, tail]),
            np.concatenate([self.head, head]),
            np.concatenate([self.capacity, capacity]),
            self.sink,
        )


@dataclass(slots=True)
class Face:
    """The state after some levels: a flow, the arcs that may still change, and each level's value and distances to the sink."""

    flow: Ints
    free: Mask
    values: list[int]
    distances: list[Ints]

    def copy(self) -> Face:
        """Independent of this one."""
        return Face(self.flow.copy(), self.free.copy(), list(self.values), list(self.distances))


def start(network: Network, flow: Ints) -> Face:
    """From any feasible flow; it fixes what each node sends or takes."""
    return Face(flow.astype(np.int64).copy(), np.ones(network.arcs, dtype=bool), [], [])


def next_level(network: Network, face: Face, cost: Ints, run: Run, *, last: bool = False) -> Face:
    """Minimise one more cost on the face. ``last``: potentials are not needed any more. FlowStopped when the time is over; the
    face given is then still the best so far."""
    free = np.flatnonzero(face.free)
    flow = face.flow.copy()
    if len(free) and cost[free].any():
        flow[free] = _solve(network, free, face.flow[free], cost[free], run)
    value = int(np.dot(flow, cost))
    if last:
        return Face(flow, face.free.copy(), [*face.values, value], list(face.distances))
    if not len(free) or not cost[free].any():
        return Face(
            flow, face.free.copy(), [*face.values, value], [*face.distances, np.zeros(network.nodes, dtype=np.int64)]
        )
    distance = distances_to_sink(network, free, flow[free], cost[free], run)
    open_ = face.free.copy()
    open_[free] = cost[free] + distance[network.head[free]] - distance[network.tail[free]] == 0
    return Face(flow, open_, [*face.values, value], [*face.distances, distance])


def _solve(network: Network, free: Ints, flow: Ints, cost: Ints, run: Run) -> Ints:
    """The best flow on the free arcs with the same balance at every node."""
    tail, head, capacity = network.tail[free], network.head[free], network.capacity[free]
    balance = np.bincount(tail, flow, network.nodes) - np.bincount(head, flow, network.nodes)
    touched = np.zeros(network.nodes, dtype=bool)
    touched[tail] = True
    touched[head] = True
    used, place = np.flatnonzero(touched), np.cumsum(touched) - 1
    small_tail, small_head = place[tail], place[head]
    supply = np.rint(balance[used]).astype(np.int64)
    arguments = (small_tail, small_head, capacity, cost, supply)
    if run.over:
        raise FlowStopped
    if len(free) < INLINE_ARCS:
        return _cost_scaling(*arguments)
    return _in_child(arguments, len(free), run)


def _cost_scaling(tail: Ints, head: Ints, capacity: Ints, cost: Ints, supply: Ints) -> Ints:
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    solver = SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, cost)
    solver.set_nodes_supplies(np.arange(len(supply)), supply)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise ArithmeticError(f"min-cost flow: {status!s}")
    flows: Ints = np.asarray(solver.flows(arcs), dtype=np.int64)
    return flows


def _child(pipe: Any, arguments: tuple[Ints, ...]) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process itself
    flow = _cost_scaling(*arguments)
    where = np.flatnonzero(flow)
    pipe.send((where.astype(np.int32), flow[where]))
    pipe.close()


def _in_child(arguments: tuple[Ints, ...], size: int, run: Run) -> Ints:
    """In a process of its own, because the solver cannot be interrupted: ended when the time is over or somebody cancels."""
    import ortools.graph.python.min_cost_flow  # noqa: F401 - loaded before the fork, once

    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(there, arguments), daemon=True)
    process.start()
    there.close()
    try:
        while not here.poll(0.05):
            if run.over:
                raise FlowStopped
            if not process.is_alive() and not here.poll(0):
                raise ArithmeticError("min-cost flow: the solver's process ended")
        where, values = here.recv()
    except EOFError:
        raise ArithmeticError("min-cost flow: the solver's process ended") from None
    finally:
        here.close()
        if process.is_alive():
            process.terminate()
        process.join()
    flow = np.zeros(size, dtype=np.int64)
    flow[where] = values
    return flow


def residual(network: Network, arcs: Ints, flow: Ints, cost: Ints) -> tuple[Ints, Ints, Ints]:
    """(from, to, cost) of the residual arcs of some arcs with their flow."""
    more, back = flow < network.capacity[arcs], flow > 0
    return (
        np.concatenate([network.tail[arcs][more], network.head[arcs][back]]),
        np.concatenate([network.head[arcs][more], network.tail[arcs][back]]),
        np.concatenate([cost[more], -cost[back]]),
    )


def distances_to_sink(network: Network, arcs: Ints, flow: Ints, cost: Ints, run: Run | None = None) -> Ints:
    """Exact shortest distances to the sink in the residual network (no negative cycles: the flow is optimal for the cost). Nodes that
    cannot reach the sink get potentials far above, valid among themselves."""
    one, two, price = residual(network, arcs, flow, cost)
    order = np.argsort(two, kind="stable")
    one, price = one[order], price[order]
    begin = np.searchsorted(two[order], np.arange(network.nodes + 1))
    distance = np.full(network.nodes, FAR, dtype=np.int64)
    distance[network.sink] = 0
    _relax(distance, np.array([network.sink]), one, price, begin, run)
    lost = np.flatnonzero(distance == FAR)
    if len(lost):
        distance[lost] = far = (int(np.abs(cost).max(initial=1)) + 1) * (network.nodes + 1)
        if far >= FAR:
            raise ArithmeticError("costs too large for exact distances")
        _relax(distance, lost, one, price, begin, run)
    return distance


def _relax(distance: Ints, frontier: Ints, one: Ints, price: Ints, begin: Ints, run: Run | None) -> None:
    """Bellman–Ford from a frontier, whole columns at a time; only nodes that changed are looked at again."""
    rounds, changed = 0, np.zeros(len(distance), dtype=bool)
    while len(frontier):
        rounds += 1
        if run is not None and rounds % 64 == 0 and run.over:
            raise FlowStopped
        if rounds > len(distance):
            raise NegativeCycle
        first, count = begin[frontier], begin[frontier + 1] - begin[frontier]
        total = int(count.sum())
        if not total:
            return
        ends = np.cumsum(count)
        arcs = np.arange(total) + np.repeat(first - (ends - count), count)
        reach = np.repeat(distance[frontier], count) + price[arcs]
        target = one[arcs]
        better = reach < distance[target]
        target, reach = target[better], reach[better]
        if not len(target):
            return
        np.minimum.at(distance, target, reach)
        changed[target] = True
        frontier = np.flatnonzero(changed)
        changed[frontier] = False


def lexflow(
    network: Network, flow: Ints, costs: Sequence[Ints], run: Run, *, keep_last: bool = False
) -> tuple[Face, list[Face]]:
    """All levels in a row; returns the last face and the faces before each level (for starting again at one). When the time is over,
    fewer values than costs are in the face. ``keep_last``: distances of the last level are wanted too."""
    face, before = start(network, flow), []
    for place, cost in enumerate(costs):
        before.append(face)
        try:
            face = next_level(network, face, cost, run, last=place == len(costs) - 1 and not keep_last)
        except FlowStopped:
            break
    return face, before
