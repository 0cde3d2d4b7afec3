"""``yanzhen plan index``: solve, check, explain, compare an index."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from yanzhen.planning.console import (
    BROKEN,
    LangOption,
    OutFolder,
    PreviousFile,
    Seed,
    Threads,
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
from yanzhen.planning.index.problem import (
    Problem,
    Village,
    freeze,
    read_frozen,
    read_months,
    read_villages,
    write_frozen,
)
from yanzhen.planning.kernel import Finding, Lang, Text, errors, load_plan, must_hold
from yanzhen.planning.kernel.writing import return_with_problems

app = typer.Typer(no_args_is_help=True, help="指数榜 / index: scores, intervals, bands, reasons.")

SchemeFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Scheme (TOML).")]
Data = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Villages with figures (CSV or Excel).")]
Before = Annotated[Path | None, typer.Option("--before", exists=True, dir_okay=False, help="Last year's villages.")]
Months = Annotated[
    Path | None, typer.Option("--months", exists=True, dir_okay=False, help="Monthly figures, for year-end jumps.")
]
Frozen = Annotated[
    Path | None, typer.Option("--bounds", exists=True, dir_okay=False, help="bounds.json frozen for the year.")
]
Draws = Annotated[int, typer.Option("--draws", min=20, help="Draws behind the intervals.")]
PlanFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="plan.json of a run.")]


def _problem(
    scheme: Path,
    data: Path,
    before: Path | None,
    months: Path | None,
    frozen: Path | None,
    draws: int,
    lang: Lang,
    folder: Path | None,
) -> Problem:
    from yanzhen.planning.index.scheme import load

    held = load(scheme)
    villages, _, found = read_villages(data, held)
    wrong: list[Finding] = list(found)
    earlier: tuple[Village, ...] = ()
    if before is not None:
        earlier, _, more = read_villages(before, held)
        wrong += more
    monthly: dict[str, dict[str, tuple[float, ...]]] = {}
    if months is not None:
        monthly, more = read_months(months, held)
        wrong += more
    if errors(wrong) and folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        wrote([return_with_problems(data, wrong, folder / f"{data.stem}-问题{data.suffix}", lang=lang)], lang)
    must_hold(wrong)
    return Problem(held, villages, earlier, monthly, None if frozen is None else read_frozen(frozen), draws)


@app.command()
def solve(
    scheme: SchemeFile,
    data: Data,
    out_folder: OutFolder = Path("index-plan"),
    before: Before = None,
    months: Months = None,
    bounds: Frozen = None,
    draws: Draws = 1000,
    seed: Seed = 0,
    previous: PreviousFile = None,
    threads: Threads = 1,
    lang: LangOption = "zh",
) -> None:
    """Score, rank with intervals, band; write plan.json, bounds.json, the workbook and the report."""
    from yanzhen.planning import index
    from yanzhen.planning.index.plan import measure
    from yanzhen.planning.index.report import report, workbook

    words = lang_of(lang)
    with refusing(words), running(600, threads=threads, lang=words) as limits:
        problem = _problem(scheme, data, before, months, bounds, draws, words, out_folder)
        old = None if previous is None else load_plan(previous.read_text(encoding="utf-8"), index.Place)
        plan = index.solve(problem, limits, seed)
        if old is not None:
            plan = replace(plan, previous=old.digest)
        found = index.check(problem, plan)
        paths = [save_plan(plan, out_folder)]
        paths.append(
            write_frozen(
                out_folder / "bounds.json",
                freeze(problem.scheme, measure(problem, keep=False).bounds, problem.classes[1]),
            )
        )
        paths.append(workbook(problem, plan, out_folder / "list.xlsx", words))
        paths.append(report(problem, plan, findings=found, previous=old).write(out_folder / "report.html", words))
    print_levels(plan, words)
    print_findings((*plan.notes, *found), words)
    wrote(paths, words)
    finish(plan, limits)


@app.command()
def check(
    plan_file: PlanFile,
    scheme: SchemeFile,
    data: Data,
    before: Before = None,
    months: Months = None,
    bounds: Frozen = None,
    draws: Draws = 1000,
    lang: LangOption = "zh",
) -> None:
    """Work every figure out again the slow way, also for lists edited by hand. Exit code 3 when something is broken."""
    from yanzhen.planning import index

    words = lang_of(lang)
    with refusing(words):
        problem = _problem(scheme, data, before, months, bounds, draws, words, None)
        text = plan_file.read_text(encoding="utf-8")
        try:
            plan = load_plan(text, index.Place)
        except ValueError:
            import json

            edited = json.loads(text)
            edited.pop("digest", None)
            plan = load_plan(json.dumps(edited), index.Place)
            note = Text("文件被手工改过，逐条核验", "the file was changed by hand; every line is checked")
            print_findings([Finding("plan.edited", note, "warning", sheet=plan_file.name)], words)
        found = index.check(problem, plan)
    print_findings(found, words)
    if found:
        raise typer.Exit(BROKEN)
    out.print(Text("每条都成立", "everything holds").say(words))


@app.command()
def explain(
    plan_file: PlanFile,
    scheme: SchemeFile,
    data: Data,
    village: Annotated[str, typer.Argument(help="Code of the village.")],
    bounds: Frozen = None,
    lang: LangOption = "zh",
) -> None:
    """Why a village stands where it stands, and what one more star would take."""
    from yanzhen.planning import index

    words = lang_of(lang)
    with refusing(words):
        problem = _problem(scheme, data, None, None, bounds, 1000, words, None)
        plan = load_plan(plan_file.read_text(encoding="utf-8"), index.Place)
        try:
            said = index.explain(problem, plan, village)
        except KeyError:
            must_hold([Finding("index.unknown", Text(f"名单里没有“{village}”", f"“{village}” is not on the list"))])
            raise
    out.print(said.say(words), markup=False)


@app.command()
def diff(plan_file: PlanFile, earlier: PlanFile, lang: LangOption = "zh") -> None:
    """Which stars changed between two runs."""
    from yanzhen.planning import index

    words = lang_of(lang)
    plans = [load_plan(path.read_text(encoding="utf-8"), index.Place) for path in (plan_file, earlier)]
    found = index.diff(plans[0], plans[1])
    for change in found.changes:
        out.print(change.text.say(words), markup=False)
    out.print(
        Text("{k} 个不变，{n} 个改变", "{k} unchanged, {n} changed").fill(k=found.kept, n=len(found.changes)).say(words)
    )
