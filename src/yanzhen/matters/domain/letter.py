"""The letter of a pressing 督办函, drawn up from the record (plain Python)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yanzhen.kernel.worktime.domain import BEIJING


@dataclass(frozen=True, slots=True)
class Letter:
    """What the letter says; nothing about who the person is."""

    level: str
    to: str
    by: str
    number: str
    title: str
    received_at: datetime
    due_at: datetime | None
    basis: str
    overdue: bool
    lead: str
    words: str
    reply_due_at: datetime | None
    at: datetime
    secret: bool = False


def _day(moment: datetime) -> str:
    here = moment.astimezone(BEIJING)
    return f"{here.year}年{here.month}月{here.day}日"


def letter(given: Letter) -> str:
    """Text of the letter, ready to print."""
    title = "（保密事项）" if given.secret else f"“{given.title}”"
    lines = [
        "督办函",
        f"〔{given.level}〕{given.number}",
        f"{given.to}：",
        f"    {_day(given.received_at)}收到的事项{title}"
        + (f"，由你单位{'牵头' if given.lead == given.to else ''}办理" if given.lead else "，现由你单位研判")
        + (f"，期限{_day(given.due_at)}（{given.basis}）。" if given.due_at else "。")
        + ("现已超期。" if given.overdue else ""),
    ]
    if given.words:
        lines.append(f"    {given.words}")
    if given.reply_due_at is not None:
        lines.append(f"    请于{_day(given.reply_due_at)}前办理并书面回复。")
    lines += [f"    {given.by}", f"    {_day(given.at)}"]
    return "\n".join(lines)
