"""Borders as small drawings: GeoJSON geometries to SVG paths in one frame (plain Python)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import cos, radians
from typing import Any


@dataclass(frozen=True, slots=True)
class Shape:
    """One unit's outline in the frame, and a point for its name."""

    key: int
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """Outlines that share one frame of ``width`` × ``height``."""

    width: int
    height: int
    shapes: tuple[Shape, ...]


def _rings(geometry: Mapping[str, Any]) -> Iterator[list[list[float]]]:
    if geometry.get("type") == "Polygon":
        yield from geometry["coordinates"]
    elif geometry.get("type") == "MultiPolygon":
        for polygon in geometry["coordinates"]:
            yield from polygon


def draw(geometries: Mapping[int, Mapping[str, Any]], width: int = 640) -> Drawing | None:
    """Outlines of all geometries in one frame; None when there is nothing to draw.

    Plate carrée with the longitudes shortened by the cosine of the middle latitude: right enough for a county.
    """
    points = [point for geometry in geometries.values() for ring in _rings(geometry) for point in ring]
    if not points:
        return None
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    squeeze = cos(radians((south + north) / 2)) or 1.0
    scale = width / max((east - west) * squeeze, 1e-9)
    height = max(int((north - south) * scale), 1)

    def at(point: list[float]) -> tuple[float, float]:
        return round((point[0] - west) * squeeze * scale, 1), round((north - point[1]) * scale, 1)

    shapes = []
    for key, geometry in geometries.items():
        rings = [[at(point) for point in ring] for ring in _rings(geometry)]
        if not rings:
            continue
        path = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z" for ring in rings)
        largest = max(rings, key=len)
        x = sum(point[0] for point in largest) / len(largest)
        y = sum(point[1] for point in largest) / len(largest)
        shapes.append(Shape(key, path, round(x, 1), round(y, 1)))
    return Drawing(width, height, tuple(shapes))
