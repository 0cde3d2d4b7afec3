"""The admission list with its procedure, and the duty lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.factories.matters import make_category
from tests.personas import World
from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.matters import services
from yanzhen.matters.models import Admission, DutyItem


@pytest.fixture
def applied(world: World, now: datetime) -> Admission:
    return services.apply_admission(
        actor=world["department_officer"].actor, now=now, item="秸秆禁烧巡查", department=world.unit("agriculture"),
        scope_unit=world.unit("county"), level="sub1", category=make_category("秸秆"), basis="大气污染防治法第七十七条",
        content="秋收时节看一看有没有焚烧", minutes=20, valid_to=now.date() + timedelta(days=365),
    )  # fmt: skip


def test_from_application_to_force_and_end(world: World, now: datetime, applied: Admission) -> None:
    county = world["county_officer"].actor
    second = replace(county, account_id=9001, name="复核人")
    reviewed = services.step_admission(actor=county, now=now, admission=applied, step="review")
    assert reviewed.state == "joint"
    with pytest.raises(NotAllowed) as error:
        services.step_admission(actor=county, now=now, admission=applied, step="decide")
    assert error.value.code == "matters.admission.twice"
    decided = services.step_admission(actor=second, now=now, admission=applied, step="decide")
    assert (decided.state, decided.publicity_to) == ("publicity", now.date() + timedelta(days=7))
    with pytest.raises(DomainError, match=r"matters\.admission\.publicity"):
        services.step_admission(actor=county, now=now, admission=applied, step="publish")
    assert services.roll_admissions(now=now + timedelta(days=7)) == (0, 0)
    assert services.roll_admissions(now=now + timedelta(days=8)) == (1, 0)
    applied.refresh_from_db()
    assert (applied.state, applied.valid_from) == ("in_force", now.date() + timedelta(days=8))
    assert services.roll_admissions(now=now + timedelta(days=366)) == (0, 1)
    applied.refresh_from_db()
    assert applied.state == "ended"
    assert TrailRow.objects.filter(subject_kind="admission").count() == 5


def test_the_applicant_and_the_department_do_not_review(world: World, now: datetime, applied: Admission) -> None:
    farm = world["department_officer"].actor
    with pytest.raises(NotAllowed):
        services.step_admission(actor=farm, now=now, admission=applied, step="review")
    assert not services.may_step(farm, applied, "review")
    assert not services.may_step(world["village_secretary"].actor, applied, "review")
    assert not services.may_step(world["outsider"].actor, applied, "review")
    assert services.may_step(world["county_officer"].actor, applied, "review")


def test_returning_needs_a_reason(world: World, now: datetime, applied: Admission) -> None:
    county = world["county_officer"].actor
    with pytest.raises(DomainError, match=r"matters\.words\.missing"):
        services.step_admission(actor=county, now=now, admission=applied, step="review", passed=False)
    back = services.step_admission(
        actor=county, now=now, admission=applied, step="review", passed=False, words="属执法事项，不得进入网格"
    )
    assert (back.state, back.words) == ("returned", "属执法事项，不得进入网格")


def test_urgent_items_need_an_end_and_come_into_force_at_once(world: World, now: datetime) -> None:
    farm = world["department_officer"].actor
    given = {
        "actor": farm, "now": now, "item": "防汛排查", "department": world.unit("agriculture"),
        "scope_unit": world.unit("qingshan"), "basis": "防汛条例", "content": "看一看水位", "urgent": True,
    }  # fmt: skip
    with pytest.raises(DomainError, match=r"matters\.admission\.urgent_end"):
        services.apply_admission(**given)
    row = services.apply_admission(**given, valid_to=now.date() + timedelta(days=10))
    passed = services.step_admission(actor=world["county_officer"].actor, now=now, admission=row, step="review")
    assert (passed.state, passed.valid_to) == ("in_force", now.date() + timedelta(days=10))
    ended = services.step_admission(
        actor=world["county_officer"].actor, now=now, admission=row, step="end", words="汛情解除"
    )
    assert (ended.state, ended.valid_to) == ("ended", now.date())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"item": " "}, "matters.admission.missing_field"),
        ({"basis": ""}, "matters.admission.missing_field"),
        ({"level": "village"}, "matters.admission.level"),
    ],
)
def test_what_an_application_needs(world: World, now: datetime, change: dict[str, str], code: str) -> None:
    given = {
        "item": "巡查", "department": world.unit("agriculture"), "scope_unit": world.unit("county"), "basis": "依据",
        "content": "内容",
    } | change  # fmt: skip
    with pytest.raises(DomainError) as error:
        services.apply_admission(actor=world["department_officer"].actor, now=now, **given)
    assert error.value.code == code


def test_a_department_applies_within_its_own_county_and_for_itself(world: World, now: datetime) -> None:
    given = {"item": "巡查", "basis": "依据", "content": "内容"}
    with pytest.raises(DomainError, match=r"matters\.admission\.scope"):
        services.apply_admission(
            actor=world["department_officer"].actor, now=now, department=world.unit("agriculture"),
            scope_unit=world.unit("other_village"), **given,
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        services.apply_admission(
            actor=world["department_officer"].actor, now=now, department=world.unit("civil"),
            scope_unit=world.unit("county"), **given,
        )  # fmt: skip


def test_duty_lists_are_kept_with_a_trace(world: World, now: datetime) -> None:
    county = world["county_officer"].actor
    row = services.set_duty(
        actor=county, now=now, unit=world.unit("county"), list="village", item="调解邻里纠纷", category=make_category("纠纷")
    )
    ended = services.end_duty(actor=county, now=now, duty=row, reason="清单调整")
    assert ended.valid_to == now.date()
    assert TrailRow.objects.filter(action="matters.duty.changed").count() == 2
    with pytest.raises(NotAllowed):
        services.set_duty(
            actor=world["village_secretary"].actor, now=now, unit=world.unit("county"), list="village", item="x"
        )
    assert DutyItem.objects.count() == 1
