"""Every rule again, line by line, without the solver; and the level values recounted. Also for plans edited by hand."""

from __future__ import annotations

from collections import Counter, defaultdict

from yanzhen.planning.kernel import Finding, Plan, Text, joined
from yanzhen.planning.matching.problem import LEVELS, Pairing, Problem
from yanzhen.planning.matching.rules import RULES, Known, best_fit, fixed_pairs, frozen_needs


def check(problem: Problem, plan: Plan[Pairing]) -> tuple[Finding, ...]:
    """What is broken, in words; empty = every rule holds and the levels are counted right."""
    known = Known(problem)
    found: list[Finding] = []
    good: list[Pairing] = []
    for line in plan.lines:
        wrong = _line(problem, known, line)
        found += wrong
        if line.need in problem.need_of and line.specialist in problem.specialist_of:
            good.append(line)
    found += _counts(problem, good)
    found += _bases(problem, good)
    found += _locks(problem, good)
    if plan.status != "infeasible":
        found += _levels(problem, known, plan, good)
    if plan.input_digest != problem.digest:
        found.append(
            Finding(
                "matching.digest", Text("方案不是按这份输入排的", "the plan was made from another input"), "warning"
            )
        )
    return tuple(found)


def _line(problem: Problem, known: Known, line: Pairing) -> list[Finding]:
    need, one = problem.need_of.get(line.need), problem.specialist_of.get(line.specialist)
    if need is None or one is None:
        text = Text("{key}：没有这个需求或专家", "{key}: no such need or specialist").fill(key=line.key)
        return [Finding("matching.unknown", text, key=line.key)]
    found = []
    for rule in known.refusals(one, need):
        text = Text("{key} {name}：{rule}", "{key} {name}: {rule}").fill(key=line.key, name=one.name, rule=RULES[rule])
        found.append(Finding(f"matching.{rule}", text, key=line.key))
    real = (best_fit(one, need, problem.rules.related), known.coop(one, need), known.minutes(one, need))
    if real != (line.fit, line.coop, line.minutes):
        text = Text(
            "{key}：契合、合作或路程与资料不符", "{key}: fit, co-operation or minutes differ from the data"
        ).fill(key=line.key)
        found.append(Finding("matching.figures", text, key=line.key))
    return found


def _counts(problem: Problem, lines: list[Pairing]) -> list[Finding]:
    found = []
    load = Counter(line.specialist for line in lines)
    for name, times in sorted(load.items()):
        one = problem.specialist_of[name]
        if times > one.capacity:
            text = Text("{name} 承担 {n} 项，超过 {most} 项", "{name} serves {n}, above {most}")
            found.append(Finding("matching.capacity", text.fill(name=one.name, n=times, most=one.capacity), key=name))
    seasons = Counter((line.specialist, problem.need_of[line.need].season) for line in lines)
    for (name, season), times in sorted(seasons.items()):
        one = problem.specialist_of[name]
        most = dict(one.seasons).get(season)
        if season and most is not None and times > most:
            text = Text("{name} 在{season}季承担 {n} 项，超过 {most} 项", "{name} serves {n} in {season}, above {most}")
            found.append(
                Finding(
                    "matching.season_capacity", text.fill(name=one.name, season=season, n=times, most=most), key=name
                )
            )
    taken = Counter(line.need for line in lines)
    for key, times in sorted(taken.items()):
        if times > problem.need_of[key].quantity:
            text = Text("需求 {key} 派了 {n} 人，只要 {q} 人", "need {key} got {n}, wants {q}")
            found.append(
                Finding("matching.quantity", text.fill(key=key, n=times, q=problem.need_of[key].quantity), key=key)
            )
    for (key, name), times in sorted(Counter((line.need, line.specialist) for line in lines).items()):
        if times > 1:
            text = Text("需求 {key} 重复派了 {name}", "need {key} got {name} more than once")
            found.append(Finding("matching.twice", text.fill(key=key, name=problem.specialist_of[name].name), key=key))
    for key, times in sorted(Counter(line.key for line in lines).items()):
        if times > 1 or not 1 <= int(key.rsplit("#", 1)[1]) <= problem.need_of[key.rsplit("#", 1)[0]].quantity:
            found.append(
                Finding("matching.slot", Text("名额 {key} 有误", "the slot {key} is wrong").fill(key=key), key=key)
            )
    return found


def _bases(problem: Problem, lines: list[Pairing]) -> list[Finding]:
    if not problem.rules.one_base:
        return []
    where = defaultdict(set)
    for line in lines:
        need = problem.need_of[line.need]
        where[line.specialist].add(need.township_key if problem.rules.one_base == "township" else need.county)
    return [
        Finding(
            "matching.one_base",
            Text("{name} 派到 {n} 处，只能一处：{where}", "{name} has {n} bases, only one is allowed: {where}").fill(
                name=problem.specialist_of[name].name, n=len(places), where="、".join(sorted(places))
            ),
            key=name,
        )
        for name, places in sorted(where.items())
        if len(places) > 1
    ]


def _locks(problem: Problem, lines: list[Pairing]) -> list[Finding]:
    pairs = {(line.need, line.specialist) for line in lines}
    found = []
    for (need, name), kind in sorted(fixed_pairs(problem).items()):
        gone = need not in problem.need_of or name not in problem.specialist_of
        if (need, name) not in pairs and not (gone and kind == "freeze"):
            text = Text("锁定被移动：{need} 应派 {name}", "a lock was moved: {need} belongs to {name}")
            found.append(Finding(f"matching.lock_{kind}", text.fill(need=need, name=name), key=need))
    before = {(line.need, line.specialist) for line in problem.previous}
    fixed, frozen = fixed_pairs(problem), frozen_needs(problem)
    for need, name in sorted(pairs):
        if need in frozen and (need, name) not in before and (need, name) not in fixed:
            text = Text("{need} 已冻结，不能新派 {name}", "{need} is frozen, {name} must not be added")
            found.append(Finding("matching.lock_freeze", text.fill(need=need, name=name), key=need))
    return found


def recount(problem: Problem, known: Known, lines: list[Pairing]) -> dict[str, int]:
    """The level values of some lines, from the data."""
    needs = [problem.need_of[line.need] for line in lines]
    ones = [problem.specialist_of[line.specialist] for line in lines]
    before = {(line.need, line.specialist) for line in problem.previous}
    return {
        "township": len({need.township_key for need in needs}),
        "village": len({need.village_key for need in needs}),
        "filled": len(lines),
        "coop": sum(known.coop(one, need) for one, need in zip(ones, needs, strict=True)),
        "fit": sum(best_fit(one, need, problem.rules.related) for one, need in zip(ones, needs, strict=True)),
        "keep": sum((line.need, line.specialist) in before for line in lines),
        "near": sum(known.minutes(one, need) for one, need in zip(ones, needs, strict=True)),
    }


def _levels(problem: Problem, known: Known, plan: Plan[Pairing], lines: list[Pairing]) -> list[Finding]:
    real = recount(problem, known, lines)
    wrong = [level.key for level in plan.levels if level.key in real and level.value != real[level.key]]
    if not wrong:
        return []
    names = joined((LEVELS[key][0] for key in wrong), zh="、", en=", ")
    return [Finding("matching.levels", Text("目标值算错：{names}", "goals counted wrong: {names}").fill(names=names))]
