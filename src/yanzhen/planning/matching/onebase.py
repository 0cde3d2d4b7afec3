"""One base a specialist: whoever serves, serves in one township (or county) only. The coupling breaks the flow: this is a
generalised assignment problem and NP-hard.

1. *Start*: the flow without the rule; who got several bases keeps the one with most lines; the flow again; until all hold.
2. *Improve*: a region at a time (some bases and everybody who could serve there) is solved exactly, level by level, by CP-SAT,
   starting from what there is; the rest stays. A small problem is one region, and then every level is proven.
3. *Bounds*: for a large problem the flow without the rule, and for co-operation each specialist's best single base: both are
   relaxations, so no plan with one base can be better.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.kernel import Level, Limits, Plan, Run, Text, memory_mb, overall, tie, versions
from yanzhen.planning.kernel.flows import FlowStopped, Network, next_level, start
from yanzhen.planning.matching.network import Graph, build, earlier_pairs, pair_cost
from yanzhen.planning.matching.pairs import Field, Pairs
from yanzhen.planning.matching.problem import LEVELS, Pairing, Problem
from yanzhen.planning.matching.solving import (
    NEAR,
    Search,
    greedy,
    lines_of,
    parameters,
    prepare,
    quick_bounds,
    unmet_of,
    values_of,
)

Ints = NDArray[np.int64]
#: Pairs up to which the whole problem is one region.
WHOLE = 3_000
#: Pairs of a region of a large problem.
REGION = 2_500


def solve_one_base(problem: Problem, limits: Limits, seed: int) -> Plan[Pairing]:
    """The plan with one base a specialist; each level with its bound, proven where the problem is small enough."""
    run = limits.begin()
    notes = prepare(problem)
    search = OneBase(Field(problem), seed, run)
    search.start()
    proven = search.whole() if len(search.pairs) <= WHOLE else 0
    if len(search.pairs) > WHOLE:
        search.regions()
    chosen = search.pairs.take(np.flatnonzero(search.x))
    lines = lines_of(search.field, chosen, search.graph.fixed)
    levels = search.levels(chosen, proven)
    return Plan(
        "matching",
        problem.digest,
        overall(levels, stopped=run.over),
        levels,
        lines,
        seed,
        parameters=parameters(problem),
        signed_by=problem.rules.signed_by,
        locks=problem.locks,
        unmet=unmet_of(problem, lines),
        notes=notes,
        versions=versions("ortools", "numpy"),
        previous=problem.previous_digest,
        extra={"regions": search.tried, "regions_better": search.better},
        seconds=run.seconds,
        memory_mb=memory_mb(),
    )


@dataclass(frozen=True, slots=True)
class _Region:
    """Pairs that are decided together, and what the rest already uses of their needs and places."""

    places: Ints
    covered_villages: frozenset[int]
    covered_townships: frozenset[int]
    used: Counter[int]


class OneBase:
    """One run."""

    def __init__(self, field: Field, seed: int, run: Run) -> None:
        self.field, self.seed, self.run = field, seed, run
        problem = field.problem
        self.goals = problem.order
        keys = [need.township_key if problem.rules.one_base == "township" else need.county for need in problem.needs]
        names = {key: i for i, key in enumerate(sorted(set(keys)))}
        self.place_of = np.array([names[key] for key in keys], dtype=np.int64)
        villages = {key: i for i, key in enumerate(sorted({need.village_key for need in problem.needs}))}
        towns = {key: i for i, key in enumerate(sorted({need.township_key for need in problem.needs}))}
        self.village = np.array([villages[need.village_key] for need in problem.needs], dtype=np.int64)
        self.town = np.array([towns[need.township_key] for need in problem.needs], dtype=np.int64)
        candidates, _ = field.candidates(NEAR, earlier_pairs(field))
        self._take(build(field, candidates))
        self.relaxed: dict[str, float] = {}
        self.tried = self.better = 0

    # -- start -----------------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """A plan that holds the rule, from flows."""
        first = self.graph.first_pair
        costs = [self.graph.cost(self.field, key, self.seed) for key in self.goals]
        locked = self.pairs.specialist[: len(self.graph.fixed)].tolist()
        home: dict[int, int] = dict(zip(locked, self.base.tolist(), strict=False))
        allowed = np.ones(len(self.pairs), dtype=bool)
        try:
            for turn in range(len(self.field.specialists) + 1):
                self.run.say(Text("从流开始", "starting from flows"), turn, 0)
                if turn == 0:
                    flow = self._relax()
                    first, costs = (
                        self.graph.first_pair,
                        [self.graph.cost(self.field, key, self.seed) for key in self.goals],
                    )
                    allowed = np.ones(len(self.pairs), dtype=bool)
                else:
                    flow = self._flow(costs, allowed)
                x = flow[first:] > 0
                split = self._split(x)
                if not split:
                    self.x = x
                    return
                if turn == 0:
                    home = {**self._settle(), **home}
                # everybody who serves now settles where most lines are; who serves nowhere stays free
                for j, bases in self._bases(x).items() if turn else ():
                    home.setdefault(j, self._most(j, bases))
                at = np.full(len(self.field.specialists), -1, dtype=np.int64)
                at[list(home)] = list(home.values())
                allowed = (at[self.pairs.specialist] < 0) | (at[self.pairs.specialist] == self.base)
        except FlowStopped:
            pass
        self._by_greed()

    def _settle(self) -> dict[int, int]:
        """A first base for each specialist: places get as many as their needs ask for, whoever can serve most there (then with most
        co-operation, best fit, nearest) first. One flow of whole people, so that it holds the rule from the start."""
        field, pairs, count = self.field, self.pairs, int(self.place_of.max(initial=-1)) + 1
        capacity = np.array([max(1, one.capacity) for one in field.specialists], dtype=np.int64)
        keys, group = np.unique(pairs.specialist * count + self.base, return_inverse=True)
        one, base = keys // count, keys % count
        many = np.bincount(group)
        worth = np.minimum(many, capacity[one]) * 1000 + np.minimum(
            900, np.bincount(group, pairs.coop).astype(np.int64) * 100
        )
        cost = -worth - (np.bincount(group, pairs.fit) / many * 30).astype(np.int64)
        cost += (np.bincount(group, pairs.minutes) / many / 4).astype(np.int64)
        wanted = np.bincount(self.place_of, [need.quantity for need in field.needs], count)
        room = np.ceil(wanted / max(1.0, float(capacity.mean()))).astype(np.int64)
        people = np.unique(one)
        first, sink = 1 + len(field.specialists), 1 + len(field.specialists) + count
        tail = np.concatenate([[0], np.zeros(len(people)), 1 + one, first + np.arange(count)]).astype(np.int64)
        head = np.concatenate([[sink], 1 + people, first + base, np.full(count, sink)]).astype(np.int64)
        most = np.concatenate([[len(people)], np.ones(len(people) + len(one)), room]).astype(np.int64)
        begin = 1 + len(people)
        costs = np.zeros(len(tail), dtype=np.int64)
        costs[begin : begin + len(one)] = cost
        flow = np.zeros(len(tail), dtype=np.int64)
        flow[0] = len(people)
        network = Network(sink + 1, tail, head, most, sink)
        face = next_level(network, start(network, flow), costs, self.run, last=True)
        used = np.flatnonzero(face.flow[begin : begin + len(one)])
        return dict(zip(one[used].tolist(), base[used].tolist(), strict=True))

    def _most(self, one: int, bases: Counter[int]) -> int:
        """The base with most lines; equal ones by the published hash."""
        return min(bases, key=lambda base: (-bases[base], tie(self.seed, str(one), str(base))))

    def _by_greed(self) -> None:
        chosen = greedy(self.field, self.graph)
        home: dict[int, int] = {}
        codes = {(i, j) for i, j in zip(chosen.need.tolist(), chosen.specialist.tolist(), strict=True)}
        x = np.zeros(len(self.pairs), dtype=bool)
        for place, (i, j) in enumerate(zip(self.pairs.need.tolist(), self.pairs.specialist.tolist(), strict=True)):
            if (i, j) in codes and home.setdefault(j, int(self.base[place])) == int(self.base[place]):
                x[place] = True
        self.x = x

    def _flow(self, costs: Sequence[Ints], allowed: NDArray[np.bool_]) -> Ints:
        network = self.graph.network
        keep = np.ones(network.arcs, dtype=bool)
        keep[self.graph.first_pair :] = allowed | ~self.graph.free[self.graph.first_pair :]
        small = Network(network.nodes, network.tail[keep], network.head[keep], network.capacity[keep], network.sink)
        face = start(small, self.graph.flow[keep])
        face.free = self.graph.free[keep].copy()
        for cost in costs:
            face = next_level(small, face, cost[keep], self.run)
        flow = np.zeros(network.arcs, dtype=np.int64)
        flow[keep] = face.flow
        return flow

    def _relax(self) -> Ints:
        """The best plan without the rule, with its certificate: where to start from, and a bound of every level."""
        search = Search(self.field, self.seed, self.run)
        search.go()
        if len(search.face.values) < len(self.goals):
            raise FlowStopped
        self._take(search.graph)
        if search.certified:
            values = values_of(self.field, search.graph.chosen(search.face.flow), self.graph.before)
            self.relaxed = {key: float(value) for key, value in values.items()}
        return search.face.flow

    def _take(self, graph: Graph) -> None:
        """The graph of the search (it may have taken pairs back) as ours."""
        field = self.field
        self.graph, self.pairs = graph, graph.pairs
        self.base = self.place_of[self.pairs.need] if len(self.pairs) else self.pairs.need
        self.ties = field.ties(self.seed, self.pairs) >> 20
        self.keep = -_keep(field, self.pairs, graph)
        self.x = np.zeros(len(self.pairs), dtype=bool)

    def _bases(self, x: NDArray[np.bool_]) -> dict[int, Counter[int]]:
        found: dict[int, Counter[int]] = defaultdict(Counter)
        places = np.flatnonzero(x)
        for j, base in zip(self.pairs.specialist[places].tolist(), self.base[places].tolist(), strict=True):
            found[j][base] += 1
        return found

    def _split(self, x: NDArray[np.bool_]) -> bool:
        return any(len(bases) > 1 for bases in self._bases(x).values())

    # -- regions ---------------------------------------------------------------------------------------------------------------

    def whole(self) -> int:
        """Everything as one region; how many levels are proven."""
        every = np.arange(len(self.pairs))
        return self._solve(_Region(every, frozenset(), frozenset(), Counter()), self.run.left)

    def regions(self) -> None:
        """Regions one after the other, those with open needs first, until the time is over."""
        count = int(self.base.max(initial=-1)) + 1
        order = sorted(range(count), key=lambda base: tie(self.seed, "region", str(base)))
        turn = 0
        while not self.run.over and count:
            open_ = self._open_bases()
            queue = [base for base in order if base in open_] + order if turn == 0 else order
            before = self.better
            for middle in queue:
                if self.run.over:
                    return
                self.tried += 1
                self.run.say(Text("逐片改进", "improving region by region"), self.tried, self.tried + len(queue))
                self._solve(self._around(middle, turn), min(self.run.left, 6.0))
            turn += 1
            if self.better == before and turn > 3:
                return

    def _open_bases(self) -> set[int]:
        have = np.bincount(self.pairs.need[self.x], minlength=len(self.field.needs))
        wanted = np.array([need.quantity for need in self.field.needs])
        short = np.flatnonzero(have < wanted)
        return set(self.base[np.isin(self.pairs.need, short)].tolist())

    def _around(self, middle: int, turn: int) -> _Region:
        """A base and those that share most specialists with it, up to the size of a region; and everybody based there or nowhere."""
        homes = self._homes()
        ones = np.unique(self.pairs.specialist[self.base == middle])
        shared = np.bincount(self.base[np.isin(self.pairs.specialist, ones)])
        shared[middle] = shared.max(initial=0) + 1
        near = sorted(
            np.flatnonzero(shared).tolist(),
            key=lambda base: (-shared[base], tie(self.seed + turn, str(middle), str(base))),
        )
        inside: list[int] = []
        mask = np.zeros(len(self.pairs), dtype=bool)
        for base in near:
            more = mask | (self.base == base)
            trial = more & np.isin(homes[self.pairs.specialist], [*inside, base, -1])
            if inside and int(trial.sum()) > REGION:
                break
            inside.append(base)
            mask = more
            if len(inside) > 40:
                break
        mask &= np.isin(homes[self.pairs.specialist], [*inside, -1])
        places = np.flatnonzero(mask)
        outside = self.x.copy()
        outside[places] = False
        needs = self.pairs.need[outside]
        return _Region(
            places,
            frozenset(self.village[needs].tolist()),
            frozenset(self.town[needs].tolist()),
            Counter(needs.tolist()),
        )

    def _homes(self) -> Ints:
        homes = np.full(len(self.field.specialists), -1, dtype=np.int64)
        places = np.flatnonzero(self.x)
        homes[self.pairs.specialist[places]] = self.base[places]
        return homes

    def _solve(self, region: _Region, seconds: float) -> int:
        """One region exactly, level by level, from what there is. Returns how many levels were proven."""
        from ortools.sat.python import cp_model

        places = region.places.tolist()
        if not places or seconds <= 0:
            return 0
        model = cp_model.CpModel()
        x = {place: model.new_bool_var("") for place in places}
        goals = self._rules(model, x, region)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = max(1, self.run.limits.threads)
        solver.parameters.random_seed = self.seed % 2**31
        began, proven = self.run.seconds, 0
        best = {place: bool(self.x[place]) for place in places}
        watch = _Watch(self.run)
        for index, (key, terms) in enumerate(goals):
            left = min(seconds - (self.run.seconds - began), self.run.left)
            if left <= 0.02:
                break
            model.clear_hints()
            for place, value in best.items():
                model.add_hint(x[place], value)
            model.minimize(terms)
            solver.parameters.max_time_in_seconds = left / 2 if index < len(goals) - 1 else left
            status = solver.solve(model, watch.callback())
            if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                break
            best = {place: solver.boolean_value(x[place]) for place in places}
            model.add(terms <= round(solver.objective_value))
            if status == cp_model.OPTIMAL and proven == index:
                proven += 1
            self.run.say(LEVELS[key][0] if key in LEVELS else Text("定序", "tie-break"), index + 1, len(goals))
        trial = self.x.copy()
        trial[list(best)] = list(best.values())
        if self._vector(trial) < self._vector(self.x):
            self.x = trial
            self.better += 1
        return proven

    def _rules(self, model: Any, x: dict[int, Any], region: _Region) -> list[tuple[str, Any]]:
        field, pairs = self.field, self.pairs
        by_need: dict[int, list[int]] = defaultdict(list)
        by_one: dict[int, list[int]] = defaultdict(list)
        for place in x:
            by_need[int(pairs.need[place])].append(place)
            by_one[int(pairs.specialist[place])].append(place)
        for i, mine in by_need.items():
            model.add(sum(x[place] for place in mine) <= field.needs[i].quantity - region.used[i])
        for j, mine in by_one.items():
            one = field.specialists[j]
            model.add(sum(x[place] for place in mine) <= one.capacity)
            for name, most in one.seasons:
                season = field.season_at.get(name)
                here = [x[place] for place in mine if int(field.need_season[pairs.need[place]]) == season]
                if here and most < one.capacity:
                    model.add(sum(here) <= most)
            bases: dict[int, list[int]] = defaultdict(list)
            for place in mine:
                bases[int(self.base[place])].append(place)
            if len(bases) > 1:
                settled = {base: model.new_bool_var("") for base in sorted(bases)}
                model.add_at_most_one(settled.values())
                for base, here_places in bases.items():
                    model.add(sum(x[place] for place in here_places) <= one.capacity * settled[base])
                    for place in here_places:
                        model.add_implication(x[place], settled[base])
        for place in range(len(self.graph.fixed)):
            if place in x:
                model.add(x[place] == 1)
        found: list[tuple[str, Any]] = []
        for key in (*self.goals, "tie"):
            if key in ("township", "village"):
                kind = self.town if key == "township" else self.village
                done = region.covered_townships if key == "township" else region.covered_villages
                groups: dict[int, list[int]] = defaultdict(list)
                for place in x:
                    groups[int(kind[pairs.need[place]])].append(place)
                reached = []
                for group, here_places in groups.items():
                    if group in done:
                        continue
                    good = model.new_bool_var("")
                    model.add(good <= sum(x[place] for place in here_places))
                    reached.append(good)
                found.append((key, -sum(reached)))
            else:
                values = self._cost(key)
                found.append((key, sum(int(values[place]) * var for place, var in x.items() if values[place])))
        return [(key, terms) for key, terms in found if not isinstance(terms, int)]

    def _cost(self, key: str) -> Ints:
        pairs = self.pairs
        return {
            "filled": np.full(len(pairs), -1, dtype=np.int64),
            "coop": -pairs.coop,
            "fit": -pairs.fit,
            "keep": -self.keep,
            "near": pairs.minutes,
            "tie": self.ties,
        }[key]

    def _vector(self, x: NDArray[np.bool_]) -> tuple[int, ...]:
        needs = self.pairs.need[x]
        found = []
        for key in self.goals:
            if key == "township":
                found.append(-len(np.unique(self.town[needs])))
            elif key == "village":
                found.append(-len(np.unique(self.village[needs])))
            else:
                found.append(int(self._cost(key)[x].sum()))
        return (*found, int(self.ties[x].sum()))

    # -- bounds ----------------------------------------------------------------------------------------------------------------

    def levels(self, chosen: Pairs, proven: int) -> tuple[Level, ...]:
        """Values with their bounds: proven levels, else relaxations."""
        values = values_of(self.field, chosen, self.graph.before)
        loose = quick_bounds(self.field, self.pairs, self.graph.before, self.graph.fixed)
        loose["coop"] = min(loose["coop"], self._coop_bound())
        found = []
        same = bool(self.relaxed)  # all levels before are equal to the relaxation's
        for place, key in enumerate(self.goals):
            name, sense, unit = LEVELS[key]
            bound = float(values[key]) if place < proven else loose.get(key)
            if bound is None or place >= proven:
                relaxed = self.relaxed.get(key) if same else None
                if sense == "max" and relaxed is not None:
                    bound = relaxed if bound is None else min(bound, relaxed)
                elif sense == "min":
                    bound = relaxed if relaxed is not None else bound
            same = same and self.relaxed.get(key) == values[key]
            found.append(Level(key, name, "max" if sense == "max" else "min", float(values[key]), bound, unit))
        return tuple(found)

    def _coop_bound(self) -> float:
        """Each specialist's best single base, up to the capacity: no plan with one base has more."""
        some = np.flatnonzero(self.pairs.coop)
        best: dict[int, float] = {}
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for place in some.tolist():
            groups[int(self.pairs.specialist[place]), int(self.base[place])].append(int(self.pairs.coop[place]))
        for (j, _), points in groups.items():
            total = sum(sorted(points, reverse=True)[: self.field.specialists[j].capacity])
            best[j] = max(best.get(j, 0), total)
        return float(sum(best.values()))


class _Watch:
    """Ends CP-SAT when somebody cancels."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def callback(self) -> Any:
        """A solution callback that looks at the limits."""
        from ortools.sat.python import cp_model

        run = self.run

        class Stop(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
            def on_solution_callback(self) -> None:
                if run.over:
                    self.stop_search()

        return Stop()


def _keep(field: Field, pairs: Pairs, graph: Graph) -> Ints:
    return pair_cost(field, "keep", 0, pairs, graph.before)
