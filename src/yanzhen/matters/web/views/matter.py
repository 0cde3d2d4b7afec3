"""The matter page and its acts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.kernel.files import api as files
from yanzhen.kernel.scope.web import requires
from yanzhen.matters import selectors, services
from yanzhen.matters.web import forms, pages, show
from yanzhen.matters.web.sheet import Sheet


@requires("matters.view")
@require_GET
def matter(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one matter that this viewer may see, and what they may do now."""
    found = selectors.matter_for(request.actor, pk)
    return render(request, "matters/matter.html", pages.matter_page(request.actor, found, timezone.now()))


@requires("matters.view")
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One act: form, check where it leaves the unit, done."""
    sheet = Sheet(request, selectors.matter_for(request.actor, pk), code)
    if request.method == "GET" or "change" in request.POST:
        return sheet.ask()
    if not sheet.form.is_valid():
        return sheet.ask(status=422)
    if sheet.page.checked and "confirmed" not in request.POST:
        return sheet.check()
    return sheet.perform()


@requires("matters.view")
@require_POST
def contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Name and number behind the mask, with a purpose, on the record."""
    found = selectors.matter_for(request.actor, pk)
    form = forms.PurposeForm(request.POST)
    if not form.is_valid():
        return render(request, "matters/contact.html", {"matter": found, "form": form}, status=422)
    value = services.unmask_contact(
        actor=request.actor, now=timezone.now(), matter=found, purpose=form.cleaned_data["purpose"]
    )
    template = "ui/unmasked.html" if request.htmx else "matters/contact.html"
    return render(request, template, {"value": value, "matter": found})


@requires("matters.view")
@require_GET
def attachment(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """One photo or document of the matter."""
    found = selectors.matter_for(request.actor, pk)
    return files.response(get_object_or_404(found.attachments.select_related("file"), pk=file).file)


@requires("matters.view")
@require_GET
def slip(request: HttpRequest, pk: int) -> HttpResponse:
    """The slip for the person: number, code, next step, address as QR code."""
    found = selectors.matter_for(request.actor, pk)
    return render(request, "matters/slip.html", pages.slip_page(found))


@requires("matters.view")
@require_GET
def letter(request: HttpRequest, pk: int, press: int) -> HttpResponse:
    """A press letter, ready for the printer."""
    found = selectors.matter_for(request.actor, pk)
    sheet = get_object_or_404(found.presses.select_related("by_unit"), pk=press)
    return render(
        request, "matters/letter.html", {"matter": found, "press": sheet, "letter": show.letter(sheet.letter)}
    )
