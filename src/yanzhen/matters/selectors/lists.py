"""Reading the admission list and the duty lists for the guards."""

from __future__ import annotations

from datetime import date

from yanzhen.kernel.scope.api import ancestors
from yanzhen.matters.domain.guards import Admitted, Duty
from yanzhen.matters.models import Admission, DutyItem
from yanzhen.registry.api import valid_on


def admitted_rows(path: str, on: date) -> list[Admitted]:
    """Admission rows that could hold for a unit: in force, for the unit or anything above it."""
    rows = Admission.objects.filter(state=Admission.State.IN_FORCE, scope_unit__path__in=ancestors(path))
    return [
        Admitted(
            row.pk, row.code, row.item, row.category_id, row.level, row.scope_unit.path, True, row.valid_from, row.valid_to
        )
        for row in rows.filter(valid_on(on)).select_related("scope_unit").order_by("pk")
    ]


def duties_for(path: str, on: date) -> list[Duty]:
    """Lines of duty lists that hold for a division: its own and those of the units above it."""
    rows = DutyItem.objects.filter(valid_on(on), unit__path__in=ancestors(path)).select_related("unit", "department")
    return [
        Duty(row.list, row.unit.path, row.category_id, row.department.name if row.department else "") for row in rows
    ]
