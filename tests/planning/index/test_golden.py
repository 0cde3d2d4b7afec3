"""Published worked examples, figure by figure.

1. COINr (Becker et al. 2022, package COINr 1.1, MIT): the printed results of its ASEM example (vignettes "Presenting Results" and
   "Aggregation"): eight pillars → connectivity and sustainability → index. The printed pillars go in, the printed sub-indices, index
   and order must come out. (The 49 raw indicators behind them are shipped as R data only and are not part of this test; with them in
   ``$YANZHEN_REAL/planning/asem/`` nothing else would be needed than a scheme.)
2. COINr's documented numbers for targets and goalposts.
3. UNDP, Human Development Report 2015, table 1: life expectancy, schooling and income → the HDI to three decimals, with the note's
   goalposts (20–85 years, 18 and 15 years of schooling, 100–75,000 dollars by logarithm, geometric mean).
"""

from __future__ import annotations

import numpy as np
import pytest

from yanzhen.planning.index import Dimension, Indicator, Scheme, rank_within, score
from yanzhen.planning.kernel.text import same

PILLARS = ("Physical", "ConEcFin", "Political", "Instit", "P2P", "Environ", "Social", "SusEcFin")
# uCode: index, Conn, Sust, then the pillars, as printed
RESULTS = {
    "CHE": (68.38, 62.79, 73.98, 63.41, 32.87, 74.78, 85.94, 56.93, 77.21, 87.85, 56.88),
    "NLD": (64.82, 61.94, 67.70, 64.87, 46.62, 84.55, 71.74, 41.92, 58.73, 86.58, 57.78),
    "DNK": (64.80, 57.10, 72.51, 50.52, 30.43, 78.13, 75.35, 51.04, 69.83, 86.40, 61.29),
    "NOR": (64.47, 57.44, 71.50, 58.18, 25.70, 80.03, 89.46, 33.80, 70.90, 87.00, 56.59),
    "BEL": (63.54, 63.99, 63.09, 71.97, 48.22, 80.84, 75.60, 43.32, 53.01, 86.17, 50.09),
    "SWE": (63.00, 53.87, 72.12, 51.51, 23.87, 80.98, 74.51, 38.50, 66.37, 87.74, 62.27),
    "IND": (39.79, 28.60, 50.99, 18.78, 6.38, 51.90, 59.84, 6.07, 75.34, 22.74, 54.88),
}
# the first five units of "Aggregation", three significant digits: index, Conn, Sust, pillars in the order above
AGGREGATED = (
    (45.8, 38.4, 53.2, 34.8, 12.6, 52.5, 52.4, 39.50, 31.9, 71.9, 55.7),
    (61.9, 55.4, 68.4, 41.1, 26.2, 78.2, 77.5, 54.10, 69.5, 72.8, 62.9),
    (63.5, 64.0, 63.1, 72.0, 48.2, 80.8, 75.6, 43.30, 53.0, 86.2, 50.1),
    (39.0, 20.2, 57.9, 22.9, 13.3, 32.4, 26.5, 5.85, 81.7, 27.5, 64.6),
    (50.8, 44.7, 56.9, 28.4, 24.6, 67.5, 75.9, 27.10, 55.7, 53.3, 61.7),
)


def asem() -> Scheme:
    """The two upper levels of the ASEM index: arithmetic means, equal weights."""
    items = tuple(
        Indicator(code, same(code), "Conn" if i < 5 else "Sust", normaliser="asis") for i, code in enumerate(PILLARS)
    )
    groups = (Dimension("Conn", same("Conn"), mean="arithmetic"), Dimension("Sust", same("Sust"), mean="arithmetic"))
    return Scheme("ASEM", same("ASEM"), 2018, groups, items, mean="arithmetic")


def test_coinr_printed_results() -> None:
    printed = np.array(list(RESULTS.values()))
    found = score(asem(), printed[:, 3:], np.zeros(len(printed), dtype=np.int64))
    # the printed pillars are rounded to 0.01, so a mean of them may be off by half of that, plus the rounding of the result
    assert np.abs(found.dims[0] - printed[:, 1]).max() <= 0.0101
    assert np.abs(found.dims[1] - printed[:, 2]).max() <= 0.0101
    assert np.abs(found.index - printed[:, 0]).max() <= 0.0101
    assert np.round(np.abs(found.index - printed[:, 0]), 2).max() <= 0.01
    assert rank_within(found.index).tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_coinr_printed_aggregation() -> None:
    printed = np.array(AGGREGATED)
    found = score(asem(), printed[:, 3:], np.zeros(len(printed), dtype=np.int64))
    assert np.abs(found.dims[0] - printed[:, 1]).max() <= 0.101
    assert np.abs(found.dims[1] - printed[:, 2]).max() <= 0.101
    assert np.abs(found.index - printed[:, 0]).max() <= 0.101


@pytest.mark.parametrize(
    ("direction", "base", "target", "values", "expected"),
    [
        (1, 0, 10, (0, 5, 11), (0, 0.5, 1)),  # n_dist2targ, capped
        (-1, 10, 0, (-1, 1, 10), (1, 0.9, 0)),  # less is better, capped
        (1, 0, 10, (1, 11, -1), (0.1, 1, 0)),  # n_goalposts
        (-1, 10, 0, (1, -1, 11), (0.9, 1, 0)),
    ],
)
def test_coinr_targets_and_goalposts(
    direction: int, base: float, target: float, values: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    item = Indicator("x", same("x"), "d", direction=direction, normaliser="target", base=base, target=target)
    scheme = Scheme("s", same("s"), 2018, (Dimension("d", same("d"), mean="arithmetic"),), (item,), mean="arithmetic")
    found = score(scheme, np.array(values, dtype=np.float64)[:, None], np.zeros(3, dtype=np.int64))
    np.testing.assert_allclose(found.index, 100 * np.array(expected), atol=1e-9)


# country: HDI, life expectancy, expected years, mean years of schooling, income per head (2011 PPP dollars)
HDI = {
    "Norway": (0.944, 81.6, 17.5, 12.6, 64992),
    "Australia": (0.935, 82.4, 20.2, 13.0, 42261),
    "Switzerland": (0.930, 83.0, 15.8, 12.8, 56431),
    "Denmark": (0.923, 80.2, 18.7, 12.7, 44025),
    "Netherlands": (0.922, 81.6, 17.9, 11.9, 45435),
    "Germany": (0.916, 80.9, 16.5, 13.1, 43919),
    "Ireland": (0.916, 80.9, 18.6, 12.2, 39568),
    "United States": (0.915, 79.1, 16.5, 12.9, 52947),
    "Canada": (0.913, 82.0, 15.9, 13.0, 42155),
    "New Zealand": (0.913, 81.8, 19.2, 12.5, 32689),
    "Singapore": (0.912, 83.0, 15.4, 10.6, 76628),
    "Hong Kong": (0.910, 84.0, 15.6, 11.2, 53959),
    "Liechtenstein": (0.908, 80.0, 15.0, 11.8, 79851),
    "Sweden": (0.907, 82.2, 15.8, 12.1, 45636),
    "United Kingdom": (0.907, 80.7, 16.2, 13.1, 39267),
    "Iceland": (0.899, 82.6, 19.0, 10.6, 35182),
    "Korea": (0.898, 81.9, 16.9, 11.9, 33890),
    "Israel": (0.894, 82.4, 16.0, 12.5, 30676),
    "Luxembourg": (0.892, 81.7, 13.9, 11.7, 58711),
    "Japan": (0.891, 83.5, 15.3, 11.5, 36927),
    "Belgium": (0.890, 80.8, 16.3, 11.3, 41187),
    "France": (0.888, 82.2, 16.0, 11.1, 38056),
    "Austria": (0.885, 81.4, 15.7, 10.8, 43869),
    "Finland": (0.883, 80.8, 17.1, 10.3, 38695),
}


def test_human_development_index_2014() -> None:
    printed = np.array(list(HDI.values()))
    items = (
        Indicator("life", same("life"), "health", normaliser="target", base=20, target=85),
        Indicator("expected", same("expected"), "school", normaliser="target", base=0, target=18),
        Indicator("mean", same("mean"), "school", normaliser="target", base=0, target=15),
        Indicator("income", same("income"), "living", normaliser="target", base=100, target=75000, log=True),
    )
    groups = tuple(Dimension(code, same(code), mean="arithmetic") for code in ("health", "school", "living"))
    scheme = Scheme("HDI", same("HDI"), 2014, groups, items, mean="geometric")
    scores = score(scheme, printed[:, 1:], np.zeros(len(printed), dtype=np.int64), keep=True)
    # our scale for geometric means is 1…100; back to the note's 0…1 before its geometric mean
    parts = (scores.dims - 1.0) / 99.0
    hdi = np.exp(np.log(parts).mean(axis=0))
    # inputs are printed with one decimal, so the third decimal of the result may differ by one
    assert np.abs(hdi - printed[:, 0]).max() <= 0.0011
    assert np.count_nonzero(np.round(hdi, 3) == printed[:, 0]) >= 16
