"""What somebody reports, before it is a matter (plain Python)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from yanzhen.kernel.errors import DomainError
from yanzhen.matters.domain.loop import CHANNEL_WORDS, URGENCY_WORDS

TITLE = 120
TEXT = 20_000
_PHONE = re.compile(r"\+?[\d-]{5,20}")


@dataclass(frozen=True, slots=True)
class Report:
    """A request as it comes in. ``place_id``: unit where it is (None: the unit of the reporting post, "to be located").

    ``longitude``/``latitude`` only when the person gave them, coarse (three decimals, about 100 m). ``received_at``: when
    it was said, for reports written without signal; never after ``now``.
    """

    text: str
    place_id: int | None = None
    title: str = ""
    category_id: int | None = None
    urgency: str = "normal"
    channel: str = "page"
    kind: str = "request"
    source: str = ""
    source_ref: str = ""
    place_words: str = ""
    longitude: Decimal | float | None = None
    latitude: Decimal | float | None = None
    name: str = ""
    phone: str = ""
    person_id: int | None = None
    secret: bool = False
    call_back_wanted: bool = True
    located: bool = True
    received_at: datetime | None = None
    files: Sequence[tuple[str, bytes]] = ()


def title_of(text: str, title: str = "") -> str:
    """The title given, or the beginning of the text up to its first sentence."""
    if title.strip():
        return " ".join(title.split())[:TITLE]
    first = re.split(r"[。！？!?\n\r；;]", text.strip(), maxsplit=1)[0].strip()
    return first if len(first) <= 40 else first[:39] + "…"


def check(draft: Report, now: datetime) -> None:
    """Raise what is wrong with a draft, field by field."""
    if not draft.text.strip():
        raise DomainError("matters.report.text", "请写明要反映的事情。", field="text")
    if len(draft.text) > TEXT:
        raise DomainError("matters.report.text_long", "内容太长，最多 {n} 字。", field="text", n=TEXT)
    if draft.urgency not in URGENCY_WORDS:
        raise DomainError("matters.report.urgency", "紧急程度不对。", field="urgency")
    if draft.channel not in CHANNEL_WORDS:
        raise DomainError("matters.report.channel", "来源渠道不对。", field="channel")
    if draft.phone and not _PHONE.fullmatch(draft.phone.replace(" ", "")):
        raise DomainError("matters.report.phone", "电话号码不对，请检查。", field="phone")
    if draft.received_at is not None and draft.received_at > now:
        raise DomainError("matters.report.future", "收到时间不能晚于现在。", field="received_at")


def coarse(value: Decimal | float | None) -> Decimal | None:
    """A coordinate with three decimals: never finer than about 100 metres."""
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.001"))
