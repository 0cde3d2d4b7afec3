"""What a villager has typed so far: kept with the session, encrypted, for a day, so that neither a mistake, nor the way
back, nor a pause loses it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.http import HttpRequest

from yanzhen.kernel.crypto.api import KeyMissing, Tampered, decrypt, encrypt

KEPT = timedelta(days=1)
REPORT, SENT, FOLLOWED = "report_draft", "report_sent", "followed"


def read(request: HttpRequest, name: str) -> dict[str, Any]:
    """The values kept under a name; empty without any."""
    try:
        found: dict[str, Any] = json.loads(decrypt(request.session.get(name, "")) or "{}")
    except (Tampered, KeyMissing, ValueError):
        return {}
    return found


def write(request: HttpRequest, name: str, values: dict[str, Any]) -> None:
    """Keep values under a name. A visitor's session then lasts a day; that of a login keeps its own rule."""
    request.session[name] = encrypt(json.dumps(values, ensure_ascii=False))
    if not request.user.is_authenticated:
        request.session.set_expiry(KEPT)


def update(request: HttpRequest, name: str, /, **values: Any) -> dict[str, Any]:
    """Change some of the values kept under a name."""
    found = read(request, name) | values
    write(request, name, found)
    return found


def drop(request: HttpRequest, name: str) -> None:
    request.session.pop(name, None)


def begun(request: HttpRequest) -> dict[str, Any]:
    """The report being written, with its own key against doubling."""
    found = read(request, REPORT)
    if not found.get("key"):
        found = {"key": uuid4().hex}
        write(request, REPORT, found)
    return found
