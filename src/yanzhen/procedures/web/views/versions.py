"""Versions of procedures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.kernel.scope.web import requires
from yanzhen.procedures.selectors import versions as found_in
from yanzhen.procedures.web import versions


@requires("procedures.view")
@require_GET
def procedures(request: HttpRequest) -> HttpResponse:
    """Every version in sight."""
    may_define = request.actor.has("procedures.define")
    return render(
        request, "procedures/versions.html", {"table": versions.table(request.actor), "may_define": may_define}
    )


@requires("procedures.view")
@require_GET
def shipped(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """A version that the product brings."""
    found = found_in.shipped_version(code, version)
    return render(request, "procedures/version.html", versions.page(request.actor, found))


@requires("procedures.view")
@require_GET
def shipped_file(request: HttpRequest, code: str, version: int, kind: str) -> HttpResponse:
    """It as TOML, BPMN or SVG."""
    return versions.download(found_in.shipped_version(code, version), kind)


@requires("procedures.view")
@require_GET
def own(request: HttpRequest, pk: int) -> HttpResponse:
    """A version that a unit wrote."""
    found = found_in.version_for(request.actor, pk)
    return render(request, "procedures/version.html", versions.page(request.actor, found))


@requires("procedures.view")
@require_GET
def own_file(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """It as TOML, BPMN or SVG."""
    return versions.download(found_in.version_for(request.actor, pk), kind)


@requires("procedures.define")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Upload a definition, see every problem or the preview, propose it."""
    return versions.upload(request)


@requires("procedures.approve")
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person approves, refuses or retires."""
    return versions.decide(request, pk)
