"""Working time as plain arithmetic."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.worktime import domain as d
from yanzhen.kernel.worktime.selectors import _library

DAYS: dict[date, bool] = {}
NAMES: dict[date, str] = {}
for year in range(2023, 2027):
    some, words = _library(year)
    DAYS.update(some)
    NAMES.update(words)
CALENDAR = d.Calendar(DAYS, names=NAMES)
LOW, HIGH = datetime(2023, 2, 1, tzinfo=d.BEIJING), datetime(2026, 6, 30, tzinfo=d.BEIJING)

moments = st.datetimes(LOW.replace(tzinfo=None), HIGH.replace(tzinfo=None)).map(lambda m: m.replace(tzinfo=d.BEIJING))
minutes = st.integers(0, 6 * 420)
measures = st.sampled_from(["working_minutes", "working_hours", "working_days", "minutes", "hours", "days"])
amounts = st.integers(0, 30)
FAST = settings(max_examples=120, deadline=None)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=d.BEIJING)


@st.composite
def stop_lists(draw: st.DrawFn) -> list[d.Stop]:
    found = []
    for _ in range(draw(st.integers(0, 3))):
        since = draw(moments)
        found.append(d.Stop(since, since + timedelta(minutes=draw(st.integers(0, 6000))), "等待当事人"))
    return found


# --- agreement with the notices -----------------------------------------------------------------------------------------


def test_it_agrees_with_the_library_on_every_known_day() -> None:
    day, last = date(2004, 1, 1), date(2026, 12, 31)
    days: dict[date, bool] = {}
    for each in range(2004, 2027):
        days.update(_library(each)[0])
    while day <= last:
        assert days[day] == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_it_agrees_with_the_library_on_counts_of_working_days() -> None:
    for first, last in [(date(2023, 1, 1), date(2023, 12, 31)), (date(2024, 9, 10), date(2024, 10, 20))]:
        assert CALENDAR.working_days_between(first, last) == len(chinese_calendar.get_workdays(first + d.DAY, last))


# --- properties ---------------------------------------------------------------------------------------------------------


@FAST
@given(moments, moments, moments)
def test_working_time_adds_up(a: datetime, b: datetime, c: datetime) -> None:
    low, mid, high = sorted((a, b, c))
    assert CALENDAR.worked(low, high) == CALENDAR.worked(low, mid) + CALENDAR.worked(mid, high)


@FAST
@given(moments, minutes)
def test_adding_is_undone_by_measuring(start: datetime, amount: int) -> None:
    due = d.add_working_minutes(start, amount, CALENDAR)
    assert d.working_minutes_between(start, due, CALENDAR) == amount
    assert due >= start
    assert CALENDAR.is_working(due)


@FAST
@given(moments, minutes, minutes)
def test_adding_twice_is_adding_the_sum(start: datetime, a: int, b: int) -> None:
    both = d.add_working_minutes(start, a + b, CALENDAR)
    after = d.add_working_minutes(d.add_working_minutes(start, a, CALENDAR), b, CALENDAR)
    assert CALENDAR.worked(both, after) == timedelta(0)


@FAST
@given(moments, moments, amounts, measures)
def test_a_later_start_is_never_due_earlier(a: datetime, b: datetime, amount: int, measure: d.Measure) -> None:
    first, second = sorted((a, b))
    early = d.deadline(first, amount, measure, calendar=CALENDAR).due
    assert early <= d.deadline(second, amount, measure, calendar=CALENDAR).due
    assert early >= first


@FAST
@given(moments, amounts, amounts, measures)
def test_more_time_is_never_due_earlier(start: datetime, a: int, b: int, measure: d.Measure) -> None:
    less, more = sorted((a, b))
    short = d.deadline(start, less, measure, calendar=CALENDAR).due
    assert short <= d.deadline(start, more, measure, calendar=CALENDAR).due


@FAST
@given(moments, st.integers(1, 30), measures, stop_lists())
def test_stops_only_move_the_due_time_back(
    start: datetime, amount: int, measure: d.Measure, stops: list[d.Stop]
) -> None:
    plain = d.deadline(start, amount, measure, calendar=CALENDAR).due
    moved = d.deadline(start, amount, measure, calendar=CALENDAR, stops=stops).due
    assert moved >= plain
    if measure not in ("hours", "minutes"):
        assert CALENDAR.is_working(moved)


@FAST
@given(moments, st.integers(1, 100), stop_lists())
def test_working_time_outside_the_stops_is_the_amount(start: datetime, amount: int, stops: list[d.Stop]) -> None:
    due = d.deadline(start, amount, "working_hours", calendar=CALENDAR, stops=stops).due
    held = sum(
        (CALENDAR.worked(max(low, start), min(high, due)) for low, high in d.merge(d.as_stops(stops))), timedelta(0)
    )
    assert CALENDAR.worked(start, due) - held == timedelta(hours=amount)


@FAST
@given(moments, st.integers(1, 20))
def test_working_days_agree_with_the_library(start: datetime, amount: int) -> None:
    due = d.deadline(start, amount, "working_days", calendar=CALENDAR).due
    assert chinese_calendar.is_workday(due.date())
    assert len(chinese_calendar.get_workdays(start.date() + d.DAY, due.date())) == amount


@FAST
@given(moments, st.integers(1, 60), moments)
def test_the_light_never_goes_back(start: datetime, amount: int, other: datetime) -> None:
    due = d.deadline(start, amount, "working_hours", calendar=CALENDAR).due
    order = {"green": 0, "yellow": 1, "red": 2}
    first, second = sorted((other, other + timedelta(hours=9)))
    lights = [d.light(now, due, start, calendar=CALENDAR) for now in (first, second)]
    assert order[lights[0]] <= order[lights[1]]
    assert d.light(due, due, start, calendar=CALENDAR) == "yellow"
    assert d.light(due + timedelta(seconds=1), due, start, calendar=CALENDAR) == "red"


@FAST
@given(moments, st.booleans())
def test_next_loud_is_loud_and_not_before_now(now: datetime, rest: bool) -> None:
    quiet = d.parse_quiet("20:00-08:00", rest_days=rest)
    found = d.next_loud(now, quiet, CALENDAR)
    assert found >= now
    assert not d.is_quiet(found, quiet, CALENDAR)
    if not d.is_quiet(now, quiet, CALENDAR):
        assert found == now


# --- cases --------------------------------------------------------------------------------------------------------------


def test_the_national_day_week_is_jumped_and_the_make_up_day_counts() -> None:
    found = d.deadline(at("2025-09-26 16:00"), 3, "working_days", calendar=CALENDAR)
    assert found.due == at("2025-09-30 17:30")  # Sunday the 28th was worked
    text = "；".join(found.explanation)
    assert "2025-09-28 调休上班，计入" in text
    assert "次日数起" in text
    assert found.explanation[-1] == "截止 2025-09-30 17:30"
    week = d.deadline(at("2025-09-30 16:00"), 2, "working_days", calendar=CALENDAR)
    assert week.due == at("2025-10-10 17:30")
    assert any(line.startswith("2025-10-01 至 2025-10-0") for line in week.explanation)


def test_working_hours_jump_lunch_and_night() -> None:
    due = d.deadline(at("2026-06-15 11:30"), 4, "working_hours", calendar=CALENDAR).due
    assert due == at("2026-06-15 17:30")
    due = d.deadline(at("2026-06-15 11:30"), 5, "working_hours", calendar=CALENDAR).due
    assert due == at("2026-06-16 09:30")


def test_half_hours_are_allowed_but_not_half_days() -> None:
    due = d.deadline(at("2026-06-15 09:00"), 0.5, "working_hours", calendar=CALENDAR).due
    assert due == at("2026-06-15 09:30")
    with pytest.raises(DomainError):
        d.deadline(at("2026-06-15 09:00"), 1.5, "working_days", calendar=CALENDAR)


def test_calendar_days_that_end_on_a_holiday_end_on_the_next_working_day() -> None:
    found = d.deadline(at("2025-09-20 09:00"), 15, "days", calendar=CALENDAR)
    assert found.due == at("2025-10-09 17:30")
    assert any("顺延至 2025-10-09" in line for line in found.explanation)


def test_a_stop_moves_the_due_time_by_the_working_time_it_held() -> None:
    stops = [(at("2026-06-15 14:00"), at("2026-06-16 14:00"), "等待当事人")]
    found = d.deadline(at("2026-06-15 09:00"), 2, "working_days", calendar=CALENDAR, stops=stops)
    assert found.due == at("2026-06-18 17:30")
    assert any("停表（等待当事人），顺延工作时间 7:00" in line for line in found.explanation)


def test_overlapping_stops_count_once() -> None:
    one = [(at("2026-06-15 14:00"), at("2026-06-16 14:00"), "a")]
    two = [*one, (at("2026-06-15 15:00"), at("2026-06-16 10:00"), "b")]
    assert (
        d.deadline(at("2026-06-15 09:00"), 9, "working_hours", calendar=CALENDAR, stops=two).due
        == d.deadline(at("2026-06-15 09:00"), 9, "working_hours", calendar=CALENDAR, stops=one).due
    )


def test_a_stop_after_the_due_time_changes_nothing() -> None:
    late = [(at("2026-06-20 09:00"), at("2026-06-24 09:00"), "晚了")]
    found = d.deadline(at("2026-06-15 09:00"), 7, "working_hours", calendar=CALENDAR, stops=late)
    assert found.due == d.deadline(at("2026-06-15 09:00"), 7, "working_hours", calendar=CALENDAR).due


def test_an_open_stop_is_reported_and_stops_the_light() -> None:
    found = d.deadline(
        at("2026-06-15 09:00"), 2, "working_days", calendar=CALENDAR, stops=[(at("2026-06-15 10:00"), None, "等材料")]
    )
    assert found.stopped is not None
    assert any("恢复后再顺延" in line for line in found.explanation)
    assert d.light(at("2030-01-01 09:00"), found.due, at("2026-06-15 09:00"), stopped=True) == "stopped"


def test_an_unknown_year_fails_loudly_and_only_when_touched() -> None:
    assert d.deadline(at("2026-12-28 09:00"), 3, "working_days", calendar=CALENDAR).due == at("2026-12-31 17:30")
    for measure in ("working_days", "working_hours", "days"):
        with pytest.raises(d.UnknownYear) as caught:
            d.deadline(at("2026-12-30 09:00"), 20, measure, calendar=CALENDAR)
        assert "2027" in caught.value.message
    with pytest.raises(d.UnknownYear):
        CALENDAR.worked(at("2022-12-30 09:00"), at("2023-01-05 09:00"))


def test_a_gap_inside_the_calendar_is_not_jumped_over() -> None:
    gap = d.Calendar({day: worked for day, worked in DAYS.items() if day.year != 2024})
    with pytest.raises(d.UnknownYear):
        gap.worked(at("2023-12-28 09:00"), at("2025-01-05 09:00"))
    with pytest.raises(d.UnknownYear):
        gap.add(at("2023-12-28 09:00"), timedelta(hours=100))


def test_summer_hours_hold_in_summer() -> None:
    hours = d.parse_hours(["08:30-12:00", "14:00-17:30", "06-01/09-30 08:00-12:00 15:00-18:00"])
    calendar = d.Calendar(DAYS, hours)
    assert d.deadline(at("2026-06-15 09:00"), 1, "working_days", calendar=calendar).due == at("2026-06-16 18:00")
    assert d.deadline(at("2026-03-16 09:00"), 1, "working_days", calendar=calendar).due == at("2026-03-17 17:30")


@pytest.mark.parametrize("text", ["", "08:30", "12:00-08:30", "08:00-12:00 11:00-13:00", "20:00-25:00"])
def test_broken_hours_are_refused(text: str) -> None:
    with pytest.raises(DomainError):
        d.parse_hours([text])


def test_words_for_the_time_left() -> None:
    assert d.left(at("2026-06-15 09:00"), at("2026-06-16 12:00"), CALENDAR).words == "剩 1.4 个工作日"
    assert d.left(at("2026-06-15 11:00"), at("2026-06-15 09:30"), CALENDAR).words == "超 1.5 个工作小时"


def test_quiet_hours_pass_midnight_and_days_off_are_quiet() -> None:
    quiet = d.parse_quiet("20:00-08:00", rest_days=True)
    assert d.is_quiet(at("2026-06-15 23:00"), quiet, CALENDAR)
    assert d.is_quiet(at("2026-06-15 07:59"), quiet, CALENDAR)
    assert not d.is_quiet(at("2026-06-15 08:00"), quiet, CALENDAR)
    assert d.next_loud(at("2025-09-30 21:00"), quiet, CALENDAR) == at("2025-10-09 08:00")
    assert d.next_loud(at("2026-06-15 21:00"), d.parse_quiet("20:00-08:00")) == at("2026-06-16 08:00")
    assert not d.is_quiet(at("2026-06-15 03:00"), d.parse_quiet(""))


def test_moments_of_another_zone_count_as_the_same_moment() -> None:
    from datetime import UTC

    start = at("2026-06-15 11:30")
    assert d.deadline(start.astimezone(UTC), 4, "working_hours", calendar=CALENDAR).due == at("2026-06-15 17:30")
