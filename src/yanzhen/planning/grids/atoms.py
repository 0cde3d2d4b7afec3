"""Atoms: what a grid may not cut. Villager groups, or natural villages, or settlements found by distance; refined by hand locks.

*Hamlet first*: a natural village (with the groups that live in it) that fits under the ceiling is one atom. Only a larger one is
opened into its groups, and only a group that is itself too large is split.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.grids.ground import Ground, Tree
from yanzhen.planning.grids.problem import Layer, Scheme
from yanzhen.planning.grids.split import piece_count, split

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hand:
    """What was settled by hand, as sets of homes (numbers of the ground): ``label`` a grid for them, ``banned`` grids,
    ``together``/``apart`` pairs of sets."""

    label: tuple[tuple[frozenset[int], str], ...] = ()
    banned: tuple[tuple[frozenset[int], str], ...] = ()
    together: tuple[tuple[frozenset[int], frozenset[int]], ...] = ()
    apart: tuple[tuple[frozenset[int], frozenset[int]], ...] = ()

    def sets(self) -> list[frozenset[int]]:
        """Every set of homes that a lock names."""
        pairs = [item for pair in (*self.together, *self.apart) for item in pair]
        return [*(item for item, _ in self.label), *(item for item, _ in self.banned), *pairs]

    def within(self, homes: Iterable[int]) -> Hand:
        """Only what concerns these homes."""
        here = frozenset(homes)
        return Hand(
            tuple((item & here, label) for item, label in self.label if item & here),
            tuple((item & here, label) for item, label in self.banned if item & here),
            tuple((one & here, two & here) for one, two in self.together if one & here and two & here),
            tuple((one & here, two & here) for one, two in self.apart if one & here and two & here),
        )


@dataclass(slots=True)
class Atom:
    """Homes that stay together. ``cluster``: the natural village (with its groups) it belongs to; ``piece_of``: the group that was
    too large, or -1; ``label``: the grid it is locked to; ``banned``: grids it may not go to; ``bound``: put together by hand."""

    homes: list[int]
    cluster: int
    piece_of: int = -1
    label: str = ""
    banned: frozenset[str] = frozenset()
    bound: bool = False


@dataclass(slots=True)
class Atoms:
    """The atoms of an area with what forbids their union, as bit masks. ``opened``: clusters that are no single atom;
    ``split``: groups that were too large (their homes)."""

    atoms: list[Atom]
    opened: set[int]
    split: list[list[int]] = field(default_factory=list)
    apart: list[tuple[int, int]] = field(default_factory=list)

    def allowed(self, mask: int) -> bool:
        """Whether these atoms may share a grid."""
        clusters: set[int] = set()
        opened = by_hand = False
        labels: set[str] = set()
        banned: set[str] = set()
        cut: set[int] = set()
        rest = mask
        while rest:
            bit = rest & -rest
            rest ^= bit
            atom = self.atoms[bit.bit_length() - 1]
            clusters.add(atom.cluster)
            opened = opened or atom.cluster in self.opened
            by_hand = by_hand or atom.bound or bool(atom.label)
            if atom.label:
                labels.add(atom.label)
            banned |= atom.banned
            if atom.piece_of >= 0:
                if atom.piece_of in cut:
                    return False
                cut.add(atom.piece_of)
        if len(labels) > 1 or labels & banned:
            return False
        if opened and len(clusters) > 1 and not by_hand:
            return False
        return not any(mask & one and mask & two for one, two in self.apart)


def settlements(ground: Ground, settle: float) -> list[tuple[str, str]]:
    """(group, hamlet) of each home; homes with neither get a settlement by distance (single link), named ``~1``, ``~2`` …"""
    names = [(home.group, home.hamlet) for home in ground.homes]
    loose = np.array([index for index, name in enumerate(names) if name == ("", "")], dtype=np.int64)
    if len(loose):
        root = list(range(len(loose)))

        def find(item: int) -> int:
            while root[item] != item:
                root[item] = root[root[item]]
                item = root[item]
            return item

        for one, two in Tree(ground.true[loose]).query_pairs(settle):
            if ground.block[loose[one]] == ground.block[loose[two]]:
                low, high = sorted((find(one), find(two)))
                root[high] = low
        number: dict[int, int] = {}
        for place, index in enumerate(loose.tolist()):
            turn = number.setdefault(find(place), len(number) + 1)
            names[index] = ("", f"~{turn}")
    return names


def gather(
    ground: Ground,
    homes: Sequence[int],
    names: Sequence[tuple[str, str]],
    layer: Layer,
    scheme: Scheme,
    hand: Hand,
    near: Sequence[Sequence[int]],
    *,
    seed: int,
) -> Atoms:
    """The atoms of an area."""
    high = round(layer.high * 100)
    first = scheme.order[:3]
    whole = {"over", "mixed", "cut"} == set(first)
    groups: dict[str, list[int]] = defaultdict(list)
    for home in homes:
        group, hamlet = names[home]
        groups[f"g:{group}" if group else f"h:{hamlet}"].append(home)
    refined = [groups[key] for key in sorted(groups)]
    for named in hand.sets():
        refined = [part for cell in refined for part in _cut(cell, named)]
    cluster_of = _clusters(refined, names)
    touched = frozenset().union(*hand.sets()) if hand.sets() else frozenset()
    by_cluster: dict[int, list[list[int]]] = defaultdict(list)
    for cell, cluster in zip(refined, cluster_of, strict=True):
        by_cluster[cluster].append(cell)
    result = Atoms([], set())
    for cluster in sorted(by_cluster):
        cells = by_cluster[cluster]
        everyone = sorted(home for cell in cells for home in cell)
        if whole and int(ground.work[everyone].sum()) <= high and not touched & set(everyone):
            result.atoms.append(Atom(everyone, cluster))
            continue
        if whole:
            result.opened.add(cluster)
        for cell in cells:
            load = int(ground.work[cell].sum())
            if load <= high or len(cell) == 1:
                result.atoms.append(Atom(cell, cluster))
                continue
            number = len(result.split)
            result.split.append(cell)
            count = piece_count(load, round(layer.low * 100), round(layer.target * 100), high)
            members = np.array(cell, dtype=np.int64)
            inside = {home: place for place, home in enumerate(cell)}
            local = [[inside[other] for other in near[home] if other in inside] for home in cell]
            labels = split(
                ground.distances(members), ground.work[members], local, count, round(layer.low * 100), high, seed=seed
            )
            for label in range(count):
                piece = members[labels == label].tolist()
                if piece:
                    result.atoms.append(Atom(piece, cluster, number))
    _by_hand(result, hand)
    return result


def _cut(cell: list[int], named: frozenset[int]) -> list[list[int]]:
    inside = [home for home in cell if home in named]
    if not inside or len(inside) == len(cell):
        return [cell]
    return [inside, [home for home in cell if home not in named]]


def _clusters(cells: Sequence[list[int]], names: Sequence[tuple[str, str]]) -> list[int]:
    """Cells that share a group or a natural village belong together."""
    root = list(range(len(cells)))

    def find(item: int) -> int:
        while root[item] != item:
            root[item] = root[root[item]]
            item = root[item]
        return item

    held: dict[str, int] = {}
    for number, cell in enumerate(cells):
        for home in cell:
            group, hamlet = names[home]
            for key in (f"g:{group}" if group else "", f"h:{hamlet}" if hamlet else ""):
                if key:
                    low, high = sorted((find(held.setdefault(key, number)), find(number)))
                    root[high] = low
    return [find(number) for number in range(len(cells))]


def _by_hand(result: Atoms, hand: Hand) -> None:
    """Merge what is locked into one grid or together; note labels, bans and what must stay apart."""
    atoms = result.atoms
    root = list(range(len(atoms)))

    def find(item: int) -> int:
        while root[item] != item:
            root[item] = root[root[item]]
            item = root[item]
        return item

    def holding(named: frozenset[int]) -> list[int]:
        return [number for number, atom in enumerate(atoms) if named & set(atom.homes)]

    joined: set[int] = set()
    by_label: dict[str, list[int]] = defaultdict(list)
    for named, label in hand.label:
        by_label[label] += holding(named)
    for numbers in [*by_label.values(), *(holding(one) + holding(two) for one, two in hand.together)]:
        for number in numbers[1:]:
            low, high = sorted((find(numbers[0]), find(number)))
            root[high] = low
        joined |= set(numbers) if len(set(numbers)) > 1 else set()
    label_of = {number: label for label, numbers in by_label.items() for number in numbers}
    merged: dict[int, Atom] = {}
    place: dict[int, int] = {}
    for number, atom in enumerate(atoms):
        top = find(number)
        if top not in merged:
            place[top] = len(merged)
            merged[top] = Atom(list(atom.homes), atom.cluster, atom.piece_of, "", frozenset(), number in joined)
        else:
            merged[top].homes = sorted([*merged[top].homes, *atom.homes])
            merged[top].bound = True
        merged[top].label = merged[top].label or label_of.get(number, "")
    for named, label in hand.banned:
        for number in holding(named):
            whole = merged[find(number)]
            whole.banned = whole.banned | {label}
    masks = []
    for one, two in hand.apart:
        first = sum({1 << place[find(number)] for number in holding(one)})
        second = sum({1 << place[find(number)] for number in holding(two)})
        masks.append((first, second))
    result.atoms = list(merged.values())
    result.apart = masks
