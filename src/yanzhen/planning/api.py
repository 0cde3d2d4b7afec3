"""The door of planning: the common record, and each planner as a module (``api.matching.solve(…)``), loaded when first used."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from yanzhen.planning.kernel import (
    Diff,
    Explanation,
    Finding,
    Level,
    Limits,
    Lock,
    Plan,
    Planner,
    ProblemError,
    Relaxation,
    Text,
    load_plan,
)

PLANNERS = ("matching", "rotation", "grids", "siting", "index", "draws", "tables")

__all__ = [
    "PLANNERS",
    "Diff",
    "Explanation",
    "Finding",
    "Level",
    "Limits",
    "Lock",
    "Plan",
    "Planner",
    "ProblemError",
    "Relaxation",
    "Text",
    "load_plan",
    "planner",
]


def planner(name: str) -> ModuleType:
    """One planner as a module, by name of :data:`PLANNERS`; KeyError for another name."""
    if name not in PLANNERS:
        raise KeyError(name)
    return import_module(f"yanzhen.planning.{name}")
