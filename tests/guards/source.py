"""The project's own source, read as text and as syntax trees."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "yanzhen"


@cache
def python_files() -> tuple[Path, ...]:
    """Every Python file of the package but migrations."""
    return tuple(sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts))


@cache
def tree(path: Path) -> ast.Module:
    """Syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def shown(path: Path) -> str:
    """A path as a person would name it."""
    return str(path.relative_to(ROOT))


def rooms(name: str) -> list[Path]:
    """Files that are a module's room ``name`` (``services.py`` or files below ``services/``)."""
    return [
        path for path in python_files() if path.name == f"{name}.py" or name in path.relative_to(PACKAGE).parts[:-1]
    ]


def public_functions(path: Path) -> list[ast.FunctionDef]:
    """Top-level functions without a leading underscore."""
    return [node for node in tree(path).body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
