"""Reading imports: a run is seen where its importer's right reaches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.files import api as files
from yanzhen.kernel.intake import exports
from yanzhen.kernel.intake.importers import Importer, importers
from yanzhen.kernel.intake.models import ImportRow, ImportRun
from yanzhen.kernel.scope.api import Actor, within

PREVIEW = 5
PROBLEMS = 50
MARKABLE = 20_000  # above this the bad rows come back in a workbook of their own


def _visible(viewer: Actor) -> QuerySet[ImportRun]:
    seen = Q(pk__in=[])
    for importer in importers().values():
        seen |= Q(importer=importer.code) & within(viewer, importer.capability, "unit_path")
    return ImportRun.objects.filter(seen)


def runs_for(viewer: Actor, *, before: int | None = None, limit: int = 30) -> tuple[list[ImportRun], int | None]:
    """Runs the viewer may see, newest first, and the ``before`` of the next page."""
    rows = _visible(viewer)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-id")[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None


def run_for(viewer: Actor, pk: int) -> ImportRun:
    """One run; NotFound when it is not there or not the viewer's."""
    run = _visible(viewer).filter(pk=pk).first()
    if run is None:
        raise NotFound("intake.no_run", "没有这次导入，或不在您的管辖范围内。")
    return run


def importer_of(run: ImportRun) -> Importer:
    """The importer of a run; NotFound when the module no longer offers it."""
    return importer_for(run.importer)


def importer_for(code: str) -> Importer:
    """An importer by code; NotFound when there is none."""
    importer = importers().get(code)
    if importer is None:
        raise NotFound("intake.no_importer", "没有这种导入。")
    return importer


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row with its problems for the page: (text, heading)."""

    number: int
    problems: Sequence[tuple[str, str]]


def headings(run: ImportRun) -> list[str]:
    """The headings of the file."""
    found: list[str] = json.loads(run.headings)
    return found


def mapping(run: ImportRun) -> dict[str, int]:
    """Column code → position in the file."""
    found: dict[str, int] = json.loads(run.mapping)
    return found


def options(run: ImportRun) -> dict[str, Any]:
    """What was stored beside the run: row of the headings and the importer's own options."""
    found: dict[str, Any] = json.loads(run.options)
    return found


def counts(run: ImportRun) -> dict[str, int]:
    """What the import wrote."""
    found: dict[str, int] = json.loads(run.counts)
    return found


def bad_rows(run: ImportRun, limit: int = PROBLEMS) -> list[BadRow]:
    """The first rows with problems."""
    names = {column.code: column.heading for column in importer_of(run).columns}
    rows = ImportRow.objects.filter(run=run).exclude(problems="").order_by("number")[:limit]
    return [
        BadRow(row.number, [(_words(text, data), names.get(code, "")) for text, code, data in json.loads(row.problems)])
        for row in rows
    ]


def preview(run: ImportRun, limit: int = PREVIEW) -> list[tuple[int, list[str]]]:
    """The first good rows as they will be read: number and texts in the order of the importer's columns."""
    places = mapping(run)
    columns = importer_of(run).columns
    found = []
    for row in ImportRow.objects.filter(run=run, problems="").order_by("number")[:limit]:
        cells = json.loads(row.cells)
        texts = []
        for column in columns:
            at = places.get(column.code)
            texts.append(cells[at] if at is not None and at < len(cells) else "")
        found.append((row.number, texts))
    return found


def _words(text: str, data: Mapping[str, Any]) -> str:
    """A problem's sentence in the reader's language."""
    return gettext(text).format(**data) if data else gettext(text)


def staged_rows(run: ImportRun, *, bad: bool, after: int = 0, batch: int = 2000) -> Iterator[ImportRow]:
    """The good or the bad rows of a run in order, read in batches by number (a server-side cursor would not survive the
    rollback of a commit that fails half-way)."""
    rows = ImportRow.objects.filter(run=run).order_by("number")
    rows = rows.exclude(problems="") if bad else rows.filter(problems="")
    while True:
        found = list(rows.filter(number__gt=after)[:batch])
        yield from found
        if len(found) < batch:
            return
        after = found[-1].number


def _bad(run: ImportRun) -> Iterator[tuple[int, list[str], list[tuple[str, int]]]]:
    places: Mapping[str, int] = mapping(run)
    for row in staged_rows(run, bad=True):
        problems = [(_words(text, data), places.get(code, -1)) for text, code, data in json.loads(row.problems)]
        yield row.number, json.loads(row.cells), problems


def errors_workbook(run: ImportRun, heading: str) -> bytes:
    """The uploaded workbook with a column of problems and coloured cells; for CSV, xls and long tables the bad rows alone."""
    if run.file.mime == exports.XLSX and run.rows <= MARKABLE:
        return exports.mark_original(
            files.content(run.file), int(options(run).get("heading_row", 1)), _bad(run), heading
        )
    return exports.bad_rows_workbook(run.name, headings(run), _bad(run), heading)
