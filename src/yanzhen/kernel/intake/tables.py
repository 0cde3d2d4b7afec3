"""Reading an uploaded table: xlsx and xls by calamine, CSV in UTF-8 or GB 18030."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.intake.domain import text_of

Row = tuple[int, list[str]]
HEAD = 12


def rows_of(content: bytes, mime: str) -> Iterator[Row]:
    """Rows as (number in the file from 1, cells as text); empty rows are left out. DomainError when it cannot be read."""
    rows = _csv(content) if mime.startswith("text/") else _workbook(content)
    for number, cells in rows:
        if any(cells):
            yield number, cells


def head_of(content: bytes, mime: str) -> list[Row]:
    """The first rows, in which the headings are looked for."""
    found: list[Row] = []
    for row in rows_of(content, mime):
        found.append(row)
        if len(found) == HEAD:
            break
    return found


def _workbook(content: bytes) -> Iterator[Row]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible] or book.sheet_names
        sheet = next((s for s in map(book.get_sheet_by_name, names) if s.height), None)
        if sheet is None:
            raise DomainError("intake.empty", "工作簿里没有内容。", field="file")
        rows: Sequence[Sequence[object]] = sheet.to_python(skip_empty_area=False)
    except PasswordError:
        raise DomainError("intake.locked", "工作簿有密码，请去掉密码后再传。", field="file") from None
    except (CalamineError, OSError, ValueError) as error:
        raise DomainError("intake.unreadable", "工作簿打不开，请另存为 .xlsx 后再传。", field="file") from error
    for number, cells in enumerate(rows, 1):
        yield number, [text_of(cell) for cell in cells]


def _csv(content: bytes) -> Iterator[Row]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise DomainError(
                "intake.encoding", "文字编码认不出，请另存为 UTF-8 的 CSV 或 .xlsx 后再传。", field="file"
            ) from error
    first = text.split("\n", 1)[0]
    mark = max(",\t;", key=first.count)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=mark, strict=False), 1):
            yield number, [text_of(cell) for cell in cells]
    except csv.Error as error:
        raise DomainError("intake.unreadable", "文件读不出来，请另存为 .xlsx 后再传。", field="file") from error
