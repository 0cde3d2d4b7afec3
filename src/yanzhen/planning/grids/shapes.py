"""Polygons of a drawing: without gaps or overlaps inside the village, with exactly shared edges.

Cells are not cut out one by one and glued (that leaves slivers). The borders themselves are drawn: village boundary, barriers between
blocks, and those Voronoi edges that part two groups. They are noded once and polygonised once, so every edge belongs to both of its
sides. Micro-grids and grids are unions of the faces, so the layers nest exactly.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, unary_union

from yanzhen.planning.grids.ground import Ground, Tree, ground, in_degrees, ridges
from yanzhen.planning.grids.problem import Home, Place, Problem
from yanzhen.planning.kernel.records import Plan

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shape:
    """A polygon of a layer: village, grid, micro or contact; its code; in the coordinates of the input."""

    layer: str
    code: str
    village: str
    polygon: BaseGeometry


def shapes(
    problem: Problem, plan: Plan[Place], *, contact: bool = False, villages: Iterable[str] | None = None
) -> list[Shape]:
    """Polygons of villages, grids and micro-grids (and contact groups), village by village, codes ascending."""
    wanted = None if villages is None else set(villages)
    by_village: dict[str, list[Home]] = defaultdict(list)
    for home in problem.homes:
        by_village[home.village].append(home)
    code_of: dict[str, Place] = {}
    for line in plan.lines:
        code_of.setdefault(line.home.split("#")[0] if line.home not in code_of else line.home, line)
    for line in plan.lines:
        code_of[line.home] = line
    degrees = in_degrees(problem.homes)
    barriers, crossings = _near(problem)
    made: list[Shape] = []
    for village in sorted(problem.villages, key=lambda item: item.code):
        homes = by_village.get(village.code)
        if (
            not homes
            or (wanted is not None and village.code not in wanted)
            or any(home.id not in code_of for home in homes)
        ):
            continue
        land = ground(village, homes, barriers(homes), crossings(homes), degrees)
        lines = [code_of[home.id] for home in land.homes]
        finest = [line.contact for line in lines] if contact else [line.micro or line.grid for line in lines]
        faces = divide(land, finest)
        made.append(Shape("village", village.code, village.code, land.plane.back(land.boundary)))
        levels: list[tuple[str, Mapping[str, str]]] = [
            ("grid", {fine: line.grid for fine, line in zip(finest, lines, strict=True)})
        ]
        if problem.scheme.micro is not None:
            levels.append(("micro", {fine: line.micro for fine, line in zip(finest, lines, strict=True)}))
        if contact:
            levels.append(("contact", {fine: line.contact for fine, line in zip(finest, lines, strict=True)}))
        for layer, names in levels:
            united: dict[str, list[BaseGeometry]] = defaultdict(list)
            for fine, shape in faces.items():
                united[names[fine]].append(shape)
            for code in sorted(united):
                parts = [part for shape in united[code] for part in getattr(shape, "geoms", [shape])]
                whole = shapely.coverage_union_all(parts) if len(parts) > 1 else parts[0]
                made.append(Shape(layer, code, village.code, land.plane.back(whole)))
    return made


def _near(problem: Problem) -> tuple[Any, Any]:
    barriers = sorted(problem.barriers, key=lambda item: item.id)
    crossings = sorted(problem.crossings, key=lambda item: item.id)
    lines = shapely.STRtree([item.line for item in barriers]) if barriers else None
    spots = shapely.STRtree([shapely.Point(item.x, item.y) for item in crossings]) if crossings else None
    boundary = {item.code: item.boundary for item in problem.villages}

    def box(homes: Sequence[Home]) -> BaseGeometry:
        around = shapely.box(
            min(home.x for home in homes),
            min(home.y for home in homes),
            max(home.x for home in homes),
            max(home.y for home in homes),
        )
        shape = boundary.get(homes[0].village)
        return around if shape is None else shapely.union(around, shape.envelope).envelope

    def near_lines(homes: Sequence[Home]) -> list[Any]:
        return (
            []
            if lines is None
            else [barriers[number] for number in sorted(lines.query(box(homes), predicate="intersects"))]
        )

    def near_spots(homes: Sequence[Home]) -> list[Any]:
        return (
            []
            if spots is None
            else [crossings[number] for number in sorted(spots.query(box(homes), predicate="intersects"))]
        )

    return near_lines, near_spots


def divide(land: Ground, labels: Sequence[str]) -> dict[str, BaseGeometry]:
    """Label → polygon, in metres; together they are the village exactly."""
    borders: list[BaseGeometry] = [land.boundary.boundary]
    if len(land.blocks) > 1:
        borders += [block.boundary for block in land.blocks]
    west, south, east, north = land.boundary.bounds
    reach = max(east - west, north - south)
    for number, block in enumerate(land.blocks):
        here = np.flatnonzero(land.block == number)
        if len(here) < 2:
            continue
        pair, ends = ridges(land.drawn[here], reach)
        between = [place for place, (one, two) in enumerate(pair.tolist()) if labels[here[one]] != labels[here[two]]]
        if not between:
            continue
        lines = shapely.linestrings(ends[between])
        shapely.prepare(block)
        inner = shapely.contains_properly(block, lines)
        borders += list(lines[inner])
        # A centimetre too long: so that noding makes a point on the boundary, and what stands over falls away.
        wide = block.buffer(0.01, join_style="mitre")
        borders += [part for part in shapely.intersection(wide, lines[~inner]) if not part.is_empty]
    if len(borders) == 1:
        return {labels[0]: land.boundary} if len(labels) else {}
    faces = list(polygonize(unary_union(borders)))
    inside = shapely.contains(land.boundary, shapely.point_on_surface(faces))
    faces = [face for face, good in zip(faces, inside, strict=True) if good]
    return _owned(land, labels, faces)


def _owned(land: Ground, labels: Sequence[str], faces: list[BaseGeometry]) -> dict[str, BaseGeometry]:
    """Each face to its homes' label; a face without homes to the neighbour of its own label, else with the longest common border."""
    tree = shapely.STRtree(faces)
    home_at, face_at = tree.query(shapely.points(land.drawn), predicate="intersects")
    lived: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for home, face in zip(home_at.tolist(), face_at.tolist(), strict=True):
        lived[face][labels[home]] += 1
    owner: dict[int, str] = {face: max(sorted(names), key=lambda name: names[name]) for face, names in lived.items()}
    empty = [face for face in range(len(faces)) if face not in owner]
    if empty:
        nearest: dict[int, str] = {}
        for face in empty:
            spot = shapely.point_on_surface(faces[face])
            block = (
                int(shapely.STRtree(land.blocks).query_nearest(spot, all_matches=False)[0])
                if len(land.blocks) > 1
                else 0
            )
            here = np.flatnonzero(land.block == block)
            here = here if len(here) else np.arange(land.size)
            nearest[face] = labels[int(here[int(Tree(land.drawn[here]).query([spot.x, spot.y])[1])])]
        left = sorted(empty, key=lambda face: (-faces[face].area, face))
        while left:
            rest = []
            for face in left:
                border: dict[str, float] = defaultdict(float)
                for other in tree.query(faces[face], predicate="intersects").tolist():
                    if other != face and other in owner:
                        border[owner[other]] += faces[face].intersection(faces[other]).length
                touching = {name: length for name, length in border.items() if length > 1e-9}
                if not touching:
                    rest.append(face)
                elif nearest[face] in touching:
                    owner[face] = nearest[face]
                else:
                    owner[face] = max(sorted(touching), key=lambda name: touching[name])
            if len(rest) == len(left):
                for face in rest:
                    owner[face] = nearest[face]
                break
            left = rest
    united: dict[str, list[BaseGeometry]] = defaultdict(list)
    for face, name in owner.items():
        united[name].append(faces[face])
    return {
        name: shapely.coverage_union_all(parts) if len(parts) > 1 else parts[0]
        for name, parts in sorted(united.items())
    }


def geojson(made: Sequence[Shape], facts: Mapping[str, Mapping[str, Any]], digits: int = 9) -> str:
    """A FeatureCollection; ``facts``: properties by code. Coordinates rounded alike on both sides of an edge."""
    features = []
    for item in made:
        properties = {"layer": item.layer, "code": item.code, "village": item.village, **facts.get(item.code, {})}
        features.append(
            {"type": "Feature", "properties": properties, "geometry": _rounded(mapping(item.polygon), digits)}
        )
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def _rounded(shape: Mapping[str, Any], digits: int) -> dict[str, Any]:
    def rounded(value: Any) -> Any:
        return round(value, digits) if isinstance(value, float) else [rounded(item) for item in value]

    return {"type": shape["type"], "coordinates": rounded(shape["coordinates"])}
