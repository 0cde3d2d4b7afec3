"""The one console command: ``yanzhen``.

Exit codes: 0 done; 1 a rule or the data says no (the reason is printed); 2 wrong use; 3 the trail or a backup does not verify.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(no_args_is_help=True, add_completion=False, help="雁阵 Yanzhen：抓党建促乡村振兴工作平台")
imports = typer.Typer(no_args_is_help=True, help="Bring data in: divisions, messages, categories.")
keys = typer.Typer(no_args_is_help=True, help="Encryption keys.")
app.add_typer(imports, name="import")
app.add_typer(keys, name="keys")
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

#: Modules that bring commands of their own: ``register(app, imports)``.
_MODULES = (
    "yanzhen.kernel.trail.cli",
    "yanzhen.registry.cli",
    "yanzhen.registry.officers_cli",
    "yanzhen.matters.cli",
    "yanzhen.planning.cli",
    "yanzhen.lake.cli",
)


def _setup() -> None:
    import django

    django.setup()


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def manage(context: typer.Context) -> None:
    """Django's own commands (migrate, makemigrations, shell …)."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["yanzhen manage", *context.args])


@app.command()
def setup() -> None:
    """Get a database ready: tables, roles, catalogues, static files. Safe to repeat."""
    _setup()
    from yanzhen.site.start import prepare

    with out.status("Getting ready …"):
        prepare()
    out.print("Ready.")


@app.command()
def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: Annotated[int, typer.Option(help="Processes; 1 for SQLite, 2 per core for PostgreSQL.")] = 1,
    threads: int = 8,
    with_worker: Annotated[bool, typer.Option(help="Run the background worker beside it.")] = False,
) -> None:
    """Run the web server."""
    from yanzhen.site import start
    from yanzhen.site.env import Env

    # refuse here: a server process that ends while starting would be started again and again
    env = Env()  # type: ignore[call-arg]  # each field has a default
    env.secret()
    env.keys()
    commands = [start.serve(host=host, port=port, workers=workers, threads=threads)]
    if with_worker:
        commands.append(start.worker())
    raise typer.Exit(start.run_together(commands))


@app.command()
def worker(once: Annotated[bool, typer.Option(help="Do what is due and stop.")] = False) -> None:
    """Run the background worker: tasks and periodic jobs."""
    _setup()
    from yanzhen.kernel.tasks.api import run_worker

    run_worker(once=once)


@app.command()
def demo(
    port: int = 8000,
    host: str = "127.0.0.1",
    reset: Annotated[bool, typer.Option("--reset", help="Throw the demo's data away and start over.")] = False,
    prepare_only: Annotated[bool, typer.Option(help="Make the data and stop.")] = False,
) -> None:
    """The demo county: an invented county at work, with a login for each persona."""
    os.environ.setdefault("YANZHEN_MODE", "demo")
    os.environ.setdefault("YANZHEN_REQUIRE_TOTP", "false")
    os.environ.setdefault("YANZHEN_BASE_URL", f"http://{host}:{port}")
    data = Path(os.environ.get("YANZHEN_DATA", "var"))
    if reset and data.exists():
        shutil.rmtree(data)
    _setup()
    from yanzhen.site import demo as county
    from yanzhen.site import start

    with out.status("Getting ready …"):
        start.prepare()
    county.ensure(say=lambda text: out.print(f"  {text}"))
    if prepare_only:
        return
    county.fill_lake_later()
    out.print(f"\n[bold]雁阵 · Yanzhen[/bold]  http://{host}:{port}/\n")
    for login in county.logins():
        out.print(f"  {login.username:<12} {login.password:<14} {login.words}")
    out.print(f"\n  {'—':<12} {'':<14} 村民：http://{host}:{port}/p/\n\nCtrl-C ends it.")
    raise typer.Exit(start.run_together([start.serve(host=host, port=port, workers=1, threads=8), start.worker()]))


@app.command()
def backup(target: Path) -> None:
    """Write database and files to one archive (.tar.gz). The keys are not in it."""
    _setup()
    from yanzhen.site.backup import backup as run

    with out.status("Backing up …") as status:
        prints = run(target, say=lambda text: status.update(f"Backing up: {text} …"))
    out.print(f"{target}: {sum(table['rows'] for table in prints.values())} rows in {len(prints)} tables.")


@app.command()
def restore(
    source: Path, force: Annotated[bool, typer.Option(help="Overwrite a database that is in use.")] = False
) -> None:
    """Put a backup back and compare it with its fingerprint (exit code 3 when it differs)."""
    _setup()
    from yanzhen.site.backup import restore as run

    with out.status("Restoring …") as status:
        broken = run(source, say=lambda text: status.update(f"Restoring: {text} …"), force=force)
    if broken:
        err.print(f"Differs from the backup: {', '.join(broken)}")
        raise typer.Exit(3)
    out.print("Restored; every table is equal to the backup.")


@keys.command("init")
def keys_init(target: Path, cipher: Annotated[str, typer.Option(help="aes or sm4")] = "aes") -> None:
    """Make a new key file (refuses to overwrite one)."""
    from yanzhen.kernel.crypto.services import new_ring_text

    if target.exists():
        err.print(f"{target} exists.")
        raise typer.Exit(1)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    target.write_text(new_ring_text(cipher))
    out.print(f"{target} written. Keep a copy apart from the backups: without it, encrypted fields are lost.")


@keys.command("rotate")
def keys_rotate() -> None:
    """Add a new key and encrypt every field again with it; can be stopped and run again."""
    _setup()
    from django.utils import timezone

    from yanzhen.kernel.crypto.rotation import rotate
    from yanzhen.kernel.scope.api import system
    from yanzhen.kernel.trail.api import record
    from yanzhen.site.actions import KEYS_ROTATED

    with out.status("Encrypting again …") as status:
        done = rotate(say=lambda text: status.update(text))
    record(
        actor=system("console"),
        now=timezone.now(),
        action=KEYS_ROTATED,
        kind="keys",
        subject_id="1",
        after={"values": done},
    )
    out.print(f"{done} values encrypted with the new key.")


def _mount() -> None:
    for name in _MODULES:
        import_module(name).register(app, imports)


def main() -> None:
    """Console entry."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yanzhen.site.settings")
    from yanzhen.kernel.errors import DomainError

    _mount()
    try:
        app()
    except DomainError as error:
        err.print(error.message)
        sys.exit(1)


if __name__ == "__main__":
    main()
