"""Every rule of the field in every plan; the same plan whatever the order of rows; small cases against every possible drawing."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import yanzhen.planning.grids as grids
from tests.planning.grids.worlds import CODE, SMALL, grids_of, hamlet, shuffled, world
from yanzhen.planning.grids import Home, Layer, Place, Problem, Scheme, Village, check, explain, relax, solve
from yanzhen.planning.kernel import Limits, Planner, ProblemError, Text, cancel_token

MICRO = replace(
    SMALL, grid=Layer(Text("网格", "Grid"), 15, 25, 40, 900, 3), micro=Layer(Text("微网格", "Micro"), 4, 8, 12, 0, 2)
)
_: Planner[Problem, Place] = sys.modules["yanzhen.planning.grids"]  # type: ignore[assignment]


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(1, 5),
    st.booleans(),
    st.sampled_from([SMALL, MICRO]),
    st.sampled_from([0.0, 0.2]),
)
def test_every_rule_holds_in_every_plan(seed: int, hamlets: int, river: bool, scheme: Scheme, several: float) -> None:
    problem = world(seed, hamlets=hamlets, river=river, scheme=scheme, several=several)
    plan = solve(problem, seed=seed, proof="none")
    assert check(problem, plan) == ()
    home = {item.id: item for item in problem.homes}
    for code, members in grids_of(plan).items():
        assert {home[key.split("#")[0]].village for key in members} == {code[:12]}
    # A group is cut only when it is larger than a grid may be.
    held: dict[tuple[str, str], set[str]] = {}
    work: dict[tuple[str, str], float] = {}
    for line in plan.lines:
        held.setdefault((line.village, home[line.home.split("#")[0]].group), set()).add(line.grid)
    for item in problem.homes:
        work[(item.village, item.group)] = work.get((item.village, item.group), 0) + item.work
    assert all(len(codes) == 1 or work[key] > scheme.grid.high for key, codes in held.items())
    values = {level.key: level.value for level in plan.levels}
    assert values["mixed"] == 0
    for level in plan.levels:
        assert level.bound is None or level.bound <= level.value + 1e-6


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_same_seed_same_plan_in_any_order_of_rows(seed: int, river: bool) -> None:
    problem = world(seed, river=river, villages=2)
    first = solve(problem, seed=7, proof="none")
    again = solve(shuffled(problem, seed + 1), seed=7, proof="none")
    assert first.digest == again.digest


def every_drawing(items: list[str]):  # type: ignore[no-untyped-def]
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for size in range(len(rest) + 1):
        for others in itertools.combinations(rest, size):
            left = [item for item in rest if item not in others]
            for parts in every_drawing(left):
                yield [[first, *others], *parts]


@pytest.mark.parametrize("seed", range(5))
def test_small_villages_reach_the_best_of_all_drawings_of_whole_hamlets(seed: int) -> None:
    """Six hamlets that all fit: every set partition of them is tried, over and short and balance compared by hand."""
    import random

    rng = random.Random(seed)
    names = "甲乙丙丁戊己"
    size = {name: rng.randint(3, 9) for name in names}
    homes = [home for turn, name in enumerate(names) for home in hamlet(name, 250 * turn, 0, size[name], rng=rng)]
    # All in one row: contiguous are exactly the intervals.
    problem = Problem(tuple(homes), (Village(CODE, "一村"),), scheme=replace(SMALL, grid=replace(SMALL.grid, radius=0)))
    plan = solve(problem, proof="none")
    low, target, high = 6, 10, 15
    best = None
    for parts in every_drawing(list(names)):
        spans = [sorted(names.index(name) for name in part) for part in parts]
        if any(span != list(range(span[0], span[-1] + 1)) for span in spans):
            continue
        load = [sum(size[name] for name in part) for part in parts]
        vector = (
            sum(max(0, item - high) for item in load),
            sum(max(0, low - item) for item in load),
            sum(abs(item - target) for item in load),
        )
        best = vector if best is None else min(best, vector)
    values = {level.key: level for level in plan.levels}
    assert (values["over"].value, values["short"].value, values["balance"].value) == best
    assert all(
        values[key].status == "optimal" for key in ("over", "mixed", "cut", "far", "short", "balance", "compact")
    )


def test_a_group_that_is_too_large_is_split_into_connected_pieces_within_the_bounds() -> None:
    homes = hamlet("大", 200, 200, 40, groups=1)
    problem = Problem(tuple(homes), (Village(CODE, "一村"),), scheme=SMALL)
    plan = solve(problem, proof="none")
    sizes = sorted(len(members) for members in grids_of(plan).values())
    assert all(6 <= size <= 15 for size in sizes)
    assert sum(sizes) == 40
    assert check(problem, plan) == ()


def test_a_small_hamlet_stands_alone_across_a_river_and_joins_over_a_bridge() -> None:
    problem = world(1, river=True)
    y = problem.barriers[0].line.interpolate(0.3, normalized=True)
    near = [Home("n1", CODE, y.x, y.y - 60, "北1组", "北"), Home("n2", CODE, y.x + 5, y.y - 50, "北1组", "北")]
    far = [Home(f"s{turn}", CODE, y.x + turn * 4, y.y + 40, "南1组", "南") for turn in range(7)]
    alone = replace(problem, homes=(*near, *far), crossings=())
    assert len(grids_of(solve(alone, proof="none"))) == 2
    bridge = replace(alone, crossings=(replace(problem.crossings[0], x=y.x, y=y.y),))
    assert len(grids_of(solve(bridge, proof="none"))) == 1


def test_an_outlying_home_stays_with_its_group_and_is_flagged() -> None:
    ring = hamlet("环", 800, 800, 14)
    inner = [Home("out", CODE, 500_800, 2_800_800, "心1组", "心")]
    core = hamlet("心", 0, 0, 9)
    plan = solve(
        Problem(
            (*ring, *inner, *core), (Village(CODE, "一村"),), scheme=replace(SMALL, grid=replace(SMALL.grid, radius=0))
        ),
        proof="none",
    )
    line = plan.line("out")
    assert line.grid == plan.line(core[0].id).grid
    assert [note.key for note in plan.notes if note.rule == "grids.scattered"] == [line.grid]


def test_contact_persons_live_in_their_group_and_never_against_their_will() -> None:
    problem = world(5, hamlets=5)
    plan = solve(problem, proof="none")
    home = {item.id: item for item in problem.homes}
    group_of = {line.home: line.contact for line in plan.lines}
    for group in plan.extra["groups"]:
        if group["person"]:
            assert group_of[group["person"]] == group["code"]
            assert home[group["person"]].willing != "no"
        else:
            assert all(home[key].willing == "no" for key, code in group_of.items() if code == group["code"])


def test_the_order_of_goals_is_the_countys() -> None:
    # Two hamlets of 8 and 5 in a row: floor first puts them together, balance first keeps them apart when the target is near 8.
    homes = (*hamlet("甲", 0, 0, 9), *hamlet("乙", 200, 0, 5))
    village = (Village(CODE, "一村"),)
    layer = replace(SMALL.grid, low=6, target=8, high=15, radius=0)
    floor = Scheme(grid=layer, contact=SMALL.contact)
    balance = replace(floor, order=("over", "mixed", "cut", "balance", "far", "short", "compact"))
    assert len(grids_of(solve(Problem(homes, village, scheme=floor), proof="none"))) == 1
    assert len(grids_of(solve(Problem(homes, village, scheme=balance), proof="none"))) == 2


def test_the_exact_proof_of_contact_groups_closes_the_gap() -> None:
    plan = solve(world(3, hamlets=3), proof="exact")
    walk = next(level for level in plan.levels if level.key == "walk")
    assert walk.bound is not None
    assert walk.gap is not None
    assert walk.gap <= 1e-3


def test_explanations_name_the_group_and_price_the_neighbours() -> None:
    problem = world(4, hamlets=5)
    plan = solve(problem, proof="none")
    why = explain(problem, plan, plan.lines[0].home)
    assert any("整组" in text.zh or "切成" in text.zh for text in why.reasons)
    assert why.alternatives
    for item in why.alternatives:
        first = next((value for value in item.price.values() if value), 0)
        assert (first <= 0) is item.allowed


def test_many_small_atoms_are_drawn_without_a_complete_list() -> None:
    homes = [home for turn in range(36) for home in hamlet(f"n{turn:02d}", 150 * (turn % 6), 150 * (turn // 6), 2)]
    scheme = Scheme(grid=Layer(Text("网格", "Grid"), 15, 24, 30, 0, 3), contact=SMALL.contact)
    problem = Problem(tuple(homes), (Village(CODE, "一村"),), scheme=scheme)
    plan = solve(problem, proof="none")
    assert check(problem, plan) == ()
    sizes = [len(members) for members in grids_of(plan).values()]
    assert max(sizes) <= 30
    assert min(sizes) >= 15
    balance = next(level for level in plan.levels if level.key == "balance")
    assert balance.bound is None or balance.bound <= balance.value


def test_a_strict_rule_that_cannot_hold_is_named_with_its_price() -> None:
    homes = (*hamlet("甲", 0, 0, 9), *hamlet("乙", 1000, 1000, 3))
    strict = replace(SMALL, strict=("short",), grid=replace(SMALL.grid, high=10, target=9))
    problem = Problem(homes, (Village(CODE, "一村"),), scheme=strict)
    assert solve(problem, proof="none").status == "infeasible"
    found = relax(problem)
    assert [item.rule for item in found.give_up] == ["short"]
    assert found.give_up[0].amount == 3
    assert relax(replace(problem, scheme=SMALL)).fits


def test_wrong_input_is_refused_before_drawing() -> None:
    problem = world(1)
    bad = replace(problem.homes[0], village="350999009999")
    with pytest.raises(ProblemError) as refused:
        solve(replace(problem, homes=(*problem.homes, bad, replace(problem.homes[1], id="x", households=0))))
    rules = {item.rule for item in refused.value.findings}
    assert rules == {"grids.home.village", "grids.home.repeated", "grids.home.number"}


def test_cancelling_keeps_the_villages_that_are_done() -> None:
    problem = world(2, villages=3)
    stop = cancel_token()
    plan = solve(problem, Limits(cancel=stop, progress=lambda step: stop.set()), proof="none")
    assert plan.status == "stopped"
    assert {line.village for line in plan.lines} == {"350999001200"}
    assert len(plan.lines) + len(plan.unmet) == len(problem.homes)
    assert check(problem, plan) == ()


def test_a_village_without_boundary_is_drawn_and_flagged() -> None:
    problem = world(6)
    bare = replace(problem, villages=(replace(problem.villages[0], boundary=None),))
    plan = solve(bare, proof="none")
    assert [note.rule for note in plan.notes if note.rule == "grids.hull"] == ["grids.hull"]
    assert check(bare, plan) == ()


def test_homes_on_one_spot_are_told_apart() -> None:
    spot = [Home(f"s{turn}", CODE, 500_100.0, 2_800_100.0, f"{turn // 8 + 1}组", "楼") for turn in range(16)]
    problem = Problem(tuple(spot), (Village(CODE, "一村"),), scheme=SMALL)
    plan = solve(problem, proof="none")
    assert check(problem, plan) == ()
    assert sorted(len(members) for members in grids_of(plan).values()) == [8, 8]


def test_the_planner_keeps_the_contract() -> None:
    assert {"NAME", "TITLE", "solve", "explain", "diff", "check", "relax"} <= set(dir(grids))
