"""Reading the tree: references, what a viewer may see, lazy expansion, search, the tree of an earlier day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor, UnitRef, ancestors, in_range, path_range, which, within
from yanzhen.registry.domain import units as rules
from yanzhen.registry.models import Placement, Unit, UnitBoundary, UnitChange, UnitLeader

CHUNK = 500
TREE_VERSION = "registry.tree"


def tree_changed() -> None:
    """Forget the ids known by path (called when a unit moves)."""
    cache.set(TREE_VERSION, cache.get(TREE_VERSION, 0) + 1, None)


def _ids_on(paths: set[str]) -> dict[str, int]:
    """Ids by path. Divisions hardly ever change their place: known for a minute, anew at once when a unit moves."""
    version = cache.get(TREE_VERSION, 0)
    known = cache.get_many([f"{TREE_VERSION}:{version}:{path}" for path in paths])
    ids = {key.rpartition(":")[2]: int(value) for key, value in known.items()}
    missing = paths - set(ids)
    if missing:
        found = dict(Unit.objects.filter(path__in=missing).values_list("path", "pk"))
        cache.set_many({f"{TREE_VERSION}:{version}:{path}": pk for path, pk in found.items()}, 60)
        ids.update(found)
    return ids


def refs(units: Iterable[Unit]) -> dict[int, UnitRef]:
    """References with chains for units, in one query for all their ancestors."""
    units = list(units)
    ids = _ids_on({path for unit in units for path in ancestors(unit.path)[:-1]})
    ids.update({unit.path: unit.pk for unit in units})
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


def place(unit: Unit) -> rules.Place:
    """A unit as the rules see it."""
    return rules.Place(
        unit.pk, unit.code, unit.name, unit.kind, unit.level, unit.path, unit.valid_from, unit.valid_to
    )  # fmt: skip


def live(on: date | None = None, prefix: str = "") -> Q:
    """Units that stand on a day; without a day: that have not ended."""
    if on is None:
        return Q(**{f"{prefix}valid_to__isnull": True})
    return Q(**{f"{prefix}valid_from__lte": on}) & (
        Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gt": on})
    )


# --- through scope --------------------------------------------------------------------------------------------------


def units_in(
    viewer: Actor,
    *,
    capability: str = "units.view",
    level: str = "",
    kind: str = "",
    under: str = "",
    on: date | None = None,
    ended: bool = False,
) -> QuerySet[Unit]:
    """Units in the viewer's scope, by path. ``under``: only below (and at) this path; ``ended``: also those that ended."""
    found = Unit.objects.filter(within(viewer, capability, "path"))
    if under:
        found = found.filter(in_range(path_range(under), "path"))
    if level:
        found = found.filter(level=level)
    if kind:
        found = found.filter(kind=kind)
    if not ended:
        found = found.filter(live(on))
    return found.order_by("path")


def unit_for(viewer: Actor, unit_id: int, capability: str = "units.view") -> Unit:
    """One unit in the viewer's scope (ended ones too); :class:`NotFound` otherwise."""
    found: Unit | None = Unit.objects.filter(within(viewer, capability, "path"), pk=unit_id).first()
    if found is None:
        raise NotFound("units.unknown", "没有找到这个单位，或它不在您的管辖范围内。")
    return found


def unit_by_code(viewer: Actor, code: str, capability: str = "units.view") -> Unit:
    """The standing unit with a code in the viewer's scope; :class:`NotFound` otherwise."""
    found = units_in(viewer, capability=capability).filter(code=code.strip().upper()).first()
    if found is None:
        raise NotFound(
            "units.code.unknown", "没有代码为“{value}”的单位，或它不在您的管辖范围内。", field="unit", value=code
        )
    return found


def descendant_ids(unit: Unit | str, *, include_self: bool = True, on: date | None = None) -> list[int]:
    """Ids of the standing units at and below a unit (or path), by path."""
    path = unit if isinstance(unit, str) else unit.path
    found = Unit.objects.filter(in_range(path_range(path), "path"), live(on))
    if not include_self:
        found = found.exclude(path=path)
    return list(found.order_by("path").values_list("pk", flat=True))


# --- the lazy tree ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """One line of the tree. ``children``: number of standing units directly below."""

    id: int
    code: str
    name: str
    kind: str
    level: str
    path: str
    children: int


@dataclass(frozen=True, slots=True)
class Branch:
    """One expand: some children in order of code, and where to go on ("" = that was all)."""

    nodes: tuple[Node, ...]
    after: str = ""


def nodes(units: Sequence[Unit]) -> tuple[Node, ...]:
    """Lines for units, with the number of their children in one query over the placements."""
    below = dict(
        Placement.objects.filter(parent_id__in=[unit.pk for unit in units], valid_to__isnull=True)
        .values_list("parent_id")
        .annotate(n=Count("id"))
        .order_by()
    )
    return tuple(
        Node(unit.pk, unit.code, unit.name, unit.kind, unit.level, unit.path, below.get(unit.pk, 0)) for unit in units
    )


def children_of(
    viewer: Actor, unit_id: int | None, *, after: str = "", limit: int = 100, capability: str = "units.view"
) -> Branch:
    """The standing children of a unit that the viewer may see, in order of code; without a unit: the viewer's own place.

    ``after``: code of the last line of the page before. Two queries, both answered from an index: the cost follows the
    number of lines shown, not the size of the tree.
    """
    if unit_id is None:
        reach = which(viewer, capability)
        roots = Unit.objects.filter(live(), in_range(reach, "path"))
        roots = (
            roots.filter(depth=1)
            if reach is not None and not reach.lo
            else roots.filter(path=reach.lo if reach else "")
        )
        return Branch(nodes(list(roots.order_by("code")[:limit])))
    unit = unit_for(viewer, unit_id, capability)
    found = Unit.objects.filter(live(), in_range(path_range(unit.path), "path"), depth=unit.depth + 1)
    lines = list((found.filter(code__gt=after) if after else found).order_by("code")[: limit + 1])
    more = lines[limit - 1].code if len(lines) > limit else ""
    return Branch(nodes(lines[:limit]), more)


def find_units(
    viewer: Actor, text: str, *, level: str = "", kind: str = "", limit: int = 20, capability: str = "units.view"
) -> list[Unit]:
    """Standing units in scope by name (any part), code (beginning), pinyin or initials (beginning)."""
    text = text.strip()
    if not text:
        return []
    found = units_in(viewer, capability=capability, level=level, kind=kind)
    if text.isdigit():
        wanted = Q(code__gte=text, code__lt=text + "Z")
        if len(text) < 3:  # 3组, 12网格
            wanted |= Q(name__contains=text)
    elif text.isascii():
        letters, end = text.lower(), text.lower() + "zzzz"
        wanted = Q(pinyin__gte=letters, pinyin__lt=end) | Q(initials__gte=letters, initials__lt=end)
        wanted |= Q(code=text.upper())
    else:
        wanted = Q(name__contains=text)
    return list(found.filter(wanted).order_by("depth", "code")[:limit])


def path_of(units: Iterable[Unit]) -> dict[int, list[Unit]]:
    """Ancestors of each unit from the root down, itself left out; one query."""
    units = list(units)
    wanted = {path for unit in units for path in ancestors(unit.path)[:-1]}
    found = {unit.path: unit for unit in Unit.objects.filter(path__in=wanted)}
    return {unit.pk: [found[path] for path in ancestors(unit.path)[:-1] if path in found] for unit in units}


def counts_below(unit: Unit) -> list[tuple[str, str, int]]:
    """Standing units below a unit as (kind, level, number), in order of the ladder."""
    rows = (
        Unit.objects.filter(in_range(path_range(unit.path), "path"), live())
        .exclude(pk=unit.pk)
        .values_list("kind", "level")
        .annotate(n=Count("id"))
        .order_by()
    )
    order = {level: at for at, level in enumerate(rules.LADDER)}
    return sorted(rows, key=lambda row: (order.get(row[1], 99), row[0]))


def bodies_on(unit: Unit) -> list[Unit]:
    """Party organisations, departments, bodies, teams that hang directly on a unit."""
    return list(
        Unit.objects.filter(in_range(path_range(unit.path), "path"), live(), depth=unit.depth + 1, kind__in=rules.BODIES)
        .order_by("kind", "code")
    )  # fmt: skip


def changes_of(unit: Unit) -> list[UnitChange]:
    """What happened to a unit, newest first."""
    return list(unit.changes.select_related("other").order_by("-on", "-id"))


def leaders_of(unit: Unit, on: date) -> list[UnitLeader]:
    """Who leads a unit on a day."""
    return list(
        UnitLeader.objects.filter(live(on), unit=unit).select_related("person").order_by("title", "id")
    )  # fmt: skip


# --- names of levels ----------------------------------------------------------------------------------------------------


def sub_level_names(unit: UnitRef | None, on: date) -> dict[str, str]:
    """Local names of the levels below the village, in order (rule ``units.sub_level_names``)."""
    return rules.sub_levels(value("units.sub_level_names", unit, on=on))


# --- the tree of an earlier day -----------------------------------------------------------------------------------------


def _parents_on(unit_ids: Sequence[int], day: date) -> dict[int, int | None]:
    rows = Placement.objects.filter(live(day), unit_id__in=unit_ids).order_by("valid_from")
    return dict(rows.values_list("unit_id", "parent_id"))


def ancestors_on(unit: Unit | int, day: date) -> list[int]:
    """Ids from the root down to the unit as the tree stood on a day; [] when the unit did not stand then."""
    at: int | None = unit if isinstance(unit, int) else unit.pk
    chain: list[int] = []
    while at is not None:
        above = _parents_on([at], day)
        if at not in above:
            return []
        chain.append(at)
        at = above[at]
    return chain[::-1]


def subtree_on(unit: Unit | int, day: date) -> list[int]:
    """Ids of a unit and all below it as the tree stood on a day, breadth first; [] when the unit did not stand then."""
    root = unit if isinstance(unit, int) else unit.pk
    if not Placement.objects.filter(live(day), unit_id=root).exists():
        return []
    found = [root]
    layer = [root]
    while layer:
        below: list[int] = []
        for start in range(0, len(layer), CHUNK):
            below += Placement.objects.filter(
                live(day), parent_id__in=layer[start : start + CHUNK]
            ).values_list("unit_id", flat=True)  # fmt: skip
        found += below
        layer = below
    return found


# --- boundaries -----------------------------------------------------------------------------------------------------------


def boundary_of(unit: Unit, on: date) -> dict[str, Any] | None:
    """A unit's border on a day as a GeoJSON geometry."""
    row = UnitBoundary.objects.filter(live(on), unit=unit).order_by("-valid_from").first()
    found: dict[str, Any] | None = json.loads(row.geojson) if row else None
    return found


def _features(rows: Iterable[UnitBoundary], tolerance: float) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {
            "type": "Feature",
            "id": row.unit_id,
            "properties": {"id": row.unit_id, "code": row.unit.code, "name": row.unit.name, "level": row.unit.level},
            "geometry": rules.simplified(json.loads(row.geojson), tolerance),
        }


def boundaries_below(
    viewer: Actor, unit_id: int, *, on: date, tolerance: float = 0.0005, capability: str = "units.view"
) -> dict[str, Any]:
    """FeatureCollection of the borders of a unit's children, simplified (``tolerance`` in degrees; 0.0005 ≈ 50 m)."""
    unit = unit_for(viewer, unit_id, capability)
    rows = (
        UnitBoundary.objects.filter(live(on), in_range(path_range(unit.path), "unit__path"), unit__depth=unit.depth + 1)
        .filter(live(on, "unit__"))
        .select_related("unit")
        .order_by("unit__code")
    )
    return {"type": "FeatureCollection", "features": list(_features(rows, tolerance))}
