"""Normal form of a message, with the way back to the words the person wrote."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# How much of a message the learners read: the cause stands at the beginning, the tail is courtesy
# and repetition. Also bounds the work one hostile message can cause.
BODY_CHARS = 600


@dataclass(frozen=True, slots=True)
class Normal:
    """A normalised text: full-width folded, lower case, runs of other characters become one space.

    ``origin[i]`` is the index in ``source`` that character ``i`` of ``text`` came from.
    """

    source: str
    text: str
    origin: tuple[int, ...]

    def words(self, start: int, end: int) -> str:
        """What stands in the source behind ``text[start:end]``."""
        if start >= end:
            return ""
        return self.source[self.origin[start] : self.origin[end - 1] + 1]


def normalise(source: str, limit: int | None = None) -> Normal:
    """Normalise ``source``, at most ``limit`` characters of the normal form (None: all)."""
    out: list[str] = []
    origin: list[int] = []
    gap = False
    for index, raw in enumerate(source):
        for char in unicodedata.normalize("NFKC", raw).lower():
            if not char.isalnum():
                gap = True
                continue
            if gap and out:
                out.append(" ")
                origin.append(index)
            gap = False
            out.append(char)
            origin.append(index)
        if limit is not None and len(out) >= limit:
            break
    if limit is not None:
        del out[limit:], origin[limit:]
    return Normal(source, "".join(out), tuple(origin))


def ngrams(text: str, low: int, high: int) -> Iterator[str]:
    """Character n-grams of lengths ``low`` … ``high``, never across a space."""
    for part in text.split():
        for size in range(low, high + 1):
            for start in range(len(part) - size + 1):
                yield part[start : start + size]
