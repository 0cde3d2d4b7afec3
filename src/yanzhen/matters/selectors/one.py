"""One matter: through the viewer's scope, by number, by the person's code; what may be done to it; its history."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from yanzhen.kernel.crypto.api import blind_index, mask_name, mask_phone
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.worktime.api import Deadline, Step
from yanzhen.matters.domain import clock as clocks
from yanzhen.matters.domain.loop import ACTS, STATE_WORDS, Act, State
from yanzhen.matters.domain.numbers import parse_code, parse_number
from yanzhen.matters.domain.standing import possible
from yanzhen.matters.models import Attachment, Entry, Matter, Participation, Request, Voice
from yanzhen.matters.present import present
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import line, lines
from yanzhen.matters.selectors.scope import matters
from yanzhen.matters.selectors.standing import facts_of, missing, parties_of, sees, stop_rows

RELATED = (
    "category__parent__parent", "place", "desk", "holder", "lead", "first_receiver", "admission", "merged_into",
)  # fmt: skip


def matter_for(viewer: Actor, matter_id: int) -> Matter:
    """One matter that the viewer sees; NotFound otherwise (a foreign or secret one is not even confirmed)."""
    found = matters(viewer).select_related(*RELATED).filter(pk=matter_id).first()
    if found is None:
        raise missing()
    return found


def by_number(viewer: Actor, number: str) -> Matter:
    """One matter by its number, as people type it."""
    found = matters(viewer).select_related(*RELATED).filter(number=parse_number(number) or number.strip()).first()
    if found is None:
        raise missing()
    return found


def acts_for(viewer: Actor, matter: Matter, now: datetime | None = None) -> list[Act]:
    """What this viewer may do to the matter now: exactly the acts whose services would not refuse for state or standing."""
    parties = parties_of(matter.pk)
    if not sees(viewer, matter, parties):
        return []
    requests = list(Request.objects.filter(matter=matter, granted__isnull=True))
    facts = facts_of(matter, parties, requests, line(matter.desk_id), present(now))
    return possible(viewer, facts)


# --- history ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One line of history for a page."""

    at: datetime
    act: str
    act_words: str
    state: str
    state_words: str
    unit_name: str
    actor_name: str
    actor_post: str
    words: str
    public: bool
    data: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Attachment, ...] = ()


_EXTRA_WORDS = {"report": "登记", "merged_in": "并入", "import": "导入", "overdue": "超期", "reclock": "重算时限", "moved": "划转"}


def act_words(code: str) -> str:
    """Words of an act or of a line of history."""
    return ACTS[code].words if code in ACTS else _EXTRA_WORDS.get(code, code)


def timeline_for(viewer: Actor, matter: Matter) -> list[TimelineItem]:
    """The history, oldest first; the caller has the matter from :func:`matter_for`."""
    entries = list(Entry.objects.filter(matter=matter).order_by("id"))
    units = lines([each.unit_id for each in entries if each.unit_id])
    files: dict[tuple[str, datetime], list[Attachment]] = {}
    for each in Attachment.objects.filter(matter=matter).select_related("file").order_by("id"):
        files.setdefault((each.act, each.at), []).append(each)
    return [
        TimelineItem(
            each.at, each.act, act_words(each.act), each.state, STATE_WORDS[State(each.state)],
            units[each.unit_id].ref.name if each.unit_id in units else "", each.actor_name, each.actor_post, each.words,
            each.public, json.loads(each.data) if each.data else {}, tuple(files.get((each.act, each.at), ())),
        )
        for each in entries
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A unit that takes (or took) part."""

    unit_id: int
    unit_name: str
    role: str
    role_words: str
    assigned_at: datetime
    accepted_at: datetime | None
    done_at: datetime | None
    ended_at: datetime | None
    words: str


def parties_for(viewer: Actor, matter: Matter) -> list[PartyRow]:
    """Lead, assisting and first receiving units, the present ones first."""
    rows = list(Participation.objects.filter(matter=matter).select_related("unit").order_by("ended_at", "id"))
    rows.sort(key=lambda each: each.ended_at is not None)
    return [
        PartyRow(
            each.unit_id, each.unit.name, each.role, each.get_role_display(), each.assigned_at, each.accepted_at,
            each.done_at, each.ended_at, each.words,
        )
        for each in rows
    ]  # fmt: skip


def requests_for(viewer: Actor, matter: Matter) -> list[Request]:
    """Extensions, cannot-solves, disputes and exclusions of a matter, newest first."""
    return list(Request.objects.filter(matter=matter).select_related("asked_unit").order_by("-id"))


def due_explained(matter: Matter, now: datetime | None = None) -> list[str]:
    """The sentences of :func:`due_steps` in the source language."""
    return [step.words for step in due_steps(matter, now)]


def due_steps(matter: Matter, now: datetime | None = None) -> list[Step]:
    """How the time limit was computed, sentence by sentence, from the rules of the day it began on."""
    desk = line(matter.desk_id).ref
    limit = rules.limit(
        f"solve.{matter.urgency}", desk, rules.day_of(matter.clock_at), rules.category_codes(matter.category)
    )
    frame = rules.frame(matter.clock_at, desk, until=now or matter.due_at)
    found: Sequence[Deadline] = clocks.solve(
        matter.clock_at, limit, frame.calendar, clocks.stops_of(stop_rows(matter)), matter.extra_days
    )
    told = [Step("依据：{basis}", {"basis": limit.basis}), *found[0].steps]
    if len(found) > 1:
        told += [Step("经批准延期："), *found[1].steps[1:]]
    return told


# --- the person's side --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublicStep:
    """One line of history as the person sees it."""

    at: datetime
    words: str
    text: str


@dataclass(frozen=True, slots=True)
class PublicMatter:
    """A matter as the person who reported it sees it: no staff names, no inside notes."""

    id: int
    number: str
    title: str
    text: str
    state: str
    state_words: str
    place_name: str
    category_name: str
    received_at: datetime
    due_at: datetime | None
    holder_name: str
    lead_name: str
    answer: str
    answered_at: datetime | None
    solved: bool | None
    grade: str
    voices: int
    secret: bool
    may: tuple[str, ...]
    steps: tuple[PublicStep, ...]
    files: tuple[Attachment, ...] = ()
    joined: str = ""


def for_person(number: str, code: str) -> tuple[Matter, bool]:
    """(the matter, whether this is its first reporter) for a number and a follow-up code; NotFound for a wrong pair."""
    found = Matter.objects.select_related("merged_into", *RELATED[:5]).filter(number=parse_number(number)).first()
    given = blind_index(parse_code(code), "matter.code")
    if found is not None and given and hmac.compare_digest(found.code_hash, given):
        return found, True
    if found is not None and given and Voice.objects.filter(matter=found, code_hash=given).exists():
        return found, False
    raise NotFound("matters.follow.unknown", "编号或查询码不对，请核对后再试。")


def follow(number: str, code: str, now: datetime | None = None) -> PublicMatter:
    """The person's view by number and code; a matter that was joined with another shows where it stands there."""
    own, first = for_person(number, code)
    shown = own if own.merged_into_id is None else Matter.objects.select_related(*RELATED[:5]).get(pk=own.merged_into_id)
    entries = list(Entry.objects.filter(matter_id__in={own.pk, shown.pk}, public=True).order_by("id"))
    texts = {each.act: each.words for each in entries if each.act in ("answer", "decide_unsolvable", "divert", "decline")}
    may: list[str] = []
    if first and own.merged_into_id is None:
        may = [act.code for act in ACTS.values() if act.by.value == "person" and State(own.state) in act.sources]
        may = [act for act in may if act != "person_reopen" or _may_reopen(own, present(now))]
    return PublicMatter(
        id=own.pk, number=own.number, title=own.title, text=own.text, state=shown.state,
        state_words=STATE_WORDS[State(shown.state)], place_name=line(own.place_id).words,
        category_name=shown.category.name if shown.category else "", received_at=own.received_at, due_at=shown.due_at,
        holder_name=shown.holder.name, lead_name=shown.lead.name if shown.lead else "",
        answer=next((texts[act] for act in ("answer", "decide_unsolvable", "divert", "decline") if act in texts), ""),
        answered_at=shown.answered_at, solved=shown.solved, grade=shown.grade, voices=shown.voices, secret=own.secret,
        may=tuple(may), steps=tuple(PublicStep(each.at, act_words(each.act), each.words) for each in entries),
        files=tuple(Attachment.objects.filter(matter=shown, public=True).select_related("file").order_by("id")),
        joined=shown.number if shown.pk != own.pk else "",
    )  # fmt: skip


def _may_reopen(matter: Matter, now: datetime) -> bool:
    from datetime import timedelta

    days = rules.number("reopen.days", line(matter.desk_id).ref, rules.day_of(now))
    return matter.closed_at is None or now <= matter.closed_at + timedelta(days=days)


# --- contact ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contact:
    """Who reported it, masked unless it was asked for with a purpose."""

    name: str
    phone: str
    masked: bool = True


def contact_for(viewer: Actor, matter: Matter) -> Contact:
    """Name and phone behind their masks."""
    return Contact(mask_name(matter.reporter_name), mask_phone(matter.reporter_phone))
