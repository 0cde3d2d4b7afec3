"""The same table as JDM, the JSON of the ZEN engine: for exchange, and for the agreement check in CI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from yanzhen.planning.tables.cells import INFINITY, Cell, Interval
from yanzhen.planning.tables.table import Table

#: JDM knows these two; the rest is ours alone.
HITS = {"first": "first", "collect": "collect"}


def jdm(table: Table, *, hit: str = "") -> str:
    """The decision graph. ValueError for hit policies that JDM does not know (``hit`` overrides, for the trace)."""
    policy = HITS.get(hit or table.hit)
    if policy is None:
        raise ValueError(f"JDM has no hit policy {table.hit}")
    rules = []
    for rule in table.rules:
        row: dict[str, Any] = {"_id": rule.id, "o_rule": json.dumps(rule.id)}
        for at, cell in enumerate(rule.cells):
            row[f"i{at}"] = unary(cell)
        for at, item in enumerate(table.outputs):
            row[f"o{at}"] = json.dumps(rule.then.get(item.name, table.default.get(item.name, "")), ensure_ascii=False)
        rules.append(row)
    content = {
        "hitPolicy": policy,
        "inputs": [{"id": f"i{at}", "name": item.name, "field": f"f{at}"} for at, item in enumerate(table.inputs)],
        "outputs": [{"id": f"o{at}", "name": item.name, "field": f"o{at}"} for at, item in enumerate(table.outputs)]
        + [{"id": "o_rule", "name": "rule", "field": "rule"}],
        "rules": rules,
    }
    place = {"x": 0, "y": 0}
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", "position": place},
        {"id": "table", "type": "decisionTableNode", "name": table.code, "position": place, "content": content},
        {"id": "out", "type": "outputNode", "name": "out", "position": place},
    ]
    edges = [
        {"id": "e1", "sourceId": "in", "targetId": "table", "type": "edge"},
        {"id": "e2", "sourceId": "table", "targetId": "out", "type": "edge"},
    ]
    graph = {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}
    return json.dumps(graph, ensure_ascii=False)


def context(table: Table, record: Mapping[str, Any]) -> dict[str, Any]:
    """A record with the fields that :func:`jdm` asks for."""
    return {f"f{at}": value for at, value in enumerate(table.facts(record))}


def unary(cell: Cell) -> str:
    """A cell as a unary test of the ZEN expression language ("" = any)."""
    if cell.whatever:
        return ""
    if cell.others:
        listed = ", ".join(_word(word) for word in sorted(cell.words))
        inside = f"not($ in [{listed}])" if cell.words else "true"
        return f"$ == null or {inside}" if cell.missing else f"$ != null and {inside}"
    numbers = cell.kind == "number"
    tests = [_interval(item) for item in cell.intervals] if numbers else [_word(word) for word in sorted(cell.words)]
    return ", ".join(["null", *tests] if cell.missing else tests)  # null first: a comparison with null ends the test


def _word(word: Any) -> str:
    return json.dumps(word, ensure_ascii=False)


def _interval(item: Interval) -> str:
    if item.low == item.high:
        return _number(item.low)
    if item.low == -INFINITY and item.high == INFINITY:
        return "$ != null"
    if item.low == -INFINITY:
        return f"{'<' if item.high_open else '<='} {_number(item.high)}"
    if item.high == INFINITY:
        return f"{'>' if item.low_open else '>='} {_number(item.low)}"
    return f"{'(' if item.low_open else '['}{_number(item.low)}..{_number(item.high)}{')' if item.high_open else ']'}"


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
