"""Disclosure: the catalogue, its calendar, the text that is made public and its fingerprint (plain Python)."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Literal

from yanzhen.kernel.errors import DomainError

Every = Literal["month", "quarter", "half", "year", "event"]
_DATA = Path(__file__).resolve().parent.parent / "data" / "catalogue.toml"


class State(StrEnum):
    """From a draft to the end of its time on the board."""

    DRAFT = "draft"
    REVIEW = "review"
    RETURNED = "returned"
    READY = "ready"
    UP = "up"
    ENDED = "ended"
    REPLACED = "replaced"


STATE_WORDS = {
    State.DRAFT: "拟稿", State.REVIEW: "监委会审核中", State.RETURNED: "监委会退回", State.READY: "审核通过，待公布",
    State.UP: "公布中", State.ENDED: "公布期满", State.REPLACED: "已更正替换",
}  # fmt: skip
#: What may follow what. Nothing reaches the board past the supervision committee.
MOVES: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.REVIEW}),
    State.REVIEW: frozenset({State.READY, State.RETURNED}),
    State.RETURNED: frozenset({State.REVIEW}),
    State.READY: frozenset({State.UP}),
    State.UP: frozenset({State.ENDED, State.REPLACED}),
    State.ENDED: frozenset(),
    State.REPLACED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the catalogue: what, how often, from which records, masked how, on which basis.

    ``source``: where the content comes from (``decisions``, ``execution``, ``matters``, ``rosters``, ``audits``,
    ``supervision``: records of the platform; ``table``: an uploaded table; ``text``: words). ``grace``: days after the end of
    the period in which it is still on time.
    """

    code: str
    title: str
    group: str
    every: Every
    source: str
    mask: str
    basis: str
    grace: int = 10
    columns: tuple[str, ...] = ()
    what: str = ""


@cache
def catalogue() -> Mapping[str, Item]:
    """The shipped catalogue by code, in its order."""
    data = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    items = (Item(**(row | {"columns": tuple(row.get("columns", ()))})) for row in data["item"])
    return {item.code: item for item in items}


def may_move(current: str, wanted: State) -> None:
    """Refuse a step that the table does not know."""
    if wanted not in MOVES[State(current)]:
        raise DomainError(
            "democracy.disclosure.state", "这份公开内容现在是“{state}”，不能这样办。", state=STATE_WORDS[State(current)]
        )


# --- periods ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time for which something is disclosed; ``last`` is its last day."""

    code: str
    first: date
    last: date


def period_of(every: Every, on: date) -> Period:
    """The period that holds a day: 2026-11, 2026Q4, 2026H2, 2026; events have the day itself."""
    if every == "event":
        return Period(on.isoformat(), on, on)
    months = {"month": 1, "quarter": 3, "half": 6, "year": 12}[every]
    start = date(on.year, (on.month - 1) // months * months + 1, 1)
    after = date(start.year + (start.month + months - 1) // 12, (start.month + months - 1) % 12 + 1, 1)
    part = (on.month - 1) // months + 1
    code = {1: f"{on:%Y-%m}", 3: f"{on.year}Q{part}", 6: f"{on.year}H{part}", 12: str(on.year)}[months]
    return Period(code, start, after - timedelta(days=1))


def periods_between(every: Every, first: date, last: date) -> list[Period]:
    """Whole periods that ended between two days."""
    found = []
    at = period_of(every, first)
    while at.last <= last:
        if at.last >= first:
            found.append(at)
        at = period_of(every, at.last + timedelta(days=1))
    return found


def parse_period(every: Every, code: str) -> Period:
    """A period by its code; DomainError when it is none."""
    try:
        if every == "event":
            day = date.fromisoformat(code)
        elif every == "month":
            day = date.fromisoformat(f"{code}-01")
        elif every == "quarter":
            day = date(int(code[:4]), 3 * int(code[5:]), 1)
        elif every == "half":
            day = date(int(code[:4]), 6 * int(code[5:]), 1)
        else:
            day = date(int(code), 1, 1)
        found = period_of(every, day)
    except (ValueError, IndexError) as error:
        raise DomainError("democracy.period", "公开期间“{code}”不对。", field="period", code=code) from error
    if found.code != code:
        raise DomainError("democracy.period", "公开期间“{code}”不对。", field="period", code=code)
    return found


def lamp(due: date, today: date, published: date | None) -> Literal["green", "yellow", "red"]:
    """The light of a line of the calendar: published late stays red, five days before the end it is yellow."""
    if published is not None:
        return "green" if published <= due else "red"
    if today > due:
        return "red"
    return "yellow" if (due - today).days <= 5 else "green"


def check_days(days: int, least: int) -> None:
    """At least as long on the board as the law says (15 days)."""
    if days < least:
        raise DomainError("democracy.disclosure.days", "公布时间不得少于{least}日。", field="days", least=least)


# --- content ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a notice: words, or a table."""

    heading: str = ""
    text: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """What is made public, word for word."""

    item: str
    village: str
    place: str
    title: str
    period: str
    sections: tuple[Section, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def canonical(self) -> str:
        """The text that the fingerprint is taken of: JSON, keys sorted, no blanks, UTF-8."""
        body = {
            "item": self.item, "village": self.village, "place": self.place, "title": self.title, "period": self.period,
            "notes": list(self.notes),
            "sections": [
                {"heading": s.heading, "text": s.text, "columns": list(s.columns), "rows": [list(r) for r in s.rows]}
                for s in self.sections
            ],
        }  # fmt: skip
        return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_notice(text: str) -> Notice:
    """The notice back from its canonical text."""
    body: dict[str, Any] = json.loads(text)
    sections = tuple(
        Section(s["heading"], s["text"], tuple(s["columns"]), tuple(tuple(r) for r in s["rows"]))
        for s in body["sections"]
    )
    return Notice(
        body["item"], body["village"], body["place"], body["title"], body["period"], sections, tuple(body["notes"])
    )


def fingerprint(canonical: str) -> str:
    """SHA-256 of the canonical text in hexadecimal."""
    return hashlib.sha256(canonical.encode()).hexdigest()


def table_section(heading: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Section:
    """A table of plain texts."""
    return Section(heading, "", tuple(columns), tuple(tuple("" if c is None else str(c) for c in row) for row in rows))
