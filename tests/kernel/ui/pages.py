"""Addresses and a signed-in secretary for the browser tests: the kit alone, no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from yanzhen.kernel.scope.api import Actor, UnitRef

SECRETARY = Actor("周明", 7, 3, post_label="青山乡党委书记", unit=UnitRef(1, "0001", "青山乡"))


def as_secretary(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        request.actor = SECRETARY if "anonymous" not in request.GET else replace(SECRETARY, account_id=None)  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def unmask(request: HttpRequest) -> HttpResponse:
    if not request.POST.get("purpose"):
        return HttpResponse('<div data-masked><p id="why-not">请填写用途</p></div>', status=422)
    return render(request, "ui/unmasked.html", {"value": "13812345678"})


def found(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"<title>{len(request.GET.get('q', ''))}</title>")


urlpatterns = [
    path("", include("yanzhen.kernel.ui.urls")),
    path("unmask/", unmask),
    path("found/", found, name="found"),
    path("one/", found, name="one"),
    path("two/", found, name="two"),
]

handler404 = "yanzhen.kernel.ui.errors.page_not_found"
