"""Tokens at the door: who the program acts as, and how often it may call."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.core.cache import caches
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import HttpError
from ninja.security import HttpBearer

from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor
from yanzhen.matters.models import ApiToken
from yanzhen.matters.selectors.programs import token_actor

MINUTE = 60
USED_EVERY = timedelta(minutes=1)  # between two writes of "last used"
BLOCKS = 20
NONE = -1  # no block left in this window: not asked for again
MOST_HELD = 10_000
_HELD: dict[str, tuple[int, int]] = {}  # what this process holds of a counter: (window, permits left)


class WaitError(HttpError):
    """The share of this window is used up; ``seconds`` until the next one."""

    def __init__(self, seconds: int) -> None:
        super().__init__(429, "too many")
        self.seconds = seconds


def spend(name: str, most: int, seconds: int, *, clock: float | None = None) -> int:
    """Take one permit of ``most`` in the present window; 0 when there was one, else the seconds until the next window.

    Processes take permits in blocks, each won by an insert that only one of them can make: together they never pass more
    than ``most``, and only each twentieth call writes.
    """
    now = time.time() if clock is None else clock
    window, left = int(now // seconds), 0
    held = _HELD.get(name)
    if held is not None and held[0] == window:
        left = held[1]
    if left == 0:
        left = _block(name, window, most, seconds) or NONE
    if len(_HELD) > MOST_HELD:
        _HELD.clear()
    _HELD[name] = (window, left - 1 if left > 0 else NONE)
    return 0 if left > 0 else max(1, int((window + 1) * seconds - now))


def _block(name: str, window: int, most: int, seconds: int) -> int:
    """Win the next free block of a window; its size, 0 when all are taken."""
    store = caches["shared"]
    size = max(1, most // BLOCKS)
    for at, start in enumerate(range(0, most, size)):
        if store.add(f"rate:{name}:{window}:{at}", 1, 2 * seconds):
            return min(size, most - start)
    return 0


def used(token: ApiToken, now: datetime) -> None:
    """Note that the token was used, at most once a minute."""
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def admit(token: str, request: HttpRequest, *, channel: str = "api") -> Actor | None:
    """The actor of a token, counted; None when the token does not hold. :class:`WaitError` when it called too often."""
    now = timezone.now()
    on = timezone.localdate()
    found = token_actor(
        token, on, ip=request.META.get("REMOTE_ADDR", ""), request_id=getattr(request, "request_id", ""), channel=channel
    )
    if found is None:
        return None
    kept, actor = found
    wait = spend(f"token:{kept.pk}", int(value("matters.api.per_minute", actor.unit, on=on)), MINUTE)
    if wait:
        raise WaitError(wait)
    used(kept, now)
    request.token = kept  # type: ignore[attr-defined]
    return actor


class Token(HttpBearer):
    """``Authorization: Bearer yzt_…``; a login's session is not enough, so that no page can be tricked into a call."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        actor = admit(token, request)
        if actor is not None:
            request.actor = actor  # type: ignore[attr-defined]
        return actor
