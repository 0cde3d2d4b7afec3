"""Tables out: the clerk's own workbook with a column of problems, Excel lists, and the Word list for signature."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from yanzhen.planning.kernel.findings import Finding
from yanzhen.planning.kernel.reading import plain_cell
from yanzhen.planning.kernel.text import Lang, Text, said

PROBLEMS = Text("问题", "Problems")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of a list that goes out. ``width`` in characters of Excel; ``number``: right-aligned."""

    key: str
    heading: Text
    width: float = 14
    number: bool = False


def return_with_problems(source: Path, findings: Sequence[Finding], target: Path, *, lang: Lang = "zh") -> Path:
    """The same file again with a last column of problems, wrong cells coloured (xlsx). An xls or ods comes back as xlsx, a CSV as
    a CSV in its own encoding. Findings of other files (by sheet name) are left out; what has no line is put on the first row.
    Returns the path written (its suffix may have changed)."""
    if source.suffix.lower() in {".csv", ".tsv", ".txt"}:
        return _problems_csv(source, findings, target, lang)
    from openpyxl.comments.comments import Comment
    from openpyxl.reader.excel import load_workbook
    from openpyxl.styles.alignment import Alignment
    from openpyxl.styles.fills import PatternFill

    target = target.with_suffix(".xlsx")
    book: Any = _any(load_workbook)(source) if source.suffix.lower() in {".xlsx", ".xlsm"} else _converted(source)
    red, wrap = _any(PatternFill)("solid", fgColor="FFF2C4C4"), _any(Alignment)(wrap_text=True, vertical="top")
    for sheet in book.worksheets:
        here = [item for item in findings if item.sheet in {sheet.title, source.name}]
        if not here:
            continue
        column = sheet.max_column + 1
        top = sheet.max_row
        by_line: dict[int, list[Finding]] = defaultdict(list)
        for item in here:
            by_line[item.line or 1].append(item)
        for line, items in sorted(by_line.items()):
            cell = sheet.cell(line, column)
            cell.value = "；".join(_words(item, lang) for item in items)
            cell.data_type = "s"
            cell.alignment = wrap
            cell.fill = red
            for item in items:
                for one in sheet[_head(sheet, items)]:
                    if item.column and plain_cell(one.value) == item.column:
                        wrong = sheet.cell(line, one.column)
                        wrong.fill = red
                        wrong.comment = _any(Comment)(item.text.say(lang), "雁阵")
        head = sheet.cell(min(_head(sheet, here), top), column)
        if head.value is None:
            head.value = PROBLEMS.say(lang)
        sheet.column_dimensions[head.column_letter].width = 60
    book.save(target)
    return target


def _any(thing: Any) -> Any:
    """openpyxl is untyped."""
    return thing


def _head(sheet: Any, items: Iterable[Finding]) -> int:
    """The heading row: where the named columns stand."""
    names = {item.column for item in items if item.column}
    for number in range(1, min(13, sheet.max_row + 1)):
        if names and names <= {plain_cell(cell.value) for cell in sheet[number]}:
            return number
    return 1


def _words(item: Finding, lang: Lang) -> str:
    mark = ("【{}】" if lang == "zh" else "[{}] ").format(item.column) if item.column else ""
    return f"{mark}{item.text.say(lang)}"


def _converted(source: Path) -> Any:
    from openpyxl.workbook.workbook import Workbook
    from python_calamine import CalamineWorkbook

    book = _any(Workbook)()
    book.remove(book.active)
    old = CalamineWorkbook.from_path(str(source))
    for name in old.sheet_names:
        sheet = book.create_sheet(name)
        for row in old.get_sheet_by_name(name).to_python(skip_empty_area=False):
            sheet.append([None if cell == "" else cell for cell in row])
    return book


def _problems_csv(source: Path, findings: Sequence[Finding], target: Path, lang: Lang) -> Path:
    content = source.read_bytes()
    try:
        text, encoding = content.decode("utf-8-sig"), "utf-8-sig"
    except UnicodeDecodeError:
        text, encoding = content.decode("gb18030"), "gb18030"
    mark = max(",\t;", key=text.split("\n", 1)[0].count)
    by_line: dict[int, list[str]] = defaultdict(list)
    for item in findings:
        if item.sheet == source.name:
            by_line[item.line or 1].append(_words(item, lang))
    reader = csv.reader(io.StringIO(text), delimiter=mark)
    rows = [(reader.line_num, row) for row in reader]
    width = max((len(row) for _, row in rows), default=0)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=mark)
        for index, (line, row) in enumerate(rows):
            words = "；".join(by_line.get(line, ()))
            last = PROBLEMS.say(lang) if index == 0 and not words else words
            writer.writerow([*row, *[""] * (width - len(row)), last])
    return target


def write_csv(
    target: Path, columns: Sequence[ListColumn], rows: Iterable[Mapping[str, Any]], *, lang: Lang = "zh"
) -> Path:
    """A CSV in UTF-8 with its mark (Excel opens it right); text that looks like a formula is kept as text."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.heading.say(lang) for column in columns])
        for row in rows:
            writer.writerow([_guarded(row.get(column.key), lang) for column in columns])
    return target


def _guarded(value: Any, lang: Lang) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    words = said(value, lang)
    return f"'{words}" if words.startswith(_FORMULA) else words


@dataclass(frozen=True, slots=True)
class ListSheet:
    """One worksheet: its name, columns and rows, a title above and notes below."""

    name: Text
    columns: Sequence[ListColumn]
    rows: Sequence[Mapping[str, Any]]
    title: Text | None = None
    notes: Sequence[Text] = ()


def write_workbook(
    target: Path, sheets: Sequence[ListSheet], *, lang: Lang = "zh", created: datetime | None = None
) -> Path:
    """A workbook for people: title, heading row that stays, widths, A4 landscape, heading repeated in print. ``created`` goes into
    the file's properties (a fixed day by default, so that equal plans give equal files)."""
    import xlsxwriter

    target.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(
        str(target), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": created or datetime(2000, 1, 1)})  # noqa: DTZ001 - a property of the file, not a moment
    title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    head = book.add_format({"bold": True, "border": 1, "bg_color": "#E8EEF4", "text_wrap": True, "align": "center"})
    cell = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
    figure = book.add_format({"border": 1, "align": "right", "valign": "top", "num_format": "#,##0.##"})
    for item in sheets:
        sheet = book.add_worksheet(item.name.say(lang)[:31])
        row = 0
        last = max(0, len(item.columns) - 1)
        if item.title is not None:
            if last:
                sheet.merge_range(0, 0, 0, last, item.title.say(lang), title)
            else:
                sheet.write_string(0, 0, item.title.say(lang), title)
            sheet.set_row(0, 30)
            row = 1
        for index, column in enumerate(item.columns):
            sheet.set_column(index, index, column.width)
            sheet.write_string(row, index, column.heading.say(lang), head)
        sheet.freeze_panes(row + 1, 0)
        sheet.repeat_rows(row)
        for values in item.rows:
            row += 1
            for index, column in enumerate(item.columns):
                value = values.get(column.key)
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    sheet.write_number(row, index, value, figure if column.number else cell)
                else:
                    sheet.write_string(row, index, said(value, lang), cell)
        for note in item.notes:
            row += 1
            sheet.write_string(row, 0, note.say(lang))
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
    book.close()
    return target


def write_word(
    target: Path,
    *,
    title: Text,
    columns: Sequence[ListColumn],
    rows: Sequence[Mapping[str, Any]],
    facts: Sequence[tuple[Text, Text]] = (),
    notes: Sequence[Text] = (),
    signers: Sequence[Text] = (),
    lang: Lang = "zh",
    template: Path | None = None,
) -> Path:
    """The Word list for signature: title, facts (digest, seed, levels …), one table with a repeated heading row, notes, a line a
    signer. ``template``: a docxtpl template of the county with ``{{ title }}``, ``{{ facts }}``, ``{{ table }}`` (alone
    in its paragraph), ``{{ notes }}``, ``{{ signers }}``; without one a plain A4 page is made."""
    from yanzhen.planning.kernel.word import write

    return write(target, title, columns, rows, facts, notes, signers, lang, template)
