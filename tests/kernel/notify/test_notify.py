"""Messages: at once in the platform, outside only in digests, at proper times, with retries that are seen."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail

from tests.personas import World
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.notify import api, channels, selectors, services
from yanzhen.kernel.notify.domain import Line, compose, retry_after, slot
from yanzhen.kernel.notify.models import Dispatch, Notice
from yanzhen.kernel.worktime.api import BEIJING

KIND = api.declare_kind("test.assigned", "测试消息")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


MONDAY_9 = at("2026-06-15 09:05")


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings.YANZHEN, "data", tmp_path)
    return tmp_path / "outbox"


@pytest.fixture
def who(world: World, outbox: Path) -> int:
    account = world["grid_worker"].account
    assert account is not None
    account.email = "tian@example.org"
    account.save()
    return account.pk


def send(who: int, now: datetime, title: str = "路灯不亮", **more: object) -> None:
    api.send(now=now, recipients=[who], kind=KIND, title=title, url="/matters/1/", **more)  # type: ignore[arg-type]


def lines(outbox: Path) -> list[dict[str, object]]:
    return [json.loads(line) for path in sorted(outbox.glob("*.jsonl")) for line in path.read_text().splitlines()]


# --- digests -----------------------------------------------------------------------------------------------------------


def test_one_digest_collects_what_came(who: int, outbox: Path) -> None:
    for number in range(3):
        send(who, MONDAY_9 - timedelta(hours=number), title=f"事项{number}")
    assert services.collect(now=MONDAY_9) == 2  # one by mail, one by gateway
    assert services.deliver(now=MONDAY_9) == {"sent": 2}
    assert len(mail.outbox) == 1
    assert mail.outbox[0].subject == "事项0 等 3 条消息"
    assert mail.outbox[0].to == ["tian@example.org"]
    assert mail.outbox[0].body.count("http://127.0.0.1:8000/matters/1/") == 3
    sent = lines(outbox)
    assert [(row["address"], row["urgent"]) for row in sent] == [("grid_worker", False)]
    assert services.collect(now=MONDAY_9 + timedelta(minutes=1)) == 0
    assert services.deliver(now=MONDAY_9 + timedelta(minutes=1)) == {}


def test_what_comes_after_the_digest_waits_for_the_next_time(who: int) -> None:
    send(who, MONDAY_9)
    services.collect(now=MONDAY_9)
    send(who, MONDAY_9 + timedelta(minutes=2), title="后来的")
    assert services.collect(now=MONDAY_9 + timedelta(minutes=3)) == 0
    assert services.collect(now=at("2026-06-15 12:00")) == 0
    assert services.collect(now=at("2026-06-15 16:00")) == 2


@pytest.mark.parametrize("when", ["2026-06-15 00:00", "2026-06-15 07:59", "2026-06-14 09:05", "2026-06-15 20:00"])
def test_nobody_is_reminded_at_night_or_on_a_day_off(who: int, when: str) -> None:
    send(who, at(when))
    assert services.collect(now=at(when)) == 0
    assert services.deliver(now=at(when)) == {}


def test_a_message_that_failed_in_the_evening_is_not_repeated_at_night(
    who: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(who, MONDAY_9)
    services.collect(now=MONDAY_9)
    night = at("2026-06-15 23:00")
    assert services.deliver(now=night) == {"quiet": 2}
    assert {row.next_try for row in Dispatch.objects.all()} == {at("2026-06-16 08:00")}
    assert services.deliver(now=at("2026-06-16 08:00")) == {"sent": 2}


def test_urgent_ones_go_at_once_and_alone(who: int, outbox: Path) -> None:
    night = at("2026-06-15 23:00")
    send(who, night, title="平常的")
    send(who, night, title="洪水", urgent=True)
    assert services.collect(now=night) == 2
    assert services.deliver(now=night) == {"sent": 2}
    assert [row["subject"] for row in lines(outbox)] == ["洪水"]
    assert Notice.objects.filter(collected_at__isnull=True).get().title == "平常的"


def test_what_was_read_meanwhile_is_left_out(who: int, world: World) -> None:
    send(who, MONDAY_9)
    services.mark_read(actor=world["grid_worker"].actor, now=MONDAY_9, pk=Notice.objects.get().pk)
    assert services.collect(now=MONDAY_9) == 0
    assert Notice.objects.get().collected_at == MONDAY_9


def test_preferences_are_kept_except_for_emergencies(who: int, world: World) -> None:
    me = world["grid_worker"].actor
    services.save_preference(actor=me, now=MONDAY_9, mail=False, gateway=True, muted=[KIND, "unknown"])
    assert selectors.preference_of(who).muted == KIND
    send(who, MONDAY_9)
    assert services.collect(now=MONDAY_9) == 0
    send(who, MONDAY_9, title="洪水", urgent=True)
    assert services.collect(now=MONDAY_9) == 2


# --- retries ------------------------------------------------------------------------------------------------------------


class Broken:
    """A gateway that does not answer."""

    def send(self, message: api.Message, now: datetime) -> None:
        raise ConnectionError("gateway down")


def test_failures_are_retried_with_growing_pauses_and_then_shown(
    who: int, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "_gateway", lambda name: Broken())
    send(who, MONDAY_9)
    services.collect(now=MONDAY_9)
    now = MONDAY_9
    assert services.deliver(now=now) == {"sent": 1, "waiting": 1}
    row = Dispatch.objects.get(channel="gateway")
    assert (row.attempts, row.last_error) == (1, "ConnectionError: gateway down")
    assert services.deliver(now=now) == {}
    for _ in range(5):
        now = Dispatch.objects.get(pk=row.pk).next_try
        services.deliver(now=now)
    row.refresh_from_db()
    assert (row.state, row.attempts) == (Dispatch.FAILED, 6)
    assert services.deliver(now=now + timedelta(days=3)) == {}
    assert [each.pk for each in selectors.failed()] == [row.pk]


def test_two_workers_send_a_message_once(who: int, outbox: Path) -> None:
    send(who, MONDAY_9)
    services.collect(now=MONDAY_9)
    row = Dispatch.objects.get(channel="gateway")
    assert services._deliver(row, channels.channels(), MONDAY_9) == "sent"
    assert services._deliver(row, channels.channels(), MONDAY_9) == "taken"  # the second held the same row
    assert len(lines(outbox)) == 1


# --- inbox ----------------------------------------------------------------------------------------------------------------


def test_everybody_reads_only_the_own_inbox(who: int, world: World) -> None:
    send(who, MONDAY_9)
    other = world["outsider"].actor
    assert selectors.inbox(other).notices == []
    with pytest.raises(NotFound):
        services.mark_read(actor=other, now=MONDAY_9, pk=Notice.objects.get().pk)
    assert services.mark_all_read(actor=other, now=MONDAY_9, up_to=10**9) == 0
    assert api.unread_count(who) == 1


def test_unread_first_and_pages(who: int, world: World) -> None:
    me = world["grid_worker"].actor
    api.send_many(now=MONDAY_9, drafts=[api.Draft(who, KIND, f"第{n}条") for n in range(1, 36)])
    newest = Notice.objects.order_by("-id").first()
    assert newest is not None
    services.mark_read(actor=me, now=MONDAY_9, pk=newest.pk)
    page = api.inbox(me)
    assert len(page.notices) == 30
    assert page.notices[-1].pk == newest.pk
    rest = api.inbox(me, before=page.next)
    assert [n.title for n in rest.notices] == [f"第{n}条" for n in range(5, 0, -1)]
    assert rest.next is None
    assert len(api.inbox(me, unread_only=True, limit=100).notices) == 34


def test_the_same_account_named_twice_is_told_once(who: int) -> None:
    assert api.send(now=MONDAY_9, recipients=[who, who, 0], kind=KIND, title="x") == 1


def test_old_and_read_messages_are_forgotten(who: int, world: World) -> None:
    send(who, MONDAY_9)
    send(who, MONDAY_9)
    first = Notice.objects.order_by("id").first()
    assert first is not None
    services.mark_read(actor=world["grid_worker"].actor, now=MONDAY_9, pk=first.pk)
    assert services.prune(now=MONDAY_9 + timedelta(days=400)) == 1
    assert Notice.objects.count() == 1


def test_the_pages(who: int, world: World) -> None:
    send(who, MONDAY_9, body="请于今天办理")
    client = world["grid_worker"].client()
    page = client.get("/notices/")
    assert page.status_code == 200
    assert "路灯不亮" in page.content.decode()
    pk = Notice.objects.get().pk
    assert world["outsider"].client().get(f"/notices/{pk}/").status_code == 404
    assert client.get(f"/notices/{pk}/")["Location"] == "/matters/1/"
    assert "路灯不亮" not in client.get("/notices/?show=unread").content.decode()
    Notice.objects.filter(pk=pk).update(url="https://elsewhere.example/", read_at=None)
    assert client.get(f"/notices/{pk}/")["Location"] == "/notices/"
    assert client.post("/notices/read/", {"up_to": str(pk)}).status_code == 302
    assert client.post("/notices/preferences/", {"mail": "on", "muted": [KIND]}).status_code == 302
    assert selectors.preference_of(who).gateway is False
    assert client.get("/notices/failures/").status_code == 403
    assert world["villager"].client().get("/notices/").status_code == 302


# --- pure -----------------------------------------------------------------------------------------------------------------


def test_sending_times() -> None:
    times = ["09:00", "16:00"]
    assert slot(at("2026-06-15 08:59"), times) is None
    assert slot(at("2026-06-15 10:59"), times) == at("2026-06-15 09:00")
    assert slot(at("2026-06-15 11:00"), times) is None
    assert slot(at("2026-06-15 16:00"), times) == at("2026-06-15 16:00")


def test_a_long_digest_is_cut_and_says_so() -> None:
    subject, body = compose([Line(f"第{n}条", "", "", MONDAY_9) for n in range(25)], "http://x/")
    assert subject == "第0条 等 25 条消息"
    assert body.splitlines()[-1] == "……另有 5 条，请登录平台查看。"
    assert compose([Line("一条", "说明", "/a/", MONDAY_9)], "http://x/")[1].endswith("http://x/a/")


def test_pauses_grow_to_four_hours() -> None:
    pauses = [retry_after(n) for n in range(1, 12)]
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(minutes=2)
    assert pauses[-1] == timedelta(hours=4)
