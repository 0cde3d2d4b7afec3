"""Weighing 研判: do it here, hand it over, send it on, join it, raise it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor, UnitRef
from yanzhen.matters.domain.guards import Target, admitted, check_duty, in_reach, is_grid
from yanzhen.matters.domain.loop import DIVERSION_WORDS, OPEN, URGENCY_WORDS, Diversion, State
from yanzhen.matters.models import Category, Matter, Participation, Request, Voice
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import Line, line
from yanzhen.matters.selectors.lists import admitted_rows, duties_for
from yanzhen.matters.selectors.standing import missing, parties_of, sees
from yanzhen.matters.services import gate
from yanzhen.registry.models import Unit

Unitish = Unit | UnitRef | int


def said(words: str, field: str = "words") -> str:
    """Words that must not be empty."""
    if not words.strip():
        raise DomainError("matters.words.missing", "请写明理由或说明。", field=field)
    return words.strip()


def own_desk(move: gate.Move) -> Line:
    """The division that acts: one above the desk that steps in takes the steering over."""
    actor = move.actor
    if actor.is_system or actor.unit is None or actor.unit.kind != "division":
        return move.desk
    return line(actor.unit.id) if actor.unit.path != move.matter.desk_path else move.desk


def standing(unit: Unitish | None, now: datetime, field: str = "lead") -> Line:
    """The line of a unit that still stands."""
    if unit is None:
        raise DomainError("matters.assign.lead_missing", "请选择单位。", field=field)
    found = line(unit)
    if found.ended is not None and found.ended <= rules.day_of(now):
        raise DomainError("matters.assign.ended", "“{unit}”已撤销，请另选单位。", field=field, unit=found.ref.name)
    return found


def chain(category: Category | None) -> tuple[int, ...]:
    """Ids of a category and those above it."""
    found = []
    while category is not None:
        found.append(category.pk)
        category = category.parent
    return tuple(found)


def check_target(
    row: Matter, desk: Line, target: Target, now: datetime, *, assist: bool = False, admission: int | None = None
) -> int | None:
    """Whether the desk may give this matter to the unit; returns the id of the admission that covers it, if it needs one."""
    on = rules.day_of(now)
    whistle = str(value("matters.assign.whistle", desk.ref, on=on))
    if not in_reach(target, desk.ref.path, desk.ref.level, whistle, assist=assist):
        raise DomainError(
            "matters.assign.out_of_reach", "“{unit}”不在本级可以交办的范围内。如需其他单位办理，请提级由上级协调。",
            field="assists" if assist else "lead", unit=target.name,
        )  # fmt: skip
    categories = chain(row.category)
    without = str(value("matters.duty.without_list", line(target.unit_id).ref, on=on))
    if is_grid(target):
        covering = admitted(target, admitted_rows(target.path, on), categories, on, named=admission)
        return covering.id if covering else None
    check_duty(target, desk.ref.path, duties_for(target.division_path, on), categories, without_list=without)
    return None


@gate.atomic
def take(*, actor: Actor, now: datetime, matter: Matter | int, words: str = "", version: int | None = None) -> Matter:
    """自办: the desk handles it itself."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="take", version=version)
    row, desk = move.matter, own_desk(move)
    gate.steer(row, desk.ref)
    gate.hold(row, desk.ref)
    row.lead_id = desk.ref.id
    row.state = State.WORKING
    gate.join(row, desk.ref, Participation.LEAD, now, accepted=True)
    move.regrouped = True
    return gate.finish(move, words=words or "由本单位直接办理", public=True)


@gate.atomic
def assign(
    *,
    actor: Actor,
    now: datetime,
    matter: Matter | int,
    lead: Unitish,
    assists: Iterable[Unitish] = (),
    words: str = "",
    admission: int | None = None,
    version: int | None = None,
) -> Matter:
    """交办 to a leading unit and assisting ones. The order carries the time limit and its basis.

    DomainError: outside the desk's reach; not admitted for the grid (``matters.admission.missing``); outside the duty list
    of the township or village (``matters.duty.…``).
    """
    move = gate.open_move(actor=actor, now=now, matter=matter, code="assign", version=version)
    desk = own_desk(move)
    _give(move, desk, standing(lead, now), assists, words=words, admission=admission)
    return gate.finish(
        move, words=words, public=False, data={"lead": move.matter.lead_id, "basis": move.matter.due_basis}
    )  # fmt: skip


def _give(
    move: gate.Move,
    desk: Line,
    lead: Line,
    assists: Iterable[Unitish] = (),
    *,
    words: str = "",
    admission: int | None = None,
    keep_assists: bool = False,
) -> None:
    """Hand the matter to a leading unit (and assisting ones), the guards asked first."""
    row, now = move.matter, move.now
    if lead.ref.id == desk.ref.id:
        raise DomainError("matters.assign.self", "由本单位办理请用“自办”。", field="lead")
    admission_id = admission if admission is None else int(getattr(admission, "pk", admission))
    row.admission_id = check_target(row, desk, lead.target(), now, admission=admission_id)
    helpers = [standing(unit, now, "assists") for unit in assists]
    kept = {each.unit_id for each in move.parties if each.role == Participation.ASSIST} if keep_assists else set()
    for helper in helpers:
        if helper.ref.id == lead.ref.id:
            raise DomainError(
                "matters.assign.assist_is_lead", "“{unit}”已是牵头单位，不能同时协办。", field="assists", unit=helper.ref.name
            )
        check_target(row, desk, helper.target(), now, assist=True)
    gate.leave(move, Participation.LEAD, *([] if keep_assists else [Participation.ASSIST]))
    if lead.ref.id in kept:
        Participation.objects.filter(
            matter=row, unit_id=lead.ref.id, role=Participation.ASSIST, ended_at__isnull=True
        ).update(ended_at=now)
    gate.steer(row, desk.ref)
    gate.join(row, lead.ref, Participation.LEAD, now, words=words)
    for helper in {helper.ref.id: helper for helper in helpers}.values():
        if helper.ref.id not in kept:
            gate.join(row, helper.ref, Participation.ASSIST, now, words=words)
    row.lead_id = lead.ref.id
    row.state = State.ASSIGNED
    gate.hold(row, lead.ref)
    move.regrouped = True


@gate.atomic
def settle(
    *,
    actor: Actor,
    now: datetime,
    matter: Matter | int,
    upheld: bool,
    reason: str,
    lead: Unitish | None = None,
    version: int | None = None,
) -> Matter:
    """裁定异议, once: upheld → another leading unit (or the first receiver keeps it); not upheld → the same one. Fixed from
    now on, it may not be returned again."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="settle", version=version)
    row = move.matter
    said(reason, "reason")
    request = next(iter(move.pending(Request.DISPUTE)), None)
    if upheld:
        given = standing(lead, now) if lead is not None else first_receiver(row)
        if given.ref.id == row.lead_id:
            raise DomainError("matters.settle.same", "异议成立时请另选牵头单位。", field="lead")
        if lead is None or given.ref.id == row.desk_id:
            _keep(move, given)
        else:
            _give(move, line(row.holder_id), given, keep_assists=True)
            gate.steer(row, move.desk.ref)
    else:
        row.state = State.ASSIGNED
        gate.hold(row, line(row.lead_id or row.desk_id).ref)
    row.fixed = True
    if request is not None:
        close_request(request, actor, now, granted=upheld, words=reason)
    return gate.finish(move, words=reason, data={"upheld": upheld, "lead": row.lead_id})


def first_receiver(row: Matter) -> Line:
    """Who keeps what nobody clearly owns: the department that brought it in, else the division that steers it."""
    if row.first_receiver_id is not None:
        found = line(row.first_receiver_id)
        if found.ref.kind not in ("division", "grid") and found.ref.id != row.lead_id:
            return found
    return line(row.desk_id)


def _keep(move: gate.Move, keeper: Line) -> None:
    """首接负责: nobody clearly owns it, so the first receiver keeps it (to be accepted like any other order)."""
    row, own = move.matter, keeper.ref
    gate.leave(move, Participation.LEAD)
    gate.join(row, own, Participation.LEAD, move.now)
    row.lead_id = own.id
    row.state = State.ASSIGNED
    gate.hold(row, own)
    move.regrouped = True


@gate.atomic
def reassign(
    *,
    actor: Actor,
    now: datetime,
    matter: Matter | int,
    lead: Unitish,
    reason: str,
    admission: int | None = None,
    version: int | None = None,
) -> Matter:
    """改派: another leading unit, by the desk; assisting units stay."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="reassign", version=version)
    said(reason, "reason")
    given = standing(lead, now)
    if given.ref.id == move.matter.lead_id:
        raise DomainError("matters.settle.same", "请选择与现在不同的牵头单位。", field="lead")
    end_stop(move)
    withdraw_requests(move)
    _give(move, own_desk(move), given, admission=admission, words=reason, keep_assists=True)
    return gate.finish(move, words=reason, data={"lead": move.matter.lead_id})


@gate.atomic
def add_assist(
    *,
    actor: Actor,
    now: datetime,
    matter: Matter | int,
    assist: Unitish,
    words: str = "",
    version: int | None = None,
) -> Matter:
    """增加协办."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="add_assist", version=version)
    row, helper = move.matter, standing(assist, now, "assist")
    if any(each.unit_id == helper.ref.id and each.role != Participation.FIRST for each in move.parties):
        raise DomainError("matters.assist.twice", "“{unit}”已在办理这件事项。", field="assist", unit=helper.ref.name)
    check_target(row, own_desk(move), helper.target(), now, assist=True)
    gate.join(row, helper.ref, Participation.ASSIST, now, words=words)
    move.regrouped = True
    return gate.finish(move, words=words, data={"assist": helper.ref.id})


def end_stop(move: gate.Move) -> None:
    """The clock runs again."""
    if move.matter.stopped:
        move.matter.stops.filter(ended_at__isnull=True).update(ended_at=move.now)
        move.matter.stopped = False


def close_request(request: Request, actor: Actor, now: datetime, *, granted: bool, words: str) -> None:
    """Write a decision down."""
    request.granted = granted
    request.decided_at = now
    request.decided_by = actor.account_id
    request.decided_name = f"{actor.post_label} {actor.name}".strip()[:120]
    request.decision = words
    request.save(update_fields=["granted", "decided_at", "decided_by", "decided_name", "decision"])


def withdraw_requests(move: gate.Move, *kinds: str) -> None:
    """Requests that the act makes pointless are closed as not granted."""
    for request in move.requests:
        if request.kind != Request.EXCLUSION and (not kinds or request.kind in kinds):
            Request.objects.filter(pk=request.pk).update(
                granted=False, decided_at=move.now, decision=f"因“{move.act.words}”不再审批"
            )


def close(row: Matter, now: datetime, state: State) -> None:
    """Nobody has to do anything any more; the holder stays answerable for questions."""
    row.state = state
    row.closed_at = now


def ask_review(move: gate.Move, exclusion: str, reason: str) -> None:
    """Leaving the rates is decided by somebody else: the request stands until then (domain facts §1.4)."""
    actor = move.actor
    Request.objects.create(
        matter=move.matter, kind=Request.EXCLUSION, reason=reason, detail=exclusion, asked_at=move.now,
        asked_by=actor.account_id or 0, asked_name=f"{actor.post_label} {actor.name}".strip()[:120],
        asked_unit_id=actor.unit.id if actor.unit else move.matter.desk_id,
    )  # fmt: skip


@gate.atomic
def divert(
    *, actor: Actor, now: datetime, matter: Matter | int, diversion: str, words: str, version: int | None = None
) -> Matter:
    """分流 by one of the six diversions; ``words`` tell the person where to go."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="divert", version=version)
    if diversion not in set(Diversion):
        raise DomainError("matters.divert.unknown", "请选择分流情形。", field="diversion")
    row = move.matter
    row.diversion = diversion
    row.outcome = "diverted"
    row.responded_at = row.responded_at or now
    row.answered_at, row.answered_by = now, actor.account_id
    close(row, now, State.DIVERTED)
    ask_review(move, "diverted", DIVERSION_WORDS[Diversion(diversion)])
    return gate.finish(move, words=said(words), public=True, data={"diversion": diversion})


@gate.atomic
def decline(*, actor: Actor, now: datetime, matter: Matter | int, reason: str, words: str, version: int | None = None) -> Matter:
    """不予受理: ``reason`` for the file, ``words`` for the person."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="decline", version=version)
    row = move.matter
    row.outcome = "declined"
    row.responded_at = row.responded_at or now
    row.answered_at, row.answered_by = now, actor.account_id
    close(row, now, State.DECLINED)
    ask_review(move, "malicious" if reason == "malicious" else "beyond_duty", said(reason, "reason"))
    return gate.finish(move, words=said(words), public=True, data={"reason": reason})


@gate.atomic
def merge(
    *, actor: Actor, now: datetime, matter: Matter | int, into: Matter | int, reason: str = "", version: int | None = None
) -> Matter:
    """并案: this one joins another as a voice, its voices with it. Both stay open to their people."""
    ids = (matter if isinstance(matter, int) else matter.pk, into if isinstance(into, int) else into.pk)
    if ids[1] < ids[0]:
        gate.load(ids[1])  # always the older one first: two merges crossing each other must not wait for each other
    move = gate.open_move(actor=actor, now=now, matter=matter, code="merge", version=version)
    row = move.matter
    target = gate.load(into)
    parties = parties_of(target.pk)
    if not sees(actor, target, parties):
        raise missing()
    if target.pk == row.pk:
        raise DomainError("matters.merge.self", "不能并入自己。", field="into")
    if target.state not in OPEN:
        raise DomainError("matters.merge.closed", "对方事项已办结，不能并入。请重新办理那件事项，或单独办理。", field="into")
    row.merged_into_id = target.pk
    row.outcome = "merged"
    row.responded_at = row.responded_at or now
    row.answered_at, row.answered_by = now, actor.account_id
    Voice.objects.filter(matter=row).update(matter=target)
    Voice.objects.create(
        matter=target, at=row.received_at, channel=row.channel, text=row.text, name=row.reporter_name,
        phone=row.reporter_phone, phone_index=row.phone_index, code_hash=row.code_hash,
    )  # fmt: skip
    Matter.objects.filter(merged_into=row).update(merged_into=target)
    Matter.objects.filter(pk=target.pk).update(
        voices=target.voices + row.voices, version=target.version + 1, updated_at=now
    )
    gate.entry(target, "merged_in", actor, now, words=f"{row.number} 并入", data={"from": row.pk, "voices": row.voices})
    end_stop(move)
    withdraw_requests(move)
    gate.leave(move, Participation.LEAD, Participation.ASSIST)
    close(row, now, State.MERGED)
    ask_review(move, "duplicate", reason or f"与 {target.number} 为同一件事")
    return gate.finish(
        move, words=f"与 {target.number} 为同一件事，合并办理", public=True, data={"into": target.pk}, purpose=reason
    )


@gate.atomic
def raise_level(*, actor: Actor, now: datetime, matter: Matter | int, reason: str, version: int | None = None) -> Matter:
    """提级: the division above steers it now and weighs it. The first receiver stays first receiver."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="raise", version=version)
    said(reason, "reason")
    row, above = move.matter, move.desk.above
    if above is None:
        raise DomainError("matters.raise.top", "已经到了最高一级，不能再提级。")
    end_stop(move)
    withdraw_requests(move)
    gate.leave(move, Participation.LEAD, Participation.ASSIST)
    gate.steer(row, above)
    gate.hold(row, above)
    row.lead_id = None
    row.admission_id = None
    row.fixed = False
    row.state = State.COLLECTED
    return gate.finish(move, words=reason, data={"to": above.id, "from": move.desk.ref.id})


@gate.atomic
def locate(*, actor: Actor, now: datetime, matter: Matter | int, place: Unitish, version: int | None = None) -> Matter:
    """确定地点. A place outside the desk's part of the tree brings it to the division above both, which coordinates."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="locate", version=version)
    row, found = move.matter, standing(place, now, "place")
    if found.place.id != found.ref.id:
        found = line(found.place.id)
    row.place_id, row.place_path, row.located = found.ref.id, found.ref.path, True
    for level in ("city", "county", "township", "village"):
        setattr(row, f"{level}_id", found.level(level))
    if found.ref.path not in move.desk.ref.scope:
        common = [unit for unit in found.divisions if move.desk.ref.path in unit.scope]
        if not common:
            raise DomainError("matters.locate.outside", "该地点不在本平台管辖的区划内。", field="place")
        gate.steer(row, common[-1])
        gate.hold(row, common[-1])
    move.regrouped = move.reworded = True
    return gate.finish(move, words=found.words, data={"place": found.ref.id})


@gate.atomic
def classify(
    *,
    actor: Actor,
    now: datetime,
    matter: Matter | int,
    category: Category | int,
    urgency: str = "",
    version: int | None = None,
) -> Matter:
    """更正类别 and urgency; the time limits follow from the beginning of the round."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="classify", version=version)
    category_id = category if isinstance(category, int) else category.pk
    found = Category.objects.select_related("parent__parent").filter(pk=category_id, retired=False).first()
    if found is None:
        raise DomainError("matters.report.category", "没有这个类别，请重新选择。", field="category")
    if urgency and urgency not in URGENCY_WORDS:
        raise DomainError("matters.report.urgency", "紧急程度不对。", field="urgency")
    row = move.matter
    row.category = found
    row.urgency = urgency or row.urgency
    if row.responded_at is None:
        row.respond_due_at = None
    return gate.finish(move, words=f"{found.full_name} · {URGENCY_WORDS[row.urgency]}")  # type: ignore[index]


@gate.atomic
def make_secret(*, actor: Actor, now: datetime, matter: Matter | int, version: int | None = None) -> Matter:
    """设为保密: only the desk and above, and those who take part, see it from now on."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="make_secret", version=version)
    move.matter.secret = True
    return gate.finish(move)


__all__ = [
    "add_assist", "assign", "classify", "decline", "divert", "locate", "make_secret", "merge", "raise_level",
    "reassign", "settle", "take",
]  # fmt: skip
