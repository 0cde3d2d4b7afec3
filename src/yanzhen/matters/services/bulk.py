"""Several matters at once: each in its own transaction, each with its own result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor
from yanzhen.matters.models import Matter
from yanzhen.matters.services.closing import archive
from yanzhen.matters.services.triage import Unitish, assign


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one: ``error`` None when it was done."""

    matter: Matter
    error: DomainError | None = None


def _each(matters: Iterable[Matter], act: Callable[[Matter], Matter]) -> list[Result]:
    results: list[Result] = []
    for matter in matters:
        try:
            results.append(Result(act(matter)))
        except DomainError as error:
            results.append(Result(matter, error))
    return results


def assign_many(
    *,
    actor: Actor,
    now: datetime,
    matters: Iterable[Matter],
    lead: Unitish,
    assists: Iterable[Unitish] = (),
    words: str = "",
) -> list[Result]:
    """交办 several to one leading unit; what may not be given is said row by row, the rest is done."""
    helpers = tuple(assists)

    def act(matter: Matter) -> Matter:
        return assign(actor=actor, now=now, matter=matter, lead=lead, assists=helpers, words=words)

    return _each(matters, act)


def archive_many(*, actor: Actor, now: datetime, matters: Iterable[Matter], words: str = "") -> list[Result]:
    """归档 several."""

    def act(matter: Matter) -> Matter:
        return archive(actor=actor, now=now, matter=matter, words=words)

    return _each(matters, act)


