"""Minutes from every place to every site: on a network (Dijkstra, SciPy), from a given table, or straight lines with a factor.

Times are rounded to 0.01 minute, so that equal input gives equal comparisons on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.siting.matrices import Matrix, Tree, csgraph, sparse
from yanzhen.planning.siting.problem import Problem

Floats = NDArray[np.float64]
CHUNK = 64
#: Walking from the door to the network: off any path, so with the factor of straight lines.
EARTH = 6_371_000.0


def metric(points: list[tuple[float, float]], *, like: list[tuple[float, float]]) -> Floats:
    """Coordinates in metres on a plane: degrees are projected about the middle latitude (error below 0.1 % over a county)."""
    values = np.asarray(points, dtype=float).reshape(-1, 2)
    every = np.asarray(like, dtype=float).reshape(-1, 2)
    if not len(every) or np.abs(every[:, 0]).max() > 180 or np.abs(every[:, 1]).max() > 90:
        return values
    middle = np.radians((every[:, 1].min() + every[:, 1].max()) / 2)
    return np.column_stack([np.radians(values[:, 0]) * EARTH * np.cos(middle), np.radians(values[:, 1]) * EARTH])


@dataclass(frozen=True)
class Times:
    """Minutes as a sparse matrix place × site (absent: farther than ``horizon``, or no way at all); zero minutes are stored."""

    matrix: Matrix
    horizon: float

    def within(self, minutes: float) -> Matrix:
        """Boolean place × site: reached within so many minutes."""
        matrix = self.matrix
        keep = matrix.data <= minutes + 1e-9
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[keep]
        return sparse.csr_matrix((np.ones(int(keep.sum())), (rows, matrix.indices[keep])), shape=matrix.shape)

    def dense(self) -> Floats:
        """With infinity for what is not stored."""
        full = np.full(self.matrix.shape, np.inf)
        rows = np.repeat(np.arange(self.matrix.shape[0]), np.diff(self.matrix.indptr))
        full[rows, self.matrix.indices] = self.matrix.data
        return full


def times(problem: Problem, horizon: float | None = None) -> Times:
    """Minutes in the problem's mode up to ``horizon`` (None: no limit)."""
    far = np.inf if horizon is None else horizon
    if problem.minutes is not None:
        return _table(problem, far)
    return _network(problem, far) if problem.network is not None else _lines(problem, far)


def _matrix(rows: Any, columns: Any, values: Floats, shape: tuple[int, int], horizon: float) -> Times:
    values = np.round(values, 2)
    keep = values <= horizon + 1e-9
    # Explicit zeros must survive: csr keeps stored zeros as long as nobody calls eliminate_zeros.
    matrix = sparse.csr_matrix((values[keep], (np.asarray(rows)[keep], np.asarray(columns)[keep])), shape=shape)
    matrix.sort_indices()
    return Times(matrix, horizon)


def _table(problem: Problem, horizon: float) -> Times:
    places = {item.id: index for index, item in enumerate(problem.places)}
    sites = {item.id: index for index, item in enumerate(problem.sites)}
    found = [
        (places[a], sites[b], value) for (a, b), value in (problem.minutes or {}).items() if a in places and b in sites
    ]
    data = np.asarray(found, dtype=float).reshape(-1, 3)
    return _matrix(data[:, 0].astype(int), data[:, 1].astype(int), data[:, 2], (len(places), len(sites)), horizon)


def _lines(problem: Problem, horizon: float) -> Times:
    places, sites = [(p.x, p.y) for p in problem.places], [(s.x, s.y) for s in problem.sites]
    here, there = metric(places, like=places + sites), metric(sites, like=places + sites)
    per_minute = problem.parameters.speeds[problem.parameters.mode] * 1000 / 60
    factor, shape = problem.parameters.factor, (len(places), len(sites))
    if np.isinf(horizon):
        metres = np.hypot(here[:, None, 0] - there[None, :, 0], here[:, None, 1] - there[None, :, 1])
        rows, columns = np.indices(shape)
        return _matrix(rows.ravel(), columns.ravel(), metres.ravel() * factor / per_minute, shape, horizon)
    radius = horizon * per_minute / factor + 1.0
    found = Tree(here).sparse_distance_matrix(Tree(there), radius, output_type="coo_matrix")
    pairs = Tree(here).query_ball_tree(Tree(there), 1e-9)  # stored zeros: a point at somebody's door
    zero = [(row, column) for row, columns in enumerate(pairs) for column in columns]
    seen = set(zip(found.row.tolist(), found.col.tolist(), strict=True))
    zero = [pair for pair in zero if pair not in seen]
    rows = np.concatenate([found.row, np.asarray([row for row, _ in zero], dtype=int)])
    columns = np.concatenate([found.col, np.asarray([column for _, column in zero], dtype=int)])
    values = np.concatenate([found.data, np.zeros(len(zero))])
    return _matrix(rows, columns, values * factor / per_minute, shape, horizon)


@dataclass(frozen=True)
class Graph:
    """The network in minutes of a mode, with the node and the minutes of the last steps of each place and site."""

    minutes: Matrix
    place_node: NDArray[np.int64]
    place_minutes: Floats
    site_node: NDArray[np.int64]
    site_minutes: Floats


def graph(problem: Problem) -> Graph:
    """Build it: repeated edges keep the quicker one, closed and forbidden ones are left out."""
    network, parameters = problem.network, problem.parameters
    if network is None:
        raise ValueError("no network")
    names = sorted(network.nodes)
    number = {name: index for index, name in enumerate(names)}
    per_minute = parameters.speeds[parameters.mode] * 1000 / 60
    best: dict[tuple[int, int], float] = {}
    for edge in network.edges:
        if edge.closed or parameters.mode not in edge.modes or edge.a == edge.b:
            continue
        a, b = number[edge.a], number[edge.b]
        minutes = max(edge.metres * edge.slow / per_minute, 1e-6)
        key = (min(a, b), max(a, b))
        best[key] = min(minutes, best.get(key, np.inf))
    rows = np.asarray([key[0] for key in best], dtype=int)
    columns = np.asarray([key[1] for key in best], dtype=int)
    values = np.asarray(list(best.values()), dtype=float)
    size = len(names)
    matrix = sparse.csr_matrix(
        (np.r_[values, values], (np.r_[rows, columns], np.r_[columns, rows])), shape=(size, size)
    )
    nodes = [network.nodes[name] for name in names]
    places, sites = [(p.x, p.y) for p in problem.places], [(s.x, s.y) for s in problem.sites]
    every = nodes + places + sites
    used = np.flatnonzero(np.diff(matrix.indptr) > 0)
    if not len(used):
        used = np.arange(size)
    tree = Tree(metric(nodes, like=every)[used])
    walk = parameters.speeds.get("walk", parameters.speeds[parameters.mode]) * 1000 / 60
    off_place, at_place = tree.query(metric(places, like=every))
    off_site, at_site = tree.query(metric(sites, like=every))
    return Graph(
        matrix,
        used[at_place].astype(np.int64),
        off_place * parameters.factor / walk,
        used[at_site].astype(np.int64),
        off_site * parameters.factor / walk,
    )


def _network(problem: Problem, horizon: float) -> Times:
    net = graph(problem)
    nodes, inverse = np.unique(net.site_node, return_inverse=True)
    shape = (len(problem.places), len(problem.sites))
    rows, columns, values = [], [], []
    for start in range(0, len(nodes), CHUNK):
        part = nodes[start : start + CHUNK]
        found = csgraph.dijkstra(net.minutes, directed=False, indices=part, limit=horizon)
        at_places = found[:, net.place_node] + net.place_minutes[None, :]
        for offset in range(len(part)):
            for site in np.flatnonzero(inverse == start + offset):
                minutes = at_places[offset] + net.site_minutes[site]
                keep = np.flatnonzero(np.isfinite(minutes) & (minutes <= horizon + 0.005))
                rows.append(keep)
                columns.append(np.full(len(keep), site))
                values.append(minutes[keep])
    if not rows:
        return _matrix(np.zeros(0, int), np.zeros(0, int), np.zeros(0), shape, horizon)
    return _matrix(np.concatenate(rows), np.concatenate(columns), np.concatenate(values), shape, horizon)


def nearest(problem: Problem, candidates: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Floats]:
    """The nearest of the marked sites for every place and its minutes, however far (−1 and infinity: no way at all)."""
    chosen = np.flatnonzero(candidates)
    count = len(problem.places)
    site, best = np.full(count, -1, dtype=np.int64), np.full(count, np.inf)
    if not len(chosen):
        return site, best
    if problem.minutes is not None:
        full = times(problem).dense()[:, chosen]
        place = full.argmin(axis=1)
        best = full[np.arange(count), place]
        return np.where(np.isfinite(best), chosen[place], -1), best
    if problem.network is None:
        return _straight(problem, chosen)
    net = graph(problem)
    # A node of its own per site carries the site's last steps, so that one run from all of them is exact.
    size, extra = net.minutes.shape[0], len(chosen)
    arcs = net.minutes.tocoo()
    rows = np.r_[arcs.row, np.arange(size, size + extra)]
    columns = np.r_[arcs.col, net.site_node[chosen]]
    data = np.r_[arcs.data, np.maximum(net.site_minutes[chosen], 1e-9)]
    wide = sparse.csr_matrix((data, (rows, columns)), shape=(size + extra, size + extra))
    distance, _, source = csgraph.dijkstra(
        wide, indices=np.arange(size, size + extra), min_only=True, return_predecessors=True
    )
    minutes = np.round(distance[net.place_node] + net.place_minutes, 2)
    from_node = source[net.place_node]
    return np.where(np.isfinite(minutes), chosen[np.maximum(from_node - size, 0)], -1), minutes


def _straight(problem: Problem, chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], Floats]:
    places, sites = [(p.x, p.y) for p in problem.places], [(s.x, s.y) for s in problem.sites]
    here, there = metric(places, like=places + sites), metric(sites, like=places + sites)
    metres, index = Tree(there[chosen]).query(here)
    per_minute = problem.parameters.speeds[problem.parameters.mode] * 1000 / 60
    return chosen[index], np.round(metres * problem.parameters.factor / per_minute, 2)
