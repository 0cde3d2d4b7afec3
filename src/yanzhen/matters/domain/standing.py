"""May this post do this act to this matter now? One answer for the buttons and for the services (plain Python)."""

from __future__ import annotations

from dataclasses import dataclass

from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.scope.domain import Actor, UnitRef, path_range
from yanzhen.matters.domain.loop import ACTS, CLOSED, STATE_WORDS, Act, By, State

LADDER = ("country", "province", "city", "county", "township", "village", "sub1", "sub2", "sub3", "sub4")


@dataclass(frozen=True, slots=True)
class Party:
    """A unit that takes part, and whether its part is done."""

    unit_id: int
    path: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the question depends on. ``pending``: (kind, account that asked) of requests nobody has decided."""

    state: str
    desk_path: str
    desk_level: str
    holder_path: str
    lead: Party | None = None
    assists: tuple[Party, ...] = ()
    pending: tuple[tuple[str, int], ...] = ()
    stopped: bool = False
    fixed: bool = False
    secret: bool = False
    press_level: int = 0
    top_press: int = 3
    top_level: str = "city"
    answered_by: int | None = None
    extensions_left: int = 1


def _belongs(unit: UnitRef, path: str) -> bool:
    """The unit itself, or the body it is a part of (a bureau for its sections), but not the division above."""
    return unit.path == path or (unit.kind != "division" and path in path_range(unit.path))


def _covers(actor: Actor, path: str) -> bool:
    return actor.unit is not None and path in actor.unit.scope


def stands(by: By, actor: Actor, facts: Facts) -> bool:
    """Whether the actor's unit stands to the matter as the act asks."""
    if by is By.ANYBODY or actor.is_system:
        return by is not By.PERSON or actor.is_system
    unit = actor.unit
    if unit is None:
        return False
    leads = facts.lead is not None and _belongs(unit, facts.lead.path)
    assists = any(_belongs(unit, party.path) for party in facts.assists)
    if by is By.DESK:
        return _covers(actor, facts.desk_path)
    if by is By.HOLDER:
        return _covers(actor, facts.holder_path)
    if by is By.LEAD:
        return leads
    if by is By.ASSIST:
        return any(_belongs(unit, party.path) and not party.done for party in facts.assists)
    if by is By.PARTY:
        return leads or assists
    if by is By.INVOLVED:
        return leads or assists or _covers(actor, facts.desk_path)
    if by is By.ABOVE:
        return _covers(actor, facts.holder_path) and unit.path != facts.holder_path
    return False


def _wrong(words: str) -> DomainError:
    return DomainError("matters.matter.not_now", words)


def _not_now(act: Act, actor: Actor, facts: Facts) -> DomainError | None:
    """What besides the state and the standing stands against it."""
    code = act.code
    kind = {"ask_extension": "extension", "ask_unsolvable": "unsolvable", "exclude": "exclusion"}.get(code, "")
    if kind and any(pending == kind for pending, _ in facts.pending):
        return _wrong("已有一份同类申请等待审批，请等审批结果。")
    if code.startswith("decide_"):
        kind = code.removeprefix("decide_")
        asked = [account for pending, account in facts.pending if pending == kind]
        if not asked:
            return _wrong("没有等待审批的申请。页面可能已过时，请刷新。")
        if not actor.is_system and all(account == actor.account_id for account in asked):
            return NotAllowed("matters.request.own", "不能审批自己提出的申请，请由其他人审批。")
    if code == "settle" and not actor.is_system and ("dispute", actor.account_id) in facts.pending:
        return NotAllowed("matters.request.own", "不能审批自己提出的申请，请由其他人审批。")
    if code == "dispute" and facts.fixed:
        return DomainError("matters.dispute.fixed", "牵头单位已经裁定，不得再次退回。如确实无法办理，请申请提级或说明无法解决。")
    if code == "ask_extension" and facts.extensions_left <= 0:
        return DomainError("matters.extension.used", "延期次数已用完，不能再次延期。")
    if code == "stop_clock" and facts.stopped:
        return _wrong("已经在暂停计时。")
    if code == "resume_clock" and not facts.stopped:
        return _wrong("没有在暂停计时。")
    if code == "make_secret" and facts.secret:
        return _wrong("已经是保密事项。")
    if code == "clear_press" and not facts.press_level:
        return _wrong("没有需要解除的督办。")
    if code == "raise" and LADDER.index(facts.desk_level or "country") <= LADDER.index(facts.top_level):
        return DomainError("matters.raise.top", "已经到了最高一级，不能再提级。")
    if code == "call_back" and not actor.is_system and facts.answered_by is not None and facts.answered_by == actor.account_id:
        return NotAllowed("matters.callback.own", "不能回访自己办理的事项，请由其他人或上级回访。")
    return None


def refusal(act: Act, actor: Actor, facts: Facts) -> DomainError | None:
    """Why not, or None: first the state, then the standing, then what else stands against it."""
    if State(facts.state) not in act.sources:
        return DomainError(
            "matters.matter.wrong_state",
            "该事项目前处于“{state}”，不能“{act}”。页面可能已过时，请刷新后查看最新状态。",
            state=STATE_WORDS[State(facts.state)],
            act=act.words,
        )
    if act.by in (By.PERSON, By.CLOCK):
        if not (actor.is_system if act.by is By.CLOCK else True):
            return NotAllowed("matters.act.clock", "这一步由平台按时间自动进行。")
    elif (act.capability and not actor.has(act.capability)) or not stands(act.by, actor, facts):
        return NotAllowed(
            "matters.act.denied", "您当前的岗位不能“{act}”这件事项：没有这项权限，或不是负责的单位。", act=act.words
        )
    return _not_now(act, actor, facts)


def possible(actor: Actor, facts: Facts) -> list[Act]:
    """Acts that a post may do now, in the order of the table (not those of the person and of the clock)."""
    return [
        act
        for act in ACTS.values()
        if act.by not in (By.PERSON, By.CLOCK) and refusal(act, actor, facts) is None
    ]


def is_closed(state: str) -> bool:
    """Whether nobody has to do anything any more."""
    return State(state) in CLOSED
