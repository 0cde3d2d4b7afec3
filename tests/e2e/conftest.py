"""A real server on a scratch folder and a real Chromium.

``server``: started once a module on its own SQLite file with the small county; ``server.stop(kill=True)`` and
``server.start()`` for tests that take it away. ``server.rows(sql)`` looks into its database from outside. ``browser``,
``phone`` (390 px) and ``desktop`` (1440 px) are fresh contexts; ``login``, ``axe``, ``shot`` help.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.personas import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "screenshots"
CHROMIUM = os.environ.get("YANZHEN_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
]  # fmt: skip
PORTS = range(8161, 8170)


def _free_port() -> int:
    for port in PORTS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no free port")


class Server:
    """The platform in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("YANZHEN_", "DJANGO_"))}
        self.env = kept | {
            "YANZHEN_MODE": "demo", "YANZHEN_DATA": str(folder), "YANZHEN_REQUIRE_TOTP": "false", "YANZHEN_BASE_URL": self.url,
            "DJANGO_SETTINGS_MODULE": "yanzhen.site.settings",
        }  # fmt: skip

    def seed(self, module: str = "tests.e2e.seed") -> None:
        """Make tables and the small county."""
        done = subprocess.run([sys.executable, "-m", module], cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]

    def start(self) -> None:
        """Start and wait until it answers."""
        log = (self.folder / "server.log").open("ab")
        command = [
            sys.executable, "-m", "gunicorn", "yanzhen.site.wsgi:application", "--bind", f"127.0.0.1:{self.port}",
            "--worker-class", "gthread", "--workers", "1", "--threads", "4", "--log-level", "warning",
        ]  # fmt: skip
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True)
        for _ in range(300):
            try:
                with urlopen(f"{self.url}/p/", timeout=5) as answer:  # noqa: S310 our own server
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.2)
        raise AssertionError((self.folder / "server.log").read_text()[-3000:])

    def stop(self, *, kill: bool = False) -> None:
        """End it, gently or as a power cut would."""
        if self.process is None:
            return
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL if kill else signal.SIGTERM)
        self.process.wait(timeout=20)
        self.process = None

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of its database, read from outside."""
        with sqlite3.connect(self.folder / "yanzhen.sqlite3", timeout=20) as database:
            return database.execute(sql, values).fetchall()

    def run(self, code: str) -> None:
        """Run a piece of Python inside the platform, in a process of its own."""
        lines = "import django; django.setup()\n" + code
        done = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server with the small county."""
    made = Server(tmp_path_factory.mktemp("yanzhen"))
    made.seed()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


Open = Callable[..., Any]


@pytest.fixture
def context(browser: Any, server: Server) -> Iterator[Open]:
    """Make a fresh context: ``context(width=390, height=844, **more)``; its pages may talk to the server only."""
    opened = []

    def make(width: int = 390, height: int = 844, **more: Any) -> Any:
        given = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "base_url": server.url} | more
        made = browser.new_context(viewport={"width": width, "height": height}, **given)
        made.set_default_timeout(20_000)
        opened.append(made)
        return made

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def phone(context: Open) -> Any:
    """A phone's browser."""
    return context(390, 844, has_touch=True, is_mobile=True)


@pytest.fixture
def desktop(context: Open) -> Any:
    """A desk's browser."""
    return context(1440, 900)


@pytest.fixture
def login() -> Callable[..., Any]:
    """Log a persona in: ``page = login(context, "grid_worker")``."""

    def enter(where: Any, username: str, *, then: str = "/") -> Any:
        page = where.new_page()
        page.goto(f"/account/login/?next={then}")
        page.fill('input[name="login"]', username)
        page.fill('input[name="password"]', PASSWORD)
        page.click('main button[type="submit"], form:has(input[name="password"]) button[type="submit"]')
        page.wait_for_url(f"**{then}")
        return page

    return enter


@pytest.fixture
def axe() -> Callable[[Any], list[str]]:
    """Serious and critical findings of axe on a page, as "rule: where"."""
    from axe_playwright_python.sync_playwright import Axe

    def look(page: Any) -> list[str]:
        found = Axe().run(page).response["violations"]
        return [
            f"{each['id']}: {node['target']}"
            for each in found
            if each["impact"] in {"serious", "critical"}
            for node in each["nodes"]
        ]

    return look


@pytest.fixture
def shot() -> Callable[[Any, str], None]:
    """Keep a picture of a page in ``screenshots/`` (not in the repository)."""

    def take(page: Any, name: str) -> None:
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=str(SHOTS / f"{name}.png"), full_page=True)

    return take
