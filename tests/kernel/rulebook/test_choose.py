"""Choosing the value that holds, making room, typing values: the pure part."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.rulebook.domain import (
    Rule,
    Stated,
    canonical_dims,
    check,
    check_dates,
    check_dims,
    choose,
    dump,
    load,
    make_room,
    parse,
    typed,
)

DAY = date(2026, 6, 15)
CHAIN = (1, 2, 3, 4)
RULE = Rule("t.days", "天数", "int", 7, "天", "依据", "default", dims=("category", "urgency"), minimum=0, maximum=400)
DAYS = st.integers(0, 12).map(lambda n: DAY + timedelta(days=n))
DIMS = st.fixed_dictionaries({}, optional={"category": st.sampled_from("ab"), "urgency": st.sampled_from("xy")})


@st.composite
def values(draw: st.DrawFn) -> list[Stated]:
    """Up to eight stated values at units in and beside the chain."""
    rows = []
    for row_id in range(draw(st.integers(0, 8))):
        start = draw(DAYS)
        end = draw(st.none() | st.integers(1, 9).map(lambda n, start=start: start + timedelta(days=n)))
        rows.append(
            Stated(
                draw(st.integers(1, 6)), canonical_dims(draw(DIMS)), draw(st.integers(0, 99)), "文", start, end, row_id
            )
        )
    return rows


def applies(row: Stated, on: date, dims: dict[str, str]) -> bool:
    import json

    runs = row.valid_from <= on and (row.valid_to is None or on < row.valid_to)
    return runs and all(dims.get(key) == value for key, value in json.loads(row.dims).items())


@given(values(), DAYS, DIMS)
def test_the_nearest_unit_wins_and_only_what_applies(rows: list[Stated], on: date, dims: dict[str, str]) -> None:
    held = choose(RULE, rows, CHAIN, on, dims)
    fitting = [row for row in rows if row.unit_id in CHAIN and applies(row, on, dims)]
    if not fitting:
        assert (held.value, held.unit_id, held.row_id) == (7, None, None)
        return
    nearest = max(CHAIN.index(row.unit_id) for row in fitting)
    here = [row for row in fitting if CHAIN.index(row.unit_id) == nearest]
    (won,) = [row for row in here if row.row_id == held.row_id]
    assert held.value == won.value
    most = max(len(row.dims) > 2 and row.dims.count(":") for row in here)
    assert won.dims.count(":") == most
    assert won.valid_from == max(row.valid_from for row in here if row.dims.count(":") == most)


@given(values(), DAYS, DIMS)
def test_the_order_of_rows_does_not_matter(rows: list[Stated], on: date, dims: dict[str, str]) -> None:
    assert choose(RULE, rows, CHAIN, on, dims) == choose(RULE, rows[::-1], CHAIN, on, dims)


@given(values(), DAYS, DIMS)
def test_what_lies_outside_the_chain_changes_nothing(rows: list[Stated], on: date, dims: dict[str, str]) -> None:
    inside = [row for row in rows if row.unit_id in CHAIN]
    assert choose(RULE, rows, CHAIN, on, dims) == choose(RULE, inside, CHAIN, on, dims)


@given(st.lists(st.tuples(DAYS, st.none() | st.integers(1, 9), st.integers(0, 99)), max_size=7))
def test_approvals_one_after_another_leave_one_value_a_day(steps: list[tuple[date, int | None, int]]) -> None:
    """Each approval holds on its own days; on all other days what held before still holds."""
    rows: list[Stated] = []
    expected: dict[date, int] = {}
    horizon = [DAY + timedelta(days=n) for n in range(40)]
    next_id = 1
    for start, length, value in steps:
        end = start + timedelta(days=length) if length else None
        by_id = {row.row_id: row for row in rows}
        for cut in make_room(rows, start, end):
            old = by_id[cut.row_id]
            if cut.resumes is not None:
                rows.append(Stated(1, "{}", old.value, "", cut.resumes, old.valid_to, next_id))
                next_id += 1
            rows[rows.index(old)] = Stated(1, "{}", old.value, "", old.valid_from, cut.until, old.row_id)
        rows.append(Stated(1, "{}", value, "", start, end, next_id))
        next_id += 1
        expected.update({day: value for day in horizon if start <= day and (end is None or day < end)})
        for day in horizon:
            running = [row for row in rows if applies(row, day, {})]
            assert len(running) == (1 if day in expected else 0)
            assert choose(RULE, rows, (1,), day, {}).value == expected.get(day, 7)


def rule(type: str, **more: Any) -> Rule:
    return Rule("t.r", "试", type, None, "", "依据", "default", **more)  # type: ignore[arg-type]


TYPED = st.one_of(
    st.tuples(st.just("int"), st.integers(-(10**14), 10**14)),
    st.tuples(st.just("decimal"), st.decimals(allow_nan=False, allow_infinity=False, places=4)),
    st.tuples(st.just("bool"), st.booleans()),
    st.tuples(st.just("text"), st.text(min_size=1).map(str.strip).filter(bool)),
    st.tuples(st.just("time"), st.times().map(lambda t: f"{t:%H:%M}")),
    st.tuples(st.just("list"), st.lists(st.text("甲乙abc1", min_size=1))),
    st.tuples(st.just("table"), st.dictionaries(st.text(min_size=1), st.integers(), min_size=1)),
)


@given(TYPED)
def test_values_survive_typing_and_storing(pair: tuple[str, Any]) -> None:
    kind, value = pair
    one = rule(kind)
    assert load(one, dump(one, value)) == value
    assert parse(one, typed(one, value)) == value


@pytest.mark.parametrize(("one", "text"), [
    (rule("int"), "三天"), (rule("int"), "1.5"), (rule("int", minimum=1), "0"), (rule("int", maximum=9), "10"),
    (rule("decimal"), "NaN"), (rule("decimal"), "abc"), (rule("decimal", maximum=1), "1.01"), (rule("bool"), "maybe"),
    (rule("text"), " "), (rule("text", choices=("a", "b")), "c"), (rule("list", choices=("a",)), "a\nb"),
    (rule("time"), "25:00"), (rule("time"), "8:00"), (rule("table"), "{"), (rule("table"), "[]"), (rule("table"), "3"),
])  # fmt: skip
def test_wrong_values_are_refused(one: Rule, text: str) -> None:
    with pytest.raises(DomainError) as caught:
        parse(one, text)
    assert caught.value.field == "value"
    assert "{" not in caught.value.message


def test_words_and_numbers() -> None:
    assert parse(rule("bool"), "是") is True
    assert parse(rule("list", choices=(1, 2)), "1\n2") == [1, 2]
    assert parse(rule("decimal"), "0.85") == Decimal("0.85")
    with pytest.raises(DomainError):
        check(rule("int"), True)


def test_dimensions_must_be_the_rules_own() -> None:
    assert check_dims(RULE, {"urgency": "x", "category": ""}) == '{"urgency":"x"}'
    with pytest.raises(DomainError):
        check_dims(RULE, {"weather": "rain"})


@pytest.mark.parametrize(("start", "end", "backdate", "fine"), [
    (0, None, 0, True), (30, 60, 0, True), (-1, None, 0, False), (-1, None, 31, True), (-32, None, 31, False),
    (5, 5, 0, False), (-20, -10, 31, False), (-20, 0, 31, False), (-20, 1, 31, True),
])  # fmt: skip
def test_the_past_is_not_rewritten(start: int, end: int | None, backdate: int, fine: bool) -> None:
    dates = DAY + timedelta(days=start), None if end is None else DAY + timedelta(days=end)
    if fine:
        check_dates(*dates, today=DAY, backdate=backdate)
        return
    with pytest.raises(DomainError):
        check_dates(*dates, today=DAY, backdate=backdate)
