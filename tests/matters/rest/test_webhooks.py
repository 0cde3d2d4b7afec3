"""Webhooks: queued inside the act, signed, tried again with growing waits, given up visibly, never led astray."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tests.matters.rest.conftest import Program
from tests.personas import World
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.matters import services
from yanzhen.matters.domain import programs as rules
from yanzhen.matters.models import Matter, Webhook, WebhookCall
from yanzhen.matters.rest import webhooks
from yanzhen.matters.services.programs import add_webhook, change_webhook, send_again

Make = Callable[..., Matter]
Programs = Callable[..., Program]


class Receiver:
    """Another system on this machine: keeps what it gets, answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], str]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b"thank you"
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                outer.got.append((self.path, dict(self.headers), self.rfile.read(length).decode()))
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(outer.body)

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hooks?from=yanzhen"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    made = Receiver()
    monkeypatch.setattr(settings.YANZHEN, "webhook_hosts", f"127.0.0.1:{made.port}")
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def hook(world: World, receiver: Receiver) -> tuple[Webhook, str]:
    """A webhook of the township for everything."""
    return add_webhook(actor=world["township_secretary"].actor, now=timezone.now(), url=receiver.url, events=["*"])


def test_a_report_is_told_signed_and_without_personal_data(
    world: World, receiver: Receiver, hook: tuple[Webhook, str], make: Make
) -> None:
    matter = make("李四家门口水渠淤塞，电话13812345678。")
    call = WebhookCall.objects.get()
    assert (call.event, call.status) == ("matter.reported", "waiting")
    now = timezone.now()
    assert webhooks.deliver(now) == 1
    ((path, headers, body),) = receiver.got
    assert path == "/hooks?from=yanzhen"
    told = json.loads(body)
    assert told["event"] == headers["X-Yanzhen-Event"] == "matter.reported"
    assert told["id"] == headers["X-Yanzhen-Delivery"]
    assert told["matter"]["number"] == matter.number
    assert told["matter"]["place"]["name"] == "松坡村"
    for private in ("李四", "13812345678", "门口", matter.code):
        assert private not in body
    parts = dict(part.split("=") for part in headers["X-Yanzhen-Signature"].split(","))
    expected = hmac.new(hook[1].encode(), f"{parts['t']}.{body}".encode(), hashlib.sha256).hexdigest()
    assert parts == {"t": str(int(now.timestamp())), "v1": expected}
    call.refresh_from_db()
    assert (call.status, call.tries, call.next_at) == ("done", 1, None)
    assert webhooks.deliver(timezone.now()) == 0
    assert len(receiver.got) == 1


def test_the_queue_belongs_to_the_act(world: World, hook: Any, make: Make) -> None:
    """What is rolled back is told to nobody."""
    with transaction.atomic():
        make()
        assert WebhookCall.objects.count() == 1
        transaction.set_rollback(True)
    assert not WebhookCall.objects.exists()


def test_each_step_has_its_event(world: World, hook: Any, make: Make, moment: datetime) -> None:
    matter = make()
    village, township = world["village_secretary"].actor, world["township_secretary"].actor
    bureau = world["department_officer"].actor
    services.raise_level(actor=village, now=moment, matter=matter, reason="村里办不了")
    services.assign(actor=township, now=moment, matter=matter, lead=world.unit("agriculture"))
    services.accept(actor=bureau, now=moment, matter=matter)
    services.note(actor=bureau, now=moment, matter=matter, words="内部批注")
    services.press(actor=world["county_officer"].actor, now=moment, matter=matter, level=3, words="抓紧")
    services.answer(actor=bureau, now=moment, matter=matter, words="已清淤")
    found = list(WebhookCall.objects.order_by("id").values_list("event", flat=True))
    assert found == [f"matter.{name}" for name in ("reported", "raised", "assigned", "accepted", "pressed", "answered")]
    assert json.loads(WebhookCall.objects.last().body)["matter"]["state"] == "answered"


def test_only_own_matters_and_chosen_events(world: World, receiver: Receiver, make: Make, moment: datetime) -> None:
    now = timezone.now()
    add_webhook(actor=world["village_secretary"].actor, now=now, url=receiver.url, events=["matter.taken"])
    add_webhook(actor=world["department_officer"].actor, now=now, url=receiver.url, events=["matter.assigned"])
    outside = make(unit="liuwan")
    mine = make()
    services.take(actor=world["village_secretary"].actor, now=moment, matter=mine)
    assert [call.event for call in WebhookCall.objects.all()] == ["matter.taken"]
    services.assign(actor=world["county_officer"].actor, now=moment, matter=outside, lead=world.unit("agriculture"))
    assert [call.event for call in WebhookCall.objects.order_by("id")] == ["matter.taken", "matter.assigned"]


def test_secret_matters_are_told_to_nobody(world: World, hook: Any, make: Make, moment: datetime) -> None:
    make(secret=True)
    assert not WebhookCall.objects.exists()
    matter = make()
    village = world["village_secretary"].actor
    services.make_secret(actor=village, now=moment, matter=matter)
    services.take(actor=village, now=moment, matter=matter)
    assert [call.event for call in WebhookCall.objects.all()] == ["matter.reported"]


def test_retries_grow_up_to_a_ceiling_then_give_up_until_sent_again(
    world: World, receiver: Receiver, hook: tuple[Webhook, str], make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yanzhen.kernel.rulebook import api as rulebook

    ruled = {"matters.webhook.first_wait": 10, "matters.webhook.longest_wait": 40, "matters.webhook.tries": 5}
    monkeypatch.setattr(webhooks, "value", lambda key, *a, **k: ruled[key] if key in ruled else rulebook.value(key, *a, **k))
    receiver.status = 503
    make()
    now, waits = timezone.now(), []
    for _try in range(5):
        webhooks.deliver(now)
        call = WebhookCall.objects.get()
        if call.next_at is None:
            break
        assert webhooks.deliver(call.next_at - timedelta(seconds=1)) == 0
        waits.append(round((call.next_at - now).total_seconds()))
        now = call.next_at
    assert waits == [10, 20, 40, 40]
    assert (call.status, call.tries) == ("failed", 5)
    assert call.answer.startswith("503")
    assert len(receiver.got) == 5
    assert len({headers["X-Yanzhen-Delivery"] for _path, headers, _body in receiver.got}) == 1

    browser = world["township_secretary"].client()
    page = f"/webhooks/{hook[0].pk}/"
    assert "matter.reported" in browser.get(page).content.decode()
    assert browser.get(f"{page}calls/{call.pk}/").status_code == 200
    assert world["village_secretary"].client().post(f"{page}calls/{call.pk}/again/").status_code == 404
    receiver.status = 204
    receiver.body = b""
    assert browser.post(f"{page}calls/{call.pk}/again/").status_code == 302
    assert webhooks.deliver(timezone.now()) == 1
    assert WebhookCall.objects.get().status == "done"
    assert TrailRow.objects.filter(action="matters.webhook.resent").count() == 1
    with pytest.raises(DomainError, match="done"):
        send_again(actor=world["township_secretary"].actor, now=now, call=WebhookCall.objects.get())


def test_a_silent_webhook_holds_up_no_other(world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, make: Make) -> None:
    dead = receiver.port + 1 if receiver.port < 65000 else receiver.port - 1
    monkeypatch.setattr(settings.YANZHEN, "webhook_hosts", f"127.0.0.1:{receiver.port},127.0.0.1:{dead}")
    actor = world["township_secretary"].actor
    gone, _ = add_webhook(actor=actor, now=timezone.now(), url=f"http://127.0.0.1:{dead}/", events=["*"])
    add_webhook(actor=actor, now=timezone.now(), url=receiver.url, events=["*"])
    for _number in range(3):
        make()
    assert webhooks.deliver(timezone.now()) == 3
    tried = WebhookCall.objects.filter(webhook=gone).order_by("id").values_list("tries", flat=True)
    assert list(tried) == [1, 0, 0]


def test_redirects_are_not_followed_and_long_answers_not_read(receiver: Receiver, world: World, hook: Any, make: Make) -> None:
    receiver.status = 302
    receiver.headers = {"Location": "http://169.254.169.254/latest/meta-data"}
    make()
    assert webhooks.deliver(timezone.now()) == 0
    call = WebhookCall.objects.get()
    assert call.answer.startswith("302")
    assert len(receiver.got) == 1
    receiver.status, receiver.headers, receiver.body = 200, {}, b"x" * 3_000_000
    assert webhooks.deliver(call.next_at) == 1
    assert len(WebhookCall.objects.get().answer) <= 200


def test_switched_off_means_silent(world: World, receiver: Receiver, hook: tuple[Webhook, str], make: Make) -> None:
    make()
    change_webhook(actor=world["township_secretary"].actor, now=timezone.now(), webhook=hook[0], active=False)
    make()
    assert webhooks.deliver(timezone.now() + timedelta(days=1)) == 0
    assert WebhookCall.objects.count() == 1
    assert receiver.got == []


def test_old_deliveries_are_forgotten_those_given_up_are_not(world: World, hook: tuple[Webhook, str]) -> None:
    now = timezone.now()
    for status in ("done", "failed", "waiting"):
        WebhookCall.objects.create(webhook=hook[0], event="matter.taken", body="{}", created_at=now - timedelta(days=31), status=status)
    WebhookCall.objects.create(webhook=hook[0], event="matter.taken", body="{}", created_at=now, status="done")
    assert webhooks.tidy(now) == 1
    assert WebhookCall.objects.count() == 3


# --- where it may go --------------------------------------------------------------------------------------------------------

LISTED = rules.listed_hosts("hooks.county.example, 10.0.0.5:8443")


@pytest.mark.parametrize(
    "url",
    [
        "http://other.example/", "ftp://hooks.county.example/", "http://hooks.county.example:22/", "http://10.0.0.5/",
        "http://user:pass@hooks.county.example/", "//hooks.county.example/", "http://", "http://hooks.county.example.evil.example/",
        "http://[::1", "http://hooks.county.example:99999/", "javascript:alert(1)", "http://hooks.county.example#@other.example/",
    ],
)  # fmt: skip
def test_only_listed_hosts(url: str) -> None:
    with pytest.raises(DomainError):
        rules.check_target(url, LISTED)


def test_listed_hosts_are_fine() -> None:
    assert rules.check_target("https://Hooks.County.example/a?b", LISTED) == ("hooks.county.example", 443)
    assert rules.check_target("http://10.0.0.5:8443/", LISTED) == ("10.0.0.5", 8443)
    assert rules.listed_hosts("") == frozenset()


NEAR = ["127.0.0.1", "127.8.8.8", "::1", "169.254.169.254", "fe80::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "224.0.0.1"]  # noqa: S104


@pytest.mark.parametrize("address", NEAR)
def test_near_addresses_need_to_be_listed_themselves(address: str) -> None:
    with pytest.raises(DomainError, match="near"):
        rules.check_address(address, LISTED)


def test_far_addresses_are_fine_and_near_ones_when_listed() -> None:
    rules.check_address("8.8.8.8", LISTED)
    rules.check_address("10.0.0.5", LISTED)
    rules.check_address("127.0.0.1", rules.listed_hosts("127.0.0.1:8171"))
    rules.check_address("127.0.0.1", rules.listed_hosts("localhost"))


def test_a_listed_name_that_leads_home_is_refused(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name on the list whose address turns out to be this machine (DNS rebinding) is not called."""
    monkeypatch.setattr(settings.YANZHEN, "webhook_hosts", f"hooks.county.example:{receiver.port}")
    found = [(2, 1, 6, "", ("127.0.0.1", receiver.port))]
    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lambda *a, **k: found)
    answer = webhooks.post(f"http://hooks.county.example:{receiver.port}/", '{"id": "1"}', "s", "matter.taken", 1)
    assert answer == webhooks.Answer(False, "matters.webhook.near")
    assert receiver.got == []


def test_the_connection_goes_to_the_checked_address(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is looked up once: a second, different answer of the name server cannot matter."""
    monkeypatch.setattr(settings.YANZHEN, "webhook_hosts", f"hooks.county.example:{receiver.port},127.0.0.1")
    asked = []

    def once(host: str, *_args: Any, **_kwargs: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", receiver.port))]

    real = webhooks.socket.getaddrinfo
    monkeypatch.setattr(
        webhooks.socket, "getaddrinfo", lambda host, *a, **k: once(host) if host == "hooks.county.example" else real(host, *a, **k)
    )
    answer = webhooks.post(f"http://hooks.county.example:{receiver.port}/a", '{"id": "1"}', "s", "matter.taken", 1)
    assert answer.ok
    assert asked == ["hooks.county.example"]
    assert receiver.got[0][1]["Host"] == f"hooks.county.example:{receiver.port}"


def test_hosts_taken_off_the_list_are_not_called_any_more(
    receiver: Receiver, hook: Any, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    monkeypatch.setattr(settings.YANZHEN, "webhook_hosts", "")
    assert webhooks.deliver(timezone.now()) == 0
    assert WebhookCall.objects.get().answer == "matters.webhook.host"
    assert receiver.got == []


# --- API and pages ----------------------------------------------------------------------------------------------------------


def test_api_keeps_webhooks(world: World, program: Programs, receiver: Receiver) -> None:
    caller = program("township_secretary")
    made = caller.post("/webhooks", {"url": receiver.url, "events": ["matter.reported"]})
    assert made.status_code == 201, made.content
    told = made.json()
    assert told["secret"].startswith("whsec_")
    path = f"/webhooks/{told['id']}"
    assert "secret" not in caller.get(path).json()
    changed = caller.patch(path, {"events": ["matter.archived", "matter.reported"], "active": False}).json()
    assert changed["events"] == ["matter.reported", "matter.archived"]
    assert changed["active"] is False
    assert caller.post("/webhooks", {"url": "http://elsewhere.example/", "events": ["matter.reported"]}).status_code == 422
    assert caller.post("/webhooks", {"url": receiver.url, "events": ["matter.unknown"]}).status_code == 422
    foreign = world.unit("baishui").pk
    assert caller.post("/webhooks", {"url": receiver.url, "events": ["matter.reported"], "unit_id": foreign}).status_code == 403
    assert program("village_secretary").get(path).status_code == 404
    assert program("county_officer").get(path).status_code == 200
    assert caller.delete(path).status_code == 204
    assert not Webhook.objects.exists()
    actions = list(TrailRow.objects.filter(subject_kind="webhook").order_by("id").values_list("action", flat=True))
    assert actions == ["matters.webhook.added", "matters.webhook.changed", "matters.webhook.ended"]


def test_pages_keep_webhooks(world: World, receiver: Receiver) -> None:
    browser = world["township_secretary"].client()
    assert browser.get("/webhooks/new/").status_code == 200
    refused = browser.post("/webhooks/new/", {"url": "http://127.0.0.2/", "events": ["matter.reported"]})
    assert refused.status_code == 422
    made = browser.post("/webhooks/new/", {"url": receiver.url, "events": ["matter.reported"]})
    secret = made.content.decode().split('<code id="secret">')[1].split("<")[0]
    kept = Webhook.objects.get()
    assert kept.secret == secret
    assert secret not in browser.get(f"/webhooks/{kept.pk}/").content.decode()
    assert receiver.url.split("?")[0] in browser.get("/webhooks/").content.decode()
    browser.post(f"/webhooks/{kept.pk}/switch/")
    assert not Webhook.objects.get().active
    assert world["village_secretary"].client().post(f"/webhooks/{kept.pk}/end/").status_code == 404
    assert browser.get(f"/webhooks/{kept.pk}/end/").status_code == 200
    browser.post(f"/webhooks/{kept.pk}/end/")
    assert not Webhook.objects.exists()


def test_the_signing_secret_is_encrypted_at_rest(world: World, hook: tuple[Webhook, str]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM webhook")
        assert hook[1] not in str(cursor.fetchone()[0])
