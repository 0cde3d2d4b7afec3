"""The calendar with its overrides, and its page."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.personas import World
from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.kernel.worktime import api, selectors, services
from yanzhen.registry.api import unit_ref

DAY = date(2026, 6, 16)


@pytest.fixture(autouse=True)
def fresh(world: World) -> None:
    services.forget()


def ref(world: World, key: str):  # type: ignore[no-untyped-def]
    return unit_ref(world.unit(key))


def propose(world: World, now: datetime, by: str = "county_officer", at: str = "county") -> str:
    return api.propose_days(
        actor=world[by].actor, now=now, unit=ref(world, at), days=[api.Day(DAY, False, "民族节日")], basis="县政府通知"
    )


def approver(world: World):  # type: ignore[no-untyped-def]
    """Somebody else with the same post."""
    from dataclasses import replace

    return replace(world["county_officer"].actor, account_id=999, name="另一人")


def test_an_override_holds_for_the_unit_and_below_after_a_second_person_agreed(world: World, now: datetime) -> None:
    batch = propose(world, now)
    assert api.calendar_for([2026], ref(world, "songpo")).is_working_day(DAY)
    with pytest.raises(DomainError) as caught:
        api.approve_days(actor=world["county_officer"].actor, now=now, batch=batch)
    assert caught.value.code == "worktime.same_person"
    seen: list[frozenset[date]] = []

    def hook(actor: object, at: datetime, days: frozenset[date]) -> None:
        assert not api.calendar_for([2026], ref(world, "songpo")).is_working_day(DAY)
        seen.append(days)

    api.on_calendar_change(hook)
    try:
        assert api.approve_days(actor=approver(world), now=now, batch=batch) == {DAY}
    finally:
        services._HOOKS.remove(hook)
    assert seen == [frozenset({DAY})]
    assert not api.calendar_for([2026], ref(world, "songpo")).is_working_day(DAY)
    assert api.calendar_for([2026], ref(world, "other_village")).is_working_day(DAY)
    calendar = api.calendar_at(now, ref(world, "songpo"))
    found = api.deadline(now, 1, "working_days", calendar=calendar)
    assert found.due.date() == date(2026, 6, 17)
    assert any("民族节日" in line for line in found.explanation)
    actions = list(TrailRow.objects.filter(subject_kind="calendar").values_list("action", flat=True))
    assert actions == ["worktime.days.proposed", "worktime.days.approved"]


def test_the_later_approval_replaces_the_earlier_one(world: World, now: datetime) -> None:
    api.approve_days(actor=approver(world), now=now, batch=propose(world, now))
    again = api.propose_days(
        actor=world["county_officer"].actor, now=now, unit=ref(world, "county"), days=[api.Day(DAY, True)], basis="更正"
    )
    api.approve_days(actor=approver(world), now=now, batch=again)
    assert api.calendar_for([2026], ref(world, "songpo")).is_working_day(DAY)
    with pytest.raises(NotFound):
        api.approve_days(actor=approver(world), now=now, batch=again)


def test_rights_are_needed_where_the_change_holds(world: World, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        propose(world, now, by="township_secretary", at="county")
    with pytest.raises(NotAllowed):
        propose(world, now, by="grid_worker", at="songpo_1")
    batch = propose(world, now)
    with pytest.raises(NotAllowed):
        api.approve_days(actor=world["township_secretary"].actor, now=now, batch=batch)
    with pytest.raises(NotAllowed):
        services.reject_days(actor=world["township_secretary"].actor, now=now, batch=batch)
    services.reject_days(actor=world["county_officer"].actor, now=now, batch=batch)  # the proposer takes it back
    assert selectors.waiting(ref(world, "county")) == []


def test_an_unknown_year_fails_until_its_notice_is_loaded(world: World, now: datetime) -> None:
    years = (2031, 2032)
    calendar = api.calendar_for(years, ref(world, "songpo"))
    start = datetime(2031, 12, 30, 9, tzinfo=api.BEIJING)
    with pytest.raises(api.UnknownYear):
        api.deadline(start, 2, "working_days", calendar=calendar)
    for year in years:
        text = f"日期,上班,名称\n{year}-01-01,休,元旦\n{year}/1/4,班,调休上班\n".encode("gb18030")
        batch = services.propose_year(
            actor=world["county_officer"].actor, now=now, unit=ref(world, "county"), year=year, data=text, basis="通知"
        )
        api.approve_days(actor=approver(world), now=now, batch=batch)
    calendar = api.calendar_for(years, ref(world, "songpo"))
    assert api.deadline(start, 2, "working_days", calendar=calendar).due.date() == date(2032, 1, 2)
    assert not calendar.is_working_day(date(2031, 1, 1))
    assert calendar.is_working_day(date(2031, 1, 4))
    assert len([d for d in calendar.days if d.year == 2032]) == 366
    assert api.calendar_for(years).is_working_day(date(2031, 1, 2))  # without a unit: what the topmost says


def test_files_that_cannot_be_read_name_their_line() -> None:
    with pytest.raises(DomainError) as caught:
        services.read_csv("2031-01-01,休\n2031-13-01,休\n".encode())
    assert caught.value.data == {"line": 2}
    with pytest.raises(DomainError):
        services.read_csv("2031-01-01,也许\n".encode())


def test_what_is_exported_can_be_loaded_again(world: World) -> None:
    days = services.read_csv(services.write_csv(2025, ref(world, "songpo")))
    assert len(days) == 365
    assert {d.day: d.working for d in days} == {
        row.day: row.working for row in selectors.year_rows(2025, ref(world, "songpo"))
    }


def test_the_pages(world: World, now: datetime) -> None:
    county = world["county_officer"].client()
    page = county.get("/calendar/2026/")
    assert page.status_code == 200
    assert "国庆节" in page.content.decode()
    assert "还没有安排" in county.get("/calendar/2041/").content.decode()
    assert county.get("/calendar/1999/").status_code == 404
    answer = county.post("/calendar/propose/", {"day": "2026-06-16", "working": "rest", "name": "节", "basis": "通知"})
    assert answer.status_code == 302
    assert county.post("/calendar/propose/", {"day": "x"}).status_code == 422
    shown = county.get("/calendar/2026/").content.decode()
    assert "撤回" in shown
    assert "批准</button>" not in shown
    batch = selectors.waiting(ref(world, "county"))[0].batch
    assert county.post(f"/calendar/batch/{batch}/approve/").status_code == 422
    assert world["grid_worker"].client().get("/calendar/2026/").status_code == 403
    assert county.get("/calendar/2026/days.csv")["Content-Disposition"].startswith("attachment")


def test_the_demo_states_years_that_no_notice_covers(world: World) -> None:
    from yanzhen.kernel.worktime.demo import build

    late = datetime(2031, 12, 30, 9, tzinfo=api.BEIJING)
    county = ref(world, "county")
    people = {"proposer": world["county_officer"].actor, "approver": approver(world)}
    assert build(now=late, unit=county, **people) == [2031, 2032]
    due = api.deadline(late, 5, "working_days", calendar=api.calendar_at(late, county)).due
    assert due.date() == date(2032, 1, 6)
    assert build(now=late, unit=county, **people) == []
