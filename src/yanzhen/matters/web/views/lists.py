"""The list of matters and what is done with many at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.kernel.scope.web import requires
from yanzhen.matters.selectors import staff
from yanzhen.matters.services import staff as writes
from yanzhen.matters.web import bulk, export, forms, lists, show

PRINT_ROWS = 500


@requires("matters.view")
@require_GET
def matters(request: HttpRequest) -> HttpResponse:
    """The list with tabs, filters and columns."""
    context = lists.list_page(request)
    return render(request, "matters/list.html", context, status=422 if context["form"].errors else 200)


@requires("matters.view")
@require_GET
def printed(request: HttpRequest) -> HttpResponse:
    """The filtered list on paper."""
    form = forms.FilterForm(request.GET, choices=lists.filter_choices(request.actor, request.GET))
    tab = lists.tab_of(request.GET)
    rows = lists.all_rows(request.actor, lists.filters_of(form, tab), most=PRINT_ROWS)
    table = show.table(
        rows, caption=lists.conditions(form, tab), columns=lists.settings_of(request).columns, count=len(rows)
    )
    context = {"table": table, "now": timezone.now(), "most": PRINT_ROWS, "cut": len(rows) == PRINT_ROWS}
    return render(request, "matters/list_print.html", context)


@requires("matters.view")
@require_GET
def exported(request: HttpRequest) -> HttpResponse:
    """The filtered list as a workbook."""
    form = forms.FilterForm(request.GET, choices=lists.filter_choices(request.actor, request.GET))
    if not form.is_valid():
        return HttpResponseRedirect(f"{reverse('matters')}?{request.GET.urlencode()}")  # the list says what is wrong
    return export.workbook_response(request, form, lists.tab_of(request.GET))


@requires("matters.view")
@require_POST
def show_settings(request: HttpRequest) -> HttpResponse:
    """Rows and columns of the list, for this login."""
    form = forms.ShowForm(request.POST, columns=[(code, code) for code in show.LIST_COLUMNS])
    if form.is_valid():
        request.session[lists.SESSION] = form.cleaned_data
    query = request.POST.get("query", "")
    return HttpResponseRedirect(f"{reverse('matters')}?{query}" if query else reverse("matters"))


@requires("matters.view")
@require_http_methods(["GET", "POST"])
def filter_save(request: HttpRequest) -> HttpResponse:
    """Give the filters in force a name."""
    if request.method == "GET":
        form = forms.SaveFilterForm(initial={"query": request.GET.urlencode()[:500]})
        return render(request, "matters/filter_save.html", {"form": form, "saved": staff.saved_filters(request.actor)})
    form = forms.SaveFilterForm(request.POST)
    if not form.is_valid():
        return render(
            request, "matters/filter_save.html", {"form": form, "saved": staff.saved_filters(request.actor)}, status=422
        )
    writes.save_filter(actor=request.actor, now=timezone.now(), **form.cleaned_data)
    messages.success(request, _("已存为常用筛选“%(name)s”") % {"name": form.cleaned_data["name"]})
    return HttpResponseRedirect(f"{reverse('matters')}?{form.cleaned_data['query']}")


@requires("matters.view")
@require_POST
def filter_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a named filter of one's own."""
    writes.drop_filter(actor=request.actor, now=timezone.now(), pk=pk)
    messages.success(request, _("已删除这个常用筛选"))
    return redirect("filter_save")


@requires("matters.view")
@require_POST
def many(request: HttpRequest) -> HttpResponse:
    """Several matters at once: choose, check, done, with the result of each row."""
    sheet = bulk.Bulk(request)
    if not sheet.form.is_valid():
        return sheet.ask(status=422)
    return sheet.perform() if "confirmed" in request.POST else sheet.ask()


@requires("matters.view")
@require_GET
def category_find(request: HttpRequest) -> HttpResponse:
    """Proposals for a category box."""
    found = staff.categories_like(request.GET.get("q", "")[:40])
    lines = [(f"{each.code} {each.full_name}", "") for each in found]
    return render(request, "matters/parts/proposals.html", {"lines": lines})


@requires("matters.view")
@require_GET
def place_find(request: HttpRequest) -> HttpResponse:
    """Proposals for a place box."""
    found = staff.places_like(request.actor, request.GET.get("q", "")[:40])
    return render(
        request,
        "matters/parts/proposals.html",
        {"lines": [(f"{unit.code} {above}{unit.name}", "") for unit, above in found]},
    )
