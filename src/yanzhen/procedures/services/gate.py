"""The one gate: lock the case, let the engine decide, write what changed, set clocks and to-do rows, tell.

Everything a case goes through passes ``opened`` and ``written``: one transaction, one trail row, one line of history.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import F

from yanzhen.kernel.errors import Conflict, NotFound
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.trail import api as trail
from yanzhen.kernel.worktime.api import BEIJING
from yanzhen.measures.api import mark_stale, month_of
from yanzhen.procedures.domain import engine
from yanzhen.procedures.domain.definition import Definition, Kind, Step, Who
from yanzhen.procedures.domain.state import OPEN, RUNNING, CaseState, Facts, StepState
from yanzhen.procedures.models import Case, CaseReach, CaseStep, Entry, Evidence, SignOff, Todo
from yanzhen.procedures.selectors.definitions import definition_of
from yanzhen.procedures.selectors.facts import day_of, due_for, facts_for
from yanzhen.procedures.selectors.places import Place, place
from yanzhen.procedures.selectors.standing import Holder, barred_in, holders
from yanzhen.procedures.selectors.state import Loaded, cause_text, load

#: Due time of what has none: far away, so that one index gives the inbox in order.
FAR = datetime(9999, 1, 1, tzinfo=BEIJING)
GROUP = "procedures"

ResultListener = Callable[[Case, str, Actor, datetime], object]
StepListener = Callable[[Case, str, str, Actor, datetime], object]
_ON_RESULT: list[tuple[str, ResultListener]] = []
_ON_STEP: list[tuple[str, StepListener]] = []


def on_result(prefix: str, listener: ResultListener) -> None:
    """``listener(case, state, actor, now)`` when a case whose code begins with ``prefix`` is resolved, rejected or ended.

    Called inside the transaction; raising a DomainError refuses the act.
    """
    if (prefix, listener) not in _ON_RESULT:
        _ON_RESULT.append((prefix, listener))


def on_step(prefix: str, listener: StepListener) -> None:
    """``listener(case, step key, outcome, actor, now)`` after each step that ended, inside the transaction."""
    if (prefix, listener) not in _ON_STEP:
        _ON_STEP.append((prefix, listener))


@dataclass
class Work:
    """A locked case with everything the engine needs."""

    case: Case
    definition: Definition
    place: Place
    loaded: Loaded
    facts: Facts
    now: datetime
    actor: Actor

    @property
    def state(self) -> CaseState:
        """The state as loaded."""
        return self.loaded.state


def lock(case: Case | int) -> Case:
    """The row, locked; NotFound when there is none."""
    case_id = case if isinstance(case, int) else case.pk
    found = Case.objects.select_for_update(of=("self",)).select_related("procedure").filter(pk=case_id).first()
    if found is None:
        raise missing()
    return found


def missing() -> NotFound:
    """The one answer for a case that is not there or not in sight."""
    return NotFound("procedures.case.none", "没有找到这件事，或您的岗位看不到它。")


def opened(*, actor: Actor, now: datetime, case: Case | int, version: int | None = None) -> Work:
    """Lock and load. Conflict when somebody changed it since ``version``."""
    row = lock(case)
    if version is not None and version != row.version:
        raise changed(row)
    definition = definition_of(row)
    here = place(row.unit_id)
    return Work(row, definition, here, load(row, definition), facts_for(definition, here, day_of(now)), now, actor)


def changed(row: Case) -> Conflict:
    """Somebody was faster."""
    return Conflict(
        "procedures.case.changed",
        "这件事刚刚被其他人办理过，您看到的不是最新内容。请刷新后核对，您填写的内容已保留。",
        version=row.version,
    )


def written(
    work: Work,
    after: CaseState,
    *,
    code: str,
    action: str,
    step: StepState | None = None,
    outcome: str = "",
    words: str = "",
    data: Mapping[str, Any] | None = None,
    trailed: Mapping[str, Any] | None = None,
) -> Case:
    """Write the difference between what was loaded and ``after``."""
    row, now = work.case, work.now
    before = {"state": row.state, "steps": row.steps_now}
    fresh = _write_steps(work, after, step, outcome, words)
    row.data = json.dumps(dict(after.data), ensure_ascii=False)
    row.state = after.state
    if after.state != RUNNING and row.ended_at is None:
        row.ended_at = now
    _head(work, after)
    row.updated_at = now
    stored = Case.objects.filter(pk=row.pk, version=row.version).update(
        version=F("version") + 1,
        **{
            name: getattr(row, name)
            for name in (
                "data", "state", "ended_at", "due_at", "overdue", "steps_now", "rounds", "updated_at", "procedure_id", "title",
            )
        },
    )  # fmt: skip
    if not stored:
        raise changed(row)
    row.version += 1
    Entry.objects.create(
        case=row, step_key=step.key if step else "", round=step.round if step else 1, at=now, act=code, outcome=outcome,
        actor_name=work.actor.name[:80], actor_post=work.actor.post_label[:120], account_id=work.actor.account_id,
        on_behalf_of=work.actor.on_behalf_of[:80], words=words,
        data=json.dumps(dict(data), ensure_ascii=False, default=str) if data else "",
    )  # fmt: skip
    named = {"step": step.key, "round": step.round} if step else {}
    trail.record(
        actor=work.actor, now=now, action=action, kind="case", subject_id=row.pk, label=row.number, before=before,
        after={"state": row.state, "steps": row.steps_now} | named | ({"outcome": outcome} if outcome else {}) | dict(trailed or {}),
        unit_path=row.unit_path,
    )  # fmt: skip
    mark_stale(group=GROUP, unit_id=row.unit_id, period=month_of(day_of(row.started_at)))
    if outcome and step is not None:
        for prefix, heard in _ON_STEP:
            if row.code.startswith(prefix):
                heard(row, step.key, outcome, work.actor, now)
    if before["state"] == RUNNING and row.state != RUNNING:
        for prefix, told in _ON_RESULT:
            if row.code.startswith(prefix):
                told(row, row.state, work.actor, now)
    from yanzhen.procedures.services.telling import tell

    tell(work, after, fresh, outcome)
    return row


def _head(work: Work, after: CaseState) -> None:
    """What lists show of a case: its open steps, the nearest due time, whether it is late, how often it was repeated."""
    row = work.case
    live = [work.loaded.rows[each.id] for each in after.open]
    row.steps_now = ",".join(each.key for each in live)[:200]
    row.due_at = min((each.due_at for each in live if each.due_at), default=None)
    row.overdue = any(each.overdue for each in live)
    row.rounds = max((each.round for each in after.steps), default=1)


def _write_steps(
    work: Work, after: CaseState, step: StepState | None, outcome: str, words: str
) -> list[tuple[CaseStep, list[Holder]]]:
    """Update and create step rows; returns the new ones with who must act."""
    known = {each.id: each for each in work.state.steps}
    gone: list[int] = []
    fresh: list[tuple[CaseStep, list[Holder]]] = []
    for each in after.steps:
        row = work.loaded.rows.get(each.id)
        if row is None:
            fresh.append(_create(work, each, after))
        elif known[each.id].state != each.state or known[each.id].result != each.result:
            if row.state == OPEN and each.state != OPEN:
                gone.append(row.pk)
            ended = step is not None and each.id == step.id and bool(outcome)
            row.state, row.outcome, row.to = each.state, each.outcome, ",".join(each.to)
            row.result = json.dumps(dict(each.result), ensure_ascii=False, default=str)
            if row.done_at is None and each.state != OPEN:
                row.done_at = work.now
                row.look_at = None
            if ended:
                actor = work.actor
                row.words, row.number = words, str(each.result.get("number", ""))[:60]
                row.done_by, row.done_name, row.done_post = actor.account_id, actor.name[:80], actor.post_label[:120]
                row.on_behalf_of = actor.on_behalf_of[:80]
            row.save()
    if gone:
        Todo.objects.filter(step_id__in=gone).delete()
    return fresh


def _create(work: Work, each: StepState, after: CaseState) -> tuple[CaseStep, list[Holder]]:
    row = CaseStep(
        case=work.case, key=each.key, round=each.round, state=each.state, outcome=each.outcome, to=",".join(each.to),
        cause=cause_text(each.cause), result=json.dumps(dict(each.result), ensure_ascii=False, default=str),
        opened_at=work.now,
    )  # fmt: skip
    if each.state != OPEN:
        row.done_at = work.now
        row.save(force_insert=True)
        work.loaded.rows[each.id] = row
        return row, []
    definition = work.definition
    step = definition.step(each.key)
    row.due_at = due_for(step.limit, work.place.ref, work.now, procedure=definition.code, step=step.key)
    row.earliest = earliest(step, each, after, work.facts)
    row.look_at = look_at(row)
    row.save(force_insert=True)
    work.loaded.rows[each.id] = row
    if each.evidence:
        _carry(work, row, each)
    if each.offs:
        SignOff.objects.bulk_create(
            [
                SignOff(step=row, key=off.key, title=_off_title(step, off.key), unit_id=unit_of(off.key))
                for off in each.offs
            ]
        )
    return row, assign(work, row, step, after)


def _carry(work: Work, row: CaseStep, each: StepState) -> None:
    """What was shown in the round before counts again: nobody is asked twice."""
    earlier = [old for (key, number), old in work.loaded.rows.items() if key == each.key and number < each.round]
    kept = Evidence.objects.filter(step=max(earlier, key=lambda old: old.round)).order_by("id") if earlier else []
    Evidence.objects.bulk_create(
        [
            Evidence(step=row, key=e.key, file_id=e.file_id, value=e.value, at=e.at, by=e.by, by_name=e.by_name)
            for e in kept
        ]
    )


def unit_of(key: str) -> int | None:
    """The unit a sign-off of a listed unit is of (``u17``)."""
    return int(key[1:]) if key[:1] == "u" and key[1:].isdigit() else None


def _off_title(step: Step, key: str) -> str:
    unit_id = unit_of(key)
    if unit_id is not None and not step.sign_offs:
        return place(unit_id).ref.name[:120]
    return next(each.title.zh for each in step.sign_offs if each.key == key)[:120]


def earliest(step: Step, each: StepState, case: CaseState, facts: Facts) -> datetime | None:
    """Before when the clock cannot end a step: publicity runs to the end of its last day, a wait to its day."""
    if step.kind is Kind.PUBLICITY and each.posted is not None:
        return datetime.combine(each.posted.until + timedelta(days=1), time(), tzinfo=BEIJING)
    if step.kind is Kind.WAIT:
        until = engine.waits_until(step, each.opened_on, case.data, facts)
        return datetime.combine(until, time(), tzinfo=BEIJING) if until else None
    return None


def look_at(row: CaseStep) -> datetime | None:
    """When the clock must look at an open step: it falls due, or it can be ended by time."""
    moments = [row.earliest, None if row.overdue else row.due_at]
    return min((each for each in moments if each is not None), default=None)


def assign(work: Work, row: CaseStep, step: Step, after: CaseState) -> list[Holder]:
    """To-do rows and sight for everybody who must act in an open step now."""
    on = day_of(work.now)
    barred = barred_in(work.definition, step, work.case, on)
    wanted: list[tuple[str, Holder]] = []

    def ask(key: str, who: Who, unit_id: int | None = None) -> None:
        found = holders(who, work.case, on, data=after.data, here=work.place, barred=barred, unit_id=unit_id)
        wanted.extend((key, holder) for holder in found)

    if step.kind is Kind.SIGN_OFFS:
        for off in step.sign_offs:
            ask(off.key, off.who)
        if not step.sign_offs:
            for key in engine.off_keys(step, after.data, work.facts):
                ask(key, step.who, unit_of(key))
    elif step.who.roles or step.who.starter:
        ask("", step.who)
    Todo.objects.bulk_create(
        [
            Todo(
                case=work.case, step=row, sign_off=key, unit_id=holder.unit_id, unit_path=holder.unit_path, role=holder.role,
                account_id=holder.account_id, deputy=holder.deputy, due_at=row.due_at or FAR,
            )
            for key, holder in wanted
        ]
    )  # fmt: skip
    reach = {(holder.unit_id, holder.role) for _, holder in wanted if holder.unit_id is not None}
    if reach:
        CaseReach.objects.bulk_create(
            [
                CaseReach(unit_id=unit_id, role=role, case=work.case, started_at=work.case.started_at)
                for unit_id, role in sorted(reach)
            ],
            ignore_conflicts=True,
        )
    return [holder for _, holder in wanted]
