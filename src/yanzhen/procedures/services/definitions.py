"""Definitions: what the product ships, and what a county writes itself with two people."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.db import transaction

from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.api import Actor, need
from yanzhen.kernel.trail import api as trail
from yanzhen.procedures import actions
from yanzhen.procedures.domain.definition import Definition
from yanzhen.procedures.domain.loader import DefinitionErrors, Problem, load
from yanzhen.procedures.models import Procedure
from yanzhen.procedures.selectors import definitions as found_in
from yanzhen.registry.models import Role, Unit

LONGEST = 200_000


def ship(folder: Path) -> None:
    """Register a folder of definitions that the product brings (called in AppConfig.ready)."""
    found_in.register(folder)


def ensure(definition: Definition, row: Procedure | None, *, now: datetime) -> Procedure:
    """The row of the definition a case begins with; a shipped version gets its row when it is first used."""
    if row is not None and row.version == definition.version and found_in.of_row(row) == definition:
        return row
    source = found_in.shipped()[(definition.code, definition.version)]
    made, fresh = Procedure.objects.get_or_create(
        code=definition.code, version=definition.version, unit=None,
        defaults={
            "title": definition.title.zh[:120], "title_en": definition.title.en[:200], "source": source,
            "digest": found_in.digest(source), "state": Procedure.State.ACTIVE, "proposed_at": now, "decided_at": now,
        },
    )  # fmt: skip
    if not fresh and made.digest != found_in.digest(source) and found_in.of_row(made) != definition:
        raise DomainError(
            "procedures.definition.changed", "平台自带程序“{code}”第 {version} 版的内容与已用版本不同，应另立新版本。",
            code=definition.code, version=definition.version,
        )  # fmt: skip
    return made


def validate(source: str) -> tuple[Definition | None, list[Problem]]:
    """Read a county's own definition: the definition for a preview, or every problem by line."""
    if len(source) > LONGEST:
        return None, [Problem(0, "", "文件太大，程序定义不应超过 {most} 个字。", {"most": LONGEST})]
    roles = tuple(Role.objects.values_list("code", flat=True))
    try:
        return load(source, known=found_in.known(roles)), []
    except DefinitionErrors as errors:
        return None, errors.problems


@transaction.atomic
def propose(*, actor: Actor, now: datetime, unit: Unit, source: str, reason: str) -> Procedure:
    """Propose a definition for a unit and everything below it; it holds once somebody else approves it."""
    need(actor, "procedures.define", unit.path)
    definition, problems = validate(source)
    if definition is None:
        raise DefinitionErrors(problems)
    taken = Procedure.objects.filter(code=definition.code, version=definition.version, unit=unit)
    shipped_one = (definition.code, definition.version) in found_in.shipped()
    if taken.exists() or shipped_one:
        raise DomainError(
            "procedures.definition.taken", "“{code}”第 {version} 版已经存在，请提高版本号。", field="source",
            code=definition.code, version=definition.version,
        )  # fmt: skip
    row = Procedure.objects.create(
        code=definition.code, version=definition.version, unit=unit, title=definition.title.zh[:120],
        title_en=definition.title.en[:200], source=source, digest=found_in.digest(source), state=Procedure.State.PROPOSED,
        reason=reason.strip()[:200], proposed_by=actor.account_id, proposed_name=actor.name[:80], proposed_at=now,
    )  # fmt: skip
    _trail(actor, now, row, actions.PROPOSED)
    return row


def _locked(procedure_id: int) -> Procedure:
    row = Procedure.objects.select_for_update(of=("self",)).select_related("unit").filter(pk=procedure_id).first()
    if row is None or row.unit is None:
        raise NotFound("procedures.definition.none", "没有这个程序，或它没有启用。")
    return row


def _trail(actor: Actor, now: datetime, row: Procedure, action: str) -> None:
    trail.record(
        actor=actor, now=now, action=action, kind="procedure", subject_id=row.pk, label=f"{row.code} {row.version}",
        after={"state": row.state, "digest": row.digest}, purpose=row.reason, unit_path=row.unit.path if row.unit else "",
    )  # fmt: skip


@transaction.atomic
def decide(*, actor: Actor, now: datetime, procedure_id: int, granted: bool, reason: str = "") -> Procedure:
    """Approve or refuse a proposed definition; never the one who proposed it. Cases that run keep their version."""
    row = _locked(procedure_id)
    need(actor, "procedures.approve", row.unit.path if row.unit else "")
    if row.state != Procedure.State.PROPOSED:
        raise DomainError("procedures.definition.decided", "这个程序定义已经处理过了。")
    if actor.account_id is None or actor.account_id == row.proposed_by:
        raise NotAllowed("procedures.definition.own", "不能批准自己提出的程序定义，请由另一人批准。")
    row.state = Procedure.State.ACTIVE if granted else Procedure.State.REJECTED
    row.decided_by, row.decided_name, row.decided_at = actor.account_id, actor.name[:80], now
    row.reason = reason.strip()[:200] or row.reason
    row.save()
    _trail(actor, now, row, actions.APPROVED if granted else actions.REFUSED)
    return row


@transaction.atomic
def retire(*, actor: Actor, now: datetime, procedure_id: int, reason: str) -> Procedure:
    """No new cases by this version; running ones go on."""
    row = _locked(procedure_id)
    need(actor, "procedures.approve", row.unit.path if row.unit else "")
    if row.state != Procedure.State.ACTIVE:
        raise DomainError("procedures.definition.decided", "这个程序定义已经处理过了。")
    row.state, row.retired_at, row.reason = Procedure.State.RETIRED, now, reason.strip()[:200]
    row.save()
    _trail(actor, now, row, actions.RETIRED)
    return row
