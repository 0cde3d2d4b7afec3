"""How the login library meets the house: closed sign-up, trail of sessions, secrets encrypted."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from yanzhen.kernel.accounts import actions, services
from yanzhen.kernel.accounts.models import Account
from yanzhen.kernel.accounts.selectors import named
from yanzhen.kernel.crypto.api import decrypt, encrypt
from yanzhen.kernel.scope.api import Actor, public
from yanzhen.kernel.ui.context import ELDER_COOKIE

YEAR = 365 * 24 * 3600
QUIET = ("account/messages/logged_in.txt", "account/messages/logged_out.txt")


def _as(account: Account, request: HttpRequest) -> Actor:
    """The person behind a login, before any post is chosen."""
    return Actor(
        name=account.display_name,
        account_id=account.pk,
        ip=request.META.get("REMOTE_ADDR", ""),
        request_id=getattr(request, "request_id", ""),
    )


class ClosedAdapter(DefaultAccountAdapter):
    """Nobody signs up; every login, refusal and logout leaves a trace."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def set_password(self, user: Any, password: str) -> None:
        services.change_password(actor=_as(user, self.request), now=timezone.now(), account=user, password=password)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def add_message(
        self, request: Any, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        if message_template not in QUIET:
            super().add_message(request, level, message_template, *args, **kwargs)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        services.note_session(actor=_as(user, request), now=timezone.now(), action=actions.LOGGED_IN, account=user)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        remember(response, user, secure=request.is_secure())
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        account = named(str(credentials.get("username") or ""))
        who = _as(account, request) if account else public(ip=request.META.get("REMOTE_ADDR", ""), channel="web")
        services.note_session(actor=who, now=timezone.now(), action=actions.FAILED, account=account)

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, Account):
            actor = getattr(request, "actor", None) or _as(request.user, request)
            services.note_session(actor=actor, now=timezone.now(), action=actions.LOGGED_OUT, account=request.user)
        super().logout(request)


def remember(response: HttpResponse, account: Account, *, secure: bool) -> None:
    """Carry the account's language and elder mode to this browser."""
    if account.language:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, account.language, max_age=YEAR, samesite="Lax", secure=secure
        )
    value = "1" if account.elder else "0"
    response.set_cookie(ELDER_COOKIE, value, max_age=YEAR, samesite="Lax", secure=secure)


class FactorAdapter(DefaultMFAAdapter):
    """TOTP secrets and recovery codes are encrypted with the installation's keys."""

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)

    def get_totp_issuer(self) -> str:
        return "Yanzhen"

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Who must have a second factor cannot drop it (the security officer can, for a lost one)."""
        from allauth.core import context

        return not getattr(context.request, "totp_wanted", False)


class CodeForm(AuthenticateForm):
    """The code of the second factor; a wrong one leaves a trace."""

    def clean_code(self) -> str:
        from allauth.core import context

        try:
            return str(super().clean_code())
        except ValidationError:
            services.note_session(
                actor=_as(self.user, context.request), now=timezone.now(), action=actions.FAILED, account=self.user,
                note="totp",
            )  # fmt: skip
            raise
