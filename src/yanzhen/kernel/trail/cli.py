"""``yanzhen trail``: verify and seal."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="操作留痕：核验与封存 / verify and seal the trail")

_WORDS = {
    "changed": "内容被改动 / changed",
    "deleted": "被删除 / deleted",
    "inserted": "被插入 / inserted",
    "reordered": "次序被调换 / re-ordered",
    "seal": "封存记录被改动 / broken seal",
}


def register(root: typer.Typer, imports: typer.Typer) -> None:
    """Mount under the one console command."""
    root.add_typer(app, name="trail")


def _setup() -> None:
    import django

    django.setup()


@app.command()
def verify(
    anchor: str = typer.Option("", help="封存摘要（来自打印件）：核对链条是否仍含有它 / a digest kept on paper"),
) -> None:
    """Recompute every row and seal; exit 3 and name the first broken row when something was tampered with."""
    _setup()
    from rich.console import Console
    from rich.progress import Progress

    from yanzhen.kernel.trail.services import verify as run

    console = Console(soft_wrap=True)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("trail", total=None)
        report = run(lambda done, total: bar.update(task, completed=done, total=total), anchor=anchor.strip())
    console.print(f"rows {report.rows}  seals {report.seals}  unsealed {report.unsealed}  head {report.head}")
    if not report.guarded:
        console.print("警告 warning: 数据库防改触发器缺失 / the database's append-only guards are missing")
    if report.anchored is False and report.broken is None:
        console.print("链条中没有所给的封存摘要 / the chain does not hold the given digest")
    if report.broken is not None:
        found = report.broken
        where = f"row {found.row_id} (seal {found.seal_id})" if found.row_id else f"seal {found.seal_id}"
        console.print(f"BROKEN {found.what} {where}: {_WORDS[found.what]}")
    if not report.sound:
        raise typer.Exit(3)
    console.print("OK")


@app.command()
def seal() -> None:
    """Seal what is not sealed yet."""
    _setup()
    from django.utils import timezone
    from rich.console import Console

    from yanzhen.kernel.trail.services import seal_all

    Console(soft_wrap=True).print(f"sealed {seal_all(now=timezone.now())}")
