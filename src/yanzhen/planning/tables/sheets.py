"""Decision tables as officials keep them: one sheet, a rule a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from yanzhen.planning.kernel import Finding, Text, must_hold
from yanzhen.planning.kernel.reading import plain_cell, raw_cells
from yanzhen.planning.tables.table import Table, from_mapping

ID = {"编号", "id", "rule", "规则"}
TITLE = {"说明", "title", "理由"}
BASIS = {"依据", "basis"}
POINTS = {"分值", "points"}
HIT = {
    "命中方式": "hit",
    "hit": "hit",
    "代码": "code",
    "code": "code",
    "名称": "title",
    "title": "title",
    "版本": "version",
    "version": "version",
    "签发": "signed_by",
    "signed_by": "signed_by",
    "默认": "default",
    "default": "default",
}
HIT_WORDS = {
    "首条": "first",
    "首条命中": "first",
    "唯一": "unique",
    "任一": "any",
    "优先": "priority",
    "收集": "collect",
}
KINDS = {"数": "number", "number": "number", "文字": "text", "text": "text", "是否": "bool", "bool": "bool"}


def from_sheet(source: Path) -> Table:
    """Read CSV or Excel. Lines above the heading row are settings (``命中方式 | 首条``); below the heading row an optional line of
    kinds (``数 / 文字 / 是否``); then the rules. Without it a column is of numbers when all its cells look so."""
    cells = [(line, [plain_cell(cell) for cell in row]) for line, row in raw_cells(source)]
    head = next((at for at, (_, row) in enumerate(cells) if row and row[0].lower() in ID), None)
    if head is None:
        text = Text("找不到标题行（第一格应为“编号”）", "no heading row (its first cell must be “id”)")
        must_hold([Finding("tables.sheet", text, sheet=source.name)])
        raise AssertionError
    settings: dict[str, Any] = {"code": source.stem, "title": source.stem}
    default = ""
    for _, row in cells[:head]:
        if len(row) > 1 and row[0].lower() in HIT:
            key = HIT[row[0].lower()]
            if key == "default":
                default = row[1]
            else:
                settings[key] = HIT_WORDS.get(row[1], row[1])
    heads = cells[head][1]
    body = [(line, row) for line, row in cells[head + 1 :] if any(row)]
    kinds: dict[int, str] = {}
    if body and not body[0][1][0] and any(cell.lower() in KINDS for cell in body[0][1]):
        kinds = {at: KINDS[cell.lower()] for at, cell in enumerate(body[0][1]) if cell.lower() in KINDS}
        body = body[1:]
    inputs, outputs, special = {}, {}, {}
    for at, name in enumerate(heads):
        if not name or at == 0:
            continue
        if name.startswith(("→", "->", "=>")):
            outputs[at] = name.lstrip("→->= ").strip()
        elif name.lower() in TITLE | BASIS | POINTS:
            special[at] = "title" if name.lower() in TITLE else "basis" if name.lower() in BASIS else "points"
        else:
            inputs[at] = name
    rules, lines = [], {}
    for number, (line, row) in enumerate(body, 1):
        full = row + [""] * (len(heads) - len(row))
        rule: dict[str, Any] = {"id": full[0] or f"R{number}"}
        rule["when"] = {name: full[at] for at, name in inputs.items()}
        rule["then"] = {name: full[at] for at, name in outputs.items() if full[at]}
        for at, key in special.items():
            if full[at]:
                rule[key] = full[at]
        rules.append(rule)
        lines[rule["id"]] = line
    data = {
        "table": settings,
        "input": [
            {"name": name, "kind": kinds.get(at) or _guess([row[at] for _, row in body if at < len(row)])}
            for at, name in inputs.items()
        ],
        "output": [
            {"name": name, "values": _values(rules, name, default if at == min(outputs) else "")}
            for at, name in outputs.items()
        ],
        "rule": rules,
        "default": {outputs[min(outputs)]: default} if default and outputs else {},
    }
    return from_mapping(data, sheet=source.name, lines=lines)


def _values(rules: list[dict[str, Any]], name: str, default: str) -> list[str]:
    """Values of an output in the order in which they first occur (most serious first), the default last."""
    found = list(dict.fromkeys(rule["then"][name] for rule in rules if name in rule["then"]))
    return [value for value in found if value != default] + ([default] if default else [])


def _guess(cells: list[str]) -> str:
    from yanzhen.planning.tables.cells import CellError, parse

    filled = [cell for cell in cells if cell and cell != "-"]
    for kind in ("bool", "number"):
        try:
            for cell in filled:
                parse(cell, "bool" if kind == "bool" else "number")
        except CellError:
            continue
        return kind
    return "text"
