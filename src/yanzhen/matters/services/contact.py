"""Looking behind the mask of who reported it: with a purpose, and it leaves a trace."""

from __future__ import annotations

from datetime import datetime

from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.trail import api as trail
from yanzhen.matters import actions
from yanzhen.matters.models import Matter
from yanzhen.matters.selectors.desk import involved
from yanzhen.matters.selectors.standing import missing, parties_of, sees
from yanzhen.matters.services import gate


@gate.atomic
def unmask_contact(*, actor: Actor, now: datetime, matter: Matter | int, purpose: str) -> str:
    """Name and phone of who reported it, for staff who steer or handle the matter. DomainError without a purpose."""
    row = gate.load(matter, lock=False)
    parties = parties_of(row.pk)
    if not sees(actor, row, parties):
        raise missing()
    if not involved(actor, row, [each.unit_path for each in parties]):
        raise NotAllowed("matters.contact.denied", "只有研判、牵头和协办单位可以查看当事人联系方式。")
    if len(purpose.strip()) < 2:
        raise DomainError("matters.contact.purpose", "请写明查看用途。", field="purpose")
    trail.record(
        actor=actor, now=now, action=actions.UNMASKED, kind="matter", subject_id=row.pk, label=row.number,
        purpose=purpose.strip(), unit_path=row.desk_path,
    )  # fmt: skip
    return " ".join(part for part in (row.reporter_name, row.reporter_phone) if part)
