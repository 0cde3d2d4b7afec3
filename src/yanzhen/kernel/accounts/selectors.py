"""Reading logins."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum

from yanzhen.kernel.accounts.models import Account


def named(username: str) -> Account | None:
    """The login of a user name, letter case ignored."""
    return Account.objects.filter(username__iexact=username.strip()).first() if username else None


def has_factor(account_id: int) -> bool:
    """Whether a login has a second factor."""
    return Authenticator.objects.filter(user_id=account_id, type=Authenticator.Type.TOTP).exists()


def with_factor(account_ids: list[int]) -> set[int]:
    """Those of some logins that have a second factor."""
    found = Authenticator.objects.filter(user_id__in=account_ids, type=Authenticator.Type.TOTP)
    return set(found.values_list("user_id", flat=True))


def locked(usernames: list[str], now: datetime) -> set[str]:
    """Those of some user names (in small letters) that are locked from some address."""
    since = now - timedelta(minutes=settings.YANZHEN.lock_minutes)
    found = AccessAttempt.objects.filter(attempt_time__gte=since, username__in=usernames).values(
        "username", "ip_address"
    )
    over = found.annotate(n=Sum("failures_since_start")).filter(n__gte=settings.YANZHEN.lock_after)
    return {str(row["username"]).lower() for row in over}
