"""The supervision committee's own acts: questions, on-the-spot checks, conclusions, the half-yearly report."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yanzhen.democracy import actions
from yanzhen.democracy.domain.disclosure import parse_period
from yanzhen.democracy.models import Decision, Disclosure, Inquiry, SupervisionReport
from yanzhen.democracy.selectors.scope import due_after, today_of
from yanzhen.democracy.selectors.supervision import figures_for
from yanzhen.democracy.services import marks
from yanzhen.democracy.services.follow import matter_of
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor, need
from yanzhen.kernel.trail import api as trail
from yanzhen.registry.models import Unit


@transaction.atomic
def inquire(
    *, actor: Actor, now: datetime, unit: Unit, kind: str, subject: str, words: str, disclosure: Disclosure | None = None,
    decision: Decision | None = None,
) -> Inquiry:  # fmt: skip
    """Ask a question, or enter a check on the spot."""
    need(actor, "democracy.supervise", unit.path)
    if kind not in dict(Inquiry.KINDS):
        raise DomainError("democracy.inquiry.kind", "请选择质询或检查。", field="kind")
    if not subject.strip() or not words.strip():
        raise DomainError(
            "democracy.inquiry.words", "请写明对象和内容。", field="subject" if not subject.strip() else "words"
        )
    row = Inquiry.objects.create(
        unit=unit, kind=kind, subject=subject.strip()[:120], words=words.strip()[:1000], disclosure=disclosure, decision=decision,
        by_account=actor.account_id, by_name=actor.name[:80], at=now,
        due_at=due_after("supervision.answer_days", unit, now) if kind == "question" else None,
    )  # fmt: skip
    _record(actor, now, actions.INQUIRED, row)
    if kind == "question":
        marks.tell(unit, "democracy.decide", now, "监委会质询", row.subject, f"/supervision/{row.pk}/")
    return row


def _record(actor: Actor, now: datetime, action: str, row: Inquiry, **after: object) -> None:
    trail.record(
        actor=actor, now=now, action=action, kind="inquiry", subject_id=row.pk, label=row.subject,
        after={"kind": row.kind, "found": row.found, **after}, unit_path=row.unit.path,
    )  # fmt: skip


@transaction.atomic
def answer(*, actor: Actor, now: datetime, inquiry: Inquiry, words: str) -> Inquiry:
    """The village answers a question; never the one who asked."""
    need(actor, "democracy.decide", inquiry.unit.path)
    row = Inquiry.objects.select_for_update(of=("self",)).select_related("unit").get(pk=inquiry.pk)
    if row.closed_at is not None:
        raise DomainError("democracy.inquiry.closed", "这项监督已经有结论。")
    if actor.account_id is not None and actor.account_id == row.by_account:
        raise DomainError("democracy.inquiry.own", "提出质询的人不能自己答复。")
    if len(words.strip()) < 2:
        raise DomainError("democracy.inquiry.answer", "请写明答复。", field="words")
    row.answer, row.answered_name, row.answered_at = words.strip()[:1000], actor.name[:80], now
    row.save(update_fields=["answer", "answered_name", "answered_at"])
    _record(actor, now, actions.INQUIRY_ANSWERED, row)
    return row


@transaction.atomic
def conclude(*, actor: Actor, now: datetime, inquiry: Inquiry, found: str, words: str = "") -> Inquiry:
    """What the committee concludes; something wrong becomes a matter."""
    need(actor, "democracy.supervise", inquiry.unit.path)
    row = Inquiry.objects.select_for_update(of=("self",)).select_related("unit").get(pk=inquiry.pk)
    if row.closed_at is not None or row.matter_id is not None:
        raise DomainError("democracy.inquiry.closed", "这项监督已经有结论。")
    if found not in dict(Inquiry.FOUND) or not found:
        raise DomainError("democracy.inquiry.found", "请选择结论。", field="found")
    if row.kind == "question" and row.answered_at is None and found != "wrong":
        raise DomainError("democracy.inquiry.unanswered", "还没有答复，不能作结论。", field="found")
    row.found = found
    if found == "wrong":
        row.matter = matter_of(
            actor=actor, now=now, unit=row.unit, kind="inquiry", ref=f"inquiry:{row.pk}", title=f"监督发现：{row.subject}",
            text=words.strip() or row.words,
        )  # fmt: skip
    else:
        row.closed_at = now
    row.save(update_fields=["found", "matter", "closed_at"])
    _record(actor, now, actions.INQUIRY_CLOSED, row, words=words[:200])
    return row


@transaction.atomic
def report(*, actor: Actor, now: datetime, unit: Unit, period: str, remarks: str) -> SupervisionReport:
    """Sign the half-yearly report: the figures come from the records, the remarks from the committee."""
    need(actor, "democracy.supervise", unit.path)
    span = parse_period("half", period)
    if span.first > today_of(now):
        raise DomainError("democracy.report.early", "这半年还没有开始。", field="period")
    if SupervisionReport.objects.filter(unit=unit, period=period).exists():
        raise DomainError("democracy.report.twice", "{period}的报告已经签发。", field="period", period=period)
    if len(remarks.strip()) < 10:
        raise DomainError("democracy.report.words", "请写明监督情况，至少十个字。", field="remarks")
    figures = "\n".join(f"{words}|{n}" for words, n in figures_for(unit, span))
    row = SupervisionReport.objects.create(
        unit=unit,
        period=period,
        figures=figures,
        remarks=remarks.strip()[:2000],
        signed_name=actor.name[:80],
        signed_at=now,
    )
    trail.record(
        actor=actor, now=now, action=actions.SUPERVISION_REPORTED, kind="supervision_report", subject_id=row.pk, label=period,
        after={"figures": figures}, unit_path=unit.path,
    )  # fmt: skip
    return row
