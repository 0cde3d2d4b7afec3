"""The index as a planner: record, check against planted faults, report without shame, command with a clerk's mistakes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from yanzhen.planning import index
from yanzhen.planning.index.cli import app
from yanzhen.planning.index.invented import villages, write_csv
from yanzhen.planning.index.report import report, workbook
from yanzhen.planning.kernel import Limits, Plan, Planner, ProblemError, load_plan

EXAMPLE = Path(__file__).parents[3] / "examples" / "planning" / "index"


@pytest.fixture(scope="module")
def problem() -> index.Problem:
    now, old = villages(160, 7)
    return index.Problem(index.load(EXAMPLE / "scheme.toml"), tuple(now), tuple(old), draws=120)


@pytest.fixture(scope="module")
def plan(problem: index.Problem) -> Plan[index.Place]:
    return index.solve(problem, seed=1)


def test_it_is_a_planner(problem: index.Problem, plan: Plan[index.Place]) -> None:
    planner: Planner[index.Problem, index.Place] = index
    assert planner.solve(problem, Limits(), 1).digest == plan.digest
    assert planner.check(problem, plan) == ()
    assert planner.diff(plan, plan).empty
    assert planner.relax(problem).fits == (not plan.unmet)
    assert load_plan(plan.dumps(), index.Place).digest == plan.digest


def test_planted_signs_are_found(plan: Plan[index.Place]) -> None:
    kinds = {(sign["kind"], sign["code"]) for sign in plan.extra["signs"]}
    assert {("jump", "income"), ("copied", "ballot")} <= kinds
    jumped = [sign["villages"] for sign in plan.extra["signs"] if sign["kind"] == "jump"]
    assert ["530100017"] in jumped


def planted(plan: Plan[index.Place]) -> dict[str, Plan[index.Place]]:
    lines = list(plan.lines)
    rated = next(i for i, line in enumerate(lines) if line.rank and line.stars in (2, 3, 4) and not line.held)
    line = lines[rated]

    def put(**changes: object) -> Plan[index.Place]:
        return replace(
            plan, lines=tuple(replace(item, **changes) if i == rated else item for i, item in enumerate(lines))
        )

    assert line.score is not None
    return {
        "score": put(score=line.score + 0.01),
        "rank": put(rank=line.rank + 1),
        "county_rank": put(county_rank=line.county_rank + 1),
        "stars": put(stars=line.stars + 1),
        "aid": put(aid="" if line.aid else "sure"),
        "interval": put(low=line.of + 1),
        "missing_line": replace(plan, lines=tuple(lines[:rated] + lines[rated + 1 :])),
        "stranger": replace(plan, lines=(*plan.lines, replace(line, village="nowhere"))),
        "input": replace(plan, input_digest="0" * 64),
    }


@pytest.mark.parametrize(
    "fault", ["score", "rank", "county_rank", "stars", "aid", "interval", "missing_line", "stranger", "input"]
)
def test_check_catches(problem: index.Problem, plan: Plan[index.Place], fault: str) -> None:
    found = index.check(problem, planted(plan)[fault])
    assert f"index.{fault}" in {item.rule for item in found}


def test_a_floor_holds_the_stars(problem: index.Problem) -> None:
    strict = replace(
        problem.scheme,
        dimensions=tuple(
            replace(item, minimum=70.0, held_to=1) if item.code == "party" else item
            for item in problem.scheme.dimensions
        ),
    )
    other = replace(problem, scheme=strict, before=(), draws=40)
    plan = index.solve(other)
    held = [line for line in plan.lines if line.held == "party"]
    assert held
    assert all(line.stars == 1 for line in held)
    assert index.check(other, plan) == ()


def test_explanations_speak_both_languages(problem: index.Problem, plan: Plan[index.Place]) -> None:
    some = next(line for line in plan.lines if line.stars == 2)
    said = index.explain(problem, plan, some.key)
    assert "再加一星" in said.say("zh")
    assert "one more star" in said.say("en")
    for key in plan.unmet:
        assert "缺" in index.explain(problem, plan, key).say("zh")


def test_the_report_shames_nobody(problem: index.Problem, plan: Plan[index.Place], tmp_path: Path) -> None:
    page = report(problem, plan, findings=()).html()
    assert 'class="en"' in page
    assert "http" not in page.replace("http://www.w3.org", "")
    book = openpyxl.load_workbook(workbook(problem, plan, tmp_path / "list.xlsx", "zh"))
    public = {row[0]: row[3] for row in book["公布"].iter_rows(min_row=3, values_only=True) if row[3]}
    helped = {line.name for line in plan.lines if line.aid}
    assert helped
    assert all(public[name] == "帮扶提升" for name in helped)
    assert all(
        "名" not in str(cell) for cell in next(book["公布"].iter_rows(min_row=2, max_row=2, values_only=True))[3:]
    )
    stars = page.split("<h2>")
    listed = next(part for part in stars if "Inside a band" in part)
    assert not any(f">{name}<" in listed for name in helped)


def test_a_scheme_with_mistakes_names_them_all() -> None:
    data = {
        "scheme": {"code": "x", "year": 2026, "mean": "sum"},
        "dimension": [{"code": "a", "title": "A", "parent": "b"}, {"code": "e", "title": "E"}],
        "indicator": [
            {"code": "i", "title": "I", "dimension": "nowhere", "weight": -1},
            {"code": "i", "title": "I", "dimension": "a", "normaliser": "magic", "floor": 90, "cap": 50},
        ],
    }
    with pytest.raises(ProblemError) as caught:
        index.from_mapping(data)
    rules = {finding.rule.rsplit(".", 1)[1] for finding in caught.value.findings}
    assert {"mean", "parent", "empty", "dimension", "weight", "repeated", "normaliser", "floor"} <= rules


def test_unknown_keys_and_broken_toml(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="不认识"):
        index.from_mapping({"dimension": [{"code": "a", "title": "A", "colour": "red"}]})
    broken = tmp_path / "s.toml"
    broken.write_text("[scheme", encoding="utf-8")
    with pytest.raises(ProblemError):
        index.load(broken)


def test_a_clerks_journey(tmp_path: Path) -> None:
    run = CliRunner()
    scheme = index.load(EXAMPLE / "scheme.toml")
    now, _ = villages(60, 5)
    data = write_csv(tmp_path / "村.csv", now, scheme)
    good = data.read_text(encoding="utf-8")
    lines = good.splitlines()
    cells = lines[3].split(",")
    cells[7] = "二十万"  # collective income in words
    lines[3] = ",".join(cells)
    lines[6] = lines[5]  # a village twice
    data.write_text("\n".join(lines), encoding="utf-8")
    arguments = ["solve", str(EXAMPLE / "scheme.toml"), str(data), "--out", str(tmp_path / "out"), "--draws", "40"]
    refused = run.invoke(app, arguments)
    assert refused.exit_code == 1
    back = (tmp_path / "out" / "村-问题.csv").read_text(encoding="utf-8-sig").splitlines()
    assert "不是数" in back[3]
    assert "重复" in back[6]
    data.write_text(good, encoding="utf-8")
    done = run.invoke(app, arguments)
    assert done.exit_code == 0, done.output
    target = tmp_path / "out"
    frozen = ["--bounds", str(target / "bounds.json")]
    again = run.invoke(app, [*arguments, "--previous", str(target / "plan.json")])
    assert again.exit_code == 0
    checked = run.invoke(
        app, ["check", str(target / "plan.json"), str(EXAMPLE / "scheme.toml"), str(data), "--draws", "40"]
    )
    assert checked.exit_code == 0, checked.output
    assert run.invoke(app, ["diff", str(target / "plan.json"), str(target / "plan.json")]).exit_code == 0
    key = now[0].code
    assert (
        run.invoke(
            app, ["explain", str(target / "plan.json"), str(EXAMPLE / "scheme.toml"), str(data), key, "--lang", "en"]
        ).exit_code
        == 0
    )
    assert (
        run.invoke(
            app, ["explain", str(target / "plan.json"), str(EXAMPLE / "scheme.toml"), str(data), "nobody"]
        ).exit_code
        == 1
    )
    assert run.invoke(app, [*arguments, *frozen]).exit_code == 0
    edited = json.loads((target / "plan.json").read_text(encoding="utf-8"))
    edited["lines"][0]["stars"] = 5 if edited["lines"][0]["stars"] != 5 else 4
    (target / "plan.json").write_text(json.dumps(edited), encoding="utf-8")
    caught = run.invoke(
        app, ["check", str(target / "plan.json"), str(EXAMPLE / "scheme.toml"), str(data), "--draws", "40", *frozen]
    )
    assert caught.exit_code == 3
