"""The problem as arrays: who reaches what, which sites may open, and every goal of a set of open sites by plain counting.

:func:`Ground.measure` is the judge: levels of plans, of alternatives and of hand-made changes are all counted here, never taken from a
solver's objective.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.siting.matrices import Matrix, sparse
from yanzhen.planning.siting.problem import Problem
from yanzhen.planning.siting.travel import Times, times

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
#: Larger tables of minutes than this are not held densely (float64, 400 MB).
DENSE = 50_000_000


@dataclass(frozen=True)
class Ground:
    """Arrays of a problem, in the order of its ids."""

    problem: Problem
    times: Times

    @classmethod
    def of(cls, problem: Problem) -> Ground:
        """Travel times up to what the task needs: the circle, or everything for the worst-off and the mean."""
        parameters = problem.parameters
        whole = parameters.task in ("worst", "mean")
        if whole and len(problem.places) * len(problem.sites) > DENSE:
            raise MemoryError("too many pairs for the task; cluster the places first")
        return cls(problem, times(problem, None if whole else max(parameters.minutes, parameters.near)))

    @cached_property
    def people(self) -> Floats:
        """People of each place."""
        return np.asarray([item.people for item in self.problem.places], dtype=float)

    @cached_property
    def elders(self) -> Floats:
        """People over 60 of each place."""
        return np.asarray([item.elders for item in self.problem.places], dtype=float)

    @cached_property
    def existing(self) -> Mask:
        """Sites that stand."""
        return np.asarray([item.existing for item in self.problem.sites], dtype=bool)

    @cached_property
    def cost(self) -> Floats:
        """Of opening a site that does not stand yet, in 万元."""
        return np.asarray([0.0 if item.existing else item.cost for item in self.problem.sites])

    @cached_property
    def serving(self) -> Mask:
        """Open in the hours people need."""
        return np.asarray([self.problem.open_enough(item) for item in self.problem.sites], dtype=bool)

    @cached_property
    def must(self) -> Mask:
        """Open in every plan: fixed by hand, or standing and to be kept (unless forbidden by hand)."""
        keep = self.problem.parameters.keep_existing
        fixed = self._locked("fix") | (self.existing & keep)
        return fixed & ~self._locked("forbid")

    @cached_property
    def may(self) -> Mask:
        """May be open."""
        able = np.asarray([item.existing or item.buildable for item in self.problem.sites], dtype=bool)
        return able & ~self._locked("forbid")

    @cached_property
    def previous(self) -> Mask:
        """Open in the last plan."""
        held = set(self.problem.previous)
        return np.asarray([item.id in held for item in self.problem.sites], dtype=bool)

    def _locked(self, kind: str) -> Mask:
        held = {lock.subject for lock in self.problem.locks if lock.kind == kind}
        if kind == "fix":  # a frozen site stays as the last plan had it
            held |= {lock.subject for lock in self.problem.locks if lock.kind == "freeze"} & set(self.problem.previous)
        else:
            held |= {lock.subject for lock in self.problem.locks if lock.kind == "freeze"} - set(self.problem.previous)
        return np.asarray([item.id in held for item in self.problem.sites], dtype=bool)

    def _reach(self, minutes: float, columns: Mask) -> Matrix:
        found = self.times.within(minutes) @ sparse.diags(columns.astype(float))
        found.eliminate_zeros()
        return found.tocsr()

    @cached_property
    def circle(self) -> Matrix:
        """Place × site within the circle, for sites that serve in the needed hours and may be open."""
        return self._reach(self.problem.parameters.minutes, self.serving & self.may)

    @cached_property
    def close(self) -> Matrix:
        """The same for what counts as close by."""
        return self._reach(self.problem.parameters.near, self.serving & self.may)

    @cached_property
    def dense(self) -> Floats:
        """Minutes place × site; infinite for sites that do not serve or may not be open."""
        full = self.times.dense()
        full[:, ~(self.serving & self.may)] = np.inf
        return full

    @cached_property
    def reachable(self) -> Mask:
        """Places with at least one possible site (within the circle; for worst-off and mean: with any way at all)."""
        if self.problem.parameters.task in ("worst", "mean"):
            return np.asarray(np.isfinite(self.dense).any(axis=1))
        return np.asarray(np.diff(self.circle.indptr) > 0)

    def covered(self, chosen: Mask, matrix: Matrix | None = None) -> NDArray[np.int64]:
        """How many open sites each place has within the circle."""
        return np.asarray((self.circle if matrix is None else matrix) @ chosen.astype(float)).astype(np.int64)

    def measure(self, chosen: Mask, goals: tuple[str, ...] | None = None) -> Mapping[str, float]:
        """Every goal of a set of open sites."""
        goals = goals or self.problem.goals
        counters: Mapping[str, Any] = {
            "people": lambda: self.people[self.covered(chosen) > 0].sum(),
            "elders": lambda: self.elders[self.covered(chosen) > 0].sum(),
            "new": lambda: (chosen & ~self.existing).sum(),
            "cost": lambda: round(float(self.cost[chosen].sum()), 4),
            "kept": lambda: (chosen & self.previous).sum(),
            "near": lambda: self.elders[self.covered(chosen, self.close) > 0].sum(),
            "worst": lambda: self._best(chosen).max(initial=0.0),
            "total": lambda: self._mean(chosen),
        }
        return {goal: float(counters[goal]()) for goal in goals}

    def _best(self, chosen: Mask) -> Floats:
        columns = np.flatnonzero(chosen)
        if not len(columns):
            return np.full(int(self.reachable.sum()), np.inf)
        return np.asarray(self.dense[np.ix_(self.reachable, columns)].min(axis=1))

    def _mean(self, chosen: Mask) -> float:
        weight = self.people[self.reachable]
        total = weight.sum()
        if not total:
            return 0.0
        return float((self._best(chosen) * weight)[weight > 0].sum() / total)


def senses(goal: str) -> str:
    """Is more better?"""
    return "max" if goal in ("people", "elders", "kept", "near") else "min"
