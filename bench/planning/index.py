"""Index: 690,000 villages × 50 indicators against pandas (and Polars), draws of the intervals at township to province size.

All sides do the same work: winsorised min-max inside 155 classes, five dimensions, geometric mean, rank in the county and in the
nation. About 90 s; ``quick``: 69,000 villages, about 15 s. Peak memory about 1.5 GB.
"""

from __future__ import annotations

import importlib.metadata

import numpy as np

from bench.planning.frame import Row, part, timed
from yanzhen.planning.index import rank_within, score, simulate
from yanzhen.planning.index.invented import nation
from yanzhen.planning.index.scheme import Scheme
from yanzhen.planning.kernel import memory_mb

GROUPS = 5


def run(quick: bool) -> list[Row]:
    """Rows of the table."""
    rows = 69_000 if quick else 690_000
    found = nationwide(rows, 16 if quick else 155, quick)
    for name, size in (("township", 30), ("county", 250), ("city", 3_000), ("province", 20_000)):
        if quick and size > 3_000:
            continue
        found += intervals(name, size)
    return found


def nationwide(rows: int, classes: int, quick: bool) -> list[Row]:
    """Everybody once, three ways."""
    scheme, raw, groups = nation(rows, 50, classes)
    county = np.random.default_rng(2).integers(0, max(2, rows // 250), rows)
    case = f"{rows:,} × 50"

    def ours() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        values = score(scheme, raw, groups, threads=2).index
        return values, rank_within(values, county), rank_within(values)

    with part(f"index {case}, ours"):
        ours() if quick else None
        (values, in_county, everywhere), seconds = timed(ours)
    goal = "≤ 3 s" if not quick else ""
    result = [
        Row(
            "index",
            case,
            "yanzhen",
            seconds,
            f"{np.count_nonzero(~np.isnan(values)):,} rated",
            goal=goal,
            reached=seconds <= 3 if goal else None,
            more={"memory_mib": round(memory_mb())},
        )
    ]
    with part(f"index {case}, pandas"):
        (other, other_county, other_rank), slow = timed(lambda: with_pandas(scheme, raw, groups, county))
    same = float(np.nanmax(np.abs(other - values)))
    ranks = int(np.count_nonzero(other_rank != everywhere) + np.count_nonzero(other_county != in_county))
    result.append(
        Row(
            "index",
            case,
            f"pandas {importlib.metadata.version('pandas')}",
            slow,
            f"largest difference {same:.1e}, {ranks} ranks differ",
            more={"ratio": round(seconds / slow, 3)},
        )
    )
    result.append(
        Row(
            "index", case, "ratio to pandas", None, f"{seconds / slow:.2f}", goal="≤ 0.7", reached=seconds <= 0.7 * slow
        )
    )
    with part(f"index {case}, Polars"):
        polars_values, third = timed(lambda: with_polars(scheme, raw, groups, county))
    same = float(np.nanmax(np.abs(polars_values - values)))
    result.append(
        Row("index", case, f"polars {importlib.metadata.version('polars')}", third, f"largest difference {same:.1e}")
    )
    return result


def with_pandas(
    scheme: Scheme, raw: np.ndarray, groups: np.ndarray, county: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The way an analyst writes it."""
    import pandas as pd

    names = [item.code for item in scheme.indicators]
    frame = pd.DataFrame(raw.astype(np.float64), columns=names)
    by = frame.groupby(groups)
    low, high = by.quantile(0.05), by.quantile(0.95)
    a = low.to_numpy()[groups]
    b = high.to_numpy()[groups]
    scores = ((frame - a) / (b - a)).clip(0, 1)
    for item in scheme.indicators:
        if item.direction < 0:
            scores[item.code] = 1 - scores[item.code]
    scores = 1 + 99 * scores
    logs = None
    weight = 0.0
    for group in scheme.dimensions:
        own = [item.code for item in scheme.indicators if item.dimension == group.code]
        part_ = scores[own]
        mean = part_.mean(axis=1).where(part_.notna().sum(axis=1) >= scheme.coverage * len(own) - 1e-9)
        there = mean.notna()
        lifted = np.log(mean).fillna(0.0)
        logs = lifted if logs is None else logs + lifted
        weight = there.astype(float) + weight
    whole = np.exp(logs / weight).where(weight >= scheme.coverage * GROUPS - 1e-9).round(6)
    in_county = whole.groupby(county).rank(method="min", ascending=False).fillna(0).astype(int)
    everywhere = whole.rank(method="min", ascending=False).fillna(0).astype(int)
    return whole.to_numpy(), in_county.to_numpy(), everywhere.to_numpy()


def with_polars(scheme: Scheme, raw: np.ndarray, groups: np.ndarray, county: np.ndarray) -> np.ndarray:
    """Window expressions, all columns at once."""
    import polars as pl

    names = [item.code for item in scheme.indicators]
    frame = pl.DataFrame(raw, schema=names, orient="row").with_columns(pl.all().cast(pl.Float64).fill_nan(None))
    frame = frame.with_columns(pl.Series("_g", groups), pl.Series("_c", county))
    made = []
    for item in scheme.indicators:
        low = pl.col(item.code).quantile(0.05, "linear").over("_g")
        high = pl.col(item.code).quantile(0.95, "linear").over("_g")
        score_ = ((pl.col(item.code) - low) / (high - low)).clip(0, 1)
        made.append((1 + 99 * (score_ if item.direction > 0 else 1 - score_)).alias(item.code))
    frame = frame.lazy().with_columns(made).collect()
    means = []
    for group in scheme.dimensions:
        own = [item.code for item in scheme.indicators if item.dimension == group.code]
        enough = pl.sum_horizontal(pl.col(code).is_not_null() for code in own) >= scheme.coverage * len(own) - 1e-9
        means.append(pl.when(enough).then(pl.mean_horizontal(own)).alias(group.code))
    dims = [group.code for group in scheme.dimensions]
    frame = frame.with_columns(means)
    enough = pl.sum_horizontal(pl.col(code).is_not_null() for code in dims) >= scheme.coverage * GROUPS - 1e-9
    logs = pl.mean_horizontal(pl.col(code).log() for code in dims)
    frame = frame.with_columns(pl.when(enough).then(logs.exp()).round(6).alias("_i"))
    frame = frame.with_columns(
        pl.col("_i").rank("min", descending=True).over("_c").alias("_rc"),
        pl.col("_i").rank("min", descending=True).alias("_r"),
    )
    return frame["_i"].fill_null(float("nan")).to_numpy()


def intervals(name: str, size: int) -> list[Row]:
    """A thousand draws: weights alone, and everything (normalisers, missing rules, means, errors of the data)."""
    from dataclasses import replace

    scheme, raw, _ = nation(size, 50, 1)
    classes = np.zeros(size, dtype=np.int64)
    noisy = replace(scheme, indicators=tuple(replace(item, error=0.05) for item in scheme.indicators))
    index = score(scheme, raw, classes).index
    found = []
    for words, held, methods in (("weights", scheme, False), ("weights, methods, data errors", noisy, True)):
        with part(f"intervals {name} {size}: {words}"):
            spread, seconds = timed(
                lambda held=held, methods=methods: simulate(
                    held, raw, classes, index, draws=1000, methods=methods, noise=methods
                )
            )
        width = float(np.median(spread.high - spread.low))
        grey = int(np.count_nonzero((spread.bottom >= 0.05) & (spread.bottom <= 0.95)))
        goal = "≤ 2 s" if size == 3_000 else ""
        found.append(
            Row(
                "index",
                f"1,000 draws × {size:,} villages ({name}), {words}",
                "yanzhen",
                seconds,
                f"median interval {width:.0f} places, {grey} in the grey zone",
                goal=goal,
                reached=seconds <= 2 if goal else None,
            )
        )
    return found
