"""Rolls: who is due at a meeting of a body. The module that keeps the rosters says so; without one the room is counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from yanzhen.kernel.scope.api import UnitRef


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody due. ``key`` is the value of the tick box; ``marks`` e.g. ("woman",); ``note`` e.g. the group, to tell namesakes apart."""

    key: str
    name: str
    person_id: int | None = None
    household_id: int | None = None
    marks: tuple[str, ...] = ()
    note: str = ""


Provider = Callable[[UnitRef, date], Sequence[Line]]

_PROVIDERS: dict[str, Provider] = {}


def provide(body: str, provider: Provider) -> None:
    """Say who is due at meetings of a body (code of ``bodies.BODIES``)."""
    _PROVIDERS[body] = provider


def roll(body: str, unit: UnitRef, on: date) -> tuple[Line, ...]:
    """The roll of a body of a unit on a day; empty where nobody keeps one."""
    provider = _PROVIDERS.get(body)
    return tuple(provider(unit, on)) if provider else ()
