"""What the steward of a source is told: late, empty, stopped, or drifting (row count, null share, new codes)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from yanzhen.lake.contracts.model import Contract
from yanzhen.lake.home import Lake
from yanzhen.lake.store import Batch


@dataclass(frozen=True, slots=True)
class Alert:
    """``kind``: late, never, rows, nulls, codes."""

    source: str
    steward: str
    kind: str
    words: str


def watch(lake: Lake, now: datetime) -> list[Alert]:
    """What is to be told today, for all sources."""
    found = []
    snapshot = lake.store.snapshot()
    for contract in lake.book.contracts:
        batches = lake.store.manifest(contract.name, snapshot).batches
        found += [Alert(contract.name, contract.steward, kind, words) for kind, words in _judge(contract, batches, now)]
    return found


def _judge(contract: Contract, batches: tuple[Batch, ...], now: datetime) -> Iterator[tuple[str, str]]:
    if not batches:
        yield "never", "还没有收到过数据"
        return
    last = batches[-1]
    days = (now - datetime.fromisoformat(last.at)).days
    if contract.refresh != "once" and days > contract.late_after_days:
        yield "late", f"已 {days} 天没有新数据，应当每 {contract.late_after_days} 天内更新"
    for column, codes in last.fresh_codes.items():
        yield "codes", f"{column} 出现代码集里没有的值：{'、'.join(codes[:5])}"
    if len(batches) < 2:
        return
    before = batches[-2]
    drift = contract.limits.drift
    if before.arrived and abs(last.arrived - before.arrived) > drift * before.arrived:
        yield "rows", f"行数从 {before.arrived} 变为 {last.arrived}"
    for column, values in last.values.items():
        if not last.kept or not before.kept or column not in before.values:
            continue
        was, share = 1 - before.values[column] / before.kept, 1 - values / last.kept
        if abs(share - was) > drift:
            yield "nulls", f"{column} 的空值比例从 {was:.0%} 变为 {share:.0%}"
