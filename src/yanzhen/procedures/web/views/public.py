"""Pages without a login."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yanzhen.kernel.files.api import bytes_response
from yanzhen.kernel.scope.web import public_page
from yanzhen.procedures.web import ballots, public


@public_page
@require_GET
def posting(request: HttpRequest, pk: int) -> HttpResponse:
    """A public notice while it hangs."""
    return render(request, "procedures/posting.html", public.posting_page(pk, timezone.localdate()))


@public_page
@require_GET
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """The public board of a ballot: receipts, totals, what is needed to check them."""
    return ballots.board(request, pk)


@public_page
@require_GET
def board_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything on the board, for a program of one's own."""
    return bytes_response(ballots.board_file(pk), f"ballot-{pk}.json", "application/json")


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Cast a sealed vote with a one-time code."""
    return ballots.vote(request, pk)
