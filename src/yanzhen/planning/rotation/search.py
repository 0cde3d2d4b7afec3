"""The rotation as a CP-SAT model, for all villages or for a window of them, and the search over windows for large cases.

Goals are taken one after the other; a goal that has reached its bound costs no solver time. Above :data:`WHOLE` villages each goal is
improved in windows (large-neighbourhood search), never at the price of an earlier goal. Nothing that was found is ever thrown away: a
stage without an answer leaves the plan as it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from yanzhen.planning.kernel import Run
from yanzhen.planning.rotation.field import Field, Ints

#: Up to so many person × village pairs the whole is one model.
WHOLE = 300
#: Work of one window in CP-SAT's deterministic seconds.
EFFORT = 0.35
MAXIMISED = ("continuity", "skills", "kept")


@dataclass(frozen=True)
class Result:
    """An assignment of the people asked for, and what the solver says of the last goal it was given."""

    assignment: Ints
    value: int
    bound: int | None
    proven: bool


class Window:
    """CP-SAT over some villages and people; everybody else stays as in ``assignment``."""

    def __init__(
        self, field: Field, assignment: Ints, villages: Sequence[int], people: Sequence[int], seed: int = 0
    ) -> None:
        from ortools.sat.python import cp_model

        self.cp: Any = cp_model
        self.field, self.assignment, self.seed = field, assignment, seed
        self.villages = [int(v) for v in villages]
        self.people = sorted((int(p) for p in people), key=lambda p: int(field.rank[p]))
        self.model: Any = cp_model.CpModel()
        self.take: dict[tuple[int, int], Any] = {}
        self.inside = np.zeros(len(field.problem.villages), dtype=bool)
        self.inside[self.villages] = True
        self._variables()
        self._rules()
        self.goal = {goal: self._goal(goal) for goal in field.problem.goals}

    def _variables(self) -> None:
        field = self.field
        self.by_village: dict[int, list[tuple[int, Any]]] = {v: [] for v in self.villages}
        self.by_person: dict[int, list[Any]] = {}
        chosen = np.asarray(self.villages, dtype=np.int64)
        for person in self.people:
            mine = []
            for village in chosen[field.eligible[person, chosen]]:
                variable = self.model.new_bool_var("")
                self.take[person, int(village)] = variable
                self.by_village[int(village)].append((person, variable))
                mine.append(variable)
            self.by_person[person] = mine
            if field.fixed[person] >= 0 and mine:
                self.model.add_exactly_one(mine)
            elif len(mine) > 1:
                self.model.add_at_most_one(mine)

    def _rules(self) -> None:
        field, model = self.field, self.model
        self.led: dict[int, Any] = {}
        for village in self.villages:
            team = self.by_village[village]
            leads = [x for p, x in team if field.lead[p, village]]
            must = [x for p, x in team if not field.joins[p, village]]
            led = model.new_bool_var("")
            self.led[village] = led
            model.add(led <= sum(leads))
            stays = sum(1 for p, _ in team if field.stay[p] == village)
            # Those who stay are there, with or without a first secretary.
            model.add(sum(x for _, x in team) <= max(int(field.posts[village]) - 1, stays) + led)
            model.add(sum(x for _, x in team) <= int(field.posts[village]))
            if len(must) > 1:
                model.add_at_most_one(must)
            women = [(p, x) for p, x in team if field.woman[p]]
            if women and not field.alone[village] and not any(field.stay[p] == village for p, _ in women):
                total = sum(x for _, x in women)
                for _, x in women:  # if one is there, two are
                    model.add(total >= 2 * x)
        held = set(self.people)
        for a, b in field.kin_pairs:
            for village in self.villages:
                x, y = self.take.get((a, village)), self.take.get((b, village))
                if x is not None and y is not None and not (field.stay[a] == village and field.stay[b] == village):
                    model.add_at_most_one([x, y])
        for a, b in field.couples:
            if field.stay[a] >= 0 and field.stay[b] >= 0:
                continue
            mine = [*self.by_person.get(a, []), *self.by_person.get(b, [])]
            outside = any(other not in held and self.assignment[other] >= 0 for other in (a, b))
            if mine and outside:
                model.add(sum(mine) == 0)
            elif mine:
                model.add_at_most_one(mine)
        if len(field.most):
            sent = np.zeros(len(field.most), dtype=np.int64)
            staying = np.zeros(len(field.most), dtype=np.int64)
            groups: dict[int, list[Any]] = {}
            for person in np.flatnonzero(field.unit >= 0):
                unit = int(field.unit[person])
                staying[unit] += field.stay[person] >= 0
                if int(person) in held:
                    groups.setdefault(unit, []).extend(self.by_person[int(person)])
                elif self.assignment[person] >= 0:
                    sent[unit] += 1
            for unit, variables in groups.items():
                cap = int(max(field.most[unit], staying[unit]) - sent[unit])
                if len(variables) > cap:
                    model.add(sum(variables) <= cap)

    def _short(self, priority: bool) -> Any:
        field, model = self.field, self.model
        parts = []
        for village in self.villages:
            if bool(field.priority[village]) != priority or field.need[village] <= 0:
                continue
            short = model.new_int_var(0, int(field.need[village]), "")
            model.add(
                short + sum(int(field.strength[p]) * x for p, x in self.by_village[village]) >= int(field.need[village])
            )
            parts.append(short)
        return sum(parts)

    def _once(self, table: Any) -> Any:
        parts = []
        for village in self.villages:
            here = [x for p, x in self.by_village[village] if table[p, village]]
            if here:
                got = self.model.new_bool_var("")
                self.model.add(got <= sum(here))
                parts.append(got)
        return sum(parts)

    def _goal(self, goal: str) -> Any:
        field = self.field
        if goal == "cover":
            return sum(1 - self.led[v] for v in self.villages if field.priority[v])
        if goal == "empty":
            return sum(int(field.posts[v]) for v in self.villages) - sum(self.take.values())
        if goal == "green":
            parts = []
            for village in self.villages:
                if field.posts[village] >= 2:
                    green = self.model.new_bool_var("")
                    self.model.add(green + sum(x for p, x in self.by_village[village] if field.experienced[p]) >= 1)
                    parts.append(green)
            return sum(parts)
        if goal in ("weak", "other"):
            return self._short(goal == "weak")
        if goal == "continuity":
            return self._once(field.partner)
        if goal == "skills":
            return self._once(field.skilled)
        if goal == "kept":
            return sum(x for (p, v), x in self.take.items() if field.previous[p] == v)
        if goal == "party":
            return sum(x for (p, _), x in self.take.items() if field.problem.people[p].party_since is None)
        return sum(int(field.far[p, v]) * x for (p, v), x in self.take.items() if field.far[p, v])

    def part(self, assignment: Ints) -> dict[str, int]:
        """The goals of the window's villages alone."""
        held = np.where((assignment >= 0) & self.inside[np.maximum(assignment, 0)], assignment, -1)
        whole = self.field.measure(held)
        empty: dict[str, int] = {}
        field, out = self.field, ~self.inside
        empty["cover"] = int((field.priority & out).sum())
        empty["empty"] = int(field.posts[out].sum())
        empty["green"] = int(((field.posts >= 2) & out).sum())
        empty["weak"] = int(field.need[field.priority & out].sum())
        empty["other"] = int(field.need[~field.priority & out].sum())
        return {goal: value - empty.get(goal, 0) for goal, value in whole.items()}

    def keep(self, goal: str, value: int) -> None:
        """No worse than ``value`` on a goal."""
        expression = self.goal[goal]
        if isinstance(expression, int):
            return
        if goal in MAXIMISED:
            self.model.add(expression >= value)
        else:
            self.model.add(expression <= value)

    def _objective(self, goal: str, later: Sequence[str]) -> Any:
        """The goal, and with small weights the goals after it, so that a step for one goal does not spoil the others."""
        expression = self.goal[goal]
        if not later:
            return expression
        own = 1 if goal in MAXIMISED else -1
        total, weight = 0, 1
        for item in reversed(later):
            sign = own if item in MAXIMISED else -own
            total = total + sign * weight * self.goal[item]
            weight *= 2
        return total + 50 * weight * expression

    def solve(
        self,
        goal: str,
        start: Ints | None,
        seconds: float,
        *,
        later: Sequence[str] = (),
        effort: float | None = None,
        threads: int = 1,
        stop: Callable[[], bool] | None = None,
    ) -> Result | None:
        """Improve one goal (its bound is told when ``later`` is empty); None when nothing was found."""
        expression = self._objective(goal, later)
        constant = isinstance(expression, int)
        self.model.clear_objective()
        self.model.clear_hints()
        if not constant:
            (self.model.maximize if goal in MAXIMISED else self.model.minimize)(expression)
        if start is not None:
            for (person, village), variable in self.take.items():
                self.model.add_hint(variable, bool(start[person] == village))
        solver = self.cp.CpSolver()
        solver.parameters.max_time_in_seconds = max(0.05, seconds)
        if effort is not None:  # counted work instead of seconds: the same answer on a slower or busier machine
            solver.parameters.max_deterministic_time = effort
        solver.parameters.num_workers = threads
        solver.parameters.random_seed = self.seed & 0x7FFFFFFF
        if threads > 1:
            solver.parameters.interleave_search = (
                True  # several strategies in a fixed order: the same answer every time
            )
        with _stopping(solver, stop):
            status = solver.solve(self.model)
        if status not in (self.cp.OPTIMAL, self.cp.FEASIBLE):
            return None
        assignment = self.assignment.copy()
        assignment[self.people] = -1
        for (person, village), variable in self.take.items():
            if solver.boolean_value(variable):
                assignment[person] = village
        if constant or later:
            return Result(assignment, self.field.measure(assignment)[goal], None, status == self.cp.OPTIMAL)
        bound = solver.best_objective_bound
        whole = int(np.floor(bound + 1e-6)) if goal in MAXIMISED else int(np.ceil(bound - 1e-6))
        return Result(assignment, round(solver.objective_value), whole, status == self.cp.OPTIMAL)


@contextmanager
def _stopping(solver: Any, stop: Callable[[], bool] | None) -> Iterator[None]:
    """End the search soon after the caller says so: asked five times a second beside the solver, which may find nothing for long."""
    if stop is None:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            if stop():
                solver.stop_search()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def better(field: Field, new: Ints, old: Ints) -> bool:
    """Fewer broken rules; then lexicographically better, by the judge."""
    return (len(field.broken(new)), field.vector(new)) < (len(field.broken(old)), field.vector(old))


def windows(
    field: Field,
    assignment: Ints,
    goal: str,
    seconds: float,
    run: Run,
    *,
    bound: int | None,
    size: int = 12,
    patience: int = 24,
) -> Ints:
    """Improve one goal window by window until it meets its bound, the time is over or many windows in a row gave nothing.

    The size follows what the solver can settle: larger after a window that was settled for nothing, smaller after one that was not.
    """
    begun = run.seconds
    goals = field.problem.goals
    rng = np.random.default_rng([field.seed, len(field.problem.villages), goals.index(goal)])
    earlier, later = goals[: goals.index(goal)], goals[goals.index(goal) + 1 :]
    best, idle, turn, width = assignment, 0, 0, float(size)
    while not run.over and run.seconds - begun < seconds and idle < patience:
        value = field.measure(best)[goal]
        if bound is not None and value == bound:
            break
        villages = _defects(field, best, goal, round(width), rng)
        turn += 1
        if villages is None:
            break
        people = _people(field, best, villages, goal, rng)
        window = Window(field, best, villages, people, field.seed + turn)
        now = window.part(best)
        for item in earlier:
            window.keep(item, now[item])
        left = min(8.0, seconds - (run.seconds - begun), run.left)
        stop = (lambda: run.cancelled) if run.limits.cancel is not None else None
        found = window.solve(goal, best, left, later=later, effort=EFFORT, stop=stop)
        if found is not None and better(field, found.assignment, best):
            gained = field.measure(found.assignment)[goal] != value
            best, idle = found.assignment, 0 if gained else idle + 1
        else:
            idle += 1
            settled = found is not None and found.proven
            width = min(40.0, width * 1.15) if settled else max(6.0, width * 0.9)
    return best


def _faulty(field: Field, assignment: Ints, goal: str) -> Ints:
    count = len(field.problem.villages)
    held = np.flatnonzero(assignment >= 0)
    where = assignment[held]
    size = np.bincount(where, minlength=count)
    power = np.bincount(where, weights=field.strength[held], minlength=count)
    short = field.need - power

    def none(table: Any) -> Any:
        return np.bincount(where, weights=table[held, where], minlength=count) == 0

    if goal == "cover":
        mask = field.priority & ~field.has_lead(assignment)
    elif goal == "empty":
        mask = size < field.posts
    elif goal == "green":
        mask = (field.posts >= 2) & (np.bincount(where, weights=field.experienced[held], minlength=count) == 0)
    elif goal in ("weak", "other"):
        mask = (field.priority if goal == "weak" else ~field.priority) & (short > 0)
    elif goal in ("continuity", "skills"):
        table = field.partner if goal == "continuity" else field.skilled
        mask = none(table) & (table & field.eligible).any(axis=0)
    elif goal == "far":
        mask = np.bincount(where, weights=field.far[held, where], minlength=count) > 0
    elif goal == "kept":
        lost = np.flatnonzero((field.previous >= 0) & (assignment != field.previous))
        mask = np.zeros(count, dtype=bool)
        mask[field.previous[lost]] = True
    else:
        mask = size > 0
    return np.flatnonzero(mask)


def _defects(field: Field, assignment: Ints, goal: str, size: int, rng: Any) -> list[int] | None:
    """A window: some villages where the goal is missed, villages that hold what they lack, and others by chance."""
    faulty = _faulty(field, assignment, goal)
    if not len(faulty):
        return None
    core = rng.permutation(faulty)[: max(3, size // 4)]
    chosen = list(dict.fromkeys(int(v) for v in core))
    helpers: list[int] = []
    if goal in ("continuity", "skills"):
        table = field.partner if goal == "continuity" else field.skilled
        for village in chosen:
            able = np.flatnonzero(table[:, village] & field.eligible[:, village] & (field.fixed == -1))
            helpers += [int(assignment[p]) for p in rng.permutation(able)[:4] if assignment[p] >= 0]
    elif goal in ("weak", "other"):
        held = np.flatnonzero(assignment >= 0)
        power = np.bincount(assignment[held], weights=field.strength[held], minlength=len(field.need))
        spare = power - field.need
        order = np.argsort(-(spare + rng.random(len(spare)) * 2))
        helpers += [int(v) for v in order[: size // 2]]
    elif goal == "far":
        for village in chosen:
            away = np.flatnonzero((assignment == village) & (field.far[:, village] > 0))
            for person in away:
                near = np.flatnonzero((field.far[person] == 0) & field.eligible[person])
                helpers += [int(v) for v in rng.permutation(near)[:3]]
    for village in helpers:
        if len(chosen) >= size * 3 // 4:
            break
        if village not in chosen:
            chosen.append(village)
    others = rng.permutation(len(field.problem.villages))
    for village in others:
        if len(chosen) >= size:
            break
        if int(village) not in chosen:
            chosen.append(int(village))
    return sorted(chosen)


def _people(field: Field, assignment: Ints, villages: list[int], goal: str, rng: Any) -> list[int]:
    inside = np.zeros(len(field.problem.villages), dtype=bool)
    inside[villages] = True
    held = np.flatnonzero((assignment >= 0) & inside[np.maximum(assignment, 0)])
    free = np.flatnonzero((assignment < 0) & (field.fixed == -1) & field.eligible.any(axis=1))
    if len(free) > 10 + len(held) // 2:
        key = -field.strength[free] - 2.0 * field.experienced[free] + rng.random(len(free)) * 4
        if goal in ("continuity", "skills"):
            table = field.partner if goal == "continuity" else field.skilled
            key = key - 5.0 * table[np.ix_(free, np.asarray(villages))].any(axis=1)
        free = free[np.argsort(key)[: 10 + len(held) // 2]]
    return [*held.tolist(), *free.tolist()]
