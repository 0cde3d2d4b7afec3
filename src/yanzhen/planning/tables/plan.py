"""A night's run of a table as a planner: one line a record, with its level, rules, order of visits; explain, diff, check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from yanzhen.planning.kernel import (
    Alternative,
    Diff,
    Explanation,
    Finding,
    Level,
    Limits,
    Plan,
    Relaxation,
    Text,
    diff_lines,
    digest_rows,
    memory_mb,
    must_hold,
    overall,
    plain,
    tie,
    versions,
)
from yanzhen.planning.kernel.text import joined, number, said
from yanzhen.planning.tables.checking import check_table
from yanzhen.planning.tables.clearing import clearings
from yanzhen.planning.tables.compiled import CONFLICT, RULE, Compiled
from yanzhen.planning.tables.table import Table, decide


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801 - Warning is Python's
    """One record: ``level``, the deciding ``rule``, all rules that hold, their points, and its place among those to be visited
    (0 = no visit): most serious level first, more points first, then the published hash."""

    record: str
    level: str
    rule: str
    fired: tuple[str, ...]
    points: float
    place: int
    conflict: bool = False

    @property
    def key(self) -> str:
        """The record."""
        return self.record

    @property
    def choice(self) -> str:
        """Its level."""
        return self.level


@dataclass(frozen=True)
class Problem:
    """A table and records: ``key`` names the column that tells them apart (a pseudonym, never an ID number)."""

    table: Table
    records: tuple[Mapping[str, Any], ...]
    key: str = "id"

    @cached_property
    def by_key(self) -> dict[str, Mapping[str, Any]]:
        """Records by their key, sorted."""
        return {str(item[self.key]): item for item in sorted(self.records, key=lambda item: str(item[self.key]))}

    @cached_property
    def digest(self) -> str:
        """Of table and records, whatever their order."""
        names = [item.name for item in self.table.inputs if not item.formula]
        rows = [[str(item[self.key]), *(plain(_gap(item.get(name))) for name in names)] for item in self.records]
        return digest_rows({"records": rows}, table=self.table.digest)

    def findings(self) -> tuple[Finding, ...]:
        """Errors of the table, records that occur twice."""
        found = [item for item in check_table(self.table).findings if item.severity == "error"]
        for key, times in Counter(str(item.get(self.key, "")) for item in self.records).items():
            if not key or times > 1:
                text = Text(f"“{key}”出现 {times} 次", f"“{key}” occurs {times} times")
                found.append(Finding("tables.repeated", text, key=key))
        return tuple(found)


def _gap(value: Any) -> Any:
    return None if value is None or value != value else value


def frame_of(problem: Problem) -> pl.DataFrame:
    """Records as columns of the right types."""
    kinds = {"number": pl.Float64, "text": pl.String, "bool": pl.Boolean}
    data: dict[str, pl.Series] = {"_key": pl.Series("_key", list(problem.by_key), dtype=pl.String)}
    for item in problem.table.inputs:
        if not item.formula:
            values = [_gap(row.get(item.name)) for row in problem.by_key.values()]
            data[item.name] = pl.Series(item.name, values, dtype=kinds[item.kind], strict=False)
    return pl.DataFrame(data)


def solve(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Plan[Warning_]:
    """Decide every record and order the visits."""
    limits = limits or Limits()
    must_hold(problem.findings())
    run = limits.begin()
    table = problem.table
    compiled = Compiled(table)
    decided = compiled.run(frame_of(problem))
    masks = [decided[name].to_list() for name in compiled.trace]
    levels = decided[table.level.name].to_list()
    rules = decided[RULE].to_list()
    conflicts = decided[CONFLICT].to_list()
    lines: list[Warning_] = []
    for row, key in enumerate(problem.by_key):
        fired = tuple(rule.id for rule, mask in zip(table.rules, masks, strict=True) if mask[row])
        points = sum(rule.points for rule, mask in zip(table.rules, masks, strict=True) if mask[row])
        lines.append(Warning_(key, levels[row] or "", rules[row] or "", fired, float(points), 0, bool(conflicts[row])))
    none = table.default.get(table.level.name, "")
    order = sorted(
        (line for line in lines if line.level != none),
        key=lambda line: (table.severity(line.level), -line.points, tie(seed, line.key), line.key),
    )
    places = {line.key: place for place, line in enumerate(order, 1)}
    placed = tuple(
        Warning_(line.record, line.level, line.rule, line.fired, line.points, places.get(line.key, 0), line.conflict)
        for line in lines
    )
    counts = Counter(line.level for line in placed)
    goals = tuple(
        Level(value, table.level.say(value), "min", counts[value], counts[value], Text("条", "records"))
        for value in table.level.values
        if value != none
    )
    notes = tuple(item for item in check_table(table).findings if item.rule != "tables.overlap")
    clash = sum(line.conflict for line in placed)
    if clash:
        text = Text(
            "{n} 条记录的规则互相矛盾，没有结论", "{n} records have contradicting rules and no conclusion"
        ).fill(n=clash)
        notes = (*notes, Finding("tables.conflict", text, "warning"))
    parameters = {"table": table.code, "version": table.version, "table_digest": table.digest, "hit": table.hit}
    return Plan(
        "tables",
        problem.digest,
        overall(goals),
        goals,
        placed,
        seed,
        parameters=parameters,
        signed_by=table.signed_by,
        notes=notes,
        versions=versions("polars"),
        seconds=run.seconds,
        memory_mb=memory_mb(),
    )


def explain(problem: Problem, plan: Plan[Warning_], key: str) -> Explanation:
    """Which rules hold with which facts from which document, and which fact would clear it."""
    line = plan.line(key)
    table, record = problem.table, problem.by_key[key]
    facts = table.facts(record)
    found = [Text("等级：{l}", "level: {l}").fill(l=table.level.say(line.level))]
    for rule in table.rules:
        if rule.id not in line.fired:
            continue
        parts = []
        for item, cell, fact in zip(table.inputs, rule.cells, facts, strict=True):
            if cell.whatever:
                continue
            value = Text("缺", "missing") if fact is None else Text(_say(fact, "zh"), _say(fact, "en"))
            where = Text(f"〔{item.where.zh}〕", f" [{item.where.en}]") if item.where.zh else Text("", "")
            parts.append(
                Text("{t} {v}{u}（规则 {c}）{w}", "{t} {v} {u} (rule {c}){w}").fill(
                    t=item.title, v=value, u=item.unit, c=cell.text, w=where
                )
            )
        head = Text("规则 {i}（{t}）：", "rule {i} ({t}): ").fill(i=rule.id, t=rule.title)
        found.append(head + joined(parts, zh="，", en=", "))
    ways = tuple(Alternative(item.level, item.text) for item in clearings(table, record))
    return Explanation(key, tuple(found), ways)


def _say(fact: Any, lang: Any) -> str:
    return number(float(fact), 4) if isinstance(fact, (int, float)) and not isinstance(fact, bool) else said(fact, lang)


def diff(plan: Plan[Warning_], earlier: Plan[Warning_]) -> Diff:
    """Who entered, left or changed a level since the earlier run."""
    return diff_lines(plan, earlier)


def check(problem: Problem, plan: Plan[Warning_]) -> tuple[Finding, ...]:
    """Every record again by the interpreter, one by one, and the order of visits."""
    found: list[Finding] = []

    def bad(rule: str, zh: str, en: str, key: str) -> None:
        found.append(Finding(f"tables.{rule}", Text(zh, en), key=key))

    table = problem.table
    if plan.input_digest != problem.digest:
        bad("input", "方案不是由这份输入算出的", "the plan was not made from this input", "")
    keys = Counter(line.key for line in plan.lines)
    for key in sorted({*keys, *problem.by_key}):
        if keys[key] != 1 or key not in problem.by_key:
            bad("lines", f"“{key}”应有一行", f"“{key}” must have one line", key)
    none = table.default.get(table.level.name, "")
    ranked = []
    for line in plan.lines:
        if line.key not in problem.by_key:
            continue
        expected = decide(table, problem.by_key[line.key])
        level = expected.then.get(table.level.name, "")
        points = float(sum(rule.points for rule in table.rules if rule.id in expected.fired))
        if line.level != level or line.rule != expected.rule or line.conflict != expected.conflict:
            bad(
                "level",
                f"应为“{level}”（{expected.rule}），写的是“{line.level}”（{line.rule}）",
                f"must be {level} by {expected.rule}",
                line.key,
            )
        elif line.fired != expected.fired or line.points != points:
            bad("fired", "命中的规则与事实不符", "the rules that hold do not follow from the facts", line.key)
        if level != none:
            ranked.append((table.severity(level), -points, tie(plan.seed, line.key), line.key))
    places = {key: place for place, (_, _, _, key) in enumerate(sorted(ranked), 1)}
    for line in plan.lines:
        if line.key in problem.by_key and line.place != places.get(line.key, 0):
            bad(
                "place",
                f"走访次序应为 {places.get(line.key, 0)}",
                f"its place must be {places.get(line.key, 0)}",
                line.key,
            )
    return tuple(found)


def relax(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Relaxation:
    """A table always gives an answer: nothing has to be given up."""
    must_hold(problem.findings())
    return Relaxation(())
