"""Request number and log; rules that say no, shown as pages."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import replace

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.ui import errors
from yanzhen.site.web.health import REQUESTS, SECONDS

log = structlog.get_logger("yanzhen.request")
Handler = Callable[[HttpRequest], HttpResponse]


def request_log(get_response: Handler) -> Handler:
    """Number each request and log method, route, status and time: never parameters, bodies or names."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
        started = time.perf_counter()
        response = get_response(request)
        match = getattr(request, "resolver_match", None)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        seconds = time.perf_counter() - started
        REQUESTS.labels(request.method, response.status_code).inc()
        SECONDS.labels(request.method).observe(seconds)
        log.info(
            "request",
            id=request.request_id,  # type: ignore[attr-defined]
            method=request.method,
            route=match.route if match else "-",
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
        return response

    return middleware


class domain_errors:  # noqa: N801 - a middleware is named like a function
    """Turn a :class:`DomainError` that a view let through into a page (or a problem document) with its status."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        message = gettext(error.template)
        message = message.format(**error.data) if error.data else message
        if request.path.startswith("/api/"):
            return JsonResponse(
                {"type": error.code, "title": message, "status": error.status, "field": error.field},
                status=error.status,
                content_type="application/problem+json",
            )
        shown = errors.with_message(str(error.status), message)
        return errors.page(request, replace(shown, reference=getattr(request, "request_id", "")))
