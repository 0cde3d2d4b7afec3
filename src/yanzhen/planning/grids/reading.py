"""Files in: homes, villages, barriers, crossings, scheme, the drawing in force, a drawing changed by hand."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import shapely

from yanzhen.planning.grids.problem import Barrier, Crossing, Earlier, Home, Place, Problem, Scheme, Village, parts_of
from yanzhen.planning.kernel.findings import Finding, ProblemError, errors
from yanzhen.planning.kernel.reading import Column, Sheet, read, refers, unique
from yanzhen.planning.kernel.records import Lock, Plan, load_plan
from yanzhen.planning.kernel.text import Text

_WILLING = {"愿意": "yes", "是": "yes", "yes": "yes", "不愿意": "no", "否": "no", "no": "no", "未问": "", "": ""}
_PLACE = (
    Column("x", Text("经度", "longitude"), "float", also=("x", "横坐标", "lon", "lng")),
    Column("y", Text("纬度", "latitude"), "float", also=("y", "纵坐标", "lat")),
)
HOMES = (
    Column(
        "id",
        Text("户号", "household"),
        required=True,
        also=("户编号", "楼栋号", "id", "home"),
        example="350999001200-0001",
    ),
    Column("village", Text("村代码", "village code"), required=True, also=("村", "village"), example="350999001200"),
    *_PLACE,
    Column("group", Text("村民小组", "villager group"), default="", also=("小组", "group"), example="3组"),
    Column("hamlet", Text("自然村", "natural village"), default="", also=("hamlet",), example="上湾"),
    Column("households", Text("户数", "households"), "int", default=1, low=1, also=("户", "count")),
    Column("load", Text("工作量", "workload"), "float", low=0.01, also=("工作量分值", "load")),
    Column("members", Text("正式党员", "full members"), "int", default=0, low=0, also=("党员", "members")),
    Column(
        "willing", Text("愿任联户长", "willing"), "choice", default="", choices=_WILLING, also=("联户长意愿", "willing")
    ),
)
VILLAGES = (
    Column("code", Text("村代码", "village code"), required=True, also=("code",), example="350999001200"),
    Column("name", Text("村名", "village"), required=True, also=("名称", "name"), example="上湾村"),
)
BARRIERS = (
    Column("id", Text("编号", "barrier"), required=True, also=("id",)),
    Column("kind", Text("类别", "kind"), default="", also=("kind", "type"), example="河"),
    Column("open", Text("可通行", "open"), "bool", default=False, also=("open",)),
)
CROSSINGS = (Column("id", Text("编号", "crossing"), required=True, also=("id",)), *_PLACE)
EDITED = (
    Column("home", Text("户号", "household"), required=True, also=("户编号", "id", "home")),
    Column("grid", Text("网格编码", "grid code"), required=True, also=("网格", "grid")),
    Column("micro", Text("微网格编码", "micro-grid code"), default="", also=("微网格", "micro")),
    Column("contact", Text("联户组编码", "contact group code"), default="", also=("联户组", "contact")),
)


def load(
    homes: Path,
    villages: Path,
    *,
    barriers: Path | None = None,
    crossings: Path | None = None,
    scheme: Mapping[str, Any] | None = None,
    locks: tuple[Lock, ...] = (),
    earlier: Earlier | None = None,
    found: Sequence[Finding] = (),
) -> Problem:
    """The problem of the files; ProblemError with every error of every line."""
    wrong = list(found)
    people = read(homes, HOMES, sheet=("住户", "homes"))
    wrong += [*people.findings, *unique(people, "id")]
    places = read(villages, VILLAGES, sheet=("村", "villages"))
    wrong += [*places.findings, *unique(places, "code")]
    made_villages = tuple(Village(row["code"], row["name"], _area(places, row, wrong)) for row in places.rows)
    wrong += refers(people, "village", (item.code for item in made_villages), Text("村", "village"))
    made_homes = []
    for row in people.rows:
        spot = _spot(people, row, wrong)
        if spot is not None:
            made_homes.append(
                Home(
                    row["id"],
                    row["village"],
                    *spot,
                    row["group"],
                    row["hamlet"],
                    row["households"],
                    row["load"],
                    row["members"],
                    row["willing"],
                )
            )
    made_barriers, made_crossings = [], []
    if barriers is not None:
        sheet = read(barriers, BARRIERS)
        wrong += sheet.findings
        for row in sheet.rows:
            shape = row.values.get("geometry")
            if shape is None or "LineString" not in shape.geom_type:
                wrong.append(sheet.finding("grids.barrier.shape", Text("应是线", "must be a line"), row))
                continue
            made_barriers.append(Barrier(row["id"], shape, row["kind"], row["open"]))
    if crossings is not None:
        sheet = read(crossings, CROSSINGS)
        wrong += sheet.findings
        for row in sheet.rows:
            spot = _spot(sheet, row, wrong)
            if spot is not None:
                made_crossings.append(Crossing(row["id"], *spot))
    drawn = Scheme()
    if scheme:
        try:
            drawn = Scheme.of(scheme)
        except (ValueError, TypeError) as error:
            wrong.append(Finding("grids.scheme", Text(f"方案参数：{error}", f"scheme: {error}")))
    if not wrong:
        wrong += _astray(people, made_homes, made_villages)
    if errors(wrong):
        raise ProblemError(errors(wrong))
    return Problem(tuple(made_homes), made_villages, tuple(made_barriers), tuple(made_crossings), drawn, locks, earlier)


def _spot(sheet: Sheet, row: Any, wrong: list[Finding]) -> tuple[float, float] | None:
    shape = row.values.get("geometry")
    if shape is not None and shape.geom_type == "Point":
        return float(shape.x), float(shape.y)
    if shape is not None and shape.geom_type in ("Polygon", "MultiPolygon"):
        middle = shape.representative_point()
        return float(middle.x), float(middle.y)
    if row["x"] is None or row["y"] is None:
        wrong.append(sheet.finding("grids.home.place", Text("没有坐标", "has no coordinates"), row, "x"))
        return None
    return row["x"], row["y"]


def _area(sheet: Sheet, row: Any, wrong: list[Finding]) -> Any:
    shape = row.values.get("geometry")
    if shape is not None and shape.geom_type not in ("Polygon", "MultiPolygon"):
        wrong.append(sheet.finding("grids.village.shape", Text("村界应是面", "the boundary must be a polygon"), row))
        return None
    return shape


def _astray(sheet: Sheet, homes: Sequence[Home], villages: Sequence[Village]) -> list[Finding]:
    """Homes that stand inside another village's boundary: a wrong code or wrong coordinates, to be settled before drawing."""
    areas = [item for item in villages if item.boundary is not None]
    if not areas:
        return []
    points = shapely.points([[home.x, home.y] for home in homes])
    at, which = shapely.STRtree([item.boundary for item in areas]).query(points, predicate="within")
    stands: dict[int, set[str]] = defaultdict(set)
    for home, area in zip(at.tolist(), which.tolist(), strict=True):
        stands[home].add(areas[area].code)
    bounded = {item.code for item in areas}
    names = {item.code: item.name for item in villages}
    found = []
    for number, home in enumerate(homes):
        codes = stands.get(number, set())
        if codes and home.village in bounded and home.village not in codes:
            words = Text("坐标落在“{there}”，村代码却是“{mine}”", "stands in “{there}”, but its code is “{mine}”")
            text = words.fill(there=names[min(codes)], mine=names.get(home.village, home.village))
            line = next((row.line for row in sheet.rows if row["id"] == home.id), 0)
            found.append(sheet.finding("grids.home.astray", text, line, "village"))
    return found


def earlier_of(source: Path, scheme: Scheme, homes: Path | None = None, *, keep: bool = True) -> Earlier:
    """The drawing in force from plan.json (digest checked) or from an edited table; ``homes``: the homes of that time, to see who
    moved house."""
    stood = {}
    if homes is not None:
        sheet = read(homes, HOMES, sheet=("住户", "homes"))
        wrong: list[Finding] = []
        for row in sheet.rows:
            spot = _spot(sheet, row, wrong)
            if spot is not None:
                stood[str(row["id"])] = spot
    if source.suffix.lower() == ".json":
        try:
            plan = load_plan(source.read_text(encoding="utf-8"), Place)
        except (ValueError, KeyError, TypeError) as error:
            words = Text("上次方案读不了：{error}", "the earlier plan cannot be read: {error}").fill(error=str(error))
            raise ProblemError([Finding("grids.previous", words, sheet=source.name)]) from None
        return earlier_plan(plan, stood, keep=keep)
    table = read(source, EDITED)
    if errors(table.findings):
        raise ProblemError(errors(table.findings))
    return Earlier({row["home"]: row["contact"] or row["micro"] or row["grid"] for row in table.rows}, stood, keep=keep)


def earlier_plan(
    plan: Plan[Place], stood: Mapping[str, tuple[float, float]] | None = None, *, keep: bool = True
) -> Earlier:
    """The drawing in force from a plan."""
    groups = plan.extra.get("groups", [])
    persons = {str(item["code"]): str(item["person"]) for item in groups if item["person"]}
    retired = tuple(str(code) for code in plan.extra.get("retired", []))
    return Earlier({line.home: line.choice for line in plan.lines}, stood or {}, retired, persons, plan.digest, keep)


def edited_plan(problem: Problem, plan: Plan[Place], source: Path) -> tuple[Plan[Place], list[Finding]]:
    """The plan as changed by hand: a table of households (home, grid, micro, contact) or a GeoJSON of grid polygons.

    From a map the grid of each household is the polygon it stands in; what is wrong with the polygons comes back as findings.
    """
    if source.suffix.lower() in {".geojson", ".json"}:
        return _from_map(problem, plan, source)
    sheet = read(source, EDITED)
    village = {key: home.village for home in problem.homes for key in parts_of(home)}
    lines = [
        Place(row["home"], village.get(row["home"], row["grid"][:12]), row["grid"], row["micro"], row["contact"])
        for row in sheet.rows
    ]
    return replace(plan, lines=tuple(sorted(lines, key=lambda line: line.home)), notes=plan.notes), list(sheet.findings)


def _from_map(problem: Problem, plan: Plan[Place], source: Path) -> tuple[Plan[Place], list[Finding]]:
    from yanzhen.planning.grids.polygons import check_polygons

    sheet = read(
        source,
        (Column("code", Text("编码", "code"), required=True), Column("layer", Text("层", "layer"), default="grid")),
    )
    grids = [
        (str(row["code"]), row["geometry"]) for row in sheet.rows if row["layer"] == "grid" and "geometry" in row.values
    ]
    found = [*sheet.findings, *check_polygons(problem, grids)]
    tree = shapely.STRtree([shape for _, shape in grids])
    points = shapely.points([[home.x, home.y] for home in problem.homes])
    nearest = tree.query_nearest(points, all_matches=False)[1] if grids else []
    grid_of = {home.id: grids[int(which)][0] for home, which in zip(problem.homes, nearest, strict=True)}
    lines = []
    for line in plan.lines:
        grid = grid_of.get(line.home.split("#")[0] if line.home not in grid_of else line.home, line.grid)
        same = grid == line.grid
        lines.append(line if same else Place(line.home, line.village, grid, "", ""))
    return replace(plan, lines=tuple(lines)), found


def facts_by_code(plan: Plan[Place]) -> dict[str, dict[str, Any]]:
    """Properties of the polygons, by code."""
    named: dict[str, dict[str, Any]] = {}
    for key in ("grids", "micros"):
        for item in plan.extra.get(key, []):
            keep = ("households", "work", "members", "groups", "hamlets", "far")
            named[str(item["code"])] = {name: item[name] for name in keep}
    for item in plan.extra.get("groups", []):
        named[str(item["code"])] = {"households": item["households"], "person": item["person"]}
    return json.loads(json.dumps(named))  # type: ignore[no-any-return]
