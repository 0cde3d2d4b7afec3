"""Pages of the tree: what each persona sees, the forms with their check pages, the picker, borders."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.utils import timezone

from tests.factories.registry import make_person
from tests.personas import Persona, World
from yanzhen.kernel.scope.api import Actor
from yanzhen.registry.models import Unit, UnitBoundary
from yanzhen.registry.selectors import units as selectors
from yanzhen.registry.services import units as services

DOC = "云岭民〔2026〕3号"
SQUARE = [[118.0, 25.0], [118.1, 25.0], [118.1, 25.1], [118.0, 25.1], [118.0, 25.0]]


def test_the_tree_begins_at_the_own_place(township_secretary: Persona) -> None:
    page = township_secretary.client().get("/units/").content.decode()
    assert "青山镇" in page
    assert "云岭县<" not in page
    assert "白水乡" not in page


def test_an_expand_shows_children_with_their_numbers(world: World, county_officer: Persona) -> None:
    page = county_officer.client().get(f"/units/{world.unit('songpo').pk}/children/").content.decode()
    assert "松坡村第一网格" in page
    assert "网格" in page
    branch = selectors.children_of(county_officer.actor, world.unit("county").pk)
    assert {node.name: node.children for node in branch.nodes} == {
        "云岭县委组织部": 0, "云岭县农业农村局": 0, "云岭县民政局": 0, "青山镇": 2, "白水乡": 2,
    }  # fmt: skip


def test_expands_are_cut_into_pages(world: World, county_officer: Persona) -> None:
    seen: list[str] = []
    after = ""
    while True:
        branch = selectors.children_of(county_officer.actor, world.unit("county").pk, after=after, limit=2)
        seen += [node.code for node in branch.nodes]
        after = branch.after
        if not after:
            break
    assert seen == sorted(seen)
    assert len(seen) == 5


def test_an_expand_costs_three_queries_whatever_the_tree(
    world: World, county_officer: Persona, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        selectors.children_of(county_officer.actor, world.unit("county").pk)


@pytest.mark.parametrize("text", ["松坡", "990101100201", "songpo", "spc", "99010110020"])
def test_units_are_found_by_name_code_and_spelling(world: World, county_officer: Persona, text: str) -> None:
    services.rename(
        actor=county_officer.actor,
        now=timezone.now(),
        unit=world.unit("songpo"),
        name="松坡社村",
        on=date(2026, 1, 1),
        document=DOC,
    )
    Unit.objects.filter(code="990101100201").update(pinyin="songpocun", initials="spc")
    assert world.unit("songpo").pk in [unit.pk for unit in selectors.find_units(county_officer.actor, text)]


def test_search_stays_inside_the_scope(world: World, village_secretary: Persona, villager: Persona) -> None:
    assert [u.pk for u in selectors.find_units(village_secretary.actor, "松坡村第")] == [
        world.unit("songpo_1").pk, world.unit("songpo_2").pk,
    ]  # fmt: skip
    assert selectors.find_units(village_secretary.actor, "石桥") == []
    assert selectors.find_units(villager.actor, "松坡") == []
    page = village_secretary.client().get("/units/?q=石桥").content.decode()
    assert "没有相符的单位" in page


@pytest.mark.parametrize(
    ("who", "what", "status"),
    [
        ("village_secretary", "songpo", 200),
        ("village_secretary", "songpo_1", 200),
        ("village_secretary", "shiqiao", 404),
        ("village_secretary", "qingshan", 404),
        ("outsider", "songpo", 404),
        ("county_officer", "songpo", 200),
        ("villager", "songpo", 302),
        ("audit_officer", "songpo", 403),
    ],
)
def test_who_sees_which_unit(world: World, who: str, what: str, status: int) -> None:
    for suffix in ("", "children/", "map.json"):
        assert world[who].client().get(f"/units/{world.unit(what).pk}/{suffix}").status_code == status


def test_the_units_page_shows_facts_people_and_changes(world: World, county_officer: Persona) -> None:
    grid = world.unit("songpo_1")
    leader = make_person(grid, name="田大禾")
    services.set_leader(
        actor=county_officer.actor, now=timezone.now(), unit=grid, person=leader, title="网格长", on=date(2026, 1, 1)
    )
    page = county_officer.client().get(f"/units/{grid.pk}/").content.decode()
    for words in ("990101100201001", "网格长：田大禾", "网格员：田小禾", "青山镇", "没有下级单位", "没有变更记录"):
        assert words in page


def test_only_managers_are_offered_changes(world: World, county_officer: Persona, village_secretary: Persona) -> None:
    url = f"/units/{world.unit('songpo').pk}/"
    assert f"{url}merge/" in county_officer.client().get(url).content.decode()
    assert f"{url}merge/" not in village_secretary.client().get(url).content.decode()
    assert village_secretary.client().get(f"{url}rename/").status_code == 403
    assert county_officer.client().get(f"{url}nothing/").status_code == 404


def test_founding_goes_over_the_check_page(world: World, county_officer: Persona) -> None:
    client = county_officer.client()
    url = f"/units/{world.unit('songpo').pk}/new/"
    data = {"kind": "grid", "level": "sub1", "name": "松坡村第三网格", "on": "2026-03-01", "document": DOC}
    assert "网格" in client.get(url).content.decode()
    check = client.post(url, data)
    assert check.status_code == 200
    assert "提交前请核对" in check.content.decode()
    assert not Unit.objects.filter(name="松坡村第三网格").exists()
    back = client.post(url, {**data, "back": "1"})
    assert 'value="松坡村第三网格"' in back.content.decode()
    done = client.post(url, {**data, "confirm": "1"})
    made = Unit.objects.get(name="松坡村第三网格")
    assert (done.status_code, done.headers["Location"]) == (302, f"/units/{made.pk}/")


def test_a_rules_no_comes_back_with_what_was_typed(world: World, county_officer: Persona) -> None:
    client = county_officer.client()
    url = f"/units/{world.unit('qingshan').pk}/new/"
    data = {
        "kind": "division",
        "level": "village",
        "name": "新村",
        "code": "990101100201",
        "on": "2026-03-01",
        "document": DOC,
    }
    answer = client.post(url, {**data, "confirm": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "已由“松坡村”使用" in page
    assert 'value="新村"' in page
    assert client.post(url, {**data, "document": ""}).status_code == 422


def test_moving_with_the_picker(world: World, county_officer: Persona) -> None:
    client = county_officer.client()
    url = f"/units/{world.unit('songpo').pk}/move/"
    data = {"on": "2026-03-01", "document": DOC}
    assert "没有找到这个单位" in client.post(url, {**data, "parent_q": "月亮镇"}).content.decode()
    several = client.post(url, {**data, "parent_q": "990101"})
    assert several.status_code == 422
    assert 'value="990101200000"' in several.content.decode()
    assert client.post(url, {**data, "parent_q": "白水乡"}).status_code == 200
    assert client.post(url, {**data, "parent": "990101200000", "confirm": "1"}).status_code == 302
    moved = Unit.objects.get(pk=world.unit("songpo").pk)
    assert moved.path.startswith(world.unit("baishui").path)


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("rename", {"name": "松坡社区"}),
        ("recode", {"code": "990101100009"}),
        ("merge", {"target_q": "石桥村"}),
        ("split", {"name": "上松坡村", "code": "990101100203"}),
    ],
)
def test_each_change_can_be_carried_out(world: World, county_officer: Persona, what: str, data: dict[str, str]) -> None:
    client = county_officer.client()
    url = f"/units/{world.unit('songpo').pk}/{what}/"
    full = {**data, "on": "2026-03-01", "document": DOC}
    assert client.get(url).status_code == 200
    assert client.post(url, full).status_code == 200
    assert client.post(url, {**full, "confirm": "1"}).status_code == 302
    assert Unit.objects.find_problems() == ([], [], [], [], [])


def test_an_occupied_village_does_not_end_by_form(world: World, county_officer: Persona) -> None:
    url = f"/units/{world.unit('songpo').pk}/end/"
    answer = county_officer.client().post(url, {"on": "2026-03-01", "document": DOC, "confirm": "1"})
    assert answer.status_code == 422
    assert "请先划转或改用合并" in answer.content.decode()


def test_a_leader_is_named_by_search(world: World, county_officer: Persona) -> None:
    make_person(world.unit("songpo_1"), name="田大禾", pinyin="tiandahe", initials="tdh")
    url = f"/units/{world.unit('songpo_1').pk}/leader/"
    client = county_officer.client()
    assert client.post(url, {"title": "网格长", "person": "无人", "on": "2026-03-01"}).status_code == 422
    assert client.post(url, {"title": "网格长", "person": "tdh", "on": "2026-03-01"}).status_code == 302
    assert selectors.leaders_of(world.unit("songpo_1"), date(2026, 3, 2))[0].person.name == "田大禾"


def test_the_picker_offers_radio_buttons(county_officer: Persona, village_secretary: Persona) -> None:
    page = (
        county_officer.client()
        .get("/units/find/?name=target&id=id_target&target_q=石桥村&level=village")
        .content.decode()
    )
    assert page.count('type="radio"') == 1
    assert 'name="target"' in page
    assert "青山镇" in page
    assert 'type="radio"' not in village_secretary.client().get("/units/find/?name=t&t_q=石桥").content.decode()


def border(code: str) -> str:
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"code": code},
                    "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
                }
            ],
        }
    )


def test_borders_are_stored_drawn_and_served_through_scope(
    world: World, county_officer: Persona, village_secretary: Persona
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = county_officer.client()
    data = {"source": "测绘成果", "crs": "CGCS2000", "on": "2026-01-01"}
    file = SimpleUploadedFile("b.json", border("990101100201").encode())
    assert client.post("/units/boundaries/", {**data, "file": file}).status_code == 302
    answer = client.get(f"/units/{world.unit('qingshan').pk}/map.json").json()
    assert [feature["properties"]["name"] for feature in answer["features"]] == ["松坡村"]
    assert "<path d=" in client.get(f"/units/{world.unit('songpo').pk}/").content.decode()
    assert village_secretary.client().get(f"/units/{world.unit('qingshan').pk}/map.json").status_code == 404
    bad = SimpleUploadedFile("b.json", border("1").encode())
    refused = client.post("/units/boundaries/", {**data, "file": bad})
    assert refused.status_code == 422
    assert "没有代码为“1”的单位" in refused.content.decode()


def test_a_newer_border_ends_the_older(world: World, county_officer: Persona) -> None:
    actor: Actor = county_officer.actor
    for on in (date(2025, 1, 1), date(2026, 1, 1)):
        services.store_boundaries(actor=actor, now=timezone.now(), text=border("990101100201"), on=on, source="测绘")
    assert list(UnitBoundary.objects.order_by("valid_from").values_list("valid_to", flat=True)) == [
        date(2026, 1, 1),
        None,
    ]
    assert selectors.boundary_of(world.unit("songpo"), date(2025, 5, 1)) is not None
    assert selectors.boundary_of(world.unit("songpo"), date(2024, 5, 1)) is None


def test_a_tree_without_units_says_what_to_do(world: World, county_officer: Persona) -> None:
    Unit.objects.update(valid_to=date(2026, 1, 1))
    assert "还没有单位" in county_officer.client().get("/units/").content.decode()
