"""Changing the rulebook: one proposes, another approves; the past is not rewritten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from yanzhen.kernel.errors import Conflict, DomainError
from yanzhen.kernel.rulebook import actions
from yanzhen.kernel.rulebook.domain import Rule, check, check_dates, check_dims, dump, make_room
from yanzhen.kernel.rulebook.models import RuleValue
from yanzhen.kernel.rulebook.selectors import as_stated, forget, rule_of, value
from yanzhen.kernel.scope.api import Actor, UnitRef, need
from yanzhen.kernel.trail import api as trail


def right(rule: Rule, act: str) -> str:
    """The capability for ``act`` (propose, approve) on a rule: the business's or the security officers'."""
    return f"{'policy' if rule.steward == 'security' else 'rules'}.{act}"


def _facts(row: RuleValue) -> dict[str, Any]:
    return {
        "key": row.key, "unit": row.unit_id, "dims": row.dims, "value": row.value, "basis": row.basis,
        "from": row.valid_from, "to": row.valid_to, "state": row.state,
    }  # fmt: skip


def _record(
    actor: Actor,
    now: datetime,
    action: str,
    row: RuleValue,
    unit: UnitRef,
    before: Mapping[str, Any] | None,
    note: str = "",
) -> None:
    trail.record(
        actor=actor, now=now, action=action, kind="rule", subject_id=row.pk, label=f"{row.key} {unit.name}",
        before=before, after=_facts(row), purpose=note, unit_path=unit.path,
    )  # fmt: skip


def _anew() -> None:
    """Forget cached values now (for this transaction's reader) and once more when others can see the change."""
    forget()
    transaction.on_commit(forget)


@transaction.atomic
def propose(
    *,
    actor: Actor,
    now: datetime,
    unit: UnitRef,
    key: str,
    value: Any,
    basis: str,
    valid_from: date,
    valid_to: date | None = None,
    dims: Mapping[str, Any] | None = None,
    note: str = "",
) -> RuleValue:
    """Propose that ``key`` is ``value`` for ``unit`` and below on ``valid_from <= day < valid_to``.

    ``value``: of the rule's type (see ``domain.parse`` for typed text). ``basis``: the document that orders it, asked always.
    It holds nowhere until somebody else approves it.
    """
    rule = rule_of(key)
    need(actor, right(rule, "propose"), unit.path)
    row = RuleValue(
        key=key, unit_id=unit.id, dims=check_dims(rule, dims or {}), value=dump(rule, check(rule, value)), basis=basis.strip(),
        note=note.strip(), valid_from=valid_from, valid_to=valid_to, proposed_by=actor.account_id or 0,
        proposed_name=actor.name, proposed_at=now,
    )  # fmt: skip
    if not row.basis:
        raise DomainError("rulebook.value.basis", "请填写依据（文件名称、文号或条款）。", field="basis")
    _check_dates(row, unit, now)
    row.save()
    _record(actor, now, actions.PROPOSED, row, unit, None)
    return row


def _check_dates(row: RuleValue, unit: UnitRef, now: datetime) -> None:
    today = timezone.localdate(now)
    backdate = int(value("rulebook.backdate_days", unit, on=today))
    check_dates(row.valid_from, row.valid_to, today=today, backdate=backdate)


def _open(row: RuleValue) -> RuleValue:
    fresh = RuleValue.objects.select_for_update().get(pk=row.pk)
    if fresh.state != RuleValue.PROPOSED:
        raise Conflict("rulebook.value.decided", "这项规则变更已经办理过了，请刷新页面。")
    return fresh


@transaction.atomic
def approve(*, actor: Actor, now: datetime, row: RuleValue, unit: UnitRef) -> RuleValue:
    """Approve a proposal of somebody else. Older values of the same rule, unit and dimensions make room (``make_room``).

    A proposal that waited past its first day is refused by the same dates rule as a new one: it would rewrite the past.
    """
    row = _open(row)
    rule = rule_of(row.key)
    need(actor, right(rule, "approve"), unit.path)
    if unit.id != row.unit_id:
        raise ValueError("unit is not the proposal's")
    if actor.account_id is None or actor.account_id == row.proposed_by:
        raise DomainError("rulebook.value.two_people", "规则变更须由两人办理：提出人不能审批自己提出的变更。")
    _check_dates(row, unit, now)
    before = _facts(row)
    row.state, row.decided_by, row.decided_name, row.decided_at = RuleValue.APPROVED, actor.account_id, actor.name, now
    for older, cut in _cuts(row):
        was = _facts(older)
        if cut.resumes is not None:
            _again(older, cut.resumes, now)
        older.valid_to = cut.until
        older.save(update_fields=["valid_to"])
        _record(actor, now, actions.CLOSED, older, unit, was)
    row.save()
    _record(actor, now, actions.APPROVED, row, unit, before)
    _anew()
    return row


def _cuts(row: RuleValue) -> list[tuple[RuleValue, Any]]:
    """Older approved values that overlap, locked, with what happens to each."""
    same = RuleValue.objects.select_for_update().filter(
        key=row.key, unit_id=row.unit_id, dims=row.dims, state=RuleValue.APPROVED
    )
    older = {each.pk: each for each in same.order_by("id")}
    cuts = make_room([as_stated(each) for each in older.values()], row.valid_from, row.valid_to)
    return [(older[cut.row_id], cut) for cut in cuts]


def _again(older: RuleValue, start: date, now: datetime) -> None:
    """The rest of an older value after a value for a time: same proposer, approver and basis."""
    again = RuleValue.objects.get(pk=older.pk)
    again.pk = None
    again.valid_from, again.decided_at = start, now
    again.save(force_insert=True)


@transaction.atomic
def reject(*, actor: Actor, now: datetime, row: RuleValue, unit: UnitRef, reason: str) -> RuleValue:
    """Refuse a proposal, with a reason."""
    row = _open(row)
    need(actor, right(rule_of(row.key), "approve"), unit.path)
    return _close(actor, now, row, unit, RuleValue.REJECTED, actions.REJECTED, reason)


@transaction.atomic
def withdraw(*, actor: Actor, now: datetime, row: RuleValue, unit: UnitRef, reason: str) -> RuleValue:
    """Take the own proposal back."""
    row = _open(row)
    need(actor, right(rule_of(row.key), "propose"), unit.path)
    if actor.account_id != row.proposed_by:
        raise DomainError("rulebook.value.not_yours", "只能撤回自己提出的变更。")
    return _close(actor, now, row, unit, RuleValue.WITHDRAWN, actions.WITHDRAWN, reason)


def _close(
    actor: Actor, now: datetime, row: RuleValue, unit: UnitRef, state: str, action: str, reason: str
) -> RuleValue:
    if not reason.strip():
        raise DomainError("rulebook.value.reason", "请写明理由。", field="reason")
    before = _facts(row)
    row.state, row.decided_by, row.decided_name, row.decided_at = state, actor.account_id, actor.name, now
    row.note = f"{row.note} {reason.strip()}".strip()[:300]
    row.save()
    _record(actor, now, action, row, unit, before, reason)
    return row


@transaction.atomic
def replace(*, actor: Actor, now: datetime, row: RuleValue, unit: UnitRef, **changes: Any) -> RuleValue:
    """Withdraw the own proposal and put a corrected one in its place (``changes``: fields of :func:`propose`)."""
    withdraw(actor=actor, now=now, row=row, unit=unit, reason="已由新的提议代替")
    rule, old = rule_of(row.key), as_stated(row)
    given: dict[str, Any] = {
        "key": rule.key, "value": old.value, "basis": row.basis, "valid_from": row.valid_from, "valid_to": row.valid_to,
        "note": row.note,
    }  # fmt: skip
    return propose(actor=actor, now=now, unit=unit, **{**given, **changes})


@transaction.atomic
def install(
    *, actor: Actor, now: datetime, unit: UnitRef, key: str, value: Any, basis: str, valid_from: date
) -> RuleValue:
    """A value set by the installation itself (demo county, first set-up): only the system may, nobody has to approve."""
    if not actor.is_system:
        raise DomainError("rulebook.value.two_people", "规则变更须由两人办理：提出人不能审批自己提出的变更。")
    rule = rule_of(key)
    row = RuleValue.objects.create(
        key=key, unit_id=unit.id, dims="{}", value=dump(rule, check(rule, value)), basis=basis, valid_from=valid_from,
        state=RuleValue.APPROVED, proposed_by=0, proposed_name=actor.name, proposed_at=now, decided_at=now,
    )  # fmt: skip
    _record(actor, now, actions.APPROVED, row, unit, None)
    _anew()
    return row


def note_export(*, actor: Actor, now: datetime, unit: UnitRef, on: date) -> None:
    """Trace of an export of the rules that hold at a unit."""
    trail.record(
        actor=actor, now=now, action=actions.EXPORTED, kind="rule", subject_id=0, label=unit.name, after={"on": on},
        unit_path=unit.path,
    )  # fmt: skip
