"""The telephone desk, near-duplicates, joining, the slip."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from tests.personas import World
from yanzhen.matters.models import Category, Matter, Voice

TEXT = "村口水渠淤塞三天，稻田浇不上水，请尽快清淤。"


@pytest.fixture
def desk(world: World, lists: None) -> Client:
    return world["township_secretary"].client()


def test_taken_down_and_read_out_once(desk: Client, categories: dict[str, Category]) -> None:
    form = desk.get(reverse("matter_new")).context["form"]
    data = {
        "key": form["key"].value(), "text": TEXT, "place": "990101100201 青山镇松坡村", "category": "0101 农业农村 / 农田水利",
        "urgency": "pressing", "channel": "desk", "name": "王小明", "phone": "１３８ ００００-1234", "call_back": "on",
    }  # fmt: skip
    saved = desk.post(reverse("matter_new"), data)
    matter = Matter.objects.get()
    assert saved["Location"] == reverse("matter_received", args=[matter.pk])
    assert (matter.reporter_phone, matter.category_id) == ("13800001234", categories["0101"].pk)
    assert matter.title == "村口水渠淤塞三天，稻田浇不上水，请尽快清淤"
    page = desk.get(saved["Location"])
    assert page.context["code"]
    assert page.context["code"] in page.content.decode()
    assert matter.number in page.content.decode()
    assert "<svg" in page.content.decode()
    again = desk.post(reverse("matter_new"), data)  # sent twice by a nervous finger
    assert again["Location"] == saved["Location"]
    assert Matter.objects.count() == 1
    slip = desk.get(reverse("matter_slip", args=[matter.pk])).content.decode()
    assert matter.number in slip
    assert page.context["code"] not in slip


def test_errors_at_the_top_and_everything_kept(desk: Client) -> None:
    answer = desk.post(
        reverse("matter_new"),
        {"text": "", "place": "没有的村", "phone": "12", "name": "王小明", "urgency": "normal", "channel": "desk"},
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "请填写诉求内容" in text
    assert "没有找到“没有的村”" in text
    assert "7 至 12 位" in text
    assert 'value="没有的村"' in text
    assert 'value="王小明"' in text
    assert not Matter.objects.exists()


def test_unknown_place_goes_to_be_located(desk: Client) -> None:
    desk.post(reverse("matter_new"), {"text": TEXT, "urgency": "normal", "channel": "desk"})
    assert Matter.objects.get().located is False


def test_duplicates_while_typing_and_joining_adds_a_voice(desk: Client, make: Callable[..., Matter]) -> None:
    there = make(TEXT, "songpo")
    part = desk.post(
        reverse("matter_similar"), {"text": "村口水渠淤塞，稻田浇不上水。", "place": "松坡村"}
    ).content.decode()
    assert there.number in part
    assert reverse("matter_join", args=[there.pk]) in part
    assert (
        there.number not in desk.post(reverse("matter_similar"), {"text": "低保怎么申请需要什么材料"}).content.decode()
    )
    asked = desk.post(
        reverse("matter_join", args=[there.pk]),
        {"draft": "1", "text": "我家也浇不上水", "name": "李四", "phone": "13900000000"},
    )
    assert asked.status_code == 200
    assert "我家也浇不上水" in asked.content.decode()
    desk.post(
        reverse("matter_join", args=[there.pk]), {"text": "我家也浇不上水", "name": "李四", "phone": "13900000000"}
    )
    there.refresh_from_db()
    assert there.voices == 2
    assert Voice.objects.get().name == "李四"
    assert Matter.objects.count() == 1


def test_nobody_takes_down_without_the_right(world: World, lists: None) -> None:
    assert world["audit_officer"].client().post(reverse("matter_new"), {"text": TEXT}).status_code == 403
    assert world["villager"].client().post(reverse("matter_new"), {"text": TEXT}).status_code == 302
