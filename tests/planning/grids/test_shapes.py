"""Polygons: no gap, no overlap, every household inside its own; one piece exactly where nothing is flagged."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon, shape

from tests.planning.grids.worlds import CODE, SMALL, hamlet, world
from yanzhen.planning.grids import Barrier, Layer, Problem, Scheme, Village, check, solve
from yanzhen.planning.grids.invented import county
from yanzhen.planning.grids.polygons import check_polygons
from yanzhen.planning.grids.shapes import geojson, shapes
from yanzhen.planning.kernel import Text

MICRO = replace(
    SMALL, grid=Layer(Text("网格", "Grid"), 15, 25, 40, 900, 3), micro=Layer(Text("微网格", "Micro"), 4, 8, 12, 0, 2)
)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.sampled_from([SMALL, MICRO]), st.booleans())
def test_polygons_fill_the_village_without_gap_or_overlap(
    seed: int, river: bool, scheme: Scheme, contact: bool
) -> None:
    problem = world(seed, river=river, scheme=scheme, villages=2)
    # A village that is not convex, and a dead-end gully.
    notch = Polygon([(-400, -400), (1400, -400), (1400, 1400), (700, 1400), (690, 900), (640, 1400), (-400, 1400)])
    moved = shapely.transform(notch, lambda xy: xy + np.array([500_000, 2_800_000]))
    gully = Barrier("G", LineString([(500_300, 2_799_500), (500_320, 2_800_500)]), "沟")
    road = Barrier("D", LineString([(499_000, 2_800_300), (505_000, 2_800_900)]), "路", True)
    problem = replace(
        problem,
        villages=(replace(problem.villages[0], boundary=moved), problem.villages[1]),
        barriers=(*problem.barriers, gully, road),
    )
    plan = solve(problem, seed=1, proof="none")
    assert check(problem, plan) == ()
    made = shapes(problem, plan, contact=contact)
    line = {item.home.split("#")[0]: item for item in plan.lines}
    layers = ["grid", *(["micro"] if scheme.micro else []), *(["contact"] if contact else [])]
    for village in problem.villages:
        for layer in layers:
            mine = [item for item in made if item.village == village.code and item.layer == layer]
            polygons = [item.polygon for item in mine]
            assert {item.code for item in mine} == {
                getattr(item, layer) for item in plan.lines if item.village == village.code
            }
            assert all(polygon.is_valid for polygon in polygons)
            assert shapely.coverage_is_valid(polygons)
            union = shapely.union_all(polygons)
            assert union.symmetric_difference(village.boundary).area < 1e-6 * village.boundary.area
            overlap = sum(
                one.intersection(two).area for number, one in enumerate(polygons) for two in polygons[:number]
            )
            assert overlap < 1e-3
            by_code = {item.code: item.polygon for item in mine}
            outside = {note.key for note in plan.notes if note.rule == "grids.outside"}
            for home in problem.homes:
                if home.village == village.code and home.id not in outside:
                    assert by_code[getattr(line[home.id], layer)].distance(shapely.Point(home.x, home.y)) < 0.01
    # Layers nest: a grid is the union of what lies in it.
    if scheme.micro:
        for item in made:
            if item.layer == "grid":
                inner = shapely.union_all(
                    [other.polygon for other in made if other.layer == "micro" and other.code.startswith(item.code)]
                )
                assert inner.symmetric_difference(item.polygon).area < 1e-3


def test_a_grid_is_one_polygon_unless_it_is_flagged() -> None:
    problem = county(4, 150, seed=3)
    plan = solve(problem, proof="none")
    several = {
        item.code for item in shapes(problem, plan) if item.layer == "grid" and item.polygon.geom_type != "Polygon"
    }
    assert several == {note.key for note in plan.notes if note.rule == "grids.scattered"}


def test_geojson_has_shared_edges_and_its_own_check_finds_planted_faults() -> None:
    problem = Problem(
        (*hamlet("甲", 0, 0, 12), *hamlet("乙", 700, 700, 12)),
        (Village(CODE, "一村", world(1).villages[0].boundary),),
        scheme=SMALL,
    )
    plan = solve(problem, proof="none")
    data = json.loads(geojson(shapes(problem, plan), {}))
    grids = [
        (item["properties"]["code"], shape(item["geometry"]))
        for item in data["features"]
        if item["properties"]["layer"] == "grid"
    ]
    assert len(grids) == 2
    assert check_polygons(problem, grids) == []
    (first, one), (second, two) = grids
    assert {item.rule for item in check_polygons(problem, [(first, one.buffer(5)), (second, two)])} == {
        "grids.shape.overlap",
        "grids.shape.outside",
    }
    assert {item.rule for item in check_polygons(problem, [(first, one.buffer(-5)), (second, two)])} == {
        "grids.shape.gap"
    }
    assert {item.rule for item in check_polygons(problem, [(first, one), (first, two)])} == {"grids.shape.twice"}
    bow = Polygon([(500_000, 2_800_000), (500_100, 2_800_100), (500_100, 2_800_000), (500_000, 2_800_100)])
    assert "grids.shape.invalid" in {item.rule for item in check_polygons(problem, [(first, bow), (second, two)])}
