"""When each step of a matter is due, and its light (plain Python).

Two clocks run: the step's (weigh, accept, settle, call back) and the whole's (contact the person, solve). ``step_due_at`` is
the nearer of the two, ``due_at`` the whole's. Standing still (``ClockStop``) moves the whole's only while working.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from yanzhen.kernel.worktime.domain import Calendar, Deadline, Stop, UnknownYear, Warn, deadline, left, yellow_from
from yanzhen.matters.domain.loop import RUNNING, STOP_WORDS, State

#: The step's own limit in each state ("" = only the whole's).
STEP_LIMIT = {
    State.COLLECTED: "triage",
    State.ASSIGNED: "accept",
    State.DISPUTED: "settle",
    State.WORKING: "",
    State.ANSWERED: "call_back",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit as the rulebook holds it: ``measure`` of ``worktime.deadline``, ``basis`` its source."""

    amount: int
    measure: str
    basis: str


@dataclass(frozen=True, slots=True)
class Clock:
    """Everything that is computed from limits, calendar and stops."""

    step_due_at: datetime | None
    yellow_at: datetime | None
    respond_due_at: datetime | None
    due_at: datetime | None
    due_basis: str


def _due(start: datetime, limit: Limit, calendar: Calendar, stops: Iterable[Stop] = (), extra: int = 0) -> Deadline:
    found = deadline(start, limit.amount, limit.measure, calendar=calendar, stops=tuple(stops))  # type: ignore[arg-type]
    if extra:
        return deadline(found.due, extra, "working_days", calendar=calendar)
    return found


def solve(
    clock_at: datetime, limit: Limit, calendar: Calendar, stops: Iterable[Stop] = (), extra: int = 0
) -> tuple[Deadline, ...]:
    """The whole's deadline: the limit with its stops, then the extension in working days."""
    first = deadline(clock_at, limit.amount, limit.measure, calendar=calendar, stops=tuple(stops))  # type: ignore[arg-type]
    if not extra:
        return (first,)
    return first, deadline(first.due, extra, "working_days", calendar=calendar)


def words(measure: str, amount: int) -> str:
    """``5 个工作日``."""
    unit = {"working_hours": "个工作小时", "working_days": "个工作日", "hours": "小时", "days": "日"}[measure]
    return f"{amount} {unit}"


def compute(
    *,
    state: str,
    clock_at: datetime,
    step_at: datetime,
    limits: Mapping[str, Limit],
    calendar: Calendar,
    warn: Warn,
    stops: Iterable[Stop] = (),
    extra: int = 0,
    responded: bool = False,
) -> Clock:
    """The clock of a matter in ``state``. A year that the calendar does not know leaves the moments open and says so in
    ``due_basis``: a request must come in all the same, and is computed again when the calendar is stated."""
    here = State(state)
    stops = tuple(stops)
    limit = limits["solve"]
    basis = f"{words(limit.measure, limit.amount)}；{limit.basis}" + (f"；经批准延期 {extra} 个工作日" if extra else "")
    try:
        whole = solve(clock_at, limit, calendar, stops, extra)[-1].due
        respond = _due(clock_at, limits["respond"], calendar).due
        nearest: tuple[datetime, datetime] | None = None  # due, since when
        candidates = []
        if STEP_LIMIT.get(here):
            candidates.append((_due(step_at, limits[STEP_LIMIT[here]], calendar).due, step_at))
        if here in RUNNING:
            candidates.append((whole, clock_at))
            if not responded:
                candidates.append((respond, clock_at))
        if candidates:
            nearest = min(candidates)
        step_due, start = nearest or (None, step_at)
        yellow = yellow_from(min(start, step_due), step_due, warn, calendar) if step_due else None
    except UnknownYear as error:
        return Clock(None, None, None, None, error.message[:300])
    return Clock(step_due, yellow, respond, whole, basis[:300])


def light(now: datetime, step_due_at: datetime | None, yellow_at: datetime | None, *, stopped: bool = False) -> str:
    """green, yellow, red, stopped, or "none" without anything due."""
    if stopped:
        return "stopped"
    if step_due_at is None:
        return "none"
    if now > step_due_at:
        return "red"
    return "yellow" if yellow_at is not None and now >= yellow_at else "green"


def light_words(now: datetime, step_due_at: datetime | None, calendar: Calendar, *, stopped: bool = False) -> str:
    """剩 1.5 个工作日 / 超 3 个工作小时 / 暂停计时 (source language)."""
    if stopped:
        return "暂停计时"
    if step_due_at is None:
        return ""
    try:
        return left(now, step_due_at, calendar).words
    except UnknownYear:
        return ""


def stops_of(rows: Iterable[tuple[datetime, datetime | None, str]]) -> tuple[Stop, ...]:
    """Stops from rows, their reasons in words."""
    return tuple(Stop(since, until, STOP_WORDS.get(reason, reason)) for since, until, reason in rows)
