"""Writing workbooks: lists with title and signature line, official templates, CSV. Text never becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from django.http import HttpResponse
from django.utils.translation import gettext as _
from openpyxl.reader.excel import load_workbook
from openpyxl.styles.fills import PatternFill

from yanzhen.kernel.files.api import bytes_response
from yanzhen.kernel.intake import actions
from yanzhen.kernel.intake.domain import Column, harmless, risky
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.trail import api as trail
from yanzhen.kernel.worktime.api import BEIJING

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
_LONGEST = 32_000  # a cell holds 32,767 characters


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of an export: key in the rows, heading, width in characters."""

    code: str
    heading: str
    width: int = 14


Cells = Mapping[str, Any] | Sequence[Any]


def _plain(value: Any) -> Any:
    """A value as a cell takes it: numbers stay numbers, moments become local text, everything else text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, int | float | Decimal):
        return value if -(10**15) < value < 10**15 else str(value)
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M") if value.tzinfo else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)[:_LONGEST]


def _line(columns: Sequence[ExportColumn], row: Cells) -> list[Any]:
    if isinstance(row, Mapping):
        return [_plain(row.get(column.code)) for column in columns]
    return [_plain(value) for value in row]


def export_workbook(
    title: str,
    columns: Sequence[ExportColumn],
    rows: Iterable[Cells],
    *,
    unit: str = "",
    as_of: str = "",
    notes: Sequence[str] = (),
    signature: bool = True,
) -> bytes:
    """A list as an official sheet: merged title, unit and date, headings that stay, rows, notes, signature line.

    ``rows`` are mappings by column code or plain sequences and may be a generator (it is written row by row).
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        forms = _forms(book)
        sheet = book.add_worksheet(_sheet_name(title))
        last = max(len(columns) - 1, 0)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.width)
        sheet.set_row(0, 30)
        _merged(sheet, 0, last, title, forms["title"])
        _merged(sheet, 1, last, "    ".join(filter(None, [_unit_words(unit), as_of])), forms["plain"])
        for at, column in enumerate(columns):
            sheet.write_string(2, at, str(column.heading), forms["head"])
        sheet.freeze_panes(3, 1)
        sheet.repeat_rows(2)
        line = 3
        for row in rows:
            for at, value in enumerate(_line(columns, row)):
                _write(sheet, line, at, value, forms)
            line += 1
        for note in notes:
            _merged(sheet, line, last, str(note), forms["note"])
            line += 1
        if signature:
            _merged(
                sheet,
                line + 1,
                last,
                _("填表人：            审核人：            负责人：            （盖章）"),
                forms["plain"],
            )
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
    return out.getvalue()


def _unit_words(unit: str) -> str:
    return _("单位：%(unit)s") % {"unit": unit} if unit else ""


def _forms(book: Any) -> dict[str, Any]:
    return {
        "title": book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}),
        "plain": book.add_format({"align": "left"}),
        "note": book.add_format({"align": "left", "text_wrap": True, "font_color": "#555555"}),
        "head": book.add_format(
            {"bold": True, "border": 1, "bg_color": "#eef2f7", "text_wrap": True, "valign": "vcenter"}
        ),
        "cell": book.add_format({"border": 1, "valign": "top", "text_wrap": True}),
        "quoted": book.add_format({"border": 1, "valign": "top", "text_wrap": True, "quote_prefix": True}),
        "bad": book.add_format({"border": 1, "valign": "top", "text_wrap": True, "bg_color": "#ffd6d6"}),
        "bad_quoted": book.add_format(
            {"border": 1, "valign": "top", "text_wrap": True, "bg_color": "#ffd6d6", "quote_prefix": True}
        ),
    }


def _write(sheet: Any, line: int, at: int, value: Any, forms: Mapping[str, Any], bad: bool = False) -> None:
    if isinstance(value, str):
        form = ("bad_quoted" if bad else "quoted") if risky(value) else ("bad" if bad else "cell")
        sheet.write_string(line, at, value, forms[form])
    else:
        sheet.write_number(line, at, value, forms["bad" if bad else "cell"])


def _merged(sheet: Any, line: int, last: int, text: str, form: Any) -> None:
    if last:
        sheet.merge_range(line, 0, line, last, "", form)
    sheet.write_string(line, 0, text, form)


def _sheet_name(title: str) -> str:
    return "".join(c for c in title if c not in "[]:*?/\\'")[:31] or "Sheet1"


def export_csv(columns: Sequence[ExportColumn], rows: Iterable[Cells]) -> bytes:
    """The same as CSV with a byte-order mark (spreadsheets then read UTF-8) and formula signs made harmless."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([harmless(str(column.heading)) for column in columns])
    for row in rows:
        writer.writerow([harmless(v) if isinstance(v, str) else v for v in _line(columns, row)])
    return out.getvalue().encode("utf-8-sig")


def fill_template(path: Path, cells: Mapping[str, Any], *, sheet: str = "") -> bytes:
    """An official template with cells filled in (``{"B3": "青山镇", "D7": 12}``); its layout is kept. Text is stored as text,
    also when it begins with a formula sign; a merged area is addressed by its first cell."""
    book = load_workbook(path)  # type: ignore[no-untyped-call]
    page = book[sheet] if sheet else book.active
    for place, value in cells.items():
        _set(page[place], _plain(value))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _set(cell: Any, value: Any) -> None:
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        if risky(value):
            cell.quotePrefix = True


def record_export(*, actor: Actor, now: datetime, what: str, name: str, rows: int, purpose: str = "") -> None:
    """Enter an export in the trail: who took how many rows of what."""
    trail.record(
        actor=actor, now=now, action=actions.EXPORTED, kind="export", subject_id=what[:40], label=name,
        after={"rows": rows}, purpose=purpose,
    )  # fmt: skip


def workbook_response(
    body: bytes, name: str, *, actor: Actor, now: datetime, what: str, rows: int, purpose: str = ""
) -> HttpResponse:
    """An export as a download (``name`` ends in .xlsx or .csv), entered in the trail. ``what``: code of the list."""
    record_export(actor=actor, now=now, what=what, name=name, rows=rows, purpose=purpose)
    return bytes_response(body, name, CSV if name.endswith(".csv") else XLSX)


# --- templates and errors of imports ------------------------------------------------------------------------------------


def import_template(title: str, columns: Sequence[Column], notes: Sequence[str] = ()) -> bytes:
    """An empty table to fill in: title, headings (a star = required), text format where digits matter, a sheet of notes."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        forms = _forms(book)
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(_sheet_name(title))
        sheet.set_row(0, 30)
        _merged(sheet, 0, max(len(columns) - 1, 0), title, forms["title"])
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.width, text)
            sheet.write_string(1, at, column.heading + ("*" if column.required else ""), forms["head"])
            if column.choices and len(",".join(column.choices)) <= 255:
                sheet.data_validation(
                    2, at, 5000, at, {"validate": "list", "source": list(column.choices), "error_type": "warning"}
                )
        sheet.freeze_panes(2, 0)
        page = book.add_worksheet(_("填写说明"))
        page.set_column(0, 0, 20)
        page.set_column(1, 3, 40)
        for at, word in enumerate([_("列"), _("说明"), _("可填"), _("示例")]):
            page.write_string(0, at, word, forms["head"])
        for line, column in enumerate(columns, 1):
            words = [
                column.heading + ("*" if column.required else ""),
                column.help,
                "、".join(column.choices or ()),
                column.example,
            ]
            for at, word in enumerate(words):
                page.write_string(line, at, word, forms["quoted" if risky(word) else "cell"])
        line = len(columns) + 2
        for note in [_("带 * 的列必填；身份证号、电话等请按文本填写；不要改动列名。"), *notes]:
            page.write_string(line, 0, note, forms["plain"])
            line += 1
    return out.getvalue()


BadRow = tuple[int, Sequence[str], Sequence[tuple[str, int]]]  # row number, cells, (problem, position or -1)


def mark_original(content: bytes, heading_row: int, bad: Iterable[BadRow], heading: str) -> bytes:
    """The uploaded xlsx itself with a column of problems behind the last one, bad cells coloured."""
    book = load_workbook(io.BytesIO(content))  # type: ignore[no-untyped-call]
    visible = [page for page in book.worksheets if page.sheet_state == "visible"] or book.worksheets
    page = next((p for p in visible if p.max_row > 1 or p["A1"].value is not None), visible[0])
    red = PatternFill("solid", fgColor="FFD6D6")  # type: ignore[no-untyped-call]
    last = page.max_column + 1
    _set(page.cell(heading_row, last), heading)
    for number, _cells, problems in bad:
        _set(page.cell(number, last), " ".join(text for text, _at in problems))
        for _text, at in problems:
            if at >= 0:
                page.cell(number, at + 1).fill = red
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bad_rows_workbook(title: str, headings: Sequence[str], bad: Iterable[BadRow], heading: str) -> bytes:
    """The rows with problems in a new workbook (for CSV, xls and very long tables), ready to correct and upload."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        forms = _forms(book)
        sheet = book.add_worksheet(_sheet_name(title))
        for at, word in enumerate([*headings, heading]):
            sheet.write_string(0, at, word, forms["head"])
        for line, (_number, cells, problems) in enumerate(bad, 1):
            marked = {at for _text, at in problems}
            for at, cell in enumerate(cells):
                _write(sheet, line, at, cell, forms, bad=at in marked)
            _write(sheet, line, len(headings), " ".join(text for text, _at in problems), forms)
    return out.getvalue()
