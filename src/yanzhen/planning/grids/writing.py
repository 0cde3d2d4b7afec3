"""Files out: polygons, lists by grid, contact group and household."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from yanzhen.planning.grids.problem import Place, Problem
from yanzhen.planning.grids.reading import facts_by_code
from yanzhen.planning.grids.shapes import geojson, shapes
from yanzhen.planning.kernel.records import Plan
from yanzhen.planning.kernel.text import Lang, Text
from yanzhen.planning.kernel.writing import ListColumn, ListSheet, write_csv, write_workbook

WHY = {
    "yes": Text("本人愿意", "willing"),
    "member": Text("党员", "party member"),
    "near": Text("居中", "in the middle"),
    "kept": Text("沿用", "as before"),
    "none": Text("待定", "open"),
}
GRID_COLUMNS = (
    ListColumn("code", Text("网格编码", "grid code"), 20),
    ListColumn("households", Text("户数", "households"), 8, True),
    ListColumn("work", Text("工作量", "workload"), 9, True),
    ListColumn("members", Text("正式党员", "full members"), 9, True),
    ListColumn("hamlets", Text("自然村", "natural villages"), 24),
    ListColumn("groups", Text("村民小组", "villager groups"), 30),
    ListColumn("reach", Text("最远（米）", "farthest (m)"), 11, True),
    ListColumn("flags", Text("提示", "remarks"), 40),
)
GROUP_COLUMNS = (
    ListColumn("grid", Text("网格编码", "grid code"), 20),
    ListColumn("code", Text("联户组编码", "contact group code"), 22),
    ListColumn("households", Text("户数", "households"), 8, True),
    ListColumn("person", Text("联户长（建议）", "contact person (proposed)"), 24),
    ListColumn("why", Text("依据", "because"), 12),
)
PARTY_COLUMNS = (
    ListColumn("code", Text("党小组", "party group"), 20),
    ListColumn("members", Text("正式党员", "full members"), 9, True),
    ListColumn("grids", Text("网格", "grids"), 60),
)
HOME_COLUMNS = (
    ListColumn("home", Text("户号", "household"), 24),
    ListColumn("village", Text("村代码", "village code"), 16),
    ListColumn("grid", Text("网格编码", "grid code"), 20),
    ListColumn("micro", Text("微网格编码", "micro-grid code"), 20),
    ListColumn("contact", Text("联户组编码", "contact group code"), 22),
)
MOVED_COLUMNS = (
    ListColumn("home", Text("户号", "household"), 24),
    ListColumn("before", Text("原编码", "before"), 24),
    ListColumn("after", Text("现编码", "after"), 24),
)


def remarks(plan: Plan[Place]) -> dict[str, Text]:
    """Notes by the code they belong to."""
    found: dict[str, Text] = {}
    for note in plan.notes:
        found[note.key] = found[note.key] + Text("；", "; ") + note.text if note.key in found else note.text
    return found


def grid_rows(plan: Plan[Place], key: str = "grids") -> list[dict[str, Any]]:
    """Lines of the list of grids (or ``micros``)."""
    said = remarks(plan)
    rows = []
    for item in plan.extra.get(key, []):
        flags = said.get(str(item["code"]), Text("", ""))
        rows.append(
            {**item, "hamlets": "、".join(item["hamlets"]), "groups": "、".join(item["groups"]), "flags": flags}
        )
    return rows


def write_lists(
    problem: Problem,
    plan: Plan[Place],
    folder: Path,
    *,
    lang: Lang,
    before: Mapping[str, str] | None = None,
    contact: bool = False,
) -> list[Path]:
    """``grids.geojson``, ``households.csv``, ``grids.xlsx``; with an earlier drawing ``moved.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    map_file = folder / "grids.geojson"
    map_file.write_text(geojson(shapes(problem, plan, contact=contact), facts_by_code(plan)), encoding="utf-8")
    homes = write_csv(
        folder / "households.csv",
        HOME_COLUMNS,
        (
            {
                "home": line.home,
                "village": line.village,
                "grid": line.grid,
                "micro": line.micro,
                "contact": line.contact,
            }
            for line in plan.lines
        ),
        lang=lang,
    )
    width = 12 + problem.scheme.grid.digits
    groups = [{**item, "grid": item["code"][:width], "why": WHY[item["why"]]} for item in plan.extra.get("groups", [])]
    party = [{**item, "grids": "、".join(item["grids"])} for item in plan.extra.get("party", [])]
    sheets = [ListSheet(Text("网格", "grids"), GRID_COLUMNS, grid_rows(plan), Text("网格一览表", "Grids"))]
    if problem.scheme.micro is not None:
        sheets.append(
            ListSheet(
                Text("微网格", "micro-grids"),
                GRID_COLUMNS,
                grid_rows(plan, "micros"),
                Text("微网格一览表", "Micro-grids"),
            )
        )
    sheets.append(
        ListSheet(Text("联户组", "contact groups"), GROUP_COLUMNS, groups, Text("联户组一览表", "Contact groups"))
    )
    sheets.append(
        ListSheet(Text("党小组", "party groups"), PARTY_COLUMNS, party, Text("网格党小组一览表", "Party groups"))
    )
    paths = [map_file, homes, write_workbook(folder / "grids.xlsx", sheets, lang=lang)]
    if before is not None:
        paths.append(write_csv(folder / "moved.csv", MOVED_COLUMNS, _moved(plan, before), lang=lang))
    return paths


def _moved(plan: Plan[Place], before: Mapping[str, str]) -> Iterator[dict[str, str]]:
    here = set()
    for line in plan.lines:
        here.add(line.home)
        was = before.get(line.home, "")
        if was and was != line.choice:
            yield {"home": line.home, "before": was, "after": line.choice}
    for line in plan.lines:
        if line.home not in before:
            yield {"home": line.home, "before": "", "after": line.choice}
    for home, was in sorted(before.items()):
        if home not in here:
            yield {"home": home, "before": was, "after": ""}
