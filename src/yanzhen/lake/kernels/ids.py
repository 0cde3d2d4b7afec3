"""ID numbers (GB 11643) and credit codes (GB 32100): check digits on byte matrices, keyed hashes."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from yanzhen.kernel.errors import DomainError
from yanzhen.lake.kernels.reasons import BIRTH, CHECK, FORM, REGION

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int16)
_CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
#: First two digits that GB/T 2260 knows (and 81–83 for residents of Hong Kong, Macao, Taiwan).
_PROVINCES = np.zeros(100, dtype=bool)
_PROVINCES[[11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46,
            50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83]] = True  # fmt: skip
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)], dtype=np.int16)

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Ids:
    """Distinct ID numbers looked at. ``numbers``: n × 18 bytes (rubbish where ``bad``); ``bad``: reason or 0."""

    numbers: Bytes
    bad: npt.NDArray[np.int16]
    birth: npt.NDArray[np.int32]
    """Days since 1970-01-01."""
    sex: npt.NDArray[np.int8]
    """1 man, 2 woman (GB/T 2261.1)."""


def matrix(texts: pa.Array, width: int) -> Bytes:
    """Texts of exactly ``width`` bytes as an n × width matrix, without a Python loop."""
    fresh = pc.cast(texts, pa.binary(width)) if len(texts) else pa.array([], pa.binary(width))
    body = fresh.buffers()[1]
    flat = np.frombuffer(body, dtype=np.uint8) if body is not None else np.zeros(0, np.uint8)
    start = fresh.offset * width
    return flat[start : start + len(fresh) * width].reshape(-1, width)


def look(values: pa.Array) -> Ids:
    """Check distinct values of an ID column: blanks, full width and lower x put right, 15 digits made 18."""
    count = len(values)
    numbers = np.zeros((count, 18), dtype=np.uint8)
    bad = np.zeros(count, dtype=np.int16)
    straight = pc.equal(pc.binary_length(values), 18).to_numpy(zero_copy_only=False)
    numbers[straight] = matrix(values.filter(pa.array(straight)), 18)
    for at in np.nonzero(~straight)[0]:
        text = _plain(values[int(at)].as_py())
        if len(text) == 15 and text.isdigit():
            text = _eighteen(text)
        if len(text) != 18 or not text.isascii():
            bad[at] = FORM
            continue
        numbers[at] = np.frombuffer(text.encode(), dtype=np.uint8)
    numbers[:, 17][numbers[:, 17] == ord("x")] = ord("X")
    digits = numbers[:, :17].astype(np.int16) - 48
    last = numbers[:, 17]
    formed = ((digits >= 0) & (digits <= 9)).all(axis=1) & (((last >= 48) & (last <= 57)) | (last == ord("X")))
    bad[~formed & (bad == 0)] = FORM
    digits[~formed] = 0
    region = _PROVINCES[digits[:, 0] * 10 + digits[:, 1]]
    bad[(bad == 0) & ~region] = REGION
    birth, possible = _birth(digits)
    bad[(bad == 0) & ~possible] = BIRTH
    wrong = _CHECK[(digits @ _WEIGHTS) % 11] != last
    bad[(bad == 0) & wrong] = CHECK
    sex = np.where(digits[:, 16] % 2 == 1, 1, 2).astype(np.int8)
    return Ids(numbers, bad, birth, sex)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).replace("-", "").upper()


def _eighteen(text: str) -> str:
    """The 18-digit form of a 15-digit number (born in the 20th century; GB 11643-1999)."""
    body = text[:6] + "19" + text[6:]
    total = sum(int(digit) * int(weight) for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + chr(_CHECK[total % 11])


def _birth(digits: npt.NDArray[np.int16]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    year = digits[:, 6].astype(np.int64) * 1000 + digits[:, 7] * 100 + digits[:, 8] * 10 + digits[:, 9]
    month = digits[:, 10].astype(np.int64) * 10 + digits[:, 11]
    day = digits[:, 12].astype(np.int64) * 10 + digits[:, 13]
    possible = (year >= 1880) & (year <= 2100) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    safe_year, safe_month = np.where(possible, year, 2000), np.where(possible, month, 1)
    first = (safe_year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (safe_month - 1).astype(
        "timedelta64[M]"
    )
    length = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    possible &= day <= length
    days = first.astype("datetime64[D]").astype(np.int64) + np.where(possible, day, 1) - 1
    return days.astype(np.int32), possible


def credit_code(text: str) -> tuple[str | None, int]:
    """The credit code put right, or None and the reason (GB 32100-2015)."""
    code = _plain(text)
    if len(code) != 18 or any(letter not in _CREDIT for letter in code):
        return None, FORM
    total = sum(_CREDIT.index(letter) * int(weight) for letter, weight in zip(code[:17], _CREDIT_WEIGHTS, strict=True))
    return (code, 0) if _CREDIT[(31 - total % 31) % 31] == code[17] else (None, CHECK)


class Digest(Protocol):
    def copy(self) -> Digest: ...
    def update(self, body: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class Keyed:
    """HMAC over many short values: the two key blocks are digested once and copied (RFC 2104)."""

    def __init__(self, algorithm: str, key: bytes) -> None:
        if algorithm not in {"sha256", "sm3"}:
            raise DomainError("lake.hash", "散列算法只能是 sha256 或 sm3。")
        if len(key) < 16:
            raise DomainError("lake.key", "密钥至少 16 字节。")
        self.algorithm = algorithm
        block = key if len(key) <= 64 else self._new(key).digest()
        block = block.ljust(64, b"\0")
        self._inner = self._new(bytes(byte ^ 0x36 for byte in block))
        self._outer = self._new(bytes(byte ^ 0x5C for byte in block))

    def _new(self, body: bytes) -> Any:
        return hashlib.sha256(body) if self.algorithm == "sha256" else hashlib.new("sm3", body)

    def one(self, value: bytes) -> bytes:
        """32 bytes; equal to ``hmac.digest(key, value, algorithm)``."""
        inner = self._inner.copy()
        inner.update(value)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return bytes(outer.digest())

    def many(self, numbers: Bytes) -> pa.Array:
        """The hashes of an n × width byte matrix, as fixed-size binary."""
        width, body = numbers.shape[1], numbers.tobytes()
        inner_copy, outer_copy = self._inner.copy, self._outer.copy
        out = bytearray()
        for start in range(0, len(body), width):
            inner = inner_copy()
            inner.update(body[start : start + width])
            outer = outer_copy()
            outer.update(inner.digest())
            out += outer.digest()
        return pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), len(numbers), [None, pa.py_buffer(bytes(out))])
