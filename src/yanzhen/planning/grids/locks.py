"""Locks by hand: what each one names, where two contradict each other, and which to give up when they do."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from yanzhen.planning.grids.problem import Problem
from yanzhen.planning.kernel.findings import Finding
from yanzhen.planning.kernel.records import Lock
from yanzhen.planning.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Held:
    """A lock with what it names: ``homes`` (ids) of the subject, ``others`` of the object when that is no grid, ``grids`` codes."""

    lock: Lock
    homes: frozenset[str]
    others: frozenset[str] = frozenset()
    grids: frozenset[str] = frozenset()
    village: str = ""


def resolve(problem: Problem) -> tuple[list[Held], list[Finding]]:
    """Every lock with the homes and grids it names, and what is wrong with the names."""
    index = _index(problem)
    held: list[Held] = []
    found: list[Finding] = []
    width = 12 + problem.scheme.grid.digits
    earlier = problem.earlier.assigned if problem.earlier is not None else {}
    in_grid: dict[str, set[str]] = defaultdict(set)
    for key, code in earlier.items():
        in_grid[code[:width]].add(key.split("#")[0])
    village_of = {home.id: home.village for home in problem.homes}
    for lock in problem.locks:
        name = f"{lock.subject} → {lock.object}" if lock.object else lock.subject

        def wrong(rule: str, text: Text, name: str = name) -> None:
            found.append(Finding(rule, Text(f"锁定“{name}”：", f"lock “{name}”: ") + text, key=name))

        if lock.kind == "freeze":
            kind, _, code = lock.subject.partition(":")
            if kind not in ("grid", "village") or not code:
                wrong(
                    "grids.lock.subject",
                    Text("冻结的对象应是 grid:代码 或 village:代码", "freeze names grid:CODE or village:CODE"),
                )
                continue
            codes = {grid for grid in in_grid if grid.startswith(code)} if kind == "village" else {code} & set(in_grid)
            if not codes:
                wrong(
                    "grids.lock.unknown",
                    Text("上次方案里没有这个网格或村", "the earlier plan has no such grid or village"),
                )
                continue
            held += [
                Held(lock, frozenset(in_grid[grid]), grids=frozenset({grid}), village=grid[:12])
                for grid in sorted(codes)
            ]
            continue
        homes = _named(lock.subject, index)
        if homes is None:
            wrong("grids.lock.subject", Text("认不出对象", "unknown subject"))
            continue
        villages = {village_of[item] for item in homes if item in village_of}
        village = min(villages) if villages else ""
        if lock.object.startswith("grid:"):
            code = lock.object[5:]
            code = village + code if len(code) == problem.scheme.grid.digits else code
            if len(code) != width or not code.isdigit():
                wrong("grids.lock.grid", Text("网格编码位数不对", "the grid code has a wrong length"))
            elif villages != {code[:12]}:
                wrong("grids.lock.village", Text("网格不能跨村", "a grid lies inside one village"))
            else:
                held.append(Held(lock, homes, grids=frozenset({code}), village=village))
            continue
        others = _named(lock.object, index)
        if others is None:
            wrong("grids.lock.object", Text("认不出去向", "unknown object"))
        elif lock.kind == "fix" and villages != {village_of[item] for item in others}:
            wrong("grids.lock.village", Text("网格不能跨村", "a grid lies inside one village"))
        else:
            held.append(Held(lock, homes, others=others, village=village))
    return held, found


def _index(problem: Problem) -> Mapping[str, frozenset[str]]:
    sets: dict[str, set[str]] = defaultdict(set)
    for home in problem.homes:
        sets[f"household:{home.id}"].add(home.id)
        if home.group:
            sets[f"group:{home.village}/{home.group}"].add(home.id)
        if home.hamlet:
            sets[f"hamlet:{home.village}/{home.hamlet}"].add(home.id)
    return {key: frozenset(items) for key, items in sets.items()}


def _named(subject: str, index: Mapping[str, frozenset[str]]) -> frozenset[str] | None:
    return index.get(subject) or index.get(f"household:{subject}")


def conflicts(held: Iterable[Held]) -> list[tuple[Held, ...]]:
    """Smallest sets of locks that cannot hold together: a chain of what is put together, and its contradiction."""
    binding = [item for item in held if item.lock.kind in ("fix", "freeze")]
    barring = [item for item in held if item.lock.kind == "forbid"]
    everyone = [item.homes | item.others for item in binding]
    beside: list[list[int]] = [[] for _ in binding]
    for one, two in combinations(range(len(binding)), 2):
        if everyone[one] & everyone[two] or binding[one].grids & binding[two].grids:
            beside[one].append(two)
            beside[two].append(one)

    def path(starts: Iterable[int], ends: set[int]) -> list[int] | None:
        queue = deque([start] for start in sorted(starts))
        seen = {way[0] for way in queue}
        while queue:
            way = queue.popleft()
            if way[-1] in ends:
                return way
            for other in beside[way[-1]]:
                if other not in seen:
                    seen.add(other)
                    queue.append([*way, other])
        return None

    found: dict[frozenset[int], tuple[Held, ...]] = {}

    def note(items: list[Held]) -> None:
        found.setdefault(frozenset(id(item) for item in items), tuple(items))

    for one, two in combinations(range(len(binding)), 2):
        if binding[one].grids and binding[two].grids and not binding[one].grids & binding[two].grids:
            way = path([one], {two})
            if way and sum(bool(binding[item].grids) for item in way) == 2:
                note([binding[item] for item in way])
    for bar in barring:
        if bar.grids:
            ends = {number for number, item in enumerate(binding) if item.grids & bar.grids}
            starts = [number for number in range(len(binding)) if everyone[number] & bar.homes]
        else:
            if bar.homes & bar.others:
                note([bar])
                continue
            ends = {number for number in range(len(binding)) if everyone[number] & bar.others}
            starts = [number for number in range(len(binding)) if everyone[number] & bar.homes]
        way = path(starts, ends) if starts and ends else None
        if way:
            note([*(binding[item] for item in way), bar])
    return list(found.values())


def conflict_findings(held: Iterable[Held]) -> list[Finding]:
    """Contradictions in words, with every lock named."""
    found = []
    for items in conflicts(held):
        names = "；".join(dict.fromkeys(describe(item.lock) for item in items))
        words = Text("锁定互相矛盾：{names}", "locks contradict each other: {names}").fill(names=names)
        found.append(Finding("grids.lock.contradiction", words, key=names))
    return found


def describe(lock: Lock) -> str:
    """A lock in short."""
    sign = {"fix": "→", "forbid": "↛", "freeze": "＝"}[lock.kind]
    return f"{lock.subject} {sign} {lock.object}".strip()


def smallest_to_drop(held: Iterable[Held]) -> list[Lock]:
    """The fewest locks whose removal leaves no contradiction (exhaustive up to four, then one from each conflict in turn)."""
    items = list(held)
    sets = [{item.lock for item in conflict} for conflict in conflicts(items)]
    if not sets:
        return []
    candidates = sorted({lock for part in sets for lock in part}, key=describe)
    for number in range(1, min(5, len(candidates) + 1)):
        for dropped in combinations(candidates, number):
            gone = set(dropped)
            if all(part & gone for part in sets) and not conflicts([item for item in items if item.lock not in gone]):
                return list(dropped)
    dropped_list: list[Lock] = []
    while True:
        left = [item for item in items if item.lock not in dropped_list]
        rest = conflicts(left)
        if not rest:
            return dropped_list
        dropped_list.append(rest[0][-1].lock)
