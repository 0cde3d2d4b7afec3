"""Access on request: who may use which columns of which source, where, what for and until when.

Basis: 个人信息保护法 art. 6 (purpose, least data), art. 25; 数据安全法 art. 38 (state organs: within their duties).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from yanzhen.kernel.errors import DomainError

ASKED, GRANTED, REFUSED, ENDED = "asked", "granted", "refused", "ended"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. ``columns``: names in the lake; ``clear``: unmasked values."""

    source: str
    columns: tuple[str, ...]
    purpose: str
    basis: str
    clear: bool
    until: date


def stated(purpose: str, least: int) -> str:
    """The purpose without blanks around it; DomainError when it has fewer than ``least`` characters and says nothing."""
    words = purpose.strip()
    if len(words) < least:
        raise DomainError("datahub.access.purpose", "请写清楚用途：办什么事、为什么必须用到这些数据。", field="purpose")
    return words


def check(wish: Wish, known: frozenset[str], *, today: date, most_days: int, least_words: int) -> None:
    """DomainError with the field that is wrong; nothing when the request may be filed."""
    if not wish.columns:
        raise DomainError("datahub.access.columns", "请至少选择一个数据项，只选办事必需的。", field="columns")
    strange = [name for name in wish.columns if name not in known]
    if strange:
        raise DomainError("datahub.access.unknown", "这张表里没有“{name}”，请重新选择。", field="columns", name=strange[0])
    stated(wish.purpose, least_words)
    if not wish.basis.strip():
        raise DomainError("datahub.access.basis", "请写明依据的法律、文件或职责。", field="basis")
    if wish.until <= today:
        raise DomainError("datahub.access.until", "截止日期要晚于今天。", field="until")
    if (wish.until - today).days > most_days:
        raise DomainError("datahub.access.long", "期限最长 {days} 天，请改早截止日期。", field="until", days=most_days)


def decidable(state: str, asked_by: int, decider: int) -> None:
    """A request waits for another person than the one who asked."""
    if state != ASKED:
        raise DomainError("datahub.access.decided", "这份申请已经办结。")
    if asked_by == decider:
        raise DomainError("datahub.access.self", "不能审批自己的申请，请由另一人办理。")


def running(state: str, until: date, today: date) -> bool:
    """Whether a grant holds on a day."""
    return state == GRANTED and today < until
