"""What the platform does by time, and when calendar or tree change."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tests.factories.matters import make_category, make_matter
from tests.personas import World
from yanzhen.kernel.notify.models import Notice
from yanzhen.kernel.scope.api import public, system
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.kernel.worktime.models import DayOverride
from yanzhen.matters import selectors, services
from yanzhen.matters.domain.draft import Report
from yanzhen.matters.models import Entry, Matter, Press


def test_a_matter_nobody_weighs_is_reminded_overdue_and_pressed(world: World, now: datetime) -> None:
    matter = make_matter(world, now)
    assert services.tick(now=now).looked_at == 0
    assert matter.yellow_at is not None
    assert matter.step_due_at is not None
    first = services.tick(now=matter.yellow_at)
    assert (first.reminded, first.overdue) == (1, 0)
    assert Notice.objects.filter(account_id=world["village_secretary"].account.pk, kind="matters.yellow").count() == 1
    assert services.tick(now=matter.yellow_at).looked_at == 0
    late = services.tick(now=matter.step_due_at + timedelta(seconds=1))
    assert (late.overdue, late.pressed) == (1, 1)
    row = Matter.objects.get(pk=matter.pk)
    assert (row.overdue, row.press_level) == (True, 1)
    assert Press.objects.get(matter=matter).cause == "overdue"
    assert list(Entry.objects.filter(matter=matter).order_by("id").values_list("act", flat=True)) == [
        "report", "overdue", "auto_press",
    ]  # fmt: skip
    assert TrailRow.objects.filter(action="matters.matter.auto_press").count() == 1
    far = services.tick(now=matter.step_due_at + timedelta(days=20))
    assert far.pressed == 2
    assert Matter.objects.get(pk=matter.pk).press_level == 3
    assert Matter.objects.get(pk=matter.pk).in_time is False
    assert services.tick(now=matter.step_due_at + timedelta(days=40)).looked_at == 0


def test_a_stopped_clock_is_left_alone(world: World, now: datetime) -> None:
    matter = make_matter(world, now)
    village = world["village_secretary"].actor
    services.take(actor=village, now=now, matter=matter)
    services.stop_clock(actor=village, now=now, matter=matter, reason="season")
    assert services.tick(now=now + timedelta(days=30)).looked_at == 0


def test_the_archive_takes_what_nobody_objects_to(world: World, now: datetime) -> None:
    village = world["village_secretary"].actor
    quiet, angry = make_matter(world, now), make_matter(world, now)
    for each in (quiet, angry):
        services.take(actor=village, now=now, matter=each)
        services.answer(actor=village, now=now, matter=each, words="已办")
    services.rate(actor=public(), now=now, matter=angry, code=angry.code, solved=False, grade="bad")
    for day in range(40):
        services.tick(now=now + timedelta(days=day))
    assert Matter.objects.get(pk=quiet.pk).state == "archived"
    assert Matter.objects.get(pk=angry.pk).state == "answered"
    assert Entry.objects.filter(matter=quiet, act="auto_archive").count() == 1


def test_a_broken_row_does_not_stop_the_clock(world: World, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    from yanzhen.matters.services import clock

    bad, good = make_matter(world, now), make_matter(world, now)
    whole = clock._running

    def broken(row: Matter, at: datetime) -> list[str]:
        if row.pk == bad.pk:
            raise RuntimeError
        return whole(row, at)

    monkeypatch.setattr(clock, "_running", broken)
    done = services.tick(now=now + timedelta(days=10))
    assert (done.failed, done.overdue) == (1, 1)
    assert Matter.objects.get(pk=good.pk).overdue


def test_a_new_holiday_moves_open_deadlines_with_a_line(world: World, now: datetime) -> None:
    matter = make_matter(world, now)
    closed = make_matter(world, now)
    services.decline(actor=world["village_secretary"].actor, now=now, matter=closed, reason="x", words="y")
    assert matter.due_at is not None
    day = date(2026, 6, 17)
    DayOverride.objects.create(
        day=day, working=False, name="防汛停工", unit_id=world.unit("province").pk, unit_path=world.unit("province").path,
        basis="测试", batch="b", proposed_by=1, proposed_name="甲", proposed_at=now, state=DayOverride.APPROVED, decided_by=2,
        decided_name="乙", decided_at=now,
    )  # fmt: skip
    from django.core.cache import cache

    cache.clear()
    moved = services.calendar_changed(system("calendar"), now, frozenset({day}))
    after = Matter.objects.get(pk=matter.pk)
    assert moved == 1
    assert after.due_at is not None
    assert after.due_at > matter.due_at
    line = Entry.objects.get(matter=matter, act="reclock")
    assert line.public
    assert "办理期限由" in line.words
    assert any("防汛停工" in step for step in selectors.due_explained(after))
    assert services.calendar_changed(system("calendar"), now, frozenset({day})) == 0


def test_an_unknown_year_lets_requests_in_and_is_computed_later(world: World, now: datetime) -> None:
    far = now.replace(year=2039)
    matter = services.report(actor=public(), now=far, draft=Report(text="路灯", place_id=world.unit("songpo").pk))
    assert matter.due_at is None
    assert "2039" in matter.due_basis
    assert selectors.row_of(world["village_secretary"].actor, matter, far).light == "none"


def test_matters_follow_a_unit_that_moves(world: World, now: datetime) -> None:
    from yanzhen.registry.models import Unit
    from yanzhen.registry.services.units import move

    matter = make_matter(world, now, place="songpo_1")
    songpo, baishui = world.unit("songpo"), world.unit("baishui")
    move(
        actor=system("setup"), now=now, unit=songpo, parent=baishui, on=now.date(), document="区划调整"
    )  # fmt: skip
    row = Matter.objects.get(pk=matter.pk)
    moved = Unit.objects.get(pk=songpo.pk)
    assert row.place_path == Unit.objects.get(pk=world.unit("songpo_1").pk).path
    assert row.desk_path == row.holder_path == moved.path
    assert (row.township_id, row.village_id) == (baishui.pk, songpo.pk)


def test_work_of_a_unit_that_ends_goes_to_its_successor(world: World, now: datetime) -> None:
    village = world["village_secretary"].actor
    mine, done = make_matter(world, now), make_matter(world, now)
    services.take(actor=village, now=now, matter=mine)
    services.decline(actor=village, now=now, matter=done, reason="x", words="y")
    songpo, shiqiao = world.unit("songpo"), world.unit("shiqiao")
    assert services.units_ended(system("setup"), now, songpo.pk, shiqiao.pk) == 1
    row = Matter.objects.get(pk=mine.pk)
    assert (row.desk_id, row.holder_id, row.lead_id) == (shiqiao.pk, shiqiao.pk, shiqiao.pk)
    assert row.holder_path == shiqiao.path
    assert Matter.objects.get(pk=done.pk).desk_id == songpo.pk
    assert Entry.objects.filter(matter=mine, act="moved").count() == 1


def test_other_modules_hear_how_theirs_ended(world: World, now: datetime) -> None:
    heard: list[tuple[str, str]] = []
    services.on_closed("errand", lambda matter, actor, at: heard.append((matter.kind, matter.state)))
    mine = make_matter(world, now, kind="errand", channel="module")
    make_matter(world, now)
    services.decline(actor=world["village_secretary"].actor, now=now, matter=mine, reason="x", words="y")
    assert heard == [("errand", "declined")]


def test_figures_follow_the_loop(world: World, now: datetime) -> None:
    from yanzhen.matters.indicators import SOURCE
    from yanzhen.measures.api import refresh
    from yanzhen.measures.models import Fact

    category, village = make_category("路灯"), world["village_secretary"].actor
    township = world["township_secretary"].actor
    matters = [make_matter(world, now, category=category) for _ in range(3)]
    for each in matters[:2]:
        services.take(actor=village, now=now, matter=each)
        services.answer(actor=village, now=now + timedelta(hours=1), matter=each, words="已办")
    services.call_back(actor=township, now=now, matter=matters[0], contacted=True, solved=True, grade="good")
    services.call_back(actor=township, now=now, matter=matters[1], contacted=True, solved=False, grade="basic")
    refresh(now=now)
    county = world.unit("county")

    def fact(code: str, period: str = "2026-06") -> tuple[float, int]:
        row = Fact.objects.get(unit_id=county.pk, indicator=code, period=period)
        return float(row.numerator), row.denominator

    assert fact("matters.received") == (3, 3)
    assert fact("matters.response") == (2, 2)
    assert fact("matters.solved") == (1, 2)
    assert fact("matters.satisfied") == (1.8, 2)
    assert fact("matters.open", "now") == (3, 3)
    from yanzhen.registry.api import unit_ref

    viewer, unit = world["county_officer"].actor, unit_ref(county)
    for code in ("matters.received", "matters.response", "matters.solved", "matters.satisfied"):
        listed = selectors.page_for(
            viewer, selectors.Filters(place=county.pk, indicator=code, part="denominator"), now=now
        ).count.n
        assert listed == fact(code)[1] == SOURCE.count(viewer, code, unit, "2026-06", "denominator")
    services.redo(actor=township, now=now + timedelta(hours=2), matter=matters[1], reason="再办")
    refresh(now=now)
    assert fact("matters.solved") == (1, 1)
