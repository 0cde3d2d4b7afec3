"""A village as ground to be divided: places in metres, blocks between barriers, who is neighbour of whom, how far it is.

*Contiguous* means what a map shows: two homes are neighbours when their cells (all ground nearest to them, inside the village and
on their side of closed barriers) share a border. So a set of homes is connected exactly when its polygon is one piece.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, KDTree, QhullError, Voronoi
from shapely.affinity import affine_transform
from shapely.geometry import MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points, polygonize, unary_union

from yanzhen.planning.grids.problem import Barrier, Crossing, Home, Village

Ints = NDArray[np.int64]
Tree: Any = KDTree  # scipy's stubs do not type it
Floats = NDArray[np.float64]
ROAD = 100.0
"""Metres added to a way that crosses an open barrier: a road keeps a contact group together less well than a lane."""
NO_WAY = 5000.0
"""Metres added where a closed barrier has no crossing."""
_AT_BRIDGE = 40.0
_WGS84 = (6378137.0, 6.69437999014e-3)


@dataclass(frozen=True, slots=True)
class Plane:
    """Metres east and north of a point near by. An affine map: straight lines stay straight, shared edges stay shared."""

    x: float
    y: float
    east: float
    north: float

    @classmethod
    def around(cls, points: Floats, degrees: bool) -> Plane:
        """The plane of a village; ``degrees``: longitude and latitude (WGS 84 or CGCS2000, which agree to a decimetre)."""
        x, y = (float(value) for value in (points.min(axis=0) + points.max(axis=0)) / 2)
        if not degrees:
            return cls(x, y, 1.0, 1.0)
        axis, flat = _WGS84
        sine = math.sin(math.radians(y))
        prime = axis / math.sqrt(1 - flat * sine * sine)
        meridian = prime * (1 - flat) / (1 - flat * sine * sine)
        return cls(x, y, math.radians(1) * prime * math.cos(math.radians(y)), math.radians(1) * meridian)

    def metres(self, points: Floats) -> Floats:
        """Coordinates as metres."""
        return np.asarray((points - [self.x, self.y]) * [self.east, self.north])

    def flat(self, shape: BaseGeometry) -> BaseGeometry:
        """A geometry in metres."""
        return affine_transform(shape, [self.east, 0, 0, self.north, -self.x * self.east, -self.y * self.north])

    def back(self, shape: BaseGeometry) -> BaseGeometry:
        """A geometry in the coordinates of the input."""
        return affine_transform(shape, [1 / self.east, 0, 0, 1 / self.north, self.x, self.y])


def in_degrees(homes: Iterable[Home]) -> bool:
    """Longitude and latitude, by their size (a projected system counts hundreds of thousands of metres)."""
    return all(abs(home.x) <= 180 and abs(home.y) <= 90 for home in homes)


@dataclass(slots=True)
class Ground:
    """A village ready for dividing. Homes sorted by id; ``work`` in hundredths of a workload point (whole numbers add up exactly);
    ``true`` where they stand, ``drawn`` where their cell is grown from (moved by centimetres where two stand on one spot, pulled
    inside where one stands outside); ``edges``: pairs of neighbours; ``outside``: metres outside the boundary; ``hull``: the
    boundary is provisional."""

    village: Village
    homes: list[Home]
    plane: Plane
    boundary: BaseGeometry
    blocks: list[BaseGeometry]
    block: Ints
    true: Floats
    drawn: Floats
    work: Ints
    count: Ints
    edges: Ints
    ways: dict[tuple[int, int], Floats | None]
    outside: dict[int, float] = field(default_factory=dict)
    hull: bool = False

    @property
    def size(self) -> int:
        """Number of homes (points)."""
        return len(self.homes)

    def distances(self, rows: Ints, columns: Ints | None = None) -> Ints:
        """Decimetres between homes, on ways that use crossings."""
        columns = rows if columns is None else columns
        apart = np.hypot(
            self.true[rows, 0][:, None] - self.true[columns, 0][None, :],
            self.true[rows, 1][:, None] - self.true[columns, 1][None, :],
        )
        if len(self.blocks) > 1:
            mine, theirs = self.block[rows], self.block[columns]
            for one in np.unique(mine):
                for two in np.unique(theirs):
                    if one == two:
                        continue
                    where = np.ix_(np.flatnonzero(mine == one), np.flatnonzero(theirs == two))
                    apart[where] = self._across(
                        int(one), int(two), rows[mine == one], columns[theirs == two], apart[where]
                    )
        return np.asarray(np.rint(apart * 10), dtype=np.int64)

    def _across(self, one: int, two: int, rows: Ints, columns: Ints, straight: Floats) -> Floats:
        key = (min(one, two), max(one, two))
        if key not in self.ways:
            return straight + NO_WAY
        bridges = self.ways[key]
        if bridges is None:
            return straight + ROAD
        best = np.full(straight.shape, np.inf)
        for bridge in bridges:
            there = np.hypot(*(self.true[rows] - bridge).T)
            onward = np.hypot(*(self.true[columns] - bridge).T)
            best = np.minimum(best, there[:, None] + onward[None, :])
        return best

    def neighbours(self) -> list[list[int]]:
        """Sorted neighbours of each home."""
        near: list[list[int]] = [[] for _ in range(self.size)]
        for one, two in self.edges.tolist():
            near[one].append(two)
            near[two].append(one)
        return [sorted(items) for items in near]


def pieces(members: Iterable[int], near: Sequence[Sequence[int]]) -> list[list[int]]:
    """Connected pieces of a set of homes, the largest first (the one with the lowest member among equals)."""
    left = set(members)
    found = []
    for start in sorted(left):
        if start not in left:
            continue
        left.discard(start)
        piece, queue = [start], [start]
        while queue:
            for other in near[queue.pop()]:
                if other in left:
                    left.discard(other)
                    piece.append(other)
                    queue.append(other)
        found.append(sorted(piece))
    return sorted(found, key=lambda piece: (-len(piece), piece[0]))


def ground(
    village: Village, homes: Sequence[Home], barriers: Sequence[Barrier], crossings: Sequence[Crossing], degrees: bool
) -> Ground:
    """Lay out one village. ``barriers`` and ``crossings`` may be those of the whole county: far ones are left out."""
    homes = sorted(homes, key=lambda home: home.id)
    raw = np.array([[home.x, home.y] for home in homes], dtype=float)
    plane = Plane.around(raw, degrees)
    true = plane.metres(raw)
    hull = village.boundary is None
    boundary = _hull(true) if village.boundary is None else shapely.make_valid(plane.flat(village.boundary))
    closed = [plane.flat(item.line) for item in barriers if not item.open]
    opened = [plane.flat(item.line) for item in barriers if item.open]
    shapely.prepare(boundary)
    closed = [line for line in closed if boundary.intersects(line)]
    opened = [line for line in opened if boundary.intersects(line)]
    bridges = plane.metres(np.array([[item.x, item.y] for item in crossings], dtype=float).reshape(-1, 2))
    drawn, outside = _inside(boundary, _apart(true))
    blocks = _blocks(boundary, [*closed, *opened], drawn)
    block = _block_of(blocks, drawn)
    edges = _ridge_edges(blocks, block, drawn, closed, bridges)
    ways, across = _border_edges(blocks, block, drawn, closed, bridges)
    every = sorted({*edges, *across})
    return Ground(
        village,
        homes,
        plane,
        boundary,
        blocks,
        block,
        true,
        drawn,
        np.array([round(home.work * 100) for home in homes], dtype=np.int64),
        np.array([home.households for home in homes], dtype=np.int64),
        np.array(every, dtype=np.int64).reshape(-1, 2),
        ways,
        outside,
        hull,
    )


def _hull(points: Floats) -> BaseGeometry:
    cloud = MultiPoint(points)
    shape = shapely.concave_hull(cloud, ratio=0.3) if len(points) > 3 else cloud.convex_hull
    return shape.buffer(60.0)


def _apart(points: Floats) -> Floats:
    """Points that stand on one spot get 30 cm between them, on a spiral: a cell needs a place of its own."""
    drawn = points.copy()
    _, spot, number = np.unique(np.round(points, 2), axis=0, return_inverse=True, return_counts=True)
    spot = spot.ravel()
    if (number == 1).all():
        return drawn
    met: dict[int, int] = {}
    for index in np.flatnonzero(number[spot] > 1):
        turn = met.get(int(spot[index]), 0)
        met[int(spot[index])] = turn + 1
        angle, far = turn * 2.399963229728653, 0.3 * math.sqrt(turn)
        drawn[index] += [far * math.cos(angle), far * math.sin(angle)]
    return drawn


def _inside(boundary: BaseGeometry, points: Floats) -> tuple[Floats, dict[int, float]]:
    within = shapely.contains_xy(boundary, points[:, 0], points[:, 1])
    outside: dict[int, float] = {}
    if within.all():
        return points, outside
    points = points.copy()
    core = boundary.buffer(-0.5)
    core = boundary if core.is_empty else core
    for index in np.flatnonzero(~within):
        point = Point(points[index])
        outside[int(index)] = float(point.distance(boundary))
        nearest = nearest_points(core, point)[0]
        points[index] = [nearest.x, nearest.y]
    return _apart(points), outside


def _blocks(boundary: BaseGeometry, lines: Sequence[BaseGeometry], points: Floats) -> list[BaseGeometry]:
    """The ground between barriers; a block without homes joins the neighbour with the longest common border."""
    if not lines:
        return [boundary]
    noded = unary_union([boundary.boundary, *lines])
    found = [face for face in polygonize(noded) if boundary.contains(face.representative_point())]
    found.sort(key=lambda face: (face.bounds, face.area))
    if len(found) <= 1:
        return [boundary]
    tree = shapely.STRtree(found)
    where, _ = tree.query(shapely.points(points), predicate="intersects")
    hits = tree.query(shapely.points(points), predicate="intersects")[1]
    del where
    lived = set(hits.tolist())
    if not lived:
        return [boundary]
    shapes: dict[int, BaseGeometry] = dict(enumerate(found))
    empty = sorted((index for index in shapes if index not in lived), key=lambda index: (-shapes[index].area, index))
    for index in empty:
        shape = shapes.pop(index)
        border = {
            other: shape.boundary.intersection(shapes[other].boundary).length
            for other in shapes
            if shape.distance(shapes[other]) < 1e-6
        }
        if not border:
            shapes[index] = shape
            continue
        best = max(border, key=lambda other: (border[other], -other))
        shapes[best] = unary_union([shapes[best], shape])
    final = [shapes[index] for index in sorted(shapes)]
    return final


def _block_of(blocks: Sequence[BaseGeometry], points: Floats) -> Ints:
    if len(blocks) == 1:
        return np.zeros(len(points), dtype=np.int64)
    nearest = shapely.STRtree(blocks).query_nearest(shapely.points(points), all_matches=False)[1]
    return np.asarray(nearest, dtype=np.int64)


def ridges(points: Floats, reach: float) -> tuple[Ints, Floats]:
    """Voronoi ridges of a point set: pairs of points and the ends of their common border (m × 2 × 2), made finite by four far
    points. ``reach``: metres around that matter."""
    if len(points) == 1:
        return np.zeros((0, 2), dtype=np.int64), np.zeros((0, 2, 2))
    low, high = points.min(axis=0), points.max(axis=0)
    middle, far = (low + high) / 2, 20 * (float((high - low).max()) + reach + 1.0)
    frame = middle + far * np.array([[-1.0, -0.03], [1.0, 0.02], [0.01, -1.0], [-0.02, 1.0]])
    try:
        diagram = Voronoi(np.vstack([points, frame]))
    except QhullError:  # pragma: no cover - four far points always span the plane
        return np.zeros((0, 2), dtype=np.int64), np.zeros((0, 2, 2))
    pair = np.asarray(diagram.ridge_points, dtype=np.int64)
    ends = np.array(diagram.ridge_vertices)
    good = (pair < len(points)).all(axis=1) & (ends >= 0).all(axis=1)
    return np.sort(pair[good], axis=1), diagram.vertices[ends[good]]


def _ridge_edges(
    blocks: Sequence[BaseGeometry], block: Ints, points: Floats, closed: Sequence[BaseGeometry], bridges: Floats
) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for number, shape in enumerate(blocks):
        here = np.flatnonzero(block == number)
        if len(here) < 2:
            continue
        west, south, east, north = shape.bounds
        pair, ends = ridges(points[here], max(east - west, north - south))
        if not len(pair):
            continue
        shapely.prepare(shape)
        keep = shapely.intersects(shape, shapely.linestrings(ends))
        pair = here[pair[keep]]
        if closed:  # a barrier that ends inside the block still parts those on its two sides
            wall = unary_union(closed)
            if len(bridges):
                wall = wall.difference(MultiPoint(bridges).buffer(_AT_BRIDGE))
            shapely.prepare(wall)
            pair = pair[~shapely.intersects(wall, shapely.linestrings(points[pair]))]
        found |= {(int(one), int(two)) for one, two in np.sort(pair, axis=1)}
    return found


def _border_edges(
    blocks: Sequence[BaseGeometry], block: Ints, points: Floats, closed: Sequence[BaseGeometry], bridges: Floats
) -> tuple[dict[tuple[int, int], Floats | None], set[tuple[int, int]]]:
    """Who is neighbour across the border of two blocks: along open borders, at crossings of closed ones."""
    ways: dict[tuple[int, int], Floats | None] = {}
    found: set[tuple[int, int]] = set()
    if len(blocks) == 1:
        return ways, found
    wall = unary_union(closed).buffer(0.5) if closed else Polygon()
    trees = []
    for number in range(len(blocks)):
        here = np.flatnonzero(block == number)
        trees.append((here, Tree(points[here]) if len(here) else None))
    for one in range(len(blocks)):
        for two in range(one + 1, len(blocks)):
            if blocks[one].distance(blocks[two]) > 1e-6 or trees[one][1] is None or trees[two][1] is None:
                continue
            border = blocks[one].boundary.intersection(blocks[two].boundary)
            free = border.difference(wall)
            samples = _samples(free)
            if len(samples):
                ways[(one, two)] = None
            elif len(bridges):
                near = bridges[shapely.distance(shapely.points(bridges), border) <= _AT_BRIDGE]
                if len(near):
                    ways[(one, two)] = near
                    samples = near
            for sample in samples:
                ends = [int(here[tree.query(sample)[1]]) for here, tree in (trees[one], trees[two]) if tree is not None]
                found.add((min(ends), max(ends)))
    return ways, found


def _samples(line: BaseGeometry, step: float = 5.0) -> Floats:
    """Points along a line, every few metres."""
    spots: list[tuple[float, float]] = []
    for part in getattr(line, "geoms", [line]):
        if part.geom_type != "LineString" or part.length < 0.5:
            continue
        for turn in range(int(part.length // step) + 1):
            spot = part.interpolate(min(turn * step + step / 2, part.length))
            spots.append((spot.x, spot.y))
    return np.array(spots).reshape(-1, 2)


def spread(points: Floats) -> float:
    """Area of the convex hull in square metres (0 for a line)."""
    if len(points) < 3:
        return 0.0
    try:
        return float(ConvexHull(points).volume)
    except QhullError:
        return 0.0
