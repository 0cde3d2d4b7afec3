"""The login library tells only by signal that somebody set up or dropped a second factor: both go into the trail."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from yanzhen.kernel.accounts import actions
from yanzhen.kernel.accounts.adapter import _as
from yanzhen.kernel.accounts.services import note_session


def added(request: Any, user: Any, authenticator: Any, **_: Any) -> None:
    """A second factor was set up (its recovery codes come with it and are not told apart)."""
    if authenticator.type == authenticator.Type.RECOVERY_CODES:
        return
    note_session(actor=_as(user, request), now=timezone.now(), action=actions.FACTOR_ADDED, account=user)


def removed(request: Any, user: Any, authenticator: Any, **_: Any) -> None:
    """A second factor was dropped by its owner."""
    if authenticator.type == authenticator.Type.RECOVERY_CODES:
        return
    note_session(actor=_as(user, request), now=timezone.now(), action=actions.FACTOR_DROPPED, account=user)
