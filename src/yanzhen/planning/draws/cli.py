"""``yanzhen plan draws``: publish the list, draw, check, explain."""

from __future__ import annotations

import csv
import hashlib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from yanzhen.planning.console import (
    BROKEN,
    LangOption,
    LocksFile,
    OutFolder,
    finish,
    lang_of,
    out,
    print_findings,
    print_levels,
    read_locks,
    refusing,
    running,
    save_plan,
    wrote,
)
from yanzhen.planning.draws.plan import Problem, Ticket, Village
from yanzhen.planning.draws.verify import drawn_again, published
from yanzhen.planning.kernel import Finding, Lang, Text, errors, load_plan, must_hold, same
from yanzhen.planning.kernel.reading import Column, read, unique
from yanzhen.planning.kernel.writing import return_with_problems

app = typer.Typer(no_args_is_help=True, help="随机抽查 / random inspection that anybody can check.")

COLUMNS = (
    Column("code", Text("村代码", "code"), required=True, also=("代码",)),
    Column("name", Text("村", "village"), required=True, also=("村名", "name")),
    Column("stratum", Text("层", "stratum"), required=True, also=("县", "类别", "county")),
    Column("last", Text("上次检查", "last inspection"), "date", also=("last",)),
)
Data = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="Villages: code, name, stratum, last inspection.")
]
Count = Annotated[int, typer.Option("--count", min=1, help="Villages to draw.")]
Day = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Day of the draw.")]
Rest = Annotated[int, typer.Option("--rest", min=0, help="Months in which nobody is visited again.")]
Term = Annotated[
    datetime | None,
    typer.Option("--term", formats=["%Y-%m-%d"], help="First day of the term that covers everybody once."),
]
Rounds = Annotated[int, typer.Option("--rounds-left", min=1, help="Rounds left in the term, this one included.")]
Lottery = Annotated[str, typer.Option("--lottery", help="Public number, drawn after the list was published.")]
Secret = Annotated[str, typer.Option("--secret", help="Secret whose SHA-256 was published before.")]
Commitment = Annotated[str, typer.Option("--commitment", help="That SHA-256.")]
Source = Annotated[str, typer.Option("--source", help="Where the public number comes from.")]


def _villages(data: Path, lang: Lang, folder: Path | None) -> tuple[Village, ...]:
    sheet = read(data, COLUMNS)
    wrong = [*sheet.findings, *unique(sheet, "code")]
    if errors(wrong) and folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        wrote([return_with_problems(data, wrong, folder / f"{data.stem}-问题{data.suffix}", lang=lang)], lang)
    must_hold(wrong)
    return tuple(Village(row["code"], row["name"], row["stratum"], row["last"]) for row in sheet.rows)


def _problem(villages: tuple[Village, ...], locks: Path | None, lang: Lang, **rest: Any) -> Problem:
    held, wrong = read_locks(locks)
    must_hold(wrong)
    return Problem(villages, locks=held, **rest)


@app.command()
def publish(
    data: Data,
    count: Count,
    on: Day,
    out_folder: OutFolder = Path("draw"),
    rest: Rest = 12,
    term: Term = None,
    rounds_left: Rounds = 1,
    locks: LocksFile = None,
    secret: Secret = "",
    lang: LangOption = "zh",
) -> None:
    """Before the draw: the list with pools and quotas, its SHA-256, and the commitment to the secret."""
    words = lang_of(lang)
    with refusing(words):
        villages = _villages(data, words, out_folder)
        problem = _problem(
            villages,
            locks,
            words,
            count=count,
            on=on.date(),
            rest_months=rest,
            term_start=term.date() if term else None,
            rounds_left=rounds_left,
        )
        must_hold(problem.findings())
    text = published(problem)
    out_folder.mkdir(parents=True, exist_ok=True)
    target = out_folder / "published.csv"
    target.write_text(text, encoding="utf-8")
    out.print(
        Text("名单 SHA-256：{h}", "SHA-256 of the list: {h}")
        .fill(h=hashlib.sha256(text.encode()).hexdigest())
        .say(words)
    )
    if secret:
        out.print(
            Text("密语的承诺值：{h}", "commitment: {h}").fill(h=hashlib.sha256(secret.encode()).hexdigest()).say(words)
        )
    wrote([target], words)


@app.command()
def solve(
    data: Data,
    count: Count,
    on: Day,
    lottery: Lottery,
    out_folder: OutFolder = Path("draw"),
    rest: Rest = 12,
    term: Term = None,
    rounds_left: Rounds = 1,
    locks: LocksFile = None,
    secret: Secret = "",
    commitment: Commitment = "",
    source: Source = "",
    lang: LangOption = "zh",
) -> None:
    """Draw, and write plan.json, the published list, the script and the report."""
    from yanzhen.planning import draws
    from yanzhen.planning.draws.report import report

    words = lang_of(lang)
    with refusing(words), running(60, lang=words) as limits:
        villages = _villages(data, words, out_folder)
        problem = _problem(
            villages,
            locks,
            words,
            count=count,
            on=on.date(),
            rest_months=rest,
            term_start=term.date() if term else None,
            rounds_left=rounds_left,
            lottery=lottery,
            secret=secret,
            commitment=commitment,
            source=same(source),
        )
        plan = draws.solve(problem, limits)
        found = draws.check(problem, plan)
        paths = [save_plan(plan, out_folder)]
        for name, text in (("published.csv", published(problem)), ("check_draw.py", draws.SCRIPT)):
            target = out_folder / name
            target.write_text(text, encoding="utf-8")
            paths.append(target)
        paths.append(report(problem, plan, findings=found).write(out_folder / "report.html", words))
    print_levels(plan, words)
    print_findings((*plan.notes, *found), words)
    wrote(paths, words)
    finish(plan, limits)


@app.command()
def verify(
    listed: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="published.csv")],
    plan_file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="plan.json")],
    seed: Annotated[str, typer.Option("--seed", help="The published seed; empty = the one in the plan.")] = "",
    lang: LangOption = "zh",
) -> None:
    """Draw again from the published list and compare with the plan. Exit code 3 when they differ."""
    words = lang_of(lang)
    with listed.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        plan = load_plan(plan_file.read_text(encoding="utf-8"), Ticket)
    except ValueError:
        print_findings(
            [
                Finding(
                    "plan.edited",
                    Text("结果文件被改过", "the plan was changed after it was written"),
                    sheet=plan_file.name,
                )
            ],
            words,
        )
        raise typer.Exit(BROKEN) from None
    expected = drawn_again(rows, seed or str(plan.parameters["seed_text"]))
    drawn = {line.key for line in plan.lines if line.drawn}
    for code in sorted(expected ^ drawn):
        text = (
            Text("应抽中而未列", "should be drawn")
            if code in expected
            else Text("列为抽中但不应", "should not be drawn")
        )
        print_findings([Finding("draws.drawn", text, key=code, sheet=code)], words)
    if expected != drawn:
        raise typer.Exit(BROKEN)
    out.print(Text("复核一致：{n} 个村", "the draw holds: {n} villages").fill(n=len(drawn)).say(words))


@app.command()
def explain(
    plan_file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)], village: str, lang: LangOption = "zh"
) -> None:
    """A village's pool, chance and ticket."""
    from yanzhen.planning import draws

    words = lang_of(lang)
    with refusing(words):
        plan = load_plan(plan_file.read_text(encoding="utf-8"), Ticket)
        try:
            said = draws.explain(Problem((), 0, datetime(2000, 1, 1).date()), plan, village)  # noqa: DTZ001 - a day, not a moment
        except KeyError:
            must_hold([Finding("draws.unknown", Text(f"名单里没有“{village}”", f"“{village}” is not on the list"))])
            raise
    out.print(said.say(words), markup=False)
