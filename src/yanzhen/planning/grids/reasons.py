"""Why a household is where it is, what would be next best and what that would cost; what changed; what to give up."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np

from yanzhen.planning.grids.atoms import settlements
from yanzhen.planning.grids.county import SCALE, effective, homes_of, solve
from yanzhen.planning.grids.draw import Pricer
from yanzhen.planning.grids.ground import Ground, ground, in_degrees, pieces
from yanzhen.planning.grids.locks import conflicts, describe, resolve, smallest_to_drop
from yanzhen.planning.grids.problem import LEVELS, Place, Problem
from yanzhen.planning.kernel.limits import Limits
from yanzhen.planning.kernel.records import Alternative, Diff, Explanation, GiveUp, Plan, Relaxation, diff_lines
from yanzhen.planning.kernel.text import Text, joined, number


def explain(problem: Problem, plan: Plan[Place], key: str) -> Explanation:
    """Why this household is in this grid; moving it alone, or with its group, to each neighbouring grid, and the price."""
    line = plan.line(key)
    land, names, lines = _village(problem, plan, line.village)
    near = land.neighbours()
    at = {home.id: place for place, home in enumerate(land.homes)}
    me = at[key.split("#")[0] if key not in at else key]
    held: dict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(lines):
        held[item.grid].append(place)
    layer, scheme = problem.scheme.grid, effective(problem.scheme)
    mine = held[line.grid]
    group, hamlet = names[me]
    fellows = [place for place, name in enumerate(names) if name[0] == group and group] or [
        place for place, name in enumerate(names) if name[1] == hamlet
    ]
    here = [place for place in fellows if lines[place].grid == line.grid]
    what = Text(group or hamlet, group or hamlet)
    reasons = []
    for lock in _locked(problem, key):
        words = Text("人工锁定：{lock}", "settled by hand: {lock}")
        reasons.append(words.fill(lock=lock))
    if len(here) == len(fellows):
        words = Text(
            "它所在的{what}有 {n} 户（点），整组在网格 {grid}，不切开",
            "{what} with its {n} homes lies whole in grid {grid}",
        )
        reasons.append(words.fill(what=what, n=len(fellows), grid=line.grid))
    else:
        words = Text(
            "{what}有 {n} 户（点），超过一个网格的上限 {high}，按远近切成几块；这一块 {k} 户",
            "{what} has {n} homes, more than a grid may have ({high}); it is split by nearness, {k} of them here",
        )
        reasons.append(words.fill(what=what, n=len(fellows), high=layer.high, k=len(here)))
    work = int(land.work[mine].sum()) / 100
    words = Text(
        "网格工作量 {work}（下限 {low}、目标 {target}、上限 {high}）",
        "the grid's workload is {work} (floor {low}, target {target}, ceiling {high})",
    )
    reasons.append(words.fill(work=work, low=layer.low, target=layer.target, high=layer.high))
    index = np.array(mine, dtype=np.int64)
    apart = land.distances(index)
    middle = int((land.count[index] @ apart).argmin())
    metres = int(land.distances(np.array([me]), index)[0][middle]) / 10
    words = Text("离网格中心（{middle}）{m} 米", "{m} m from the grid's middle ({middle})")
    reasons.append(words.fill(middle=land.homes[mine[middle]].id, m=round(metres)))
    if any(me in piece for piece in pieces(mine, near)[1:]):
        reasons.append(
            Text(
                "它是散居户：与网格主片不相连，仍随本组",
                "it is an outlying home: it does not touch its grid, and stays with its group",
            )
        )
    others = sorted({lines[other].grid for place in mine for other in near[place]} - {line.grid})
    before = _vector(land, names, held, problem, plan.seed)
    options = []
    for to in others:
        for moving, who in (
            ([me], Text("只挪这一户", "this household alone")),
            (here, Text("整块 {what} 一起挪", "all of {what}").fill(what=what)),
        ):
            if len(moving) == len(mine) or (len(moving) == 1 and who.en.startswith("all")):
                continue
            changed = {
                code: [place for place in items if place not in set(moving)]
                if code == line.grid
                else [*items, *moving]
                if code == to
                else items
                for code, items in held.items()
            }
            after = _vector(land, names, changed, problem, plan.seed)
            price = {
                name: (one - two) / SCALE[name][0] for name, one, two in zip(scheme.order, before, after, strict=True)
            }
            options.append((tuple(two - one for one, two in zip(before, after, strict=True)), to, who, price, after))
    options.sort(key=lambda item: (item[0], item[1], item[2].en))
    alternatives = []
    for gain, to, who, price, _ in options[:6]:
        first = next((name for name, step in zip(scheme.order, gain, strict=True) if step), None)
        parts = [_step(name, -value) for name, value in price.items() if value]
        if first is not None and price[first] > 0:
            verdict = Text("（更好，但不在允许的并法里）", " (better, but no union that the rules allow)")
        else:
            verdict = Text("", "")
        words = Text("{who}到网格 {to}：", "{who} to grid {to}: ").fill(who=who, to=to)
        alternatives.append(
            Alternative(
                to,
                words + (joined(parts, zh="，", en=", ") if parts else Text("没有差别", "no difference")) + verdict,
                first is None or price[first] <= 0,
                price,
            )
        )
    return Explanation(key, tuple(reasons), tuple(alternatives))


def _step(name: str, value: float) -> Text:
    """A goal and how much more (+) or less it would be."""
    amount = f"{'+' if value > 0 else '−'}{number(abs(value))}"
    unit = SCALE[name][1]
    return Text(f"{LEVELS[name].zh} {amount} {unit.zh}", f"{LEVELS[name].en} {amount} {unit.en}")


def _village(problem: Problem, plan: Plan[Place], village: str) -> tuple[Ground, list[tuple[str, str]], list[Place]]:
    homes = list(homes_of(problem, village))
    where = next(item for item in problem.villages if item.code == village)
    land = ground(
        where,
        homes,
        sorted(problem.barriers, key=lambda item: item.id),
        sorted(problem.crossings, key=lambda item: item.id),
        in_degrees(problem.homes),
    )
    by_home = {line.home.split("#")[0]: line for line in plan.lines if line.village == village and "#" in line.home}
    by_home |= {line.home: line for line in plan.lines if line.village == village}
    return land, settlements(land, problem.scheme.settle), [by_home[home.id] for home in land.homes]


def _vector(
    land: Ground, names: list[tuple[str, str]], held: dict[str, list[int]], problem: Problem, seed: int
) -> tuple[int, ...]:
    scheme = effective(problem.scheme)
    parts = [items for _, items in sorted(held.items()) if items]
    pricer = Pricer(land, range(land.size), names, parts, problem.scheme.grid, scheme, seed)
    costs = [pricer.cost([part]) for part in range(len(parts))]
    return tuple(sum(cost[level] for cost in costs) for level in range(len(scheme.order)))


def _locked(problem: Problem, key: str) -> list[str]:
    home = key.split("#")[0]
    held, _ = resolve(problem)
    return sorted({describe(item.lock) for item in held if {home, key} & (item.homes | item.others)})


def diff(plan: Plan[Place], earlier: Plan[Place]) -> Diff:
    """Households that change their grid or contact group, new ones and gone ones."""
    return diff_lines(plan, earlier)


def grid_changes(plan: Plan[Place], earlier: Plan[Place]) -> list[tuple[str, int, int, int, int]]:
    """By grid: code, households before, after, come, gone (only grids where something changed)."""
    before = {line.home: line.grid for line in earlier.lines}
    after = {line.home: line.grid for line in plan.lines}
    found = []
    for code in sorted({*before.values(), *after.values()}):
        was = {key for key, grid in before.items() if grid == code}
        now = {key for key, grid in after.items() if grid == code}
        if was != now:
            found.append((code, len(was), len(now), len(now - was), len(was - now)))
    return found


def relax(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Relaxation:
    """When nothing fits: the fewest locks to drop, and of the strict goals the fewest to make soft, by how much."""
    held, _ = resolve(problem)
    drop = smallest_to_drop(held)
    found = [
        GiveUp("lock", Text("放弃锁定：{lock}", "give up the lock {lock}").fill(lock=describe(lock))) for lock in drop
    ]
    proven = len(drop) <= 4 or not conflicts(held)
    kept = replace(problem, locks=tuple(lock for lock in problem.locks if lock not in drop))
    strict = [name for name in problem.scheme.order if name in problem.scheme.strict]
    if not strict:
        return Relaxation(tuple(found), proven)
    from itertools import combinations

    best: tuple[tuple[str, ...], Plan[Place]] | None = None
    for count in range(len(strict) + 1):
        for soft in combinations(strict, count):
            firm = tuple(name for name in strict if name not in soft)
            plan = solve(replace(kept, scheme=replace(problem.scheme, strict=firm)), limits, seed, proof="none")
            if plan.status != "infeasible":
                best = (soft, plan)
                break
        if best is not None:
            break
    assert best is not None  # noqa: S101 - for the type checker
    values = {level.key: level for level in best[1].levels}
    for name in best[0]:
        level = values[name]
        words = Text("“{name}”改为软要求：至少 {value} {unit}", "make “{name}” soft: {value} {unit} at least remain")
        found.append(GiveUp(name, words.fill(name=LEVELS[name], value=level.value, unit=level.unit), level.value))
    return Relaxation(tuple(found), proven)
