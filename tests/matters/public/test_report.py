"""The villager's report, from the QR code to number and code."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from tests.personas import World
from yanzhen.matters.models import Attachment, Idempotency, Matter, Voice
from yanzhen.matters.public import limits

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    return re.sub(r"<[^>]+>", "", response.content.decode())


def test_the_whole_way_without_script(sent: Any, world: World) -> None:
    page = sent(name="王桂花", phone="138 0000 0001")
    matter = Matter.objects.get()
    assert page.redirect_chain[-1][0] == reverse("report_done")
    assert matter.number in text_of(page)
    assert re.search(r'id="code">[34679A-Z]{8}<', page.content.decode())
    assert "接下来" in text_of(page)
    assert "最迟" in text_of(page)
    assert matter.place == world.unit("songpo")
    assert (matter.channel, matter.reporter_phone, matter.place_words) == ("page", "13800000001", "小学门口")
    assert matter.created_by is None


def test_the_qr_code_of_a_village_fills_the_place_in(visit: Client, world: World) -> None:
    code = world.unit("songpo").code
    page = visit.get(f"/p/v/{code}/")
    assert f"/p/report/?v={code}" in page.content.decode()
    assert "松坡村" in text_of(visit.get(f"/p/report/?v={code}"))
    assert visit.get("/p/v/990000000999/").status_code == 404


def test_a_grid_has_a_code_of_its_own(visit: Client, world: World) -> None:
    assert visit.get(f"/p/v/{world.unit('songpo_1').code}/").status_code == 200
    assert visit.get(f"/p/v/{world.unit('agriculture').code}/").status_code == 404


def test_choosing_township_then_village(visit: Client, world: World) -> None:
    top = text_of(visit.get("/p/place/"))
    assert "云岭县" in top
    assert "望山县" in top
    town = visit.get(f"/p/place/?at={world.unit('qingshan').code}")
    assert f"/p/report/?v={world.unit('shiqiao').code}" in town.content.decode()
    assert "农业农村局" not in text_of(town)
    assert "石桥村" in text_of(visit.get("/p/place/?q=石桥"))


def test_bad_input_loses_nothing(visit: Client, world: World) -> None:
    page = visit.post("/p/report/", {"text": "水管漏了", "place": "", "place_words": "桥头"})
    assert page.status_code == 422
    assert "请选择事情发生的村" in text_of(page)
    html = page.content.decode()
    assert "水管漏了" in html
    assert 'value="桥头"' in html
    chosen = visit.get(f"/p/report/?v={world.unit('songpo').code}").content.decode()
    assert "水管漏了" in chosen
    assert "松坡村" in chosen


def test_going_to_choose_a_place_keeps_what_was_typed(visit: Client) -> None:
    assert visit.post("/p/report/", {"text": "水管漏了", "choose": "1"}).url == reverse("report_place")
    assert "水管漏了" in visit.get("/p/report/").content.decode()


def test_the_draft_is_not_readable_in_the_session_table(visit: Client, world: World) -> None:
    from django.contrib.sessions.models import Session

    visit.post("/p/report/", {"text": "水管漏了", "place": world.unit("songpo").code})
    kept = Session.objects.get().get_decoded()
    assert kept
    assert "水管" not in str(kept)


def test_steps_cannot_be_jumped_over(visit: Client) -> None:
    assert visit.get("/p/report/contact/").url == reverse("report")
    assert visit.get("/p/report/check/").url == reverse("report")
    assert visit.post("/p/report/check/", {}).url == reverse("report")
    assert visit.get("/p/report/done/").url == reverse("public_home")
    assert Matter.objects.count() == 0


def test_check_shows_what_was_not_filled_in(visit: Client, world: World, solved: Any) -> None:
    place = world.unit("songpo").code
    page = visit.post("/p/report/", {"text": "水管漏了", "place": place}, follow=True)
    visit.post("/p/report/contact/", {"call_back": "no", "secret": "on", **solved(page)})
    shown = text_of(visit.get("/p/report/check/"))
    assert "未填写" in shown
    assert "要求保密" in shown
    assert "不用回访" in shown
    visit.post("/p/report/check/", {})
    matter = Matter.objects.get()
    assert (matter.secret, matter.call_back_wanted, matter.reporter_name) == (True, False, "")


def test_sending_twice_makes_one_matter(visit: Client, world: World, sent: Any) -> None:
    from yanzhen.matters.public import draft

    sent()
    assert visit.post("/p/report/check/", {}).url == reverse("report")  # the draft is gone
    assert Matter.objects.count() == 1
    key = Idempotency.objects.get().key
    session = visit.session  # the way back in the browser: the old draft with its key comes again
    request = type("R", (), {"session": session, "user": type("U", (), {"is_authenticated": True})()})()
    old = {"key": key.removeprefix("public:"), "text": "同一件", "place": world.unit("songpo").code, "human": True}
    draft.write(request, draft.REPORT, old)
    session.save()
    again = visit.post("/p/report/check/", {}, follow=True)
    assert Matter.objects.get().number in text_of(again)


def test_position_is_kept_coarse(visit: Client, world: World, solved: Any) -> None:
    place = world.unit("songpo").code
    page = visit.post("/p/report/", {"text": "水管漏了", "place": place, "longitude": "118.123456", "latitude": "25.98765"}, follow=True)
    visit.post("/p/report/contact/", {"call_back": "yes", **solved(page)})
    visit.post("/p/report/check/", {})
    matter = Matter.objects.get()
    assert (matter.longitude, matter.latitude) == (Decimal("118.123"), Decimal("25.988"))


def test_a_photo_is_optional_and_checked(sent: Any) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(picture, "JPEG")
    picture.seek(0)
    picture.name = "现场.jpg"
    sent(photos=[picture])
    assert Attachment.objects.get().file.mime == "image/jpeg"


def test_a_broken_photo_is_said_at_the_photo_and_nothing_is_lost(sent: Any, visit: Client) -> None:
    broken = io.BytesIO(b"MZ\x90\x00 not a picture")
    broken.name = "x.jpg"
    page = sent(photos=[broken])
    assert page.status_code == 422
    assert Matter.objects.count() == 0
    assert page.context["form"].errors["photos"]
    assert visit.post("/p/report/check/", {}).url == reverse("report_done")


def test_words_of_danger_show_the_telephone_numbers(visit: Client, world: World) -> None:
    page = visit.post("/p/report/", {"text": "山上起火了，快来", "place": world.unit("songpo").code}, follow=True)
    html = page.content.decode()
    assert 'href="tel:119"' in html
    assert html.index("tel:119") < html.index("tel:110")
    calm = visit.post("/p/report/", {"text": "路灯坏了", "place": world.unit("songpo").code}, follow=True)
    assert "tel:119" not in calm.content.decode()


def test_joining_adds_a_voice_and_no_matter(sent: Any, world: World, solved: Any) -> None:
    sent("村口水泥路塌了一大块，车过不去，请尽快修。")
    first = Matter.objects.get()
    other = Client()
    same = {"text": "村口水泥路塌了一大块，车过不去，请尽快修一下", "place": world.unit("songpo").code}
    page = other.post("/p/report/", same, follow=True)
    assert page.redirect_chain[-1][0] == reverse("report_similar")
    assert first.title in text_of(page)
    form = other.get(reverse("report_join", args=[first.number]))
    done = other.post(reverse("report_join", args=[first.number]), {"text": "我也过不去", **solved(form)}, follow=True)
    assert Matter.objects.count() == 1
    assert Voice.objects.get().text == "我也过不去"
    code = re.search(r'id="code">(\w{8})<', done.content.decode())
    assert code is not None
    assert other.post("/p/follow/", {"number": first.number, "code": code[1]}).status_code == 302


def test_secret_matters_and_those_elsewhere_are_never_offered(sent: Any, world: World) -> None:
    sent("村口水泥路塌了一大块，车过不去，请尽快修。", secret="on")
    first = Matter.objects.get()
    other = Client()
    page = other.post("/p/report/", {"text": "村口水泥路塌了一大块，车过不去，请尽快修。", "place": world.unit("songpo").code}, follow=True)
    assert page.redirect_chain[-1][0] == reverse("report_contact")
    assert other.get(reverse("report_join", args=[first.number])).status_code == 404


def test_numbers_in_other_peoples_words_are_struck_out(sent: Any, world: World) -> None:
    sent("村口水泥路塌了车过不去，找我13812345678")
    page = Client()
    shown = page.post("/p/report/", {"text": "村口水泥路塌了车过不去，找我", "place": world.unit("songpo").code}, follow=True)
    assert "村口水泥路塌了" in text_of(shown)
    assert "13812345678" not in text_of(shown)


@pytest.mark.parametrize(
    "broken",
    [
        {"answer": "99"},
        {"website": "http://spam"},
        {"token": "forged"},
        {"token": ""},
    ],
)
def test_a_machine_does_not_pass(visit: Client, world: World, solved: Any, broken: dict[str, str]) -> None:
    page = visit.post("/p/report/", {"text": "水管漏了", "place": world.unit("songpo").code}, follow=True)
    answer = visit.post("/p/report/contact/", {"name": "王", **solved(page), **broken})
    assert answer.status_code == 422
    assert answer.context["form"].errors["answer"]
    assert 'value="王"' in answer.content.decode()
    assert visit.post("/p/report/check/", {}).url == reverse("report_contact")


def test_a_challenge_works_once_and_not_too_fast(visit: Client, world: World, solved: Any, clock: Any) -> None:
    page = visit.post("/p/report/", {"text": "水管漏了", "place": world.unit("songpo").code}, follow=True)
    given = solved(page)
    clock.shift(-5)
    assert visit.post("/p/report/contact/", given).status_code == 422
    clock.shift(5)
    assert visit.post("/p/report/contact/", given).status_code == 302
    assert visit.post("/p/report/contact/", given).status_code == 422


def test_the_browser_may_work_instead_of_answering(visit: Client, world: World, clock: Any) -> None:
    from tests.matters.public.conftest import token_of
    from yanzhen.matters.public.challenge import worked

    page = visit.post("/p/report/", {"text": "水管漏了", "place": world.unit("songpo").code}, follow=True)
    token = token_of(page.content.decode())
    work = next(str(n) for n in range(10**6) if worked(token, str(n), 13))
    wrong = next(str(n) for n in range(10**6) if not worked(token, str(n), 13))
    clock.shift(5)
    assert visit.post("/p/report/contact/", {"token": token, "work": wrong}).status_code == 422
    assert visit.post("/p/report/contact/", {"token": token, "work": work}).status_code == 302


def test_too_many_from_one_telephone(sent: Any, world: World) -> None:
    for _ in range(10):
        sent(client=Client(), phone="13800000009")
    refused = sent(client=Client(), phone="13800000009")
    assert refused.status_code == 429
    assert Matter.objects.count() == 10
    assert sent(client=Client(), phone="13800000010").status_code == 200


def test_slots_are_exact_and_free_again(world: World, clock: Any) -> None:
    assert [limits.spend("x", "me", most=3, seconds=60) for _ in range(4)] == [True, True, True, False]
    assert limits.spend("x", "you", most=3, seconds=60)
    clock.shift(61)
    assert limits.spend("x", "me", most=3, seconds=60)


def test_the_address_is_read_behind_the_stated_number_of_proxies(rf: Any, settings: Any) -> None:
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 1.2.3.4, 10.0.0.9")
    assert limits.address(request) == "10.0.0.1"
    settings.YANZHEN = settings.YANZHEN.model_copy(update={"trusted_proxies": 2})
    assert limits.address(request) == "1.2.3.4"
