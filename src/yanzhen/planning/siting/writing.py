"""The lists of a siting plan: an Excel workbook (points, people outside, goals) and GeoJSON for a map."""

from __future__ import annotations

import json
import math
from pathlib import Path

from yanzhen.planning.kernel import Lang, Plan, Text
from yanzhen.planning.kernel.writing import ListColumn, ListSheet, write_workbook
from yanzhen.planning.siting.ground import Ground
from yanzhen.planning.siting.judge import ANSWERS, chosen_of
from yanzhen.planning.siting.lines import SiteLine, outside
from yanzhen.planning.siting.problem import Problem

POINTS = (
    ListColumn("order", Text("建设次序", "Turn"), 9, number=True),
    ListColumn("site", Text("编号", "Id"), 12),
    ListColumn("name", Text("点", "Point"), 22),
    ListColumn("answer", Text("安排", "Answer"), 9),
    ListColumn("cost", Text("投入万元", "Cost"), 10, number=True),
    ListColumn("adds", Text("新增人数", "Adds"), 10, number=True),
    ListColumn("people", Text("圈内人数", "People within"), 10, number=True),
    ListColumn("elders", Text("其中60岁以上", "Over 60"), 12, number=True),
    ListColumn("only", Text("撤掉它，失去服务的人", "If dropped, lose cover"), 14, number=True),
)
OUTSIDE = (
    ListColumn("place", Text("编号", "Id"), 12),
    ListColumn("name", Text("居民点", "Place"), 22),
    ListColumn("people", Text("人数", "People"), 9, number=True),
    ListColumn("elders", Text("60岁以上", "Over 60"), 9, number=True),
    ListColumn("nearest", Text("最近的点", "Nearest point"), 22),
    ListColumn("minutes", Text("分钟", "Minutes"), 9, number=True),
    ListColumn("why", Text("原因", "Why"), 40),
)


def write_lists(problem: Problem, plan: Plan[SiteLine], folder: Path, *, lang: Lang = "zh") -> list[Path]:
    """``points.xlsx`` and ``points.geojson``."""
    ground = Ground.of(problem)
    chosen = chosen_of(problem, plan)
    lines = sorted(
        (line for line in plan.lines if line.answer), key=lambda line: (line.order == 0, line.order, line.site)
    )
    rows = [
        {key: getattr(line, key) for key in ("site", "name", "cost", "adds", "people", "elders", "only")}
        | {"order": line.order or "", "answer": ANSWERS[line.answer]}
        for line in lines
    ]
    far = [
        {"place": i.place, "name": i.name, "people": i.people, "elders": i.elders, "nearest": i.nearest, "why": i.why}
        | {"minutes": i.minutes if math.isfinite(i.minutes) else "–"}
        for i in outside(ground, chosen)
    ]
    title = Text("15分钟圈选点", "Siting of 15-minute circles")
    sheets = [
        ListSheet(Text("服务点", "points"), POINTS, rows, title),
        ListSheet(Text("圈外居民点", "outside"), OUTSIDE, far, Text("圈外居民点", "Places outside the circle")),
    ]
    book = write_workbook(folder / "points.xlsx", sheets, lang=lang)
    sites = {site.id: site for site in problem.sites}
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [sites[line.site].x, sites[line.site].y]},
            "properties": {
                "id": line.site,
                "name": line.name,
                "answer": line.answer,
                "order": line.order,
                "people": line.people,
                "only": line.only,
            },
        }
        for line in lines
    ]
    target = folder / "points.geojson"
    target.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    return [book, target]
