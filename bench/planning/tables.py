"""Decision tables: compiled columns against zen-engine, cel, plain Python; agreement; the static check. About 40 s, quick 15 s."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import polars as pl

from bench.planning.frame import Row, part, timed
from yanzhen.planning import tables
from yanzhen.planning.tables.backtest import Panel, backtest
from yanzhen.planning.tables.compiled import Compiled
from yanzhen.planning.tables.invented import panel, records
from yanzhen.planning.tables.zen import context, jdm

TABLE = Path(__file__).parents[2] / "examples" / "planning" / "tables" / "relief.toml"


def run(quick: bool) -> list[Row]:
    """Rows of the table."""
    table = tables.load(TABLE)
    big = 300_000 if quick else 3_000_000
    frame = pl.concat([records(300_000, 1)] * (big // 300_000))
    compiled = Compiled(table)
    compiled.run(frame.head(1000))
    size = f"{len(table.rules)} rules × {len(table.inputs)} facts"
    with part("compiled"):
        _, seconds = timed(lambda: compiled.run(frame))
    speed = big / seconds
    rows = [Row("tables", f"{size}, {big:,} records", "yanzhen, with trace", seconds, f"{speed:,.0f} records/s")]
    few = 2_000 if quick else 10_000
    sample = records(few, 11)
    some = sample.to_dicts()
    with part("plain Python"):
        decided, slow = timed(lambda: [tables.decide(table, record) for record in some])
    rows.append(
        Row(
            "tables", f"{size}, {few:,} records", "plain Python (our interpreter)", slow, f"{few / slow:,.0f} records/s"
        )
    )
    fast = compiled.run(sample)
    levels, names = fast["level"].to_list(), fast["rule"].to_list()
    same = sum(
        one.then["level"] == level and (one.rule or None) == name
        for one, level, name in zip(decided, levels, names, strict=True)
    )
    rows.append(
        Row(
            "tables",
            f"{few:,} records",
            "compiled = interpreted",
            None,
            f"{same:,} of {few:,}",
            goal="all",
            reached=same == few,
        )
    )
    rows += zen(table, some, levels, names, speed)
    with part("static check"):
        static, seconds = timed(lambda: tables.check_table(table))
    rows.append(
        Row(
            "tables",
            f"grid of {static.cells:,} cells",
            "yanzhen, static check",
            seconds,
            f"{len(static.overlaps)} overlaps, {static.gap:.1%} without a rule, {len(static.never)} idle",
        )
    )
    households = 2_000 if quick else 10_000
    held = panel(households, 24, 5)
    with part("back-test"):
        past, seconds = timed(lambda: backtest(table, held, Panel(groups=("aged",))))
    rows.append(
        Row(
            "tables",
            f"back-test, {held.height:,} household-months",
            "yanzhen",
            seconds,
            f"precision at 2 % {past.visits.precision:.3f}, recall {past.visits.recall:.3f}, average precision {past.average:.3f}",
        )
    )
    return rows


def zen(
    table: tables.Table, some: list[dict[str, object]], levels: list[str], names: list[str], speed: float
) -> list[Row]:
    """zen-engine on the same records: answers and speed."""
    try:
        import zen as engine
    except ImportError:
        return [Row("tables", "zen-engine", "not installed", None)]
    decision = engine.ZenEngine().create_decision(jdm(table))
    facts = [context(table, record) for record in some]
    decision.evaluate(facts[0])
    with part("zen-engine"):
        answers, seconds = timed(lambda: [decision.evaluate(record)["result"] for record in facts])
    same = sum(
        (one.get("o0") or "none") == level and one.get("rule") == name
        for one, level, name in zip(answers, levels, names, strict=True)
    )
    rate = len(facts) / seconds
    version = importlib.metadata.version("zen-engine")
    return [
        Row("tables", f"{len(facts):,} records", f"zen-engine {version}", seconds, f"{rate:,.0f} records/s"),
        Row(
            "tables",
            "speed",
            "ratio to zen-engine",
            None,
            f"{speed / rate:,.0f}×",
            goal="≥ 500×",
            reached=speed >= 500 * rate,
        ),
        Row(
            "tables",
            "agreement",
            "with zen-engine",
            None,
            f"{same:,} of {len(facts):,}",
            goal="100 %",
            reached=same == len(facts),
        ),
    ]
