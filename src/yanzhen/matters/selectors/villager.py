"""What anybody may read without a login: names of places, a person's own matter by number and code, an own suggestion.

Names of places are public; nothing else of the registers is handed out here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.utils.crypto import constant_time_compare

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import UnitRef, system
from yanzhen.matters.domain.numbers import CODE_ALPHABET, CODE_LENGTH, parse_code
from yanzhen.matters.models import Feedback
from yanzhen.registry.api import path_of, territory_below, unit_ref, units_in

_VIEWER = system("public places")
_FINEST = frozenset({"village", "sub1", "sub2", "sub3", "sub4"})


@dataclass(frozen=True, slots=True)
class Place:
    """A place a villager can name. ``above``: the names of township and county it lies in."""

    ref: UnitRef
    above: str = ""
    phone: str = ""

    @property
    def name(self) -> str:
        return self.ref.name

    @property
    def code(self) -> str:
        return self.ref.code

    @property
    def exact(self) -> bool:
        """A village or a part of one: fine enough to be handled."""
        return self.ref.level in _FINEST


def place_by_code(code: str) -> Place | None:
    """The standing division or grid with a code; None when there is none."""
    code = code.strip().upper()
    unit = units_in(_VIEWER).filter(code=code, kind__in=["division", "grid"]).first() if code else None
    if unit is None:
        return None
    above = [parent.name for parent in path_of([unit])[unit.pk] if parent.level in {"county", "township", "village"}]
    return Place(unit_ref(unit), " ".join(above), unit.phone)


def places_at(code: str, on: date) -> tuple[UnitRef | None, list[UnitRef]]:
    """Where one can go on from a place: the place itself and the divisions directly below it, in order of code.

    From the top, levels with a single division are passed over. A village has nothing below that a villager must know.
    """
    here = place_by_code(code)
    at = here.ref if here else _top()
    if at is None:
        return None, []
    while True:
        below = [] if at.level in _FINEST else [unit for unit in territory_below(_VIEWER, "units.view", at, on) if unit.kind == "division"]
        if here is not None or len(below) != 1 or below[0].level in _FINEST:
            return at, below
        at = below[0]


def root() -> UnitRef | None:
    """The top of the tree: rules set there hold for the whole platform."""
    return _top()


def _top() -> UnitRef | None:
    unit = units_in(_VIEWER).filter(depth=1).first()
    return unit_ref(unit) if unit else None


def find_places(words: str, limit: int = 20) -> list[Place]:
    """Villages and townships whose name holds the words."""
    words = words.strip()
    if len(words) < 2:
        return []
    found = list(units_in(_VIEWER, kind="division").filter(name__contains=words, level__in=["village", "township"])[:limit])
    above = path_of(found)
    return [
        Place(unit_ref(unit), " ".join(p.name for p in above[unit.pk] if p.level in {"county", "township"})) for unit in found
    ]  # fmt: skip


def own_feedback(text: str) -> Feedback:
    """A suggestion by the number its giver holds (``12-ACDE4679``); :class:`NotFound` for every wrong one alike."""
    found = re.fullmatch(rf"(\d{{1,12}}?)([{CODE_ALPHABET}]{{{CODE_LENGTH}}})", parse_code(text))
    kept = Feedback.objects.filter(pk=int(found[1])).first() if found else None
    right = constant_time_compare(kept.code if kept else "-", found[2] if found else "")
    if kept is None or not right:
        raise NotFound("matters.feedback.unknown", "没有找到这条意见。请核对编号，注意不要漏掉字母和数字。", field="number")
    return kept
