"""A decision table compiled to column expressions of Polars: millions of records a second, with a trace column per rule.

The interpreter (:func:`yanzhen.planning.tables.table.decide`) is the meaning; this is its fast form, held equal by property tests.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import polars as pl

from yanzhen.planning.tables import formula
from yanzhen.planning.tables.cells import INFINITY, Cell
from yanzhen.planning.tables.table import Input, Rule, Table

FIRED = "fired"
RULE = "rule"
CONFLICT = "conflict"


def hit_column(rule: Rule) -> str:
    """Name of a rule's trace column."""
    return f"hit_{rule.id}"


class Compiled:
    """A table ready for data frames. ``columns``: names of what :meth:`run` adds."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.columns = [item.name for item in table.outputs] + [RULE, CONFLICT]
        self.trace = [hit_column(rule) for rule in table.rules]

    def facts(self) -> list[pl.Expr]:
        """Inputs as the rules see them: formulas worked out, NaN and "" missing."""
        return [_fact(item, self.table).alias(_inner(item)) for item in self.table.inputs]

    def masks(self) -> list[pl.Expr]:
        """One Boolean expression a rule, never null."""
        found = []
        for rule in self.table.rules:
            tests = [
                _test(cell, pl.col(_inner(item)))
                for cell, item in zip(rule.cells, self.table.inputs, strict=True)
                if not cell.whatever
            ]
            mask = pl.all_horizontal(tests) if tests else pl.lit(True)
            found.append(mask.alias(hit_column(rule)))
        return found

    def lazy(self, frame: pl.LazyFrame, *, trace: bool = True) -> pl.LazyFrame:
        """The frame with conclusions (and the trace) added. Facts that the frame lacks are missing."""
        have = set(frame.collect_schema().names())
        lacking = [item for item in self.table.inputs if not item.formula and item.name not in have]
        if lacking:
            kinds = {"number": pl.Float64, "text": pl.String, "bool": pl.Boolean}
            frame = frame.with_columns(pl.lit(None, dtype=kinds[item.kind]).alias(item.name) for item in lacking)
        frame = frame.with_columns(self.facts()).with_columns(self.masks())
        at = self._chosen()
        frame = frame.with_columns(at.alias("_at"))
        frame = frame.with_columns(self._conclusions())
        away = ["_at", *(_inner(item) for item in self.table.inputs), *(item.name for item in lacking)]
        return frame.drop([*away, *([] if trace else self.trace)])

    def run(self, frame: pl.DataFrame, *, trace: bool = True) -> pl.DataFrame:
        """Decide every record."""
        return self.lazy(frame.lazy(), trace=trace).collect()

    def _chosen(self) -> pl.Expr:
        """Position of the deciding rule, null when none fires."""
        rules = list(enumerate(self.table.rules))
        if self.table.hit in ("priority", "collect"):
            from yanzhen.planning.tables.table import _order

            rules.sort(key=lambda item: (_order(self.table, item[1]), item[0]))
        branch: Any = pl
        for at, rule in rules:
            branch = branch.when(pl.col(hit_column(rule))).then(pl.lit(at, dtype=pl.Int16))
        result: pl.Expr = branch.otherwise(pl.lit(None, dtype=pl.Int16))
        return result

    def _conclusions(self) -> list[pl.Expr]:
        table = self.table
        conflict: pl.Expr = pl.lit(False)
        if table.hit == "unique":
            conflict = pl.sum_horizontal(pl.col(name).cast(pl.UInt16) for name in self.trace) > 1
        elif table.hit == "any":
            from yanzhen.planning.tables.table import _then

            groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
            for rule in table.rules:
                groups.setdefault(tuple(sorted(_then(table, rule).items())), []).append(hit_column(rule))
            fired = [pl.any_horizontal(names).cast(pl.UInt16) for names in groups.values()]
            conflict = pl.sum_horizontal(fired) > 1
        made = []
        for item in table.outputs:
            values = [rule.then.get(item.name, table.default.get(item.name, "")) for rule in table.rules]
            words = list(dict.fromkeys([*values, table.default.get(item.name, "")]))
            kind = pl.Enum(words)
            lookup = pl.Series(values, dtype=kind)
            none = table.default.get(item.name)
            chosen = pl.lit(lookup).gather(pl.col("_at").fill_null(0))
            fallback = pl.lit(none, dtype=kind)
            made.append(
                pl.when(conflict)
                .then(pl.lit(None, dtype=kind))
                .when(pl.col("_at").is_null())
                .then(fallback)
                .otherwise(chosen)
                .alias(item.name)
            )
        ids = pl.Series([rule.id for rule in table.rules], dtype=pl.Enum([rule.id for rule in table.rules]))
        named = pl.lit(ids).gather(pl.col("_at").fill_null(0))
        made.append(pl.when(pl.col("_at").is_null() | conflict).then(None).otherwise(named).alias(RULE))
        made.append(conflict.alias(CONFLICT))
        return made


def _inner(item: Input) -> str:
    return f"_fact_{item.name}"


def _fact(item: Input, table: Table) -> pl.Expr:
    if item.formula:
        divide = lambda a, b: pl.when(b != 0).then(a / b)  # noqa: E731 - one expression
        made: pl.Expr = formula.column(
            table.trees[item.name],
            lambda name: pl.col(name).cast(pl.Float64).fill_nan(None),
            lambda v: pl.lit(v),
            divide,
        )
        return made
    if item.kind == "number":
        return pl.col(item.name).cast(pl.Float64).fill_nan(None)
    if item.kind == "bool":
        return pl.col(item.name).cast(pl.Boolean)
    plain = pl.col(item.name).cast(pl.String)
    return pl.when(plain != "").then(plain)


def _test(cell: Cell, fact: pl.Expr) -> pl.Expr:
    """A cell as an expression that is never null."""
    tests: list[pl.Expr] = []
    if cell.kind == "number":
        for item in cell.intervals:
            above = None if item.low == -INFINITY else fact > item.low if item.low_open else fact >= item.low
            below = None if item.high == INFINITY else fact < item.high if item.high_open else fact <= item.high
            parts = [part for part in (above, below) if part is not None]
            tests.append(parts[0] & parts[1] if len(parts) == 2 else parts[0] if parts else fact.is_not_null())
    elif cell.kind == "bool":
        words = {True, False} - cell.words if cell.others else cell.words
        if words == {True, False}:
            tests.append(fact.is_not_null())
        elif words:
            tests.append(fact if True in words else ~fact)
    elif cell.others:
        tests.append(~fact.is_in(sorted(cell.words)) if cell.words else fact.is_not_null())
    elif len(cell.words) == 1:
        tests.append(fact == next(iter(cell.words)))
    elif cell.words:
        tests.append(fact.is_in(sorted(cell.words)))
    whole = reduce(or_, tests).fill_null(False) if tests else pl.lit(False)
    return whole | fact.is_null() if cell.missing else whole
