"""Opening hours: "周一至周五 08:30-11:30、14:00-17:30；周六 09:00-12:00" as half-hours of a week.

A circle of 15 minutes counts only while somebody is there (domain note: travel time to any *open* point, in opening hours).
"""

from __future__ import annotations

import re

DAYS = {
    "一": 0,
    "二": 1,
    "三": 2,
    "四": 3,
    "五": 4,
    "六": 5,
    "日": 6,
    "天": 6,
    "mon": 0,
    "tue": 1,
    "wed": 2,
    "thu": 3,
    "fri": 4,
    "sat": 5,
    "sun": 6,
}
_DAY = r"(?:周|星期)?([一二三四五六日天1-7])|(mon|tue|wed|thu|fri|sat|sun)"
_SPAN = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–—~至到]\s*(\d{1,2})[:：](\d{2})")
SLOTS = 7 * 48


def slots(text: str) -> frozenset[int]:
    """Half-hours of the week (0 = Monday 00:00) that a text names; ValueError for a text that is no opening hours.

    "" is the empty set; 每天 and daily mean all days; parts are divided by ；or ;, spans of one day by 、or ,.
    """
    found: set[int] = set()
    for part in re.split(r"[；;]", text.strip()):
        if not part.strip():
            continue
        spans = _SPAN.findall(part)
        head = _SPAN.split(part)[0].strip().lower()
        if not spans:
            if head in {"全天", "24h", "24小时", "always"}:
                return frozenset(range(SLOTS))
            raise ValueError(part.strip())
        for day in _days(head, part):
            for h1, m1, h2, m2 in spans:
                begin, end = int(h1) * 60 + int(m1), int(h2) * 60 + int(m2)
                if not 0 <= begin < end <= 1440:
                    raise ValueError(part.strip())
                # A half-hour counts when the point is open during the whole of it.
                found.update(day * 48 + slot for slot in range(-(-begin // 30), end // 30))
    return frozenset(found)


def _days(head: str, part: str) -> list[int]:
    if head in {"", "每天", "daily", "天天"}:
        return list(range(7))
    if head in {"工作日", "weekdays"}:
        return list(range(5))
    days: list[int] = []
    for piece in re.split(r"[、,，]", head):
        ends = [_day(found) for found in re.findall(_DAY, piece)]
        if len(ends) == 1:
            days += ends
        elif len(ends) == 2 and re.search(r"[至到\-–—~]", piece):
            days += [day % 7 for day in range(ends[0], ends[1] + 1 + (7 if ends[1] < ends[0] else 0))]
        elif len(ends) >= 2 and not re.search(r"[至到\-–—~]", piece):
            days += ends
        else:
            raise ValueError(part.strip())
    return sorted(set(days))


def _day(found: tuple[str, str]) -> int:
    word = found[0] or found[1]
    return int(word) - 1 if word.isdigit() else DAYS[word]


def share(open_slots: frozenset[int], wanted: frozenset[int]) -> float:
    """The part of the wanted half-hours in which it is open; 1 when nothing is wanted."""
    return len(open_slots & wanted) / len(wanted) if wanted else 1.0
