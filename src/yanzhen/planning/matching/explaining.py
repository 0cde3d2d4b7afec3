"""Why this line: prices in the residual network of the optimal plan, exact and without solving again.

"What would it cost to give need v specialist s?" is one shortest path in the residual network from what s would leave to what v would lose,
with lexicographic costs (the sink belongs to the network: without it one price in six is wrong). After the distances of each goal are
known, reduced costs are never negative, so Dijkstra's algorithm finds it. Ahuja, Magnanti, Orlin, Network Flows (1993), ch. 9.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.kernel import Alternative, Explanation, Plan, Text, joined
from yanzhen.planning.kernel.flows import NegativeCycle, distances_to_sink
from yanzhen.planning.matching.network import Graph, build, earlier_pairs, route
from yanzhen.planning.matching.pairs import Field
from yanzhen.planning.matching.problem import LEVELS, Need, Pairing, Problem, Specialist
from yanzhen.planning.matching.rules import RULES, Known, best_fit, fit_of
from yanzhen.planning.matching.solving import NEAR

Ints = NDArray[np.int64]
_DIGIT = 44  # bits of one goal in a composite price: sums along a path stay far below
_HALF = 1 << (_DIGIT - 1)
_FULL = 1 << _DIGIT
Price = tuple[int, ...]


class Prices:
    """The residual network of a plan. ``exact``: the plan is proven and every allowed pair is in the network; otherwise prices are upper
    bounds (there might be a cheaper way over a pair that was pruned)."""

    def __init__(self, problem: Problem, plan: Plan[Pairing]) -> None:
        self.problem, self.plan = problem, plan
        self.field = Field(problem)
        self.goals = problem.order
        at, ones = self.field.need_at, self.field.specialist_at
        self.pairs = [(at[line.need], ones[line.specialist]) for line in plan.lines]
        candidates, complete = self.field.candidates(NEAR, earlier_pairs(self.field) | frozenset(self.pairs))
        self.graph: Graph = build(self.field, candidates)
        self.exact = complete and plan.status == "optimal"
        self.flow = route(self.field, self.graph, self.pairs)
        self.costs = [self.graph.cost(self.field, key, plan.seed) for key in self.goals]
        self.distances = self._distances()
        self._adjacent()

    def _distances(self) -> list[Ints]:
        network, free = self.graph.network, self.graph.free.copy()
        found = []
        for cost in self.costs:
            arcs = np.flatnonzero(free)
            distance = distances_to_sink(network, arcs, self.flow[arcs], cost[arcs])
            found.append(distance)
            free[arcs] = cost[arcs] + distance[network.head[arcs]] - distance[network.tail[arcs]] == 0
        return found

    def _adjacent(self) -> None:
        network, free = self.graph.network, self.graph.free
        more = np.flatnonzero(free & (self.flow < network.capacity))
        back = np.flatnonzero(free & (self.flow > 0))
        start = np.concatenate([network.tail[more], network.head[back]])
        order = np.argsort(start, kind="stable")
        self._arc = np.concatenate([more, back])[order]
        self._forward = np.concatenate([np.ones(len(more), dtype=bool), np.zeros(len(back), dtype=bool)])[order]
        self._begin = np.searchsorted(start[order], np.arange(network.nodes + 1))
        self._lists: dict[int, list[tuple[int, int]]] = {}

    def _out(self, node: int) -> list[tuple[int, int]]:
        """(composite reduced cost, next node) of the residual arcs out of a node, cheapest first."""
        found = self._lists.get(node)
        if found is None:
            network = self.graph.network
            part = slice(int(self._begin[node]), int(self._begin[node + 1]))
            arcs, forward = self._arc[part], self._forward[part]
            ends = np.where(forward, network.head[arcs], network.tail[arcs])
            sign = np.where(forward, 1, -1)
            rows = [
                (sign * cost[arcs] + distance[ends] - distance[node]).tolist()
                for cost, distance in zip(self.costs, self.distances, strict=True)
            ]
            found = (
                sorted(zip((_packed(row) for row in zip(*rows, strict=True)), ends.tolist(), strict=True))
                if rows
                else []
            )
            self._lists[node] = found
        return found

    def paths(self, start: int, wanted: Mapping[int, int], many: int) -> list[tuple[int, int]]:
        """The ``many`` cheapest (total, node) over nodes of ``wanted`` (node → packed cost of finishing there)."""
        best: dict[int, int] = {start: 0}
        heap: list[tuple[int, int]] = [(0, start)]
        done: set[int] = set()
        found: list[tuple[int, int]] = []
        while heap:
            far, node = heapq.heappop(heap)
            if len(found) >= many and far >= found[many - 1][0]:
                break
            if node in done:
                continue
            done.add(node)
            if node in wanted:
                found.append((far + wanted[node], node))
                found.sort()
            limit = found[many - 1][0] if len(found) >= many else None
            for cost, end in self._out(node):
                reach = far + cost
                if limit is not None and reach >= limit:
                    break
                if end not in done and reach < best.get(end, reach + 1):
                    best[end] = reach
                    heapq.heappush(heap, (reach, end))
        return found[:many]

    # -- questions -------------------------------------------------------------------------------------------------------------

    def _entering(self, need: int) -> dict[int, tuple[int, int]]:
        """Specialists that may enter a need and are not there: node → (packed reduced cost, specialist)."""
        first = self.graph.first_pair
        mine = np.flatnonzero(self.graph.pairs.need == need)
        mine = mine[(self.flow[first + mine] == 0) & self.graph.free[first + mine]]
        found: dict[int, tuple[int, int]] = {}
        head = self.graph.first_need + need
        for place in mine.tolist():
            arc = first + place
            tail = int(self.graph.network.tail[arc])
            row = [int(cost[arc] + d[head] - d[tail]) for cost, d in zip(self.costs, self.distances, strict=True)]
            found[tail] = (_packed(row), int(self.graph.pairs.specialist[place]))
        return found

    def instead(self, line: Pairing, many: int = 2) -> list[tuple[int, Price]]:
        """(specialist, price) of the best replacements of one line, cheapest first: he leaves the need, the other enters, everything else
        moves as is best. Prices by goal: positive = more cost."""
        need, one = self.field.need_at[line.need], self.field.specialist_at[line.specialist]
        tail, head = int(self.graph.tails[one, self.field.need_season[need]]), self.graph.first_need + need
        entering = self._entering(need)
        entering.pop(tail, None)
        wanted = {node: packed for node, (packed, _) in entering.items()}
        out = self._pair_cost(need, one)
        leave = _packed([-cost + int(d[tail] - d[head]) for cost, d in zip(out, self.distances, strict=True)])
        found = self.paths(tail, wanted, many)
        return [(entering[node][1], _unpacked(total + leave, len(self.goals))) for total, node in found]

    def without(self, line: Pairing) -> Price:
        """What it would cost if this specialist were not to be had for this need."""
        need, one = self.field.need_at[line.need], self.field.specialist_at[line.specialist]
        tail, head = int(self.graph.tails[one, self.field.need_season[need]]), self.graph.first_need + need
        out = self._pair_cost(need, one)
        leave = _packed([-cost + int(d[tail] - d[head]) for cost, d in zip(out, self.distances, strict=True)])
        total = self.paths(tail, {head: 0}, 1)
        return _unpacked(total[0][0] + leave, len(self.goals)) if total else ()

    def giving(self, need: int, many: int = 2, only: int | None = None) -> list[tuple[int, Price]]:
        """(specialist, price) of the cheapest to be added to a need (its own may have to leave)."""
        entering = self._entering(need)
        wanted = {node: packed for node, (packed, one) in entering.items() if only is None or one == only}
        found = self.paths(self.graph.first_need + need, wanted, many)
        return [(entering[node][1], _unpacked(total, len(self.goals))) for total, node in found]

    def _pair_cost(self, need: int, one: int) -> list[int]:
        pairs = self.graph.pairs
        place = np.flatnonzero((pairs.need == need) & (pairs.specialist == one))
        arc = self.graph.first_pair + int(place[0])
        return [int(cost[arc]) for cost in self.costs]

    def one_more(self, code: str) -> Price:
        """The gain of one more place of capacity of a specialist of this subject, wherever it helps most (travel not counted): by goal,
        negative = better; all zero = no gain."""
        rules = self.problem.rules
        asked = sorted({need.speciality for need in self.problem.needs})
        fits = {want: 3 if not want else fit_of(code, want, rules.related) if code else 0 for want in asked}
        needs = [
            i
            for i, need in enumerate(self.problem.needs)
            if self.field.open[i] and fits[need.speciality] >= rules.min_fit
        ]
        keys = [key for key in self.goals if key not in ("near", "keep")]
        if not needs:
            return (0,) * len(keys)
        fit = np.array([fits[self.problem.needs[i].speciality] for i in needs], dtype=np.int64)
        heads = self.graph.first_need + np.array(needs, dtype=np.int64)
        rows = [
            distance[heads] - (fit if key == "fit" else 0)
            for key, distance in zip(self.goals, self.distances, strict=True)
            if key in keys
        ]
        best = np.lexsort(tuple(reversed(rows)))[0]
        price = tuple(int(row[best]) for row in rows)
        return price if price < (0,) * len(price) else (0,) * len(price)


def _packed(row: Sequence[int]) -> int:
    total = 0
    for value in row:
        total = (total << _DIGIT) + int(value)
    return total


def _unpacked(total: int, count: int) -> Price:
    digits = []
    for _ in range(count):
        digit = ((total + _HALF) % _FULL) - _HALF
        digits.append(digit)
        total = (total - digit) >> _DIGIT
    return tuple(reversed(digits))


@dataclass(frozen=True)
class _Asked:
    """A problem and its plan, equal when their digests are: keeps the last networks for the next question."""

    problem: Problem
    plan: Plan[Pairing]
    digests: tuple[str, str]

    def __hash__(self) -> int:
        return hash(self.digests)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and other.digests == self.digests


@lru_cache(maxsize=2)
def _prices(asked: _Asked) -> Prices:
    return Prices(asked.problem, asked.plan)


def prices(problem: Problem, plan: Plan[Pairing]) -> Prices:
    """The network of a plan, kept for the next question about it."""
    return _prices(_Asked(problem, plan, (problem.digest, plan.digest)))


def explain(problem: Problem, plan: Plan[Pairing], key: str) -> Explanation:
    """Why this line, or why this slot stays open; the two next best and what each would cost elsewhere. KeyError for an unknown key."""
    name, slot = key.rsplit("#", 1)
    need = problem.need_of[name]
    if not 1 <= int(slot) <= need.quantity:
        raise KeyError(key)
    known = Known(problem)
    line = next((item for item in plan.lines if item.key == key), None)
    network = _safe(problem, plan)
    if line is None:
        return _open(problem, known, network, need, key)
    one = problem.specialist_of[line.specialist]
    reasons = [_pair_words(problem, known, one, need)]
    if line.fixed:
        reasons.append(Text("由人工锁定，求解不移动。", "Locked by hand; solving does not move it."))
        return Explanation(key, tuple(reasons))
    if network is None:
        reasons.append(_NOT_PROVEN)
        return Explanation(key, tuple(reasons))
    loss = network.without(line)
    if loss:
        reasons.append(
            Text("若不能派{name}：{price}。", "Without {name}: {price}.").fill(
                name=one.name, price=price_words(problem.order, loss)
            )
        )
    others = [_alternative(problem, known, network, need, j, price) for j, price in network.instead(line)]
    if not others:
        reasons.append(Text("没有别的可派专家。", "Nobody else is allowed here."))
    return Explanation(key, tuple(reasons), tuple(others))


_NOT_PROVEN = Text(
    "方案未经证明或经手工修改，不给出精确代价。", "The plan is not proven or was edited; no exact prices."
)


def ask(problem: Problem, plan: Plan[Pairing], need_id: str, specialist_id: str) -> Explanation:
    """ "Why not him?": the rules that forbid the pair, or what it would cost to make it."""
    need, one = problem.need_of[need_id], problem.specialist_of[specialist_id]
    known = Known(problem)
    broken = known.refusals(one, need)
    if broken:
        words = joined((RULES[rule] for rule in broken), zh="、", en=", ")
        text = Text("{name} 不能派：{rules}。", "{name} is not allowed: {rules}.").fill(name=one.name, rules=words)
        return Explanation(need_id, (text,), (Alternative(specialist_id, text, allowed=False),))
    if any(line.need == need_id and line.specialist == specialist_id for line in plan.lines):
        return Explanation(need_id, (Text("方案正是这样派的。", "The plan has it so."),))
    network = _safe(problem, plan)
    if network is None:
        return Explanation(need_id, (_NOT_PROVEN,))
    found = network.giving(network.field.need_at[need_id], 1, only=network.field.specialist_at[specialist_id])
    others = tuple(_alternative(problem, known, network, need, j, price) for j, price in found)
    return Explanation(need_id, (_pair_words(problem, known, one, need),), others)


def _safe(problem: Problem, plan: Plan[Pairing]) -> Prices | None:
    """Prices only where they mean something: a proven plan of this problem."""
    if plan.status != "optimal" or problem.rules.one_base or plan.input_digest != problem.digest:
        return None
    try:
        return prices(problem, plan)
    except (NegativeCycle, KeyError, ValueError):
        return None


def _open(problem: Problem, known: Known, network: Prices | None, need: Need, key: str) -> Explanation:
    """Why a slot stays open."""
    broken: Counter[str] = Counter()
    free = 0
    for one in problem.specialists:
        rules = known.refusals(one, need)
        broken.update(rules[:1])
        free += not rules and one.capacity > 0
    parts = [
        Text("{n} 人{rule}", "{n}: {rule}").fill(n=times, rule=RULES[rule]) for rule, times in broken.most_common()
    ]
    head = (
        Text("没有人可派：", "Nobody is allowed: ")
        if not free
        else Text("可派的 {n} 人都已满：", "The {n} who are allowed are full: ").fill(n=free)
    )
    reasons = (head + joined(parts, zh="，", en=", "),)
    if network is None or not free:
        return Explanation(key, reasons)
    found = network.giving(network.field.need_at[need.id])
    return Explanation(key, reasons, tuple(_alternative(problem, known, network, need, j, price) for j, price in found))


def _pair_words(problem: Problem, known: Known, one: Specialist, need: Need) -> Text:
    fit, coop = best_fit(one, need, problem.rules.related), known.coop(one, need)
    words = Text(
        "{name}（{house}）→ {village}：专业契合 {fit}/3，{coop}，单程 {minutes} 分钟。",
        "{name} ({house}) → {village}: speciality {fit}/3, {coop}, {minutes} minutes one way.",
    )
    together = {
        0: Text("没有合作基础", "no past co-operation"),
        1: Text("单位或本乡镇有合作基础", "institution or township worked together before"),
        2: Text("本人与本村有合作基础", "worked with this village before"),
    }
    return words.fill(
        name=one.name,
        house=one.institution or "–",
        village=f"{need.township}{need.village}",
        fit=fit,
        coop=together[coop],
        minutes=known.minutes(one, need),
    )


def _alternative(problem: Problem, known: Known, network: Prices, need: Need, j: int, price: Price) -> Alternative:
    one = network.field.specialists[j]
    words = Text("改派{name}：{price}。", "{name} instead: {price}.")
    if not network.exact:
        words = Text("改派{name}，至多：{price}。", "{name} instead, at most: {price}.")
    values = {}
    for key, value in zip(network.goals, price, strict=True):
        values[key] = float(-value)
    return Alternative(one.id, words.fill(name=one.name, price=price_words(network.goals, price)), True, values)


def price_words(goals: Sequence[str], price: Price) -> Text:
    """A price by goal in words: what gets worse, what gets better."""
    parts = []
    for key, value in zip(goals, price, strict=False):
        if not value:
            continue
        name, sense, unit = LEVELS[key]
        words = Text("{name}{dir}{n}{unit}", "{name} {dir} {n} {unit}")
        more = (value < 0) if sense == "max" else (value > 0)
        direction = Text("增加", "up") if more else Text("减少", "down")
        parts.append(words.fill(name=name, dir=direction, n=abs(value), unit=unit))
    return (
        joined(parts, zh="，", en=", ")
        if parts
        else Text("各项目标不变，只由公开定序决定", "no goal changes; the published tie-break decided")
    )


def shadow_prices(problem: Problem, plan: Plan[Pairing]) -> list[tuple[str, int, Text]]:
    """(subject code, open slots of it, what one more specialist of it would bring), most open first. Empty when not proven."""
    network = _safe(problem, plan)
    if network is None:
        return []
    open_ = Counter(problem.need_of[key.rsplit("#", 1)[0]].speciality for key in plan.unmet)
    keys = [key for key in network.goals if key not in ("near", "keep")]
    found = []
    for code in sorted({need.speciality for need in problem.needs}):
        gain = network.one_more(code)
        if open_[code] or any(gain):
            found.append((code, open_[code], price_words(keys, gain)))
    return sorted(found, key=lambda item: (-item[1], item[0]))
