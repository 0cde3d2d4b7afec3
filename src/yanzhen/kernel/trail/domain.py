"""Hashing of trail rows and seals (plain Python)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

GENESIS = "0" * 64


def canonical(value: Mapping[str, Any] | None) -> str:
    """JSON text with sorted keys and no spaces, so that the same content always hashes alike; "" for None."""
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return str(value)


def digest(parts: Iterable[object], algorithm: str = "sha256") -> str:
    """Hash of the parts, each length-prefixed so that no two lists of parts share a text."""
    h = hashlib.new(algorithm)
    for part in parts:
        raw = str("" if part is None else part).encode()
        h.update(f"{len(raw)}:".encode())
        h.update(raw)
    return h.hexdigest()


def seal_digest(previous: str, row_ids: Iterable[int], row_digests: Iterable[str], algorithm: str = "sha256") -> str:
    """Hash of a batch: the seal before it, then each row's id and hash in order of id."""
    parts: list[object] = [previous]
    for row_id, row_digest in zip(row_ids, row_digests, strict=True):
        parts += [row_id, row_digest]
    return digest(parts, algorithm)
