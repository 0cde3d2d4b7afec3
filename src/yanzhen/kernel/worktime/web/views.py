"""Pages of the working calendar: a year at a glance, changes proposed by one person and approved by another."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.kernel.errors import DomainError, NotFound
from yanzhen.kernel.files.api import bytes_response
from yanzhen.kernel.scope.web import requires
from yanzhen.kernel.worktime import selectors, services
from yanzhen.kernel.worktime.web import show
from yanzhen.kernel.worktime.web.forms import DayForm, LoadForm


def _year(year: int) -> int:
    if not 2004 <= year <= 2100:
        raise NotFound("worktime.no_year", "没有这一年的日历。")
    return year


def _sent(request: HttpRequest):
    """What was sent, also when it is empty; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


@requires("rules.view")
@require_GET
def calendar(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """A year as it holds for the own unit, and what waits for approval."""
    shown = _year(year or timezone.localdate().year)
    unit = request.actor.unit
    data = show.year_page(shown, selectors.year_rows(shown, unit), selectors.waiting(unit), request.actor)
    return render(request, "worktime/calendar.html", data)


@requires("rules.view")
@require_GET
def export(request: HttpRequest, year: int) -> HttpResponse:
    """The year as CSV."""
    body = services.write_csv(_year(year), request.actor.unit)
    return bytes_response(body, f"{_('工作日历')}-{year}.csv", "text/csv; charset=utf-8")


@requires("rules.propose")
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Propose the state of one day."""
    form = DayForm(_sent(request), initial={"day": request.GET.get("day", "")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        days = [services.Day(data["day"], data["working"] == "work", data["name"])]
        services.propose_days(
            actor=request.actor, now=timezone.now(), unit=request.actor.unit, days=days, basis=data["basis"]
        )
        messages.success(request, _("已提交，待另一人审批后生效。"))
        return redirect("calendar_year", data["day"].year)
    return render(request, "worktime/propose.html", {"form": form}, status=422 if form.errors else 200)


@requires("rules.propose")
@require_http_methods(["GET", "POST"])
def load(request: HttpRequest) -> HttpResponse:
    """Propose a whole year from a file."""
    form = LoadForm(_sent(request), request.FILES or None, initial={"year": request.GET.get("year", "")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.propose_year(
                actor=request.actor, now=timezone.now(), unit=request.actor.unit, year=data["year"],
                data=data["file"].read(1_000_000), basis=data["basis"],
            )  # fmt: skip
            messages.success(request, _("已提交，待另一人审批后生效。"))
            return redirect("calendar_year", data["year"])
        except DomainError as error:
            form.add_error(
                error.field or "file", _(error.template).format(**error.data) if error.data else _(error.template)
            )
    return render(request, "worktime/load.html", {"form": form}, status=422 if form.errors else 200)


@requires("rules.approve")
@require_POST
def approve(request: HttpRequest, batch: str) -> HttpResponse:
    """Approve a batch of days."""
    days = services.approve_days(actor=request.actor, now=timezone.now(), batch=batch)
    messages.success(request, _("已批准，相关期限已重新计算。"))
    return redirect("calendar_year", min(days).year)


@requires("rules.view")
@require_POST
def reject(request: HttpRequest, batch: str) -> HttpResponse:
    """Refuse a batch, or take the own one back."""
    services.reject_days(actor=request.actor, now=timezone.now(), batch=batch)
    messages.success(request, _("已处理。"))
    return redirect("calendar")
