"""An invented county for examples, tests and benchmarks: villages on a jittered lattice, hamlets along a stream, outlying houses."""

from __future__ import annotations

import math

import numpy as np
from scipy.spatial import Voronoi
from shapely.geometry import LineString, Point, Polygon

from yanzhen.planning.grids.problem import Barrier, Crossing, Home, Problem, Scheme, Village

_FIRST = "上下前后东西南北中新老大小高低"
_SECOND = "湾坪岭坑塘埔垅洋田寨屋园溪桥墩"
_LAT, _LON = 25.3, 118.6
_METRE_LAT = 1 / 110_800.0


def county(
    villages: int = 250,
    households: int = 800,
    *,
    seed: int = 1,
    scheme: Scheme | None = None,
    rivers: bool = False,
    prefix: str = "350999",
    blocks: float = 0.0,
) -> Problem:
    """A county with about ``households`` a village. ``rivers``: one river through the villages with a bridge each kilometre;
    ``blocks``: share of homes that are buildings with several households."""
    rng = np.random.default_rng(seed)
    across = max(1, math.ceil(math.sqrt(villages)))
    down = math.ceil(villages / across)
    pitch = 2600.0
    grid = [(x, y) for y in range(-1, down + 1) for x in range(-1, across + 1)]
    centres = np.array(grid, dtype=float) * pitch + rng.uniform(-0.22, 0.22, (len(grid), 2)) * pitch
    inner = [index for index, (x, y) in enumerate(grid) if 0 <= x < across and 0 <= y < down][:villages]
    cells = Voronoi(centres)
    metre_lon = 1 / (111_320.0 * math.cos(math.radians(_LAT)))

    def degrees(point: tuple[float, float] | np.ndarray) -> tuple[float, float]:
        return round(_LON + float(point[0]) * metre_lon, 7), round(_LAT + float(point[1]) * _METRE_LAT, 7)

    made_villages, homes, barriers, crossings = [], [], [], []
    for number, index in enumerate(inner):
        code = f"{prefix}{1 + number // 20:03d}{200 + number % 20:03d}"
        corners = cells.vertices[cells.regions[cells.point_region[index]]]
        order = np.argsort(np.arctan2(*(corners - corners.mean(axis=0)).T[::-1]))
        shape = Polygon(corners[order])
        made_villages.append(
            Village(
                code,
                f"{_FIRST[number % 15]}{_SECOND[number // 15 % 15]}村",
                Polygon([degrees(p) for p in corners[order]]),
            )
        )
        homes += _homes(rng, shape, code, households, degrees, blocks)
    if rivers:
        width = across * pitch
        for turn in range(0, down, 2):
            xs = np.linspace(-pitch, width + pitch, 60)
            ys = turn * pitch + 260 * np.sin(xs / 900.0) + 120
            barriers.append(
                Barrier(f"R{turn}", LineString([degrees((x, y)) for x, y in zip(xs, ys, strict=True)]), "河")
            )
            for step in np.arange(-pitch, width + pitch, 1000.0):
                x, y = degrees((step, turn * pitch + 260 * math.sin(step / 900.0) + 120))
                crossings.append(Crossing(f"B{turn}-{int(step)}", x, y))
    return Problem(tuple(homes), tuple(made_villages), tuple(barriers), tuple(crossings), scheme or Scheme())


def _homes(rng: np.random.Generator, shape: Polygon, code: str, households: int, degrees, blocks: float) -> list[Home]:  # type: ignore[no-untyped-def]
    hamlets = int(rng.integers(6, 12))
    share = rng.lognormal(0.0, 0.6, hamlets)
    sizes = np.maximum(6, np.rint(share / share.sum() * households)).astype(int)
    inside = shape.buffer(-160)
    west, south, east, north = inside.bounds
    centres: list[np.ndarray] = []
    while len(centres) < hamlets:
        spot = np.array([rng.uniform(west, east), rng.uniform(south, north)])
        apart = min((float(np.hypot(*(spot - other))) for other in centres), default=1e9)
        if inside.contains(Point(spot)) and apart > 330 - 3 * len(centres):
            centres.append(spot)
        elif rng.random() < 0.002:
            centres.append(np.array(inside.representative_point().coords[0]) + rng.normal(0, 60, 2))
    made: list[Home] = []
    group = 0
    for number, (middle, size) in enumerate(zip(centres, sizes, strict=True)):
        name = f"{_FIRST[int(rng.integers(15))]}{_SECOND[number % 15]}"
        groups = max(1, round(size / 45))
        turn = rng.uniform(0, math.pi)
        axes = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
        spots: list[np.ndarray] = []
        reach = 17.0 * math.sqrt(size)
        while len(spots) < size:
            local = rng.normal(0, 1, 2) * [0.62 * reach, 0.36 * reach]
            spot = middle + local @ axes
            if rng.random() < 0.006:
                spot = middle + rng.normal(0, 1, 2) * 300
            if shape.buffer(-5).contains(Point(spot)):
                spots.append(spot)
        along = np.argsort(np.array(spots) @ axes[0] + rng.normal(0, 4, size))
        for place, index in enumerate(along):
            several = int(rng.integers(4, 13)) if rng.random() < blocks else 1
            x, y = degrees(spots[index])
            made.append(
                Home(
                    f"{code}-{len(made) + 1:04d}",
                    code,
                    x,
                    y,
                    f"{group + place * groups // size + 1}组",
                    name,
                    several,
                    None if rng.random() > 0.1 else float(several) + 0.5,
                    int(rng.random() < 0.06),
                    "yes" if rng.random() < 0.15 else ("no" if rng.random() < 0.1 else ""),
                )
            )
        group += groups
    return made
