"""What the script of the field talks to: a fresh token, reports and acts once each, the copy to carry along; the worker."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.web import public_page
from yanzhen.matters.domain.loop import STATE_WORDS
from yanzhen.matters.public import field, following, forms
from yanzhen.matters.services import field as writes

View = Callable[..., HttpResponse]


def _no(status: int, code: str, message: str, **more: Any) -> JsonResponse:
    return JsonResponse({"code": code, "message": message, **more}, status=status)


def synced(capability: str) -> Callable[[View], View]:
    """For the script: 401 without a login or in another person's login, rules that say no as JSON with their status."""

    def wrap(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor = request.actor  # type: ignore[attr-defined]
            if actor.account_id is None:
                return _no(401, "login", _("登录已过期，登录后自动上传"))
            if request.headers.get("X-Yanzhen-Account", field.account_key(actor)) != field.account_key(actor):
                return _no(401, "other", _("当前登录的不是写这些内容的人，没有上传"))
            if capability != "*" and not actor.has(capability):
                return _no(403, "scope.denied", _("您当前的岗位没有这项权限。请切换岗位或联系安全管理员。"))
            try:
                return view(request, *args, **kwargs)
            except DomainError as error:
                return _no(error.status, error.code, following.spoken(error), field=error.field)

        checked.capability = capability  # type: ignore[attr-defined]
        return checked

    return wrap


@synced("*")
@never_cache
@require_GET
def token(request: HttpRequest) -> HttpResponse:
    """A fresh token against forged requests, and in whose name it would be sent."""
    actor = request.actor  # type: ignore[attr-defined]
    return JsonResponse({"csrf": get_token(request), "account": field.account_key(actor), "post": actor.post_label})


@synced("matters.report")
@never_cache
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """One report from the phone: the same key, the same matter."""
    form = forms.FieldReportForm(request.POST, request.FILES)
    if not form.is_valid():
        message, name = field.first_error(form)
        return _no(422, "form", message, field=name)
    made = field.send_report(request, form.cleaned_data, request.headers.get("Idempotency-Key", ""))
    return JsonResponse({"number": made.number, "url": reverse("field_matter", args=[made.pk])}, status=201)


@synced("matters.handle")
@never_cache
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """One act from the phone. Too late: 409 with how the matter stands now, and nothing is written."""
    actor, now = request.actor, timezone.now()  # type: ignore[attr-defined]
    code, pk = request.POST.get("act", ""), request.POST.get("matter", "")
    form = forms.FieldActForm(request.POST, request.FILES, code=code)
    if not form.is_valid() or not pk.isdigit():
        message, name = field.first_error(form) if form.errors else (_("没有找到这件事项，或您无权查看。"), "matter")
        return _no(422, "form", message, field=name)
    given = {name: form.cleaned_data[name] for name in ("words", "files", "version") if name in form.cleaned_data}
    key = request.headers.get("Idempotency-Key", "")
    try:
        row = writes.act_once(actor=actor, now=now, matter_id=int(pk), code=code, key=key, **given)
    except DomainError as error:
        if error.status != 409 and error.code != "matters.matter.wrong_state":
            raise
        return _no(409, error.code, following.spoken(error), current=field.current(actor, int(pk), now))
    return JsonResponse(_done(row))


def _done(row: Any) -> dict[str, Any]:
    state = STATE_WORDS[row.state]
    return {"number": row.number, "url": reverse("field_matter", args=[row.pk]), "version": row.version, "state_words": _(state)}


@synced("matters.view")
@never_cache
@require_GET
def bundle(request: HttpRequest) -> HttpResponse:
    """Own open matters and those marked, to be read without signal."""
    marked = [int(each) for each in request.GET.get("ids", "").split(",") if each.isdigit()][:100]
    return JsonResponse(field.bundle(request.actor, timezone.now(), marked))  # type: ignore[attr-defined]


@public_page
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker; its scope is ``/f/``. Asked for anew each time, so that a new version is seen."""
    response = render(request, "field/sw.js", field.worker_values(), content_type="text/javascript")
    response["Service-Worker-Allowed"] = reverse("field_home")
    response["Cache-Control"] = "no-cache"
    return response
