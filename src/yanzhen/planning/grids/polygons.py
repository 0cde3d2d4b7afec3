"""Polygons of a map, also one changed by hand, against the village."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from yanzhen.planning.grids.checking import add, metre_scale
from yanzhen.planning.grids.problem import Home, Problem
from yanzhen.planning.kernel.findings import Finding


def check_polygons(
    problem: Problem, grids: Sequence[tuple[str, BaseGeometry]], *, tolerance: float = 1.0
) -> list[Finding]:
    """Polygons of grids against the village: valid, one code each, no overlap, no gap, not outside; areas in m² above
    ``tolerance`` are named."""
    found: list[Finding] = []
    homes: dict[str, list[Home]] = defaultdict(list)
    for home in problem.homes:
        homes[home.village].append(home)
    by_village: dict[str, list[tuple[str, BaseGeometry]]] = defaultdict(list)
    for code, shape in grids:
        by_village[code[:12]].append((code, shape))
    for code, number in sorted(Counter(code for code, _ in grids).items()):
        if number > 1:
            add(found, "grids.shape.twice", code, "网格 {code} 有两个图形", "grid {code} has two polygons", code=code)
    for village in problem.villages:
        mine = by_village.pop(village.code, [])
        if not mine or not homes[village.code]:
            continue
        scale = metre_scale(homes[village.code])
        flat = [(code, shapely.transform(shape, lambda xy, s=scale: xy * s)) for code, shape in mine]
        for code, shape in flat:
            if not shape.is_valid:
                add(
                    found,
                    "grids.shape.invalid",
                    code,
                    "网格 {code} 的图形自相交",
                    "the polygon of grid {code} is invalid",
                    code=code,
                )
        flat = [(code, shape if shape.is_valid else shapely.make_valid(shape)) for code, shape in flat]
        tree = shapely.STRtree([shape for _, shape in flat])
        for one, two in zip(*tree.query([shape for _, shape in flat], predicate="intersects").tolist(), strict=True):
            if one < two:
                area = flat[one][1].intersection(flat[two][1]).area
                if area > tolerance:
                    add(
                        found,
                        "grids.shape.overlap",
                        flat[one][0],
                        "网格 {one} 与 {two} 重叠 {area} 平方米",
                        "grids {one} and {two} overlap by {area} m²",
                        one=flat[one][0],
                        two=flat[two][0],
                        area=round(area, 1),
                    )
        if village.boundary is not None:
            whole = shapely.make_valid(shapely.transform(village.boundary, lambda xy, s=scale: xy * s))
            union = shapely.union_all([shape for _, shape in flat])
            gap, outside = whole.difference(union).area, union.difference(whole).area
            slack = max(tolerance, 0.002 * whole.length)  # two millimetres along the boundary: rounding of coordinates
            if gap > slack:
                add(
                    found,
                    "grids.shape.gap",
                    village.code,
                    "{name} 有 {area} 平方米不属于任何网格",
                    "{area} m² of {name} belong to no grid",
                    name=village.name,
                    area=round(gap, 1),
                )
            if outside > slack:
                add(
                    found,
                    "grids.shape.outside",
                    village.code,
                    "{name} 的网格超出村界 {area} 平方米",
                    "grids of {name} reach {area} m² beyond the boundary",
                    name=village.name,
                    area=round(outside, 1),
                )
    for code in sorted(by_village):
        add(found, "grids.shape.village", code, "没有村 {code}", "there is no village {code}", code=code)
    return found
