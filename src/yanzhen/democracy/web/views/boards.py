"""The board and the rows behind its figures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from yanzhen.democracy.selectors.staff import own_unit
from yanzhen.democracy.web import boards as pages
from yanzhen.democracy.web.fields import number
from yanzhen.kernel.scope.web import requires


@requires("democracy.view")
@require_GET
def democracy_board(request: HttpRequest) -> HttpResponse:
    """Decisions and disclosure of a unit and those below it."""
    unit = own_unit(request.actor, number(request.GET.get("unit")))
    return render(request, "democracy/list.html", pages.board(request, unit, timezone.now()))


@requires("democracy.view")
@require_GET
def democracy_rows(request: HttpRequest) -> HttpResponse:
    """The records behind a figure."""
    unit = own_unit(request.actor, number(request.GET.get("unit")))
    return render(request, "democracy/list.html", pages.rows_page(request, unit, timezone.now()))
