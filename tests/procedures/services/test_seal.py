"""A whole case through the services: the seal of a village."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factories.registry import make_account, make_post
from tests.personas import World
from yanzhen.kernel.errors import Conflict, DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.procedures import api as procedures
from yanzhen.procedures.models import Case, Entry, Evidence, Todo
from yanzhen.registry.api import actor_in
from yanzhen.registry.models import Role

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def organiser(world: World) -> Actor:
    """The organisation member of 青山镇, with the township secretary's rights."""
    role, _ = Role.objects.get_or_create(code="township_organiser", defaults={"name": "组织委员"})
    for grant in Role.objects.get(code="township_secretary").grants.all():
        role.grants.get_or_create(capability=grant.capability)
    account = make_account(name="顾明")
    return actor_in(make_post(account, role, world.unit("qingshan")), account.pk, account.display_name)


def begin(world: World, now: datetime, **data: object) -> Case:
    return procedures.start(
        actor=world["village_secretary"].actor, now=now, procedure="cadres.seal", unit_id=world.unit("songpo").pk, title="证明用印",
        data={"document": "居住证明", "copies": 1, "kind": "letter"} | data, key="k1",
    )  # fmt: skip


def test_from_application_to_stamp(world: World, now: datetime) -> None:
    secretary, member = world["village_secretary"].actor, organiser(world)
    case = begin(world, now)
    assert case.number.startswith("JC2026-")
    assert begin(world, now).pk == case.pk, "the same key is the same case"
    with pytest.raises(DomainError, match=r"procedures\.step\.lacks"):
        procedures.act(actor=secretary, now=now, case=case, step="apply", act=procedures.Submit())
    case = procedures.act(
        actor=secretary, now=now, case=case, step="apply", act=procedures.Submit(), files=[("draft", "证明.pdf", PDF)]
    )
    assert case.steps_now == "approve"
    # the secretary asked for it, so the deputy at the township decides
    todo = Todo.objects.get(case=case)
    assert (todo.role, todo.unit_id, todo.deputy) == ("township_organiser", world.unit("qingshan").pk, True)
    with pytest.raises(NotAllowed, match=r"procedures\.act\.excluded"):
        procedures.act(actor=secretary, now=now, case=case, step="approve", act=procedures.Judge("approved"))
    with pytest.raises(NotAllowed, match=r"procedures\.act\.denied"):
        procedures.act(
            actor=world["township_secretary"].actor,
            now=now,
            case=case,
            step="approve",
            act=procedures.Judge("approved"),
        )
    rows, count = procedures.inbox_for(member, now)
    assert count == 1
    assert rows[0].step_key == "approve"
    with pytest.raises(NotFound):
        procedures.act(
            actor=world["outsider"].actor, now=now, case=case, step="approve", act=procedures.Judge("approved")
        )
    stale = case.version - 1
    with pytest.raises(Conflict):
        procedures.act(
            actor=member, now=now, case=case, step="approve", act=procedures.Judge("approved"), version=stale
        )
    case = procedures.act(
        actor=member, now=now, case=case, step="approve", act=procedures.Judge("approved"), version=case.version
    )
    case = procedures.act(
        actor=member, now=now + timedelta(hours=1), case=case, step="stamp", act=procedures.Judge("signed")
    )
    assert case.state == "resolved"
    assert not Todo.objects.filter(case=case).exists()
    acts = list(Entry.objects.filter(case=case).order_by("id").values_list("act", "outcome"))
    assert acts == [("start", ""), ("submit", "submitted"), ("judge", "approved"), ("judge", "signed")]
    assert TrailRow.objects.filter(subject_kind="case", subject_id=str(case.pk)).count() == 4


def test_returned_keeps_what_was_shown(world: World, now: datetime) -> None:
    secretary, member = world["village_secretary"].actor, organiser(world)
    case = begin(world, now)
    case = procedures.act(
        actor=secretary, now=now, case=case, step="apply", act=procedures.Submit(), files=[("draft", "证明.pdf", PDF)]
    )
    with pytest.raises(DomainError, match=r"procedures\.words\.needed"):
        procedures.act(actor=member, now=now, case=case, step="approve", act=procedures.Judge("returned"))
    case = procedures.act(
        actor=member, now=now, case=case, step="approve", act=procedures.Judge("returned", "份数不对")
    )
    assert (case.steps_now, case.rounds) == ("apply", 2)
    assert Evidence.objects.filter(step__case=case, step__round=2, key="draft").count() == 1
    view = procedures.case_view(secretary, case, now)
    assert view.marked == ("apply",)
    assert [(each.step.key, each.status) for each in view.earlier] == [("apply", "void"), ("approve", "void")]
    assert {"submit", "amend", "end"} == {each.act for each in view.acts}
    case = procedures.act(
        actor=secretary, now=now, case=case, step="apply", act=procedures.Submit(), data={"copies": "2"}
    )
    assert case.steps_now == "approve"
    assert procedures.case_view(member, case, now).data["copies"] == 2


def test_ending_needs_a_reason_and_the_right(world: World, now: datetime) -> None:
    case = begin(world, now)
    heard: list[tuple[str, str]] = []
    procedures.on_result("cadres.seal", lambda row, state, actor, moment: heard.append((row.number, state)))
    with pytest.raises(DomainError):
        procedures.end(actor=world["village_secretary"].actor, now=now, case=case, reason=" ")
    case = procedures.end(actor=world["village_secretary"].actor, now=now, case=case, reason="不需要了")
    assert case.state == "ended"
    assert heard == [(case.number, "ended")]
    with pytest.raises(DomainError, match=r"procedures\.case\.over"):
        procedures.end(actor=world["village_secretary"].actor, now=now, case=case, reason="再来")
