"""Contact groups 联户组: about ten households near each other, inside one grid and, where numbers allow, one villager group;
each with one contact person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.grids.ground import Ground
from yanzhen.planning.grids.kmedoid import divide, group_count
from yanzhen.planning.grids.problem import Layer
from yanzhen.planning.grids.proof import prove

Ints = NDArray[np.int64]
Seat = tuple[int, int]
"""A household: number of its home on the ground, number of the household in a building (0 for a house of its own)."""


@dataclass(slots=True)
class Group:
    """Households of a contact group; ``person``: who is proposed and ``why`` (yes = willing, member = party member, near = nearest
    to the middle, kept = as before, none = nobody may)."""

    seats: list[Seat]
    person: Seat | None = None
    why: str = "none"


@dataclass(slots=True)
class Contacts:
    """The contact groups of an area. ``walk``: decimetres of all households to their group's middle; ``bound``: none can be below
    it with the same number of groups in each unit (None = not asked); ``short``: households missing to the floor, and the least
    that any division of the same units has (low times the fewest groups, less the members)."""

    groups: list[Group] = field(default_factory=list)
    walk: int = 0
    bound: int | None = 0
    short: int = 0
    short_bound: int | None = 0


def seats_of(ground: Ground, homes: Sequence[int]) -> list[Seat]:
    """Households of homes; a building with several counts each."""
    return [(home, turn) for home in homes for turn in range(int(ground.count[home]))]


def units(ground: Ground, homes: Sequence[int], names: Sequence[tuple[str, str]], layer: Layer) -> list[list[Seat]]:
    """Whom to divide together: villager groups; one whose number cannot be divided within the bounds joins the nearest of its
    natural village (then of the area)."""
    low, target, high = int(layer.low), layer.target, int(layer.high)
    del target
    cells: dict[tuple[str, str], list[int]] = defaultdict(list)
    for home in homes:
        group, hamlet = names[home]
        cells[(hamlet, group)].append(home)
    parts = [(key, sorted(cells[key])) for key in sorted(cells)]

    def count(items: Sequence[int]) -> int:
        return int(ground.count[list(items)].sum())

    def fits(number: int) -> bool:
        return -(-number // high) <= number // low

    while len(parts) > 1:
        bad = [index for index, (_, items) in enumerate(parts) if not fits(count(items))]
        if not bad:
            break
        index = min(bad, key=lambda item: (count(parts[item][1]), parts[item][1][0]))
        key, items = parts[index]
        best: tuple[tuple[int, int, int, int], int] | None = None
        for other, (name, others) in enumerate(parts):
            if other == index:
                continue
            apart = int(ground.distances(np.array(items), np.array(others)).min())
            joined = count(items) + count(others)
            rank = (int(name[0] != key[0]), int(not fits(joined)), apart, other)
            if best is None or rank < best[0]:
                best = (rank, other)
        assert best is not None  # noqa: S101 - for the type checker
        if best[0][1] and count(items) >= low:
            break  # joining would not help: a small group more is better than mixing villager groups
        if best[0][2] > 6000:
            break  # more than 600 m: left as it is, and flagged
        parts[best[1]] = (parts[best[1]][0], sorted([*parts[best[1]][1], *items]))
        del parts[index]
    return [seats_of(ground, items) for _, items in parts]


def contacts(
    ground: Ground,
    homes: Sequence[int],
    names: Sequence[tuple[str, str]],
    layer: Layer,
    *,
    seed: int,
    starts: int = 0,
    enough: int = 5,
    proof: str = "none",
) -> Contacts:
    """Contact groups of an area (a grid or micro-grid). ``proof``: none, bound (Lagrangian) or exact (HiGHS on top)."""
    result = Contacts()
    low, high = int(layer.low), int(layer.high)
    for seats in units(ground, homes, names, layer):
        index = np.array([home for home, _ in seats], dtype=np.int64)
        distance = ground.distances(index)
        found = divide(distance, low, max(1, round(layer.target)), high, seed=seed, starts=starts, enough=enough)
        number, floor, ceiling = group_count(len(seats), low, max(1, round(layer.target)), high)
        labels, cost = found.labels, found.cost
        if proof == "none":
            result.bound = None
        else:
            small = len(seats) <= 130
            proven = prove(
                distance,
                number,
                ceiling,
                low=floor,
                upper=cost,
                exact=proof == "exact" and small,
                seconds=4.0,
                gap=1e-4,
                nodes=400,
            )
            if proven.labels is not None:
                labels, cost = proven.labels, proven.cost
            if result.bound is not None:
                result.bound += proven.bound
        result.walk += cost
        if result.short_bound is not None:
            result.short_bound += max(0, low * -(-len(seats) // high) - len(seats))
        for label in range(number):
            inside = [seats[place] for place in np.flatnonzero(labels == label)]
            if inside:
                result.groups.append(Group(inside))
                result.short += max(0, low - len(inside))
    result.groups.sort(key=lambda group: group.seats[0])
    for group in result.groups:
        group.person, group.why = person(ground, group.seats)
    return result


def person(ground: Ground, seats: Sequence[Seat], before: Seat | None = None) -> tuple[Seat | None, str]:
    """Who is proposed: as before; else who said yes; else a party member; else anybody not unwilling; nearest to all of equals."""
    if before is not None and before in seats and ground.homes[before[0]].willing != "no":
        return before, "kept"
    index = np.array([home for home, _ in seats], dtype=np.int64)
    sums = ground.distances(index).sum(axis=1)
    best: tuple[tuple[int, int, Seat], str] | None = None
    for place, seat in enumerate(seats):
        home = ground.homes[seat[0]]
        if home.willing == "no":
            continue
        rank, why = (0, "yes") if home.willing == "yes" else (1, "member") if home.members else (2, "near")
        key = (rank, int(sums[place]), seat)
        if best is None or key < best[0]:
            best = (key, why)
    return (None, "none") if best is None else (best[0][2], best[1])


def regroup(
    ground: Ground,
    homes: Sequence[int],
    names: Sequence[tuple[str, str]],
    layer: Layer,
    before: Mapping[Seat, str],
    lost: frozenset[str],
    *,
    seed: int,
) -> tuple[Contacts, dict[int, str]]:
    """Contact groups with the least change: known households stay in their group, new ones join the nearest with room, only a
    group above the ceiling is divided, one that lost households and fell below the floor joins its neighbour if that has room.

    Returns the groups and, by number of the group, the label (earlier code) that it keeps.
    """
    low, high = int(layer.low), int(layer.high)
    held: dict[str, list[Seat]] = defaultdict(list)
    loose: list[Seat] = []
    for seat in seats_of(ground, homes):
        label = before.get(seat, "")
        (held[label] if label else loose).append(seat)
    if not held:
        return contacts(ground, homes, names, layer, seed=seed), {}
    homeless: list[Seat] = []
    for seat in loose:
        rank = []
        for label in sorted(held):
            index = np.array([home for home, _ in held[label]], dtype=np.int64)
            near = int(ground.distances(np.array([seat[0]]), index).mean())
            same = any(names[home] == names[seat[0]] for home in index)
            rank.append((int(not same), int(len(held[label]) >= high), near, label))
        best = min(rank)
        if best[1]:
            homeless.append(seat)
        else:
            held[best[3]].append(seat)
    if homeless:  # no room near by: with those who are, or a group of their own
        if len(homeless) >= low:
            held[""] = homeless
        else:
            for seat in homeless:
                near_by = [
                    (int(ground.distances(np.array([seat[0]]), np.array([h for h, _ in held[label]])).mean()), label)
                    for label in sorted(held)
                ]
                held[min(near_by)[1]].append(seat)
    for label in sorted(lost & set(held)):
        if len(held[label]) >= low or len(held) < 2:
            continue
        mine = np.array([home for home, _ in held[label]], dtype=np.int64)
        options = [
            (int(ground.distances(mine, np.array([home for home, _ in held[other]])).mean()), other)
            for other in sorted(held)
            if other != label and len(held[other]) + len(mine) <= high
        ]
        if options and min(options)[0] <= 6000:
            held[min(options)[1]] += held.pop(label)
    result, keeps = Contacts(bound=None, short_bound=None), {}
    made: list[tuple[list[Seat], str]] = []
    for label in sorted(held):
        seats = sorted(held[label])
        if len(seats) <= high:
            made.append((seats, label))
            continue
        index = np.array([home for home, _ in seats], dtype=np.int64)
        found = divide(ground.distances(index), low, max(1, round(layer.target)), high, seed=seed)
        parts = [[seats[place] for place in np.flatnonzero(found.labels == number)] for number in range(found.count)]
        parts.sort(key=lambda part: (-sum(before.get(seat) == label for seat in part), part[0]))
        made += [(part, label if place == 0 else "") for place, part in enumerate(parts)]
    made.sort(key=lambda item: item[0][0])
    for number, (seats, label) in enumerate(made):
        group = Group(seats)
        group.person, group.why = person(ground, seats)
        result.groups.append(group)
        result.short += max(0, low - len(seats))
        index = np.array([home for home, _ in seats], dtype=np.int64)
        result.walk += int(ground.distances(index).sum(axis=0).min())
        if label:
            keeps[number] = label
    return result, keeps
