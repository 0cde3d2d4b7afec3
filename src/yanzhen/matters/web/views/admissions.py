"""The public list of grid work with its procedure, and the duty lists."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.web import requires
from yanzhen.matters.web import admissions as lists
from yanzhen.matters.web.sheet import refuse


@requires("matters.view")
@require_GET
def admissions(request: HttpRequest) -> HttpResponse:
    """What may be given to the grids, and what is on its way there."""
    return render(request, "matters/admissions.html", lists.admission_list(request, timezone.localdate()))


@requires("matters.view")
@require_http_methods(["GET", "POST"])
def admission(request: HttpRequest, pk: int) -> HttpResponse:
    """One item of the list with its procedure."""
    page = lists.admission_page(request, pk, timezone.localdate())
    if request.method == "GET":
        return render(request, "matters/admission.html", page)
    form = page["form"]
    if form is not None and form.is_valid():
        try:
            lists.take_step(request.actor, timezone.now(), page["admission"], form)
            messages.success(request, _("已记录审核意见"))
            return redirect("admission", pk)
        except (NotAllowed, NotFound):
            raise
        except DomainError as error:
            refuse(form, error)
    return render(request, "matters/admission.html", page, status=422)


@requires("matters.admission")
@require_http_methods(["GET", "POST"])
def admission_new(request: HttpRequest) -> HttpResponse:
    """Apply for a place on the list."""
    form = lists.application_form(request)
    if request.method == "POST" and form.is_valid():
        try:
            found = lists.apply(request.actor, timezone.now(), form)
            messages.success(request, _("申请 %(code)s 已提交，等待网格办初审") % {"code": found.code})
            return redirect("admission", found.pk)
        except (NotAllowed, NotFound):
            raise
        except DomainError as error:
            refuse(form, error)
    status = 422 if request.method == "POST" else 200
    return render(request, "matters/admission_new.html", {"form": form}, status=status)


@requires("matters.view")
@require_GET
def duties(request: HttpRequest) -> HttpResponse:
    """Duty lists of townships and villages."""
    return render(request, "matters/duties.html", lists.duty_list(request, timezone.localdate()))
