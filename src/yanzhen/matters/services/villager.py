"""What somebody without a login writes beside a matter: a suggestion or complaint about the platform itself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.trail import api as trail
from yanzhen.matters import actions
from yanzhen.matters.models import Feedback
from yanzhen.matters.services.intake import new_code


@transaction.atomic
def suggest(*, actor: Actor, now: datetime, text: str, page: str = "", contact: str = "") -> Feedback:
    """A complaint or suggestion about the platform (国办函〔2026〕12号); its answer is read with ``number_of``."""
    if not text.strip():
        raise DomainError("matters.feedback.text", "请写明您的意见或建议。", field="text")
    kept = Feedback.objects.create(
        code=new_code(), text=text.strip(), page=page[:200], contact=contact.strip(), at=now, account_id=actor.account_id,
        unit_path=actor.unit.path if actor.unit else "",
    )  # fmt: skip
    trail.record(
        actor=actor, now=now, action=actions.FEEDBACK_GIVEN, kind="feedback", subject_id=kept.pk, label=str(kept.pk),
        unit_path=kept.unit_path,
    )  # fmt: skip
    return kept


def number_of(kept: Feedback) -> str:
    """The number its giver holds: ``12-ACDE4679``."""
    return f"{kept.pk}-{kept.code}"
