"""A platform of its own for each fault: data folder, database (SQLite, or a new one on the PostgreSQL of the run), processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
PORTS = range(8181, 8190)


class Platform:
    """One installation in a scratch folder, driven from outside like an operator does."""

    def __init__(self, folder: Path, like: Platform | None = None) -> None:
        """An empty installation, or one that begins as a copy of another."""
        self.folder = folder
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(("YANZHEN_", "DJANGO_", "PYTEST_"))}
        self.env |= {
            "YANZHEN_MODE": "demo", "YANZHEN_DATA": str(folder / "data"), "YANZHEN_REQUIRE_TOTP": "false", "YANZHEN_LOG_LEVEL": "ERROR",
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        self.database = ""
        server = os.environ.get("YANZHEN_DATABASE_URL", "")
        if server.startswith("postgres"):
            self.database = f"yz_faults_{uuid.uuid4().hex[:12]}"
            self._admin(server, f'CREATE DATABASE "{self.database}"' + (f' TEMPLATE "{like.database}"' if like else ""))
            self.server = server
            self.env["YANZHEN_DATABASE_URL"] = urlunsplit(urlsplit(server)._replace(path=f"/{self.database}"))
        if like is not None:
            shutil.copytree(like.folder / "data", folder / "data")
        self.processes: list[subprocess.Popen[bytes]] = []
        self._ports = iter(range(10_000))

    def _admin(self, server: str, statement: str) -> None:
        import psycopg

        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    # --- commands -----------------------------------------------------------------------------------------------------

    def inside(self, *words: str) -> Any:
        """Run a word of ``tests.faults.run``; its JSON."""
        out = subprocess.run(
            [sys.executable, "-m", "tests.faults.run", *words], cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=300, check=False
        )
        assert out.returncode == 0, out.stderr[-3000:]
        return json.loads(out.stdout.strip().splitlines()[-1])

    def yanzhen(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """One command of the console, to its end."""
        process = subprocess.Popen(
            [sys.executable, "-m", "yanzhen.site.cli", *words], cwd=self.folder, env=self.env | env, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        try:
            out, err = process.communicate(timeout=180)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f"{words} did not end: {err[-2000:]}") from None
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    # --- processes ------------------------------------------------------------------------------------------------------

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "yanzhen.site.cli", *words], cwd=self.folder, env=self.env, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def serve(self) -> tuple[subprocess.Popen[bytes], str]:
        """Start a server on the next free port; (process, address). Not waited for."""
        port = next(PORTS[at % len(PORTS)] for at in self._ports if _free(PORTS[at % len(PORTS)]))
        return self._start("serve", "--port", str(port), "--threads", "4"), f"http://127.0.0.1:{port}"

    def work(self) -> subprocess.Popen[bytes]:
        """Start a worker."""
        return self._start("worker")

    def wait(self, address: str) -> None:
        """Until the server answers."""
        until = time.monotonic() + 90
        while True:
            try:
                httpx.get(f"{address}/healthz", timeout=5)
                return
            except httpx.HTTPError:
                assert time.monotonic() < until, (self.folder / "log").read_text()[-3000:]
                time.sleep(0.05)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9 the process and all it started."""
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        process.wait(20)

    def close(self) -> None:
        """Leave nothing behind."""
        for process in self.processes:
            self.kill(process)
        if self.database:
            self._admin(self.server, f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """An empty installation."""
    made = Platform(tmp_path)
    yield made
    made.close()
