"""How often somebody may try, and what a login leaves in the browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from tests.personas import World
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.matters.models import Feedback, Matter
from yanzhen.matters.public import limits
from yanzhen.matters.rest import open311


def test_cookies_are_the_browsers_own(world: World) -> None:
    client = Client()
    client.get(reverse("account_login"))
    client.post(reverse("account_login"), {"login": "grid_worker", "password": "Yanzhen-2026!"})
    session = client.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert client.cookies["csrftoken"]["samesite"] == "Lax"


def test_login_is_locked_after_some_wrong_passwords(world: World) -> None:
    client = Client()
    statuses = [
        client.post(reverse("account_login"), {"login": "grid_worker", "password": f"wrong-{n}"}).status_code
        for n in range(7)
    ]
    assert statuses[0] in (200, 422)
    assert statuses[-1] == 429
    right = client.post(reverse("account_login"), {"login": "grid_worker", "password": "Yanzhen-2026!"})
    assert right.status_code == 429


@pytest.mark.parametrize(
    ("name", "fields"),
    [("follow", {"number": "YL260600001", "code": "ABCD2345"}), ("public_feedback_follow", {"number": "Y000001"})],
)
def test_public_forms_that_are_asked_too_often_say_so(
    world: World, monkeypatch: Any, name: str, fields: dict[str, str]
) -> None:
    caches["shared"].clear()
    assert Client().post(reverse(name), fields).status_code != 429
    monkeypatch.setattr(limits, "spend", lambda *_args, **_kwargs: False)
    before = TrailRow.objects.count()
    assert Client().post(reverse(name), fields).status_code == 429
    assert (Feedback.objects.count(), Matter.objects.count(), TrailRow.objects.count()) == (0, 0, before)


def test_open311_that_is_asked_too_often_says_so(world: World, monkeypatch: Any) -> None:
    real = open311.value
    monkeypatch.setattr(
        open311, "value", lambda key, *given, **more: False if key.endswith("key_required") else real(key, *given, **more)
    )
    monkeypatch.setattr(open311, "spend", lambda *_args, **_kwargs: 60)
    answer = Client().post("/open311/v2/requests.json", {"service_code": "x", "address_string": "y"})
    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"
    assert Matter.objects.count() == 0
