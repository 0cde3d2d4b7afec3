"""What the person does with number and code: rate, ask again, take back, add."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor
from yanzhen.matters.domain.loop import State
from yanzhen.matters.models import Matter, Rating
from yanzhen.matters.services import gate
from yanzhen.matters.services.closing import _grade, again, clear_presses
from yanzhen.matters.services.intake import code_hash
from yanzhen.matters.services.triage import end_stop, said, withdraw_requests


def _open(actor: Actor, now: datetime, matter: Any, code: str, act: str, version: int | None) -> gate.Move:
    """The move, once the code is right: the same words for a wrong code as for a matter that is not there."""
    matter_id = matter if isinstance(matter, int) else getattr(matter, "pk", None) or matter.id
    row = gate.load(matter_id)
    if not code or not hmac.compare_digest(row.code_hash, code_hash(code)):
        raise NotFound("matters.follow.unknown", "编号或查询码不对，请核对后再试。")
    return gate.open_move(actor=actor, now=now, matter=row, code=act, version=version, checked=False)


@gate.atomic
def rate(
    *,
    actor: Actor,
    now: datetime,
    matter: Matter | int,
    code: str,
    solved: bool | None,
    grade: str,
    words: str = "",
    version: int | None = None,
) -> Matter:
    """本人评价: the person's own word stands above any call-back."""
    move = _open(actor, now, matter, code, "rate", version)
    row, given = move.matter, _grade(grade)
    Rating.objects.create(matter=row, at=now, by_person=True, contacted=True, solved=solved, grade=given, words=words)
    row.contacted, row.solved, row.grade = True, solved, given
    return gate.finish(move, words=words, public=True, data={"solved": solved, "grade": str(given)})


@gate.atomic
def person_reopen(
    *, actor: Actor, now: datetime, matter: Matter | int, code: str, reason: str, version: int | None = None
) -> Matter:
    """本人要求重办, within the period."""
    move = _open(actor, now, matter, code, "person_reopen", version)
    again(move, said(reason, "reason"))
    return gate.finish(move, words=reason, public=True)


@gate.atomic
def withdraw(
    *, actor: Actor, now: datetime, matter: Matter | int, code: str, reason: str = "", version: int | None = None
) -> Matter:
    """本人撤回."""
    move = _open(actor, now, matter, code, "withdraw", version)
    row = move.matter
    end_stop(move)
    withdraw_requests(move)
    row.state, row.closed_at, row.outcome = State.WITHDRAWN, now, "withdrawn"
    clear_presses(move, "本人撤回")
    return gate.finish(move, words=reason, public=True)


@gate.atomic
def person_note(
    *, actor: Actor, now: datetime, matter: Matter | int, code: str, words: str, version: int | None = None
) -> Matter:
    """本人补充."""
    move = _open(actor, now, matter, code, "person_note", version)
    return gate.finish(move, words=said(words), public=True)


