"""Writing coverage: a plan that reaches every village once a term, visits done, findings as matters."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from yanzhen.democracy import actions
from yanzhen.democracy.domain import coverage as rules
from yanzhen.democracy.models import Coverage, Finding, Visit
from yanzhen.democracy.selectors.scope import today_of, villages_in
from yanzhen.democracy.services import marks
from yanzhen.democracy.services.follow import matter_of
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor, need, system
from yanzhen.kernel.trail import api as trail
from yanzhen.registry.models import Unit


@transaction.atomic
def plan(
    *,
    actor: Actor,
    now: datetime,
    unit: Unit,
    kind: str,
    title: str,
    first: date,
    last: date,
    urgent: frozenset[int] = frozenset(),
) -> Coverage:
    """A plan of a term: every standing village below ``unit`` exactly once, evenly over the quarters, ``urgent`` ones first."""
    need(actor, "democracy.audit", unit.path)
    if kind not in dict(Coverage.KINDS):
        raise DomainError("democracy.audit.kind", "请选择审计或巡察。", field="kind")
    slots = rules.quarters(first, last)
    villages = list(villages_in(system("plan"), under=unit.path))
    if not villages:
        raise DomainError("democracy.audit.no_village", "这个单位下面没有村。", field="unit")
    by_township: dict[str, list[int]] = defaultdict(list)
    for village in villages:
        by_township[village.path[:-4]].append(village.pk)
    row = Coverage.objects.create(
        unit=unit,
        kind=kind,
        title=title.strip()[:120] or f"{first.year}—{last.year}",
        first=first,
        last=last,
        made_name=actor.name[:80],
        made_at=now,
    )
    made = rules.spread(by_township, slots, urgent=urgent)
    Visit.objects.bulk_create(
        [Visit(coverage=row, village_id=each.village_id, quarter=each.quarter) for each in made], batch_size=500
    )
    trail.record(
        actor=actor,
        now=now,
        action=actions.AUDIT_PLANNED,
        kind="coverage",
        subject_id=row.pk,
        label=row.title,
        after={"kind": kind, "villages": len(made), "quarters": len(slots)},
        unit_path=unit.path,
    )
    for village in villages:
        marks.stale(village)
    return row


def _trace(actor: Actor, now: datetime, action: str, row: Visit, **after: object) -> None:
    trail.record(
        actor=actor,
        now=now,
        action=action,
        kind="audit_visit",
        subject_id=row.pk,
        label=row.village.name,
        after={"quarter": row.quarter, **after},
        unit_path=row.village.path,
    )


@transaction.atomic
def move(*, actor: Actor, now: datetime, visit: Visit, quarter: str, reason: str) -> Visit:
    """Plan a village for another quarter of the same term."""
    need(actor, "democracy.audit", visit.village.path)
    if visit.done_on is not None:
        raise DomainError("democracy.audit.done", "已经完成，不能再调整。")
    if quarter not in rules.quarters(visit.coverage.first, visit.coverage.last):
        raise DomainError("democracy.audit.quarter", "只能调整到本届之内的季度。", field="quarter")
    if len(reason.strip()) < 2:
        raise DomainError("democracy.audit.reason", "请写明调整的理由。", field="reason")
    visit.quarter = quarter
    visit.save(update_fields=["quarter"])
    _trace(actor, now, actions.AUDIT_MOVED, visit, reason=reason[:200])
    return visit


@transaction.atomic
def done(
    *,
    actor: Actor,
    now: datetime,
    visit: Visit,
    on: date,
    team: str,
    result: str,
    findings: list[tuple[str, Decimal | None]] | None = None,
) -> Visit:
    """Enter that a village was audited or inspected; each finding becomes a matter that is followed to its end."""
    need(actor, "democracy.audit", visit.village.path)
    row = Visit.objects.select_for_update(of=("self",)).select_related("village", "coverage").get(pk=visit.pk)
    if row.done_on is not None:
        raise DomainError("democracy.audit.done", "已经完成，不能再调整。")
    if not row.coverage.first <= on <= today_of(now):
        raise DomainError("democracy.audit.day", "日期应在本届之内、今天之前。", field="on")
    row.done_on, row.team, row.result = on, team[:80], result[:1000]
    row.save(update_fields=["done_on", "team", "result"])
    _trace(actor, now, actions.AUDITED, row, on=on, findings=len(findings or []))
    for words, amount in findings or []:
        find(actor=actor, now=now, visit=row, words=words, amount=amount)
    marks.stale(row.village, today_of(now))
    return row


@transaction.atomic
def find(*, actor: Actor, now: datetime, visit: Visit, words: str, amount: Decimal | None = None) -> Finding:
    """One finding, and the matter that carries it."""
    need(actor, "democracy.audit", visit.village.path)
    if visit.done_on is None:
        raise DomainError("democracy.audit.undone", "还没有登记完成，不能公开结果。")
    if len(words.strip()) < 5:
        raise DomainError("democracy.audit.finding", "请写明发现的问题，至少五个字。", field="words")
    row = Finding.objects.create(visit=visit, words=words.strip()[:500], amount=amount, at=now)
    row.matter = matter_of(
        actor=actor,
        now=now,
        unit=visit.village,
        kind="finding",
        ref=f"finding:{row.pk}",
        title=f"{visit.coverage.get_kind_display()}发现问题：{words.strip()[:60]}",
        text=f"{words.strip()}\n请整改并报告结果，整改情况向村民公开。",
    )
    row.save(update_fields=["matter"])
    _trace(actor, now, actions.FOUND, visit, finding=row.pk, matter=row.matter_id)
    marks.stale(visit.village, today_of(now))
    return row
