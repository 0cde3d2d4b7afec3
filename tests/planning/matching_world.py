"""Small invented counties for tests of matching, and the best plan found by trying everything."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations

from yanzhen.planning.kernel import Lock
from yanzhen.planning.matching import Cooperation, Exclusion, Need, Pairing, Problem, Rules, Specialist, Travel
from yanzhen.planning.matching.checking import recount
from yanzhen.planning.matching.problem import LEVELS
from yanzhen.planning.matching.rules import Known, best_fit, fixed_pairs, frozen_needs

CODES = ("210", "21030", "2103010", "2103020", "21040", "230", "23020", "2302010", "550")
TONGUES = ("壮语", "瑶语", "桂柳话")


def county(
    seed: int,
    specialists: int = 6,
    needs: int = 6,
    *,
    rich: bool = True,
    villages: int = 4,
    townships: int = 2,
    **rules: object,
) -> Problem:
    """A random problem; ``rich`` uses every kind of rule."""
    rng = random.Random(seed)
    places = [(f"乡{i % townships}", f"村{i}") for i in range(villages)]

    def point() -> tuple[float, float]:
        return round(110 + rng.random() / 2, 4), round(25 + rng.random() / 2, 4)

    ones = []
    for i in range(specialists):
        lon, lat = point()
        ones.append(
            Specialist(
                f"s{i}",
                f"专家{i}",
                rng.choice(["农大", "农科院", ""]),
                tuple(rng.sample(CODES, rng.randint(1, 2))),
                rng.randint(0, 3) if rich else rng.randint(1, 2),
                (("春", rng.randint(0, 2)), ("秋", 1)) if rich and rng.random() < 0.3 else (),
                tuple(rng.sample(TONGUES, rng.randint(1, 2))) if rich and rng.random() < 0.6 else (),
                (rng.choice(places)[rng.randint(0, 1)],) if rich and rng.random() < 0.2 else (),
                rng.random() > 0.08 or not rich,
                lon,
                lat,
            )
        )
    wants = []
    for i in range(needs):
        township, village = rng.choice(places)
        lon, lat = point()
        known = rng.random() > 0.1 or not rich
        wants.append(
            Need(
                f"n{i}",
                village,
                township,
                "青县",
                rng.choice(CODES) if rng.random() < 0.9 else "",
                rng.choice([1, 1, 1, 2, 3]),
                rng.choice(["", "", "春", "秋"]) if rich else "",
                tuple(rng.sample(TONGUES, 1)) if rich and rng.random() < 0.3 else (),
                lon if known else None,
                lat if known else None,
            )
        )
    who = [one.id for one in ones] + ["农大", "农科院"]
    together = tuple(Cooperation(rng.choice(who), rng.choice(places)[rng.randint(0, 1)]) for _ in range(3))
    apart = tuple(Exclusion(rng.choice(who), rng.choice(places)[1], "回避") for _ in range(2)) if rich else ()
    travel = (
        tuple(Travel(rng.choice(ones).id, rng.choice(places)[1], rng.randint(5, 90)) for _ in range(2))
        if rich and ones
        else ()
    )
    return Problem(tuple(ones), tuple(wants), together, apart, travel, rules=Rules(**rules))  # type: ignore[arg-type]


def allowed(problem: Problem) -> list[tuple[str, str]]:
    """(need, specialist) pairs that no rule forbids, by the plain rules."""
    known = Known(problem)
    return [
        (need.id, one.id)
        for need in problem.needs
        for one in problem.specialists
        if one.capacity and not known.refusals(one, need)
    ]


def line(problem: Problem, need: str, slot: int, one: str) -> Pairing:
    """A plan line with its figures."""
    known = Known(problem)
    who, want = problem.specialist_of[one], problem.need_of[need]
    return Pairing(
        need, slot, one, best_fit(who, want, problem.rules.related), known.coop(who, want), known.minutes(who, want)
    )


def vector(problem: Problem, lines: list[Pairing]) -> tuple[int, ...]:
    """The goals of some lines; smaller is better."""
    values = recount(problem, Known(problem), lines)
    return tuple(-values[key] if LEVELS[key][1] == "max" else values[key] for key in problem.order)


def everything(problem: Problem) -> Iterator[list[Pairing]]:
    """Every plan that keeps the rules (small problems only)."""
    pairs: dict[str, list[str]] = {need.id: [] for need in problem.needs}
    for need, one in allowed(problem):
        pairs[need].append(one)
    fixed = [pair for pair in fixed_pairs(problem) if pair[1] in problem.specialist_of]
    frozen = frozen_needs(problem)
    made = {pair: line(problem, pair[0], 1, pair[1]) for pair in [*allowed(problem), *fixed]}
    needs = list(problem.needs)

    def options(need: Need) -> list[tuple[str, ...]]:
        must = {one for key, one in fixed if key == need.id}
        if need.id in frozen:
            return [tuple(sorted(must))]
        return [
            some
            for size in range(need.quantity + 1)
            for some in combinations(sorted({*pairs[need.id], *must}), size)
            if must <= set(some)
        ]

    choices = {need.id: options(need) for need in needs}

    def fits(load: dict[tuple[str, str], int], bases: dict[str, set[str]], some: tuple[str, ...], need: Need) -> bool:
        for one in some:
            who = problem.specialist_of[one]
            if load.get((one, ""), 0) + 1 > who.capacity:
                return False
            most = dict(who.seasons).get(need.season)
            if need.season and most is not None and load.get((one, need.season), 0) + 1 > most:
                return False
            base = need.township_key if problem.rules.one_base == "township" else need.county
            if problem.rules.one_base and bases.get(one, {base}) != {base}:
                return False
        return True

    def go(
        place: int, load: dict[tuple[str, str], int], bases: dict[str, set[str]], lines: list[Pairing]
    ) -> Iterator[list[Pairing]]:
        if place == len(needs):
            yield lines
            return
        need = needs[place]
        for some in choices[need.id]:
            if not fits(load, bases, some, need):
                continue
            more, at = dict(load), dict(bases)
            for one in some:
                more[one, ""] = more.get((one, ""), 0) + 1
                if need.season:
                    more[one, need.season] = more.get((one, need.season), 0) + 1
                at[one] = {need.township_key if problem.rules.one_base == "township" else need.county}
            added = [made[need.id, one] for one in some]
            yield from go(place + 1, more, at, lines + added)

    yield from go(0, {}, {}, [])


def best_by_trying(problem: Problem) -> tuple[int, ...]:
    """The best vector there is."""
    return min(vector(problem, lines) for lines in everything(problem))


def some_locks(problem: Problem, pairs: list[tuple[str, str]], seed: int) -> tuple[Lock, ...]:
    """One fix and one forbid among allowed pairs."""
    rng = random.Random(seed)
    if len(pairs) < 2:
        return ()
    fix, forbid = rng.sample(pairs, 2)
    return (Lock("fix", *fix), Lock("forbid", *forbid))
