"""A villager with a browser, and the way through the report."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.core.signing import loads
from django.test import Client
from django.utils import translation

from tests.personas import World
from yanzhen.matters.public import challenge
from yanzhen.matters.selectors.lines import forget


@pytest.fixture(autouse=True)
def _clock(now: datetime) -> Iterator[time_machine.Traveller]:
    """The clock stands at ``now`` until a test moves it on."""
    with time_machine.travel(now, tick=False) as clock:
        yield clock


@pytest.fixture
def clock(_clock: Any) -> Any:
    return _clock


@pytest.fixture(autouse=True)
def _fresh_limits(db: None) -> None:
    forget()
    caches["shared"].clear()


def token_of(html: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def answer_to(token: str) -> str:
    first, second = challenge._pair(loads(token, salt=challenge.SALT)["n"])
    return str(first + second)


@pytest.fixture
def solved(clock: Any) -> Callable[[Any], dict[str, str]]:
    """The fields of a passed challenge for a page, some seconds after it was opened."""

    def fields(response: Any) -> dict[str, str]:
        token = token_of(response.content.decode())
        clock.shift(5)
        return {"token": token, "answer": answer_to(token), "website": ""}

    return fields


@pytest.fixture
def visit(world: World) -> Client:
    return Client()


@pytest.fixture
def sent(visit: Client, world: World, solved: Any) -> Callable[..., Any]:
    """Go through the whole report; returns the page with number and code."""

    def go(text: str = "村口路灯坏了三天，晚上看不见路。", *, client: Client | None = None, photos: Any = (), **contact: str) -> Any:
        browser = client or visit
        place = world.unit("songpo").code
        browser.get(f"/p/report/?v={place}")
        step = browser.post("/p/report/", {"text": text, "place": place, "place_words": "小学门口"}, follow=True)
        if step.redirect_chain[-1][0] == "/p/report/similar/":
            step = browser.get("/p/report/contact/")
        given = {"call_back": "yes", **contact, **solved(step)}
        assert browser.post("/p/report/contact/", given).status_code == 302
        return browser.post("/p/report/check/", {"photos": list(photos)}, follow=True)

    return go


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    """A test that asked for English leaves the source language behind."""
    with translation.override("zh-hans"):
        yield
