"""Keeping matters right when calendar or tree change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Substr

from yanzhen.kernel.scope.api import Actor, in_range, path_range
from yanzhen.kernel.trail import api as trail
from yanzhen.kernel.worktime.api import BEIJING, on_calendar_change
from yanzhen.matters import actions
from yanzhen.matters.domain.loop import OPEN
from yanzhen.matters.models import Matter, Participation, Reach
from yanzhen.matters.selectors import lines as kept
from yanzhen.matters.selectors.lines import line
from yanzhen.matters.services import gate
from yanzhen.registry.api import on_units_ended, on_units_moved

BATCH = 500


@on_calendar_change
def calendar_changed(actor: Actor, now: datetime, days: frozenset[date]) -> int:
    """Open deadlines over days whose state changed are computed again, each with a line of history; returns how many moved.

    Also those that could not be computed before because a year was unknown.
    """
    if not days:
        return 0
    first = datetime.combine(min(days), time(0), BEIJING)
    last = datetime.combine(max(days) + timedelta(days=1), time(0), BEIJING)
    touched = Matter.objects.filter(state__in=sorted(OPEN)).filter(
        Q(due_at__isnull=True) | Q(clock_at__lt=last, due_at__gte=first) | Q(step_at__lt=last, step_due_at__gte=first)
    )
    moved = 0
    for at in _batches(list(touched.order_by("id").values_list("pk", flat=True))):
        for row in Matter.objects.select_related("category__parent__parent").filter(pk__in=at):
            moved += reclock(actor=actor, now=now, row=row)
    return moved


def _batches(ids: list[int]) -> list[list[int]]:
    return [ids[at : at + BATCH] for at in range(0, len(ids), BATCH)]


@transaction.atomic
def reclock(*, actor: Actor, now: datetime, row: Matter) -> bool:
    """Compute one matter's clock again; whether it changed."""
    names = ("step_due_at", "yellow_at", "respond_due_at", "due_at", "due_basis", "overdue", "tick_at")
    before = {name: getattr(row, name) for name in names}
    if row.responded_at is None:
        row.respond_due_at = None
    gate.set_clock(row, desk=line(row.desk_id), now=now)
    after = {name: getattr(row, name) for name in names}
    if after == before:
        return False
    Matter.objects.filter(pk=row.pk).update(version=F("version") + 1, updated_at=now, **after)
    words = f"工作日历变动，办理期限由 {_shown(before['due_at'])} 改为 {_shown(after['due_at'])}"
    gate.entry(row, "reclock", actor, now, words=words, public=before["due_at"] != after["due_at"])
    trail.record(
        actor=actor, now=now, action=actions.RECLOCKED, kind="matter", subject_id=row.pk, label=row.number,
        before={"due_at": before["due_at"], "step_due_at": before["step_due_at"]},
        after={"due_at": after["due_at"], "step_due_at": after["step_due_at"]}, unit_path=row.desk_path,
    )  # fmt: skip
    gate.stale(row)
    return True


def _shown(moment: datetime | None) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M") if moment else "未定"


@on_units_moved
def units_moved(actor: Actor, now: datetime, old_path: str, new_path: str, unit_ids: Sequence[int]) -> int:
    """A unit and all below it got new paths: copies of paths and of ancestors follow; returns how many matters moved."""
    kept.forget()
    touched = path_range(old_path)
    for model, column in (
        (Matter, "place_path"), (Matter, "desk_path"), (Matter, "holder_path"), (Participation, "unit_path"),
    ):  # fmt: skip
        rows = model.objects.filter(in_range(touched, column))
        rows.update(**{column: Concat(Value(new_path), Substr(column, len(old_path) + 1))})
    places = Matter.objects.filter(in_range(path_range(new_path), "place_path"))
    place_ids = list(places.order_by().values_list("place_id", flat=True).distinct())
    for place_id in place_ids:
        found = line(place_id)
        Matter.objects.filter(place_id=place_id).update(
            **{f"{level}_id": found.level(level) for level in ("city", "county", "township", "village")}
        )
    moved = 0
    affected = Q(place_id__in=place_ids) | Q(pk__in=Participation.objects.filter(unit_id__in=list(unit_ids)).values("matter_id"))
    for ids in _batches(list(Matter.objects.filter(affected).order_by("id").values_list("pk", flat=True))):
        for row in Matter.objects.filter(pk__in=ids):
            if Reach.objects.filter(matter=row).exists() or Participation.objects.filter(matter=row).exists():
                gate.sync_reach(row)
            gate.index(row)
            moved += 1
    if moved:
        trail.record(
            actor=actor, now=now, action=actions.MOVED, kind="unit", subject_id=unit_ids[0] if unit_ids else 0,
            before={"path": old_path}, after={"path": new_path, "matters": moved}, unit_path=new_path,
        )  # fmt: skip
    return moved


@on_units_ended
def units_ended(actor: Actor, now: datetime, unit_id: int, into_id: int | None) -> int:
    """Open work of a unit that ended goes to its successor, or to the division above it; returns how many matters moved."""
    kept.forget()
    gone = line(unit_id)
    heir = line(into_id).ref if into_id is not None else gone.division if gone.division.id != unit_id else gone.above
    if heir is None:
        return 0
    held = Matter.objects.filter(Q(desk_id=unit_id) | Q(holder_id=unit_id) | Q(lead_id=unit_id), state__in=sorted(OPEN))
    rows = list(held.order_by("id"))
    for row in rows:
        values: dict[str, object] = {}
        if row.desk_id == unit_id:
            desk = heir if heir.kind == "division" else line(heir.id).division
            values |= {"desk_id": desk.id, "desk_path": desk.path}
        if row.holder_id == unit_id:
            values |= {"holder_id": heir.id, "holder_path": heir.path}
        if row.lead_id == unit_id:
            values["lead_id"] = heir.id
        Matter.objects.filter(pk=row.pk).update(version=F("version") + 1, updated_at=now, **values)
        Participation.objects.filter(matter=row, unit_id=unit_id, ended_at__isnull=True).update(
            unit_id=heir.id, unit_path=heir.path
        )
        gate.sync_reach(row)
        gate.entry(row, "moved", actor, now, words=f"{gone.ref.name}已撤销，转由{heir.name}办理")
    if rows:
        trail.record(
            actor=actor, now=now, action=actions.MOVED, kind="unit", subject_id=unit_id, before={"unit": unit_id},
            after={"unit": heir.id, "matters": len(rows)}, unit_path=heir.path,
        )  # fmt: skip
    return len(rows)
