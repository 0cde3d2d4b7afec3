"""Re-drawing with the least change: only grids outside their tolerance are touched.

People come, go and move house. Known households stay where they are; new ones join the grid of their group. A grid more than the
tolerance above its ceiling gives something away: whole atoms to a neighbour with room, or it is divided and its larger part keeps
the code; what moves fewest households wins among what is equal on the goals that come before. A grid that lost people and fell
more than the tolerance below its floor joins a neighbour, if that is no worse on those goals. All others stay exactly as they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from yanzhen.planning.grids.atoms import Hand, gather
from yanzhen.planning.grids.draw import Pricer, draw
from yanzhen.planning.grids.ground import Ground, pieces
from yanzhen.planning.grids.problem import Layer, Scheme

FIRST = ("over", "mixed", "cut", "far")
"""Goals that may justify moving more households."""


@dataclass(slots=True)
class Settled:
    """Parts with the label each keeps ("" = new); ``must``: households that had to leave a swollen grid at least; ``broken``: locks
    that could not be kept together with frozen grids (rule, label)."""

    parts: list[list[int]]
    labels: list[str]
    must: int = 0
    broken: tuple[tuple[str, str], ...] = ()


def settle(
    land: Ground,
    names: Sequence[tuple[str, str]],
    near: Sequence[Sequence[int]],
    known: Mapping[int, str],
    layer: Layer,
    scheme: Scheme,
    hand: Hand,
    frozen: frozenset[str],
    lost: frozenset[str],
    *,
    homes: Sequence[int] | None = None,
    seed: int,
) -> Settled:
    """``known``: home → label of its part before (homes without one are new); ``lost``: labels that households left."""
    every = list(range(land.size)) if homes is None else list(homes)
    held = _place(land, names, near, known, every, hand, frozen, layer)
    must, fixed = 0, frozenset().union(*hand.sets()) if hand.sets() else frozenset()
    high = round(layer.high * 100)
    swell = round(layer.high * 100 * (1 + scheme.tolerance))
    shrink = round(layer.low * 100 * (1 - scheme.tolerance))
    new = 0
    for label in sorted(held, key=lambda item: (-int(land.work[held[item]].sum()), item)):
        if label in frozen or int(land.work[held[label]].sum()) <= swell or len(held[label]) < 2:
            continue
        must += _least(land, held[label], high)
        new = _relieve(land, names, near, held, label, layer, scheme, hand, fixed, frozen, new, every, known, seed)
    for label in sorted(lost & set(held)):
        if label in frozen or set(held[label]) & fixed or int(land.work[held[label]].sum()) >= shrink:
            continue
        _absorb(land, names, near, held, label, layer, scheme, frozen, every, seed)
    labels = sorted(held)
    return Settled(
        [sorted(held[label]) for label in labels],
        [label if not label.startswith("+") else "" for label in labels],
        must,
    )


def _place(
    land: Ground,
    names: Sequence[tuple[str, str]],
    near: Sequence[Sequence[int]],
    known: Mapping[int, str],
    every: Sequence[int],
    hand: Hand,
    frozen: frozenset[str],
    layer: Layer,
) -> dict[str, list[int]]:
    """Known homes where they were, locked ones where the lock says, new ones with their group, else their hamlet, else next to."""
    label_of: dict[int, str] = {home: known[home] for home in every if home in known}
    homes_of: dict[tuple[int, str], list[int]] = defaultdict(list)
    for home in label_of:
        for kind, name in enumerate(names[home]):
            if name:
                homes_of[(kind, name)].append(home)
    inside = set(every)
    fresh = [home for home in every if home not in label_of]
    for home in fresh:
        options: list[int] = []
        for kind in (0, 1):
            options = homes_of.get((kind, names[home][kind]), []) if names[home][kind] else []
            if options:
                break
        if not options:
            options = [other for other in near[home] if other in known and other in inside]
        if not options:
            options = [other for other in every if other in known]
        allowed = [other for other in options if known[other] not in frozen] or options
        index = np.array(allowed, dtype=np.int64)
        label_of[home] = known[int(index[int(land.distances(np.array([home]), index)[0].argmin())])]
    _keep_locks(land, near, label_of, hand.within(every), frozen)
    held: dict[str, list[int]] = defaultdict(list)
    for home in every:
        held[label_of[home]].append(home)
    return dict(held)


def _keep_locks(
    land: Ground, near: Sequence[Sequence[int]], label_of: dict[int, str], hand: Hand, frozen: frozenset[str]
) -> None:
    """Move what locks ask for, and only that: what belongs together moves as one, what is fixed never moves for another lock."""
    unit: dict[int, int] = {home: home for home in label_of}

    def find(home: int) -> int:
        while unit[home] != home:
            unit[home] = unit[unit[home]]
            home = unit[home]
        return home

    def join(homes: Sequence[int]) -> None:
        for home in homes[1:]:
            low, high = sorted((find(homes[0]), find(home)))
            unit[high] = low

    of_label: dict[str, list[int]] = defaultdict(list)
    for named, label in hand.label:
        of_label[label] += sorted(named)
    for homes in of_label.values():
        join(homes)
    for one, two in hand.together:
        join([*sorted(one), *sorted(two)])
    forced = {find(homes[0]): label for label, homes in of_label.items()}
    members: dict[int, list[int]] = defaultdict(list)
    for home in sorted(label_of):
        members[find(home)].append(home)

    def barred(top: int) -> set[str]:
        mine = set(members[top])
        found = {label for named, label in hand.banned if named & mine}
        for one, two in hand.apart:
            for here, there in ((one, two), (two, one)):
                if here & mine:
                    found |= {label_of[home] for home in there if find(home) != top}
        return found

    def put(top: int, label: str) -> None:
        for home in members[top]:
            label_of[home] = label

    for top, label in sorted(forced.items()):
        put(top, label)
    for top, homes in sorted(members.items()):
        if len(homes) > 1 and top not in forced:
            count = Counter(label_of[home] for home in homes)
            stuck = [label for label in sorted(count) if label in frozen]
            put(top, stuck[0] if stuck else min(count, key=lambda label: (-count[label], label)))
    # One after the other; who is barred from where it is goes to the nearest place that is open to it.
    named = frozenset().union(*hand.sets()) if hand.sets() else frozenset()
    tops = sorted({find(home) for home in named}, key=lambda top: (top in forced, len(members[top]), top))
    for _ in range(3):
        calm = True
        for top in tops:
            here = label_of[members[top][0]]
            if top in forced or here in frozen or here not in barred(top):
                continue
            calm = False
            closed = barred(top) | frozen
            others = [home for home, label in sorted(label_of.items()) if label not in closed and find(home) != top]
            beside = {other for home in members[top] for other in near[home]} & set(others)
            # Households barred alike move alike: first where a fellow of the same lock already went.
            index = np.array(sorted(beside) or others, dtype=np.int64)
            if len(index):
                apart = land.distances(np.array(members[top], dtype=np.int64), index)
                put(top, label_of[int(index[int(apart.min(axis=0).argmin())])])
            else:
                put(top, f"+hand{top:06d}")
        if calm:
            return


def _least(land: Ground, homes: Sequence[int], high: int) -> int:
    """The fewest households whose leaving brings a grid under its ceiling: the heaviest first."""
    excess = int(land.work[list(homes)].sum()) - high
    number = 0
    for work, count in sorted(
        ((int(land.work[home]), int(land.count[home])) for home in homes), key=lambda item: -item[0] / item[1]
    ):
        if excess <= 0:
            break
        need = min(count, -(-excess * count // work))
        number += need
        excess -= work
    return number


def _relieve(
    land: Ground,
    names: Sequence[tuple[str, str]],
    near: Sequence[Sequence[int]],
    held: dict[str, list[int]],
    label: str,
    layer: Layer,
    scheme: Scheme,
    hand: Hand,
    fixed: frozenset[int],
    frozen: frozenset[str],
    new: int,
    every: Sequence[int],
    known: Mapping[int, str],
    seed: int,
) -> int:
    """Take homes out of a swollen grid in the way that changes least."""
    homes = held[label]
    high = round(layer.high * 100)
    local = hand.within(homes)
    # What hand locks put into this grid stays in it; the lock's label would otherwise be a second grid of that name.
    options: list[tuple[tuple[int, ...], int, dict[str, list[int]]]] = []

    def offer(change: dict[str, list[int]], fresh: int) -> None:
        touched = [change[key] for key in sorted(change)]
        rest = [items for key, items in sorted(held.items()) if key not in change]
        pricer = Pricer(land, every, names, [*touched, *rest], layer, scheme, seed)
        cost = [0] * len(scheme.order)
        for part in range(len(touched)):
            cost = [one + two for one, two in zip(cost, pricer.cost([part]), strict=False)]
        moved = sum(
            int(land.count[home])
            for key, items in change.items()
            for home in items
            if known.get(home, key) != key and home not in held.get(key, ())
        )
        values = dict(zip(scheme.order, cost, strict=True))
        stray = sum(len(pieces(items, near)) - 1 for items in touched)
        first = tuple(values[name] for name in scheme.order if name in FIRST)
        last = tuple(values[name] for name in scheme.order if name not in FIRST)
        options.append(((first[0], *first[1:], stray, moved, *last), fresh, change))

    found = draw(land, homes, names, layer, scheme, local, near, seed=seed)
    if len(found.homes) > 1:
        locked = frozenset().union(*(named for named, to in hand.label if to == label)) if hand.label else frozenset()
        stay = _stays(land, found.homes, locked, known, label)
        change = {label: found.homes[stay]}
        for turn, part in enumerate([part for place, part in enumerate(found.homes) if place != stay], new + 1):
            change[f"+{turn:04d}"] = part
        offer(change, new + len(found.homes) - 1)
    # Whole atoms to a neighbour with room.
    smaller = replace(layer, high=layer.high)
    atoms = gather(land, homes, names, smaller, scheme, local, near, seed=seed).atoms
    belongs = {home: key for key, items in held.items() for home in items}
    for atom in atoms:
        if set(atom.homes) & fixed or len(atom.homes) == len(homes):
            continue
        rest = [home for home in homes if home not in set(atom.homes)]
        beside = sorted(
            {belongs[other] for home in atom.homes for other in near[home] if other in belongs} - {label} - frozen
        )
        for key in beside:
            if int(land.work[held[key]].sum()) + int(land.work[atom.homes].sum()) <= high:
                offer({label: rest, key: sorted([*held[key], *atom.homes])}, new)
    if not options:
        return new
    best = min(options, key=lambda item: (item[0], sorted(item[2])))
    held.update(best[2])
    return best[1]


def _stays(
    land: Ground, parts: Sequence[Sequence[int]], locked: frozenset[int], known: Mapping[int, str], label: str
) -> int:
    """Which part keeps the code: the one with homes locked to it, else the one with most households that were there."""

    def rank(place: int) -> tuple[int, int, int]:
        part = parts[place]
        old = sum(int(land.count[home]) for home in part if known.get(home) == label)
        return (-len(locked & set(part)), -old, part[0])

    return min(range(len(parts)), key=rank)


def _absorb(
    land: Ground,
    names: Sequence[tuple[str, str]],
    near: Sequence[Sequence[int]],
    held: dict[str, list[int]],
    label: str,
    layer: Layer,
    scheme: Scheme,
    frozen: frozenset[str],
    every: Sequence[int],
    seed: int,
) -> None:
    """A shrunken grid joins a neighbour with room, when that is better on the goals; the neighbour keeps its code."""
    belongs = {home: key for key, items in held.items() for home in items}
    beside = sorted(
        {belongs[other] for home in held[label] for other in near[home] if other in belongs} - {label} - frozen
    )
    high = round(layer.high * 100)
    best: tuple[tuple[int, ...], str] | None = None
    for key in beside:
        union = sorted([*held[key], *held[label]])
        if int(land.work[union].sum()) > high:
            continue
        rest = [items for other, items in sorted(held.items()) if other not in (key, label)]
        apart = Pricer(land, every, names, [held[key], held[label], *rest], layer, scheme, seed)
        joined = Pricer(land, every, names, [union, *rest], layer, scheme, seed)
        was = tuple(one + two for one, two in zip(apart.cost([0]), apart.cost([1]), strict=True))[:-1]
        now = joined.cost([0])[:-1]
        gain = tuple(two - one for one, two in zip(was, now, strict=True))
        if gain < tuple(0 for _ in gain) and (best is None or (gain, key) < best):
            best = (gain, key)
    if best is not None:
        held[best[1]] = sorted([*held[best[1]], *held.pop(label)])
