"""Tables of messages as files, for the command line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from yanzhen.kernel.errors import DomainError, NotFound
from yanzhen.kernel.intake.api import XLSX, rows_of
from yanzhen.kernel.intake.domain import heading_row, suggest
from yanzhen.kernel.scope.api import UnitRef
from yanzhen.matters.services.columns import COLUMNS
from yanzhen.matters.services.importing import Row, encoding_of, file_rows
from yanzhen.registry.api import unit_ref
from yanzhen.registry.models import Unit


def receiving_unit(code: str) -> UnitRef:
    """The unit with a code, or the topmost division that is a county, city or province."""
    standing = Unit.objects.filter(valid_to__isnull=True)
    found = standing.filter(code=code.strip().upper()).first() if code.strip() else standing.filter(
        kind="division"
    ).order_by("depth", "path").first()  # fmt: skip
    if found is None:
        raise NotFound("matters.import.unit", "没有找到接收单位，请先建立组织与区划，或用 --unit 指定代码。")
    return unit_ref(found)


def counties(code: str) -> list[UnitRef]:
    """The county with a code, or every county."""
    found = Unit.objects.filter(valid_to__isnull=True, kind="division", level="county").order_by("path")
    if code.strip():
        found = found.filter(code=code.strip().upper())
    return [unit_ref(unit) for unit in found]


def message_rows(path: Path, given: Mapping[str, str]) -> tuple[list[str], Iterator[Row]]:
    """(fields found, rows) of a table; ``given``: field → heading where the heading is not known by itself.

    DomainError when there is no such file, no headings, or no column for number and time.
    """
    if not path.is_file():
        raise DomainError("matters.import.file", "没有这个文件：{name}。", name=path.name)
    if path.suffix.lower() in (".xlsx", ".xls"):
        return _workbook(path, given)
    with path.open(encoding=encoding_of(path), newline="") as file:
        headings = next(csv.reader(file), [])
    mapping = mapped(headings, given)
    return list(mapping), file_rows(path, {name: headings[at] for name, at in mapping.items()})


def mapped(headings: list[str], given: Mapping[str, str]) -> dict[str, int]:
    """Field → position: what was given, and what is known by its heading."""
    found = suggest(COLUMNS, headings)
    for name, heading in given.items():
        if heading not in headings:
            raise DomainError("matters.import.heading", "表里没有“{heading}”这一列。", heading=heading)
        found[name] = headings.index(heading)
    for column in COLUMNS:
        if column.required and column.code not in found:
            raise DomainError(
                "matters.import.column", "没有找到“{heading}”这一列，请用 --column {name}=表头 指定。",
                heading=column.heading, name=column.code,
            )  # fmt: skip
    return found


def _workbook(path: Path, given: Mapping[str, str]) -> tuple[list[str], Iterator[Row]]:
    rows = list(rows_of(path.read_bytes(), XLSX))
    head = heading_row(COLUMNS, [cells for _at, cells in rows[:12]])
    if head < 0:
        raise DomainError("matters.import.empty", "表是空的。")
    mapping = mapped(rows[head][1], given)

    def walk() -> Iterator[Row]:
        for at, cells in rows[head + 1 :]:
            yield at, {name: cells[place] if place < len(cells) else None for name, place in mapping.items()}

    return list(mapping), walk()
