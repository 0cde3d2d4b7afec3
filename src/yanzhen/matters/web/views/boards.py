"""Requests that wait for a decision, presses with their letters, the table of categories."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yanzhen.kernel.scope.web import requires
from yanzhen.matters import selectors
from yanzhen.matters.selectors import staff
from yanzhen.matters.services import staff as writes
from yanzhen.matters.web import boards


@requires("matters.view")
@require_GET
def requests_waiting(request: HttpRequest) -> HttpResponse:
    """Extensions, cannot-solve, disputes, exclusions that this viewer decides."""
    waiting = selectors.requests_waiting_for(request.actor)
    return render(request, "matters/requests.html", {"table": boards.request_table(request.actor, waiting)})


@requires("matters.view")
@require_GET
def presses(request: HttpRequest) -> HttpResponse:
    """What is pressed within this viewer's scope, with letters."""
    cleared = request.GET.get("tab") == "cleared"
    found = staff.presses_for(request.actor, cleared=cleared)
    return render(request, "matters/presses.html", boards.press_page(found, cleared, timezone.now()))


@requires("matters.view")
@require_GET
def categories(request: HttpRequest) -> HttpResponse:
    """The official table, searchable."""
    words = request.GET.get("q", "").strip()[:40]
    return render(request, "matters/categories.html", boards.category_page(request.actor, words))


@requires("matters.train")
@require_GET
def triage_model(request: HttpRequest) -> HttpResponse:
    """What the helper learned from, how well it does, and when."""
    return render(request, "matters/triage.html", boards.triage_page(request.actor))


@requires("matters.train")
@require_POST
def triage_train(request: HttpRequest) -> HttpResponse:
    """Learn anew from the county's own history, in the background."""
    writes.start_training(actor=request.actor)
    messages.success(request, _("已开始重新训练，完成后会通知您"))
    return redirect("triage")
