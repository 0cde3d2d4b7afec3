"""Ways out of the platform: mail, and a gateway for SMS or a government messenger as a plug-in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.utils.module_loading import import_string

from yanzhen.kernel.scope.api import UnitRef


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel carries. ``key`` is the same for each attempt, so that a receiver can drop a repetition."""

    key: str
    account_id: int
    address: str
    subject: str
    body: str
    urgent: bool


class Channel(Protocol):
    """A way out. ``send`` returns when the message was taken over and raises when it was not."""

    def send(self, message: Message, now: datetime) -> None: ...


class Mail:
    """Mail by Django's backend (without ``YANZHEN_MAIL_URL``: files in the data folder)."""

    def send(self, message: Message, now: datetime) -> None:
        EmailMessage(
            message.subject, message.body, to=[message.address], headers={"Message-ID": f"<{message.key}@yanzhen>"}
        ).send(fail_silently=False)


class FileGateway:
    """The default gateway: one JSON line a message in ``data/outbox``, for a county's own sender to pick up."""

    def send(self, message: Message, now: datetime) -> None:
        folder = settings.YANZHEN.data / "outbox"
        folder.mkdir(parents=True, exist_ok=True)
        line = json.dumps(
            {
                "key": message.key, "account": message.account_id, "address": message.address, "urgent": message.urgent,
                "subject": message.subject, "body": message.body, "at": now.isoformat(),
            },
            ensure_ascii=False,
        )  # fmt: skip
        handle = os.open(folder / f"{now:%Y-%m-%d}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as out:
            out.write(line + "\n")


class Directory(Protocol):
    """Where people are and how they are reached; the registers bring a better one."""

    def units(self, account_ids: Sequence[int]) -> Mapping[int, UnitRef]: ...

    def mails(self, account_ids: Sequence[int]) -> Mapping[int, str]: ...

    def gateways(self, account_ids: Sequence[int]) -> Mapping[int, str]: ...


class Accounts:
    """The plain directory: mail of the account; the gateway knows people by their user name."""

    def units(self, account_ids: Sequence[int]) -> Mapping[int, UnitRef]:
        return {}

    def _values(self, account_ids: Sequence[int], field: str) -> dict[int, str]:
        rows = get_user_model().objects.filter(pk__in=account_ids, is_active=True).values_list("pk", field)
        return {pk: value for pk, value in rows if value}

    def mails(self, account_ids: Sequence[int]) -> Mapping[int, str]:
        return self._values(account_ids, "email")

    def gateways(self, account_ids: Sequence[int]) -> Mapping[int, str]:
        return self._values(account_ids, "username")


_directory: list[Directory] = [Accounts()]


def directory(value: Directory | None = None) -> Directory:
    """The directory in use; with a value, set it first."""
    if value is not None:
        _directory[0] = value
    return _directory[0]


@lru_cache(maxsize=4)
def _gateway(name: str) -> Channel | None:
    if name in ("", "none"):
        return None
    if name == "file":
        return FileGateway()
    made: Channel = import_string(name)()
    return made


def channels() -> dict[str, Channel]:
    """Channels by code."""
    found: dict[str, Channel] = {"mail": Mail()}
    gateway = _gateway(settings.YANZHEN.gateway)
    if gateway is not None:
        found["gateway"] = gateway
    return found
