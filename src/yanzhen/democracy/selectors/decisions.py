"""Reading decisions: lists, one with its case, what is due, stuck or skipped."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from yanzhen.democracy.domain.decisions import Listed, State, due_by, matter_list
from yanzhen.democracy.models import Decision, Skip
from yanzhen.democracy.selectors.scope import number, villages_in
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, in_range, path_range, within
from yanzhen.procedures import api as procedures
from yanzhen.registry.models import Unit

RUNNING = (State.RUNNING, State.FAILED)
OPEN_STEPS = frozenset(state.value for state in RUNNING)
TABS = {
    "running": (State.DRAFT, State.RUNNING, State.FAILED),
    "carrying": (State.RESOLVED, State.CARRYING),
    "done": (State.DONE, State.ENDED),
}


def decisions_in(viewer: Actor, capability: str = "democracy.view") -> QuerySet[Decision]:
    """Decisions of villages in the viewer's scope."""
    return Decision.objects.filter(within(viewer, capability)).select_related("unit")


def decisions_page(
    viewer: Actor,
    *,
    tab: str = "",
    unit: Unit | None = None,
    under: str = "",
    step: str = "",
    stuck_before: datetime | None = None,
    q: str = "",
    after: int = 0,
    limit: int = 50,
) -> tuple[list[Decision], int]:
    """Decisions, newest first, and the id to go on from (0 = that was all)."""
    found = decisions_in(viewer)
    if tab in TABS:
        found = found.filter(state__in=TABS[tab])
    if tab == "stuck" or stuck_before is not None:
        found = found.filter(state__in=RUNNING, step_since__lt=stuck_before)
    if unit is not None:
        found = found.filter(unit=unit)
    if under:
        found = found.filter(in_range(path_range(under), "unit__path"))
    if step:
        found = found.filter(step=step)
    if q:
        found = found.filter(Q(title__contains=q) | Q(text__contains=q))
    if after:
        found = found.filter(pk__lt=after)
    rows = list(found.order_by("-pk")[: limit + 1])
    return rows[:limit], rows[limit - 1].pk if len(rows) > limit else 0


def decision_for(viewer: Actor, decision_id: int, capability: str = "democracy.view") -> Decision:
    """One decision in scope; :class:`NotFound` otherwise."""
    found = decisions_in(viewer, capability).filter(pk=decision_id).first()
    if found is None:
        raise NotFound("democracy.decision.unknown", "没有找到这项决策，或不在您的管辖范围内。")
    return found


def stuck_line(unit: Unit, now: datetime, today: date) -> datetime:
    """A step that is open since before this moment is stuck."""
    return now - timedelta(days=number("stuck_days", unit, today))


def votes_of(decision: Decision) -> list[tuple[str, str, str]]:
    """(body, day, words) of each meeting of the case that counted, oldest first: what the resolution says of its votes."""
    if decision.case_id is None:
        return []
    steps = (
        procedures.CaseStep.objects.filter(case_id=decision.case_id, state="done").exclude(outcome="").order_by("id")
    )
    found = []
    for step in steps:
        result: dict[str, Any] = json.loads(step.result or "{}")
        if "present" not in result or result.get("present") is None:
            continue
        body = procedures.BODIES.get(str(result.get("body", "")))
        words = f"应到{result.get('due')}人，实到{result.get('present')}人，赞成{result.get('votes_for')}票，"
        words += f"反对{result.get('against')}票，弃权{result.get('abstain')}票，"
        words += "通过" if step.outcome == "passed" else "未通过"
        found.append((body.title.zh if body else step.key, str(result.get("held_on") or "")[:10], words))
    return found


# --- due, skipped ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """A yearly matter of a village: until when, and what became of it. ``lamp``: green decided, yellow coming, red missed."""

    unit: Unit
    item: Listed
    due: date
    decision: Decision | None
    lamp: str


def due_for(villages: Iterable[Unit], year: int, today: date) -> list[Due]:
    """The yearly matters of villages: decided, coming or missed (skipped)."""
    rows = list(villages)
    yearly = [item for item in matter_list().values() if item.every == "year"]
    made: dict[tuple[int, str], Decision] = {}
    codes = [item.code for item in yearly]
    found = Decision.objects.filter(
        unit__in=rows,
        item__in=codes,
        proposed_at__gte=datetime(year, 1, 1).astimezone(),
        proposed_at__lt=datetime(year + 1, 1, 1).astimezone(),
    ).exclude(state=State.ENDED)
    for decision in found.order_by("pk"):
        made[decision.unit_id, decision.item] = decision
    lines = []
    for unit in rows:
        for item in yearly:
            due = due_by(item, year)
            known = made.get((unit.pk, item.code))
            decided = known is not None and known.resolved_on is not None
            lamp = "green" if decided else "red" if today > due else "yellow" if (due - today).days <= 31 else "grey"
            lines.append(Due(unit, item, due, known, lamp))
    return lines


def due_in(viewer: Actor, year: int, today: date, *, under: str = "", most: int = 400) -> list[Due]:
    """The same for the viewer's scope, what is missed first."""
    lines = due_for(list(villages_in(viewer, under=under)[:most]), year, today)
    order = {"red": 0, "yellow": 1, "grey": 2, "green": 3}
    return sorted(lines, key=lambda line: (order[line.lamp], line.due, line.unit.path))


def skips_in(viewer: Actor, *, limit: int = 200) -> list[Skip]:
    """What was done without its decision, newest first."""
    found = Skip.objects.filter(within(viewer, "democracy.view")).select_related("unit", "matter")
    return list(found.order_by("-pk")[:limit])
