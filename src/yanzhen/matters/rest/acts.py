"""Every act of the loop's table as one operation: its body, and the service behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ninja import Schema

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor
from yanzhen.matters import services
from yanzhen.matters.domain.loop import ACTS, Act, By
from yanzhen.matters.models import Matter, Request
from yanzhen.matters.rest import schemas as s
from yanzhen.matters.selectors.staff import category_at

#: (actor, now, matter, fields of the body) → the matter, and the follow-up code of a new voice.
Run = Callable[[Actor, datetime, Matter, dict[str, Any]], tuple[Matter, str]]


def _plain(service: Callable[..., Matter]) -> Run:
    """Fields of the body are the service's own keywords."""

    def run(actor: Actor, now: datetime, matter: Matter, fields: dict[str, Any]) -> tuple[Matter, str]:
        return service(actor=actor, now=now, matter=matter, **fields), ""

    return run


def category_id(code: str | None) -> int | None:
    """Id of a category in use; DomainError for a code that is none."""
    if not code:
        return None
    found = category_at(code)
    if found is None or found.code != code:
        raise DomainError("matters.report.category", "没有这个类别，请重新选择。", field="category")
    return int(found.pk)


def _classify(actor: Actor, now: datetime, matter: Matter, fields: dict[str, Any]) -> tuple[Matter, str]:
    chosen = category_id(fields.pop("category")) or 0
    urgency = fields.pop("urgency") or ""
    return services.classify(actor=actor, now=now, matter=matter, category=chosen, urgency=urgency, **fields), ""


def _decide(kind: str) -> Run:
    def run(actor: Actor, now: datetime, matter: Matter, fields: dict[str, Any]) -> tuple[Matter, str]:
        wanted = fields.pop("request")
        waiting = Request.objects.filter(matter=matter, kind=kind, granted__isnull=True).order_by("id")
        found = (waiting.filter(pk=wanted) if wanted else waiting).first()
        if found is None:
            raise DomainError("matters.request.unknown", "没有找到这份申请。", field="request")
        return services.decide_request(actor=actor, now=now, matter=matter, request=found, **fields), ""

    return run


def _add_voice(actor: Actor, now: datetime, matter: Matter, fields: dict[str, Any]) -> tuple[Matter, str]:
    voice = services.add_voice(actor=actor, now=now, matter=matter, channel="api", **fields)
    return voice.matter, voice.code


TABLE: dict[str, tuple[type[Schema], Run]] = {
    "take": (s.WithWords, _plain(services.take)),
    "assign": (s.Assign, _plain(services.assign)),
    "divert": (s.Divert, _plain(services.divert)),
    "decline": (s.Decline, _plain(services.decline)),
    "merge": (s.Merge, _plain(services.merge)),
    "raise": (s.MustReason, _plain(services.raise_level)),
    "locate": (s.Locate, _plain(services.locate)),
    "classify": (s.Classify, _classify),
    "accept": (s.WithWords, _plain(services.accept)),
    "dispute": (s.MustReason, _plain(services.dispute)),
    "settle": (s.Settle, _plain(services.settle)),
    "reassign": (s.Reassign, _plain(services.reassign)),
    "add_assist": (s.AddAssist, _plain(services.add_assist)),
    "contact": (s.MustSay, _plain(services.contact)),
    "progress": (s.MustSay, _plain(services.progress)),
    "assist_done": (s.MustSay, _plain(services.assist_done)),
    "stop_clock": (s.StopClock, _plain(services.stop_clock)),
    "resume_clock": (s.WithWords, _plain(services.resume_clock)),
    "ask_extension": (s.AskExtension, _plain(services.ask_extension)),
    "decide_extension": (s.Decide, _decide(Request.EXTENSION)),
    "ask_unsolvable": (s.AskUnsolvable, _plain(services.ask_unsolvable)),
    "decide_unsolvable": (s.Decide, _decide(Request.UNSOLVABLE)),
    "press": (s.Press, _plain(services.press)),
    "clear_press": (s.MustReason, _plain(services.clear_press)),
    "answer": (s.MustSay, _plain(services.answer)),
    "call_back": (s.CallBack, _plain(services.call_back)),
    "rate": (s.Rate, _plain(services.rate)),
    "redo": (s.MustReason, _plain(services.redo)),
    "archive": (s.WithWords, _plain(services.archive)),
    "reopen": (s.MustReason, _plain(services.reopen)),
    "person_reopen": (s.PersonReason, _plain(services.person_reopen)),
    "withdraw": (s.PersonWithdraw, _plain(services.withdraw)),
    "add_voice": (s.AddVoice, _add_voice),
    "person_note": (s.PersonNote, _plain(services.person_note)),
    "note": (s.MustSay, _plain(services.note)),
    "make_secret": (s.Plain, _plain(services.make_secret)),
    "exclude": (s.Exclude, _plain(services.ask_exclusion)),
    "decide_exclusion": (s.Decide, _decide(Request.EXCLUSION)),
}


def offered() -> list[Act]:
    """Acts of the table that somebody does (not the clock), in its order."""
    return [act for act in ACTS.values() if act.by is not By.CLOCK]
