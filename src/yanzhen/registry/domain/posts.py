"""Who may hold which posts together, who may decide on them, who may stand in (plain Python).

三员分立 (GB/T 22239-2019, 8.1.10; domain facts §10.2): system, security and audit officers are three people. Nobody holds two
of these kinds, nor one of them and a business post, at overlapping times; a change of rights needs two people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.domain import PathRange, ancestors, path_range

OFFICERS = frozenset({"system", "security", "audit"})


@dataclass(frozen=True, slots=True)
class Span:
    """Days ``starts <= day < ends``; ``ends`` None = open. A span that ends where it starts holds no day."""

    starts: date
    ends: date | None = None

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.starts <= day and (self.ends is None or day < self.ends)

    @property
    def empty(self) -> bool:
        """Whether no day lies inside."""
        return self.ends is not None and self.ends <= self.starts

    def overlaps(self, other: Span) -> bool:
        """Whether some day lies in both."""
        if self.empty or other.empty:
            return False
        return (self.ends is None or other.starts < self.ends) and (other.ends is None or self.starts < other.ends)


@dataclass(frozen=True, slots=True)
class Holding:
    """A kind of role held (or stood in for) over a span. ``label``: its words for the message."""

    kind: str
    span: Span
    label: str = ""


def exclude(one: str, other: str) -> bool:
    """Whether two kinds of roles must not be in one hand at the same time."""
    return one != other and (one in OFFICERS or other in OFFICERS)


def clash(held: Iterable[Holding], wanted: Holding) -> Holding | None:
    """The first holding that ``wanted`` must not meet, or None."""
    for holding in held:
        if exclude(holding.kind, wanted.kind) and holding.span.overlaps(wanted.span):
            return holding
    return None


def check_separation(held: Iterable[Holding], wanted: Holding) -> None:
    """Raise :class:`DomainError` where ``wanted`` would mix an officer's kind with another kind."""
    found = clash(held, wanted)
    if found is not None:
        raise DomainError(
            "registry.post.officers_apart",
            "三员分立：同一账号不能同时担任系统、安全、审计管理员中的两种，也不能同时担任业务岗位。已有岗位：{label}。",
            field="role", label=found.label,
        )  # fmt: skip


def check_place(levels: str, level: str, kind: str) -> None:
    """Raise unless a role made for ``levels`` (comma separated levels or kinds of units, "" = any) fits a unit."""
    wanted = {word.strip() for word in levels.split(",") if word.strip()}
    if wanted and not wanted & {level, kind}:
        raise DomainError(
            "registry.post.wrong_level", "这个角色不能设在所选单位的层级上，请另选单位或角色。", field="unit"
        )


def check_span(span: Span, today: date) -> None:
    """Raise where a post would be over before it begins, or is over already."""
    if span.empty:
        raise DomainError("registry.post.no_day", "截止日期应晚于起始日期。", field="valid_to")
    if span.ends is not None and span.ends <= today:
        raise DomainError("registry.post.over", "截止日期已过，请重新填写任期。", field="valid_to")


def check_second_person(*, proposer: int | None, holder: int, decider: int | None) -> None:
    """Raise unless the one who decides is neither the proposer nor the one who gets the post."""
    if decider is None or decider == proposer:
        raise DomainError("registry.post.two_people", "权限变更须由两人办理：提出人不能审批自己提出的变更。")
    if decider == holder:
        raise DomainError("registry.post.not_own", "不能审批给自己的岗位。")


def check_delegation(*, kind: str, span: Span, today: date, longest: int) -> None:
    """Raise unless a post of ``kind`` may be stood in for over ``span`` (at most ``longest`` days, not in the past).

    The three officers' posts are never handed over by their holder: that would give rights without a second person.
    """
    if kind in OFFICERS:
        raise DomainError(
            "registry.delegation.officer",
            "系统、安全、审计管理员不能自行委托代行，请由安全管理员提出有期限的岗位并经另一人审批。",
        )
    if span.ends is None or span.empty:
        raise DomainError(
            "registry.delegation.no_day", "请填写代行的起止日期，截止日期不能早于起始日期。", field="valid_to"
        )
    if span.starts < today:
        raise DomainError("registry.delegation.past", "代行不能从过去的日期开始。", field="valid_from")
    if span.ends - span.starts > timedelta(days=longest):
        raise DomainError(
            "registry.delegation.too_long", "代行最长 {days} 天；更长的请办理岗位变更。", field="valid_to", days=longest
        )


def may_stand_in(post_path: str, their_paths: Iterable[str]) -> bool:
    """Whether somebody with posts at ``their_paths`` is near enough: same unit, below it, or its direct parent."""
    above = ancestors(post_path)[:-1]
    parent = above[-1] if above else ""
    below: PathRange = path_range(post_path)
    return any(path in below or (parent and path == parent) for path in their_paths)
