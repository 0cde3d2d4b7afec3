"""Who reaches which page: own unit, foreign unit, without the right, without a login."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from tests.personas import World
from yanzhen.matters.models import Matter

#: Page → capability that it asks for (every business persona of the cast but the grid worker and the outsider holds all).
PAGES = {
    "matters": "matters.view",
    "matters_print": "matters.view",
    "matters_export": "matters.view",
    "filter_save": "matters.view",
    "matter_new": "matters.report",
    "requests": "matters.view",
    "presses": "matters.view",
    "categories": "matters.view",
    "category_find": "matters.view",
    "place_find": "matters.view",
    "admissions": "matters.view",
    "duties": "matters.view",
    "triage": "matters.train",
    "feedback": "matters.feedback",
    "feedback_new": "",
}
PERSONAS = (
    "county_officer", "township_secretary", "village_secretary", "grid_worker", "department_officer", "outsider",
    "system_officer", "security_officer", "audit_officer", "villager",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_page_asks_for_its_right(world: World, lists: None, page: str) -> None:
    for name in PERSONAS:
        persona = world[name]
        answer = persona.client().get(reverse(page))
        if persona.account is None:
            assert answer.status_code == 302, name
            assert "/login/" in answer["Location"]
        elif not PAGES[page] or persona.actor.has(PAGES[page]):
            assert answer.status_code == 200, name
        else:
            assert answer.status_code == 403, name


def test_a_foreign_matter_is_not_even_confirmed(world: World, make: Callable[..., Matter]) -> None:
    own = make(unit="songpo")
    pages = [reverse(name, args=[own.pk]) for name in ("matter", "matter_slip")]
    pages += [reverse("matter_act", args=[own.pk, "note"])]
    for page in pages:
        for name in ("county_officer", "township_secretary", "village_secretary"):
            assert world[name].client().get(page).status_code == 200, (name, page)
        assert world["outsider"].client().get(page).status_code == 404
        assert world["department_officer"].client().get(page).status_code == 404  # takes no part yet
        assert world["audit_officer"].client().get(page).status_code == 403
        assert world["villager"].client().get(page).status_code == 302


def test_lists_hold_only_what_is_theirs(world: World, make: Callable[..., Matter]) -> None:
    make("松坡水渠淤塞，浇不上水。", "songpo")
    make("柳湾道路积水，车过不去。", "liuwan", category="0301")

    def titles(name: str) -> str:
        return world[name].client().get(reverse("matters"), {"tab": "all"}).content.decode()

    assert "松坡水渠" in titles("county_officer")
    assert "柳湾道路" in titles("county_officer")
    assert "松坡水渠" in titles("village_secretary")
    assert "柳湾道路" not in titles("village_secretary")
    assert "松坡水渠" not in titles("outsider")


def test_unmasking_needs_a_purpose_and_leaves_a_trace(world: World, make: Callable[..., Matter]) -> None:
    from yanzhen.kernel.trail.models import TrailRow

    own = make(name="王小明", phone="13800001234", unit="songpo")
    client = world["county_officer"].client()
    shown = client.get(reverse("matter", args=[own.pk])).content.decode()
    assert "13800001234" not in shown
    assert "138****1234" in shown
    url = reverse("matter_contact", args=[own.pk])
    assert client.post(url, {"purpose": ""}).status_code == 422
    answer = client.post(url, {"purpose": "核实地点"})
    assert "13800001234" in answer.content.decode()
    assert TrailRow.objects.filter(action="matters.matter.unmasked", purpose="核实地点").count() == 1
    assert world["outsider"].client().post(url, {"purpose": "看看"}).status_code == 404


def test_no_store_of_contact_in_pages_of_others(world: World, make: Callable[..., Matter], client: Any) -> None:
    own = make(phone="13800001234", unit="songpo")
    export = world["county_officer"].client().get(reverse("matters_export"), {"tab": "all"})
    assert b"13800001234" not in export.content
    assert own.number
