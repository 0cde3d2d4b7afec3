"""Decisions: the list, one of them, proposing, carrying out, what is due or skipped."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.democracy.selectors import decisions as reads
from yanzhen.democracy.selectors import scope
from yanzhen.democracy.services import decisions as writes
from yanzhen.democracy.services import disclosure as notices
from yanzhen.democracy.web import decisions as pages
from yanzhen.democracy.web import forms, rosters, show
from yanzhen.democracy.web.fields import number
from yanzhen.kernel.errors import DomainError, NotFound
from yanzhen.kernel.scope.web import requires
from yanzhen.kernel.ui import components as c


def _back() -> c.Link:
    return c.Link(_("四议两公开"), reverse("decisions"))


@requires("democracy.view")
@require_GET
def decisions(request: HttpRequest) -> HttpResponse:
    """Decisions in the viewer's scope."""
    unit = scope.own_village(request.actor, number(request.GET.get("unit")))
    return render(request, "democracy/list.html", pages.listing(request, unit, timezone.now()))


@requires("democracy.view")
@require_GET
def matter_list(request: HttpRequest) -> HttpResponse:
    """What must go through the four discussions."""
    village = scope.villages_in(request.actor).first()
    amount = scope.number("review.amount", village, timezone.localdate()) if village else 0
    return render(request, "democracy/list.html", pages.list_page(amount))


@requires("democracy.view")
@require_GET
def decisions_due(request: HttpRequest) -> HttpResponse:
    """Yearly matters: decided, coming, missed."""
    today = timezone.localdate()
    return render(request, "democracy/list.html", pages.due_page(request, today.year, today))


@requires("democracy.decide")
@require_http_methods(["GET", "POST"])
def decision_new(request: HttpRequest) -> HttpResponse:
    """Propose; the route follows from the matter and the sum."""
    unit = scope.own_village(request.actor, number(request.GET.get("unit")))
    if unit is None:
        return render(request, "democracy/list.html", rosters.villages_page(request, _("在哪个村提出"), "decision_new"))
    initial = {"item": request.GET.get("item", "")}
    form = forms.DecisionForm(request.POST if request.method == "POST" else None, initial=initial)
    page = {
        "heading": _("%(village)s：提出决策事项") % {"village": unit.name}, "back": _back(), "submit": _("提出"),
        "intro": _("由村党组织提议。提出后按程序一步一步走：前一步没有通过，后一步不会开始。"),
    }  # fmt: skip
    return show.form_page(
        request, form, page,
        lambda: writes.propose(actor=request.actor, now=timezone.now(), unit=unit, key=secrets.token_hex(8), **form.cleaned_data),
        lambda made: reverse("decision", args=[made.pk]), _("已提出，程序已经启动"),
    )  # fmt: skip


@requires("democracy.view")
@require_GET
def decision(request: HttpRequest, pk: int) -> HttpResponse:
    """One decision."""
    found = reads.decision_for(request.actor, pk)
    return render(request, "democracy/one.html", pages.one(request, found, timezone.now()))


@requires("democracy.decide")
@require_http_methods(["GET", "POST"])
def decision_carry(request: HttpRequest, pk: int) -> HttpResponse:
    """What was done to carry it out."""
    found = reads.decision_for(request.actor, pk, "democracy.decide")
    form = forms.CarryForm(request.POST if request.method == "POST" else None, initial={"on": timezone.localdate()})
    url = reverse("decision", args=[pk])
    page = {"heading": _("登记实施情况"), "intro": found.title, "back": c.Link(_("返回"), url), "submit": _("登记")}
    return show.form_page(
        request, form, page, lambda: writes.carry(actor=request.actor, now=timezone.now(), decision=found, **form.cleaned_data),
        lambda _made: url, _("已登记"),
    )  # fmt: skip


@requires("democracy.decide")
@require_http_methods(["GET", "POST"])
def decision_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a proposal up."""
    found = reads.decision_for(request.actor, pk, "democracy.decide")
    form = forms.ReasonForm(request.POST if request.method == "POST" else None)
    url = reverse("decision", args=[pk])
    page = {"heading": _("终止这项提议"), "intro": found.title, "back": c.Link(_("返回"), url), "submit": _("终止")}
    return show.form_page(
        request, form, page, lambda: writes.give_up(actor=request.actor, now=timezone.now(), decision=found, **form.cleaned_data),
        lambda _made: url, _("已终止"),
    )  # fmt: skip


@requires("democracy.disclose")
@require_POST
def decision_disclose(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    """Draft one of the two disclosures from the record."""
    found = reads.decision_for(request.actor, pk, "democracy.disclose")
    now = timezone.now()
    if item not in ("decision", "execution"):
        raise NotFound("democracy.item.unknown", "公开目录里没有这一项。")
    try:
        if item == "decision":
            made = notices.draft_decision(actor=request.actor, now=now, decision=found, votes=reads.votes_of(found))
        else:
            made = notices.draft_execution(actor=request.actor, now=now, decision=found)
    except DomainError as error:
        return show.told(request, error, reverse("decision", args=[pk]))
    return redirect("disclosure", made.pk)


@requires("democracy.view")
@require_GET
def skips(request: HttpRequest) -> HttpResponse:
    """What was done without its decision."""
    return render(request, "democracy/list.html", pages.skips_page(request))


@requires("democracy.oversee")
@require_http_methods(["GET", "POST"])
def skip_new(request: HttpRequest) -> HttpResponse:
    """Enter that something was done without its decision."""
    villages = {each.pk: each for each in scope.villages_in(request.actor, "democracy.oversee")[:600]}
    choices = [(key, each.name) for key, each in villages.items()]
    form = forms.SkipForm(request.POST if request.method == "POST" else None, villages=choices)
    page = {
        "heading": _("登记未按程序决策"), "back": c.Link(_("未按程序决策"), reverse("skips")), "submit": _("登记"),
        "intro": _("登记后成为一件事项，由村里补正或纠正。乡镇只督促程序，不代替村民作决定。"),
    }  # fmt: skip
    return show.form_page(
        request, form, page,
        lambda: writes.found_skipped(
            actor=request.actor, now=timezone.now(), unit=villages[form.cleaned_data["village"]], item=form.cleaned_data["item"],
            words=form.cleaned_data["words"],
        ),
        lambda _made: reverse("skips"), _("已登记，并已生成事项"),
    )  # fmt: skip
