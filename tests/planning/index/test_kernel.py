"""The arithmetic of an index: invariances, monotony, and equality with the slow loops of ``verify``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yanzhen.planning import index
from yanzhen.planning.index import Dimension, Indicator, Problem, Scheme, Village, rank_within, score
from yanzhen.planning.index.kernel import percent_rank, pooled
from yanzhen.planning.kernel.text import same

KINDS = ("minmax", "rank", "zscore", "target", "pass", "deduct", "asis")


@st.composite
def schemes(draw: st.DrawFn) -> Scheme:
    """Schemes of one to three dimensions (one may hang below another) and a few indicators of every kind."""
    count = draw(st.integers(1, 3))
    means = st.sampled_from(("arithmetic", "geometric", "partial"))
    groups = [
        Dimension(
            f"d{i}", same(f"d{i}"), weight=draw(st.floats(0.5, 3)), mean=draw(means), parent="d0" if i == 2 else ""
        )
        for i in range(count)
    ]
    items = []
    for i in range(draw(st.integers(count, 6))):
        kind = draw(st.sampled_from(KINDS))
        direction = draw(st.sampled_from((1, -1)))
        items.append(
            Indicator(
                f"i{i}",
                same(f"i{i}"),
                f"d{i % count}",
                direction=1 if kind in ("target", "deduct") else direction,
                weight=draw(st.floats(0.5, 3)),
                normaliser=kind,
                base=0.0,
                target=50.0,
                points=2.0,
                log=draw(st.booleans()) and kind in ("minmax", "zscore", "rank"),
                floor=draw(st.sampled_from((0.0, 20.0))),
                cap=draw(st.sampled_from((100.0, 80.0))),
                missing=draw(st.sampled_from(("mean", "p25", "median", "zero"))),
            )
        )
    return Scheme("s", same("s"), 2026, tuple(groups), tuple(items), classes=("class",), mean=draw(means), min_class=8)


def villages(scheme: Scheme, count: int, seed: int, gap: float = 0.1) -> tuple[Village, ...]:
    rng = np.random.default_rng(seed)
    found = []
    for i in range(count):
        figures = {}
        for item in scheme.indicators:
            if rng.random() > gap:
                value = rng.integers(0, 12) * 8.0 if rng.random() < 0.5 else rng.uniform(-5, 110)
                figures[item.code] = float(value)
        found.append(Village(f"v{i:03d}", f"村{i}", f"县{i % 3}", (("山", "水", "城")[i % 7 % 3],), figures))
    return tuple(found)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schemes(), st.integers(0, 10**6))
def test_fast_equals_slow_and_order_of_rows_changes_nothing(scheme: Scheme, seed: int) -> None:
    rows = villages(scheme, 40, seed)
    problem = Problem(scheme, rows, draws=20)
    if any(item.severity == "error" for item in problem.findings()):
        return
    plan = index.solve(problem)
    assert index.check(problem, plan) == ()
    shuffled = Problem(scheme, tuple(np.random.default_rng(seed).permutation(np.array(rows, dtype=object))), draws=20)
    assert index.solve(shuffled).digest == plan.digest


@settings(max_examples=40, deadline=None)
@given(schemes(), st.integers(0, 10**6), st.data())
def test_improving_one_indicator_never_lowers_the_index(scheme: Scheme, seed: int, data: st.DataObject) -> None:
    rows = villages(scheme, 30, seed, gap=0.0)
    problem = Problem(scheme, rows)
    classes = problem.classes[0]
    bounds = score(scheme, problem.raw, classes).bounds
    first = score(scheme, problem.raw, classes, bounds=bounds)
    at = data.draw(st.integers(0, 29))
    which = data.draw(st.integers(0, len(scheme.indicators) - 1))
    item = scheme.indicators[which]
    more = problem.raw.copy()
    worse_kind = item.normaliser == "deduct"
    step = data.draw(st.floats(0.01, 60))
    more[at, which] += step * (-1 if worse_kind else item.direction)
    if item.log and more[at, which] <= 0:
        return
    second = score(scheme, more, classes, bounds=bounds)
    if np.isnan(first.index[at]) or (item.log and problem.raw[at, which] <= 0):
        return
    assert second.index[at] >= first.index[at] - 1e-6
    others = np.arange(30) != at
    np.testing.assert_array_equal(second.index[others], first.index[others])


def test_frozen_bounds_one_village_more_moves_nobody() -> None:
    scheme = Scheme(
        "s",
        same("s"),
        2026,
        (Dimension("d", same("d")),),
        (Indicator("a", same("a"), "d"), Indicator("b", same("b"), "d", normaliser="zscore")),
    )
    rows = villages(scheme, 60, 3, gap=0.0)
    problem = Problem(scheme, rows)
    first = score(scheme, problem.raw, problem.classes[0])
    frozen = index.freeze(scheme, first.bounds, problem.classes[1])
    giant = Village("zzz", "新村", "县0", rows[0].labels, {"a": 1e6, "b": 1e6})
    wider = Problem(scheme, (*rows, giant), frozen=frozen)
    second = score(scheme, wider.raw, wider.classes[0], bounds=wider.bounds)
    np.testing.assert_array_equal(first.index, second.index[:-1])
    free = Problem(scheme, (*rows, giant))
    assert not np.array_equal(first.index, score(scheme, free.raw, free.classes[0]).index[:-1])
    plan = index.solve(Problem(scheme, (*rows, giant), frozen=frozen, draws=20))
    assert index.check(wider if wider.draws == 20 else replace(wider, draws=20), plan) == ()


def test_ranks_share_places_and_skip_unknown() -> None:
    values = np.array([3.0, np.nan, 5.0, 3.0, 1.0, 5.0])
    assert rank_within(values).tolist() == [3, 0, 1, 3, 5, 1]
    assert rank_within(values, np.array([0, 0, 1, 1, 1, 0])).tolist() == [2, 0, 1, 2, 3, 1]
    assert rank_within(np.zeros(0)).tolist() == []


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_percent_rank_is_the_mean_of_ties(values: list[int]) -> None:
    ranks = percent_rank(np.array(values, dtype=np.float64))
    for value, rank in zip(values, ranks, strict=True):
        less, equal = sum(v < value for v in values), values.count(value)
        expected = 0.5 if len(values) == 1 else (less + (equal - 1) / 2) / (len(values) - 1)
        assert rank == pytest.approx(expected)


def test_small_classes_are_pooled_one_level_up() -> None:
    provinces = ["甲"] * 30 + ["乙"] * 12
    kinds = ["山"] * 20 + ["水"] * 5 + ["城"] * 5 + ["山"] * 12
    numbers, names = pooled([provinces, kinds], 10)
    assert names == [("乙", "山"), ("甲", ""), ("甲", "山")]
    assert np.bincount(numbers).tolist() == [12, 10, 20]


def test_two_thirds_rule_and_missing_is_not_zero() -> None:
    items = tuple(Indicator(f"i{k}", same(""), "d", normaliser="asis") for k in range(3))
    scheme = Scheme(
        "s", same("s"), 2026, (Dimension("d", same("d"), mean="arithmetic"),), items, mean="arithmetic", coverage=0.66
    )
    raw = np.array([[90.0, np.nan, 60.0], [90.0, np.nan, np.nan], [0.0, 90.0, 60.0]])
    found = score(scheme, raw, np.zeros(3, dtype=np.int64))
    assert found.index[0] == 75.0  # two of three: the mean of what is there
    assert np.isnan(found.index[1])  # one of three: not rated
    assert found.index[2] == 50.0


def test_every_dimension_of_a_geometric_mean_counts() -> None:
    items = (Indicator("a", same(""), "x", normaliser="asis"), Indicator("b", same(""), "y", normaliser="asis"))
    scheme = Scheme("s", same("s"), 2026, (Dimension("x", same("x")), Dimension("y", same("y"))), items)
    found = score(scheme, np.array([[100.0, 0.0], [50.0, 50.0]]), np.zeros(2, dtype=np.int64))
    assert found.index[0] == pytest.approx(10.0)  # sqrt(100 · 1): a hole is not filled by another dimension
    assert found.index[1] > found.index[0]
