"""The error pages, in plain words that say what to do. ``site.urls`` names them as ``handler400`` … ``handler500``,
the settings as ``CSRF_FAILURE_VIEW``; the middleware that maps a DomainError uses :func:`page` directly."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.ui.components import Text

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What went wrong, in the reader's words, and what they can do now."""

    status: int
    title: Text
    text: Text
    todo: tuple[Text, ...] = ()
    reference: str = ""


_RETRY = _("稍等一会儿再试；您填写的内容如果还在页面上，请先复制保存")
_CALL = _("如果一直这样，请联系本单位的系统管理员，并告诉他下面的错误代码和时间")

PAGES: dict[str, ErrorPage] = {
    "400": ErrorPage(
        400, _("请求不完整"), _("发来的内容不完整或格式不对，系统没有办理。"), (_("返回上一页，检查后重新提交"), _CALL)
    ),
    "403": ErrorPage(
        403,
        _("没有查看或办理的权限"),
        _("您当前的岗位没有这项权限，或者该事项不在您的管辖范围内。"),
        (_("如果您有其他岗位，请切换岗位后再试"), _("如果工作需要这项权限，请向本单位安全管理员申请")),
    ),
    "404": ErrorPage(
        404,
        _("没有找到这个页面"),
        _("地址可能写错了，内容可能已经归档，或者不在您的管辖范围内。"),
        (_("检查网址是否完整"), _("从首页或查找框重新进入")),
    ),
    "409": ErrorPage(
        409,
        _("内容已被别人更新"),
        _("在您办理期间，另一位同志已经更新了这件事项。"),
        (_("返回并刷新页面，核对最新情况后再办理"),),
    ),
    "413": ErrorPage(
        413, _("文件太大"), _("上传的文件超过了允许的大小，没有保存。"), (_("换一个小一些的文件，或分几次上传"),)
    ),
    "422": ErrorPage(
        422, _("这一步不能办理"), _("提交的内容不符合规定，系统没有保存。"), (_("返回上一页，按提示修改后再提交"),)
    ),
    "429": ErrorPage(
        429,
        _("操作太频繁"),
        _("短时间内的请求太多，系统暂时没有受理。"),
        (_("请等几分钟再试"), _("急事请拨打页面上公布的服务电话")),
    ),
    "500": ErrorPage(500, _("系统出了问题"), _("这不是您的错。问题已经记录，正在等待处理。"), (_RETRY, _CALL)),
    "503": ErrorPage(503, _("系统正在维护"), _("系统暂时不能使用，已保存的内容不会丢失。"), (_RETRY,)),
    "csrf": ErrorPage(
        403,
        _("页面已过期"),
        _("页面打开的时间太长，或者浏览器没有允许 Cookie，为了安全系统没有办理这次提交。"),
        (_("返回上一页，刷新后重新提交"), _("检查浏览器是否允许本网站使用 Cookie")),
    ),
}


def page(request: HttpRequest, error: ErrorPage) -> HttpResponse:
    """The error as a full page, or as a fragment for a partial request (swapped where the answer was expected)."""
    template = "ui/parts/error_body.html" if getattr(request, "htmx", False) else "ui/error.html"
    try:
        body: str = render_to_string(template, {"page": error}, request)
    except Exception:  # the page that reports a failure must not fail itself (database or static files gone)
        log.exception("error page could not be drawn")
        body = (
            f'<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>{escape(error.title)}</title>'
            f"<h1>{escape(error.title)}</h1><p>{escape(error.text)}</p></html>"
        )
    return HttpResponse(body, status=error.status)


def with_message(kind: str, text: Text) -> ErrorPage:
    """One of the PAGES with its explanation replaced by the sentence of a DomainError."""
    base = PAGES.get(kind, PAGES["422"])
    return ErrorPage(base.status, base.title, text, base.todo)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return page(request, PAGES["400"])


def permission_denied(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return page(request, PAGES["403"])


def page_not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return page(request, PAGES["404"])


def unprocessable(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return page(request, PAGES["422"])


def too_many(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    return page(request, PAGES["429"])


def server_error(request: HttpRequest) -> HttpResponse:
    return page(request, PAGES["500"])


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return page(request, PAGES["csrf"])
