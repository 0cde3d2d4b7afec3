"""Units as procedures need them: the line above a case's unit, units that a rule names; kept for a minute."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Q

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, UnitRef, path_range
from yanzhen.registry.api import unit_ref
from yanzhen.registry.models import Unit

_VERSION = "procedures:places"


@dataclass(frozen=True, slots=True)
class Place:
    """A unit with those above it, root first."""

    ref: UnitRef
    above: tuple[UnitRef, ...]

    def at(self, level: str) -> UnitRef | None:
        """The unit itself or the one above it of a level; ``unit`` is the unit itself."""
        if level in ("", "unit"):
            return self.ref
        return next((each for each in reversed(self.above) if each.level == level), None)


def forget() -> None:
    """Drop what is kept (the tree changed)."""
    cache.set(_VERSION, cache.get(_VERSION, 0) + 1, None)


def place(unit_id: int) -> Place:
    """The line of a unit; NotFound when there is no such unit."""
    key = f"procedures:place:{cache.get(_VERSION, 0)}:{unit_id}"
    found: Place | None = cache.get(key)
    if found is None:
        row = Unit.objects.filter(pk=unit_id).first()
        if row is None:
            raise NotFound("procedures.unit.unknown", "没有找到这个单位。")
        ref = unit_ref(row)
        rows = {unit.pk: unit for unit in Unit.objects.filter(pk__in=ref.chain)}
        above = tuple(
            UnitRef(u.pk, u.path, u.name, u.code, u.kind, u.level, ref.chain[: at + 1])
            for at, u in enumerate(rows[pk] for pk in ref.chain)
        )
        found = Place(ref, above)
        cache.set(key, found, 60)
    return found


def named_units(words: tuple[str, ...], under: UnitRef) -> tuple[int, ...]:
    """Ids of the units that a rule's list names (code, name, or end of the name) at or below a unit, in the order of the list."""
    if not words:
        return ()
    asked = Q()
    for word in words:
        asked |= Q(code=word) | Q(name=word) | Q(name__endswith=word)
    reach = path_range(under.path)
    rows = list(
        Unit.objects.filter(asked, valid_to__isnull=True, path__gte=reach.lo, path__lt=reach.hi)
        .exclude(kind__in=["division", "grid"])
        .order_by("path")
    )
    found: dict[int, None] = {}
    for word in words:
        exact = next((row for row in rows if word in (row.code, row.name)), None)
        row = exact or next((row for row in rows if row.name.endswith(word)), None)
        if row is not None:
            found[row.pk] = None
    return tuple(found)


def mine(actor: Actor) -> tuple[int, ...]:
    """Ids of the units whose work comes to a post: its own, and for a body the division it is part of."""
    unit = actor.unit
    if unit is None:
        return ()
    if unit.kind in ("division", "grid") or len(unit.chain) < 2:
        return (unit.id,)
    return (unit.id, unit.chain[-2])
