"""Numbers, drafts, clocks, rates, guards, admission, letters: plain rules with their examples."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.worktime.domain import BEIJING, Calendar, Stop, Warn
from yanzhen.matters.domain import admission, clock, guards, numbers, rates
from yanzhen.matters.domain.draft import Report, check, coarse, title_of
from yanzhen.matters.domain.letter import Letter, letter
from yanzhen.matters.domain.messages import moment

# --- numbers ------------------------------------------------------------------------------------------------------------


def test_a_number_reads_back_however_it_is_typed() -> None:
    made = numbers.number(date(2026, 11, 3), 123)
    assert made == f"2611-000123-{numbers.check_digit('2611000123')}"
    for typed in (made, made.replace("-", ""), f" {made} ", made.replace("-", "－"), made.replace("2611", "２６１１")):
        assert numbers.parse_number(typed) == made
    assert numbers.parse_number("hello") == ""
    assert numbers.number(date(2026, 1, 1), 12_345_678).startswith("2601-12345678-")


@given(st.integers(1, 10**9), st.integers(0, 30), st.integers(0, 9))
def test_one_wrong_digit_is_found(sequence: int, at: int, digit: int) -> None:
    made = numbers.number(date(2026, 11, 3), sequence)
    digits = [place for place, char in enumerate(made) if char.isdigit()]
    place = digits[at % len(digits)]
    wrong = made[:place] + str(digit) + made[place + 1 :]
    assert (numbers.parse_number(wrong) == "") == (wrong != made)


@given(st.integers(1, 10**9), st.integers(0, 30))
def test_two_swapped_neighbours_are_found(sequence: int, at: int) -> None:
    plain = numbers.number(date(2026, 11, 3), sequence).replace("-", "")
    place = at % (len(plain) - 1)
    swapped = plain[:place] + plain[place + 1] + plain[place] + plain[place + 2 :]
    assert (numbers.parse_number(swapped) == "") == (swapped != plain)


def test_codes_have_no_look_alikes() -> None:
    assert not set(numbers.CODE_ALPHABET) & set("0O1ILUV5S2Z8B")
    assert numbers.parse_code(" acde-f679 ") == "ACDEF679"


# --- drafts -------------------------------------------------------------------------------------------------------------


def test_the_title_is_the_first_sentence() -> None:
    assert title_of("路灯坏了。晚上看不见！") == "路灯坏了"
    assert title_of("字" * 60) == "字" * 39 + "…"
    assert title_of("正文", "  我的  标题 ") == "我的 标题"


def test_places_on_the_map_are_coarse() -> None:
    assert coarse(118.123456) == Decimal("118.123")
    assert coarse(None) is None


def test_a_report_from_the_future_is_wrong() -> None:
    now = datetime(2026, 6, 15, 10, tzinfo=BEIJING)
    check(Report("路灯", received_at=now), now)
    with pytest.raises(DomainError, match=r"matters\.report\.future"):
        check(Report("路灯", received_at=now + timedelta(minutes=1)), now)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019-04-25 09:32:09", datetime(2019, 4, 25, 9, 32, 9, tzinfo=BEIJING)),
        ("2019/4/5 9:32", datetime(2019, 4, 5, 9, 32, tzinfo=BEIJING)),
        ("2019年4月25日", datetime(2019, 4, 25, tzinfo=BEIJING)),
        ("2019-04-25", datetime(2019, 4, 25, tzinfo=BEIJING)),
        ("2019-04-31", None),
        ("", None),
    ],
)
def test_times_as_tables_write_them(text: str, expected: datetime | None) -> None:
    assert moment(text) == expected


# --- clocks -------------------------------------------------------------------------------------------------------------

FEBRUARY = Calendar(
    {date(2026, 6, 1) + timedelta(days=n): (date(2026, 6, 1) + timedelta(days=n)).weekday() < 5 for n in range(60)}
)
MONDAY = datetime(2026, 6, 1, 10, 0, tzinfo=BEIJING)
LIMITS = {
    "triage": clock.Limit(1, "working_days", "甲"), "accept": clock.Limit(1, "working_days", "甲"),
    "respond": clock.Limit(24, "hours", "甲"), "solve": clock.Limit(5, "working_days", "《条例》第二十条"),
    "settle": clock.Limit(1, "working_days", "甲"), "call_back": clock.Limit(5, "working_days", "甲"),
}  # fmt: skip


def clocked(state: str, **given: object) -> clock.Clock:
    base = {
        "state": state, "clock_at": MONDAY, "step_at": MONDAY, "limits": LIMITS, "calendar": FEBRUARY, "warn": Warn(0.25),
    }  # fmt: skip
    return clock.compute(**(base | given))  # type: ignore[arg-type]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=BEIJING)


def test_each_state_has_its_step_and_the_whole_its_limit() -> None:
    weighed = clocked("collected")
    assert weighed.due_at == at(8, 17, 30)
    assert weighed.respond_due_at == at(2, 10)
    assert weighed.step_due_at == at(2, 10)
    assert clocked("collected", responded=True).step_due_at == at(2, 17, 30)
    assert clocked("working", responded=True).step_due_at == at(8, 17, 30)
    assert clocked("answered", step_at=at(3, 9)).step_due_at == at(10, 17, 30)
    assert clocked("archived").step_due_at is None
    assert "《条例》第二十条" in weighed.due_basis


def test_stops_and_extensions_move_the_whole() -> None:
    stopped = clocked("working", responded=True, stops=[Stop(at(2, 8, 30), at(4, 8, 30), "送检")])
    assert stopped.due_at == at(10, 17, 30)
    longer = clocked("working", responded=True, extra=2)
    assert longer.due_at == at(10, 17, 30)
    assert "延期 2" in longer.due_basis


def test_an_unknown_year_says_so() -> None:
    found = clocked("collected", clock_at=datetime(2031, 1, 1, tzinfo=BEIJING))
    assert (found.due_at, found.step_due_at) == (None, None)
    assert "2031" in found.due_basis


def test_lights() -> None:
    due, yellow = at(8, 17), at(5, 12)
    assert [clock.light(now, due, yellow) for now in (at(4, 9), at(5, 12), at(8, 17), at(8, 18))] == [
        "green", "yellow", "yellow", "red",
    ]  # fmt: skip
    assert clock.light(at(9, 9), due, yellow, stopped=True) == "stopped"
    assert clock.light(at(9, 9), None, None) == "none"
    assert clock.light_words(at(8, 9), due, FEBRUARY).startswith("剩")
    assert clock.light_words(at(9, 9), due, FEBRUARY).startswith("超")
    assert clock.light_words(at(9, 9), None, FEBRUARY) == ""


# --- rates --------------------------------------------------------------------------------------------------------------

VALUES = {"good": 100, "basic": 80, "bad": 0}


def test_the_three_rates_with_their_denominators() -> None:
    orders = [
        rates.Order(in_time=True, contacted=True, solved=True, grade="good"),
        rates.Order(in_time=True, contacted=True, solved=False, grade="basic"),
        rates.Order(in_time=False, contacted=True, solved=False, grade="bad"),
        rates.Order(in_time=True, contacted=True, solved=True, grade="none"),  # not rated: leaves that denominator
        rates.Order(in_time=True, contacted=False),  # not reached: no effective call-back
        rates.Order(),  # neither answered nor late
        rates.Order(in_time=False, excluded=True),
        rates.Order(in_time=False, withdrawn=True),
    ]
    found = rates.three(orders, VALUES, min_n=3)
    assert (found[rates.RESPONSE].numerator, found[rates.RESPONSE].denominator) == (4, 5)
    assert (found[rates.SOLVED].numerator, found[rates.SOLVED].denominator) == (2, 4)
    assert found[rates.SATISFIED].numerator == pytest.approx(1.8)
    assert found[rates.SATISFIED].denominator == 3
    assert all(each.excluded == 2 for each in found.values())
    assert found[rates.SATISFIED].rankable


def test_small_numbers_are_not_ranked_and_nothing_is_no_rate() -> None:
    found = rates.three([rates.Order(in_time=True)], VALUES, min_n=30)
    assert not found[rates.RESPONSE].rankable
    assert found[rates.RESPONSE].value == 1
    assert found[rates.SOLVED].value is None
    assert found[rates.SOLVED].low is None


def test_wilson_as_published() -> None:
    span = rates.wilson(8, 10)
    assert span is not None
    assert span == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert rates.wilson(0, 0) is None


# --- guards -------------------------------------------------------------------------------------------------------------

GRID = guards.Target(9, "松坡村第一网格", "0001000100010001", "sub1", "grid", "000100010001", "village", "松坡村")
HAMLET = guards.Target(8, "松坡村", "000100010001", "village", "division", "000100010001", "village", "松坡村")
TOWNSHIP = guards.Target(7, "青山镇", "00010001", "township", "division", "00010001", "township", "青山镇")
STATION = guards.Target(6, "青山镇农业站", "000100010009", "", "department", "00010001", "township", "青山镇")
BUREAU = guards.Target(5, "县农业局", "00010009", "", "department", "0001", "county", "云岭县")
TODAY = date(2026, 6, 15)


def admitted(**given: object) -> guards.Admitted:
    base = {
        "id": 1, "code": "ZR1", "item": "巡查", "category_id": 3, "level": "sub1", "scope_path": "0001", "in_force": True,
        "valid_from": date(2026, 1, 1), "valid_to": date(2027, 1, 1),
    }  # fmt: skip
    return guards.Admitted(**(base | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "covers"),
    [
        ({}, True),
        ({"category_id": 4}, False),
        ({"category_id": None}, False),
        ({"level": "sub2"}, False),
        ({"scope_path": "0002"}, False),
        ({"in_force": False}, False),
        ({"valid_from": date(2026, 6, 16)}, False),
        ({"valid_to": TODAY}, False),
        ({"valid_to": None}, True),
    ],
)
def test_an_admission_covers_item_level_place_and_day(change: dict[str, object], covers: bool) -> None:
    row = admitted(**change)
    assert row.covers(GRID, (3, 1), TODAY) is covers
    if covers:
        assert guards.admitted(GRID, [row], (3, 1), TODAY) is row
    else:
        with pytest.raises(DomainError) as error:
            guards.admitted(GRID, [row], (3, 1), TODAY)
        assert error.value.code == "matters.admission.missing"
        assert "申请" in error.value.message
        assert error.value.data["apply_at"]


def test_a_row_without_category_counts_only_when_named() -> None:
    row = admitted(category_id=None)
    assert guards.admitted(GRID, [row], (3,), TODAY, named=1) is row
    with pytest.raises(DomainError, match=r"matters\.admission\.not_covering"):
        guards.admitted(GRID, [row], (3,), TODAY, named=2)
    assert guards.admitted(HAMLET, [], (3,), TODAY) is None


@pytest.mark.parametrize(
    ("target", "desk", "rows", "code"),
    [
        (HAMLET, "00010001", [guards.Duty("village", "0001", 3)], ""),
        (HAMLET, "00010001", [guards.Duty("village", "0001", 4)], "matters.duty.village"),
        (HAMLET, "00010001", [], "matters.duty.village"),
        (HAMLET, "000100010001", [], ""),
        (TOWNSHIP, "0001", [guards.Duty("basic", "0001", 3)], ""),
        (TOWNSHIP, "0001", [guards.Duty("assist", "00010001", 3)], ""),
        (TOWNSHIP, "0001", [guards.Duty("village", "0001", 3)], "matters.duty.township"),
        (TOWNSHIP, "0001", [guards.Duty("basic", "0001", 3), guards.Duty("taken_back", "0001", 3, "县农业局")], "matters.duty.taken_back"),
        (STATION, "0001", [], "matters.duty.township"),
        (STATION, "00010001", [], ""),
        (BUREAU, "0001", [], ""),
        (BUREAU, "00010001", [], ""),
    ],
)  # fmt: skip
def test_duty_lists_hold_against_pushing_down(target: guards.Target, desk: str, rows: list[guards.Duty], code: str) -> None:
    if not code:
        guards.check_duty(target, desk, rows, (3, 1))
        return
    with pytest.raises(DomainError) as error:
        guards.check_duty(target, desk, rows, (3, 1))
    assert error.value.code == code
    assert target.division_name in error.value.message


def test_without_a_list_the_rulebook_decides_and_without_a_category_nothing_goes() -> None:
    guards.check_duty(HAMLET, "00010001", [], (3,), without_list="allow")
    with pytest.raises(DomainError, match=r"matters\.duty\.no_category"):
        guards.check_duty(HAMLET, "00010001", [guards.Duty("village", "0001", 3)], ())


@pytest.mark.parametrize(
    ("whistle", "assist", "able"),
    [("lead", False, True), ("assist", False, False), ("assist", True, True), ("none", True, False)],
)
def test_townships_may_whistle_for_departments(whistle: str, assist: bool, able: bool) -> None:
    assert guards.in_reach(BUREAU, "00010001", "township", whistle, assist=assist) is able
    assert guards.in_reach(STATION, "00010001", "township", whistle, assist=assist)
    assert not guards.in_reach(TOWNSHIP, "00010002", "township", whistle, assist=assist)


# --- admission procedure ------------------------------------------------------------------------------------------------

RULES = admission.Rules(publicity_days=7, urgent_days=30, years=3)


def test_the_way_of_an_admission() -> None:
    def go(step: str, state: str, passed: bool = True, **given: object) -> str:
        base = {"urgent": False, "publicity_to": None, "today": TODAY} | given
        return admission.next_state(step, state, passed, **base)  # type: ignore[arg-type]

    assert go("review", "applied") == "joint"
    assert go("review", "applied", urgent=True) == "in_force"
    assert go("review", "applied", passed=False) == "returned"
    assert go("decide", "joint") == "publicity"
    assert go("publish", "publicity", publicity_to=TODAY - timedelta(days=1)) == "in_force"
    assert go("end", "in_force") == "ended"
    with pytest.raises(DomainError, match=r"matters\.admission\.publicity"):
        go("publish", "publicity", publicity_to=TODAY)
    with pytest.raises(DomainError, match=r"matters\.admission\.step"):
        go("decide", "applied")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ((None, None, False), "matters.admission.from"),
        ((TODAY, TODAY, False), "matters.admission.to"),
        ((TODAY, None, True), "matters.admission.urgent_end"),
        ((TODAY, TODAY + timedelta(days=31), True), "matters.admission.urgent_long"),
        ((TODAY, TODAY + timedelta(days=2000), False), "matters.admission.too_long"),
        ((TODAY, TODAY + timedelta(days=30), True), ""),
        ((TODAY, None, False), ""),
    ],
)
def test_dates_of_an_admission(given: tuple[date | None, date | None, bool], code: str) -> None:
    first, last, urgent = given
    if not code:
        admission.check_dates(first, last, urgent=urgent, today=TODAY, rules=RULES)
        return
    with pytest.raises(DomainError) as error:
        admission.check_dates(first, last, urgent=urgent, today=TODAY, rules=RULES)
    assert error.value.code == code


def test_three_people_admit() -> None:
    admission.other_person("review", 2, applied_by=1, reviewed_by=None)
    admission.other_person("decide", 3, applied_by=1, reviewed_by=2)
    for step, account in (("review", 1), ("decide", 1), ("decide", 2)):
        with pytest.raises(NotAllowed):
            admission.other_person(step, account, applied_by=1, reviewed_by=2)


# --- letters ------------------------------------------------------------------------------------------------------------


def test_a_secret_letter_does_not_say_what_it_is_about() -> None:
    made = letter(
        Letter("发函督办", "县农业局", "云岭县", "2606-000001-3", "某某家的事", MONDAY, at(8, 17), "五个工作日", True, "县农业局", "速办",
               at(10, 9), at(9, 9), secret=True)
    )  # fmt: skip
    assert "某某家" not in made
    assert "保密事项" in made
    assert "现已超期" in made
    assert "2026年6月10日前" in made
