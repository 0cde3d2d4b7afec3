"""Solving: candidates → chain of flows on optimal faces → pruned pairs priced again → the plan with its proof."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.kernel import (
    Finding,
    Level,
    Limits,
    Plan,
    Run,
    Text,
    memory_mb,
    must_hold,
    overall,
    plain,
    versions,
)
from yanzhen.planning.kernel.flows import Face, FlowStopped, next_level, start
from yanzhen.planning.matching.locks import lock_findings
from yanzhen.planning.matching.network import Graph, build, earlier_pairs, pair_cost
from yanzhen.planning.matching.pairs import Field, Pairs, joined
from yanzhen.planning.matching.problem import LEVELS, Pairing, Problem

Ints = NDArray[np.int64]
#: Nearest specialists of each degree of fit that a need starts with when all pairs are too many.
NEAR = 20
#: Pruned pairs taken back a round when the duals ask for them.
TAKE_BACK = 400_000


def solve(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Plan[Pairing]:
    """The plan that no other plan beats on the ordered goals; every goal proven unless time ran out.

    ProblemError with every error when the input or a lock cannot hold. With ``rules.one_base`` a person serves one place only; the
    problem is then no flow any more and is solved by :mod:`yanzhen.planning.matching.onebase`, with bounds and gaps.
    """
    limits = limits or Limits()
    if problem.rules.one_base:
        from yanzhen.planning.matching.onebase import solve_one_base

        return solve_one_base(problem, limits, seed)
    run = limits.begin()
    notes = prepare(problem)
    field = Field(problem)
    search = Search(field, seed, run)
    search.go()
    return search.plan(notes)


def prepare(problem: Problem) -> tuple[Finding, ...]:
    """Refuse what cannot be planned; what is only worth knowing is returned as notes."""
    found = problem.findings()
    must_hold(found)
    locks = lock_findings(problem)
    must_hold(locks)
    notes = [item for item in (*found, *locks) if item.severity != "error"]
    blank = sum(1 for need in problem.needs if need.lon is None) + sum(
        1 for one in problem.specialists if one.lon is None
    )
    if blank and not problem.travel:
        text = Text(
            "{n} 个位置没有坐标，路程按 {m} 分钟计",
            "{n} places have no coordinates; {m} minutes are counted for them",
        ).fill(n=blank, m=problem.rules.unknown_minutes)
        notes.append(Finding("matching.unknown_place", text, "warning"))
    return tuple(notes)


class Search:
    """One run: a graph, its goals, the faces before each of them."""

    def __init__(self, field: Field, seed: int, run: Run) -> None:
        self.field, self.seed, self.run = field, seed, run
        self.goals = (*field.problem.order, "tie")
        self.run.say(Text("找出可派的对", "finding allowed pairs"), 0, len(self.goals))
        earlier = earlier_pairs(field)
        self.near = _affordable(field, run)
        candidates, self.allowed = field.candidates(self.near, earlier)
        self.graph = build(field, candidates)
        self.complete = len(candidates) + len(self.graph.fixed) >= self.allowed
        self.certified = self.complete
        self.rounds = 0
        self.face = self._first()
        self.before: list[Face] = []

    def _first(self) -> Face:
        face = start(self.graph.network, self.graph.flow)
        face.free = self.graph.free.copy()
        return face

    def go(self) -> None:
        """All goals; then the pruned pairs are priced, and goals that one of them could better are done again."""
        place = 0
        try:
            while True:
                place = self._levels(place)
                if self.complete or self.run.over:
                    break
                self.run.say(Text("核验未列入的对", "pricing pruned pairs"), len(self.goals), len(self.goals))
                worst, found = self._price()
                if not found:
                    self.certified = True
                    break
                self.rounds += 1
                place = self._again(worst, found)
        except FlowStopped:
            pass

    def _levels(self, place: int) -> int:
        for index in range(place, len(self.goals)):
            key = self.goals[index]
            name = LEVELS[key][0] if key in LEVELS else Text("定序", "tie-break")
            self.run.say(name, index, len(self.goals))
            self.before = [*self.before[:index], self.face]
            cost = self.graph.cost(self.field, key, self.seed)
            last = index == len(self.goals) - 1 and self.complete
            self.face = next_level(self.graph.network, self.face, cost, self.run, last=last)
            self.run.say(name, index + 1, len(self.goals), best=abs(float(self.face.values[-1])))
        return len(self.goals)

    # -- certificate -----------------------------------------------------------------------------------------------------------

    def _price(self) -> tuple[int, Pairs | None]:
        """Pairs left out that a goal would take, by lexicographic reduced cost; the first goal that would."""
        graph, field = self.graph, self.field
        count = len(field.specialists)
        have = np.sort(graph.pairs.need * count + graph.pairs.specialist)
        found: list[Pairs] = []
        levels: list[Ints] = []
        for block in field.blocks():
            if self.run.over:
                raise FlowStopped
            heads = graph.first_need + block.needs
            undecided = block.allowed.copy()
            rows: list[Ints] = []
            columns: list[Ints] = []
            which: list[Ints] = []
            seasons = field.need_season[block.needs]
            for index, key in enumerate(self.goals):
                if key == "tie" or not undecided.any():
                    break
                distance = self.face.distances[index]
                # the node a pair leaves from depends on the season of the need: one row of tails a season
                reduced = distance[heads][:, None] - distance[graph.tails[block.specialists][:, seasons].T]
                if key == "fit":
                    reduced -= block.fit
                elif key == "near":
                    reduced += block.minutes
                row, column = np.nonzero(undecided & (reduced < 0))
                if len(row):
                    rows.append(row)
                    columns.append(column)
                    which.append(np.full(len(row), index))
                undecided &= reduced == 0
            if undecided.any():
                row, column = np.nonzero(undecided)
                pairs = self._pairs(
                    block.needs[row], block.specialists[column], block.fit[row, column], block.minutes[row, column]
                )
                distance = self.face.distances[len(self.goals) - 1]
                tails = graph.tails[pairs.specialist, field.need_season[pairs.need]]
                reduced = field.ties(self.seed, pairs) + distance[graph.first_need + pairs.need] - distance[tails]
                better = reduced < 0
                rows.append(row[better])
                columns.append(column[better])
                which.append(np.full(int(better.sum()), len(self.goals) - 1))
            if rows:
                row, column, level = np.concatenate(rows), np.concatenate(columns), np.concatenate(which)
                codes = block.needs[row] * count + block.specialists[column]
                spot = np.minimum(np.searchsorted(have, codes), max(0, len(have) - 1))
                new = have[spot] != codes if len(have) else np.ones(len(codes), dtype=bool)
                row, column = row[new], column[new]
                if len(row):
                    found.append(
                        self._pairs(
                            block.needs[row],
                            block.specialists[column],
                            block.fit[row, column],
                            block.minutes[row, column],
                        )
                    )
                    levels.append(level[new])
        if not found:
            return len(self.goals), None
        pairs, level = joined(found), np.concatenate(levels)
        if len(pairs) > TAKE_BACK:
            order = np.lexsort((pairs.specialist, pairs.need, pairs.minutes, -pairs.fit, level))[:TAKE_BACK]
            pairs, level = pairs.take(order), level[order]
        return int(level.min()), pairs

    def _pairs(self, needs: Ints, ones: Ints, fit: NDArray[np.int8], minutes: NDArray[np.int32]) -> Pairs:
        return Pairs(needs, ones, fit.astype(np.int64), self.field.coop_of(needs, ones), minutes.astype(np.int64))

    def _again(self, place: int, pairs: Pairs) -> int:
        """Take pairs back and start at the first goal that wants one of them; what the goals before decided stays."""
        self.graph.add(self.field, pairs)
        face = self.before[place].copy()
        extra = len(pairs)
        face.flow = np.concatenate([face.flow, np.zeros(extra, dtype=np.int64)])
        free = np.ones(extra, dtype=bool)
        tails, heads = self.graph.network.tail[-extra:], self.graph.network.head[-extra:]
        for key, distance in zip(self.goals[:place], face.distances, strict=False):
            cost = pair_cost(self.field, key, self.seed, pairs, self.graph.before)
            free &= cost + distance[heads] - distance[tails] == 0
        face.free = np.concatenate([face.free, free])
        self.before = [
            Face(
                np.concatenate([one.flow, np.zeros(extra, dtype=np.int64)]),
                np.concatenate([one.free, np.zeros(extra, dtype=bool)]),
                one.values,
                one.distances,
            )
            for one in self.before[:place]
        ]
        self.face = face
        return place

    # -- the plan --------------------------------------------------------------------------------------------------------------

    def plan(self, notes: tuple[Finding, ...]) -> Plan[Pairing]:
        """The record."""
        chosen = self.graph.chosen(self.face.flow)
        if not self.face.values:
            chosen = greedy(self.field, self.graph)
        lines = lines_of(self.field, chosen, self.graph.fixed)
        levels = self._bounds(chosen)
        stopped = not self.certified or len(self.face.values) < len(self.goals)
        problem = self.field.problem
        return Plan(
            "matching",
            problem.digest,
            overall(levels, stopped=stopped),
            levels,
            lines,
            self.seed,
            parameters=parameters(problem),
            signed_by=problem.rules.signed_by,
            locks=problem.locks,
            unmet=unmet_of(problem, lines),
            notes=notes,
            versions=versions("ortools", "numpy"),
            extra={
                "allowed_pairs": self.allowed,
                "pairs_used": len(self.graph.pairs),
                "certified": self.certified,
                "rounds": self.rounds,
            },
            seconds=self.run.seconds,
            memory_mb=memory_mb(),
        )

    def _bounds(self, chosen: Pairs) -> tuple[Level, ...]:
        values = values_of(self.field, chosen, self.graph.before)
        quick = quick_bounds(self.field, self.graph.pairs, self.graph.before, self.graph.fixed)
        found = []
        for place, key in enumerate(self.field.problem.order):
            name, sense, unit = LEVELS[key]
            proven = self.certified and place < len(self.face.values)
            bound = float(values[key]) if proven else quick.get(key)
            if key == "near" and not proven:
                bound = None
            found.append(Level(key, name, "max" if sense == "max" else "min", float(values[key]), bound, unit))
        return tuple(found)


def parameters(problem: Problem) -> dict[str, object]:
    """The rules in force as plain values, for the record."""
    found = plain(problem.rules)
    found["order"] = list(problem.order)
    return dict(found)


def _affordable(field: Field, run: Run) -> int:
    """How many nearest of each degree fit into the memory: about 400 bytes an arc with its copies and the solver's."""
    free = max(64.0, run.limits.memory_mb - memory_mb()) * 1024 * 1024
    most = free / 400 / 4 / max(1, len(field.needs))
    return max(4, min(NEAR, int(most)))


def values_of(field: Field, chosen: Pairs, before: frozenset[tuple[int, int]]) -> dict[str, int]:
    """Every goal's value of some pairs."""
    needs = [field.needs[i] for i in chosen.need.tolist()]
    return {
        "township": len({need.township_key for need in needs}),
        "village": len({need.village_key for need in needs}),
        "filled": len(chosen),
        "coop": int(chosen.coop.sum()),
        "fit": int(chosen.fit.sum()),
        "keep": sum(pair in before for pair in zip(chosen.need.tolist(), chosen.specialist.tolist(), strict=True)),
        "near": int(chosen.minutes.sum()),
    }


def quick_bounds(
    field: Field, pairs: Pairs, before: frozenset[tuple[int, int]], fixed: frozenset[tuple[int, int]]
) -> dict[str, float]:
    """Bounds that hold without any solving: each need takes its best pairs as if nobody else wanted them. (The pruned graph keeps the best
    pairs of each need on every goal, so they hold for the whole problem.)"""
    quantity = np.array([need.quantity for need in field.needs], dtype=np.int64)
    capacity = sum(one.capacity for one in field.specialists if one.consent)
    here = np.unique(pairs.need)
    needs = [field.needs[i] for i in here.tolist()]

    def best(values: Ints) -> float:
        order = np.lexsort((-values, pairs.need))
        need = pairs.need[order]
        first = np.searchsorted(need, need)
        return float(values[order][np.arange(len(need)) - first < quantity[need]].sum())

    keep = pair_cost(field, "keep", 0, pairs, before)
    return {
        "township": float(len({need.township_key for need in needs})),
        "village": float(len({need.village_key for need in needs})),
        "filled": float(
            min(capacity, int(np.minimum(np.bincount(pairs.need, minlength=len(quantity)), quantity).sum()))
        ),
        "coop": best(pairs.coop),
        "fit": best(pairs.fit),
        "keep": best(-keep),
    }


def greedy(field: Field, graph: Graph) -> Pairs:
    """The best there is when no goal could be finished: pairs in the order of the goals, each taken when it still fits."""
    pairs = graph.pairs
    order = np.lexsort((field.ties(0, pairs), pairs.minutes, -pairs.fit, -pairs.coop))
    left = [one.capacity if one.consent else 0 for one in field.specialists]
    seasons = {
        (j, field.season_at[name]): most
        for j, one in enumerate(field.specialists)
        for name, most in one.seasons
        if name in field.season_at
    }
    open_ = [need.quantity for need in field.needs]
    taken: list[int] = []
    done: set[int] = set()

    def take(place: int) -> None:
        i, j = int(pairs.need[place]), int(pairs.specialist[place])
        season = (j, int(field.need_season[i]))
        if open_[i] > 0 and left[j] > 0 and seasons.get(season, 1) > 0:
            open_[i] -= 1
            left[j] -= 1
            if season in seasons:
                seasons[season] -= 1
            taken.append(place)
            done.add(place)

    for place in range(len(graph.fixed)):  # fixed pairs come first in the graph
        take(place)
    covered = {field.needs[int(pairs.need[place])].village_key for place in taken}
    for round_ in (0, 1):
        for place in order.tolist():
            key = field.needs[int(pairs.need[place])].village_key
            if place in done or (round_ == 0 and key in covered):
                continue
            before = len(taken)
            take(place)
            if len(taken) > before:
                covered.add(key)
    return pairs.take(np.array(sorted(taken), dtype=np.int64))


def lines_of(field: Field, chosen: Pairs, fixed: frozenset[tuple[int, int]]) -> tuple[Pairing, ...]:
    """Plan lines; a specialist keeps the slot of the earlier plan, so that a diff shows real changes only."""
    slots: dict[int, list[int]] = defaultdict(list)
    for place, i in enumerate(chosen.need.tolist()):
        slots[i].append(place)
    old = {(line.need, line.specialist): line.slot for line in field.problem.previous}
    found = []
    for i, places in slots.items():
        need = field.needs[i]
        ids = [field.specialists[int(chosen.specialist[place])].id for place in places]
        taken = {old[need.id, one]: place for one, place in zip(ids, places, strict=True) if (need.id, one) in old}
        taken = {slot: place for slot, place in taken.items() if slot <= need.quantity}
        rest = [place for place in places if place not in taken.values()]
        free = [slot for slot in range(1, need.quantity + 1) if slot not in taken]
        for slot, place in [*taken.items(), *zip(free, rest, strict=False)]:
            j = int(chosen.specialist[place])
            found.append(
                Pairing(
                    need.id,
                    slot,
                    field.specialists[j].id,
                    int(chosen.fit[place]),
                    int(chosen.coop[place]),
                    int(chosen.minutes[place]),
                    (i, j) in fixed,
                )
            )
    return tuple(sorted(found, key=lambda line: line.key))


def unmet_of(problem: Problem, lines: Sequence[Pairing]) -> tuple[str, ...]:
    """Slots that stay open."""
    have = {line.key for line in lines}
    return tuple(
        key
        for need in problem.needs
        for key in (f"{need.id}#{slot}" for slot in range(1, need.quantity + 1))
        if key not in have
    )
