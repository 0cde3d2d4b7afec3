"""Rotation keeps every rule, is as good as trying everything, and its check finds every planted fault."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planning.rotation.cases import START, best, make
from yanzhen.planning.kernel import Limits, Lock, Plan, Planner, ProblemError, load_plan
from yanzhen.planning.rotation import (
    Parameters,
    Person,
    Posting,
    Problem,
    Term,
    Unit,
    Village,
    check,
    diff,
    explain,
    province,
    refusals,
    refused,
    relax,
    solve,
)
from yanzhen.planning.rotation.field import Field
from yanzhen.planning.rotation.lines import assignment_of
from yanzhen.planning.rotation.problem import GOALS, years
from yanzhen.planning.rotation.solve import bounds_of, search

SHORT = Limits(seconds=30)


def vector(plan: Plan[Posting]) -> tuple[int, ...]:
    return tuple(int(-level.value if level.sense == "max" else level.value) for level in plan.levels)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
def test_as_good_as_trying_everything(seed: int) -> None:
    problem = make(seed)
    plan = solve(problem, SHORT)
    assert check(problem, plan) == ()
    assert plan.status == "optimal"
    assert vector(plan) == best(problem)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000))
def test_the_windows_alone_keep_every_rule_and_never_pass_a_bound(seed: int) -> None:
    problem = make(seed, villages=8, posts=3, people=30, units=6)
    field = Field(problem)
    found, bounds = search(field, Limits(seconds=2).begin(), whole=0)
    assert not field.broken(found)
    values = field.measure(found)
    for goal, bound in bounds.items():
        assert values[goal] <= bound if GOALS[goal][0] == "max" else values[goal] >= bound


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["village", "township"]), st.sampled_from([0.0, 3.0, 5.0]))
def test_arrays_and_words_refuse_the_same_pairs(seed: int, home: str, cool: float) -> None:
    problem = make(seed, villages=5, people=16, home=home, cool_off_years=cool, age_most=45)
    field = Field(problem)
    for i, person in enumerate(problem.people):
        if field.fixed[i] >= 0:
            continue
        for j, village in enumerate(problem.villages):
            assert bool(field.joins[i, j]) == (not refusals(problem, person, village, "member"))
            assert bool(field.lead[i, j]) == (not refusals(problem, person, village, "first"))


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_order_of_rows_does_not_matter_and_a_second_run_changes_nothing(seed: int) -> None:
    problem = make(seed, villages=4, posts=3, people=16)
    shuffle = random.Random(seed)
    rows = [list(problem.villages), list(problem.people), list(problem.units)]
    for part in rows:
        shuffle.shuffle(part)
    plan = solve(problem, SHORT, seed)
    other = solve(Problem(tuple(rows[0]), tuple(rows[1]), tuple(rows[2]), problem.parameters), SHORT, seed)
    assert other.digest == plan.digest
    held = {line.person: (line.village, line.role) for line in plan.lines if line.village}
    again = solve(replace(problem, previous=held), SHORT, seed)
    assert diff(again, plan).empty


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_a_lock_is_never_moved(seed: int) -> None:
    problem = make(seed, villages=4, posts=3, people=16)
    field = Field(problem)
    rng = random.Random(seed)
    free = [
        (i, j)
        for i, j in zip(*np.nonzero(field.joins), strict=True)
        if field.stay[i] < 0 and not problem.people[i].spouse and not problem.people[i].kin
    ]
    if not free:
        return
    i, j = rng.choice(free)
    fixed = Lock("fix", problem.people[i].id, f"{problem.villages[j].id}/member")
    out = next((p for k, p in enumerate(problem.people) if field.stay[k] < 0 and k != i), None)
    locks = (fixed, Lock("forbid", out.id)) if out else (fixed,)
    held = replace(problem, locks=locks)
    if held.findings():
        return
    plan = solve(held, SHORT)
    # A woman fixed where nobody may join her is told, never moved.
    assert (plan.status == "infeasible") == bool(check(held, plan))
    assert {f.rule for f in check(held, plan)} <= {"rotation.check.women"}
    assert plan.line(fixed.subject).choice == fixed.object
    if out:
        assert plan.line(out.id).choice == ""


def test_locks_that_break_a_rule_only_together_are_refused_by_name() -> None:
    problem, _ = base()
    for locks in (
        (Lock("fix", "A", "V1"), Lock("fix", "brother", "V1")),
        (Lock("fix", "B", "V2"), Lock("fix", "wife", "V1")),
    ):
        with pytest.raises(ProblemError) as caught:
            solve(replace(problem, locks=locks), SHORT)
        assert {f.rule for f in caught.value.findings} == {"rotation.lock"}
    units = (Unit("U1", "一局", 1), problem.units[1])
    with pytest.raises(ProblemError):
        solve(replace(problem, units=units, locks=(Lock("fix", "A", "V1"), Lock("fix", "D", "V1"))), SHORT)


def test_stays_are_kept_and_fill_mode_moves_nobody() -> None:
    problem = make(5, villages=4, posts=3, people=20)
    people = tuple(
        replace(
            p,
            current=f"V{i % 4}",
            role="member",
            since=date(2023, 1, 1),
            leaving=False,
            terms=(),
            home_village="",
            sex="m",
        )
        if i < 4
        else p
        for i, p in enumerate(problem.people)
    )
    full = replace(problem, people=people)
    assert not any(full.stays(p) for p in people[:4])  # two years are over
    fill = replace(full, mode="fill")
    plan = solve(fill, SHORT)
    assert all(plan.line(p.id).village == p.current and plan.line(p.id).stays for p in people[:4])
    assert check(fill, plan) == ()


def base() -> tuple[Problem, Plan[Posting]]:
    """A problem in which everything can be planted."""
    villages = (
        Village("V1", "一村", "甲乡", "weak", 2, 6, ("农技",), ("U1",), x=0.1),
        Village("V2", "二村", "乙乡", "lifted", 2, 4, ("电商",), ("U2",), x=0.2),
    )
    old = date(2010, 1, 1)

    def person(key: str, **more: object) -> Person:
        return replace(Person(key, key, "m", "U1", birth=date(1985, 1, 1), party_since=old, worked_since=old), **more)  # type: ignore[arg-type]

    people = (
        person("A", strength=4, terms=(Term("V9", date(2020, 1, 1), date(2022, 1, 1)),)),
        person("B", unit="U2", specialities=("电商",)),
        person("C", terms=(Term("V9", date(2020, 1, 1), date(2022, 1, 1)),)),
        person("D"),
        person("girl", sex="f"),
        person("home", home_village="V1"),
        person("again", terms=(Term("V2", date(2019, 1, 1), date(2021, 1, 1)),)),
        person("kin", kin_villages=("V1",)),
        person("brother", kin=("A",)),
        person("wife", sex="f", spouse="B"),
        person("young", party_since=date(2025, 9, 1)),
        person("rookie", worked_since=date(2025, 1, 1)),
        person("elder", birth=date(1970, 1, 1)),
        person("doctor", category="hospital"),
        person("ill", health=False),
        person("shy", can_lead=False),
    )
    units = (Unit("U1", "一局", 4), Unit("U2", "二局", 4))
    rules = replace(
        province("yunnan"), start=START, order=("cover", "empty", "green", "weak", "continuity", "skills", "other")
    )
    problem = Problem(villages, people, units, rules)
    return problem, solve(problem, SHORT)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"home": ("V1", "member")}, "home_village"),
        ({"again": ("V2", "member")}, "same_village"),
        ({"kin": ("V1", "member")}, "near_kin"),
        ({"A": ("V1", "first"), "brother": ("V1", "member")}, "near_kin"),
        ({"B": ("V2", "first"), "wife": ("V1", "member")}, "couples"),
        ({"girl": ("V1", "member")}, "women"),
        ({"young": ("V1", "first")}, "party_first"),
        ({"rookie": ("V1", "member")}, "work_years"),
        ({"elder": ("V1", "member")}, "age"),
        ({"doctor": ("V1", "member")}, "category"),
        ({"ill": ("V1", "member")}, "health"),
        ({"shy": ("V1", "first")}, "lead"),
        ({"A": ("V1", "first"), "C": ("V1", "first")}, "two_first"),
        ({"A": ("V1", "first"), "C": ("V1", "member"), "D": ("V1", "member")}, "posts"),
        ({"C": ("V1", "member"), "D": ("V1", "member")}, "posts"),
        ({"A": ("V7", "first")}, "unknown"),
        ({"A": ("V1", "boss")}, "role"),
    ],
)
def test_the_check_catches_each_planted_fault(change: dict[str, tuple[str, str]], rule: str) -> None:
    problem, plan = base()
    assert check(problem, plan) == ()
    lines = tuple(
        replace(line, village=change.get(line.person, ("", ""))[0], role=change.get(line.person, ("", ""))[1])
        for line in plan.lines
    )
    assert f"rotation.check.{rule}" in {finding.rule for finding in check(problem, replace(plan, lines=lines))}


def test_the_check_catches_units_locks_stays_and_figures() -> None:
    problem, plan = base()
    found = {f.rule for f in check(replace(problem, units=(Unit("U1", "一局", 1), Unit("U2", "二局", 0))), plan)}
    assert "rotation.check.unit_most" in found
    sent = next(line for line in plan.lines if line.village)
    locks = (Lock("forbid", sent.person, sent.village),)
    assert {f.rule for f in check(replace(problem, locks=locks), plan)} == {"rotation.check.lock"}
    locks = (Lock("fix", sent.person, "V1" if sent.village == "V2" else "V2"),)
    assert "rotation.check.lock" in {f.rule for f in check(replace(problem, locks=locks), plan)}
    staying = tuple(
        replace(p, current="V2", since=date(2025, 6, 1), leaving=False) if p.id == "shy" else p for p in problem.people
    )
    assert "rotation.check.stays" in {f.rule for f in check(replace(problem, people=staying), plan)}
    assert {f.rule for f in check(problem, replace(plan, lines=(*plan.lines, sent)))} >= {"rotation.check.twice"}
    for place in range(len(plan.levels)):
        levels = tuple(replace(level, value=level.value + (i == place)) for i, level in enumerate(plan.levels))
        assert {f.rule for f in check(problem, replace(plan, levels=levels))} == {"rotation.check.level"}


def test_frozen_villages_stay_as_they_were() -> None:
    problem, plan = base()
    held = {line.person: (line.village, line.role) for line in plan.lines if line.village}
    frozen = replace(
        problem,
        previous=held,
        locks=(Lock("freeze", "V1"),),
        villages=(*problem.villages, replace(problem.villages[1], id="V3")),
    )
    new = solve(frozen, SHORT)
    for key, (village, role) in held.items():
        if village == "V1":
            assert new.line(key).choice == f"V1/{role}"
    assert check(frozen, new) == ()
    moved = tuple(replace(line, village="", role="") if line.village == "V1" else line for line in new.lines)
    assert "rotation.check.lock" in {f.rule for f in check(frozen, replace(new, lines=moved))}


def test_explained_prices_are_those_of_the_judge() -> None:
    problem = make(7, villages=4, posts=3, people=18)
    plan = solve(problem, SHORT)
    field = Field(problem)
    assignment = assignment_of(field, plan.lines)
    for line in plan.lines:
        for item in explain(problem, plan, line.key).alternatives:
            # Every step from a proven plan is lexicographically worse or equal.
            first = next((item.price[goal] for goal in problem.goals if goal in item.price), 0.0)
            assert first <= 0
    gone = next(line for line in plan.lines if line.village and not line.stays)
    options = explain(problem, plan, gone.key).alternatives
    for item in options:
        other = field.person[item.choice]
        changed = assignment.copy()
        changed[field.person[gone.key]], changed[other] = assignment[other], assignment[field.person[gone.key]]
        old, new = field.measure(assignment), field.measure(changed)
        for goal in problem.goals:
            sign = 1 if GOALS[goal][0] == "max" else -1
            assert item.price.get(goal, 0.0) == sign * (new[goal] - old[goal])


def test_a_refused_pair_has_its_reason_in_words() -> None:
    problem, plan = base()
    assert [t.zh for t in refused(problem, "home", "V1")] == ["是本村人"]
    assert [t.zh for t in refused(problem, "elder", "V2")] == ["56 周岁，超过 45 周岁"]
    assert refused(problem, "A", "V1") == ()
    assert "56 周岁" in explain(problem, plan, "elder").say("zh")


def test_relax_finds_the_one_rule_that_stands_in_the_way() -> None:
    problem, _ = base()
    old = tuple(replace(p, birth=date(1970, 1, 1), terms=()) for p in problem.people if p.id in {"A", "B", "C", "D"})
    tight = replace(problem, people=old, units=())
    assert [item.rule for item in relax(tight).give_up] == ["rotation.age"]
    assert relax(problem).fits
    few = replace(problem, people=tuple(p for p in problem.people if p.id in {"A", "B"}), units=())
    assert [item.rule for item in relax(few).give_up] == ["rotation.people"]
    assert relax(few).give_up[0].amount == 2
    wife_needed = tuple(p for p in problem.people if p.id in {"A", "B", "wife", "girl"})
    give = {item.rule for item in relax(replace(problem, people=wife_needed, units=())).give_up}
    assert give == {"rotation.couples"}


def test_waves_keep_their_limits_and_the_old_team_stays_for_the_hand_over() -> None:
    problem = make(3, villages=10, posts=2, people=34, units=5, order=("cover", "empty"))
    villages = tuple(replace(v, township="甲乡") for v in problem.villages)
    leaving = tuple(
        replace(p, current=f"V{i}", role="member", since=date(2023, 1, 1), leaving=False, sex="m") if i < 4 else p
        for i, p in enumerate(problem.people)
    )
    rules = replace(
        problem.parameters, months=("2026-05", "2026-06", "2026-07", "2026-08"), training_seats=6, overlap_days=10
    )
    asked = replace(problem, villages=villages, people=leaving, parameters=rules)
    plan = solve(asked, SHORT)
    over = next(level.value for level in plan.levels if level.key == "wave_over")
    per_wave: dict[str, set[str]] = {}
    seats: dict[str, int] = {}
    for line in plan.lines:
        if line.wave:
            per_wave.setdefault(line.wave, set()).add(line.village)
            seats[line.wave] = seats.get(line.wave, 0) + 1
            if line.village in {f"V{i}" for i in range(4)} and line.handover:
                assert line.handover == f"{line.wave}-11"
    arriving = {line.village for line in plan.lines if line.wave}
    cap = max(1, int(0.3 * len(arriving)))
    excess = sum(max(0, count - 6) for count in seats.values()) + sum(max(0, len(v) - cap) for v in per_wave.values())
    assert excess <= over
    assert any(line.handover for line in plan.lines)


def test_everything_wrong_is_said_at_once() -> None:
    problem, _ = base()
    bad = replace(
        problem,
        villages=(*problem.villages, replace(problem.villages[0], id="V8", kind="富村")),
        people=(*problem.people, replace(problem.people[0], id="Z", strength=9, unit="U9")),
        locks=(Lock("fix", "home", "V1"), Lock("fix", "nobody", "V1")),
        parameters=replace(problem.parameters, waived=("party_first",)),
    )
    with pytest.raises(ProblemError) as caught:
        solve(bad, SHORT)
    rules = [f.rule for f in caught.value.findings]
    assert set(rules) == {"rotation.kind", "rotation.strength", "rotation.unit", "rotation.lock", "rotation.waived"}
    assert rules.count("rotation.lock") == 2


def test_years_count_birthdays_on_their_day() -> None:
    assert years(date(1980, 5, 2), date(2026, 5, 1)) < 46 == years(date(1980, 5, 1), date(2026, 5, 1))
    assert years(date(2000, 2, 29), date(2023, 2, 28)) < 23 <= years(date(2000, 2, 29), date(2023, 3, 1))


def test_provinces_are_data() -> None:
    yunnan, guangxi = province("yunnan"), province("guangxi", start="2026-06-01")
    assert (yunnan.age_most, yunnan.big_team, yunnan.couples) == (45, 5, "not_both")
    assert (guangxi.overlap_days, guangxi.start) == (10, date(2026, 6, 1))
    assert province("chongqing").overlap_days == 7
    big = Problem((Village("V", "村", "乡", "lifted", unstable=220),), (), (), yunnan)
    assert big.posts(big.villages[0]) == 5
    with pytest.raises(KeyError):
        province("atlantis")
    with pytest.raises(ValueError, match="salary"):
        province("yunnan", salary=1)


def test_bounds_hold_for_every_plan_that_keeps_the_rules() -> None:
    rng = np.random.default_rng(1)
    for seed in range(20):
        problem = make(
            seed,
            villages=4,
            posts=2,
            people=12,
            order=("empty", "continuity", "skills", "green", "weak", "other", "far"),
        )
        field = Field(problem)
        bounds = bounds_of(field)
        for _ in range(30):
            assignment = np.where(field.fixed >= 0, field.fixed, -1)
            for i in rng.permutation(len(problem.people)):
                options = np.flatnonzero(field.eligible[i])
                if field.fixed[i] < 0 and len(options):
                    assignment[i] = rng.choice(options)
                    if field.broken(assignment):
                        assignment[i] = -1
            values = field.measure(assignment)
            assert values["empty"] >= bounds["empty"]
            assert values["green"] >= bounds["green"]
            assert values["weak"] >= bounds["weak"]
            assert values["weak"] + values["other"] >= bounds["both"]
            assert values["continuity"] <= bounds["continuity"]
            assert values["skills"] <= bounds["skills"]


def test_plans_survive_their_file_and_the_module_is_a_planner() -> None:
    import yanzhen.planning.rotation as module

    planner: Planner[Problem, Posting] = module
    problem = make(1)
    plan = planner.solve(problem, SHORT, 4)
    assert load_plan(plan.dumps(), Posting) == plan


def test_cancelled_at_once_still_gives_a_plan_that_holds() -> None:
    import threading

    stop = threading.Event()
    stop.set()
    problem = make(2, villages=10, posts=3, people=50)
    plan = solve(problem, Limits(seconds=20, cancel=stop))
    assert check(problem, plan) == ()


def test_command_writes_everything(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from yanzhen.planning.rotation.cli import app

    example = Path(__file__).parents[3] / "examples" / "planning" / "rotation"
    files = [str(example / "villages.csv"), str(example / "people.csv")]
    more = [
        "--terms",
        str(example / "terms.csv"),
        "--units",
        str(example / "units.csv"),
        "--locks",
        str(example / "locks.csv"),
    ]
    options = ["--province", "yunnan", "--months", "2026-05,2026-06,2026-07", "--seconds", "4", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, ["solve", *files, *more, *options])
    assert done.exit_code == 0, done.output
    assert {p.name for p in tmp_path.iterdir()} == {"plan.json", "report.html", "postings.xlsx", "postings.docx"}
    judged = CliRunner().invoke(app, ["check", *files, str(tmp_path / "plan.json"), *more])
    assert judged.exit_code == 0, judged.output
    data = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    first = next(line for line in data["lines"] if line["role"] == "first" and not line["stays"])
    first["role"] = "member"
    (tmp_path / "edited.json").write_text(json.dumps(data), encoding="utf-8")
    assert CliRunner().invoke(app, ["check", *files, str(tmp_path / "edited.json"), *more]).exit_code == 3
    (tmp_path / "bad.csv").write_text(
        "人员编号,姓名,性别,出生日期,派出单位\nR1,王一,中,1990-01-01,县委办\nR1,李二,男,九〇年,县委办\n",
        encoding="utf-8",
    )
    refused_ = CliRunner().invoke(app, ["solve", files[0], str(tmp_path / "bad.csv"), "--out", str(tmp_path / "none")])
    assert refused_.exit_code == 1
    assert {p.name for p in (tmp_path / "none").iterdir()} == {"problems-bad.csv"}
    assert CliRunner().invoke(app, ["solve", *files, "--province", "atlantis"]).exit_code == 1


def test_rules_of_a_province_can_be_changed_by_a_signed_file() -> None:
    assert replace(Parameters(), signed_by="组织部").signed_by == "组织部"
    problem = make(4, signed_by="组织部")
    assert solve(problem, SHORT).signed_by == "组织部"
