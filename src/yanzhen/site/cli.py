"""The one console command: ``yanzhen``."""

from __future__ import annotations

import os
import sys

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="雁阵 Yanzhen: 抓党建促乡村振兴工作平台")


@app.callback()
def _root() -> None:
    """雁阵 Yanzhen."""


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def manage(context: typer.Context) -> None:
    """Django's own commands (migrate, makemigrations, shell …)."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["yanzhen manage", *context.args])


def main() -> None:
    """Console entry."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yanzhen.site.settings")
    sys.exit(app())


if __name__ == "__main__":
    main()
