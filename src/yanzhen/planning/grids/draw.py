"""Drawing one layer over one area: atoms, candidate parts with their costs, the best choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.grids.atoms import Atoms, Hand, gather
from yanzhen.planning.grids.ground import Ground
from yanzhen.planning.grids.partition import Vector, choose, unions
from yanzhen.planning.grids.problem import Layer, Scheme
from yanzhen.planning.kernel.digests import tie

Ints = NDArray[np.int64]
MOST = 6000
"""Candidate parts of one area; beyond, the nearest and grown ones only (the plan is then feasible, not proven)."""


@dataclass(slots=True)
class Parts:
    """An area divided: lists of homes with the label by hand ("" = none); ``total``/``bound`` per goal in the scheme's order (None =
    not proven)."""

    homes: list[list[int]]
    labels: list[str]
    total: Vector
    bound: tuple[int | None, ...]


class Pricer:
    """What a union of atoms would cost as a grid, goal by goal, in the scheme's order (whole numbers: hundredths, households,
    decimetres), the published hash last."""

    def __init__(
        self,
        ground: Ground,
        homes: Sequence[int],
        names: Sequence[tuple[str, str]],
        atoms: Sequence[Sequence[int]],
        layer: Layer,
        scheme: Scheme,
        seed: int,
    ) -> None:
        self.ground, self.layer, self.scheme, self.seed = ground, layer, scheme, seed
        self.atoms = [np.array(sorted(items), dtype=np.int64) for items in atoms]
        every = np.array(sorted(homes), dtype=np.int64)
        self.place = {int(home): number for number, home in enumerate(every)}
        step = -(-len(every) // 2500)
        centres = every[::step] if step > 1 else every
        if step > 1:
            centres = np.unique(np.concatenate([centres, *[items[:1] for items in self.atoms]]))
        self.centres = centres
        self.sums = np.zeros((len(atoms), len(centres)), dtype=np.int64)
        self.beyond = np.zeros((len(atoms), len(centres)), dtype=np.int64)
        where = {int(home): number for number, home in enumerate(centres)}
        self.seats = [
            np.array([where[int(h)] for h in items if int(h) in where], dtype=np.int64) for items in self.atoms
        ]
        radius = round(layer.radius * 10)
        for number, items in enumerate(self.atoms):
            apart = ground.distances(items, centres)
            weight = ground.count[items]
            self.sums[number] = weight @ apart
            if radius:
                self.beyond[number] = weight @ (apart > radius)
        self.load = [int(ground.work[items].sum()) for items in self.atoms]
        self.keys = [Counter(_keys(names, items.tolist())) for items in self.atoms]
        self.hamlet = [Counter(names[int(h)][1] or f"g:{names[int(h)][0]}" for h in items) for items in self.atoms]
        self.all_keys: Counter[str] = sum(self.keys, Counter())
        self.all_hamlets: Counter[str] = sum(self.hamlet, Counter())
        self.low, self.target, self.high = (round(value * 100) for value in (layer.low, layer.target, layer.high))

    def cost(self, inside: Sequence[int]) -> Vector:
        """Of the union of these atoms."""
        load = sum(self.load[number] for number in inside)
        if len(inside) == 1:
            keys, hamlets = self.keys[inside[0]], self.hamlet[inside[0]]
        else:
            keys, hamlets = Counter(), Counter()
            for number in inside:
                keys.update(self.keys[number])
                hamlets.update(self.hamlet[number])
        cut = sum(1 for key, number in keys.items() if number < self.all_keys[key])
        mixed = len(hamlets) > 1 and any(number < self.all_hamlets[key] for key, number in hamlets.items())
        seats = np.concatenate([self.seats[number] for number in inside])
        sums = self.sums[list(inside)][:, seats].sum(axis=0)
        middle = int(seats[sums.argmin()])
        values = {
            "over": max(0, load - self.high),
            "mixed": int(mixed),
            "cut": cut,
            "far": int(self.beyond[list(inside), middle].sum()) if self.layer.radius else 0,
            "short": max(0, self.low - load),
            "balance": abs(load - self.target),
            "compact": int(sums.min()),
        }
        first = min(int(self.atoms[number][0]) for number in inside)
        last = max(int(self.atoms[number][-1]) for number in inside)
        coin = tie(self.seed, self.ground.homes[first].id, f"{self.ground.homes[last].id}|{len(inside)}") >> 44
        return (*(values[name] for name in self.scheme.order), coin)


def _keys(names: Sequence[tuple[str, str]], homes: Sequence[int]) -> list[str]:
    found = []
    for home in homes:
        group, hamlet = names[home]
        found += [key for key in (f"g:{group}" if group else "", f"h:{hamlet}" if hamlet else "") if key]
    return found


def draw(
    ground: Ground,
    homes: Sequence[int],
    names: Sequence[tuple[str, str]],
    layer: Layer,
    scheme: Scheme,
    hand: Hand,
    near: Sequence[Sequence[int]],
    *,
    seed: int,
) -> Parts:
    """The best division of ``homes`` into grids of a layer."""
    atoms = gather(ground, homes, names, layer, scheme, hand, near, seed=seed)
    pricer = Pricer(ground, homes, names, [atom.homes for atom in atoms.atoms], layer, scheme, seed)
    count = len(atoms.atoms)
    belongs = {home: number for number, atom in enumerate(atoms.atoms) for home in atom.homes}
    beside = [0] * count
    for home, number in belongs.items():
        for other in near[home]:
            to = belongs.get(other)
            if to is not None and to != number:
                beside[number] |= 1 << to
    masks, complete = unions(beside, pricer.load, pricer.high, most=MOST, allowed=atoms.allowed)
    if not complete:
        masks = _grown(masks, beside, pricer, atoms)
    result = Parts([], [], tuple(0 for _ in scheme.order), tuple(0 for _ in scheme.order))
    for members in _linked(masks, count):
        numbers = {atom: place for place, atom in enumerate(members)}
        here = [mask for mask in masks if (mask & -mask).bit_length() - 1 in numbers]
        local = [_local(mask, numbers) for mask in here]
        costs = [pricer.cost(_bits(mask)) for mask in here]
        chosen = choose(local, costs, len(members), complete=complete)
        if chosen is None:  # pragma: no cover - single atoms always cover
            raise AssertionError("single atoms cover every area")
        for part in chosen.parts:
            inside = _bits(here[part])
            result.homes.append(sorted(home for number in inside for home in atoms.atoms[number].homes))
            result.labels.append(
                next((atoms.atoms[number].label for number in inside if atoms.atoms[number].label), "")
            )
        whole = complete and all(atoms.atoms[number].piece_of < 0 for number in members)
        known = [
            value if whole else (0 if reached == 0 or scheme.order[level] not in ("over", "mixed", "cut") else None)
            for level, (value, reached) in enumerate(zip(chosen.bound[:-1], chosen.total[:-1], strict=True))
        ]
        if not whole:
            known = _floor(known, scheme, [pricer.load[number] for number in members], pricer.high, chosen.total)
        result.total = tuple(one + two for one, two in zip(result.total, chosen.total[:-1], strict=True))
        result.bound = tuple(
            None if one is None or two is None else one + two for one, two in zip(result.bound, known, strict=True)
        )
    order = sorted(range(len(result.homes)), key=lambda part: result.homes[part][0])
    result.homes = [result.homes[part] for part in order]
    result.labels = [result.labels[part] for part in order]
    return result


def _floor(known: list[int | None], scheme: Scheme, loads: Sequence[int], high: int, total: Vector) -> list[int | None]:
    """Where a group was split: what holds for any split. Nothing above the ceiling and nothing mixed is the least there is; a
    settlement above the ceiling is cut into at least two pieces."""
    result = list(known)
    for level, name in enumerate(scheme.order):
        if name in ("over", "mixed"):
            result[level] = 0
        elif name == "cut":
            result[level] = min(total[level], 2) if sum(loads) > high else 0
        elif result[level] is None:
            result[level] = 0
    return result


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        bit = mask & -mask
        mask ^= bit
        found.append(bit.bit_length() - 1)
    return found


def _local(mask: int, numbers: dict[int, int]) -> int:
    return sum(1 << numbers[atom] for atom in _bits(mask))


def _linked(masks: Sequence[int], count: int) -> list[list[int]]:
    """Atoms that some candidate joins; each such set is a problem of its own."""
    left = [1 << atom for atom in range(count)]
    for mask in masks:
        if mask & (mask - 1):
            joined, rest = mask, []
            for item in left:
                if item & mask:
                    joined |= item
                else:
                    rest.append(item)
            left = [*rest, joined]
    return sorted(_bits(mask) for mask in left)


def _grown(masks: list[int], beside: Sequence[int], pricer: Pricer, atoms: Atoms) -> list[int]:
    """Many small atoms: keep every union of up to three, and grow larger ones from each atom by nearness."""
    kept = {mask for mask in masks if mask.bit_count() <= 2}
    middles = np.array([pricer.ground.true[items].mean(axis=0) for items in pricer.atoms])
    for start in range(len(beside)):
        for style in range(3):
            mask, load, border = 1 << start, pricer.load[start], beside[start]
            while True:
                inside = _bits(mask)
                centre = middles[inside].mean(axis=0) if style != 1 else middles[start]
                options = []
                for atom in _bits(border & ~mask):
                    if load + pricer.load[atom] > pricer.high or not atoms.allowed(mask | 1 << atom):
                        continue
                    far = float(np.hypot(*(middles[atom] - centre)))
                    touching = (beside[atom] & mask).bit_count()
                    options.append((far / (1 + touching if style == 2 else 1), atom))
                if not options:
                    break
                atom = min(options)[1]
                mask |= 1 << atom
                load += pricer.load[atom]
                border |= beside[atom]
                kept.add(mask)
    return sorted(kept, key=lambda mask: (mask.bit_count(), mask))
