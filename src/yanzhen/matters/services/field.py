"""Acts that come from a phone: at most once each, however often the phone tries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor
from yanzhen.matters.models import Idempotency, Matter
from yanzhen.matters.selectors.field import FIELD_ACTS
from yanzhen.matters.selectors.one import matter_for
from yanzhen.matters.services.handling import accept, answer, assist_done, contact, progress

_KEY = re.compile(r"[0-9A-Za-z-]{8,64}")


def check_key(key: str) -> str:
    """The key, if it is one: made once by the phone for each thing it sends."""
    if not _KEY.fullmatch(key):
        raise DomainError("matters.field.key", "缺少防止重复提交的标识，请刷新页面后再试。")
    return key


def act_once(
    *,
    actor: Actor,
    now: datetime,
    matter_id: int,
    code: str,
    key: str,
    words: str = "",
    files: Sequence[tuple[str, bytes]] = (),
    version: int | None = None,
) -> Matter:
    """Do one act of the field, unless this ``key`` of this account has done it already; returns the matter as it is now.

    NotFound, Conflict (somebody changed it since ``version``), NotAllowed and DomainError as the act itself; an act that was
    refused does not use up its key.
    """
    name = f"act:{actor.account_id}:{check_key(key)}"
    try:
        with transaction.atomic():
            if Idempotency.objects.filter(key=name).exists():
                return matter_for(actor, matter_id)
            Idempotency.objects.create(key=name, matter_id=matter_for(actor, matter_id).pk, at=now)
            return act_on(actor, now, matter_id, code, words, files, version)
    except IntegrityError:
        if not Idempotency.objects.filter(key=name).exists():
            raise
        return matter_for(actor, matter_id)


def act_on(
    actor: Actor,
    now: datetime,
    matter_id: int,
    code: str,
    words: str,
    files: Sequence[tuple[str, bytes]],
    version: int | None,
) -> Matter:
    """The service of an act of the field."""
    if code not in FIELD_ACTS:
        raise DomainError("matters.field.act", "这项操作不能在现场页面办理。")
    if code == "accept":
        return accept(actor=actor, now=now, matter=matter_id, version=version)
    if code == "contact":
        return contact(actor=actor, now=now, matter=matter_id, words=words, version=version)
    if code == "assist_done":
        return assist_done(actor=actor, now=now, matter=matter_id, words=words, version=version)
    service = progress if code == "progress" else answer
    return service(actor=actor, now=now, matter=matter_id, words=words, files=files, version=version)
