"""One base a specialist (the generalised-assignment form); see below."""

from __future__ import annotations

from yanzhen.planning.kernel import Limits, Plan
from yanzhen.planning.matching.problem import Pairing, Problem


def solve_one_base(problem: Problem, limits: Limits, seed: int) -> Plan[Pairing]:
    """To come with the next step."""
    raise NotImplementedError
