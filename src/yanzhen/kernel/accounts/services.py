"""Logins: made, disabled, unlocked by the system officer; passwords and factors."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from yanzhen.kernel.accounts import actions
from yanzhen.kernel.accounts.domain import one_time, username_ok
from yanzhen.kernel.accounts.models import Account, PasswordPast
from yanzhen.kernel.errors import Conflict, DomainError
from yanzhen.kernel.scope.api import Actor, need
from yanzhen.kernel.trail import api as trail

KEPT = 5  # former passwords kept for comparison


def _need(actor: Actor, capability: str) -> None:
    need(actor, capability, actor.unit.path if actor.unit else "")


def _record(
    actor: Actor, now: datetime, action: str, account: Account, after: dict[str, Any] | None = None, note: str = ""
) -> None:
    trail.record(
        actor=actor, now=now, action=action, kind="account", subject_id=account.pk,
        label=f"{account.display_name} {account.username}", after=after, purpose=note,
    )  # fmt: skip


def _one_time() -> str:
    return one_time(settings.YANZHEN.password_min, secrets.choice, secrets.SystemRandom().shuffle)


@transaction.atomic
def create_account(
    *, actor: Actor, now: datetime, username: str, display_name: str, email: str = "", password: str = ""
) -> tuple[Account, str]:
    """Make a login; returns it and the one-time password to hand over (shown once, changed at the first login).

    ``password``: only the installation itself may choose one (demo county); then nothing has to be changed.
    """
    _need(actor, "accounts.manage")
    username, display_name = username.strip(), display_name.strip()
    if not username_ok(username):
        raise DomainError(
            "accounts.account.username",
            "用户名为 3–40 位字母、数字、点、横线或下划线，以字母或数字开头。",
            field="username",
        )
    if not display_name:
        raise DomainError("accounts.account.name", "请填写姓名。", field="display_name")
    if Account.objects.filter(username__iexact=username).exists():
        raise DomainError("accounts.account.taken", "这个用户名已被使用。", field="username")
    chosen = password if password and actor.is_system else _one_time()
    own = bool(password) and actor.is_system
    account = Account(
        username=username, display_name=display_name, email=email.strip(), created_at=now, must_change=not own,
        password=make_password(chosen), password_changed_at=now if own else None,
    )  # fmt: skip
    account.save()
    _record(actor, now, actions.CREATED, account, {"username": username, "name": display_name})
    return account, "" if own else chosen


def _locked(account: Account) -> Account:
    return Account.objects.select_for_update().get(pk=account.pk)


@transaction.atomic
def set_active(*, actor: Actor, now: datetime, account: Account, active: bool, reason: str) -> Account:
    """Disable a login (its sessions end with the next click) or enable it again."""
    _need(actor, "accounts.manage")
    account = _locked(account)
    if account.pk == actor.account_id:
        raise DomainError("accounts.account.not_own", "不能停用自己的账号。")
    if account.is_active == active:
        raise Conflict("accounts.account.already", "账号状态已经变更，请刷新页面。")
    if not reason.strip():
        raise DomainError("accounts.account.reason", "请写明理由。", field="reason")
    account.is_active = active
    account.save(update_fields=["is_active"])
    _record(actor, now, actions.ENABLED if active else actions.DISABLED, account, {"active": active}, reason)
    return account


@transaction.atomic
def reset_password(*, actor: Actor, now: datetime, account: Account) -> str:
    """A new one-time password; the old one and all sessions are void. The second factor stays: see :func:`drop_factor`."""
    _need(actor, "accounts.manage")
    account = _locked(account)
    if account.pk == actor.account_id:
        raise DomainError("accounts.account.own_password", "自己的口令请在“我的账号”中修改。")
    _keep(account, now)
    chosen = _one_time()
    account.password, account.must_change, account.password_changed_at = make_password(chosen), True, None
    account.save(update_fields=["password", "must_change", "password_changed_at"])
    _record(actor, now, actions.RESET, account)
    return chosen


@transaction.atomic
def unlock(*, actor: Actor, now: datetime, account: Account) -> int:
    """Lift the lock after failed logins, on all addresses; returns how many counters were cleared."""
    _need(actor, "accounts.manage")
    cleared, _ = AccessAttempt.objects.filter(username__iexact=account.username).delete()
    _record(actor, now, actions.UNLOCKED, account, {"cleared": cleared})
    return cleared


@transaction.atomic
def drop_factor(*, actor: Actor, now: datetime, account: Account, reason: str) -> int:
    """Take a lost second factor off a login; its owner sets up a new one at the next login.

    In the security officer's hand, the password in the system officer's: nobody can take over a login alone.
    """
    _need(actor, "accounts.factor")
    if account.pk == actor.account_id:
        raise DomainError("accounts.factor.own", "自己的二次验证不能由自己重置，请由另一名安全管理员办理。")
    if not reason.strip():
        raise DomainError("accounts.account.reason", "请写明理由。", field="reason")
    dropped, _ = Authenticator.objects.filter(user_id=account.pk).delete()
    _record(actor, now, actions.FACTOR_DROPPED, account, {"dropped": dropped}, reason)
    return dropped


def _keep(account: Account, now: datetime) -> None:
    """Remember the password that is about to go, forget those beyond the last few."""
    PasswordPast.objects.create(account=account, password=account.password, at=now)
    kept = account.passwords.order_by("-at", "-pk").values_list("pk", flat=True)[:KEPT]
    account.passwords.exclude(pk__in=list(kept)).delete()


@transaction.atomic
def change_password(*, actor: Actor, now: datetime, account: Account, password: str) -> None:
    """The owner's own change (the form has checked old password and rules)."""
    if actor.account_id != account.pk:
        raise DomainError("accounts.password.not_yours", "只能修改自己的口令。")
    _keep(account, now)
    account.set_password(password)
    account.must_change, account.password_changed_at = False, now
    account.save(update_fields=["password", "must_change", "password_changed_at"])
    _record(actor, now, actions.CHANGED, account)


@transaction.atomic
def prefer(*, actor: Actor, now: datetime, account: Account, language: str, elder: bool, email: str) -> None:
    """The owner's language, elder mode and mail address for digests."""
    if actor.account_id != account.pk:
        raise DomainError("accounts.account.not_yours", "只能修改自己的设置。")
    if language not in dict(settings.LANGUAGES):
        raise DomainError("accounts.account.language", "不支持这种语言。", field="language")
    account.language, account.elder, account.email = language, elder, email.strip()
    account.save(update_fields=["language", "elder", "email"])
    _record(actor, now, actions.PREFERRED, account, {"language": language, "elder": elder, "mail": bool(email)})


def note_session(*, actor: Actor, now: datetime, action: str, account: Account | None, note: str = "") -> None:
    """Login, refused login or logout, for the audit (GB/T 22239-2019 8.1.4.3). An unknown name is not written down: people
    type passwords into the wrong box."""
    trail.record(
        actor=actor, now=now, action=action, kind="session", subject_id=account.pk if account else 0,
        label=account.username if account else "", purpose=note,
    )  # fmt: skip
