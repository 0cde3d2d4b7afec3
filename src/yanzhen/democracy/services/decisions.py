"""Writing decisions. The steps are the case's; here the proposal begins it, the listeners follow it, the village carries it out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from yanzhen.democracy import actions
from yanzhen.democracy.domain.decisions import Route, State, matter_list, may_move, route_for
from yanzhen.democracy.models import Decision, Disclosure, Progress, Skip
from yanzhen.democracy.selectors.scope import number, today_of
from yanzhen.democracy.services import disclosure as notices
from yanzhen.democracy.services import marks
from yanzhen.democracy.services.follow import decision_of, matter_of
from yanzhen.kernel.errors import DomainError, NotFound
from yanzhen.kernel.scope.api import Actor, need, system
from yanzhen.kernel.trail import api as trail
from yanzhen.procedures import api as procedures
from yanzhen.registry.models import Unit

PREFIX = "democracy."
ROUTES = {f"{PREFIX}{route.value}" for route in Route}


def _record(actor: Actor, now: datetime, action: str, row: Decision, **after: object) -> None:
    trail.record(
        actor=actor, now=now, action=action, kind="decision", subject_id=row.pk, label=row.title,
        after={"state": row.state, "route": row.route, **after}, unit_path=row.unit.path,
    )  # fmt: skip


@transaction.atomic
def propose(
    *,
    actor: Actor,
    now: datetime,
    unit: Unit,
    item: str,
    title: str,
    text: str,
    amount: Decimal | None = None,
    funds: str = "",
    emergency: bool = False,
    key: str = "",
) -> Decision:
    """A proposal, put on the route that the list of matters and its sum ask for; the case begins at once."""
    need(actor, "democracy.decide", unit.path)
    line = matter_list().get(item)
    if line is None:
        raise DomainError("democracy.item.unknown", "公开目录里没有这一项。", field="item")
    if not title.strip() or not text.strip():
        raise DomainError(
            "democracy.decision.empty", "请写明要决定什么。", field="title" if not title.strip() else "text"
        )
    if amount is not None and amount < 0:
        raise DomainError("democracy.decision.amount", "金额不能为负。", field="amount")
    route = route_for(line, amount, number("review.amount", unit, today_of(now)), emergency=emergency)
    row = Decision.objects.create(
        unit=unit, item=item, route=route, title=title.strip()[:120], text=text.strip(), amount=amount, funds=funds[:120],
        proposed_by=actor.account_id, proposed_name=actor.name[:80], proposed_at=now,
    )  # fmt: skip
    _record(actor, now, actions.PROPOSED, row, item=item, amount=amount)
    case = procedures.start(
        actor=actor, now=now, procedure=f"{PREFIX}{route.value}", unit_id=unit.pk, title=row.title,
        data={"proposal": row.text, "amount": amount}, subject=("democracy.decision", row.pk), key=key,
    )  # fmt: skip
    row.state, row.case_id = State.RUNNING, case.pk
    row.save(update_fields=["state", "case_id"])
    procedures.act(
        actor=actor, now=now, case=case, step="propose", act=procedures.Submit(),
        evidence={"danger": row.text[:500]} if route == Route.EMERGENCY else {},
    )  # fmt: skip
    row.refresh_from_db()
    _record(actor, now, actions.DECIDING, row, case=case.pk)
    marks.stale(unit, today_of(now))
    return row


def _mirror(row: Decision, now: datetime) -> None:
    """Where the case stands, kept beside the decision so that boards need no second table."""
    if row.case_id is None:
        return
    open_step = procedures.CaseStep.objects.filter(case_id=row.case_id, state="open").order_by("id").first()
    row.step = open_step.key if open_step else ""
    row.step_since = open_step.opened_at if open_step else None
    row.step_due = open_step.due_at if open_step else None
    if open_step is None:
        row.step_words = ""
    else:
        case = procedures.Case.objects.get(pk=row.case_id)
        row.step_words = procedures.definition_of(case).step(open_step.key).title.zh[:80]
        row.attempt = max(row.attempt, open_step.round)
    row.save(update_fields=["step", "step_since", "step_due", "step_words", "attempt"])


def _of_case(case: procedures.Case) -> Decision | None:
    if case.code not in ROUTES:
        return None
    return Decision.objects.select_for_update(of=("self",)).select_related("unit").filter(case_id=case.pk).first()


def _go(row: Decision, state: State) -> None:
    if row.state != state:
        may_move(row.state, state)
        row.state = state
        row.save(update_fields=["state"])


def on_step(case: procedures.Case, step: str, outcome: str, actor: Actor, now: datetime) -> None:
    """A step of a decision's case has ended: the decision follows, in the same transaction."""
    row = _of_case(case)
    if row is None:
        return
    if step == "resolve" and outcome == "passed":
        row.resolved_on = _held_on(case, step) or today_of(now)
        row.carry_until = row.resolved_on + timedelta(days=number("carry_days", row.unit, row.resolved_on))
        row.save(update_fields=["resolved_on", "carry_until"])
        _go(row, State.RESOLVED)
    elif step == "amend" and outcome == "submitted":
        _amended(row, case)
        _go(row, State.RUNNING)
    elif step in ("publish", "report") and outcome == "objected":
        _go(row, State.FAILED if step == "publish" else State.RESOLVED)
    elif outcome in ("failed", "returned", "refused"):
        _go(row, State.FAILED)
    _mirror(row, now)
    _record(actor, now, actions.DECISION_STEP, row, step=step, outcome=outcome)
    marks.stale(row.unit, today_of(row.proposed_at))


def _held_on(case: procedures.Case, step: str) -> date | None:
    import json

    done = procedures.CaseStep.objects.filter(case_id=case.pk, key=step, state="done").order_by("-id").first()
    held = json.loads(done.result or "{}").get("held_on") if done else None
    return date.fromisoformat(str(held)[:10]) if held else None


def _amended(row: Decision, case: procedures.Case) -> None:
    """What the amendment changed in the case is what the decision now says."""
    import json

    data = json.loads(case.data or "{}")
    row.text = str(data.get("proposal") or row.text)
    amount = data.get("amount")
    row.amount = Decimal(str(amount)) if amount not in (None, "") else row.amount
    row.save(update_fields=["text", "amount"])


def on_result(case: procedures.Case, state: str, actor: Actor, now: datetime) -> None:
    """A decision's case is over."""
    row = _of_case(case)
    if row is None:
        return
    if state == "resolved":
        row.done_at = now
        row.save(update_fields=["done_at"])
        if row.state != State.DONE:
            if row.state == State.RESOLVED:
                _go(row, State.CARRYING)
            _go(row, State.DONE)
        _record(actor, now, actions.CARRIED_OUT, row)
    elif row.state not in (State.ENDED, State.DONE):
        row.state, row.why_ended = State.ENDED, "未获通过" if state == "rejected" else "终止"
        row.save(update_fields=["state", "why_ended"])
        _record(actor, now, actions.DECISION_ENDED, row)
    _mirror(row, now)
    marks.stale(row.unit, today_of(row.proposed_at))


@transaction.atomic
def give_up(*, actor: Actor, now: datetime, decision: Decision, reason: str) -> Decision:
    """End a proposal before it is resolved."""
    need(actor, "democracy.decide", decision.unit.path)
    row = Decision.objects.select_for_update(of=("self",)).select_related("unit").get(pk=decision.pk)
    if len(reason.strip()) < 2:
        raise DomainError("democracy.decision.reason", "请写明终止的理由。", field="reason")
    may_move(row.state, State.ENDED)
    if row.resolved_on is not None:
        raise DomainError("democracy.decision.resolved", "已经形成决议，须经原会议重新议决，不能直接终止。")
    row.state, row.why_ended = State.ENDED, reason.strip()[:300]
    row.save(update_fields=["state", "why_ended"])
    if row.case_id:
        procedures.end(actor=actor, now=now, case=row.case_id, reason=reason.strip()[:300])
    _mirror(row, now)
    _record(actor, now, actions.DECISION_ENDED, row, reason=reason)
    marks.stale(row.unit, today_of(row.proposed_at))
    return row


@transaction.atomic
def carry(
    *,
    actor: Actor,
    now: datetime,
    decision: Decision,
    words: str,
    on: date | None = None,
    spent: Decimal | None = None,
    finished: bool = False,
) -> Progress:
    """What was done to carry a decision out; ``finished`` lets the case go on to the second disclosure.

    A first disclosure that has not hung its days does not stop the work, but the work cannot be finished before it.
    """
    need(actor, "democracy.decide", decision.unit.path)
    row = Decision.objects.select_for_update(of=("self",)).select_related("unit").get(pk=decision.pk)
    today = today_of(now)
    day = on or today
    if row.resolved_on is None or row.state not in (State.RESOLVED, State.CARRYING):
        raise DomainError("democracy.decision.unresolved", "还没有形成决议，不能实施。")
    if len(words.strip()) < 2:
        raise DomainError("democracy.carry.words", "请写明做了什么。", field="words")
    if not row.resolved_on <= day <= today:
        raise DomainError("democracy.carry.day", "日期应在决议之后、今天之前。", field="on")
    if finished and row.step != "carry":
        raise DomainError("democracy.carry.disclosed", "决议公开期满、没有异议之后才能登记实施完毕。", field="finished")
    made = Progress.objects.create(
        decision=row,
        on=day,
        words=words.strip()[:1000],
        spent=spent,
        finished=finished,
        by_name=actor.name[:80],
        at=now,
    )
    _go(row, State.CARRYING)
    _record(actor, now, actions.CARRIED, row, words=made.words, spent=spent, finished=finished)
    if finished and row.case_id:
        procedures.signal(
            actor=actor, now=now, case=row.case_id, name="democracy.carried", data={"on": day.isoformat()}
        )
    marks.stale(row.unit, today_of(row.proposed_at))
    return made


# --- the notices that belong to it -------------------------------------------------------------------------------------


def _case_hangs(row: Disclosure, actor: Actor, now: datetime) -> None:
    """The notice of a decision is up: the case's publicity has begun, for as long as the notice hangs."""
    decision, step = decision_of(row)
    if decision is None or decision.case_id is None or decision.step != step or row.replaces_id is not None:
        return
    procedures.act(
        actor=system(actor.name), now=now, case=decision.case_id, step=step,
        act=procedures.Publish(on=today_of(now), where="村务公开栏和公开页", words=f"公开内容指纹 {row.digest}", until=row.up_until),
    )  # fmt: skip


def _case_over(row: Disclosure, actor: Actor, now: datetime) -> None:
    """The notice has hung its days and nothing is open: the case goes on (unless its own clock was faster)."""
    decision, step = decision_of(row)
    if decision is not None and decision.case_id is not None and decision.step == step:
        procedures.act(actor=actor, now=now, case=decision.case_id, step=step, act=procedures.Close())


notices.PUBLISHED_LISTENERS.append(_case_hangs)
notices.ENDED_LISTENERS.append(_case_over)


# --- the township -------------------------------------------------------------------------------------------------------


@transaction.atomic
def found_skipped(*, actor: Actor, now: datetime, unit: Unit, item: str, words: str) -> Skip:
    """The township found something done without its decision: a matter follows it to the end. It decides nothing instead."""
    need(actor, "democracy.oversee", unit.path)
    if item not in matter_list():
        raise NotFound("democracy.item.unknown", "公开目录里没有这一项。")
    if len(words.strip()) < 5:
        raise DomainError("democracy.skip.words", "请写明发现的情况。", field="words")
    row = Skip.objects.create(
        unit=unit, item=item, words=words.strip()[:500], found_on=today_of(now), found_name=actor.name[:80]
    )
    row.matter = matter_of(
        actor=actor, now=now, unit=unit, kind="skip", ref=f"skip:{row.pk}", title=f"未按程序决策：{matter_list()[item].title}",
        text=f"{words.strip()}\n请补正程序或纠正，并将结果向村民公开。",
    )  # fmt: skip
    row.save(update_fields=["matter"])
    trail.record(
        actor=actor, now=now, action=actions.SKIPPED, kind="decision_skip", subject_id=row.pk, label=matter_list()[item].title,
        after={"item": item, "matter": row.matter_id}, unit_path=unit.path,
    )  # fmt: skip
    marks.stale(unit, today_of(now))
    return row
