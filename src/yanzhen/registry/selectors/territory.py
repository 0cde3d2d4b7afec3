"""The territory below a unit: divisions and grids, not the bodies that hang on them; and their borders."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from yanzhen.kernel.scope.api import Actor, UnitRef, in_range, may, path_range
from yanzhen.registry.models import Unit, UnitBoundary
from yanzhen.registry.selectors.posts import valid_on
from yanzhen.registry.selectors.units import refs

_TERRITORY = (Unit.Kind.DIVISION, Unit.Kind.GRID)


def territory_below(viewer: Actor, capability: str, unit: UnitRef, on: date) -> list[UnitRef]:
    """Direct children of ``unit`` that are territory on a day, in order of code; none outside the viewer's scope."""
    if not may(viewer, capability, unit.path):
        return []
    depth = len(unit.path) // Unit.steplen + 1
    found = list(
        Unit.objects.filter(in_range(path_range(unit.path), "path"), valid_on(on), depth=depth, kind__in=_TERRITORY)
        .only("id", "path", "name", "code", "kind", "level")
        .order_by("code")
    )
    known = refs(found)
    return [known[child.pk] for child in found]


def boundaries_on(unit_ids: list[int], on: date) -> dict[int, dict[str, Any]]:
    """GeoJSON geometries of units on a day, for those that have one."""
    rows = UnitBoundary.objects.filter(valid_on(on), unit_id__in=unit_ids).order_by("valid_from", "pk")
    return {row.unit_id: json.loads(row.geojson) for row in rows}


def places_below(path: str) -> list[int]:
    """Ids of a unit and all territory below it, ended ones too (their figures stay)."""
    found = Unit.objects.filter(in_range(path_range(path), "path"), kind__in=_TERRITORY)
    return list(found.order_by("path").values_list("pk", flat=True))
