"""The procedure of the admission list (plain Python).

申请 → 网格办初审 → 联审评估 → 公示 → 生效 → 到期|退出 → 失效; urgent items come into force with the first consent, with an end date.
Source: domain facts §1.2 (a department applies before; only what is on the public list may be given to grid workers; urgent
items need consent with an end date; items can exit).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from yanzhen.kernel.errors import DomainError, NotAllowed

APPLIED, JOINT, PUBLICITY, IN_FORCE, RETURNED, ENDED = (
    "applied", "joint", "publicity", "in_force", "returned", "ended",
)  # fmt: skip
#: Step → state in which it is taken.
STEPS = {"review": APPLIED, "decide": JOINT, "publish": PUBLICITY, "end": IN_FORCE}


@dataclass(frozen=True, slots=True)
class Rules:
    """Days of publicity, longest urgent consent in days, longest regular admission in years."""

    publicity_days: int
    urgent_days: int
    years: int


def check_dates(valid_from: date | None, valid_to: date | None, *, urgent: bool, today: date, rules: Rules) -> None:
    """Whether the time asked for is allowed."""
    if valid_from is None:
        raise DomainError("matters.admission.from", "请填写有效期起始日期。", field="valid_from")
    if valid_to is not None and valid_to <= max(valid_from, today):
        raise DomainError("matters.admission.to", "截止日期必须晚于起始日期和今天。", field="valid_to")
    if urgent:
        if valid_to is None:
            raise DomainError("matters.admission.urgent_end", "紧急事项必须明确截止日期。", field="valid_to")
        if valid_to > valid_from + timedelta(days=rules.urgent_days):
            raise DomainError("matters.admission.urgent_long", "紧急事项最长 {n} 天。", field="valid_to", n=rules.urgent_days)
    if valid_to is not None and valid_to > valid_from + timedelta(days=366 * rules.years):
        raise DomainError("matters.admission.too_long", "准入最长 {n} 年，到期后可重新申请。", field="valid_to", n=rules.years)


def next_state(step: str, state: str, passed: bool, *, urgent: bool, publicity_to: date | None, today: date) -> str:
    """The state after a step; DomainError when the step cannot be taken now."""
    if STEPS.get(step) != state:
        raise DomainError("matters.admission.step", "这条准入事项现在不能走这一步，请刷新后查看。")
    if step == "end":
        return ENDED
    if not passed:
        return RETURNED
    if step == "review":
        return IN_FORCE if urgent else JOINT
    if step == "decide":
        return PUBLICITY
    if publicity_to is None or today <= publicity_to:
        raise DomainError("matters.admission.publicity", "公示期还没有结束（到 {day}）。", day=publicity_to or "—")
    return IN_FORCE


def other_person(step: str, account: int | None, *, applied_by: int, reviewed_by: int | None) -> None:
    """Applying, first review and joint review are three people's work."""
    if account is None or step in ("publish", "end"):
        return
    if account == applied_by:
        raise NotAllowed("matters.admission.own", "不能审核自己提出的申请，请由其他人审核。")
    if step == "decide" and account == reviewed_by:
        raise NotAllowed("matters.admission.twice", "初审和联审须由不同的人进行。")
