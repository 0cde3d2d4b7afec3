"""The problem as arrays, and the judge: every goal and every coupling rule of an assignment by plain counting.

``assignment``: for each person the index of the village or −1. Who of a team is first secretary is settled afterwards by a published
order (:func:`Field.leaders`), so that solvers need no variable for it: a team has its first secretary when somebody in it may lead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.kernel import tie
from yanzhen.planning.rotation.problem import PRIORITY, Problem, years
from yanzhen.planning.rotation.rules import parse_object, person_refusals

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Field:
    """Arrays in the order of ids."""

    problem: Problem
    seed: int = 0

    @cached_property
    def village(self) -> Mapping[str, int]:
        """Id → index."""
        return {item.id: index for index, item in enumerate(self.problem.villages)}

    @cached_property
    def person(self) -> Mapping[str, int]:
        """Id → index."""
        return {item.id: index for index, item in enumerate(self.problem.people)}

    @cached_property
    def posts(self) -> Ints:
        """Posts of each village."""
        return np.asarray([self.problem.posts(item) for item in self.problem.villages], dtype=np.int64)

    @cached_property
    def need(self) -> Ints:
        """Strength a team should have."""
        return np.asarray([item.need for item in self.problem.villages], dtype=np.int64)

    @cached_property
    def priority(self) -> Bools:
        """Weak and relocation villages."""
        return np.asarray([item.kind in PRIORITY for item in self.problem.villages], dtype=bool)

    @cached_property
    def strength(self) -> Ints:
        """Of each person."""
        return np.asarray([item.strength for item in self.problem.people], dtype=np.int64)

    @cached_property
    def experienced(self) -> Bools:
        """Has been in a village before."""
        return np.asarray([item.experienced for item in self.problem.people], dtype=bool)

    @cached_property
    def woman(self) -> Bools:
        """Sex of each person."""
        return np.asarray([item.sex == "f" for item in self.problem.people], dtype=bool)

    @cached_property
    def alone(self) -> Bools:
        """Villages where a woman may be the only one (or the rule is off)."""
        rule = self.problem.parameters.women
        if rule == "free" or "women" in self.problem.parameters.waived:
            return np.ones(len(self.problem.villages), dtype=bool)
        return np.asarray([rule == "pair_or_lodging" and item.lodging for item in self.problem.villages], dtype=bool)

    @cached_property
    def unit(self) -> Ints:
        """Unit index of each person, −1 = none or without a limit."""
        units = {item.id: index for index, item in enumerate(self.problem.units) if item.most is not None}
        if "unit_most" in self.problem.parameters.waived:
            units = {}
        return np.asarray([units.get(item.unit, -1) for item in self.problem.people], dtype=np.int64)

    @cached_property
    def most(self) -> Ints:
        """Limit of each unit."""
        return np.asarray([10**6 if item.most is None else item.most for item in self.problem.units], dtype=np.int64)

    @cached_property
    def stay(self) -> Ints:
        """Village where a person stays, −1 = free."""
        return np.asarray(
            [self.village[p.current] if self.problem.stays(p) else -1 for p in self.problem.people], dtype=np.int64
        )

    @cached_property
    def fixed(self) -> Ints:
        """Village a person is bound to (stays, fixed or frozen), −1 = free, −2 = bound to stay out."""
        found = self.stay.copy()
        for lock in self.problem.locks:
            if lock.kind == "fix":
                found[self.person[lock.subject]] = self.village[parse_object(lock.object)[0]]
        frozen = {lock.subject for lock in self.problem.locks if lock.kind == "freeze"}
        if frozen:
            for key, index in self.person.items():
                was = self.problem.previous.get(key, ("", ""))[0]
                if found[index] == -1 and (key in frozen or was in frozen):
                    found[index] = self.village.get(was, -2)
        return found

    @cached_property
    def bound_role(self) -> Mapping[int, str]:
        """Role a person is bound to: their own when staying, that of the lock."""
        found: dict[int, str] = {}
        for index, person in enumerate(self.problem.people):
            if self.stay[index] >= 0:
                found[index] = person.role or "member"
        for lock in self.problem.locks:
            if lock.kind == "fix" and parse_object(lock.object)[1]:
                found[self.person[lock.subject]] = parse_object(lock.object)[1]
        frozen = {lock.subject for lock in self.problem.locks if lock.kind == "freeze"}
        for key, (place, role) in self.problem.previous.items():
            if (key in frozen or place in frozen) and key in self.person:
                found.setdefault(self.person[key], role)
        return found

    @cached_property
    def eligible(self) -> Bools:
        """Person × village: may go there at least as a member or as first secretary."""
        return self._allowed[0]

    @cached_property
    def lead(self) -> Bools:
        """Person × village: may be first secretary there."""
        return self._allowed[1]

    @cached_property
    def joins(self) -> Bools:
        """Person × village: may be a member there."""
        return self._allowed[2]

    @cached_property
    def _allowed(self) -> tuple[Bools, Bools, Bools]:
        rules, people, villages = self.problem.parameters, self.problem.people, self.problem.villages
        waived = set(rules.waived)
        pair = np.ones((len(people), len(villages)), dtype=bool)
        townships: dict[str, list[int]] = {}
        for index, village in enumerate(villages):
            townships.setdefault(village.township, []).append(index)
        member, first = np.zeros(len(people), dtype=bool), np.zeros(len(people), dtype=bool)
        for index, person in enumerate(people):
            member[index] = not any(item.rule not in waived for item in person_refusals(rules, person, "member"))
            first[index] = not any(item.rule not in waived for item in person_refusals(rules, person, "first"))
            row = pair[index]
            if "home_village" not in waived:
                if person.home_village in self.village:
                    row[self.village[person.home_village]] = False
                if rules.home == "township" and person.home_township:
                    row[townships.get(person.home_township, [])] = False
            if "near_kin" not in waived and rules.kin != "free":
                row[[self.village[key] for key in person.kin_villages if key in self.village]] = False
            if "same_village" not in waived and rules.same_village_terms:
                self._terms(index, row)
        for lock in self.problem.locks:
            if lock.kind == "forbid":
                key, role = parse_object(lock.object)
                index = self.person[lock.subject]
                if not role:
                    pair[index, self.village[key] if key else slice(None)] = False
        joins, lead = pair & member[:, None], pair & first[:, None]
        for lock in self.problem.locks:
            if lock.kind == "forbid" and parse_object(lock.object)[1]:
                key, role = parse_object(lock.object)
                table = lead if role == "first" else joins
                table[self.person[lock.subject], self.village[key] if key else slice(None)] = False
        for index, place in enumerate(self.fixed):
            if place == -1:
                continue
            joins[index], lead[index] = False, False
            if place >= 0:
                role = self.bound_role.get(index, "")
                joins[index, place] = role != "first"
                lead[index, place] = role == "first" or (role == "" and bool(pair[index, place] and first[index]))
        return joins | lead, lead, joins

    def _terms(self, index: int, row: Bools) -> None:
        person, rules = self.problem.people[index], self.problem.parameters
        for key in {*(term.village for term in person.terms), person.current} & set(self.village):
            there = [term for term in person.terms if term.village == key]
            here = person.current == key
            count = len(there) + (here and not any(term.end is None for term in there))
            if count < rules.same_village_terms:
                continue
            ends = [term.end or rules.start for term in there] + ([rules.start] if here else [])
            since = min(years(end, rules.start) if end <= rules.start else 0.0 for end in ends)
            if not rules.cool_off_years or since < rules.cool_off_years:
                row[self.village[key]] = False

    @cached_property
    def partner(self) -> Bools:
        """Person × village: comes from a unit that has stood by this village."""
        units = {name: index for index, name in enumerate(sorted({p.unit for p in self.problem.people if p.unit}))}
        table = np.zeros((len(units) + 1, len(self.problem.villages)), dtype=bool)
        for index, village in enumerate(self.problem.villages):
            for name in village.partners:
                if name in units:
                    table[units[name], index] = True
        return table[[units.get(p.unit, len(units)) for p in self.problem.people]]

    @cached_property
    def skilled(self) -> Bools:
        """Person × village: brings a speciality that the village wants."""
        names = {name: index for index, name in enumerate(sorted({s for v in self.problem.villages for s in v.wanted}))}
        has = np.zeros((len(self.problem.people), len(names) + 1), dtype=np.int32)
        for index, person in enumerate(self.problem.people):
            has[index, [names[s] for s in person.specialities if s in names]] = 1
        wants = np.zeros((len(names) + 1, len(self.problem.villages)), dtype=np.int32)
        for index, village in enumerate(self.problem.villages):
            wants[[names[s] for s in village.wanted], index] = 1
        return (has @ wants) > 0

    @cached_property
    def minutes(self) -> NDArray[np.float64]:
        """Person × village: minutes from the family's home; 0 where the home is not known."""
        rules = self.problem.parameters
        places = np.asarray([(v.x, v.y) for v in self.problem.villages], dtype=float).reshape(-1, 2)
        known = np.asarray([p.x is not None and p.y is not None for p in self.problem.people], dtype=bool)
        homes = np.asarray([(p.x or 0.0, p.y or 0.0) for p in self.problem.people], dtype=float).reshape(-1, 2)
        middle = np.cos(np.radians(places[:, 1].mean())) if len(places) else 1.0
        east = (homes[:, None, 0] - places[None, :, 0]) * 111.32 * middle
        north = (homes[:, None, 1] - places[None, :, 1]) * 110.57
        return np.where(known[:, None], np.round(np.hypot(east, north) * rules.factor / rules.speed * 60, 1), 0.0)

    @cached_property
    def far(self) -> Ints:
        """Person × village: 1 beyond the limit of minutes, 2 for somebody with a person to care for."""
        weight = np.asarray([2 if p.care else 1 for p in self.problem.people], dtype=np.int64)
        return (self.minutes > self.problem.parameters.far_minutes) * weight[:, None]

    @cached_property
    def kin_pairs(self) -> tuple[tuple[int, int], ...]:
        """Pairs that may not be in one team: near kin, and couples where the rule says "not in one village"."""
        rules = self.problem.parameters
        found = set()
        for index, person in enumerate(self.problem.people):
            if rules.kin != "free" and "near_kin" not in rules.waived:
                found |= {
                    tuple(sorted((index, self.person[key])))
                    for key in person.kin
                    if key in self.person and key != person.id
                }
            if rules.couples == "not_same_village" and "couples" not in rules.waived and person.spouse in self.person:
                found.add(tuple(sorted((index, self.person[person.spouse]))))
        return tuple(sorted((a, b) for a, b in found))

    @cached_property
    def couples(self) -> tuple[tuple[int, int], ...]:
        """Pairs of whom only one may be in a village at all."""
        rules = self.problem.parameters
        if rules.couples != "not_both" or "couples" in rules.waived:
            return ()
        found = {
            tuple(sorted((i, self.person[p.spouse])))
            for i, p in enumerate(self.problem.people)
            if p.spouse in self.person
        }
        return tuple(sorted((a, b) for a, b in found))

    @cached_property
    def previous(self) -> Ints:
        """Village of the last plan, −1 = none."""
        return np.asarray(
            [self.village.get(self.problem.previous.get(p.id, ("", ""))[0], -1) for p in self.problem.people],
            dtype=np.int64,
        )

    @cached_property
    def rank(self) -> Ints:
        """Published order of the people: the tie-break."""
        order = sorted(range(len(self.problem.people)), key=lambda i: (tie(self.seed, self.problem.people[i].id), i))
        found = np.zeros(len(order), dtype=np.int64)
        found[order] = np.arange(len(order))
        return found

    # -- the judge -----------------------------------------------------------------------------------------------------------------

    def teams(self, assignment: Ints) -> list[list[int]]:
        """People of each village."""
        found: list[list[int]] = [[] for _ in self.problem.villages]
        for index in np.flatnonzero(assignment >= 0):
            found[assignment[index]].append(int(index))
        return found

    def leaders(self, assignment: Ints) -> dict[int, int]:
        """Village → first secretary. Who is bound to it; else who led there in the last plan, the stronger, the experienced, then by the
        published order."""
        found: dict[int, int] = {}
        for place, team in enumerate(self.teams(assignment)):
            able = [i for i in team if self.lead[i, place]]
            if not able:
                continue

            def key(i: int, place: int = place) -> tuple[object, ...]:
                was = self.problem.previous.get(self.problem.people[i].id, ("", ""))
                led = was == (self.problem.villages[place].id, "first")
                must = self.bound_role.get(i) == "first" or not self.joins[i, place]
                return (not must, not led, -int(self.strength[i]), not bool(self.experienced[i]), int(self.rank[i]))

            found[place] = min(able, key=key)
        return found

    def has_lead(self, assignment: Ints) -> Bools:
        """Villages whose team has somebody who may lead."""
        found = np.zeros(len(self.problem.villages), dtype=bool)
        held = np.flatnonzero(assignment >= 0)
        leads = held[self.lead[held, assignment[held]]]
        found[assignment[leads]] = True
        return found

    def measure(self, assignment: Ints) -> dict[str, int]:
        """Every goal."""
        count = len(self.problem.villages)
        held = np.flatnonzero(assignment >= 0)
        where = assignment[held]
        size = np.bincount(where, minlength=count)
        power = np.bincount(where, weights=self.strength[held], minlength=count).astype(np.int64)
        short = np.maximum(self.need - power, 0)
        led = self.has_lead(assignment)

        def some(table: Bools) -> Bools:
            return np.bincount(where, weights=table[held, where], minlength=count) > 0

        skilled = np.bincount(where, weights=self.experienced[held], minlength=count) > 0
        lines = (
            {person.id: self.problem.previous.get(person.id) for person in self.problem.people}
            if self.problem.previous
            else {}
        )
        kept = (
            sum(1 for i in held if lines.get(self.problem.people[i].id) and self.previous[i] == assignment[i])
            if lines
            else 0
        )
        return {
            "cover": int((self.priority & ~led).sum()),
            "empty": int((self.posts - size).sum()),
            "green": int(((self.posts >= 2) & ~skilled).sum()),
            "weak": int(short[self.priority].sum()),
            "continuity": int(some(self.partner).sum()),
            "skills": int(some(self.skilled).sum()),
            "other": int(short[~self.priority].sum()),
            "kept": kept,
            "far": int(self.far[held, where].sum()),
            "party": int(sum(self.problem.people[i].party_since is None for i in held)),
        }

    def vector(self, assignment: Ints) -> tuple[int, ...]:
        """The goals of the problem in their order, smaller is better."""
        values = self.measure(assignment)
        return tuple(
            -values[goal] if goal in ("continuity", "skills", "kept") else values[goal] for goal in self.problem.goals
        )

    def broken(self, assignment: Ints) -> list[tuple[str, int, tuple[int, ...]]]:
        """Coupling rules that do not hold: (rule, village or −1, people). Faults that only those who stay make are left out."""
        found: list[tuple[str, int, tuple[int, ...]]] = []
        held = np.flatnonzero(assignment >= 0)
        found += [("pair", int(assignment[i]), (int(i),)) for i in held if not self.eligible[i, assignment[i]]]
        teams = self.teams(assignment)
        led = self.has_lead(assignment)
        for place, team in enumerate(teams):
            free = [i for i in team if self.stay[i] < 0]
            if len(team) > self.posts[place]:
                found.append(("posts", place, tuple(team)))
            elif not led[place] and len(team) > self.posts[place] - 1 and free:
                found.append(("first_post", place, tuple(team)))
            must = [i for i in team if not self.joins[i, place]]
            if len(must) > 1:
                found.append(("two_first", place, tuple(must)))
            women = [i for i in team if self.woman[i]]
            if len(women) == 1 and not self.alone[place] and self.stay[women[0]] < 0:
                found.append(("women", place, tuple(women)))
        for a, b in self.kin_pairs:
            if assignment[a] >= 0 and assignment[a] == assignment[b] and not (self.stay[a] >= 0 and self.stay[b] >= 0):
                found.append(("near_kin", int(assignment[a]), (a, b)))
        for a, b in self.couples:
            if assignment[a] >= 0 and assignment[b] >= 0 and not (self.stay[a] >= 0 and self.stay[b] >= 0):
                found.append(("couples", -1, (a, b)))
        sent = (
            np.bincount(self.unit[held][self.unit[held] >= 0], minlength=len(self.most))
            if len(self.most)
            else np.zeros(0)
        )
        staying = (
            np.bincount(self.unit[self.stay >= 0][self.unit[self.stay >= 0] >= 0], minlength=len(self.most))
            if len(self.most)
            else sent
        )
        for index in np.flatnonzero(sent > np.maximum(self.most, staying)) if len(self.most) else ():
            found.append(("unit_most", -1, tuple(int(i) for i in held if self.unit[i] == index)))
        return found
