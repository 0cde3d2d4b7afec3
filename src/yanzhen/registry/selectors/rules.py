"""The rulebook seen from the tree: proposals in scope, what a change would touch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.rulebook.domain import Rule, canonical_dims
from yanzhen.kernel.rulebook.models import RuleValue
from yanzhen.kernel.rulebook.selectors import held, keys_of, stated
from yanzhen.kernel.scope.api import Actor, UnitRef, in_range, within
from yanzhen.registry.models import Unit
from yanzhen.registry.selectors.units import live


def proposals_for(viewer: Actor, steward: str, capability: str) -> QuerySet[RuleValue]:
    """Open proposals at units where the viewer may approve (or propose), oldest first."""
    units = Unit.objects.filter(within(viewer, capability, "path")).values("pk")
    found = RuleValue.objects.filter(state=RuleValue.PROPOSED, key__in=keys_of(steward), unit_id__in=units)
    return found.order_by("proposed_at", "id")


def proposal_for(viewer: Actor, steward: str, capability: str, row_id: int) -> RuleValue:
    """One open proposal in scope; :class:`NotFound` otherwise."""
    found = proposals_for(viewer, steward, capability).filter(pk=row_id).first()
    if found is None:
        raise NotFound("rulebook.value.none", "没有这项待审批的变更，或它不在您的管辖范围内。")
    return found


def names(unit_ids: Iterable[int | None]) -> dict[int, str]:
    """Names of units by id (those that set a value are shown even above the viewer's own subtree)."""
    return dict(Unit.objects.filter(pk__in=[each for each in unit_ids if each]).values_list("pk", "name"))


@dataclass(frozen=True, slots=True)
class Effect:
    """What a proposed value would change: the value today, units that take it over, units with their own nearer value."""

    before: Any
    after: Any
    taken: int
    kept: int


def effect(rule: Rule, unit: UnitRef, value: Any, *, on: date, dims: dict[str, Any]) -> Effect:
    """Preview for ``unit`` and everything below it, as of the day the value would begin."""
    wanted = canonical_dims(dims)
    nearer = {
        row.unit_id for row in stated(rule.key) if row.dims == wanted and (row.valid_to is None or row.valid_to > on)
    }
    below = Unit.objects.filter(in_range(unit.scope, "path")).filter(live(on))
    tops: list[str] = []
    for path in below.filter(pk__in=nearer - {unit.id}).order_by("path").values_list("path", flat=True):
        if not tops or not path.startswith(tops[-1]):
            tops.append(path)
    kept = sum(below.filter(path__gte=top, path__lt=top + "~").count() for top in tops)
    return Effect(held(rule.key, unit, on=on, **dims).value, value, below.count() - kept, kept)
