"""The list, one case, its acts, its documents."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yanzhen.kernel.files import api as files
from yanzhen.kernel.scope.web import requires
from yanzhen.procedures import selectors
from yanzhen.procedures.web import around, ballots, forms, lists, pages, papers, starting
from yanzhen.procedures.web.sheet import Sheet

PRINT_ROWS = 500


@requires("procedures.view")
@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    """What waits for this post, and the list of cases with filters."""
    context = lists.page(request)
    return render(request, "procedures/list.html", context, status=422 if context["form"].errors else 200)


@requires("procedures.view")
@require_GET
def printed(request: HttpRequest) -> HttpResponse:
    """The filtered list on paper."""
    tab = lists.tab_of(request.GET)
    form = forms.FilterForm(request.GET, choices=lists.choices(request.actor))
    filters = lists.filters_of(form, "running" if tab == "todo" else tab)
    rows = list(selectors.export_rows(request.actor, filters, PRINT_ROWS))
    table = lists.table(rows, tab, lists.conditions(form, tab), count=len(rows))
    return render(
        request,
        "procedures/list_print.html",
        {"table": table, "now": timezone.now(), "cut": len(rows) == PRINT_ROWS, "most": PRINT_ROWS},
    )


@requires("procedures.export")
@require_GET
def exported(request: HttpRequest) -> HttpResponse:
    """The filtered list as a workbook."""
    return lists.workbook(request)


@requires("procedures.start")
@require_GET
def starts(request: HttpRequest) -> HttpResponse:
    """What this post may begin."""
    return render(request, "procedures/starts.html", {"tasks": starting.tasks(request.actor)})


@requires("procedures.start")
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a case."""
    return starting.begin(request, code)


@requires("procedures.view")
@never_cache
@require_GET
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one case that this viewer may see, and what they may do now."""
    found = selectors.case_for(request.actor, pk)
    return render(request, "procedures/case.html", pages.case_page(request.actor, found, timezone.now()))


@requires("procedures.view")
@never_cache
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, pk: int, step: str, act: str) -> HttpResponse:
    """One act in one step: form, check where it leaves the unit, done."""
    return Sheet(request, pk, step, act).answer()


@requires("procedures.view")
@never_cache
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a case up, with a reason."""
    return around.end(request, pk)


@requires("procedures.migrate")
@never_cache
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a running case to another version."""
    return around.move(request, pk)


@requires("procedures.act")
@never_cache
@require_http_methods(["GET", "POST"])
def interest(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare that somebody has an interest in this case and stays out of it."""
    return around.interest(request, pk)


@requires("procedures.view")
@never_cache
@require_http_methods(["GET", "POST"])
def ballot(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """A secret ballot: prepared, opened, closed, counted by two."""
    return ballots.Room(request, pk, step).answer()


@requires("procedures.view")
@require_GET
def evidence(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """A paper of the case."""
    found = selectors.case_for(request.actor, pk)
    shown = next((each for each in selectors.evidence_of(request.actor, found) if each.pk == file and each.file), None)
    if shown is None:
        raise Http404
    return files.response(shown.file)


@requires("procedures.view")
@require_GET
def paper(request: HttpRequest, pk: int, step: str, code: str, kind: str) -> HttpResponse:
    """A document of a step in Word or PDF, filled from the record."""
    found, now = selectors.case_for(request.actor, pk), timezone.now()
    made = papers.paper(request.actor, found, step, code, now)
    body, mime = papers.drawn(made, kind, now)
    return files.bytes_response(body, f"{made.title}.{kind}", mime)
