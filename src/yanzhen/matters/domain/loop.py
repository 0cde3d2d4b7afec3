"""The loop as one table: states, acts, who may do each, what it needs (plain Python).

Source: `domain.md` §1.3 after 北京市接诉即办工作条例, 潍坊市12345热线条例, 信访工作条例. Pressing (督办) is a flag over the state.
The table is data: the guard test walks it (every state is reached and left), ``mermaid()`` draws it, pages build their
buttons from it, services look their act up in it and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from yanzhen.kernel.errors import DomainError


class State(StrEnum):
    """Where a matter stands."""

    COLLECTED = "collected"  # 已汇集，待研判
    ASSIGNED = "assigned"  # 已交办，待签收
    DISPUTED = "disputed"  # 异议审核
    WORKING = "working"  # 办理中
    ANSWERED = "answered"  # 已反馈，待回访评价
    ARCHIVED = "archived"  # 已归档
    DIVERTED = "diverted"  # 已分流
    DECLINED = "declined"  # 不予受理
    MERGED = "merged"  # 已并入
    WITHDRAWN = "withdrawn"  # 本人撤回


STATE_WORDS = {
    State.COLLECTED: "待研判",
    State.ASSIGNED: "待签收",
    State.DISPUTED: "异议审核",
    State.WORKING: "办理中",
    State.ANSWERED: "待回访评价",
    State.ARCHIVED: "已归档",
    State.DIVERTED: "已分流",
    State.DECLINED: "不予受理",
    State.MERGED: "已并入",
    State.WITHDRAWN: "已撤回",
}

OPEN = frozenset({State.COLLECTED, State.ASSIGNED, State.DISPUTED, State.WORKING, State.ANSWERED})
#: States in which the clock of solving runs.
RUNNING = frozenset({State.COLLECTED, State.ASSIGNED, State.DISPUTED, State.WORKING})
CLOSED = frozenset(State) - OPEN


class By(StrEnum):
    """Whose act it is, beside the capability: where the actor's unit must stand to the matter."""

    DESK = "desk"  # the division that steers it now, or one above it
    LEAD = "lead"  # the leading unit
    PARTY = "party"  # the leading or an assisting unit
    ASSIST = "assist"  # an assisting unit
    HOLDER = "holder"  # the unit that must act now, or one above it
    INVOLVED = "involved"  # desk or party
    ABOVE = "above"  # a unit strictly above the holder
    ANYBODY = "anybody"  # whoever sees it, and the public
    PERSON = "person"  # the person who reported
    CLOCK = "clock"  # the platform, by time


@dataclass(frozen=True, slots=True)
class Act:
    """One way forward, back or out. ``target`` None: the state stays."""

    code: str
    words: str
    sources: frozenset[State]
    target: State | None
    capability: str
    by: By
    needs: tuple[str, ...] = ()


def _act(
    code: str, words: str, sources: Iterable[State], target: State | None, capability: str, by: By, *needs: str
) -> Act:
    return Act(code, words, frozenset(sources), target, capability, by, needs)


_S = State
ACTS: dict[str, Act] = {
    act.code: act
    for act in (
        # 研判
        _act("take", "自办", [_S.COLLECTED], _S.WORKING, "matters.triage", By.DESK),
        _act("assign", "交办", [_S.COLLECTED], _S.ASSIGNED, "matters.assign", By.DESK, "lead"),
        _act("divert", "分流", [_S.COLLECTED], _S.DIVERTED, "matters.triage", By.DESK, "diversion", "words"),
        _act("decline", "不予受理", [_S.COLLECTED], _S.DECLINED, "matters.triage", By.DESK, "reason", "words"),
        _act("merge", "并案", [_S.COLLECTED, _S.ASSIGNED, _S.WORKING], _S.MERGED, "matters.triage", By.DESK, "into"),
        _act("raise", "提级", [_S.COLLECTED, _S.WORKING], _S.COLLECTED, "matters.triage", By.DESK, "reason"),
        _act("locate", "确定地点", [_S.COLLECTED], None, "matters.triage", By.DESK, "place"),
        _act("classify", "更正类别", OPEN, None, "matters.triage", By.DESK, "category"),
        # 交办、异议
        _act("accept", "签收", [_S.ASSIGNED], _S.WORKING, "matters.handle", By.LEAD),
        _act("dispute", "异议退回", [_S.ASSIGNED], _S.DISPUTED, "matters.handle", By.LEAD, "reason"),
        _act("settle", "裁定异议", [_S.DISPUTED], _S.ASSIGNED, "matters.assign", By.HOLDER, "upheld", "reason"),
        _act("reassign", "改派", [_S.ASSIGNED, _S.WORKING], _S.ASSIGNED, "matters.assign", By.DESK, "lead", "reason"),
        _act("add_assist", "增加协办", [_S.ASSIGNED, _S.WORKING], None, "matters.assign", By.DESK, "assist"),
        # 跟踪
        _act("contact", "联系当事人", [_S.WORKING], None, "matters.handle", By.PARTY, "words"),
        _act("progress", "办理记录", [_S.WORKING], None, "matters.handle", By.PARTY, "words"),
        _act("assist_done", "协办完成", [_S.WORKING], None, "matters.handle", By.ASSIST, "words"),
        _act("stop_clock", "暂停计时", [_S.WORKING], None, "matters.handle", By.LEAD, "stop_reason"),
        _act("resume_clock", "恢复计时", [_S.WORKING], None, "matters.handle", By.LEAD),
        _act("ask_extension", "申请延期", [_S.WORKING], None, "matters.handle", By.LEAD, "reason", "amount"),
        _act("decide_extension", "审批延期", [_S.WORKING], None, "matters.decide", By.DESK, "granted"),
        _act("ask_unsolvable", "申请无法解决", [_S.WORKING], None, "matters.handle", By.LEAD, "reason", "plan"),
        _act("decide_unsolvable", "审批无法解决", [_S.WORKING], _S.ANSWERED, "matters.decide", By.DESK, "granted"),
        # 督办
        _act("press", "督办", OPEN, None, "matters.press", By.ABOVE, "level", "words"),
        _act("auto_press", "自动督办", RUNNING, None, "", By.CLOCK),
        _act("clear_press", "解除督办", OPEN, None, "matters.press", By.ABOVE, "reason"),
        # 反馈、评价
        _act("answer", "反馈", [_S.WORKING], _S.ANSWERED, "matters.handle", By.LEAD, "words"),
        _act("call_back", "回访", [_S.ANSWERED], None, "matters.rate", By.DESK, "contacted"),
        _act("rate", "本人评价", [_S.ANSWERED, _S.ARCHIVED], None, "", By.PERSON, "grade"),
        _act("redo", "退回重办", [_S.ANSWERED], _S.WORKING, "matters.rate", By.DESK, "reason"),
        _act("archive", "归档", [_S.ANSWERED], _S.ARCHIVED, "matters.rate", By.DESK),
        _act("auto_archive", "到期归档", [_S.ANSWERED], _S.ARCHIVED, "", By.CLOCK),
        _act("reopen", "重新办理", [_S.ARCHIVED], _S.COLLECTED, "matters.rate", By.DESK, "reason"),
        _act("person_reopen", "本人要求重办", [_S.ANSWERED, _S.ARCHIVED], _S.COLLECTED, "", By.PERSON, "reason"),
        _act("withdraw", "本人撤回", RUNNING, _S.WITHDRAWN, "", By.PERSON),
        # 其他
        _act("add_voice", "附议", OPEN, None, "", By.ANYBODY, "words"),
        _act("person_note", "本人补充", OPEN, None, "", By.PERSON, "words"),
        _act("note", "批注", OPEN | CLOSED, None, "matters.view", By.INVOLVED, "words"),
        _act("make_secret", "设为保密", OPEN, None, "matters.triage", By.DESK),
        _act("exclude", "申请剔除统计", OPEN | CLOSED, None, "matters.handle", By.INVOLVED, "exclusion", "reason"),
        _act("decide_exclusion", "审核剔除", OPEN | CLOSED, None, "matters.review", By.DESK, "granted"),
    )
}  # fmt: skip


def act(code: str, state: State | str) -> Act:
    """The act, if it may be done in this state.

    Raises DomainError ``matters.matter.wrong_state``: somebody else may have moved it on in the meantime.
    """
    found = ACTS[code]
    if State(state) not in found.sources:
        raise DomainError(
            "matters.matter.wrong_state",
            "该事项目前处于“{state}”，不能“{act}”。页面可能已过时，请刷新后查看最新状态。",
            state=STATE_WORDS[State(state)],
            act=found.words,
        )
    return found


def acts_in(state: State | str) -> tuple[Act, ...]:
    """Acts possible in a state, in the order of the table."""
    return tuple(found for found in ACTS.values() if State(state) in found.sources)


def mermaid() -> str:
    """The loop as a Mermaid state diagram (docs and the guard that compares them)."""
    lines = ["stateDiagram-v2", "    [*] --> collected"]
    for found in ACTS.values():
        if found.target is not None:
            lines += [f"    {source} --> {found.target}: {found.words}" for source in sorted(found.sources)]
    lines += [f"    {state} --> [*]" for state in sorted(CLOSED)]
    return "\n".join(lines)


class Diversion(StrEnum):
    """The six diversions (北京市接诉即办工作条例 第十一条)."""

    EMERGENCY = "emergency"
    OTHER_LAW = "other_law"
    SAME_MATTER = "same_matter"
    PRIVACY = "privacy"
    BEYOND_DUTY = "beyond_duty"
    UNLAWFUL = "unlawful"


DIVERSION_WORDS = {
    Diversion.EMERGENCY: "紧急事项，立即转110、119、120、122",
    Diversion.OTHER_LAW: "应通过诉讼、仲裁、纪检监察、行政复议、信息公开等途径，或已进入信访程序",
    Diversion.SAME_MATTER: "同一人同一事项且无新情况，告知进展或结果",
    Diversion.PRIVACY: "涉及国家秘密、商业秘密或个人隐私，作出解释",
    Diversion.BEYOND_DUTY: "不属于政府职责范围，引导其他渠道",
    Diversion.UNLAWFUL: "违反法律法规或公序良俗，劝导",
}


class Grade(StrEnum):
    """Grades of satisfaction; ``NONE`` leaves the denominator."""

    GOOD = "good"
    BASIC = "basic"
    BAD = "bad"
    NONE = "none"


GRADE_WORDS = {Grade.GOOD: "满意", Grade.BASIC: "基本满意", Grade.BAD: "不满意", Grade.NONE: "未评价"}


class Channel(StrEnum):
    """How it came in."""

    PHONE_PAGE = "page"
    GRID = "grid"
    DESK = "desk"
    IMPORT = "import"
    API = "api"
    OPEN311 = "open311"
    WARNING = "warning"
    MODULE = "module"


CHANNEL_WORDS = {
    Channel.PHONE_PAGE: "手机扫码",
    Channel.GRID: "网格上报",
    Channel.DESK: "电话坐席",
    Channel.IMPORT: "批量导入",
    Channel.API: "接口",
    Channel.OPEN311: "Open311",
    Channel.WARNING: "部门预警",
    Channel.MODULE: "平台任务",
}


class Urgency(StrEnum):
    """How fast."""

    URGENT = "urgent"
    PRESSING = "pressing"
    NORMAL = "normal"


URGENCY_WORDS = {Urgency.URGENT: "紧急", Urgency.PRESSING: "较急", Urgency.NORMAL: "一般"}

EXCLUSION_WORDS = {
    "diverted": "已分流",
    "duplicate": "重复",
    "malicious": "恶意",
    "secret": "保密",
    "beyond_duty": "超出职责",
    "unsolvable": "客观上无法解决",
}
STOP_WORDS = {
    "person": "等待当事人补充或到场",
    "appraisal": "等待检验、检测、鉴定",
    "season": "受季节、天气限制",
    "higher": "等待上级批复",
    "law": "等待诉讼、仲裁结果",
}
