"""The supervision committee: review list, questions, checks, conclusions, the half-yearly report."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from yanzhen.democracy.domain.disclosure import parse_period, period_of
from yanzhen.democracy.selectors import scope
from yanzhen.democracy.selectors import supervision as reads
from yanzhen.democracy.services import supervision as writes
from yanzhen.democracy.web import forms, rosters, show
from yanzhen.democracy.web import supervision as pages
from yanzhen.democracy.web.fields import number
from yanzhen.kernel.scope.web import requires
from yanzhen.kernel.ui import components as c


@requires("democracy.view")
@require_GET
def supervision(request: HttpRequest) -> HttpResponse:
    """What waits for review, questions and checks, reports."""
    unit = scope.own_village(request.actor, number(request.GET.get("unit")))
    return render(request, "democracy/list.html", pages.listing(request, unit, timezone.localdate()))


@requires("democracy.supervise")
@require_http_methods(["GET", "POST"])
def inquiry_new(request: HttpRequest) -> HttpResponse:
    """Ask, or enter a check."""
    unit = scope.own_village(request.actor, number(request.GET.get("unit")))
    if unit is None:
        return render(request, "democracy/list.html", rosters.villages_page(request, _("监督哪个村"), "inquiry_new"))
    form = forms.InquiryForm(request.POST if request.method == "POST" else None, initial={"kind": "question"})
    back = c.Link(_("村务监督"), f"{reverse('supervision')}?unit={unit.pk}")
    page = {"heading": _("%(village)s：质询或检查") % {"village": unit.name}, "back": back, "submit": _("提交")}
    return show.form_page(
        request, form, page, lambda: writes.inquire(actor=request.actor, now=timezone.now(), unit=unit, **form.cleaned_data),
        lambda made: reverse("inquiry", args=[made.pk]), _("已登记"),
    )  # fmt: skip


@requires("democracy.view")
@require_GET
def inquiry(request: HttpRequest, pk: int) -> HttpResponse:
    """One question or check."""
    return render(request, "democracy/one.html", pages.one(request, reads.inquiry_for(request.actor, pk)))


@requires("democracy.decide")
@require_http_methods(["GET", "POST"])
def inquiry_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The village answers."""
    row = reads.inquiry_for(request.actor, pk)
    form = forms.WordsForm(request.POST if request.method == "POST" else None)
    back = c.Link(_("返回"), reverse("inquiry", args=[pk]))
    page = {"heading": _("答复质询"), "intro": row.words, "back": back, "submit": _("答复")}
    return show.form_page(
        request, form, page, lambda: writes.answer(actor=request.actor, now=timezone.now(), inquiry=row, **form.cleaned_data),
        lambda _made: back.url, _("已答复"),
    )  # fmt: skip


@requires("democracy.supervise")
@require_http_methods(["GET", "POST"])
def inquiry_conclude(request: HttpRequest, pk: int) -> HttpResponse:
    """What the committee concludes."""
    row = reads.inquiry_for(request.actor, pk)
    form = forms.ConcludeForm(request.POST if request.method == "POST" else None)
    back = c.Link(_("返回"), reverse("inquiry", args=[pk]))
    page = {"heading": _("监督结论"), "intro": row.subject, "back": back, "submit": _("提交结论")}
    return show.form_page(
        request, form, page, lambda: writes.conclude(actor=request.actor, now=timezone.now(), inquiry=row, **form.cleaned_data),
        lambda _made: back.url, _("已作结论"),
    )  # fmt: skip


@requires("democracy.supervise")
@require_http_methods(["GET", "POST"])
def supervision_report(request: HttpRequest) -> HttpResponse:
    """The half-yearly report: figures shown, remarks asked."""
    today = timezone.localdate()
    unit = scope.own_village(request.actor, number(request.GET.get("unit")))
    if unit is None:
        return render(
            request, "democracy/list.html", rosters.villages_page(request, _("哪个村的报告"), "supervision_report")
        )
    span = parse_period("half", request.GET.get("period") or period_of("half", today).code)
    form = forms.ReportForm(request.POST if request.method == "POST" else None)
    figures = [c.Figure(_(words), n) for words, n in reads.figures_for(unit, span)]
    page = {
        "heading": _("%(village)s：%(period)s 监督报告") % {"village": unit.name, "period": span.code}, "submit": _("签发"),
        "intro": _("数字由记录算出，不用填写；签发后可以在村务公开里公布。"), "panels": [show.Panel(_("履职情况"), figures=figures)],
        "back": c.Link(_("村务监督"), f"{reverse('supervision')}?unit={unit.pk}"),
    }  # fmt: skip
    return show.form_page(
        request, form, page,
        lambda: writes.report(actor=request.actor, now=timezone.now(), unit=unit, period=span.code, **form.cleaned_data),
        lambda _made: f"{reverse('supervision')}?unit={unit.pk}", _("已签发"),
    )  # fmt: skip
