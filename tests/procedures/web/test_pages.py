"""The pages: one decision from start to notice, refusals that keep what was typed, documents from the record."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from docx import Document
from lxml import html

from tests.personas import World
from tests.procedures.web.conftest import PDF, begin, held, published, reviewed, to_meeting
from yanzhen.procedures.models import Case, Evidence, Meeting, Objection
from yanzhen.procedures.web import roll

pytestmark = pytest.mark.django_db
MEETING = {
    "body": "villagers_reps", "held_on": "", "due": "45", "present": "４０", "votes_for": "35", "against": "3", "abstain": "2", "place": "村委会",
    "chair": "周水生", "minutes": "一、说明方案。",
}  # fmt: skip


def page(client: Client, url: str, status: int = 200) -> html.HtmlElement:
    answer = client.get(url)
    assert answer.status_code == status, answer.content[:400]
    return html.fromstring(answer.content.decode())


def text(tree: html.HtmlElement) -> str:
    return re.sub(r"\s+", " ", tree.text_content())


def url(case: Case, step: str, act: str) -> str:
    return f"/procedures/{case.pk}/steps/{step}/{act}/"


def meeting(**more: str) -> dict[str, str]:
    return MEETING | {"held_on": timezone.localdate().isoformat()} | more


def test_begin_walk_and_decide(world: World, client: Client) -> None:
    client.force_login(world["village_secretary"].account)
    assert "一般事项" in text(page(client, "/procedures/start/"))
    form = page(client, "/procedures/start/test.village/")
    key = form.xpath('//input[@name="key"]/@value')[0]
    given = {
        "key": key,
        "unit": world.unit("songpo").pk,
        "title": "硬化进村道路",
        "data_amount": "30000",
        "data_plan": "三百米",
        "data_contact": "",
    }
    wrong = client.post("/procedures/start/test.village/", given | {"data_amount": "很多"})
    assert wrong.status_code == 422
    assert "三百米" in wrong.content.decode(), "what was typed stays"
    answer = client.post("/procedures/start/test.village/", given)
    case = Case.objects.get()
    assert answer.url == f"/procedures/{case.pk}/"
    assert client.post("/procedures/start/test.village/", given).url == answer.url, "sent twice is begun once"
    shown = text(page(client, answer.url))
    assert "1. 党组织提议" in shown
    assert "暂不能开始" in shown
    client.post(
        url(case, "propose", "submit"),
        {"data_amount": "30000", "data_plan": "三百二十米", "data_contact": "", "words": "请审议"},
    )
    case.refresh_from_db()
    assert case.steps_now == "meet"
    assert "三百二十米" in case.data, "a field changed along with the act"
    answer = client.post(url(case, "meet", "hold"), meeting(), follow=True)
    told = text(html.fromstring(answer.content.decode()))
    assert "应到 45 人，实到 40 人" in told
    assert "赞成 35" in told
    case.refresh_from_db()
    assert case.steps_now == "review"
    assert "乡镇合法性审核" in text(page(client, answer.redirect_chain[-1][0]))


def test_a_failed_vote_goes_back_and_stays_on_record(world: World, client: Client, case: Case) -> None:
    client.force_login(world["village_secretary"].account)
    to_meeting(world, case)
    answer = client.post(url(case, "meet", "hold"), meeting(votes_for="12", against="28", abstain="0"), follow=True)
    shown = text(html.fromstring(answer.content.decode()))
    assert "未通过" in shown
    assert "前几轮的记录" in shown
    assert "超期" not in shown, "a lamp speaks of time, not of votes"
    case.refresh_from_db()
    assert case.steps_now == "propose"


def test_no_more_votes_than_people(world: World, client: Client, case: Case) -> None:
    client.force_login(world["village_secretary"].account)
    to_meeting(world, case)
    answer = client.post(url(case, "meet", "hold"), meeting(votes_for="45"))
    assert answer.status_code == 422
    tree = html.fromstring(answer.content.decode())
    assert "多于实到 40 人" in text(tree)
    assert tree.xpath('//textarea[@name="minutes"]')[0].text.strip() == "一、说明方案。"
    assert not Meeting.objects.filter(held_on__isnull=False).exists()


def test_the_meeting_asks_at_most_twelve_things_and_is_light(world: World, client: Client, case: Case) -> None:
    client.force_login(world["village_secretary"].account)
    to_meeting(world, case)
    answer = client.get(url(case, "meet", "hold"))
    tree = html.fromstring(answer.content.decode())
    asked = {
        each.get("name")
        for each in tree.xpath(
            '//form[@data-draft]//*[self::input or self::textarea or self::select][@name][not(@type="hidden")]'
        )
    }
    assert 8 <= len(asked) <= 12, asked
    assert len(answer.content) < 30_000
    assert not tree.xpath("//link[contains(@href,'bootstrap')]")
    assert "2/3" in text(tree), "the rule is told before anything is typed"


def test_the_roll_is_ticked_where_somebody_keeps_one(world: World, client: Client, case: Case) -> None:
    client.force_login(world["village_secretary"].account)
    to_meeting(world, case)
    lines = [roll.Line(str(n), f"代表{n}", note="一组") for n in range(1, 10)]
    roll.provide("villagers_reps", lambda _unit, _day: lines)
    try:
        tree = page(client, url(case, "meet", "hold"))
        assert len(tree.xpath('//input[@name="roll"]')) == 9
        assert not tree.xpath('//input[@name="due"]')
        client.post(
            url(case, "meet", "hold"),
            meeting(votes_for="7", against="0", abstain="0") | {"roll": ["1", "2", "3", "4", "5", "6", "7"]},
        )  # type: ignore[operator]
    finally:
        roll._PROVIDERS.clear()
    row = Meeting.objects.get()
    assert (row.due, row.present, row.votes_for) == (9, 7, 7)
    assert row.attendance.filter(present=False).count() == 2
    assert "代表3" in client.get(f"/procedures/{case.pk}/").content.decode()


def test_photos_of_the_list_and_the_minutes(world: World, client: Client, case: Case) -> None:
    client.force_login(world["village_secretary"].account)
    to_meeting(world, case)
    upload = io.BytesIO(PDF)
    upload.name = "签到表.pdf"
    client.post(url(case, "meet", "hold"), meeting() | {"shown_signed_list": upload})  # type: ignore[operator]
    shown = Evidence.objects.get()
    assert shown.key == "signed_list"
    got = client.get(f"/procedures/{case.pk}/files/{shown.pk}/")
    assert b"".join(got.streaming_content) if got.streaming else got.content == PDF
    client.force_login(world["outsider"].account)
    assert client.get(f"/procedures/{case.pk}/files/{shown.pk}/").status_code == 404


def test_what_leaves_the_unit_is_checked_first(world: World, client: Client, case: Case) -> None:
    reviewed(world, held(world, to_meeting(world, case)))
    client.force_login(world["village_secretary"].account)
    today = timezone.localdate()
    given = {"on": today.isoformat(), "where": "村务公开栏", "words": "公示内容", "until": ""}
    answer = client.post(url(case, "publish", "publish"), given)
    tree = html.fromstring(answer.content.decode())
    assert "请核对" in text(tree)
    assert tree.xpath('//input[@name="where"]/@value') == ["村务公开栏"]
    back = client.post(url(case, "publish", "publish"), given | {"change": "1"})
    assert "村务公开栏" in back.content.decode()
    client.post(url(case, "publish", "publish"), given | {"confirmed": "1"})
    posting = case.steps.get(key="publish").postings.get()
    assert posting.until == today + timedelta(days=15)
    short = client.post(url(case, "publish", "publish"), given | {"confirmed": "1"})
    assert short.status_code == 409, "put up once"
    assert "公示内容" in short.content.decode()


def test_an_objection_is_taken_down_and_answered(world: World, client: Client, case: Case) -> None:
    published(world, reviewed(world, held(world, to_meeting(world, case))))
    client.force_login(world["village_secretary"].account)
    client.post(url(case, "publish", "object"), {"words": "路太窄", "name": "王二", "phone": "13800001111"})
    row = Objection.objects.get()
    shown = client.get(f"/procedures/{case.pk}/").content.decode()
    assert "路太窄" in shown
    assert "王二" not in shown, "who objected is not for the page"
    assert (
        client.post(
            url(case, "publish", "reply"),
            {"objection": row.pk, "upheld": "no", "words": "宽度按规范。", "confirmed": "1"},
        ).status_code
        == 302
    )
    row.refresh_from_db()
    assert row.upheld is False


def test_somebody_else_was_faster(world: World, client: Client, case: Case) -> None:
    to_meeting(world, case)
    client.force_login(world["village_secretary"].account)
    version = page(client, url(case, "meet", "hold")).xpath('//input[@name="version"]/@value')[0]
    Case.objects.filter(pk=case.pk).update(version=99)
    answer = client.post(url(case, "meet", "hold"), meeting(version=version))
    assert answer.status_code == 409
    assert "一、说明方案。" in answer.content.decode()


def test_the_township_reviews_and_others_do_not_see_it(world: World, client: Client, case: Case) -> None:
    held(world, to_meeting(world, case))
    client.force_login(world["township_secretary"].account)
    inbox = text(page(client, "/procedures/"))
    assert "硬化进村道路" in inbox
    assert "乡镇合法性审核" in inbox
    back = client.post(url(case, "review", "judge"), {"outcome": "returned", "words": ""})
    assert back.status_code == 422
    assert "理由" in back.content.decode()
    assert client.post(url(case, "review", "judge"), {"outcome": "returned", "words": "金额写错"}).status_code == 302
    client.force_login(world["outsider"].account)
    assert client.get(f"/procedures/{case.pk}/").status_code == 404
    assert client.get(url(case, "review", "judge")).status_code == 404


def test_lists_filters_export_print(world: World, client: Client, case: Case) -> None:
    begin(world, amount="10")
    client.force_login(world["county_officer"].account)
    assert text(page(client, "/procedures/?tab=running")).count("硬化进村道路") == 2
    assert "没有符合条件" in text(page(client, "/procedures/?tab=all&q=修桥"))
    assert "没有等您办理" in text(page(client, "/procedures/"))
    assert "一般事项" in text(page(client, "/procedures/?tab=all&code=test.village"))
    assert "硬化进村道路" in text(page(client, "/procedures/print/?tab=running"))
    book = client.get("/procedures/export/?tab=running")
    assert book["Content-Type"].startswith("application/vnd.openxmlformats")


@pytest.mark.parametrize("code", ["notice", "attendance", "ballot", "minutes", "resolution"])
def test_documents_of_a_meeting(world: World, client: Client, case: Case, code: str) -> None:
    held(world, to_meeting(world, case))
    client.force_login(world["village_secretary"].account)
    word = client.get(f"/procedures/{case.pk}/papers/meet/{code}/docx/")
    doc = Document(io.BytesIO(word.content))
    words = "\n".join(
        [*(p.text for p in doc.paragraphs), *(cell.text for t in doc.tables for row in t.rows for cell in row.cells)]
    )
    assert "硬化进村道路" in words
    assert "村民代表会议" in words
    if code in ("minutes", "resolution"):
        assert "35" in words
        assert "45" in words
    if code == "minutes":
        assert "二、讨论。" in words
    pdf = client.get(f"/procedures/{case.pk}/papers/meet/{code}/pdf/")
    assert pdf.content.startswith(b"%PDF-")
    client.force_login(world["outsider"].account)
    assert client.get(f"/procedures/{case.pk}/papers/meet/{code}/pdf/").status_code == 404


def test_the_notice_masks_and_everybody_may_read_it_while_it_hangs(world: World, client: Client, case: Case) -> None:
    published(world, reviewed(world, held(world, to_meeting(world, case))))
    posting = case.steps.get(key="publish").postings.get()
    client.force_login(world["village_secretary"].account)
    word = client.get(f"/procedures/{case.pk}/papers/publish/public_notice/docx/")
    doc = Document(io.BytesIO(word.content))
    words = "\n".join(
        [*(p.text for p in doc.paragraphs), *(cell.text for t in doc.tables for row in t.rows for cell in row.cells)]
    )
    assert "张三丰" not in words
    assert "张**" in words
    assert f"/p/postings/{posting.pk}/" in words
    client.logout()
    shown = text(page(client, f"/p/postings/{posting.pk}/"))
    assert "张三丰" not in shown
    assert "30,000.00" in shown
    posting.until = timezone.localdate() - timedelta(days=1)
    posting.put_up_on = posting.until - timedelta(days=15)
    posting.save()
    assert client.get(f"/p/postings/{posting.pk}/").status_code == 404
    Case.objects.filter(pk=case.pk).update(restricted=True)
    assert client.get(f"/p/postings/{posting.pk}/").status_code == 404


def test_end_and_interest(world: World, client: Client, case: Case) -> None:
    client.force_login(world["village_secretary"].account)
    assert (
        client.post(f"/procedures/{case.pk}/interest/", {"person": "", "reason": "工程由亲属承包"}).status_code == 302
    )
    assert "工程由亲属承包" in client.get(f"/procedures/{case.pk}/").content.decode()
    assert client.post(f"/procedures/{case.pk}/end/", {"reason": ""}).status_code == 422
    assert client.post(f"/procedures/{case.pk}/end/", {"reason": "不修了"}).status_code == 302
    case.refresh_from_db()
    assert case.state == "ended"


def test_the_page_says_where_it_stands_in_picture_and_words(world: World, client: Client, case: Case) -> None:
    to_meeting(world, case)
    client.force_login(world["village_secretary"].account)
    tree = page(client, f"/procedures/{case.pk}/")
    svg = tree.xpath('//*[local-name()="svg"][@class="ypd"]')[0]
    assert "▶ 村民代表会议决议" in svg.text_content()
    assert "✓ 党组织提议" in svg.text_content()
    assert "当前步骤" in "".join(tree.xpath('//li[@aria-current="step"]')[0].itertext())
    assert not tree.xpath("//*[@style]")


def test_the_rule_follows_the_body_that_met(world: World, client: Client, case: Case) -> None:
    from tests.procedures.web.conftest import TEXT
    from yanzhen.procedures.models import Procedure

    two = TEXT.replace('bodies = ["villagers_reps"]', 'bodies = ["villagers_reps", "villagers_assembly"]')
    Procedure.objects.filter(pk=case.procedure_id).update(source=two)
    to_meeting(world, case)
    client.force_login(world["village_secretary"].account)
    tree = page(client, url(case, "meet", "hold"))
    assert tree.xpath('//a[@href="?body=villagers_assembly"]')
    assert tree.xpath('//input[@name="body"]/@value') == ["villagers_reps"]
    other = page(client, url(case, "meet", "hold") + "?body=villagers_assembly")
    assert other.xpath('//input[@name="body"]/@value') == ["villagers_assembly"]
    assert other.xpath('//input[@name="notified_on"]'), "ten days' notice is asked for here"
    late = client.post(
        url(case, "meet", "hold"), meeting(body="villagers_assembly", notified_on=timezone.localdate().isoformat())
    )
    assert late.status_code == 422
    assert "应当提前 10 天" in late.content.decode()
    assert html.fromstring(late.content.decode()).xpath('//input[@name="body"]/@value') == ["villagers_assembly"]


def test_another_module_embeds_the_case_and_draws_papers(world: World, case: Case) -> None:
    from yanzhen.procedures import api as procedures

    viewer, now = world["village_secretary"].actor, timezone.now()
    context = procedures.case_page(viewer, case, now)
    assert "党组织提议" in context["svg"]
    assert [item.status for item in context["tasks"]] == ["doing", "blocked", "blocked", "blocked"]
    made = procedures.paper(viewer, case, "publish", "register", now)
    assert procedures.drawn(made, "docx", now)[0][:2] == b"PK"


def test_several_sign_off_each_on_their_own(world: World, client: Client, case: Case) -> None:
    from tests.procedures.web.conftest import TEXT
    from yanzhen.procedures.models import Procedure

    parts = TEXT.split("[[steps]]")
    parts[3] = """
key = "review"
kind = "sign_offs"
title = "会签"
sign_offs = [
    { key = "town", title = "乡镇", who = { roles = ["township_secretary"], at = "township" } },
    { key = "county", title = "县里", who = { roles = ["county_officer"], at = "county" } },
]
ways.agreed = "publish"
ways.refused = "propose"

"""
    Procedure.objects.filter(pk=case.procedure_id).update(source="[[steps]]".join(parts))
    held(world, to_meeting(world, case))
    client.force_login(world["township_secretary"].account)
    tree = page(client, f"/procedures/{case.pk}/")
    (mine,) = tree.xpath('//ul[@class="ypc-acts"]//a/@href')
    assert mine.endswith("?key=town")
    form = page(client, mine)
    assert form.xpath('//input[@name="key"]/@value') == ["town"]
    refused = client.post(mine, {"key": "town", "agreed": "no", "words": ""})
    assert refused.status_code == 422, "a refusal is explained"
    assert client.post(mine, {"key": "county", "agreed": "yes"}).status_code in (404, 409), "not for somebody else"
    assert client.post(mine, {"key": "town", "agreed": "yes", "words": "可行"}).status_code == 302
    case.refresh_from_db()
    assert case.steps_now == "review", "the other still has to"
    assert "乡镇：同意" in text(page(client, f"/procedures/{case.pk}/"))
    client.force_login(world["county_officer"].account)
    assert (
        client.post(
            mine.replace("town", "county"), {"key": "county", "agreed": "no", "words": "缺预算", "code": "B2"}
        ).status_code
        == 302
    )
    case.refresh_from_db()
    assert case.steps_now == "propose"
