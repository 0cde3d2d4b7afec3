"""From problem to plan: start from the flow, then goal by goal with a bound each, then the waves over the months."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from yanzhen.planning.kernel import (
    Level,
    Limits,
    Plan,
    Run,
    Sense,
    Text,
    memory_mb,
    must_hold,
    overall,
    plain,
    versions,
)
from yanzhen.planning.rotation import flow
from yanzhen.planning.rotation.field import Field, Ints
from yanzhen.planning.rotation.lines import Posting, fault_notes, lines_of, notes_of, team_facts
from yanzhen.planning.rotation.problem import GOALS, Problem
from yanzhen.planning.rotation.search import MAXIMISED, WHOLE, Window, better, windows
from yanzhen.planning.rotation.waves import waves

NAME = "rotation"
#: Up to so many villages the whole model is quicker than windows.
SMALL = 20


def solve(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Plan[Posting]:
    """The best rotation within the limits. ProblemError when the input is wrong."""
    limits = limits or Limits()
    run = limits.begin()
    must_hold(problem.findings())
    field = Field(problem, seed)
    run.say(Text("起步：费用流", "start: flow"), 0, len(problem.goals) + 2)
    # The waves come after people are settled and have a tenth of the time for themselves.
    first = replace(limits, seconds=limits.seconds * (0.85 if problem.parameters.months else 0.95)).begin()
    first.started = run.started
    assignment, bounds = search(field, first)
    months, wave_levels, wave_notes = waves(field, assignment, run)
    values = field.measure(assignment)
    levels = tuple(_level(goal, values[goal], bounds.get(goal)) for goal in problem.goals) + wave_levels
    stopped = (first.over or run.over) and any(level.status != "optimal" for level in levels)
    faults = field.broken(assignment)
    lines = lines_of(field, assignment, months)
    teams = field.teams(assignment)
    unmet = tuple(
        f"{village.id}/{k}"
        for place, village in enumerate(problem.villages)
        for k in range(len(teams[place]) + 1, int(field.posts[place]) + 1)
    )
    return Plan(
        NAME,
        problem.digest,
        "infeasible" if faults else overall(levels, stopped=stopped),
        levels,
        lines,
        seed,
        parameters=plain(problem.parameters),
        signed_by=problem.parameters.signed_by,
        locks=problem.locks,
        unmet=unmet,
        notes=(*fault_notes(field, faults), *notes_of(field, assignment), *wave_notes),
        versions=versions("ortools", "numpy"),
        previous=problem.previous_digest,
        extra=team_facts(field, assignment),
        seconds=run.seconds,
        memory_mb=memory_mb(),
    )


def _level(goal: str, value: int, bound: int | None) -> Level:
    _, name, unit = GOALS[goal]
    sense: Sense = "max" if GOALS[goal][0] == "max" else "min"
    return Level(goal, name, sense, float(value), None if bound is None else float(bound), unit)


def bounds_of(field: Field) -> dict[str, int]:
    """Bounds that hold whatever the other goals: flows, matchings and sums. All but the last levels of a plan usually meet them."""
    strengths = np.sort(field.strength[field.eligible.any(axis=1)])[::-1]
    staying = int((field.stay >= 0).sum())
    filled = flow.most_filled(field)

    def short(mask: object) -> int:
        held = np.asarray(mask)
        return max(0, int(field.need[held].sum()) - int(strengths[: int(field.posts[held].sum())].sum()))

    everything = max(0, int(field.need.sum()) - int(strengths[: max(filled, staying)].sum()))
    led = np.asarray((field.lead & field.eligible).any(axis=0))
    able = int(field.experienced[field.eligible.any(axis=1)].sum())
    teams = int((field.posts >= 2).sum())
    reach = np.asarray((field.eligible & field.experienced[:, None]).any(axis=0))
    return {
        "cover": int((field.priority & ~led).sum()),
        "empty": int(field.posts.sum()) - filled,
        "green": max(teams - able, int(((field.posts >= 2) & ~reach).sum()), 0),
        "weak": short(field.priority),
        "continuity": flow.once(field, field.partner),
        "skills": flow.once(field, field.skilled),
        # Holds for weak + other together; with the priority villages' shortfall subtracted by the caller it holds for the others.
        "both": everything,
        "other": short(~field.priority),
        "kept": int(
            (
                (field.previous >= 0) & field.eligible[np.arange(len(field.previous)), np.maximum(field.previous, 0)]
            ).sum()
        ),
        "far": flow.least_far(field, filled) if "far" in field.problem.goals else 0,
        "party": 0,
    }


def search(field: Field, run: Run, *, hint: bool = True, whole: int = WHOLE) -> tuple[Ints, dict[str, int]]:
    """The assignment and the bound of every goal. ``hint=False`` leaves the flow out (for the bench)."""
    goals = field.problem.goals
    bounds = bounds_of(field)
    count = len(field.problem.villages)
    best = np.where(field.fixed >= 0, field.fixed, -1)
    if hint:
        keep = 40 if count > whole else count
        pairs = flow.candidates(field, keep)
        started = flow.refilled(field, flow.mended(field, flow.start(field, pairs)), pairs)
        started = np.where(field.fixed >= 0, field.fixed, started)
        if better(field, started, best):
            best = started
    held = field.problem.previous
    if held:
        last = np.where(field.fixed >= 0, field.fixed, field.previous)
        ids = np.arange(len(last))
        last = np.where((last >= 0) & field.eligible[ids, np.maximum(last, 0)], last, -1)
        last = flow.mended(field, np.where(field.fixed == -2, -1, last))
        if better(field, last, best) or field.vector(last) == field.vector(best):
            best = last
    if not hint:
        return _all_at_once(field, best, bounds, run, hint=False)
    if count > SMALL or count > whole:
        best = _by_windows(field, best, bounds, run, share=0.5 if count <= whole else 0.95)
    if count <= whole:
        return _all_at_once(field, best, bounds, run, hint=True)
    return best, {goal: _after(field, best, goal, bounds) for goal in goals}


def _tighter(goal: str, first: int, second: int) -> int:
    return min(first, second) if goal in MAXIMISED else max(first, second)


def _all_at_once(
    field: Field, best: Ints, bounds: dict[str, int], run: Run, *, hint: bool
) -> tuple[Ints, dict[str, int]]:
    goals = field.problem.goals
    proven: dict[str, int] = {}
    window: Window | None = None
    solved = False
    for number, goal in enumerate(goals):
        value = field.measure(best)[goal]
        bound = _after(field, best, goal, bounds)
        run.say(GOALS[goal][1], number + 1, len(goals) + 2, best=value, bound=bound)
        if value == bound and (hint or solved) and not field.broken(best):
            proven[goal] = bound
            if window is not None:
                window.keep(goal, value)
            continue
        if run.over:
            proven[goal] = bound
            continue
        if window is None:
            window = Window(
                field,
                np.full(len(best), -1, dtype=np.int64),
                range(len(field.problem.villages)),
                range(len(best)),
                field.seed,
            )
            window.assignment = best
            if not field.broken(best):  # else earlier goals may have to give way for the rules
                for item in goals[:number]:
                    window.keep(item, field.measure(best)[item])
        left = run.left * (0.5 if number < len(goals) - 1 else 0.9)
        found = window.solve(
            goal,
            best if hint or solved else None,
            left,
            threads=run.limits.threads,
            stop=(lambda: run.cancelled) if run.limits.cancel is not None else None,
        )
        if found is not None:
            solved = True
            if not better(field, best, found.assignment):
                best = found.assignment
            value = field.measure(best)[goal]
            proven[goal] = _tighter(goal, bound, found.bound) if found.bound is not None else bound
        else:
            proven[goal] = bound
        window.keep(goal, field.measure(best)[goal])
    return best, proven


def _after(field: Field, best: Ints, goal: str, bounds: dict[str, int]) -> int:
    """The bound of a goal, given what the goals before it have reached."""
    if goal == "other" and "weak" in field.problem.goals[: field.problem.goals.index("other")]:
        return max(bounds["other"], bounds["both"] - field.measure(best)["weak"])
    return bounds[goal]


def _by_windows(field: Field, best: Ints, bounds: dict[str, int], run: Run, *, share: float) -> Ints:
    """Goal by goal in windows; a second round picks up what moved while later goals were sought."""
    goals = field.problem.goals
    end = run.seconds + run.left * share
    for round_ in range(2):
        for number, goal in enumerate(goals):
            bound = _after(field, best, goal, bounds)
            value = field.measure(best)[goal]
            run.say(GOALS[goal][1], number + 1, len(goals) + 2, best=value, bound=bound)
            left = end - run.seconds
            if value == bound or run.over or left <= 0:
                continue
            part = left * (0.5 if number < len(goals) - 1 else 1.0)
            best = windows(field, best, goal, part, run, bound=bound, size=10 + 4 * round_, patience=16 + 16 * round_)
    return best
