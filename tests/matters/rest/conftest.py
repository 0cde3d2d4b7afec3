"""A token of each persona, a table of classes, a few matters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connection, connections
from django.test import Client
from django.test.testcases import LiveServerThread
from django.utils import timezone

from tests.personas import World
from yanzhen.kernel.scope.api import public
from yanzhen.matters.models import Category, DutyItem, Matter
from yanzhen.matters.rest import auth
from yanzhen.matters.selectors.programs import rights_of
from yanzhen.matters.services import Report, report
from yanzhen.matters.services.programs import issue_token


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    auth._HELD.clear()


def _empty_search() -> None:
    """The flush after a test on real transactions knows the models' tables alone."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM matter_words")


@pytest.fixture
def server(transactional_db: None) -> Iterator[str]:
    """A live server on a free port, for the length of one test; its address."""
    _empty_search()
    override = {}
    if connection.vendor == "sqlite" and connection.is_in_memory_db():  # type: ignore[attr-defined]
        connection.inc_thread_sharing()
        override = {"default": connections["default"]}
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override=override)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None
    yield f"http://127.0.0.1:{thread.port}"
    _empty_search()
    thread.terminate()  # the connection stays shared: the last answers may still be on their way out


@pytest.fixture
def moment() -> datetime:
    """A little while ago: the API takes the real time."""
    return timezone.now() - timedelta(minutes=30)


@pytest.fixture
def categories(db: None) -> dict[str, Category]:
    """Two branches of a table; ``0302`` is not for the public."""
    made: dict[str, Category] = {}
    table = [("01", "农业农村", ""), ("0101", "农田水利", "01"), ("03", "城乡建设", ""), ("0301", "村组道路", "03")]
    table.append(("0302", "信访积案", "03"))
    for code, name, parent in table:
        above = made.get(parent)
        made[code] = Category.objects.create(
            code=code, name=name, parent=above, level=above.level + 1 if above else 1, public=code != "0302",
            full_name=f"{above.full_name} / {name}" if above else name,
        )  # fmt: skip
    return made


@pytest.fixture
def duties(world: World, categories: dict[str, Category]) -> None:
    """Townships and villages have lists, so that matters can be handed to them."""
    for unit, kind in (("county", "basic"), ("county", "village")):
        for code in ("01", "03"):
            DutyItem.objects.create(
                unit=world.unit(unit), list=kind, category=categories[code], item="日常事务", valid_from=date(2020, 1, 1)
            )


@dataclass
class Program:
    """A program with its token."""

    token: str

    def _send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"HTTP_AUTHORIZATION": f"Bearer {self.token}"} if self.token else {}
        given |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        data = b"" if body is None else json.dumps(body).encode()
        kind = "application/json"
        return Client().generic(method, f"/api/v1{path}", data, content_type=kind, **given)

    def get(self, path: str, **headers: str) -> Any:
        return self._send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any) -> Any:
        return self._send("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self._send("DELETE", path)


@pytest.fixture
def program(world: World) -> Callable[..., Program]:
    """``program("township_secretary")``: a program acting in that persona's post, with all of its rights or some."""

    def make(persona: str, capabilities: Iterable[str] | None = None, days: int = 30) -> Program:
        actor = world[persona].actor
        rights = list(capabilities) if capabilities is not None else rights_of(actor)
        now = timezone.now()
        issuer = world[persona].actor
        if "matters.integrate" not in issuer.capabilities:  # a data officer would do it for them; here the post itself
            issuer = replace(issuer, capabilities=issuer.capabilities | {"matters.integrate"})
        _row, clear = issue_token(
            actor=issuer, now=now, name="市政热线", capabilities=rights, valid_to=timezone.localdate() + timedelta(days=days)
        )
        return Program(clear)

    return make


@pytest.fixture
def make(world: World, categories: dict[str, Category], duties: None, moment: datetime) -> Callable[..., Matter]:
    """Report something by the public."""

    def made(text: str = "村口水渠淤塞，稻田浇不上水。", unit: str = "songpo", category: str = "0101", **given: Any) -> Matter:
        draft = Report(
            text=text, place_id=world.unit(unit).pk, category_id=categories[category].pk, name="李四", phone="13812345678", **given
        )
        return report(actor=public(), now=moment, draft=draft)

    return made
