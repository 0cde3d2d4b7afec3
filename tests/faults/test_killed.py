"""Server and worker killed at any instant, twenty times: nothing acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from typing import Any

import httpx
import pytest

from tests.faults.conftest import Platform
from tests.faults.run import DIGITS

pytestmark = pytest.mark.slow
ROUNDS, ROWS, CLIENTS = 20, 60, 3
CSRF = "a" * 32


class Client(threading.Thread):
    """Reports one thing after the other until the server is gone; remembers what was acknowledged and what not."""

    def __init__(self, address: str, place: int, token: str, name: str, again: list[str]) -> None:
        super().__init__(daemon=True)
        self.address, self.place, self.name_ = address, place, name
        self.headers = {"Authorization": f"Bearer {token}"}
        self.again = again
        self.acknowledged: dict[str, str] = {}
        self.open: list[str] = []

    def run(self) -> None:
        keys = [*self.again, *(f"{self.name_}-{number}" for number in range(8))]
        with httpx.Client(base_url=self.address, headers=self.headers, timeout=30) as client:
            for at, key in enumerate(keys):
                try:
                    answer = client.post(
                        "/api/v1/matters",
                        json={"text": f"路灯坏了 {key}", "place_id": self.place},
                        headers={"Idempotency-Key": key},
                    )
                except httpx.HTTPError:
                    self.open.append(key)
                    if at < len(self.again):
                        self.open += self.again[at + 1 :]
                    return
                assert answer.status_code in (200, 201), answer.text
                self.acknowledged[key] = answer.json()["number"]


def _confirm(address: str, seeded: dict[str, Any], run: int) -> None:
    """Press the button of an import; the answer may be cut off."""
    cookies = {"sessionid": seeded["session"], "csrftoken": CSRF}
    try:
        answer = httpx.post(
            f"{address}/imports/{run}/confirm/",
            data={"csrfmiddlewaretoken": CSRF},
            cookies=cookies,
            timeout=30,
            follow_redirects=False,
        )
    except httpx.HTTPError:
        return
    assert answer.status_code in (302, 409), answer.text[:2000]


def _imported(platform: Platform) -> list[tuple[str, int]]:
    """State of every import with the number of people it brought in, read straight from the database."""
    runs, people = (
        "SELECT state FROM import_run ORDER BY id",
        "SELECT substr(name, 1, 3), count(*) FROM person GROUP BY 1",
    )
    if platform.database:
        import psycopg

        with psycopg.connect(platform.env["YANZHEN_DATABASE_URL"]) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            states, found = connection.execute(runs).fetchall(), dict(connection.execute(people).fetchall())
    else:
        reader = sqlite3.connect(platform.folder / "data" / "yanzhen.sqlite3", timeout=20)
        reader.execute("BEGIN")
        states, found = reader.execute(runs).fetchall(), dict(reader.execute(people).fetchall())
        reader.close()
    return [(state, found.get(f"导{number:02d}".translate(DIGITS), 0)) for number, (state,) in enumerate(states)]


def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(platform: Platform) -> None:
    seeded = platform.inside("seed", str(ROUNDS), str(ROWS))
    chance = random.Random(20260601)
    acknowledged: dict[str, str] = {}
    waiting: list[list[str]] = [[] for _ in range(CLIENTS)]
    server, address = platform.serve()
    worker = platform.work()
    for number in range(ROUNDS):
        platform.wait(address)
        following = platform.serve()  # gets ready while this one is being killed
        clients = [
            Client(address, seeded["place"], seeded["tokens"][at], f"r{number}c{at}", waiting[at])
            for at in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        for run in seeded["runs"][: number + 1][-3:]:
            _confirm(address, seeded, run)
        time.sleep(chance.uniform(0.0, 0.4))
        platform.kill(server)
        if chance.random() < 0.7:
            platform.kill(worker)
            worker = platform.work()
        for at, client in enumerate(clients):
            client.join(60)
            assert not client.is_alive()
            for key, made in client.acknowledged.items():
                assert acknowledged.setdefault(key, made) == made, f"{key} got two numbers"
            waiting[at] = client.open
        for state, people in _imported(platform):
            # one chunk holds them all: between its transaction and the last one the run is still "committing"
            assert people in {"committed": (ROWS,), "committing": (0, ROWS)}.get(state, (0,)), (state, people)
        server, address = following
    # quiet: what is open is sent again, what was pressed is finished
    platform.wait(address)
    for at in range(CLIENTS):
        last = Client(address, seeded["place"], seeded["tokens"][at], f"end{at}", waiting[at])
        last.run()
        assert last.open == []
        for key, made in last.acknowledged.items():
            assert acknowledged.setdefault(key, made) == made
    for run in seeded["runs"]:
        _confirm(address, seeded, run)
    platform.kill(worker)
    platform.kill(server)
    done = platform.yanzhen("worker", "--once")
    assert done.returncode == 0, done.stderr[-2000:]
    _whole(platform.inside("check"), acknowledged)
    verified = platform.yanzhen("trail", "verify")
    assert verified.returncode == 0, verified.stdout


def _whole(found: dict[str, Any], acknowledged: dict[str, str]) -> None:
    assert len(acknowledged) > ROUNDS, "the clients hardly got a word in"
    assert found["texts"] == {f"路灯坏了 {key}": 1 for key in acknowledged}
    assert {found["numbers"][number] for number in acknowledged.values()} == set(found["texts"])
    assert found["matters"] == found["history_once"] == found["trail_once"] == found["keys"] == len(acknowledged)
    assert set(found["runs"].values()) == {"committed"}
    assert found["committed_rows"] == dict.fromkeys(found["runs"], 1)
    assert found["people"] == {f"导{number:02d}".translate(DIGITS): ROWS for number in range(ROUNDS)}
    assert found["names"] == ROUNDS * ROWS
    assert found["facts_equal"]
    assert found["facts"]
    assert found["stale"] == 0
    assert found["sound"]
