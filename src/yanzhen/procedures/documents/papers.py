"""What stands in each document: frozen values, filled from the record by ``web/papers.py`` (plain Python).

A field that the record does not hold is "" and is printed as a line to fill in by hand, never guessed. ``numbers`` are ints from
the record, so that no figure is ever typed twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar

from yanzhen.procedures.domain.definition import Words

BLANK = "＿＿＿＿"
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the record: what, and its value in words."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Voice:
    """One line of a roll. ``mark``: what was ticked ("到会", "请假"), empty on a sheet that is signed by hand."""

    number: int
    name: str
    note: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Vote:
    """One vote by counts."""

    item: str
    due: int | None
    present: int | None
    approve: int | None
    against: int | None
    abstain: int | None
    result: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What was decided where."""

    step: str
    who: str
    day: str
    result: str


@dataclass(frozen=True, slots=True)
class Paper:
    """What every document has. ``unit`` signs; ``source``: number of the case and time of the data, printed small at the foot;
    ``trial``: drawn up before the step is through ("草稿")."""

    code: ClassVar[str] = ""
    name: ClassVar[Words] = Words("")

    unit: str
    title: str
    day: str
    number: str = ""
    source: str = ""
    trial: bool = False

    def values(self) -> dict[str, Any]:
        """As plain values for the templates; empty texts stay empty."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class MeetingNotice(Paper):
    """会议通知. ``quorum``: how many must come and by which article; ``address``: where the matter can be read (QR)."""

    code: ClassVar[str] = "notice"
    name: ClassVar[Words] = Words("会议通知", "Notice of meeting")

    to: str = ""
    body: str = ""
    time: str = ""
    place: str = ""
    matter: str = ""
    facts: tuple[Fact, ...] = ()
    quorum: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class AttendanceSheet(Paper):
    """签到表: the roll with room for signatures. ``due``/``present`` as recorded, None before the meeting."""

    code: ClassVar[str] = "attendance"
    name: ClassVar[Words] = Words("会议签到表", "Attendance sheet")

    body: str = ""
    time: str = ""
    place: str = ""
    matter: str = ""
    due: int | None = None
    present: int | None = None
    roll: tuple[Voice, ...] = ()


@dataclass(frozen=True, slots=True)
class Ballot(Paper):
    """表决票: never with a name or number of a voter. ``form``: question, scale or choice; ``marks``: the columns."""

    code: ClassVar[str] = "ballot"
    name: ClassVar[Words] = Words("表决票", "Ballot paper")

    body: str = ""
    question: str = ""
    form: str = "question"
    marks: tuple[str, ...] = ("赞成", "反对", "弃权")
    subjects: tuple[str, ...] = ()
    seats: int | None = None
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Minutes(Paper):
    """会议记录."""

    code: ClassVar[str] = "minutes"
    name: ClassVar[Words] = Words("会议记录", "Minutes")

    body: str = ""
    time: str = ""
    place: str = ""
    chair: str = ""
    recorder: str = ""
    due: int | None = None
    present: int | None = None
    matter: str = ""
    facts: tuple[Fact, ...] = ()
    text: tuple[str, ...] = ()
    votes: tuple[Vote, ...] = ()
    quorum: str = ""
    verdict: str = ""
    tellers: str = ""


@dataclass(frozen=True, slots=True)
class Resolution(Paper):
    """决议."""

    code: ClassVar[str] = "resolution"
    name: ClassVar[Words] = Words("决议", "Resolution")

    body: str = ""
    time: str = ""
    due: int | None = None
    present: int | None = None
    matter: str = ""
    facts: tuple[Fact, ...] = ()
    votes: tuple[Vote, ...] = ()
    verdict: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class PublicNotice(Paper):
    """公示. Personal values come masked (:func:`masked`); ``address`` is the public page behind the QR code."""

    code: ClassVar[str] = "public_notice"
    name: ClassVar[Words] = Words("公示", "Public notice")

    matter: str = ""
    text: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    stages: tuple[Stage, ...] = ()
    begins: str = ""
    ends: str = ""
    days: int | None = None
    objections: str = ""
    basis: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class ResultNotice(Paper):
    """结果告知."""

    code: ClassVar[str] = "result_notice"
    name: ClassVar[Words] = Words("办理结果告知书", "Notice of result")

    to: str = ""
    matter: str = ""
    result: str = ""
    reason: str = ""
    facts: tuple[Fact, ...] = ()
    stages: tuple[Stage, ...] = ()
    remedy: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Register(Paper):
    """登记表: what the case carries and where it went, for the file."""

    code: ClassVar[str] = "register"
    name: ClassVar[Words] = Words("办理登记表", "Register sheet")

    matter: str = ""
    facts: tuple[Fact, ...] = ()
    stages: tuple[Stage, ...] = ()


#: Every document by code, in the order in which a meeting needs them.
PAPERS: Mapping[str, type[Paper]] = {
    each.code: each
    for each in (MeetingNotice, AttendanceSheet, Ballot, Minutes, Resolution, PublicNotice, ResultNotice, Register)
}


# --- words --------------------------------------------------------------------------------------------------------


def day_words(day: date | None) -> str:
    """2026年11月22日; "" for None."""
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def time_words(moment: datetime | None) -> str:
    """2026年11月22日（星期日）15:30, in the time zone the moment is given in."""
    if moment is None:
        return ""
    return f"{day_words(moment.date())}（星期{_WEEKDAYS[moment.weekday()]}）{moment:%H:%M}"


# --- masks --------------------------------------------------------------------------------------------------------

_PHONE = re.compile(r"(?<![\dA-Za-z])(1[3-9]\d)\d{4}(\d{4})(?![\dA-Za-z])")
_ID = re.compile(r"(?<![\dA-Za-z])(\d{3})\d{14}([\dXx])(?![\dA-Za-z])")


def mask_name(name: str) -> str:
    """张三丰 → 张** (domain facts §10.1: family name and stars)."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""


def masked(text: str, names: Iterable[str] = ()) -> str:
    """A text for the notice board (PIPL Art. 25): ``names`` of people keep the family name, telephone numbers hide their middle,
    ID numbers all but three digits and the last. The longest names first, so that one within another is not left open."""
    for name in sorted({each for each in names if len(each) > 1}, key=len, reverse=True):
        text = text.replace(name, mask_name(name))
    text = _ID.sub(lambda found: f"{found[1]}{'*' * 14}{found[2]}", text)
    return _PHONE.sub(lambda found: f"{found[1]}****{found[2]}", text)


def for_board(paper: PublicNotice, names: Iterable[str]) -> PublicNotice:
    """The notice with the names of people behind masks in every text of it."""
    known = tuple(names)
    return replace(
        paper,
        title=masked(paper.title, known),
        matter=masked(paper.matter, known),
        text=tuple(masked(each, known) for each in paper.text),
        facts=tuple(Fact(each.label, masked(each.value, known)) for each in paper.facts),
        stages=tuple(
            Stage(each.step, masked(each.who, known), each.day, masked(each.result, known)) for each in paper.stages
        ),
    )
