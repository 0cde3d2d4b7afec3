"""``yanzhen lake …``: the lake from the console. Needs no database and no accounts."""

from __future__ import annotations

import getpass
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

lake_app = typer.Typer(no_args_is_help=True, help="The lake: gather, link and split down departments' records.")
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Folder = Annotated[Path, typer.Option("--lake", envvar="YANZHEN_LAKE", help="The lake's folder.")]
_DEFAULT = Path("var/lake")


def register(app: typer.Typer, imports: typer.Typer) -> None:
    """Put ``yanzhen lake`` on the console command."""
    app.add_typer(lake_app, name="lake")


def _now() -> datetime:
    return datetime.now(UTC)


@lake_app.command()
def setup(
    lake: Folder = _DEFAULT,
    algorithm: Annotated[str, typer.Option(help="Hash of pseudonyms: sha256 or sm3")] = "sha256",
    cipher: Annotated[str, typer.Option(help="Cipher of raw files: aes or sm4")] = "aes",
    divisions: Annotated[
        Path | None, typer.Option(help="Package, SQLite file or folder with the list of divisions.")
    ] = None,
    prefix: Annotated[str, typer.Option(help="Keep divisions at and below this code.")] = "",
    contract: Annotated[list[str] | None, typer.Option(help="Contracts to copy from those that come along.")] = None,
) -> None:
    """Lay out a lake: folders, keys, and the tree of places from the list of divisions. Safe to repeat."""
    from yanzhen.lake import places
    from yanzhen.lake.api import setup as lay_out

    made = lay_out(lake, algorithm, cipher)
    shipped = {path.stem: path for path in (Path(__file__).parent / "shipped").glob("*.toml")}
    for name in contract or []:
        if name not in shipped:
            err.print(f"No such contract: {name}. There are: {', '.join(sorted(shipped))}")
            raise typer.Exit(2)
        shutil.copy(shipped[name], lake / "contracts")
        (lake / "inbox" / name).mkdir(exist_ok=True)
    if divisions is not None:
        names = places.from_package(divisions, prefix)
        places.write(places.Places(names), made.folder / "reference")
        out.print(f"{len(names)} places.")
    out.print(f"{lake}: ready. Keep a copy of keys.toml apart from the backups.")


@lake_app.command()
def init(sample: Path, name: Annotated[str, typer.Option(help="Name of the source.")] = "") -> None:
    """Propose a contract from a sample file, on standard output."""
    from yanzhen.lake.api import propose

    typer.echo(propose(sample, name), nl=False)


@lake_app.command("lint")
def lint_command(files: list[Path]) -> None:
    """Say what is wrong with contracts, line by line (exit code 1 when something is)."""
    from yanzhen.lake.api import lint

    wrong = False
    for path in files:
        for finding in lint(path):
            wrong |= finding.level == "error"
            out.print(f"{path}:{finding.line}: {finding.level}: {finding.words}")
    if wrong:
        raise typer.Exit(1)


@lake_app.command()
def run(
    lake: Folder = _DEFAULT,
    source: Annotated[list[str] | None, typer.Option(help="Only these sources.")] = None,
    memory: Annotated[str, typer.Option(help="For the whole process, like 4GB.")] = "4GB",
    threads: int = 2,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and count; write nothing.")] = False,
    engine: Annotated[str, typer.Option(help="duckdb (embedded) or spark")] = "duckdb",
    master: Annotated[str, typer.Option(help="Spark's master, like local[2] or spark://host:7077")] = "local[2]",
    url: Annotated[list[str] | None, typer.Option(help="source=URL of a source that is a database table.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report here too (JSON).")] = None,
) -> None:
    """Take in what has arrived in the inbox. Exit code 1 when a batch was stopped."""
    from dataclasses import asdict

    from yanzhen.lake.api import Lake
    from yanzhen.lake.api import run as take_in
    from yanzhen.lake.engines.base import Engine

    home = Lake(lake)
    worker: Engine | None = None
    if engine == "spark":
        from yanzhen.lake.engines.spark import Spark

        worker = Spark(home.tmp, master)
    urls = dict(each.split("=", 1) for each in url or [])
    with err.status("…") as status:
        done = take_in(
            home, now=_now(), sources=source or [], memory=memory, threads=threads, dry=dry_run, urls=urls, engine=worker,
            say=lambda words: status.update(words),
        )  # fmt: skip
    if worker is not None:
        worker.close()
    _show(done.outcomes)
    for alert in done.alerts:
        err.print(f"[yellow]{alert['source']}[/yellow] {alert['kind']}: {alert['words']}")
    if report is not None:
        report.write_text(json.dumps(asdict(done), ensure_ascii=False, indent=1))
    if done.stopped:
        raise typer.Exit(1)


def _show(outcomes: list) -> None:  # type: ignore[type-arg]
    table = Table("source", "state", "arrived", "kept", "held", "grid or place by", "CPU s")
    for o in outcomes:
        ways = " ".join(f"{how} {rows / max(o.kept, 1):.0%}" for how, rows in o.how.items())
        table.add_row(
            o.source, o.state, f"{o.arrived:,}", f"{o.kept:,}", f"{o.held:,}", ways, f"{sum(o.cpu.values()):.1f}"
        )
        if o.words:
            table.add_row("", f"[red]{o.words}[/red]")
    out.print(table)


@lake_app.command("query")
def query_command(
    table: str,
    scope: Annotated[list[str], typer.Option(help="Codes of units; 0 is the whole.")],
    purpose: Annotated[str, typer.Option(help="What for: it is written down.")],
    lake: Folder = _DEFAULT,
    column: Annotated[list[str] | None, typer.Option()] = None,
    limit: int = 20,
    at: Annotated[int | None, typer.Option(help="An earlier snapshot.")] = None,
) -> None:
    """Rows of a table inside a scope, masked, as JSON lines."""
    from yanzhen.lake.api import Lake, Scope, Viewer, query

    who = Viewer(f"console:{getpass.getuser()}", Scope.of(*scope))
    answer = query(Lake(lake), who, table, now=_now(), purpose=purpose, columns=column or [], limit=limit, at=at)
    for row in answer.rows.to_pylist():
        typer.echo(json.dumps(row, ensure_ascii=False, default=str))
    err.print(f"{len(answer.rows)} rows; {len(answer.opened.files)} files, {answer.opened.size / 1e6:.1f} MB")


@lake_app.command("book")
def book_command(unit: str, lake: Folder = _DEFAULT, complete: bool = False) -> None:
    """The data book of a unit (its code; 0 is the whole)."""
    from yanzhen.lake.api import Lake, Scope, book

    table = Table("source", "department", "rows", "to the grid", "as of", "late", "complete")
    for line in book(Lake(lake), Scope.of(unit), now=_now(), complete=complete):
        full = sum(line.complete.values()) / len(line.complete) if line.complete else None
        table.add_row(
            line.title, line.department, f"{line.rows:,}", f"{line.located['grid'] / line.rows:.0%}" if line.rows else "",
            line.as_of[:10], "late" if line.late else "", f"{full:.0%}" if full is not None else "",
        )  # fmt: skip
    out.print(table)


@lake_app.command("held")
def held_command(element: str, lake: Folder = _DEFAULT) -> None:
    """Who holds a data element already ("asked once")."""
    from yanzhen.lake.api import Lake, column_facts, held

    home = Lake(lake)
    for holding in held(home.book, element, column_facts(home)):
        truth = "来源" if holding.truth else "　　"
        where = f"{holding.department} · {holding.system} · {holding.source}.{holding.column}"
        out.print(f"{truth} {where}: {holding.complete:.0%} of {holding.rows:,}, {holding.as_of}")


@lake_app.command("quarantine")
def quarantine_command(source: str, batch: str, target: Path, lake: Folder = _DEFAULT) -> None:
    """The workbook that gives a department its held rows back."""
    from yanzhen.lake.api import Lake, workbook

    home = Lake(lake)
    out.print(f"{workbook(home, home.book.by_name[source], batch, target)} rows → {target}")


@lake_app.command("snapshots")
def snapshots_command(lake: Folder = _DEFAULT) -> None:
    """What states can be read and restored."""
    from yanzhen.lake.api import Lake

    for snapshot in Lake(lake).store.snapshots():
        out.print(f"{snapshot.number:>6}  {snapshot.at[:19]}  {snapshot.words}")


@lake_app.command("restore")
def restore_command(number: int, lake: Folder = _DEFAULT) -> None:
    """Make an earlier state current again (as a new snapshot: nothing is lost)."""
    from yanzhen.lake.api import Lake

    store = Lake(lake).store
    with store.writing():
        out.print(f"snapshot {store.restore(number, at=_now()).number}")


@lake_app.command("maintain")
def maintain_command(
    lake: Folder = _DEFAULT, keep: Annotated[int, typer.Option(help="Snapshots to keep.")] = 30
) -> None:
    """Compaction, retention, and the sweep of files that no kept snapshot names."""
    from yanzhen.lake.api import Lake, compact, drop_expired, sweep

    home = Lake(lake)
    files = compact(home, now=_now())
    dropped = drop_expired(home, now=_now())
    out.print(
        f"{files} files compacted, {sum(dropped.values())} rows past their term, {sweep(home, keep=keep)} files removed"
    )


@lake_app.command("relocate")
def relocate_command(before: Path, lake: Folder = _DEFAULT) -> None:
    """Put rows in their place again after the map changed; BEFORE is the reference folder as it was."""
    from yanzhen.lake import places
    from yanzhen.lake.api import Lake, relocate

    for source, rows in relocate(Lake(lake), places.read(before), now=_now()).items():
        out.print(f"{source}: {rows:,} rows looked at")


@lake_app.command("check-places")
def check_places(lake: Folder = _DEFAULT) -> None:
    """What is wrong with the reference data: codes without parent, villages without grid, grids that overlap."""
    from yanzhen.lake.api import Lake

    problems = Lake(lake).places.problems()
    for words in problems[:200]:
        out.print(words)
    if problems:
        raise typer.Exit(1)


@lake_app.command("pairs")
def pairs_command(lake: Folder = _DEFAULT) -> None:
    """Doubtful pairs that wait for a human."""
    from yanzhen.lake.api import Lake, pending

    for row in pending(Lake(lake)):
        out.print(
            f"{row['tuple'].hex()[:16]}  person {row['person']}  {row['score']:.3f}  {row['features']}  {row['evidence']}"
        )


@lake_app.command("iceberg")
def iceberg_command(
    catalog: Annotated[str, typer.Option(help="Catalogue URI, like sqlite:////srv/iceberg.db")], lake: Folder = _DEFAULT
) -> None:
    """Register the current snapshot in an Iceberg catalogue (needs pyiceberg)."""
    from yanzhen.lake.api import Lake
    from yanzhen.lake.iceberg import publish

    for table, files in publish(Lake(lake), catalog).items():
        out.print(f"{table}: {files} files")
