"""A message from another system's table: checked row by row (plain Python)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.worktime.domain import BEIJING
from yanzhen.matters.domain.draft import TEXT, title_of

_SLASHES = re.compile(r"[/.年月]")
_LONGEST_REF = 60
FIELDS = (
    "ref", "title", "text", "sent_at", "reply", "replied_at", "category", "category_1", "category_2", "category_3", "place",
    "name", "phone", "likes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """A row that may come in. ``category``: names from the top, or a code; ``place``: name or code, "" = unknown."""

    ref: str
    title: str
    text: str
    sent_at: datetime
    reply: str
    replied_at: datetime | None
    category: tuple[str, ...]
    place: str
    name: str
    phone: str
    likes: int


def moment(text: str) -> datetime | None:
    """A time as tables write it (2019-04-25 09:32:09, 2019/4/25 9:32, 2019年4月25日); None when it is none. China's time."""
    text = text.strip()
    try:
        return _here(datetime.fromisoformat(text))
    except ValueError:
        pass
    plain = _SLASHES.sub("-", text).replace("日", "").replace("T", " ").strip()
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(plain, form).replace(tzinfo=BEIJING)
        except ValueError:
            continue
    return None


def _here(found: datetime) -> datetime:
    return found.replace(tzinfo=BEIJING) if found.tzinfo is None else found


def read(values: Mapping[str, str | None], now: datetime) -> Item:
    """The item of a row; DomainError says why the row cannot come in."""

    def cell(name: str) -> str:
        return (values.get(name) or "").replace("\x00", "").strip()

    ref, text, title = cell("ref"), cell("text"), cell("title")
    if not ref:
        raise DomainError("matters.import.ref", "缺少编号，无法判断是否已经导入。", field="ref")
    if len(ref) > _LONGEST_REF:
        raise DomainError("matters.import.ref_long", "编号超过 60 个字。", field="ref")
    if not text and not title:
        raise DomainError("matters.import.text", "标题和内容都是空的。", field="text")
    if len(text) > TEXT:
        raise DomainError("matters.report.text_long", "内容太长，最多 {n} 字。", field="text", n=TEXT)
    sent = moment(cell("sent_at"))
    if sent is None:
        raise DomainError("matters.import.sent", "留言时间缺失或写法不对，应如 2019-04-25 09:32:09。", field="sent_at")
    if sent > now:
        raise DomainError("matters.import.future", "留言时间晚于现在。", field="sent_at")
    reply, replied = cell("reply"), None
    if reply:
        replied = moment(cell("replied_at"))
        if replied is None:
            raise DomainError("matters.import.replied", "有答复，但答复时间缺失或写法不对。", field="replied_at")
        if replied < sent:
            raise DomainError("matters.import.order", "答复时间早于留言时间。", field="replied_at")
        if replied > now:
            raise DomainError("matters.import.replied_future", "答复时间晚于现在。", field="replied_at")
    elif cell("replied_at"):
        raise DomainError("matters.import.no_reply", "有答复时间，但没有答复内容。", field="reply")
    likes = cell("likes")
    names = (cell("category_1"), cell("category_2"), cell("category_3"))
    category = tuple(name for name in names if name) or tuple(part.strip() for part in re.split(r"[/>]", cell("category")) if part.strip())
    return Item(
        ref, title_of(text or title, title), text or title, sent, reply, replied, category, cell("place"), cell("name")[:60],
        cell("phone")[:20], int(likes) if likes.isdigit() else 0,
    )  # fmt: skip
