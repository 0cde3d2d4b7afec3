"""Pages of imports: list, upload, columns, run with progress, confirm, the workbook back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.files.api import bytes_response
from yanzhen.kernel.intake import exports, selectors, services
from yanzhen.kernel.intake.importers import Importer, offered
from yanzhen.kernel.intake.models import ImportRun
from yanzhen.kernel.intake.web import show
from yanzhen.kernel.intake.web.forms import ColumnsForm, UploadForm
from yanzhen.kernel.scope.api import Actor, need
from yanzhen.kernel.scope.web import requires

USE = "intake.use"


def _importer(actor: Actor, code: str) -> Importer:
    """An importer that the actor's post may use."""
    importer = selectors.importer_for(code)
    if actor.unit is None:
        raise NotAllowed("scope.denied", "您当前的岗位没有这项权限。请切换岗位或联系安全管理员。")
    need(actor, importer.capability, actor.unit.path)
    return importer


def _run(request: HttpRequest, pk: int) -> ImportRun:
    return selectors.run_for(request.actor, pk)


def _sent(request: HttpRequest):
    """What was sent, also when it is empty; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


@requires(USE)
@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    """Runs of the own part of the tree, and what can be imported."""
    before = request.GET.get("before", "")
    runs, more = selectors.runs_for(
        request.actor, before=int(before) if before.isdigit() and len(before) < 19 else None
    )
    table = show.runs_table(runs, f"{reverse('imports')}?before={more}" if more else "")
    return render(request, "intake/imports.html", {"table": table, "offered": offered(request.actor)})


@requires(USE)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, code: str) -> HttpResponse:
    """Upload a table."""
    importer = _importer(request.actor, code)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        try:
            run = services.start(
                actor=request.actor, now=timezone.now(), importer=code, unit=request.actor.unit,
                upload=form.cleaned_data["file"],
            )  # fmt: skip
            return redirect("import_columns", run.pk)
        except DomainError as error:
            form.add_error("file", show.words(error))
    status = 422 if form.errors else 200
    return render(request, "intake/new.html", {"form": form, "importer": importer}, status=status)


@requires(USE)
@require_GET
def template(request: HttpRequest, code: str) -> HttpResponse:
    """The empty table of an importer, with notes."""
    importer = _importer(request.actor, code)
    title = _(str(importer.title))
    body = exports.import_template(title, importer.columns, importer.notes)
    return bytes_response(body, f"{title}.xlsx", exports.XLSX)


@requires(USE)
@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which column of the file is which."""
    run = _run(request, pk)
    importer = selectors.importer_of(run)
    chosen = selectors.mapping(run)
    form = ColumnsForm(importer.columns, selectors.headings(run), chosen, _sent(request))
    if request.method == "POST" and form.is_valid():
        services.choose_columns(actor=request.actor, now=timezone.now(), run=run, places=form.places())
        return redirect("import_run", run.pk)
    data = {"form": form, "run": run, "importer": importer, "unused": show.unused(run)}
    return render(request, "intake/columns.html", data, status=422 if form.errors else 200)


@requires(USE)
@require_GET
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: where it is, what was found, what to do next."""
    return render(request, "intake/run.html", show.run_page(_run(request, pk)))


@requires(USE)
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that renews itself while the worker is at it."""
    return render(request, "intake/progress.html", show.run_page(_run(request, pk)))


@requires(USE)
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Import the good rows."""
    services.confirm(actor=request.actor, now=timezone.now(), run=_run(request, pk))
    return redirect("import_run", pk)


@requires(USE)
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the run up."""
    services.discard(actor=request.actor, now=timezone.now(), run=_run(request, pk))
    messages.success(request, _("已放弃这次导入，数据没有写入。"))
    return redirect("imports")


@requires(USE)
@require_GET
def errors(request: HttpRequest, pk: int) -> HttpResponse:
    """The uploaded table with its problems."""
    run = _run(request, pk)
    body = selectors.errors_workbook(run, _("错误说明"))
    name = _("%(name)s（错误说明）.xlsx") % {"name": run.name.rsplit(".", 1)[0]}
    return exports.workbook_response(
        body, name, actor=request.actor, now=timezone.now(), what="intake.errors", rows=run.bad
    )
