"""The two-sided plan: deferred acceptance on both sides' preferences, and its price against the optimum.

A plan is stable when no need and specialist would both rather have each other than what they have. It is another product than the best
plan for the county: it may leave villages uncovered. So it is offered as a comparison with its price. Sources: Gale and Shapley 1962;
Roth and Sotomayor 1990, ch. 6 (responsive preferences, several partners on both sides); needs propose, so that it is the best stable plan
for them. Ties are broken by the published hash, so preferences are strict.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass

import numpy as np

from yanzhen.planning.kernel import Level, Limits, Plan, Text, memory_mb, versions
from yanzhen.planning.matching.network import earlier_pairs
from yanzhen.planning.matching.pairs import Field, Pairs
from yanzhen.planning.matching.problem import LEVELS, Pairing, Problem
from yanzhen.planning.matching.rules import fixed_pairs
from yanzhen.planning.matching.solving import NEAR, lines_of, parameters, prepare, unmet_of, values_of


@dataclass(frozen=True, slots=True)
class Comparison:
    """The stable plan beside the best one: pairs that would rather have each other (blocking) in each, and the goals of both."""

    stable: Plan[Pairing]
    blocking_best: int
    blocking_stable: int
    price: tuple[tuple[str, float, float], ...]

    def words(self) -> Text:
        """What stability costs, in one sentence."""
        parts = [
            Text(f"{LEVELS[key][0].zh} {best:g}→{stable:g}", f"{LEVELS[key][0].en} {best:g}→{stable:g}")
            for key, best, stable in self.price
            if best != stable
        ]
        zh = "，".join(part.zh for part in parts) or "各项目标相同"
        en = ", ".join(part.en for part in parts) or "all goals are equal"
        return Text(
            f"双向自选（稳定）方案：{zh}；互相更愿意的对数 {self.blocking_best}→{self.blocking_stable}。",
            f"Two-sided (stable) plan: {en}; pairs that would rather have each other {self.blocking_best}→{self.blocking_stable}.",
        )


class Market:
    """Both sides' strict preferences over allowed pairs."""

    def __init__(self, field: Field, pairs: Pairs, seed: int) -> None:
        self.field, self.pairs = field, pairs
        problem = field.problem
        ties = field.ties(seed, pairs)
        by_need = _wish_ranks(
            pairs.need,
            pairs.specialist,
            [(need.wishes) for need in problem.needs],
            [{one.id, one.institution} for one in problem.specialists],
        )
        by_one = _wish_ranks(
            pairs.specialist,
            pairs.need,
            [one.wishes for one in problem.specialists],
            [need.places() | {need.id} for need in problem.needs],
        )
        common = (ties, pairs.minutes, -pairs.fit, -pairs.coop)
        self.need_rank = _ranks(np.lexsort((*common, by_need)))
        self.one_rank = _ranks(np.lexsort((*common, by_one)))
        self.quantity = [need.quantity for need in problem.needs]
        self.capacity = [one.capacity if one.consent else 0 for one in problem.specialists]
        self.season_most = {
            (j, field.season_at[name]): most
            for j, one in enumerate(problem.specialists)
            for name, most in one.seasons
            if name in field.season_at
        }
        self.seasons = field.need_season

    def accept(self) -> np.ndarray:
        """Deferred acceptance, needs propose; the places (in ``pairs``) that are matched."""
        need_of, one_of = self.pairs.need.tolist(), self.pairs.specialist.tolist()
        lists: list[list[int]] = [[] for _ in self.quantity]
        for place in np.argsort(self.need_rank).tolist():
            lists[need_of[place]].append(place)
        ones = self.one_rank.tolist()
        held: list[list[tuple[int, int]]] = [[] for _ in self.capacity]
        have = [0] * len(self.quantity)
        following = [0] * len(self.quantity)
        queue = deque(range(len(self.quantity)))
        while queue:
            need = queue.popleft()
            while have[need] < self.quantity[need] and following[need] < len(lists[need]):
                place = lists[need][following[need]]
                following[need] += 1
                one = one_of[place]
                heapq.heappush(held[one], (-ones[place], place))
                have[need] += 1
                dropped = self._too_many(one, held[one])
                if dropped is not None:
                    loser = need_of[dropped]
                    have[loser] -= 1
                    if loser != need:
                        queue.append(loser)
        return np.array(sorted(place for places in held for _, place in places), dtype=np.int64)

    def _too_many(self, one: int, held: list[tuple[int, int]]) -> int | None:
        """Drop the least wanted when a capacity is exceeded (of the season first: it is the tighter one)."""
        for season in {int(self.seasons[self.pairs.need[place]]) for _, place in held}:
            most = self.season_most.get((one, season))
            here = [item for item in held if int(self.seasons[self.pairs.need[item[1]]]) == season]
            if most is not None and len(here) > most:
                return self._drop(held, min(here))
        if len(held) > self.capacity[one]:
            return self._drop(held, min(held))
        return None

    @staticmethod
    def _drop(held: list[tuple[int, int]], item: tuple[int, int]) -> int:
        held.remove(item)
        heapq.heapify(held)
        return item[1]

    def blocking(self, chosen: set[int]) -> list[int]:
        """Places of pairs that are not matched but whose both sides would rather have each other."""
        need_has: list[list[int]] = [[] for _ in self.quantity]
        one_has: list[list[int]] = [[] for _ in self.capacity]
        for place in chosen:
            need_has[int(self.pairs.need[place])].append(place)
            one_has[int(self.pairs.specialist[place])].append(place)
        found = []
        needs, ones = self.need_rank, self.one_rank
        worst_need = [
            max((int(needs[p]) for p in has), default=-1) if len(has) >= most else 1 << 60
            for has, most in zip(need_has, self.quantity, strict=True)
        ]
        for place in np.flatnonzero(needs < np.array(worst_need, dtype=np.int64)[self.pairs.need]).tolist():
            if place in chosen:
                continue
            one, season = int(self.pairs.specialist[place]), int(self.seasons[self.pairs.need[place]])
            if self._would_take(one, season, int(ones[place]), one_has[one]):
                found.append(place)
        return found

    def _would_take(self, one: int, season: int, rank: int, has: list[int]) -> bool:
        most = self.season_most.get((one, season))
        here = [p for p in has if int(self.seasons[self.pairs.need[p]]) == season]
        if most is not None and len(here) >= most:
            return any(int(self.one_rank[p]) > rank for p in here)
        if len(has) < self.capacity[one]:
            return True
        return any(int(self.one_rank[p]) > rank for p in has)


def _ranks(order: np.ndarray) -> np.ndarray:
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _wish_ranks(
    mine: np.ndarray, other: np.ndarray, wishes: list[tuple[str, ...]], names: list[set[str] | frozenset[str]]
) -> np.ndarray:
    """The place in the own list of wishes of each pair; what is not on it comes after all that is."""
    ranks = np.full(len(mine), 1 << 30, dtype=np.int64)
    wishing = np.array([bool(items) for items in wishes], dtype=bool)
    for place in np.flatnonzero(wishing[mine]).tolist():
        known = names[int(other[place])]
        ranks[place] = next((i for i, wish in enumerate(wishes[int(mine[place])]) if wish in known), 1 << 30)
    return ranks


def compare_stable(problem: Problem, best: Plan[Pairing], limits: Limits | None = None, seed: int = 0) -> Comparison:
    """The stable plan of the same problem (locks by hand apart: they are not wishes) and its price against ``best``."""
    run = (limits or Limits()).begin()
    notes = prepare(problem)
    field = Field(problem)
    at, ones = field.need_at, field.specialist_at
    mine = frozenset((at[line.need], ones[line.specialist]) for line in best.lines)
    pairs, _ = field.candidates(NEAR, earlier_pairs(field) | mine)
    market = Market(field, pairs, seed)
    places = market.accept()
    chosen = pairs.take(places)
    lines = lines_of(field, chosen, frozenset())
    values = values_of(field, chosen, earlier_pairs(field))
    levels = tuple(
        Level(
            key, LEVELS[key][0], "max" if LEVELS[key][1] == "max" else "min", float(values[key]), None, LEVELS[key][2]
        )
        for key in problem.order
    )
    codes = pairs.need * len(ones) + pairs.specialist
    in_best = set(
        np.flatnonzero(np.isin(codes, np.array([i * len(ones) + j for i, j in mine], dtype=np.int64))).tolist()
    )
    stable = Plan(
        "matching",
        problem.digest,
        "feasible",
        levels,
        lines,
        seed,
        parameters={**parameters(problem), "method": "deferred acceptance"},
        unmet=unmet_of(problem, lines),
        notes=notes,
        versions=versions("numpy"),
        extra={"locks_ignored": len(fixed_pairs(problem))},
        seconds=run.seconds,
        memory_mb=memory_mb(),
    )
    before = {level.key: level.value for level in best.levels}
    price = tuple((level.key, before.get(level.key, 0.0), level.value) for level in levels)
    return Comparison(stable, len(market.blocking(in_best)), len(market.blocking(set(places.tolist()))), price)
