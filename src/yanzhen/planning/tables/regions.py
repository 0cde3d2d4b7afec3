"""The threshold grid of a table without building it: which rules overlap, which never fire, what no rule covers.

Every input falls into regions at the thresholds that occur in its column (points, open intervals between them, words, "another
word", yes, no, missing). A rule is a set of regions for every input. Counting goes input by input over the sets of rules that are
still possible, so that a table of 20 inputs costs milliseconds although its grid has more cells than could be written down.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from yanzhen.planning.kernel import Text
from yanzhen.planning.kernel.text import number, same
from yanzhen.planning.tables.cells import INFINITY
from yanzhen.planning.tables.table import Input, Table

OTHER = "\0other"


@dataclass(frozen=True, slots=True)
class Region:
    """Facts that no cell of the column tells apart: an example (None = missing), and the words for it."""

    example: Any
    text: Text


def regions_of(table: Table, at: int) -> tuple[Region, ...]:
    """The regions of one input, missing last."""
    item = table.inputs[at]
    missing = Region(None, Text("缺", "missing"))
    if item.kind == "bool":
        return (Region(True, Text("是", "yes")), Region(False, Text("否", "no")), missing)
    if item.kind == "text":
        words = sorted({word for rule in table.rules for word in rule.cells[at].words} | set(item.values))
        found = [Region(word, same(word)) for word in words]
        if not item.values:
            found.append(Region(OTHER, Text("其他", "another")))
        return (*found, missing)
    return (*_numeric(table, at, item), missing)


def _numeric(table: Table, at: int, item: Input) -> Iterator[Region]:
    low = -INFINITY if item.low is None else float(item.low)
    high = INFINITY if item.high is None else float(item.high)
    marks = {edge for rule in table.rules for part in rule.cells[at].intervals for edge in (part.low, part.high)}
    points = sorted(edge for edge in marks | {low, high} if low <= edge <= high and math.isfinite(edge))
    edges = [low, *points, high] if points else [low, high]
    seen = set()
    for first, second in pairwise(edges):
        if math.isfinite(first) and first not in seen:
            seen.add(first)
            yield Region(first, same(number(first, 6)))
        if first < second:
            yield Region(_between(first, second), _span(first, second))
    if math.isfinite(high) and high not in seen:
        yield Region(high, same(number(high, 6)))


def _between(low: float, high: float) -> float:
    if math.isinf(low) and math.isinf(high):
        return 0.0
    if math.isinf(low):
        return high - max(1.0, abs(high) * 0.1)
    if math.isinf(high):
        return low + max(1.0, abs(low) * 0.1)
    middle = (low + high) / 2
    whole = float(round(middle))
    return whole if low < whole < high else middle


def _span(low: float, high: float) -> Text:
    if math.isinf(low) and math.isinf(high):
        return Text("任意数", "any number")
    if math.isinf(low):
        return same(f"< {number(high, 6)}")
    if math.isinf(high):
        return same(f"> {number(low, 6)}")
    return same(f"{number(low, 6)}…{number(high, 6)}")


class Grid:
    """A table on its threshold grid. Inputs that are worked out of others are treated as free: a witness may then not occur."""

    def __init__(self, table: Table, *, missing: bool = True) -> None:
        self.table = table
        self.regions = [
            regions_of(table, at) if missing else regions_of(table, at)[:-1] for at in range(len(table.inputs))
        ]
        self.size = math.prod(len(item) for item in self.regions)
        #: per input and region: bit mask of the rules whose cell holds there
        self.masks = [
            tuple(
                sum(1 << r for r, rule in enumerate(table.rules) if rule.cells[at].holds(region.example))
                for region in self.regions[at]
            )
            for at in range(len(table.inputs))
        ]

    def count(self, inside: int, without: int) -> int:
        """Cells where all rules of ``inside`` hold and none of ``without`` does (bit masks; 0 = none)."""
        inputs = len(self.masks)
        rest = [math.prod(len(item) for item in self.regions[at:]) for at in range(inputs)] + [1]
        if not inside and not without:
            return self.size

        @cache
        def below(at: int, open_: int) -> int:
            """Cells of the inputs from ``at`` on where none of the still possible rules ``open_`` holds."""
            if not open_ and not inside:
                return rest[at]
            if at == inputs:
                return 0 if open_ else 1
            counted: dict[int, int] = {}
            for mask in self.masks[at]:
                if mask & inside == inside:
                    counted[mask & open_] = counted.get(mask & open_, 0) + 1
            return sum(times * below(at + 1, left) for left, times in counted.items())

        return below(0, without)

    def witness(self, inside: int, without: int) -> tuple[Region, ...] | None:
        """One such cell, the plainest first (present facts before missing ones); None when there is none."""
        inputs = len(self.masks)
        dead: set[tuple[int, int]] = set()

        def walk(at: int, open_: int, chosen: list[Region]) -> tuple[Region, ...] | None:
            if at == inputs:
                return None if open_ else tuple(chosen)
            if (at, open_) in dead:
                return None
            for region, mask in zip(self.regions[at], self.masks[at], strict=True):
                if mask & inside == inside:
                    found = walk(at + 1, mask & open_, [*chosen, region])
                    if found is not None:
                        return found
            dead.add((at, open_))
            return None

        return walk(0, without, [])

    def overlaps(self) -> list[tuple[int, int]]:
        """Pairs of rules that hold together somewhere."""
        found = []
        for first in range(len(self.table.rules)):
            for second in range(first + 1, len(self.table.rules)):
                both = (1 << first) | (1 << second)
                if all(any(mask & both == both for mask in masks) for masks in self.masks):
                    found.append((first, second))
        return found

    def say(self, cell: Sequence[Region], *rules: int) -> Text:
        """A cell of the grid in words; with ``rules`` only the inputs that one of them asks about."""
        shown = [
            (item.title, region.text)
            for at, (item, region) in enumerate(zip(self.table.inputs, cell, strict=True))
            if not rules or any(not self.table.rules[rule].cells[at].whatever for rule in rules)
        ]
        return Text("、".join(f"{t.zh} {r.zh}" for t, r in shown), ", ".join(f"{t.en} {r.en}" for t, r in shown))

    def record(self, cell: Sequence[Region]) -> Mapping[str, Any]:
        """A cell as a record."""
        return {item.name: region.example for item, region in zip(self.table.inputs, cell, strict=True)}
