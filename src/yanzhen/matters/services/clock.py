"""What the platform does by time: overdue marks, automatic pressing, reminders, the archive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from yanzhen.kernel.scope.api import system
from yanzhen.kernel.trail import api as trail
from yanzhen.matters import actions
from yanzhen.matters.domain.loop import RUNNING, State
from yanzhen.matters.models import Matter
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import line
from yanzhen.matters.services import gate, telling
from yanzhen.matters.services.closing import put, put_away

log = structlog.get_logger("yanzhen.matters")
CLOCK = system("clock")
BATCH = 500


@dataclass(frozen=True, slots=True)
class TickReport:
    """What a tick did."""

    looked_at: int = 0
    reminded: int = 0
    overdue: int = 0
    pressed: int = 0
    archived: int = 0
    failed: int = 0


def tick(*, now: datetime, limit: int = 20_000) -> TickReport:
    """Look at every matter whose time has come, each in its own transaction; safe to repeat and to be killed."""
    counts = dict.fromkeys(TickReport.__slots__, 0)
    passed: set[int] = set()
    while counts["looked_at"] < limit:
        due = Matter.objects.filter(tick_at__lte=now).exclude(pk__in=passed) if passed else Matter.objects.filter(tick_at__lte=now)
        ids = list(due.order_by("tick_at", "id").values_list("pk", flat=True)[:BATCH])
        if not ids:
            break
        for matter_id in ids:
            counts["looked_at"] += 1
            try:
                for what in _look(matter_id, now):
                    counts[what] += 1
            except Exception as error:
                counts["failed"] += 1
                passed.add(matter_id)
                log.error("tick failed", matter=matter_id, error=type(error).__name__)
    return TickReport(**counts)


@transaction.atomic
def _look(matter_id: int, now: datetime) -> list[str]:
    row = gate.load(matter_id)
    if row.tick_at is None or row.tick_at > now:
        return []
    done: list[str] = []
    if State(row.state) in RUNNING:
        done += _running(row, now)
    elif row.state == State.ANSWERED and row.step_due_at is not None:
        done += _answered(row, now)
    _set_next(row, now)
    return done


def _set_next(row: Matter, now: datetime) -> None:
    """When to look again; always later than now, so that a tick ends."""
    fresh = Matter.objects.select_related("category__parent__parent").get(pk=row.pk)
    at = gate.next_look(fresh, now, line(fresh.desk_id))
    if at is not None and at <= now:
        at = now + timedelta(minutes=1)
    Matter.objects.filter(pk=row.pk).update(tick_at=at)


def _running(row: Matter, now: datetime) -> list[str]:
    if row.step_due_at is None:
        return []
    if now <= row.step_due_at:
        telling.send(
            [(row.holder_id, "matters.handle")], now=now, kind="matters.yellow", title=f"即将到期：{row.title}",
            body=row.due_basis, row=row, urgent=False,
        )  # fmt: skip
        return ["reminded"]
    done: list[str] = []
    if not row.overdue:
        _mark_overdue(row, now)
        done.append("overdue")
    if row.in_time is None and gate.answered_in_time(row, now) is False:
        Matter.objects.filter(pk=row.pk).update(in_time=False)
        gate.stale(row)
    while True:
        at, level = gate.next_press(row, line(row.desk_id), now)
        if at is None or at > now:
            return done
        auto_press(now=now, matter=row, level=level)
        row = gate.load(row.pk)
        done.append("pressed")


def _mark_overdue(row: Matter, now: datetime) -> None:
    Matter.objects.filter(pk=row.pk).update(overdue=True, updated_at=now)
    row.overdue = True
    gate.entry(row, "overdue", CLOCK, now)
    trail.record(
        actor=CLOCK, now=now, action=actions.OVERDUE, kind="matter", subject_id=row.pk, label=row.number,
        before={"overdue": False}, after={"overdue": True, "step_due_at": row.step_due_at}, unit_path=row.desk_path,
    )  # fmt: skip
    gate.stale(row)
    gate.announce(row, "overdue", CLOCK, now)
    telling.send(
        [(row.holder_id, "matters.handle"), (row.desk_id, "matters.triage")], now=now, kind="matters.overdue",
        title=f"超期：{row.title}", body=row.due_basis, row=row, urgent=False,
    )  # fmt: skip


@transaction.atomic
def auto_press(*, now: datetime, matter: Matter | int, level: int) -> Matter:
    """自动督办 of an overdue matter, at a level of the rulebook's table."""
    move = gate.open_move(actor=CLOCK, now=now, matter=matter, code="auto_press")
    put(move, level, "超期未办结，系统自动督办。", cause="overdue")
    return gate.finish(move, words="超期未办结", data={"level": level})


def _answered(row: Matter, now: datetime) -> list[str]:
    at = gate.archive_at(row, line(row.desk_id), rules.day_of(now))
    if at is None or now < at:
        telling.send(
            [(row.desk_id, "matters.rate")], now=now, kind="matters.yellow", title=f"回访期限已到：{row.title}", body="", row=row,
            urgent=False,
        )  # fmt: skip
        return ["reminded"]
    if row.contacted and row.solved is False and row.outcome != "unsolvable":
        return []  # the person says it is not solved: that is not put away by time
    auto_archive(now=now, matter=row)
    return ["archived"]


@transaction.atomic
def auto_archive(*, now: datetime, matter: Matter | int) -> Matter:
    """到期归档 of an answered matter that nobody has anything against."""
    move = gate.open_move(actor=CLOCK, now=now, matter=matter, code="auto_archive")
    put_away(move)
    return gate.finish(move, words="回访期满，自动归档")


