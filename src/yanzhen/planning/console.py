"""What the sub-commands of ``yanzhen plan`` share: options, progress, Ctrl-C, refusals, exit codes.

Exit codes: 0 a plan was written; 1 the data or the rules say no (reasons printed, workbook with problems written); 2 wrong use;
3 a check found broken rules; 130 stopped by Ctrl-C, the best plan so far was written.
"""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from yanzhen.planning.kernel.findings import Finding, ProblemError
from yanzhen.planning.kernel.limits import Limits, Progress
from yanzhen.planning.kernel.reading import Column, read
from yanzhen.planning.kernel.records import STATUS_WORDS, Lock, Plan
from yanzhen.planning.kernel.text import Lang, Text, number

BROKEN, INTERRUPTED = 3, 130

# -- options, with the same words everywhere ------------------------------------------------------------------------------------
Seconds = Annotated[float, typer.Option("--seconds", min=0.1, help="Time limit, kept within 10 %.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the published tie-break; same seed, same plan.")]
LangOption = Annotated[str, typer.Option("--lang", help="zh or en: language of lists and messages.")]
LocksFile = Annotated[
    Path | None, typer.Option("--locks", exists=True, dir_okay=False, help="Table of locks: kind, subject, object.")
]
PreviousFile = Annotated[
    Path | None, typer.Option("--previous", exists=True, dir_okay=False, help="plan.json of the earlier run.")
]
OutFolder = Annotated[Path, typer.Option("--out", file_okay=False, help="Folder for plan.json, list, Word and report.")]
Threads = Annotated[int, typer.Option("--threads", min=1, help="Threads of the solvers.")]
Memory = Annotated[int, typer.Option("--memory", min=256, help="MiB the process may use.")]

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

LOCK_COLUMNS = (
    Column(
        "kind",
        Text("锁定", "lock"),
        "choice",
        required=True,
        also=("类型", "kind"),
        choices={
            "固定": "fix",
            "禁止": "forbid",
            "冻结": "freeze",
            "fix": "fix",
            "forbid": "forbid",
            "freeze": "freeze",
        },
    ),
    Column("subject", Text("对象", "subject"), required=True, also=("需求", "主体")),
    Column("object", Text("安排", "object"), default="", also=("专家", "客体")),
    Column("reason", Text("理由", "reason"), default=""),
    Column("by", Text("决定人", "by"), default=""),
)


def lang_of(value: str) -> Lang:
    """The language option, checked."""
    if value not in ("zh", "en"):
        raise typer.BadParameter("zh | en", param_hint="--lang")
    return "zh" if value == "zh" else "en"


def read_locks(source: Path | None) -> tuple[tuple[Lock, ...], tuple[Finding, ...]]:
    """Locks of a table (none when there is no file) and what is wrong with it."""
    if source is None:
        return (), ()
    sheet = read(source, LOCK_COLUMNS, sheet=("锁定", "locks"))
    locks, found = [], list(sheet.findings)
    for row in sheet.rows:
        if row["kind"] == "fix" and not row["object"]:
            found.append(
                sheet.finding("lock.no_object", Text("固定要写明安排给谁", "a fix needs its object"), row, "object")
            )
            continue
        locks.append(Lock(row["kind"], row["subject"], row["object"], row["reason"], row["by"]))
    return tuple(locks), tuple(found)


@contextmanager
def running(seconds: float, *, threads: int = 1, memory: int = 4096, lang: Lang = "zh") -> Iterator[Limits]:
    """Limits with a progress bar; the first Ctrl-C asks for the best plan so far, the second ends at once."""
    stop = threading.Event()

    def interrupted(number_: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        words = Text(
            "正在收尾，保留目前最好的方案（再按一次立即结束）", "finishing with the best plan so far (again: end now)"
        )
        err.print(words.say(lang))

    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, interrupted) if main else None
    bar = Bar(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=err, transient=True
    )
    task = bar.add_task("…", total=None)

    def show(progress: Progress) -> None:
        words = progress.stage.say(lang)
        if progress.best is not None:
            words += f" {number(progress.best)}"
        if progress.bound is not None:
            words += f" / {number(progress.bound)}"
        bar.update(task, description=escape(words), completed=progress.done, total=max(progress.total, 1))

    try:
        with bar:
            yield Limits(seconds=seconds, threads=threads, memory_mb=memory, cancel=stop, progress=show)
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


@contextmanager
def refusing(lang: Lang) -> Iterator[None]:
    """Turn :class:`ProblemError` into printed reasons and exit code 1."""
    try:
        yield
    except ProblemError as error:
        print_findings(error.findings, lang)
        raise typer.Exit(1) from None


@contextmanager
def returning(lang: Lang, sources: Iterable[Path | None], folder: Path) -> Iterator[None]:
    """As :func:`refusing`, and the lists go back with a column of problems: ``problems-<name>`` in the folder."""
    from yanzhen.planning.kernel.writing import return_with_problems

    try:
        yield
    except ProblemError as error:
        print_findings(error.findings, lang)
        named = {item.sheet for item in error.findings if item.line}
        files = [source for source in sources if source is not None]
        plain = {source.name for source in files}
        written = []
        for source in dict.fromkeys(files):
            book = source.suffix.lower() in {".xlsx", ".xlsm", ".xls", ".ods"}
            if source.name in named or (book and named - plain):
                folder.mkdir(parents=True, exist_ok=True)
                written.append(
                    return_with_problems(source, error.findings, folder / f"problems-{source.name}", lang=lang)
                )
        wrote(written, lang)
        raise typer.Exit(1) from None


def print_findings(findings: Iterable[Finding], lang: Lang, limit: int = 50) -> None:
    """Findings on the error stream, errors first."""
    order = {"error": 0, "warning": 1, "note": 2}
    items = sorted(findings, key=lambda item: (order[item.severity], item.sheet, item.line))
    colours = {"error": "red", "warning": "yellow", "note": "dim"}
    for item in items[:limit]:
        err.print(f"[{colours[item.severity]}]{escape(item.say(lang))}[/]")
    if len(items) > limit:
        err.print(Text("另有 {n} 条", "{n} more").fill(n=len(items) - limit).say(lang))


def print_levels(plan: Plan[Any], lang: Lang) -> None:
    """The vector with its proof, as a table."""
    table = Table(box=None, pad_edge=False)
    for heading, right in (
        (Text("目标", "Goal"), False),
        (Text("结果", "Value"), True),
        (Text("理论界", "Bound"), True),
        (Text("差距", "Gap"), True),
    ):
        table.add_column(heading.say(lang), justify="right" if right else "left")
    for level in plan.levels:
        table.add_row(
            level.name.say(lang),
            f"{number(level.value)} {level.unit.say(lang)}".strip(),
            "–" if level.bound is None else number(level.bound),
            "–" if level.gap is None else f"{level.gap:.2%}",
        )
    out.print(table)
    words = Text(
        "{status}，{seconds} 秒，内存 {mb} MiB，方案 {digest}", "{status}, {seconds} s, {mb} MiB, plan {digest}"
    )
    out.print(
        words.fill(
            status=STATUS_WORDS[plan.status],
            seconds=round(plan.seconds, 1),
            mb=round(plan.memory_mb),
            digest=plan.digest[:16],
        ).say(lang)
    )


def save_plan(plan: Plan[Any], folder: Path) -> Path:
    """``plan.json``, for ``--previous`` and for the archive."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "plan.json"
    target.write_text(plan.dumps(), encoding="utf-8")
    return target


def wrote(paths: Sequence[Path], lang: Lang) -> None:
    """Say which files were written."""
    for path in paths:
        out.print(Text("已写 {path}", "wrote {path}").fill(path=str(path)).say(lang))


def finish(plan: Plan[Any], limits: Limits) -> None:
    """The exit code of a run that wrote a plan: 130 after Ctrl-C, 1 when nothing fits, else 0."""
    if limits.cancel is not None and limits.cancel.is_set():
        raise typer.Exit(INTERRUPTED)
    if plan.status == "infeasible":
        raise typer.Exit(1)


def read_parameters(source: Path | None) -> dict[str, Any]:
    """A parameter file (JSON object, may hold ``signed_by``); empty without one."""
    if source is None:
        return {}
    try:
        data = json.loads(source.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ProblemError(
            [
                Finding(
                    "input.parameters",
                    Text("参数文件不是 JSON：{e}", "the parameter file is no JSON: {e}").fill(e=str(error)),
                    sheet=source.name,
                )
            ]
        ) from None
    if not isinstance(data, dict):
        raise ProblemError(
            [
                Finding(
                    "input.parameters",
                    Text("参数文件应是一个对象", "the parameter file must be an object"),
                    sheet=source.name,
                )
            ]
        )
    return data
