"""Pages of the data books."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.datahub import actions, selectors, services
from yanzhen.datahub.web import forms, show
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.intake.api import ExportColumn, export_workbook, workbook_response
from yanzhen.kernel.scope.web import requires
from yanzhen.lake import api as lake

EXPORT_ROWS = 20_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@requires("datahub.book")
@require_GET
def book(request: HttpRequest, unit_id: int | None = None) -> HttpResponse:
    """A unit's own book: which systems reach it, how many rows, how fresh, how complete."""
    page = selectors.book_for(request.actor, unit_id, timezone.now(), complete="complete" in request.GET)
    context = {"page": page, "figures": show.figures(page), "table": show.book_table(page, request.actor)}
    return render(request, "datahub/book.html", context)


@requires("datahub.rows")
@require_http_methods(["GET", "POST"])
def rows(request: HttpRequest, source: str) -> HttpResponse:
    """Rows of a source within the own place, after saying what for."""
    contract = selectors.contract_of(source)
    form = forms.PurposeForm(request.POST or None)
    context = {"contract": contract, "form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, "datahub/rows.html", context, status=422 if form.errors else 200)
    given = form.cleaned_data
    offset = given["offset"] or 0
    found = services.look(
        actor=request.actor, now=timezone.now(), source=source, purpose=given["purpose"], offset=offset, clear=given["clear"]
    )
    context |= {"found": found, "table": show.rows_table(contract, found), "offset": offset, "next": offset + selectors.PAGE}
    return render(request, "datahub/rows.html", context | {"previous": max(0, offset - selectors.PAGE)})


@requires("datahub.rows")
@require_POST
def export(request: HttpRequest, source: str) -> HttpResponse:
    """The rows as a workbook, masked as on the page."""
    form = forms.PurposeForm(request.POST)
    if not form.is_valid():
        raise DomainError("datahub.access.purpose", "请写清楚用途：办什么事、为什么必须用到这些数据。", field="purpose")
    now, contract = timezone.now(), selectors.contract_of(source)
    found = services.look(
        actor=request.actor, now=now, source=source, purpose=form.cleaned_data["purpose"], limit=EXPORT_ROWS,
        clear=form.cleaned_data["clear"], action=actions.EXPORTED,
    )  # fmt: skip
    titles = selectors.titles(contract)
    body = export_workbook(
        title=contract.title, columns=[ExportColumn(name, titles.get(name, name), 18) for name in found.columns],
        rows=[{name: show.cell(row[name]) for name in found.columns} for row in found.rows], unit=request.actor.unit.name,
        as_of=f"{now:%Y-%m-%d %H:%M}", notes=[_("用途：%(words)s") % {"words": form.cleaned_data["purpose"]}],
    )  # fmt: skip
    return workbook_response(body, f"{contract.title}.xlsx", actor=request.actor, now=now, what=source, rows=len(found.rows))


@requires("datahub.rows")
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """What the own place holds on one person or household."""
    form = forms.FindForm(request.POST or None)
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            found = services.look_up(actor=request.actor, now=timezone.now(), **form.cleaned_data)
            context |= {"found": show.found_tables(found), "asked": True}
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, _(error.template).format(**error.data))
    return render(request, "datahub/find.html", context, status=422 if form.errors else 200)


# --- requests ---------------------------------------------------------------------------------------------------------------


@requires("datahub.ask")
@require_GET
def request_list(request: HttpRequest) -> HttpResponse:
    """Requests: the own ones, and those to be decided."""
    state = request.GET.get("state", "")
    wanted = selectors.requests(request.actor)
    page = Paginator(wanted.filter(state=state) if state in show.STATES else wanted, 50).get_page(request.GET.get("page"))
    titles = {contract.name: contract.title for contract, _batch in selectors.catalogue()}
    context = {"page": page, "table": show.request_table(list(page), titles), "states": show.STATES, "state": state}
    return render(request, "datahub/requests.html", context)


@requires("datahub.ask")
@require_http_methods(["GET", "POST"])
def request_new(request: HttpRequest, source: str) -> HttpResponse:
    """A request for columns of a source."""
    contract = selectors.contract_of(source)
    columns = [(name, title) for name, title in selectors.titles(contract).items() if name not in ("place", "person")]
    form = forms.RequestForm(request.POST or None, columns=columns, places=selectors.places_for(request.actor))
    if request.method == "POST" and form.is_valid():
        try:
            row = services.ask(actor=request.actor, now=timezone.now(), source=source, **form.cleaned_data)
            messages.success(request, _("申请已提交，等待审批。"))
            return redirect("data_request", row.pk)
        except DomainError as error:
            form.add_error(error.field or None, _(error.template).format(**error.data))
    return render(request, "datahub/request_new.html", {"form": form, "contract": contract}, status=422 if form.errors else 200)


@requires("datahub.ask")
@require_http_methods(["GET", "POST"])
def request_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One request; who decides does it here."""
    row = selectors.request_for(request.actor, pk)
    form = forms.DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.decide(
            actor=request.actor, now=timezone.now(), request=row, granted=request.POST.get("answer") == "grant",
            words=form.cleaned_data["words"],
        )  # fmt: skip
        messages.success(request, _("已办理。"))
        return redirect("data_request", pk)
    titles = selectors.titles(selectors.contract_of(row.source))
    context = {"row": row, "form": form, "columns": [titles.get(name, name) for name in row.columns.split(",")]}
    may = request.actor.has("datahub.decide") and row.state == "asked" and row.asked_by != request.actor.account_id
    return render(request, "datahub/request.html", context | {"may_decide": may, "state_words": show.STATES[row.state]})


@requires("datahub.ask")
@require_POST
def request_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a grant before its day."""
    services.end(actor=request.actor, now=timezone.now(), request=selectors.request_for(request.actor, pk))
    messages.success(request, _("已终止。"))
    return redirect("data_request", pk)


# --- the data bureau ----------------------------------------------------------------------------------------------------------


@requires("datahub.catalogue")
@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Sources, searched by words, with what stewards are told today."""
    words = request.GET.get("q", "")
    context = {"table": show.catalogue_table(words), "words": words, "alerts": selectors.alerts(timezone.now())}
    return render(request, "datahub/catalogue.html", context | {"ready": selectors.home() is not None})


@requires("datahub.catalogue")
@require_http_methods(["GET", "POST"])
def asked(request: HttpRequest) -> HttpResponse:
    """Which fields of a form are held already (一张表): those must not be asked again."""
    form = forms.AskedForm(request.POST or None)
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        fields = [line.strip() for line in form.cleaned_data["fields_text"].splitlines() if line.strip()]
        found = selectors.asked_once(fields, request.actor.unit, timezone.localdate())
        titles = {code: element.title for code, element in lake.elements().items()}
        if found is not None:
            rest = [titles.get(code, code) for code in found.open]
            context |= {"found": found, "rows": show.asked_rows(found, titles), "open": rest, "share": f"{found.share:.0%}"}
    return render(request, "datahub/asked.html", context, status=422 if form.errors else 200)


@requires("datahub.catalogue")
@require_GET
def source(request: HttpRequest, source: str) -> HttpResponse:
    """One source: contract, batches, history."""
    contract = selectors.contract_of(source)
    home = selectors.need_home()
    context = {
        "contract": contract, "columns": show.columns_table(contract), "versions": selectors.versions(source),
        "batches": home.store.manifest(source, home.store.snapshot()).batches[::-1][:50],
        "may_return": request.actor.has("datahub.contracts"), "sensitivity": show.SENSITIVITY[contract.sensitivity],
        "refresh": show.REFRESH[contract.refresh],
    }  # fmt: skip
    return render(request, "datahub/source.html", context)


@requires("datahub.contracts")
@require_http_methods(["GET", "POST"])
def contract_edit(request: HttpRequest, source: str) -> HttpResponse:
    """The contract as text; what is wrong is told line by line and nothing typed is lost."""
    contract = selectors.contract_of(source)
    form = forms.ContractForm(request.POST or None, initial={"body": selectors.contract_text(source)})
    if request.method == "POST" and form.is_valid():
        try:
            services.save_contract(actor=request.actor, now=timezone.now(), source=source, **form.cleaned_data)
            messages.success(request, _("契约已更新，下次入湖起按新的执行。"))
            return redirect("data_source", source)
        except DomainError as error:
            form.add_error(error.field or None, _(error.template).format(**error.data))
    return render(request, "datahub/contract.html", {"form": form, "contract": contract}, status=422 if form.errors else 200)


@requires("datahub.contracts")
@require_GET
def held(request: HttpRequest, source: str, batch: str) -> HttpResponse:
    """The held rows of a batch as a workbook for the department."""
    body = services.returned(actor=request.actor, now=timezone.now(), source=source, batch=batch)
    answer = HttpResponse(body, content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{source}-{batch}.xlsx"'
    return answer


@requires("datahub.catalogue")
@require_GET
def run_list(request: HttpRequest) -> HttpResponse:
    """Runs, newest first."""
    return render(request, "datahub/runs.html", {"runs": [(name, show.run_rows(report), report) for name, report in selectors.runs()]})


@requires("datahub.catalogue")
@require_GET
def run_page(request: HttpRequest, name: str) -> HttpResponse:
    """One run: stages, counts, quality, reasons."""
    report = selectors.run_of(name)
    may_return = request.actor.has("datahub.contracts")
    context = {"name": name, "report": report, "batches": show.run_rows(report), "may_return": may_return}
    return render(request, "datahub/run.html", context)


@requires("datahub.catalogue")
@require_GET
def look_list(request: HttpRequest) -> HttpResponse:
    """Who looked at what, and what for."""
    return render(request, "datahub/looks.html", {"looks": selectors.looks(request.actor)})


@requires("datahub.contracts")
@require_http_methods(["GET", "POST"])
def pair_list(request: HttpRequest) -> HttpResponse:
    """Doubtful pairs: the same person or not."""
    if request.method == "POST":
        given = request.POST
        number = int(given["person"]) if given.get("person", "").isdigit() else 0
        services.decide_pair(
            actor=request.actor, now=timezone.now(), tuple_hash=given.get("tuple", ""), person=number, same=given.get("same") == "1"
        )
        messages.success(request, _("已核定，下次入湖起生效。"))
        return redirect("data_pairs")
    return render(request, "datahub/pairs.html", {"pairs": selectors.pairs()[:100]})
