"""A night's run as a plan, back-test, shadow, score, and the command."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from yanzhen.planning import tables
from yanzhen.planning.kernel import Limits, Plan, Planner, load_plan, tie
from yanzhen.planning.tables import plan as planner
from yanzhen.planning.tables.backtest import (
    Panel,
    at_capacity,
    average_precision,
    backtest,
    labelled,
    month_number,
    shadow,
)
from yanzhen.planning.tables.cli import app
from yanzhen.planning.tables.invented import panel, records
from yanzhen.planning.tables.plan import Problem, Warning_
from yanzhen.planning.tables.report import report
from yanzhen.planning.tables.scorecard import split, trial

EXAMPLE = Path(__file__).parents[3] / "examples" / "planning" / "tables"
TABLE = tables.load(EXAMPLE / "relief.toml")


@pytest.fixture(scope="module")
def problem() -> Problem:
    return Problem(TABLE, tuple(records(150, 2).to_dicts()))


@pytest.fixture(scope="module")
def plan(problem: Problem) -> Plan[Warning_]:
    return planner.solve(problem, seed=4)


def test_it_is_a_planner(problem: Problem, plan: Plan[Warning_]) -> None:
    typed: Planner[Problem, Warning_] = planner
    assert typed.check(problem, plan) == ()
    assert typed.solve(replace(problem, records=problem.records[::-1]), Limits(), 4).digest == plan.digest
    assert typed.relax(problem).fits
    assert typed.diff(plan, plan).empty
    assert load_plan(plan.dumps(), Warning_).digest == plan.digest


def test_visits_go_by_level_then_points_then_the_published_hash(plan: Plan[Warning_]) -> None:
    placed = sorted((line for line in plan.lines if line.place), key=lambda line: line.place)
    keys = [(TABLE.severity(line.level), -line.points, tie(4, line.key)) for line in placed]
    assert keys == sorted(keys)
    assert [line.place for line in placed] == list(range(1, len(placed) + 1))
    assert all(line.place == 0 for line in plan.lines if line.level == "none")


@pytest.mark.parametrize("fault", ["level", "fired", "place", "lines"])
def test_check_catches(problem: Problem, plan: Plan[Warning_], fault: str) -> None:
    at = next(i for i, line in enumerate(plan.lines) if line.place > 2)
    line = plan.lines[at]
    changed = {
        "level": replace(line, level="none"),
        "fired": replace(line, fired=()),
        "place": replace(line, place=1),
        "lines": replace(line, record="nobody"),
    }[fault]
    wrong = replace(plan, lines=tuple(changed if i == at else item for i, item in enumerate(plan.lines)))
    assert f"tables.{fault}" in {item.rule for item in planner.check(problem, wrong)}


def test_explanations_name_rule_fact_and_source(problem: Problem, plan: Plan[Warning_]) -> None:
    line = next(item for item in plan.lines if "R06" in item.fired)
    said = planner.explain(problem, plan, line.key)
    assert "入户核实" in said.say("zh")
    assert "visit" in said.say("en")
    assert "8400" in said.say("zh")


def test_the_diff_says_who_entered_a_level(problem: Problem, plan: Plan[Warning_]) -> None:
    key = next(line.key for line in plan.lines if line.level == "none")
    fallen = tuple({**row, "housing": False} if row["id"] == key else row for row in problem.records)
    later = planner.solve(replace(problem, records=fallen), seed=4)
    changes = planner.diff(later, plan).changes
    assert [(item.key, item.before, item.after) for item in changes] == [(key, "none", "red")]


# -- back-test ----------------------------------------------------------------------------------------------------------------------


def small() -> pl.DataFrame:
    """Two households by hand: one falls in month 5 after two warnings, one never does and warns once."""
    rows = []
    for t in range(7):
        rows.append({"household": "a", "period": t, "event": 5, "income": 8000.0 if t in (2, 4) else 30000.0})
        rows.append({"household": "b", "period": t, "event": None, "income": 8000.0 if t == 3 else 30000.0})
    return pl.DataFrame(rows)


def test_counts_by_hand() -> None:
    found = backtest(TABLE, small(), Panel(capacity=0.5))
    # a: months 0-4 (5 rows, falls within three months from month 2 on), b: 7 rows
    assert found.alarms["orange"].records == 12
    assert found.alarms["orange"].flagged == 3
    assert found.alarms["orange"].right == 2
    assert found.alarms["orange"].wanted == 3
    assert found.lead == 3.0
    assert found.early == 1.0
    assert found.base == pytest.approx(3 / 12)
    assert found.fired["R06"].right == 2


def test_months_may_be_words() -> None:
    frame = pl.DataFrame({"period": ["2026-03", "2026年4月", "202612"]})
    numbers = month_number(frame.head(2), "period").to_list()
    assert numbers[1] - numbers[0] == 1


def test_orders_and_capacity() -> None:
    right = np.array([True, False, True, False])
    assert average_precision(np.array([1.0, 2.0, 3.0, 4.0]), right) == pytest.approx((1 + 2 / 3) / 2)
    chosen = at_capacity(np.array([3.0, 1.0, 2.0, 9.0, 8.0, 7.0]), np.array([0, 0, 0, 1, 1, 1]), 1 / 3)
    assert chosen.tolist() == [False, True, False, False, False, True]


def test_score_never_sees_what_it_is_tried_on() -> None:
    frame = labelled(panel(300, 14, 1), Panel())
    train, test = split(frame, Panel(), 9, 0)
    households = frame["household"].to_numpy()
    months = frame["_t"].to_numpy()
    assert not set(households[train]) & set(households[test])
    assert months[train].max() + 3 < months[test].min()


def test_a_score_orders_inside_a_level_only_and_is_printed() -> None:
    rows = panel(900, 16, 3)
    held = Panel(groups=("aged",), capacity=0.05)
    result = trial(TABLE, rows, held, 9)
    assert result.visits[0].flagged == result.visits[1].flagged
    assert {"aged=是", "aged=否"} == set(result.groups)
    burden = [part for part in result.card.bins["burden"] if not part.missing]
    assert burden[-1].points > burden[0].points
    again = trial(TABLE, rows, held, 9)
    assert again.card == result.card
    past = backtest(TABLE, rows, held)
    page = report(TABLE, past=past, panel=held, trial=result).html()
    assert "概率" not in page or "en" in page
    assert "平均精确率" in page


def test_shadow_counts_every_move() -> None:
    data = tomllib.loads((EXAMPLE / "relief.toml").read_text(encoding="utf-8"))
    for rule in data["rule"]:
        if rule["when"].get("income") == "< 8400":
            rule["when"]["income"] = "< 9000"
    newer = tables.from_mapping(data)
    frame = records(400, 8)
    found = shadow(TABLE, newer, frame, "id")
    changed = [
        row["id"]
        for row in frame.to_dicts()
        if tables.decide(TABLE, row).then["level"] != tables.decide(newer, row).then["level"]
    ]
    assert found.changed == len(changed) > 0
    assert {key for keys in found.examples.values() for key in keys} <= set(changed)
    assert sum(found.rules.values()) == found.changed
    assert shadow(TABLE, TABLE, frame, "id").changed == 0


def test_the_command(tmp_path: Path) -> None:
    run = CliRunner()
    table, data = str(EXAMPLE / "relief.toml"), str(EXAMPLE / "households.csv")
    assert run.invoke(app, ["check", table]).exit_code == 0
    done = run.invoke(app, ["run", table, data, "--out", str(tmp_path / "one")])
    assert done.exit_code == 0, done.output
    again = run.invoke(
        app,
        [
            "run",
            table,
            data,
            "--out",
            str(tmp_path / "two"),
            "--previous",
            str(tmp_path / "one" / "plan.json"),
            "--lang",
            "en",
        ],
    )
    assert again.exit_code == 0, again.output
    assert run.invoke(app, ["explain", table, data, "H000001"]).exit_code == 0
    assert run.invoke(app, ["explain", table, data, "nobody"]).exit_code == 1
    assert run.invoke(app, ["diff", table, table, data, "--out", str(tmp_path / "shadow")]).exit_code == 0
    assert run.invoke(app, ["exchange", table, str(tmp_path / "t.json")]).exit_code == 0
    rows = panel(400, 12, 1)
    rows.write_csv(tmp_path / "panel.csv")
    past = run.invoke(
        app, ["backtest", table, str(tmp_path / "panel.csv"), "--groups", "aged", "--out", str(tmp_path / "past")]
    )
    assert past.exit_code == 0, past.output
    assert run.invoke(app, ["backtest", table, data]).exit_code == 1
    lines = Path(data).read_text(encoding="utf-8").splitlines()
    wrong = tmp_path / "户.csv"
    cells = lines[4].split(",")
    cells[1] = "八千"
    other = lines[7].split(",")
    other[6] = "因懒"
    wrong.write_text(
        "\n".join([*lines[:4], ",".join(cells), *lines[5:7], ",".join(other), *lines[8:]]), encoding="utf-8"
    )
    refused = run.invoke(app, ["run", table, str(wrong), "--out", str(tmp_path / "three")])
    assert refused.exit_code == 1
    back = (tmp_path / "three" / "户-问题.csv").read_text(encoding="utf-8-sig").splitlines()
    assert "不是数" in back[4]
    assert "可填项" in back[7]
    idle = tmp_path / "idle.toml"
    idle.write_text(
        (EXAMPLE / "relief.toml").read_text(encoding="utf-8")
        + '\n[[rule]]\nid = "R13"\nwhen = { income = "< 5000" }\nthen = { level = "red" }\n',
        encoding="utf-8",
    )
    assert run.invoke(app, ["check", str(idle)]).exit_code == 3
