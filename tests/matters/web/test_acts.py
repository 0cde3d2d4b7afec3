"""Each act through its page: asked, checked where it leaves the unit, done; refused with everything typed kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.personas import World
from yanzhen.matters import services
from yanzhen.matters.domain.loop import ACTS, By
from yanzhen.matters.models import Category, Matter, Request
from yanzhen.matters.web import acts


def do(client: Client, matter: Matter, code: str, **data: Any) -> Any:
    """Send the form of an act, and once more on the page that asks again."""
    matter.refresh_from_db()
    url = reverse("matter_act", args=[matter.pk, code])
    data.setdefault("version", matter.version)
    if acts.PAGES[code].checked:
        asked = client.post(url, data)
        assert asked.status_code == 200, asked.content.decode()
        before = matter.state
        matter.refresh_from_db()
        assert matter.state == before  # nothing is done before it is confirmed
        data["confirmed"] = "1"
    answer = client.post(url, data)
    matter.refresh_from_db()
    return answer


def test_every_act_of_staff_has_a_page() -> None:
    staff = {code for code, act in ACTS.items() if act.by not in (By.PERSON, By.CLOCK)} - {"add_voice"}
    assert staff == set(acts.PAGES)


@pytest.fixture
def county(world: World) -> Client:
    return world["county_officer"].client()


@pytest.fixture
def bureau(world: World) -> Client:
    return world["department_officer"].client()


def test_assign_accept_contact_answer_call_back_archive(
    world: World, make: Callable[..., Matter], county: Client, bureau: Client
) -> None:
    matter = make()
    lead, helper = world.unit("agriculture").pk, world.unit("civil").pk
    asked = county.post(
        reverse("matter_act", args=[matter.pk, "assign"]),
        {"lead": lead, "assists": [helper], "words": "请先联系", "version": 0},
    )
    text = asked.content.decode()
    assert "云岭县农业农村局" in text
    assert "云岭县民政局" in text  # the check page says who is told
    assert do(county, matter, "assign", lead=lead, assists=[helper], words="请先联系").status_code == 302
    assert (matter.state, matter.lead_id) == ("assigned", lead)
    assert do(bureau, matter, "accept").status_code == 302
    assert do(bureau, matter, "contact", words="已电话联系").status_code == 302
    assert do(bureau, matter, "progress", words="已派人清淤").status_code == 302
    assert do(bureau, matter, "stop_clock", reason="season", words="连日大雨").status_code == 302
    assert matter.stopped
    assert do(bureau, matter, "resume_clock").status_code == 302
    assert not matter.stopped
    assert do(county, matter, "press", level=1, words="请抓紧").status_code == 302
    assert matter.press_level == 1
    press = matter.presses.get()
    assert county.get(reverse("press_letter", args=[matter.pk, press.pk])).status_code == 200
    assert do(county, matter, "clear_press", reason="已到现场").status_code == 302
    assert do(bureau, matter, "answer", words="水已通到地头。").status_code == 302
    assert matter.state == "answered"
    assert do(county, matter, "call_back", contacted="yes", solved="yes", grade="good", words="满意").status_code == 302
    assert matter.grade == "good"
    assert do(county, matter, "archive").status_code == 302
    assert matter.state == "archived"
    assert do(county, matter, "reopen", reason="又淤了").status_code == 302
    assert matter.state == "collected"
    page = county.get(reverse("matter", args=[matter.pk])).content.decode()
    assert "水已通到地头。" in page


def test_dispute_is_ruled_on(world: World, make: Callable[..., Matter], county: Client, bureau: Client) -> None:
    matter = make()
    do(county, matter, "assign", lead=world.unit("agriculture").pk)
    assert do(bureau, matter, "dispute", reason="应由民政局办理").status_code == 302
    assert matter.state == "disputed"
    assert (
        do(county, matter, "settle", upheld="yes", lead=world.unit("civil").pk, reason="属民政职责").status_code == 302
    )
    assert (matter.state, matter.lead_id, matter.fixed) == ("assigned", world.unit("civil").pk, True)
    assert do(county, matter, "reassign", lead=world.unit("agriculture").pk, reason="重新核定").status_code == 302
    assert do(county, matter, "add_assist", assist=world.unit("civil").pk, words="配合").status_code == 302


def test_extension_and_unsolvable_are_decided_by_somebody_else(
    world: World, make: Callable[..., Matter], county: Client, bureau: Client
) -> None:
    matter = make()
    do(county, matter, "assign", lead=world.unit("agriculture").pk)
    do(bureau, matter, "accept")
    assert do(bureau, matter, "ask_extension", reason="配件未到", amount_days=3).status_code == 302
    asked = Request.objects.get(kind="extension")
    inbox = county.get(reverse("requests")).content.decode()
    assert "配件未到" in inbox
    assert "配件未到" not in bureau.get(reverse("requests")).content.decode()
    assert do(county, matter, "decide_extension", request=asked.pk, granted="yes").status_code == 302
    asked.refresh_from_db()
    assert asked.granted is True
    assert do(bureau, matter, "ask_unsolvable", reason="水源枯竭", plan="明年打井").status_code == 302
    asked = Request.objects.get(kind="unsolvable")
    refused = county.post(
        reverse("matter_act", args=[matter.pk, "decide_unsolvable"]), {"request": asked.pk, "granted": "no"}
    )
    assert refused.status_code == 422  # a "no" needs its reason
    assert do(county, matter, "decide_unsolvable", request=asked.pk, granted="yes").status_code == 302
    assert matter.state == "answered"
    assert do(county, matter, "redo", reason="再想办法").status_code == 302
    assert matter.state == "working"


def test_weighing_without_handing_over(
    world: World, make: Callable[..., Matter], county: Client, categories: dict[str, Category]
) -> None:
    moved = make()
    assert do(county, moved, "classify", category="0301", urgency="pressing").status_code == 302
    assert (moved.category_id, moved.urgency) == (categories["0301"].pk, "pressing")
    assert do(county, moved, "locate", place=world.unit("shiqiao").pk).status_code == 302
    assert moved.place_id == world.unit("shiqiao").pk
    assert do(county, moved, "make_secret").status_code == 302
    assert moved.secret
    assert do(county, moved, "note", words="已电话核实").status_code == 302
    other = make("石桥水渠淤塞，浇不上水。", "shiqiao")
    assert do(county, other, "merge", into=moved.number).status_code == 302
    assert other.merged_into_id == moved.pk
    gone = make("请查邻居私事。", "liuwan")
    assert do(county, gone, "divert", diversion="beyond_duty", words="请向法院起诉").status_code == 302
    assert gone.state == "diverted"
    declined = make("无理要求。", "liuwan")
    assert do(county, declined, "decline", reason="无依据", words="不属于受理范围").status_code == 302
    assert declined.state == "declined"
    raised = make("跨县水源纠纷。", "liuwan")
    own = make("路灯不亮。", "liuwan", category="0301")
    assert do(county, own, "take").status_code == 302
    assert own.state == "working"
    assert do(county, raised, "raise", reason="涉及两个县").status_code == 302
    assert (raised.state, raised.desk_id) == ("collected", world.unit("city").pk)


def test_exclusion_is_reviewed_by_somebody_else(
    world: World, make: Callable[..., Matter], county: Client, bureau: Client
) -> None:
    matter = make()
    do(county, matter, "assign", lead=world.unit("agriculture").pk)
    do(bureau, matter, "accept")
    assert do(bureau, matter, "exclude", exclusion="malicious", reason="反复骚扰").status_code == 302
    asked = Request.objects.get(kind="exclusion")
    assert do(county, matter, "decide_exclusion", request=asked.pk, granted="yes").status_code == 302
    assert matter.excluded == "malicious"


def test_assisting_unit_reports_back(world: World, make: Callable[..., Matter], county: Client, bureau: Client) -> None:
    matter = make()
    services.assign(
        actor=world["county_officer"].actor, now=matter.received_at, matter=matter, lead=world.unit("civil").pk,
        assists=[world.unit("agriculture").pk],
    )  # fmt: skip
    services.reassign(
        actor=world["county_officer"].actor,
        now=matter.received_at,
        matter=matter,
        lead=world.unit("organisation").pk,
        reason="改",
    )
    matter.refresh_from_db()
    Matter.objects.filter(pk=matter.pk).update(state="working")
    assert do(bureau, matter, "assist_done", words="已配合完成").status_code == 302


def test_refused_form_keeps_what_was_typed(world: World, make: Callable[..., Matter], county: Client) -> None:
    matter = make()
    answer = county.post(reverse("matter_act", args=[matter.pk, "divert"]), {"words": "请到法院", "version": 0})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "有内容需要修改" in text
    assert "data-error-summary" in text
    assert "请到法院" in text


def test_a_rule_that_says_no_is_told_at_the_field(world: World, make: Callable[..., Matter], county: Client) -> None:
    matter = make("河里有人捕鱼。", "songpo", category="")
    answer = county.post(
        reverse("matter_act", args=[matter.pk, "assign"]),
        {"lead": world.unit("songpo_1").pk, "words": "请网格员去看", "version": 0, "confirmed": "1"},
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="{reverse("admission_new")}"' in text  # the refusal offers the application
    assert "请网格员去看" in text
    matter.refresh_from_db()
    assert matter.state == "collected"


def test_the_check_page_goes_back_with_everything(make: Callable[..., Matter], county: Client) -> None:
    matter = make()
    answer = county.post(
        reverse("matter_act", args=[matter.pk, "divert"]),
        {"diversion": "privacy", "words": "涉及隐私", "version": 0, "change": "1"},
    )
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "涉及隐私" in text
    assert 'value="privacy"' in text
    matter.refresh_from_db()
    assert matter.state == "collected"


def test_somebody_was_faster(world: World, make: Callable[..., Matter], county: Client) -> None:
    matter = make()
    services.note(actor=world["county_officer"].actor, now=matter.received_at, matter=matter, words="我先批注一下")
    late = county.post(reverse("matter_act", args=[matter.pk, "note"]), {"words": "我写了很久的话", "version": 0})
    text = late.content.decode()
    assert late.status_code == 409
    assert "我写了很久的话" in text
    assert "我先批注一下" in text
    matter.refresh_from_db()
    again = county.post(
        reverse("matter_act", args=[matter.pk, "note"]), {"words": "我写了很久的话", "version": matter.version}
    )
    assert again.status_code == 302


def test_a_step_that_is_gone_keeps_the_draft(world: World, make: Callable[..., Matter], county: Client) -> None:
    matter = make()
    services.take(actor=world["county_officer"].actor, now=matter.received_at, matter=matter)
    late = county.post(
        reverse("matter_act", args=[matter.pk, "decline"]),
        {"reason": "写好的理由", "words": "写好的话", "version": 0, "confirmed": "1"},
    )
    assert late.status_code == 409
    assert "写好的话" in late.content.decode()


def test_partial_form_for_the_act_panel(make: Callable[..., Matter], county: Client) -> None:
    matter = make()
    part = county.get(reverse("matter_act", args=[matter.pk, "assign"]), headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert 'name="lead"' in part.content.decode()
    assert "<html" in county.get(reverse("matter_act", args=[matter.pk, "assign"])).content.decode()


def test_an_act_nobody_knows(make: Callable[..., Matter], county: Client) -> None:
    assert county.get(reverse("matter_act", args=[make().pk, "explode"])).status_code == 404
