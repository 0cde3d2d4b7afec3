"""The operations, their refusals, their scope, and the document that promises them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openapi_spec_validator import validate

from tests.matters.rest.conftest import Program
from tests.personas import World
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.matters.models import ApiToken, Idempotency, Matter
from yanzhen.matters.rest import acts, docs

Make = Callable[..., Matter]
Programs = Callable[..., Program]
KEPT = Path(__file__).parent / "openapi.json"


def test_the_document_is_valid_openapi() -> None:
    validate(docs.document())


def test_the_document_is_the_one_that_is_kept() -> None:
    """A change of the API shows in review. To accept it: ``python -m tests.matters.rest``."""
    assert docs.text() == KEPT.read_text(encoding="utf-8")


def test_every_act_of_the_table_has_its_operation() -> None:
    wanted = {act.code for act in acts.offered()}
    assert set(acts.TABLE) == wanted
    paths = docs.document()["paths"]
    bodies = [paths[f"/api/v1/matters/{{matter_id}}/acts/{code}"]["post"]["requestBody"] for code in wanted]
    assert len(bodies) == len(wanted) >= 35


def test_every_refusal_is_documented_as_a_problem() -> None:
    found = docs.document()
    for path, methods in found["paths"].items():
        for method, told in methods.items():
            for code, answer in told["responses"].items():
                if int(code) >= 400:
                    assert answer == {"$ref": f"#/components/responses/Problem{code}"}, (path, method, code)
            assert {"422", "404"} <= set(told["responses"]), (path, method)
            if path != "/api/v1/health":
                assert {"401", "403", "429"} <= set(told["responses"])
                assert told["security"]


def test_the_listing_draws_the_document_without_outside_help(world: World) -> None:
    for client in (Client(), world["county_officer"].client()):
        shown = client.get("/api/v1/").content.decode()
        assert "/api/v1/matters/{matter_id}/acts/assign" in shown
        assert "http://" not in shown.replace("http://www.w3.org", "")
    answer = Client().get("/api/v1/openapi.json")
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == docs.document()


# --- refusals ---------------------------------------------------------------------------------------------------------------


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = json.loads(response.content)
    assert told["status"] == status
    assert told["title"]
    return told


def test_problems(world: World, program: Programs, make: Make) -> None:
    caller = program("county_officer")
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {caller.token}"}
    client = Client()
    problem(client.post("/api/v1/matters", b"{not json", content_type="application/json", **bearer), 400)
    problem(client.post("/api/v1/matters", b"\xff\xfe", content_type="application/json", **bearer), 400)
    problem(client.post("/api/v1/matters", b"a=b", content_type="text/plain", **bearer), 415)
    problem(client.post("/api/v1/matters", b'"' + b"x" * 6_000_000 + b'"', content_type="application/json", **bearer), 413)
    problem(caller.get("/nowhere"), 404)
    problem(caller.get("/matters/999999"), 404)
    problem(caller.get(f"/matters/{2**70}"), 422)
    refused = caller.delete("/matters")
    problem(refused, 405)
    assert set(refused["Allow"].replace(" ", "").split(",")) >= {"GET", "POST"}
    told = problem(caller.post("/matters", {"text": "x", "colour": "red"}), 422)
    assert told["errors"][0]["field"] == "colour"
    told = problem(caller.post("/matters", {"text": "路灯坏了", "place_id": world.unit("songpo").pk, "category": "9999"}), 422)
    assert told["field"] == "category"
    problem(caller.get("/matters?cursor=abc"), 422)
    problem(caller.get("/matters?received_from=0001-01-01"), 422)


def test_words_of_refusals_follow_the_reader(world: World, program: Programs) -> None:
    caller = program("county_officer")
    assert "没有找到" in problem(caller.get("/matters/999999"), 404)["title"]
    title = problem(caller.get("/matters/999999", accept_language="en"), 404)["title"]
    assert not any("\u4e00" <= char <= "\u9fff" for char in title)


# --- reporting --------------------------------------------------------------------------------------------------------------


def test_report_and_follow_through(world: World, program: Programs, categories: Any, duties: None) -> None:
    caller = program("county_officer")
    body = {"text": "水渠塌了一段，今年春灌受影响。", "place_code": "990101100201", "category": "0101"}
    body |= {"name": "李四", "phone": "13812345678"}
    made = caller.post("/matters", body)
    assert made.status_code == 201, made.content
    told = made.json()
    assert len(told["code"]) == 8
    matter = Matter.objects.get(pk=told["id"])
    assert (matter.channel, matter.place_id) == ("api", world.unit("songpo").pk)
    seen = caller.get(f"/matters/{matter.pk}").json()
    assert seen["category"] == "0101"
    assert seen["contact_phone"] == "138****5678"
    assert "李四" not in json.dumps(seen, ensure_ascii=False)
    assert {"assign", "take", "press"} <= {each["code"] for each in seen["acts"]} | {"press"}
    row = TrailRow.objects.get(action="matters.matter.reported", subject_id=str(matter.pk))
    assert row.channel == "api"
    assert "市政热线" in row.actor_name
    listed = caller.get("/matters?words=春灌").json()
    assert [each["id"] for each in listed["items"]] == [matter.pk]
    assert listed["count"] == {"value": 1, "at_least": False}


def test_the_same_key_is_one_matter(world: World, program: Programs, categories: Any) -> None:
    caller = program("county_officer")
    body = {"text": "水渠塌了", "place_id": world.unit("songpo").pk}
    first = caller.post("/matters", body, idempotency_key="k-1")
    again = caller.post("/matters", body, idempotency_key="k-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["code"] == again.json()["code"]
    problem(caller.post("/matters", {**body, "text": "别的事"}, idempotency_key="k-1"), 422)
    assert Matter.objects.count() == 1
    assert Idempotency.objects.count() == 1
    other = program("township_secretary")
    assert other.post("/matters", body, idempotency_key="k-1").status_code == 201


def test_the_same_source_is_one_matter_but_not_across_posts(world: World, program: Programs) -> None:
    body = {"text": "水渠塌了", "place_id": world.unit("songpo").pk, "source": "12345", "source_ref": "A-7"}
    caller = program("county_officer")
    assert caller.post("/matters", body).status_code == 201
    assert caller.post("/matters", body).status_code == 200
    assert program("township_secretary").post("/matters", body).status_code == 201
    assert Matter.objects.count() == 2


def test_places_outside_the_own_division_are_refused(world: World, program: Programs) -> None:
    caller = program("township_secretary")
    for place in ({"place_id": world.unit("liuwan").pk}, {"place_code": "990102100201"}, {"place_id": 10**15}):
        problem(caller.post("/matters", {"text": "路灯坏了", **place}), 422)
    department = program("department_officer")
    made = department.post("/matters", {"text": "稻瘟病预警", "place_id": world.unit("songpo").pk, "channel": "warning"})
    assert made.status_code == 201, made.content


# --- acts -------------------------------------------------------------------------------------------------------------------


def test_the_loop_by_programs_alone(world: World, program: Programs, make: Make) -> None:
    matter = make()
    path = f"/matters/{matter.pk}"
    village, township = program("village_secretary"), program("township_secretary")
    bureau, county = program("department_officer"), program("county_officer")

    def act(caller: Program, name: str, **body: Any) -> dict[str, Any]:
        done = caller.post(f"{path}/acts/{name}", body)
        assert done.status_code == 200, (name, done.content)
        told: dict[str, Any] = done.json()
        return told

    act(village, "raise", reason="村里没有资金")
    told = act(township, "assign", lead=world.unit("agriculture").pk, assists=[], words="请十日内办结")
    assert (told["state"], told["act"]) == ("assigned", "assign")
    assert act(bureau, "accept")["state"] == "working"
    act(bureau, "contact", words="已电话联系")
    act(bureau, "ask_extension", reason="等待材料", amount_days=3)
    act(township, "decide_extension", granted=True, words="同意")
    act(county, "press", level=3, words="请抓紧")
    assert act(bureau, "answer", words="已清淤")["state"] == "answered"
    act(township, "call_back", contacted=True, solved=False, grade="bad", words="还在堵")
    assert act(township, "redo", reason="群众反映未解决")["state"] == "working"
    act(bureau, "answer", words="再次清淤并加固")
    act(county, "rate", code=matter.code, solved=True, grade="good")
    last = act(township, "archive", words="")
    assert last["state"] == "archived"
    steps = [each["act"] for each in county.get(f"{path}/timeline").json()["items"]]
    assert steps[:4] == ["report", "raise", "assign", "accept"]
    assert steps[-1] == "archive"
    problem(county.post(f"{path}/acts/rate", {"code": "AAAA3333", "grade": "good"}), 404)
    problem(township.post(f"{path}/acts/archive", {}), 422)


def test_an_old_version_is_a_conflict(world: World, program: Programs, make: Make) -> None:
    matter = make()
    village = program("village_secretary")
    seen = village.get(f"/matters/{matter.pk}").json()["version"]
    assert village.post(f"/matters/{matter.pk}/acts/note", {"words": "先看看", "version": seen}).status_code == 200
    problem(village.post(f"/matters/{matter.pk}/acts/take", {"version": seen}), 409)


def test_person_acts_need_the_person_code(world: World, program: Programs, make: Make) -> None:
    matter = make()
    county = program("county_officer")
    path = f"/matters/{matter.pk}/acts/withdraw"
    problem(county.post(path, {"code": "AAAA3333"}), 404)
    assert Matter.objects.get().state == "collected"
    assert county.post(path, {"code": matter.code, "reason": "已经好了"}).json()["state"] == "withdrawn"


def test_attachments(world: World, program: Programs, make: Make) -> None:
    matter = make()
    village = program("village_secretary")
    assert village.post(f"/matters/{matter.pk}/acts/take", {}).status_code == 200
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {village.token}"}
    upload = SimpleUploadedFile("说明.txt", "现场情况说明".encode(), content_type="text/plain")
    made = Client().post(f"/api/v1/matters/{matter.pk}/attachments", {"file": upload, "words": "现场说明"}, **bearer)
    assert made.status_code == 201, made.content
    (kept,) = made.json()["files"]
    path = f"/matters/{matter.pk}/attachments/{kept['id']}"
    got = village.get(path)
    assert b"".join(got.streaming_content).decode() == "现场情况说明"
    assert got["X-Content-Type-Options"] == "nosniff"
    problem(Program("x").get(path), 401)
    problem(program("outsider", ["matters.view"]).get(path), 404)
    other = make(unit="liuwan")
    problem(program("county_officer").get(f"/matters/{other.pk}/attachments/{kept['id']}"), 404)
    exe = SimpleUploadedFile("a.png", b"MZ\x90\x00" + b"\x00" * 200, content_type="image/png")
    problem(Client().post(f"/api/v1/matters/{matter.pk}/attachments", {"file": exe, "words": "x"}, **bearer), 415)
    problem(village.post(f"/matters/{matter.pk}/attachments", {"words": "x"}), 415)


# --- scope ------------------------------------------------------------------------------------------------------------------


def test_every_operation_stays_inside_the_scope(world: World, program: Programs, make: Make) -> None:
    """A foreign village's token with every right: no operation on our matter, unit or webhook does anything but 404."""
    outsider = world["outsider"]
    for capability in world["county_officer"].actor.capabilities:
        outsider.post.role.grants.get_or_create(capability=capability)
    cache.clear()
    world.personas["outsider"] = replace(outsider, actor=replace(outsider.actor, capabilities=world["county_officer"].actor.capabilities))
    foreign = program("outsider")
    matter, secret = make(), make(secret=True)
    before = list(Matter.objects.order_by("pk").values())
    unit = world.unit("songpo").pk
    for path, methods in docs.document()["paths"].items():
        for method in methods:
            if "{" not in path:
                continue
            for target in (matter, secret):
                filled = path.replace("{matter_id}", str(target.pk)).replace("{unit_id}", str(unit))
                filled = filled.replace("{webhook_id}", "1").replace("{call_id}", "1").replace("{file_id}", "1")
                filled = filled.removeprefix("/api/v1") + ("?period=2026-11" if filled.endswith("figures") else "")
                body = BODIES.get(path.rsplit("/", 1)[-1], {})
                answer = foreign._send(method.upper(), filled, None if method in ("get", "delete") else body)
                wanted = 415 if path.endswith("attachments") and method == "post" else 404
                assert answer.status_code == wanted, (method, filled, answer.content)
    assert list(Matter.objects.order_by("pk").values()) == before
    assert foreign.get("/matters").json()["items"] == []
    assert foreign.get("/units?q=松坡").json()["items"] == []
    assert [node["name"] for node in foreign.get("/units/root").json()["items"]] == ["枫林村"]


#: Bodies that are in order, so that only the scope can refuse them.
BODIES: dict[str, dict[str, Any]] = {
    "assign": {"lead": 1}, "divert": {"diversion": "emergency", "words": "x"}, "decline": {"reason": "x", "words": "x"},
    "merge": {"into": 1}, "raise": {"reason": "x"}, "locate": {"place": 1}, "classify": {"category": "0101"},
    "dispute": {"reason": "x"}, "settle": {"upheld": False, "reason": "x"}, "reassign": {"lead": 1, "reason": "x"},
    "add_assist": {"assist": 1}, "contact": {"words": "x"}, "progress": {"words": "x"}, "assist_done": {"words": "x"},
    "stop_clock": {"reason": "law"}, "ask_extension": {"reason": "x", "amount_days": 1},
    "decide_extension": {"granted": True}, "ask_unsolvable": {"reason": "x", "plan": "x"},
    "decide_unsolvable": {"granted": True}, "press": {"level": 1, "words": "x"}, "clear_press": {"reason": "x"},
    "answer": {"words": "x"}, "call_back": {"contacted": False}, "rate": {"code": "AAAA3333", "grade": "good"},
    "redo": {"reason": "x"}, "reopen": {"reason": "x"}, "person_reopen": {"code": "AAAA3333", "reason": "x"},
    "withdraw": {"code": "AAAA3333"}, "person_note": {"code": "AAAA3333", "words": "x"}, "note": {"words": "x"},
    "exclude": {"exclusion": "duplicate", "reason": "x"}, "decide_exclusion": {"granted": True},
}  # fmt: skip


def test_secret_matters_stay_with_desk_and_parties(world: World, program: Programs, make: Make) -> None:
    matter = make(secret=True)
    assert program("village_secretary").get(f"/matters/{matter.pk}").status_code == 200
    assert program("grid_worker").get(f"/matters/{matter.pk}").status_code == 404
    assert program("grid_worker").get("/matters").json()["items"] == []


def test_pages_of_the_list_join_without_gap_or_repetition(world: World, program: Programs, make: Make) -> None:
    made = {make(text=f"第{number}处水渠淤塞").pk for number in range(7)}
    caller = program("township_secretary")
    seen: list[int] = []
    cursor = ""
    for _page in range(5):
        told = caller.get(f"/matters?limit=3&cursor={cursor}").json()
        seen += [each["id"] for each in told["items"]]
        cursor = told["next"]
        if not cursor:
            break
    assert len(seen) == 7
    assert set(seen) == made


def test_units_categories_figures_lists(world: World, program: Programs, make: Make) -> None:
    make()
    caller = program("county_officer")
    county = world.unit("county").pk
    root = caller.get("/units/root").json()["items"]
    assert [node["id"] for node in root] == [county]
    assert {node["name"] for node in caller.get(f"/units/{county}/children").json()["items"]} >= {"青山镇", "白水乡"}
    assert caller.get(f"/units/{world.unit('songpo').pk}").json()["above"][-1]["name"] == "青山镇"
    assert caller.get("/units?q=松坡村").json()["items"][0]["name"] == "松坡村"
    assert {each["code"] for each in caller.get("/categories?parent=03").json()["items"]} == {"0301", "0302"}
    assert len(caller.get("/categories").json()["items"]) == 5
    told = caller.get(f"/units/{county}/figures?period=2026-11").json()
    codes = {each["code"] for each in caller.get("/indicators").json()["items"]}
    assert {each["indicator"] for each in told["items"]} == codes
    problem(caller.get(f"/units/{county}/figures?period=never"), 422)
    assert len(caller.get("/duties").json()["items"]) == 4
    assert caller.get("/admissions").json()["items"] == []
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace", "options"])
def test_unsupported_methods_say_what_is_supported(world: World, program: Programs, method: str) -> None:
    caller = program("county_officer")
    refused = caller._send(method.upper(), "/me")
    problem(refused, 405)
    assert refused["Allow"] == "GET"
