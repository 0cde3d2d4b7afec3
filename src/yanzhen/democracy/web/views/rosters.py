"""Rosters: who may come, who sits, who left."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from yanzhen.democracy.domain.bodies import BODIES
from yanzhen.democracy.selectors import rosters as reads
from yanzhen.democracy.selectors import scope, staff
from yanzhen.democracy.services import rosters as writes
from yanzhen.democracy.web import forms, show
from yanzhen.democracy.web import rosters as pages
from yanzhen.democracy.web.fields import number
from yanzhen.kernel.intake.api import export_workbook, workbook_response
from yanzhen.kernel.scope.web import requires
from yanzhen.kernel.ui import components as c


@requires("democracy.view")
@require_GET
def rosters(request: HttpRequest) -> HttpResponse:
    """All rosters of a village, or the villages to choose from."""
    unit = scope.own_village(request.actor, number(request.GET.get("unit")))
    if unit is None:
        return render(request, "democracy/list.html", pages.villages_page(request, _("村级名册"), "rosters"))
    return render(request, "democracy/list.html", pages.overview(request, unit, timezone.localdate()))


@requires("democracy.view")
@require_GET
def roster(request: HttpRequest, pk: int, body: str) -> HttpResponse:
    """One roster."""
    unit = scope.village_for(request.actor, pk)
    return render(request, "democracy/list.html", pages.one(request, unit, body, timezone.localdate()))


@requires("democracy.view")
@require_GET
def roster_export(request: HttpRequest, pk: int, body: str) -> HttpResponse:
    """The roster as a workbook, entered in the trail."""
    unit = scope.village_for(request.actor, pk)
    form = forms.RosterFilter(request.GET)
    data = form.cleaned_data if form.is_valid() else {}
    found = reads.roster_page(
        request.actor, unit, body, timezone.localdate(), q=data.get("q", ""), sex=data.get("sex", ""), limit=0
    )
    columns, rows = pages.export_rows(found.lines)
    title = f"{unit.name}{_(BODIES[body].words)}"
    book = export_workbook(title, columns, rows, unit=unit.name, as_of=show.day(timezone.localdate()))
    return workbook_response(
        book, f"{title}.xlsx", actor=request.actor, now=timezone.now(), what=f"roster.{body}", rows=len(rows)
    )


@requires("democracy.rosters")
@require_http_methods(["GET", "POST"])
def seat_new(request: HttpRequest, pk: int, body: str) -> HttpResponse:
    """Somebody took a seat."""
    unit = scope.village_for(request.actor, pk, "democracy.rosters")
    form = pages.seat_form(request, unit, timezone.localdate())
    back = c.Link(_("返回名册"), reverse("roster", args=[pk, body]))
    words = _(BODIES[body].words) if body in BODIES else ""
    page = {"heading": _("登记任职：%(body)s") % {"body": words}, "back": back, "submit": _("登记")}
    return show.form_page(
        request, form, page, lambda: writes.seat(actor=request.actor, now=timezone.now(), unit=unit, body=body, **form.cleaned_data),
        lambda _made: back.url, _("已登记任职"),
    )  # fmt: skip


@requires("democracy.rosters")
@require_http_methods(["GET", "POST"])
def seat_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody left a seat."""
    seat = reads.seat_for(request.actor, pk, "democracy.rosters")
    form = forms.LeaveForm(request.POST if request.method == "POST" else None, initial={"on": timezone.localdate()})
    back = c.Link(_("返回名册"), reverse("roster", args=[seat.unit_id, seat.body]))
    page = {
        "heading": _("登记离任：%(name)s（%(duty)s）") % {"name": seat.person.name, "duty": seat.duty or _(BODIES[seat.body].words)},
        "intro": _("村民委员会成员由村民选举产生，任何组织或者个人不得指定、委派或者撤换（《村民委员会组织法》第十四条）。"),
        "back": back, "submit": _("登记离任"),
    }  # fmt: skip
    return show.form_page(
        request, form, page, lambda: writes.unseat(actor=request.actor, now=timezone.now(), seat=seat, **form.cleaned_data),
        lambda _made: back.url, _("已登记离任"),
    )  # fmt: skip


@requires("democracy.rosters")
@require_http_methods(["GET", "POST"])
def household_delegate(request: HttpRequest, pk: int, household: int) -> HttpResponse:
    """Whom a household sends."""
    unit = scope.village_for(request.actor, pk, "democracy.rosters")
    home = staff.household_of(request.actor, unit, household)
    people = {each.pk: each for each in staff.adults_of(home, timezone.localdate())}
    choices = [(key, f"{each.name}（{each.birth.year if each.birth else '—'}）") for key, each in people.items()]
    form = forms.DelegateForm(request.POST if request.method == "POST" else None, people=choices)
    back = c.Link(_("返回名册"), reverse("roster", args=[pk, "households"]))
    page = {"heading": _("%(number)s 户派谁参加会议") % {"number": home.number}, "back": back, "submit": _("确定")}
    return show.form_page(
        request, form, page,
        lambda: writes.delegate(actor=request.actor, now=timezone.now(), household=home, person=people[form.cleaned_data["person"]]),
        lambda _made: back.url, _("已指定户代表"),
    )  # fmt: skip
