"""Solving: candidates → chain of flows on optimal faces → pruned pairs priced again → the plan with its proof."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

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
from yanzhen.planning.matching.pairs import BLOCK_CELLS, Field, Pairs, joined
from yanzhen.planning.matching.problem import LEVELS, Pairing, Problem

Ints = NDArray[np.int64]
#: Nearest specialists of each degree of fit that a need starts with when all pairs are too many.
NEAR = 10
#: Pairs that a goal nearly wants are taken back too when their distance is this close, in minutes: it saves rounds.
NEARLY = 12
#: Seconds to write down one need of the plan, with its bounds (measured, generous).
WRITING = 1.5e-4
#: Pruned pairs taken back a round when the duals ask for them.
TAKE_BACK = 300_000


def solve(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Plan[Pairing]:
    """The plan that no other plan beats on the ordered goals; every goal proven unless time ran out.

    ProblemError with every error when the input or a lock cannot hold. With ``rules.one_base`` a person serves one place only; the
    problem is then no flow any more and is solved by :mod:`yanzhen.planning.matching.onebase`, with bounds and gaps.
    """
    limits = limits or Limits()
    if problem.rules.one_base:
        from yanzhen.planning.matching.onebase import solve_one_base

        return solve_one_base(problem, limits, seed)
    # writing the plan down takes time too: it is kept back, so that the limit holds for the whole
    kept_back = min(0.3 * limits.seconds, len(problem.needs) * WRITING)
    run = replace(limits, seconds=limits.seconds - kept_back).begin()
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


@dataclass(slots=True)
class Some:
    """Pairs that were left out and are looked at; their minutes are computed once."""

    needs: NDArray[np.int32]
    ones: NDArray[np.int32]
    fit: NDArray[np.int8]
    minutes: NDArray[np.int32] | None = None

    @property
    def size(self) -> int:
        """How many."""
        return len(self.needs)


class Search:
    """One run: a graph, its goals, the faces before each of them."""

    def __init__(self, field: Field, seed: int, run: Run) -> None:
        self.field, self.seed, self.run = field, seed, run
        self.goals = (*field.problem.order, "tie")
        self.run.say(Text("找出可派的对", "finding allowed pairs"), 0, len(self.goals))
        earlier = earlier_pairs(field)
        self.near = _affordable(field, run)
        candidates, self.complete = field.candidates(self.near, earlier)
        self.graph = build(field, candidates)
        self.certified = self.complete
        self.rounds = 0
        self._kept: tuple[tuple[int, ...], list[Ints], list[Some]] | None = None
        self.face = self._first()
        self.before: list[Face] = []

    def _first(self) -> Face:
        face = start(self.graph.network, self.graph.flow)
        face.free = self.graph.free.copy()
        return face

    def go(self) -> None:
        """All goals; then the pruned pairs are priced, and goals that one of them could better are done again."""
        place, looks = 0, self._looks()
        try:
            while place < len(self.goals):
                until = next(look for look in looks if look > place)
                self._levels(place, until)
                place = until
                if self.complete:
                    continue
                self.run.say(Text("核验未列入的对", "pricing pruned pairs"), place, len(self.goals))
                worst, found = self._price()
                if found is not None:
                    self.rounds += 1
                    place = self._again(worst, found)
            self.certified = True
        except FlowStopped:
            pass

    def _looks(self) -> list[int]:
        """After which goals the pruned pairs are priced: a goal that has to be done again is best found out early."""
        fit = self.goals.index("fit") if "fit" in self.goals else 0
        return sorted({*(place for place in (fit, fit + 1) if place), len(self.goals)})

    def _levels(self, place: int, until: int) -> None:
        for index in range(place, until):
            key = self.goals[index]
            name = LEVELS[key][0] if key in LEVELS else Text("定序", "tie-break")
            self.run.say(name, index, len(self.goals))
            self.before = [*self.before[:index], self.face]
            cost = self.graph.cost(self.field, key, self.seed)
            last = index == len(self.goals) - 1 and self.complete
            self.face = next_level(self.graph.network, self.face, cost, self.run, last=last)
            self.run.say(name, index + 1, len(self.goals), best=abs(float(self.face.values[-1])))

    # -- certificate -----------------------------------------------------------------------------------------------------------

    def _price(self) -> tuple[int, Pairs | None]:
        """Pairs left out that a goal would take, by lexicographic reduced cost, and the first goal that would.

        Pairs left out have no past co-operation and are not of the earlier plan, so before "fit" and "near" their reduced cost
        depends on their two ends alone: the ends are ranked once, and one comparison a pair leaves the few to look at closer.
        """
        field = self.field
        have = np.sort(self.graph.pairs.need * len(field.specialists) + self.graph.pairs.specialist)
        found: list[tuple[Pairs, Ints]] = []
        for some in self._undecided():
            if self.run.over:
                raise FlowStopped
            found.append(self._closer(some, have))
        if not found:
            return len(self.goals), None
        pairs, level = joined([item[0] for item in found]), np.concatenate([item[1] for item in found])
        if not (level < len(self.face.distances)).any():
            return len(self.goals), None
        if len(pairs) > TAKE_BACK:
            order = np.lexsort((pairs.specialist, pairs.need, pairs.minutes, -pairs.fit, level))[:TAKE_BACK]
            pairs, level = pairs.take(order), level[order]
        return int(level.min()), pairs

    def _undecided(self) -> Iterator[Some]:
        """Pairs that the goals without distances leave open, or want; kept for the next round when those goals stay as they are."""
        distances = self.face.distances
        solved, first = len(distances), 0
        while first < solved and self.goals[first] not in ("fit", "near", "tie"):
            first += 1
        with_fit = first < solved and self.goals[first] == "fit"
        more = first + with_fit < solved
        early = tuple(id(distance) for distance in distances[: first + with_fit])
        if more and self._kept is not None and self._kept[0] == early:
            yield from self._kept[2]
            return
        kept: list[Some] = []
        for some in self._ranked(distances, first, with_fit=with_fit, more=more):
            if more:
                kept.append(some)
            yield some
        size = sum(some.size for some in kept)
        if more and size * 24 / 1024**2 < self.run.limits.memory_mb / 4:
            self._kept = (early, list(distances), kept)  # the distances are held so that their ids stay theirs

    def _ranked(self, distances: Sequence[Ints], first: int, *, with_fit: bool, more: bool) -> Iterator[Some]:
        graph, field = self.graph, self.field
        rank = _ranks(distances[:first], graph.network.nodes)
        if with_fit:
            rank = rank * np.int64(2 * int(np.abs(distances[first]).max(initial=0)) + 9) + distances[first]
        for rows, columns, fits in field.codes():
            for season in np.unique(field.need_season[rows]).tolist():
                same = rows[field.need_season[rows] == season]
                ends = rank[graph.tails[columns, season]] + (fits if with_fit else 0)
                step = max(1, 2 * BLOCK_CELLS // len(columns))
                for begin in range(0, len(same), step):
                    some = same[begin : begin + step]
                    starts = rank[graph.first_need + some][:, None]
                    place = np.flatnonzero(starts <= ends[None, :] if more else starts < ends[None, :])
                    row, column = np.divmod(place, len(columns))
                    yield Some(some[row].astype(np.int32), columns[column].astype(np.int32), fits[column])

    def _closer(self, some: Some, have: Ints) -> tuple[Pairs, Ints]:
        """Of pairs that may be wanted, those that are (or nearly: within some minutes, which saves a round), and by which goal."""
        graph, field, face = self.graph, self.field, self.face
        needs: Ints = some.needs.astype(np.int64)
        ones: Ints = some.ones.astype(np.int64)
        heads, tails = graph.first_need + needs, graph.tails[ones, field.need_season[needs]]
        over = len(self.goals)
        level = np.full(len(needs), -1, dtype=np.int8)
        for index, distance in enumerate(face.distances):
            key = self.goals[index]
            if not distance.any() and key not in ("fit", "near", "tie"):
                continue
            open_ = np.flatnonzero(level == -1)
            if not len(open_):
                break
            reduced = distance[heads[open_]] - distance[tails[open_]]
            if key == "fit":
                reduced -= some.fit[open_]
            elif key == "near":
                if some.minutes is None:
                    some.minutes = field.minutes(needs, ones).astype(np.int32)
                reduced += some.minutes[open_]
            elif key == "tie":
                none = np.zeros(0, dtype=np.int64)
                reduced += field.ties(self.seed, Pairs(needs[open_], ones[open_], none, none, none))
            level[open_[reduced < 0]] = index
            if key == "tie":
                level[open_[reduced >= 0]] = over
            else:
                level[open_[reduced > 0]] = over + 1
                if key == "near":
                    level[open_[(reduced > 0) & (reduced <= NEARLY)]] = over
        wanted = np.flatnonzero((level >= 0) & (level <= over))
        needs, ones = needs[wanted], ones[wanted]
        if len(have):
            codes = needs * len(field.specialists) + ones
            new = have[np.minimum(np.searchsorted(have, codes), len(have) - 1)] != codes
            needs, ones, wanted = needs[new], ones[new], wanted[new]
        minutes = field.minutes(needs, ones)
        good = field.allowed(needs, ones, minutes)
        pairs = Pairs(needs, ones, some.fit[wanted].astype(np.int64), field.coop_of(needs, ones), minutes)
        return pairs.take(good), level[wanted][good].astype(np.int64)

    def _again(self, place: int, pairs: Pairs) -> int:
        """Take pairs back and start at the first goal that wants one of them; what the goals before decided stays."""
        self.graph.add(self.field, pairs)
        extra = len(pairs)
        tails, heads = self.graph.network.tail[-extra:], self.graph.network.head[-extra:]
        none = np.zeros(extra, dtype=np.int64)
        free = np.ones(extra, dtype=bool)
        earlier: list[Face] = []
        for index, face in enumerate(self.before[: place + 1]):
            if index:
                cost = pair_cost(self.field, self.goals[index - 1], self.seed, pairs, self.graph.before)
                distance = face.distances[index - 1]
                free = free & (cost + distance[heads] - distance[tails] == 0)
            flow, open_ = np.concatenate([face.flow, none]), np.concatenate([face.free, free])
            earlier.append(Face(flow, open_, face.values, face.distances))
        self.before, self.face = earlier[:place], earlier[place].copy()
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
            previous=problem.previous_digest,
            extra={
                "pairs_in_question": self.field.cells,
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


def _ranks(distances: Sequence[Ints], nodes: int) -> Ints:
    """The place of each node's row of distances in lexicographic order; equal rows have equal places."""
    rank = np.zeros(nodes, dtype=np.int64)
    if distances:
        order = np.lexsort(tuple(reversed(distances)))
        steps = np.zeros(nodes, dtype=np.int64)
        for distance in distances:
            steps[1:] |= distance[order][1:] != distance[order][:-1]
        rank[order] = np.cumsum(steps)
    return rank


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
    names: dict[str, int] = {}
    village = [names.setdefault(need.village_key, len(names)) for need in field.needs]
    wants, ones, season_of = pairs.need.tolist(), pairs.specialist.tolist(), field.need_season.tolist()
    taken: list[int] = []
    covered: set[int] = set()

    def take(place: int) -> None:
        i, j = wants[place], ones[place]
        if open_[i] and left[j]:
            season = (j, season_of[i])
            if seasons:
                if seasons.get(season, 1) <= 0:
                    return
                if season in seasons:
                    seasons[season] -= 1
            open_[i] -= 1
            left[j] -= 1
            taken.append(place)
            covered.add(village[i])

    for place in range(len(graph.fixed)):  # fixed pairs come first in the graph
        take(place)
    places = order.tolist()
    for place in places:
        if village[wants[place]] not in covered:
            take(place)
    done = set(taken)
    for place in places:
        if open_[wants[place]] and left[ones[place]] and place not in done:
            take(place)
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
        places.sort(key=lambda place: int(chosen.specialist[place]))
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
