"""The OpenAPI document, and a page that lists what it says: no outside host is asked for a viewer."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from yanzhen.kernel.scope.web import public_page
from yanzhen.matters.rest import problems
from yanzhen.matters.rest.api import api

METHODS = ("get", "post", "put", "patch", "delete")


@cache
def document() -> dict[str, Any]:
    """The document as plain values."""
    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    return found


def text() -> str:
    """The document as it is kept beside the tests: sorted, so that a change shows as a change."""
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@public_page
@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return HttpResponse(json.dumps(document(), ensure_ascii=False), content_type="application/json")


def _name(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    options = [_name(each) for each in schema.get("anyOf", ())]
    return " | ".join(options) or str(schema.get("type", ""))


def _lines(schema: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Fields of a body: name, kind, whether it is needed."""
    if "$ref" in schema:
        schema = document()["components"]["schemas"][_name(schema)]
    needed = set(schema.get("required", ()))
    return [(name, _name(each), name in needed) for name, each in schema.get("properties", {}).items()]


def _operation(path: str, method: str, told: dict[str, Any]) -> dict[str, Any]:
    body: tuple[str, Any] = next(iter(told.get("requestBody", {}).get("content", {}).items()), ("", {}))
    fields = [(each["name"], _name(each["schema"]), each["required"]) for each in told.get("parameters", ())]
    return {
        "method": method.upper(),
        "path": path,
        "summary": told["summary"],
        "description": told.get("description", ""),
        "fields": fields,
        "media": body[0],
        "body": _lines(body[1]["schema"]) if body[1] else [],
        "answers": sorted(told["responses"]),
    }


@cache
def groups() -> list[tuple[str, list[dict[str, Any]]]]:
    """Operations by tag, in the order of the document."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document()["paths"].items():
        for method in METHODS:
            if method in methods:
                told = methods[method]
                found.setdefault(told.get("tags", ["program"])[0], []).append(_operation(path, method, told))
    return list(found.items())


@public_page
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """What the API offers, for people."""
    layout = "ui/base.html" if getattr(request, "actor", None) and request.actor.account_id else "ui/public.html"  # type: ignore[attr-defined]
    return render(request, "programs/api.html", {"groups": groups(), "layout": layout, "info": document()["info"]})


@public_page
def nowhere(request: HttpRequest) -> HttpResponse:
    """Any other address below the API."""
    return problems.not_found()


nowhere.csrf_exempt = True  # type: ignore[attr-defined]
