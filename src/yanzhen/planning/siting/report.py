"""The report of a siting plan: map, figures before and after, order of building, who stays outside, accessibility."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from yanzhen.planning.kernel import Diff, Finding, Plan, Text, same
from yanzhen.planning.kernel.drawing import COLOURS, Bars, Dots, Links, Map
from yanzhen.planning.kernel.html import Figures, Prose, Report, Section, Table, record_facts, standard_sections
from yanzhen.planning.siting.ground import Ground
from yanzhen.planning.siting.judge import chosen_of
from yanzhen.planning.siting.lines import SiteLine, outside
from yanzhen.planning.siting.problem import MODES, TASKS, Problem
from yanzhen.planning.siting.solve import equals, limits_of

#: More places than this are drawn as a sample: a page must open on a phone.
DRAWN = 4000


def report(
    problem: Problem,
    plan: Plan[SiteLine],
    *,
    findings: Iterable[Finding] = (),
    difference: Diff | None = None,
    previous: Plan[SiteLine] | None = None,
    title: Text | None = None,
) -> Report:
    """Compose the page."""
    ground = Ground.of(problem)
    chosen = chosen_of(problem, plan)
    parameters = problem.parameters
    words = Text("{task}，{mode} {minutes} 分钟圈", "{task}; {minutes} minutes, {mode}").fill(
        task=TASKS[parameters.task],
        mode=MODES.get(parameters.mode, same(parameters.mode)),
        minutes=float(parameters.minutes),
    )
    sections = [
        Section(Text("一眼看清", "At a glance"), [_figures(plan), _map(ground, chosen)]),
        *standard_sections(plan, findings=findings, diff=difference, previous=previous),
        Section(Text("建设次序", "Order of building"), _order(plan)),
        Section(Text("圈外的居民点", "Places outside the circle"), _outside(ground, chosen)),
        Section(Text("服务可及性：建设前后", "Accessibility before and after"), _access(plan)),
        Section(Text("同样好的换法", "Equally good choices"), _equals(ground, chosen)),
    ]
    return Report(title or Text("15分钟圈选点方案", "Siting of 15-minute circles"), sections, words, record_facts(plan))


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def _figures(plan: Plan[SiteLine]) -> Figures:
    before, after, people, elders = (
        plan.extra["before"],
        plan.extra["after"],
        plan.extra["people"],
        plan.extra["elders"],
    )
    new = [line for line in plan.lines if line.answer == "new"]
    was = Text("原来 {n}", "was {n}")
    return Figures(
        [
            (Text("开放的点", "Open points"), after["points"], was.fill(n=before["points"])),
            (
                Text("新建", "New"),
                len(new),
                Text("{n} 万元", "{n} × 10,000 yuan").fill(n=float(sum(line.cost for line in new))),
            ),
            (
                Text("圈内人口", "People within"),
                _share(after["people"], people),
                was.fill(n=_share(before["people"], people)),
            ),
            (
                Text("圈内60岁以上", "Over 60 within"),
                _share(after["elders"], elders),
                was.fill(n=_share(before["elders"], elders)),
            ),
            (Text("圈外人口", "People outside"), int(people - after["people"]), None),
        ]
    )


def _map(ground: Ground, chosen: Any) -> Map:
    problem = ground.problem
    covered = ground.covered(chosen) > 0
    rows = np.arange(len(problem.places))
    if len(rows) > DRAWN:  # every k-th by id: the same places in every run
        rows = rows[:: -(-len(rows) // DRAWN)]
    top = max(1.0, float(ground.people.max(initial=1.0)))

    def dots(name: Text, mask: Any, colour: str) -> Dots:
        picked = [problem.places[row] for row in rows if mask[row]]
        sizes = [1.2 + 3.0 * (place.people / top) ** 0.5 for place in picked]
        return Dots(
            name,
            [(p.x, p.y) for p in picked],
            colour,
            sizes,
            [Text(f"{p.name} {p.people} 人", f"{p.name} {p.people} people") for p in picked],
        )

    def points(name: Text, mask: Any, colour: str, shape: str, size: float) -> Dots:
        picked = [site for site, on in zip(problem.sites, mask, strict=True) if on]
        return Dots(name, [(s.x, s.y) for s in picked], colour, size, [same(s.name) for s in picked], shape)

    layers: list[Any] = [
        dots(Text("圈内居民点", "places within"), covered, "#9fb6c9"),
        dots(Text("圈外居民点", "places outside"), ~covered, COLOURS[1]),
        points(Text("未选候选点", "candidates not chosen"), ~chosen, "#b8bec4", "ring", 2.5),
        points(Text("已有的点", "existing points"), chosen & ground.existing, COLOURS[2], "square", 4.5),
        points(Text("新建的点", "new points"), chosen & ~ground.existing, COLOURS[0], "square", 4.5),
    ]
    if problem.network is not None and len(problem.network.edges) <= DRAWN:
        nodes = problem.network.nodes
        roads = [(nodes[edge.a], nodes[edge.b]) for edge in problem.network.edges if not edge.closed]
        layers.insert(0, Links(Text("道路", "roads"), roads, "#d5dadf"))
    points_all = [(p.x, p.y) for p in problem.places]
    degrees = all(abs(x) <= 180 and abs(y) <= 90 for x, y in points_all)
    return Map(
        [layer for layer in layers if getattr(layer, "points", True)],
        Text("居民点与服务点", "Places and points"),
        degrees=degrees,
    )


def _order(plan: Plan[SiteLine]) -> list[Any]:
    new = sorted((line for line in plan.lines if line.answer == "new"), key=lambda line: line.order)
    if not new:
        return [Prose(Text("没有新建的点。", "No new points."))]
    columns = [
        Text("次序", "Turn"),
        Text("点", "Point"),
        Text("新增人数", "Adds"),
        Text("圈内人数", "Within"),
        Text("其中60岁以上", "Over 60"),
        Text("撤掉它，失去服务的人", "If dropped, lose cover"),
        Text("投入万元", "Cost"),
    ]
    rows = [[line.order, same(line.name), line.adds, line.people, line.elders, line.only, line.cost] for line in new]
    first = new[:20]
    caption = Text("每个点按次序新增的人数（前20个）", "People each point adds at its turn (first 20)")
    series = [(Text("新增人数", "adds"), [float(line.adds) for line in first])]
    bars = Bars([same(line.name) for line in first], series, caption, Text("人", "people"))
    kept = [[same(line.name), line.people, line.elders, line.only] for line in plan.lines if line.answer == "existing"]
    blocks: list[Any] = [bars, Table(columns, rows, numbers=(0, 2, 3, 4, 5, 6))]
    if kept:
        heads = [
            Text("已有的点", "Existing point"),
            Text("圈内人数", "Within"),
            Text("其中60岁以上", "Over 60"),
            Text("撤掉它，失去服务的人", "If dropped, lose cover"),
        ]
        blocks.append(Table(heads, kept, numbers=(1, 2, 3)))
    return blocks


def _outside(ground: Ground, chosen: Any) -> list[Any]:
    items = sorted(outside(ground, chosen), key=lambda item: (-item.people, item.place))
    if not items:
        return [Prose(Text("人人都在圈内。", "Everybody is within the circle."), "good")]
    columns = [
        Text("居民点", "Place"),
        Text("人数", "People"),
        Text("60岁以上", "Over 60"),
        Text("最近的点", "Nearest point"),
        Text("分钟", "Minutes"),
        Text("原因", "Why"),
    ]
    rows = [
        [same(i.name), i.people, i.elders, same(i.nearest or "–"), i.minutes if np.isfinite(i.minutes) else "–", i.why]
        for i in items
    ]
    return [Table(columns, rows, numbers=(1, 2, 4), limit=200)]


def _access(plan: Plan[SiteLine]) -> list[Any]:
    names = {
        "2sfca_all": Text("全体，圈内平等（2SFCA）", "All, plain (2SFCA)"),
        "e2sfca_all": Text("全体，越近越好（E2SFCA）", "All, with decay (E2SFCA)"),
        "2sfca_over60": Text("60岁以上，圈内平等", "Over 60, plain"),
        "e2sfca_over60": Text("60岁以上，越近越好", "Over 60, with decay"),
    }
    columns = [
        Text("口径", "Measure"),
        Text("每千人服务量，前", "Per 1,000, before"),
        Text("后", "after"),
        Text("最差一成，前", "Worst tenth, before"),
        Text("后", "after"),
        Text("无服务，前", "None, before"),
        Text("后", "after"),
        Text("基尼系数，前", "Gini, before"),
        Text("后", "after"),
    ]
    rows = []
    for key, name in names.items():
        before, after = plan.extra["before"][key], plan.extra["after"][key]
        rows.append(
            [
                name,
                before["mean"],
                after["mean"],
                before["p10"],
                after["p10"],
                f"{before['none']:.1%}",
                f"{after['none']:.1%}",
                before["gini"],
                after["gini"],
            ]
        )
    text = Text(
        "服务量按各点的服务能力（未填的按1）除以圈内人数，再加到各居民点。",
        "Each point's capacity (1 when not given) over the people in its circle, summed over the points of each place.",
    )
    return [Prose(text, "note"), Table(columns, rows, numbers=tuple(range(1, 9)))]


def _equals(ground: Ground, chosen: Any) -> list[Any]:
    pairs = equals(ground, chosen, limits_of(ground), most=1500)[:60]
    if not pairs:
        return [Prose(Text("单换一个点，没有同样好的方案。", "No single exchange is equally good."))]
    sites = ground.problem.sites
    text = Text(
        "下面每一对互换，各项目标都不变；现在的取法由公开的编号散列决定，可以人工锁定另一个。",
        "Exchanging any of these pairs changes no goal; the present choice follows the published hash, and the other may be fixed by hand.",
    )
    return [
        Prose(text, "note"),
        Table(
            [Text("现在", "Now"), Text("可换成", "Could be")],
            [[same(sites[a].name), same(sites[b].name)] for a, b in pairs],
        ),
    ]
