"""The report of a drawing: goals and proof, map, grids, contact groups, party groups, what changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import shapely

from yanzhen.planning.grids.ground import in_degrees
from yanzhen.planning.grids.problem import Home, Place, Problem
from yanzhen.planning.grids.reasons import grid_changes
from yanzhen.planning.grids.shapes import Shape, shapes
from yanzhen.planning.grids.writing import WHY, grid_rows
from yanzhen.planning.kernel.drawing import COLOURS, Bars, Dots, Map, Shapes
from yanzhen.planning.kernel.findings import Finding
from yanzhen.planning.kernel.html import Figures, Prose, Report, Section, Table, record_facts, standard_sections
from yanzhen.planning.kernel.records import Diff, Plan
from yanzhen.planning.kernel.text import Text, same

FILLS = ("#cfe3f5", "#fbdcc0", "#c9ead9", "#f2d3e4", "#efe6b8", "#dcd3ec", "#d5dbe0", "#f5c6bd")
"""Light fills; neighbours get different ones, codes stand on them for grey prints."""
VILLAGES_DRAWN = 12
"""Villages with a map of their own in one report; a county gets an overview and its villages on request."""


def report(
    problem: Problem,
    plan: Plan[Place],
    *,
    findings: Sequence[Finding] = (),
    difference: Diff | None = None,
    previous: Plan[Place] | None = None,
    villages: Sequence[str] = (),
) -> Report:
    """The page. ``villages``: codes of those to be drawn with their households (default: the first twelve)."""
    done = [item for item in problem.villages if any(True for _ in _homes(problem, item.code))]
    chosen = [item for item in done if item.code in villages] if villages else done[:VILLAGES_DRAWN]
    sections = standard_sections(plan, findings=findings, previous=previous)
    sections.insert(0, Section(Text("概览", "Overview"), [_figures(problem, plan), *_overview(problem, plan, done)]))
    if difference is not None and previous is not None:
        sections.append(_changes(plan, previous, difference))
    lines = {line.home.split("#")[0]: line for line in reversed(plan.lines)}
    drawn = shapes(problem, plan, villages=[item.code for item in chosen])
    for village in chosen:
        mine = [item for item in drawn if item.village == village.code]
        homes = list(_homes(problem, village.code))
        sections.append(_village(problem, plan, village.name, village.code, homes, lines, mine))
    if len(chosen) < len(done):
        words = Text(
            "另有 {n} 个村未附图：用 --village 村代码 单独出图，坐标见 grids.geojson。",
            "{n} more villages without a map: draw them with --village CODE; polygons are in grids.geojson.",
        )
        sections.append(
            Section(Text("其余各村", "Other villages"), [Prose(words.fill(n=len(done) - len(chosen)), "note")])
        )
    sections.append(_rules(problem))
    title = Text("网格划分方案", "Drawing of grids")
    name = done[0].name if len(done) == 1 else ""
    subtitle = same(name) if name else Text("{n} 个村", "{n} villages").fill(n=len(done))
    return Report(title, sections, subtitle, record_facts(plan))


def _homes(problem: Problem, village: str) -> Sequence[Home]:
    return [home for home in problem.homes if home.village == village]


def _figures(problem: Problem, plan: Plan[Place]) -> Figures:
    grids, groups = plan.extra.get("grids", []), plan.extra.get("groups", [])
    scattered = sum(1 for item in grids if len(item["pieces"]) > 1)
    none: Text | None = None
    items: list[tuple[Text, Any, Text | None]] = [
        (Text("村", "Villages"), len({line.village for line in plan.lines}), none),
        (Text("户", "Households"), len(plan.lines), none),
        (
            problem.scheme.grid.name,
            len(grids),
            Text("平均 {n} 户", "{n} households on average").fill(n=round(len(plan.lines) / max(1, len(grids)), 1)),
        ),
    ]
    if problem.scheme.micro is not None:
        items.append((problem.scheme.micro.name, len(plan.extra.get("micros", [])), none))
    items += [
        (
            problem.scheme.contact.name,
            len(groups),
            Text("平均 {n} 户", "{n} households on average").fill(n=round(len(plan.lines) / max(1, len(groups)), 1)),
        ),
        (Text("网格党小组", "Party groups"), len(plan.extra.get("party", [])), none),
        (Text("有散居户的网格", "Grids with outlying homes"), scattered, Text("已逐个标出", "each is flagged")),
    ]
    return Figures(items)


def _overview(problem: Problem, plan: Plan[Place], done: Sequence[Any]) -> list[Any]:
    """All villages in one map, without households."""
    if len(done) < 2:
        return []
    drawn = [item for item in shapes(problem, plan) if item.layer == "grid"]
    reach = max(item.polygon.length for item in drawn) if drawn else 1.0
    thin = [
        Shape(item.layer, item.code, item.village, item.polygon.simplify(reach / (400 if len(drawn) < 400 else 120)))
        for item in drawn
    ]
    bounds = [item.boundary for item in done if item.boundary is not None]
    layers: list[Any] = [
        Shapes(
            problem.scheme.grid.name,
            [item.polygon for item in thin],
            _colours(thin),
            titles=[item.code for item in thin],
        )
    ]
    if bounds:
        names = [item.name for item in done if item.boundary is not None]
        layers.append(
            Shapes(
                Text("村界", "villages"),
                bounds,
                "none",
                COLOURS[0],
                titles=names,
                labels=names if len(names) <= 40 else (),
            )
        )
    words = Text("各村网格（相邻网格颜色不同）", "Grids by village (neighbours differ in colour)")
    return [
        Map(
            layers,
            words,
            in_degrees(problem.homes),
            legend=[(FILLS[0], problem.scheme.grid.name), (COLOURS[0], Text("村界", "village boundary"))],
        )
    ]


def _village(
    problem: Problem,
    plan: Plan[Place],
    name: str,
    code: str,
    homes: Sequence[Home],
    lines: Mapping[str, Place],
    drawn: Sequence[Shape],
) -> Section:
    grids = [item for item in drawn if item.layer == "grid"]
    facts = [item for item in grid_rows(plan) if str(item["code"]).startswith(code)]
    middles = {str(item["middle"]): str(item["code"]) for item in facts}
    persons = {
        str(item["person"]).split("#")[0] for item in plan.extra.get("groups", []) if str(item["code"]).startswith(code)
    }
    stray = {str(home) for item in facts for home in item["stray"]}
    plain_homes = [home for home in homes if home.id not in stray]
    layers: list[Any] = [
        Shapes(
            problem.scheme.grid.name,
            [item.polygon for item in grids],
            _colours(grids),
            titles=[item.code for item in grids],
        )
    ]
    if problem.scheme.micro is not None:
        micros = [item for item in drawn if item.layer == "micro"]
        layers.append(
            Shapes(
                problem.scheme.micro.name,
                [item.polygon for item in micros],
                "none",
                "#8295a3",
                titles=[item.code for item in micros],
            )
        )
    mine = [item for item in problem.barriers if any(item.line.intersects(shape.polygon) for shape in grids)]
    layers.append(
        Dots(
            Text("住户", "households"),
            [(home.x, home.y) for home in plain_homes],
            "#41525f",
            1.7,
            [home.id for home in plain_homes],
        )
    )
    leaders = [home for home in homes if home.id in persons]
    layers.append(
        Dots(
            Text("联户长（建议）", "contact persons (proposed)"),
            [(home.x, home.y) for home in leaders],
            COLOURS[0],
            2.6,
            [home.id for home in leaders],
            "square",
        )
    )
    far = [home for home in homes if home.id in stray]
    if far:
        layers.append(
            Dots(
                Text("散居户（与网格主片不相连）", "outlying homes (do not touch their grid)"),
                [(home.x, home.y) for home in far],
                COLOURS[1],
                4.2,
                [home.id for home in far],
                "ring",
            )
        )
    spots = [home for home in homes if home.id in middles]
    layers.append(
        Dots(
            Text("网格中心", "middle of the grid"),
            [(home.x, home.y) for home in spots],
            "#000000",
            3.2,
            [middles[home.id] for home in spots],
        )
    )
    free = [_free_spot(item, homes) for item in grids]
    layers.append(
        Dots(Text("网格序号", "number of the grid"), free, "#000000", 0.1, labels=[item.code[12:] for item in grids])
    )
    legend = [
        (FILLS[0], problem.scheme.grid.name),
        *((layer.colour, layer.name) for layer in layers if isinstance(layer, Dots) and layer.sizes != 0.1),
    ]
    if mine:
        ground = shapely.union_all([shape.polygon for shape in grids])
        west, south, east, north = ground.bounds
        river = [item.line.intersection(ground).buffer(max(east - west, north - south) / 500) for item in mine]
        layers.insert(1, Shapes(Text("河流道路", "rivers, roads"), river, "#2b7bba", "none"))
        legend.append(("#2b7bba", Text("河流、道路", "rivers and roads")))
    caption = Text("{name}：网格与住户", "{name}: grids and households").fill(name=name)
    layer = problem.scheme.grid
    columns = [
        layer.name,
        Text("户数", "Households"),
        Text("工作量", "Workload"),
        Text("自然村、小组", "Hamlets, groups"),
        Text("党员", "Members"),
        Text("最远（米）", "Farthest (m)"),
        Text("提示", "Remarks"),
    ]
    rows = [
        [
            item["code"],
            item["households"],
            item["work"],
            "、".join(filter(None, (item["hamlets"], item["groups"]))),
            item["members"],
            round(item["reach"]),
            item["flags"],
        ]
        for item in facts
    ]
    bars = Bars(
        [same(str(item["code"])[12:]) for item in facts],
        [(Text("工作量", "workload"), [float(item["work"]) for item in facts])],
        Text(
            "{name}：各网格工作量（下限 {low}，上限 {high}）", "{name}: workload by grid (floor {low}, ceiling {high})"
        ).fill(name=name, low=layer.low, high=layer.high),
    )
    party = [
        [
            item["code"],
            "、".join(str(grid)[12:] for grid in item["grids"]),
            item["members"],
            Text("够数", "enough") if item["enough"] else Text("不足", "too few"),
        ]
        for item in plan.extra.get("party", [])
        if str(item["code"]).startswith(code)
    ]
    groups: dict[str, list[Any]] = defaultdict(list)
    width = 12 + layer.digits
    for item in plan.extra.get("groups", []):
        if str(item["code"]).startswith(code):
            groups[str(item["code"])[:width]].append(item)
    contact_rows = [
        [grid[12:], str(item["code"])[12:], item["households"], item["person"] or "–", WHY[item["why"]]]
        for grid, items in sorted(groups.items())
        for item in items
    ]
    blocks: list[Any] = [
        Map(layers, caption, in_degrees(problem.homes), legend=legend),
        Table(columns, rows, numbers=(1, 2, 4, 5)),
        bars,
        Table(
            [
                Text("党小组", "Party group"),
                Text("网格", "Grids"),
                Text("正式党员", "Full members"),
                Text("人数", "Number"),
            ],
            party,
            Text("网格党小组", "Party groups on grids"),
            (2,),
        ),
        Table(
            [
                layer.name,
                problem.scheme.contact.name,
                Text("户数", "Households"),
                Text("联户长（建议）", "Contact person (proposed)"),
                Text("依据", "Because"),
            ],
            contact_rows,
            Text("联户组", "Contact groups"),
            (2,),
            120,
        ),
    ]
    del lines
    return Section(same(name), blocks, new_page=True)


def _free_spot(shape: Shape, homes: Sequence[Home]) -> tuple[float, float]:
    """Where a number can stand: inside, far from the edge and from homes."""
    polygon = max(getattr(shape.polygon, "geoms", [shape.polygon]), key=lambda part: part.area)
    west, south, east, north = polygon.bounds
    steps = [(column + 0.5) / 14 for column in range(14)]
    spots = shapely.points([[west + (east - west) * x, south + (north - south) * y] for x in steps for y in steps])
    inside = spots[shapely.contains(polygon, spots)]
    if not len(inside):
        middle = polygon.representative_point()
        return float(middle.x), float(middle.y)
    tree = shapely.STRtree(shapely.points([[home.x, home.y] for home in homes]))
    away = tree.query_nearest(inside, all_matches=False, return_distance=True)[1]
    room = [
        min(edge, home)
        for edge, home in zip(shapely.distance(inside, polygon.boundary).tolist(), away.tolist(), strict=True)
    ]
    best = inside[room.index(max(room))]
    return float(best.x), float(best.y)


def _colours(drawn: Sequence[Shape]) -> list[str]:
    """Neighbours in different fills: greedily, the least used that no neighbour has."""
    tree = shapely.STRtree([item.polygon for item in drawn])
    chosen: dict[int, int] = {}
    used = [0] * len(FILLS)
    for number, item in enumerate(drawn):
        near = {
            chosen[other]
            for other in tree.query(item.polygon.buffer(1e-9), predicate="intersects").tolist()
            if other in chosen
        }
        free = [fill for fill in range(len(FILLS)) if fill not in near] or list(range(len(FILLS)))
        fill = min(free, key=lambda place: (used[place], place))
        chosen[number] = fill
        used[fill] += 1
    return [FILLS[chosen[number]] for number in range(len(drawn))]


def _changes(plan: Plan[Place], previous: Plan[Place], difference: Diff) -> Section:
    before = {line.home: line for line in previous.lines}
    moved = [change for change in difference.changes if change.kind == "changed" and change.key in before]
    grid = sum(1 for change in moved if not change.after.startswith(before[change.key].grid))
    new = sum(1 for change in difference.changes if change.kind == "added")
    gone = sum(1 for change in difference.changes if change.kind == "removed")
    head = Figures(
        [
            (Text("换网格的户", "Households that change grid"), grid, None),
            (Text("只换联户组", "Only another contact group"), len(moved) - grid, None),
            (Text("新住户", "New households"), new, None),
            (Text("已迁走", "Gone"), gone, None),
            (Text("不变", "Unchanged"), difference.kept, None),
        ]
    )
    columns = [
        Text("网格", "Grid"),
        Text("原户数", "Before"),
        Text("现户数", "After"),
        Text("进", "In"),
        Text("出", "Out"),
    ]
    rows = [list(item) for item in grid_changes(plan, previous)]
    list_columns = [Text("户号", "Household"), Text("原编码", "Before"), Text("现编码", "After")]
    named = [[change.key, change.before, change.after] for change in moved]
    blocks: list[Any] = [head, Table(columns, rows, Text("有变动的网格", "Grids that change"), (1, 2, 3, 4))]
    if named:
        blocks.append(
            Table(list_columns, named, Text("改换编码的户（逐户列出）", "Households whose code changes (each one)"))
        )
    return Section(Text("与上次的变化", "Changes since the last drawing"), blocks)


def _rules(problem: Problem) -> Section:
    scheme = problem.scheme
    rows: list[list[Any]] = []
    for _, layer in scheme.layers():
        rows.append([layer.name, layer.low, layer.target, layer.high, layer.radius or "–", layer.digits])
    columns = [
        Text("层级", "Layer"),
        Text("下限", "Floor"),
        Text("目标", "Target"),
        Text("上限", "Ceiling"),
        Text("半径（米）", "Radius (m)"),
        Text("编码位数", "Digits"),
    ]
    words = (
        Text(
            "网格不跨村；村民小组、自然村不切开，除非超过上限；不够一个网格的自然村可以单独成格，不硬凑。",
            "A grid lies inside one village; groups and hamlets are not cut unless they exceed the ceiling; "
            "a small hamlet may stand alone.",
        ),
        Text(
            "目标按次序比较，先满足前面的。网格、微网格按工作量，联户组按户数。",
            "Goals are compared in their order. Grids and micro-grids count workload, contact groups households.",
        ),
        Text(
            "人口变动后只动超出容差（{t}）的网格，编码不重复使用。",
            "After changes only grids beyond the tolerance ({t}) are touched; codes are never used twice.",
        ).fill(t=f"{scheme.tolerance:.0%}"),
    )
    return Section(
        Text("县方案参数与规则", "The county's scheme"),
        [Table(columns, rows, numbers=(1, 2, 3, 4, 5)), *(Prose(item) for item in words)],
    )
