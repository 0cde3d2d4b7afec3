"""Intervals, reasons, signs, ballots: what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yanzhen.planning.index import Dimension, Indicator, Scheme, gaming, rank_within, score, simulate
from yanzhen.planning.index.ballots import prior, shrink, suppressed
from yanzhen.planning.index.invented import nation
from yanzhen.planning.index.reasons import even_lift, steps_to, typical_scores, waterfall
from yanzhen.planning.index.studies import influences, stability, stars_of
from yanzhen.planning.index.uncertainty import band_edges, dirichlet, variants
from yanzhen.planning.kernel.text import same


def world(count: int = 120, seed: int = 0, **more: object) -> tuple[Scheme, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    good = rng.normal(size=(count, 1))
    raw = np.exp(0.8 * good + 0.7 * rng.normal(size=(count, 9)))
    raw[rng.random(raw.shape) < 0.04] = np.nan
    groups = (
        Dimension("a", same("a")),
        Dimension("b", same("b"), mean="arithmetic"),
        Dimension("c", same("c"), mean="geometric"),
    )
    items = tuple(Indicator(f"i{k}", same(f"i{k}"), "abc"[k // 3], error=0.03 if k == 0 else 0.0) for k in range(9))
    return Scheme("s", same("s"), 2026, groups, items, **more), raw, rng.integers(0, 2, count)


def test_same_seed_same_draws_and_distributions_are_distributions() -> None:
    scheme, raw, classes = world()
    found = score(scheme, raw, classes)
    one, two, three = (simulate(scheme, raw, classes, found.index, draws=120, seed=seed) for seed in (1, 1, 2))
    for name in ("low", "middle", "high", "bands", "bottom"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert not np.array_equal(one.bands, three.bands)
    rated = ~np.isnan(found.index)
    np.testing.assert_allclose(one.bands[rated].sum(axis=1), 1.0)
    assert (one.low[rated] <= one.middle[rated]).all()
    assert (one.middle[rated] <= one.high[rated]).all()
    for group in (0, 1):  # the chances of a class add up to the places there are
        rows = rated & (classes == group)
        assert one.bottom[rows].sum() == pytest.approx(np.ceil(0.2 * rows.sum()))


def test_without_any_doubt_the_interval_is_the_rank() -> None:
    scheme, raw, classes = world(jitter=0.0)
    found = score(scheme, raw, classes)
    ranks = rank_within(found.index, classes)
    spread = simulate(scheme, raw, classes, found.index, draws=20, methods=False, noise=False)
    rated = ranks > 0
    np.testing.assert_array_equal(spread.middle[rated], ranks[rated])
    np.testing.assert_array_equal(spread.low[rated], spread.high[rated])


def test_who_is_better_in_everything_always_wins_and_twins_toss_a_coin() -> None:
    scheme, raw, classes = world(60)
    classes[:] = 0
    raw[0] = np.nanmax(raw, axis=0) * 2
    raw[1] = np.nanmin(raw, axis=0) / 2
    raw[3] = raw[2]
    found = score(scheme, raw, classes)
    spread = simulate(scheme, raw, classes, found.index, draws=200, seed=3)
    assert (spread.low[0], spread.high[0]) == (1, 1)
    assert spread.bottom[1] == 1.0
    first = 2 if found.index[2] >= found.index[3] else 3
    assert spread.beats_next[first] == pytest.approx(0.5, abs=0.05)


def test_weights_vary_as_stated() -> None:
    weights = dirichlet(np.ones(10), 0.25, 20_000, np.random.default_rng(0))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-5)
    assert weights.std() / weights.mean() == pytest.approx(0.25, rel=0.05)


def test_the_signed_reading_is_among_the_variants() -> None:
    scheme, _, _ = world()
    assert scheme in variants(scheme)
    assert len(variants(scheme)) == 12


def test_bands_hold_every_place_once() -> None:
    scheme, _, _ = world()
    for size in range(1, 60):
        edges = band_edges(scheme, size)
        assert edges[-1] == size
        assert edges == sorted(edges)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(("arithmetic", "geometric", "partial")))
def test_contributions_add_up_exactly(seed: int, mean: str) -> None:
    scheme, raw, classes = world(40, seed, mean=mean)
    found = score(scheme, raw, classes, keep=True)
    assert found.scores is not None
    for row in range(0, 40, 7):
        if np.isnan(found.index[row]):
            continue
        mates = classes == classes[row]
        flow = waterfall(
            scheme, found.scores[:, row].astype(float), typical_scores(found.scores[:, mates].astype(float))
        )
        assert flow.start + flow.gaps + sum(part.points for part in flow.parts) == pytest.approx(flow.end, abs=1e-6)
        assert flow.end == pytest.approx(found.index[row], abs=1e-3)


def test_what_one_more_star_takes_really_takes_it_there() -> None:
    scheme, raw, classes = world()
    found = score(scheme, raw, classes, keep=True)
    assert found.scores is not None
    tried = 0
    for row in range(0, 120, 5):
        if np.isnan(found.index[row]):
            continue
        goal = float(found.index[row]) + 4
        bounds = found.bounds
        for step in steps_to(
            scheme, found.scores[:, row].astype(float), raw[row], goal, bounds.a[classes[row]], bounds.b[classes[row]]
        ):
            better = raw.copy()
            assert step.figure is not None
            better[row, int(step.code[1:])] = step.figure
            after = score(scheme, better, classes, bounds=bounds).index[row]
            assert goal - 1e-3 <= after <= goal + 0.05
            tried += 1
        lift = even_lift(scheme, found.scores[:, row].astype(float), goal)
        assert lift is None or lift > 0
    assert tried > 20


def test_an_indicator_that_decides_is_found() -> None:
    scheme, raw, classes = world(200)
    heavy = Scheme(
        scheme.code,
        scheme.title,
        2026,
        scheme.dimensions,
        tuple(
            Indicator(i.code, i.title, i.dimension, weight=40.0 if i.code == "i4" else 1.0) for i in scheme.indicators
        ),
        mean="arithmetic",
    )
    found = influences(heavy, raw, classes)
    assert found[0].code == "i4"
    assert found[0].real == max(item.real for item in found)
    assert sum(item.nominal for item in found) == pytest.approx(1.0)


def test_stability_tells_real_moves_from_shuffling() -> None:
    now, before = np.array([9.0, 5.0, 1.0]), np.array([9.0, 1.0, 5.0])
    ranks = (np.array([1, 2, 3]), np.array([1, 3, 2]))
    stars = (np.array([5, 3, 1]), np.array([5, 1, 3]))
    sure = ((np.array([1, 2, 3]), np.array([1, 2, 3])), (np.array([1, 3, 2]), np.array([1, 3, 2])))
    found = stability(("a", "b", "c"), (now, before), ranks, stars, sure)
    assert found.real.tolist() == [False, True, True]
    assert found.progress.tolist() == [0.0, 4.0, -4.0]
    vague = ((np.array([1, 1, 1]), np.array([3, 3, 3])),) * 2
    assert not stability(("a", "b", "c"), (now, before), ranks, stars, vague).real.any()


def test_stars_go_by_class() -> None:
    scheme, _, _ = world()
    ranks = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0])
    assert stars_of(scheme, ranks, np.zeros(11, dtype=np.int64)).tolist() == [5, 4, 4, 3, 3, 3, 3, 2, 2, 1, 0]


# -- signs of figures made to fit ---------------------------------------------------------------------------------------------------


def test_bunching_is_found_and_honest_figures_are_left_alone() -> None:
    rng = np.random.default_rng(1)
    honest = np.exp(rng.normal(12.2, 0.5, 3000))
    assert gaming.bunching("x", honest, 200_000) is None
    made = np.where((honest > 185_000) & (honest < 200_000) & (rng.random(3000) < 0.7), 200_500, honest)
    sign = gaming.bunching("x", made, 200_000)
    assert sign is not None
    assert sign.chance < 1e-6
    assert all(200_000 <= made[row] < 210_000 for row in sign.rows)


def test_digits_name_the_county_that_invents() -> None:
    rng = np.random.default_rng(2)
    values = np.round(np.exp(rng.normal(11, 0.6, 1200)))
    places = [f"县{i % 6}" for i in range(1200)]
    assert gaming.digits("x", values, places) == []
    for i in range(1200):
        if places[i] == "县2" and rng.random() < 0.5:
            values[i] = values[i] // 10 * 10 + 8
    found = gaming.digits("x", values, places)
    assert [sign.text.zh.split("：")[0] for sign in found] == ["县2"]
    assert "“8”" in found[0].text.zh


def test_jumps_year_ends_and_ballots() -> None:
    rng = np.random.default_rng(3)
    before = np.exp(rng.normal(11, 0.5, 300))
    now = before * np.exp(rng.normal(0.05, 0.08, 300))
    classes = np.zeros(300, dtype=np.int64)
    assert len(gaming.jumps("x", now, before, classes)) <= 2
    now[17] = before[17] * 8
    assert 17 in [sign.rows[0] for sign in gaming.jumps("x", now, before, classes)]
    months = rng.gamma(5, 1, (300, 12))
    months[9, -1] = months[9, :-1].sum() * 3
    assert [sign.rows for sign in gaming.year_end("x", months, classes)] == [(9,)]
    share, votes = np.full(40, 0.8), rng.integers(40, 90, 40).astype(float)
    votes += np.arange(40) * 100  # no two alike
    share[5] = 1.0
    votes[[10, 11, 12]] = 60.0
    share[[10, 11, 12]] = 57 / 60
    kinds = {(sign.kind, sign.rows) for sign in gaming.ballots("x", share, votes, ["镇"] * 40)}
    assert kinds == {("unanimous", (5,)), ("copied", (10, 11, 12))}


def test_discoveries_hold_the_rate() -> None:
    rng = np.random.default_rng(0)
    honest = list(rng.random(2000))
    assert sum(gaming.discoveries(honest, 0.01)) == 0
    assert gaming.discoveries([1e-9, *honest], 0.01)[0]


# -- ballots ------------------------------------------------------------------------------------------------------------------------


def test_few_ballots_are_shrunk_more_and_order_of_many_is_kept() -> None:
    rng = np.random.default_rng(4)
    votes = rng.integers(12, 180, 400).astype(float)
    true = rng.beta(12, 3, 400)
    share = rng.binomial(votes.astype(int), true) / votes
    shrunk = shrink(share, votes, np.zeros(400, dtype=np.int64))
    assert np.sqrt(np.mean((shrunk - true) ** 2)) < np.sqrt(np.mean((share - true) ** 2))
    held = prior(share * votes, votes)
    small, large = votes < 30, votes > 150
    pull = np.abs(shrunk - share) / np.maximum(np.abs(held.mean - share), 1e-9)
    assert pull[small].min() > pull[large].max()
    assert ((np.minimum(share, held.mean) - 1e-12 <= shrunk) & (shrunk <= np.maximum(share, held.mean) + 1e-12)).all()


def test_ballots_at_the_edges() -> None:
    none = shrink(np.array([np.nan, 0.5]), np.array([0.0, 3.0]), np.zeros(2, dtype=np.int64), min_n=5)
    assert np.isnan(none).all()
    same_share = shrink(np.full(5, 0.8), np.full(5, 50.0), np.zeros(5, dtype=np.int64))
    np.testing.assert_allclose(same_share, 0.8)
    assert suppressed(np.array([0, 1, 4, 5])).tolist() == [False, True, True, False]


def test_many_rows_in_threads_equal_few_in_one() -> None:
    scheme, raw, classes = nation(21_000, 10, 12)
    one, two = (score(scheme, raw, classes, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.index, two.index)
    some = classes < 2
    part = score(scheme, raw[some], classes[some])
    np.testing.assert_array_equal(part.index, one.index[some])
