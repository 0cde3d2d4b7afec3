"""Talent matching: every rule in every plan, the proven optimum, locks, least change, prices, stability, what to give up."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from tests.planning.matching_world import allowed, best_by_trying, county, line, some_locks, vector
from yanzhen.planning import matching
from yanzhen.planning.kernel import Limits, Lock, Planner, ProblemError, cancel_token, load_plan
from yanzhen.planning.matching import Need, Pairing, Problem, Rules, Specialist, check, diff, explain, relax, solve
from yanzhen.planning.matching import pairs as pairs_module
from yanzhen.planning.matching.explaining import ask, price_words, prices, shadow_prices
from yanzhen.planning.matching.pairs import Field
from yanzhen.planning.matching.rules import Known, fit_of
from yanzhen.planning.matching.stable import compare_stable

SEEDS = st.integers(0, 10**6)
quick = settings(max_examples=25, deadline=None)


def test_the_module_is_a_planner() -> None:
    planner: Planner[Problem, Pairing] = matching  # type: ignore[assignment]
    assert planner.NAME == "matching"


# -- rules -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("have", "want", "fit"),
    [
        ("2103010", "2103010", 3), ("2103020", "2103010", 2), ("21040", "2103010", 1), ("23020", "2103010", 0),
        ("21030", "2103010", 2), ("2103010", "21030", 3), ("21040", "210", 3), ("210", "2103010", 1), ("55020", "", 3),
    ],
)  # fmt: skip
def test_fit_follows_the_levels_of_the_subject_code(have: str, want: str, fit: int) -> None:
    assert fit_of(have, want) == fit


def test_related_subjects_count_as_the_first_level() -> None:
    assert fit_of("18051", "210", (("180", "210"),)) == 1
    assert fit_of("2103010", "180", (("180", "210"),)) == 1


@quick
@given(SEEDS)
def test_columns_and_plain_rules_agree_on_every_pair(seed: int) -> None:
    problem = county(seed, 12, 12, villages=6, max_minutes=random.Random(seed).choice([0, 60]))
    found, complete = Field(problem).candidates(4, frozenset())
    assert complete
    field, known = Field(problem), Known(problem)
    ids = {(problem.needs[i].id, problem.specialists[j].id) for i, j in zip(found.need, found.specialist, strict=True)}
    assert ids == set(allowed(problem))
    for place, (i, j) in enumerate(zip(found.need.tolist(), found.specialist.tolist(), strict=True)):
        need, one = problem.needs[i], problem.specialists[j]
        real = line(problem, need.id, 1, one.id)
        assert (found.fit[place], found.coop[place], found.minutes[place]) == (real.fit, real.coop, real.minutes)
        assert known.minutes(one, need) == field.minutes(np.array([i]), np.array([j]))[0]


# -- the plan --------------------------------------------------------------------------------------------------------------------


@quick
@given(SEEDS)
def test_every_rule_holds_and_the_plan_is_the_best_there_is(seed: int) -> None:
    problem = county(seed, 5, 5)
    plan = solve(problem)
    assert not check(problem, plan)
    assert vector(problem, list(plan.lines)) == best_by_trying(problem)
    assert plan.status == "optimal"
    assert all(level.gap == 0 for level in plan.levels)


@quick
@given(SEEDS, st.permutations(["township", "village", "filled", "coop", "fit", "near"]))
def test_any_order_of_goals_is_kept(seed: int, order: list[str]) -> None:
    if order.index("near") < order.index("filled"):
        with pytest.raises(ProblemError):
            solve(county(seed, order=tuple(order)))
        return
    problem = county(seed, 5, 5, order=tuple(order))
    plan = solve(problem)
    assert vector(problem, list(plan.lines)) == best_by_trying(problem)
    assert [level.key for level in plan.levels] == order


@quick
@given(SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(seed: int, rng: random.Random) -> None:
    problem = county(seed, 12, 14, villages=6)
    mixed = {}
    for name in ("specialists", "needs", "cooperations", "exclusions", "travel"):
        rows = list(getattr(problem, name))
        rng.shuffle(rows)
        mixed[name] = tuple(rows)
    again = solve(Problem(**mixed, rules=problem.rules))
    first = solve(problem)
    assert again.lines == first.lines
    assert again.digest == first.digest
    assert solve(problem, seed=first.seed).digest == first.digest


def test_another_seed_breaks_ties_otherwise_at_the_same_goals() -> None:
    ones = tuple(Specialist(f"s{i}", f"专家{i}", specialities=("210",)) for i in range(8))
    needs = tuple(Need(f"n{i}", f"村{i}", "乡", speciality="210") for i in range(4))
    problem = Problem(ones, needs)
    plans = [solve(problem, seed=seed) for seed in range(4)]
    assert len({tuple(item.specialist for item in plan.lines) for plan in plans}) > 1
    assert len({tuple(level.value for level in plan.levels) for plan in plans}) == 1


@quick
@given(SEEDS)
def test_pruned_pairs_are_priced_until_nothing_is_lost(seed: int) -> None:
    """With one nearest specialist a need and few far ones to begin with, the certificate has to bring back what matters."""
    problem = county(seed, 25, 25, villages=12, townships=4)
    whole = solve(problem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs_module, "ALL_PAIRS", 0)
        patch.setattr(pairs_module, "FAR_PAIRS", 1)
        patch.setattr(pairs_module, "SHARE", (0.0, 0.0, 0.0, 0.0))
        pruned = solve(problem)
    assert pruned.extra["certified"]
    assert pruned.lines == whole.lines
    assert pruned.levels == whole.levels


def test_equal_to_sparse_lapjv_on_all_levels() -> None:
    """Composite weights in SciPy's LAPJVsp, capacity copies, a dummy for each need: the same vector."""
    problem = county(11, 40, 60, rich=False, villages=60, townships=8, order=("filled", "coop", "fit", "near"))
    needs = tuple(replace(need, quantity=1) for need in problem.needs)
    problem = replace(problem, needs=needs)
    plan = solve(problem)
    copies = [(one.id, k) for one in problem.specialists for k in range(one.capacity)]
    at = {copy: i for i, copy in enumerate(copies)}
    rows, columns, weights = [], [], []
    for i, need in enumerate(problem.needs):
        rows.append(i)
        columns.append(len(copies) + i)
        weights.append(1e12)
        for one in problem.specialists:
            if Known(problem).refusals(one, need):
                continue
            pair = line(problem, need.id, 1, one.id)
            for k in range(one.capacity):
                rows.append(i)
                columns.append(at[one.id, k])
                weights.append(1e6 + 1e9 - pair.coop * 1e8 - pair.fit * 1e6 + pair.minutes)
    table = coo_matrix((weights, (rows, columns)), shape=(len(needs), len(copies) + len(needs))).tocsr()
    picked = dict(zip(*min_weight_full_bipartite_matching(table), strict=True))
    lines = [line(problem, problem.needs[i].id, 1, copies[j][0]) for i, j in picked.items() if j < len(copies)]
    assert vector(problem, lines) == vector(problem, list(plan.lines))


# -- locks and least change ------------------------------------------------------------------------------------------------------


@quick
@given(SEEDS)
def test_locks_are_never_moved(seed: int) -> None:
    problem = county(seed, 5, 5)
    locks = some_locks(problem, allowed(problem), seed)
    problem = replace(problem, locks=locks)
    plan = solve(problem)
    pairs = {(item.need, item.specialist) for item in plan.lines}
    for lock in locks:
        assert ((lock.subject, lock.object) in pairs) == (lock.kind == "fix")
    assert not check(problem, plan)
    assert vector(problem, list(plan.lines)) == best_by_trying(problem)


@quick
@given(SEEDS)
def test_a_run_without_changes_changes_nothing(seed: int) -> None:
    problem = county(seed, 10, 10, villages=6)
    first = solve(problem)
    again = solve(replace(problem, previous=first.lines))
    assert diff(again, first).empty


@quick
@given(SEEDS)
def test_a_frozen_township_stays_and_the_rest_is_best(seed: int) -> None:
    problem = county(seed, 6, 5)
    first = solve(problem)
    ones = problem.specialists[1:]
    gone = problem.specialists[0].id
    later = replace(problem, specialists=ones, previous=first.lines, locks=(Lock("freeze", "乡0"),))
    plan = solve(later)
    before = {
        (item.need, item.specialist)
        for item in first.lines
        if later.need_of[item.need].township == "乡0" and item.specialist != gone
    }
    after = {(item.need, item.specialist) for item in plan.lines if later.need_of[item.need].township == "乡0"}
    assert after == before
    assert not check(later, plan)
    assert vector(later, list(plan.lines)) == best_by_trying(later)


def test_keeping_goes_before_distance_and_after_fit() -> None:
    problem = county(3, 14, 16, villages=8)
    first = solve(problem)
    without = replace(
        problem, specialists=tuple(one for one in problem.specialists if one.id != first.lines[0].specialist)
    )
    fresh = solve(without)
    kept = solve(replace(without, previous=first.lines))
    assert [level.value for level in kept.levels[:5]] == [level.value for level in fresh.levels[:5]]
    assert len(diff(kept, first).changes) <= len(diff(fresh, first).changes)


@pytest.mark.parametrize(
    ("locks", "rule"),
    [
        ((Lock("fix", "n0", "nobody"),), "matching.lock.unknown"),
        ((Lock("fix", "n0", "other"),), "matching.lock.rule"),
        ((Lock("fix", "n0", "s0"), Lock("forbid", "n0", "s0")), "matching.lock.rule"),
        ((Lock("fix", "n0", "s0"), Lock("fix", "n1", "s0")), "matching.lock.capacity"),
        ((Lock("fix", "n0", "s0"), Lock("fix", "n0", "s1")), "matching.lock.quantity"),
        ((Lock("fix", "n2", "s2"), Lock("fix", "n3", "s2")), "matching.lock.season"),
    ],
)
def test_locks_that_contradict_are_refused_by_name(locks: tuple[Lock, ...], rule: str) -> None:
    ones = (
        Specialist("s0", "甲", specialities=("210",)),
        Specialist("s1", "乙", specialities=("210",)),
        Specialist("s2", "丙", specialities=("210",), capacity=3, seasons=(("春", 1),)),
        Specialist("other", "丁", specialities=("550",)),
    )
    needs = tuple(Need(f"n{i}", "村", "乡", speciality="210", season="春" if i > 1 else "") for i in range(4))
    problem = Problem(ones, needs, locks=locks)
    with pytest.raises(ProblemError) as caught:
        solve(problem)
    assert rule in {item.rule for item in caught.value.findings}
    assert relax(problem).give_up[0].rule.startswith("lock.")
    assert len(relax(problem).give_up) == 1


# -- check ---------------------------------------------------------------------------------------------------------------------


def plant(problem: Problem, lines: tuple[Pairing, ...]) -> set[str]:
    """Rules that the check finds broken in edited lines."""
    plan = replace(solve(problem), lines=lines)
    return {item.rule for item in check(problem, plan)}


def test_check_catches_every_planted_fault() -> None:
    ones = (
        Specialist("a", "甲", "农大", ("210",), 1, (), ("壮语",), (), True, 110.0, 25.0),
        Specialist("b", "乙", "农大", ("550",), 2, (("春", 1),), (), (), True, 110.0, 25.0),
        Specialist("c", "丙", "林大", ("210",), 2, (("秋", 2),), (), ("别县",), True, 110.0, 25.0),
        Specialist("d", "丁", "", ("210",), 1, (), (), (), False, 110.0, 25.0),
        Specialist("e", "戊", "", ("210",), 3, (("春", 1),), ("瑶语",), (), True, 112.0, 25.0),
    )
    needs = tuple(
        Need(
            f"n{i}",
            f"村{i}",
            f"乡{i % 2}",
            "县",
            "210",
            1,
            "春" if i == 2 or i == 3 else "",
            ("壮语",) if i == 1 else (),
            110.1,
            25.0,
        )
        for i in range(4)
    )
    apart = (matching.Exclusion("农大", "村3", "回避"),)
    problem = Problem(ones, needs, exclusions=apart, locks=(Lock("forbid", "n0", "e"),), rules=Rules(max_minutes=120))

    def pair(need: str, one: str, slot: int = 1) -> Pairing:
        return line(problem, need, slot, one)

    faults = {
        "matching.consent": (pair("n0", "d"),),
        "matching.area": (pair("n0", "c"),),
        "matching.excluded": (pair("n3", "a"),),
        "matching.forbidden": (pair("n0", "e"),),
        "matching.speciality": (pair("n0", "b"),),
        "matching.season": (pair("n2", "c"),),
        "matching.language": (pair("n1", "e"),),
        "matching.distance": (pair("n1", "e"),),
        "matching.capacity": (pair("n0", "a"), pair("n1", "a")),
        "matching.season_capacity": (pair("n2", "e"), pair("n3", "e")),
        "matching.quantity": (pair("n0", "a"), pair("n0", "b", 2)),
        "matching.twice": (pair("n0", "a"), pair("n0", "a", 2)),
        "matching.slot": (pair("n0", "a", 2),),
        "matching.figures": (replace(pair("n0", "a"), minutes=1),),
        "matching.unknown": (replace(pair("n0", "a"), need="n9"),),
        "matching.levels": (),
    }
    for rule, lines in faults.items():
        assert rule in plant(problem, lines), rule
    assert plant(problem, solve(problem).lines) == set()
    locked = replace(problem, locks=(Lock("fix", "n0", "a"),))
    assert "matching.lock_fix" in plant(locked, (pair("n1", "a"),))
    frozen = replace(problem, previous=(pair("n0", "a"),), locks=(Lock("freeze", "县"),))
    assert {"matching.lock_freeze"} <= plant(frozen, (pair("n1", "a"),))
    based = replace(
        problem,
        specialists=(*ones[:4], replace(ones[4], seasons=(), lon=110.0)),
        locks=(),
        rules=Rules(one_base="township"),
    )
    assert "matching.one_base" in plant(based, (line(based, "n0", 1, "e"), line(based, "n3", 1, "e")))


def test_input_errors_are_all_listed_before_solving() -> None:
    problem = Problem(
        (Specialist("s", "甲", specialities=("21",), capacity=-1), Specialist("s", "乙", lon=1.0)),
        (Need("n", "", "乡", speciality="x", quantity=0),),
        rules=Rules(order=("near", "filled", "what"), speed_kmh=0),
    )
    with pytest.raises(ProblemError) as caught:
        solve(problem)
    rules = {item.rule for item in caught.value.findings}
    assert {
        "matching.specialist.repeated", "matching.specialist.code", "matching.specialist.capacity", "matching.specialist.point",
        "matching.need.code", "matching.need.quantity", "matching.need.place", "matching.rules.order", "matching.rules.near", "matching.rules.numbers",
    } <= rules  # fmt: skip


# -- reasons ---------------------------------------------------------------------------------------------------------------------


def dearer(problem: Problem, lock: Lock, base: tuple[int, ...]) -> tuple[int, ...]:
    """What a lock costs, by solving again."""
    again = solve(replace(problem, locks=(lock,)))
    return tuple(after - before for after, before in zip(vector(problem, list(again.lines)), base, strict=True))


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_prices_are_exactly_those_of_solving_again(seed: int) -> None:
    problem = county(seed, 8, 8, villages=5)
    plan = solve(problem)
    network, base = prices(problem, plan), vector(problem, list(plan.lines))
    for item in plan.lines:
        assert network.without(item) == dearer(problem, Lock("forbid", item.need, item.specialist), base)
    taken = {(item.need, item.specialist) for item in plan.lines}
    for need, one in sorted(set(allowed(problem)) - taken)[:12]:
        (found,) = network.giving(network.field.need_at[need], 1, only=network.field.specialist_at[one])
        assert found[1] == dearer(problem, Lock("fix", need, one), base)


def test_one_more_specialist_brings_what_the_shadow_price_says() -> None:
    problem = county(5, 6, 14, rich=False, villages=8, order=("township", "village", "filled", "coop", "fit"))
    plan = solve(problem)
    rows = shadow_prices(problem, plan)
    assert rows
    network = prices(problem, plan)
    for code, _, words in rows:
        richer = replace(
            problem,
            specialists=(*problem.specialists, Specialist("zz", "新来", specialities=(code,) if code else ("999",))),
        )
        gain = tuple(
            b - a
            for a, b in zip(vector(problem, list(plan.lines)), vector(richer, list(solve(richer).lines)), strict=True)
        )
        assert network.one_more(code) == gain
        assert words == price_words(problem.order, gain)


def test_reasons_in_both_languages() -> None:
    problem = county(8, 8, 10, villages=6)
    plan = solve(problem)
    for key in (plan.lines[0].key, plan.unmet[0]):
        answer = explain(problem, plan, key)
        assert answer.say("zh")
        assert answer.say("en")
        assert len(answer.alternatives) <= 2
    with pytest.raises(KeyError):
        explain(problem, plan, "n0#9")
    need = problem.need_of[plan.lines[0].need]
    refused = next(one for one in problem.specialists if Known(problem).refusals(one, need))
    assert not ask(problem, plan, need.id, refused.id).alternatives[0].allowed
    assert "方案正是这样" in ask(problem, plan, need.id, plan.lines[0].specialist).say("zh")


# -- two sides, one base, giving up ----------------------------------------------------------------------------------------------


@quick
@given(SEEDS)
def test_the_stable_plan_has_no_blocking_pair_and_holds_the_rules(seed: int) -> None:
    problem = county(seed, 10, 10, villages=6)
    rng = random.Random(seed)
    needs = tuple(
        replace(need, wishes=tuple(rng.sample([one.id for one in problem.specialists], 3))) for need in problem.needs
    )
    ones = tuple(replace(one, wishes=tuple(rng.sample([need.id for need in needs], 3))) for one in problem.specialists)
    problem = replace(problem, needs=needs, specialists=ones)
    best = solve(problem)
    found = compare_stable(problem, best)
    assert found.blocking_stable == 0
    assert not check(problem, found.stable)
    assert vector(problem, list(best.lines)) <= vector(problem, list(found.stable.lines))
    assert found.words().zh


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_one_base_is_proven_on_small_problems(seed: int) -> None:
    problem = county(seed, 4, 5, one_base="township")
    plan = solve(problem)
    assert not check(problem, plan)
    assert vector(problem, list(plan.lines)) == best_by_trying(problem)
    assert plan.status == "optimal"


def test_one_base_by_regions_keeps_rules_and_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    from yanzhen.planning.matching import onebase

    problem = county(4, 10, 16, villages=10, townships=5, one_base="township")
    whole = solve(problem)
    monkeypatch.setattr(onebase, "WHOLE", 0)
    monkeypatch.setattr(onebase, "REGION", 30)
    plan = solve(problem, Limits(seconds=20))
    assert not check(problem, plan)
    for level, best in zip(plan.levels, whole.levels, strict=True):
        assert level.gap is None or level.gap >= 0
        if level.key == plan.levels[0].key:
            assert level.bound is not None
            assert level.bound >= best.value


@quick
@given(SEEDS)
def test_giving_up_exactly_the_named_rules_fills_the_places(seed: int) -> None:
    problem = county(seed, 6, 6)
    plan, found = solve(problem), relax(problem)
    assert found.proven
    if not plan.unmet:
        assert found.fits
    more = sum(item.amount for item in found.give_up if item.rule == "capacity")
    assert more == int(more)
    # nothing that people decided is ever on the list
    assert not {item.rule for item in found.give_up} & {"consent", "area", "excluded", "forbidden"}


def test_the_smallest_set_is_found() -> None:
    """Two open places: one costs a language, the other a place more; a dearer way over two rules is not taken."""
    ones = (
        Specialist("a", "甲", specialities=("210",), capacity=1),
        Specialist("b", "乙", specialities=("550",), languages=("壮语",), seasons=(("秋", 1),)),
    )
    needs = (
        Need("n0", "村0", "乡", speciality="210"),
        Need("n1", "村1", "乡", speciality="210"),
        Need("n2", "村2", "乡", speciality="550", languages=("瑶语",)),
    )
    found = relax(Problem(ones, needs))
    assert [item.rule for item in found.give_up] == ["capacity", "language"]
    assert found.give_up[0].text.zh == "请甲多承担 1 项"


# -- limits ----------------------------------------------------------------------------------------------------------------------


def test_cancelled_at_once_still_gives_a_plan_that_holds_the_rules() -> None:
    problem = county(9, 20, 30, villages=12)
    stop = cancel_token()
    stop.set()
    plan = solve(problem, Limits(cancel=stop))
    assert plan.status == "stopped"
    assert plan.lines
    assert not check(problem, plan)
    assert all(level.bound is None or level.bound >= level.value or level.sense == "min" for level in plan.levels)
    best = solve(problem)
    for early, proven in zip(plan.levels, best.levels, strict=True):
        if early.bound is not None:
            assert early.bound >= proven.value


def test_stopped_after_some_goals_keeps_what_was_proven() -> None:
    problem = county(9, 20, 30, villages=12)
    ticks = iter(range(10**9))
    seen: list[str] = []
    stop = cancel_token()

    def watch(progress: object) -> None:
        seen.append(progress.stage.en)  # type: ignore[attr-defined]
        if progress.stage.en == "Needs filled" and progress.best is not None:  # type: ignore[attr-defined]
            stop.set()

    plan = solve(problem, Limits(cancel=stop, progress=watch, timer=lambda: next(ticks) * 1e-6))
    best = solve(problem)
    assert [level.value for level in plan.levels[:3]] == [level.value for level in best.levels[:3]]
    assert plan.status == "stopped"
    assert not check(problem, plan)
    assert "Villages covered" in seen


def test_a_plan_can_be_read_back() -> None:
    plan = solve(county(2))
    assert load_plan(plan.dumps(), Pairing).digest == plan.digest


def test_nothing_to_do_is_no_error() -> None:
    plan = solve(Problem((), (Need("n", "村", "乡"),)))
    assert plan.unmet == ("n#1",)
    assert solve(Problem((), ())).status == "optimal"
