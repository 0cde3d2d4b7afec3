"""``yanzhen plan siting``: places and candidate sites in, a plan with its proof, lists and a report out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from yanzhen.planning.console import (
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

app = typer.Typer(help="15分钟圈与代办点选址 / siting of 15-minute circles and errand points.", no_args_is_help=True)
_Places = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, help="Places: id, name, x, y, people, over60 (CSV, Excel, GeoJSON)."),
]
_Sites = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Candidate and existing sites.")]


@app.command("solve")
def solve_command(
    places: _Places,
    sites: _Sites,
    folder: OutFolder = Path("siting-plan"),
    edges: Annotated[
        Path | None, typer.Option("--edges", exists=True, help="Roads: table of edges, or GeoJSON lines.")
    ] = None,
    nodes: Annotated[Path | None, typer.Option("--nodes", exists=True, help="Nodes of a table of edges.")] = None,
    times: Annotated[
        Path | None, typer.Option("--times", exists=True, help="Given minutes: place, site, minutes.")
    ] = None,
    task: Annotated[str | None, typer.Option("--task", help="cover, budget, worst or mean.")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.1, help="The circle.")] = None,
    mode: Annotated[str | None, typer.Option("--mode", help="walk or ebike.")] = None,
    count: Annotated[int | None, typer.Option("--count", min=0, help="New points at most.")] = None,
    budget: Annotated[float | None, typer.Option("--budget", min=0, help="Money at most, 万元.")] = None,
    wanted: Annotated[str | None, typer.Option("--wanted", help="Hours people need, e.g. 周六 08:00-12:00.")] = None,
    parameters: Annotated[
        Path | None, typer.Option("--parameters", exists=True, help="JSON with all parameters.")
    ] = None,
    locks: LocksFile = None,
    previous: PreviousFile = None,
    seconds: Seconds = 60.0,
    seed: Seed = 0,
    threads: Threads = 1,
    memory: Memory = 4096,
    lang: LangOption = "zh",
    reasons: Annotated[str, typer.Option("--explain", help="Print the reasons of this site id.")] = "",
) -> None:
    """Choose sites; write plan.json, lists and the report. Exit codes as of every planner."""
    from yanzhen.planning.kernel import load_plan
    from yanzhen.planning.siting import SiteLine, check, diff, explain, relax, solve
    from yanzhen.planning.siting.reading import load, parameters_of
    from yanzhen.planning.siting.report import report
    from yanzhen.planning.siting.writing import write_lists

    words = lang_of(lang)
    with returning(words, (places, sites, nodes, times, locks), folder):
        fixed, wrong = read_locks(locks)
        earlier = None
        if previous is not None:
            earlier = load_plan(previous.read_text(encoding="utf-8"), SiteLine)
            fixed = fixed if locks else earlier.locks  # locks hold until a new list of locks says otherwise
        asked = parameters_of(
            read_parameters(parameters),
            task=task,
            minutes=minutes,
            mode=mode,
            count=count,
            budget=budget,
            wanted=wanted,
        )
        problem = load(
            places,
            sites,
            parameters=asked,
            nodes=nodes,
            edges=edges,
            minutes=times,
            locks=fixed,
            previous=tuple(line.site for line in earlier.lines if line.answer) if earlier else (),
            previous_digest=earlier.digest if earlier else "",
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
    places: _Places,
    sites: _Sites,
    plan_file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="plan.json, also edited by hand.")],
    edges: Annotated[Path | None, typer.Option("--edges", exists=True)] = None,
    nodes: Annotated[Path | None, typer.Option("--nodes", exists=True)] = None,
    times: Annotated[Path | None, typer.Option("--times", exists=True)] = None,
    locks: LocksFile = None,
    lang: LangOption = "zh",
) -> None:
    """Judge a plan, also one edited by hand, by every rule; exit code 3 when something is broken."""
    import json

    from yanzhen.planning.console import BROKEN
    from yanzhen.planning.kernel import load_plan
    from yanzhen.planning.siting import SiteLine, check
    from yanzhen.planning.siting.reading import load, parameters_of

    words = lang_of(lang)
    with refusing(words):
        data = json.loads(plan_file.read_text(encoding="utf-8"))
        data.pop("digest", None)  # edited by hand: the digest need not hold, the rules must
        plan = load_plan(json.dumps(data), SiteLine)
        fixed, wrong = read_locks(locks)
        asked = parameters_of(plan.parameters)
        problem = load(
            places, sites, parameters=asked, nodes=nodes, edges=edges, minutes=times, locks=fixed, found=wrong
        )
    findings = check(problem, plan)
    print_findings(findings, words)
    if findings:
        raise typer.Exit(BROKEN)
    from yanzhen.planning.kernel import Text

    out.print(Text("每条规则都成立。", "Every rule holds.").say(words))
