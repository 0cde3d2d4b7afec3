"""Which matters a viewer sees, as the database answers it: the twin of ``services.gate.sees``."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from yanzhen.kernel.scope.api import Actor, UnitRef, in_range
from yanzhen.matters.models import Matter, Reach
from yanzhen.matters.selectors.lines import line

_COLUMNS = {"city": "city_id", "county": "county_id", "township": "township_id", "village": "village_id"}


def place_side(unit: UnitRef) -> Q:
    """Matters whose place lies at or below the unit, by the column whose index gives them newest first.

    Departments and other bodies have no places: nothing.
    """
    if unit.kind == "division" and unit.level in _COLUMNS:
        return Q(**{_COLUMNS[unit.level]: unit.id})
    if unit.kind not in ("division", "grid"):
        return Q(pk__in=[])
    village = line(unit.id).level("village") if unit.kind == "grid" else None
    return in_range(unit.scope, "place_path") & (Q(village_id=village) if village is not None else Q())


def open_to(unit: UnitRef) -> Q:
    """Of the matters seen by their place: those that are not secret, or that this unit (or one below it) steers."""
    return Q(secret=False) | in_range(unit.scope, "desk_path")


def reached(unit: UnitRef) -> Exists:
    """Matters that the unit sees because somebody of its own takes part."""
    return Exists(Reach.objects.filter(matter_id=OuterRef("pk"), unit_id=unit.id))


def visible(viewer: Actor) -> Q:
    """Every matter that the viewer sees. For single rows and small sets; lists walk the two sides apart (``pages``)."""
    if viewer.is_system:
        return Q()
    if viewer.unit is None or not viewer.has("matters.view"):
        return Q(pk__in=[])
    return (place_side(viewer.unit) & open_to(viewer.unit)) | Q(reached(viewer.unit))


def matters(viewer: Actor) -> QuerySet[Matter]:
    """The viewer's matters."""
    return Matter.objects.filter(visible(viewer))
