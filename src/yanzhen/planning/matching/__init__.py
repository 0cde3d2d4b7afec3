"""Talent matching 两单合一: the list of needs and the list of specialists become one.

``solve`` → plan with every goal proven; ``explain`` → why him, what next, what it would cost elsewhere; ``ask`` → why not him; ``check``
without the solver; ``relax`` → the smallest set of rules to give up; ``compare_stable`` → the two-sided plan and its price.
"""

from __future__ import annotations

from yanzhen.planning.kernel import Diff, Explanation, Limits, Plan, Relaxation, Text, diff_lines
from yanzhen.planning.matching.checking import check
from yanzhen.planning.matching.problem import (
    Cooperation,
    Exclusion,
    Need,
    Pairing,
    Problem,
    Rules,
    Specialist,
    Travel,
)
from yanzhen.planning.matching.solving import solve

NAME = "matching"
TITLE = Text("两单合一", "Talent matching")

__all__ = [
    "NAME",
    "TITLE",
    "Cooperation",
    "Exclusion",
    "Need",
    "Pairing",
    "Problem",
    "Rules",
    "Specialist",
    "Travel",
    "check",
    "diff",
    "explain",
    "relax",
    "solve",
]


def explain(problem: Problem, plan: Plan[Pairing], key: str) -> Explanation:
    """Why this line, the two next best, and the exact price of each."""
    from yanzhen.planning.matching.explaining import explain as answer

    return answer(problem, plan, key)


def relax(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Relaxation:
    """When not everything fits: the smallest set of rules to give up."""
    from yanzhen.planning.matching.relaxing import relax as answer

    return answer(problem, limits, seed)


def diff(plan: Plan[Pairing], earlier: Plan[Pairing]) -> Diff:
    """What changed from an earlier plan, by need and slot."""
    return diff_lines(plan, earlier)
