"""Around every request: the client's true address, the idle clock, what a login must do before anything else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yanzhen.kernel.accounts.domain import expired
from yanzhen.kernel.accounts.domain import idle as slept
from yanzhen.kernel.accounts.selectors import has_factor
from yanzhen.kernel.rulebook.api import value

Handler = Callable[[HttpRequest], HttpResponse]
SEEN = "seen"
FACTOR = "has_factor"
WRITE_EVERY = 60  # seconds between two writes of the session

# what stays open to a login that has to change its password or set up its second factor
FREE = {
    "account_logout", "account_change_password", "account_reauthenticate", "mfa_activate_totp", "mfa_reauthenticate",
    "mfa_view_recovery_codes", "mfa_download_recovery_codes", "ui_elder", "ui_language",
}  # fmt: skip


def client_address(get_response: Handler) -> Handler:
    """Behind trusted proxies, ``REMOTE_ADDR`` becomes the address that the outermost of them saw."""

    def middleware(request: HttpRequest) -> HttpResponse:
        count = settings.YANZHEN.trusted_proxies
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if count and len(hops) >= count:
            request.META["REMOTE_ADDR"] = hops[-count]
        return get_response(request)

    return middleware


def idle(get_response: Handler) -> Handler:
    """Log out what slept too long; note the time at most once a minute, so that reading pages does not write."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now, seen = time.time(), request.session.get(SEEN)
            if slept(seen, now, settings.YANZHEN.idle_minutes):
                logout(request)
                messages.info(request, _("长时间没有操作，已为您退出，请重新登录。"))
            elif seen is None or now - seen >= WRITE_EVERY:
                request.session[SEEN] = now
        return get_response(request)

    return middleware


class gate:  # noqa: N801 - a middleware is named like a function
    """A one-time or expired password is changed first; a role that needs a second factor sets it up first.

    What a login was shown is not kept: a shared machine's back button must not bring it up after the logout.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if not request.user.is_authenticated or match is None:
            return None
        request.totp_wanted = factor_wanted(request)  # type: ignore[attr-defined]
        if match.url_name in FREE or getattr(view, "capability", None) == "":
            return None
        target = first_duty(request)
        if not target:
            return None
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": target})
        return HttpResponseRedirect(target)


def first_duty(request: HttpRequest) -> str:
    """Where a login has to go before anything else, "" when it is free."""
    account: Any = request.user
    if account.must_change or expired(account.password_changed_at, timezone.now(), settings.YANZHEN.password_days):
        messages.warning(request, _("请先修改口令：初始口令或口令已到期。"))
        return reverse("account_change_password")
    if request.totp_wanted and not request.session.get(FACTOR):  # type: ignore[attr-defined]
        if not has_factor(account.pk):
            messages.warning(request, _("您的岗位须使用二次验证，请先完成设置。"))
            return reverse("mfa_activate_totp")
        request.session[FACTOR] = True
    return ""


def factor_wanted(request: HttpRequest) -> bool:
    """Whether one of the login's roles needs a second factor (rule ``accounts.totp_roles``, by the unit acted for)."""
    if not settings.REQUIRE_TOTP:
        return False
    actor: Any = getattr(request, "actor", None)
    roles = getattr(request, "roles", frozenset())
    wanted = value("accounts.totp_roles", actor.unit if actor else None, on=timezone.localdate())
    return bool(roles & set(wanted))
