"""Through the services: spending by tiers with a meeting, a notice and an objection; sign-offs in parallel; the clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError

from tests.factories.registry import make_account, make_post, make_unit
from tests.personas import World
from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.notify.api import inbox
from yanzhen.kernel.scope.api import Actor, capabilities, public, system
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.procedures import api as procedures
from yanzhen.procedures import services
from yanzhen.procedures.models import Attendance, Case, CaseStep, Entry, Meeting, Objection, Todo
from yanzhen.procedures.services import gate
from yanzhen.registry.api import actor_in, identify, relate, unit_ref
from yanzhen.registry.models import Person, Post, Role

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def holder(world: World, role: str, unit: str, name: str = "") -> Actor:
    """Somebody who holds a role at a unit with every right of procedures."""
    found, _ = Role.objects.get_or_create(code=role, defaults={"name": role})
    for code in capabilities():
        if code.startswith(("procedures.", "units.")):
            found.grants.get_or_create(capability=code)
    account = make_account(name=name or role)
    return actor_in(make_post(account, found, world.unit(unit)), account.pk, account.display_name)


class Spending:
    """Spending of 松坡村 with everybody who takes part."""

    def __init__(self, world: World, now: datetime, amount: str) -> None:
        self.now = now
        self.secretary = world["village_secretary"].actor
        self.handler = holder(world, "grid_leader", "songpo", "经手人")
        self.supervisor = holder(world, "village_supervisor", "songpo", "监督主任")
        self.organiser = holder(world, "township_organiser", "qingshan", "组织委员")
        self.case = procedures.start(
            actor=self.handler, now=now, procedure="economy.spending", unit_id=world.unit("songpo").pk, title="修路",
            data={"amount": amount, "purpose": "修补村道", "payee": "某施工队"},
        )  # fmt: skip

    def act(self, actor: Actor, step: str, act: procedures.Act, **more: object) -> Case:
        self.case = procedures.act(actor=actor, now=self.now, case=self.case.pk, step=step, act=act, **more)  # type: ignore[arg-type]
        return self.case

    def until_reps(self) -> None:
        self.act(self.handler, "apply", procedures.Submit(), files=[("voucher", "票据.pdf", PDF)])
        self.act(self.supervisor, "supervise", procedures.Judge("passed"))
        self.act(
            self.secretary,
            "committees_large",
            procedures.Hold("two_committees", self.now.date(), procedures.Count(7, 6, 5, 1), minutes="同意"),
        )


def test_a_big_sum_goes_to_the_representatives(world: World, now: datetime) -> None:
    flow = Spending(world, now, "70,000")
    flow.until_reps()
    assert flow.case.steps_now == "reps"
    today = flow.now.date()
    with pytest.raises(DomainError, match=r"procedures\.date\.future"):
        flow.act(
            flow.secretary,
            "reps",
            procedures.Hold("villagers_reps", today + timedelta(days=1), procedures.Count(45, 40, 35)),
        )
    with pytest.raises(DomainError, match=r"procedures\.date\.order"):
        flow.act(
            flow.secretary,
            "reps",
            procedures.Hold("villagers_reps", today - timedelta(days=1), procedures.Count(45, 40, 35)),
        )
    roll = tuple(procedures.Attendee(f"代表{at}", present=at < 29) for at in range(45))
    with pytest.raises(DomainError, match=r"procedures\.count\.roll"):
        flow.act(
            flow.secretary,
            "reps",
            procedures.Hold("villagers_reps", today, procedures.Count(45, 30, 29), attendees=roll),
        )
    # 29 of 45: no quorum, to be held again; then voted down; amended; then passed
    flow.act(
        flow.secretary, "reps", procedures.Hold("villagers_reps", today, procedures.Count(45, 29, 29), attendees=roll)
    )
    assert (flow.case.steps_now, flow.case.rounds) == ("reps", 2)
    assert Attendance.objects.filter(meeting__step__case=flow.case, present=True).count() == 29
    flow.act(flow.secretary, "reps", procedures.Hold("villagers_reps", today, procedures.Count(45, 30, 15, 15)))
    assert flow.case.steps_now == "apply"
    assert [m.outcome for m in Meeting.objects.filter(body="villagers_reps").order_by("id")] == ["invalid", "failed"]
    flow.act(flow.handler, "apply", procedures.Submit("减少材料"), data={"amount": "60000"})
    flow.act(flow.supervisor, "supervise", procedures.Judge("passed"))
    flow.act(flow.secretary, "committees_large", procedures.Hold("two_committees", today, procedures.Count(7, 6, 5, 1)))
    flow.act(flow.secretary, "reps", procedures.Hold("villagers_reps", today, procedures.Count(45, 30, 16, 14)))
    meeting = Meeting.objects.get(step__case=flow.case, outcome="passed", body="villagers_reps")
    assert "第三十条" in meeting.basis
    assert flow.case.steps_now == "township"


def test_the_notice_hangs_its_days_and_objections_are_answered(world: World, now: datetime) -> None:
    flow = Spending(world, now, "500")
    flow.act(flow.handler, "apply", procedures.Submit(), files=[("voucher", "票据.pdf", PDF)])
    flow.act(flow.supervisor, "supervise", procedures.Judge("passed"))
    flow.act(flow.secretary, "secretary", procedures.Judge("approved"))
    with pytest.raises(DomainError, match=r"procedures\.step\.lacks"):
        flow.act(flow.organiser, "pay", procedures.Judge("signed"))
    flow.act(flow.organiser, "pay", procedures.Judge("signed"), evidence={"transfer": "20260615001"})
    with pytest.raises(DomainError, match=r"procedures\.publicity\.short"):
        flow.act(flow.secretary, "disclose", procedures.Publish(now.date(), until=now.date() + timedelta(days=5)))
    flow.act(flow.secretary, "disclose", procedures.Publish(now.date(), where="村务公开栏"))
    step = CaseStep.objects.get(case=flow.case, key="disclose")
    assert step.earliest is not None
    assert step.earliest.astimezone(now.tzinfo).date() == date(2026, 7, 1), "fifteen whole days after the 15th"
    flow.act(public(ip="10.0.0.1"), "disclose", procedures.Object("价格太高", name="吴老汉", phone="13900000000"))
    objection = Objection.objects.get()
    assert objection.due_at is not None
    row = TrailRow.objects.filter(action="procedures.step.object").get()
    assert "吴老汉" not in row.after + row.subject_label
    assert not Entry.objects.filter(words__contains="价格").exists()
    # the fifteen days are over, the objection is not answered: the clock does not end it
    flow.now = now + timedelta(days=17)
    services.tick(now=flow.now)
    assert Case.objects.get(pk=flow.case.pk).state == "running"
    with pytest.raises(DomainError, match=r"procedures\.objection\.open"):
        flow.act(flow.secretary, "disclose", procedures.Close())
    flow.act(flow.secretary, "disclose", procedures.Reply(1, False, "按招标价，附票据"))
    services.tick(now=flow.now)
    case = Case.objects.get(pk=flow.case.pk)
    assert case.state == "resolved"
    done = CaseStep.objects.get(case=case, key="disclose")
    assert (done.outcome, done.done_name) == ("clear", "clock")


def test_steps_fall_due_once(world: World, now: datetime) -> None:
    flow = Spending(world, now, "500")
    flow.act(flow.handler, "apply", procedures.Submit(), files=[("voucher", "票据.pdf", PDF)])
    step = CaseStep.objects.get(case=flow.case, state="open")
    assert step.due_at is not None
    assert step.due_at.astimezone(now.tzinfo).date() == date(2026, 6, 23), (
        "five working days, over the Dragon Boat Festival"
    )
    assert services.tick(now=now + timedelta(days=1)).overdue == 0
    assert services.tick(now=now + timedelta(days=20)).overdue == 1
    assert services.tick(now=now + timedelta(days=21)).overdue == 0
    assert [row.kind for row in inbox(flow.supervisor).notices].count("procedures.overdue") == 1
    case = Case.objects.get(pk=flow.case.pk)
    assert case.overdue
    page = procedures.cases_for(flow.secretary, procedures.CaseFilters(overdue=True))
    assert [row.id for row in page.rows] == [case.pk]
    flow.now = now + timedelta(days=21)
    flow.act(flow.supervisor, "supervise", procedures.Judge("passed"))
    assert not Case.objects.get(pk=flow.case.pk).overdue


def test_kin_and_interest_stay_out(world: World, now: datetime) -> None:
    flow = Spending(world, now, "500")
    village = world.unit("songpo")
    one = Person.objects.create(name="经手人", unit=village, updated_at=now)
    other = Person.objects.create(name="监督主任", unit=village, updated_at=now)
    officer = world["county_officer"].actor
    identify(actor=officer, now=now, account_id=flow.handler.account_id or 0, person=one)
    identify(actor=officer, now=now, account_id=flow.supervisor.account_id or 0, person=other)
    relate(actor=officer, now=now, person=one, other=other, kind="spouse")
    flow.act(flow.handler, "apply", procedures.Submit(), files=[("voucher", "票据.pdf", PDF)])
    todo = Todo.objects.get(case=flow.case)
    assert (todo.role, todo.deputy) == ("township_organiser", True), "the spouse of the handler does not supervise"
    with pytest.raises(NotAllowed) as refused:
        flow.act(flow.supervisor, "supervise", procedures.Judge("passed"))
    assert "经手人及其近亲属不得监督" in refused.value.message
    flow.act(flow.organiser, "supervise", procedures.Judge("passed"))
    # an interest that is declared moves the step to a deputy too
    assert Todo.objects.get(case=flow.case).role == "village_secretary"
    services.declare_interest(actor=flow.secretary, now=now, case=flow.case, reason="收款方是我的合伙人")
    with pytest.raises(NotAllowed, match=r"procedures\.act\.excluded"):
        flow.act(flow.secretary, "secretary", procedures.Judge("approved"))
    assert {row.role for row in Todo.objects.filter(case=flow.case)} == {"township_organiser", "township_secretary"}


def test_twelve_departments_answer_in_parallel(world: World, now: datetime) -> None:
    from yanzhen.kernel.rulebook.api import install

    county = world.unit("county")
    names = [f"第{at}局" for at in range(1, 13)]
    bureaus = [make_unit(county, name=name, kind="department") for name in names]
    install(
        actor=system("install"), now=now, unit=unit_ref(county), key="procedures.joint.departments", value=names, basis="县级联审办法",
        valid_from=now.date(),
    )  # fmt: skip
    person = Person.objects.create(name="人选", unit=world.unit("songpo"), updated_at=now)
    township, officer = world["township_secretary"].actor, world["county_officer"].actor
    case = procedures.start(
        actor=township, now=now, procedure="cadres.joint_review", unit_id=world.unit("qingshan").pk, title="联审",
        data={"candidate": person.pk, "post": "村党组织书记"},
    )  # fmt: skip
    with pytest.raises(NotFound):
        procedures.case_for(world["village_secretary"].actor, case.pk)
    case = procedures.act(actor=township, now=now, case=case, step="send", act=procedures.Submit())
    case = procedures.act(actor=officer, now=now, case=case, step="check", act=procedures.Judge("passed"))
    assert Todo.objects.filter(case=case).count() == 12
    role = Role.objects.get(code="department_officer")
    people = []
    for bureau in bureaus:
        account = make_account(name=bureau.name)
        people.append(actor_in(make_post(account, role, bureau), account.pk, bureau.name))
    rows, count = procedures.inbox_for(people[0], now)
    assert (count, rows[0].sign_off) == (1, f"u{bureaus[0].pk}")
    with pytest.raises(NotAllowed):
        procedures.act(
            actor=people[0], now=now, case=case, step="departments", act=procedures.Answer(True, f"u{bureaus[1].pk}")
        )
    with pytest.raises(NotFound):
        procedures.act(
            actor=world["department_officer"].actor, now=now, case=case, step="departments", act=procedures.Answer(True)
        )
    for at, actor in enumerate(people):
        case = procedures.act(
            actor=actor, now=now, case=case, step="departments", act=procedures.Answer(at != 3, code="sanction")
        )
        if at == 0:
            with pytest.raises(NotAllowed):
                procedures.act(actor=actor, now=now, case=case, step="departments", act=procedures.Answer(True))
    assert case.steps_now == "conclude"
    view = procedures.case_view(officer, case, now)
    assert {s.step.key: s.result.get("refused") for s in view.steps}["departments"] == 1
    assert not procedures.cases_for(world["village_secretary"].actor, procedures.CaseFilters(tab="all")).rows
    case = procedures.act(actor=officer, now=now, case=case, step="conclude", act=procedures.Judge("approved"))
    assert case.steps_now == "explain", "a refusal that is set aside must be explained"


def test_notices_reach_whoever_must_act(world: World, now: datetime) -> None:
    flow = Spending(world, now, "500")
    flow.act(flow.handler, "apply", procedures.Submit(), files=[("voucher", "票据.pdf", PDF)])
    kinds = [row.kind for row in inbox(flow.supervisor).notices]
    assert kinds == ["procedures.todo"]


def test_a_listener_can_refuse_and_then_nothing_happened(world: World, now: datetime) -> None:
    flow = Spending(world, now, "500")

    def refuse(case: Case, key: str, outcome: str, actor: Actor, moment: datetime) -> None:
        raise DomainError("test.no", "不行")

    procedures.on_step("economy.spending", refuse)
    try:
        with pytest.raises(DomainError, match=r"test\.no"):
            flow.act(flow.handler, "apply", procedures.Submit(), files=[("voucher", "票据.pdf", PDF)])
    finally:
        gate._ON_STEP.remove(("economy.spending", refuse))
    assert Case.objects.get(pk=flow.case.pk).steps_now == "apply"
    assert not Entry.objects.filter(case=flow.case, act="submit").exists()


def test_cases_follow_the_tree(world: World, now: datetime) -> None:
    from yanzhen.registry.services.units import move

    flow = Spending(world, now, "500")
    officer = world["county_officer"].actor
    move(
        actor=officer,
        now=now,
        unit=world.unit("songpo"),
        parent=world.unit("baishui"),
        on=now.date(),
        document="区划调整",
    )
    case = Case.objects.get(pk=flow.case.pk)
    world.unit("songpo").refresh_from_db()
    assert case.unit_path == world.unit("songpo").path


def test_a_stand_in_acts_for_whoever_is_on_leave(world: World, now: datetime) -> None:
    flow = Spending(world, now, "500")
    flow.act(flow.handler, "apply", procedures.Submit(), files=[("voucher", "票据.pdf", PDF)])
    other = make_account(name="代班人")
    post = Post.objects.select_related("role", "unit", "account").get(pk=flow.supervisor.post_id)
    stand_in = actor_in(post, other.pk, "代班人")
    rows, count = procedures.inbox_for(stand_in, now)
    assert (count, rows[0].step_key) == (1, "supervise")
    flow.act(stand_in, "supervise", procedures.Judge("passed"))
    done = CaseStep.objects.get(case=flow.case, key="supervise")
    assert (done.done_name, done.on_behalf_of) == ("代班人", "监督主任")
    # and the handler cannot come in through somebody else's post
    flow = Spending(world, now, "500")
    flow.act(flow.handler, "apply", procedures.Submit(), files=[("voucher", "票据.pdf", PDF)])
    post = Post.objects.select_related("role", "unit", "account").get(pk=flow.supervisor.post_id)
    with pytest.raises(NotAllowed, match=r"procedures\.act\.excluded"):
        flow.act(actor_in(post, flow.handler.account_id or 0, "经手人"), "supervise", procedures.Judge("passed"))


def test_an_interest_counts_in_steps_that_name_nobody(world: World, now: datetime) -> None:
    flow = Spending(world, now, "9000")
    flow.act(flow.handler, "apply", procedures.Submit(), files=[("voucher", "票据.pdf", PDF)])
    flow.act(flow.supervisor, "supervise", procedures.Judge("passed"))
    services.declare_interest(actor=flow.organiser, now=now, case=flow.case, reason="与收款方合伙")
    flow.act(flow.secretary, "committees", procedures.Hold("two_committees", now.date(), procedures.Count(7, 6, 5, 1)))
    with pytest.raises(NotAllowed, match=r"procedures\.act\.excluded") as refused:
        flow.act(flow.organiser, "township", procedures.Judge("passed"))
    assert "回避制度" in refused.value.message


def test_whoever_holds_the_starters_post_now_goes_on(world: World, now: datetime) -> None:
    flow = Spending(world, now, "500")
    successor = holder(world, "grid_leader", "songpo", "继任者")
    stranger = holder(world, "grid_leader", "shiqiao", "外村")
    with pytest.raises(NotFound):
        flow.act(stranger, "apply", procedures.Submit(), files=[("voucher", "票据.pdf", PDF)])
    assert (
        flow.act(successor, "apply", procedures.Submit(), files=[("voucher", "票据.pdf", PDF)]).steps_now == "supervise"
    )


def test_waits_end_by_time_and_by_signal(world: World, now: datetime) -> None:
    actor = holder(world, "grid_leader", "songpo", "请假人")
    case = procedures.start(
        actor=actor, now=now, procedure="stationing.leave", unit_id=world.unit("songpo").pk, title="请假",
        data={"days": 1, "back": "2026-06-18", "reason": "探亲"},
    )  # fmt: skip
    procedures.act(actor=actor, now=now, case=case, step="ask", act=procedures.Submit())
    case = procedures.act(
        actor=world["village_secretary"].actor, now=now, case=case, step="short", act=procedures.Judge("approved")
    )
    assert case.steps_now == "away"
    with pytest.raises(DomainError, match=r"procedures\.wait\.running"):
        procedures.act(actor=system("clock"), now=now, case=case, step="away", act=procedures.Close())
    with pytest.raises(DomainError, match=r"procedures\.signal\.nobody"):
        procedures.signal(actor=system("grid"), now=now, case=case, name="grid.withdrawn")
    assert services.tick(now=now + timedelta(days=1)).ended == 0
    assert services.tick(now=now + timedelta(days=3)).ended == 1
    assert Case.objects.get(pk=case.pk).steps_now == "return"
    item = procedures.start(
        actor=world["county_officer"].actor, now=now, procedure="grid.admission", unit_id=world.unit("county").pk, title="巡查",
        data={"item": "路灯巡查", "term": "short", "expires": "2027-01-01", "departments": [world.unit("agriculture").pk]},
    )  # fmt: skip
    centre = holder(world, "county_centre", "county", "中心")
    bureau = world["department_officer"].actor
    officer = world["county_officer"].actor
    procedures.act(actor=officer, now=now, case=item, step="apply", act=procedures.Submit())
    procedures.act(actor=centre, now=now, case=item, step="check", act=procedures.Judge("passed"))
    procedures.act(actor=bureau, now=now, case=item, step="joint", act=procedures.Answer(True))
    procedures.act(actor=officer, now=now, case=item, step="admit", act=procedures.Judge("approved"))
    procedures.act(actor=centre, now=now, case=item, step="notice", act=procedures.Publish(now.date()))
    later = now + timedelta(days=9)
    assert services.tick(now=later).ended == 1
    assert Case.objects.get(pk=item.pk).steps_now == "force"
    item = procedures.signal(
        actor=system("grid"), now=later, case=item, name="grid.withdrawn", data={"why": "清单调整"}
    )
    assert item.steps_now == "look"
    assert CaseStep.objects.get(case=item, key="force").outcome == "reached"


def test_the_database_refuses_more_votes_than_people(world: World, now: datetime) -> None:
    flow = Spending(world, now, "500")
    step = CaseStep.objects.get(case=flow.case)
    with pytest.raises(IntegrityError):
        Meeting.objects.create(step=step, due=10, present=5, votes_for=4, against=2, abstain=0)
