"""Pages of people and households: masks, scope, unmasking, corrections, forms, export."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from tests.factories.registry import id_number, make_household, make_person
from tests.personas import Persona, World
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.registry.models import Correction, Household, Person, Unmasking
from yanzhen.registry.services import people as services

PHONE = "13812345678"


@pytest.fixture
def zhang(world: World) -> Person:
    return make_person(
        world.unit("songpo_1"), name="张三", pinyin="zhangsan", initials="zs", phone=PHONE,
        number=id_number(born=date(1970, 1, 1), serial=31), birth=date(1970, 1, 1), sex="1",
    )  # fmt: skip


def text(client: object, url: str) -> str:
    return client.get(url).content.decode()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("village_secretary", 200),
        ("township_secretary", 200),
        ("county_officer", 200),
        ("grid_worker", 200),
        ("outsider", 404),
        ("department_officer", 403),
        ("system_officer", 403),
        ("audit_officer", 403),
        ("villager", 302),
    ],
)
def test_who_sees_a_file(world: World, zhang: Person, who: str, status: int) -> None:
    answer = world[who].client().get(f"/people/{zhang.pk}/")
    assert answer.status_code == status
    page = answer.content.decode()
    assert PHONE not in page
    assert zhang.id_number not in page


def test_the_list_is_masked_and_ends_at_the_scope(
    world: World, zhang: Person, village_secretary: Persona, outsider: Persona
) -> None:
    page = text(village_secretary.client(), "/people/?q=zs")
    assert "张三" in page
    assert "138****5678" in page
    assert PHONE not in page
    assert "张三" not in text(outsider.client(), "/people/?q=zs")
    assert "没有相符的人员" in text(outsider.client(), "/people/")


def test_filters_are_chips_that_can_be_taken_off(world: World, zhang: Person, village_secretary: Persona) -> None:
    client = village_secretary.client()
    page = text(client, "/people/?q=zs&sex=1&unit=990101100201001")
    assert "张三" in page
    assert 'href="/people/?q=zs&amp;unit=990101100201001"' in page
    assert "张三" not in text(client, "/people/?sex=2")
    assert client.get("/people/?unit=990101100202").status_code == 404


def test_looking_behind_the_mask_over_the_page(zhang: Person, village_secretary: Persona, grid_worker: Persona) -> None:
    client = village_secretary.client()
    url = f"/people/{zhang.pk}/unmask/phone/"
    assert url in text(client, f"/people/{zhang.pk}/")
    assert client.get(url).status_code == 405
    refused = client.post(url, {"purpose": ""})
    assert refused.status_code == 422
    assert PHONE not in refused.content.decode()
    assert Unmasking.objects.count() == 0
    seen = client.post(url, {"purpose": "contact"}, headers={"HX-Request": "true"})
    assert PHONE in seen.content.decode()
    assert seen.headers["Cache-Control"] == "no-store"
    assert "<html" not in seen.content.decode()
    assert PHONE in client.post(url, {"purpose": "contact"}).content.decode()
    assert Unmasking.objects.count() == 2
    assert "谁看过隐去的信息" in text(client, f"/people/{zhang.pk}/")
    assert url not in text(grid_worker.client(), f"/people/{zhang.pk}/")
    assert grid_worker.client().post(url, {"purpose": "contact"}).status_code == 403


def test_a_file_is_made_with_the_picker(world: World, village_secretary: Persona) -> None:
    client = village_secretary.client()
    number = id_number(born=date(1988, 8, 8), serial=14)
    data = {"name": "单小梅", "id_number": number, "unit_q": "990101100201001"}
    answer = client.post("/people/new/", data)
    person = Person.objects.get(name="单小梅")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/people/{person.pk}/")
    again = client.post("/people/new/", data)
    assert again.status_code == 422
    assert "已经建过档案" in again.content.decode()
    outside = client.post("/people/new/", {"name": "张三", "unit_q": "990101100202001"})
    assert outside.status_code == 422


def test_editing_sends_no_secret_to_the_browser(zhang: Person, village_secretary: Persona) -> None:
    client = village_secretary.client()
    url = f"/people/{zhang.pk}/edit/"
    page = text(client, url)
    assert PHONE not in page
    assert 'name="birth"' not in page
    answer = client.post(url, {"name": "张三丰", "unit": "990101100201001", "political": "01"})
    assert answer.status_code == 302
    zhang.refresh_from_db()
    assert (zhang.name, zhang.political, zhang.phone) == ("张三丰", "01", PHONE)


def test_this_is_wrong_goes_to_the_village(zhang: Person, village_secretary: Persona, grid_worker: Persona) -> None:
    url = f"/people/{zhang.pk}/wrong/"
    assert grid_worker.client().post(url, {"field": "nation", "proposed": "月球族"}).status_code == 422
    assert grid_worker.client().post(url, {"field": "nation", "proposed": "畲族"}).status_code == 302
    row = Correction.objects.get()
    assert row.proposed == "22"
    client = village_secretary.client()
    assert "有 1 项更正等待核实" in text(client, "/people/")
    assert "张三" in text(client, "/people/corrections/")
    assert "畲族" in text(client, f"/people/corrections/{row.pk}/")
    assert grid_worker.client().get(f"/people/corrections/{row.pk}/").status_code == 403
    assert client.post(f"/people/corrections/{row.pk}/", {"accept": "no"}).status_code == 422
    assert client.post(f"/people/corrections/{row.pk}/", {"accept": "yes"}).status_code == 302
    zhang.refresh_from_db()
    assert zhang.nation == "22"


def test_households_moves_merges_and_deaths(world: World, zhang: Person, village_secretary: Persona) -> None:
    client = village_secretary.client()
    make_household(world.unit("songpo_1"), number="1", members=[zhang])
    assert client.post("/households/new/", {"unit_q": "松坡村第二网格", "number": "2"}).status_code == 302
    second = Household.objects.get(number="2")
    assert "这一户现在没有人" in text(client, f"/households/{second.pk}/")
    move = {"household": "2", "relation": "01", "on": "2026-03-01"}
    assert client.post(f"/people/{zhang.pk}/move/", {**move, "household": "9"}).status_code == 422
    assert client.post(f"/people/{zhang.pk}/move/", move).status_code == 302
    assert "张三" in text(client, f"/households/{second.pk}/")
    assert "第一网格 1" in text(client, f"/people/{zhang.pk}/")
    other = make_person(world.unit("songpo_2"), name="章三", temporary_key="L990101100201000099")
    merge = {"other": other.temporary_key, "reason": "户口本"}
    assert client.post(f"/people/{zhang.pk}/merge/", merge).status_code == 302
    assert "张三" in text(client, f"/people/{other.pk}/")
    death = f"/people/{zhang.pk}/deceased/"
    assert "提交前请核对" in client.post(death, {"on": "2026-05-01"}).content.decode()
    assert client.post(death, {"on": "2026-05-01", "confirm": "1"}).status_code == 302
    assert "张三" not in text(client, "/people/")
    assert "张三" in text(client, "/people/?dead=1")


def test_households_are_listed_by_number_address_and_member(
    world: World, zhang: Person, village_secretary: Persona
) -> None:
    make_household(world.unit("songpo_1"), number="A7", members=[zhang])
    client = village_secretary.client()
    for q in ("A7", "张三"):
        assert "A7" in text(client, f"/households/?q={q}")
    assert "没有相符的家庭户" in text(client, "/households/?q=没有")


def test_the_export_is_masked_and_in_the_trail(zhang: Person, village_secretary: Persona) -> None:
    services.create(
        actor=village_secretary.actor, now=timezone.now(), unit=zhang.unit, name="李四", phone="13900000000"
    )
    answer = village_secretary.client().get("/people/export/?q=zs")
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    sheet = load_workbook(io.BytesIO(body)).active
    assert sheet is not None
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
    assert "张三" in cells
    assert "李四" not in cells
    assert PHONE not in cells
    assert TrailRow.objects.filter(subject_kind="export").count() == 1


def test_namesakes_are_shown_on_the_file(world: World, zhang: Person, village_secretary: Persona) -> None:
    make_person(world.unit("songpo_2"), name="张三", birth=date(1950, 1, 1))
    page = text(village_secretary.client(), f"/people/{zhang.pk}/")
    assert "松坡村第二网格" in page
    assert "1950" in page
