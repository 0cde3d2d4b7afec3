"""``yanzhen plan matching``: both lists in, one list out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from yanzhen.planning import console
from yanzhen.planning.console import LangOption, LocksFile, Memory, OutFolder, PreviousFile, Seconds, Seed, Threads
from yanzhen.planning.kernel import Finding, Lang, Plan, ProblemError, Text, load_plan

app = typer.Typer(no_args_is_help=True, help="两单合一：需求清单与供给清单 / talent matching")

Needs = Annotated[Path, typer.Option("--needs", exists=True, dir_okay=False, help="Needs (需求清单): CSV or Excel.")]
Ones = Annotated[
    Path, typer.Option("--specialists", exists=True, dir_okay=False, help="Specialists (供给清单): CSV or Excel.")
]
Together = Annotated[
    Path | None, typer.Option("--cooperations", exists=True, dir_okay=False, help="Past co-operation (合作基础).")
]
Apart = Annotated[Path | None, typer.Option("--exclusions", exists=True, dir_okay=False, help="Exclusions (回避).")]
Ways = Annotated[Path | None, typer.Option("--travel", exists=True, dir_okay=False, help="Measured minutes (路程).")]
RulesFile = Annotated[Path | None, typer.Option("--rules", exists=True, dir_okay=False, help="Parameters (JSON).")]
PlanFile = Annotated[Path, typer.Option("--plan", exists=True, dir_okay=False, help="plan.json of a run.")]


def _load(
    needs: Path,
    specialists: Path,
    more: dict[str, Path | None],
    rules: Path | None,
    locks: Path | None,
    previous: Path | None,
    lang: Lang,
    out: Path | None,
) -> tuple[Any, Plan[Any] | None]:
    """The problem; or exit 1 after printing every error and writing the lists back with a column of problems."""
    from yanzhen.planning.kernel.writing import return_with_problems
    from yanzhen.planning.matching.files import read_problem
    from yanzhen.planning.matching.problem import Pairing

    with console.refusing(lang):
        earlier = _earlier(previous, Pairing)
        held, wrong = console.read_locks(locks)
        if not held and not wrong and earlier is not None and locks is None:
            held = earlier.locks  # what was locked stays locked until a new list of locks says otherwise
        found = read_problem(
            needs, specialists, more=more, locks=held, previous=earlier, rules=console.read_parameters(rules)
        )
    findings = [*wrong, *found.findings]
    if found.problem is None or any(item.severity == "error" for item in findings):
        console.print_findings(findings, lang)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            written = []
            for source in (*found.sources, *((locks,) if locks and wrong else ())):
                names = {source.name, *(sheet.name for sheet in found.sheets.values() if sheet.source == source)}
                if any(item.sheet in names for item in findings):
                    target = out / f"problems-{source.name}"
                    written.append(return_with_problems(source, findings, target, lang=lang))
            console.wrote(written, lang)
        raise typer.Exit(1)
    return found.problem, earlier


def _earlier(previous: Path | None, kind: Any) -> Plan[Any] | None:
    if previous is None:
        return None
    try:
        plan: Plan[Any] = load_plan(previous.read_text(encoding="utf-8"), kind)
    except (ValueError, KeyError, TypeError) as error:
        text = Text("上次的方案读不出或被改过：{e}", "the earlier plan cannot be read or was changed: {e}").fill(
            e=str(error)
        )
        raise ProblemError([Finding("input.previous", text, sheet=previous.name)]) from None
    return plan


@app.command()
def solve(
    needs: Needs,
    specialists: Ones,
    out: OutFolder,
    cooperations: Together = None,
    exclusions: Apart = None,
    travel: Ways = None,
    rules: RulesFile = None,
    locks: LocksFile = None,
    previous: PreviousFile = None,
    seconds: Seconds = 60.0,
    seed: Seed = 0,
    lang: LangOption = "zh",
    threads: Threads = 1,
    memory: Memory = 4096,
    stable: Annotated[bool, typer.Option(help="Compare with the two-sided (stable) plan.")] = True,
) -> None:
    """Make the plan: plan.json, list.xlsx, list.docx (for signature), report.html."""
    from yanzhen.planning import matching
    from yanzhen.planning.kernel import Limits
    from yanzhen.planning.matching.files import write_list, write_signature
    from yanzhen.planning.matching.report import report
    from yanzhen.planning.matching.stable import compare_stable

    words = console.lang_of(lang)
    more = {"cooperations": cooperations, "exclusions": exclusions, "travel": travel}
    problem, earlier = _load(needs, specialists, more, rules, locks, previous, words, out)
    with console.refusing(words), console.running(seconds, threads=threads, memory=memory, lang=words) as limits:
        plan = matching.solve(problem, limits, seed)
    findings = matching.check(problem, plan)
    changes = matching.diff(plan, earlier) if earlier is not None else None
    written = [
        console.save_plan(plan, out),
        write_list(problem, plan, out / "list.xlsx", diff=changes, lang=words),
        write_signature(problem, plan, out / "list.docx", diff=changes, lang=words),
    ]
    interrupted = limits.cancel is not None and limits.cancel.is_set()
    beside = compare_stable(problem, plan, seed=seed) if stable and not interrupted else None
    relaxed = (
        matching.relax(problem, Limits(seconds=max(5.0, seconds / 4)), seed) if plan.unmet and not interrupted else None
    )
    page = report(problem, plan, findings=findings, diff=changes, previous=earlier, stable=beside, relaxation=relaxed)
    written.append(page.write(out / "report.html", words))
    console.print_levels(plan, words)
    console.print_findings((*plan.notes, *findings), words)
    if plan.unmet:
        console.out.print(Text("待落实 {n} 个名额", "{n} places stay open").fill(n=len(plan.unmet)).say(words))
    if changes is not None:
        text = Text("与上次相比：{same} 处不变，{n} 处改变", "against the last plan: {same} unchanged, {n} changed")
        console.out.print(text.fill(same=changes.kept, n=len(changes.changes)).say(words))
    console.wrote(written, words)
    console.finish(plan, limits)


@app.command()
def check(
    needs: Needs,
    specialists: Ones,
    plan: PlanFile,
    cooperations: Together = None,
    exclusions: Apart = None,
    travel: Ways = None,
    rules: RulesFile = None,
    locks: LocksFile = None,
    previous: PreviousFile = None,
    edited: Annotated[
        Path | None, typer.Option("--list", exists=True, dir_okay=False, help="The list, edited by hand.")
    ] = None,
    lang: LangOption = "zh",
) -> None:
    """Judge a plan, or its list edited by hand, by every rule; exit code 3 when one is broken."""
    from yanzhen.planning import matching
    from yanzhen.planning.matching.files import edited_plan
    from yanzhen.planning.matching.problem import Pairing

    words = console.lang_of(lang)
    more = {"cooperations": cooperations, "exclusions": exclusions, "travel": travel}
    problem, _ = _load(needs, specialists, more, rules, locks, previous, words, None)
    with console.refusing(words):
        made = _earlier(plan, Pairing)
        wrong: tuple[Finding, ...] = ()
        if made is not None and edited is not None:
            made, wrong = edited_plan(problem, made, edited)
    findings = (*wrong, *matching.check(problem, made)) if made is not None else wrong
    console.print_findings(findings, words)
    if any(item.severity == "error" for item in findings):
        raise typer.Exit(console.BROKEN)
    if made is not None:
        console.print_levels(made, words)
    console.out.print(Text("每条规则都成立", "every rule holds").say(words))


@app.command()
def explain(
    needs: Needs,
    specialists: Ones,
    plan: PlanFile,
    key: Annotated[str, typer.Argument(help="A place of the plan: need#slot.")],
    cooperations: Together = None,
    exclusions: Apart = None,
    travel: Ways = None,
    rules: RulesFile = None,
    locks: LocksFile = None,
    previous: PreviousFile = None,
    specialist: Annotated[str, typer.Option(help="Why not this one?")] = "",
    lang: LangOption = "zh",
) -> None:
    """Why this one, who would be next and what that would cost; with --specialist: why not him."""
    from yanzhen.planning import matching
    from yanzhen.planning.matching.explaining import ask
    from yanzhen.planning.matching.problem import Pairing

    words = console.lang_of(lang)
    more = {"cooperations": cooperations, "exclusions": exclusions, "travel": travel}
    problem, _ = _load(needs, specialists, more, rules, locks, previous, words, None)
    with console.refusing(words):
        made = _earlier(plan, Pairing)
    if made is None:
        raise typer.Exit(2)
    try:
        if specialist:
            answer = ask(problem, made, key.rsplit("#", 1)[0], specialist)
        else:
            answer = matching.explain(problem, made, key if "#" in key else f"{key}#1")
    except (KeyError, ValueError):
        console.err.print(Text("没有 {key}", "no {key}").fill(key=key).say(words))
        raise typer.Exit(2) from None
    console.out.print(answer.say(words))


@app.command()
def relax(
    needs: Needs,
    specialists: Ones,
    cooperations: Together = None,
    exclusions: Apart = None,
    travel: Ways = None,
    rules: RulesFile = None,
    locks: LocksFile = None,
    seconds: Seconds = 60.0,
    lang: LangOption = "zh",
) -> None:
    """When not everything fits: the smallest set of rules to give up."""
    from yanzhen.planning import matching

    words = console.lang_of(lang)
    more = {"cooperations": cooperations, "exclusions": exclusions, "travel": travel}
    problem, _ = _load(needs, specialists, more, rules, locks, None, words, None)
    with console.refusing(words), console.running(seconds, lang=words) as limits:
        found = matching.relax(problem, limits)
    for item in found.give_up:
        console.out.print(item.text.say(words))
    if found.fits:
        console.out.print(Text("没有可放宽的，或都能落实", "nothing to give up").say(words))


@app.command()
def template(target: Annotated[Path, typer.Argument(help="Workbook to write.")], lang: LangOption = "zh") -> None:
    """Write an empty workbook with both lists."""
    from yanzhen.planning.matching.files import write_template

    words = console.lang_of(lang)
    console.wrote([write_template(target, lang=words)], words)
