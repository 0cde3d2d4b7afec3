"""The workbench and the shell's pages, per persona and language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories.registry import make_person
from tests.personas import World
from yanzhen.matters import services
from yanzhen.matters.models import Matter


@pytest.fixture
def report(world: World) -> Callable[..., Matter]:
    def make(text: str, unit: str, days: int = 0, reporter: str = "village_secretary") -> Matter:
        draft = services.Report(text=text, place_id=world.unit(unit).pk, channel="desk", name="王小明")
        return services.report(
            actor=world[reporter].actor, now=timezone.now() - timedelta(days=days, minutes=5), draft=draft
        )

    return make


def test_workbench_shows_what_waits_soonest_first(world: World, report: Callable[..., Matter]) -> None:
    newer = report("水渠昨天淤了。", "songpo")
    older = report("路灯坏了一个月。", "songpo", days=20)
    page = world["village_secretary"].client().get("/")
    names = [row.url for row in page.context["todo"].rows]
    assert names == [reverse("matter", args=[each.pk]) for each in (older, newer)]
    assert "路灯坏了一个月" not in world["outsider"].client().get("/").content.decode()


def test_numbers_of_the_lights_open_lists_of_that_length(world: World, report: Callable[..., Matter]) -> None:
    report("路灯坏了一个月。", "songpo", days=20)
    report("水渠淤了一个月。", "songpo", days=21)
    client = world["county_officer"].client()
    row = next(each for each in client.get("/").context["lights"].rows if each.name == "青山镇")
    red = row.cells[0]
    assert red.text == 2
    listed = client.get(red.url)
    assert len(listed.context["table"].rows) == 2


def test_an_empty_workbench_says_so(world: World) -> None:
    text = world["township_secretary"].client().get("/").content.decode()
    assert "没有待办事项" in text
    assert "没有上级督办的事项" in text


def test_officers_see_no_business(world: World, report: Callable[..., Matter]) -> None:
    report("路灯坏了一个月。", "songpo", days=20)
    for name in ("system_officer", "security_officer", "audit_officer"):
        page = world[name].client().get("/")
        assert page.status_code == 200
        assert "看不到业务数据" in page.content.decode()
        assert "bench" not in page.context
        assert "路灯" not in page.content.decode()
        found = world[name].client().get(reverse("search"), {"q": "路灯"})
        assert "路灯坏了" not in found.content.decode()


def test_home_needs_a_login(client: Client, db: None) -> None:
    assert "/login/" in client.get("/")["Location"]
    assert client.get(reverse("search"))["Location"].endswith("/search/")


def test_look_up_by_number_words_person_and_unit(world: World, report: Callable[..., Matter]) -> None:
    made = report("水渠昨天淤了，浇不上水。", "songpo")
    make_person(world.unit("songpo"), name="柳春生")
    client = world["village_secretary"].client()
    assert client.get(reverse("search"), {"q": made.number})["Location"] == reverse("matter", args=[made.pk])
    assert "水渠昨天淤了" in client.get(reverse("search"), {"q": "水渠"}).content.decode()
    assert "柳春生" in client.get(reverse("search"), {"q": "柳春生"}).content.decode()
    assert "松坡村第一网格" in client.get(reverse("search"), {"q": "松坡"}).content.decode()
    outside = world["outsider"].client()
    assert outside.get(reverse("search"), {"q": made.number}).status_code == 200
    for words in ("水渠", "柳春生", "松坡"):
        assert "没有找到" in outside.get(reverse("search"), {"q": words}).content.decode()


@pytest.mark.parametrize("page", ["help", "privacy", "accessibility"])
def test_standing_pages_are_for_everybody(db: None, client: Client, page: str) -> None:
    answer = client.get(reverse(page))
    assert answer.status_code == 200
    assert "yz-public" in answer.content.decode()
    english = client.get(reverse(page), headers={"Accept-Language": "en"})
    assert english.status_code == 200


def test_an_unknown_page_says_what_to_do(db: None, client: Client) -> None:
    answer = client.get("/nothing/here/")
    assert answer.status_code == 404
    assert "没有找到这个页面" in answer.content.decode()
