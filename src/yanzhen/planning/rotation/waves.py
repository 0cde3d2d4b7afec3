"""Who goes in which month: hand-over in waves, after people are settled.

The rules in words: a village's new team arrives together; in one wave no more than the training seats, no more than a part of a
township's villages (the township must not lose all its teams at once) and of a sending unit's people; nobody arrives before the terms
of those they replace are over; weak villages first. 退一补一: the old team leaves ``overlap_days`` after the new one has come (Guangxi 10
days, Chongqing a week), so that no village is without a team for a day. Limits of a wave that cannot be kept are exceeded as little as
possible, and the plan says by how much.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from yanzhen.planning.kernel import Finding, Level, Run, Text
from yanzhen.planning.rotation.field import Field, Ints


def waves(field: Field, assignment: Ints, run: Run) -> tuple[Mapping[int, str], tuple[Level, ...], tuple[Finding, ...]]:
    """Village → month of arrival, the levels (late priority villages, then everybody early), and notes. Empty without ``months``."""
    months = field.problem.parameters.months
    if not months:
        return {}, (), ()
    from ortools.sat.python import cp_model

    people = np.flatnonzero((assignment >= 0) & (field.stay < 0))
    villages = sorted({int(assignment[p]) for p in people})
    if not villages:
        return {}, (), ()
    model = cp_model.CpModel()
    earliest = {v: _earliest(field, v) for v in villages}
    go: dict[tuple[int, int], Any] = {}
    for village in villages:
        mine = []
        for index, month in enumerate(months):
            if month >= earliest[village] or index == len(months) - 1:
                go[village, index] = model.new_bool_var("")
                mine.append(go[village, index])
        model.add_exactly_one(mine)
    arriving = {v: int((assignment[people] == v).sum()) for v in villages}
    township: dict[str, list[int]] = {}
    for village in villages:
        township.setdefault(field.problem.villages[village].township, []).append(village)
    units: dict[str, dict[int, int]] = {}
    for person in people:
        unit = field.problem.people[person].unit
        if unit:
            place = int(assignment[person])
            units.setdefault(unit, {})[place] = units.setdefault(unit, {}).get(place, 0) + 1
    rules = field.problem.parameters
    soft: list[Any] = []

    def at_most(terms: Any, cap: int, top: int) -> None:
        over = model.new_int_var(0, top, "")
        model.add(terms <= cap + over)
        soft.append(over)

    for index in range(len(months)):
        here = [(v, go[v, index]) for v in villages if (v, index) in go]
        if rules.training_seats:
            total = sum(arriving[v] * x for v, x in here)
            at_most(total, rules.training_seats, sum(arriving.values()))
        for group in township.values():
            part = [x for v, x in here if v in set(group)]
            cap = max(1, math.floor(rules.township_share * len(group)))
            if len(part) > cap:
                at_most(sum(part), cap, len(part))
        for held in units.values():
            part = [count * x for v, x in here if (count := held.get(v, 0))]
            total = sum(held.values())
            cap = max(1, max(held.values()), math.floor(rules.unit_share * total))
            if len(part) > 1 and total > cap:
                at_most(sum(part), cap, total)
    first = sum(index * x for (v, index), x in go.items() if field.priority[v])
    every = sum(index * x for (_, index), x in go.items())
    goals = [
        ("wave_over", Text("超出每批上限", "Above the limits of a wave"), sum(soft), Text("人次", "times")),
        (
            "wave_priority",
            Text("重点村等待批次合计", "Waves that priority villages wait, summed"),
            first,
            Text("批", "waves"),
        ),
        ("wave_all", Text("各村等待批次合计", "Waves that all villages wait, summed"), every, Text("批", "waves")),
    ]
    levels: list[Level] = []
    chosen: dict[int, int] = {}
    for key, name, expression, unit_name in goals:
        if isinstance(expression, int):
            levels.append(Level(key, name, "min", float(expression), float(expression), unit_name))
            continue
        model.minimize(expression)
        model.clear_hints()
        for (v, index), x in go.items():
            if chosen:
                model.add_hint(x, chosen[v] == index)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = field.seed & 0x7FFFFFFF
        solver.parameters.max_time_in_seconds = max(0.2, min(10.0, run.left / 2))
        status = solver.solve(model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            break
        chosen = {v: index for (v, index), x in go.items() if solver.boolean_value(x)}
        value = round(solver.objective_value)
        bound = value if status == cp_model.OPTIMAL else math.ceil(solver.best_objective_bound - 1e-6)
        levels.append(Level(key, name, "min", float(value), float(bound), unit_name))
        model.add(expression <= value)
    notes = []
    for village in villages:
        if months[-1] < earliest[village]:
            text = Text("{v}：在任者到 {m} 才任满，已排在最后一批", "{v}: terms end only in {m}; put in the last wave")
            notes.append(
                Finding(
                    "rotation.wave_early",
                    text.fill(v=field.problem.villages[village].name, m=earliest[village]),
                    severity="warning",
                )
            )
    return {v: months[index] for v, index in chosen.items()}, tuple(levels), tuple(notes)


def _earliest(field: Field, village: int) -> str:
    """The month in which the terms of those who leave this village are over."""
    key = field.problem.villages[village].id
    rules = field.problem.parameters
    found = f"{rules.start.year}-{rules.start.month:02d}"
    for index, person in enumerate(field.problem.people):
        if person.current == key and field.stay[index] < 0 and person.since is not None:
            months = person.since.year * 12 + person.since.month - 1 + round(rules.term_years * 12)
            over = f"{months // 12}-{months % 12 + 1:02d}"
            if not person.leaving:
                found = max(found, over)
    return found
