"""Decisions: the route, every path with its conditions, failure and amendment, the two disclosures, an objection, what is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.democracy.conftest import days
from tests.personas import Persona, World
from yanzhen.democracy.domain import decisions as rules
from yanzhen.democracy.domain.decisions import MOVES, Route, State, matter_list, route_for
from yanzhen.democracy.models import Decision, Objection
from yanzhen.democracy.selectors import decisions as reads
from yanzhen.democracy.selectors import rosters
from yanzhen.democracy.selectors.scope import today_of
from yanzhen.democracy.services import decisions, disclosure, objections
from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.scope.api import Actor, public
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.matters import services as matters
from yanzhen.procedures import api as procedures
from yanzhen.procedures.domain.loader import load
from yanzhen.registry.models import Person

# --- the route ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "amount", "emergency", "route"),
    [
        ("plan", None, False, Route.ORDINARY),
        ("public_works", Decimal(49_999), False, Route.ORDINARY),
        ("public_works", Decimal(50_000), False, Route.REVIEWED),
        ("contract", None, False, Route.REVIEWED),
        ("property", Decimal(1), False, Route.COLLECTIVE),
        ("income", Decimal(10_000_000), False, Route.COLLECTIVE),
        ("public_works", Decimal(80_000), True, Route.EMERGENCY),
    ],
)
def test_the_matter_and_its_sum_choose_the_route(
    item: str, amount: Decimal | None, emergency: bool, route: Route
) -> None:
    assert route_for(matter_list()[item], amount, 50_000, emergency=emergency) == route


@pytest.mark.parametrize("item", [each.code for each in matter_list().values() if each.route == Route.COLLECTIVE])
def test_collective_property_never_goes_by_emergency(item: str) -> None:
    with pytest.raises(DomainError):
        route_for(matter_list()[item], None, 50_000, emergency=True)


def test_every_line_of_the_list_names_its_basis() -> None:
    for item in matter_list().values():
        assert "法" in item.basis or "办法" in item.basis, item.code


@given(st.sampled_from(list(State)), st.sampled_from(list(State)))
def test_no_way_leads_out_of_the_end_and_none_past_the_resolution(current: State, wanted: State) -> None:
    if current in (State.DONE, State.ENDED):
        assert not MOVES[current]
    if wanted == State.DONE:
        assert (wanted in MOVES[current]) == (current == State.CARRYING)
    if wanted == State.CARRYING:
        assert (wanted in MOVES[current]) <= (current in (State.RESOLVED, State.CARRYING))


@pytest.mark.parametrize(
    ("item", "due"), [("plan", date(2026, 3, 31)), ("income", date(2026, 12, 31)), ("relief", date(2026, 6, 30))]
)
def test_yearly_matters_are_due_at_the_end_of_their_month(item: str, due: date) -> None:
    assert rules.due_by(matter_list()[item], 2026) == due


# --- the shipped procedures ---------------------------------------------------------------------------------------------

SHIPPED = ("ordinary", "collective", "reviewed", "emergency", "by_election", "recall", "evaluation")


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_procedures_read_and_every_rule_is_declared(name: str) -> None:
    from pathlib import Path

    import yanzhen.democracy
    from yanzhen.kernel.rulebook.api import rules as declared

    text = (Path(yanzhen.democracy.__file__).parent / "procedures" / f"{name}.toml").read_text(encoding="utf-8")
    definition = load(text)
    assert definition.code == f"democracy.{name}"
    assert definition.rule_keys() <= set(declared())
    assert definition.title.en
    for step in definition.steps:
        assert step.title.en, step.key


def test_the_township_returns_but_never_replaces() -> None:
    from pathlib import Path

    import yanzhen.democracy

    text = (Path(yanzhen.democracy.__file__).parent / "procedures" / "reviewed.toml").read_text(encoding="utf-8")
    definition = load(text)
    review = definition.step("review")
    assert {target for _outcome, _branch, target in review.targets()} == {"resolve", "amend"}
    assert definition.step("publish").key in {t for _o, _b, t in definition.step("resolve").targets()}
    for step in definition.steps:
        if step.key != "resolve":
            assert "publish" not in {t for _o, _b, t in step.targets()}, (
                f"{step.key} reaches the board past the villagers"
            )


# --- one decision, all the way ------------------------------------------------------------------------------------------

Meet = Callable[..., Any]


@pytest.fixture
def meet(village_secretary: Persona, world: World) -> Meet:
    """Enter a meeting: everybody due came, all but ``against`` voted for it."""

    def hold(row: Decision, step: str, body: str, now: datetime, *, against: int = 0, absent: int = 0) -> Any:
        due = rosters.due_count(world.unit("songpo"), body, today_of(now))
        present = due - absent
        count = procedures.Count(due=due, present=present, votes_for=present - against, against=against)
        return procedures.act(
            actor=village_secretary.actor, now=now, case=row.case_id, step=step,
            act=procedures.Hold(body=body, held_on=today_of(now), count=count, minutes="记录在案", notified_on=today_of(now) - timedelta(days=11)),
        )  # fmt: skip

    return hold


@pytest.fixture
def proposal(world: World, village_secretary: Persona, bodies: dict[str, list[Person]], now: datetime) -> Decision:
    return decisions.propose(
        actor=village_secretary.actor, now=now, unit=world.unit("songpo"), item="public_works", title="修三组路",
        text="硬化三组道路三百米", amount=Decimal(30_000), funds="村集体收入",
    )  # fmt: skip


def put_up(row: Decision, item: str, by: Persona, reviewer: Persona, now: datetime) -> Any:
    if item == "decision":
        made = disclosure.draft_decision(actor=by.actor, now=now, decision=row, votes=reads.votes_of(row))
    else:
        made = disclosure.draft_execution(actor=by.actor, now=now, decision=row)
    disclosure.submit(actor=by.actor, now=now, disclosure=made)
    disclosure.review(actor=reviewer.actor, now=now, disclosure=made, passed=True)
    return disclosure.publish(actor=by.actor, now=now, disclosure=made)


def resolved(row: Decision, meet: Meet, now: datetime) -> Decision:
    meet(row, "discuss", "two_committees", now)
    meet(row, "party", "party_members", now)
    meet(row, "resolve", "villagers_reps", now)
    row.refresh_from_db()
    return row


def test_from_the_proposal_to_the_second_disclosure(
    proposal: Decision, meet: Meet, village_secretary: Persona, supervisor: Persona, now: datetime
) -> None:
    actor = village_secretary.actor
    assert (proposal.state, proposal.step) == (State.RUNNING, "discuss")
    meet(proposal, "discuss", "two_committees", now)
    meet(proposal, "party", "party_members", now, against=9)  # nobody is left who votes for it
    proposal.refresh_from_db()
    assert (proposal.state, proposal.step) == (State.FAILED, "amend")
    procedures.act(
        actor=actor, now=days(now, 1), case=proposal.case_id, step="amend", act=procedures.Submit(),
        data={"proposal": "硬化三组道路二百米", "amount": "20000"},
    )  # fmt: skip
    proposal.refresh_from_db()
    assert (proposal.state, proposal.step, proposal.attempt) == (State.RUNNING, "discuss", 2)
    assert proposal.text == "硬化三组道路二百米"
    later = days(now, 12)
    resolved(proposal, meet, later)
    assert (proposal.state, proposal.step) == (State.RESOLVED, "publish")
    assert proposal.resolved_on == today_of(later)
    first = put_up(proposal, "decision", village_secretary, supervisor, later)
    assert "实到20人" in first.content
    with pytest.raises(DomainError):  # the work may go on, but cannot be finished before the notice has hung
        decisions.carry(actor=actor, now=days(later, 2), decision=proposal, words="完工", finished=True)
    decisions.carry(actor=actor, now=days(later, 2), decision=proposal, words="进场施工", spent=Decimal(8000))
    disclosure.end_due(now=days(later, 17))
    proposal.refresh_from_db()
    assert (proposal.state, proposal.step) == (State.CARRYING, "carry")
    decisions.carry(
        actor=actor, now=days(later, 40), decision=proposal, words="完工验收", spent=Decimal(11_500), finished=True
    )
    proposal.refresh_from_db()
    assert proposal.step == "report"
    second = put_up(proposal, "execution", village_secretary, supervisor, days(later, 40))
    assert "19,500.00元" in second.content
    disclosure.end_due(now=days(later, 60))
    proposal.refresh_from_db()
    assert proposal.state == State.DONE
    assert TrailRow.objects.filter(subject_kind="decision", subject_id=str(proposal.pk)).count() >= 8


def test_no_meeting_before_the_one_before_it(proposal: Decision, meet: Meet, now: datetime) -> None:
    with pytest.raises(DomainError):
        meet(proposal, "resolve", "villagers_reps", now)
    proposal.refresh_from_db()
    assert proposal.resolved_on is None


def test_a_meeting_without_quorum_decides_nothing(proposal: Decision, meet: Meet, now: datetime) -> None:
    meet(proposal, "discuss", "two_committees", now)
    meet(proposal, "party", "party_members", now)
    meet(proposal, "resolve", "villagers_reps", now, absent=7)  # 13 of 20: less than two thirds
    proposal.refresh_from_db()
    assert proposal.resolved_on is None
    assert proposal.step == "resolve"


def test_nothing_is_carried_out_before_it_is_resolved(
    proposal: Decision, village_secretary: Persona, now: datetime
) -> None:
    with pytest.raises(DomainError):
        decisions.carry(actor=village_secretary.actor, now=now, decision=proposal, words="先干起来")


def test_big_sums_wait_for_the_township(
    world: World,
    village_secretary: Persona,
    township_secretary: Persona,
    bodies: dict[str, list[Person]],
    meet: Meet,
    now: datetime,
) -> None:
    row = decisions.propose(
        actor=village_secretary.actor, now=now, unit=world.unit("songpo"), item="contract", title="鱼塘发包合同", text="发包五年",
        amount=Decimal(120_000),
    )  # fmt: skip
    meet(row, "discuss", "two_committees", now)
    meet(row, "party", "party_members", now)
    with pytest.raises(DomainError):
        meet(row, "resolve", "villagers_reps", now)
    with pytest.raises((NotAllowed, DomainError)):
        procedures.act(
            actor=village_secretary.actor,
            now=now,
            case=row.case_id,
            step="review",
            act=procedures.Judge("passed", "同意"),
        )
    procedures.act(
        actor=township_secretary.actor,
        now=now,
        case=row.case_id,
        step="review",
        act=procedures.Judge("returned", "租期超过规定，请改"),
    )
    row.refresh_from_db()
    assert (row.state, row.step) == (State.FAILED, "amend")


def test_an_objection_stops_the_clock_of_the_notice_until_it_is_answered(
    proposal: Decision, meet: Meet, village_secretary: Persona, supervisor: Persona, now: datetime
) -> None:
    resolved(proposal, meet, now)
    notice = put_up(proposal, "decision", village_secretary, supervisor, now)
    made, matter = objections.make(
        actor=public(), now=days(now, 1), disclosure=notice, text="三组的路去年刚修过，请说明"
    )
    assert made.case_number == 1
    from yanzhen.procedures.services import tick

    disclosure.end_due(now=days(now, 17))
    tick(now=days(now, 17))
    proposal.refresh_from_db()
    assert proposal.step == "publish"
    matters.take(actor=village_secretary.actor, now=days(now, 17), matter=matter.pk)
    matters.contact(actor=village_secretary.actor, now=days(now, 17), matter=matter.pk, words="当面说明")
    matters.answer(actor=village_secretary.actor, now=days(now, 18), matter=matter.pk, words="去年修的是另一段。")
    assert Objection.objects.get().answer == "去年修的是另一段。"
    disclosure.end_due(now=days(now, 19))
    proposal.refresh_from_db()
    assert proposal.step == "carry"


def test_an_objection_that_is_right_sends_the_decision_back(
    proposal: Decision, meet: Meet, village_secretary: Persona, supervisor: Persona, now: datetime
) -> None:
    resolved(proposal, meet, now)
    notice = put_up(proposal, "decision", village_secretary, supervisor, now)
    made, matter = objections.make(actor=public(), now=days(now, 1), disclosure=notice, text="表决人数不对，请核实")
    with pytest.raises(NotAllowed):
        objections.uphold(actor=Actor(name="甲"), now=days(now, 2), objection=made, words="属实")
    objections.uphold(actor=supervisor.actor, now=days(now, 2), objection=made, words="核实后人数有误")
    matters.take(actor=village_secretary.actor, now=days(now, 2), matter=matter.pk)
    matters.contact(actor=village_secretary.actor, now=days(now, 2), matter=matter.pk, words="当面说明")
    matters.answer(actor=village_secretary.actor, now=days(now, 2), matter=matter.pk, words="重新组织会议。")
    disclosure.end_due(now=days(now, 17))
    proposal.refresh_from_db()
    assert (proposal.state, proposal.step) == (State.FAILED, "amend")


def test_giving_up_needs_a_reason_and_is_not_possible_after_the_resolution(
    proposal: Decision, meet: Meet, village_secretary: Persona, now: datetime
) -> None:
    with pytest.raises(DomainError):
        decisions.give_up(actor=village_secretary.actor, now=now, decision=proposal, reason="")
    other = decisions.propose(
        actor=village_secretary.actor, now=now, unit=proposal.unit, item="plan", title="年度计划", text="今年三件事"
    )
    ended = decisions.give_up(actor=village_secretary.actor, now=now, decision=other, reason="与镇规划重复")
    assert ended.state == State.ENDED
    resolved(proposal, meet, now)
    with pytest.raises(DomainError):
        decisions.give_up(actor=village_secretary.actor, now=now, decision=proposal, reason="不想做了")


def test_others_cannot_propose(world: World, outsider: Persona, grid_worker: Persona, now: datetime) -> None:
    for other in (outsider, grid_worker):
        with pytest.raises(NotAllowed):
            decisions.propose(
                actor=other.actor, now=now, unit=world.unit("songpo"), item="plan", title="计划", text="内容"
            )


# --- due, stuck, skipped -------------------------------------------------------------------------------------------------


def test_what_is_due_and_what_was_missed(
    world: World, proposal: Decision, village_secretary: Persona, township_secretary: Persona, meet: Meet, now: datetime
) -> None:
    plan = decisions.propose(
        actor=village_secretary.actor, now=now, unit=proposal.unit, item="relief", title="帮扶方案", text="三户"
    )
    resolved(plan, meet, now)
    lamps = {line.item.code: line.lamp for line in reads.due_for([proposal.unit], 2026, today_of(now))}
    assert lamps["relief"] == "green"
    assert lamps["plan"] == "red"
    assert lamps["income"] == "grey"
    mine = reads.due_in(township_secretary.actor, 2026, today_of(now))
    assert {line.unit.name for line in mine} == {"松坡村", "石桥村"}


def test_stuck_after_the_days_of_the_rule(proposal: Decision, township_secretary: Persona, now: datetime) -> None:
    line = reads.stuck_line(proposal.unit, days(now, 14), today_of(now))
    assert reads.decisions_page(township_secretary.actor, tab="stuck", stuck_before=line)[0] == []
    line = reads.stuck_line(proposal.unit, days(now, 16), today_of(now))
    assert reads.decisions_page(township_secretary.actor, tab="stuck", stuck_before=line)[0] == [proposal]


def test_what_was_skipped_becomes_a_matter_that_is_followed(
    world: World, township_secretary: Persona, village_secretary: Persona, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        decisions.found_skipped(
            actor=world["outsider"].actor,
            now=now,
            unit=world.unit("songpo"),
            item="contract",
            words="没有开会就签了合同",
        )
    row = decisions.found_skipped(
        actor=township_secretary.actor,
        now=now,
        unit=world.unit("songpo"),
        item="contract",
        words="没有开会就签了鱼塘合同",
    )
    assert row.matter is not None
    assert row.matter.desk_id == world.unit("qingshan").pk
    assert row.closed_at is None
