"""Handling: accept, dispute, contact, work, stop the clock, ask, answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.worktime.api import UnknownYear, deadline
from yanzhen.matters.domain.loop import EXCLUSION_WORDS, STOP_WORDS, State
from yanzhen.matters.models import ClockStop, Matter, Participation, Request
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import line
from yanzhen.matters.services import gate
from yanzhen.matters.services.intake import attach
from yanzhen.matters.services.triage import ask_review, close_request, end_stop, said, withdraw_requests

Files = Sequence[tuple[str, bytes]]


@gate.atomic
def accept(*, actor: Actor, now: datetime, matter: Matter | int, words: str = "", version: int | None = None) -> Matter:
    """签收: the leading unit has it now; from here on the first receiver is released."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="accept", version=version)
    party = move.lead_party()
    if party is not None:
        Participation.objects.filter(pk=party.pk).update(accepted_at=now)
    move.matter.state = State.WORKING
    return gate.finish(move, words=words)


@gate.atomic
def dispute(*, actor: Actor, now: datetime, matter: Matter | int, reason: str, version: int | None = None) -> Matter:
    """异议退回, within its time limit: the division above both decides once; until then the matter is with it."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="dispute", version=version)
    row, party = move.matter, move.lead_party()
    limit = rules.limit("dispute", move.desk.ref, rules.day_of(now))
    since = party.assigned_at if party is not None else row.step_at
    try:
        until = deadline(since, limit.amount, limit.measure, calendar=rules.calendar(since, move.desk.ref, until=now)).due  # type: ignore[arg-type]
    except UnknownYear:
        until = now
    if now > until:
        raise DomainError(
            "matters.dispute.late", "提出异议的期限已过（{limit}，{basis}），请签收办理。",
            limit=f"{limit.amount} 个工作日", basis=limit.basis,
        )  # fmt: skip
    lead = line(row.lead_id or row.desk_id)
    judge = next((unit for unit in reversed(move.desk.divisions) if lead.ref.path in unit.scope and unit.id != lead.ref.id), None)
    gate.hold(row, judge or move.desk.ref)
    row.state = State.DISPUTED
    _ask(move, Request.DISPUTE, said(reason, "reason"))
    return gate.finish(move, words=reason)


def _ask(move: gate.Move, kind: str, reason: str, *, plan: str = "", detail: str = "") -> Request:
    actor = move.actor
    return Request.objects.create(
        matter=move.matter, kind=kind, reason=reason, plan=plan, detail=detail, asked_at=move.now,
        asked_by=actor.account_id or 0, asked_name=f"{actor.post_label} {actor.name}".strip()[:120],
        asked_unit_id=actor.unit.id if actor.unit else move.matter.holder_id,
    )  # fmt: skip


@gate.atomic
def contact(*, actor: Actor, now: datetime, matter: Matter | int, words: str, version: int | None = None) -> Matter:
    """联系当事人: the first contact stops the clock of responding."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="contact", version=version)
    move.matter.responded_at = move.matter.responded_at or now
    return gate.finish(move, words=said(words))


@gate.atomic
def progress(
    *, actor: Actor, now: datetime, matter: Matter | int, words: str, files: Files = (), version: int | None = None
) -> Matter:
    """办理记录; photos are never required."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="progress", version=version)
    attach(move.matter, files, actor=actor, now=now, act="progress")
    return gate.finish(move, words=said(words))


@gate.atomic
def assist_done(*, actor: Actor, now: datetime, matter: Matter | int, words: str, version: int | None = None) -> Matter:
    """协办完成: the leading unit is told."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="assist_done", version=version)
    mine = [
        each.pk
        for each in move.parties
        if each.role == Participation.ASSIST and each.done_at is None and actor.unit is not None
        and (each.unit_path == actor.unit.path or (actor.unit.kind != "division" and each.unit_path in actor.unit.scope))
    ]  # fmt: skip
    Participation.objects.filter(pk__in=mine).update(done_at=now, words=said(words))
    return gate.finish(move, words=words)


@gate.atomic
def stop_clock(
    *, actor: Actor, now: datetime, matter: Matter | int, reason: str, words: str = "", version: int | None = None
) -> Matter:
    """暂停计时 for one of the reasons; the person sees which."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="stop_clock", version=version)
    if reason not in STOP_WORDS:
        raise DomainError("matters.stop.unknown", "请选择暂停计时的原因。", field="reason")
    row = move.matter
    if row.overdue or (row.due_at is not None and row.due_at < now):
        raise DomainError("matters.stop.late", "已经超期，不能再暂停计时。", field="reason")
    ClockStop.objects.create(matter=row, reason=reason, words=words[:200], began_at=now)
    row.stopped = True
    return gate.finish(move, words=f"{STOP_WORDS[reason]}。{words}".rstrip("。") + "。", public=True, data={"reason": reason})


@gate.atomic
def resume_clock(*, actor: Actor, now: datetime, matter: Matter | int, words: str = "", version: int | None = None) -> Matter:
    """恢复计时: the time limits move by the working time that stood still."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="resume_clock", version=version)
    end_stop(move)
    return gate.finish(move, words=words, public=True)


@gate.atomic
def ask_extension(
    *, actor: Actor, now: datetime, matter: Matter | int, reason: str, amount_days: int, version: int | None = None
) -> Matter:
    """申请延期 by working days, at most what the rulebook allows, before the time is over."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="ask_extension", version=version)
    on = rules.day_of(now)
    most = max(
        [rules.number("extension.max_days", move.desk.ref, on, category=code) for code in rules.category_codes(move.matter.category)]
        or [rules.number("extension.max_days", move.desk.ref, on)]
    )
    if not 1 <= amount_days <= most:
        raise DomainError("matters.extension.too_long", "延期须为 1 至 {most} 个工作日。", field="amount_days", most=most)
    if move.matter.due_at is not None and move.matter.due_at < now:
        raise DomainError("matters.extension.late", "办理期限已过，不能再申请延期。", field="amount_days")
    _ask(move, Request.EXTENSION, said(reason, "reason"), detail=str(amount_days))
    return gate.finish(move, words=reason, data={"days": amount_days})


@gate.atomic
def ask_unsolvable(
    *, actor: Actor, now: datetime, matter: Matter | int, reason: str, plan: str, version: int | None = None
) -> Matter:
    """申请无法解决: reason and plan; somebody else approves."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="ask_unsolvable", version=version)
    _ask(move, Request.UNSOLVABLE, said(reason, "reason"), plan=said(plan, "plan"))
    return gate.finish(move, words=reason, data={"plan": plan})


@gate.atomic
def ask_exclusion(
    *, actor: Actor, now: datetime, matter: Matter | int, exclusion: str, reason: str, version: int | None = None
) -> Matter:
    """申请剔除统计: reviewed by somebody who did not handle it."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="exclude", version=version)
    if exclusion not in EXCLUSION_WORDS:
        raise DomainError("matters.exclusion.unknown", "请选择剔除情形。", field="exclusion")
    ask_review(move, exclusion, said(reason, "reason"))
    return gate.finish(move, words=reason, data={"exclusion": exclusion})


@gate.atomic
def decide_request(
    *,
    actor: Actor,
    now: datetime,
    matter: Matter | int,
    request: Request | int,
    granted: bool,
    words: str = "",
    version: int | None = None,
) -> Matter:
    """审批 an extension, a cannot-solve or an exclusion. Never by who asked; an exclusion never by who handled it.

    Granted extension: the person is told why and the centre notified. Granted cannot-solve: the plan is the answer.
    """
    request_id = request if isinstance(request, int) else request.pk
    found = Request.objects.filter(pk=request_id, matter_id=matter if isinstance(matter, int) else matter.pk).first()
    if found is None or found.kind == Request.DISPUTE:
        raise DomainError("matters.request.unknown", "没有找到这份申请。", field="request")
    move = gate.open_move(actor=actor, now=now, matter=matter, code=f"decide_{found.kind}", version=version)
    row = move.matter
    found = next((each for each in move.requests if each.pk == request_id), None)
    if found is None:
        raise DomainError("matters.request.decided", "这份申请已经审批。页面可能已过时，请刷新。", field="request")
    _other_person(move, found)
    if not granted:
        said(words)
    close_request(found, actor, now, granted=granted, words=words)
    public, shown = False, words
    if granted and found.kind == Request.EXTENSION:
        row.extra_days += int(found.detail)
        public, shown = True, f"因{found.reason}，办理期限延长 {found.detail} 个工作日。"
    if granted and found.kind == Request.UNSOLVABLE:
        _unsolvable(move, found)
        public, shown = True, f"{found.reason}\n{found.plan}"
    if granted and found.kind == Request.EXCLUSION:
        row.excluded = found.detail
    return gate.finish(move, words=shown, public=public, data={"request": found.pk, "granted": granted, "decision": words})


def _other_person(move: gate.Move, request: Request) -> None:
    if move.actor.is_system:
        return
    mine = move.actor.account_id
    if request.asked_by == mine:
        raise DomainError("matters.request.own", "不能审批自己提出的申请，请由其他人审批。")
    if request.kind != Request.EXCLUSION:
        return
    handled = move.matter.entries.filter(
        account_id=mine, act__in=("take", "accept", "contact", "progress", "answer", "assist_done", "divert", "decline")
    )
    if move.matter.answered_by == mine or handled.exists():
        raise DomainError("matters.exclusion.handler", "您办理过这件事项，剔除须由其他人审核。")


def _unsolvable(move: gate.Move, request: Request) -> None:
    """The plan is the answer; somebody else has approved, so it leaves the rates as objectively unsolvable."""
    row = move.matter
    row.outcome = "unsolvable"
    row.excluded = "unsolvable"
    _answered(move, request.asked_by)


def _answered(move: gate.Move, account_id: int | None) -> None:
    row, now = move.matter, move.now
    end_stop(move)
    row.state = State.ANSWERED
    row.answered_at, row.answered_by = now, account_id
    row.responded_at = row.responded_at or now
    party = move.lead_party()
    if party is not None:
        Participation.objects.filter(pk=party.pk).update(done_at=now)
    gate.hold(row, move.desk.ref)


@gate.atomic
def answer(
    *, actor: Actor, now: datetime, matter: Matter | int, words: str, files: Files = (), version: int | None = None
) -> Matter:
    """反馈 to the person and to the centre, which calls back."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="answer", version=version)
    said(words)
    withdraw_requests(move)
    _answered(move, actor.account_id)
    move.matter.outcome = "answered"
    attach(move.matter, files, actor=actor, now=now, act="answer", public=True)
    return gate.finish(move, words=words, public=True)


@gate.atomic
def note(*, actor: Actor, now: datetime, matter: Matter | int, words: str, version: int | None = None) -> Matter:
    """批注, inside only."""
    move = gate.open_move(actor=actor, now=now, matter=matter, code="note", version=version)
    return gate.finish(move, words=said(words))
