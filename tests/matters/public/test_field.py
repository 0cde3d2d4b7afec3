"""The field pages and what their script talks to: plain forms, once each, nobody else's things, small."""

from __future__ import annotations

import gzip
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from lxml import html

from tests.factories.matters import make_admission, make_category, make_duty, make_matter
from tests.personas import Persona, World
from yanzhen.matters import services
from yanzhen.matters.models import Attachment, Entry, Matter
from yanzhen.matters.public import field

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    return re.sub(r"<[^>]+>", "", response.content.decode())


@pytest.fixture
def given(world: World, now: datetime) -> Matter:
    """A matter that the village has given to its first grid."""
    category = make_category("路灯")
    make_duty(world, category)
    admission = make_admission(world, category)
    matter = make_matter(world, now, place="songpo_1", category=category, phone="13812345678")
    desk = world["village_secretary"].actor
    return services.assign(actor=desk, now=now, matter=matter, lead=world.unit("songpo_1").pk, admission=admission.pk)


@pytest.fixture
def phone(grid_worker: Persona) -> Client:
    return grid_worker.client()


def report_data(world: World, **more: Any) -> dict[str, Any]:
    return {"text": "井盖不见了", "place": world.unit("songpo_1").code, "urgency": "pressing", **more}


# --- without script ---------------------------------------------------------------------------------------------------------


def test_home_shows_own_open_work_with_lamps(phone: Client, given: Matter) -> None:
    doc = html.document_fromstring(phone.get("/f/").content)
    assert doc.xpath(f"//a[@href='{reverse('field_matter', args=[given.pk])}']")
    assert doc.xpath("//*[contains(@class, 'yz-lamp')]")
    assert len(doc.xpath("//nav[contains(@class, 'yz-bottom')]//li")) <= 4
    assert doc.xpath(f"//footer//a[@href='{reverse('public_feedback')}']")


def test_plain_report_form_works_once(phone: Client, world: World) -> None:
    page = html.document_fromstring(phone.get("/f/report/").content)
    key = page.xpath("//form[@data-report-form]//input[@name='key']/@value")[0]
    assert page.xpath("//select[@name='place']/option/text()") == ["松坡村第一网格", "松坡村"]
    assert not page.xpath("//form[@data-report-form]//*[@required]")
    for _ in range(2):
        assert phone.post("/f/report/", report_data(world, key=key)).status_code == 302
    matter = Matter.objects.get()
    assert (matter.channel, matter.urgency, matter.place) == ("grid", "pressing", world.unit("songpo_1"))


def test_plain_report_with_a_mistake_keeps_the_input(phone: Client, world: World) -> None:
    page = phone.post("/f/report/", report_data(world, text="", place_words="桥头", phone="12", key="k" * 10))
    assert page.status_code == 422
    assert 'value="桥头"' in page.content.decode()
    assert {"text", "phone"} <= set(page.context["form"].errors)


def test_handling_with_plain_forms(phone: Client, given: Matter) -> None:
    page = phone.get(reverse("field_matter", args=[given.pk]))
    assert 'data-act="accept"' in page.content.decode()
    phone.post(reverse("field_act", args=[given.pk, "accept"]), {"key": "a" * 12, "version": given.version})
    given.refresh_from_db()
    assert given.state == "working"
    phone.post(reverse("field_act", args=[given.pk, "progress"]), {"key": "b" * 12, "words": "已到现场", "version": given.version})
    assert "已到现场" in text_of(phone.get(reverse("field_matter", args=[given.pk])))


def test_too_late_without_script_keeps_what_was_typed(phone: Client, given: Matter, now: datetime) -> None:
    phone.post(reverse("field_act", args=[given.pk, "accept"]), {"key": "a" * 12})
    page = phone.post(reverse("field_act", args=[given.pk, "progress"]), {"key": "b" * 12, "words": "已到现场看过", "version": 0})
    assert page.status_code == 409
    assert "已到现场看过" in page.content.decode()
    assert not Entry.objects.filter(words="已到现场看过").exists()


def test_what_is_not_theirs_is_not_there(world: World, given: Matter) -> None:
    stranger = world["outsider"].client()
    assert stranger.get(reverse("field_matter", args=[given.pk])).status_code in {403, 404}
    assert Client().get("/f/").status_code == 302


# --- the script's counterpart -------------------------------------------------------------------------------------------------


def test_token_is_for_whoever_is_logged_in(phone: Client, grid_worker: Persona) -> None:
    assert Client().get("/f/sync/token").status_code == 401
    found = phone.get("/f/sync/token").json()
    assert found["account"] == field.account_key(grid_worker.actor)
    assert str(grid_worker.account.pk) != found["account"]
    assert found["csrf"]


def test_the_same_key_makes_one_matter(phone: Client, world: World, now: datetime) -> None:
    saved = (now - timedelta(days=3)).isoformat()
    answers = [
        phone.post("/f/sync/report", report_data(world, saved_at=saved), headers={"Idempotency-Key": "0b5a-11ee-aaaa"})
        for _ in range(3)
    ]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 1
    matter = Matter.objects.get()
    assert matter.received_at == now - timedelta(days=3)
    assert matter.created_at == now


@pytest.mark.parametrize("saved", ["2031-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "yesterday"])
def test_a_phones_wrong_clock_is_not_believed(phone: Client, world: World, now: datetime, saved: str) -> None:
    phone.post("/f/sync/report", report_data(world, saved_at=saved), headers={"Idempotency-Key": "0b5a-11ee-bbbb"})
    assert Matter.objects.get().received_at == now


def test_without_a_key_nothing_is_taken(phone: Client, world: World) -> None:
    answer = phone.post("/f/sync/report", report_data(world))
    assert answer.status_code == 422
    assert answer.json()["message"]
    assert Matter.objects.count() == 0


def test_mistakes_come_back_with_their_field(phone: Client, world: World) -> None:
    answer = phone.post("/f/sync/report", report_data(world, text=""), headers={"Idempotency-Key": "0b5a-11ee-cccc"})
    assert (answer.status_code, answer.json()["field"]) == (422, "text")


def test_nothing_goes_out_in_another_persons_name(phone: Client, world: World, grid_worker: Persona) -> None:
    other = world["village_secretary"].client()
    mine = field.account_key(grid_worker.actor)
    headers = {"Idempotency-Key": "0b5a-11ee-dddd", "X-Yanzhen-Account": mine}
    assert other.post("/f/sync/report", report_data(world), headers=headers).status_code == 401
    assert Client().post("/f/sync/report", report_data(world), headers=headers).status_code == 401
    assert Matter.objects.count() == 0
    assert phone.post("/f/sync/report", report_data(world), headers=headers).status_code == 201


def test_sending_needs_the_token(grid_worker: Persona, world: World) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(grid_worker.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    headers = {"Idempotency-Key": "0b5a-11ee-eeee"}
    assert strict.post("/f/sync/report", report_data(world), headers=headers).status_code == 403
    token = strict.get("/f/sync/token").json()["csrf"]
    assert strict.post("/f/sync/report", report_data(world), headers={**headers, "X-CSRFToken": token}).status_code == 201


def act(phone: Client, matter: Matter, code: str, key: str, **more: Any) -> Any:
    return phone.post("/f/sync/act", {"matter": matter.pk, "act": code, **more}, headers={"Idempotency-Key": key})


def test_an_act_happens_once_however_often_it_is_sent(phone: Client, given: Matter) -> None:
    assert act(phone, given, "accept", "accept-key-1", version=given.version).status_code == 200
    first = act(phone, given, "progress", "progress-key-1", version=given.version + 1, words="换了灯泡")
    again = act(phone, given, "progress", "progress-key-1", version=given.version + 1, words="换了灯泡")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert Entry.objects.filter(matter=given, act="progress").count() == 1


def test_too_late_gives_both_versions_and_writes_nothing(phone: Client, given: Matter, world: World, now: datetime) -> None:
    act(phone, given, "accept", "accept-key-1")
    given.refresh_from_db()
    seen = given.version
    services.progress(actor=world["grid_worker"].actor, now=now, matter=given.pk, words="同事先去看过")
    late = act(phone, given, "progress", "progress-key-2", version=seen, words="我写的")
    assert late.status_code == 409
    current = late.json()["current"]
    assert current["version"] == seen + 1
    assert current["entries"][-1]["words"] == "同事先去看过"
    assert not Entry.objects.filter(words="我写的").exists()
    resent = act(phone, given, "progress", "progress-key-2", version=current["version"], words="我写的")
    assert resent.status_code == 200  # a refused act has not used up its key
    assert Entry.objects.filter(words="我写的").count() == 1


def test_an_act_that_its_state_does_not_allow_any_more_is_a_conflict(phone: Client, given: Matter, world: World, now: datetime) -> None:
    services.reassign(
        actor=world["village_secretary"].actor, now=now, matter=given.pk, lead=world.unit("songpo_2").pk, reason="不在本网格",
        admission=given.admission_id,
    )  # fmt: skip
    late = act(phone, given, "accept", "accept-key-3")
    assert late.status_code in {403, 404, 409}
    assert late.json()["message"]


def test_acts_of_the_desk_are_not_for_the_field(phone: Client, given: Matter) -> None:
    answer = act(phone, given, "archive", "archive-key-1", words="x")
    assert answer.status_code == 422
    assert Matter.objects.get().state == "assigned"


def test_a_photo_comes_along(phone: Client, given: Matter) -> None:
    from io import BytesIO

    from PIL import Image

    act(phone, given, "accept", "accept-key-1")
    picture = BytesIO()
    Image.new("RGB", (60, 40), "red").save(picture, "JPEG")
    picture.seek(0)
    picture.name = "a.jpg"
    assert act(phone, given, "progress", "progress-key-9", words="拍了照", files=picture).status_code == 200
    assert Attachment.objects.get().act == "progress"


def test_the_copy_to_carry_holds_own_work_behind_masks(phone: Client, given: Matter, world: World, now: datetime) -> None:
    foreign = make_matter(world, now, place="liuwan_1", text="别的村的事", phone="13900000000")
    answer = phone.get(f"/f/bundle?ids={foreign.pk},999")
    found = answer.json()
    assert [each["id"] for each in found["matters"]] == [given.pk]
    kept = json.dumps(found, ensure_ascii=False)
    assert "13812345678" not in kept
    assert "138****5678" in kept
    assert "别的村的事" not in kept
    assert [act["code"] for act in found["matters"][0]["acts"]] == ["accept"]
    assert found["until"] > found["saved_at"]
    assert "no-store" in answer["Cache-Control"]
    assert Client().get("/f/bundle").status_code == 401


def test_a_matter_that_was_marked_is_carried_too(world: World, now: datetime) -> None:
    secretary = world["village_secretary"]
    matter = make_matter(world, now, place="songpo_1", call_back_wanted=False)
    services.take(actor=secretary.actor, now=now, matter=matter)
    services.answer(actor=secretary.actor, now=now, matter=matter.pk, words="好了")
    services.archive(actor=world["township_secretary"].actor, now=now, matter=matter.pk)
    browser = secretary.client()
    assert browser.get("/f/bundle").json()["matters"] == []
    assert [each["id"] for each in browser.get(f"/f/bundle?ids={matter.pk}").json()["matters"]] == [matter.pk]


# --- what a phone keeps -----------------------------------------------------------------------------------------------------


def test_the_kept_page_names_nobody(phone: Client, given: Matter) -> None:
    page = phone.get("/f/offline/").content.decode()
    for word in ("田小禾", "网格员", field.account_key(given_actor(phone)), given.title):
        assert word not in page
    assert Client().get("/f/offline/").status_code == 200


def given_actor(phone: Client) -> Any:
    return phone.get("/f/").wsgi_request.actor


def test_the_worker_keeps_only_what_the_field_needs(phone: Client) -> None:
    answer = phone.get("/f/sw.js")
    source = answer.content.decode()
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/f/"
    files = json.loads(re.search(r"const FILES = (\[.*?\]);", source)[1])  # type: ignore[index]
    assert all(finders.find(name.removeprefix("/static/")) for name in files)
    assert not [name for name in files if "echarts" in name or "htmx" in name or "bootstrap" in name]
    page = html.document_fromstring(phone.get("/f/offline/").content)
    used = page.xpath("//script/@src | //link[@rel='stylesheet' or @rel='icon']/@href")
    used += [use.split("#")[0] for use in page.xpath("//*[local-name()='use']/@href")]
    assert set(used) <= set(files)


def test_the_entry_page_is_small(phone: Client, given: Matter, world: World, now: datetime) -> None:
    """Under 200 kB with everything it fetches: compressed as served (gzip; brotli is smaller still), and also without."""
    for number in range(20):
        make_matter(world, now, place="songpo_1", text=f"第{number}件事，路灯又坏了，晚上看不见")
    for path in ("/f/", "/f/report/", "/f/offline/", "/p/"):
        page = phone.get(path)
        doc = html.document_fromstring(page.content)
        names = doc.xpath("//script/@src | //link[@rel='stylesheet' or @rel='icon']/@href")
        names += [use.split("#")[0] for use in doc.xpath("//*[local-name()='use']/@href")]
        contents = [open(finders.find(name.removeprefix("/static/")), "rb").read() for name in set(names)]  # noqa: SIM115
        contents.append(page.content)
        assert len(contents) > 5
        assert sum(len(gzip.compress(each)) for each in contents) < 100_000, path
        assert sum(len(each) for each in contents) < 215_000, path
