"""Invented households over months for the example table: for tests, benches and the example's back-test. No person is behind them."""

from __future__ import annotations

import numpy as np
import polars as pl

CAUSES = ("无", "因病", "因残", "因学", "因灾", "因意外事故", "因产业项目失败", "因务工就业不稳")


def records(count: int, seed: int = 0) -> pl.DataFrame:
    """Households of one day for the relief table: many values exactly at thresholds, 5 % without income."""
    rng = np.random.default_rng(seed)
    edges = rng.choice([8400.0, 10000.0, 12600.0, 7000.0, 20000.0], count) + rng.integers(-2, 3, count)
    income = np.where(rng.random(count) < 0.3, edges, np.round(rng.lognormal(9.5, 0.5, count)))
    return pl.DataFrame(
        {
            "id": [f"H{i:06d}" for i in range(count)],
            "income": np.where(rng.random(count) < 0.05, np.nan, income),
            "drop": np.round(rng.beta(1, 5, count), 2),
            "spend": np.round(rng.lognormal(8.2, 1, count)),
            "earned": np.round(rng.lognormal(10, 0.8, count)) * (rng.random(count) > 0.01),
            "workers": rng.integers(0, 4, count).astype(np.float64),
            "cause": np.array(CAUSES)[rng.choice(len(CAUSES), count, p=[0.65, *[0.05] * 7])],
            "housing": rng.random(count) > 0.01,
            "water": rng.random(count) > 0.01,
        }
    )


def panel(households: int, months: int = 24, seed: int = 0) -> pl.DataFrame:
    """Households over months; some fall (month in ``event``) with a chance that grows with burden, loss of income and lack of
    workers, and with something that no table sees."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(0, 0.7, households)
    aged = rng.random(households) < 0.25
    workers = np.where(aged, rng.integers(0, 2, households), rng.integers(1, 4, households)).astype(np.float64)
    income = np.exp(9.45 + 0.25 * workers / 2 + rng.normal(0, 0.35, households))
    earned = income * (1.5 + workers)
    spend = np.exp(8.0 + rng.normal(0, 0.8, households))
    cause = np.full(households, 0)
    event = np.full(households, -1)
    frames = []
    for month in range(months):
        shock = rng.random(households) < 0.03
        cause = np.where(
            shock, rng.integers(1, len(CAUSES), households), np.where(rng.random(households) < 0.08, 0, cause)
        )
        spend = np.where(shock, spend * rng.uniform(1.5, 4, households), spend * rng.uniform(0.93, 1.05, households))
        before = income
        income = income * np.where(shock, rng.uniform(0.6, 1.0, households), rng.normal(1.0, 0.04, households))
        drop = np.clip(1 - income / before, 0, 1)
        burden = spend / np.maximum(earned, 1)
        risk = -7.2 + 2.2 * np.minimum(burden, 2) + 5 * drop + 1.4 * (income < 8400) + 0.9 * (workers == 0) + hidden
        falls = (rng.random(households) < 1 / (1 + np.exp(-risk))) & (event < 0)
        event = np.where(falls, month + 1, event)
        frames.append(
            pl.DataFrame(
                {
                    "household": [f"H{i:05d}" for i in range(households)],
                    "period": np.full(households, month),
                    "income": np.round(np.where(rng.random(households) < 0.03, np.nan, income)),
                    "drop": np.round(drop, 2),
                    "spend": np.round(spend),
                    "earned": np.round(earned),
                    "workers": workers,
                    "cause": np.array(CAUSES)[cause],
                    "housing": rng.random(households) > 0.002,
                    "water": rng.random(households) > 0.002,
                    "aged": np.where(aged, "是", "否"),
                }
            )
        )
    return pl.concat(frames).with_columns(
        pl.Series("event", np.tile(np.where(event < 0, -1, event), months)).replace(-1, None)
    )
