"""Digests: when they go out and what they say; when to try again (plain Python)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from yanzhen.kernel.worktime.domain import BEIJING

WINDOW = timedelta(hours=2)  # a worker that was down at nine still sends at half past ten
LISTED = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One notice in a digest."""

    title: str
    body: str
    url: str
    at: datetime


def slot(now: datetime, times: Sequence[str]) -> datetime | None:
    """The sending time that ``now`` belongs to (at most two hours ago today), or None."""
    here = now.astimezone(BEIJING)
    found = None
    for text in times:
        hour, _, minute = text.strip().partition(":")
        at = datetime.combine(here.date(), time(int(hour), int(minute or 0)), BEIJING)
        if at <= here < at + WINDOW and (found is None or at > found):
            found = at
    return found


def retry_after(attempts: int) -> timedelta:
    """How long to wait after the n-th failure: 2, 4, 8 … minutes, at most four hours."""
    return min(timedelta(minutes=2 ** min(attempts, 9)), timedelta(hours=4))


MANY = "{title} 等 {n} 条消息"
MORE = "……另有 {n} 条，请登录平台查看。"


def compose(lines: Sequence[Line], base_url: str, say: Callable[[str], str] = str) -> tuple[str, str]:
    """Subject and text of one digest: titles, places, links; the first twenty, then how many more. ``say`` translates."""
    subject = lines[0].title if len(lines) == 1 else say(MANY).format(title=lines[0].title, n=len(lines))
    out = []
    for number, line in enumerate(lines[:LISTED], 1):
        out.append(f"{number}. {line.title}（{line.at.astimezone(BEIJING):%m-%d %H:%M}）")
        if line.body:
            out.append(f"   {line.body}")
        if line.url:
            out.append(f"   {base_url.rstrip('/')}{line.url}" if line.url.startswith("/") else f"   {line.url}")
    if len(lines) > LISTED:
        out.append(say(MORE).format(n=len(lines) - LISTED))
    return subject[:200], "\n".join(out)
