"""Comparing a yearly list of divisions with the tree as it stands: what is new, renamed, recoded, moved, gone (plain Python).

The statistics office publishes the list once a year, as at 30 June, without saying what happened in between. A unit is
recognised by its code; where the code is gone or names another place, by its name under the same parent; where the parent
changed too, by its name within the same city if that is the only one. Everything else is an end and a founding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from yanzhen.kernel.errors import DomainError
from yanzhen.registry.domain.units import DIVISIONS, SIGNIFICANT, division_level, padded

ENDINGS = ("社区居民委员会", "村民委员会", "居民委员会", "社区居委会", "村委会", "居委会")


@dataclass(frozen=True, slots=True)
class Division:
    """One line of a list. ``parent``: its parent's code, "" at the top."""

    code: str
    name: str
    level: str
    parent: str = ""
    class_code: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """One division as it stands. ``parent``: id of its parent, None at the top; ``since``: valid from."""

    id: int
    code: str
    name: str
    level: str
    parent: int | None
    since: date


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be done to bring the tree to the list. Lists are in order from the top down."""

    founded: list[Division] = field(default_factory=list)
    renamed: list[tuple[Standing, str]] = field(default_factory=list)
    recoded: list[tuple[Standing, str]] = field(default_factory=list)
    moved: list[tuple[Standing, str]] = field(default_factory=list)
    ended: list[Standing] = field(default_factory=list)
    same: int = 0

    @property
    def empty(self) -> bool:
        """Nothing to do."""
        return not (self.founded or self.renamed or self.recoded or self.moved or self.ended)


def short_name(name: str) -> str:
    """松坡村村委会 → 松坡村, 城关社区居委会 → 城关社区; a name without such an ending stays."""
    for ending in ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            kept = name[: -len(ending)]
            if ending.startswith("社区"):
                return kept + "社区"
            return kept if kept.endswith(("村", "社区")) or not ending.startswith("村") else kept + "村"
    return name


def arrange(rows: Iterable[tuple[str, str, str]]) -> list[Division]:
    """Divisions from (code, name, class code) lines, from the top down, each with its nearest parent in the list.

    Codes may be shortened (2, 4, 6, 9 or 12 digits). Where a city has no counties the list repeats it as its own county
    (441900): the repetition is left out. DomainError for a code that is none, or given twice with different names.
    """
    found: dict[str, tuple[str, str, str]] = {}
    for raw, name, class_code in rows:
        code, name = padded(raw.strip()), name.strip()
        level = division_level(code)
        if code in found and found[code][0] != name:
            raise DomainError("divisions.twice", "代码“{value}”在清单中出现两次，名称不同。", value=code)
        if not name:
            raise DomainError("divisions.nameless", "代码“{value}”没有名称。", value=code)
        found.setdefault(code, (name, level, class_code.strip()))
    order = {level: at for at, level in enumerate(DIVISIONS)}
    made = []
    for code, (name, level, class_code) in found.items():
        parent = ""
        for above in reversed(DIVISIONS[: order[level]]):
            candidate = padded(code[: SIGNIFICANT[above]])
            if candidate != code and candidate in found:
                parent = candidate
                break
        made.append(Division(code, name, level, parent, class_code))
    return sorted(made, key=lambda division: (order[division.level], division.code))


def compare(standing: Sequence[Standing], wanted: Sequence[Division], on: date) -> Plan:
    """The plan that brings ``standing`` to ``wanted`` (arranged). Units founded after ``on`` are newer than the list: left."""
    held = {unit.code: unit for unit in standing}
    siblings: dict[str, set[str]] = defaultdict(set)
    for division in wanted:
        siblings[division.parent].add(division.name)
    match: dict[str, Standing] = {}
    for division in wanted:
        unit = held.get(division.code)
        if unit is None or unit.level != division.level:
            continue
        if unit.name != division.name and unit.name in siblings[division.parent]:
            continue  # the code now names a neighbour: recognise both by name
        match[division.code] = unit
    used = {unit.id for unit in match.values()}
    rest = [unit for unit in standing if unit.id not in used]
    _by_name(rest, [division for division in wanted if division.code not in match], match)
    # a code that names another place, and nobody recognised by name: it was renamed after all
    used = {unit.id for unit in match.values()}
    for division in wanted:
        unit = held.get(division.code)
        if division.code not in match and unit and unit.id not in used and unit.level == division.level:
            match[division.code] = unit
            used.add(unit.id)
    return _plan(standing, wanted, match, on)


def _by_name(rest: Sequence[Standing], open_: Sequence[Division], match: dict[str, Standing]) -> None:
    """Recognise by name, level by level from the top, so that a recoded parent leads to its children."""
    for level in DIVISIONS:
        units = [unit for unit in rest if unit.level == level]
        lines = [division for division in open_ if division.level == level]
        if not units or not lines:
            continue
        under: dict[tuple[int | None, str], list[Standing]] = defaultdict(list)
        for unit in units:
            under[unit.parent, unit.name].append(unit)
        taken: set[int] = set()
        for division in lines:
            above = match.get(division.parent)
            same = under.get((above.id if above else None, division.name), [])
            if len(same) == 1 and same[0].id not in taken:
                match[division.code] = same[0]
                taken.add(same[0].id)
        by_name: dict[tuple[str, str], list[Standing]] = defaultdict(list)
        for unit in units:
            if unit.id not in taken:
                by_name[unit.code[:4], unit.name].append(unit)
        new_names: dict[tuple[str, str], list[Division]] = defaultdict(list)
        for division in lines:
            if division.code not in match:
                new_names[division.code[:4], division.name].append(division)
        for key, found in new_names.items():
            if len(found) == 1 and len(by_name.get(key, [])) == 1:
                match[found[0].code] = by_name[key][0]


def _plan(standing: Sequence[Standing], wanted: Sequence[Division], match: dict[str, Standing], on: date) -> Plan:
    plan = Plan()
    same = 0
    for division in wanted:
        unit = match.get(division.code)
        if unit is None:
            plan.founded.append(division)
            continue
        before = len(plan.renamed) + len(plan.recoded) + len(plan.moved)
        if unit.name != division.name:
            plan.renamed.append((unit, division.name))
        if unit.code != division.code:
            plan.recoded.append((unit, division.code))
        above = match.get(division.parent)
        if division.parent and (above is None or above.id != unit.parent):
            plan.moved.append((unit, division.parent))
        same += before == len(plan.renamed) + len(plan.recoded) + len(plan.moved)
    used = {unit.id for unit in match.values()}
    plan.ended.extend(unit for unit in standing if unit.id not in used and unit.since <= on)
    return Plan(plan.founded, plan.renamed, plan.recoded, plan.moved, plan.ended, same)
