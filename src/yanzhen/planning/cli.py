"""``yanzhen plan <planner> …``: each planner brings ``planning/<planner>/cli.py`` with ``app: typer.Typer``."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import typer

#: name on the command line → module that holds ``app``
PLANNERS = {
    "matching": "yanzhen.planning.matching.cli",
    "rotation": "yanzhen.planning.rotation.cli",
    "grids": "yanzhen.planning.grids.cli",
    "siting": "yanzhen.planning.siting.cli",
    "index": "yanzhen.planning.index.cli",
    "draws": "yanzhen.planning.draws.cli",
    "tables": "yanzhen.planning.tables.cli",
}

plan = typer.Typer(no_args_is_help=True, help="排方案：匹配、轮换、网格、选点、指数、抽查 / plans with a proof.")


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def build() -> typer.Typer:
    """The ``plan`` command with every planner that is there."""
    for name, module in PLANNERS.items():
        if name not in {group.name for group in plan.registered_groups} and _exists(module):
            plan.add_typer(import_module(module).app, name=name)
    return plan


def register(root: typer.Typer, imports: typer.Typer) -> None:
    """Mount under the one console command."""
    root.add_typer(build(), name="plan")
