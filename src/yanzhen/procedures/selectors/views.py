"""What pages and other modules get to see of a case, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from yanzhen.procedures.domain.definition import Definition, Step


@dataclass(frozen=True, slots=True)
class Missing:
    """What still stands against ending a step: field or evidence key, and a sentence (msgid, data)."""

    key: str
    template: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActChoice:
    """An act this viewer may do now. ``act``: submit, judge, answer, announce, hold, publish, object, reply, close, amend, end.

    ``outcomes``: for judge. ``key``: which sign-off. ``check``: check-answers page first (it leaves the unit).
    """

    step: str
    act: str
    outcomes: tuple[str, ...] = ()
    key: str = ""
    check: bool = False


@dataclass(frozen=True, slots=True)
class StepView:
    """A step on the case page. ``status``: waiting, open, done, skipped, void. ``light``: green, yellow, red, none."""

    step: Step
    status: str
    round: int = 0
    step_id: int | None = None
    outcome: str = ""
    who: tuple[str, ...] = ()
    opened_at: datetime | None = None
    due_at: datetime | None = None
    earliest: datetime | None = None
    done_at: datetime | None = None
    done_name: str = ""
    done_post: str = ""
    on_behalf_of: str = ""
    words: str = ""
    number: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    light: str = "none"
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as its page shows it. ``earlier``: steps of earlier rounds. ``marked``: keys of open steps (for the diagram)."""

    case: Any
    definition: Definition
    data: Mapping[str, Any]
    steps: tuple[StepView, ...]
    earlier: tuple[StepView, ...]
    marked: tuple[str, ...]
    acts: tuple[ActChoice, ...]


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One thing to do, soonest first. ``light``: green, yellow, red, none."""

    case_id: int
    number: str
    title: str
    unit_name: str
    procedure: str
    step: str
    step_key: str
    sign_off: str
    due_at: datetime | None
    light: str
    deputy: bool


@dataclass(frozen=True, slots=True)
class CaseFilters:
    """Filters of the list. ``tab``: running, mine (took part or started), done, all."""

    tab: str = "running"
    state: str = ""
    code: str = ""
    unit_id: int | None = None
    overdue: bool = False
    since: date | None = None
    until: date | None = None
    words: str = ""
    subject_kind: str = ""
    indicator: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of the list."""

    id: int
    number: str
    title: str
    unit_name: str
    procedure: str
    state: str
    steps_now: tuple[str, ...]
    started_at: datetime
    due_at: datetime | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of the list: rows, cursors, bounded count (``count`` rows, or more when ``more``)."""

    rows: tuple[CaseRow, ...]
    next: str
    previous: str
    count: int
    more: bool
