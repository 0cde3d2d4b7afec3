"""Finds messages that tell of one matter: copies by their letters, other people's words by what is rare in both.

Joining adds a voice, not a case; a person confirms. Two steps: :func:`bands` and :func:`keys` give strings to
index in a table (a candidate shares one), :func:`is_near_duplicate` weighs a candidate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from . import storage
from .features import Floats
from .text import BODY_CHARS, ngrams, normalise

SHINGLE = 3
ROWS, BANDS = 4, 16
# Keys by rare stretches: how long, how many of the title and of the beginning of the body.
KEY_LENGTH = 4
TITLE_KEYS, BODY_KEYS = 16, 24
KEY_BODY_CHARS = 300
# Coefficients of the hash family, drawn once; signatures kept in a table depend on them.
_SLOPES = np.array([(crc32(b"a%d" % i) << 32 | crc32(b"b%d" % i)) | 1 for i in range(ROWS * BANDS)], dtype=np.uint64)
_SHIFTS = np.array([crc32(b"c%d" % i) << 32 | crc32(b"d%d" % i) for i in range(ROWS * BANDS)], dtype=np.uint64)
_SLOTS = 1 << 18
_KIND = "terms"


@dataclass(frozen=True, slots=True)
class Note:
    """What a message says."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How alike two notes are.

    ``score``: 0 … 1; ``duplicate``: it reached the threshold and nothing spoke against; ``reasons``: shared words.
    """

    score: float
    duplicate: bool
    reasons: tuple[str, ...]


def signature(text: str) -> tuple[int, ...]:
    """MinHash (Broder 1997) of the three-character shingles: 64 numbers; blind to punctuation, spaces and width."""
    plain = normalise(text).text.replace(" ", "")
    pieces = {plain[i : i + SHINGLE] for i in range(max(1, len(plain) - SHINGLE + 1))} if plain else set()
    if not pieces:
        return (0,) * (ROWS * BANDS)
    hashes = np.array([crc32(p.encode()) for p in pieces], dtype=np.uint64)
    # Multiply-shift hashing (Dietzfelbinger 1996): the product wraps at 64 bits, its upper half is the hash.
    mixed = (hashes[None, :] * _SLOPES[:, None] + _SHIFTS[:, None]) >> np.uint64(32)
    return tuple(map(int, mixed.min(axis=1)))


def bands(signature: Sequence[int]) -> tuple[str, ...]:
    """16 keys of 10 characters to index; texts that share four fifths of their shingles share one almost surely."""
    return tuple(
        f"{band:02d}{crc32(repr(tuple(signature[band * ROWS : (band + 1) * ROWS])).encode()):08x}"
        for band in range(len(signature) // ROWS)
    )


def similarity(a: Sequence[int], b: Sequence[int]) -> float:
    """Estimated share of common shingles (Jaccard) of two signatures, 0 … 1; standard error about 0.06."""
    if len(a) != len(b) or not a:
        raise ValueError("signatures of one length")
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


@dataclass(frozen=True)
class TermWeights:
    """How rare each n-gram is in the county's messages (hashed, so of fixed size).

    ``once``: the rarity of an n-gram that one message holds.
    """

    rarity: Floats
    once: float

    @classmethod
    def learn(cls, notes: Sequence[Note]) -> TermWeights:
        df = np.zeros(_SLOTS)
        for note in notes:
            grams = _grams(note.title) | _grams(note.text) | set(_stretches(note))
            df[list({_slot(g) for g in grams})] += 1
        return cls(np.log((1 + len(notes)) / (1 + df)) + 1, math.log((1 + len(notes)) / 2) + 1)

    def of(self, gram: str) -> float:
        return float(self.rarity[_slot(gram)])

    def save(self, path: Path) -> None:
        storage.write(path, _KIND, {"once": self.once}, None, None, {"rarity": self.rarity})

    @classmethod
    def load(cls, path: Path) -> TermWeights:
        header, _, _, own = storage.read(path, _KIND)
        if own["rarity"].shape != (_SLOTS,):
            raise storage.ModelFileError
        return cls(own["rarity"], float(header["once"]))


def keys(note: Note, weights: TermWeights) -> tuple[str, ...]:
    """The note's rarest four-character stretches that others use too, mostly names; to index like :func:`bands`."""
    title = _rarest(note.title, TITLE_KEYS, weights)
    body = _rarest(note.text, BODY_KEYS, weights)
    return tuple(dict.fromkeys([*title, *body]))


def _rarest(text: str, most: int, weights: TermWeights) -> list[str]:
    # A stretch met only once so far has the highest rarity; it can lead to nobody else.
    lonely = weights.once
    grams = set(ngrams(normalise(text, KEY_BODY_CHARS).text, KEY_LENGTH, KEY_LENGTH))
    return sorted((g for g in grams if weights.of(g) < lonely), key=lambda g: (-weights.of(g), g))[:most]


def is_near_duplicate(
    a: Note,
    b: Note,
    *,
    threshold: float,
    same_place: bool | None,
    days_apart: int | None,
    window_days: int | None = None,
    weights: TermWeights | None = None,
) -> Verdict:
    """Whether two messages tell of one matter.

    ``threshold`` (score) and ``window_days`` come from the rulebook. ``same_place``: None when a place is unknown;
    False rules a duplicate out. ``weights``: learned rarity; without it every n-gram counts the same.
    """
    titles = [_grams(note.title) for note in (a, b)]
    wholes = [t | _grams(note.text) for t, note in zip(titles, (a, b), strict=True)]
    common = _weight(wholes[0] & wholes[1], weights)
    likeness = common / (math.sqrt(_weight(wholes[0], weights) * _weight(wholes[1], weights)) or 1.0)
    told = [
        _weight(title & other, weights) / (_weight(title, weights) or 1.0)
        for title, other in zip(titles, reversed(wholes), strict=True)
    ]
    # Both must hold: the wholes are alike, and what each title names is told by the other.
    score = min(1.0, math.sqrt(likeness * sum(told) / 2))
    apart = same_place is False or (window_days is not None and days_apart is not None and days_apart > window_days)
    return Verdict(score, score >= threshold and not apart, _shared_words(a, b, weights))


def _grams(text: str) -> set[str]:
    return set(ngrams(normalise(text, BODY_CHARS).text, 2, 3))


def _stretches(note: Note) -> Iterator[str]:
    for text in (note.title, note.text):
        yield from ngrams(normalise(text, BODY_CHARS).text, KEY_LENGTH, KEY_LENGTH)


def _slot(gram: str) -> int:
    return crc32(gram.encode()) % _SLOTS


def _weight(grams: set[str], weights: TermWeights | None) -> float:
    return float(sum(weights.of(g) ** 2 for g in grams)) if weights else float(len(grams))


def _shared_words(a: Note, b: Note, weights: TermWeights | None) -> tuple[str, ...]:
    """The longest common stretches that weigh most, as the first note writes them."""
    found: dict[str, float] = {}
    for normal in (normalise(a.title), normalise(a.text, BODY_CHARS)):
        text, start = normal.text, 0
        other = f"{normalise(b.title).text} {normalise(b.text, BODY_CHARS).text}"
        while start < len(text):
            end = start
            while end < len(text) and text[end] != " " and text[start : end + 1] in other:
                end += 1
            if end - start >= 3:
                inside = {text[i : i + 2] for i in range(start, end - 1)}
                words = normal.words(start, min(end, start + 12))
                found[words] = max(found.get(words, 0.0), _weight(inside, weights))
            start = max(end, start + 1)
    return tuple(sorted(found, key=lambda w: (-found[w], w))[:3])
