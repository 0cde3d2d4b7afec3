"""The field with or without script: own open work, one dense report form, handling of one matter."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.web import public_page, requires
from yanzhen.matters import selectors
from yanzhen.matters.public import field, following, forms
from yanzhen.matters.selectors import field as reads
from yanzhen.matters.services import field as writes


@requires("matters.view")
@never_cache
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What waits for the own unit, the most urgent first."""
    return field.show(request, "field/home.html", field.home(request.actor, timezone.now()))  # type: ignore[attr-defined]


@requires("matters.report")
@never_cache
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Report what was found; the script keeps it on the phone first, without script it is a plain form."""
    form = field.report_form(request, timezone.now())
    if form.is_valid():
        try:
            made = field.send_report(request, form.cleaned_data, form.cleaned_data["key"])
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, following.spoken(error))
        else:
            messages.success(request, _("已上报，编号 %(number)s") % {"number": made.number})
            return redirect("field_home")
    return field.show(request, "field/report.html", {"form": form}, 422 if form.is_bound else 200)


@requires("matters.view")
@never_cache
@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """What waits on this phone (drawn by the script: the server does not know it)."""
    return field.show(request, "field/outbox.html", {})


@requires("matters.view")
@never_cache
@require_GET
def matter(request: HttpRequest, pk: int) -> HttpResponse:
    """One matter with what can be done to it in the field."""
    found = selectors.matter_for(request.actor, pk)  # type: ignore[attr-defined]
    carried = reads.carried(request.actor, found, timezone.now())  # type: ignore[attr-defined]
    return field.show(request, "field/matter.html", field.matter_page(carried))


@requires("matters.handle")
@never_cache
@require_POST
def act(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One act, without script. When it is too late, the page comes back with what was typed and how it stands now."""
    actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
    found = selectors.matter_for(actor, pk)
    form, status = forms.FieldActForm(request.POST, request.FILES, code=code, auto_id=f"{code}_%s"), 422
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("words", "files", "version") if name in form.cleaned_data}
        try:
            writes.act_once(actor=actor, now=now, matter_id=pk, code=code, key=form.cleaned_data["key"], **given)
            messages.success(request, _("已提交"))
            return redirect("field_matter", pk)
        except DomainError as error:
            form.add_error(None, following.spoken(error))
            status = error.status
    page = field.matter_page(reads.carried(actor, found, now)) | {"rejected": form, "rejected_code": code}
    return field.show(request, "field/matter.html", page, status)


@public_page
@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """The page that a phone keeps: without names, filled from what the phone holds."""
    page = {"report_form": forms.FieldReportForm(), "act_form": forms.FieldActForm(auto_id="act_%s")}
    return field.show(request, "field/offline.html", page, blank=True)
