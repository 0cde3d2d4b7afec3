"""What the engine is told about a case: values of rules, quorums, units, the day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from yanzhen.kernel.rulebook.api import held, value
from yanzhen.kernel.scope.api import UnitRef
from yanzhen.kernel.worktime.api import BEIJING, Calendar, UnknownYear, calendar_for, deadline
from yanzhen.procedures.domain.bodies import BODIES, Quorum, threshold
from yanzhen.procedures.domain.definition import Definition, Kind, Step
from yanzhen.procedures.domain.state import Facts
from yanzhen.procedures.rules import MEASURES
from yanzhen.procedures.selectors.places import Place, named_units


def day_of(moment: datetime) -> date:
    """The day in China."""
    return moment.astimezone(BEIJING).date()


def quorum_for(body: str, unit: UnitRef, on: date) -> Quorum:
    """The thresholds that hold for a body of a unit on a day, with their articles."""
    found = BODIES[body]
    valid, passes = held(found.valid_rule, unit, on=on), held(found.passes_rule, unit, on=on)
    return Quorum(
        body, threshold(str(valid.value)), threshold(str(passes.value)), int(value(found.notice_rule, unit, on=on)),
        valid.basis, passes.basis,
    )  # fmt: skip


def facts_for(definition: Definition, place: Place, on: date, steps: Iterable[Step] | None = None) -> Facts:
    """The facts for a case of a unit on a day. ``steps``: only those whose own numbers are needed (all by default)."""
    unit = place.ref
    rules: dict[str, object] = {}
    for key in definition.rules.values():
        rules[key] = _value(key, unit, on, definition.code, "")
    units: dict[str, tuple[int, ...]] = {}
    bodies: set[str] = set()
    for step in definition.steps if steps is None else steps:
        for key in (step.days, step.rounds):
            if key:
                rules[f"{key}@{step.key}"] = _value(key, unit, on, definition.code, step.key)
        bodies |= set(step.bodies)
        if step.kind is Kind.SIGN_OFFS and step.units_rule:
            words = _value(step.units_rule, unit, on, definition.code, step.key)
            county = place.at("county") or place.ref
            units[step.key] = named_units(tuple(str(word) for word in words or ()), county)  # type: ignore[attr-defined]
    return Facts(on, rules, {body: quorum_for(body, unit, on) for body in bodies}, units, unit.level)


def _value(key: str, unit: UnitRef, on: date, procedure: str, step: str) -> object:
    return value(key, unit, on=on, procedure=procedure, step=step)


def calendar(moment: datetime, unit: UnitRef) -> Calendar:
    """The working calendar around a moment."""
    day = day_of(moment)
    return calendar_for((day.year - 1, day.year, day.year + 1), unit, on=day)


def due_for(key: str, unit: UnitRef, start: datetime, *, procedure: str = "", step: str = "") -> datetime | None:
    """When a limit that starts now is over; None without a limit, or where nobody has stated the calendar of that year yet."""
    if not key:
        return None
    found = held(key, unit, on=day_of(start), procedure=procedure, step=step)
    try:
        return deadline(
            start, int(found.value), MEASURES.get(found.rule.measure, "working_days"),  # type: ignore[arg-type]
            calendar=calendar(start, unit),
        ).due  # fmt: skip
    except UnknownYear:
        return None
