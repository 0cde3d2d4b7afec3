"""``yanzhen plan tables``: check, run, explain, back-test, shadow, exchange."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yanzhen.planning.console import (
    BROKEN,
    LangOption,
    OutFolder,
    PreviousFile,
    Seed,
    finish,
    lang_of,
    out,
    print_findings,
    print_levels,
    refusing,
    running,
    save_plan,
    wrote,
)
from yanzhen.planning.kernel import Finding, Lang, Text, errors, load_plan, must_hold
from yanzhen.planning.kernel.reading import Column, read, unique
from yanzhen.planning.kernel.writing import ListColumn, ListSheet, return_with_problems, write_workbook

if TYPE_CHECKING:
    import polars as pl

    from yanzhen.planning.tables.plan import Problem
    from yanzhen.planning.tables.table import Table

app = typer.Typer(no_args_is_help=True, help="预警判定表 / decision tables for early warning.")

TableFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Decision table: TOML, CSV or Excel.")]
Data = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Records: CSV or Excel (Parquet for panels).")]
Key = Annotated[str, typer.Option("--key", help="Column that tells records apart (a pseudonym, never an ID number).")]


def _records(table: Table, data: Path, key: str, lang: Lang, folder: Path | None) -> Problem:
    from yanzhen.planning.tables.plan import Problem

    kinds = {"number": "float", "text": "text", "bool": "bool"}
    columns = [Column("_key", Text(key, key), required=True, also=("户编号", "编号", "id"))]
    columns += [
        Column(item.name, item.title, kinds[item.kind], low=item.low, high=item.high)  # type: ignore[arg-type]
        for item in table.inputs
        if not item.formula
    ]
    sheet = read(data, columns)
    wrong: list[Finding] = [*sheet.findings, *unique(sheet, "_key")]
    for item in (column for column in table.inputs if not column.formula):
        if item.name not in sheet.headings:
            text = Text(
                f"缺列“{item.title.zh}”，按缺数处理", f"column “{item.title.en}” is missing; taken as not known"
            )
            wrong.append(Finding("input.no_column", text, "warning", sheet=sheet.name))
        if item.kind == "text" and item.values:
            for row in sheet.rows:
                if row[item.name] not in (None, "", *item.values):
                    text = Text(f"“{row[item.name]}”不在可填项里", f"“{row[item.name]}” is no value of it")
                    wrong.append(sheet.finding("input.value", text, row, item.name))
    if errors(wrong) and folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        wrote([return_with_problems(data, wrong, folder / f"{data.stem}-问题{data.suffix}", lang=lang)], lang)
    must_hold(wrong)
    print_findings(wrong, lang)
    return Problem(table, tuple({**row.values, key: row["_key"]} for row in sheet.rows), key)


@app.command()
def check(table_file: TableFile, lang: LangOption = "zh") -> None:
    """The static check: overlaps, gaps, rules that never decide. Exit code 3 on an error."""
    from yanzhen.planning import tables

    words = lang_of(lang)
    with refusing(words):
        table = tables.load(table_file)
    static = tables.check_table(table)
    print_findings(static.findings, words)
    text = Text(
        "{n} 条规则，阈值格 {c} 个，{g} 没有规则管，{o} 对规则同时成立而结论不同",
        "{n} rules, {c} cells, {g} without a rule, {o} pairs hold together and differ",
    )
    out.print(text.fill(n=len(table.rules), c=static.cells, g=f"{static.gap:.1%}", o=len(static.overlaps)).say(words))
    if errors(static.findings):
        raise typer.Exit(BROKEN)


@app.command()
def run(
    table_file: TableFile,
    data: Data,
    out_folder: OutFolder = Path("warnings"),
    key: Key = "户编号",
    previous: PreviousFile = None,
    seed: Seed = 0,
    lang: LangOption = "zh",
) -> None:
    """Decide every record; write plan.json, the list in the order of visits and the report."""
    from yanzhen.planning import tables
    from yanzhen.planning.tables import plan as planner
    from yanzhen.planning.tables.report import report

    words = lang_of(lang)
    with refusing(words), running(600, lang=words) as limits:
        table = tables.load(table_file)
        problem = _records(table, data, key, words, out_folder)
        plan = planner.solve(problem, limits, seed)
        old = None if previous is None else load_plan(previous.read_text(encoding="utf-8"), planner.Warning_)
        if old is not None:
            plan = replace(plan, previous=old.digest)
        found = planner.check(problem, plan)
        change = None if old is None else planner.diff(plan, old)
        paths = [save_plan(plan, out_folder), _list(table, plan, out_folder / "list.xlsx", words)]
        page = report(table, problem=problem, plan=plan, findings=found, diff=change)
        paths.append(page.write(out_folder / "report.html", words))
    print_levels(plan, words)
    print_findings((*plan.notes, *found), words)
    wrote(paths, words)
    finish(plan, limits)


def _list(table: Table, plan: Any, target: Path, lang: Lang) -> Path:
    columns = [
        ListColumn("place", Text("次序", "Order"), 8, number=True),
        ListColumn("record", Text("户编号", "Record"), 16),
        ListColumn("level", Text("等级", "Level"), 26),
        ListColumn("rules", Text("规则", "Rules"), 50),
        ListColumn("points", Text("分值", "Points"), 8, number=True),
    ]
    titles = {rule.id: rule.title for rule in table.rules}
    rows = [
        {
            "place": line.place,
            "record": line.key,
            "level": table.level.say(line.level),
            "rules": Text("；".join(titles[i].zh for i in line.fired), "; ".join(titles[i].en for i in line.fired)),
            "points": line.points,
        }
        for line in sorted(plan.lines, key=lambda line: line.place)
        if line.place
    ]
    note = Text(
        "由人入户核实后决定；不含身份证号、电话、账号和健康信息。",
        "People decide after a visit; no ID, phone, account or health data.",
    )
    return write_workbook(
        target, [ListSheet(Text("走访次序", "Visits"), columns, rows, table.title, (note,))], lang=lang
    )


@app.command()
def explain(table_file: TableFile, data: Data, record: str, key: Key = "户编号", lang: LangOption = "zh") -> None:
    """Rules, facts and sources of one record, and which fact would clear it."""
    from yanzhen.planning import tables
    from yanzhen.planning.tables import plan as planner

    words = lang_of(lang)
    with refusing(words):
        problem = _records(tables.load(table_file), data, key, words, None)
        plan = planner.solve(problem)
        try:
            said = planner.explain(problem, plan, record)
        except KeyError:
            must_hold([Finding("tables.unknown", Text(f"没有“{record}”", f"there is no “{record}”"))])
            raise
    out.print(said.say(words), markup=False)


@app.command()
def diff(
    old_file: TableFile,
    new_file: TableFile,
    data: Data,
    out_folder: OutFolder = Path("shadow"),
    key: Key = "户编号",
    lang: LangOption = "zh",
) -> None:
    """Shadow run: a new table beside the one in force on the same records. Nothing is alarmed."""
    from yanzhen.planning import tables
    from yanzhen.planning.tables.backtest import shadow
    from yanzhen.planning.tables.plan import frame_of
    from yanzhen.planning.tables.report import report

    words = lang_of(lang)
    with refusing(words):
        old, new = tables.load(old_file), tables.load(new_file)
        problem = _records(old, data, key, words, out_folder)
        found = shadow(old, new, frame_of(problem), "_key")
    path = report(old, beside=found, newer=new).write(out_folder / "report.html", words)
    out.print(Text("{n} 条换级，共 {r} 条", "{n} of {r} change").fill(n=found.changed, r=found.records).say(words))
    wrote([path], words)


def _panel(source: Path) -> pl.DataFrame:
    import polars as pl

    return pl.read_parquet(source) if source.suffix == ".parquet" else pl.read_csv(source, infer_schema_length=None)


@app.command()
def backtest(
    table_file: TableFile,
    panel_file: Data,
    out_folder: OutFolder = Path("backtest"),
    capacity: Annotated[
        float, typer.Option("--capacity", min=0.0001, max=1.0, help="Share of records that can be visited a month.")
    ] = 0.02,
    horizon: Annotated[int, typer.Option("--horizon", min=1, help="Months ahead that count as caught.")] = 3,
    groups: Annotated[str, typer.Option("--groups", help="Columns whose recall is shown apart, by comma.")] = "",
    score_from: Annotated[
        int | None, typer.Option("--score-from", help="Also try a scorecard, tested from this month on.")
    ] = None,
    lang: LangOption = "zh",
) -> None:
    """Had this table run last year: columns household, period, event (month of the fall or empty) and the table's facts."""
    from yanzhen.planning import tables
    from yanzhen.planning.tables import backtest as past
    from yanzhen.planning.tables.report import report
    from yanzhen.planning.tables.scorecard import trial

    words = lang_of(lang)
    with refusing(words):
        table = tables.load(table_file)
        panel = past.Panel(groups=tuple(part for part in groups.split(",") if part), horizon=horizon, capacity=capacity)
        frame = _panel(panel_file)
        lacking = [
            name for name in (panel.household, panel.period, panel.event, *panel.groups) if name not in frame.columns
        ]
        must_hold(
            [
                Finding("input.no_column", Text(f"缺列“{n}”", f"column “{n}” is missing"), sheet=panel_file.name)
                for n in lacking
            ]
        )
        result = past.backtest(table, frame, panel)
        tried = None
        if score_from is not None:
            try:
                tried = trial(table, frame, panel, score_from)
            except ValueError as error:
                must_hold([Finding("tables.score", Text("评分所需的事件不够", f"no scorecard: {error}"))])
    path = report(table, past=result, panel=panel, trial=tried).write(out_folder / "report.html", words)
    share = result.visits
    text = Text("按走访能力：提示 {f}，命中 {r}，后来致贫 {w}", "at capacity: {f} flagged, {r} right, {w} fell")
    out.print(text.fill(f=share.flagged, r=share.right, w=share.wanted).say(words))
    wrote([path], words)


@app.command()
def exchange(table_file: TableFile, target: Path, lang: LangOption = "zh") -> None:
    """Write the table as JDM (the JSON of the ZEN engine)."""
    from yanzhen.planning import tables
    from yanzhen.planning.tables.zen import jdm

    words = lang_of(lang)
    with refusing(words):
        table = tables.load(table_file)
        try:
            text = jdm(table)
        except ValueError:
            must_hold([Finding("tables.exchange", Text("这种命中方式不能导出", "this hit policy cannot be exchanged"))])
            raise
    target.write_text(text, encoding="utf-8")
    wrote([target], words)
