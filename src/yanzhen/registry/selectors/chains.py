"""Under whom a unit stood on a day: for figures that must not change when the tree does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from yanzhen.kernel.scope.api import ancestors
from yanzhen.registry.models import Placement, Unit, UnitChange

_BATCH = 500


def _paths(unit_ids: list[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for at in range(0, len(unit_ids), _BATCH):
        found.update(Unit.objects.filter(pk__in=unit_ids[at : at + _BATCH]).values_list("pk", "path"))
    return found


def _ids(paths: Iterable[str]) -> dict[str, int]:
    wanted = sorted(set(paths))
    found: dict[str, int] = {}
    for at in range(0, len(wanted), _BATCH):
        found.update(Unit.objects.filter(path__in=wanted[at : at + _BATCH]).values_list("path", "pk"))
    return found


def chains_on(unit_ids: list[int], day: date) -> dict[int, tuple[int, ...]]:
    """Ids from the root down to each unit, as the tree stood at the end of ``day``.

    Today's path answers for every unit none of whose ancestors moved after that day; only the others are traced through
    their placements.
    """
    paths = _paths(unit_ids)
    ids = _ids(part for path in paths.values() for part in ancestors(path))
    chains = {unit: tuple(ids[part] for part in ancestors(path)) for unit, path in paths.items()}
    moved = set(
        UnitChange.objects.filter(on__gt=day, what__in=[UnitChange.What.MOVED, UnitChange.What.MERGED])
        .values_list("unit_id", flat=True)
        .distinct()
    )
    return {
        unit: _traced(unit, day) if moved and moved.intersection(chain) else chain for unit, chain in chains.items()
    }


def _traced(unit_id: int, day: date) -> tuple[int, ...]:
    chain = [unit_id]
    while True:
        placement = (
            Placement.objects.filter(unit_id=chain[0], valid_from__lte=day).order_by("-valid_from", "-pk").first()
        )
        parent = placement.parent_id if placement else _parent_now(chain[0])
        if parent is None or parent in chain:
            return tuple(chain)
        chain.insert(0, parent)


def _parent_now(unit_id: int) -> int | None:
    path = Unit.objects.values_list("path", flat=True).get(pk=unit_id)
    above = ancestors(path)[:-1]
    return Unit.objects.values_list("pk", flat=True).get(path=above[-1]) if above else None
