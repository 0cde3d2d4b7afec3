"""Which fact would clear this: the nearest change of one fact (or of two) after which the level is milder."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from yanzhen.planning.kernel import Text
from yanzhen.planning.kernel.text import number, said
from yanzhen.planning.tables.regions import OTHER, Region, regions_of
from yanzhen.planning.tables.table import Input, Table, decide


@dataclass(frozen=True, slots=True)
class Clearing:
    """Facts to change (name → example that clears), the level then, and the words."""

    facts: Mapping[str, Any]
    level: str
    text: Text


def clearings(table: Table, record: Mapping[str, Any], *, limit: int = 6) -> tuple[Clearing, ...]:
    """Single facts first, nearest first; pairs only when no single fact does. Worked-out facts are not changed, what they are made
    of is. Facts marked not clearable (age, a death) are never named."""
    now = decide(table, record)
    level = now.then.get(table.level.name, "")
    worst = table.severity(level)
    free = [at for at, item in enumerate(table.inputs) if item.clearable and not item.formula]
    found: list[tuple[tuple[int, int], Clearing]] = []
    for at in free:
        through = _through_formula(table, record, at, worst)
        found += through
        if through:
            continue
        for distance, region, words in _moves(table, at, record):
            changed = {**record, table.inputs[at].name: region.example}
            then = decide(table, changed).then.get(table.level.name, "")
            if table.severity(then) > worst and _gaps(table, changed) <= _gaps(table, record):
                found.append(((distance, at), _clearing(table, {table.inputs[at].name: region.example}, then, words)))
                break
    if not found:
        for first, second in combinations(free, 2):
            best = _pair(table, record, first, second, worst)
            if best:
                found.append(best)
    return tuple(item for _, item in sorted(found, key=lambda one: one[0])[:limit])


def _through_formula(
    table: Table, record: Mapping[str, Any], at: int, worst: int
) -> list[tuple[tuple[int, int], Clearing]]:
    """A fact that others are worked out of: where between its value and its ends the level turns, found by halving."""
    item = table.inputs[at]
    value = record.get(item.name)
    used = any(
        item.name in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} for tree in table.trees.values()
    )
    if not used or item.kind != "number" or value is None or value != value:
        return []
    found = []
    start = float(value)
    for end in (
        item.low if item.low is not None else 0.0,
        item.high if item.high is not None else max(20 * abs(start), 1e6),
    ):

        def level(number_: float) -> str:
            return decide(table, {**record, item.name: number_}).then.get(table.level.name, "")

        bad, good = start, float(end)
        if table.severity(level(good)) <= worst or _gaps(table, {**record, item.name: good}) > _gaps(table, record):
            continue  # a level that falls because a worked-out fact got lost is no clearing
        for _ in range(60):
            middle = (bad + good) / 2
            bad, good = (bad, middle) if table.severity(level(middle)) > worst else (middle, good)
        step = 10 ** max(0, math.floor(math.log10(max(abs(good - start), 1.0))) - 1)
        rounded = (math.floor if good < start else math.ceil)(good / step) * step  # a round figure just beyond the turn
        if table.severity(level(rounded)) > worst:
            good = float(rounded)
        way = Text("降到", "falls to") if good < start else Text("升到", "rises to")
        words = Text(
            f"{item.title.zh}{way.zh} {number(good)}{item.unit.zh}（现 {number(start)}）",
            f"{item.title.en} {way.en} {number(good)} {item.unit.en}".rstrip() + f" (now {number(start)})",
        )
        found.append(((1, at), _clearing(table, {item.name: good}, level(good), words)))
    return found


def _gaps(table: Table, record: Mapping[str, Any]) -> int:
    return sum(fact is None for fact in table.facts(record))


def _pair(
    table: Table, record: Mapping[str, Any], first: int, second: int, worst: int
) -> tuple[tuple[int, int], Clearing] | None:
    options = []
    for d1, r1, w1 in _moves(table, first, record):
        for d2, r2, w2 in _moves(table, second, record):
            facts = {table.inputs[first].name: r1.example, table.inputs[second].name: r2.example}
            then = decide(table, {**record, **facts}).then.get(table.level.name, "")
            if table.severity(then) > worst and _gaps(table, {**record, **facts}) <= _gaps(table, record):
                words = Text(f"{w1.zh}，且{w2.zh}", f"{w1.en} and {w2.en}")
                options.append(((d1 + d2, first), _clearing(table, facts, then, words)))
    return min(options, key=lambda one: one[0]) if options else None


def _clearing(table: Table, facts: Mapping[str, Any], level: str, words: Text) -> Clearing:
    text = Text("若{w}，则为“{l}”", "if {w}, it becomes “{l}”").fill(w=words, l=table.level.say(level))
    return Clearing(facts, level, text)


def _moves(table: Table, at: int, record: Mapping[str, Any]) -> list[tuple[int, Region, Text]]:
    """Other regions of one input, nearest first (never towards missing), with words."""
    item = table.inputs[at]
    regions = [region for region in regions_of(table, at) if region.example is not None and region.example != OTHER]
    value = record.get(item.name)
    if value is None or value != value:
        return [(1, region, _words(item, None, region)) for region in regions]
    if item.kind != "number":
        return [(1, region, _words(item, value, region)) for region in regions if region.example != value]
    marked = []
    own = 0
    for place, region in enumerate(regions):
        if region.example <= value:
            own = place
    for place, region in enumerate(regions):
        if place != own:
            marked.append((abs(place - own), region, _words(item, value, region)))
    return sorted(marked, key=lambda one: one[0])


def _words(item: Input, value: Any, region: Region) -> Text:
    unit = item.unit
    now = Text("现缺", "now missing") if value is None else Text(f"现 {_say(value, 'zh')}", f"now {_say(value, 'en')}")
    return Text(
        f"{item.title.zh}为 {region.text.zh}{unit.zh}（{now.zh}）",
        f"{item.title.en} is {region.text.en} {unit.en}".rstrip() + f" ({now.en})",
    )


def _say(value: Any, lang: Any) -> str:
    return (
        number(float(value), 4)
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        else said(value, lang)
    )
