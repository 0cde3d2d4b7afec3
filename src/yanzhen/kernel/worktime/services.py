"""Changing the working calendar: proposed by one person, approved by another."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.db import transaction

from yanzhen.kernel.errors import DomainError, NotFound
from yanzhen.kernel.scope.api import Actor, UnitRef, may, need
from yanzhen.kernel.trail import api as trail
from yanzhen.kernel.worktime import actions
from yanzhen.kernel.worktime.models import DayOverride
from yanzhen.kernel.worktime.selectors import VERSION_KEY, library_years, year_rows

Hook = Callable[[Actor, datetime, frozenset[date]], object]
_HOOKS: list[Hook] = []
_TRUE = {"1", "班", "上班", "是", "工作", "true", "yes", "y", "work"}
_FALSE = {"0", "休", "休息", "放假", "否", "false", "no", "n", "rest"}


@dataclass(frozen=True, slots=True)
class Day:
    """A day to be stated."""

    day: date
    working: bool
    name: str = ""


def on_calendar_change(hook: Hook) -> Hook:
    """Register ``hook(actor, now, days)``: called inside the approving transaction with the days whose state changed, so
    that open deadlines over them are computed again."""
    if hook not in _HOOKS:
        _HOOKS.append(hook)
    return hook


@transaction.atomic
def propose_days(*, actor: Actor, now: datetime, unit: UnitRef, days: Sequence[Day], basis: str) -> str:
    """Propose the state of some days for a unit and all below it; returns the batch. Needs ``rules.propose`` there."""
    need(actor, "rules.propose", unit.path)
    if not days:
        raise DomainError("worktime.no_days", "没有要变更的日期。", field="days")
    if not basis.strip():
        raise DomainError("worktime.no_basis", "请写明依据（如国务院办公厅放假通知文号）。", field="basis")
    if len({each.day for each in days}) != len(days):
        raise DomainError("worktime.day_twice", "同一日期出现了两次。", field="days")
    batch = uuid.uuid4().hex
    DayOverride.objects.bulk_create(
        DayOverride(
            day=each.day, working=each.working, name=each.name[:40], basis=basis[:200], unit_id=unit.id, unit_path=unit.path,
            batch=batch, proposed_by=actor.account_id or 0, proposed_name=actor.name, proposed_at=now,
        )
        for each in days
    )  # fmt: skip
    trail.record(
        actor=actor, now=now, action=actions.PROPOSED, kind="calendar", subject_id=batch, label=basis,
        after={"days": _brief(days)}, unit_path=unit.path,
    )  # fmt: skip
    return batch


@transaction.atomic
def approve_days(*, actor: Actor, now: datetime, batch: str) -> frozenset[date]:
    """Approve a batch: its days hold from now on; returns the days. Needs ``rules.approve`` and another person."""
    rows = _batch(actor, batch)
    need(actor, "rules.approve", rows[0].unit_path)
    if actor.account_id == rows[0].proposed_by:
        raise DomainError("worktime.same_person", "提出人不能审批自己的变更，请由另一人审批。")
    days = frozenset(row.day for row in rows)
    DayOverride.objects.filter(unit_id=rows[0].unit_id, day__in=days, state=DayOverride.APPROVED).update(
        state=DayOverride.REPLACED
    )
    DayOverride.objects.filter(batch=batch, state=DayOverride.PROPOSED).update(
        state=DayOverride.APPROVED, decided_by=actor.account_id or 0, decided_name=actor.name, decided_at=now
    )
    trail.record(
        actor=actor, now=now, action=actions.APPROVED, kind="calendar", subject_id=batch, label=rows[0].basis,
        after={"days": _brief([Day(row.day, row.working, row.name) for row in rows])}, unit_path=rows[0].unit_path,
    )  # fmt: skip
    forget()
    for hook in _HOOKS:
        hook(actor, now, days)
    transaction.on_commit(forget)
    return days


@transaction.atomic
def reject_days(*, actor: Actor, now: datetime, batch: str) -> None:
    """Refuse a batch; the proposer may take it back this way too."""
    rows = _batch(actor, batch)
    if actor.account_id != rows[0].proposed_by:
        need(actor, "rules.approve", rows[0].unit_path)
    DayOverride.objects.filter(batch=batch, state=DayOverride.PROPOSED).update(
        state=DayOverride.REJECTED, decided_by=actor.account_id or 0, decided_name=actor.name, decided_at=now
    )
    trail.record(
        actor=actor, now=now, action=actions.REJECTED, kind="calendar", subject_id=batch, label=rows[0].basis,
        unit_path=rows[0].unit_path,
    )  # fmt: skip


def forget() -> None:
    """Make every calendar be read again."""
    cache.set(VERSION_KEY, cache.get(VERSION_KEY, 0) + 1, None)


def _batch(actor: Actor, batch: str) -> list[DayOverride]:
    rows = list(DayOverride.objects.filter(batch=batch, state=DayOverride.PROPOSED).order_by("day"))
    seen = rows and (
        actor.account_id == rows[0].proposed_by
        or (actor.unit is not None and rows[0].unit_id in actor.unit.chain)  # it would hold for the actor too
        or any(may(actor, right, rows[0].unit_path) for right in ("rules.view", "rules.approve"))
    )
    if not seen:  # a foreign batch is not even confirmed to exist
        raise NotFound("worktime.no_batch", "没有这项待审批的日历变更，可能已由他人处理。")
    return rows


def _brief(days: Iterable[Day]) -> list[str]:
    """Days for the trail: the first fifty, then how many more."""
    listed = [f"{each.day.isoformat()} {'班' if each.working else '休'} {each.name}".strip() for each in days]
    return listed if len(listed) <= 50 else [*listed[:50], f"+{len(listed) - 50}"]


def whole_year(year: int, special: Sequence[Day]) -> list[Day]:
    """Every day of a year: weekends off, other days worked, then what the notice says. Needed for a year that the library
    does not know, where each day has to be stated."""
    days: dict[date, Day] = {}
    day = date(year, 1, 1)
    while day.year == year:
        days[day] = Day(day, day.weekday() < 5)
        day += timedelta(days=1)
    for each in special:
        if each.day.year == year:
            days[each.day] = each
    return list(days.values())


def propose_year(*, actor: Actor, now: datetime, unit: UnitRef, year: int, data: bytes, basis: str) -> str:
    """Propose a year from a CSV file: what the file says, and for a year that the library does not know all other days by
    weekends. Returns the batch; DomainError names the line that cannot be read."""
    special = [each for each in read_csv(data) if each.day.year == year]
    if not special:
        raise DomainError("worktime.no_days", "没有要变更的日期。", field="file")
    days = special if year in library_years() else whole_year(year, special)
    return propose_days(actor=actor, now=now, unit=unit, days=days, basis=basis)


def read_csv(data: bytes) -> list[Day]:
    """Days of a CSV file with the columns 日期, 上班 (1/0, 班/休) and 名称; UTF-8 or GB 18030. DomainError names the line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    days = []
    for number, cells in enumerate(csv.reader(io.StringIO(text)), 1):
        if not any(cell.strip() for cell in cells):
            continue
        first = cells[0].strip()
        if number == 1 and not first[:1].isdigit():
            continue
        try:
            day = date.fromisoformat("-".join(part.zfill(2) for part in first.replace("/", "-").split("-")))
            mark = cells[1].strip().lower()
            if mark not in _TRUE | _FALSE:
                raise ValueError(mark)
        except (ValueError, IndexError):
            raise DomainError(
                "worktime.bad_line", "第 {line} 行看不懂：应为“2027-10-01,休,国庆节”。", field="file", line=number
            ) from None
        days.append(Day(day, mark in _TRUE, cells[2].strip() if len(cells) > 2 else ""))
    return days


def write_csv(year: int, unit: UnitRef | None) -> bytes:
    """The year as it holds for a unit, in the same columns, with a byte-order mark for spreadsheets."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["日期", "上班", "名称"])
    for row in year_rows(year, unit):
        if row.working is not None:
            writer.writerow([row.day.isoformat(), "班" if row.working else "休", row.name])
    return out.getvalue().encode("utf-8-sig")
