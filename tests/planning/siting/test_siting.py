"""Siting keeps the rules of the field, is as good as trying everything, and its check finds every planted fault."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planning.siting.cases import TASKS, best, make, signed, valley
from yanzhen.planning.kernel import Limits, Lock, Planner, ProblemError, load_plan
from yanzhen.planning.siting import Parameters, Problem, SiteLine, check, diff, explain, relax, solve
from yanzhen.planning.siting import hours as opening
from yanzhen.planning.siting.access import catchment
from yanzhen.planning.siting.ground import Ground
from yanzhen.planning.siting.judge import chosen_of
from yanzhen.planning.siting.lines import outside
from yanzhen.planning.siting.matrices import sparse
from yanzhen.planning.siting.travel import nearest, times

SHORT = Limits(seconds=20)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(TASKS))
def test_as_good_as_trying_everything(seed: int, task: tuple[str, dict[str, object]]) -> None:
    problem = make(seed, task[0], **task[1])
    plan = solve(problem, SHORT)
    assert plan.status == "optimal"
    assert signed({level.key: level.value for level in plan.levels}) == best(problem)
    assert check(problem, plan) == ()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(TASKS))
def test_order_of_rows_does_not_matter_and_a_second_run_changes_nothing(
    seed: int, task: tuple[str, dict[str, object]]
) -> None:
    problem = make(seed, task[0], **task[1])
    shuffle = random.Random(seed)
    places, sites = list(problem.places), list(problem.sites)
    shuffle.shuffle(places)
    shuffle.shuffle(sites)
    plan = solve(problem, SHORT, seed)
    other = solve(replace(problem, places=tuple(places), sites=tuple(sites)), SHORT, seed)
    assert plan.digest == other.digest
    opened = tuple(line.site for line in plan.lines if line.answer)
    again = solve(replace(problem, previous=opened), SHORT, seed)
    assert diff(again, plan).empty


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(TASKS[:3]))
def test_a_lock_is_never_moved(seed: int, task: tuple[str, dict[str, object]]) -> None:
    free = make(seed, task[0], **task[1])
    plan = solve(free, SHORT)
    new = [line.site for line in plan.lines if line.answer == "new"]
    closed = [
        line.site
        for line in plan.lines
        if not line.answer and free.site(line.site).buildable and not free.site(line.site).existing
    ]
    locks = tuple(Lock("forbid", key) for key in new[:1]) + tuple(Lock("fix", key) for key in closed[:1])
    if task[1].get("budget") is not None:
        locks = locks[:1]
    held = replace(free, locks=locks)
    answer = solve(held, SHORT)
    for lock in locks:
        assert bool(answer.line(lock.subject).answer) == (lock.kind == "fix")
    assert check(held, answer) == ()


def test_the_check_catches_each_planted_fault() -> None:
    problem = make(3, "budget", places=30, sites=12, count=3)
    problem = replace(
        problem, sites=tuple(replace(s, buildable=s.id != "s01", existing=s.id == "s00") for s in problem.sites)
    )
    plan = solve(problem, SHORT)
    new = [line for line in plan.lines if line.answer == "new"]
    shut = [line for line in plan.lines if not line.answer and line.site != "s01"]

    def edited(key: str, **change: object) -> set[str]:
        lines = tuple(replace(line, **change) if line.key == key else line for line in plan.lines)  # type: ignore[arg-type]
        return {finding.rule for finding in check(problem, replace(plan, lines=lines))}

    assert edited("s01", answer="new") >= {"siting.check.may"}
    assert edited("s00", answer="") >= {"siting.check.must"}
    assert edited(shut[0].key, answer="new") >= {"siting.check.count"}
    assert edited(new[0].key, people=new[0].people + 1) == {"siting.check.people"}
    assert edited(new[0].key, only=new[0].only + 1) == {"siting.check.people"}
    assert edited(new[0].key, order=9) == {"siting.check.order"}
    assert edited(new[0].key, answer="existing") >= {"siting.check.answer"}
    assert edited(new[0].key, site="nowhere") >= {"siting.check.unknown"}
    levels = (replace(plan.levels[0], value=plan.levels[0].value + 5), *plan.levels[1:])
    assert {f.rule for f in check(problem, replace(plan, levels=levels))} == {"siting.check.level"}
    budget = replace(problem, parameters=replace(problem.parameters, count=None, budget=0.5))
    assert "siting.check.budget" in {f.rule for f in check(budget, plan)}
    locked = replace(problem, locks=(Lock("forbid", new[0].site),))
    assert "siting.check.may" in {f.rule for f in check(locked, plan)}
    cover = make(3, places=30, sites=12)
    whole = solve(cover, SHORT)
    needed = next(line for line in whole.lines if line.answer == "new" and line.only)
    broken = replace(whole, lines=tuple(replace(line, answer="") if line is needed else line for line in whole.lines))
    assert "siting.check.cover" in {f.rule for f in check(cover, broken)}


def test_network_times_follow_roads_modes_and_slopes() -> None:
    problem = valley()
    walk = times(problem).dense()
    by_id = [place.id for place in problem.places]
    assert walk[by_id.index("A"), 0] == 0
    assert walk[by_id.index("C"), 0] == pytest.approx(18.0)  # 1,200 m at 4 km/h
    assert walk[by_id.index("D"), 0] == pytest.approx(9 + 11.25)  # 500 m uphill, factor 1.5
    bike = replace(problem, parameters=replace(problem.parameters, mode="ebike"))
    assert times(bike).dense()[by_id.index("C"), 0] == pytest.approx(6.0)
    # D has no road for an e-bike: the rest is walked straight from the nearest road.
    assert times(bike).dense()[by_id.index("D"), 0] == pytest.approx(3.0 + 500 * 1.4 / (4000 / 60), abs=0.01)
    closed = replace(problem.network, edges=tuple(replace(e, closed=e.b == "C") for e in problem.network.edges))  # type: ignore[union-attr]
    site, minutes = nearest(replace(problem, network=closed), np.array([True, False]))
    assert site[by_id.index("A")] == 0
    assert minutes[by_id.index("A")] == 0
    mine, best_minutes = nearest(problem, np.array([True, True]))
    assert best_minutes == pytest.approx(times(problem).dense().min(axis=1), abs=0.02)
    assert mine[by_id.index("C")] == 1


def test_given_minutes_replace_the_network() -> None:
    problem = replace(valley(), network=None, minutes={("A", "s-A"): 3.0, ("B", "s-A"): 20.0, ("B", "s-C"): 14.0})
    plan = solve(problem, SHORT)
    assert {line.site for line in plan.lines if line.answer} == {"s-A", "s-C"}
    assert set(plan.unmet) == {"C", "D"}
    why = {item.place: item for item in outside(Ground.of(problem), chosen_of(problem, plan))}
    assert why["D"].nearest == ""


def test_a_point_that_is_closed_when_needed_covers_nobody() -> None:
    problem = valley()
    sites = (replace(problem.sites[0], existing=True, hours="周一至周五 08:30-17:30"), problem.sites[1])
    weekend = replace(problem, sites=sites, parameters=Parameters(wanted="周六 08:00-12:00"))
    plan = solve(weekend, SHORT)
    reasons = {item.place: item.why.en for item in outside(Ground.of(weekend), chosen_of(weekend, plan))}
    assert "closed in the needed hours" in reasons["A"]
    assert {finding.rule for finding in plan.notes} >= {"siting.closed_hours"}
    give = relax(weekend).give_up
    assert any("甲" in item.text.zh and "开放时间" in item.text.zh for item in give)


def test_opening_hours_are_read() -> None:
    assert len(opening.slots("周一至周五 08:30-11:30、14:00-17:30")) == 5 * 13
    assert opening.slots("Sat-Sun 09:00-10:00") == {5 * 48 + 18, 5 * 48 + 19, 6 * 48 + 18, 6 * 48 + 19}
    assert opening.slots("周六至周一 09:00-09:30") == {5 * 48 + 18, 6 * 48 + 18, 18}
    assert len(opening.slots("每天 00:00-24:00")) == opening.SLOTS
    for wrong in ("下午", "周一 17:00-08:00", "周八 08:00-09:00", "周一 25:00-26:00"):
        with pytest.raises(ValueError, match=r".+"):
            opening.slots(wrong)


def test_floating_catchment_by_hand() -> None:
    """Two points, three places: Luo and Wang's two steps worked on paper."""
    minutes = sparse.csr_matrix(np.array([[1.0, 0], [8.0, 12.0], [0, 5.0]]))
    plain = catchment(minutes, np.array([10.0, 6.0]), np.array([100.0, 100.0, 50.0]), 15)
    assert plain == pytest.approx([10 / 200, 10 / 200 + 6 / 150, 6 / 150])
    decay = catchment(
        minutes, np.array([10.0, 6.0]), np.array([100.0, 100.0, 50.0]), 15, ((1 / 3, 1.0), (2 / 3, 0.68), (1.0, 0.22))
    )
    first, second = 10 / (100 + 68), 6 / (22 + 50)
    assert decay == pytest.approx([first, 0.68 * first + 0.22 * second, second])


def test_before_and_after_are_told_for_people_over_60_apart() -> None:
    problem = make(8, places=40, sites=14)
    plan = solve(problem, SHORT)
    before, after = plan.extra["before"], plan.extra["after"]
    assert after["people"] >= before["people"]
    assert after["elders"] >= before["elders"]
    assert after["2sfca_over60"]["none"] <= before["2sfca_over60"]["none"]


def test_explain_prices_are_exact() -> None:
    problem = make(5, "budget", places=40, sites=14, count=4)
    plan = solve(problem, SHORT)
    ground, chosen = Ground.of(problem), chosen_of(problem, plan)
    line = next(line for line in plan.lines if line.answer == "new")
    found = explain(problem, plan, line.key)
    assert str(line.only) in found.reasons[1].en
    without = chosen.copy()
    without[[s.id for s in problem.sites].index(line.site)] = False
    gone = ground.measure(chosen)["people"] - ground.measure(without)["people"]
    assert found.alternatives[0].price.get("people", 0) == -gone == -line.only
    for item in found.alternatives[1:]:
        assert item.price.get("people", 0) <= 0  # the plan is optimal: no exchange covers more


def test_relax_names_the_fewest_points_above_the_limit() -> None:
    problem = make(2, "budget", places=40, sites=20, count=1)
    need = next(level.value for level in solve(make(2, places=40, sites=20), SHORT).levels if level.key == "new")
    more = [item.amount for item in relax(problem).give_up if item.rule == "siting.count"]
    assert more == [need - 1]


def test_everything_wrong_is_said_at_once() -> None:
    problem = make(1, "budget")
    bad = replace(
        problem,
        places=(replace(problem.places[0], elders=10_000), *problem.places[1:]),
        sites=(replace(problem.sites[0], hours="随时"), *problem.sites[1:]),
        locks=(Lock("fix", "nowhere"),),
    )
    with pytest.raises(ProblemError) as caught:
        solve(bad, SHORT)
    assert {f.rule for f in caught.value.findings} == {"siting.people", "siting.hours", "siting.lock", "siting.limit"}


def test_plans_survive_their_file_and_the_module_is_a_planner() -> None:
    import yanzhen.planning.siting as module

    planner: Planner[Problem, SiteLine] = module
    problem = make(1)
    plan = planner.solve(problem, SHORT, 4)
    assert load_plan(plan.dumps(), SiteLine) == plan
    data = json.loads(plan.dumps())
    data["lines"][0]["people"] += 1
    with pytest.raises(ValueError, match="digest"):
        load_plan(json.dumps(data), SiteLine)


def test_cancelled_at_once_still_gives_a_plan_that_holds() -> None:
    import threading

    stop = threading.Event()
    stop.set()
    problem = make(1, places=60, sites=30)
    plan = solve(problem, Limits(seconds=20, cancel=stop))
    assert plan.status != "optimal"
    assert not [
        f for f in check(problem, plan) if f.rule in {"siting.check.must", "siting.check.may", "siting.check.count"}
    ]


def test_solvers_load_together_in_both_orders() -> None:
    import subprocess
    import sys

    for order in (
        "import highspy; from ortools.sat.python import cp_model",
        "from ortools.sat.python import cp_model; import highspy",
    ):
        run = subprocess.run(
            [sys.executable, "-c", f"{order}; highspy.Highs(); cp_model.CpModel()"], capture_output=True, check=False
        )
        assert run.returncode == 0, run.stderr.decode()


def test_command_writes_everything(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from yanzhen.planning.siting.cli import app

    example = Path(__file__).parents[3] / "examples" / "planning" / "siting"
    files = [str(example / "places.csv"), str(example / "sites.csv")]
    roads = ["--edges", str(example / "roads.geojson")]
    done = CliRunner().invoke(app, ["solve", *files, *roads, "--mode", "ebike", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert {p.name for p in tmp_path.iterdir()} == {"plan.json", "report.html", "points.xlsx", "points.geojson"}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "建设次序" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    judged = CliRunner().invoke(app, ["check", *files, str(tmp_path / "plan.json"), *roads])
    assert judged.exit_code == 0, judged.output
    data = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    next(line for line in data["lines"] if line["answer"] == "new")["answer"] = ""
    (tmp_path / "edited.json").write_text(json.dumps(data), encoding="utf-8")
    assert CliRunner().invoke(app, ["check", *files, str(tmp_path / "edited.json"), *roads]).exit_code == 3
    (tmp_path / "bad.csv").write_text(
        "编号,居民点,经度,纬度,人数\nP1,甲,106.1,29.4,十\nP1,乙,106.1,,5\n", encoding="utf-8"
    )
    refused = CliRunner().invoke(app, ["solve", str(tmp_path / "bad.csv"), files[1], "--out", str(tmp_path / "none")])
    assert refused.exit_code == 1
    assert {p.name for p in (tmp_path / "none").iterdir()} == {"problems-bad.csv"}
