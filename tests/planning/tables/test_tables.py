"""Tables: compiled = interpreted = zen-engine, the static check against brute force, what clears a warning."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yanzhen.planning import tables
from yanzhen.planning.kernel import ProblemError
from yanzhen.planning.tables.compiled import Compiled, hit_column
from yanzhen.planning.tables.invented import records
from yanzhen.planning.tables.regions import OTHER, Grid
from yanzhen.planning.tables.zen import context, jdm

EXAMPLE = Path(__file__).parents[3] / "examples" / "planning" / "tables"

NUMBERS = ("-", "-", "< 3", ">= 3", "[2..5)", "5", "!=3", "空", "<2, >6", "非(3..5)", "空, >4")
WORDS = ("-", "-", "甲", "甲、乙", "非(甲)", "空", "!=乙")
BOOLS = ("-", "-", "是", "否", "空")


@st.composite
def made(
    draw: st.DrawFn, hits: tuple[str, ...] = ("first", "unique", "any", "priority", "collect"), ratio: bool = True
) -> tables.Table:
    rules = []
    for number in range(draw(st.integers(1, 6))):
        when = {
            "x": draw(st.sampled_from(NUMBERS)),
            "y": draw(st.sampled_from(NUMBERS)),
            "w": draw(st.sampled_from(WORDS)),
            "b": draw(st.sampled_from(BOOLS)),
        }
        if ratio:
            when["r"] = draw(st.sampled_from(("-", "-", ">= 1", "< 0.5")))
        then = {"level": draw(st.sampled_from(("red", "yellow", "none"))), "note": draw(st.sampled_from(("a", "b")))}
        rules.append({"id": f"R{number}", "when": when, "then": then, "points": draw(st.integers(0, 3))})
    inputs: list[dict[str, Any]] = [
        {"name": "x", "title": "X", "low": 0, "high": 9},
        {"name": "y", "title": "Y"},
        {"name": "w", "title": "W", "kind": "text"},
        {"name": "b", "title": "B", "kind": "bool"},
    ]
    if ratio:
        inputs.append({"name": "r", "title": "R", "formula": "x / (y + 1)"})
    return tables.from_mapping(
        {
            "table": {"code": "t", "title": "T", "hit": draw(st.sampled_from(hits))},
            "input": inputs,
            "output": [
                {"name": "level", "title": "L", "values": ["red", "yellow", "none"]},
                {"name": "note", "title": "N"},
            ],
            "rule": rules,
            "default": draw(st.sampled_from(({}, {"level": "none", "note": ""}))),
        }
    )


rows = st.lists(
    st.fixed_dictionaries(
        {
            "x": st.none() | st.integers(0, 9).map(float),
            "y": st.none() | st.sampled_from([-1.0, 0.0, 2.0, 3.0, 4.0, 5.0, 5.5, 6.0, 7.0, float("nan")]),
            "w": st.sampled_from([None, "", "甲", "乙", "丙"]),
            "b": st.sampled_from([None, True, False]),
        }
    ),
    min_size=1,
    max_size=12,
)
SCHEMA = {"x": pl.Float64, "y": pl.Float64, "w": pl.String, "b": pl.Boolean}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made(), rows)
def test_compiled_is_interpreted(table: tables.Table, facts: list[dict[str, Any]]) -> None:
    found = Compiled(table).run(pl.DataFrame(facts, schema=SCHEMA))
    for row, record in zip(found.to_dicts(), facts, strict=True):
        expected = tables.decide(table, record)
        assert tuple(rule.id for rule in table.rules if row[hit_column(rule)]) == expected.fired
        assert row["conflict"] is expected.conflict
        assert (row["rule"] or "") == expected.rule
        for output in table.outputs:
            assert (row[output.name] or "") == expected.then.get(output.name, "")


@settings(max_examples=40, deadline=None)
@given(made(ratio=False))
def test_the_static_check_is_what_counting_every_cell_finds(table: tables.Table) -> None:
    grid = Grid(table)
    static = tables.check_table(table)
    cells = list(itertools.product(*grid.regions))
    assert static.cells == len(cells)
    facts = [[None if r.example is None else r.example for r in cell] for cell in cells]
    held = [[rule.holds(row) for rule in table.rules] for row in facts]
    for first, second in itertools.combinations(range(len(table.rules)), 2):
        together = any(row[first] and row[second] for row in held)
        assert ((first, second) in grid.overlaps()) is together
    known = [row for cell, row in zip(cells, held, strict=True) if all(r.example is not None for r in cell)]
    assert static.gap == pytest.approx(sum(not any(row) for row in known) / len(known))
    if table.hit == "first":
        decide = {next((i for i, hit in enumerate(row) if hit), None) for row in held}
        idle = {rule.id for i, rule in enumerate(table.rules) if i not in decide}
        assert set(static.never) == idle
    if table.hit in ("unique", "any"):
        conflicts = any(tables.decide(table, grid.record(cell)).conflict for cell in cells)
        assert any(f.rule == "tables.overlap" and f.severity == "error" for f in static.findings) is conflicts


def test_ten_thousand_records_agree_with_zen_engine() -> None:
    zen = pytest.importorskip("zen")
    table = tables.load(EXAMPLE / "relief.toml")
    frame = records(10_000, 11)
    found = Compiled(table).run(frame)
    first = zen.ZenEngine().create_decision(jdm(table))
    every = zen.ZenEngine().create_decision(jdm(table, hit="collect"))
    levels, rules = found["level"].to_list(), found["rule"].to_list()
    trace = {rule.id: found[hit_column(rule)].to_list() for rule in table.rules}
    agree = 0
    for i, record in enumerate(frame.to_dicts()):
        facts = context(table, record)
        one = first.evaluate(facts)["result"]
        same = (one.get("o0") or "none") == levels[i] and one.get("rule") == rules[i]
        if i % 10 == 0:  # the trace of every tenth, for time
            all_ = [row["rule"] for row in every.evaluate(facts)["result"]]
            same = same and all_ == [rule.id for rule in table.rules if trace[rule.id][i]]
        agree += same
    assert agree == 10_000


@settings(max_examples=40, deadline=None)
@given(made(("first", "collect"), ratio=False), rows)
def test_any_table_agrees_with_zen_engine(table: tables.Table, facts: list[dict[str, Any]]) -> None:
    zen = pytest.importorskip("zen")
    decision = zen.ZenEngine().create_decision(jdm(table, hit="first"))
    for record in facts:
        fired = tables.decide(table, record).fired
        assert decision.evaluate(context(table, record))["result"].get("rule") == (fired[0] if fired else None)


def test_hit_policies_that_jdm_does_not_know_are_refused() -> None:
    table = tables.from_mapping(
        {
            "table": {"hit": "any"},
            "input": [{"name": "x"}],
            "output": [{"name": "o"}],
            "rule": [{"when": {"x": "<1"}, "then": {"o": "a"}}],
        }
    )
    with pytest.raises(ValueError, match="any"):
        jdm(table)


def planted(hit: str, rules: list[dict[str, Any]], default: dict[str, str] | None = None) -> tables.Table:
    return tables.from_mapping(
        {
            "table": {"hit": hit},
            "input": [{"name": "x", "low": 0}, {"name": "w", "kind": "text", "values": ["甲", "乙"]}],
            "output": [{"name": "o", "values": ["a", "b", "c"]}],
            "rule": rules,
            "default": default or {},
        }
    )


def test_planted_faults_of_a_table_are_named() -> None:
    shadowed = planted(
        "first", [{"when": {"x": "<10"}, "then": {"o": "a"}}, {"when": {"x": "<5", "w": "甲"}, "then": {"o": "b"}}]
    )
    static = tables.check_table(shadowed)
    assert static.never == ("R2",)
    assert "R1" in next(f.text.zh for f in static.findings if f.rule == "tables.never")
    assert static.gap > 0
    split = planted(
        "first",
        [
            {"when": {"x": "<5"}, "then": {"o": "a"}},
            {"when": {"x": ">=5", "w": "甲"}, "then": {"o": "b"}},
            {"when": {"x": "[3..9]", "w": "甲"}, "then": {"o": "c"}},
        ],
    )
    assert tables.check_table(split).never == ("R3",)  # covered by two rules together, by neither alone
    unique = planted("unique", [{"when": {"x": "<5"}, "then": {"o": "a"}}, {"when": {"x": ">3"}, "then": {"o": "a"}}])
    assert [f.severity for f in tables.check_table(unique).findings if f.rule == "tables.overlap"] == ["error"]
    whole = planted("unique", [{"when": {"x": "<5"}, "then": {"o": "a"}}, {"when": {"x": ">=5"}, "then": {"o": "b"}}])
    assert tables.check_table(whole).findings == ()
    impossible = planted("first", [{"when": {"x": "<0"}, "then": {"o": "a"}}, {"when": {}, "then": {"o": "b"}}])
    assert tables.check_table(impossible).never == ("R1",)


def test_the_grid_may_be_larger_than_the_machine() -> None:
    inputs = [{"name": f"x{i}"} for i in range(20)]
    rules = [
        {"id": f"R{k}", "when": {f"x{i}": f"> {k}" for i in range(k, 20, 3)}, "then": {"o": "a"}} for k in range(6)
    ]
    table = tables.from_mapping({"table": {}, "input": inputs, "output": [{"name": "o"}], "rule": rules})
    static = tables.check_table(table)
    assert static.cells > 10**12
    assert 0 < static.gap < 1


def test_what_clears_a_warning_clears_it() -> None:
    table = tables.load(EXAMPLE / "relief.toml")
    warned = cleared = 0
    for record in records(300, 5).to_dicts():
        level = tables.decide(table, record).then["level"]
        if level == "none":
            assert tables.clearings(table, record) == ()
            continue
        warned += 1
        ways = tables.clearings(table, record)
        for way in ways:
            after = tables.decide(table, {**record, **way.facts})
            assert table.severity(after.then["level"]) > table.severity(level)
            assert after.then["level"] == way.level
            assert not {"workers", "cause"} & way.facts.keys()  # nobody is told to have another cause
        cleared += bool(ways)
    assert warned > 100
    assert cleared / warned > 0.9


def test_sheets_read_as_toml(tmp_path: Path) -> None:
    sheet = tmp_path / "预警.csv"
    sheet.write_text(
        "命中方式,首条,,,\n默认,无,,,\n编号,收入,原因,住房安全,→ 等级,说明,分值\n"
        "R1,<8400,因病、因残,-,红,病残,3\nR2,[8400..1.2万),-,-,橙,边缘,1\nR3,-,-,否,红,住房,2\n",
        encoding="utf-8",
    )
    table = tables.load(sheet)
    assert [item.kind for item in table.inputs] == ["number", "text", "bool"]
    assert table.level.values == ("红", "橙", "无")
    assert tables.decide(table, {"收入": 9000.0, "原因": "因学", "住房安全": True}).then["等级"] == "橙"
    assert tables.decide(table, {"收入": 20000.0, "原因": "因学", "住房安全": True}).then["等级"] == "无"
    broken = tmp_path / "错.csv"
    broken.write_text("编号,收入,→ 等级\n,数,\nR1,很少,红\nR2,<3,红\nR2,>9,橙\n", encoding="utf-8")
    with pytest.raises(ProblemError) as caught:
        tables.load(broken)
    found = {(item.rule, item.line) for item in caught.value.findings}
    assert ("tables.cell", 3) in found
    assert any(rule == "tables.repeated" for rule, _ in found)


def test_formulas_hold_arithmetic_only() -> None:
    bad = {
        "table": {},
        "input": [{"name": "a"}, {"name": "b", "formula": "__import__('os')"}],
        "output": [{"name": "o"}],
        "rule": [{"when": {}, "then": {"o": "x"}}],
    }
    with pytest.raises(ProblemError):
        tables.from_mapping(bad)
    bad["input"][1]["formula"] = "a / nothing"  # type: ignore[index]
    with pytest.raises(ProblemError, match="nothing"):
        tables.from_mapping(bad)


def test_dates_and_digest() -> None:
    table = tables.load(EXAMPLE / "relief.toml")
    assert table.effective_from is not None
    assert table.in_force(table.effective_from)
    assert not table.in_force(table.effective_from.replace(year=2025))
    assert table.digest == tables.load(EXAMPLE / "relief.toml").digest
    assert json.loads(jdm(table))["nodes"][1]["content"]["rules"][0]["_id"] == "R01"
    assert OTHER not in {region.example for region in Grid(table).regions[6]}
