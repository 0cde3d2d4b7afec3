"""Coverage of audit and inspection: every village once a term, spread evenly (plain Python)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from yanzhen.kernel.errors import DomainError


@dataclass(frozen=True, slots=True)
class Visit:
    """A village in a quarter of the plan: 2026Q3."""

    village_id: int
    quarter: str


def quarters(first: date, last: date) -> list[str]:
    """The quarters of a term, the one of its first day to the one of its last."""
    if last < first:
        raise DomainError("democracy.audit.term", "结束日期早于开始日期。", field="last")
    found = []
    year, part = first.year, (first.month - 1) // 3
    while (year, part) <= (last.year, (last.month - 1) // 3):
        found.append(f"{year}Q{part + 1}")
        year, part = (year, part + 1) if part < 3 else (year + 1, 0)
    return found


def spread(
    villages: Mapping[str, Sequence[int]], slots: Sequence[str], *, urgent: frozenset[int] = frozenset()
) -> list[Visit]:
    """Each village exactly once, quarters differing by at most one visit, townships mixed, urgent villages first.

    ``villages``: township → its villages in order. Round by round over the townships, so that no township waits for the end.
    """
    queue: list[int] = []
    rows = [list(each) for _, each in sorted(villages.items())]
    for at in range(max(map(len, rows), default=0)):
        queue += [row[at] for row in rows if at < len(row)]
    queue.sort(key=lambda each: each not in urgent)  # stable: keeps the rounds
    if not slots:
        raise DomainError("democracy.audit.no_quarter", "这一届里没有可以安排的季度。", field="last")
    base, extra = divmod(len(queue), len(slots))
    plan: list[Visit] = []
    start = 0
    for at, slot in enumerate(slots):
        size = base + (at < extra)
        plan += [Visit(each, slot) for each in queue[start : start + size]]
        start += size
    return plan
