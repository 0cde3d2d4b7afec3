"""The rules of the field in words, and each as a plain test of one pair. ``check`` and ``explain`` use these; the solver has
its own, by columns, and tests hold the two equal.

1. *Consent* (本人同意): nobody is placed who did not agree; areas agreed to bind. 国办发〔2016〕32号: 双向选择, voluntary.
2. *Exclusion* (回避与不宜): pairs and institutions named as excluded, and pairs forbidden by hand.
3. *Speciality* (专业契合): GB/T 13745-2009; 3 = agrees as far as the need asks, one point less for each level that it stops
   earlier, 0 = another first-level subject. A need without a code takes anybody with 3.
4. *Season* (季节): a need of a season takes those who are free in it.
5. *Language* (语言方言): a need that names languages takes those who speak one of them, if known.
6. *Distance* (就近就便): within the longest way, when the county set one.
7. *Capacity* (承担能力): no more needs than agreed, in all and in a season; the same specialist once a need.
8. *Past co-operation* (合作基础): 2 points when the person worked with the village; 1 when the person worked with its
   township or county, or the person's institution with the village, township or county.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from yanzhen.planning.kernel import Text
from yanzhen.planning.matching.problem import Need, Problem, Specialist

EARTH_KM = 6371.0088
#: Words of a broken rule, by its code.
RULES: Mapping[str, Text] = {
    "consent": Text("本人没有同意", "did not agree to be placed"),
    "area": Text("不在本人同意的范围", "outside the areas agreed to"),
    "excluded": Text("在回避或不宜名单上", "excluded"),
    "forbidden": Text("人工禁止这一对", "forbidden by hand"),
    "speciality": Text("专业不契合", "another speciality"),
    "season": Text("该季节没有时间", "not free in that season"),
    "language": Text("不会当地要求的语言", "does not speak a language asked for"),
    "distance": Text("超过最远路程", "farther than the longest way allowed"),
}


def steps(code: str) -> int:
    """Levels of a subject code: 3 digits 1, 5 digits 2, 7 digits 3."""
    return max(0, (len(code) - 1) // 2)


def fit_of(have: str, want: str, related: tuple[tuple[str, str], ...] = ()) -> int:
    """Fit of one code with the need's code: 0–3 (rule 3)."""
    if not want:
        return 3
    common = 0
    for digits in (3, 5, 7):
        if len(have) >= digits and len(want) >= digits and have[:digits] == want[:digits]:
            common += 1
        else:
            break
    if common:
        return max(1, 3 - (steps(want) - common))
    near = any(
        (have.startswith(a) and want.startswith(b)) or (have.startswith(b) and want.startswith(a)) for a, b in related
    )
    return 1 if near else 0


def best_fit(one: Specialist, need: Need, related: tuple[tuple[str, str], ...] = ()) -> int:
    """The best of all codes of a specialist."""
    if not need.speciality:
        return 3
    return max((fit_of(code, need.speciality, related) for code in one.specialities), default=0)


def straight_minutes(a_lon: float, a_lat: float, b_lon: float, b_lat: float, detour: float, speed_kmh: float) -> int:
    """Minutes over the straight line with a detour factor. The midpoint formula (< 0.1 % off the great circle within a province) uses only
    basic arithmetic after one cosine a point, so that columns and single pairs agree to the last bit."""
    north = math.radians(a_lat) - math.radians(b_lat)
    east = (math.radians(a_lon) - math.radians(b_lon)) * (
        (math.cos(math.radians(a_lat)) + math.cos(math.radians(b_lat))) * 0.5
    )
    return math.floor(math.sqrt(north * north + east * east) * (EARTH_KM * detour / speed_kmh * 60.0) + 0.5)


@dataclass(frozen=True)
class Known:
    """What is known between specialists and places, indexed once for many pairs."""

    problem: Problem
    cooperation: Mapping[str, frozenset[str]] = field(init=False)
    excluded: Mapping[str, frozenset[str]] = field(init=False)
    forbidden: frozenset[tuple[str, str]] = field(init=False)
    travel: Mapping[tuple[str, str], int] = field(init=False)

    def __post_init__(self) -> None:
        together: dict[str, set[str]] = defaultdict(set)
        for item in self.problem.cooperations:
            together[item.who].add(item.place)
        apart: dict[str, set[str]] = defaultdict(set)
        for one in self.problem.exclusions:
            apart[one.who].add(one.place)
        object.__setattr__(self, "cooperation", {who: frozenset(places) for who, places in together.items()})
        object.__setattr__(self, "excluded", {who: frozenset(places) for who, places in apart.items()})
        forbids = {(lock.subject, lock.object) for lock in self.problem.locks if lock.kind == "forbid"}
        object.__setattr__(self, "forbidden", frozenset(forbids))
        object.__setattr__(self, "travel", {(way.specialist, way.village): way.minutes for way in self.problem.travel})

    def coop(self, one: Specialist, need: Need) -> int:
        """Points of past co-operation (rule 8)."""
        none: frozenset[str] = frozenset()
        own = self.cooperation.get(one.id, none)
        village = {need.village, need.village_key, f"{need.township}/{need.village}"}
        if own & village:
            return 2
        house = self.cooperation.get(one.institution, none) if one.institution else none
        return 1 if (own | house) & need.places() else 0

    def minutes(self, one: Specialist, need: Need) -> int:
        """One-way minutes: measured, else straight line with detour, else the rule's value for unknown places."""
        for village in (need.village_key, f"{need.township}/{need.village}", need.village):
            found = self.travel.get((one.id, village))
            if found is not None:
                return found
        rules = self.problem.rules
        if one.lon is None or one.lat is None or need.lon is None or need.lat is None:
            return rules.unknown_minutes
        return straight_minutes(need.lon, need.lat, one.lon, one.lat, rules.detour, rules.speed_kmh)

    def refusals(self, one: Specialist, need: Need) -> tuple[str, ...]:
        """Codes of :data:`RULES` that forbid this pair; empty = allowed (capacity apart)."""
        rules = self.problem.rules
        found = []
        if not one.consent:
            found.append("consent")
        if one.areas and not need.places() & set(one.areas):
            found.append("area")
        none: frozenset[str] = frozenset()
        apart = self.excluded.get(one.id, none) | (
            self.excluded.get(one.institution, none) if one.institution else none
        )
        if apart & (need.places() | {need.id}):
            found.append("excluded")
        if (need.id, one.id) in self.forbidden:
            found.append("forbidden")
        if best_fit(one, need, rules.related) < rules.min_fit:
            found.append("speciality")
        if need.season and one.seasons and need.season not in {name for name, most in one.seasons if most > 0}:
            found.append("season")
        if need.languages and (one.languages or rules.strict_language) and not set(need.languages) & set(one.languages):
            found.append("language")
        if rules.max_minutes and self.minutes(one, need) > rules.max_minutes:
            found.append("distance")
        return tuple(found)


def frozen_needs(problem: Problem) -> frozenset[str]:
    """Needs under a freeze lock (by need, village, township or county)."""
    names = {lock.subject for lock in problem.locks if lock.kind == "freeze"}
    return frozenset(need.id for need in problem.needs if names & (need.places() | {need.id})) if names else frozenset()


def fixed_pairs(problem: Problem) -> dict[tuple[str, str], str]:
    """(need, specialist) → why it is fixed: "fix" by a lock or "freeze" with the earlier plan."""
    pairs = {(lock.subject, lock.object): "fix" for lock in problem.locks if lock.kind == "fix"}
    frozen = frozen_needs(problem)
    for line in problem.previous:
        if line.need in frozen:
            pairs.setdefault((line.need, line.specialist), "freeze")
    return pairs
