"""Encrypting with keys from a file: AES-256-GCM or SM4-GCM, blind index by HMAC."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings


@dataclass(frozen=True, slots=True)
class Ring:
    """Keys by id; ``current`` encrypts, all decrypt; ``index`` is the key of the blind index (not rotated with them)."""

    current: str
    keys: dict[str, tuple[str, bytes]]
    index: bytes


def new_ring_text(cipher: str) -> str:
    """Text of a new key file for ``aes`` or ``sm4``."""
    return json.dumps(
        {
            "current": "1",
            "keys": {"1": {"cipher": cipher, "key": base64.b64encode(os.urandom(32 if cipher == "aes" else 16)).decode()}},
            "index": base64.b64encode(os.urandom(32)).decode(),
        },
        indent=1,
    )


@lru_cache(maxsize=4)
def _load(path: str, changed: float) -> Ring:
    raw = json.loads(Path(path).read_text())
    keys = {name: (entry["cipher"], base64.b64decode(entry["key"])) for name, entry in raw["keys"].items()}
    return Ring(raw["current"], keys, base64.b64decode(raw["index"]))


def ring() -> Ring:
    """The keys of the file named in the settings, read again when the file changes."""
    path = str(settings.YANZHEN.key_file)
    return _load(path, os.path.getmtime(path))


def _cipher(kind: str, key: bytes, nonce: bytes, tag: bytes | None = None) -> Cipher[modes.GCM]:
    algorithm = algorithms.AES(key) if kind == "aes" else algorithms.SM4(key)
    return Cipher(algorithm, modes.GCM(nonce, tag))


def encrypt(text: str) -> str:
    """``key-id:base64(nonce|tag|cipher text)``; "" stays ""."""
    if not text:
        return ""
    keys = ring()
    kind, key = keys.keys[keys.current]
    nonce = os.urandom(12)
    work = _cipher(kind, key, nonce).encryptor()
    body = work.update(text.encode()) + work.finalize()
    return f"{keys.current}:{base64.b64encode(nonce + work.tag + body).decode()}"


def decrypt(stored: str) -> str:
    """The plain text of :func:`encrypt`; cryptography.exceptions.InvalidTag when it was tampered with."""
    if not stored:
        return ""
    key_id, _, body = stored.partition(":")
    kind, key = ring().keys[key_id]
    raw = base64.b64decode(body)
    work = _cipher(kind, key, raw[:12], raw[12:28]).decryptor()
    return (work.update(raw[28:]) + work.finalize()).decode()


def blind_index(text: str, purpose: str) -> str:
    """Keyed hash that finds equal values without showing them; "" stays "". ``purpose`` keeps columns apart."""
    if not text:
        return ""
    return hmac.new(ring().index, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()
