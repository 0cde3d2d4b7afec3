"""Villages that a viewer sees, and rules read for a village."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.rulebook.api import held, value
from yanzhen.kernel.scope.api import Actor, UnitRef, in_range, path_range, within
from yanzhen.kernel.worktime.api import BEIJING, UnknownYear, calendar_for, deadline
from yanzhen.registry.api import unit_ref
from yanzhen.registry.models import Unit

MEASURES = {"工作日": "working_days", "日": "days"}


def villages_in(viewer: Actor, capability: str = "democracy.view", *, under: str = "") -> QuerySet[Unit]:
    """Standing villages in the viewer's scope, in order of code; ``under``: path of a unit above them."""
    found = Unit.objects.filter(
        within(viewer, capability, "path"), level=Unit.Level.VILLAGE, kind=Unit.Kind.DIVISION, valid_to__isnull=True
    )
    if under:
        found = found.filter(in_range(path_range(under), "path"))
    return found.order_by("path")


def village_for(viewer: Actor, unit_id: int, capability: str = "democracy.view") -> Unit:
    """One village in scope; :class:`NotFound` otherwise."""
    found = villages_in(viewer, capability).filter(pk=unit_id).first()
    if found is None:
        raise NotFound("democracy.village.unknown", "没有找到这个村，或不在您的管辖范围内。")
    return found


def own_village(viewer: Actor, asked: int | None) -> Unit | None:
    """The village a page is about: the one asked for, or the viewer's own; None where several are in sight."""
    if asked is not None:
        return village_for(viewer, asked)
    if viewer.unit is not None and viewer.unit.level == "village":
        return villages_in(viewer).filter(pk=viewer.unit.id).first()
    return None


def parent_of(unit: Unit) -> Unit | None:
    """The township of a village."""
    found: Unit | None = Unit.objects.filter(path=unit.path[: -Unit.steplen]).first()
    return found


def today_of(now: datetime) -> date:
    """The day in China."""
    return now.astimezone(BEIJING).date()


def number(key: str, unit: Unit | UnitRef, on: date, **dims: Any) -> int:
    """A whole-number rule of this module for a unit."""
    return int(value(f"democracy.{key}", unit if isinstance(unit, UnitRef) else unit_ref(unit), on=on, **dims))


def table(key: str, unit: Unit, on: date) -> dict[str, Any]:
    """A table rule of this module."""
    return dict(value(f"democracy.{key}", unit_ref(unit), on=on))


def due_after(key: str, unit: Unit, start: datetime) -> datetime | None:
    """When a limit of this module runs out; None in a year that the calendar does not know yet."""
    on = today_of(start)
    place = unit_ref(unit)
    rule = held(f"democracy.{key}", place, on=on)
    calendar = calendar_for(range(on.year - 1, on.year + 2), place, on=on)
    try:
        return deadline(start, int(rule.value), MEASURES[rule.rule.measure], calendar=calendar).due  # type: ignore[arg-type]
    except UnknownYear:
        return None
