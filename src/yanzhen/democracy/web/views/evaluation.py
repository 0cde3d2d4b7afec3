"""Democratic evaluation."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.democracy.selectors import evaluation as reads
from yanzhen.democracy.selectors import scope, staff
from yanzhen.democracy.services import evaluation as writes
from yanzhen.democracy.web import evaluation as pages
from yanzhen.democracy.web import forms, rosters, show
from yanzhen.democracy.web.fields import number
from yanzhen.kernel.scope.web import requires
from yanzhen.kernel.ui import components as c


@requires("democracy.results")
@require_GET
def evaluations(request: HttpRequest) -> HttpResponse:
    """Evaluations in the viewer's scope."""
    return render(request, "democracy/list.html", pages.listing(request))


@requires("democracy.evaluate")
@require_http_methods(["GET", "POST"])
def evaluation_new(request: HttpRequest) -> HttpResponse:
    """Call an evaluation."""
    today = timezone.localdate()
    unit = scope.own_village(request.actor, number(request.GET.get("unit")))
    if unit is None:
        return render(
            request, "democracy/list.html", rosters.villages_page(request, _("评议哪个村的干部"), "evaluation_new")
        )
    cadres = {pk: (name, duties) for pk, name, duties in staff.cadres_of(unit, today)}
    choices = [(pk, f"{name}（{duties}）") for pk, (name, duties) in cadres.items()]
    initial = {"year": today.year, "meets_on": today, "body": "representatives", "cadres": list(cadres)}
    form = forms.EvaluationForm(request.POST if request.method == "POST" else None, cadres=choices, initial=initial)
    page = {
        "heading": _("%(village)s：组织民主评议") % {"village": unit.name}, "back": c.Link(_("述职和民主评议"), reverse("evaluations")),
        "submit": _("组织评议"), "intro": _("无记名投票，只记总数；由两名计票人分别计票，一致才算数。"),
    }  # fmt: skip
    return show.form_page(
        request, form, page,
        lambda: writes.call(
            actor=request.actor, now=timezone.now(), unit=unit, year=form.cleaned_data["year"], meets_on=form.cleaned_data["meets_on"],
            body=form.cleaned_data["body"], cadres=staff.persons_with(form.cleaned_data["cadres"], cadres),
        ),
        lambda made: reverse("evaluation", args=[made.pk]), _("已组织，投票程序已经启动"),
    )  # fmt: skip


@requires("democracy.results")
@require_GET
def evaluation(request: HttpRequest, pk: int) -> HttpResponse:
    """One evaluation."""
    return render(request, "democracy/one.html", pages.one(request, reads.evaluation_for(request.actor, pk)))


@requires("democracy.evaluate")
@require_http_methods(["GET", "POST"])
def cadre_report(request: HttpRequest, pk: int, cadre: int) -> HttpResponse:
    """The written report of one cadre."""
    row = reads.evaluation_for(request.actor, pk)
    each = reads.evaluated_for(row, cadre)
    form = forms.CadreReportForm(request.POST if request.method == "POST" else None, initial={"text": each.report})
    back = c.Link(_("返回"), reverse("evaluation", args=[pk]))
    page = {"heading": _("述职报告：%(name)s") % {"name": each.person.name}, "back": back, "submit": _("保存")}
    return show.form_page(
        request, form, page, lambda: writes.add_report(actor=request.actor, now=timezone.now(), evaluated=each, **form.cleaned_data),
        lambda _made: back.url, _("已保存"),
    )  # fmt: skip


@requires("democracy.evaluate")
@require_POST
def evaluation_tell(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell the results to those entitled."""
    row = reads.evaluation_for(request.actor, pk)
    return show.pressed(
        request,
        lambda: writes.tell(actor=request.actor, now=timezone.now(), evaluation=row),
        reverse("evaluation", args=[pk]),
        _("已反馈"),
    )
