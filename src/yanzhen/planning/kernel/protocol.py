"""What every planner offers. A planner is a module (or object) with these names; mypy checks it against the protocol."""

from __future__ import annotations

from typing import Protocol, TypeVar

from yanzhen.planning.kernel.findings import Finding
from yanzhen.planning.kernel.limits import Limits
from yanzhen.planning.kernel.records import Diff, Explanation, L, Plan, Relaxation
from yanzhen.planning.kernel.text import Text

P = TypeVar("P", contravariant=True)


class Planner(Protocol[P, L]):
    """Problem → plan with a proof → reasons, diff, independent check, relaxation."""

    NAME: str
    TITLE: Text

    def solve(self, problem: P, limits: Limits = ..., seed: int = ...) -> Plan[L]:
        """The best plan within the limits. Same problem, seed and generous limits: same plan, whatever the order of rows.
        ProblemError when the input is wrong. At a time limit: the best so far, status ``stopped``, with its gap."""
        ...

    def explain(self, problem: P, plan: Plan[L], key: str) -> Explanation:
        """Why this line, the next best and its price elsewhere."""
        ...

    def diff(self, plan: Plan[L], earlier: Plan[L]) -> Diff:
        """What changed."""
        ...

    def check(self, problem: P, plan: Plan[L]) -> tuple[Finding, ...]:
        """Every rule again, without the solver, also for plans edited by hand; what is broken, in words. Empty = holds."""
        ...

    def relax(self, problem: P, limits: Limits = ..., seed: int = ...) -> Relaxation:
        """When nothing fits: the smallest set of rules to give up."""
        ...
