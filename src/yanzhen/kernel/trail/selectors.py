"""Reading the trail: the audit officer's pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, in_range, path_range, within
from yanzhen.kernel.trail.models import TrailRow, TrailSeal


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the audit officer looks for; empty = any. ``unit_path``: that unit and everything below it."""

    since: datetime | None = None
    until: datetime | None = None
    account_id: int | None = None
    action: str = ""
    kind: str = ""
    subject: str = ""
    unit_path: str = ""


def rows_for(viewer: Actor, wanted: Wanted) -> QuerySet[TrailRow]:
    """Rows the viewer may read, newest first: of the own subtree, and those that belong to no unit (logins, settings)."""
    found = TrailRow.objects.filter(within(viewer, "trail.view", "unit_path") | _unplaced(viewer))
    if wanted.since is not None:
        found = found.filter(at__gte=wanted.since)
    if wanted.until is not None:
        found = found.filter(at__lt=wanted.until)
    if wanted.account_id is not None:
        found = found.filter(account_id=wanted.account_id)
    if wanted.action:
        found = found.filter(action=wanted.action)
    if wanted.kind:
        found = found.filter(subject_kind=wanted.kind)
    if wanted.subject:
        found = found.filter(Q(subject_id=wanted.subject) | Q(subject_label__contains=wanted.subject))
    if wanted.unit_path:
        found = found.filter(in_range(path_range(wanted.unit_path), "unit_path"))
    return found.order_by("-id")


def _unplaced(viewer: Actor) -> Q:
    return Q(unit_path="") if viewer.has("trail.view") else Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page and the ids to go on from (0 = there is no such page)."""

    rows: list[TrailRow]
    older: int
    newer: int


def page_of(found: QuerySet[TrailRow], *, before: int = 0, after: int = 0, size: int = 50) -> Page:
    """Keyset page of rows newest first: those below id ``before``, or the nearest above id ``after``."""
    if after:
        rows = list(found.order_by("id").filter(id__gt=after)[: size + 1])
        more, rows = len(rows) > size, rows[:size][::-1]
        return Page(rows, rows[-1].pk if rows else 0, rows[0].pk if more else 0)
    if before:
        found = found.filter(id__lt=before)
    rows = list(found[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    return Page(rows, rows[-1].pk if more else 0, rows[0].pk if before and rows else 0)


def row_for(viewer: Actor, row_id: int) -> TrailRow:
    """One row the viewer may read; :class:`NotFound` otherwise."""
    found = rows_for(viewer, Wanted()).filter(pk=row_id).first()
    if found is None:
        raise NotFound("trail.row.none", "没有这条留痕，或它不在您的管辖范围内。")
    return found


def kinds() -> list[str]:
    """Subject kinds seen in the newest rows (for the filter; bounded, never a scan of the whole trail)."""
    newest = TrailRow.objects.order_by("-id").values_list("subject_kind", flat=True)[:2000]
    return sorted(set(newest))


def seals(limit: int = 30) -> list[TrailSeal]:
    """The newest seals."""
    return list(TrailSeal.objects.defer("leaves").order_by("-id")[:limit])


def oldest_unsealed() -> datetime | None:
    """Time of the oldest row that has no seal yet, None when all have one (health and metrics watch it)."""
    row = TrailRow.objects.filter(seal__isnull=True).order_by("id").only("at").first()
    return row.at if row else None


def history(kind: str, subject_id: object, limit: int = 50) -> list[TrailRow]:
    """What was done to one record, newest first, for the record's own page: its module has checked that it may be seen."""
    return list(TrailRow.objects.filter(subject_kind=kind, subject_id=str(subject_id)).order_by("-id")[:limit])
