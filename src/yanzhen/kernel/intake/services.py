"""An import from upload to commit. Every step may be repeated; nothing is ever half in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from yanzhen.kernel.errors import Conflict, DomainError
from yanzhen.kernel.files import api as files
from yanzhen.kernel.intake import actions
from yanzhen.kernel.intake.domain import Problem, Staged, heading_row, missing, suggest, values_of
from yanzhen.kernel.intake.importers import Context, Importer
from yanzhen.kernel.intake.models import ImportRow, ImportRun
from yanzhen.kernel.intake.selectors import importer_for, importer_of, mapping, options, staged_rows
from yanzhen.kernel.intake.tables import head_of, rows_of
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor, UnitRef, need
from yanzhen.kernel.trail import api as trail

log = structlog.get_logger("yanzhen.intake")
BATCH = 2000


def start(
    *,
    actor: Actor,
    now: datetime,
    importer: str,
    unit: UnitRef,
    upload: Any,
    name: str = "",
    extra: Mapping[str, Any] | None = None,
) -> ImportRun:
    """Take a table in: store the file, find the headings, suggest which column is which.

    Needs the importer's capability at ``unit``. DomainError when the file cannot be read, has no headings, or was already
    imported here. ``extra``: the importer's own options.
    """
    found = importer_for(importer)
    need(actor, found.capability, unit.path)
    with transaction.atomic():
        stored = files.store(actor=actor, now=now, upload=upload, purpose="workbook", name=name)
        _not_twice(found, unit, stored.source_sha256)
        head = head_of(files.content(stored), stored.mime)
        at = heading_row(found.columns, [cells for _number, cells in head])
        if at < 0:
            raise DomainError("intake.empty", "文件里没有内容。", field="file")
        number, headings = head[at]
        run = ImportRun.objects.create(
            importer=found.code, file=stored, sha256=stored.source_sha256, name=stored.name, unit_id=unit.id,
            unit_path=unit.path, account_id=actor.account_id or 0, account_name=actor.name, post_id=actor.post_id,
            headings=_json(headings), mapping=_json(suggest(found.columns, headings)),
            options=_json({"heading_row": number, "extra": dict(extra or {})}), created_at=now,
        )  # fmt: skip
        trail.record(
            actor=actor, now=now, action=actions.UPLOADED, kind="import", subject_id=run.pk, label=run.name,
            after={"importer": found.code, "sha256": run.sha256}, unit_path=unit.path,
        )  # fmt: skip
    return run


def _not_twice(importer: Importer, unit: UnitRef, sha256: str) -> None:
    done = ImportRun.objects.filter(
        importer=importer.code, unit_id=unit.id, sha256=sha256, state=ImportRun.COMMITTED
    ).first()
    if done is not None and done.committed_at is not None:
        raise DomainError(
            "intake.twice",
            "这个文件已于 {day} 由 {who} 导入过（第 {run} 次导入），不再重复导入。",
            field="file",
            day=done.committed_at.date().isoformat(),
            who=done.account_name,
            run=done.pk,
        )


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)


def _move(run: ImportRun, old: str | tuple[str, ...], new: str, **fields: Any) -> None:
    """Change the state if it is still the old one; Conflict when somebody else was faster."""
    states = (old,) if isinstance(old, str) else old
    if not ImportRun.objects.filter(pk=run.pk, state__in=states).update(state=new, **fields):
        raise Conflict("intake.moved", "这次导入的状态已经改变，请刷新页面。")
    run.state = new


def choose_columns(*, actor: Actor, now: datetime, run: ImportRun, places: Mapping[str, int]) -> None:
    """Fix which column of the file is which, and start the check in the background."""
    from yanzhen.kernel.intake.jobs import check_task

    importer = importer_of(run)
    need(actor, importer.capability, run.unit_path)
    width = len(json.loads(run.headings))
    chosen = {c.code: places[c.code] for c in importer.columns if 0 <= places.get(c.code, -1) < width}
    lacking = missing(importer.columns, chosen)
    if lacking:
        raise DomainError(
            "intake.lacking", "这些必填列没有对应：{columns}。", columns="、".join(column.heading for column in lacking)
        )
    if len(set(chosen.values())) != len(chosen):
        raise DomainError("intake.column_twice", "文件的同一列不能对应两次。")
    with transaction.atomic():
        _move(
            run,
            (ImportRun.UPLOADED, ImportRun.CHECKED, ImportRun.FAILED),
            ImportRun.CHECKING,
            mapping=_json(chosen),
            error="",
        )
        check_task.enqueue(run.pk, _freeze(actor), now.isoformat())


def confirm(*, actor: Actor, now: datetime, run: ImportRun) -> None:
    """Start the commit in the background. With bad rows: only when the importer takes good rows alone."""
    from yanzhen.kernel.intake.jobs import commit_task

    importer = importer_of(run)
    need(actor, importer.capability, run.unit_path)
    if run.rows == run.bad:
        raise DomainError("intake.nothing", "没有可以导入的行，请按错误说明改好后重新上传。")
    if run.bad and not importer.partial:
        raise DomainError("intake.all_or_none", "这种导入要求全部行无误。请下载带错误说明的表格，改好后重新上传。")
    with transaction.atomic():
        _move(run, (ImportRun.CHECKED,), ImportRun.COMMITTING, done=0, error="")
        commit_task.enqueue(run.pk, _freeze(actor), now.isoformat())


@transaction.atomic
def discard(*, actor: Actor, now: datetime, run: ImportRun) -> None:
    """Give a run up: its staged rows are deleted, its file and its entry in the trail stay."""
    need(actor, importer_of(run).capability, run.unit_path)
    _move(run, (ImportRun.UPLOADED, ImportRun.CHECKED, ImportRun.FAILED), ImportRun.DISCARDED)
    ImportRow.objects.filter(run=run).delete()
    trail.record(
        actor=actor, now=now, action=actions.DISCARDED, kind="import", subject_id=run.pk, label=run.name,
        unit_path=run.unit_path,
    )  # fmt: skip


# --- in the worker --------------------------------------------------------------------------------------------------------


def _freeze(actor: Actor) -> dict[str, Any]:
    """The actor as plain data: the background work is done with the rights of the click."""
    data = asdict(actor)
    data["capabilities"] = sorted(actor.capabilities)
    return data


def thaw(data: Mapping[str, Any]) -> Actor:
    """The actor of :func:`_freeze`."""
    held = dict(data)
    unit = held.pop("unit")
    held["capabilities"] = frozenset(held["capabilities"])
    if unit is not None:
        unit = UnitRef(**{**unit, "chain": tuple(unit["chain"])})
    return Actor(**held, unit=unit)


def _context(run: ImportRun, actor: Actor, now: datetime) -> Context:
    unit = actor.unit
    if unit is None or unit.id != run.unit_id:
        unit = UnitRef(run.unit_id, run.unit_path, "")
    return Context(actor, unit, now, run.pk, dict(options(run).get("extra", {})))


def check_run(*, actor: Actor, now: datetime, run_id: int) -> None:
    """Stage and check every row of a run in CHECKING. Started again after a crash it begins anew."""
    run = ImportRun.objects.select_related("file").get(pk=run_id)
    if run.state != ImportRun.CHECKING:
        return
    ImportRow.objects.filter(run=run).delete()
    importer, context = importer_of(run), _context(run, actor, now)
    places, first = mapping(run), int(options(run)["heading_row"])
    most = int(value("intake.max_rows", actor.unit, on=now.date()))
    rows = bad = 0
    batch: list[tuple[int, list[str]]] = []
    try:
        for number, cells in rows_of(files.content(run.file), run.file.mime):
            if number <= first:
                continue
            if rows + len(batch) >= most:
                raise DomainError("intake.too_many", "超过 {most} 行，请拆成几个文件导入。", most=most)
            batch.append((number, cells))
            if len(batch) == BATCH:
                bad += _stage(run, importer, context, places, batch)
                rows += len(batch)
                batch = []
                ImportRun.objects.filter(pk=run.pk).update(done=rows, rows=rows, bad=bad)
        if batch:
            bad += _stage(run, importer, context, places, batch)
            rows += len(batch)
        if not rows:
            raise DomainError("intake.no_rows", "列名下面没有数据行。")
    except DomainError as error:
        ImportRow.objects.filter(run=run).delete()
        _move(run, ImportRun.CHECKING, ImportRun.FAILED, error=error.message[:300], rows=0, bad=0, done=0)
        return
    _move(run, ImportRun.CHECKING, ImportRun.CHECKED, rows=rows, done=rows, bad=bad, checked_at=now)


def _stage(
    run: ImportRun,
    importer: Importer,
    context: Context,
    places: Mapping[str, int],
    batch: Sequence[tuple[int, list[str]]],
) -> int:
    """Check and store one batch; returns how many of its rows have problems."""
    problems: dict[int, list[Problem]] = {}
    good: list[Staged] = []
    for number, cells in batch:
        values, found = values_of(importer.columns, places, cells)
        row = Staged(number, values)
        found = found or importer.check(row, context)
        if found:
            problems[number] = found
        else:
            good.append(row)
    for number, found in importer.check_all(good, context).items():
        if found:
            problems.setdefault(number, []).extend(found)
    ImportRow.objects.bulk_create(
        [
            ImportRow(run=run, number=number, cells=_json(cells), problems=_problems(problems.get(number)))
            for number, cells in batch
        ],
        batch_size=BATCH,
    )
    return len(problems)


def _problems(found: Sequence[Problem] | None) -> str:
    return _json([(problem.text, problem.column, problem.data) for problem in found]) if found else ""


def _staged(run: ImportRun, importer: Importer, after: int = 0) -> Iterator[Staged]:
    places = mapping(run)
    for row in staged_rows(run, bad=False, after=after):
        yield Staged(row.number, values_of(importer.columns, places, json.loads(row.cells))[0])


def commit_run(*, actor: Actor, now: datetime, run_id: int) -> None:
    """Write the good rows of a run in COMMITTING. One transaction for the run and its end state; with ``chunk``, one a
    chunk together with how far it got. Started again after a crash it does what is left, and nothing twice."""
    run = ImportRun.objects.get(pk=run_id)
    if run.state != ImportRun.COMMITTING:
        return
    importer = importer_of(run)
    try:
        if importer.chunk is None:
            _commit_whole(run, importer, actor, now)
        else:
            _commit_chunks(run, importer, actor, now, importer.chunk)
    except DomainError as error:
        _move(run, ImportRun.COMMITTING, ImportRun.FAILED, error=error.message[:300])
    except Exception as error:
        # the kind of error only: a traceback with values would put people's data into the log
        log.error("intake.commit_failed", run=run.pk, importer=importer.code, error=type(error).__name__)
        _move(run, ImportRun.COMMITTING, ImportRun.FAILED, error="导入时出错，数据没有写入。请联系系统管理员。")
        raise


def _lock(run_id: int) -> ImportRun | None:
    return ImportRun.objects.select_for_update().filter(pk=run_id, state=ImportRun.COMMITTING).first()


@transaction.atomic
def _commit_whole(run: ImportRun, importer: Importer, actor: Actor, now: datetime) -> None:
    locked = _lock(run.pk)
    if locked is None:
        return
    written = importer.commit(_staged(run, importer), _context(run, actor, now))
    _finish(locked, importer, Counter(written), actor, now)


def _commit_chunks(run: ImportRun, importer: Importer, actor: Actor, now: datetime, size: int) -> None:
    context = _context(run, actor, now)
    while True:
        with transaction.atomic():
            locked = _lock(run.pk)
            if locked is None:
                return
            rows = []
            for row in _staged(run, importer, after=locked.done):
                rows.append(row)
                if len(rows) == size:
                    break
            total: Counter[str] = Counter(json.loads(locked.counts))
            if not rows:
                _finish(locked, importer, total, actor, now)
                return
            total.update(importer.commit(rows, context))
            ImportRun.objects.filter(pk=run.pk).update(done=rows[-1].number, counts=_json(dict(total)))


def _finish(run: ImportRun, importer: Importer, written: Mapping[str, int], actor: Actor, now: datetime) -> None:
    _not_twice(importer, UnitRef(run.unit_id, run.unit_path, ""), run.sha256)
    counted = dict(written)
    _move(run, ImportRun.COMMITTING, ImportRun.COMMITTED, counts=_json(counted), committed_at=now, done=run.rows)
    trail.record(
        actor=actor, now=now, action=actions.COMMITTED, kind="import", subject_id=run.pk, label=run.name,
        after={"importer": importer.code, "rows": run.rows, "held_back": run.bad, **counted}, unit_path=run.unit_path,
    )  # fmt: skip


@transaction.atomic
def forget_old(*, actor: Actor, now: datetime) -> int:
    """Delete staged rows of runs that ended long ago (``intake.keep_days``); returns how many."""
    days = int(value("intake.keep_days", None, on=now.date()))
    old = ImportRun.objects.filter(created_at__lt=now - timedelta(days=days)).exclude(
        state__in=[ImportRun.CHECKING, ImportRun.COMMITTING]
    )
    count = ImportRow.objects.filter(run__in=old).delete()[0]
    if count:
        trail.record(
            actor=actor,
            now=now,
            action=actions.FORGOTTEN,
            kind="import",
            subject_id="",
            after={"rows": count, "days": days},
        )
    return count
