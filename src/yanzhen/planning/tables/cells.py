"""One cell of a decision table: what a fact must be. Written as officials write it, kept as a set.

Numbers: ``< 8400``, ``>=3``, ``≤0.5``, ``[3..5]``, ``(3..5]``, ``3..5``, ``7``, ``!=0``; units 万, 亿, %, 元 after a number. Words:
``因病``, ``"因病"``, ``!=因病``. Yes and no: ``是``, ``否``. Several, any of which will do: ``<3, >10`` or ``因病、因残``. ``非(…)`` or
``not(…)``: none of these. ``空`` or ``null``: the fact is missing. ``-`` or nothing: whatever it is.

A missing fact fulfils only ``-`` and ``空``: a gap in the data never fires a rule by accident. (DMN 1.5 unary tests, the part that a
table needs.)
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["number", "text", "bool"]
INFINITY = math.inf
UNITS = {"": 1.0, "万": 1e4, "亿": 1e8, "%": 0.01, "％": 0.01}
_NUMBER = r"([+-]?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(万|亿|%|％)?\s*(?:元|分|岁|人|次|天|户|亩|分钟|个月|个)?"
_ANY = {"", "-", "—", "–", "任意", "any"}
_MISSING = {"空", "缺", "null", "missing"}
_YES = {"是", "有", "true", "yes", "真"}
_NO = {"否", "无", "没有", "false", "no", "假"}


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Numbers from ``low`` to ``high``; an open end excludes it."""

    low: float
    low_open: bool
    high: float
    high_open: bool

    def holds(self, value: float) -> bool:
        """Whether a number lies inside."""
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return above and below


@dataclass(frozen=True, slots=True)
class Cell:
    """A set of facts. ``whatever``: everything, missing too; ``intervals`` of numbers; ``words`` (text or bool) that are in, or, with
    ``others``, that are out; ``missing``: a missing fact is in."""

    kind: Kind
    text: str = ""
    whatever: bool = False
    intervals: tuple[Interval, ...] = ()
    words: frozenset[Any] = frozenset()
    others: bool = False
    missing: bool = False

    def holds(self, value: Any) -> bool:
        """Whether a fact fulfils the cell (None or NaN = missing)."""
        if self.whatever:
            return True
        if value is None or value != value:
            return self.missing
        if self.kind == "number":
            return any(interval.holds(value) for interval in self.intervals)
        return (value not in self.words) if self.others else value in self.words


class CellError(ValueError):
    """A cell that cannot be read; its arguments are the words in Chinese and English."""


def parse(text: str, kind: Kind) -> Cell:
    """Read a cell. CellError with words in both languages."""
    written = str(text).strip()
    if written.lower() in _ANY:
        return Cell(kind, "-", whatever=True)
    if kind == "number":
        intervals, missing = _numbers(written)
        return Cell(kind, written, intervals=merged(intervals), missing=missing)
    words, others, missing = _words(written, kind)
    return Cell(kind, written, words=words, others=others, missing=missing)


def _parts(text: str) -> list[str]:
    """Split at commas outside brackets, quotes and digit groups."""
    found, depth, quote, start = [], 0, "", 0
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'“":
            quote = "”" if letter == "“" else letter
        elif letter in "([（【":
            depth += 1
        elif letter in ")]）】":
            depth -= 1
        elif letter in ",，、;；" and depth <= 0 and not _grouping(text, at):
            found.append(text[start:at])
            start = at + 1
    found.append(text[start:])
    return [part.strip() for part in found if part.strip()]


def _grouping(text: str, at: int) -> bool:
    """A comma inside 8,400 (three digits after it, a digit before)."""
    return text[at] == "," and at > 0 and text[at - 1].isdigit() and bool(re.match(r"\d{3}(?!\d)", text[at + 1 :]))


def _negated(part: str) -> str | None:
    found = re.fullmatch(r"(?:not|非)\s*[(（](.*)[)）]", part, re.IGNORECASE)
    return found[1] if found else None


def _number(text: str) -> float:
    found = re.fullmatch(_NUMBER, text.strip())
    if not found:
        raise CellError(f"“{text}”不是数", f"“{text}” is no number")
    return float(found[1].replace(",", "")) * UNITS[found[2] or ""]


def _numbers(text: str) -> tuple[list[Interval], bool]:
    intervals: list[Interval] = []
    missing = False
    for part in _parts(text):
        inner = _negated(part)
        if inner is not None:
            inside, _ = _numbers(inner)
            intervals += complement(merged(inside))
        elif part.lower() in _MISSING:
            missing = True
        else:
            intervals += _interval(part)
    return intervals, missing


def _interval(part: str) -> list[Interval]:
    part = (
        part.replace("≤", "<=")
        .replace("≥", ">=")
        .replace("≠", "!=")
        .replace("＜", "<")
        .replace("＞", ">")
        .replace("～", "..")
    )
    compared = re.fullmatch(r"(<=|>=|<|>|!=|==|=)\s*(.+)", part)
    if compared:
        sign, value = compared[1], _number(compared[2])
        return {
            "<": [Interval(-INFINITY, True, value, True)],
            "<=": [Interval(-INFINITY, True, value, False)],
            ">": [Interval(value, True, INFINITY, True)],
            ">=": [Interval(value, False, INFINITY, True)],
            "!=": complement((Interval(value, False, value, False),)),
        }.get(sign, [Interval(value, False, value, False)])
    ranged = re.fullmatch(r"([\[\](（]?)\s*(.+?)\s*\.\.\s*(.+?)\s*([\[\])）]?)", part)
    if ranged:
        low, high = _number(ranged[2]), _number(ranged[3])
        low_open, high_open = ranged[1] in ("(", "（", "]"), ranged[4] in (")", "）", "[")
        if low > high or (low == high and (low_open or high_open)):
            raise CellError(f"“{part}”下限高于上限", f"“{part}” is empty")
        return [Interval(low, low_open, high, high_open)]
    value = _number(part)
    return [Interval(value, False, value, False)]


def _words(text: str, kind: Kind) -> tuple[frozenset[Any], bool, bool]:
    inside: set[Any] = set()
    outside: set[Any] | None = None
    missing = False
    for part in _parts(text):
        inner = _negated(part)
        if inner is None:
            unlike = re.fullmatch(r"(?:!=|≠)\s*(.+)", part)
            inner = unlike[1] if unlike else None
        if inner is not None:
            out = {_word(one, kind) for one in _parts(inner)}
            outside = out if outside is None else outside & out
        elif part.lower() in _MISSING:
            missing = True
        else:
            inside.add(_word(part, kind))
    if outside is None:
        return frozenset(inside), False, missing
    return frozenset(outside - inside), True, missing


def _word(text: str, kind: Kind) -> Any:
    bare = text.strip()
    if len(bare) >= 2 and (bare[0], bare[-1]) in {('"', '"'), ("'", "'"), ("“", "”")}:
        bare = bare[1:-1]
    if kind == "text":
        return bare.removeprefix("=").strip()
    if bare.lower() in _YES:
        return True
    if bare.lower() in _NO:
        return False
    raise CellError(f"“{text}”应为是或否", f"“{text}” should be yes or no")


def merged(intervals: list[Interval]) -> tuple[Interval, ...]:
    """Sorted, overlapping and touching ones joined."""
    found: list[Interval] = []
    for item in sorted(intervals, key=lambda one: (one.low, one.low_open, one.high, not one.high_open)):
        if found:
            last = found[-1]
            touches = item.low < last.high or (item.low == last.high and not (item.low_open and last.high_open))
            if touches:
                higher = item if (item.high, not item.high_open) > (last.high, not last.high_open) else last
                found[-1] = Interval(last.low, last.low_open, higher.high, higher.high_open)
                continue
        found.append(item)
    return tuple(found)


def complement(intervals: tuple[Interval, ...]) -> list[Interval]:
    """Every number that lies in none of the (merged) intervals."""
    found: list[Interval] = []
    low, low_open = -INFINITY, True
    for item in intervals:
        if item.low > low or (item.low == low and item.low_open and not low_open):
            found.append(Interval(low, low_open, item.low, not item.low_open))
        low, low_open = item.high, not item.high_open
    if low < INFINITY:
        found.append(Interval(low, low_open, INFINITY, True))
    return [item for item in found if item.low < item.high or not (item.low_open or item.high_open)]
