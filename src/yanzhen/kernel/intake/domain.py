"""Columns, cells and their problems (plain Python)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from yanzhen.kernel.worktime.domain import BEIJING

CellType = Literal["text", "int", "decimal", "date", "datetime", "bool", "choice", "id_number", "phone"]
Value = str | int | Decimal | date | datetime | bool | None
_SCIENTIFIC = re.compile(r"^[+-]?\d(\.\d+)?[eE][+-]?\d{1,3}$")
_DATE = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_YES, _NO = {"是", "有", "对", "1", "y", "yes", "true", "√"}, {"否", "无", "不是", "0", "n", "no", "false", "×"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column that an importer reads. ``aliases``: other headings that mean the same; ``choices``: allowed words with the
    value they stand for; ``help`` stands in the template's notes."""

    code: str
    heading: str
    type: CellType = "text"
    required: bool = False
    aliases: tuple[str, ...] = ()
    help: str = ""
    example: str = ""
    choices: Mapping[str, str] | None = None
    max_length: int = 0
    width: int = 16


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row: a sentence for people (Chinese source text, may hold ``{name}`` fields filled from
    ``data``; the shell looks its translation up), and the column it belongs to ("" = the whole row)."""

    text: str
    column: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The sentence in the source language."""
        return self.text.format(**self.data) if self.data else self.text


@dataclass(frozen=True, slots=True)
class Staged:
    """A row as an importer sees it: its number in the file and its values by column code (None = empty)."""

    number: int
    values: Mapping[str, Any]


def normal(heading: str) -> str:
    """A heading without spaces, stars, brackets and letter case, for comparing."""
    text = unicodedata.normalize("NFKC", heading).casefold()
    text = re.sub(r"\(.*?\)|（.*?）|\[.*?\]", "", text)
    return re.sub(r"[\s*＊:：_\-]+", "", text)


def suggest(columns: Sequence[Column], headings: Sequence[str]) -> dict[str, int]:
    """Column code → position in the file, by heading or alias; each position is used once."""
    places: dict[str, int] = {}
    for at, heading in enumerate(headings):
        if normal(heading):
            places.setdefault(normal(heading), at)
    found: dict[str, int] = {}
    for column in columns:
        for name in (column.heading, *column.aliases, column.code):
            place = places.get(normal(name))
            if place is not None and place not in found.values():
                found[column.code] = place
                break
    return found


def heading_row(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> int:
    """Which of the first rows holds the headings: the one with most known names, else the first that is not empty."""
    best, most = -1, 0
    for at, row in enumerate(rows):
        hits = len(suggest(columns, row))
        if hits > most:
            best, most = at, hits
    if best >= 0:
        return best
    return next((at for at, row in enumerate(rows) if any(cell.strip() for cell in row)), -1)


def missing(columns: Sequence[Column], mapping: Mapping[str, int]) -> list[Column]:
    """Required columns that the mapping does not give."""
    return [column for column in columns if column.required and column.code not in mapping]


def text_of(cell: object) -> str:
    """A cell of a workbook as text. A number of more than 15 digits has lost digits in the spreadsheet: it comes in
    scientific notation, which every check refuses."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        if not cell.is_integer():
            return repr(cell)
        return str(int(cell)) if abs(cell) < 1e15 else f"{cell:.2E}"
    if isinstance(cell, int):
        return str(cell) if abs(cell) < 10**15 else f"{cell:.2E}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    return unicodedata.normalize("NFC", str(cell)).replace("\x00", "").strip()


def read(column: Column, text: str) -> tuple[Value, Problem | None]:
    """The value of a cell, or what is wrong with it. An empty cell is None."""
    cell = text.strip()
    if not cell:
        return None, _fault(column, "“{name}”没有填写。")[1] if column.required else None
    if _SCIENTIFIC.match(cell) and column.type not in ("decimal",):
        return _fault(
            column,
            "“{name}”是科学计数法（{cell}），原来的数字已经丢失。请在表格中把该列设为“文本”格式后重新填写。",
            cell=cell,
        )
    if column.max_length and len(cell) > column.max_length:
        return _fault(column, "“{name}”超过 {n} 个字。", n=column.max_length)
    return _READERS[column.type](column, cell)


def _fault(column: Column, text: str, **data: str | int) -> tuple[None, Problem]:
    return None, Problem(text, column.code, {"name": column.heading, **data})


def _text(column: Column, cell: str) -> tuple[Value, Problem | None]:
    return cell, None


def _int(column: Column, cell: str) -> tuple[Value, Problem | None]:
    try:
        return int(cell.replace(",", "").replace("，", "").removesuffix(".0")), None
    except ValueError:
        return _fault(column, "“{name}”应为整数，现为“{cell}”。", cell=cell)


def _decimal(column: Column, cell: str) -> tuple[Value, Problem | None]:
    try:
        number = Decimal(cell.replace(",", "").replace("，", ""))
    except InvalidOperation:
        return _fault(column, "“{name}”应为数字，现为“{cell}”。", cell=cell)
    return (number, None) if number.is_finite() else _fault(column, "“{name}”应为数字，现为“{cell}”。", cell=cell)


def parse_date(cell: str) -> date | None:
    """2026-1-5, 2026/1/5, 2026.1.5, 20260105, 2026年1月5日 → a day; None otherwise."""
    match = _DATE.match(cell.split(" ")[0].split("T")[0]) or _COMPACT.match(cell)
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def _date(column: Column, cell: str) -> tuple[Value, Problem | None]:
    day = parse_date(cell)
    return (day, None) if day else _fault(column, "“{name}”应为日期，如 2026-01-05，现为“{cell}”。", cell=cell)


def _datetime(column: Column, cell: str) -> tuple[Value, Problem | None]:
    plain = cell.replace("/", "-").replace("T", " ").strip()
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y年%m月%d日 %H:%M", "%Y-%m-%d %H:%M:%S.%f"):
        try:
            return datetime.strptime(plain, form).replace(tzinfo=BEIJING), None
        except ValueError:
            continue
    day = parse_date(cell)
    if day is not None:
        return datetime(day.year, day.month, day.day, tzinfo=BEIJING), None
    return _fault(column, "“{name}”应为时间，如 2026-01-05 09:30，现为“{cell}”。", cell=cell)


def _bool(column: Column, cell: str) -> tuple[Value, Problem | None]:
    word = cell.casefold()
    if word in _YES or word in _NO:
        return word in _YES, None
    return _fault(column, "“{name}”应填“是”或“否”，现为“{cell}”。", cell=cell)


def _choice(column: Column, cell: str) -> tuple[Value, Problem | None]:
    choices = column.choices or {}
    if cell in choices:
        return choices[cell], None
    if cell in choices.values():
        return cell, None
    return _fault(column, "“{name}”应为：{choices}，现为“{cell}”。", choices="、".join(choices), cell=cell)


def _id_number(column: Column, cell: str) -> tuple[Value, Problem | None]:
    """Only the form; the check digit is the registry's rule."""
    number = cell.upper().replace(" ", "").lstrip("'’")
    if re.fullmatch(r"\d{17}[\dX]|\d{15}", number):
        return number, None
    return _fault(column, "“{name}”应为 18 位身份证号，现有 {n} 位。", n=len(number))


def _phone(column: Column, cell: str) -> tuple[Value, Problem | None]:
    number = re.sub(r"[\s\-()（）]", "", cell).lstrip("'’")
    number = number.removeprefix("+86")
    if re.fullmatch(r"\d{5,12}", number):
        return number, None
    return _fault(column, "“{name}”不像电话号码。")


_READERS: Mapping[str, Callable[[Column, str], tuple[Value, Problem | None]]] = {
    "text": _text, "int": _int, "decimal": _decimal, "date": _date, "datetime": _datetime, "bool": _bool, "choice": _choice,
    "id_number": _id_number, "phone": _phone,
}  # fmt: skip


def values_of(
    columns: Sequence[Column], mapping: Mapping[str, int], cells: Sequence[str]
) -> tuple[dict[str, Value], list[Problem]]:
    """The values of a row by column code, and the problems of its cells."""
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for column in columns:
        at = mapping.get(column.code)
        value, problem = read(column, cells[at] if at is not None and at < len(cells) else "")
        values[column.code] = value
        if problem is not None:
            problems.append(problem)
    return values, problems


def risky(text: str) -> bool:
    """Whether a spreadsheet might take the text for a formula."""
    return text[:1] in ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """The text with an apostrophe before a formula sign, for CSV."""
    return "'" + text if risky(text) else text
