"""``yanzhen plan grids``: households and villages in; grids, contact groups, party groups, polygons and a report out."""

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
    running,
    save_plan,
    wrote,
)

app = typer.Typer(help="划网格、联户组、党小组 / drawing grids, contact groups, party groups.", no_args_is_help=True)
_File = {"exists": True, "dir_okay": False}
_Homes = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="Households or buildings (CSV, Excel, GeoJSON).")
]
_Villages = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="Villages: code, name, boundary (GeoJSON).")
]
_Barriers = Annotated[
    Path | None, typer.Option("--barriers", exists=True, dir_okay=False, help="Rivers, roads (GeoJSON lines).")
]
_Crossings = Annotated[Path | None, typer.Option("--crossings", exists=True, dir_okay=False, help="Bridges, fords.")]
_Scheme = Annotated[
    Path | None, typer.Option("--scheme", exists=True, dir_okay=False, help="The county's scheme (JSON).")
]


@app.command("draw")
def draw_command(
    homes: _Homes,
    villages: _Villages,
    folder: OutFolder = Path("grids-plan"),
    barriers: _Barriers = None,
    crossings: _Crossings = None,
    scheme: _Scheme = None,
    locks: LocksFile = None,
    previous: PreviousFile = None,
    stood: Annotated[
        Path | None,
        typer.Option("--previous-homes", exists=True, dir_okay=False, help="Homes of that time: who moved house."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Draw afresh; of the previous plan only frozen grids stay.")
    ] = False,
    contact: Annotated[bool, typer.Option("--contact-shapes", help="Polygons of contact groups too.")] = False,
    village: Annotated[
        list[str] | None, typer.Option("--village", help="Villages with a map in the report (code).")
    ] = None,
    proof: Annotated[str, typer.Option("--proof", help="Of contact groups: auto, none, bound, exact.")] = "auto",
    seconds: Seconds = 600.0,
    seed: Seed = 0,
    threads: Threads = 1,
    memory: Memory = 4096,
    lang: LangOption = "zh",
    reasons: Annotated[str, typer.Option("--explain", help="Print the reasons of this household.")] = "",
) -> None:
    """Draw, or draw again with the least change (--previous); write plan.json, lists, polygons and the report."""
    from yanzhen.planning.grids import Place, check, diff, explain, relax, solve
    from yanzhen.planning.grids.problem import Scheme
    from yanzhen.planning.grids.reading import earlier_of, load
    from yanzhen.planning.grids.report import report
    from yanzhen.planning.grids.writing import write_lists
    from yanzhen.planning.kernel import ProblemError, load_plan

    words = lang_of(lang)
    if proof not in ("auto", "none", "bound", "exact"):
        raise typer.BadParameter("auto | none | bound | exact", param_hint="--proof")
    with refusing(words):
        fixed, wrong = read_locks(locks)
        asked = read_parameters(scheme)
        earlier = earlier_of(previous, Scheme(), stood, keep=not fresh) if previous is not None else None
        problem = load(
            homes,
            villages,
            barriers=barriers,
            crossings=crossings,
            scheme=asked,
            locks=fixed,
            earlier=earlier,
            found=wrong,
        )
        with running(seconds, threads=threads, memory=memory, lang=words) as limits:
            try:
                plan = solve(problem, limits, seed, proof=proof)
            except ProblemError:
                for item in relax(problem, limits, seed).give_up:
                    out.print("· " + item.text.say(words))
                raise
    findings = check(problem, plan)
    before = None
    if previous is not None and previous.suffix.lower() == ".json":
        before = load_plan(previous.read_text(encoding="utf-8"), Place)
    change = diff(plan, before) if before is not None else None
    page = report(problem, plan, findings=findings, difference=change, previous=before, villages=village or ())
    paths = [
        save_plan(plan, folder),
        page.write(folder / "report.html", words),
        *write_lists(
            problem, plan, folder, lang=words, before=earlier.assigned if earlier is not None else None, contact=contact
        ),
    ]
    print_levels(plan, words)
    print_findings((*findings, *plan.notes), words)
    if plan.status == "infeasible":
        for item in relax(problem, limits, seed).give_up:
            out.print("· " + item.text.say(words))
    if reasons:
        out.print(explain(problem, plan, reasons).say(words))
    wrote(paths, words)
    finish(plan, limits)


@app.command("check")
def check_command(
    homes: _Homes,
    villages: _Villages,
    plan_file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="plan.json.")],
    edited: Annotated[
        Path | None,
        typer.Option(
            "--edited", exists=True, dir_okay=False, help="The plan changed by hand: households table or grids.geojson."
        ),
    ] = None,
    barriers: _Barriers = None,
    crossings: _Crossings = None,
    locks: LocksFile = None,
    lang: LangOption = "zh",
) -> None:
    """Judge a drawing, also one changed by hand in a table or on the map, by every rule; exit code 3 when something is broken."""
    import json

    from yanzhen.planning.grids import Place, check
    from yanzhen.planning.grids.reading import edited_plan, load
    from yanzhen.planning.kernel import Finding, Text, load_plan

    words = lang_of(lang)
    with refusing(words):
        data = json.loads(plan_file.read_text(encoding="utf-8"))
        data.pop("digest", None)  # changed by hand: the digest need not hold, the rules must
        plan = load_plan(json.dumps(data), Place)
        fixed, wrong = read_locks(locks)
        problem = load(
            homes,
            villages,
            barriers=barriers,
            crossings=crossings,
            scheme=dict(plan.parameters),
            locks=fixed,
            found=wrong,
        )
        found: list[Finding] = []
        if edited is not None:
            plan, found = edited_plan(problem, plan, edited)
    findings = [*found, *check(problem, plan)]
    print_findings(findings, words)
    if any(item.severity == "error" for item in findings):
        raise typer.Exit(BROKEN)
    out.print(
        Text("每条规则都成立（或已写明哪里不成立）", "every rule holds, or the plan says where it does not").say(words)
    )
