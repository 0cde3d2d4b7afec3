"""Small writes of the staff pages: named filters of one's own, answers to what people say about the platform."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.scope.api import Actor, need
from yanzhen.kernel.trail import api as trail
from yanzhen.matters import actions
from yanzhen.matters.models import Feedback, SavedFilter
from yanzhen.matters.selectors.lines import line
from yanzhen.matters.services.training import learn

MOST_FILTERS = 20


@transaction.atomic
def save_filter(*, actor: Actor, now: datetime, name: str, query: str) -> SavedFilter:
    """Keep a named filter of one's own; the same name again replaces it."""
    own = SavedFilter.objects.filter(account_id=actor.account_id or 0)
    if not own.filter(name=name).exists() and own.count() >= MOST_FILTERS:
        raise DomainError(
            "matters.filter.full", "最多保存 {n} 个常用筛选，请先删除不用的。", field="name", n=MOST_FILTERS
        )
    kept, _made = SavedFilter.objects.update_or_create(
        account_id=actor.account_id or 0, name=name, defaults={"query": query}
    )
    trail.record(
        actor=actor, now=now, action=actions.FILTER_SAVED, kind="saved_filter", subject_id=kept.pk, label=name
    )  # fmt: skip
    return kept


@transaction.atomic
def drop_filter(*, actor: Actor, now: datetime, pk: int) -> None:
    """Remove a named filter of one's own; somebody else's is left alone."""
    kept = SavedFilter.objects.filter(account_id=actor.account_id or 0, pk=pk).first()
    if kept is None:
        return
    kept.delete()
    trail.record(
        actor=actor, now=now, action=actions.FILTER_DROPPED, kind="saved_filter", subject_id=pk, label=kept.name
    )


def start_training(*, actor: Actor) -> None:
    """Teach the triage helper anew in the background; the task writes the trail, its starter gets a notice."""
    if actor.unit is None or not actor.has("matters.train"):
        raise NotAllowed(
            "scope.denied", "您当前的岗位没有这项权限。请切换岗位或联系安全管理员。", capability="matters.train"
        )
    learn.enqueue(line(actor.unit.id).level("county"), actor.account_id)


@transaction.atomic
def answer_feedback(*, actor: Actor, now: datetime, feedback: Feedback, answer: str) -> Feedback:
    """Answer a complaint or suggestion about the platform; its giver reads it by number, staff on their own page."""
    if feedback.unit_path:
        need(actor, "matters.feedback", feedback.unit_path)
    if not answer.strip():
        raise DomainError("matters.feedback.answer", "请写明答复。", field="answer")
    before = {"answered_at": feedback.answered_at}
    feedback.answer = answer.strip()
    feedback.answered_at = now
    feedback.answered_name = f"{actor.post_label} {actor.name}".strip()[:120]
    feedback.save(update_fields=["answer", "answered_at", "answered_name"])
    trail.record(
        actor=actor, now=now, action=actions.FEEDBACK_ANSWERED, kind="feedback", subject_id=feedback.pk,
        label=str(feedback.pk), before=before, after={"answered_at": now}, unit_path=feedback.unit_path,
    )  # fmt: skip
    return feedback
