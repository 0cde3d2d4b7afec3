"""Versions of procedures as their pages show them: shipped ones and those that units wrote themselves."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, may, within
from yanzhen.procedures.domain.definition import Definition
from yanzhen.procedures.domain.loader import load
from yanzhen.procedures.models import Case, Procedure
from yanzhen.procedures.selectors.definitions import definition_of, of_row, shipped
from yanzhen.procedures.selectors.places import place


@dataclass(frozen=True, slots=True)
class Version:
    """One version. ``row`` is None for a shipped one that nobody has begun a case with yet."""

    definition: Definition
    source: str
    state: str
    unit_name: str = ""
    row: Procedure | None = None


def _seen(viewer: Actor) -> Q:
    """Versions that hold for the viewer's unit or that lie in the viewer's scope; proposals only in scope."""
    chain = viewer.unit.chain if viewer.unit else ()
    holds = Q(unit_id__in=chain) & ~Q(state=Procedure.State.PROPOSED)
    return holds | (Q(unit__isnull=False) & within(viewer, "procedures.view", "unit__path"))


def versions_for(viewer: Actor) -> list[Version]:
    """Every version in sight: proposals first, then by code and version, newest first."""
    rows = Procedure.objects.filter(_seen(viewer), unit__isnull=False).select_related("unit")
    own = [Version(of_row(row), row.source, row.state, row.unit.name if row.unit else "", row) for row in rows]
    brought = [Version(load(source), source, Procedure.State.ACTIVE) for source in shipped().values()]
    found = [*own, *brought]
    return sorted(
        found,
        key=lambda each: (
            each.state != Procedure.State.PROPOSED,
            each.definition.code,
            -each.definition.version,
            each.row is None,
        ),
    )


def version_for(viewer: Actor, procedure_id: int) -> Version:
    """One version that a unit wrote; NotFound out of sight."""
    row = Procedure.objects.filter(_seen(viewer), unit__isnull=False, pk=procedure_id).select_related("unit").first()
    if row is None:
        raise NotFound("procedures.definition.none", "没有这个程序，或它没有启用。")
    return Version(of_row(row), row.source, row.state, row.unit.name if row.unit else "", row)


def shipped_version(code: str, version: int) -> Version:
    """One version that the product brings."""
    source = shipped().get((code, version))
    if source is None:
        raise NotFound("procedures.definition.none", "没有这个程序，或它没有启用。")
    return Version(load(source), source, Procedure.State.ACTIVE)


def may_decide(viewer: Actor, version: Version) -> bool:
    """Whether this viewer may approve, refuse or retire it: another person than the one who proposed it."""
    row = version.row
    if row is None or row.unit is None or viewer.account_id is None:
        return False
    own = row.state == Procedure.State.PROPOSED and row.proposed_by == viewer.account_id
    return not own and may(viewer, "procedures.approve", row.unit.path)


def targets_for(case: Case) -> list[tuple[int, Definition]]:
    """Versions that say they take over running cases of this case's version."""
    now = case.procedure.version
    chain = place(case.unit_id).ref.chain
    found: dict[int, Definition] = {}
    for (code, version), source in shipped().items():
        if code == case.code:
            found[version] = load(source)
    for row in Procedure.objects.filter(code=case.code, state=Procedure.State.ACTIVE, unit_id__in=chain):
        found[row.version] = of_row(row)
    current = definition_of(case)
    possible = [(v, d) for v, d in found.items() if v != now and now in d.takes_over and d != current]
    return sorted(possible, key=lambda each: each[0])
