"""The telephone desk: one dense page, duplicates while typing, a slip for the person."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.web import requires
from yanzhen.matters import selectors, services
from yanzhen.matters.web import desk as desk_page
from yanzhen.matters.web import forms, pages
from yanzhen.matters.web.sheet import refuse


@requires("matters.report")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Take a request down."""
    if request.method == "GET":
        return render(
            request, "matters/desk.html", {"form": desk_page.form_of(request.actor, initial={"key": uuid.uuid4().hex})}
        )
    form = desk_page.form_of(request.actor, request.POST, request.FILES)
    if form.is_valid():
        try:
            found = services.report(
                actor=request.actor,
                now=timezone.now(),
                draft=desk_page.draft_of(form),
                key=form.cleaned_data["key"],
            )
            request.session[desk_page.CODE] = [found.pk, found.code]
            return redirect("matter_received", found.pk)
        except (NotAllowed, NotFound):
            raise
        except DomainError as error:
            refuse(form, error)
    return render(request, "matters/desk.html", {"form": form, "similar": desk_page.similar(request)}, status=422)


@requires("matters.report")
@require_POST
def similar(request: HttpRequest) -> HttpResponse:
    """Has this been reported already? Asked while the desk is typing; by POST, so that no word of it stands in a log."""
    return render(request, "matters/parts/similar.html", {"similar": desk_page.similar(request), "joinable": True})


@requires("matters.report")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a voice to a matter that is already there."""
    found = selectors.matter_for(request.actor, pk)
    form = forms.JoinForm(
        request.POST if request.method == "POST" and "draft" not in request.POST else None, initial=request.POST
    )
    if not form.is_bound or not form.is_valid():
        return render(
            request, "matters/join.html", {"form": form, "matter": found}, status=422 if form.is_bound else 200
        )
    voice = services.add_voice(
        actor=request.actor, now=timezone.now(), matter=found, channel="desk", **form.cleaned_data
    )
    messages.success(request, _("已并入这件事项，附议人的查询码：%(code)s") % {"code": voice.code})
    return redirect("matter", found.pk)


@requires("matters.report")
@require_http_methods(["GET"])
def received(request: HttpRequest, pk: int) -> HttpResponse:
    """Number, code, next step and time limit, to be read out on the telephone."""
    found = selectors.matter_for(request.actor, pk)
    kept, code = request.session.get(desk_page.CODE) or (0, "")
    return render(request, "matters/received.html", pages.slip_page(found, code if kept == pk else ""))
