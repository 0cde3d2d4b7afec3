"""A PostgreSQL 15 cluster of one's own: made, started and removed by an ordinary user, 127.0.0.1 only.

The cluster is usable by every side of the benchmark; nothing of an installed cluster is touched.
"""

from __future__ import annotations

import secrets
import signal
import subprocess
import time
from pathlib import Path

from bench.matters.rivals.driver import Account, Daemon, clean_env, require_free

BIN = Path("/usr/lib/postgresql/15/bin")
SETTINGS = {
    "shared_buffers": "1GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_wal_size": "4GB",  # seeding must not leave a checkpoint storm to the measured minutes
    "max_connections": "100",
}


class Cluster:
    """One cluster in `folder` on `port`; use as a context manager. `pid` is the postmaster's."""

    def __init__(self, folder: Path, port: int, account: Account, settings: dict[str, str] | None = None) -> None:
        self.folder, self.port, self.account = folder, port, account
        self.settings = {**SETTINGS, **(settings or {})}
        self.user = "bench"
        self.password = secrets.token_hex(16)
        self._daemon: Daemon | None = None

    def __enter__(self) -> Cluster:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        if self._daemon is None:
            raise RuntimeError("the cluster is not running")
        return self._daemon.pid

    def start(self) -> None:
        """initdb and start; raises RuntimeError with the server's log when it does not come up."""
        if not (BIN / "postgres").exists():
            raise RuntimeError(f"no PostgreSQL 15 under {BIN}")
        require_free(self.port)
        self.account.mkdir(self.folder)
        secret = self.folder / "pw"
        self.account.write(secret, self.password + "\n", mode=0o600)
        data = self.folder / "data"
        initdb = [BIN / "initdb", "-D", data, "-U", self.user, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        self.account.run([*initdb, "--auth=scram-sha-256", f"--pwfile={secret}"], cwd=self.folder)
        secret.unlink()
        options = {**self.settings, "port": str(self.port), "listen_addresses": "127.0.0.1"}
        options["unix_socket_directories"] = ""
        command = [str(BIN / "postgres"), "-D", str(data)]
        command += [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        self._daemon = Daemon(
            "postgres", command, self.account, cwd=self.folder, log=self.folder / "log", stop_with=signal.SIGINT
        )
        deadline = time.monotonic() + 60
        ready = [BIN / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, env=clean_env(), check=False).returncode != 0:
            self._daemon.must_live()
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start in 60 s:\n{self._daemon.tail()}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self._daemon is not None:
            self._daemon.stop(wait=60)
            self._daemon = None

    def psql(self, sql: str, database: str = "postgres") -> str:
        """Run SQL text, stop at the first error; returns unaligned rows. Raises RuntimeError with psql's message."""
        command = [str(BIN / "psql"), "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1"]
        command += ["-h", "127.0.0.1", "-p", str(self.port), "-U", self.user, "-d", database]
        done = subprocess.run(
            command, input=sql, text=True, capture_output=True, check=False, env=clean_env(PGPASSWORD=self.password)
        )
        if done.returncode:
            raise RuntimeError(f"psql on {database}: {done.stderr.strip()[:2000]}")
        return done.stdout.strip()

    def create_database(self, name: str) -> None:
        self.psql(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")

    def settle(self, database: str) -> None:
        """Statistics, visibility map and a checkpoint, so that the seeding is not paid for by the measuring."""
        self.psql("VACUUM ANALYZE", database)
        self.psql("CHECKPOINT", database)

    def url(self, database: str) -> str:
        return f"postgresql://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def version(self) -> str:
        return self.psql("SHOW server_version")
