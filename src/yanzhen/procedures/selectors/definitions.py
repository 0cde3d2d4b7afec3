"""Which definitions there are and which one holds where."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from django.db.models import Q

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.rulebook import api as rulebook
from yanzhen.kernel.scope.api import UnitRef
from yanzhen.procedures.domain.definition import Definition
from yanzhen.procedures.domain.loader import Known, load
from yanzhen.procedures.models import Case, Procedure

#: Definitions that the product brings: (code, version) → TOML text.
SHIPPED: dict[tuple[str, int], str] = {}
_FOLDERS: list[Path] = []


def digest(source: str) -> str:
    """SHA-256 of a definition's text."""
    return hashlib.sha256(source.encode()).hexdigest()


def known(roles: tuple[str, ...] | None = None) -> Known:
    """What a definition may refer to: declared rules, and roles where they are given."""
    return Known(rules=frozenset(rulebook.rules()), roles=roles)


def register(folder: Path) -> None:
    """Read a folder of definitions when they are first asked for (rules of other modules are declared by then)."""
    if folder not in _FOLDERS:
        _FOLDERS.append(folder)


def shipped() -> dict[tuple[str, int], str]:
    """Every shipped definition; DefinitionErrors for one that is wrong (tests load them all)."""
    while _FOLDERS:
        for path in sorted(_FOLDERS[0].glob("*.toml")):
            source = path.read_text(encoding="utf-8")
            found = load(source, known=known())
            SHIPPED[(found.code, found.version)] = source
        _FOLDERS.pop(0)
    return SHIPPED


@lru_cache(maxsize=512)
def _parsed(source: str) -> Definition:
    return load(source)


def of_row(procedure: Procedure) -> Definition:
    """The definition a row holds. A row never changes its text, so each process reads it once."""
    return _parsed(procedure.source)


def definition_of(case: Case) -> Definition:
    """The version a case runs by."""
    return of_row(case.procedure)


def row_for(code: str, unit: UnitRef) -> Procedure | None:
    """The active version that holds for a unit: the nearest unit's own before the shipped one; then the highest version."""
    rows = Procedure.objects.filter(code=code, state=Procedure.State.ACTIVE).filter(
        Q(unit__isnull=True) | Q(unit_id__in=unit.chain)
    )
    rank = {unit_id: place for place, unit_id in enumerate(unit.chain)}
    best: tuple[int, int] | None = None
    found: Procedure | None = None
    for row in rows:
        weight = (rank.get(row.unit_id or 0, -1), row.version)
        if best is None or weight > best:
            best, found = weight, row
    return found


def newest_shipped(code: str) -> tuple[int, str] | None:
    """Version and text of the newest shipped definition of a code."""
    versions = [version for each, version in shipped() if each == code]
    return (max(versions), SHIPPED[(code, max(versions))]) if versions else None


def definition_for(code: str, unit: UnitRef) -> Definition:
    """The definition a new case would begin with; NotFound where there is none of this code."""
    row = row_for(code, unit)
    fresh = newest_shipped(code)
    if row is not None and (row.unit_id is not None or fresh is None or row.version >= fresh[0]):
        return of_row(row)
    if fresh is not None:
        return _parsed(fresh[1])
    raise NotFound("procedures.definition.none", "没有这个程序，或它没有启用。")


def codes_for(unit: UnitRef) -> Iterator[Definition]:
    """Every procedure a unit could start, by title."""
    own = Procedure.objects.filter(state=Procedure.State.ACTIVE, unit_id__in=unit.chain).values_list("code", flat=True)
    codes = {code for code, _ in shipped()} | set(own)
    found = [definition_for(code, unit) for code in sorted(codes)]
    return iter(
        sorted((each for each in found if not each.level or each.level == unit.level), key=lambda d: d.title.zh)
    )
