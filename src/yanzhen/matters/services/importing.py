"""Messages from other systems in bulk: every row accounted for, safe to repeat, real durations kept.

A message with its answer comes in archived, with the times it was sent and answered, so that limits, lamps and rates come
out on real durations; one without comes to the importing unit's desk. Whose place is not known is "to be located". Rows go
in by chunks, each one transaction: killed at any instant, what was acknowledged is in, and a second run goes on.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import xlsxwriter
from django.db import IntegrityError, connection, models, transaction

from yanzhen.kernel.crypto.api import encrypt
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.intake.api import harmless
from yanzhen.kernel.scope.api import Actor, UnitRef, in_range, need
from yanzhen.kernel.search import api as search
from yanzhen.kernel.trail import api as trail
from yanzhen.matters import actions
from yanzhen.matters.domain import clock as clocks
from yanzhen.matters.domain.loop import State
from yanzhen.matters.domain.messages import Item, read
from yanzhen.matters.domain.numbers import number
from yanzhen.matters.models import Category, Entry, Matter
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import LEVELS, Line, line, lines
from yanzhen.matters.services import gate, reindex
from yanzhen.matters.services.intake import next_ids, phone_hash
from yanzhen.measures.api import mark_many, month_of
from yanzhen.registry.models import Unit

CHUNK = 5000
SEARCH_NOW = 20_000  # up to so many rows are searchable at once; what is beyond follows in the background
Row = tuple[int, Mapping[str, str | None]]
Say = Callable[[int], object]


@dataclass
class Outcome:
    """What came of a table: ``read`` = ``imported`` + ``present`` + ``rejected``, always."""

    read: int = 0
    imported: int = 0
    present: int = 0
    rejected: int = 0
    unlocated: int = 0
    answered: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def balanced(self) -> bool:
        """Whether every row is accounted for."""
        return self.read == self.imported + self.present + self.rejected


class Rejects:
    """Rows that did not come in, with the reason, written as they come: a workbook, made with the first of them."""

    def __init__(self, path: Path | None, headings: Sequence[str]) -> None:
        self.path, self.headings, self.count = path, list(headings), 0
        self._book: Any = None
        self._sheet: Any = None

    def add(self, at: int, cells: Mapping[str, str | None], reason: str) -> None:
        """One row."""
        self.count += 1
        if self.path is None:
            return
        if self._book is None:
            options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
            self._book = xlsxwriter.Workbook(str(self.path), options)
            self._sheet = self._book.add_worksheet("未导入")
            self._sheet.write_row(0, 0, ["行号", "未导入原因", *self.headings])
        values = [harmless(str(cells.get(name) or ""))[:32_000] for name in self.headings]
        self._sheet.write_row(self.count, 0, [at, reason, *values])

    def close(self) -> None:
        """Finish the workbook."""
        if self._book is not None:
            self._book.close()


# --- a run ------------------------------------------------------------------------------------------------------------------


@dataclass
class Frame:
    """What all rows of a run share: where they come in, and what has been looked up."""

    actor: Actor
    now: datetime
    unit: UnitRef
    source: str
    desk: Line
    categories: dict[tuple[str, ...], Category] = field(default_factory=dict)
    places: dict[str, int] | None = None
    lines: dict[int, Line] = field(default_factory=dict)
    clocks: dict[Any, clocks.Clock] = field(default_factory=dict)
    specific: set[int] = field(default_factory=set)
    template: dict[str, Any] = field(default_factory=dict)


def open_frame(*, actor: Actor, now: datetime, unit: UnitRef, source: str) -> Frame:
    """Check the right and look up what the rows need."""
    if not actor.is_system:
        need(actor, "matters.import", unit.path)
    desk = line(line(unit.id).division.id)
    frame = Frame(actor, now, unit, source[:30], desk)
    for row in Category.objects.filter(retired=False).select_related("parent__parent"):
        names = [row.name]
        above = row.parent
        while above is not None:
            names.insert(0, above.name)
            above = above.parent
        frame.categories[tuple(names)] = row
        frame.categories.setdefault((row.code,), row)
        codes = rules.category_codes(row)
        on = rules.day_of(now)
        plain = rules.limit("solve.normal", desk.ref, on)
        if rules.limit("solve.normal", desk.ref, on, codes) != plain:
            frame.specific.add(row.pk)
    frame.template = _template(frame)
    return frame


def _template(frame: Frame) -> dict[str, Any]:
    """Column values that are the same for every row."""
    row = Matter(
        channel="import", source=frame.source, desk_id=frame.desk.ref.id, desk_path=frame.desk.ref.path, urgency="normal",
        holder_id=frame.desk.ref.id, holder_path=frame.desk.ref.path, first_receiver_id=frame.desk.ref.id,
        created_at=frame.now, updated_at=frame.now, created_by=frame.actor.account_id, call_back_wanted=False,
    )  # fmt: skip
    return {
        str(f.column): getattr(row, f.attname) for f in Matter._meta.concrete_fields if str(f.column) not in _MATTER
    }


def category_of(frame: Frame, names: tuple[str, ...]) -> Category | None:
    """The category a row names: by its path, a code, or as much of its path as is known."""
    while names:
        found = frame.categories.get(names)
        if found is not None:
            return found
        names = names[:-1]
    return None


def place_of(frame: Frame, words: str) -> Line | None:
    """The place a row names, within the importing unit: by code or by a name that only one has; None: to be located."""
    if not words:
        return None
    if frame.places is None:
        reach = frame.unit.scope if frame.unit.kind == "division" else frame.desk.ref.scope
        units = Unit.objects.filter(in_range(reach, "path"), kind__in=["division", "grid"], valid_to__isnull=True)
        frame.places = {}
        names: dict[str, list[int]] = {}
        for unit_id, code, name in units.values_list("pk", "code", "name"):
            frame.places[code] = unit_id
            names.setdefault(name, []).append(unit_id)
        frame.places.update({name: ids[0] for name, ids in names.items() if len(ids) == 1})
    unit_id = frame.places.get(words.strip())
    if unit_id is None:
        return None
    if unit_id not in frame.lines:
        frame.lines.update(lines([unit_id]))
    return frame.lines[unit_id]


def clock_of(frame: Frame, item: Item, category: Category | None, state: State) -> clocks.Clock:
    """The row's clock by the calendar of its year; rows of one day share it (limits there count whole days)."""
    on = rules.day_of(item.sent_at)
    special = category.pk if category is not None and category.pk in frame.specific else None
    recent = (frame.now - item.sent_at).days < 60
    key = (item.sent_at if recent else on, special, state)
    found = frame.clocks.get(key)
    if found is None:
        limits = rules.limits(frame.desk.ref, on, "normal", rules.category_codes(category) if special else ())
        sums = rules.frame(item.sent_at, frame.desk.ref)
        found = clocks.compute(
            state=state, clock_at=item.sent_at, step_at=item.sent_at, limits=limits, calendar=sums.calendar, warn=sums.warn
        )
        frame.clocks[key] = found
    return found


# --- writing ----------------------------------------------------------------------------------------------------------------


def insert(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], same: Mapping[str, Any] | None = None
) -> None:
    """Many rows with their values as the table holds them: COPY on PostgreSQL, one prepared statement on SQLite.

    ``same``: columns that hold the same in every row.
    """
    fixed = dict(same or {})
    table, names = model._meta.db_table, ", ".join(f'"{name}"' for name in (*fixed, *columns))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            head = "".join(_cell(value) + "\t" for value in fixed.values())
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write(head + "\t".join(map(_cell, row)) + "\n")
            return
        adapt = connection.ops.adapt_datetimefield_value
        marks = ", ".join(["%s"] * (len(fixed) + len(columns)))
        values = [
            [adapt(cell) if isinstance(cell, datetime) else cell for cell in (*fixed.values(), *row)] for row in rows
        ]
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)  # noqa: S608 - names of our own columns


def _cell(value: Any) -> str:
    """A value in the text form of COPY."""
    if value is None:
        return "\\N"
    kind = type(value)
    if kind is str:
        if "\\" in value or "\n" in value or "\t" in value or "\r" in value:
            value = value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
        return str(value)
    if kind is int:
        return str(value)
    if kind is bool:
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.isoformat()
    return _cell(str(value))


_ENTRY = ("matter_id", "at", "act", "state", "unit_id", "actor_name", "actor_post", "account_id", "words", "data", "public")


#: Columns of a matter that differ from row to row, in the order of :func:`_matter`.
_MATTER = (
    "id", "number", "source_ref", "title", "text", "category_id", "place_id", "place_path", "located", "place_words",
    "reporter_name", "reporter_phone", "phone_index", "state", "received_at", "clock_at", "step_at", "step_due_at", "yellow_at",
    "respond_due_at", "due_at", "due_basis", "overdue", "tick_at", "voices", "responded_at", "answered_at", "closed_at",
    "outcome", "in_time", "city_id", "county_id", "township_id", "village_id",
)  # fmt: skip


@dataclass
class _Batch:
    matters: list[tuple[Any, ...]] = field(default_factory=list)
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    subjects: list[tuple[int, str, Mapping[str, Any], str]] = field(default_factory=list)
    documents: list[tuple[int, str, list[str]]] = field(default_factory=list)
    stale: set[tuple[int, str]] = field(default_factory=set)
    answered: int = 0
    unlocated: int = 0


def _matter(frame: Frame, item: Item, row_id: int, batch: _Batch, searchable: bool) -> None:
    place = place_of(frame, item.place)
    here = place or frame.desk
    category = category_of(frame, item.category)
    answered = item.replied_at is not None
    state = State.ARCHIVED if answered else State.COLLECTED
    clock = clock_of(frame, item, category, state)
    day = rules.day_of(item.sent_at)
    late = clock.due_at is not None and clock.due_at < frame.now
    overdue = not answered and clock.step_due_at is not None and clock.step_due_at < frame.now
    shown = number(day, row_id)
    batch.matters.append(
        (
            row_id, shown, item.ref, item.title, item.text, category.pk if category else None, here.ref.id, here.ref.path,
            place is not None, "" if place else item.place[:160], encrypt(item.name), encrypt(item.phone),
            phone_hash(item.phone) if item.phone else "", str(state), item.sent_at, item.sent_at, item.sent_at,
            clock.step_due_at, clock.yellow_at, clock.respond_due_at, clock.due_at, clock.due_basis, overdue,
            # History is not pressed by the clock: only what comes due from now on is looked at again.
            None if answered or overdue else clock.yellow_at, 1 + item.likes, item.replied_at, item.replied_at,
            item.replied_at, "answered" if answered else "", _in_time(item, clock.due_at, late),
            *(here.level(level) for level in LEVELS),
        )
    )  # fmt: skip
    batch.answered += answered
    batch.unlocated += place is None
    _history(frame, item, row_id, str(state), batch)
    after = {"state": str(state), "source": frame.source, "ref": item.ref, "place_id": here.ref.id}
    batch.subjects.append((row_id, shown, after, frame.desk.ref.path))
    if searchable:
        text = " ".join((shown, item.title, item.text, here.words if place else "", item.place))
        batch.documents.append((row_id, text, gate.search_marks(here, item.sent_at, ())))
    batch.stale.add((here.ref.id, month_of(day)))


def _in_time(item: Item, due_at: datetime | None, late: bool) -> bool | None:
    if item.replied_at is not None:
        return due_at is None or item.replied_at <= due_at
    return False if late else None


def _history(frame: Frame, item: Item, row_id: int, state: str, batch: _Batch) -> None:
    told = json.dumps({"source": frame.source, "ref": item.ref, "likes": item.likes}, ensure_ascii=False)
    unit = frame.actor.unit.id if frame.actor.unit else None
    who = (unit, frame.actor.name[:80], frame.actor.post_label[:120], frame.actor.account_id)
    first = "collected" if item.replied_at else state
    batch.entries.append((row_id, item.sent_at, "report", first, *who, item.title, told, True))
    if item.replied_at is not None:
        batch.entries.append((row_id, item.replied_at, "answer", state, None, "", "", None, item.reply, "", True))


@transaction.atomic
def write_chunk(frame: Frame, items: Sequence[Item], *, searchable: bool = True) -> tuple[int, int, _Batch]:
    """Write items that are not there yet: (written, already there, what was written), all or nothing."""
    held = set(
        Matter.objects.filter(source=frame.source, source_ref__in=[item.ref for item in items]).values_list(
            "source_ref", flat=True
        )
    )
    fresh: dict[str, Item] = {}
    for item in items:
        if item.ref not in held:
            fresh.setdefault(item.ref, item)
    batch = _Batch()
    for item, row_id in zip(fresh.values(), next_ids(len(fresh)) if fresh else (), strict=True):
        _matter(frame, item, row_id, batch, searchable)
    if batch.matters:
        insert(Matter, _MATTER, batch.matters, frame.template)
        insert(Entry, _ENTRY, batch.entries)
        trail.record_each(actor=frame.actor, now=frame.now, action=actions.IMPORTED, kind="matter", subjects=batch.subjects)
        mark_many(group=gate.GROUP, pairs=batch.stale)
        if searchable:
            search.index_many(gate.SEARCH, batch.documents, fresh=True)
        else:
            reindex.later(batch.matters[0][0], batch.matters[-1][0])
    return len(fresh), len(items) - len(fresh), batch


def _written(frame: Frame, items: Sequence[Item], searchable: bool) -> tuple[int, int, _Batch]:
    try:
        return write_chunk(frame, items, searchable=searchable)
    except IntegrityError:  # somebody else brought some of them in meanwhile: look again, once
        return write_chunk(frame, items, searchable=searchable)


def import_rows(
    rows: Iterable[Row],
    *,
    actor: Actor,
    now: datetime,
    unit: UnitRef,
    source: str = "messages",
    rejects: Rejects | None = None,
    say: Say | None = None,
    chunk: int = CHUNK,
) -> Outcome:
    """Bring rows (number in the file, cells by field) in, chunk by chunk, with bounded memory.

    Idempotent by ``source`` and the row's own number. Each row is imported, already there, or rejected with its reason.
    NotAllowed without ``matters.import`` at the unit.
    """
    frame = open_frame(actor=actor, now=now, unit=unit, source=source)
    told = rejects or Rejects(None, ())
    outcome = Outcome()
    for part in _chunks(rows, chunk):
        items: list[Item] = []
        for at, cells in part:
            outcome.read += 1
            try:
                items.append(read(cells, now))
            except DomainError as error:
                outcome.rejected += 1
                outcome.reasons[error.code] = outcome.reasons.get(error.code, 0) + 1
                told.add(at, cells, error.message)
        if items:
            written, present, batch = _written(frame, items, outcome.imported < SEARCH_NOW)
            outcome.imported += written
            outcome.present += present
            outcome.answered += batch.answered
            outcome.unlocated += batch.unlocated
        if say is not None:
            say(outcome.read)
    _record_run(frame, outcome)
    return outcome


@transaction.atomic
def _record_run(frame: Frame, outcome: Outcome) -> None:
    trail.record(
        actor=frame.actor, now=frame.now, action=actions.IMPORT_RUN, kind="import", subject_id=frame.source,
        after={"read": outcome.read, "imported": outcome.imported, "present": outcome.present, "rejected": outcome.rejected},
        unit_path=frame.unit.path,
    )  # fmt: skip


def _chunks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    walk = iter(rows)
    while part := list(islice(walk, size)):
        yield part


# --- files ------------------------------------------------------------------------------------------------------------------


def encoding_of(path: Path) -> str:
    """``utf-8-sig`` or ``gb18030``: the whole file is read once to be sure; DomainError for neither."""
    for name in ("utf-8-sig", "gb18030"):
        try:
            with path.open(encoding=name, newline="") as file:
                while file.read(1 << 20):
                    pass
            return name
        except UnicodeDecodeError:
            continue
    raise DomainError("intake.encoding", "文字编码认不出，请另存为 UTF-8 的 CSV 或 .xlsx 后再传。", field="file")


def file_rows(path: Path, mapping: Mapping[str, str]) -> Iterator[Row]:
    """Rows of a CSV file as fields, streaming; ``mapping``: field → heading."""
    csv.field_size_limit(1 << 24)
    with path.open(encoding=encoding_of(path), newline="") as file:
        for at, cells in enumerate(csv.DictReader(file), 2):
            yield at, {name: cells.get(heading) for name, heading in mapping.items()}


