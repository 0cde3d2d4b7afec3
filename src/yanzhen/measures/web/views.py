"""Pages of the board."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from yanzhen.kernel.scope.web import requires
from yanzhen.measures.board import board_for
from yanzhen.measures.domain.periods import month_of
from yanzhen.measures.indicators import indicators, sources
from yanzhen.measures.services import recompute as recompute_facts
from yanzhen.measures.web.show import chart, heading_figures, legend, months, shapes, sheet, table
from yanzhen.registry.api import unit_for


@require_GET
@requires("measures.view")
def board(request: HttpRequest, unit_id: int | None = None) -> HttpResponse:
    """County → township → village → grid: figures of a unit and of the territory below it."""
    today = timezone.localdate()
    period = request.GET.get("period") or month_of(today)
    chosen = request.GET.get("by", "")
    found = board_for(request.actor, unit_id, period=period, chosen=chosen, today=today)
    context = {
        "board": found,
        "figures": heading_figures(found),
        "table": table(found),
        "chart": chart(found),
        "shapes": shapes(found),
        "legend": legend(),
        "months": months(today, period),
        "wall": "wall" in request.GET,
    }
    return render(request, "measures/wall.html" if context["wall"] else "measures/board.html", context)


@require_GET
@requires("measures.view")
def export(request: HttpRequest, unit_id: int) -> HttpResponse:
    """The board as a workbook, in the layout of the monthly bulletin."""
    today = timezone.localdate()
    period = request.GET.get("period") or month_of(today)
    found = board_for(request.actor, unit_id, period=period, chosen=request.GET.get("by", ""), today=today)
    return sheet(found, actor=request.actor, now=timezone.now())


@require_POST
@requires("measures.recompute")
def recompute(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Compute the period again for the places below a unit."""
    period = request.POST.get("period") or month_of(timezone.localdate())
    unit = unit_for(request.actor, unit_id, "measures.recompute")  # a foreign unit: 404
    recompute_facts(actor=request.actor, now=timezone.now(), unit_id=unit.pk, period=period)
    return redirect(f"/board/{unit_id}/?period={period}")


@require_GET
@requires("measures.view")
def indicator_list(request: HttpRequest) -> HttpResponse:
    """Every indicator with its one definition, basis and direction."""
    groups = [(group, source.indicators) for group, source in sorted(sources().items())]
    return render(request, "measures/indicators.html", {"groups": groups, "n": len(indicators())})
