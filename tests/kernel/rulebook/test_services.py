"""Two people, dates, cache, reading why a value holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.personas import Persona, World
from yanzhen.kernel.errors import Conflict, DomainError, NotAllowed, NotFound
from yanzhen.kernel.rulebook import api as rulebook
from yanzhen.kernel.rulebook import selectors
from yanzhen.kernel.rulebook.domain import check
from yanzhen.kernel.rulebook.models import RuleValue
from yanzhen.kernel.scope.api import UnitRef, system
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.registry.api import unit_ref

TODAY = date(2026, 6, 15)
KEY = "t.answer_days"


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    kept = dict(selectors._RULES)
    rulebook.declare(KEY, "答复天数", type="int", default=15, measure="工作日", basis="信访工作条例第四十一条", mark="law",
                     dims=("category",), minimum=1, maximum=60)  # fmt: skip
    rulebook.declare("t.share", "比例", type="decimal", default=0.85, basis="平台默认", mark="default")
    rulebook.declare("t.secret", "锁定次数", type="int", default=5, basis="等保", mark="law", steward="security")
    yield
    selectors._RULES.clear()
    selectors._RULES.update(kept)


@pytest.fixture
def county(world: World) -> UnitRef:
    return unit_ref(world.unit("county"))


def propose(actor: Persona, unit: UnitRef, now: datetime, **changes: object) -> RuleValue:
    given: dict = {"key": KEY, "value": 10, "basis": "云岭办〔2026〕8 号", "valid_from": TODAY}
    return rulebook.propose(actor=actor.actor, now=now, unit=unit, **{**given, **changes})


def second(world: World) -> Persona:
    """Another person in the county's post."""
    from tests.factories.registry import make_account, make_post
    from yanzhen.registry.selectors.posts import actor_in

    officer = world["county_officer"]
    account = make_account(name="乙")
    post = make_post(account, officer.post.role, world.unit("county"))  # type: ignore[union-attr]
    return Persona("second", actor_in(post, account.pk, "乙"), account, post)


def test_it_holds_when_a_second_person_approved(
    world: World, county: UnitRef, county_officer: Persona, now: datetime, django_capture_on_commit_callbacks
) -> None:
    songpo = unit_ref(world.unit("songpo"))
    row = propose(county_officer, county, now)
    assert rulebook.value(KEY, songpo, on=TODAY) == 15
    with pytest.raises(DomainError) as caught:
        rulebook.approve(actor=county_officer.actor, now=now, row=row, unit=county)
    assert caught.value.code == "rulebook.value.two_people"
    with django_capture_on_commit_callbacks(execute=True):
        rulebook.approve(actor=second(world).actor, now=now, row=row, unit=county)
    held = rulebook.held(KEY, songpo, on=TODAY)
    assert (held.value, held.unit_id, held.basis) == (10, county.id, "云岭办〔2026〕8 号")
    assert rulebook.value(KEY, unit_ref(world.unit("other_village")), on=TODAY) == 15
    assert rulebook.value(KEY, songpo, on=TODAY - timedelta(days=1)) == 15
    assert list(TrailRow.objects.filter(subject_kind="rule").values_list("action", flat=True)) == [
        "rulebook.value.proposed", "rulebook.value.approved",
    ]  # fmt: skip


def test_the_database_holds_two_people_too(
    world: World, county: UnitRef, county_officer: Persona, now: datetime
) -> None:
    from django.db import IntegrityError, transaction

    row = propose(county_officer, county, now)
    row.state, row.decided_by = RuleValue.APPROVED, row.proposed_by
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_a_newer_value_closes_the_older_one(
    world: World, county: UnitRef, county_officer: Persona, now: datetime
) -> None:
    other = second(world)
    first = rulebook.approve(actor=other.actor, now=now, row=propose(county_officer, county, now), unit=county)
    later = TODAY + timedelta(days=30)
    rulebook.approve(
        actor=other.actor, now=now, row=propose(county_officer, county, now, value=8, valid_from=later), unit=county
    )
    first.refresh_from_db()
    assert first.valid_to == later
    assert [rulebook.value(KEY, county, on=day) for day in (TODAY, later - timedelta(days=1), later)] == [10, 10, 8]
    assert TrailRow.objects.filter(action="rulebook.value.closed", subject_id=str(first.pk)).count() == 1


def test_a_value_for_a_time_gives_way_again(
    world: World, county: UnitRef, county_officer: Persona, now: datetime
) -> None:
    other = second(world)
    rulebook.approve(actor=other.actor, now=now, row=propose(county_officer, county, now), unit=county)
    start, end = TODAY + timedelta(days=10), TODAY + timedelta(days=20)
    row = propose(county_officer, county, now, value=3, valid_from=start, valid_to=end)
    rulebook.approve(actor=other.actor, now=now, row=row, unit=county)
    days = (TODAY, start - timedelta(days=1), start, end - timedelta(days=1), end, end + timedelta(days=400))
    assert [rulebook.value(KEY, county, on=day) for day in days] == [10, 10, 3, 3, 10, 10]


def test_a_dimension_is_its_own_value(world: World, county: UnitRef, county_officer: Persona, now: datetime) -> None:
    other = second(world)
    for given in ({}, {"dims": {"category": "water"}, "value": 2}):
        row = propose(county_officer, county, now, **given)
        rulebook.approve(actor=other.actor, now=now, row=row, unit=county)
    assert rulebook.value(KEY, county, on=TODAY) == 10
    assert rulebook.value(KEY, county, on=TODAY, category="water") == 2
    assert rulebook.value(KEY, county, on=TODAY, category="road") == 10


@pytest.mark.parametrize(("changes", "field"), [
    ({"value": 61}, "value"), ({"value": "10"}, "value"), ({"basis": " "}, "basis"),
    ({"valid_from": TODAY - timedelta(days=1)}, "valid_from"), ({"valid_to": TODAY}, "valid_to"),
    ({"dims": {"weather": "rain"}}, "dims"),
])  # fmt: skip
def test_what_cannot_be_proposed(
    county: UnitRef, county_officer: Persona, now: datetime, changes: dict, field: str
) -> None:
    with pytest.raises(DomainError) as caught:
        propose(county_officer, county, now, **changes)
    assert caught.value.field == field
    assert not RuleValue.objects.exists()


def test_a_proposal_that_waited_too_long_is_not_backdated(
    world: World, county: UnitRef, county_officer: Persona, now: datetime
) -> None:
    row = propose(county_officer, county, now)
    with pytest.raises(DomainError) as caught:
        rulebook.approve(actor=second(world).actor, now=now + timedelta(days=2), row=row, unit=county)
    assert caught.value.field == "valid_from"
    rulebook.install(
        actor=system("setup"),
        now=now,
        unit=county,
        key="rulebook.backdate_days",
        value=5,
        basis="县定",
        valid_from=TODAY,
    )
    rulebook.approve(actor=second(world).actor, now=now + timedelta(days=2), row=row, unit=county)


def test_scope(world: World, county: UnitRef, now: datetime) -> None:
    secretary = world["township_secretary"]
    with pytest.raises(NotAllowed):
        propose(secretary, county, now)
    with pytest.raises(NotAllowed):
        propose(secretary, unit_ref(world.unit("baishui")), now)
    with pytest.raises(NotAllowed):
        propose(world["village_secretary"], unit_ref(world.unit("songpo")), now)
    township = unit_ref(world.unit("qingshan"))
    row = propose(secretary, township, now, value=5)
    with pytest.raises(NotAllowed):
        rulebook.approve(actor=world["outsider"].actor, now=now, row=row, unit=township)
    rulebook.approve(actor=world["county_officer"].actor, now=now, row=row, unit=township)
    assert rulebook.value(KEY, unit_ref(world.unit("songpo_1")), on=TODAY) == 5


def test_the_security_policy_is_in_the_officers_hand(world: World, county: UnitRef, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        propose(world["county_officer"], county, now, key="t.secret", value=3)
    row = propose(world["security_officer"], county, now, key="t.secret", value=3)
    with pytest.raises(NotAllowed):
        rulebook.approve(actor=world["county_officer"].actor, now=now, row=row, unit=county)
    with pytest.raises(NotAllowed):
        propose(world["security_officer"], county, now)


def test_reject_withdraw_replace(world: World, county: UnitRef, county_officer: Persona, now: datetime) -> None:
    other = second(world)
    row = propose(county_officer, county, now)
    with pytest.raises(DomainError):
        rulebook.reject(actor=other.actor, now=now, row=row, unit=county, reason="")
    rulebook.reject(actor=other.actor, now=now, row=row, unit=county, reason="依据不足")
    with pytest.raises(Conflict):
        rulebook.approve(actor=other.actor, now=now, row=row, unit=county)
    row = propose(county_officer, county, now)
    with pytest.raises(DomainError):
        rulebook.withdraw(actor=other.actor, now=now, row=row, unit=county, reason="不是我的")
    made = rulebook.replace(actor=county_officer.actor, now=now, row=row, unit=county, value=9)
    row.refresh_from_db()
    assert (row.state, made.state, made.value, made.basis) == ("withdrawn", "proposed", "9", row.basis)
    assert rulebook.value(KEY, county, on=TODAY) == 15


def test_why_it_holds(world: World, county: UnitRef, county_officer: Persona, now: datetime) -> None:
    other = second(world)
    township, grid = unit_ref(world.unit("qingshan")), unit_ref(world.unit("songpo_1"))
    for unit, value in ((county, 10), (township, 6)):
        rulebook.approve(actor=other.actor, now=now, row=propose(county_officer, unit, now, value=value), unit=unit)
    steps = selectors.inherited(selectors.rule_of(KEY), grid, on=TODAY)
    assert [step.unit_id for step in steps] == [*reversed(grid.chain), None]
    assert [(step.unit_id, step.stated.value, step.holds) for step in steps if step.stated] == [
        (township.id, 6, True), (county.id, 10, False),
    ]  # fmt: skip
    (line,) = selectors.overview(grid, on=TODAY, steward="business", q="答复 t.answer_days")
    assert (line.held.value, line.held.unit_id) == (6, township.id)
    assert selectors.overview(grid, on=TODAY, steward="security", q="答复天数") == []
    with pytest.raises(NotFound):
        selectors.rule_of(KEY, "security")


def test_decimals_are_exact(world: World, county: UnitRef, county_officer: Persona, now: datetime) -> None:
    assert rulebook.value("t.share", county, on=TODAY) == Decimal("0.85")
    row = propose(county_officer, county, now, key="t.share", value=Decimal("0.1"))
    rulebook.approve(actor=second(world).actor, now=now, row=row, unit=county)
    assert rulebook.value("t.share", county, on=TODAY) == Decimal("0.1")


def test_another_process_sees_an_approval_by_the_mark_in_the_database(
    world: World, county: UnitRef, county_officer: Persona, now: datetime
) -> None:
    """Only the short-lived mark has to run out; the values cached under the old mark are not asked any more."""
    assert rulebook.value(KEY, county, on=TODAY) == 15
    row = propose(county_officer, county, now)
    RuleValue.objects.filter(pk=row.pk).update(
        state="approved", decided_by=0, decided_at=now
    )  # as another process would
    assert rulebook.value(KEY, county, on=TODAY) == 15
    selectors.forget()
    assert rulebook.value(KEY, county, on=TODAY) == 10


def test_every_declared_rule_is_sound() -> None:
    """Default of its type and range, a basis, a measure for numbers."""
    for rule in rulebook.rules().values():
        assert rule.basis, rule.key
        assert check(rule, rule.default) is not None, rule.key
        assert rule.type not in ("int",) or rule.measure or rule.key.startswith("t."), rule.key
