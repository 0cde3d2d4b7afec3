"""A decision table as data: inputs, outputs, rules, hit policy, dates and signer; read from TOML, CSV or Excel.

Thresholds differ by province and year (domain: monitoring line), so a table is a dated file, never code. In CSV and Excel the first
heading row names the inputs, ``→`` before a heading makes it an output, ``编号`` (or ``id``) is the rule; below it one rule a line.
"""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from yanzhen.planning.kernel import Finding, Text, digest, must_hold, plain
from yanzhen.planning.kernel.text import same
from yanzhen.planning.tables import formula
from yanzhen.planning.tables.cells import Cell, CellError, Kind, parse

Hit = Literal["first", "unique", "any", "priority", "collect"]
HITS: Mapping[Hit, Text] = {
    "first": Text("首条命中", "first hit"),
    "unique": Text("唯一命中", "unique"),
    "any": Text("任一命中（结论须一致）", "any (must agree)"),
    "priority": Text("按结论先后", "priority of outputs"),
    "collect": Text("全部收集", "collect all"),
}


@dataclass(frozen=True, slots=True)
class Input:
    """A fact. ``values``: the words that may occur (text); ``low``/``high``: the numbers that may; ``formula``: worked out of others;
    ``clearable``: may be named as "which fact would clear this" (age may not); ``where``: the document it comes from."""

    name: str
    title: Text
    kind: Kind = "number"
    unit: Text = Text("", "")  # noqa: RUF009 - frozen
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    formula: str = ""
    clearable: bool = True
    where: Text = Text("", "")  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class Output:
    """A conclusion. ``values``: most serious first, the order of *priority* and of levels; empty = free words."""

    name: str
    title: Text
    values: tuple[str, ...] = ()
    titles: Mapping[str, Text] = field(default_factory=dict)

    def say(self, value: str) -> Text:
        """A conclusion in words."""
        return self.titles.get(value, same(value))


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: a cell for every input in the table's order (all must hold) and its conclusions. ``points``: what it adds to a score;
    ``basis``: the article or document behind it."""

    id: str
    cells: tuple[Cell, ...]
    then: Mapping[str, str]
    title: Text
    points: float = 1.0
    basis: str = ""

    def holds(self, facts: Sequence[Any]) -> bool:
        """Whether facts in the order of inputs fulfil every cell."""
        return all(cell.holds(fact) for cell, fact in zip(self.cells, facts, strict=True))


@dataclass(frozen=True)
class Table:
    """A whole table. ``default``: conclusions when no rule fires; the first output is the level."""

    code: str
    title: Text
    hit: Hit
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    default: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    signed_by: str = ""
    basis: Text = Text("", "")  # noqa: RUF009 - frozen

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the table as used."""
        return digest(plain({"table": self}))

    @cached_property
    def trees(self) -> dict[str, ast.expr]:
        """Formulas, read once."""
        known = frozenset(item.name for item in self.inputs if not item.formula)
        return {item.name: formula.read(item.formula, known) for item in self.inputs if item.formula}

    @property
    def level(self) -> Output:
        """The first output."""
        return self.outputs[0]

    def facts(self, record: Mapping[str, Any]) -> list[Any]:
        """A record as facts in the order of inputs; formulas worked out, gaps None."""
        found: list[Any] = []
        for item in self.inputs:
            raw = formula.value(self.trees[item.name], record) if item.formula else record.get(item.name)
            found.append(None if raw is None or raw != raw or raw == "" else raw)
        return found

    def severity(self, value: str) -> int:
        """Place among the level's values, 0 = most serious; unknown ones last."""
        values = self.level.values
        return values.index(value) if value in values else len(values)

    def in_force(self, day: date) -> bool:
        """Whether the table applies on a day."""
        return (self.effective_from is None or day >= self.effective_from) and (
            self.effective_to is None or day <= self.effective_to
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What a table says of one record: conclusions, the deciding rule ("" = default), every rule that holds, and whether the rules
    contradicted the hit policy (then the conclusions are empty)."""

    then: Mapping[str, str]
    rule: str
    fired: tuple[str, ...]
    conflict: bool = False


def decide(table: Table, record: Mapping[str, Any]) -> Decision:
    """Apply a table to one record, in plain Python (the oracle of the compiled form)."""
    facts = table.facts(record)
    fired = [rule for rule in table.rules if rule.holds(facts)]
    ids = tuple(rule.id for rule in fired)
    if not fired:
        return Decision(dict(table.default), "", ids)
    if table.hit == "unique" and len(fired) > 1:
        return Decision({}, "", ids, True)
    if table.hit == "any" and any(_then(table, rule) != _then(table, fired[0]) for rule in fired):
        return Decision({}, "", ids, True)
    chosen = fired[0]
    if table.hit in ("priority", "collect"):
        chosen = min(fired, key=lambda rule: _order(table, rule))
    return Decision(_then(table, chosen), chosen.id, ids)


def _then(table: Table, rule: Rule) -> dict[str, str]:
    return {item.name: rule.then.get(item.name, table.default.get(item.name, "")) for item in table.outputs}


def _order(table: Table, rule: Rule) -> tuple[int, ...]:
    then = _then(table, rule)
    return tuple(
        item.values.index(then[item.name]) if then[item.name] in item.values else len(item.values)
        for item in table.outputs
    )


# -- reading -----------------------------------------------------------------------------------------------------------------------


def load(source: Path) -> Table:
    """Read a table from TOML, or from CSV or Excel. ProblemError with every wrong cell by line."""
    if source.suffix.lower() == ".toml":
        try:
            data = tomllib.loads(source.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            must_hold([Finding("tables.toml", Text(f"不是 TOML：{error}", f"is no TOML: {error}"), sheet=source.name)])
            raise
        return from_mapping(data, sheet=source.name)
    from yanzhen.planning.tables.sheets import from_sheet

    return from_sheet(source)


def _text(value: Any, fallback: str = "") -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, Mapping):
        zh = str(value.get("zh", value.get("en", fallback)))
        return Text(zh, str(value.get("en", zh)))
    return same(str(value) if value is not None else fallback)


def from_mapping(data: Mapping[str, Any], *, sheet: str = "", lines: Mapping[str, int] | None = None) -> Table:
    """A table out of plain values. ``lines``: rule id → line of its file. ProblemError with every mistake."""
    found: list[Finding] = []
    where = lines or {}

    def bad(rule: str, zh: str, en: str, key: str = "", column: str = "") -> None:
        found.append(Finding(f"tables.{rule}", Text(zh, en), sheet=sheet, line=where.get(key, 0), column=column or key))

    head = dict(data.get("table", {}))
    inputs = tuple(_input(raw, bad) for raw in data.get("input", ()))
    outputs = tuple(
        Output(
            str(raw.get("name", "")),
            _text(raw.get("title"), str(raw.get("name", ""))),
            tuple(str(value) for value in raw.get("values", ())),
            {str(key): _text(value) for key, value in dict(raw.get("titles", {})).items()},
        )
        for raw in data.get("output", ())
    )
    rules = []
    names = {item.name for item in inputs}
    for number, raw in enumerate(data.get("rule", ()), 1):
        rule_id = str(raw.get("id", f"R{number}"))
        when = dict(raw.get("when", {}))
        for name in when:
            if name not in names:
                bad("unknown_input", f"没有叫“{name}”的事实", f"there is no fact “{name}”", rule_id, name)
        cells = []
        for item in inputs:
            try:
                cells.append(parse(str(when.get(item.name, "-")), item.kind))
            except CellError as error:
                bad("cell", error.args[0], error.args[1], rule_id, item.title.zh)
                cells.append(Cell(item.kind, "-", whatever=True))
        then = {str(key): str(value) for key, value in dict(raw.get("then", {})).items()}
        for name in then:
            if name not in {item.name for item in outputs}:
                bad("unknown_output", f"没有叫“{name}”的结论", f"there is no output “{name}”", rule_id, name)
        rules.append(
            Rule(
                rule_id,
                tuple(cells),
                then,
                _text(raw.get("title"), rule_id),
                float(raw.get("points", 1)),
                str(raw.get("basis", "")),
            )
        )
    default = {str(key): str(value) for key, value in dict(data.get("default", {})).items()}
    known = {item.name for item in fields(Table)} - {"inputs", "outputs", "rules", "default"}
    for key in head:
        if key not in known:
            bad("key", f"不认识“{key}”", f"“{key}” is not known", key)
    if head.get("hit", "first") not in get_args(Hit):
        bad("hit", f"没有叫“{head.get('hit')}”的命中方式", f"there is no hit policy “{head.get('hit')}”")
    for kind, items in (
        ("input", [i.name for i in inputs]),
        ("output", [o.name for o in outputs]),
        ("rule", [r.id for r in rules]),
    ):
        for name, times in Counter(items).items():
            if times > 1:
                bad("repeated", f"“{name}”出现 {times} 次", f"“{name}” occurs {times} times ({kind})", name)
    if not inputs or not outputs or not rules:
        bad("empty", "缺少事实、结论或规则", "inputs, outputs or rules are missing")
    must_hold(found)
    table = Table(
        code=str(head.get("code", "table")),
        title=_text(head.get("title"), str(head.get("code", ""))),
        hit=head.get("hit", "first"),
        inputs=inputs,
        outputs=outputs,
        rules=tuple(rules),
        default=default,
        version=str(head.get("version", "")),
        effective_from=head.get("effective_from"),
        effective_to=head.get("effective_to"),
        signed_by=str(head.get("signed_by", "")),
        basis=_text(head.get("basis"), ""),
    )
    _check_values(table, bad)
    try:
        _ = table.trees
    except formula.FormulaError as error:
        bad("formula", error.args[0], error.args[1])
    must_hold(found)
    return table


def _input(raw: Mapping[str, Any], bad: Any) -> Input:
    known = {item.name for item in fields(Input)}
    name = str(raw.get("name", ""))
    for key in raw:
        if key not in known:
            bad("key", f"不认识“{key}”", f"“{key}” is not known", name)
    kind = raw.get("kind", "number")
    if kind not in get_args(Kind):
        bad("kind", f"没有叫“{kind}”的类型", f"there is no kind “{kind}”", name)
        kind = "number"
    return Input(
        name,
        _text(raw.get("title"), name),
        kind,
        _text(raw.get("unit"), ""),
        tuple(str(value) for value in raw.get("values", ())),
        raw.get("low"),
        raw.get("high"),
        str(raw.get("formula", "")),
        bool(raw.get("clearable", True)),
        _text(raw.get("where"), ""),
    )


def _check_values(table: Table, bad: Any) -> None:
    for at, item in enumerate(table.inputs):
        if item.kind != "text" or not item.values:
            continue
        for rule in table.rules:
            for word in sorted(rule.cells[at].words - set(item.values)):
                bad(
                    "value",
                    f"“{word}”不在“{item.title.zh}”的可填项里",
                    f"“{word}” is no value of “{item.title.en}”",
                    rule.id,
                    item.title.zh,
                )
    for output in table.outputs:
        stated: list[tuple[str, Mapping[str, str]]] = [(rule.id, rule.then) for rule in table.rules] + [
            ("", table.default)
        ]
        for rule_id, then in stated:
            value = then.get(output.name)
            if output.values and value is not None and value not in output.values:
                bad(
                    "value",
                    f"“{value}”不在结论“{output.title.zh}”里",
                    f"“{value}” is no value of output “{output.title.en}”",
                    rule_id,
                )
