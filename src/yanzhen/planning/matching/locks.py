"""Locks against the rules, before solving: what contradicts is named with both sides."""

from __future__ import annotations

from collections import Counter, defaultdict

from yanzhen.planning.kernel import Finding, Text, joined
from yanzhen.planning.matching.problem import Problem
from yanzhen.planning.matching.rules import RULES, Known, fixed_pairs


def lock_findings(problem: Problem, known: Known | None = None) -> tuple[Finding, ...]:
    """Errors: locks that cannot hold. Warnings: a frozen pair whose specialist or need is not there any more."""
    if not problem.locks:
        return ()
    known = known or Known(problem)
    found: list[Finding] = []
    for lock in problem.locks:
        if lock.kind == "freeze":
            continue
        for name, there, what in (
            (lock.subject, problem.need_of, Text("需求", "need")),
            (lock.object, problem.specialist_of, Text("专家", "specialist")),
        ):
            if name not in there:
                text = Text("锁定里的{what} {name} 不存在", "a lock names a {what} that is not there: {name}")
                found.append(Finding("matching.lock.unknown", text.fill(what=what, name=name), key=lock.subject))
    pairs = sorted(fixed_pairs(problem).items())
    alive = []
    for (need, name), kind in pairs:
        if need not in problem.need_of or name not in problem.specialist_of:
            if kind == "freeze":
                text = Text("冻结的 {need} 原派 {name} 已不在名单", "frozen {need}: {name} is not on the list any more")
                found.append(Finding("matching.lock.gone", text.fill(need=need, name=name), "warning", key=need))
            continue
        alive.append((need, name))
        broken = known.refusals(problem.specialist_of[name], problem.need_of[need])
        if broken:
            words = joined((RULES[rule] for rule in broken), zh="、", en=", ")
            text = Text("锁定 {need}—{name} 与规则冲突：{rule}", "the lock {need}–{name} contradicts a rule: {rule}")
            one = problem.specialist_of[name].name
            found.append(Finding("matching.lock.rule", text.fill(need=need, name=one, rule=words), key=need))
    found += _sums(problem, alive)
    return tuple(found)


def _sums(problem: Problem, pairs: list[tuple[str, str]]) -> list[Finding]:
    found = []
    for wanted, times in sorted(Counter(key for key, _ in pairs).items()):
        if times > problem.need_of[wanted].quantity:
            text = Text("需求 {need} 锁定了 {n} 人，只要 {q} 人", "need {need}: {n} locked, {q} wanted")
            found.append(
                Finding(
                    "matching.lock.quantity",
                    text.fill(need=wanted, n=times, q=problem.need_of[wanted].quantity),
                    key=wanted,
                )
            )
    load: Counter[str] = Counter()
    seasons: Counter[tuple[str, str]] = Counter()
    bases = defaultdict(set)
    for key, name in pairs:
        need = problem.need_of[key]
        load[name] += 1
        seasons[name, need.season] += 1
        bases[name].add(need.township_key if problem.rules.one_base == "township" else need.county)
    for name, times in sorted(load.items()):
        one = problem.specialist_of[name]
        if times > one.capacity:
            text = Text("{name} 被锁定 {n} 项，超过承担能力 {most}", "{name}: {n} locked, above the capacity {most}")
            found.append(
                Finding("matching.lock.capacity", text.fill(name=one.name, n=times, most=one.capacity), key=name)
            )
        if problem.rules.one_base and len(bases[name]) > 1:
            text = Text("{name} 被锁定到 {n} 处，规则只许一处", "{name} is locked to {n} places, the rule allows one")
            found.append(Finding("matching.lock.base", text.fill(name=one.name, n=len(bases[name])), key=name))
    for (name, season), times in sorted(seasons.items()):
        most = dict(problem.specialist_of[name].seasons).get(season)
        if season and most is not None and times > most:
            text = Text("{name} 在{season}季被锁定 {n} 项，超过 {most}", "{name}: {n} locked in {season}, above {most}")
            one = problem.specialist_of[name]
            found.append(
                Finding("matching.lock.season", text.fill(name=one.name, season=season, n=times, most=most), key=name)
            )
    return found
