"""Commands of the loop: ``yanzhen import messages``, ``yanzhen import categories``, ``yanzhen triage train``, ``yanzhen matters tick``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

triage = typer.Typer(no_args_is_help=True, help="Triage help, learned from the own history.")
matters = typer.Typer(no_args_is_help=True, help="The loop.")


def register(root: typer.Typer, imports: typer.Typer) -> None:
    """Mount under the one console command."""
    root.add_typer(triage, name="triage")
    root.add_typer(matters, name="matters")
    imports.command("messages")(messages)
    imports.command("categories")(categories)


def _setup() -> None:
    import django

    django.setup()


def messages(
    source: Annotated[Path, typer.Argument(help="留言表：CSV（UTF-8 或 GB18030）或 .xlsx / table of messages")],
    unit: Annotated[str, typer.Option(help="接收单位代码；不写为最上级区划 / code of the receiving unit, default: the topmost")] = "",
    name: Annotated[str, typer.Option(help="来源名称：同一来源同一编号只导入一次 / name of the source")] = "messages",
    columns: Annotated[
        list[str] | None, typer.Option("--column", help="字段=表头，如 text=留言详情；不写则自动识别 / field=heading")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="未导入行的工作簿；不写为当前目录 / workbook of rejected rows, default: here")
    ] = None,
) -> None:
    """Bring messages of citizens in, with their answers and real times. Safe to repeat; every row is accounted for."""
    _setup()
    from django.utils import timezone
    from rich.console import Console
    from rich.progress import Progress

    from yanzhen.kernel.errors import DomainError
    from yanzhen.kernel.scope.api import system
    from yanzhen.matters.services.files import message_rows, receiving_unit
    from yanzhen.matters.services.importing import Rejects, import_rows

    out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, soft_wrap=True)
    try:
        place = receiving_unit(unit)
        headings, rows = message_rows(source, dict(each.split("=", 1) for each in columns or []))
        told = Rejects(rejects or Path(f"{source.stem}.未导入.xlsx"), headings)
        with Progress(console=err, transient=True) as bar:
            task = bar.add_task("导入 / importing", total=None)
            outcome = import_rows(
                rows, actor=system("import"), now=timezone.now(), unit=place, source=name, rejects=told,
                say=lambda done: bar.update(task, completed=done),
            )  # fmt: skip
        told.close()
    except DomainError as error:
        err.print(error.message)
        raise typer.Exit(1) from None
    out.print(
        f"{source.name}: {outcome.read} read = {outcome.imported} imported + {outcome.present} already there"
        f" + {outcome.rejected} rejected; {outcome.answered} answered, {outcome.unlocated} to be located."
    )
    if outcome.rejected:
        out.print(f"Rejected rows and reasons: {told.path}")


def categories(
    source: Annotated[Path, typer.Argument(help="类别表 CSV：category_1,category_2,category_3[,code] / table of categories")],
) -> None:
    """Bring the official table of categories in. Safe to repeat."""
    _setup()
    import csv

    from django.utils import timezone
    from rich.console import Console

    from yanzhen.kernel.scope.api import system
    from yanzhen.matters.services.categories import import_categories
    from yanzhen.matters.services.importing import encoding_of

    with source.open(encoding=encoding_of(source), newline="") as file:
        rows = list(csv.reader(file))[1:]
    given = [row[3] for row in rows if len(row) > 3 and row[3]]
    done = import_categories(
        actor=system("import"), now=timezone.now(), rows=[row[:3] for row in rows],
        codes=given if len(given) == len(rows) else None,
    )  # fmt: skip
    Console(highlight=False).print(f"{done.classes} classes: {done.created} categories created.")


@triage.command("train")
def triage_train(
    county: Annotated[str, typer.Option(help="县级代码；不写为每个县 / county code, default: every county")] = "",
) -> None:
    """Learn categories, units and likeness from the own matters."""
    _setup()
    from django.utils import timezone
    from rich.console import Console

    from yanzhen.kernel.scope.api import system
    from yanzhen.matters.services.files import counties
    from yanzhen.matters.services.training import train_county

    console = Console(highlight=False, soft_wrap=True)
    for place in counties(county):
        with console.status(f"{place.name} …"):
            done = train_county(actor=system("triage"), now=timezone.now(), county=place.id)
        console.print(f"{place.name}: {done.labelled} with category, {done.with_unit} with unit, {done.read} read.")


@matters.command("tick")
def matters_tick() -> None:
    """Do once what the worker does every minute: overdue marks, automatic pressing, reminders, the archive."""
    _setup()
    from django.utils import timezone
    from rich.console import Console

    from yanzhen.matters.services import tick

    done = tick(now=timezone.now())
    Console(highlight=False).print(
        f"{done.looked_at} looked at: {done.reminded} reminded, {done.overdue} overdue, {done.pressed} pressed, "
        f"{done.archived} archived, {done.failed} failed."
    )
    if done.failed:
        raise typer.Exit(1)
