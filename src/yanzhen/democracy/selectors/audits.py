"""Reading coverage: plans, who was covered, findings that are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from yanzhen.democracy.models import Coverage, Finding, Visit
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, within
from yanzhen.registry.models import Unit


def coverages_for(viewer: Actor) -> list[Coverage]:
    """Plans at and below the viewer's unit, and those above that hold a village of the viewer's."""
    own = Coverage.objects.filter(within(viewer, "democracy.view"))
    above = Coverage.objects.filter(within(viewer, "democracy.view", "visits__village__path"))
    return list((own | above).distinct().select_related("unit").order_by("-first", "-pk")[:50])


def visits_in(viewer: Actor, coverage: Coverage | None = None) -> QuerySet[Visit]:
    """Visits of villages in the viewer's scope."""
    found = Visit.objects.filter(within(viewer, "democracy.view", "village__path")).select_related(
        "village", "coverage"
    )
    return found.filter(coverage=coverage) if coverage else found


def coverage_for(viewer: Actor, coverage_id: int) -> Coverage:
    """One plan that holds something of the viewer's scope; :class:`NotFound` otherwise."""
    found = next((each for each in coverages_for(viewer) if each.pk == coverage_id), None)
    if found is None:
        raise NotFound("democracy.audit.unknown", "没有找到这份审计巡察计划，或不在您的管辖范围内。")
    return found


def visit_for(viewer: Actor, visit_id: int) -> Visit:
    """One visit in scope; :class:`NotFound` otherwise."""
    found = visits_in(viewer).filter(pk=visit_id).first()
    if found is None:
        raise NotFound("democracy.audit.visit_unknown", "没有找到这次审计巡察，或不在您的管辖范围内。")
    return found


def quarter_of(day: date) -> str:
    """2026Q4."""
    return f"{day.year}Q{(day.month - 1) // 3 + 1}"


@dataclass(frozen=True, slots=True)
class Board:
    """How far a plan has come for the viewer's villages."""

    planned: int
    done: int
    late: int
    findings: int
    closed: int


def board_of(viewer: Actor, coverage: Coverage, today: date) -> Board:
    """Counts of one plan."""
    seen = visits_in(viewer, coverage)
    counts = seen.aggregate(
        n=Count("id"),
        done=Count("id", filter=Q(done_on__isnull=False)),
        late=Count("id", filter=Q(done_on__isnull=True, quarter__lt=quarter_of(today))),
    )
    findings = Finding.objects.filter(visit__in=seen)
    return Board(
        counts["n"], counts["done"], counts["late"], findings.count(), findings.filter(closed_at__isnull=False).count()
    )


def uncovered(coverage: Coverage, villages: QuerySet[Unit]) -> list[Unit]:
    """Villages that stand today and are not in the plan (founded or moved since)."""
    return list(villages.exclude(pk__in=coverage.visits.values("village_id")))


def findings_of(visit: Visit) -> list[Finding]:
    """What was found, oldest first."""
    return list(visit.findings.select_related("matter").order_by("pk"))
