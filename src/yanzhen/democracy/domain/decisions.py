"""What must go through the four discussions, by which route, and where a decision stands (plain Python)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path

from yanzhen.kernel.errors import DomainError

_DATA = Path(__file__).resolve().parent.parent / "data" / "matter_list.toml"


class Route(StrEnum):
    """The four shipped procedures."""

    ORDINARY = "ordinary"
    COLLECTIVE = "collective"
    REVIEWED = "reviewed"
    EMERGENCY = "emergency"


ROUTE_WORDS = {
    Route.ORDINARY: "一般事项（四议两公开）", Route.COLLECTIVE: "集体财产和成员权益（成员大会决定）",
    Route.REVIEWED: "大额资金、重大合同（乡镇合法性审查）", Route.EMERGENCY: "紧急事项（先办后议）",
}  # fmt: skip


class State(StrEnum):
    """Where a decision stands."""

    DRAFT = "draft"
    RUNNING = "running"
    RESOLVED = "resolved"
    CARRYING = "carrying"
    DONE = "done"
    FAILED = "failed"
    ENDED = "ended"


STATE_WORDS = {
    State.DRAFT: "拟议", State.RUNNING: "议事中", State.RESOLVED: "已决议，待实施", State.CARRYING: "实施中",
    State.DONE: "实施结果已公开", State.FAILED: "未通过，待修改", State.ENDED: "已终止",
}  # fmt: skip
MOVES: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.RUNNING, State.ENDED}),
    State.RUNNING: frozenset({State.RESOLVED, State.FAILED, State.ENDED}),
    State.RESOLVED: frozenset({State.CARRYING, State.FAILED, State.ENDED}),
    State.CARRYING: frozenset({State.CARRYING, State.RESOLVED, State.DONE}),
    State.FAILED: frozenset({State.RUNNING, State.ENDED}),
    State.DONE: frozenset(),
    State.ENDED: frozenset(),
}
OPEN = (State.DRAFT, State.RUNNING, State.RESOLVED, State.CARRYING, State.FAILED)


def may_move(current: str, wanted: State) -> None:
    """Refuse a step that the table does not know."""
    if wanted not in MOVES[State(current)]:
        raise DomainError(
            "democracy.decision.state", "这项决策现在是“{state}”，不能这样办。", state=STATE_WORDS[State(current)]
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list of matters. ``route``: the least that it needs; ``every``: year, when it comes up each year;
    ``month``: by the end of which month it is due then."""

    code: str
    title: str
    route: Route
    basis: str
    every: str = ""
    month: int = 12
    amount: bool = False


@cache
def matter_list() -> Mapping[str, Listed]:
    """The shipped list by code."""
    data = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    return {row["code"]: Listed(**(row | {"route": Route(row["route"])})) for row in data["item"]}


def route_for(item: Listed, amount: Decimal | None, line: int, *, emergency: bool = False) -> Route:
    """The route a proposal must take.

    ``line``: from which sum (yuan, inclusive) a spending needs the township's review for law. An emergency never replaces the
    members' decision on collective property.
    """
    if item.route == Route.COLLECTIVE:
        if emergency:
            raise DomainError(
                "democracy.emergency.collective",
                "集体财产和成员权益事项须由成员大会决定，不能走紧急程序。",
                field="emergency",
            )
        return Route.COLLECTIVE
    if emergency:
        return Route.EMERGENCY
    if item.route == Route.REVIEWED or (amount is not None and amount >= line):
        return Route.REVIEWED
    return Route.ORDINARY


def due_by(item: Listed, year: int) -> date:
    """Until when a yearly matter must be decided."""
    after = date(year + item.month // 12, item.month % 12 + 1, 1)
    return date.fromordinal(after.toordinal() - 1)
