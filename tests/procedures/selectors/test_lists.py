"""The inbox and the list: what a viewer sees, in order, page by page; figures open exactly their rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.personas import World
from tests.procedures.services.test_flow import PDF, holder
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor
from yanzhen.procedures import api as procedures
from yanzhen.procedures.indicators import SOURCE
from yanzhen.procedures.models import Case
from yanzhen.procedures.selectors.lists import export_rows
from yanzhen.registry.api import unit_ref

pytestmark = pytest.mark.django_db


def worker(world: World) -> Actor:
    """The grid worker with the rights of the real role."""
    actor = world["grid_worker"].actor
    return replace(actor, capabilities=actor.capabilities | {"procedures.view", "procedures.start", "procedures.act"})


def ask_leave(world: World, now: datetime, days: int, title: str) -> Case:
    actor = worker(world)
    case = procedures.start(
        actor=actor, now=now, procedure="stationing.leave", unit_id=actor.unit.id if actor.unit else 0, title=title,
        data={"days": days, "back": "2026-07-01", "reason": "探亲"},
    )  # fmt: skip
    return procedures.act(actor=actor, now=now, case=case, step="ask", act=procedures.Submit())


def test_the_inbox_is_what_waits_for_me_soonest_first(world: World, now: datetime) -> None:
    cases = [ask_leave(world, now - timedelta(weeks=at), 1, f"请假{at}") for at in range(4)]
    long = ask_leave(world, now, 9, "长假")
    rows, count = procedures.inbox_for(world["village_secretary"].actor, now)
    assert [row.case_id for row in rows] == [case.pk for case in reversed(cases)]
    assert count == 4
    rows, count = procedures.inbox_for(world["village_secretary"].actor, now, limit=2)
    assert (len(rows), count) == (2, 4)
    assert [row.case_id for row in procedures.inbox_for(world["township_secretary"].actor, now)[0]] == [long.pk]
    assert procedures.inbox_for(world["outsider"].actor, now) == ([], 0)
    assert procedures.inbox_for(world["county_officer"].actor, now)[1] == 0
    assert procedures.inbox_for(world["audit_officer"].actor, now) == ([], 0)


def test_nobody_sees_a_foreign_case(world: World, now: datetime) -> None:
    case = ask_leave(world, now, 1, "请假")
    assert procedures.case_for(worker(world), case.pk).pk == case.pk
    for who in ("village_secretary", "township_secretary", "county_officer"):
        assert procedures.case_for(world[who].actor, case.pk).pk == case.pk
    for who in ("outsider", "department_officer", "system_officer", "audit_officer", "villager"):
        with pytest.raises(NotFound):
            procedures.case_for(world[who].actor, case.pk)
        assert not procedures.cases_for(world[who].actor, procedures.CaseFilters(tab="all")).rows


def test_pages_go_forth_and_back(world: World, now: datetime) -> None:
    for at in range(7):
        ask_leave(world, now + timedelta(minutes=at), 1, f"请假{at}")
    viewer = world["village_secretary"].actor
    first = procedures.cases_for(viewer, procedures.CaseFilters(), limit=3)
    assert [row.title for row in first.rows] == ["请假6", "请假5", "请假4"]
    assert (first.count, first.more, first.previous) == (7, False, "")
    second = procedures.cases_for(viewer, procedures.CaseFilters(), first.next, limit=3)
    third = procedures.cases_for(viewer, procedures.CaseFilters(), second.next, limit=3)
    assert [row.title for row in (*second.rows, *third.rows)] == ["请假3", "请假2", "请假1", "请假0"]
    assert third.next == ""
    back = procedures.cases_for(viewer, procedures.CaseFilters(), third.previous, limit=3)
    assert [row.title for row in back.rows] == ["请假3", "请假2", "请假1"]
    found = procedures.cases_for(viewer, procedures.CaseFilters(words="请假5"))
    assert [row.title for row in found.rows] == ["请假5"]
    assert len(list(export_rows(viewer, procedures.CaseFilters()))) == 7
    assert procedures.cases_for(viewer, procedures.CaseFilters(until=now.date() - timedelta(days=1))).rows == ()
    assert procedures.cases_for(viewer, procedures.CaseFilters(code="cadres.seal")).rows == ()


def test_figures_open_their_rows(world: World, now: datetime) -> None:
    for at in range(3):
        ask_leave(world, now, 1, f"请假{at}")
    done = ask_leave(world, now, 1, "已批")
    secretary = world["village_secretary"].actor
    procedures.act(actor=secretary, now=now, case=done, step="short", act=procedures.Judge("rejected", "人手不够"))
    unit = unit_ref(world.unit("songpo_1"))
    leaves = {leaf.indicator: (leaf.numerator, leaf.denominator) for leaf in SOURCE.leaves("2026-06", None)}
    assert leaves["procedures.started"] == (4, 4)
    assert leaves["procedures.resolved"] == (0, 1)
    stock = {leaf.indicator: (leaf.numerator, leaf.denominator) for leaf in SOURCE.leaves("now", [unit.id])}
    assert stock == {"procedures.running": (3, 3)}
    for code, (_, n) in leaves.items():
        assert SOURCE.count(secretary, code, unit, "2026-06", "denominator") == n, code
        assert f"indicator={code}" in SOURCE.rows_url(code, unit.id, "2026-06", "denominator")
        rows = procedures.cases_for(
            secretary, procedures.CaseFilters(tab="all", unit_id=unit.id, indicator=code, part="denominator")
        ).rows
        assert len(rows) == n, code
    ages = procedures.ages_for(secretary, now + timedelta(days=10), code="stationing.leave")
    assert [(row.step, row.count, row.ages) for row in ages] == [("short", 3, (0, 3, 0, 0))]


def test_about_and_view(world: World, now: datetime) -> None:
    secretary = world["village_secretary"].actor
    organiser = holder(world, "township_organiser", "qingshan")
    case = procedures.start(
        actor=secretary, now=now, procedure="cadres.seal", unit_id=world.unit("songpo").pk, title="用印",
        data={"document": "函", "copies": 1, "kind": "letter"}, subject=("economy.contract", 17),
    )  # fmt: skip
    assert procedures.cases_about(secretary, "economy.contract", [17, 18]) == {17: case}
    assert procedures.cases_about(world["outsider"].actor, "economy.contract", [17]) == {}
    view = procedures.case_view(secretary, case, now)
    assert [(each.step.key, each.status) for each in view.steps] == [
        ("apply", "open"), ("approve", "waiting"), ("township", "waiting"), ("stamp", "waiting"),
    ]  # fmt: skip
    assert [each.key for each in view.steps[0].missing] == ["draft"]
    assert view.steps[0].who == ("周水生",)
    assert procedures.case_view(organiser, case, now).acts[0].act == "end"
    case = procedures.act(
        actor=secretary, now=now, case=case, step="apply", act=procedures.Submit(), files=[("draft", "a.pdf", PDF)]
    )
    view = procedures.case_view(organiser, case, now)
    assert view.steps[1].who == ("青山镇township_organiser",)
    assert view.steps[1].due_at is not None
    assert view.steps[1].light == "green"
    judge = next(each for each in view.acts if each.act == "judge")
    assert judge.outcomes == ("approved", "returned", "rejected")
    quorum = procedures.quorum_for("villagers_reps", unit_ref(world.unit("songpo")), now.date())
    assert str(quorum.valid.share) == "2/3"
    assert len(list(procedures.codes_for(unit_ref(world.unit("songpo"))))) >= 6
