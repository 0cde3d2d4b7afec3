"""Cutting Chinese text into tokens that both databases find (plain Python).

A run of Chinese characters becomes its pairs and its last character: 张三丰 → ``张三 三丰 丰``. A word of two or more
characters is then a chain of pairs, a single character is a prefix, and no dictionary is needed. Letters and digits are
words (``2026``, ``abc12``); full-width forms and letter case are folded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

_CJK = (
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3005\u3007"
    "\U00020000-\U0002a6df\U0002a700-\U0002ebef\U0002f800-\U0002fa1f\U00030000-\U000323af"
)
_PIECES = re.compile(rf"([{_CJK}]+)|([^\W_{_CJK}]+)")
_HAN = re.compile(rf"[{_CJK}]")
MARK = re.compile(r"^[a-z][a-z0-9]{0,29}$")
MAX_TEXT = 20_000
MAX_TERMS = 16
LONGEST = 60


def fold(text: str) -> str:
    """Compatibility forms and letter case folded: ``ＡＢ１`` → ``ab1``."""
    return unicodedata.normalize("NFKC", text).casefold()


def pieces(text: str) -> list[str]:
    """Runs of Chinese characters and words of letters and digits, in order."""
    return [run or word[:LONGEST] for run, word in _PIECES.findall(fold(text))]


def pairs(run: str) -> list[str]:
    """张三丰 → 张三 三丰."""
    return [run[at : at + 2] for at in range(len(run) - 1)]


def tokens(text: str) -> list[str]:
    """Tokens of a text in order, as they are stored; the text is cut after 20,000 characters."""
    found: list[str] = []
    for run, word in _PIECES.findall(fold(text[:MAX_TEXT])):
        if run:
            found += map("".join, pairwise(run))
            found.append(run[-1])
        else:
            found.append(word[:LONGEST])
    return found


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a query: ``chain`` = tokens that must follow one another; ``prefix`` = the last one may go on."""

    chain: tuple[str, ...]
    prefix: bool = False


def terms(words: str) -> list[Term]:
    """The words of a query. A single Chinese character and a word of letters or digits also find longer ones."""
    found: list[Term] = []
    for piece in pieces(words):
        term = Term((piece,), prefix=True) if not _HAN.match(piece) or len(piece) == 1 else Term(tuple(pairs(piece)))
        if term not in found:
            found.append(term)
    return found[:MAX_TERMS]


def check_marks(marks: Iterable[str]) -> tuple[str, ...]:
    """Marks are short ASCII words (``zu17`` unit 17, ``zm202611`` month); ValueError for anything else."""
    listed = tuple(dict.fromkeys(marks))
    for mark in listed:
        if not MARK.match(mark):
            raise ValueError(f"not a mark: {mark!r}")
    return listed


def unit_marks(chain: Iterable[int]) -> tuple[str, ...]:
    """Marks of a unit and everything above it: a query for one of them finds its whole subtree."""
    return tuple(f"zu{unit_id}" for unit_id in chain)


def month_mark(year: int, month: int) -> str:
    """``zm202611``."""
    return f"zm{year:04d}{month:02d}"
