"""Point to grid: a quadtree cover of the grid polygons, one sorted search per point, exact tests on edge cells only.

A cell is a range of Morton codes at the finest depth; cells are disjoint, so the cell of a point is one ``searchsorted``.
A point on a border belongs to the grid with the lowest code, as in the exact answer this is tested against.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

_DEPTH = 16
"""Finest Morton depth; cells go only as deep as ``build`` is told."""
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cover:
    """The cover of one map. ``starts``/``ends``: Morton ranges of disjoint cells; candidates of cell i:
    ``owners[offsets[i]:offsets[i+1]]``, sorted by code; ``sure``: the cell lies whole in its one owner."""

    west: float
    south: float
    size: float
    starts: Ints
    ends: Ints
    sure: npt.NDArray[np.bool_]
    offsets: Ints
    owners: Ints
    codes: Ints
    shapes: Any

    @property
    def cells(self) -> int:
        return len(self.starts)

    def find(self, lon: Floats, lat: Floats) -> Ints:
        """The grid of each point; 0 where none holds it (NaN included)."""
        out = np.zeros(len(lon), dtype=np.int64)
        if not self.cells:
            return out
        scale = (1 << _DEPTH) / self.size
        x, y = (lon - self.west) * scale, (lat - self.south) * scale
        limit = float(1 << _DEPTH)
        inside = (x >= 0) & (y >= 0) & (x < limit) & (y < limit)
        at = np.nonzero(inside)[0]
        key = _morton(x[at].astype(np.int64), y[at].astype(np.int64))
        cell = np.searchsorted(self.starts, key, side="right") - 1
        hit = (cell >= 0) & (key < self.ends[np.maximum(cell, 0)])
        at, cell = at[hit], cell[hit]
        known = self.sure[cell]
        out[at[known]] = self.codes[self.owners[self.offsets[cell[known]]]]
        self._edges(lon, lat, at[~known], cell[~known], out)
        return out

    def _edges(self, lon: Floats, lat: Floats, at: Ints, cell: Ints, out: Ints) -> None:
        count = self.offsets[cell + 1] - self.offsets[cell]
        point = np.repeat(np.arange(len(at)), count)
        first = (
            np.repeat(self.offsets[cell] - np.concatenate(([0], np.cumsum(count)[:-1])), count) if len(at) else count
        )
        owner = self.owners[np.arange(len(point)) + first]
        touched = shapely.intersects_xy(self.shapes[owner], lon[at[point]], lat[at[point]])
        point, owner = point[touched], owner[touched]
        if len(point):
            unique, index = np.unique(point, return_index=True)  # candidates stand by code: the first is the lowest
            out[at[unique]] = self.codes[owner[index]]


def build(polygons: Mapping[int, bytes], depth: int = 12) -> Cover:
    """The cover of grid polygons (WKB by code) down to cells of 1/2**depth of the map's longer side."""
    codes, shapes = _shapes(polygons)
    empty = np.zeros(0, dtype=np.int64)
    if not len(codes):
        return Cover(0, 0, 1, empty, empty, empty.astype(bool), np.zeros(1, np.int64), empty, codes, shapes)
    west, south, east, north = shapely.total_bounds(shapes)
    margin = max(east - west, north - south) * 1e-6 + 1e-9
    west, south = float(west - margin), float(south - margin)
    size = float(max(east - west, north - south) + 2 * margin)
    owner = np.arange(len(codes))
    cx, cy = np.zeros(len(codes), np.int64), np.zeros(len(codes), np.int64)
    found: list[tuple[Ints, Ints, Ints, npt.NDArray[np.bool_]]] = []
    bounds = shapely.bounds(shapes)
    for step in range(1, depth + 1):
        cx = (np.repeat(cx * 2, 4).reshape(-1, 4) + np.array([0, 1, 0, 1])).ravel()
        cy = (np.repeat(cy * 2, 4).reshape(-1, 4) + np.array([0, 0, 1, 1])).ravel()
        owner = np.repeat(owner, 4)
        side = size / (1 << step)
        left, low = west + cx * side, south + cy * side
        near = (left <= bounds[owner, 2]) & (left + side >= bounds[owner, 0])
        near &= (low <= bounds[owner, 3]) & (low + side >= bounds[owner, 1])
        cx, cy, owner, left, low = cx[near], cy[near], owner[near], left[near], low[near]
        boxes = shapely.box(left, low, left + side, low + side)
        if step >= 4:
            touching = shapely.intersects(shapes[owner], boxes)
            cx, cy, owner, boxes = cx[touching], cy[touching], owner[touching], boxes[touching]
            whole = shapely.contains_properly(shapes[owner], boxes)
        else:
            whole = np.zeros(len(owner), dtype=bool)
        first, settled = _first(cx, cy, owner, whole)
        # the lowest code owns a whole cell; who comes after it there has nothing to say
        cx, cy, owner, whole, first = cx[~settled], cy[~settled], owner[~settled], whole[~settled], first[~settled]
        done = whole & first if step < depth else np.ones(len(owner), dtype=bool)
        width = 1 << 2 * (_DEPTH - step)
        start = _morton(cx[done], cy[done]) * width
        found.append((start, np.full(len(start), width, np.int64), owner[done], whole[done]))
        cx, cy, owner = cx[~done], cy[~done], owner[~done]
    return _assemble(found, west, south, size, codes, shapes)


def save(cover: Cover, path: Path) -> None:
    """Keep a cover (its polygons are kept elsewhere); written whole or not at all."""
    aside = path.with_suffix(".new.npz")
    np.savez(
        aside, west=cover.west, south=cover.south, size=cover.size, starts=cover.starts, ends=cover.ends, sure=cover.sure,
        offsets=cover.offsets, owners=cover.owners,
    )  # fmt: skip
    aside.replace(path)


def load(path: Path, polygons: Mapping[int, bytes]) -> Cover:
    """A cover that was kept, with the polygons it was built from."""
    codes, shapes = _shapes(polygons)
    with np.load(path) as kept:
        return Cover(
            float(kept["west"]), float(kept["south"]), float(kept["size"]), kept["starts"], kept["ends"], kept["sure"],
            kept["offsets"], kept["owners"], codes, shapes,
        )  # fmt: skip


def _shapes(polygons: Mapping[int, bytes]) -> tuple[Ints, Any]:
    codes = np.array(sorted(polygons), dtype=np.int64)
    shapes = shapely.from_wkb(np.array([polygons[int(code)] for code in codes], dtype=object))
    shapely.prepare(shapes)
    return codes, shapes


def _assemble(
    found: list[tuple[Ints, Ints, Ints, npt.NDArray[np.bool_]]],
    west: float,
    south: float,
    size: float,
    codes: Ints,
    shapes: Any,
) -> Cover:
    start = np.concatenate([each[0] for each in found])
    width = np.concatenate([each[1] for each in found])
    owner = np.concatenate([each[2] for each in found])
    whole = np.concatenate([each[3] for each in found])
    order = np.lexsort((owner, start))
    start, width, owner, whole = start[order], width[order], owner[order], whole[order]
    first = np.concatenate(([True], start[1:] != start[:-1])) if len(start) else np.zeros(0, bool)
    index = np.nonzero(first)[0]
    offsets = np.append(index, len(start)).astype(np.int64)
    sure = whole[index] & (np.diff(offsets) == 1)
    return Cover(west, south, size, start[index], start[index] + width[index], sure, offsets, owner, codes, shapes)


def _first(
    cx: Ints, cy: Ints, owner: Ints, whole: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether a row is the lowest code of its cell, and whether its cell belongs whole to a lower one."""
    key = _morton(cx, cy)
    order = np.lexsort((owner, key))
    ordered = key[order]
    start = np.concatenate(([True], ordered[1:] != ordered[:-1])) if len(key) else np.zeros(0, dtype=bool)
    group = np.cumsum(start) - 1
    first, settled = np.zeros(len(key), dtype=bool), np.zeros(len(key), dtype=bool)
    first[order] = start
    settled[order] = whole[order][start][group] & ~start if len(key) else start
    return first, settled


def _morton(x: Ints, y: Ints) -> Ints:
    return _spread(x) | (_spread(y) << 1)


def _spread(value: Ints) -> Ints:
    value = (value | (value << 16)) & 0x0000FFFF0000FFFF
    value = (value | (value << 8)) & 0x00FF00FF00FF00FF
    value = (value | (value << 4)) & 0x0F0F0F0F0F0F0F0F
    value = (value | (value << 2)) & 0x3333333333333333
    return (value | (value << 1)) & 0x5555555555555555


def exact(polygons: Mapping[int, bytes], lon: Floats, lat: Floats) -> Ints:
    """The same by exact geometry alone (an R-tree and a test per candidate): what ``find`` is held against."""
    codes = np.array(sorted(polygons), dtype=np.int64)
    shapes = shapely.from_wkb(np.array([polygons[int(code)] for code in codes], dtype=object))
    points = shapely.points(lon, lat)
    at, which = shapely.STRtree(shapes).query(points, predicate="intersects")
    out = np.full(len(lon), np.iinfo(np.int64).max)
    np.minimum.at(out, at, codes[which])
    out[out == np.iinfo(np.int64).max] = 0
    return out


def overlaps(polygons: Mapping[int, bytes], least: float = 1e-12) -> list[tuple[int, int]]:
    """Pairs of grids whose areas overlap by more than ``least`` square degrees (about 0.01 m²)."""
    codes = sorted(polygons)
    shapes = shapely.from_wkb(np.array([polygons[code] for code in codes], dtype=object))
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    areas = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    return [(codes[a], codes[b]) for a, b in zip(one[areas > least], other[areas > least], strict=True)]
