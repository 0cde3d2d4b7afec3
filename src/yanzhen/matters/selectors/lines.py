"""Units as the loop needs them: the line from the root down, kept for a minute in each process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.cache import cache

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import UnitRef, ancestors, in_range
from yanzhen.matters.domain.guards import Target
from yanzhen.registry.models import Unit

LEVELS = ("city", "county", "township", "village")
_SECONDS = 60
_VERSION = "matters:lines"


@dataclass(frozen=True, slots=True)
class Line:
    """A unit with everything above it, root first. ``ended``: the day on which it stopped to be (exclusive), if any."""

    units: tuple[UnitRef, ...]
    ended: date | None = None
    short: str = ""

    @property
    def ref(self) -> UnitRef:
        """The unit itself."""
        return self.units[-1]

    @property
    def divisions(self) -> tuple[UnitRef, ...]:
        """The divisions on the line, root first."""
        return tuple(unit for unit in self.units if unit.kind == "division")

    @property
    def division(self) -> UnitRef:
        """The nearest division: the unit itself or the one it hangs on."""
        return self.divisions[-1] if self.divisions else self.units[0]

    @property
    def place(self) -> UnitRef:
        """Where something can be: the nearest division or sub-village unit."""
        return next((unit for unit in reversed(self.units) if unit.kind in ("division", "grid")), self.units[0])

    @property
    def above(self) -> UnitRef | None:
        """The next division above the nearest one."""
        return self.divisions[-2] if len(self.divisions) > 1 else None

    def level(self, level: str) -> int | None:
        """Id of the division of a level on the line."""
        return next((unit.id for unit in self.units if unit.kind == "division" and unit.level == level), None)

    @property
    def words(self) -> str:
        """Names from the county down: 青山镇松坡村第一网格."""
        named = [unit for unit in self.units if unit.level in ("township", "village") or unit.kind == "grid"]
        if named and named[-1].kind == "grid" and len(named) > 1 and named[-1].name.startswith(named[-2].name):
            named[-2:] = [named[-1]]
        return "".join(unit.name for unit in named) or self.ref.name

    def target(self) -> Target:
        """The unit as the guards see it."""
        here, division = self.ref, self.division
        return Target(
            here.id, here.name, here.path, here.level, here.kind, division.path, division.level, division.name
        )  # fmt: skip


def forget() -> None:
    """Drop what is kept (the tree changed)."""
    cache.set(_VERSION, cache.get(_VERSION, 0) + 1, None)


def _key(unit_id: int) -> str:
    return f"matters:line:{cache.get(_VERSION, 0)}:{unit_id}"


def line(unit: Unit | UnitRef | int) -> Line:
    """The line of a unit; NotFound when there is no such unit."""
    unit_id = unit if isinstance(unit, int) else unit.id
    key = _key(unit_id)
    found: Line | None = cache.get(key)
    if found is None:
        found = lines([unit_id]).get(unit_id)
        if found is None:
            raise NotFound("matters.unit.unknown", "没有找到这个单位。")
    return found


def lines(unit_ids: list[int]) -> dict[int, Line]:
    """Lines of many units, in at most two queries for those that are not kept."""
    keys = {_key(unit_id): unit_id for unit_id in set(unit_ids)}
    kept: dict[int, Line] = {keys[key]: value for key, value in cache.get_many(list(keys)).items()}
    missing = [unit_id for unit_id in keys.values() if unit_id not in kept]
    for at in range(0, len(missing), 400):
        kept.update(_load(missing[at : at + 400]))
    return kept


def _load(unit_ids: list[int]) -> dict[int, Line]:
    units = list(Unit.objects.filter(pk__in=unit_ids))
    rows = {unit.path: unit for unit in units}
    wanted = {path for unit in units for path in ancestors(unit.path)} - set(rows)
    rows.update({unit.path: unit for unit in Unit.objects.filter(path__in=wanted)} if wanted else {})
    found: dict[int, Line] = {}
    for unit in units:
        on_line = [rows[path] for path in ancestors(unit.path) if path in rows]
        chain = tuple(each.pk for each in on_line)
        refs = tuple(
            UnitRef(each.pk, each.path, each.name, each.code, each.kind, each.level, chain[: at + 1])
            for at, each in enumerate(on_line)
        )
        found[unit.pk] = Line(refs, unit.valid_to, unit.short_name)
    cache.set_many({_key(unit_id): value for unit_id, value in found.items()}, _SECONDS)
    return found


def covers_all(unit: UnitRef) -> bool:
    """Whether every standing division and grid lies at, above or below this division: the top of an installation."""
    if unit.kind != "division":
        return False
    key = f"matters:top:{cache.get(_VERSION, 0)}:{unit.id}"
    found: bool | None = cache.get(key)
    if found is None:
        others = Unit.objects.filter(kind__in=("division", "grid"), valid_to__isnull=True)
        others = others.exclude(in_range(unit.scope, "path")).exclude(path__in=ancestors(unit.path))
        found = not others.exists()
        cache.set(key, found, _SECONDS)
    return found


def names(unit_ids: list[int | None]) -> dict[int, str]:
    """Names by id."""
    return {unit_id: found.ref.name for unit_id, found in lines([each for each in unit_ids if each]).items()}
