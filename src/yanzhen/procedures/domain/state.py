"""A case as the engine sees it: frozen values in, frozen values out (plain Python)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from yanzhen.procedures.domain.bodies import Count, Quorum

OPEN, DONE, SKIPPED, VOID = "open", "done", "skipped", "void"
RUNNING, RESOLVED, REJECTED, ENDED = "running", "resolved", "rejected", "ended"


@dataclass(frozen=True, slots=True)
class Off:
    """One sign-off; ``agreed`` None while nobody has answered."""

    key: str
    agreed: bool | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A public notice."""

    on: date
    until: date
    least_days: int


@dataclass(frozen=True, slots=True)
class Raised:
    """An objection; ``upheld`` None until it is answered."""

    id: int
    upheld: bool | None = None


@dataclass(frozen=True, slots=True)
class Announced:
    """A meeting that was announced."""

    given_on: date
    held_on: date


@dataclass(frozen=True, slots=True)
class Tallied:
    """A ballot both tellers agreed on. ``totals``: question → option → votes."""

    body: str
    held_on: date
    count: Count
    totals: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepState:
    """A step in one round, with what was recorded in it.

    ``to``: the ways it took when it ended. ``cause``: the steps (key, round) whose end opened it, all of them at a join: going back
    to a step makes void exactly what came of it.
    """

    key: str
    round: int
    opened_on: date
    state: str = OPEN
    outcome: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    to: tuple[str, ...] = ()
    cause: tuple[tuple[str, int], ...] = ()
    evidence: frozenset[str] = frozenset()
    offs: tuple[Off, ...] = ()
    posted: Posted | None = None
    raised: tuple[Raised, ...] = ()
    announced: Announced | None = None
    tallied: Tallied | None = None

    @property
    def id(self) -> tuple[str, int]:
        """Key and round."""
        return self.key, self.round

    @property
    def counts(self) -> bool:
        """Whether it stands as passed in the present round."""
        return self.state in (DONE, SKIPPED)


@dataclass(frozen=True, slots=True)
class CaseState:
    """A case. ``steps`` in the order in which they were opened, every round of them."""

    data: Mapping[str, Any]
    steps: tuple[StepState, ...] = ()
    state: str = RUNNING

    def now_at(self, key: str) -> StepState | None:
        """The open step with this key, or None."""
        return next((each for each in self.steps if each.key == key and each.state == OPEN), None)

    def standing(self, key: str) -> StepState | None:
        """The latest round of a step that is not void, or None."""
        return next((each for each in reversed(self.steps) if each.key == key and each.state != VOID), None)

    def descendants(self, of: tuple[str, int]) -> set[tuple[str, int]]:
        """Everything that came of a step, itself included."""
        found = {of}
        for each in self.steps:  # in the order of opening: causes come first
            if found & set(each.cause):
                found.add(each.id)
        return found

    def ancestors(self, of: tuple[str, int]) -> set[tuple[str, int]]:
        """Everything that led to a step, itself included."""
        found = {of}
        for each in reversed(self.steps):
            if each.id in found:
                found |= set(each.cause)
        return found

    @property
    def open(self) -> tuple[StepState, ...]:
        """Steps that are open now."""
        return tuple(each for each in self.steps if each.state == OPEN)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the engine is told: the day, the values of the rules it reads, the quorums of the bodies, the units of lists.

    ``rules``: rule key → value, and ``key@step`` → value where a step has one of its own. ``quorums``: body → thresholds there on
    the day. ``units``: step → ids of the units its ``units_rule`` names. ``level``: level of the case's unit.
    """

    today: date
    rules: Mapping[str, Any] = field(default_factory=dict)
    quorums: Mapping[str, Quorum] = field(default_factory=dict)
    units: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    level: str = ""

    def rule(self, key: str, step: str) -> Any:
        """The value of a rule for a step; KeyError where nobody told it."""
        own = f"{key}@{step}"
        return self.rules[own] if own in self.rules else self.rules[key]


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that stands against ending a step well: key of the field or evidence, sentence (msgid) and its data."""

    key: str
    template: str
    data: Mapping[str, Any] = field(default_factory=dict)
