"""Writing, sealing and verifying the trail. Rows are only ever added; the seal is set once by the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.trail import domain, guards
from yanzhen.kernel.trail.domain import GENESIS, Broken, Report, Row, Seal, canonical, digest, leaves, seal_digest
from yanzhen.kernel.trail.models import TrailRow, TrailSeal

_ACTIONS: dict[str, Any] = {}
FIELDS = (
    "at", "action", "account_id", "post_id", "actor_name", "actor_post", "on_behalf_of", "channel", "ip", "request_id",
    "unit_path", "subject_kind", "subject_id", "subject_label", "before", "after", "purpose",
)  # fmt: skip


def declare(action: str, label: Any) -> str:
    """Declare an action code ``module.subject.verb`` with its words; returns the code."""
    _ACTIONS[action] = label
    return action


def actions() -> dict[str, Any]:
    """Declared actions and their words."""
    return dict(_ACTIONS)


def row_digest(row: TrailRow) -> str:
    """Hash of a row's content by the row's own algorithm."""
    return _digest([getattr(row, name) for name in FIELDS], row.algorithm)


def _digest(values: list[Any], algorithm: str) -> str:
    """Times in UTC, so that both databases give the same text."""
    values[0] = values[0].astimezone(UTC).isoformat(timespec="microseconds")
    return digest(values, algorithm)


def build(
    *,
    actor: Actor,
    now: datetime,
    action: str,
    kind: str,
    subject_id: object,
    label: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    purpose: str = "",
    unit_path: str = "",
) -> TrailRow:
    """An unsaved row with its hash; :class:`KeyError` for an undeclared action (a programming error)."""
    if action not in _ACTIONS:
        raise KeyError(f"trail action {action} is not declared")
    row = TrailRow(
        at=now, action=action, account_id=actor.account_id, post_id=actor.post_id, actor_name=actor.name[:80],
        actor_post=actor.post_label[:120], on_behalf_of=actor.on_behalf_of[:80], channel=actor.channel, ip=actor.ip,
        request_id=actor.request_id, unit_path=unit_path or (actor.unit.path if actor.unit else ""),
        subject_kind=kind, subject_id=str(subject_id), subject_label=label[:120],
        before=canonical(before), after=canonical(after), purpose=purpose[:200], algorithm=settings.YANZHEN.hash,
    )  # fmt: skip
    row.digest = row_digest(row)
    return row


def record(
    *,
    actor: Actor,
    now: datetime,
    action: str,
    kind: str,
    subject_id: object,
    label: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    purpose: str = "",
    unit_path: str = "",
) -> TrailRow:
    """Write one trail row in the caller's transaction. ``kind``/``subject_id``: what was written (``matter`` 17)."""
    row = build(
        actor=actor, now=now, action=action, kind=kind, subject_id=subject_id, label=label, before=before, after=after,
        purpose=purpose, unit_path=unit_path,
    )  # fmt: skip
    row.save(force_insert=True)
    return row


def record_many(rows: list[TrailRow]) -> None:
    """Write rows made by :func:`build` in one statement (imports)."""
    TrailRow.objects.bulk_create(rows, batch_size=2000)


Subject = tuple[object, str, Mapping[str, Any], str]


def record_each(
    *, actor: Actor, now: datetime, action: str, kind: str, subjects: Iterable[Subject], purpose: str = ""
) -> int:
    """One row for each subject of a big import, the same rows as :func:`build` makes; returns how many.

    ``subjects``: (id, label, ``after``, unit path). The part of the hash that all rows share is taken
    once; PostgreSQL gets them by COPY.
    """
    first = build(actor=actor, now=now, action=action, kind=kind, subject_id="", purpose=purpose)
    shared = domain.partial([now.astimezone(UTC).isoformat(timespec="microseconds"),
                             *(getattr(first, name) for name in FIELDS[1:10])], first.algorithm)  # fmt: skip
    columns = [f for f in TrailRow._meta.concrete_fields if not f.primary_key]
    fixed = {str(f.column): getattr(first, f.attname) for f in columns}
    rows = []
    for subject_id, label, after, unit_path in subjects:
        own = (unit_path or first.unit_path, kind, str(subject_id), label[:120], "", canonical(after), first.purpose)
        row = fixed | dict(zip(FIELDS[10:], own, strict=True))
        row["digest"] = domain.complete(shared, own)
        rows.append(tuple(row.values()))
    names = ", ".join(f'"{name}"' for name in fixed)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{TrailRow._meta.db_table}" ({names}) FROM STDIN') as out:
                for cells in rows:
                    out.write_row(cells)
        else:
            adapt = connection.ops.adapt_datetimefield_value
            marks = ", ".join(["%s"] * len(fixed))
            plain = [[adapt(cell) if isinstance(cell, datetime) else cell for cell in cells] for cells in rows]
            cursor.executemany(f'INSERT INTO "{TrailRow._meta.db_table}" ({names}) VALUES ({marks})', plain)  # noqa: S608
    return len(rows)


# --- looking behind a mask ---------------------------------------------------------------------------------------------


def unmasked(
    *,
    actor: Actor,
    now: datetime,
    kind: str,
    subject_id: object,
    fields: Sequence[str],
    purpose: str,
    label: str = "",
    unit_path: str = "",
) -> TrailRow:
    """Leave the trace of a look behind a mask; the caller shows the value only after this returned.

    ``fields``: which ones were looked at ("phone"). A purpose is asked of everybody (PIPL Art. 6); DomainError without.
    """
    from yanzhen.kernel.trail.actions import UNMASKED

    if not purpose.strip():
        raise DomainError("trail.unmask.purpose", "请填写查看用途。", field="purpose")
    return record(
        actor=actor, now=now, action=UNMASKED, kind=kind, subject_id=subject_id, label=label,
        after={"fields": sorted(fields)}, purpose=purpose.strip(), unit_path=unit_path,
    )  # fmt: skip


# --- sealing -------------------------------------------------------------------------------------------------------------

BATCH = 2000


def seal_batch(*, now: datetime, limit: int = BATCH) -> int:
    """Seal the oldest unsealed rows in one transaction; returns how many.

    Rows that commit late (a lower id than what is sealed already) simply go into a later seal: each row carries its seal.
    Two workers at once: the unique ``previous`` lets one win, the other's whole batch is rolled back and it gets 0.
    """
    algorithm = settings.YANZHEN.hash
    try:
        with transaction.atomic():
            before = TrailSeal.objects.select_for_update().order_by("-id").first()
            rows = list(TrailRow.objects.filter(seal__isnull=True).order_by("id").values_list("id", "digest")[:limit])
            if not rows:
                return 0
            ids, digests = [row[0] for row in rows], [row[1] for row in rows]
            previous = before.digest if before else GENESIS
            seal = TrailSeal.objects.create(
                sealed_at=now, first_row=ids[0], last_row=ids[-1], rows=len(ids), previous=previous,
                digest=seal_digest(previous, ids, digests, algorithm), algorithm=algorithm, leaves=leaves(ids, digests),
            )  # fmt: skip
            marked = TrailRow.objects.filter(pk__in=ids, seal__isnull=True).update(seal=seal)
            if marked != len(ids):
                raise IntegrityError("another worker sealed some of these rows")
            return len(ids)
    except IntegrityError:
        return 0


def seal_all(*, now: datetime, limit: int = BATCH, progress: Callable[[int], None] | None = None) -> int:
    """Seal until caught up (a batch that is not full ends the loop); returns the rows sealed."""
    total = 0
    while True:
        done = seal_batch(now=now, limit=limit)
        total += done
        if progress is not None:
            progress(total)
        if done < limit:
            return total


# --- verifying -----------------------------------------------------------------------------------------------------------


def verify(progress: Callable[[int, int], None] | None = None, *, anchor: str = "") -> Report:
    """Recompute every row's hash and every seal, in order; stop at the first thing that does not fit.

    Memory is bounded by one batch. ``progress(rows done, rows in all)``. ``anchor``: a seal's hash kept on paper; the report
    says whether the chain still holds it (finds a chain cut off or written anew).
    """
    total = TrailRow.objects.count()
    head, seen, seals, anchored = GENESIS, 0, 0, False
    guarded = guards.in_place(connection)
    fields = ("id", "rows", "previous", "digest", "algorithm", "leaves")

    def report(broken: Broken | None, unsealed: int = 0) -> Report:
        return Report(seen, seals, unsealed, head, guarded, anchored if anchor else None, broken)

    last = 0
    while page := list(TrailSeal.objects.filter(id__gt=last).order_by("id").values_list(*fields)[:50]):
        for values in page:
            seal = Seal(*values)
            rows = _rows(TrailRow.objects.filter(seal_id=seal.id))
            broken = domain.check_batch(seal, rows, head)
            if broken is not None:
                return report(broken)
            head, last, seals, seen = seal.digest, seal.id, seals + 1, seen + len(rows)
            anchored = anchored or head == anchor
            if progress is not None:
                progress(seen, total)
    unsealed, after = 0, 0
    while tail := _rows(TrailRow.objects.filter(seal__isnull=True, id__gt=after), BATCH):
        for row in tail:
            if row.digest != row.computed:
                return report(Broken("changed", None, row.id))
        unsealed, after, seen = unsealed + len(tail), tail[-1].id, seen + len(tail)
        if progress is not None:
            progress(seen, total)
    if lost := TrailRow.objects.exclude(seal__isnull=True).exclude(seal_id__in=TrailSeal.objects.values("id")).first():
        return report(Broken("seal", lost.seal_id, lost.pk))
    return report(None, unsealed)


def _rows(found: Any, limit: int | None = None) -> list[Row]:
    """Rows with the hash they carry and the hash of what they say."""
    rows = found.order_by("id").values_list("id", "digest", "algorithm", *FIELDS)[:limit]
    return [Row(row[0], row[1], _digest(list(row[3:]), row[2])) for row in rows]


# --- taking it out -----------------------------------------------------------------------------------------------------


def note_export(*, actor: Actor, now: datetime, filters: str) -> None:
    """Trace of an export of the trail itself."""
    from yanzhen.kernel.trail.actions import EXPORTED

    record(actor=actor, now=now, action=EXPORTED, kind="trail", subject_id=0, after={"filters": filters})


def anchor_text(*, actor: Actor, now: datetime, count: int = 10) -> str:
    """The newest seals as text for printing; the last line's digest is what ``trail verify --anchor`` takes."""
    from yanzhen.kernel.trail.actions import ANCHORED

    newest = list(
        TrailSeal.objects.order_by("-id").values_list("id", "sealed_at", "rows", "algorithm", "digest")[:count]
    )
    lines = [
        "雁阵 Yanzhen · 操作留痕封存摘要 / trail seals",
        f"打印 printed {now.isoformat(timespec='seconds')} · {actor.name} {actor.post_label}",
        "",
        *(
            f"{pk}\t{at.isoformat(timespec='seconds')}\t{rows}\t{algorithm}\t{found}"
            for pk, at, rows, algorithm, found in newest[::-1]
        ),
        "",
        "核对 check: yanzhen trail verify --anchor <最后一行摘要 / last digest>",
        "签字 signed: ____________________  日期 date: ____________________",
    ]
    record(actor=actor, now=now, action=ANCHORED, kind="trail", subject_id=newest[0][0] if newest else 0)
    return "\n".join(lines) + "\n"
