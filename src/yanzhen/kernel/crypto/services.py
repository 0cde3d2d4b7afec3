"""Encrypting with keys from a file: AES-256-GCM or SM4-GCM, blind index by HMAC; making, adding and retiring keys.

The key file is JSON with mode 0600, kept apart from the backups of the database. ``current`` encrypts, every listed key
decrypts, so keys are changed while the platform runs: add a key, re-encrypt in batches (:func:`rotate`), retire the old one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings

SIZES = {"aes": 32, "sm4": 16}
NONCE, TAG = 12, 16


class KeyMissing(LookupError):
    """The key that encrypted a value is not in the key file."""


class Tampered(ValueError):
    """A stored value was changed, cut or never encrypted by this platform."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Keys by id; ``current`` encrypts, all decrypt; ``index`` is the key of the blind index (not rotated with them)."""

    current: str
    keys: dict[str, tuple[str, bytes]]
    index: bytes

    def __repr__(self) -> str:
        return (
            f"Ring(current={self.current!r}, keys={sorted(self.keys)})"  # never the keys: logs and tracebacks are read
        )


def new_ring_text(cipher: str) -> str:
    """Text of a new key file for ``aes`` or ``sm4``."""
    return json.dumps(
        {"current": "1", "keys": {"1": _new_key(cipher)}, "index": base64.b64encode(os.urandom(32)).decode()}, indent=1
    )


def _new_key(cipher: str) -> dict[str, str]:
    return {"cipher": cipher, "key": base64.b64encode(os.urandom(SIZES[cipher])).decode()}


def parse_ring(text: str) -> Ring:
    """The keys of a key file; ValueError when it is not one (without showing any of it)."""
    try:
        raw = json.loads(text)
        keys = {name: (entry["cipher"], base64.b64decode(entry["key"])) for name, entry in raw["keys"].items()}
        ring = Ring(raw["current"], keys, base64.b64decode(raw["index"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("the key file cannot be read: not the JSON of `yanzhen keys init`") from error
    if ring.current not in keys or len(ring.index) < 32:
        raise ValueError("the key file is broken: current key or index key missing")
    for name, (cipher, key) in keys.items():
        if SIZES.get(cipher) != len(key) or ":" in name:
            raise ValueError(f"the key file is broken: key {name} does not fit its cipher")
    return ring


@lru_cache(maxsize=4)
def _load(path: str, changed: float) -> Ring:
    return parse_ring(Path(path).read_text())


def ring() -> Ring:
    """The keys of the file named in the settings, read again when the file changes."""
    path = str(settings.YANZHEN.key_file)
    return _load(path, os.stat(path).st_mtime_ns)


def _cipher(kind: str, key: bytes, nonce: bytes, tag: bytes | None = None) -> Cipher[modes.GCM]:
    algorithm = algorithms.AES(key) if kind == "aes" else algorithms.SM4(key)
    return Cipher(algorithm, modes.GCM(nonce, tag))


def encrypt(text: str) -> str:
    """``key-id:base64(nonce|tag|cipher text)``; "" stays ""."""
    if not text:
        return ""
    keys = ring()
    kind, key = keys.keys[keys.current]
    nonce = os.urandom(NONCE)
    work = _cipher(kind, key, nonce).encryptor()
    body = work.update(text.encode()) + work.finalize()
    return f"{keys.current}:{base64.b64encode(nonce + work.tag + body).decode()}"


def decrypt(stored: str) -> str:
    """The plain text of :func:`encrypt`; :class:`Tampered` when it was changed, :class:`KeyMissing` without its key."""
    if not stored:
        return ""
    key_id, mark, body = stored.partition(":")
    if not mark:
        raise Tampered("a value is not encrypted")
    if key_id not in ring().keys:
        raise KeyMissing(f"key {key_id!r} is not in the key file: restore the file that held it")
    kind, key = ring().keys[key_id]
    try:
        raw = base64.b64decode(body, validate=True)
        work = _cipher(kind, key, raw[:NONCE], raw[NONCE : NONCE + TAG]).decryptor()
        return (work.update(raw[NONCE + TAG :]) + work.finalize()).decode()
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise Tampered("a stored value was changed") from error


def blind_index(text: str, purpose: str) -> str:
    """Keyed hash that finds equal values without showing them; "" stays "". ``purpose`` keeps columns apart."""
    if not text:
        return ""
    return hmac.new(ring().index, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()


# --- the key file -----------------------------------------------------------------------------------------------------


def write_private(path: Path, text: str, *, replace: bool) -> None:
    """Write a file that only its owner reads, all or nothing; FileExistsError unless it may be replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not replace:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(text)
        return
    draft = path.with_name(path.name + ".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, path)


def init_keys(path: Path, cipher: str) -> None:
    """Make a new key file; FileExistsError rather than overwriting one (that would lose every encrypted value)."""
    write_private(path, new_ring_text(cipher), replace=False)


def add_key(path: Path, cipher: str) -> str:
    """Add a key and make it current; returns its id. Values are re-encrypted by :func:`rotate`."""
    raw = json.loads(path.read_text())
    name = str(max(int(key) for key in raw["keys"]) + 1)
    raw["keys"][name] = _new_key(cipher)
    raw["current"] = name
    text = json.dumps(raw, indent=1)
    parse_ring(text)
    write_private(path, text, replace=True)
    return name


def retire_keys(path: Path) -> list[str]:
    """Remove keys that no stored value uses any more; returns their ids. Run after :func:`rotate`; backups made before
    still need the old file."""
    raw = json.loads(path.read_text())
    used = {raw["current"]} | {key for column in columns() for key in column.keys_used()}
    gone = sorted(set(raw["keys"]) - used)
    for name in gone:
        del raw["keys"][name]
    if gone:
        write_private(path, json.dumps(raw, indent=1), replace=True)
    return gone


# --- re-encryption ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """An encrypted column: model and field name."""

    model: Any
    field: str

    @property
    def label(self) -> str:
        return f"{self.model._meta.db_table}.{self.field}"

    def _raw(self) -> Any:
        from django.db.models import TextField
        from django.db.models.functions import Cast

        rows = self.model._base_manager.annotate(cipher=Cast(self.field, TextField()))
        return rows.exclude(cipher="").exclude(cipher=None)

    def left(self, current: str) -> Any:
        """Rows still under another key."""
        return self._raw().exclude(cipher__startswith=f"{current}:")

    def keys_used(self) -> set[str]:
        """Ids of the keys that stored values name."""
        known = ring().keys
        return {key for key in known if self._raw().filter(cipher__startswith=f"{key}:").exists()}


def columns() -> Iterator[Column]:
    """Every encrypted column of every model."""
    from django.apps import apps

    from yanzhen.kernel.crypto.fields import EncryptedTextField

    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField) and not model._meta.proxy and field.model is model:
                yield Column(model, field.attname)


def rotate(*, batch: int = 500, progress: Callable[[str, int], object] | None = None) -> dict[str, int]:
    """Re-encrypt every value that is not under the current key; returns rows written by column.

    One transaction a batch; stopped half-way, the next run goes on where this one ended, because only rows under an old key
    are read. A row that somebody changes meanwhile is left to its writer (who used the current key). The content does not
    change, so no trail row is written for each; the command that calls this records the rotation.
    """
    from django.db import transaction

    done: dict[str, int] = {}
    current = ring().current
    for column in columns():
        done[column.label] = 0
        last: Any = None
        while True:
            rows = column.left(current).order_by("pk")
            if last is not None:
                rows = rows.filter(pk__gt=last)
            found = list(rows.values_list("pk", "cipher")[:batch])
            if not found:
                break
            with transaction.atomic():
                for pk, raw in found:
                    same = column.left(current).filter(pk=pk, cipher=raw)
                    done[column.label] += same.update(**{column.field: decrypt(raw)})
            last = found[-1][0]
            if progress is not None:
                progress(column.label, done[column.label])
    return done
