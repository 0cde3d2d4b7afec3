"""Open311 GeoReport v2: the specification's text, its one client on PyPI, and the way FixMyStreet uses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone
from georeport import GeoReport

from tests.matters.rest import georeport as spec
from tests.matters.rest.conftest import Program
from tests.personas import World
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.matters import services
from yanzhen.matters.models import Category, Matter
from yanzhen.matters.rest import open311
from yanzhen.registry.models import UnitBoundary

Make = Callable[..., Matter]
Programs = Callable[..., Program]
BASE = "/open311/v2"


def get(path: str, form: str = "json", **params: Any) -> Any:
    return Client().get(f"{BASE}/{path}.{form}", params)


def post(body: dict[str, Any], form: str = "json", client: Client | None = None) -> Any:
    kind = "application/x-www-form-urlencoded"
    return (client or Client()).post(f"{BASE}/requests.{form}", urlencode(body), content_type=kind)


def both(path: str, root: str, schema: dict[str, Any], **params: Any) -> Any:
    """The same answer in both formats, each as the specification says, and equal."""
    as_json, as_xml = get(path, "json", **params), get(path, "xml", **params)
    assert as_json["Content-Type"] == "application/json; charset=utf-8"
    assert as_xml["Content-Type"] == "text/xml; charset=utf-8"
    assert as_json.status_code == as_xml.status_code
    found = spec.check(as_json.json(), schema)
    assert json.dumps(spec.check(spec.from_xml(as_xml.content, root), schema)) == json.dumps(found).replace('""', "null")
    return found


def errors(response: Any, status: int, form: str = "json") -> list[dict[str, Any]]:
    assert response.status_code == status, response.content
    found = response.json() if form == "json" else spec.from_xml(response.content, "errors")
    told: list[dict[str, Any]] = spec.check(found, spec.ERRORS)
    assert all(each["code"] == status for each in told)
    return told


@pytest.fixture
def ruled(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``ruled(key_required=True)``: values of the rulebook for Open311."""
    from yanzhen.kernel.rulebook import api as rulebook

    def rule(**given: Any) -> None:
        told = {f"matters.open311.{key}": value for key, value in given.items()}
        monkeypatch.setattr(open311, "value", lambda key, *a, **k: told[key] if key in told else rulebook.value(key, *a, **k))

    return rule


REPORT = {"service_code": "0101", "address_string": "松坡村", "description": "水渠塌了一段"}


# --- discovery, services ----------------------------------------------------------------------------------------------------


def test_discovery(world: World) -> None:
    found = both("discovery", "discovery", spec.DISCOVERY)
    assert found["endpoints"][0]["url"].endswith("/open311/v2")


def test_services_are_the_public_classes(world: World, categories: dict[str, Category]) -> None:
    found = both("services", "services", spec.SERVICES)
    assert {each["service_code"] for each in found} == {"0101", "0301"}
    assert {each["group"] for each in found} == {"农业农村", "城乡建设"}


def test_definition(world: World, categories: dict[str, Category]) -> None:
    as_json = spec.check(get("services/0101").json(), spec.DEFINITION)
    as_xml = spec.check(spec.from_xml(get("services/0101", "xml").content, "service_definition"), spec.DEFINITION)
    assert as_json == as_xml
    orders = [each["order"] for each in as_json["attributes"]]
    assert len(set(orders)) == len(orders)
    for code in ("9999", "0302", "%00"):
        errors(get(f"services/{code}"), 404)
        errors(get(f"services/{code}", "xml"), 404, "xml")


def test_jurisdiction(world: World, categories: dict[str, Category], ruled: Any) -> None:
    assert get("services", jurisdiction_id="anything").status_code == 200
    ruled(jurisdiction="yunling.example")
    assert get("services", jurisdiction_id="yunling.example").status_code == 200
    assert get("services", jurisdiction_id="").status_code == 200
    for path in ("services", "services/0101", "requests", "discovery"):
        errors(get(path, jurisdiction_id="elsewhere.example"), 404)
    errors(post({**REPORT, "jurisdiction_id": "elsewhere.example"}), 404)
    assert not Matter.objects.exists()


# --- POST -------------------------------------------------------------------------------------------------------------------


def test_post_as_in_the_specification(world: World, categories: dict[str, Category]) -> None:
    """The example request of the specification with our service code."""
    body = {
        "api_key": "", "jurisdiction_id": "city.gov", "service_code": "0101", "lat": "26.76524078", "long": "119.4212043",
        "address_string": "1234 5th street", "email": "smit333@sfgov.edu", "device_id": "tt222111", "account_id": "123456",
        "first_name": "john", "last_name": "smith", "phone": "111111111", "description": "A large sinkhole is destroying the street",
        "media_url": "http://farm3.static.flickr.com/2002/2212426634_5ed477a060.jpg", "attribute[WHISPAWN]": "123456",
        "attribute[WHISDORN]": "COISL001",
    }  # fmt: skip
    made = post(body, "xml")
    assert made.status_code == 200, made.content
    (told,) = spec.check(spec.from_xml(made.content, "service_requests"), spec.CREATED)
    matter = Matter.objects.get()
    assert told["service_request_id"] == matter.number
    assert (matter.channel, matter.category.code, matter.kind) == ("open311", "0101", "request")
    assert (str(matter.latitude), str(matter.longitude)) == ("26.765", "119.421")
    assert (matter.located, matter.place_id) == (False, world.unit("city").pk)
    assert matter.place_words == "1234 5th street"
    assert (matter.reporter_name, matter.reporter_phone) == ("john smith <smit333@sfgov.edu>", "111111111")
    assert "flickr" in matter.text
    assert "smit333" not in matter.text
    row = TrailRow.objects.get(action="matters.matter.reported")
    assert row.channel == "open311"
    code = told["service_notice"].split("查询码 ")[1][:8]
    assert services.withdraw(actor=world["villager"].actor, now=timezone.now(), matter=matter, code=code).state == "withdrawn"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"service_code": ""}, 400), ({"service_code": "9999"}, 404), ({"service_code": "0302"}, 404),
        ({"address_string": ""}, 400), ({"address_string": "", "lat": "26.1"}, 400), ({"lat": "north", "long": "119"}, 400),
        ({"lat": "nan", "long": "119"}, 400), ({"lat": "91", "long": "119"}, 400), ({"description": "长" * 4001}, 400),
        ({"attribute[SECRET]": "maybe"}, 400), ({"api_key": "wrong"}, 403),
    ],
)  # fmt: skip
def test_post_errors(world: World, categories: dict[str, Category], change: dict[str, str], status: int) -> None:
    for form in ("json", "xml"):
        errors(post({**REPORT, **change}, form), status, form)
    assert not Matter.objects.exists()


def test_post_needs_a_form_not_json(world: World, categories: dict[str, Category]) -> None:
    sent = Client().post(f"{BASE}/requests.json", json.dumps(REPORT), content_type="application/json")
    errors(sent, 400)


def test_key_where_the_rule_wants_one(world: World, categories: dict[str, Category], ruled: Any, program: Programs) -> None:
    ruled(key_required=True)
    errors(post(REPORT), 403)
    made = post({**REPORT, "api_key": program("county_officer").token})
    assert made.status_code == 200
    matter = Matter.objects.get()
    assert matter.created_by == world["county_officer"].account.pk
    errors(post({**REPORT, "api_key": program("county_officer", ["matters.view"]).token}), 403)


def test_how_often_without_a_key(world: World, categories: dict[str, Category], ruled: Any) -> None:
    ruled(per_ip=2)
    assert [post(REPORT).status_code for _ in range(3)] == [200, 200, 429]
    refused = post(REPORT, "xml")
    assert refused["Retry-After"]
    assert b"<errors><error><code>429</code>" in refused.content
    assert Matter.objects.count() == 2


def test_a_point_finds_its_village(world: World, categories: dict[str, Category]) -> None:
    ring = [[119.0, 26.0], [119.2, 26.0], [119.2, 26.2], [119.0, 26.2], [119.0, 26.0]]
    hole = [[119.05, 26.05], [119.1, 26.05], [119.1, 26.1], [119.05, 26.1], [119.05, 26.05]]
    far = [[[each[0] + 1, each[1]] for each in ring]]
    shapes = {"songpo": {"type": "Polygon", "coordinates": [ring, hole]}, "liuwan": {"type": "MultiPolygon", "coordinates": [far]}}
    for key, shape in shapes.items():
        UnitBoundary.objects.create(unit=world.unit(key), geojson=json.dumps(shape), valid_from=date(2020, 1, 1))
    points = {("26.15", "119.15"): "songpo", ("26.07", "119.07"): "city", ("26.1", "120.1"): "liuwan", ("30", "119.1"): "city"}
    for (lat, long), key in points.items():
        made = post({"service_code": "0101", "lat": lat, "long": long})
        matter = Matter.objects.get(number=made.json()[0]["service_request_id"])
        assert matter.place_id == world.unit(key).pk, key
        assert matter.located is (key != "city")


def test_other_ways_to_a_place(world: World, categories: dict[str, Category]) -> None:
    ways = [
        ({"address_id": "990101100202"}, "shiqiao"), ({"address_string": "柳湾村"}, "liuwan"),
        ({"lat": "1", "long": "2", "attribute[VILLAGE]": "梨园村"}, "liyuan"), ({"address_string": "天边"}, "city"),
        ({"address_id": "990101000000D02"}, "city"),
    ]  # fmt: skip
    for way, key in ways:
        made = post({"service_code": "0101", **way})
        matter = Matter.objects.get(number=made.json()[0]["service_request_id"])
        assert matter.place_id == world.unit(key).pk, way


def test_secret_ones_are_taken_and_never_shown(world: World, categories: dict[str, Category]) -> None:
    made = post({**REPORT, "attribute[SECRET]": "yes", "attribute[CALL_BACK]": "no"})
    number = made.json()[0]["service_request_id"]
    matter = Matter.objects.get()
    assert (matter.secret, matter.call_back_wanted) == (True, False)
    assert get("requests").json() == []
    assert get("requests", service_request_id=number).json() == []
    errors(get(f"requests/{number}"), 404)
    errors(get(f"tokens/{number}"), 404)


# --- GET --------------------------------------------------------------------------------------------------------------------


def test_requests_show_no_personal_data(world: World, make: Make, ruled: Any) -> None:
    matter = make("李四家门口水渠淤塞，电话13812345678。", latitude=26.123456, longitude=119.123456)
    found = both("requests", "service_requests", spec.REQUESTS)
    assert len(found) == 1
    one = found[0]
    assert one["service_request_id"] == matter.number
    assert (one["status"], one["status_notes"]) == ("open", "待研判")
    assert (one["service_code"], one["service_name"], one["address"]) == ("0101", "农田水利", "青山镇松坡村")
    assert one["address_id"] == "990101100201"
    assert one["agency_responsible"] == "松坡村"
    assert (one["lat"], one["long"]) == (None, None)
    shown = json.dumps(found, ensure_ascii=False)
    for private in ("李四", "13812345678", "门口", matter.code):
        assert private not in shown
    ruled(publish_text=True)
    (one,) = get("requests").json()
    assert "门口水渠" in one["description"]
    assert (one["lat"], one["long"]) == (26.123, 119.123)


def test_classes_that_are_not_public_are_not_shown(world: World, make: Make) -> None:
    make(category="0302")
    assert get("requests").json() == []


def test_one_request_and_its_token(world: World, make: Make) -> None:
    matter = make()
    (one,) = both(f"requests/{matter.number}", "service_requests", spec.REQUESTS)
    assert one["service_request_id"] == matter.number
    (token,) = both(f"tokens/{matter.number}", "service_requests", spec.TOKEN)
    assert token["service_request_id"] == matter.number
    for path in ("requests/2601-000000-0", "tokens/x", "requests/x"):
        errors(get(path), 404)
        errors(get(path, "xml"), 404, "xml")


def test_status_follows_the_loop(world: World, make: Make) -> None:
    matter, other = make(), make()
    village, now = world["village_secretary"].actor, timezone.now()
    services.divert(actor=village, now=now, matter=matter, diversion="other_law", words="请向法院提起诉讼")
    (closed,) = get("requests", status="closed").json()
    assert closed["service_request_id"] == matter.number
    assert closed["status_notes"] == "已分流"
    assert closed["updated_datetime"][:16] == timezone.localtime(now).isoformat()[:16]
    assert [each["service_request_id"] for each in get("requests", status="open").json()] == [other.number]
    assert len(get("requests", status="open,closed").json()) == 2
    errors(get("requests", status="lost"), 400)


def test_window_of_ninety_days(world: World, make: Make) -> None:
    recent, old = make(), make()
    then = timezone.now() - timedelta(days=100)
    Matter.objects.filter(pk=old.pk).update(received_at=then)
    assert [each["service_request_id"] for each in get("requests").json()] == [recent.number]
    span = {"start_date": (then - timedelta(days=1)).isoformat(), "end_date": (then + timedelta(days=1)).isoformat()}
    assert [each["service_request_id"] for each in get("requests", **span).json()] == [old.number]
    assert [each["service_request_id"] for each in get("requests", end_date=span["end_date"]).json()] == [old.number]
    since = (then + timedelta(days=50)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert len(get("requests", start_date=since).json()) == 1
    # by id, whatever else is asked for
    ids = f"{old.number},{recent.number},2601-000000-0"
    found = get("requests", service_request_id=ids, status="closed", start_date="2020-01-01").json()
    assert {each["service_request_id"] for each in found} == {old.number, recent.number}
    for wrong in (
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"}, {"start_date": "yesterday"},
        {"end_date": "0001-01-01T00:00:00Z"}, {"start_date": "2026-02-01", "end_date": "2026-01-01"}, {"page": "0"},
        {"page_size": "x"}, {"page": "99999", "page_size": "1000"},
    ):  # fmt: skip
        errors(get("requests", **wrong), 400)


def test_service_code_and_pages(world: World, make: Make) -> None:
    for number in range(5):
        make(f"第{number}处")
    make("路坏了", category="0301")
    assert len(get("requests", service_code="0301").json()) == 1
    assert len(get("requests", service_code="0301,0101").json()) == 6
    pages = [get("requests", page=page, page_size=4).json() for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [4, 2, 0]
    assert len({each["service_request_id"] for page in pages for each in page}) == 6


def test_counts_of_queries_do_not_grow_with_rows(world: World, make: Make, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        make(f"第{number}处")
    get("requests")
    with django_assert_max_num_queries(14):
        assert len(get("requests").json()) == 12


def test_text_that_xml_cannot_hold(world: World, make: Make, ruled: Any) -> None:
    make("坏字符\x0b\x01 <b>&amp;]]>")
    ruled(publish_text=True)
    (one,) = spec.from_xml(get("requests", "xml").content, "service_requests")
    assert one["description"] == "坏字符 <b>&amp;]]>"


def test_other_addresses_and_methods(world: World) -> None:
    missing = Client().get(f"{BASE}/nothing.xml")
    errors(missing, 404, "xml")
    refused = Client().delete(f"{BASE}/requests.json")
    errors(refused, 405)
    assert refused["Allow"] == "GET, POST"


# --- clients ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "xml"])
def test_the_client_on_pypi(server: str, world: World, make: Make, form: str) -> None:
    """``georeport`` as it is: services, definition, requests, one request."""
    first, second = make(), make("第二处")
    client = GeoReport(f"{server}{BASE}", jurisdiction="yunling.example", output_format=form)
    assert {each["service_code"] for each in client.get_service_list()} == {"0101", "0301"}
    definition = client.get_service_definition("0101")
    assert definition["service_code"] == "0101"
    assert definition["attributes"]
    found = client.get_service_requests(status="open", start_date=(timezone.now() - timedelta(days=1)).isoformat(timespec="seconds"))
    assert {each["service_request_id"] for each in found} == {first.number, second.number}
    assert client.get_service_request(first.number)["service_request_id"] == first.number
    both_ids = client.get_service_requests(service_request_id=f"{first.number},{second.number}")
    assert len(both_ids) == 2


def test_as_fixmystreet_uses_it(server: str, world: World, categories: dict[str, Category], program: Programs) -> None:
    """Its sender: endpoint with a slash at its end, key and jurisdiction, coordinates, ``attribute[…]`` of its own, XML back; sent
    again after a lost answer it is the same request; its poller asks for many ids at once."""
    import requests

    endpoint, key = f"{server}{BASE}/", program("county_officer").token
    body = {
        "jurisdiction_id": "yunling.example", "api_key": key, "service_code": "0301", "lat": "26.5", "long": "119.5",
        "email": "user@example.com", "first_name": "Test", "last_name": "User", "phone": "", "address_id": "#NOTPINPOINTED#",
        "description": "title: 路坏了\n\ndetail: 桥头路面塌陷\n\nurl: http://fms.example/report/77\n\nSubmitted via FixMyStreet\n",
        "media_url": "http://fms.example/photo/77.0.jpeg", "attribute[fixmystreet_id]": "77", "attribute[easting]": "419000",
        "attribute[title]": "路坏了", "attribute[external_id]": "",
    }  # fmt: skip

    def send(given: dict[str, str]) -> str:
        response = requests.post(f"{endpoint}requests.xml", data=given, timeout=10)
        assert response.status_code == 200, response.text
        found = ElementTree.fromstring(response.content).findtext("request/service_request_id")  # noqa: S314
        assert found
        return found

    number = send(body)
    assert send(body) == number
    other = send({**body, "attribute[fixmystreet_id]": "78"})
    assert Matter.objects.count() == 2
    matter = Matter.objects.get(number=number)
    assert matter.reporter_name == "Test User <user@example.com>"
    services.divert(
        actor=world["county_officer"].actor, now=timezone.now(), matter=matter, diversion="beyond_duty", words="请联系公路管理单位"
    )
    polled = requests.get(
        f"{endpoint}requests.xml", params={"jurisdiction_id": "yunling.example", "service_request_id": f"{number},{other}"}, timeout=10
    )
    told = {each["service_request_id"]: each["status"] for each in spec.from_xml(polled.content, "service_requests")}
    assert told == {number: "closed", other: "open"}


def test_without_a_key_nobody_can_claim_anothers_number(world: World, categories: dict[str, Category], program: Programs) -> None:
    """Only a program with a key is known by its numbers: a stranger who sends the same one first changes nothing."""
    body = {**REPORT, "attribute[fixmystreet_id]": "77"}
    stranger = post(body).json()[0]["service_request_id"]
    known = post({**body, "api_key": program("county_officer").token}).json()[0]["service_request_id"]
    assert stranger != known
    assert post({**body, "api_key": program("township_secretary").token}).json()[0]["service_request_id"] != known
