"""The one gate that every act goes through: lock, check, change, write down, set the clock, tell.

``with_move`` loads and checks; the service changes fields of ``move.matter``; ``finish`` writes the row with its version, one
line of history, one trail row, the clock, the reach, the search text and the stale mark of the figures.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from yanzhen.kernel.errors import Conflict
from yanzhen.kernel.scope.api import Actor, UnitRef
from yanzhen.kernel.search import api as search
from yanzhen.kernel.trail import api as trail
from yanzhen.kernel.worktime.api import UnknownYear, deadline
from yanzhen.matters import actions
from yanzhen.matters.domain import clock as clocks
from yanzhen.matters.domain.loop import ACTS, OPEN, RUNNING, Act, State
from yanzhen.matters.domain.standing import Facts, refusal
from yanzhen.matters.models import Entry, Matter, Participation, Reach, Request
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import Line, line
from yanzhen.matters.selectors.standing import facts_of, missing, parties_of, reach_of, sees, stop_rows
from yanzhen.matters.services import telling
from yanzhen.measures.api import mark_stale, month_of

SEARCH = "matter_words"
GROUP = "matters"
#: Columns that go into the trail as before/after: never what the person wrote or who the person is.
_TRAILED = frozenset(
    {
        "state", "category_id", "urgency", "place_id", "desk_id", "holder_id", "lead_id", "fixed", "admission_id", "due_at",
        "stopped", "press_level", "outcome", "solved", "grade", "contacted", "diversion", "excluded", "merged_into_id",
        "secret", "voices", "redos", "reopened", "extra_days", "located",
    }
)  # fmt: skip
_KEPT = tuple(f.attname for f in Matter._meta.concrete_fields if f.attname not in ("id", "text", "reporter_name", "reporter_phone"))

Listener = Callable[[Matter, str, Actor, datetime], object]
_LISTENERS: list[Listener] = []


def on_act(listener: Listener) -> Listener:
    """Register ``listener(matter, act, actor, now)``: called inside the transaction of every act (webhooks, other modules)."""
    if listener not in _LISTENERS:
        _LISTENERS.append(listener)
    return listener


def announce(matter: Matter, act: str, actor: Actor, now: datetime) -> None:
    """Tell the listeners."""
    for listener in _LISTENERS:
        listener(matter, act, actor, now)


@dataclass
class Move:
    """An act under way on a locked matter. ``parties``: those who take part now (lead, assists, first)."""

    act: Act
    actor: Actor
    now: datetime
    matter: Matter
    parties: list[Participation]
    requests: list[Request]
    facts: Facts
    desk: Line
    before: dict[str, Any] = field(default_factory=dict)
    regrouped: bool = False
    reworded: bool = False

    def lead_party(self) -> Participation | None:
        """The leading unit's row."""
        return next((each for each in self.parties if each.role == Participation.LEAD), None)

    def pending(self, kind: str) -> list[Request]:
        """Requests of a kind that nobody has decided."""
        return [each for each in self.requests if each.kind == kind]


def load(matter: Matter | int, *, lock: bool = True) -> Matter:
    """The row, locked, with its category; NotFound when there is none."""
    matter_id = matter if isinstance(matter, int) else matter.pk or getattr(matter, "id", 0)
    rows = Matter.objects.select_related("category__parent__parent")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(pk=matter_id).first()
    if found is None:
        raise missing()
    return found


def open_move(
    *, actor: Actor, now: datetime, matter: Matter | int, code: str, version: int | None = None, checked: bool = True
) -> Move:
    """Lock the matter and check that this post may do this act to it now.

    NotFound: not in sight; Conflict: somebody changed it since ``version``; DomainError ``matters.matter.wrong_state``;
    NotAllowed. ``checked`` False: the person's own acts, whose code the service checks.
    """
    row = load(matter)
    parties = parties_of(row.pk)
    if checked and not sees(actor, row, parties):
        raise missing()
    if version is not None and version != row.version:
        raise Conflict(
            "matters.matter.changed",
            "这件事项刚刚被其他人更新过，您看到的不是最新内容。请刷新后核对，您填写的内容已保留。",
            version=row.version,
        )
    requests = list(Request.objects.filter(matter=row, granted__isnull=True).order_by("id"))
    desk = line(row.desk_id)
    act = ACTS[code]
    facts = facts_of(row, parties, requests, desk, now)
    against = refusal(act, actor, facts)
    if against is not None:
        raise against
    move = Move(act, actor, now, row, parties, requests, facts, desk)
    move.before = {name: getattr(row, name) for name in _KEPT}
    return move


def finish(
    move: Move,
    *,
    words: str = "",
    public: bool = False,
    data: Mapping[str, Any] | None = None,
    purpose: str = "",
    action: str = "",
) -> Matter:
    """Write everything that the act changed, once. ``words`` of a ``public`` line are shown to the person."""
    row, now = move.matter, move.now
    if row.state != move.before["state"] or row.holder_id != move.before["holder_id"]:
        row.step_at = now
    set_clock(row, desk=line(row.desk_id), now=now, restarted=move.before["clock_at"] != row.clock_at)
    if move.regrouped:
        sync_reach(row)
    changed = _store(row, move.before, now)
    if move.regrouped or move.reworded or "place_id" in changed:
        index(row)
    entry(row, move.act.code, move.actor, now, words=words, public=public, data=data)
    after = {name: getattr(row, name) for name in changed if name in _TRAILED}
    trail.record(
        actor=move.actor, now=now, action=action or actions.ACT[move.act.code], kind="matter", subject_id=row.pk,
        label=row.number, before={name: move.before[name] for name in after}, after={**after, **(data or {})},
        purpose=purpose, unit_path=row.desk_path,
    )  # fmt: skip
    stale(row, move.before["place_id"])
    announce(row, move.act.code, move.actor, now)
    telling.told(row, move.act.code, move.actor, now, words)
    return row


def _store(row: Matter, before: Mapping[str, Any], now: datetime) -> set[str]:
    changed = {name for name in _KEPT if getattr(row, name) != before[name]}
    row.updated_at = now
    values = {name: getattr(row, name) for name in changed | {"updated_at"} if name != "version"}
    stored = Matter.objects.filter(pk=row.pk, version=row.version).update(version=F("version") + 1, **values)
    if not stored:
        raise Conflict("matters.matter.changed", "这件事项刚刚被其他人更新过，您看到的不是最新内容。请刷新后核对，您填写的内容已保留。")
    row.version += 1
    return changed


def entry(
    row: Matter,
    act: str,
    actor: Actor,
    now: datetime,
    *,
    words: str = "",
    public: bool = False,
    data: Mapping[str, Any] | None = None,
) -> Entry:
    """One line of history."""
    made = build_entry(row, act, actor, now, words=words, public=public, data=data)
    made.save(force_insert=True)
    return made


def build_entry(
    row: Matter,
    act: str,
    actor: Actor,
    now: datetime,
    *,
    words: str = "",
    public: bool = False,
    data: Mapping[str, Any] | None = None,
) -> Entry:
    """An unsaved line of history."""
    return Entry(
        matter_id=row.pk, at=now, act=act, state=row.state, unit_id=actor.unit.id if actor.unit else None,
        actor_name=actor.name[:80], actor_post=actor.post_label[:120], account_id=actor.account_id, words=words,
        data=json.dumps(dict(data), ensure_ascii=False, default=str) if data else "", public=public,
    )  # fmt: skip


def set_clock(row: Matter, *, desk: Line, now: datetime, restarted: bool = False) -> None:
    """Compute the clock of the row's present state and when the platform must look at it again."""
    on = rules.day_of(row.clock_at)
    limits = rules.limits(desk.ref, on, row.urgency, rules.category_codes(row.category))
    frame = rules.frame(row.clock_at, desk.ref, until=now)
    found = clocks.compute(
        state=row.state, clock_at=row.clock_at, step_at=row.step_at, limits=limits, calendar=frame.calendar, warn=frame.warn,
        stops=clocks.stops_of(stop_rows(row)), extra=row.extra_days, responded=row.responded_at is not None,
    )  # fmt: skip
    row.step_due_at, row.yellow_at = found.step_due_at, found.yellow_at
    if row.respond_due_at is None or row.responded_at is None or restarted:
        row.respond_due_at = found.respond_due_at
    row.due_at, row.due_basis = found.due_at, found.due_basis
    row.overdue = (
        State(row.state) in RUNNING and not row.stopped and row.step_due_at is not None and row.step_due_at < now
    )
    row.in_time = answered_in_time(row, now)
    row.tick_at = next_look(row, now, desk)


def answered_in_time(row: Matter, now: datetime) -> bool | None:
    """Whether the person was answered within the limit; None while it is still open either way."""
    if row.answered_at is not None:
        return row.due_at is None or row.answered_at <= row.due_at
    late = State(row.state) in RUNNING and not row.stopped and row.due_at is not None and row.due_at < now
    return False if late else None


def next_look(row: Matter, now: datetime, desk: Line) -> datetime | None:
    """When the platform must look again: the light turns, automatic pressing rises, the archive takes it."""
    state = State(row.state)
    if state not in OPEN or row.stopped or row.step_due_at is None:
        return None
    on = rules.day_of(now)
    if state not in RUNNING:
        return row.step_due_at if now <= row.step_due_at else archive_at(row, desk, on)
    if row.yellow_at is not None and now < row.yellow_at:
        return row.yellow_at
    if now <= row.step_due_at:
        return row.step_due_at
    moments = [next_press(row, desk, now)[0], row.due_at if row.in_time is None else None]
    return min((moment for moment in moments if moment is not None), default=None)


def archive_at(row: Matter, desk: Line, on: Any) -> datetime | None:
    """When an answered matter goes to the archive by itself."""
    if row.step_due_at is None:
        return None
    days = rules.number("archive.days", desk.ref, on)
    try:
        return deadline(row.step_due_at, days, "working_days", calendar=rules.calendar(row.step_due_at, desk.ref)).due
    except UnknownYear:
        return None


def next_press(row: Matter, desk: Line, now: datetime) -> tuple[datetime | None, int]:
    """When automatic pressing rises next and to which level: (moment, level), (None, 0) when it does not."""
    if row.step_due_at is None:
        return None, 0
    steps = sorted((int(level), int(days)) for level, days in rules.table("press.auto", desk.ref, rules.day_of(now)).items())
    for level, days in steps:
        if level <= row.press_level:
            continue
        if days == 0:
            return row.step_due_at, level
        try:
            calendar = rules.calendar(row.step_due_at, desk.ref, until=now)
            return deadline(row.step_due_at, days, "working_days", calendar=calendar).due, level
        except UnknownYear:
            return None, 0
    return None, 0


def sync_reach(row: Matter) -> None:
    """Bring the reach in line with who takes part now."""
    parties = parties_of(row.pk)
    wanted: set[int] = set()
    for each in parties:
        seen = reach_of(each.unit_path, row.place_path)
        wanted |= {unit.id for unit in line(each.unit_id).units if unit.path in seen}
    held = set(Reach.objects.filter(matter=row).values_list("unit_id", flat=True))
    if held - wanted:
        Reach.objects.filter(matter=row, unit_id__in=held - wanted).delete()
    Reach.objects.bulk_create(
        [Reach(unit_id=unit_id, received_at=row.received_at, matter=row) for unit_id in sorted(wanted - held)]
    )


def search_text(row: Matter, place: Line) -> str:
    """What the search finds a matter by: never who reported it."""
    return " ".join((row.number, row.title, row.text, place.words, row.place_words))


def search_marks(place: Line, received_at: datetime, reach: Sequence[int]) -> list[str]:
    """Scope and month of a matter in the search."""
    day = rules.day_of(received_at)
    marks = [*search.unit_marks(place.ref.chain), *search.unit_marks(reach), search.month_mark(day.year, day.month)]
    return list(dict.fromkeys(marks))


def index(row: Matter, *, fresh: bool = False) -> None:
    """Put the matter into the search."""
    place = line(row.place_id)
    reach = [] if fresh else list(Reach.objects.filter(matter=row).values_list("unit_id", flat=True))
    search.index_many(
        SEARCH, [(row.pk, search_text(row, place), search_marks(place, row.received_at, reach))], fresh=fresh
    )  # fmt: skip


def stale(row: Matter, place_before: int | None = None) -> None:
    """Mark the figures of the place's month as to be computed again."""
    month = month_of(rules.day_of(row.received_at))
    for place_id in {row.place_id, place_before or row.place_id}:
        mark_stale(group=GROUP, unit_id=place_id, period=month)


def join(row: Matter, unit: UnitRef, role: str, now: datetime, *, words: str = "", accepted: bool = False) -> Participation:
    """A unit takes part."""
    return Participation.objects.create(
        matter=row, unit_id=unit.id, unit_path=unit.path, role=role, received_at=row.received_at, assigned_at=now,
        accepted_at=now if accepted else None, words=words,
    )  # fmt: skip


def leave(move: Move, *roles: str) -> None:
    """Those in these roles take part no more."""
    gone = [each for each in move.parties if each.role in roles]
    if gone:
        Participation.objects.filter(pk__in=[each.pk for each in gone]).update(ended_at=move.now)
        move.parties = [each for each in move.parties if each not in gone]
        move.regrouped = True


def hold(row: Matter, unit: UnitRef) -> None:
    """Who must act now."""
    row.holder_id, row.holder_path = unit.id, unit.path


def steer(row: Matter, unit: UnitRef) -> None:
    """Which division steers it."""
    row.desk_id, row.desk_path = unit.id, unit.path


atomic = transaction.atomic
