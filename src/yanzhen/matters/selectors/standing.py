"""Who takes part, what the standing rules look at, whether a post sees a matter: for acts and for their buttons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, ancestors, path_range
from yanzhen.matters.domain.loop import State
from yanzhen.matters.domain.standing import Facts, Party
from yanzhen.matters.models import Matter, Participation, Request
from yanzhen.matters.selectors import limits as rules
from yanzhen.matters.selectors.lines import Line


def missing() -> NotFound:
    """The same words for what is not there and what is not theirs."""
    return NotFound("matters.matter.unknown", "没有找到这件事项，或您无权查看。")


def parties_of(matter_id: int) -> list[Participation]:
    """Who takes part now."""
    return list(Participation.objects.filter(matter_id=matter_id, ended_at__isnull=True).order_by("id"))


def facts_of(matter: Matter, parties: Sequence[Participation], requests: Sequence[Request], desk: Line, now: datetime) -> Facts:
    """What the standing rules look at."""
    on = rules.day_of(now)
    lead = next((each for each in parties if each.role == Participation.LEAD), None)
    return Facts(
        state=matter.state,
        desk_path=matter.desk_path,
        desk_level=desk.ref.level,
        holder_path=matter.holder_path,
        lead=Party(lead.unit_id, lead.unit_path, lead.done_at is not None) if lead else None,
        assists=tuple(
            Party(each.unit_id, each.unit_path, each.done_at is not None)
            for each in parties
            if each.role == Participation.ASSIST
        ),
        pending=tuple((each.kind, each.asked_by) for each in requests),
        stopped=matter.stopped,
        fixed=matter.fixed,
        secret=matter.secret,
        press_level=matter.press_level,
        top_press=max(int(level) for level in rules.table("press.levels", desk.ref, on)),
        top_level=rules.text("raise.top", desk.ref, on),
        answered_by=matter.answered_by,
        extensions_left=rules.number("extension.max_times", desk.ref, on) - _extensions(matter),
    )


def _extensions(matter: Matter) -> int:
    if matter.state != State.WORKING or not matter.extra_days:
        return 0
    return Request.objects.filter(
        matter=matter, kind=Request.EXTENSION, granted=True, asked_at__gte=matter.clock_at
    ).count()


def sees(actor: Actor, matter: Matter, parties: Sequence[Participation]) -> bool:
    """Whether a post sees the matter: the twin of ``selectors.scope.visible``."""
    if actor.is_system:
        return True
    if actor.unit is None or not actor.has("matters.view"):
        return False
    reach = actor.unit.scope
    if matter.place_path in reach and (not matter.secret or matter.desk_path in reach):
        return True
    return any(actor.unit.path in paths for paths in (reach_of(each.unit_path, matter.place_path) for each in parties))


def reach_of(unit_path: str, place_path: str) -> set[str]:
    """Paths of the units that see a matter because this one takes part: itself, and those above it that are not above the
    place (these see it by the place)."""
    return {path for path in ancestors(unit_path) if path == unit_path or place_path not in path_range(path)}


def stop_rows(row: Matter) -> list[tuple[datetime, datetime | None, str]]:
    """Clock stops of this round."""
    if row.pk is None or row.state in (State.COLLECTED, State.ASSIGNED):
        return []
    return list(
        row.stops.filter(began_at__gte=row.clock_at).order_by("began_at").values_list("began_at", "ended_at", "reason")
    )
