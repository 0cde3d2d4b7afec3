"""How often somebody may try: sliding windows that all processes share, kept in the database's cache table."""

from __future__ import annotations

import hashlib
from datetime import date

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import UnitRef

HOUR = 3600
DAY = 24 * HOUR


class TooMany(DomainError):
    """Too many tries in a short time (shown as 429, the draft is kept)."""

    status = 429


def address(request: HttpRequest) -> str:
    """The visitor's network address, seen through as many proxies as the operator says stand in front."""
    proxies = settings.YANZHEN.trusted_proxies
    seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if proxies and len(seen) >= proxies:
        return str(seen[-proxies])
    return str(request.META.get("REMOTE_ADDR", ""))


def _slots(name: str, who: str, most: int) -> list[str]:
    digest = hashlib.sha256(f"{settings.SECRET_KEY}:{name}:{who}".encode()).hexdigest()[:32]
    return [f"{name}:{digest}:{place}" for place in range(most)]


def spend(name: str, who: str, *, most: int, seconds: int) -> bool:
    """Take one of ``most`` slots that are free again after ``seconds``; False when none is free.

    A slot is taken by an insert that only one process can win, so that many processes together keep to the limit. ``who``
    (an address, a telephone number) is kept as a keyed hash only.
    """
    store = caches["shared"]
    slots = _slots(name, who, most)
    taken = store.get_many(slots)
    return any(slot not in taken and store.add(slot, 1, seconds) for slot in slots)


def exhausted(name: str, who: str, *, most: int) -> bool:
    """Whether all slots are taken, without taking one."""
    return len(caches["shared"].get_many(_slots(name, who, most))) >= most


def _refuse() -> TooMany:
    return TooMany("matters.public.too_many", "短时间内提交太多，请过一会儿再试。急事请直接拨打电话。")


def submission(request: HttpRequest, *, phone: str, unit: UnitRef | None, on: date) -> None:
    """Count one submission by address and by telephone number; raise :class:`TooMany` beyond the rules."""
    if not spend("submit", address(request), most=value("matters.public.per_ip", unit, on=on), seconds=HOUR):
        raise _refuse()
    if phone and not spend("phone", phone, most=value("matters.public.per_phone", unit, on=on), seconds=DAY):
        raise _refuse()


def looking_up(request: HttpRequest, *, unit: UnitRef | None, on: date) -> None:
    """Count one look-up by address."""
    if not spend("follow", address(request), most=value("matters.public.follow_tries", unit, on=on), seconds=HOUR):
        raise _refuse()
