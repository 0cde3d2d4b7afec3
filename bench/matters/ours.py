"""Our own side: gunicorn with two workers of two threads, PostgreSQL, row scope on, filled by `bench.matters.seed`.

Unlike the rivals, nobody here is a super-user: every page is asked by somebody in a post, and pays for scope, lamps, counts of the
navigation, content policy and sessions. Creation goes through the REST interface with a program's token and writes the matter,
its history, its clock, its search document, its stale mark and its trail row.
"""

from __future__ import annotations

import getpass
import json
import re
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from bench.matters import load
from bench.matters.rivals import KEYWORD, body, title
from bench.matters.rivals.driver import HERE, Account, Daemon, Operation, clean_env, say, wait_http
from bench.matters.rivals.postgres import Cluster

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "yanzhen"
WORKERS, THREADS = 2, 2


class _Caller(Account):
    """Whoever runs the bench: the server needs the project's own environment, which an ordinary user may not read."""

    def __init__(self) -> None:
        self.uid, self.gid, self.switch = 0, 0, False


class Ours:
    """See `driver.Rival`."""

    name = "Yanzhen"
    version = "0.1.0"
    packages = ("postgresql-15",)

    def __init__(self, folder: Path, cluster: Cluster, port: int) -> None:
        self.folder, self.cluster, self.port = folder, cluster, port
        self.base = f"http://{HERE}:{port}"
        self.account = _Caller()
        self.rows = 0
        self.seeded: dict = {}
        self._daemon: Daemon | None = None

    @property
    def _env(self) -> dict[str, str]:
        return clean_env(
            HOME=str(self.folder), YANZHEN_MODE="demo", YANZHEN_DATA=str(self.folder / "data"), PYTHONPATH=str(ROOT),
            YANZHEN_DATABASE_URL=self.cluster.url(DATABASE), YANZHEN_SECRET_KEY=secrets.token_urlsafe(40) if not self.seeded
            else self.secret, YANZHEN_LOG_LEVEL="ERROR", YANZHEN_REQUIRE_TOTP="false", YANZHEN_HOSTS=HERE, USER=getpass.getuser(),
        )  # fmt: skip

    def prepare(self, rows: int) -> None:
        """Migrate and seed."""
        self.rows = rows
        self.secret = secrets.token_urlsafe(40)
        self.seeded = {"": ""}
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        self.cluster.create_database(DATABASE)
        out = self.folder / "seed.json"
        self.account.run([sys.executable, "-m", "bench.matters.seed", str(rows), str(out)], cwd=ROOT, env=self._env)
        self.seeded = json.loads(out.read_text())
        self.account.run([sys.executable, "-m", "yanzhen.site.cli", "setup"], cwd=ROOT, env=self._env)
        say("Yanzhen: vacuum and checkpoint")
        self.cluster.settle(DATABASE)

    def start(self) -> Daemon:
        command = [sys.executable, "-m", "yanzhen.site.cli", "serve", "--host", HERE, "--port", str(self.port)]
        command += ["--workers", str(WORKERS), "--threads", str(THREADS)]
        self._daemon = Daemon("yanzhen", command, self.account, cwd=ROOT, log=self.folder / "server.log", env=self._env)
        wait_http(self._daemon, f"{self.base}/healthz")
        return self._daemon

    def stop(self) -> None:
        if self._daemon is not None:
            self._daemon.stop(wait=20)
            self._daemon = None

    # ---- what is measured

    def operations(self) -> list[Operation]:
        units = self.seeded["units"]
        everybody = self._everybody()
        word = quote(KEYWORD)
        found = [
            Operation("create", self._create, facts={"path": "POST /api/v1/matters"}),
            # Beside the rivals: programs' interfaces, as theirs are asked.
            Operation(
                "list", self._api("limit=25", 25), facts={"path": "GET /api/v1/matters, all states, city"}
            ),
            Operation("list_open", self._api("limit=25&state=working", 25), facts={"path": "…, under way"}),
            Operation("search", self._api(f"limit=25&words={word}", 25), facts={"path": "…", "word": KEYWORD}),
        ]
        # What people see: whole pages.
        found += [
            Operation(f"list page {who}", self._page("/matters/?tab=all", who))
            for who in ("city", "township", "village", "grid")
        ]
        for who in ("city", "township", "village"):
            hit = "" if who == "village" else KEYWORD  # a village may have none
            found.append(Operation(f"search page {who}", self._page(f"/matters/?tab=all&q={word}", who, word=hit)))
        found += [
            Operation(f"workbench {who}", self._page("/", who)) for who in ("city", "township", "village", "grid")
        ]
        found.append(Operation("board", self._page("/board/", "county"), facts={"path": "/board/, 16 townships"}))
        found.append(
            Operation("tree", self._expand(units["county"]), facts={"path": "one county expanded: 16 of 40,000 units"})
        )
        found.append(Operation("tree village", self._expand(units["village"]), facts={"path": "one village expanded"}))
        found.append(Operation("users read", everybody, clients=1000, think=30.0, facts={"users": 1000, "think_s": 30}))
        found.append(
            Operation("users write", self._create, clients=200, think=10.0, facts={"users": 200, "think_s": 10})
        )
        return found

    def _create(self, number: int) -> load.Request:
        number += self.rows + 1
        codes = self.seeded["codes"]
        matter = {"title": title(number), "text": body(number), "place_code": codes[number % len(codes)]}
        return load.Request(
            "POST",
            f"{self.base}/api/v1/matters",
            (
                ("Authorization", f"Bearer {self.seeded['token']}"),
                ("Content-Type", "application/json"),
                ("Idempotency-Key", f"bench-{secrets.token_hex(8)}-{number}"),
            ),
            json.dumps(matter, ensure_ascii=False).encode(),
            expect=(201,),
            check=lambda answer: b'"number"' in answer,
        )

    def _api(self, query: str, least: int) -> Callable[[int], load.Request]:
        headers = (("Authorization", f"Bearer {self.seeded['token']}"),)
        request = load.Request(
            "GET", f"{self.base}/api/v1/matters?{query}", headers, expect=(200,),
            check=lambda answer: answer.count(b'"number"') >= least,
        )  # fmt: skip
        return lambda number: request

    def _page(self, path: str, who: str, *, word: str = "") -> Callable[[int], load.Request]:
        def check(answer: bytes) -> bool:
            return not word or (word.encode() in answer and re.search(rb'href="/matters/\d+/', answer) is not None)

        request = load.Request("GET", f"{self.base}{path}", (("Cookie", self.seeded[who]),), expect=(200,), check=check)
        return lambda number: request

    def _expand(self, units: list[int]) -> Callable[[int], load.Request]:
        headers = (("Cookie", self.seeded["city"]), ("HX-Request", "true"))

        def make(number: int) -> load.Request:
            return load.Request(
                "GET", f"{self.base}/units/{units[number % len(units)]}/children/", headers, expect=(200,)
            )

        return make

    def _everybody(self) -> Callable[[int], load.Request]:
        """A thousand people of villages and townships: workbench, list, search, board, as they turn from one to the other."""
        pages = ("/", "/matters/?tab=all", "/", f"/matters/?tab=all&q={quote(KEYWORD)}", "/", "/board/")
        users = self.seeded["users"]

        def make(number: int) -> load.Request:
            page = pages[(number // len(users)) % len(pages)]
            return load.Request("GET", f"{self.base}{page}", (("Cookie", users[number % len(users)]),), expect=(200,))

        return make

    def count(self) -> int:
        return int(self.cluster.psql("SELECT count(*) FROM matter", DATABASE))
