"""Tables in: CSV (UTF-8 or GB 18030), Excel (xlsx, xls, ods) and GeoJSON into typed rows, with every error of every line.

Official sheets carry titles above the heading row, so it is looked for in the first rows. Nothing stops at the first error.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from yanzhen.planning.kernel.findings import Finding, ProblemError
from yanzhen.planning.kernel.text import Text

Kind = Literal["text", "int", "float", "bool", "date", "month", "list", "choice"]
HEAD_ROWS = 12
YES = {"是", "有", "1", "true", "yes", "y", "√", "✓", "同意", "对"}
NO = {"否", "无", "0", "false", "no", "n", "×", "✗", "不同意", "没有", "错"}
_SPLIT = re.compile(r"[、,，;；/|\s]+")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet.

    ``key``: name in the row; ``heading``: as printed, both languages are accepted in files; ``also``: other headings met in the
    field; ``choices``: for ``choice`` and ``list``: accepted words → value; ``low``/``high``: inclusive bounds of numbers.
    A missing optional value becomes ``default``.
    """

    key: str
    heading: Text
    kind: Kind = "text"
    required: bool = False
    default: Any = None
    also: tuple[str, ...] = ()
    choices: Mapping[str, Any] | None = None
    low: float | None = None
    high: float | None = None
    example: str = ""

    def names(self) -> tuple[str, ...]:
        """Every heading that means this column."""
        return (self.heading.zh, self.heading.en, self.key, *self.also)


@dataclass(frozen=True, slots=True)
class Row:
    """One typed row: the line in its file (from 1) and its values by column key. GeoJSON rows carry ``geometry`` (shapely)."""

    line: int
    values: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.values[key]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that was read: its good rows and what is wrong with the others. ``headings``: column key → heading in the file."""

    name: str
    source: Path
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    headings: Mapping[str, str] = field(default_factory=dict)

    def finding(self, rule: str, text: Text, row: Row | int, column: str = "") -> Finding:
        """A finding at a place of this sheet; ``column`` is a column key."""
        line = row if isinstance(row, int) else row.line
        return Finding(rule, text, sheet=self.name, line=line, column=self.headings.get(column, column))


def read(source: Path, columns: Sequence[Column], *, sheet: str | Sequence[str] = "") -> Sheet:
    """Read one table. ``sheet``: worksheet name, or names that may be used ("" = the first with content); files of one table
    ignore it. ProblemError only when the file cannot be read at all or misses a required column."""
    wanted = [sheet] if isinstance(sheet, str) else list(sheet)
    suffix = source.suffix.lower()
    if suffix in {".geojson", ".json"}:
        return _features(source, columns)
    if suffix in {".csv", ".tsv", ".txt"}:
        name, cells = source.name, list(_csv(source))
    else:
        name, cells = _workbook(source, [item for item in wanted if item])
    return _typed(name, source, cells, columns)


def raw_cells(source: Path, *, sheet: str = "") -> list[tuple[int, list[Any]]]:
    """Every line of a table with its number (from 1) and its cells as they are, for sheets without a fixed heading row."""
    if source.suffix.lower() in {".csv", ".tsv", ".txt"}:
        return list(_csv(source))
    return _workbook(source, [sheet] if sheet else [])[1]


def has_sheet(source: Path, names: Sequence[str]) -> bool:
    """Whether a workbook has a worksheet of one of these names (False for other files)."""
    if source.suffix.lower() not in {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}:
        return False
    return bool({*_book(source).sheet_names} & {*names})


def unique(sheet: Sheet, key: str) -> list[Finding]:
    """Values that occur more than once, each later line named with the first."""
    seen: dict[Any, int] = {}
    found = []
    for row in sheet.rows:
        value = row[key]
        if value in (None, ""):
            continue
        if value in seen:
            text = Text("“{value}”与第 {line} 行重复", "“{value}” repeats line {line}").fill(
                value=str(value), line=seen[value]
            )
            found.append(sheet.finding("input.repeated", text, row, key))
        else:
            seen[value] = row.line
    return found


def refers(sheet: Sheet, key: str, known: Iterable[str], what: Text) -> list[Finding]:
    """Values (or items of a list) that name something that does not exist; the nearest existing name is suggested."""
    names = set(known)
    found = []
    for row in sheet.rows:
        value = row[key]
        for item in value if isinstance(value, tuple) else (value,):
            if item in (None, "") or item in names:
                continue
            text = Text("没有叫“{item}”的{what}", "no {what} is called “{item}”").fill(item=str(item), what=what)
            near = nearest(str(item), names)
            if near:
                text = text + Text(f"，是不是“{near}”", f"; did you mean “{near}”")
            found.append(sheet.finding("input.unknown", text, row, key))
    return found


def nearest(word: str, names: Iterable[str]) -> str:
    """The most similar existing name, or ""."""
    import difflib

    found = difflib.get_close_matches(word, sorted(names), n=1, cutoff=0.6)
    return found[0] if found else ""


def _problem(rule: str, text: Text, sheet: str) -> ProblemError:
    return ProblemError([Finding(rule, text, sheet=sheet)])


def _csv(source: Path) -> Iterator[tuple[int, list[Any]]]:
    content = source.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise _problem(
                "input.encoding",
                Text("文字编码认不出，请另存为 UTF-8 的 CSV 或 .xlsx", "unknown encoding; save as CSV UTF-8 or .xlsx"),
                source.name,
            ) from None
    mark = max(",\t;", key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text), delimiter=mark)
    for cells in reader:
        yield reader.line_num, list(cells)


def _book(source: Path) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_path(str(source))
    except PasswordError:
        raise _problem(
            "input.locked", Text("工作簿有密码，请先去掉", "the workbook has a password; remove it"), source.name
        ) from None
    except (CalamineError, OSError, ValueError):
        raise _problem(
            "input.unreadable", Text("打不开，请另存为 .xlsx", "cannot be opened; save it as .xlsx"), source.name
        ) from None


def _workbook(source: Path, wanted: Sequence[str]) -> tuple[str, list[tuple[int, list[Any]]]]:
    book = _book(source)
    names = [name for name in wanted if name in book.sheet_names]
    if wanted and not names and len(book.sheet_names) > 1:
        text = Text("缺工作表“{name}”", "worksheet “{name}” is missing").fill(name=wanted[0])
        raise _problem("input.no_sheet", text, source.name)
    for name in names or book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        if rows:
            return name, list(enumerate(rows, 1))
    raise _problem("input.empty", Text("没有内容", "is empty"), source.name)


def _features(source: Path, columns: Sequence[Column]) -> Sheet:
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    try:
        features = json.loads(source.read_text(encoding="utf-8-sig"))["features"]
    except (ValueError, KeyError, TypeError, UnicodeDecodeError):
        raise _problem(
            "input.geojson", Text("不是 GeoJSON 要素集", "is no GeoJSON FeatureCollection"), source.name
        ) from None
    names = sorted({key for feature in features for key in (feature.get("properties") or {})})
    cells: list[tuple[int, list[Any]]] = [(0, list(names))]
    for number, feature in enumerate(features, 1):
        properties = feature.get("properties") or {}
        cells.append((number, [properties.get(name) for name in names]))
    sheet = _typed(source.name, source, cells, columns, head=0)
    rows, found = [], list(sheet.findings)
    for row in sheet.rows:
        try:
            geometry = shape(features[row.line - 1].get("geometry"))
            broken = not geometry.is_valid or geometry.is_empty
        except (ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError):
            broken = True
        if broken:
            found.append(
                sheet.finding("input.geometry", Text("图形无效或为空", "the geometry is invalid or empty"), row)
            )
        else:
            rows.append(Row(row.line, {**row.values, "geometry": geometry}))
    return Sheet(sheet.name, source, tuple(rows), tuple(found), sheet.headings)


def plain_cell(cell: Any) -> str:
    """A cell as trimmed text: 3.0 is "3", a date its ISO form, full-width blanks gone."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if not (cell.hour or cell.minute or cell.second) else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, (list, tuple)):
        return "、".join(plain_cell(item) for item in cell)
    return str(cell).replace("\u3000", " ").replace("\xa0", " ").strip()


def _bare(heading: str) -> str:
    return re.sub(r"[\s*＊:：（(【].*$", "", heading.strip()).lower() or heading.strip().lower()


def _typed(
    name: str,
    source: Path,
    cells: Sequence[tuple[int, list[Any]]],
    columns: Sequence[Column],
    *,
    head: int | None = None,
) -> Sheet:
    known = {heading.lower(): column for column in columns for heading in column.names() if heading}
    known |= {_bare(heading): column for heading, column in known.items() if _bare(heading) not in known}

    def matched(row: Sequence[Any]) -> dict[int, Column]:
        found: dict[int, Column] = {}
        for index, cell in enumerate(row):
            words = plain_cell(cell)
            column = known.get(words.lower()) or known.get(_bare(words))
            if column is not None and column not in found.values():
                found[index] = column
        return found

    if not cells:
        raise _problem("input.empty", Text("没有内容", "is empty"), name)
    best = (
        head
        if head is not None
        else max(range(min(HEAD_ROWS, len(cells))), key=lambda i: (len(matched(cells[i][1])), -i))
    )
    where = matched(cells[best][1])
    missing = [column.heading for column in columns if column.required and column not in where.values()]
    if missing and not (head is not None and len(cells) == 1):
        raise ProblemError(
            [
                Finding(
                    "input.no_column", Text("缺列“{name}”", "column “{name}” is missing").fill(name=item), sheet=name
                )
                for item in missing
            ]
        )
    headings = {column.key: plain_cell(cells[best][1][index]) for index, column in where.items()}
    rows: list[Row] = []
    found: list[Finding] = []
    for line, row in cells[best + 1 :]:
        if not any(plain_cell(cell) for cell in row):
            continue
        values: dict[str, Any] = {column.key: column.default for column in columns}
        wrong: list[Finding] = []
        for index, column in where.items():
            cell = row[index] if index < len(row) else None
            try:
                values[column.key] = value_of(cell, column)
            except ValueError as error:
                wrong.append(Finding("input.value", error.args[0], sheet=name, line=line, column=headings[column.key]))
        if wrong:
            found += wrong
        else:
            rows.append(Row(line, values))
    return Sheet(name, source, tuple(rows), tuple(found), headings)


def value_of(cell: Any, column: Column) -> Any:
    """One cell as the column's type; ValueError whose argument is a :class:`Text`."""
    text = plain_cell(cell)
    if not text:
        if column.required:
            raise ValueError(Text("必填，现在是空的", "is required and empty"))
        return column.default
    return _KINDS[column.kind](text, column)


def _numeric(text: str, column: Column) -> float:
    plain = text.replace(",", "").replace("，", "").translate(str.maketrans("０１２３４５６７８９．－", "0123456789.-"))
    try:
        value = float(plain)
    except ValueError:
        raise ValueError(Text(f"“{text}”不是数", f"“{text}” is no number")) from None
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(Text(f"“{text}”不是数", f"“{text}” is no number"))
    if column.low is not None and value < column.low:
        raise ValueError(Text(f"{text} 小于下限 {column.low:g}", f"{text} is below {column.low:g}"))
    if column.high is not None and value > column.high:
        raise ValueError(Text(f"{text} 大于上限 {column.high:g}", f"{text} is above {column.high:g}"))
    return value


def _int(text: str, column: Column) -> int:
    value = _numeric(text, column)
    if value != int(value):
        raise ValueError(Text(f"“{text}”不是整数", f"“{text}” is no whole number"))
    return int(value)


def _bool(text: str, column: Column) -> bool:
    low = text.lower()
    if low in YES or low in NO:
        return low in YES
    raise ValueError(Text(f"“{text}”应填是或否", f"“{text}” should be yes or no"))


def _date(text: str, column: Column) -> date:
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: .*)?", text) or re.fullmatch(
        r"(\d{4})(\d\d)(\d\d)", text
    )
    try:
        if found:
            return date(*(int(part) for part in found.groups()))
    except ValueError:
        pass
    raise ValueError(Text(f"“{text}”不是日期，应如 2026-11-22", f"“{text}” is no date like 2026-11-22"))


def _month(text: str, column: Column) -> str:
    found = re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})月?(?:[-/.]\d{1,2}(?: .*)?)?", text)
    if found and 1 <= int(found[2]) <= 12:
        return f"{found[1]}-{int(found[2]):02d}"
    raise ValueError(Text(f"“{text}”不是年月，应如 2026-11", f"“{text}” is no month like 2026-11"))


def _choice(text: str, column: Column) -> Any:
    choices = column.choices or {}
    if text in choices:
        return choices[text]
    low = {key.lower(): value for key, value in choices.items()}
    if text.lower() in low:
        return low[text.lower()]
    words = "、".join(list(choices)[:12])
    raise ValueError(Text(f"“{text}”不在可填项里（{words}）", f"“{text}” is not among {words}"))


def _list(text: str, column: Column) -> tuple[Any, ...]:
    items = [item for item in _SPLIT.split(text) if item]
    if column.choices is not None:
        return tuple(_choice(item, column) for item in items)
    return tuple(items)


_KINDS: Mapping[str, Callable[[str, Column], Any]] = {
    "text": lambda text, column: text,
    "int": _int,
    "float": _numeric,
    "bool": _bool,
    "date": _date,
    "month": _month,
    "choice": _choice,
    "list": _list,
}


def summary(findings: Iterable[Finding]) -> Mapping[str, int]:
    """How many findings a rule has, most first."""
    return dict(Counter(finding.rule for finding in findings).most_common())
