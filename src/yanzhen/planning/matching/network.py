"""The flow network of a matching problem: source → specialist → (season) → need → village → township → sink.

Coverage is in the network, not in the rules: of the two arcs from a township to the sink the first carries one unit and counts as
"covered", the second carries the rest. A bypass from source to sink lets capacity stay unused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.kernel.flows import Network
from yanzhen.planning.matching.pairs import Field, Pairs, joined
from yanzhen.planning.matching.rules import fixed_pairs

Ints = NDArray[np.int64]


@dataclass(slots=True)
class Graph:
    """The network with the meaning of its arcs. Pair arcs come last, so that more can be appended."""

    network: Network
    pairs: Pairs
    flow: Ints
    free: NDArray[np.bool_]
    first_pair: int
    tails: Ints  # (specialist, season) → node
    first_need: int
    township_arcs: Ints
    village_arcs: Ints
    filled_arcs: Ints
    before: frozenset[tuple[int, int]]
    fixed: frozenset[tuple[int, int]]
    layout: tuple[tuple[int, ...], Ints, Ints, dict[int, int]]

    def add(self, field: Field, pairs: Pairs) -> None:
        """More pair arcs, without flow."""
        self.network = self.network.with_arcs(
            self.tails[pairs.specialist, field.need_season[pairs.need]],
            self.first_need + pairs.need,
            np.ones(len(pairs), dtype=np.int64),
        )
        self.pairs = joined([self.pairs, pairs])
        self.flow = np.concatenate([self.flow, np.zeros(len(pairs), dtype=np.int64)])
        self.free = np.concatenate([self.free, np.ones(len(pairs), dtype=bool)])

    def cost(self, field: Field, key: str, seed: int) -> Ints:
        """The costs of one goal by arc (smaller is better)."""
        cost = np.zeros(self.network.arcs, dtype=np.int64)
        if key in ("township", "village", "filled"):
            arcs = {"township": self.township_arcs, "village": self.village_arcs, "filled": self.filled_arcs}[key]
            cost[arcs] = -1
        else:
            cost[self.first_pair :] = pair_cost(field, key, seed, self.pairs, self.before)
        return cost

    def chosen(self, flow: Ints) -> Pairs:
        """The pairs that carry flow."""
        return self.pairs.take(flow[self.first_pair :] > 0)


def pair_cost(field: Field, key: str, seed: int, pairs: Pairs, before: frozenset[tuple[int, int]]) -> Ints:
    """The costs of one goal by pair."""
    if key == "coop":
        return -pairs.coop
    if key == "fit":
        return -pairs.fit
    if key == "near":
        return pairs.minutes
    if key == "tie":
        return field.ties(seed, pairs)
    cost = np.zeros(len(pairs), dtype=np.int64)
    if key == "keep" and before:
        codes = np.array([i * len(field.specialists) + j for i, j in before], dtype=np.int64)
        cost[np.isin(pairs.need * len(field.specialists) + pairs.specialist, codes)] = -1
    return cost


def earlier_pairs(field: Field) -> frozenset[tuple[int, int]]:
    """Pairs of the earlier plan that still exist."""
    at, one = field.need_at, field.specialist_at
    return frozenset(
        (at[line.need], one[line.specialist])
        for line in field.problem.previous
        if line.need in at and line.specialist in one
    )


def build(field: Field, candidates: Pairs) -> Graph:
    """The network of some candidates; fixed pairs carry their unit from the start and are not free."""
    problem = field.problem
    ones, needs = field.specialists, field.needs
    villages = {key: i for i, key in enumerate(sorted({need.village_key for need in needs}))}
    townships = {key: i for i, key in enumerate(sorted({need.township_key for need in needs}))}
    village = np.array([villages[need.village_key] for need in needs], dtype=np.int64)
    quantity = np.array([need.quantity for need in needs], dtype=np.int64)
    home = np.zeros(len(villages), dtype=np.int64)
    for index, need in enumerate(needs):
        home[village[index]] = townships[need.township_key]
    capacity = np.array([one.capacity if one.consent else 0 for one in ones], dtype=np.int64)

    fixed = sorted(
        (field.need_at[need], field.specialist_at[one])
        for need, one in fixed_pairs(problem)
        if need in field.need_at and one in field.specialist_at
    )
    fixed_need = np.array([i for i, _ in fixed], dtype=np.int64)
    fixed_one = np.array([j for _, j in fixed], dtype=np.int64)
    if len(fixed):
        codes = candidates.need * len(ones) + candidates.specialist
        candidates = candidates.take(~np.isin(codes, fixed_need * len(ones) + fixed_one))
    pairs = joined([field.pairs_of(fixed_need, fixed_one), candidates])

    # nodes
    source, first_one = 0, 1
    tails = np.tile((first_one + np.arange(len(ones)))[:, None], (1, len(field.season_at) + 1))
    node = first_one + len(ones)
    season_arcs: list[tuple[int, int, int]] = []
    for j, one in enumerate(ones):
        for name, most in one.seasons:
            if name in field.season_at and most < one.capacity:
                tails[j, field.season_at[name]] = node
                season_arcs.append((first_one + j, node, most))
                node += 1
    first_need, first_village = node, node + len(needs)
    first_township = first_village + len(villages)
    sink = first_township + len(townships)
    every_need, every_village, every_township = (
        np.arange(len(needs)),
        np.arange(len(villages)),
        np.arange(len(townships)),
    )
    total = int(capacity.sum())
    plenty = max(1, int(quantity.sum()))

    parts: list[tuple[Ints, Ints, Ints]] = [
        (np.array([source]), np.array([sink]), np.array([total])),
        (np.full(len(ones), source), first_one + np.arange(len(ones)), capacity),
        tuple(np.array(season_arcs, dtype=np.int64).reshape(-1, 3).T),  # type: ignore[list-item]
        (first_need + every_need, first_village + village, quantity),
        (first_village + every_village, first_township + home, np.ones(len(villages), dtype=np.int64)),
        (first_village + every_village, first_township + home, np.full(len(villages), plenty)),
        (first_township + every_township, np.full(len(townships), sink), np.ones(len(townships), dtype=np.int64)),
        (first_township + every_township, np.full(len(townships), sink), np.full(len(townships), plenty)),
        (
            tails[pairs.specialist, field.need_season[pairs.need]],
            first_need + pairs.need,
            np.ones(len(pairs), dtype=np.int64),
        ),
    ]
    begin = np.concatenate([[0], np.cumsum([len(part[0]) for part in parts])])
    network = Network(
        sink + 1,
        np.concatenate([part[0] for part in parts]).astype(np.int64),
        np.concatenate([part[1] for part in parts]).astype(np.int64),
        np.concatenate([part[2] for part in parts]).astype(np.int64),
        sink,
    )
    free = np.ones(network.arcs, dtype=bool)
    free[int(begin[8]) : int(begin[8]) + len(fixed)] = False
    graph = Graph(
        network,
        pairs,
        np.zeros(network.arcs, dtype=np.int64),
        free,
        int(begin[8]),
        tails,
        first_need,
        begin[6] + every_township,
        begin[4] + every_village,
        begin[3] + every_need,
        earlier_pairs(field),
        frozenset(fixed),
        (
            tuple(int(value) for value in begin),
            village,
            home,
            {int(end): place for place, (_, end, _) in enumerate(season_arcs)},
        ),
    )
    graph.flow = route(field, graph, fixed)
    return graph


def route(field: Field, graph: Graph, pairs: Sequence[tuple[int, int]]) -> Ints:
    """The flow of given (need, specialist) pairs through the network; KeyError when one of them has no arc."""
    begin, village, home, seasons = graph.layout
    network, count = graph.network, len(field.specialists)
    flow = np.zeros(network.arcs, dtype=np.int64)
    flow[0] = network.capacity[0]
    wanted = np.array([i * count + j for i, j in pairs], dtype=np.int64)
    codes = graph.pairs.need * count + graph.pairs.specialist
    place = np.flatnonzero(np.isin(codes, wanted))
    if len(place) != len(wanted):
        raise KeyError("a pair that is not allowed")
    flow[graph.first_pair + place] = 1
    for i, j in pairs:
        tail = int(graph.tails[j, field.need_season[i]])
        if tail in seasons:
            flow[begin[2] + seasons[tail]] += 1
        flow[0] -= 1
        flow[begin[1] + j] += 1
        flow[begin[3] + i] += 1
        spot = int(village[i])
        flow[begin[4 if flow[begin[4] + spot] == 0 else 5] + spot] += 1
        town = int(home[spot])
        flow[begin[6 if flow[begin[6] + town] == 0 else 7] + town] += 1
    return flow
