"""``yanzhen plan rotation``: villages and people in, postings with their proof, lists and a report out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from yanzhen.planning.console import (
    BROKEN,
    LangOption,
    LocksFile,
    Memory,
    OutFolder,
    PreviousFile,
    Seconds,
    Seed,
    Threads,
    finish,
    lang_of,
    out,
    print_findings,
    print_levels,
    read_locks,
    read_parameters,
    refusing,
    returning,
    running,
    save_plan,
    wrote,
)
from yanzhen.planning.rotation.problem import Parameters

app = typer.Typer(help="驻村轮换 / rotation of stationed teams.", no_args_is_help=True)
_Villages = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="Villages and their posts (CSV or Excel).")
]
_People = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, help="People (sheets of terms and units may be in the same workbook)."),
]
_Terms = Annotated[Path | None, typer.Option("--terms", exists=True, help="Earlier terms: person, village, from, to.")]
_Units = Annotated[Path | None, typer.Option("--units", exists=True, help="Sending units and how many they can spare.")]
_Province = Annotated[str, typer.Option("--province", help="national, yunnan, guangxi or chongqing.")]
_Parameters = Annotated[
    Path | None, typer.Option("--parameters", exists=True, help="JSON that changes the province's rules.")
]


@app.command("solve")
def solve_command(
    villages: _Villages,
    people: _People,
    folder: OutFolder = Path("rotation-plan"),
    terms: _Terms = None,
    units: _Units = None,
    province: _Province = "national",
    start: Annotated[str | None, typer.Option("--start", help="Day of the rotation, 2026-05-01.")] = None,
    months: Annotated[str, typer.Option("--months", help="Waves: 2026-05,2026-06,…")] = "",
    fill: Annotated[bool, typer.Option("--fill", help="仅补缺: only fill empty posts.")] = False,
    parameters: _Parameters = None,
    locks: LocksFile = None,
    previous: PreviousFile = None,
    seconds: Seconds = 120.0,
    seed: Seed = 0,
    threads: Threads = 1,
    memory: Memory = 4096,
    lang: LangOption = "zh",
    reasons: Annotated[str, typer.Option("--explain", help="Print the reasons of this person id.")] = "",
) -> None:
    """Who goes where; write plan.json, lists and the report. Exit codes as of every planner."""
    from yanzhen.planning.kernel import load_plan
    from yanzhen.planning.rotation import Posting, check, diff, explain, relax, solve
    from yanzhen.planning.rotation.reading import load
    from yanzhen.planning.rotation.report import report
    from yanzhen.planning.rotation.writing import write_lists

    words = lang_of(lang)
    with returning(words, (villages, people, terms, units, locks), folder):
        fixed, wrong = read_locks(locks)
        earlier = load_plan(previous.read_text(encoding="utf-8"), Posting) if previous else None
        if earlier and locks is None:
            fixed = earlier.locks  # locks hold until a new list of locks says otherwise
        asked = _rules(province, read_parameters(parameters), start, months)
        problem = load(
            villages,
            people,
            parameters=asked,
            terms=terms,
            units=units,
            locks=fixed,
            previous={line.person: (line.village, line.role) for line in earlier.lines if line.village}
            if earlier
            else None,
            previous_digest=earlier.digest if earlier else "",
            mode="fill" if fill else "full",
            found=wrong,
        )
        with running(seconds, threads=threads, memory=memory, lang=words) as limits:
            plan = solve(problem, limits, seed)
    findings = check(problem, plan)
    change = diff(plan, earlier) if earlier else None
    page = report(problem, plan, findings=findings, difference=change, previous=earlier)
    paths = [
        save_plan(plan, folder),
        page.write(folder / "report.html", words),
        *write_lists(problem, plan, folder, lang=words),
    ]
    print_levels(plan, words)
    print_findings((*plan.notes, *findings), words)
    if plan.unmet:
        for item in relax(problem).give_up:
            out.print("· " + item.text.say(words))
    if reasons:
        out.print(explain(problem, plan, reasons).say(words))
    wrote(paths, words)
    finish(plan, limits)


@app.command("check")
def check_command(
    villages: _Villages,
    people: _People,
    plan_file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="plan.json, also edited by hand.")],
    terms: _Terms = None,
    units: _Units = None,
    locks: LocksFile = None,
    lang: LangOption = "zh",
) -> None:
    """Judge a plan, also one edited by hand, by every rule; exit code 3 when something is broken."""
    import json

    from yanzhen.planning.kernel import Text, load_plan
    from yanzhen.planning.rotation import Posting, check
    from yanzhen.planning.rotation.problem import parameters_of
    from yanzhen.planning.rotation.reading import load

    words = lang_of(lang)
    with refusing(words):
        data = json.loads(plan_file.read_text(encoding="utf-8"))
        data.pop("digest", None)  # edited by hand: the digest need not hold, the rules must
        plan = load_plan(json.dumps(data), Posting)
        fixed, wrong = read_locks(locks)
        problem = load(
            villages,
            people,
            parameters=parameters_of(plan.parameters),
            terms=terms,
            units=units,
            locks=fixed,
            found=wrong,
        )
    findings = check(problem, plan)
    print_findings(findings, words)
    if findings:
        raise typer.Exit(BROKEN)
    out.print(Text("每条规则都成立。", "Every rule holds.").say(words))


def _rules(province: str, data: dict[str, object], start: str | None, months: str) -> Parameters:
    from yanzhen.planning.kernel import Finding, ProblemError, Text
    from yanzhen.planning.rotation.problem import province as rules_of

    changes: dict[str, object] = dict(data)
    if start:
        changes["start"] = start
    if months:
        changes["months"] = tuple(part.strip() for part in months.split(",") if part.strip())
    try:
        return rules_of(province, **changes)
    except KeyError:
        text = Text("没有 {p} 的规则文件", "there are no rules of {p}").fill(p=province)
    except (ValueError, TypeError) as error:
        text = Text("参数有误：{e}", "wrong parameters: {e}").fill(e=str(error))
    raise ProblemError([Finding("rotation.parameters", text)])
