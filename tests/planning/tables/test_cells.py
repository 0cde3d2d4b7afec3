"""Cells: what officials write, kept as sets."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yanzhen.planning.tables.cells import CellError, Interval, complement, merged, parse


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("< 8400", (8399.99, -5), (8400, 9000)),
        ("≤0.5", (0.5, 0), (0.51,)),
        ("[3..5)", (3, 4.9), (5, 2.9)),
        ("(3..5]", (5, 3.1), (3, 5.1)),
        ("]3..5[", (3.5,), (3, 5)),
        ("3..5", (3, 5), (2, 6)),
        ("7", (7,), (7.1,)),
        ("<3, >10", (2, 11), (3, 10)),
        ("!=0", (1, -1), (0,)),
        ("非(3..5)", (2, 6), (3, 4, 5)),
        ("not(<3, >10)", (3, 10), (2, 11)),
        ("≥1.2万", (12000,), (11999,)),
        (">= 30%", (0.3, 1), (0.29,)),
        ("8,400元", (8400,), (8, 400)),
        ("-3..-1", (-3, -2), (0,)),
    ],
)
def test_numbers(text: str, inside: tuple[float, ...], outside: tuple[float, ...]) -> None:
    cell = parse(text, "number")
    assert all(cell.holds(value) for value in inside)
    assert not any(cell.holds(value) for value in outside)
    assert not cell.holds(None)
    assert not cell.holds(math.nan)


def test_missing_and_any() -> None:
    assert parse("-", "number").holds(None)
    assert parse("", "text").holds("x")
    gap = parse("空", "number")
    assert gap.holds(None)
    assert gap.holds(math.nan)
    assert not gap.holds(0)
    both = parse("空, <3", "number")
    assert both.holds(None)
    assert both.holds(2)
    assert not both.holds(3)


def test_words_and_yes_no() -> None:
    cell = parse("因病、“因残”", "text")
    assert cell.holds("因病")
    assert cell.holds("因残")
    assert not cell.holds("因学")
    assert not cell.holds(None)
    other = parse("非(因病, 因残)", "text")
    assert other.holds("因学")
    assert not other.holds("因病")
    assert not other.holds(None)
    assert parse("!=因病", "text").holds("因残")
    assert parse("是", "bool").holds(True)
    assert not parse("否", "bool").holds(True)


@pytest.mark.parametrize(
    ("text", "kind"), [("五", "number"), ("5..3", "number"), ("(3..3)", "number"), ("也许", "bool"), ("<", "number")]
)
def test_what_cannot_be_read_is_said_in_both_languages(text: str, kind: str) -> None:
    with pytest.raises(CellError) as caught:
        parse(text, kind)  # type: ignore[arg-type]
    assert len(caught.value.args) == 2
    assert text in caught.value.args[0] or "”" in caught.value.args[0]


intervals = st.builds(
    lambda low, width, a, b: Interval(low, a and width > 0, low + width, b and width > 0),
    st.integers(-5, 5).map(float),
    st.integers(0, 4).map(float),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(intervals, max_size=5), st.floats(-12, 12).map(lambda x: round(x * 2) / 2))
def test_merging_keeps_the_set_and_the_complement_is_the_rest(parts: list[Interval], value: float) -> None:
    inside = any(part.holds(value) for part in parts)
    joined = merged(parts)
    assert any(part.holds(value) for part in joined) is inside
    assert any(part.holds(value) for part in complement(joined)) is not inside
