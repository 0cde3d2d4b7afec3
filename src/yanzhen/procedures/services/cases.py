"""Starting a case, acting in it, ending it, moving it to another version."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr

from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.files import api as files_api
from yanzhen.kernel.scope.api import Actor, in_range, need, path_range
from yanzhen.kernel.trail import api as trail
from yanzhen.procedures import actions
from yanzhen.procedures.domain import acts, engine
from yanzhen.procedures.domain.definition import Kind, Step
from yanzhen.procedures.domain.state import RUNNING, CaseState, StepState
from yanzhen.procedures.models import Case, CaseReach, CaseStep, Evidence, Interest, Procedure, Todo
from yanzhen.procedures.selectors.definitions import definition_for, of_row, row_for
from yanzhen.procedures.selectors.facts import day_of, facts_for
from yanzhen.procedures.selectors.places import forget, mine, place
from yanzhen.procedures.selectors.sight import sees
from yanzhen.procedures.selectors.standing import barred_in, check_excluded, holders, matches
from yanzhen.procedures.selectors.state import Loaded
from yanzhen.procedures.services import gate, records
from yanzhen.procedures.services.definitions import ensure
from yanzhen.registry.api import on_units_moved

#: Evidence that any meeting or posting may carry without being asked for.
FREE = frozenset({"signed_list", "minutes", "attachment", "posted"})
_CODES = {
    acts.Submit: "submit", acts.Judge: "judge", acts.Answer: "answer", acts.Announce: "announce", acts.Hold: "hold",
    acts.Publish: "publish", acts.Object: "object", acts.Reply: "reply", acts.Close: "close", acts.Signal: "signal",
    acts.Amend: "amend",
}  # fmt: skip


@transaction.atomic
def start(
    *,
    actor: Actor,
    now: datetime,
    procedure: str,
    unit_id: int,
    title: str,
    data: Mapping[str, Any] | None = None,
    subject: tuple[str, int] | None = None,
    key: str = "",
) -> Case:
    """Begin a case of a unit by the version that holds there now. The same ``key`` again gives the same case.

    DomainError for an unknown procedure, a unit of another level or fields that cannot be; NotAllowed without the right there or
    with a role that may not begin it.
    """
    if key:
        found = Case.objects.filter(code=procedure, request_key=key).select_related("procedure").first()
        if found is not None:
            return found
    here = place(unit_id)
    definition = definition_for(procedure, here.ref)
    if not actor.is_system:
        if actor.unit is None or here.ref.path not in actor.unit.scope:
            if not (actor.has("procedures.start") and unit_id in mine(actor)):
                need(actor, "procedures.start", here.ref.path)
        else:
            need(actor, "procedures.start", here.ref.path)
        if definition.starters and actor.role not in definition.starters:
            raise NotAllowed("procedures.start.role", "您当前的岗位不能发起“{title}”。", title=definition.title.zh)
    if definition.level and here.ref.level != definition.level:
        raise DomainError(
            "procedures.start.level", "“{title}”不能在这一级发起。", field="unit", title=definition.title.zh
        )
    if not title.strip():
        raise DomainError("procedures.title.none", "请填写标题。", field="title")
    row = _new(
        actor,
        now,
        ensure(definition, row_for(procedure, here.ref), now=now),
        here.ref.id,
        here.ref.path,
        title,
        subject,
        key,
    )
    row.restricted = definition.restricted
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return Case.objects.select_related("procedure").get(code=procedure, request_key=key)
    row.number = f"JC{day_of(now).year}-{row.pk:08d}"
    Case.objects.filter(pk=row.pk).update(number=row.number)
    if row.starter_unit_id and actor.role:
        CaseReach.objects.create(unit_id=row.starter_unit_id, role=actor.role, case=row, started_at=now)
    facts = facts_for(definition, here, day_of(now))
    work = gate.Work(row, definition, here, Loaded(CaseState({}), {}), facts, now, actor)
    after = engine.begin(definition, data or {}, facts)
    return gate.written(
        work, after, code="start", action=actions.STARTED,
        trailed={"procedure": definition.code, "version": definition.version},
    )  # fmt: skip


def _new(
    actor: Actor,
    now: datetime,
    procedure: Procedure,
    unit_id: int,
    path: str,
    title: str,
    subject: tuple[str, int] | None,
    key: str,
) -> Case:
    return Case(
        number=uuid.uuid4().hex[:24], procedure=procedure, code=procedure.code, title=title.strip()[:160], unit_id=unit_id,
        unit_path=path, subject_kind=subject[0] if subject else "", subject_id=subject[1] if subject else None, request_key=key,
        started_by=actor.account_id, starter_name=actor.name[:80], starter_post=actor.post_label[:120], starter_role=actor.role,
        starter_unit_id=actor.unit.id if actor.unit else None, started_at=now, updated_at=now,
    )  # fmt: skip


@transaction.atomic
def act(
    *,
    actor: Actor,
    now: datetime,
    case: Case | int,
    step: str,
    act: acts.Act,
    evidence: Mapping[str, Any] | None = None,
    files: Sequence[tuple[str, str, bytes]] = (),
    version: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> Case:
    """Do something in an open step. ``data``: case fields of this step changed along with the act.

    NotFound out of sight; Conflict when somebody was faster; NotAllowed for the wrong post or an excluded person; DomainError where the
    engine refuses (missing evidence, wrong day, no quorum of sign-offs …).
    """
    work = gate.opened(actor=actor, now=now, case=case, version=version)
    if not _may_see(actor, work.case, act):
        raise gate.missing()
    if not work.definition.has(step):
        raise DomainError("procedures.step.none", "这个程序没有这一步。")
    declared = work.definition.step(step)
    here = work.state.now_at(step)
    if here is None:
        raise DomainError("procedures.step.not_open", "这一步现在没有在办，页面可能已过时，请刷新。")
    act = _standing(work, declared, here, act)
    state = work.state
    row = work.loaded.rows[here.id]
    if data:
        state = engine.apply(work.definition, state, step, acts.Amend(data), work.facts).case
    shown = _show(work, declared, row, evidence or {}, files)
    if shown:
        here = replace(here, evidence=here.evidence | shown)
        state = replace(state, steps=tuple(here if each.id == here.id else each for each in state.steps))
    change = engine.apply(work.definition, state, step, act, work.facts)
    records.keep(work, declared, row, act, change)
    if isinstance(act, acts.Publish) and change.step.posted is not None:
        row.earliest = gate.earliest(declared, change.step, change.case, work.facts)
        row.due_at, row.overdue = None, False
        row.look_at = gate.look_at(row)
        row.save(update_fields=["earliest", "due_at", "overdue", "look_at"])
        work.case.todos.filter(step=row).update(due_at=gate.FAR)
    code = _CODES[type(act)]
    return gate.written(
        work, change.case, code=code, action=actions.ACT[code], step=change.step, outcome=change.outcome,
        words=records.words_of(act), data=records.lines_of(act, change), trailed=records.trailed(act, change),
    )  # fmt: skip


def _may_see(actor: Actor, case: Case, act: acts.Act) -> bool:
    if isinstance(act, acts.Object) and not case.restricted:
        return True  # whoever reads the notice may object, without an account
    return sees(actor, case)


def _standing(work: gate.Work, step: Step, here: StepState, act: acts.Act) -> acts.Act:
    """NotAllowed unless this is the actor's step. An answer without a key gets the key of the actor's own sign-off."""
    actor = work.actor
    if isinstance(act, acts.Object) or actor.is_system:
        return act
    if isinstance(act, acts.Signal):
        raise NotAllowed("procedures.act.signal", "这一步由平台内其他模块通知。")
    if not actor.has("procedures.act"):
        raise NotAllowed("procedures.act.denied", "这一步不由您当前的岗位办理。")
    on = day_of(work.now)
    barred = barred_in(work.definition, step, work.case, on)
    check_excluded(step, actor, barred)
    if step.kind is Kind.SIGN_OFFS and isinstance(act, acts.Answer):
        mine_keys = _own_offs(work, step, here, barred)
        if act.key and act.key not in mine_keys:
            raise NotAllowed("procedures.act.denied", "这一步不由您当前的岗位办理。")
        if not act.key:
            waiting = [off.key for off in here.offs if off.agreed is None and off.key in mine_keys]
            if not waiting:
                raise NotAllowed("procedures.act.denied", "这一步不由您当前的岗位办理。")
            return replace(act, key=waiting[0])
        return act
    found = holders(step.who, work.case, on, data=work.state.data, here=work.place, barred=barred)
    if any(matches(actor, holder) for holder in found):
        return act
    if step.who.starter and _succeeds(actor, work.case):
        return act
    raise NotAllowed("procedures.act.denied", "这一步不由您当前的岗位办理。")


def _own_offs(work: gate.Work, step: Step, here: StepState, barred: set[int]) -> set[str]:
    on = day_of(work.now)
    asked = {off.key: off.who for off in step.sign_offs} or {off.key: step.who for off in here.offs}
    found = set()
    for key, who in asked.items():
        unit_id = None if step.sign_offs else gate.unit_of(key)
        some = holders(who, work.case, on, data=work.state.data, here=work.place, barred=barred, unit_id=unit_id)
        if any(matches(work.actor, holder) for holder in some):
            found.add(key)
    return found


def _succeeds(actor: Actor, case: Case) -> bool:
    """Whoever holds the starter's post now may go on with what it began."""
    return bool(case.starter_role) and actor.role == case.starter_role and case.starter_unit_id in mine(actor)


def _show(
    work: gate.Work, step: Step, row: CaseStep, given: Mapping[str, Any], files: Sequence[tuple[str, str, bytes]]
) -> frozenset[str]:
    """Keep what is shown; keys that nobody asked for are refused."""
    declared = {each.key: each for each in step.evidence}
    rows = []
    for key, value in given.items():
        if key not in declared or declared[key].type in ("file", "photo"):
            raise DomainError("procedures.evidence.unknown", "这一步不需要“{key}”。", field=key, key=key)
        if value not in (None, ""):
            rows.append(_evidence(work, row, key, value=str(value)))
    for key, name, content in files:
        if key not in declared and key not in FREE:
            raise DomainError("procedures.evidence.unknown", "这一步不需要“{key}”。", field=key, key=key)
        stored = files_api.store(actor=work.actor, now=work.now, upload=content, purpose="attachment", name=name)
        rows.append(_evidence(work, row, key, file_id=stored.pk))
    Evidence.objects.bulk_create(rows)
    return frozenset(each.key for each in rows)


def _evidence(work: gate.Work, row: CaseStep, key: str, *, value: str = "", file_id: int | None = None) -> Evidence:
    return Evidence(
        step=row,
        key=key,
        value=value,
        file_id=file_id,
        at=work.now,
        by=work.actor.account_id,
        by_name=work.actor.name[:80],
    )


@transaction.atomic
def signal(*, actor: Actor, now: datetime, case: Case | int, name: str, data: Mapping[str, Any] | None = None) -> Case:
    """Tell a waiting case that what it waits for has happened; DomainError when no open step waits for ``name``."""
    work = gate.opened(actor=actor, now=now, case=case)
    for each in work.state.open:
        declared = work.definition.step(each.key)
        if declared.kind is Kind.WAIT and declared.signal == name:
            change = engine.apply(work.definition, work.state, each.key, acts.Signal(name, data or {}), work.facts)
            return gate.written(
                work, change.case, code="signal", action=actions.ACT["signal"], step=change.step, outcome=change.outcome
            )
    raise DomainError("procedures.signal.nobody", "没有步骤在等待“{name}”。", name=name)


@transaction.atomic
def end(*, actor: Actor, now: datetime, case: Case | int, reason: str, version: int | None = None) -> Case:
    """Give a case up, with a reason. By whoever began it, or with the right ``procedures.end`` over its unit."""
    work = gate.opened(actor=actor, now=now, case=case, version=version)
    if not sees(actor, work.case):
        raise gate.missing()
    if not (actor.account_id is not None and actor.account_id == work.case.started_by):
        need(actor, "procedures.end", work.case.unit_path)
    if not reason.strip():
        raise DomainError("procedures.words.needed", "请写明理由，让对方知道怎么改。", field="reason")
    return gate.written(work, engine.end(work.state), code="end", action=actions.ENDED, words=reason.strip())


@transaction.atomic
def migrate(*, actor: Actor, now: datetime, case: Case | int, to_version: int, reason: str) -> Case:
    """Move a running case to another version of its procedure, where no step is lost; DomainError otherwise."""
    work = gate.opened(actor=actor, now=now, case=case)
    if not sees(actor, work.case):
        raise gate.missing()
    need(actor, "procedures.migrate", work.case.unit_path)
    target = (
        Procedure.objects.filter(code=work.case.code, version=to_version, state=Procedure.State.ACTIVE)
        .order_by("-unit__depth")
        .first()
    )
    if target is None:
        raise DomainError("procedures.definition.none", "没有这个程序，或它没有启用。")
    fresh = of_row(target)
    after = engine.moved(work.definition, fresh, work.state)
    names = fresh.takes_over.get(work.definition.version, {})
    for (key, number), row in list(work.loaded.rows.items()):
        if names.get(key, key) != key:
            CaseStep.objects.filter(pk=row.pk).update(key=names[key])
            row.key = names[key]
            work.loaded.rows[(names[key], number)] = work.loaded.rows.pop((key, number))
    work.loaded.state = replace(after, steps=after.steps)
    work.case.procedure = target
    work.definition = fresh
    work.facts = facts_for(fresh, work.place, day_of(now))
    _reassign(work, after)
    return gate.written(
        work, after, code="migrate", action=actions.MOVED, words=reason.strip(),
        trailed={"from": work.case.procedure.version, "to": to_version},
    )  # fmt: skip


def _reassign(work: gate.Work, after: CaseState) -> None:
    """Who must act in the open steps, anew."""
    for each in after.open:
        row = work.loaded.rows[each.id]
        row.todos.all().delete()
        gate.assign(work, row, work.definition.step(each.key), after)
        for off in each.offs:
            if off.agreed is not None:
                row.todos.filter(sign_off=off.key).delete()


@transaction.atomic
def declare_interest(
    *,
    actor: Actor,
    now: datetime,
    case: Case | int,
    reason: str,
    account_id: int | None = None,
    person_id: int | None = None,
) -> Interest:
    """Somebody has an interest in this case (oneself, or found by whoever may end it) and stays out of its decisions.

    Open steps are assigned anew: deputies take the place of whoever is left out.
    """
    work = gate.opened(actor=actor, now=now, case=case)
    if not sees(actor, work.case):
        raise gate.missing()
    if account_id is None and person_id is None:
        account_id = actor.account_id
    if account_id != actor.account_id or account_id is None:
        need(actor, "procedures.end", work.case.unit_path)
    if work.case.state != RUNNING:
        raise DomainError("procedures.case.over", "这件事已经结束，不能再办理。")
    made = Interest.objects.create(
        case=work.case, account_id=account_id, person_id=person_id, reason=reason.strip()[:200], declared_by=actor.account_id,
        declared_name=actor.name[:80], at=now,
    )  # fmt: skip
    _reassign(work, work.state)
    gate.written(work, work.state, code="interest", action=actions.INTEREST, words=reason.strip())
    return made


@on_units_moved
def rehome(actor: Actor, now: datetime, old_path: str, new_path: str, unit_ids: Sequence[int]) -> None:
    """Cases follow their units when the tree changes."""
    forget()
    moved = 0
    for model in (Case, Todo):
        rows = model.objects.filter(in_range(path_range(old_path), "unit_path"))
        moved += rows.update(unit_path=Concat(Value(new_path), Substr("unit_path", len(old_path) + 1)))
    if moved:
        trail.record(
            actor=actor, now=now, action=actions.REHOMED, kind="unit", subject_id=unit_ids[0] if unit_ids else 0,
            before={"path": old_path}, after={"path": new_path, "rows": moved}, unit_path=new_path,
        )  # fmt: skip
