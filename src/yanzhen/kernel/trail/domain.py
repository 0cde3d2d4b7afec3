"""Hashing of trail rows and seals (plain Python)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

GENESIS = "0" * 64
HEAD = 8  # characters of a row's hash kept in its seal's leaves


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


def partial(parts: Iterable[object], algorithm: str = "sha256") -> Any:
    """The hash of the first parts, to be completed many times."""
    h = hashlib.new(algorithm)
    for part in parts:
        raw = str("" if part is None else part).encode()
        h.update(b"%d:%b" % (len(raw), raw))
    return h


def complete(begun: Any, parts: Iterable[str]) -> str:
    """:func:`digest` of the parts of ``begun`` and these."""
    h = begun.copy()
    for part in parts:
        raw = part.encode()
        h.update(b"%d:%b" % (len(raw), raw))
    return str(h.hexdigest())


def seal_digest(previous: str, row_ids: Iterable[int], row_digests: Iterable[str], algorithm: str = "sha256") -> str:
    """Hash of a batch: the seal before it, then each row's id and hash in order of id."""
    parts: list[object] = [previous]
    for row_id, row_digest in zip(row_ids, row_digests, strict=True):
        parts += [row_id, row_digest]
    return digest(parts, algorithm)


def leaves(row_ids: Sequence[int], row_digests: Sequence[str]) -> str:
    """Text of a batch's rows: ``distance.head`` a row, separated by spaces (about 11 characters a row)."""
    last = 0
    parts = []
    for row_id, row_digest in zip(row_ids, row_digests, strict=True):
        parts.append(f"{row_id - last}.{row_digest[:HEAD]}")
        last = row_id
    return " ".join(parts)


def read_leaves(text: str) -> list[tuple[int, str]]:
    """The ids and hash heads in ``leaves``; [] when the text itself is spoilt."""
    found: list[tuple[int, str]] = []
    last = 0
    for part in text.split():
        step, dot, head = part.partition(".")
        if not dot or not step.isdigit():
            return []
        last += int(step)
        found.append((last, head))
    return found


What = Literal["changed", "deleted", "inserted", "reordered", "seal"]


@dataclass(frozen=True, slots=True)
class Broken:
    """The first thing that is not as it was sealed: a row (``row_id``) or, where no row differs, the seal itself."""

    what: What
    seal_id: int | None
    row_id: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row as verification sees it: the hash it carries and the hash of what it says."""

    id: int
    digest: str
    computed: str


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as stored."""

    id: int
    rows: int
    previous: str
    digest: str
    algorithm: str
    leaves: str


def check_batch(seal: Seal, rows: Sequence[Row], previous: str) -> Broken | None:
    """Compare a seal with the rows that carry it (by id) and with the seal before; the first difference or None."""
    if seal.previous != previous:
        return Broken("seal", seal.id)
    for row in rows:
        if row.digest != row.computed:
            return Broken("changed", seal.id, row.id)
    if seal_digest(previous, [row.id for row in rows], [row.digest for row in rows], seal.algorithm) == seal.digest:
        return None
    return _first_difference(seal, rows)


def _first_difference(seal: Seal, rows: Sequence[Row]) -> Broken:
    """Name the row: every row fits its own hash, but together they are not what was sealed."""
    sealed = read_leaves(seal.leaves)
    heads = {head for _id, head in sealed}
    now = {row.id: row.digest[:HEAD] for row in rows}
    then = dict(sealed)
    if sealed:
        for row_id in sorted(set(now) | set(then)):
            if row_id not in now:
                return Broken("deleted", seal.id, row_id)
            if row_id not in then:
                return Broken("inserted", seal.id, row_id)
            if now[row_id] != then[row_id]:
                return Broken("reordered" if now[row_id] in heads else "changed", seal.id, row_id)
    return Broken("seal", seal.id)


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification saw. ``head``: hash of the last seal; ``guarded``: the database's own guards are in place."""

    rows: int
    seals: int
    unsealed: int
    head: str
    guarded: bool
    anchored: bool | None = None
    broken: Broken | None = None

    @property
    def sound(self) -> bool:
        """Nothing was tampered with (and the anchor, if one was asked for, is in the chain)."""
        return self.broken is None and self.anchored is not False
