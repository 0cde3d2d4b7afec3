"""The public pages: no login, no framework, light enough for a cheap phone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yanzhen.democracy.domain.disclosure import State
from yanzhen.democracy.public import pages
from yanzhen.democracy.selectors import disclosure as reads
from yanzhen.democracy.services import objections
from yanzhen.democracy.web import printing
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.files.api import bytes_response
from yanzhen.kernel.scope.web import public_page
from yanzhen.matters.public.api import received, show, spoken, submission, visitor
from yanzhen.registry.api import unit_ref


@public_page
@require_GET
def open_village(request: HttpRequest, code: str) -> HttpResponse:
    """What a village discloses."""
    return show(request, "democracy/public/village.html", pages.board(reads.village_by_code(code)))


@public_page
@require_GET
def open_notice(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """One notice, word for word, with objections and answers."""
    row = reads.hung_notice(reads.village_by_code(code), pk)
    return show(request, "democracy/public/notice.html", pages.notice(row))


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def open_object(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Object to a notice: one page, no login, no name needed."""
    now = timezone.now()
    row = reads.hung_notice(reads.village_by_code(code), pk)
    if row.state != State.UP:
        return redirect("open_notice", code, pk)
    form = pages.ObjectionForm(request.POST if request.method == "POST" else None, now=now)
    if form.is_valid():
        try:
            submission(request, phone=form.cleaned_data["phone"], unit=unit_ref(row.unit), on=timezone.localdate(now))
            _made, matter = objections.make(actor=visitor(request), now=now, disclosure=row, **form.said)
        except DomainError as error:
            form.add_error(None, spoken(error))
        else:
            received(request, matter, contact=bool(form.cleaned_data["phone"]))
            return redirect("report_done")
    page = {"form": form, "row": row, "unit": row.unit}
    return show(request, "democracy/public/object.html", page, status=422 if form.is_bound else 200)


@public_page
@require_GET
def open_proof(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The proof that these words hung there then."""
    row = reads.hung_notice(reads.village_by_code(code), pk)
    return show(request, "democracy/public/proof.html", pages.proof(row))


@public_page
@require_GET
def open_verify(request: HttpRequest, code: str) -> HttpResponse:
    """Compare a printed notice by its fingerprint; see what hung on a day."""
    unit = reads.village_by_code(code)
    form = pages.ProofForm(request.GET or None)
    data = form.cleaned_data if form.is_bound and form.is_valid() else {}
    answer = pages.asked(unit, data.get("digest", ""), data.get("on"))
    return show(request, "democracy/public/verify.html", {"unit": unit, "form": form, **answer})


@public_page
@require_GET
def open_print(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The notice for printing."""
    row = reads.hung_notice(reads.village_by_code(code), pk)
    return bytes_response(printing.notice_pdf(row), f"{row.title}.pdf", "application/pdf")
