"""Codes, levels, borders: the rules of the tree without a database."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yanzhen.kernel.errors import DomainError
from yanzhen.registry.domain import units as rules

DAY = date(2026, 6, 1)


def at(level: str, code: str, kind: str = "division", path: str = "0001") -> rules.Place:
    return rules.Place(1, code, "某地", kind, level, path, date(2020, 1, 1))


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("350000000000", "province"),
        ("350300000000", "city"),
        ("350302000000", "county"),
        ("350302100000", "township"),
        ("350302100201", "village"),
        ("441900003000", "township"),  # a city without counties
        ("000000000000", "country"),
    ],
)
def test_level_of_a_division_code(code: str, level: str) -> None:
    assert rules.division_level(code) == level


@pytest.mark.parametrize("code", ["35", "35030210020", "35030210020X", "3503021002011"])
def test_codes_of_the_wrong_shape_are_refused(code: str) -> None:
    with pytest.raises(DomainError, match=r"units\.code\.shape"):
        rules.division_level(code)


@given(st.integers(min_value=1, max_value=36**4 - 1))
def test_path_steps_go_there_and_back_and_keep_order(number: int) -> None:
    assert rules.step_number(rules.step_text(number)) == number
    if number > 1:
        assert rules.step_text(number - 1) < rules.step_text(number)


def test_path_steps_end_at_the_alphabet() -> None:
    for number in (0, 36**4):
        with pytest.raises(ValueError, match="no path"):
            rules.step_text(number)


def test_classes_of_township_and_village_codes() -> None:
    assert [rules.township_class(f"350302{n:03d}000") for n in (1, 100, 200, 400, 700)] == [
        "街道", "镇", "乡", "类乡级", "",
    ]  # fmt: skip
    assert [rules.village_class(f"350302100{n:03d}") for n in (0, 1, 200, 400)] == [
        "", "居委会", "村委会", "类似村级",
    ]  # fmt: skip


def test_numbers_below_the_village_are_never_given_twice() -> None:
    assert rules.next_sub_code("350302100201", []) == "350302100201001"
    assert rules.next_sub_code("350302100201", ["350302100201001", "350302100201007"]) == "350302100201008"
    with pytest.raises(DomainError, match=r"units\.code\.full"):
        rules.next_sub_code("350302100201", ["35030210020199"], digits=2)
    with pytest.raises(DomainError, match=r"units\.code\.full"):
        rules.sub_code("1" * 23, 1)


def test_body_codes_count_by_kind() -> None:
    assert (
        rules.next_body_code("350302000000", "department", ["350302000000D02", "350302000000P01"]) == "350302000000D03"
    )


def test_code_must_fit_level_and_parent() -> None:
    township = at("township", "990101100000")
    assert rules.check_code("990101100203", kind="division", level="village", parent=township) == "990101100203"
    with pytest.raises(DomainError, match=r"units\.code\.prefix"):
        rules.check_code("990101200203", kind="division", level="village", parent=township)
    with pytest.raises(DomainError, match=r"units\.code\.level"):
        rules.check_code("990101100000", kind="division", level="village", parent=township)
    village = at("village", "990101100203")
    assert rules.check_code("990101100203012", kind="grid", level="sub1", parent=village)
    with pytest.raises(DomainError, match=r"units\.code\.sequence"):
        rules.check_code("99010110020312", kind="grid", level="sub1", parent=village)
    with pytest.raises(DomainError, match=r"units\.code\.shape"):
        rules.check_code("99010A-1", kind="department", level="", parent=village)


@pytest.mark.parametrize(
    ("kind", "level", "parent", "depth", "error"),
    [
        ("division", "village", at("township", "990101100000"), 3, ""),
        ("division", "township", at("township", "990101100000"), 3, "units.parent.level"),
        ("grid", "sub1", at("village", "990101100203"), 3, ""),
        ("grid", "sub2", at("village", "990101100203"), 3, "units.parent.step"),
        ("grid", "sub3", at("sub2", "990101100203", "grid"), 2, "units.level.depth"),
        ("grid", "sub1", None, 3, "units.parent.needed"),
        ("division", "sub1", at("village", "990101100203"), 3, "units.level.unknown"),
        ("party", "", at("village", "990101100203"), 3, ""),
        ("party", "village", at("village", "990101100203"), 3, "units.parent.body"),
        ("division", "village", at("", "990101D01", "department"), 3, "units.parent.ladder"),
    ],
)
def test_what_may_stand_under_what(kind: str, level: str, parent: rules.Place | None, depth: int, error: str) -> None:
    if error:
        with pytest.raises(DomainError, match=error):
            rules.check_under(kind, level, parent, depth)
    else:
        rules.check_under(kind, level, parent, depth)


def test_two_to_four_local_levels_without_a_gap() -> None:
    assert rules.sub_levels({"sub1": "网格", "sub2": "微网格"}) == {"sub1": "网格", "sub2": "微网格"}
    for names in ({"sub1": "网格"}, {"sub1": "网格", "sub3": "户"}, {}):
        with pytest.raises(DomainError, match=r"units\.levels\.depth"):
            rules.sub_levels(names)


SQUARE = [[118.0, 25.0], [118.1, 25.0], [118.1, 25.1], [118.0, 25.1], [118.0, 25.0]]


def collection(*features: tuple[str, object]) -> str:
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": {"code": code}, "geometry": geometry} for code, geometry in features
            ],
        }
    )


def test_borders_are_read_by_code() -> None:
    text = collection(("1", {"type": "Polygon", "coordinates": [SQUARE]}))
    assert rules.read_boundaries(text) == {"1": {"type": "Polygon", "coordinates": [SQUARE]}}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{", "units.boundary.json"),
        ("[]", "units.boundary.collection"),
        (collection(), "units.boundary.empty"),
        (collection(("", {"type": "Polygon", "coordinates": [SQUARE]})), "units.boundary.code"),
        (collection(("1", {"type": "Point", "coordinates": [1, 2]})), "units.boundary.type"),
        (collection(("1", {"type": "Polygon", "coordinates": [SQUARE[:-1]]})), "units.boundary.ring"),
        (collection(("1", {"type": "Polygon", "coordinates": [[[25, 118]] * 4]})), "units.boundary.range"),
        (collection(("1", {"type": "Polygon", "coordinates": [[["x", 1]] * 4]})), "units.boundary.numbers"),
        (collection(("1", None)), "units.boundary.type"),
        (
            collection(*[("1", {"type": "Polygon", "coordinates": [SQUARE]})] * 2),
            "units.boundary.twice",
        ),
    ],
)
def test_broken_borders_say_what_is_wrong(text: str, error: str) -> None:
    with pytest.raises(DomainError, match=error):
        rules.read_boundaries(text)


@given(
    st.lists(st.tuples(st.floats(110, 120), st.floats(20, 30)), min_size=3, max_size=40),
    st.floats(0.0001, 5),
)
def test_simplified_rings_stay_closed_and_take_their_points_from_the_ring(
    points: list[tuple[float, float]], tolerance: float
) -> None:
    ring = [*points, points[0]]
    found = rules.simplify(ring, tolerance)
    assert found[0] == found[-1]
    assert len(found) >= 4
    assert set(found) <= set(ring)
    assert len(found) <= len(ring)


def test_simplifying_drops_points_on_a_line() -> None:
    ring = [(118 + i / 100, 25.0) for i in range(11)] + [(118.1, 25.1), (118.0, 25.1), (118.0, 25.0)]
    assert rules.simplify(ring, 0.001) == [(118.0, 25.0), (118.1, 25.0), (118.1, 25.1), (118.0, 25.1), (118.0, 25.0)]


def test_thumbnail_fits_its_box() -> None:
    drawn = rules.svg_path({"type": "Polygon", "coordinates": [SQUARE]}, size=100)
    assert drawn.startswith("M")
    assert drawn.endswith("Z")
    numbers = [float(n) for n in drawn.strip("MZ").replace("L", " ").split()]
    assert all(0 <= n <= 100.1 for n in numbers)
