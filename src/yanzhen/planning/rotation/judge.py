"""Check, explain, diff and relax of rotations. ``check`` reads the rules in words of :mod:`rules` line by line; it uses neither the arrays
of the solver nor its model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

import numpy as np

from yanzhen.planning.kernel import (
    Alternative,
    Diff,
    Explanation,
    Finding,
    GiveUp,
    Limits,
    Plan,
    Relaxation,
    Text,
    diff_lines,
)
from yanzhen.planning.rotation import flow
from yanzhen.planning.rotation.field import Field, Ints
from yanzhen.planning.rotation.lines import Posting, assignment_of
from yanzhen.planning.rotation.problem import GOALS, PRIORITY, ROLES, Person, Problem, Village
from yanzhen.planning.rotation.rules import RULES, WAIVABLE, parse_object, refusals


def check(problem: Problem, plan: Plan[Posting]) -> tuple[Finding, ...]:
    """Every rule and every stated figure again, in words; empty = holds. Plans edited by hand are judged the same way."""
    return tuple(_check(problem, plan))


def _finding(rule: str, zh: str, en: str, key: str, **data: object) -> Finding:
    return Finding(f"rotation.check.{rule}", Text(zh, en).fill(**data), key=key)


def _check(problem: Problem, plan: Plan[Posting]) -> Iterable[Finding]:
    people, villages = problem.person_by_id, problem.village_by_id
    teams: dict[str, list[tuple[Person, str]]] = {}
    lines: dict[str, Posting] = {}
    for line in plan.lines:
        if line.person not in people or (line.village and line.village not in villages):
            yield _finding(
                "unknown",
                "{p} → {v}：人或村不存在",
                "{p} → {v}: no such person or village",
                line.key,
                p=line.name,
                v=line.village,
            )
            continue
        if line.person in lines:
            yield _finding("twice", "{p} 出现两次", "{p} occurs twice", line.key, p=line.name)
            continue
        lines[line.person] = line
        if line.village:
            if line.role not in ROLES:
                yield _finding(
                    "role", "{p}：岗位“{r}”不认识", "{p}: unknown role “{r}”", line.key, p=line.name, r=line.role
                )
            teams.setdefault(line.village, []).append((people[line.person], line.role))
    for person in problem.people:
        held = lines.get(person.id)
        if problem.stays(person):
            if held is None or held.village != person.current:
                yield _finding(
                    "stays",
                    "{p} 任期未满，应留在 {v}",
                    "{p}'s term is not over: stays in {v}",
                    person.id,
                    p=person.name,
                    v=person.current,
                )
            continue
        if held is not None and held.village:
            for item in refusals(
                problem, person, villages[held.village], held.role if held.role in ROLES else "member"
            ):
                yield _finding(
                    item.rule,
                    "{p} 不能去 {v}：{w}",
                    "{p} may not go to {v}: {w}",
                    person.id,
                    p=person.name,
                    v=villages[held.village].name,
                    w=item.text,
                )
    for key, team in sorted(teams.items()):
        yield from _team(problem, villages[key], team)
    yield from _pairs(problem, lines)
    yield from _units(problem, lines)
    yield from _locks(problem, lines)
    yield from _stated(problem, plan, teams)


def _team(problem: Problem, village: Village, team: list[tuple[Person, str]]) -> Iterable[Finding]:
    name, posts = village.name, problem.posts(village)
    firsts = [person for person, role in team if role == "first"]
    new = [person for person, _ in team if not problem.stays(person)]
    if len(firsts) > 1:
        yield _finding("two_first", "{v} 有两名第一书记", "{v} has two first secretaries", village.id, v=name)
    if len(team) > posts or (len(team) - len(firsts) > posts - 1 and new):
        yield _finding(
            "posts",
            "{v} 排了 {n} 人（第一书记 {f} 名），岗位只有 {m} 个，其中第一书记1个",
            "{v}: {n} people ({f} first secretary), {m} posts with one first secretary",
            village.id,
            v=name,
            n=len(team),
            f=len(firsts),
            m=posts,
        )
    women = [person for person, _ in team if person.sex == "f"]
    rule = problem.parameters.women
    safe = rule == "free" or "women" in problem.parameters.waived or (rule == "pair_or_lodging" and village.lodging)
    if len(women) == 1 and not safe and not problem.stays(women[0]):
        yield _finding(
            "women",
            "{v} 只有 {p} 一名女同志，且无安全住处",
            "{v}: {p} is the only woman and there is no safe lodging",
            village.id,
            v=name,
            p=women[0].name,
        )


def _pairs(problem: Problem, lines: dict[str, Posting]) -> Iterable[Finding]:
    rules, people = problem.parameters, problem.person_by_id
    seen: set[tuple[str, ...]] = set()
    for person in problem.people:
        here = lines.get(person.id)
        if here is None or not here.village:
            continue
        others = [(key, "near_kin") for key in person.kin if rules.kin != "free" and "near_kin" not in rules.waived]
        if person.spouse and rules.couples != "free" and "couples" not in rules.waived:
            others.append((person.spouse, "couples"))
        for key, rule in others:
            there = lines.get(key)
            if there is None or not there.village or key == person.id or key not in people:
                continue
            if (problem.stays(person) and problem.stays(people[key])) or tuple(sorted((person.id, key))) in seen:
                continue
            both = rule == "couples" and rules.couples == "not_both"
            if both or there.village == here.village:
                seen.add(tuple(sorted((person.id, key))))
                zh = "夫妻 {a}、{b} 不能同时驻村" if both else "{a} 与 {b} 是近亲属或夫妻，不能同队"
                en = (
                    "the couple {a}, {b} may not both be in villages"
                    if both
                    else "{a} and {b} are kin or a couple: not in one team"
                )
                yield _finding(rule, zh, en, person.id, a=person.name, b=people[key].name)


def _units(problem: Problem, lines: dict[str, Posting]) -> Iterable[Finding]:
    if "unit_most" in problem.parameters.waived:
        return
    sent = Counter(problem.person_by_id[key].unit for key, line in lines.items() if line.village)
    staying = Counter(person.unit for person in problem.people if problem.stays(person))
    for unit in problem.units:
        if unit.most is not None and sent[unit.id] > max(unit.most, staying[unit.id]):
            yield _finding(
                "unit_most",
                "{u} 派出 {n} 人，上限 {m} 人",
                "{u} sends {n} people, at most {m}",
                unit.id,
                u=unit.name,
                n=sent[unit.id],
                m=unit.most,
            )


def _locks(problem: Problem, lines: dict[str, Posting]) -> Iterable[Finding]:
    for lock in problem.locks:
        if lock.kind == "freeze":
            for key, (place, role) in problem.previous.items():
                if key not in problem.person_by_id or problem.stays(problem.person_by_id[key]):
                    continue
                line = lines.get(key)
                if lock.subject in (key, place) and (line is None or (line.village, line.role) != (place, role)):
                    yield _finding(
                        "lock",
                        "冻结的 {p} 应仍在 {v}",
                        "frozen: {p} should still be in {v}",
                        key,
                        p=problem.person_by_id[key].name,
                        v=place,
                    )
            continue
        line = lines.get(lock.subject)
        place, role = parse_object(lock.object)
        there = line is not None and line.village == place and (not role or line.role == role)
        if lock.kind == "fix" and not there:
            yield _finding(
                "lock",
                "锁定 {p} → {o} 没有照办",
                "the lock {p} → {o} is not kept",
                lock.subject,
                p=lock.subject,
                o=lock.object,
            )
        if lock.kind == "forbid" and line is not None and line.village and (not place or there) and not line.stays:
            yield _finding(
                "lock",
                "禁止的 {p} → {o} 出现在方案里",
                "forbidden: {p} → {o} is in the plan",
                lock.subject,
                p=lock.subject,
                o=lock.object or "任何村",
            )


def _stated(problem: Problem, plan: Plan[Posting], teams: dict[str, list[tuple[Person, str]]]) -> Iterable[Finding]:
    """The goals that can be counted from the rows alone."""
    counted = {"cover": 0, "empty": 0, "green": 0, "weak": 0, "continuity": 0, "skills": 0, "other": 0}
    for village in problem.villages:
        team = [person for person, _ in teams.get(village.id, [])]
        short = max(0, village.need - sum(person.strength for person in team))
        priority = village.kind in PRIORITY
        counted["cover"] += priority and not any(role == "first" for _, role in teams.get(village.id, []))
        counted["empty"] += problem.posts(village) - len(team)
        counted["green"] += problem.posts(village) >= 2 and not any(person.experienced for person in team)
        counted["weak" if priority else "other"] += short
        counted["continuity"] += any(person.unit and person.unit in village.partners for person in team)
        counted["skills"] += any(set(person.specialities) & set(village.wanted) for person in team)
    for level in plan.levels:
        if level.key in counted and counted[level.key] != level.value:
            yield _finding(
                "level",
                "{g}写的是 {a}，数出来是 {b}",
                "{g}: stated {a}, counted {b}",
                level.key,
                g=GOALS[level.key][1],
                a=level.value,
                b=counted[level.key],
            )


# -- reasons -----------------------------------------------------------------------------------------------------------------------


def explain(problem: Problem, plan: Plan[Posting], key: str) -> Explanation:
    """Why this person is there (or stays at home), and the next best: by another person in the place, or an exchange with somebody who is
    sent; each with its price for every goal. Exact among these steps; moves of three and more people are not tried."""
    field = Field(problem, plan.seed)
    assignment = assignment_of(field, plan.lines)
    index = field.person[key]
    person = problem.people[index]
    place = int(assignment[index])
    if place < 0:
        return _why_not(field, assignment, index)
    village = problem.villages[place]
    reasons: list[Text] = []
    if field.stay[index] >= 0:
        reasons.append(Text("任期未满，留任", "the term is not over: stays"))
    elif field.fixed[index] >= 0:
        reasons.append(Text("人工锁定", "fixed by hand"))
    if field.partner[index, place]:
        reasons.append(Text("所在单位一直帮扶 {v}", "the unit has stood by {v}").fill(v=village.name))
    if field.skilled[index, place]:
        names = "、".join(sorted(set(person.specialities) & set(village.wanted)))
        reasons.append(Text("专业对口：{s}", "brings a wanted speciality: {s}").fill(s=names))
    if field.priority[place]:
        reasons.append(Text("{v} 是重点村，先保证", "{v} is a priority village and served first").fill(v=village.name))
    if field.experienced[index]:
        reasons.append(Text("有驻村经验", "has been in a village before"))
    reasons.append(
        Text("到家约 {m} 分钟", "about {m} minutes from the family").fill(m=float(field.minutes[index, place]))
    )
    options = [] if field.fixed[index] >= 0 else _options(field, assignment, index)
    return Explanation(key, tuple(reasons), tuple(options))


def _why_not(field: Field, assignment: Ints, index: int) -> Explanation:
    problem, person = field.problem, field.problem.people[index]
    reasons = [Text("这次没有派出", "is not sent this time")]
    if not field.eligible[index].any():
        seen: dict[str, Text] = {}
        for village in problem.villages:
            for item in refusals(problem, person, village):
                seen.setdefault(item.rule, item.text)
        reasons += list(seen.values())
        return Explanation(person.id, tuple(reasons))
    options = []
    for place in np.flatnonzero(field.eligible[index]):
        for other in np.flatnonzero((assignment == place) & (field.fixed == -1)):
            changed = assignment.copy()
            changed[other], changed[index] = -1, place
            if not field.broken(changed):
                options.append(
                    _alternative(
                        field,
                        assignment,
                        changed,
                        f"{problem.villages[place].id}",
                        Text("替下 {v} 的 {p}", "instead of {p} in {v}").fill(
                            v=problem.villages[place].name, p=problem.people[other].name
                        ),
                    )
                )
        if len(options) > 400:
            break
    return Explanation(person.id, tuple(reasons), tuple(_best(field, options)))


def refused(problem: Problem, person: str, village: str) -> tuple[Text, ...]:
    """Why a pair is refused, for each role; empty = may go as a member."""
    who, where = problem.person_by_id[person], problem.village_by_id[village]
    found = [item.text for item in refusals(problem, who, where, "member")]
    if not found:
        return ()
    return tuple(found)


def _options(field: Field, assignment: Ints, index: int) -> list[Alternative]:
    problem, place = field.problem, int(assignment[index])
    options: list[Alternative] = []
    free = np.flatnonzero((assignment < 0) & (field.fixed == -1) & field.eligible[:, place])
    for other in free[:300]:
        changed = assignment.copy()
        changed[index], changed[other] = -1, place
        if not field.broken(changed):
            text = Text("改派 {p}", "{p} instead").fill(p=problem.people[other].name)
            options.append(_alternative(field, assignment, changed, problem.people[other].id, text))
    held = np.flatnonzero((assignment >= 0) & (assignment != place) & (field.fixed == -1))
    held = held[field.eligible[held, place] & field.eligible[index, assignment[held]]]
    near = held[np.argsort(field.minutes[held, place], kind="stable")[:200]]
    for other in near:
        changed = assignment.copy()
        changed[index], changed[other] = assignment[other], place
        if not field.broken(changed):
            text = Text("与 {v} 的 {p} 对换", "exchange with {p} of {v}").fill(
                v=problem.villages[assignment[other]].name, p=problem.people[other].name
            )
            options.append(_alternative(field, assignment, changed, problem.people[other].id, text))
    return _best(field, options)


def _best(field: Field, options: list[Alternative]) -> list[Alternative]:
    goals = field.problem.goals
    return sorted(options, key=lambda item: (tuple(-item.price.get(goal, 0.0) for goal in goals), item.choice))[:3]


def _alternative(field: Field, before: Ints, after: Ints, choice: str, text: Text) -> Alternative:
    old, new = field.measure(before), field.measure(after)
    prices = {}
    for goal in field.problem.goals:
        sign = 1 if GOALS[goal][0] == "max" else -1
        if new[goal] != old[goal]:
            prices[goal] = float(sign * (new[goal] - old[goal]))
    words = [
        GOALS[goal][1]
        + (Text(" 好 {n}", " better by {n}") if value > 0 else Text(" 差 {n}", " worse by {n}")).fill(n=abs(value))
        for goal, value in prices.items()
    ]
    price = (
        Text("，".join(w.zh for w in words), ", ".join(w.en for w in words))
        if words
        else Text("各项目标都不变", "no goal changes")
    )
    return Alternative(choice, text + Text("：", ": ") + price, True, prices)


def diff(plan: Plan[Posting], earlier: Plan[Posting]) -> Diff:
    """Who changed place or role."""
    names = {line.person: line.name for line in (*earlier.lines, *plan.lines)}

    def words(choice: str) -> Text:
        village, _, role = choice.partition("/")
        return Text(f"{village} ", f"{village} ") + ROLES.get(role, Text(role, role))

    return diff_lines(plan, earlier, name=words, what=lambda key: Text(names.get(key, key), names.get(key, key)))


def relax(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Relaxation:
    """The smallest set of local rules to give up so that every post can be filled; people that are missing altogether are said as such.
    National rules are never given up. Couples, kin and the women's rule are judged by the start's repair and a short search."""
    limits = limits or Limits()
    run = limits.begin()
    wanted = int(Field(problem, seed).posts.sum())
    rules = [rule for rule in WAIVABLE if rule not in problem.parameters.waived]

    def reach(waived: tuple[str, ...]) -> int:
        changed = replace(problem.parameters, waived=(*problem.parameters.waived, *waived))
        field = Field(replace(problem, parameters=changed), seed)
        most = flow.most_filled(field)
        if most < wanted:
            return most
        pairs = flow.candidates(field, 40)
        found = flow.refilled(field, flow.mended(field, flow.start(field, pairs)), pairs)
        if int((found >= 0).sum()) < wanted and len(problem.villages) <= 300:
            from yanzhen.planning.rotation.search import windows

            inner = replace(limits, seconds=min(20.0, max(0.5, run.left / 3)))
            found = (
                windows(field, found, "empty", inner.seconds, inner.begin(), bound=0)
                if "empty" in field.problem.goals
                else found
            )
        return int((found >= 0).sum())

    best, proven = reach(()), True
    if best >= wanted:
        return Relaxation(())
    every = reach(tuple(rules))
    goal = max(every, best)
    chosen: tuple[str, ...] = ()
    if goal > best:
        # Rules that change nothing alone or together with all others are left out of the search.
        useful = [rule for rule in rules if reach(tuple(r for r in rules if r != rule)) < goal or reach((rule,)) > best]
        for size in range(1, len(useful) + 1):
            for subset in combinations(useful, size):
                if run.over:
                    proven = False
                    break
                if reach(subset) >= goal:
                    chosen = subset
                    break
            if chosen or not proven:
                break
        if not chosen:
            chosen = tuple(useful)
    give = [GiveUp(f"rotation.{rule}", Text("放开“{r}”", "give up “{r}”").fill(r=RULES[rule])) for rule in chosen]
    if goal < wanted:
        text = Text(
            "放开所有地方规则仍缺 {n} 人：请增派人选或减少岗位",
            "{n} people are missing even so: send more people or have fewer posts",
        )
        give.append(GiveUp("rotation.people", text.fill(n=wanted - goal), float(wanted - goal)))
    return Relaxation(tuple(give), proven)
