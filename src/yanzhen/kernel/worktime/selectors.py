"""Reading the working calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import chinese_calendar
from chinese_calendar import constants
from django.core.cache import cache

from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import UnitRef
from yanzhen.kernel.worktime.domain import (
    BEIJING,
    Calendar,
    Quiet,
    Warn,
    parse_hours,
    parse_quiet,
)
from yanzhen.kernel.worktime.models import DayOverride

VERSION_KEY = "worktime:version"
HOLIDAYS: Mapping[str, str] = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}
Stated = tuple[date, bool, str, int]
Row = tuple[date, bool, str, int, str]


def library_years() -> range:
    """Years that the library knows from the State Council's notices."""
    known = constants.holidays
    return range(min(known).year, max(known).year + 1)


@lru_cache(maxsize=64)
def _library(year: int) -> tuple[dict[date, bool], dict[date, str]]:
    """State and names of a year's days from the library; empty for a year that it does not know."""
    days: dict[date, bool] = {}
    names: dict[date, str] = {}
    if year not in library_years():
        return days, names
    day = date(year, 1, 1)
    while day.year == year:
        days[day] = chinese_calendar.is_workday(day)  # type: ignore[no-untyped-call]
        if day in constants.holidays:
            words = constants.holidays[day]
            names[day] = HOLIDAYS.get(words, words)
        elif day in constants.workdays:
            names[day] = "调休上班"
        day += timedelta(days=1)
    return days, names


@lru_cache(maxsize=64)
def _built(years: tuple[int, ...], stated: tuple[Stated, ...], hours: tuple[str, ...]) -> Calendar:
    days: dict[date, bool] = {}
    names: dict[date, str] = {}
    for year in years:
        some, words = _library(year)
        days.update(some)
        names.update(words)
    for day, working, name, _rank in stated:
        days[day] = working
        names.pop(day, None)
        if name:
            names[day] = name
    return Calendar(days, parse_hours(hours), names)


def _approved(years: Iterable[int]) -> list[Row]:
    """Approved overrides of the years, cached for a minute and until the next approval in this process."""
    wanted = sorted(set(years))
    key = f"worktime:{cache.get(VERSION_KEY, 0)}:{wanted[0]}:{wanted[-1]}"
    found: list[Row] | None = cache.get(key)
    if found is None:
        found = list(
            DayOverride.objects.filter(
                state=DayOverride.APPROVED, day__gte=date(wanted[0], 1, 1), day__lte=date(wanted[-1], 12, 31)
            ).values_list("day", "working", "name", "unit_id", "unit_path")
        )
        cache.set(key, found, 60)
    return found


def calendar_for(years: Iterable[int], unit: UnitRef | None = None, *, on: date | None = None) -> Calendar:
    """The calendar of some years, for a unit with its own holidays and hours.

    A year that nobody has stated is left out, so that only a computation that touches it fails (``UnknownYear``). ``on``:
    the day whose office hours hold, first of January of the last year when left out. Without a unit: what the topmost unit
    that stated anything says.
    """
    wanted = tuple(sorted(set(years)))
    rows = _approved(wanted)
    if unit is None:
        top = min((len(row[4]) for row in rows), default=0)
        rank = {row[3]: 0 for row in rows if len(row[4]) == top}
    else:
        rank = {unit_id: place for place, unit_id in enumerate(unit.chain)}
    stated = sorted((day, working, name, rank[at]) for day, working, name, at, _path in rows if at in rank)
    stated.sort(key=lambda row: (row[0], row[3]))
    hours = value("worktime.hours", unit, on=on or date(wanted[-1], 1, 1))
    return _built(wanted, tuple(stated), tuple(hours))


def calendar_at(now: datetime, unit: UnitRef | None = None) -> Calendar:
    """The calendar around a moment: the year before, its own and the next, with the office hours of that day."""
    day = now.astimezone(BEIJING).date()
    return calendar_for((day.year - 1, day.year, day.year + 1), unit, on=day)


def quiet_for(unit: UnitRef | None, on: date) -> Quiet:
    """Quiet hours that hold for a unit."""
    text = value("worktime.quiet", unit, on=on)
    return parse_quiet(text, rest_days=bool(value("worktime.quiet_rest_days", unit, on=on)))


def warning_for(unit: UnitRef | None, on: date) -> Warn:
    """When lights turn yellow for a unit."""
    return Warn(int(value("worktime.yellow_share", unit, on=on)) / 100)


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day for the page: ``working`` None = nobody has said; ``stated`` = by an override here."""

    day: date
    working: bool | None
    name: str
    stated: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Days proposed together, waiting for a second person."""

    batch: str
    days: Sequence[DayOverride]
    proposed_name: str
    proposed_at: datetime
    basis: str
    unit_path: str
    proposed_by: int


def year_rows(year: int, unit: UnitRef | None) -> list[DayRow]:
    """Every day of a year as it holds for a unit."""
    calendar = calendar_for((year,), unit)
    library = _library(year)[0]
    rows = []
    day = date(year, 1, 1)
    while day.year == year:
        working = calendar.days.get(day)
        rows.append(
            DayRow(day, working, calendar.names.get(day, ""), working is not None and library.get(day) != working)
        )
        day += timedelta(days=1)
    return rows


def waiting(unit: UnitRef | None) -> list[Batch]:
    """Proposals for units in the viewer's part of the tree, oldest first."""
    if unit is None:
        return []
    reach = unit.scope
    batches: dict[str, list[DayOverride]] = {}
    rows = DayOverride.objects.filter(state=DayOverride.PROPOSED, unit_path__gte=reach.lo, unit_path__lt=reach.hi)
    for row in rows.order_by("proposed_at", "day")[:2000]:
        batches.setdefault(row.batch, []).append(row)
    return [
        Batch(
            key, days, days[0].proposed_name, days[0].proposed_at, days[0].basis, days[0].unit_path, days[0].proposed_by
        )
        for key, days in batches.items()
    ]
