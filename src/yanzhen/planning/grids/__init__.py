"""Drawing grids (mechanism F1): grids, micro-grids, contact groups and party groups, and re-drawing them with the least change.

``solve(problem, limits, seed)``, ``explain``, ``diff``, ``check``, ``relax`` as every planner; ``shapes`` for polygons. Solvers are
imported when they are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from yanzhen.planning.grids.problem import Barrier, Crossing, Earlier, Home, Layer, Place, Problem, Scheme, Village
from yanzhen.planning.kernel.text import Text

if TYPE_CHECKING:
    from yanzhen.planning.kernel.findings import Finding
    from yanzhen.planning.kernel.limits import Limits
    from yanzhen.planning.kernel.records import Diff, Explanation, Plan, Relaxation

NAME = "grids"
TITLE = Text("划网格", "Drawing grids")

__all__ = [
    "NAME", "TITLE", "Barrier", "Crossing", "Earlier", "Home", "Layer", "Place", "Problem", "Scheme", "Village",
    "check", "diff", "explain", "relax", "solve",
]  # fmt: skip


def solve(problem: Problem, limits: Limits | None = None, seed: int = 0, *, proof: str = "auto") -> Plan[Place]:
    """Draw the grids; see :func:`yanzhen.planning.grids.county.solve`."""
    from yanzhen.planning.grids import county

    return county.solve(problem, limits, seed, proof=proof)


def explain(problem: Problem, plan: Plan[Place], key: str) -> Explanation:
    """Why this household is in this grid, and what elsewhere would cost."""
    from yanzhen.planning.grids import reasons

    return reasons.explain(problem, plan, key)


def diff(plan: Plan[Place], earlier: Plan[Place]) -> Diff:
    """Households that change, come and go."""
    from yanzhen.planning.grids import reasons

    return reasons.diff(plan, earlier)


def check(problem: Problem, plan: Plan[Place]) -> tuple[Finding, ...]:
    """Every rule again, without the solver."""
    from yanzhen.planning.grids import checking

    return checking.check(problem, plan)


def relax(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Relaxation:
    """When nothing fits: the smallest set of rules to give up."""
    from yanzhen.planning.grids import reasons

    return reasons.relax(problem, limits, seed)
