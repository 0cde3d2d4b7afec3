"""Every refusal of the API as a problem document (RFC 9457): ``application/problem+json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from yanzhen.kernel.errors import DomainError

MEDIA = "application/problem+json"
#: Refusals of files that have a status of their own.
_STATUS = {"files.too_big": 413, "files.bomb": 413, "files.kind": 415, "files.not_here": 415}


def problem(
    status: int,
    code: str,
    title: str,
    *,
    field: str = "",
    errors: Iterable[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem document. ``errors``: one ``{"field", "message"}`` for each wrong field."""
    told: dict[str, Any] = {"type": code, "title": title, "status": status}
    if field:
        told["field"] = field
    listed = list(errors)
    if listed:
        told["errors"] = listed
    return HttpResponse(
        json.dumps(told, ensure_ascii=False), status=status, content_type=MEDIA, headers=dict(headers or {})
    )


def of_domain(error: DomainError) -> HttpResponse:
    """A rule of the field said no."""
    message = _(error.template)
    message = message.format(**error.data) if error.data else message
    return problem(_STATUS.get(error.code, error.status), error.code, message, field=error.field)


def unauthorised() -> HttpResponse:
    """No token, or one that does not hold."""
    return problem(
        401, "api.token", _("请带上有效的接口令牌：Authorization: Bearer …"), headers={"WWW-Authenticate": 'Bearer realm="yanzhen"'}
    )


def too_many(seconds: int) -> HttpResponse:
    """The token's share of this minute is used up."""
    return problem(429, "api.too_many", _("调用太频繁，请稍后再试。"), headers={"Retry-After": str(seconds)})


def not_found() -> HttpResponse:
    """No such operation."""
    return problem(404, "api.not_found", _("没有这个接口。"))


def not_allowed(allow: str) -> HttpResponse:
    """The operation has no such method."""
    return problem(405, "api.method", _("这个接口不支持该方法。"), headers={"Allow": allow})


def too_large() -> HttpResponse:
    """The body is bigger than the platform takes."""
    return problem(413, "api.too_large", _("请求内容太大。"))


def media_type() -> HttpResponse:
    """The body is of a kind that the operation does not take."""
    return problem(415, "api.media_type", _("请求内容的类型不对，请看接口文档。"))


def malformed() -> HttpResponse:
    """The request cannot be read at all."""
    return problem(400, "api.malformed", _("请求内容读不懂，请检查格式。"))
