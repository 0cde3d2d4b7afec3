"""``yanzhen import divisions``: the real divisions, down to the village."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

LIST_DAY = datetime(2023, 6, 30)  # noqa: DTZ001 a day, of the list in the package
DOCUMENT = "统计用区划代码和城乡划分代码"


def register(root: typer.Typer, imports: typer.Typer) -> None:
    """Mount under the one console command."""
    imports.command("divisions")(divisions)


def divisions(
    source: Annotated[
        Path | None,
        typer.Option("--from", help="区划数据：npm 包目录或压缩包、SQLite、CSV / package folder, tarball, SQLite, CSV"),
    ] = None,
    province: Annotated[
        str, typer.Option(help="代码前缀：35、3503、350302；不写为全国 / code prefix, empty for all")
    ] = "",
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="清单的日期 / day of the list")] = LIST_DAY,
    document: Annotated[str, typer.Option(help="依据 / the list's name, kept in the history")] = DOCUMENT,
    fetch: Annotated[
        bool, typer.Option(help="用 npm 取得数据包（只有这时才联网）/ fetch the package with npm")
    ] = False,
    details: Annotated[bool, typer.Option(help="逐条列出变化 / list every change")] = False,
) -> None:
    """Bring in the yearly list of divisions: lays the tree, or applies what changed since the list before. Safe to repeat."""
    import django

    django.setup()
    from contextlib import nullcontext

    from django.utils import timezone
    from rich.console import Console
    from rich.progress import Progress

    from yanzhen.kernel.errors import DomainError
    from yanzhen.kernel.scope.api import system
    from yanzhen.registry import division_lists
    from yanzhen.registry.services import divisions as services

    err = Console(stderr=True, soft_wrap=True)
    if source is None and not fetch:
        err.print("请用 --from 指定数据，或加 --fetch / give --from PATH or --fetch")
        raise typer.Exit(2)
    try:
        with division_lists.fetched() if source is None else nullcontext(source) as path, Progress(console=err) as bar:
            task = bar.add_task("读取 / reading", total=None)
            found = division_lists.read(path, province)
            bar.update(task, total=len(found), completed=0, description="写入 / writing")

            def step(what: str, done: int, total: int) -> None:
                if what == "written":
                    bar.update(task, completed=done, total=total or None)

            report = services.apply(
                actor=system("import"), now=timezone.now(), divisions=found, prefix=province, on=on.date(),
                document=document, progress=step,
            )  # fmt: skip
            bar.update(task, completed=len(found), total=len(found))
    except DomainError as error:
        err.print(error.message)
        raise typer.Exit(1) from error
    show(report, details=details)


def show(report: object, *, details: bool) -> None:
    """Print what a list did."""
    from rich.console import Console
    from rich.table import Table

    from yanzhen.registry.services.divisions import Report

    assert isinstance(report, Report)  # noqa: S101
    out = Console(soft_wrap=True)
    table = Table(title=f"{report.lines} 行 / lines, {_day(report.on)}")
    table.add_column("变化 / change")
    table.add_column("数量 / number", justify="right")
    for words, number in (
        ("未变 / unchanged", report.same), ("新设 / new", report.founded), ("更名 / renamed", len(report.renamed)),
        ("换码 / recoded", len(report.recoded)), ("划转 / moved", len(report.moved)), ("撤销 / ended", len(report.ended)),
        ("待处理 / to settle", len(report.problems)),
    ):  # fmt: skip
        table.add_row(words, str(number))
    for level, number in report.by_level.items():
        table.add_row(f"  {level}", str(number))
    out.print(table)
    for code, name, why in report.problems:
        out.print(f"! {code} {name}: {why}")
    if details:
        for sign, rows in (("~", report.renamed), ("#", report.recoded), (">", report.moved)):
            for code, name, after in rows:
                out.print(f"{sign} {code} {name} → {after}")
        for code, name in report.ended:
            out.print(f"- {code} {name}")


def _day(day: date) -> str:
    return day.isoformat()
