"""What people do in a step, as data (plain Python). ``services.act`` takes one of these; ``engine.apply`` decides.

Days of things that happen on paper (a meeting held on Sunday, entered on Monday) are given with the act and may not lie in the
future. Files travel beside the act: ``files=[(evidence key, name, bytes)]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from yanzhen.procedures.domain.bodies import Count


@dataclass(frozen=True, slots=True)
class Submit:
    """Hand in (step kind submit)."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class Judge:
    """Review, decide, sign, file: end the step with one of its outcomes. ``number``: the filing number."""

    outcome: str
    words: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One sign-off. ``unit_id`` or ``key`` names which; an answer carries a code of the reason, never a raw record."""

    agreed: bool
    key: str = ""
    code: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Announce:
    """Notice of a meeting or ballot: when it was given, when and where it will be, what is decided."""

    given_on: date
    held_on: date
    place: str = ""
    items: str = ""


@dataclass(frozen=True, slots=True)
class Attendee:
    """One line of the attendance list. ``marks``: e.g. {"woman", "representative"}; ``proxy_for``: whom they stand for."""

    name: str
    present: bool
    person_id: int | None = None
    household_id: int | None = None
    marks: tuple[str, ...] = ()
    proxy_for: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """A meeting that was held. Either ``attendees`` (the roll ticked) or the counts with a scan of the signed list.

    ``notified_on`` when the notice was given on paper; left out, the announcement counts. ``item``: code of
    ``bodies.ITEMS`` where the law reserves it. ``options``: further counts (name → votes) that the record shows.
    """

    body: str
    held_on: date
    count: Count
    place: str = ""
    chair: str = ""
    minutes: str = ""
    notified_on: date | None = None
    item: str = ""
    attendees: tuple[Attendee, ...] = ()
    options: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Publish:
    """The notice was put up. ``until`` longer than the least number of days is allowed."""

    on: date
    where: str = ""
    words: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Object:
    """Somebody objects during publicity. ``name`` and ``phone`` are kept encrypted and may be left out."""

    words: str
    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to an objection."""

    objection: int
    upheld: bool
    words: str


@dataclass(frozen=True, slots=True)
class Close:
    """Publicity is over, the ballot is counted and agreed, the wait is over: go on."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Another module says that what a ``wait`` step waits for has happened."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Amend:
    """Change case fields that the open step names (values by field key)."""

    data: Mapping[str, Any]
    words: str = ""


Act = Submit | Judge | Answer | Announce | Hold | Publish | Object | Reply | Close | Signal | Amend
