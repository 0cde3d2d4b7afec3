"""The workbench, the look-up and the standing pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from yanzhen.kernel.scope.web import public_page, signed_in
from yanzhen.site.web import pages


@signed_in
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The workbench: to do, pressed, lights, notices; officers see their own pages, nothing of the business."""
    if not request.actor.has("matters.view"):
        return render(request, "site/officer.html", pages.officer_home(request))
    return render(request, "site/workbench.html", pages.workbench(request.actor, timezone.now()))


@signed_in
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """One box for numbers, names, places and words; an exact number goes straight there."""
    found = pages.look_up(request.actor, request.GET.get("q", ""), timezone.now())
    return redirect(found["goto"]) if found.get("goto") else render(request, "site/search.html", found)


@public_page
@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """How the platform is used, on one page."""
    return render(request, "site/help.html", {"layout": pages.layout(request)})


@public_page
@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about people, what for and how long."""
    return render(request, "site/privacy.html", {"layout": pages.layout(request)})


@public_page
@require_GET
def accessibility(request: HttpRequest) -> HttpResponse:
    """What works without mouse, without colour, with large type."""
    return render(request, "site/accessibility.html", {"layout": pages.layout(request)})
