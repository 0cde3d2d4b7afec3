"""Passwords and user names (plain Python). Numbers come from the settings of the installation (GB/T 22239-2019 8.1.4.1)."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from datetime import datetime, timedelta

_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,39}")
# letters and digits that nobody mistakes for another one when reading from paper
_PLAIN = ("abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKMNPQRSTUVWXYZ", "23456789", "#%+=@")


def username_ok(username: str) -> bool:
    """3–40 letters, digits, dot, dash, underscore; begins with a letter or digit."""
    return bool(_USERNAME.fullmatch(username))


def classes(password: str) -> int:
    """How many of the four kinds of characters a password holds: small and capital letters, digits, others."""
    kinds: tuple[Callable[[str], bool], ...] = (
        lambda c: c in string.ascii_lowercase,
        lambda c: c in string.ascii_uppercase,
        lambda c: c in string.digits,
        lambda c: c not in string.ascii_letters + string.digits,
    )
    return sum(any(kind(c) for c in password) for kind in kinds)


def names_account(password: str, username: str) -> bool:
    """Whether a password holds the user name, forwards or backwards, letter case ignored."""
    word, name = password.lower(), username.lower()
    return bool(name) and (name in word or name[::-1] in word)


def one_time(length: int, pick: Callable[[str], str], shuffle: Callable[[list[str]], None]) -> str:
    """A password for one use: all four kinds of characters, none that is misread. ``pick``/``shuffle``: secure random."""
    every = "".join(_PLAIN)
    chars = [pick(kind) for kind in _PLAIN] + [pick(every) for _ in range(max(length, 12) - len(_PLAIN))]
    shuffle(chars)
    return "".join(chars)


def expired(changed_at: datetime | None, now: datetime, days: int) -> bool:
    """Whether a password is due for a change: never set by its owner, or ``days`` old (0 = no limit)."""
    return changed_at is None or (days > 0 and now - changed_at >= timedelta(days=days))


def idle(seen: float | None, now: float, minutes: int) -> bool:
    """Whether a session slept too long; times in seconds."""
    return seen is not None and now - seen > minutes * 60
