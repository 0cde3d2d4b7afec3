"""One village from homes to codes: grids, micro-grids, contact groups, party groups; afresh or with the least change.

Villages do not touch each other, so a county is drawn village by village, in any order and on any number of processes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from yanzhen.planning.grids.atoms import Hand, settlements
from yanzhen.planning.grids.contact import Contacts, Group, Seat, contacts, regroup, seats_of
from yanzhen.planning.grids.draw import Parts, Pricer, draw
from yanzhen.planning.grids.ground import Ground, ground, pieces
from yanzhen.planning.grids.party import party_groups
from yanzhen.planning.grids.problem import Barrier, Crossing, Home, Layer, Place, Scheme, Village
from yanzhen.planning.grids.redraw import Settled, settle


@dataclass(frozen=True, slots=True)
class Task:
    """A village to draw. ``before``: household (or part) → its earlier finest code; ``moved``: homes that stand elsewhere now;
    ``hand``: locks as sets of home ids; ``frozen``: codes of grids that stay as they are; ``persons``: earlier contact group →
    household; ``proof``: none, bound or exact; ``quick``: one start only (time is short);
    ``enough``: see :func:`~yanzhen.planning.grids.kmedoid.divide`."""

    village: Village
    homes: tuple[Home, ...]
    barriers: tuple[Barrier, ...]
    crossings: tuple[Crossing, ...]
    degrees: bool
    scheme: Scheme
    seed: int
    hand: tuple[tuple[str, frozenset[str], str | frozenset[str]], ...] = ()
    frozen: frozenset[str] = frozenset()
    before: Mapping[str, str] = field(default_factory=dict)
    moved: frozenset[str] = frozenset()
    retired: tuple[str, ...] = ()
    persons: Mapping[str, str] = field(default_factory=dict)
    proof: str = "none"
    quick: bool = False
    enough: int = 5
    keep: bool = True


@dataclass(frozen=True, slots=True)
class GridFacts:
    """A drawn grid (or micro-grid) in figures. ``pieces``: numbers of households of its separate pieces, the largest first;
    ``stray``: homes of the smaller pieces; ``far``: households beyond the radius; ``reach``: metres from the middle to the farthest;
    ``missed``: workload above the ceiling (+) or below the floor (-)."""

    code: str
    homes: int
    households: int
    work: float
    members: int
    groups: tuple[str, ...]
    hamlets: tuple[str, ...]
    middle: str
    reach: float
    far: int
    pieces: tuple[int, ...]
    stray: tuple[str, ...]
    missed: float
    mixed: bool
    cut: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A contact group: its code, households, the proposed person and why, metres to the middle on average."""

    code: str
    households: int
    person: str
    why: str
    short: int


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """A party group: its number in the village, the grids, full members, whether they are enough."""

    code: str
    grids: tuple[str, ...]
    members: int
    enough: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came out for a village. ``values``/``bounds`` by goal of the grid layer; ``walk``, ``contact_short`` of the contact layer;
    ``changed``: households whose code differs from before; ``must``: the least number that had to change grid."""

    village: str
    places: tuple[Place, ...]
    grids: tuple[GridFacts, ...]
    micros: tuple[GridFacts, ...]
    groups: tuple[GroupFacts, ...]
    party: tuple[PartyFacts, ...]
    values: Mapping[str, int]
    bounds: Mapping[str, int | None]
    micro_values: Mapping[str, int]
    walk: int
    walk_bound: int | None
    contact_short: int
    contact_bound: int | None
    moved: int
    must: int
    outside: Mapping[str, float]
    hull: bool
    broken: tuple[tuple[str, str], ...] = ()


def draw_village(task: Task) -> Drawn:
    """Draw one village."""
    land = ground(task.village, task.homes, task.barriers, task.crossings, task.degrees)
    names = settlements(land, task.scheme.settle)
    near = land.neighbours()
    number = {home.id: place for place, home in enumerate(land.homes)}
    hand = _hand(task, number)
    before = _before(task, land)
    grids, total, bound, must, broken = _grids(task, land, names, near, hand, before)
    codes = _codes(
        [group for group, _ in grids],
        [label for _, label in grids],
        land,
        names,
        task.village.code,
        task.scheme.grid.digits,
        task,
        hand,
    )
    lines: list[Place] = []
    micro_facts: list[GridFacts] = []
    group_facts: list[GroupFacts] = []
    micro_values: dict[str, int] = defaultdict(int)
    short_bound: int | None = 0
    walk, short, walk_bound = 0, 0, 0 if task.proof != "none" and not before else None
    for (homes, _), code in sorted(zip(grids, codes, strict=True), key=lambda item: item[1]):
        areas = [(homes, "")]
        if task.scheme.micro is not None:
            parts, labels, values = _micro(task, land, names, near, homes, code, before)
            micro_codes = _codes(parts, labels, land, names, code, task.scheme.micro.digits, task)
            areas = sorted(zip(parts, micro_codes, strict=True), key=lambda item: item[1])
            micro_facts += _facts(land, names, near, parts, micro_codes, task.scheme.micro)
            for key, value in values.items():
                micro_values[key] += value
        for inside, micro in areas:
            made, kept = _contact(task, land, names, inside, before)
            walk += made.walk
            short += made.short
            short_bound = None if short_bound is None or made.short_bound is None else short_bound + made.short_bound
            walk_bound = None if walk_bound is None or made.bound is None else walk_bound + made.bound
            prefix = micro or code
            sequence = _codes(
                [[seat[0] for seat in group.seats] for group in made.groups],
                [kept.get(place, "") for place in range(len(made.groups))],
                land, names, prefix, task.scheme.contact.digits, task,
            )  # fmt: skip
            for group, contact in zip(made.groups, sequence, strict=True):
                _keep_person(task, land, group, contact)
                lines += [Place(_seat_id(land, seat), task.village.code, code, micro, contact) for seat in group.seats]
                group_facts.append(
                    GroupFacts(
                        contact,
                        len(group.seats),
                        "" if group.person is None else _seat_id(land, group.person),
                        group.why,
                        max(0, int(task.scheme.contact.low) - len(group.seats)),
                    )
                )
    parts = [homes for homes, _ in grids]
    facts = _facts(land, names, near, parts, codes, task.scheme.grid)
    moved = sum(1 for line in lines if task.before.get(line.home) and not task.before[line.home].startswith(line.grid))
    return Drawn(
        task.village.code,
        tuple(sorted(lines, key=lambda line: line.home)),
        tuple(sorted(facts, key=lambda fact: fact.code)),
        tuple(sorted(micro_facts, key=lambda fact: fact.code)),
        tuple(sorted(group_facts, key=lambda fact: fact.code)),
        _party(task, land, near, parts, codes),
        dict(zip(task.scheme.order, total, strict=True)),
        dict(zip(task.scheme.order, bound, strict=True)),
        dict(micro_values),
        walk,
        walk_bound,
        short,
        short_bound,
        moved,
        must,
        {land.homes[place].id: metres for place, metres in sorted(land.outside.items())},
        land.hull,
        broken,
    )


def _seat_id(land: Ground, seat: Seat) -> str:
    home = land.homes[seat[0]]
    return home.id if home.households == 1 else f"{home.id}#{seat[1] + 1}"


def _hand(task: Task, number: Mapping[str, int]) -> Hand:
    def places(ids: frozenset[str]) -> frozenset[int]:
        return frozenset(number[item] for item in ids if item in number)

    label: list[tuple[frozenset[int], str]] = []
    banned: list[tuple[frozenset[int], str]] = []
    together: list[tuple[frozenset[int], frozenset[int]]] = []
    apart: list[tuple[frozenset[int], frozenset[int]]] = []
    for kind, subject, target in task.hand:
        mine = places(subject)
        if not mine:
            continue
        if isinstance(target, str):
            (label if kind == "fix" else banned).append((mine, target))
        elif places(target):
            (together if kind == "fix" else apart).append((mine, places(target)))
    return Hand(tuple(label), tuple(banned), tuple(together), tuple(apart))


def _before(task: Task, land: Ground) -> dict[Seat, str]:
    """Earlier finest code of each household that did not move."""
    found: dict[Seat, str] = {}
    if not task.before:
        return found
    for seat in seats_of(land, range(land.size)):
        home = land.homes[seat[0]]
        code = task.before.get(_seat_id(land, seat)) or (task.before.get(home.id) if home.households > 1 else None)
        if code and home.id not in task.moved:
            found[seat] = code
    return found


def _grids(
    task: Task,
    land: Ground,
    names: Sequence[tuple[str, str]],
    near: Sequence[Sequence[int]],
    hand: Hand,
    before: Mapping[Seat, str],
) -> tuple[list[tuple[list[int], str]], tuple[int, ...], tuple[int | None, ...], int, tuple[tuple[str, str], ...]]:
    """Grids as homes with the label that each keeps ("" = new)."""
    scheme = task.scheme
    width = 12 + scheme.grid.digits
    known = {seat[0]: code[:width] for seat, code in before.items()}
    if before and task.keep:
        settled: Settled = settle(
            land, names, near, known, scheme.grid, scheme, hand, task.frozen, _lost(task, land, width), seed=task.seed
        )
        parts = [(homes, label) for homes, label in zip(settled.parts, settled.labels, strict=True)]
        total = _measure(land, names, [homes for homes, _ in parts], scheme.grid, scheme, task.seed)
        bound = tuple(0 if value == 0 else None for value in total)
        return parts, total, bound, settled.must, settled.broken
    free = [home for home in range(land.size) if home not in known]
    if known:  # afresh around frozen grids
        kept: dict[str, list[int]] = defaultdict(list)
        for home, label in known.items():
            kept[label].append(home)
        drawn = draw(land, free, names, scheme.grid, scheme, hand.within(free), near, seed=task.seed)
        parts = [
            *zip(drawn.homes, drawn.labels, strict=True),
            *((sorted(homes), label) for label, homes in sorted(kept.items())),
        ]
        total = _measure(land, names, [homes for homes, _ in parts], scheme.grid, scheme, task.seed)
        return parts, total, tuple(0 if value == 0 else None for value in total), 0, ()
    found: Parts = draw(land, free, names, scheme.grid, scheme, hand, near, seed=task.seed)
    return list(zip(found.homes, found.labels, strict=True)), found.total, found.bound, 0, ()


def _lost(task: Task, land: Ground, width: int) -> frozenset[str]:
    """Grids that households left (gone, or standing elsewhere now)."""
    here = {_seat_id(land, seat) for seat in seats_of(land, range(land.size))}
    here |= {home.id for home in land.homes}
    return frozenset(
        code[:width] for key, code in task.before.items() if key not in here or key.split("#")[0] in task.moved
    )


def _measure(
    land: Ground,
    names: Sequence[tuple[str, str]],
    parts: Sequence[Sequence[int]],
    layer: Layer,
    scheme: Scheme,
    seed: int,
) -> tuple[int, ...]:
    pricer = Pricer(land, range(land.size), names, parts, layer, scheme, seed)
    costs = [pricer.cost([part]) for part in range(len(parts))]
    return tuple(sum(cost[level] for cost in costs) for level in range(len(scheme.order)))


def _micro(
    task: Task,
    land: Ground,
    names: Sequence[tuple[str, str]],
    near: Sequence[Sequence[int]],
    homes: Sequence[int],
    code: str,
    before: Mapping[Seat, str],
) -> tuple[list[list[int]], list[str], dict[str, int]]:
    layer, scheme = task.scheme.micro, task.scheme
    assert layer is not None  # noqa: S101 - for the type checker
    width = 12 + scheme.grid.digits + layer.digits
    inside = set(homes)
    known = {seat[0]: label[:width] for seat, label in before.items() if seat[0] in inside and len(label) >= width}
    if known:
        settled = settle(
            land,
            names,
            near,
            known,
            layer,
            scheme,
            Hand(),
            frozenset({code} & task.frozen),
            _lost(task, land, width),
            homes=homes,
            seed=task.seed,
        )
        parts, labels = settled.parts, settled.labels
    else:
        found = draw(land, homes, names, layer, scheme, Hand(), near, seed=task.seed)
        parts, labels = found.homes, ["" for _ in found.homes]
    pricer = Pricer(land, homes, names, parts, layer, scheme, task.seed)
    costs = [pricer.cost([part]) for part in range(len(parts))]
    values = {name: sum(cost[level] for cost in costs) for level, name in enumerate(scheme.order)}
    return parts, labels, values


def _contact(
    task: Task, land: Ground, names: Sequence[tuple[str, str]], homes: Sequence[int], before: Mapping[Seat, str]
) -> tuple[Contacts, dict[int, str]]:
    layer = task.scheme.contact
    inside = set(homes)
    width = 12 + sum(item.digits for _, item in task.scheme.layers())
    known = {seat: label for seat, label in before.items() if seat[0] in inside and len(label) == width}
    if known:
        lost = _lost(task, land, width)
        # Who left this area for another one is lost to the group as well.
        lost |= {label for seat, label in before.items() if seat[0] not in inside}
        return regroup(land, homes, names, layer, known, lost, seed=task.seed)
    return contacts(
        land, homes, names, layer, seed=task.seed, starts=1 if task.quick else 0, enough=task.enough, proof=task.proof
    ), {}


def _keep_person(task: Task, land: Ground, group: Group, code: str) -> None:
    was = task.persons.get(code, "")
    for seat in group.seats:
        if was and _seat_id(land, seat) == was and land.homes[seat[0]].willing != "no":
            group.person, group.why = seat, "kept"


def _codes(
    parts: Sequence[Sequence[int]],
    labels: Sequence[str],
    land: Ground,
    names: Sequence[tuple[str, str]],
    prefix: str,
    digits: int,
    task: Task,
    hand: Hand | None = None,
) -> list[str]:
    """Kept labels stay; new ones get the next number that was never used (and that no lock forbids them), in the order of groups."""
    width = len(prefix) + digits
    used = {code[:width] for code in (*task.before.values(), *task.retired) if code.startswith(prefix)}
    used |= {label[:width] for label in labels if label}
    result = ["" for _ in parts]
    for place, label in enumerate(labels):
        if label and label.startswith(prefix):
            result[place] = label[:width]
    taken = {int(code[len(prefix) :]) for code in used if code[len(prefix) :].isdigit()}

    def rank(place: int) -> tuple[int, str, str, int]:
        first = min((_natural(names[home][0] or names[home][1]), land.homes[home].id) for home in parts[place])
        return (first[0][0], first[0][1], first[1], place)

    first = max(taken) if taken and task.before else 0
    for place in sorted((place for place, code in enumerate(result) if not code), key=rank):
        inside = set(parts[place])
        barred = {label for named, label in hand.banned if named & inside} if hand is not None else set()
        turn = first + 1
        while turn in taken or f"{prefix}{turn:0{digits}d}" in barred:
            turn += 1
        taken.add(turn)
        result[place] = f"{prefix}{turn:0{digits}d}"
    return result


def _natural(words: str) -> tuple[int, str]:
    figures = "".join(letter for letter in words if letter.isdigit())
    return (int(figures) if figures and figures.isascii() else 10**9, words)


def _facts(
    land: Ground,
    names: Sequence[tuple[str, str]],
    near: Sequence[Sequence[int]],
    parts: Sequence[Sequence[int]],
    codes: Sequence[str],
    layer: Layer,
) -> list[GridFacts]:
    where: dict[str, set[int]] = defaultdict(set)
    for number, homes in enumerate(parts):
        for home in homes:
            for kind, name in zip("gh", names[home], strict=True):
                if name:
                    where[kind + name].add(number)
    facts = []
    for number, (homes, code) in enumerate(zip(parts, codes, strict=True)):
        index = np.array(homes, dtype=np.int64)
        apart = land.distances(index)
        weight = land.count[index]
        middle = int((weight @ apart).argmin())
        work = int(land.work[index].sum())
        separate = pieces(homes, near)
        groups = {names[home][0] for home in homes} - {""}
        hamlets = {names[home][1] for home in homes} - {""}
        cut = sorted(
            {*(g for g in groups if len(where["g" + g]) > 1), *(h for h in hamlets if len(where["h" + h]) > 1)}
        )
        low, high = round(layer.low * 100), round(layer.high * 100)
        named = {names[home][1] or names[home][0] for home in homes}
        facts.append(
            GridFacts(
                code,
                len(homes),
                int(weight.sum()),
                work / 100,
                sum(land.homes[home].members for home in homes),
                tuple(sorted(groups, key=_natural)),
                tuple(sorted(hamlets)),
                land.homes[homes[middle]].id,
                round(float(apart[middle].max()) / 10, 1),
                int(weight @ (apart[middle] > round(layer.radius * 10))) if layer.radius else 0,
                tuple(int(land.count[piece].sum()) for piece in separate),
                tuple(sorted(land.homes[home].id for piece in separate[1:] for home in piece)),
                max(0, work - high) / 100 if work > high else -max(0, low - work) / 100,
                len(named) > 1 and any(len(where[("h" if name in hamlets else "g") + name]) > 1 for name in named),
                tuple(cut),
            )
        )
        del number
    return facts


def _party(
    task: Task, land: Ground, near: Sequence[Sequence[int]], parts: Sequence[Sequence[int]], codes: Sequence[str]
) -> tuple[PartyFacts, ...]:
    order = sorted(range(len(parts)), key=lambda number: codes[number])
    belongs = {home: place for place, number in enumerate(order) for home in parts[number]}
    beside = [0] * len(order)
    for home, place in belongs.items():
        for other in near[home]:
            if belongs[other] != place:
                beside[place] |= 1 << belongs[other]
    middles = np.array([land.true[list(parts[number])].mean(axis=0) for number in order])
    apart = np.rint(np.hypot(*(middles[:, None] - middles[None]).transpose(2, 0, 1))).astype(int).tolist()
    members = [sum(land.homes[home].members for home in parts[number]) for number in order]
    made = party_groups(members, beside, apart, task.scheme.party_low, list(range(len(order))))
    return tuple(
        PartyFacts(
            f"{task.village.code}-{turn:02d}",
            tuple(codes[order[place]] for place in group.grids),
            group.members,
            group.enough,
        )
        for turn, group in enumerate(made, 1)
    )
