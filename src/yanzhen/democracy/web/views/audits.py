"""Audit and inspection coverage."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.democracy.selectors import audits as reads
from yanzhen.democracy.selectors.staff import own_unit
from yanzhen.democracy.services import audits as writes
from yanzhen.democracy.services import disclosure as notices
from yanzhen.democracy.web import audits as pages
from yanzhen.democracy.web import forms, show
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.web import requires
from yanzhen.kernel.ui import components as c


@requires("democracy.view")
@require_GET
def audits(request: HttpRequest) -> HttpResponse:
    """Plans in the viewer's scope."""
    return render(request, "democracy/list.html", pages.listing(request, timezone.localdate()))


@requires("democracy.audit")
@require_http_methods(["GET", "POST"])
def audit_new(request: HttpRequest) -> HttpResponse:
    """A plan of a term."""
    today = timezone.localdate()
    unit = own_unit(request.actor, None)
    initial = {
        "kind": "audit",
        "first": today.replace(month=1, day=1),
        "last": today.replace(year=today.year + 4, month=12, day=31),
    }
    form = forms.PlanForm(request.POST if request.method == "POST" else None, initial=initial)
    page = {
        "heading": _("制定覆盖计划：%(unit)s") % {"unit": unit.name}, "back": c.Link(_("审计、巡察覆盖"), reverse("audits")),
        "submit": _("生成计划"), "intro": _("所辖每个村各排一次，按季度平均、乡镇交叉；排好后可以逐村调整。"),
    }  # fmt: skip
    return show.form_page(
        request, form, page, lambda: writes.plan(actor=request.actor, now=timezone.now(), unit=unit, **form.cleaned_data),
        lambda made: reverse("audit", args=[made.pk]), _("已生成计划"),
    )  # fmt: skip


@requires("democracy.view")
@require_GET
def audit(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan."""
    found = reads.coverage_for(request.actor, pk)
    return render(request, "democracy/list.html", pages.one(request, found, timezone.localdate()))


@requires("democracy.view")
@require_GET
def audit_visit(request: HttpRequest, pk: int) -> HttpResponse:
    """One village in a plan."""
    return render(request, "democracy/one.html", pages.visit_page(request, reads.visit_for(request.actor, pk)))


@requires("democracy.audit")
@require_http_methods(["GET", "POST"])
def audit_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Another quarter."""
    visit = reads.visit_for(request.actor, pk)
    form = forms.MoveForm(request.POST if request.method == "POST" else None, initial={"quarter": visit.quarter})
    back = c.Link(_("返回"), reverse("audit_visit", args=[pk]))
    page = {"heading": _("调整季度：%(village)s") % {"village": visit.village.name}, "back": back, "submit": _("调整")}
    return show.form_page(
        request, form, page, lambda: writes.move(actor=request.actor, now=timezone.now(), visit=visit, **form.cleaned_data),
        lambda _made: back.url, _("已调整"),
    )  # fmt: skip


@requires("democracy.audit")
@require_http_methods(["GET", "POST"])
def audit_done(request: HttpRequest, pk: int) -> HttpResponse:
    """A village was covered."""
    visit = reads.visit_for(request.actor, pk)
    form = forms.VisitForm(request.POST if request.method == "POST" else None, initial={"on": timezone.localdate()})
    back = c.Link(_("返回"), reverse("audit_visit", args=[pk]))
    page = {"heading": _("登记完成：%(village)s") % {"village": visit.village.name}, "back": back, "submit": _("登记")}

    def perform() -> object:
        data = form.cleaned_data
        found = [(line.strip(), None) for line in data["findings"].splitlines() if line.strip()]
        now = timezone.now()
        return writes.done(
            actor=request.actor,
            now=now,
            visit=visit,
            on=data["on"],
            team=data["team"],
            result=data["result"],
            findings=found,
        )

    return show.form_page(request, form, page, perform, lambda _made: back.url, _("已登记"))


@requires("democracy.audit")
@require_http_methods(["GET", "POST"])
def audit_finding(request: HttpRequest, pk: int) -> HttpResponse:
    """One more finding."""
    visit = reads.visit_for(request.actor, pk)
    form = forms.FindingForm(request.POST if request.method == "POST" else None)
    back = c.Link(_("返回"), reverse("audit_visit", args=[pk]))
    page = {"heading": _("补登问题：%(village)s") % {"village": visit.village.name}, "back": back, "submit": _("登记")}
    return show.form_page(
        request, form, page, lambda: writes.find(actor=request.actor, now=timezone.now(), visit=visit, **form.cleaned_data),
        lambda _made: back.url, _("已登记，并已生成事项"),
    )  # fmt: skip


@requires("democracy.disclose")
@require_POST
def audit_disclose(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft the disclosure of the result."""
    visit = reads.visit_for(request.actor, pk)
    try:
        made = notices.draft_visit(actor=request.actor, now=timezone.now(), visit=visit)
    except DomainError as error:
        return show.told(request, error, reverse("audit_visit", args=[pk]))
    return redirect("disclosure", made.pk)
