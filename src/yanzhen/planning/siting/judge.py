"""Check, explain, relax and diff of siting plans: plain counting on the ground, no solver's word taken."""

from __future__ import annotations

from collections.abc import Iterable

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
from yanzhen.planning.siting import cover
from yanzhen.planning.siting.ground import Ground, Mask, senses
from yanzhen.planning.siting.lines import SiteLine, building_order
from yanzhen.planning.siting.matrices import sparse
from yanzhen.planning.siting.mip import minimise
from yanzhen.planning.siting.problem import GOALS, Problem

ANSWERS = {"existing": Text("保留", "stays"), "new": Text("新建", "new"), "": Text("不设", "not open")}


def chosen_of(problem: Problem, plan: Plan[SiteLine]) -> Mask:
    """The open sites that the lines name."""
    held = {line.site for line in plan.lines if line.answer}
    return np.asarray([site.id in held for site in problem.sites], dtype=bool)


def check(problem: Problem, plan: Plan[SiteLine]) -> tuple[Finding, ...]:
    """Every rule and every stated figure again; empty = holds. Hand-made changes of ``answer`` are judged the same way."""
    return tuple(_check(problem, plan))


def _check(problem: Problem, plan: Plan[SiteLine]) -> Iterable[Finding]:
    sites = {site.id: site for site in problem.sites}
    seen: set[str] = set()
    for line in plan.lines:
        if line.site not in sites:
            yield Finding(
                "siting.check.unknown", Text("没有这个点：{s}", "no such site: {s}").fill(s=line.site), key=line.key
            )
        if line.site in seen:
            yield Finding(
                "siting.check.twice", Text("{s} 出现两次", "{s} occurs twice").fill(s=line.site), key=line.key
            )
        seen.add(line.site)
        if line.answer not in ANSWERS:
            yield Finding(
                "siting.check.answer",
                Text("{s}：答案“{a}”不认识", "{s}: unknown answer “{a}”").fill(s=line.site, a=line.answer),
                key=line.key,
            )
    ground = Ground.of(problem)
    chosen = chosen_of(problem, plan)
    parameters = problem.parameters
    for index, site in enumerate(problem.sites):
        if ground.must[index] and not chosen[index]:
            why = (
                Text("人工锁定要建", "fixed by hand")
                if not site.existing
                else Text("已有的点要保留", "existing points stay")
            )
            yield Finding(
                "siting.check.must",
                Text("{s} 应当开放：{w}", "{s} must be open: {w}").fill(s=site.name, w=why),
                key=site.id,
            )
        if chosen[index] and not ground.may[index]:
            land = not (site.buildable or site.existing)
            why = Text("没有用地", "it has no land") if land else Text("人工锁定不设", "forbidden by hand")
            yield Finding(
                "siting.check.may",
                Text("{s} 不能开放：{w}", "{s} may not be open: {w}").fill(s=site.name, w=why),
                key=site.id,
            )
    new = chosen & ~ground.existing
    if parameters.count is not None and new.sum() > parameters.count:
        text = Text("新建 {n} 个，超过上限 {m} 个", "{n} new points, above the limit of {m}").fill(
            n=int(new.sum()), m=parameters.count
        )
        yield Finding("siting.check.count", text)
    spent = float(ground.cost[new].sum())
    if parameters.budget is not None and spent > parameters.budget + 1e-6:
        yield Finding(
            "siting.check.budget",
            Text("投入 {n} 万元，超过预算 {m} 万元", "costs {n}, above the budget of {m}").fill(
                n=spent, m=float(parameters.budget)
            ),
        )
    if parameters.task == "cover":
        missed = ground.reachable & (ground.covered(chosen) == 0)
        stated = next((level.value for level in plan.levels if level.key == "people"), None)
        if missed.any() and (
            stated is None or stated >= float(ground.people[ground.reachable].sum()) or parameters.count is None
        ):
            names = "、".join(problem.places[row].name for row in np.flatnonzero(missed)[:8])
            text = Text("{n} 个够得着的居民点没有覆盖：{names}", "{n} places within reach are not covered: {names}")
            yield Finding("siting.check.cover", text.fill(n=int(missed.sum()), names=names))
    values = ground.measure(chosen)
    for level in plan.levels:
        if level.key in values and abs(values[level.key] - level.value) > 1e-6 * max(1.0, abs(level.value)):
            text = Text("{g}写的是 {a}，数出来是 {b}", "{g}: stated {a}, counted {b}").fill(
                g=GOALS[level.key], a=level.value, b=values[level.key]
            )
            yield Finding("siting.check.level", text, key=level.key)
    yield from _figures(ground, chosen, plan)


def _figures(ground: Ground, chosen: Mask, plan: Plan[SiteLine]) -> Iterable[Finding]:
    columns, count = ground.circle.tocsc(), ground.covered(chosen)
    lines = {line.site: line for line in plan.lines}
    for index, site in enumerate(ground.problem.sites):
        line = lines.get(site.id)
        if line is None:
            if chosen[index] or ground.must[index]:
                yield Finding(
                    "siting.check.missing",
                    Text("缺 {s} 这一行", "the line of {s} is missing").fill(s=site.name),
                    key=site.id,
                )
            continue
        if (line.answer == "existing") != (site.existing and bool(line.answer)):
            yield Finding(
                "siting.check.answer",
                Text("{s} 新建与保留写反了", "{s}: new and existing are mixed up").fill(s=site.name),
                key=site.id,
            )
        rows = columns.indices[columns.indptr[index] : columns.indptr[index + 1]]
        only = rows[count[rows] == 1] if chosen[index] else rows[:0]
        if line.people != int(ground.people[rows].sum()) or line.only != int(ground.people[only].sum()):
            text = Text(
                "{s} 服务人数应为 {p}，其中只靠它的 {o}",
                "{s} serves {p} people, {o} of them alone; the line says otherwise",
            )
            yield Finding(
                "siting.check.people",
                text.fill(s=site.name, p=int(ground.people[rows].sum()), o=int(ground.people[only].sum())),
                key=site.id,
            )
    order = building_order(ground, chosen, plan.seed)
    for turn, (index, adds) in enumerate(order, 1):
        line = lines.get(ground.problem.sites[index].id)
        if line is not None and (line.order, line.adds) != (turn, adds):
            text = Text(
                "{s} 的建设次序应为第 {t}（新增 {a} 人）",
                "{s} should be number {t} in the order of building (adds {a})",
            )
            yield Finding("siting.check.order", text.fill(s=line.name, t=turn, a=adds), key=line.site)


def price(ground: Ground, before: Mask, after: Mask) -> dict[str, float]:
    """What changes by goal, positive = better for people."""
    old, new = ground.measure(before), ground.measure(after)
    return {
        goal: round((new[goal] - old[goal]) * (1 if senses(goal) == "max" else -1), 4) + 0.0
        for goal in old
        if abs(new[goal] - old[goal]) > 1e-9
    }


def price_words(prices: dict[str, float]) -> Text:
    """The same in words."""
    if not prices:
        return Text("各项目标都不变", "no goal changes")
    parts = []
    for goal, value in prices.items():
        better = Text("好 {n}", "better by {n}") if value > 0 else Text("差 {n}", "worse by {n}")
        parts.append(GOALS[goal] + Text(" ", " ") + better.fill(n=abs(value)))
    return Text("，".join(part.zh for part in parts), ", ".join(part.en for part in parts))


def explain(problem: Problem, plan: Plan[SiteLine], key: str) -> Explanation:
    """An open site: whom it serves, who would lose cover, the best substitutes. A closed one: what opening it would bring."""
    ground = Ground.of(problem)
    chosen = chosen_of(problem, plan)
    line = plan.line(key)
    index = [site.id for site in problem.sites].index(key)
    site = problem.sites[index]
    reasons = [
        Text("圈内 {p} 人，其中60岁以上 {e} 人", "{p} people within its circle, {e} of them over 60").fill(
            p=line.people, e=line.elders
        )
    ]
    options: list[Alternative] = []
    if chosen[index]:
        text = Text(
            "撤掉它，{o} 人（60岁以上 {oe} 人）就没有别的点",
            "if it were dropped, {o} people ({oe} over 60) would lose cover",
        )
        reasons.append(text.fill(o=line.only, oe=line.only_elders))
        if ground.must[index]:
            reasons.append(Text("它是已有的或人工锁定的点", "it stands already or was fixed by hand"))
        if line.order:
            reasons.append(
                Text("建设次序第 {t}，新增 {a} 人", "number {t} in the order of building, adds {a} people").fill(
                    t=line.order, a=line.adds
                )
            )
        without = chosen.copy()
        without[index] = False
        options.append(
            _alternative(
                ground, chosen, without, "", Text("不设这个点", "do without it"), allowed=not ground.must[index]
            )
        )
        others = []
        shared = (ground.circle.T @ np.asarray(ground.circle[:, [index]].todense()).ravel()) > 0
        for other in np.flatnonzero(ground.may & ~chosen & np.asarray(shared).ravel()):
            swapped = without.copy()
            swapped[other] = True
            others.append(
                _alternative(
                    ground,
                    chosen,
                    swapped,
                    problem.sites[other].id,
                    Text("改设 {s}", "{s} instead").fill(s=problem.sites[other].name),
                )
            )
        order = {goal: place for place, goal in enumerate(problem.goals)}

        def rank(item: Alternative) -> tuple[float, ...]:
            return tuple(-item.price.get(goal, 0.0) for goal in order)

        options[1:] = sorted(others, key=rank)[:3]
    else:
        if not ground.may[index]:
            why = (
                Text("没有用地", "no land")
                if not (site.buildable or site.existing)
                else Text("人工锁定不设", "forbidden by hand")
            )
            reasons.append(why)
        more = chosen.copy()
        more[index] = True
        options.append(
            _alternative(ground, chosen, more, key, Text("增设它", "open it as well"), allowed=bool(ground.may[index]))
        )
    return Explanation(key, tuple(reasons), tuple(options))


def _alternative(
    ground: Ground, before: Mask, after: Mask, choice: str, text: Text, *, allowed: bool = True
) -> Alternative:
    prices = price(ground, before, after)
    return Alternative(choice, text + Text("：", ": ") + price_words(prices), allowed, prices)


def diff(plan: Plan[SiteLine], earlier: Plan[SiteLine]) -> Diff:
    """Which points changed."""
    names = {line.site: line.name for line in (*earlier.lines, *plan.lines)}
    return diff_lines(
        plan,
        earlier,
        name=lambda choice: ANSWERS.get(choice, Text(choice, choice)),
        what=lambda key: Text(names.get(key, key), names.get(key, key)),
    )


def relax(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Relaxation:
    """What has to be given up so that everybody is within the circle: forbidden or landless sites to free, points or money above the limit,
    and, for those no site reaches, the circle itself (mobile service). The smallest number of sites to free comes first."""
    limits = limits or Limits()
    run = limits.begin()
    ground = Ground.of(problem)
    parameters = problem.parameters
    raw = ground.times.within(parameters.minutes)
    give: list[GiveUp] = []
    proven = True
    nobody = np.asarray(np.diff(raw.indptr) == 0)
    if nobody.any():
        names = "、".join(problem.places[row].name for row in np.flatnonzero(nobody)[:8])
        text = Text(
            "{n} 个居民点没有任何候选点在 {m} 分钟内（{names}）：改为流动服务",
            "{n} places have no candidate within {m} minutes ({names}): serve them by a mobile service",
        )
        give.append(
            GiveUp(
                "siting.minutes", text.fill(n=int(nobody.sum()), m=parameters.minutes, names=names), float(nobody.sum())
            )
        )
    blocked = ~nobody & ~np.asarray(np.diff(ground.circle.indptr) > 0)
    freed = np.zeros(len(problem.sites), dtype=bool)
    if blocked.any():
        rows, _ = cover.patterns(raw[blocked], np.zeros((int(blocked.sum()), 1)))
        every = np.ones(len(problem.sites), dtype=bool)
        model = cover.covering(cover.needed(rows), cover.Limit(~every, every, ground.cost, every))
        found = minimise(
            model, np.ones(len(every)), seconds=max(0.2, run.left / 2), threads=limits.threads, slack=0.999
        )
        proven &= found.proven
        if found.x is not None:
            freed = found.x > 0.5
            for index in np.flatnonzero(freed):
                site = problem.sites[index]
                if not ground.serving[index]:
                    text = Text("{s} 要延长开放时间", "{s} must open longer")
                elif not (site.buildable or site.existing):
                    text = Text("{s} 要落实用地", "{s} needs land")
                else:
                    text = Text("{s} 的“锁定不设”要放开", "the lock that forbids {s} must be lifted")
                give.append(GiveUp("siting.site", text.fill(s=site.name)))
    if parameters.count is not None or parameters.budget is not None:
        may = ground.may | freed
        circle = (raw @ sparse.diags((may & (ground.serving | freed)).astype(float))).tocsr()
        circle.eliminate_zeros()
        rows, _ = cover.patterns(circle, np.zeros((circle.shape[0], 1)))
        free = cover.Limit(ground.must | freed, may, ground.cost, ~ground.existing)
        model = cover.covering(cover.needed(rows), free)
        for rule, cap, cost in (
            ("siting.count", parameters.count, np.where(free.new, 1.0, 0.0)),
            ("siting.budget", parameters.budget, ground.cost),
        ):
            if cap is None:
                continue
            found = minimise(
                model,
                cost,
                seconds=max(0.2, run.left / 2),
                threads=limits.threads,
                slack=0.999 if rule == "siting.count" else 1e-6,
            )
            proven &= found.proven
            if found.x is not None and found.value > cap + 1e-6:
                more = round(found.value - cap, 4)
                text = (
                    Text("新建上限要加 {n} 个", "{n} points more than the limit")
                    if rule == "siting.count"
                    else Text("预算要加 {n} 万元", "the budget must grow by {n}")
                )
                give.append(GiveUp(rule, text.fill(n=float(more)), float(more)))
    return Relaxation(tuple(give), proven)
