"""Every planted fault is found, by name, also in tables and maps changed by hand; and the clerk's journey on the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from shapely.geometry import mapping
from typer.testing import CliRunner

from tests.planning.grids.worlds import CODE, SMALL, after, hamlet, world
from yanzhen.planning.cli import build
from yanzhen.planning.grids import Place, Problem, Village, check, solve
from yanzhen.planning.kernel import Lock, Plan, load_plan


@pytest.fixture(scope="module")
def problem() -> Problem:
    homes = (
        *hamlet("甲", 0, 0, 12),
        *hamlet("乙", 500, 100, 13),
        *hamlet("丙", 900, 900, 10, groups=2),
        *hamlet("丁", 0, 900, 12),
    )
    made = Problem(homes, (world(1).villages[0],), scheme=replace(SMALL, grid=replace(SMALL.grid, radius=300)))
    return replace(
        made,
        locks=(Lock("fix", f"hamlet:{CODE}/丁", "grid:004"), Lock("forbid", f"hamlet:{CODE}/甲", f"hamlet:{CODE}/乙")),
    )


@pytest.fixture(scope="module")
def plan(problem: Problem) -> Plan[Place]:
    made = solve(problem, proof="none")
    assert check(problem, made) == ()
    return made


def at(plan: Plan[Place], name: str, number: int = 0) -> Place:
    return [line for line in plan.lines if name in line.home][number]


def moved(plan: Plan[Place], *changes: tuple[Place, Place]) -> Plan[Place]:
    """The plan with some lines replaced."""
    table = dict(changes)
    return replace(plan, lines=tuple(table.get(line, line) for line in plan.lines))


def foreign(plan: Plan[Place]) -> str:
    """Somebody who is not of the first contact group."""
    return next(line.home for line in plan.lines if line.contact != plan.extra["groups"][0]["code"])


def follow(line: Place, other: Place) -> Place:
    return replace(line, grid=other.grid, micro=other.micro, contact=other.contact)


FAULTS: dict[str, tuple[str, Callable[[Plan[Place]], Plan[Place]]]] = {
    "a household is left out": ("grids.check.missing", lambda p: replace(p, lines=p.lines[1:])),
    "a household that does not exist": ("grids.check.unknown", lambda p: replace(p, lines=(*p.lines, replace(p.lines[0], home="x")))),
    "a household twice": ("grids.check.twice", lambda p: replace(p, lines=(*p.lines, follow(p.lines[0], p.lines[-1])))),
    "another village's grid": (
        "grids.check.village",
        lambda p: moved(p, (p.lines[0], replace(p.lines[0], grid="350999001201001", contact="35099900120100101"))),
    ),
    "a code of the wrong length": ("grids.check.code", lambda p: moved(p, (p.lines[0], replace(p.lines[0], grid=CODE + "01")))),
    "a contact group of another grid": (
        "grids.check.code",
        lambda p: moved(p, (at(p, "甲"), replace(at(p, "甲"), contact=at(p, "乙").contact))),
    ),
    "too large": ("grids.over", lambda p: moved(p, *((line, follow(line, at(p, "乙"))) for line in p.lines if "丙" in line.home))),
    "too small": ("grids.short", lambda p: moved(p, *((at(p, "丙", n), follow(at(p, "丙", n), at(p, "乙"))) for n in range(5)))),
    "a hamlet cut": ("grids.cut", lambda p: moved(p, (at(p, "甲"), follow(at(p, "甲"), at(p, "丙"))))),
    "mixed": ("grids.mixed", lambda p: moved(p, (at(p, "甲"), follow(at(p, "甲"), at(p, "丙"))))),
    "too far": ("grids.far", lambda p: moved(p, (at(p, "甲"), follow(at(p, "甲"), at(p, "丙"))))),
    "scattered": ("grids.scattered", lambda p: moved(p, (at(p, "甲"), follow(at(p, "甲"), at(p, "丙"))))),
    "a contact group too large": (
        "grids.contact.over",
        lambda p: moved(p, *((line, replace(line, contact=at(p, "甲").contact)) for line in p.lines if line.grid == at(p, "甲").grid)),
    ),
    "a contact group without person": (
        "grids.contact.none",
        lambda p: moved(p, (at(p, "甲"), replace(at(p, "甲"), contact=at(p, "甲").grid + "99"))),
    ),
    "a contact person of another group": (
        "grids.contact.foreign",
        lambda p: replace(p, extra={**p.extra, "groups": [{**p.extra["groups"][0], "person": foreign(p)}, *p.extra["groups"][1:]]}),
    ),
    "a lock broken": ("grids.check.lock", lambda p: moved(p, (at(p, "丁"), follow(at(p, "丁"), at(p, "甲"))))),
    "never together, together": ("grids.check.lock", lambda p: moved(p, (at(p, "甲"), follow(at(p, "甲"), at(p, "乙"))))),
    "figures that are not so": (
        "grids.check.level",
        lambda p: replace(p, levels=tuple(replace(level, value=level.value + 7) if level.key == "balance" else level for level in p.levels)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_found(problem: Problem, plan: Plan[Place], fault: str) -> None:
    rule, plant = FAULTS[fault]
    assert rule in {finding.rule for finding in check(problem, plant(plan))}


def test_an_unwilling_contact_person_is_found(problem: Problem, plan: Plan[Place]) -> None:
    person = plan.extra["groups"][0]["person"]
    homes = tuple(replace(home, willing="no") if home.id == person else home for home in problem.homes)
    assert "grids.contact.unwilling" in {finding.rule for finding in check(replace(problem, homes=homes), plan)}


def test_a_building_in_two_grids_is_found(problem: Problem) -> None:
    block = replace(problem.homes[0], id="block", households=3)
    made = replace(problem, homes=(*problem.homes, block))
    plan = solve(made, proof="none")
    other = next(line for line in plan.lines if line.grid != plan.line("block#1").grid)
    broken = moved(plan, (plan.line("block#1"), follow(plan.line("block#1"), other)))
    assert "grids.check.building" in {finding.rule for finding in check(made, broken)}


def test_a_frozen_grid_that_was_touched_is_found(problem: Problem, plan: Plan[Place]) -> None:
    frozen = replace(after(problem, plan), locks=(Lock("freeze", f"grid:{at(plan, '甲').grid}"),))
    assert check(frozen, plan) == ()
    broken = moved(plan, (at(plan, "甲"), follow(at(plan, "甲"), at(plan, "丙"))))
    assert "grids.check.lock" in {finding.rule for finding in check(frozen, broken)}


# -- the command ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> Path:
    made = world(8, hamlets=4, river=True)
    rows = [["户号", "村代码", "x", "y", "村民小组", "自然村", "户数", "正式党员", "愿任联户长"]]
    words = {"": "", "yes": "愿意", "no": "不愿意"}
    rows += [
        [
            home.id,
            home.village,
            home.x,
            home.y,
            home.group,
            home.hamlet,
            home.households,
            home.members,
            words[home.willing],
        ]
        for home in made.homes
    ]
    with (tmp_path / "homes.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)

    def write(name: str, features: list[dict[str, object]]) -> None:
        (tmp_path / name).write_text(
            json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
        )

    write(
        "villages.geojson",
        [
            {"type": "Feature", "properties": {"code": v.code, "name": v.name}, "geometry": mapping(v.boundary)}
            for v in made.villages
        ],
    )
    write(
        "rivers.geojson",
        [
            {"type": "Feature", "properties": {"id": b.id, "kind": b.kind}, "geometry": mapping(b.line)}
            for b in made.barriers
        ],
    )
    (tmp_path / "scheme.json").write_text(
        json.dumps(
            {
                "grid": {"low": 6, "target": 10, "high": 15, "radius": 600},
                "contact": {"low": 2, "target": 3, "high": 4},
                "signed_by": "县委组织部",
            }
        )
    )
    return tmp_path


def run(*words: str | Path):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(build(), ["grids", *map(str, words)])


def test_the_clerks_journey(files: Path) -> None:
    inputs = (files / "homes.csv", files / "villages.geojson", "--barriers", files / "rivers.geojson")
    scheme = ("--scheme", files / "scheme.json")
    good = (files / "homes.csv").read_text(encoding="utf-8")
    # Three mistakes: an unknown village, a number that is none, a repeated household.
    lines = good.splitlines()
    lines[2] = lines[2].replace(CODE, "350999001299")
    cells = lines[3].split(",")
    lines[3] = ",".join([*cells[:6], "两", *cells[7:]])
    lines[5] = lines[4]
    (files / "homes.csv").write_text("\n".join(lines), encoding="utf-8")
    refused = run("draw", *inputs, *scheme, "--out", files / "out")
    assert refused.exit_code == 1
    for words in ("第 3 行【村代码】", "第 4 行【户数】", "第 6 行【户号】"):
        assert words in refused.output
    assert not (files / "out").exists()

    (files / "homes.csv").write_text(good, encoding="utf-8")
    first = run("draw", *inputs, *scheme, "--out", files / "out", "--contact-shapes")
    assert first.exit_code == 0, first.output
    plan = load_plan((files / "out" / "plan.json").read_text(encoding="utf-8"), Place)
    assert plan.signed_by == "县委组织部"
    page = (files / "out" / "report.html").read_text(encoding="utf-8")
    assert plan.lines[0].grid in page
    assert "http" not in page.replace("http://www.w3.org", "")
    kinds = {
        item["properties"]["layer"] for item in json.loads((files / "out" / "grids.geojson").read_text())["features"]
    }
    assert kinds == {"village", "grid", "contact"}

    # Two lines locked by hand: a household stays elsewhere, a grid is frozen.
    line = plan.lines[0]
    other = next(item for item in plan.lines if item.grid != line.grid)
    calm = next(item.grid for item in plan.lines if item.grid not in (line.grid, other.grid))
    (files / "locks.csv").write_text(
        f"锁定,对象,安排,理由\n固定,household:{line.home},grid:{other.grid},亲属照料\n冻结,grid:{calm},,刚调整\n",
        encoding="utf-8",
    )
    again = run(
        "draw",
        *inputs,
        *scheme,
        "--previous",
        files / "out" / "plan.json",
        "--locks",
        files / "locks.csv",
        "--out",
        files / "again",
    )
    assert again.exit_code == 0, again.output
    second = load_plan((files / "again" / "plan.json").read_text(encoding="utf-8"), Place)
    assert second.line(line.home).grid == other.grid
    changed = {row["户号"] for row in csv.DictReader((files / "again" / "moved.csv").open(encoding="utf-8-sig"))}
    assert line.home in changed
    assert all(second.line(item.home) == item for item in plan.lines if item.grid == calm)
    english = run(
        "draw",
        *inputs,
        *scheme,
        "--previous",
        files / "again" / "plan.json",
        "--out",
        files / "third",
        "--lang",
        "en",
        "--explain",
        line.home,
    )
    assert english.exit_code == 0
    assert "Workload above the ceiling" in english.output


def test_tables_and_maps_changed_by_hand_are_judged(files: Path) -> None:
    inputs = (files / "homes.csv", files / "villages.geojson")
    assert run("draw", *inputs, "--scheme", files / "scheme.json", "--out", files / "out").exit_code == 0
    plan_file = files / "out" / "plan.json"
    judged = run("check", *inputs, plan_file, "--edited", files / "out" / "households.csv")
    assert judged.exit_code == 0, judged.output
    assert run("check", *inputs, plan_file, "--edited", files / "out" / "grids.geojson").exit_code == 0

    plan = load_plan(plan_file.read_text(encoding="utf-8"), Place)
    codes = sorted({line.grid for line in plan.lines})
    table = (files / "out" / "households.csv").read_text(encoding="utf-8-sig")
    (files / "edited.csv").write_text(table.replace(codes[0], codes[1]), encoding="utf-8")
    judged = run("check", *inputs, plan_file, "--edited", files / "edited.csv")
    assert judged.exit_code == 3
    assert codes[1] in judged.output
    # The edited table can be the drawing in force: contact groups are formed anew where they are missing.
    bare = [
        [row["户号"], codes[1] if row["网格编码"] == codes[0] else row["网格编码"]]
        for row in csv.DictReader(table.splitlines())
    ]
    with (files / "grids.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["户号", "网格编码"], *bare])
    assert (
        run(
            "draw",
            *inputs,
            "--scheme",
            files / "scheme.json",
            "--previous",
            files / "grids.csv",
            "--out",
            files / "new",
        ).exit_code
        == 0
    )
    made = load_plan((files / "new" / "plan.json").read_text(encoding="utf-8"), Place)
    assert all(len(line.contact) == 17 for line in made.lines)

    data = json.loads((files / "out" / "grids.geojson").read_text())
    data["features"] = [item for item in data["features"] if item["properties"]["code"] != codes[0]]
    (files / "map.geojson").write_text(json.dumps(data))
    judged = run("check", *inputs, plan_file, "--edited", files / "map.geojson")
    assert judged.exit_code == 3
    assert "不属于任何网格" in judged.output


def test_a_household_in_the_wrong_village_is_named_before_drawing(files: Path) -> None:
    far = Village("350999001201", "邻村", world(1, villages=2).villages[1].boundary)
    data = json.loads((files / "villages.geojson").read_text())
    data["features"].append(
        {"type": "Feature", "properties": {"code": far.code, "name": far.name}, "geometry": mapping(far.boundary)}
    )
    (files / "villages.geojson").write_text(json.dumps(data))
    lines = (files / "homes.csv").read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    lines[1] = ",".join([*cells[:2], "502400", "2800300", *cells[4:]])
    (files / "homes.csv").write_text("\n".join(lines), encoding="utf-8")
    refused = run("draw", files / "homes.csv", files / "villages.geojson", "--out", files / "out")
    assert refused.exit_code == 1
    assert "坐标落在“邻村”" in refused.output
