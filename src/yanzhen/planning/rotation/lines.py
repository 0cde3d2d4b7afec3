"""The lines of a rotation: one a person, with village, role and month; and the facts of the teams before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from yanzhen.planning.kernel import Finding, Text
from yanzhen.planning.rotation.field import Field, Ints
from yanzhen.planning.rotation.rules import RULES


@dataclass(frozen=True, slots=True)
class Posting:
    """One person. ``village``, ``role``: "" when not sent; ``stays``: the term goes on; ``minutes`` from the family; ``wave``: month of
    arrival, ``handover``: the day until which the old team stays beside (退一补一)."""

    person: str
    name: str
    village: str
    role: str
    stays: bool = False
    minutes: float = 0.0
    wave: str = ""
    handover: str = ""

    @property
    def key(self) -> str:
        """The person."""
        return self.person

    @property
    def choice(self) -> str:
        """Village and role."""
        return f"{self.village}/{self.role}" if self.village else ""


def lines_of(field: Field, assignment: Ints, months: Mapping[int, str]) -> tuple[Posting, ...]:
    """One line a person, by id."""
    problem = field.problem
    leaders = field.leaders(assignment)
    had_team = {p.current for i, p in enumerate(problem.people) if p.current and field.stay[i] < 0}
    found = []
    for index, person in enumerate(problem.people):
        place = int(assignment[index])
        if place < 0:
            found.append(Posting(person.id, person.name, "", ""))
            continue
        village = problem.villages[place]
        role = (
            person.role or "member" if field.stay[index] >= 0 else "first" if leaders.get(place) == index else "member"
        )
        stays = bool(field.stay[index] >= 0)
        wave = "" if stays else months.get(place, "")
        until = ""
        if wave and problem.parameters.overlap_days and village.id in had_team:
            first = date(int(wave[:4]), int(wave[5:7]), 1)
            until = (first + timedelta(days=problem.parameters.overlap_days)).isoformat()
        found.append(
            Posting(person.id, person.name, village.id, role, stays, float(field.minutes[index, place]), wave, until)
        )
    return tuple(found)


def assignment_of(field: Field, lines: tuple[Posting, ...]) -> Ints:
    """Back from lines."""
    found = np.full(len(field.problem.people), -1, dtype=np.int64)
    for line in lines:
        if line.village and line.person in field.person and line.village in field.village:
            found[field.person[line.person]] = field.village[line.village]
    return found


def before(field: Field) -> Ints:
    """Who is where today."""
    return np.asarray([field.village.get(p.current, -1) for p in field.problem.people], dtype=np.int64)


def team_facts(field: Field, assignment: Ints) -> Mapping[str, Any]:
    """Strength, need and size of every team, before and after; totals."""
    count = len(field.problem.villages)
    facts: dict[str, Any] = {
        "villages": [village.id for village in field.problem.villages],
        "need": field.need.tolist(),
        "posts": field.posts.tolist(),
    }
    for name, state in (("before", before(field)), ("after", assignment)):
        held = np.flatnonzero(state >= 0)
        size = np.bincount(state[held], minlength=count)
        power = np.bincount(state[held], weights=field.strength[held], minlength=count).astype(int)
        facts[name] = {
            "size": size.tolist(),
            "strength": power.tolist(),
            **{k: int(v) for k, v in field.measure(state).items() if k != "kept"},
        }
    facts["sent"] = int((assignment >= 0).sum())
    facts["new"] = int(((assignment >= 0) & (field.stay < 0)).sum())
    facts["free"] = int((assignment < 0).sum())
    return facts


def notes_of(field: Field, assignment: Ints) -> tuple[Finding, ...]:
    """Worth knowing: priority villages without a first secretary, stays that a rule would not allow today, women alone by old postings."""
    problem = field.problem
    notes: list[Finding] = []
    led = field.has_lead(assignment)
    for place in np.flatnonzero(field.priority & ~led).tolist():
        text = Text("{v} 是重点村，还没有第一书记", "{v} is a priority village without a first secretary")
        notes.append(
            Finding(
                "rotation.no_first",
                text.fill(v=problem.villages[place].name),
                severity="warning",
                key=problem.villages[place].id,
            )
        )
    teams = field.teams(assignment)
    for place, team in enumerate(teams):
        women = [i for i in team if field.woman[i]]
        if len(women) == 1 and not field.alone[place] and field.stay[women[0]] >= 0:
            text = Text(
                "{v}：留任的 {p} 是队里唯一的女同志，要安排安全住处或同伴",
                "{v}: {p}, who stays, is the only woman: arrange safe lodging or company",
            )
            notes.append(
                Finding(
                    "rotation.stay_women",
                    text.fill(v=problem.villages[place].name, p=problem.people[women[0]].name),
                    severity="warning",
                )
            )
    return tuple(notes)


def fault_notes(field: Field, faults: list[tuple[str, int, tuple[int, ...]]]) -> tuple[Finding, ...]:
    """What no plan could mend: hand-made locks and stays that contradict a rule together."""
    notes = []
    for rule, place, people in faults:
        names = "、".join(field.problem.people[i].name for i in people[:6])
        where = field.problem.villages[place].name if place >= 0 else ""
        text = Text(
            "锁定或留任与规则“{r}”合不到一起：{v} {p}", "locks or stays contradict the rule “{r}”: {v} {p}"
        ).fill(r=RULES.get(rule, Text("岗位数", "number of posts")), v=where, p=names)
        notes.append(
            Finding(f"rotation.conflict.{rule}", text, key=field.problem.villages[place].id if place >= 0 else "")
        )
    return tuple(notes)
