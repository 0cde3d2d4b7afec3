"""Reading the tree."""

from __future__ import annotations

from collections.abc import Iterable

from yanzhen.kernel.scope.api import UnitRef, ancestors
from yanzhen.registry.models import Unit


def refs(units: Iterable[Unit]) -> dict[int, UnitRef]:
    """References with chains for units, in one query for all their ancestors."""
    units = list(units)
    wanted = {path for unit in units for path in ancestors(unit.path)}
    ids = {unit.path: unit.pk for unit in units}
    missing = wanted - set(ids)
    if missing:
        ids.update(dict(Unit.objects.filter(path__in=missing).values_list("path", "pk")))
    return {
        unit.pk: UnitRef(
            id=unit.pk, path=unit.path, name=unit.name, code=unit.code, kind=unit.kind, level=unit.level,
            chain=tuple(ids[path] for path in ancestors(unit.path)),
        )
        for unit in units
    }  # fmt: skip


def ref(unit: Unit | int) -> UnitRef:
    """Reference of one unit (or unit id)."""
    found = unit if isinstance(unit, Unit) else Unit.objects.get(pk=unit)
    return refs([found])[found.pk]
