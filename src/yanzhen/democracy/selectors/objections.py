"""Reading objections."""

from __future__ import annotations

from yanzhen.democracy.models import Objection
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, within


def objection_for(viewer: Actor, objection_id: int, capability: str = "democracy.supervise") -> Objection:
    """One objection in scope; :class:`NotFound` otherwise."""
    found = (
        Objection.objects.filter(within(viewer, capability, "disclosure__unit__path"), pk=objection_id)
        .select_related("disclosure__unit")
        .first()
    )
    if found is None:
        raise NotFound("democracy.objection.unknown", "没有找到这条异议，或不在您的管辖范围内。")
    return found
