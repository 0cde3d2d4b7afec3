"""Who is due at meetings of village bodies: the rosters, handed to the pages of procedures where a roll can be ticked in a room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from yanzhen.democracy.selectors import rosters
from yanzhen.kernel.scope.api import UnitRef
from yanzhen.procedures import api as procedures
from yanzhen.registry.models import Unit

#: Bodies small enough to be ticked by name; assemblies of the whole village are counted.
TICKED = ("villagers_reps", "two_committees", "party_committee", "party_members", "supervision", "council")


def _of(body: str) -> None:
    def lines(unit: UnitRef, on: date) -> Sequence[procedures.RollLine]:
        found = rosters.roll(Unit.objects.get(pk=unit.id), body, on)
        return [
            procedures.RollLine(
                key=str(line.person_id),
                name=line.name,
                person_id=line.person_id,
                marks=("woman",) if line.woman else (),
                note=line.place,
            )
            for line in found
        ]

    procedures.provide_roll(body, lines)


def provide() -> None:
    """Register the rosters (from the AppConfig)."""
    for body in TICKED:
        _of(body)
