"""A glass-box score that orders visits *inside* a level: a binned logistic scorecard, printed as a table of points.

It never makes or removes an alarm. Split by time *and* household (a household of the training months never tests), features as known
on the day; a random split flatters. At the stated capacity it must not be below the hand-made order in any group, or it is not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yanzhen.planning.kernel.digests import tie_many, words
from yanzhen.planning.tables.backtest import (
    Panel,
    Share,
    at_capacity,
    average_precision,
    labelled,
    order_of,
    share_of,
)
from yanzhen.planning.tables.compiled import Compiled
from yanzhen.planning.tables.table import Input, Table

DOUBLE = 20.0  # points that double the odds


@dataclass(frozen=True, slots=True)
class Bin:
    """One line of the scorecard: numbers in [``low``, ``high``), or a word, or missing; its points and how many records it had."""

    name: str
    low: float | None
    high: float | None
    word: str | None
    missing: bool
    points: int
    records: int


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Points by input. ``base``: points of everybody. A record's score is base + the points of its bins; 20 points double the odds."""

    table: str
    base: int
    bins: Mapping[str, tuple[Bin, ...]]

    def scores(self, frame: pl.DataFrame, table: Table) -> NDArray[np.int64]:
        """Scores of records (more = more urgent)."""
        total = np.full(frame.height, self.base, dtype=np.int64)
        facts = frame.lazy().select(Compiled(table).facts()).collect()
        for item in table.inputs:
            for part in self.bins.get(item.name, ()):
                total[_inside(facts[f"_fact_{item.name}"], part)] += part.points
        return total


@dataclass(frozen=True, slots=True)
class Trial:
    """Score against the table's own order on test months and test households: area under precision and recall, and visits at
    capacity, overall and by group. ``fit``: better overall and below the hand-made order in no group."""

    card: Scorecard
    train: int
    test: int
    average: tuple[float, float]
    visits: tuple[Share, Share]
    groups: Mapping[str, tuple[Share, Share]]

    @property
    def fit(self) -> bool:
        """Whether it may be used."""
        worse = [name for name, (table, card) in self.groups.items() if table.wanted >= 20 and card.right < table.right]
        return self.visits[1].right >= self.visits[0].right and not worse


def split(
    frame: pl.DataFrame, panel: Panel, first_test: int, seed: int, share: float = 0.5
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Training rows (early months, one part of the households) and test rows (late months, the others). Labels of training months
    must be known before the test begins, so the last ``horizon`` months before it are left out."""
    ids = words(frame[panel.household].cast(pl.String).to_list())
    drawn = tie_many(seed, ids, ids).astype(np.float64) / 2.0**64
    months = frame["_t"].to_numpy()
    train = (months + panel.horizon < first_test) & (drawn < share)
    test = (months >= first_test) & (drawn >= share)
    return train, test


def trial(table: Table, frame: pl.DataFrame, panel: Panel, first_test: int, *, seed: int = 0, bins: int = 6) -> Trial:
    """Fit on the training part, try on the test part. ValueError when either part has no events."""
    rows = labelled(frame, panel)
    train, test = split(rows, panel, first_test, seed)
    right = rows["_y"].to_numpy()
    if not right[train].any() or not right[test].any():
        raise ValueError("training and test need events")
    card = fit(table, rows.filter(pl.Series(train)), right[train], bins=bins)
    late = rows.filter(pl.Series(test))
    decided = Compiled(table).run(late)
    hand = order_of(table, decided, late[panel.household].cast(pl.String).to_list(), seed)
    values = list(table.level.values)
    severity = np.array(
        [values.index(v) if v in values else len(values) for v in decided[table.level.name].cast(pl.String).to_list()]
    )
    score = card.scores(late, table)
    inside = severity - score / (1.0 + np.abs(score).max(initial=0)) * 0.999 + 1e-9 * (hand - np.floor(hand))
    months = late["_t"].to_numpy().astype(np.int64)
    truth = right[test]
    chosen = [at_capacity(order, months, panel.capacity) for order in (hand, inside)]
    groups = {}
    for column in panel.groups:
        names = late[column].cast(pl.String).fill_null("–").to_numpy()
        for name in sorted(set(names)):
            groups[f"{column}={name}"] = (
                share_of(chosen[0], truth, names == name),
                share_of(chosen[1], truth, names == name),
            )
    return Trial(
        card,
        int(train.sum()),
        int(test.sum()),
        (average_precision(hand, truth), average_precision(inside, truth)),
        (share_of(chosen[0], truth), share_of(chosen[1], truth)),
        groups,
    )


def fit(table: Table, frame: pl.DataFrame, right: NDArray[np.bool_], *, bins: int = 6) -> Scorecard:
    """Bins at the table's thresholds and at quantiles, weights by logistic regression, points by rounding."""
    from sklearn.linear_model import LogisticRegression

    facts = frame.lazy().select(Compiled(table).facts()).collect()
    layout: list[tuple[Input, Bin]] = []
    columns: list[NDArray[np.bool_]] = []
    for at, item in enumerate(table.inputs):
        series = facts[f"_fact_{item.name}"]
        for part in _bins(table, at, item, series, bins):
            mask = _inside(series, part)
            if mask.sum() >= 30:
                layout.append((item, part))
                columns.append(mask)
    if not columns:
        raise ValueError("too few records for a scorecard")
    matrix = np.column_stack(columns).astype(np.float64)
    model = LogisticRegression(C=1.0, max_iter=500)  # type: ignore[no-untyped-call]
    model.fit(matrix, right)
    scale = DOUBLE / np.log(2.0)
    found: dict[str, list[Bin]] = {}
    base = float(model.intercept_[0])
    for item in table.inputs:
        own = [(i, part) for i, (owner, part) in enumerate(layout) if owner.name == item.name]
        if not own:
            continue
        counts = np.array([columns[i].sum() for i, _ in own], dtype=np.float64)
        weights = np.array([model.coef_[0][i] for i, _ in own])
        middle = float((weights * counts).sum() / counts.sum())  # points against the average record
        base += middle
        found[item.name] = [
            Bin(part.name, part.low, part.high, part.word, part.missing, round((weight - middle) * scale), int(count))
            for (_, part), weight, count in zip(own, weights, counts, strict=True)
        ]
    return Scorecard(table.code, round(base * scale), {name: tuple(parts) for name, parts in found.items()})


def _bins(table: Table, at: int, item: Input, series: pl.Series, most: int) -> list[Bin]:
    missing = Bin("缺", None, None, None, True, 0, 0)
    if item.kind != "number":
        words_ = sorted(series.drop_nulls().cast(pl.String).unique().to_list())
        return [Bin(word, None, None, word, False, 0, 0) for word in words_] + [missing]
    edges = {
        edge
        for rule in table.rules
        for part in rule.cells[at].intervals
        for edge in (part.low, part.high)
        if np.isfinite(edge)
    }
    values = series.drop_nulls().to_numpy()
    if len(values):
        edges |= {float(edge) for edge in np.quantile(values, np.linspace(0, 1, most + 1)[1:-1])}
    marks = sorted(edges)
    ends: Sequence[float] = [-np.inf, *marks, np.inf]
    made = []
    for low, high in pairwise(ends):
        name = f"{'' if np.isinf(low) else f'{low:g}'}–{'' if np.isinf(high) else f'{high:g}'}"
        made.append(Bin(name, float(low), float(high), None, False, 0, 0))
    return [*made, missing]


def _inside(series: pl.Series, part: Bin) -> NDArray[np.bool_]:
    if part.missing:
        return series.is_null().to_numpy()
    if part.word is not None:
        mask: Any = series.cast(pl.String) == part.word
        return mask.fill_null(False).to_numpy()  # type: ignore[no-any-return]
    values = series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    assert part.low is not None  # noqa: S101 - a bin of numbers
    assert part.high is not None  # noqa: S101
    with np.errstate(invalid="ignore"):
        result: NDArray[np.bool_] = (values >= part.low) & (values < part.high)
    return result
