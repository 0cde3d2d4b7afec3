"""Arithmetic of rates, ranks, periods and outlines."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yanzhen.kernel.errors import DomainError
from yanzhen.measures.domain.periods import month_of, period, previous, year_before
from yanzhen.measures.domain.rates import light, ranks, total, wilson
from yanzhen.measures.domain.shapes import draw


def test_wilson_gives_the_published_example() -> None:
    """10 of 20: [0.299, 0.701] (Newcombe 1998, Statistics in Medicine 17:857, method 3, by hand)."""
    found = wilson(10, 20)
    assert found is not None
    assert found.low == pytest.approx(0.2993, abs=5e-4)
    assert found.high == pytest.approx(0.7007, abs=5e-4)


@given(st.integers(1, 10_000), st.data())
def test_wilson_holds_the_share_and_narrows(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    one, four = wilson(k, n), wilson(4 * k, 4 * n)
    assert one is not None
    assert four is not None
    assert 0 <= one.low <= one.mid + 1e-12
    assert one.mid - 1e-12 <= one.high <= 1
    assert four.high - four.low < one.high - one.low


def test_no_rate_of_nothing() -> None:
    assert wilson(0, 0) is None


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 60)), min_size=1, max_size=30))
def test_ranks_follow_values_and_leave_small_samples_out(rows: list[tuple[int, int]]) -> None:
    values = [(key, value / 100, n) for key, (value, n) in enumerate(rows)]
    places = {place.key: place for place in ranks(values, min_n=30)}
    for key, value, n in values:
        if n < 30:
            assert places[key].rank is None
            continue
        better = sum(1 for _, other, m in values if m >= 30 and other > value)
        assert places[key].rank == better + 1
        assert places[key].tied == (sum(1 for _, other, m in values if m >= 30 and other == value) > 1)


def test_a_whole_is_the_quotient_of_sums() -> None:
    top, bottom = total([(1, 1), (0, 99)])
    assert top / bottom == 0.01


@pytest.mark.parametrize(
    ("value", "up", "expected"),
    [(0.95, True, "green"), (0.9, True, "green"), (0.8, True, "yellow"), (0.1, True, "red"), (None, True, "none"),
     (0.05, False, "green"), (0.95, False, "red")],
)  # fmt: skip
def test_lights(value: float | None, up: bool, expected: str) -> None:
    green, yellow = (0.9, 0.75) if up else (0.1, 0.25)
    assert light(value, green=green, yellow=yellow, higher_is_better=up) == expected


@given(st.dates(date(1950, 1, 1), date(2900, 1, 1)))
def test_a_day_lies_in_its_month_and_year(day: date) -> None:
    for code in (month_of(day), f"{day.year}-Q{(day.month + 2) // 3}", str(day.year)):
        found = period(code)
        assert found.first <= day < found.after
        before = period(previous(code))
        assert before.after == found.first
        assert len(before.months) == len(found.months)
        assert period(year_before(code)).first.year == found.first.year - 1
    assert month_of(period(month_of(day)).after - timedelta(days=1)) == month_of(day)


@pytest.mark.parametrize("code", ["2026-13", "2026-00", "26-1", "now", "", "2026-Q5", "2026-1", "9999999", "２０２６"])
def test_what_is_no_period_is_refused(code: str) -> None:
    with pytest.raises(DomainError):
        period(code)


@given(st.lists(st.tuples(st.floats(70, 130), st.floats(-50, 50)), min_size=3, max_size=12, unique=True))
def test_outlines_stay_in_the_frame(points: list[tuple[float, float]]) -> None:
    ring = [list(point) for point in [*points, points[0]]]
    found = draw({7: {"type": "Polygon", "coordinates": [ring]}}, width=100)
    assert found is not None
    (shape,) = found.shapes
    assert shape.key == 7
    assert -0.1 <= shape.x <= 100.1
    assert math.isfinite(shape.y)
    assert shape.path.startswith("M")
    assert shape.path.endswith("Z")


def test_nothing_to_draw() -> None:
    assert draw({}) is None
    assert draw({1: {"type": "Point", "coordinates": [1, 2]}}) is None
