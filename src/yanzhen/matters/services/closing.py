"""Pressing, calling back, rating, doing again, putting away."""

from __future__ import annotations

from datetime import datetime, timedelta

from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.worktime.api import UnknownYear, deadline
from yanzhen.matters.domain.letter import Letter, letter
from yanzhen.matters.domain.loop import GRADE_WORDS, RUNNING, Grade, State
from yanzhen.matters.domain.standing import LADDER
from yanzhen.matters.models import Matter, Participation, Press, Rating
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import line
from yanzhen.matters.services import gate
from yanzhen.matters.services.triage import said, withdraw_requests


@gate.atomic
def press(
    *, actor: Actor, now: datetime, matter: Matter | int, level: int, words: str, version: int | None = None
) -> Matter:
    """督办 by a unit above the holder, with a letter drawn up from the record; hangs over the matter until cleared."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="press", version=version)
    on = rules.day_of(now)
    names = rules.table("press.levels", move.desk.ref, on)
    if str(level) not in names:
        raise DomainError("matters.press.unknown", "请选择督办级别。", field="level")
    if level < move.matter.press_level:
        raise DomainError("matters.press.lower", "已有更高级别的督办，请选择不低于现在的级别。", field="level")
    least = str(rules.table("press.least", move.desk.ref, on).get(str(level), "village"))
    own = line(actor.unit.id).division.level if actor.unit else ""
    if not actor.is_system and LADDER.index(own or "sub4") > LADDER.index(least):
        raise NotAllowed("matters.press.level", "“{name}”须由上级发出。", name=names[str(level)])
    put(move, level, said(words), cause="people")
    return gate.finish(move, words=words, data={"level": level})


def put(move: gate.Move, level: int, words: str, *, cause: str) -> Press:
    """Write the pressing and its letter."""
    row, now, actor = move.matter, move.now, move.actor
    limit = rules.limit("press_reply", move.desk.ref, rules.day_of(now))
    try:
        reply = deadline(now, limit.amount, limit.measure, calendar=rules.calendar(now, move.desk.ref)).due  # type: ignore[arg-type]
    except UnknownYear:
        reply = None
    row.press_level = level
    by = line(actor.unit.id).ref.name if actor.unit else "系统"
    made = Press(
        matter=row, level=level, at=now, by_unit_id=actor.unit.id if actor.unit else None,
        by_name=(actor.post_label or by)[:120], cause=cause, reply_due_at=reply,
        letter=letter(
            Letter(
                level=str(rules.table("press.levels", move.desk.ref, rules.day_of(now)).get(str(level), level)),
                to=line(row.holder_id).ref.name, by=by, number=row.number, title=row.title,
                received_at=row.received_at, due_at=row.due_at, basis=row.due_basis, overdue=row.overdue,
                lead=line(row.lead_id).ref.name if row.lead_id else "", words=words, reply_due_at=reply, at=now,
                secret=row.secret,
            )
        ),
    )  # fmt: skip
    made.save(force_insert=True)
    return made


@gate.atomic
def clear_press(*, actor: Actor, now: datetime, matter: Matter | int, reason: str, version: int | None = None) -> Matter:
    """解除督办."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="clear_press", version=version)
    move.matter.press_level = 0
    move.matter.presses.filter(cleared_at__isnull=True).update(cleared_at=now, cleared_words=said(reason, "reason")[:200])
    return gate.finish(move, words=reason)


def clear_presses(move: gate.Move, words: str) -> None:
    """What the end of a matter clears by itself."""
    if move.matter.press_level:
        move.matter.press_level = 0
        move.matter.presses.filter(cleared_at__isnull=True).update(cleared_at=move.now, cleared_words=words)


def _grade(grade: str) -> Grade:
    if grade not in GRADE_WORDS:
        raise DomainError("matters.rate.grade", "请选择满意程度。", field="grade")
    return Grade(grade)


@gate.atomic
def call_back(
    *,
    actor: Actor,
    now: datetime,
    matter: Matter | int,
    contacted: bool,
    solved: bool | None = None,
    grade: str = "none",
    words: str = "",
    version: int | None = None,
) -> Matter:
    """回访 by somebody other than who answered. What the person has rated by itself stands above it."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="call_back", version=version)
    row = move.matter
    if contacted and solved is None:
        raise DomainError("matters.callback.solved", "联系上了，请记录当事人认为是否解决。", field="solved")
    given = _grade(grade) if contacted else Grade.NONE
    Rating.objects.create(
        matter=row, at=now, by_person=False, by_name=f"{actor.post_label} {actor.name}".strip()[:120], contacted=contacted,
        solved=solved if contacted else None, grade=given, words=words,
    )  # fmt: skip
    own = Rating.objects.filter(matter=row, by_person=True, at__gte=row.answered_at or row.received_at).exists()
    if not own:
        row.contacted = contacted or bool(row.contacted)
        if contacted:
            row.solved, row.grade = solved, given
    return gate.finish(move, words=words, data={"contacted": contacted, "solved": solved, "grade": given})


@gate.atomic
def redo(*, actor: Actor, now: datetime, matter: Matter | int, reason: str, version: int | None = None) -> Matter:
    """退回重办 at the leading unit, with a new clock."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="redo", version=version)
    row = move.matter
    restart(move)
    lead = line(row.lead_id or row.desk_id).ref
    if row.lead_id is None:
        row.lead_id = lead.id
        gate.join(row, lead, Participation.LEAD, now, accepted=True)
        move.regrouped = True
    Participation.objects.filter(matter=row, ended_at__isnull=True).update(done_at=None)
    row.state = State.WORKING
    row.redos += 1
    gate.hold(row, lead)
    return gate.finish(move, words=said(reason, "reason"), public=True)


def restart(move: gate.Move) -> None:
    """A new round: its clock begins now, what the last one ended with is history."""
    row = move.matter
    row.clock_at = move.now
    row.extra_days = 0
    row.answered_at = row.answered_by = row.closed_at = None
    row.solved = row.contacted = None
    row.grade = row.outcome = ""
    if row.excluded == "unsolvable":
        row.excluded = ""
    row.stopped = False
    withdraw_requests(move)


def put_away(move: gate.Move) -> None:
    """The end: nobody has to act, units that took part still see it."""
    row = move.matter
    row.state = State.ARCHIVED
    row.closed_at = move.now
    clear_presses(move, "办结归档")


@gate.atomic
def archive(*, actor: Actor, now: datetime, matter: Matter | int, words: str = "", version: int | None = None) -> Matter:
    """归档, after the call-back (or the person's own rating, or enough tries). What the person calls unsolved needs a reason."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="archive", version=version)
    row = move.matter
    tries = rules.number("callback.tries", move.desk.ref, rules.day_of(now))
    tried = Rating.objects.filter(matter=row, at__gte=row.answered_at or row.received_at).count()
    if row.call_back_wanted and not row.contacted and tried < tries:
        raise DomainError("matters.archive.call_first", "请先回访当事人；联系不上的，回访满 {n} 次后可归档。", n=tries)
    if row.solved is False and row.outcome != "unsolvable" and not words.strip():
        raise DomainError("matters.archive.unsolved", "当事人认为没有解决，请退回重办，或写明归档理由。", field="words")
    put_away(move)
    return gate.finish(move, words=words)


@gate.atomic
def reopen(*, actor: Actor, now: datetime, matter: Matter | int, reason: str, version: int | None = None) -> Matter:
    """重新办理 within the period of the rulebook: weighed again at the desk, with a new clock."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="reopen", version=version)
    again(move, said(reason, "reason"))
    return gate.finish(move, words=reason, public=True)


def again(move: gate.Move, reason: str) -> None:
    """Back to the desk."""
    row, now = move.matter, move.now
    days = rules.number("reopen.days", move.desk.ref, rules.day_of(now))
    if row.closed_at is not None and now > row.closed_at + timedelta(days=days):
        raise DomainError("matters.reopen.late", "归档已超过 {n} 日，请作为新事项提出。", n=days)
    restart(move)
    gate.leave(move, Participation.LEAD, Participation.ASSIST)
    row.lead_id = None
    row.admission_id = None
    row.fixed = False
    row.state = State.COLLECTED
    row.reopened += 1
    gate.hold(row, move.desk.ref)


def running(row: Matter) -> bool:
    """Whether the clock of solving runs."""
    return State(row.state) in RUNNING
