"""Reading what the supervision committee did."""

from __future__ import annotations

from datetime import datetime, time

from django.db.models import QuerySet

from yanzhen.democracy.domain.disclosure import Period, State
from yanzhen.democracy.models import Disclosure, Inquiry, Objection, SupervisionReport
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, in_range, path_range, within
from yanzhen.kernel.worktime.api import BEIJING
from yanzhen.registry.models import Unit


def inquiries_in(viewer: Actor) -> QuerySet[Inquiry]:
    """Questions and checks in the viewer's scope."""
    return Inquiry.objects.filter(within(viewer, "democracy.view")).select_related(
        "unit", "disclosure", "decision", "matter"
    )


def inquiry_for(viewer: Actor, inquiry_id: int) -> Inquiry:
    """One question or check in scope; :class:`NotFound` otherwise."""
    found = inquiries_in(viewer).filter(pk=inquiry_id).first()
    if found is None:
        raise NotFound("democracy.inquiry.unknown", "没有找到这项监督记录，或不在您的管辖范围内。")
    return found


def inquiries_page(
    viewer: Actor, *, unit: Unit | None = None, under: str = "", open_only: bool = False, limit: int = 100
) -> list[Inquiry]:
    """The newest questions and checks."""
    found = inquiries_in(viewer)
    if unit is not None:
        found = found.filter(unit=unit)
    if under:
        found = found.filter(in_range(path_range(under), "unit__path"))
    if open_only:
        found = found.filter(closed_at__isnull=True)
    return list(found.order_by("-pk")[:limit])


def to_review(viewer: Actor, *, unit: Unit | None = None, limit: int = 100) -> list[Disclosure]:
    """Notices that wait for the committee's review, oldest first."""
    found = Disclosure.objects.filter(within(viewer, "democracy.view"), state=State.REVIEW).select_related("unit")
    if unit is not None:
        found = found.filter(unit=unit)
    return list(found.order_by("due_on", "pk")[:limit])


def reports_of(unit: Unit) -> list[SupervisionReport]:
    """Signed reports, newest first."""
    return list(SupervisionReport.objects.filter(unit=unit).order_by("-period"))


def _span(period: Period) -> tuple[datetime, datetime]:
    return datetime.combine(period.first, time(0), BEIJING), datetime.combine(period.last, time.max, BEIJING)


def figures_for(unit: Unit, period: Period) -> list[tuple[str, int]]:
    """What the half-year's report counts, from the records."""
    span = _span(period)
    reviewed = Disclosure.objects.filter(unit=unit, reviewed_at__range=span)
    asked = Inquiry.objects.filter(unit=unit, at__range=span)
    objections = Objection.objects.filter(disclosure__unit=unit, made_at__range=span)
    return [
        ("公布前审核", reviewed.count()),
        ("其中退回修改", reviewed.filter(state=State.RETURNED).count()),
        ("公布", Disclosure.objects.filter(unit=unit, published_at__range=span).count()),
        ("质询", asked.filter(kind="question").count()),
        ("现场检查", asked.filter(kind="check").count()),
        ("发现问题", asked.filter(found="wrong").count()),
        ("村民异议", objections.count()),
        ("按时答复的异议", objections.filter(answered_at__isnull=False, late=False).count()),
    ]
