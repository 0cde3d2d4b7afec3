"""Who sees a case: those over its unit, those who take part, whoever began it."""

from __future__ import annotations

from django.db.models import Q

from yanzhen.kernel.scope.api import Actor, may, within
from yanzhen.procedures.models import Case, CaseReach
from yanzhen.procedures.selectors.places import mine


def takes_part(viewer: Actor) -> Q:
    """Cases the viewer's post takes part in, or that the viewer began."""
    reach = CaseReach.objects.filter(unit_id__in=mine(viewer), role__in=["", viewer.role]).values("case_id")
    found = Q(pk__in=reach)
    return found | Q(started_by=viewer.account_id) if viewer.account_id is not None else found


def over(viewer: Actor) -> Q:
    """Cases of the units in the viewer's scope, without those only participants see."""
    if viewer.is_system:
        return Q()
    return within(viewer, "procedures.view", "unit_path") & Q(restricted=False)


def sees(viewer: Actor, case: Case) -> bool:
    """Whether the viewer may see this case."""
    if viewer.is_system:
        return True
    if not viewer.has("procedures.view"):
        return False
    if not case.restricted and may(viewer, "procedures.view", case.unit_path):
        return True
    if viewer.account_id is not None and viewer.account_id == case.started_by:
        return True
    return CaseReach.objects.filter(case=case, unit_id__in=mine(viewer), role__in=["", viewer.role]).exists()
