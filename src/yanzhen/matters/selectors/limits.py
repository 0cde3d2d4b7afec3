"""Limits, calendar and other rules that hold for a matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from yanzhen.kernel.rulebook.api import held, value
from yanzhen.kernel.scope.api import UnitRef
from yanzhen.kernel.worktime.api import BEIJING, Calendar, Warn, calendar_for, warning_for
from yanzhen.matters.domain.clock import Limit
from yanzhen.matters.models import Category
from yanzhen.matters.rules import MEASURES


def day_of(moment: datetime) -> date:
    """The day in China."""
    return moment.astimezone(BEIJING).date()


def calendar(moment: datetime, unit: UnitRef | None, *, until: datetime | None = None) -> Calendar:
    """The working calendar around a moment (the year before to the year after ``until`` or the moment)."""
    day = day_of(moment)
    last = day_of(until).year if until is not None else day.year
    return calendar_for(range(day.year - 1, max(last, day.year) + 2), unit, on=day)


def category_codes(category: Category | None) -> tuple[str, ...]:
    """The category's code and those above it, nearest first."""
    found = []
    while category is not None:
        found.append(category.code)
        category = category.parent
    return tuple(found)


def limit(code: str, unit: UnitRef | None, on: date, categories: Sequence[str] = ()) -> Limit:
    """One limit: what is set for the nearest category wins over what holds for all."""
    for category in categories:
        found = held(f"matters.limit.{code}", unit, on=on, category=category)
        if "category" in found.specific:
            break
    else:
        found = held(f"matters.limit.{code}", unit, on=on)
    return Limit(int(found.value), MEASURES[found.rule.measure], found.basis)


def limits(unit: UnitRef | None, on: date, urgency: str, categories: Sequence[str] = ()) -> dict[str, Limit]:
    """All limits of the loop for an urgency."""
    graded = {step: limit(f"{step}.{urgency}", unit, on, categories) for step in ("triage", "accept", "respond", "solve")}
    return graded | {step: limit(step, unit, on, categories) for step in ("settle", "call_back")}


def number(code: str, unit: UnitRef | None, on: date, **dims: Any) -> int:
    """A whole-number rule."""
    return int(value(f"matters.{code}", unit, on=on, **dims))


def table(code: str, unit: UnitRef | None, on: date) -> dict[str, Any]:
    """A table rule."""
    return dict(value(f"matters.{code}", unit, on=on))


def text(code: str, unit: UnitRef | None, on: date) -> str:
    """A text rule."""
    return str(value(f"matters.{code}", unit, on=on))


@dataclass(frozen=True, slots=True)
class Frame:
    """What a matter's clock is computed with."""

    calendar: Calendar
    warn: Warn


def frame(moment: datetime, unit: UnitRef | None, *, until: datetime | None = None) -> Frame:
    """Calendar and yellow threshold for a unit."""
    return Frame(calendar(moment, unit, until=until), warning_for(unit, day_of(moment)))
