"""Digests and the published tie-break: equal input gives equal output, whatever the order of its rows.

The tie-break is public so that "why him and not me" has an honest answer. For a seed ``s`` and ids ``a`` and ``b``::

    h(x)        = the first 8 bytes (big endian) of SHA-256 of the UTF-8 text x, as an unsigned 64-bit number
    tie(s,a,b)  = mix(h(str(s)) ^ h(a) ^ mix(h(b)))
    mix(z)      = splitmix64's finaliser: z += 0x9E3779B97F4A7C15; z = (z ^ z>>30)·0xBF58476D1CE4E5B9;
                  z = (z ^ z>>27)·0x94D049BB133111EB; z ^ z>>31   (all modulo 2^64)

Sources: SHA-256 FIPS 180-4; splitmix64: Steele, Lea, Flood, OOPSLA 2014.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
_MASK = (1 << 64) - 1


def plain(value: Any) -> Any:
    """Dataclasses, tuples, sets, dates, enums and NumPy numbers as plain JSON values (sets sorted)."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, float):
        if not math.isfinite(value):
            return {"float": repr(value)}
        return int(value) if value.is_integer() and abs(value) < 2**53 else value  # 3 and 3.0 are one value
    if hasattr(value, "__geo_interface__"):
        return plain(value.__geo_interface__)
    return value


def canonical(value: Any) -> str:
    """One text for equal values: keys sorted, no spaces, UTF-8 letters kept."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def row_text(row: Any) -> str:
    """A row of an input as one canonical text; many rows are quick, because the encoder takes their fields as they are."""
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        row = [getattr(row, name) for name in _names(type(row))]
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=plain)


@lru_cache(maxsize=256)
def _names(kind: type) -> tuple[str, ...]:
    return tuple(sorted(field.name for field in dataclasses.fields(kind)))


def digest(value: Any) -> str:
    """SHA-256 of the canonical text, 64 hex digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def word(text: str) -> int:
    """h(x) of the module's docstring."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def words(texts: Iterable[str]) -> Words:
    """h(x) of many ids, once each."""
    return np.fromiter((word(text) for text in texts), dtype=np.uint64)


def mix(value: int) -> int:
    """splitmix64's finaliser."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def mix_many(values: Words) -> Words:
    """:func:`mix` of a whole column."""
    with np.errstate(over="ignore"):
        values = values + np.uint64(0x9E3779B97F4A7C15)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))


def tie(seed: int, first: str, second: str = "") -> int:
    """The tie-break of one pair: 0 … 2^64-1, smaller wins."""
    return mix(word(str(seed)) ^ word(first) ^ mix(word(second)))


def tie_many(seed: int, first: Words, second: Words) -> Words:
    """The same for columns of :func:`words` (already taken per pair)."""
    return mix_many(np.uint64(word(str(seed))) ^ first ^ mix_many(second))


def shuffled(seed: int, ids: Iterable[str]) -> list[str]:
    """Ids in the published random order of a seed (draws, first come, restarts)."""
    return sorted(ids, key=lambda item: (tie(seed, item), item))
