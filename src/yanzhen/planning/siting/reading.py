"""The sheets of a siting run: places, sites, roads (nodes and edges, or GeoJSON lines), given minutes; every error by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

from yanzhen.planning.kernel import Finding, Lock, Text, must_hold
from yanzhen.planning.kernel.reading import Column, Sheet, read, refers, unique
from yanzhen.planning.siting import hours
from yanzhen.planning.siting.problem import Edge, Network, Parameters, Place, Problem, Site

_X = Column("x", Text("经度", "x"), "float", required=True, also=("lon", "lng", "longitude", "X坐标", "东坐标"))
_Y = Column("y", Text("纬度", "y"), "float", required=True, also=("lat", "latitude", "Y坐标", "北坐标"))
PLACES = (
    Column("id", Text("编号", "id"), required=True, also=("代码",)),
    Column("name", Text("居民点", "place"), also=("名称", "name", "自然村")),
    _X,
    _Y,
    Column("people", Text("人数", "people"), "int", required=True, low=0, also=("人口", "常住人口")),
    Column("elders", Text("60岁以上", "over60"), "int", default=0, low=0, also=("老年人", "elders")),
    Column("children", Text("儿童", "children"), "int", default=0, low=0),
    Column("village", Text("行政村", "village"), default=""),
)
SITES = (
    Column("id", Text("编号", "id"), required=True, also=("代码",)),
    Column("name", Text("候选点", "site"), also=("名称", "name", "点位")),
    _X,
    _Y,
    Column("cost", Text("投入万元", "cost"), "float", default=1.0, low=0, also=("投入", "造价")),
    Column("existing", Text("已有", "existing"), "bool", default=False),
    Column("buildable", Text("有用地", "buildable"), "bool", default=True, also=("用地", "land")),
    Column("capacity", Text("服务能力", "capacity"), "float", default=0.0, low=0),
    Column("hours", Text("开放时间", "hours"), default=""),
    Column("village", Text("行政村", "village"), default=""),
)
NODES = (Column("id", Text("节点", "node"), required=True, also=("编号", "id")), _X, _Y)
_MODES = {"步行": "walk", "walk": "walk", "电动车": "ebike", "ebike": "ebike"}
EDGES = (
    Column("a", Text("起点", "from"), required=True, also=("a",)),
    Column("b", Text("终点", "to"), required=True, also=("b",)),
    Column("metres", Text("米", "metres"), "float", required=True, low=0, also=("长度", "length")),
    Column("modes", Text("可走", "modes"), "list", default=("walk", "ebike"), choices=_MODES),
    Column("slow", Text("难行系数", "slow"), "float", default=1.0, low=0.1),
    Column("closed", Text("不通", "closed"), "bool", default=False),
)
ROADS = (EDGES[3], EDGES[4], EDGES[5])
MINUTES = (
    Column("place", Text("居民点编号", "place"), required=True, also=("居民点",)),
    Column("site", Text("候选点编号", "site"), required=True, also=("候选点",)),
    Column("minutes", Text("分钟", "minutes"), "float", required=True, low=0),
)


def parameters_of(data: Mapping[str, Any], **more: Any) -> Parameters:
    """Parameters of a JSON object and of options (those win when given)."""
    known = {item.name for item in fields(Parameters)}
    unknown = sorted(set(data) - known)
    must_hold(
        Finding("siting.parameters", Text("参数文件里没有“{k}”这一项", "no such parameter: {k}").fill(k=key))
        for key in unknown
    )
    values = {**data, **{key: value for key, value in more.items() if value is not None}}
    if "order" in values:
        values["order"] = tuple(values["order"])
    return Parameters(**values)


def load(
    places: Path,
    sites: Path,
    *,
    parameters: Parameters,
    nodes: Path | None = None,
    edges: Path | None = None,
    minutes: Path | None = None,
    locks: tuple[Lock, ...] = (),
    previous: tuple[str, ...] = (),
    previous_digest: str = "",
    found: tuple[Finding, ...] = (),
) -> Problem:
    """Read all sheets; ProblemError with every error of every line of every file."""
    findings = list(found)
    place_sheet = read(places, PLACES, sheet=("居民点", "places"))
    site_sheet = read(sites, SITES, sheet=("候选点", "sites"))
    findings += [*place_sheet.findings, *unique(place_sheet, "id"), *site_sheet.findings, *unique(site_sheet, "id")]
    for row in place_sheet.rows:
        if row["elders"] > row["people"]:
            text = Text("60岁以上人数多于总人数", "more people over 60 than people")
            findings.append(place_sheet.finding("siting.people", text, row, "elders"))
    for row in site_sheet.rows:
        try:
            hours.slots(row["hours"])
        except ValueError as error:
            text = Text(
                "“{t}”看不懂，应如 周一至周五 08:30-17:30", "“{t}” is not understood; write e.g. Mon-Fri 08:30-17:30"
            )
            findings.append(site_sheet.finding("siting.hours", text.fill(t=str(error)), row, "hours"))
    network = None
    if edges is not None:
        network, wrong = _network(nodes, edges)
        findings += wrong
    table = None
    if minutes is not None:
        sheet = read(minutes, MINUTES, sheet=("路程", "minutes"))
        findings += sheet.findings
        findings += refers(sheet, "place", [row["id"] for row in place_sheet.rows], Text("居民点", "place"))
        findings += refers(sheet, "site", [row["id"] for row in site_sheet.rows], Text("候选点", "site"))
        table = {(row["place"], row["site"]): row["minutes"] for row in sheet.rows}
    must_hold(findings)
    return Problem(
        tuple(Place(**{**row.values, "name": row["name"] or row["id"]}) for row in place_sheet.rows),
        tuple(Site(**{**row.values, "name": row["name"] or row["id"]}) for row in site_sheet.rows),
        parameters,
        network,
        table,
        locks,
        previous,
        previous_digest,
    )


def _network(nodes: Path | None, edges: Path) -> tuple[Network, list[Finding]]:
    if edges.suffix.lower() in {".geojson", ".json"}:
        return _roads(read(edges, ROADS))
    if nodes is None:
        text = Text("路网是表格时还要给出节点表", "a table of edges needs a table of nodes")
        return Network({}, ()), [Finding("siting.nodes", text, sheet=edges.name)]
    node_sheet, edge_sheet = read(nodes, NODES, sheet=("节点", "nodes")), read(edges, EDGES, sheet=("道路", "edges"))
    known = {row["id"]: (row["x"], row["y"]) for row in node_sheet.rows}
    found = [*node_sheet.findings, *unique(node_sheet, "id"), *edge_sheet.findings]
    for key in ("a", "b"):
        found += refers(edge_sheet, key, known, Text("节点", "node"))
    return Network(known, tuple(Edge(**row.values) for row in edge_sheet.rows)), found


def _roads(sheet: Sheet) -> tuple[Network, list[Finding]]:
    """Lines of a GeoJSON file: their vertices are nodes; lines meet where vertices agree to 1e-6 degree (about 10 cm)."""
    from yanzhen.planning.siting.travel import metric

    nodes: dict[str, tuple[float, float]] = {}
    edges: list[Edge] = []
    found = list(sheet.findings)
    for row in sheet.rows:
        shape = row["geometry"]
        lines = [shape] if shape.geom_type == "LineString" else list(getattr(shape, "geoms", ()))
        if not lines or any(line.geom_type != "LineString" for line in lines):
            found.append(sheet.finding("siting.road", Text("道路应为线", "a road must be a line"), row))
            continue
        for line in lines:
            points = [(round(x, 6), round(y, 6)) for x, y, *_ in line.coords]
            flat = metric(points, like=points)
            for (here, there), (a, b) in zip(pairwise(flat), pairwise(points), strict=True):
                names = [f"{x:.6f},{y:.6f}" for x, y in (a, b)]
                nodes.update(zip(names, (a, b), strict=True))
                metres = float(((here - there) ** 2).sum() ** 0.5)
                edges.append(Edge(names[0], names[1], metres, row["modes"], row["slow"], row["closed"]))
    return Network(nodes, tuple(edges)), found
