"""Had this table run last year: alarms, hits, lead time, what a visiting capacity catches, and whom it misses. And the shadow run.

A record is a household in a month with its facts *as known on that day*; ``event`` is the month in which it fell (null = never). Rows
from that month on are left out: the aim is to be early. Helped households do not fall, so labels are censored by the help itself;
the report says so. Metrics of orders are per month, because visits are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yanzhen.planning.kernel.digests import tie_many, words
from yanzhen.planning.tables.compiled import Compiled
from yanzhen.planning.tables.table import Table


@dataclass(frozen=True, slots=True)
class Panel:
    """Column names of a panel. ``period`` and ``event``: month numbers, or words like 2026-03; ``groups``: columns whose recall is
    shown apart (aged, disabled, remote, county); ``horizon``: months ahead that count as caught."""

    household: str = "household"
    period: str = "period"
    event: str = "event"
    groups: tuple[str, ...] = ()
    horizon: int = 3
    capacity: float = 0.02


@dataclass(frozen=True, slots=True)
class Share:
    """Alarms or visits and what they caught: ``flagged`` of ``records``, of which ``right``; ``wanted``: all that fell later."""

    records: int
    flagged: int
    right: int
    wanted: int

    @property
    def precision(self) -> float:
        """Right among flagged; NaN when nothing was flagged."""
        return self.right / self.flagged if self.flagged else float("nan")

    @property
    def recall(self) -> float:
        """Right among wanted; NaN when nothing was wanted."""
        return self.right / self.wanted if self.wanted else float("nan")


@dataclass(frozen=True, slots=True)
class BackTest:
    """``alarms``: this level or worse, by level; ``visits``: at capacity, in the table's order; ``groups``: the same by group;
    ``average``: area under precision and recall of the order; ``lead``: median months from the first alarm to the fall, of those
    that fell; ``early``: share of them with an alarm before; ``months``: (month, alarms, right)."""

    base: float
    alarms: Mapping[str, Share]
    visits: Share
    groups: Mapping[str, Share]
    average: float
    lead: float
    early: float
    months: tuple[tuple[int, int, int], ...]
    fired: Mapping[str, Share]


def month_number(frame: pl.DataFrame, column: str) -> pl.Series:
    """Months as numbers: 2026-03 becomes 24314."""
    series = frame[column]
    if series.dtype.is_numeric():
        return series.cast(pl.Int32)
    parts = series.cast(pl.String).str.extract_groups(r"(\d{4})\D?(\d{1,2})")
    return (parts.struct[0].cast(pl.Int32) * 12 + parts.struct[1].cast(pl.Int32)).rename(column)


def labelled(frame: pl.DataFrame, panel: Panel) -> pl.DataFrame:
    """The frame with ``_t``, ``_e`` (months) and ``_y`` (falls within the horizon); rows from the fall on are left out."""
    return (
        frame.with_columns(month_number(frame, panel.period).alias("_t"), month_number(frame, panel.event).alias("_e"))
        .filter(pl.col("_e").is_null() | (pl.col("_t") < pl.col("_e")))
        .with_columns((pl.col("_e").is_not_null() & (pl.col("_e") - pl.col("_t") <= panel.horizon)).alias("_y"))
    )


def order_of(table: Table, decided: pl.DataFrame, households: Sequence[str], seed: int = 0) -> NDArray[np.float64]:
    """A number by which records are visited: smaller first (level, points, published hash)."""
    values = list(table.level.values)
    levels = decided[table.level.name].cast(pl.String).to_list()
    severity = np.array([values.index(v) if v in values else len(values) for v in levels], dtype=np.float64)
    points = np.zeros(len(levels))
    for rule in table.rules:
        points += rule.points * decided[f"hit_{rule.id}"].to_numpy()
    ids = words(households)
    hashed = tie_many(seed, ids, ids).astype(np.float64) / 2.0**64
    result: NDArray[np.float64] = severity - points / (1.0 + np.abs(points).max(initial=0.0)) + hashed * 1e-9
    return result


def at_capacity(order: NDArray[np.float64], months: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    """Which records are visited when every month this share of its records can be."""
    chosen = np.zeros(len(order), dtype=bool)
    for month in np.unique(months):
        rows = np.flatnonzero(months == month)
        visits = math.ceil(share * len(rows) - 1e-9)
        chosen[rows[np.argsort(order[rows], kind="stable")[:visits]]] = True
    return chosen


def average_precision(order: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Area under the curve of precision and recall (step form); NaN without any event."""
    if not right.any():
        return float("nan")
    sorted_right = right[np.argsort(order, kind="stable")]
    hits = np.cumsum(sorted_right)
    precision = hits / np.arange(1, len(order) + 1)
    return float(precision[sorted_right].mean())


def share_of(flagged: NDArray[np.bool_], right: NDArray[np.bool_], rows: NDArray[np.bool_] | None = None) -> Share:
    """Count."""
    if rows is not None:
        flagged, right = flagged[rows], right[rows]
    return Share(len(flagged), int(flagged.sum()), int((flagged & right).sum()), int(right.sum()))


def backtest(table: Table, frame: pl.DataFrame, panel: Panel | None = None, *, seed: int = 0) -> BackTest:
    """Run a table over a panel."""
    panel = panel or Panel()
    rows = labelled(frame, panel)
    decided = Compiled(table).run(rows)
    right = decided["_y"].to_numpy()
    months = decided["_t"].to_numpy().astype(np.int64)
    households = decided[panel.household].cast(pl.String).to_list()
    order = order_of(table, decided, households, seed)
    none = table.default.get(table.level.name, "")
    levels = decided[table.level.name].cast(pl.String).to_numpy()
    alarms = {}
    upto = np.zeros(len(right), dtype=bool)
    for value in table.level.values:
        if value == none:
            continue
        upto = upto | (levels == value)
        alarms[value] = share_of(upto, right)
    visits = at_capacity(order, months, panel.capacity)
    groups = {}
    for column in panel.groups:
        names = decided[column].cast(pl.String).fill_null("–").to_numpy()
        for name in sorted(set(names)):
            groups[f"{column}={name}"] = share_of(visits, right, names == name)
    lead, early = _lead(decided, panel, upto)
    by_month = tuple(
        (int(month), int(upto[months == month].sum()), int((upto & right)[months == month].sum()))
        for month in np.unique(months)
    )
    fired = {rule.id: share_of(decided[f"hit_{rule.id}"].to_numpy(), right) for rule in table.rules}
    return BackTest(
        float(right.mean()) if len(right) else float("nan"),
        alarms,
        share_of(visits, right),
        groups,
        average_precision(order, right),
        lead,
        early,
        by_month,
        fired,
    )


def _lead(decided: pl.DataFrame, panel: Panel, alarmed: NDArray[np.bool_]) -> tuple[float, float]:
    fell = decided.filter(pl.col("_e").is_not_null())
    if fell.is_empty():
        return float("nan"), float("nan")
    total = fell[panel.household].n_unique()
    first = (
        decided.with_columns(pl.Series("_alarm", alarmed))
        .filter(pl.col("_e").is_not_null() & pl.col("_alarm"))
        .group_by(panel.household)
        .agg((pl.col("_e") - pl.col("_t")).max().alias("lead"))
    )
    if first.is_empty():
        return float("nan"), 0.0
    middle: Any = first["lead"].median()
    return float(middle), first.height / total


# -- shadow ------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shadow:
    """A new table beside the one in force on the same records: how many move from which level to which, examples by key, and the
    rules that decide the moves."""

    moves: Mapping[tuple[str, str], int]
    examples: Mapping[tuple[str, str], tuple[str, ...]]
    rules: Mapping[str, int]
    records: int

    @property
    def changed(self) -> int:
        """Records with another level."""
        return sum(count for (old, new), count in self.moves.items() if old != new)


def shadow(old: Table, new: Table, frame: pl.DataFrame, key: str, *, examples: int = 5) -> Shadow:
    """Compare; nothing is alarmed by the new table."""
    first, second = (Compiled(table).run(frame, trace=False) for table in (old, new))
    both = pl.DataFrame(
        {
            "key": frame[key].cast(pl.String),
            "old": first[old.level.name].cast(pl.String).fill_null(""),
            "new": second[new.level.name].cast(pl.String).fill_null(""),
            "rule": second["rule"].cast(pl.String).fill_null(""),
        }
    )
    moves: dict[tuple[str, str], int] = {}
    shown: dict[tuple[str, str], tuple[str, ...]] = {}
    for (was, now), part in sorted(both.group_by("old", "new"), key=lambda item: str(item[0])):
        moves[str(was), str(now)] = part.height
        if was != now:
            shown[str(was), str(now)] = tuple(sorted(part["key"].to_list())[:examples])
    moved = both.filter(pl.col("old") != pl.col("new"))
    counted = moved.group_by("rule").len().sort(["len", "rule"], descending=[True, False])
    return Shadow(moves, shown, dict(counted.iter_rows()), both.height)
