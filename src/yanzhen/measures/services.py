"""Keeping facts fresh: mark what changed, compute it again from the places up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from yanzhen.kernel.scope.api import Actor, need
from yanzhen.kernel.trail.api import record
from yanzhen.measures.actions import RECOMPUTED
from yanzhen.measures.domain.periods import NOW
from yanzhen.measures.domain.periods import period as parse_period
from yanzhen.measures.indicators import sources
from yanzhen.measures.models import Fact, LeafFact, Stale
from yanzhen.registry.api import chains_on, places_below, unit_ref

BATCH = 500
Sums = tuple[Decimal, int, int]
Key = tuple[int, str]
_ZERO: Sums = (Decimal(0), 0, 0)


def mark_stale(*, group: str, unit_id: int, period: str) -> None:
    """Note that a place's month must be computed again; joins the caller's transaction, cheap and repeatable."""
    Stale.objects.bulk_create([Stale(group=group, unit_id=unit_id, period=period)], ignore_conflicts=True)


def mark_many(*, group: str, pairs: Iterable[tuple[int, str]]) -> None:
    """The same for many (unit id, month) pairs (imports, moves)."""
    rows = [Stale(group=group, unit_id=unit_id, period=period) for unit_id, period in sorted(set(pairs))]
    Stale.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)


def refresh(*, now: datetime, limit: int = 20000) -> int:
    """Compute the facts of marked places and of everything above them; returns how many marks were worked off.

    A mark is deleted in the transaction that writes its facts: killed at any instant, it is either still there or done.
    A mark made again meanwhile waits on the row and is worked off in the next round.
    """
    marks: dict[tuple[str, str], list[Stale]] = defaultdict(list)
    for mark in Stale.objects.order_by("group", "period", "unit_id")[:limit]:
        marks[mark.group, mark.period].append(mark)
    for (group, period), part in marks.items():
        for at in range(0, len(part), BATCH):
            _work_off(group, period, part[at : at + BATCH], now)
    return sum(len(part) for part in marks.values())


@transaction.atomic
def _work_off(group: str, period: str, marks: list[Stale], now: datetime) -> None:
    Stale.objects.filter(pk__in=[mark.pk for mark in marks]).delete()
    if group not in sources():
        return
    places = [mark.unit_id for mark in marks]
    compute(group=group, period=period, unit_ids=places, now=now)
    if period != NOW and any(found.stock for found in sources()[group].indicators):
        compute(group=group, period=NOW, unit_ids=places, now=now)


def compute(*, group: str, period: str, unit_ids: list[int], now: datetime) -> None:
    """Leaves of the places for a period, put into the facts of the places and of every unit above them.

    "Above" is where a place stood on the last day of the period, so that a move leaves older figures as they were.
    """
    source = sources()[group]
    codes = {found.code for found in source.indicators if found.stock == (period == NOW)}
    if not codes or not unit_ids:
        return
    day = now.date() if period == NOW else min(parse_period(period).after, now.date())
    chains = {place: ",".join(map(str, chain)) for place, chain in chains_on(unit_ids, day).items()}
    fresh: dict[Key, Sums] = {
        (leaf.unit_id, leaf.indicator): (Decimal(str(leaf.numerator)), leaf.denominator, leaf.excluded)
        for leaf in source.leaves(period, unit_ids)
        if leaf.indicator in codes
    }
    held = {
        (row.unit_id, row.indicator): row
        for row in LeafFact.objects.filter(group=group, period=period, unit_id__in=unit_ids, indicator__in=codes)
    }
    change: dict[Key, Sums] = {}
    for key in fresh.keys() | held.keys():
        old = held.get(key)
        new = fresh.get(key, _ZERO)
        chain = chains.get(key[0], str(key[0]))
        if old is not None:
            if (old.numerator, old.denominator, old.excluded, old.chain) == (*new, chain):
                continue
            _add(change, old.chain, key[1], (-old.numerator, -old.denominator, -old.excluded))
        _add(change, chain, key[1], new)
    _write(group, period, fresh, held, chains)
    _apply(change, period, now)


def _add(change: dict[Key, Sums], chain: str, indicator: str, sums: Sums) -> None:
    for unit_id in map(int, chain.split(",")):
        had = change.get((unit_id, indicator), _ZERO)
        change[unit_id, indicator] = (had[0] + sums[0], had[1] + sums[1], had[2] + sums[2])


def _write(group: str, period: str, fresh: dict[Key, Sums], held: dict[Key, LeafFact], chains: dict[int, str]) -> None:
    new: list[LeafFact] = []
    changed: list[LeafFact] = []
    for key, sums in fresh.items():
        row = held.get(key) or LeafFact(group=group, period=period, unit_id=key[0], indicator=key[1])
        row.numerator, row.denominator, row.excluded = sums
        row.chain = chains.get(key[0], str(key[0]))
        (changed if key in held else new).append(row)
    LeafFact.objects.bulk_create(new, batch_size=BATCH)
    LeafFact.objects.bulk_update(changed, ["numerator", "denominator", "excluded", "chain"], batch_size=BATCH)
    LeafFact.objects.filter(pk__in=[row.pk for key, row in held.items() if key not in fresh]).delete()


def _apply(change: dict[Key, Sums], period: str, now: datetime) -> None:
    units = sorted({unit_id for unit_id, _ in change})
    held: dict[Key, Fact] = {}
    for at in range(0, len(units), BATCH):
        for row in Fact.objects.select_for_update().filter(unit_id__in=units[at : at + BATCH], period=period):
            held[row.unit_id, row.indicator] = row
    new: list[Fact] = []
    changed: list[Fact] = []
    for (unit_id, indicator), sums in change.items():
        row = held.get((unit_id, indicator)) or Fact(
            unit_id=unit_id, indicator=indicator, period=period, numerator=Decimal(0), denominator=0, excluded=0
        )
        row.numerator += sums[0]
        row.denominator += sums[1]
        row.excluded += sums[2]
        row.computed_at = now
        (changed if row.pk else new).append(row)
    Fact.objects.bulk_create(new, batch_size=BATCH)
    Fact.objects.bulk_update(changed, ["numerator", "denominator", "excluded", "computed_at"], batch_size=BATCH)


@transaction.atomic
def recompute(*, actor: Actor, now: datetime, unit_id: int, period: str) -> int:
    """Have a period computed again for every place below a unit, asked for by a person; returns the number of places.

    Only marks are set here: the worker computes them, and the board shows how many wait.
    """
    unit = unit_ref(unit_id)
    need(actor, "measures.recompute", unit.path)
    months = parse_period(period).months
    places = places_below(unit.path)
    for group in sources():
        mark_many(group=group, pairs=[(place, month) for place in places for month in months])
    record(
        actor=actor, now=now, action=RECOMPUTED, kind="facts", subject_id=f"{unit_id}:{period}", label=unit.name,
        after={"places": len(places)}, unit_path=unit.path,
    )  # fmt: skip
    return len(places)
