"""Telling other modules how the matters that they made ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from yanzhen.kernel.scope.api import Actor
from yanzhen.matters.domain.loop import ACTS, CLOSED
from yanzhen.matters.models import Matter
from yanzhen.matters.services.gate import on_act

Closed = Callable[[Matter, Actor, datetime], object]
_ENDING = frozenset(code for code, act in ACTS.items() if act.target in CLOSED)
_TOLD: dict[str, list[Closed]] = {}


def on_closed(kind: str, told: Closed) -> Closed:
    """Register ``told(matter, actor, now)`` for matters of a kind: called in the transaction in which one ends, each time
    (a matter may be reopened). What it raises undoes the act."""
    listeners = _TOLD.setdefault(kind, [])
    if told not in listeners:
        listeners.append(told)
    return told


@on_act
def _tell(matter: Matter, act: str, actor: Actor, now: datetime) -> None:
    if act in _ENDING:
        for told in _TOLD.get(matter.kind, ()):
            told(matter, actor, now)
