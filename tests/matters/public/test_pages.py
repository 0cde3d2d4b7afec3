"""Notices, paper, posters, QR codes; what every page of the villager and the field has."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from lxml import etree, html

from tests.personas import World
from yanzhen.matters.public import forms, notices

pytestmark = pytest.mark.django_db

PUBLIC = ["/p/", "/p/place/", "/p/report/", "/p/follow/", "/p/feedback/", "/p/feedback/answer/", "/p/notice/", "/p/notice/report/"]


@pytest.mark.parametrize("path", PUBLIC)
def test_every_public_page_has_its_links_and_one_heading(path: str, visit: Client) -> None:
    doc = html.document_fromstring(visit.get(path).content)
    assert len(doc.xpath("//h1")) == 1
    assert doc.xpath(f"//footer//a[@href='{reverse('public_feedback')}']")
    assert doc.xpath(f"//footer//a[@href='{reverse('public_notices')}']")
    assert not doc.xpath("//script[contains(@src, 'htmx') or contains(@src, 'dexie')]")


@pytest.mark.parametrize("path", PUBLIC)
def test_no_public_page_asks_for_a_login_or_names_somebody(path: str, world: World) -> None:
    page = world["village_secretary"].client().get(path)
    assert page.status_code == 200
    assert "周水生" not in page.content.decode().split("<main")[1].split("</main")[0]


@pytest.mark.parametrize("path", PUBLIC)
def test_english_is_there(path: str, visit: Client) -> None:
    page = visit.get(path, headers={"accept-language": "en"}).content.decode()
    main = re.sub(r"<script.*?</script>", "", page.split("<main")[1].split("</main")[0], flags=re.S)
    main = re.sub(r"云[岭川]\S*|望山县", "", main)
    assert not re.findall(r"[\u4e00-\u9fff]{2,}", main), re.findall(r"[\u4e00-\u9fff]{2,}", main)[:5]


def test_every_question_of_a_form_stands_in_its_notice() -> None:
    """PIPL 17: whoever adds a question must say what it is for."""
    asked = {
        "report": {**forms.WhatForm.base_fields, **forms.ContactForm.base_fields, **forms.SendForm.base_fields},
        "join": forms.JoinForm.base_fields,
        "feedback": forms.SuggestForm.base_fields,
    }
    words = {
        "text": ("事情经过", "补充的情况", "意见内容"), "place": ("村（社区）",), "place_words": ("具体位置、大致坐标",),
        "longitude": ("具体位置、大致坐标",), "latitude": ("具体位置、大致坐标",), "name": ("称呼",), "phone": ("电话",),
        "photos": ("照片",), "secret": ("是否保密",), "contact": ("联系方式",), "call_back": ("电话",),
    }  # fmt: skip
    technical = {"website", "token", "work", "answer", "page"}
    for kind, fields in asked.items():
        told = {str(item.what) for item in notices.NOTICES[kind].items}
        for name, field in fields.items():
            if name in technical:
                continue
            assert told & set(words[name]), (kind, name)
            needed = [item.needed for item in notices.NOTICES[kind].items if str(item.what) in words[name]]
            assert any(needed) == field.required, (kind, name)


@pytest.mark.parametrize("kind", sorted(notices.NOTICES))
def test_notices_name_law_rights_and_time(kind: str, visit: Client) -> None:
    text = re.sub(r"<[^>]+>", "", visit.get(reverse("public_notice", args=[kind])).content.decode())
    for word in ("第十七条", "您的权利", "保存多久", "处理依据", "谁来处理"):
        assert word in text
    assert visit.get("/p/notice/nothing/").status_code == 404


def test_the_qr_code_leads_to_the_village(visit: Client, world: World, settings: Any) -> None:
    import segno

    code = world.unit("songpo").code
    answer = visit.get(f"/p/v/{code}/qr.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    etree.fromstring(answer.content)
    wanted = BytesIO()
    address = f"{settings.YANZHEN.base_url}/p/v/{code}/"
    segno.make(address, error="m", micro=False).save(wanted, kind="svg", scale=8, border=4, dark="#000", light="#fff", title="松坡村")
    assert answer.content == wanted.getvalue()
    assert visit.get("/p/v/nothing/qr.svg").status_code == 404


def test_paper_and_poster_for_a_village(visit: Client, world: World) -> None:
    code = world.unit("songpo").code
    paper = visit.get(f"/p/v/{code}/paper/").content.decode()
    assert "data:image/svg" in paper
    assert "松坡村" in paper
    poster = visit.get(f"/p/v/{code}/poster/").content.decode()
    assert f"/p/v/{code}/qr.svg" in poster


def test_the_follow_page_takes_the_number_from_the_code(visit: Client) -> None:
    assert 'value="2606-000001-3"' in visit.get("/p/follow/?n=2606-000001-3").content.decode()
