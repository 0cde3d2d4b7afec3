"""The inbox and the list of cases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from yanzhen.kernel.scope.api import Actor, in_range
from yanzhen.kernel.worktime.api import BEIJING, light, warning_for
from yanzhen.procedures.domain.state import RUNNING
from yanzhen.procedures.models import Case, Todo
from yanzhen.procedures.selectors import figures, sight
from yanzhen.procedures.selectors.definitions import definition_of
from yanzhen.procedures.selectors.facts import day_of
from yanzhen.procedures.selectors.places import mine, place
from yanzhen.procedures.selectors.views import CaseFilters, CasePage, CaseRow, InboxRow

#: Counts stop here: nobody works on the 1,000th row, and counting on would cost what it does not tell.
BOUND = 1000


def inbox_for(viewer: Actor, now: datetime, limit: int = 25) -> tuple[list[InboxRow], int]:
    """What the viewer has to do, soonest first, and how much there is (counted up to ``BOUND``).

    One index range for each unit whose work comes to the post and one for the account, merged here: an OR would make the
    database read all of them.
    """
    if not viewer.has("procedures.act") and not viewer.has("procedures.view"):
        return [], 0
    parts: list[QuerySet[Todo]] = [Todo.objects.filter(unit_id=unit_id, role=viewer.role) for unit_id in mine(viewer)]
    if viewer.account_id is not None:
        parts.append(Todo.objects.filter(account_id=viewer.account_id))
    rows: dict[int, Todo] = {}
    count = 0
    for part in parts:
        for todo in part.select_related("case__procedure", "case__unit", "step").order_by("due_at", "id")[:limit]:
            rows[todo.pk] = todo
        count += part.order_by()[:BOUND].count()
    first = sorted(rows.values(), key=lambda todo: (todo.due_at, todo.pk))[:limit]
    warning = warning_for(viewer.unit, day_of(now))
    return [_inbox_row(todo, now, warning) for todo in first], min(count, BOUND)


def _inbox_row(todo: Todo, now: datetime, warning: Any) -> InboxRow:
    case, row = todo.case, todo.step
    definition = definition_of(case)
    due = todo.due_at if todo.due_at.year < 9000 else None
    lamp = "none" if due is None else str(light(now, due, row.opened_at, warning=warning))
    return InboxRow(
        case.pk, case.number, case.title, case.unit.name, definition.title.zh, definition.step(row.key).title.zh, row.key,
        todo.sign_off, due, lamp, todo.deputy,
    )  # fmt: skip


def filtered(viewer: Actor, filters: CaseFilters) -> QuerySet[Case]:
    """Cases of the list, in no order yet."""
    rows = Case.objects.all()
    if not viewer.has("procedures.view"):
        return rows.none()
    rows = rows.filter(sight.takes_part(viewer)) if filters.tab == "mine" else rows.filter(sight.over(viewer))
    if filters.tab == "running":
        rows = rows.filter(state=RUNNING)
    elif filters.tab == "done":
        rows = rows.exclude(state=RUNNING)
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.code:
        rows = rows.filter(code=filters.code)
    if filters.unit_id is not None:
        rows = rows.filter(in_range(place(filters.unit_id).ref.scope, "unit_path"))
    if filters.overdue:
        rows = rows.filter(overdue=True)
    if filters.since:
        rows = rows.filter(started_at__gte=datetime.combine(filters.since, datetime.min.time(), tzinfo=BEIJING))
    if filters.until:
        after = datetime.combine(filters.until, datetime.min.time(), tzinfo=BEIJING) + timedelta(days=1)
        rows = rows.filter(started_at__lt=after)
    if filters.subject_kind:
        rows = rows.filter(subject_kind=filters.subject_kind)
    if filters.indicator:
        rows = rows.filter(figures.part_of(filters.indicator, filters.part))
    if filters.words.strip():
        words = filters.words.strip()
        rows = rows.filter(Q(number=words.upper()) | Q(title__icontains=words))
    return rows


def cases_for(viewer: Actor, filters: CaseFilters, cursor: str = "", limit: int = 25) -> CasePage:
    """A page of the list, newest first, by key: ``cursor`` is ``>id`` (older) or ``<id`` (newer)."""
    rows = filtered(viewer, filters)
    count = rows.order_by()[: BOUND + 1].count()
    back = cursor.startswith("<")
    at = (
        Case.objects.filter(pk=int(cursor[1:])).values_list("started_at", "pk").first()
        if cursor[1:].isdigit()
        else None
    )
    if at is not None:
        moment, key = at
        if back:
            rows = rows.filter(Q(started_at__gt=moment) | Q(started_at=moment, pk__gt=key))
        else:
            rows = rows.filter(Q(started_at__lt=moment) | Q(started_at=moment, pk__lt=key))
    order = ("started_at", "id") if back else ("-started_at", "-id")
    found = list(rows.select_related("procedure", "unit").order_by(*order)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    if back:
        found.reverse()
    older = bool(found) and (more or back)
    newer = bool(found) and ((more and back) or (not back and at is not None))
    return CasePage(
        tuple(case_row(each) for each in found), f">{found[-1].pk}" if older else "", f"<{found[0].pk}" if newer else "",
        min(count, BOUND), count > BOUND,
    )  # fmt: skip


def case_row(case: Case) -> CaseRow:
    """One line."""
    definition = definition_of(case)
    steps = tuple(
        definition.step(key).title.zh for key in case.steps_now.split(",") if key and definition.has(key)
    )  # fmt: skip
    return CaseRow(
        case.pk, case.number, case.title, case.unit.name, definition.title.zh, case.state, steps, case.started_at, case.due_at,
        case.overdue,
    )  # fmt: skip


def export_rows(viewer: Actor, filters: CaseFilters, most: int = 20_000) -> Iterator[CaseRow]:
    """Rows of an export, newest first."""
    rows = filtered(viewer, filters).select_related("procedure", "unit").order_by("-started_at", "-id")[:most]
    for each in rows.iterator(chunk_size=500):
        yield case_row(each)
