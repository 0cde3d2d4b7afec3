"""A draw that anybody can check: the script agrees, nobody is favoured, the rest and the term are kept, faults are caught."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from yanzhen.planning import draws
from yanzhen.planning.draws import Problem, Village
from yanzhen.planning.draws.cli import app
from yanzhen.planning.draws.plan import months_between, pool_of
from yanzhen.planning.draws.report import report
from yanzhen.planning.kernel import Limits, Lock, Planner, ProblemError, load_plan

DAY = date(2026, 11, 20)
TERM = date(2026, 1, 1)
EXAMPLE = Path(__file__).parents[3] / "examples" / "planning" / "draws"

days = st.none() | st.dates(date(2024, 1, 1), DAY)
lists = st.lists(st.tuples(st.sampled_from("甲乙丙"), days), min_size=3, max_size=40)


def village(i: int, stratum: str = "甲", last: date | None = None) -> Village:
    return Village(f"v{i:03d}", f"村{i}", stratum, last)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    rows = tuple(village(i, stratum, last) for i, (stratum, last) in enumerate(draw(lists)))
    count = draw(st.integers(1, len(rows)))
    forbid = draw(st.sets(st.integers(0, len(rows) - 1), max_size=2))
    fix = draw(st.sets(st.integers(0, len(rows) - 1), max_size=2)) - forbid
    locks = [Lock("forbid", f"v{i:03d}", reason="汛期") for i in sorted(forbid)] + [
        Lock("fix", f"v{i:03d}") for i in sorted(fix)
    ]
    return Problem(
        rows,
        count,
        DAY,
        draw(st.integers(0, 18)),
        draw(st.sampled_from((None, TERM))),
        draw(st.integers(1, 6)),
        lottery=draw(st.text("0123456789", min_size=1, max_size=6)),
        locks=tuple(locks),
    )


@settings(max_examples=120, deadline=None)
@given(problems())
def test_every_rule_holds_in_every_draw(problem: Problem) -> None:
    plan = draws.solve(problem)
    assert draws.check(problem, plan) == ()
    drawn = [line for line in plan.lines if line.drawn]
    owed = {item.name: item for item in draws.strata(problem)}
    for line in drawn:
        assert line.pool in ("due", "free")
        one = next(item for item in problem.villages if item.code == line.key)
        assert one.last is None or months_between(one.last, DAY) >= problem.rest_months
    counts = Counter(line.stratum for line in drawn)
    due = Counter(line.stratum for line in drawn if line.pool == "due")
    for name, item in owed.items():
        assert counts[name] == min(item.quota, item.due + item.free)
        assert due[name] >= item.must
    assert not owed or sum(item.quota for item in owed.values()) >= problem.count
    assert not {lock.subject for lock in problem.locks} & {line.key for line in drawn}
    expected = sum(line.chance for line in plan.lines if line.pool in ("due", "free"))
    assert expected == pytest.approx(len(drawn), abs=1e-4)  # chances before the draw add up to the places
    backwards = replace(problem, villages=problem.villages[::-1])
    assert draws.solve(backwards).digest == plan.digest
    enough = bool(owed) and all(item.due + item.free >= item.quota for item in owed.values())
    assert draws.relax(problem).fits is enough


def test_the_printed_script_draws_the_same(tmp_path: Path) -> None:
    rows = tuple(village(i, "甲乙丙"[i % 3], None if i % 4 else date(2026, 1 + i % 9, 3)) for i in range(50))
    problem = Problem(rows, 14, DAY, 6, TERM, 3, lottery="08-14-22", secret="春风")
    plan = draws.solve(problem)
    listed, script = tmp_path / "名单.csv", tmp_path / "check_draw.py"
    listed.write_text(draws.published(problem), encoding="utf-8")
    script.write_text(draws.SCRIPT, encoding="utf-8")
    said = subprocess.run(
        [sys.executable, str(script), str(listed), problem.seed_text],
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "utf-8"},
        timeout=60,
    ).stdout.decode()
    codes = [line.split("\t")[1] for line in said.splitlines()]
    assert set(codes) == {line.key for line in plan.lines if line.drawn}
    assert len(draws.SCRIPT.splitlines()) <= 22


def test_nobody_is_favoured() -> None:
    rows = tuple(village(i) for i in range(30))
    counts: Counter[str] = Counter()
    for seed in range(1500):
        plan = draws.solve(Problem(rows, 10, DAY, lottery=str(seed)))
        counts.update(line.key for line in plan.lines if line.drawn)
    # 500 expected each, variance 1500 · 1/3 · 2/3; of 30 counts with a fixed sum: chi-square with 29 degrees, 99.9 % quantile 58.3
    spread = sum((counts[item.code] - 500) ** 2 for item in rows) / (1500 * 2 / 9) * 29 / 30
    assert spread < 58.3


def test_everybody_is_visited_once_a_term() -> None:
    rows = [village(i, "甲乙"[i % 2]) for i in range(37)]
    days_ = [date(2026, 2, 10), date(2026, 5, 10), date(2026, 8, 10), date(2026, 11, 10)]
    for left, day in zip((4, 3, 2, 1), days_, strict=True):
        plan = draws.solve(Problem(tuple(rows), 6, day, 2, TERM, left, lottery=f"{day}"))
        drawn = {line.key for line in plan.lines if line.drawn}
        rows = [replace(item, last=day) if item.code in drawn else item for item in rows]
    assert all(item.last is not None for item in rows)


def test_the_rest_counts_whole_months() -> None:
    assert months_between(date(2026, 1, 31), date(2026, 2, 28)) == 0
    assert months_between(date(2025, 11, 20), DAY) == 12
    problem = Problem((village(0, last=date(2025, 11, 21)), village(1, last=date(2025, 11, 20))), 1, DAY, 12)
    assert [pool_of(problem, item)[0] for item in problem.villages] == ["rest", "free"]


def test_relax_names_the_shortest_cut() -> None:
    rows = (village(0, last=date(2026, 5, 1)), village(1, last=date(2026, 9, 1)), village(2))
    given_ = draws.relax(Problem(rows, 2, DAY, 12, lottery="1")).give_up
    assert [(item.rule, item.amount) for item in given_] == [("rest", 6.0)]
    shut = Problem((village(0), village(1)), 2, DAY, 12, lottery="1", locks=(Lock("forbid", "v001"),))
    assert draws.relax(shut).fits is False or draws.strata(shut)[0].size == 1


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"secret": "s", "commitment": "0" * 64}, "commitment"),
        ({"secret": "s", "lottery": ""}, "lottery"),
        ({"count": 99}, "count"),
        ({"rounds_left": 0}, "rounds"),
        ({"villages": (village(0), village(0))}, "repeated"),
        ({"villages": (village(0, last=date(2027, 1, 1)),), "count": 1}, "future"),
        ({"locks": (Lock("fix", "nobody"),)}, "lock"),
        ({"locks": (Lock("fix", "v000"), Lock("forbid", "v000"))}, "lock"),
        ({"lottery": ""}, "seed"),
    ],
)
def test_wrong_input_is_refused_by_name(change: dict[str, object], rule: str) -> None:
    problem = replace(Problem((village(0), village(1)), 1, DAY, lottery="7"), **change)
    with pytest.raises(ProblemError) as caught:
        draws.solve(problem)
    assert f"draws.{rule}" in {item.rule for item in caught.value.findings}


def test_a_good_commitment_is_accepted() -> None:
    secret = "春风"
    problem = Problem(
        (village(0), village(1)),
        1,
        DAY,
        lottery="7",
        secret=secret,
        commitment=hashlib.sha256(secret.encode()).hexdigest(),
    )
    assert draws.check(problem, draws.solve(problem)) == ()


def test_check_catches_a_changed_draw() -> None:
    planner: Planner[Problem, draws.Ticket] = draws
    rows = tuple(village(i) for i in range(12))
    problem = Problem(rows, 4, DAY, lottery="3")
    plan = planner.solve(problem, Limits(), 0)
    swapped = tuple(
        replace(line, drawn=not line.drawn)
        if i in (0, next(k for k, x in enumerate(plan.lines) if x.drawn != plan.lines[0].drawn))
        else line
        for i, line in enumerate(plan.lines)
    )
    rules = {item.rule for item in draws.check(problem, replace(plan, lines=swapped))}
    assert "draws.drawn" in rules
    forged = replace(
        plan, lines=tuple(replace(line, ticket="0" * 64) if i == 3 else line for i, line in enumerate(plan.lines))
    )
    assert "draws.ticket" in {item.rule for item in draws.check(problem, forged)}
    other_seed = replace(problem, lottery="4")
    assert "draws.seed" in {item.rule for item in draws.check(other_seed, plan)}
    assert planner.diff(plan, plan).empty
    assert "签号" in planner.explain(problem, plan, "v000").say("zh")
    assert load_plan(plan.dumps(), draws.Ticket).digest == plan.digest


def test_quota_follows_size_and_leaves_none_out() -> None:
    rows = tuple(village(i, "甲" if i < 90 else "乙" if i < 98 else "丙") for i in range(100))
    quotas = {item.name: item.quota for item in draws.strata(Problem(rows, 10, DAY, lottery="1"))}
    assert quotas == {"甲": 8, "乙": 1, "丙": 1}


def test_named_villages_stand_apart_in_the_report() -> None:
    problem = Problem(
        tuple(village(i) for i in range(6)), 2, DAY, lottery="1", locks=(Lock("fix", "v003", reason="群众反映"),)
    )
    plan = draws.solve(problem)
    page = report(problem, plan, findings=draws.check(problem, plan)).html()
    assert "群众反映" in page
    assert "hashlib.sha256" in page
    assert plan.line("v003").choice == "named"


def test_the_command(tmp_path: Path) -> None:
    run = CliRunner()
    common = [
        str(EXAMPLE / "villages.csv"),
        "--count",
        "12",
        "--on",
        "2026-11-20",
        "--term",
        "2024-01-01",
        "--rounds-left",
        "8",
        "--out",
        str(tmp_path),
    ]
    first = run.invoke(app, ["publish", *common, "--secret", "春风"])
    assert first.exit_code == 0, first.output
    before = (tmp_path / "published.csv").read_bytes()
    committed = hashlib.sha256("春风".encode()).hexdigest()
    assert committed in first.output
    done = run.invoke(
        app, ["solve", *common, "--secret", "春风", "--commitment", committed, "--lottery", "03-08-14-22-27-31+09"]
    )
    assert done.exit_code == 0, done.output
    assert (tmp_path / "published.csv").read_bytes() == before  # what was drawn from is what was published
    files = [str(tmp_path / "published.csv"), str(tmp_path / "plan.json")]
    assert run.invoke(app, ["verify", *files]).exit_code == 0
    assert run.invoke(app, ["verify", *files, "--seed", "other"]).exit_code == 3
    assert run.invoke(app, ["explain", files[1], "530100000", "--lang", "en"]).exit_code == 0
    assert run.invoke(app, ["explain", files[1], "x"]).exit_code == 1
    bad = run.invoke(app, ["solve", *common, "--secret", "夏雨", "--commitment", committed, "--lottery", "1"])
    assert bad.exit_code == 1
