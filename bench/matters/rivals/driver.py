"""Command line and common parts: who runs the servers, how they are started, watched and stopped, what is measured.

Only processes started here are ever ended: each server leads a session of its own, and that session is what is
signalled.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bench.matters import load

HERE = "127.0.0.1"
PG_PORT = 55441
RIVALS = ("yanzhen", "helpdesk", "redmine")


# ------------------------------------------------------------------------------------------ accounts and servers


def clean_env(**extra: str) -> dict[str, str]:
    """The environment without anything that points a child at another database, Python, Ruby or Django project."""
    foreign = ("PG", "PYTHON", "DJANGO", "RAILS", "BUNDLE", "GEM", "RUBY", "DATABASE", "YANZHEN", "VIRTUAL_ENV")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    return {**kept, "LC_ALL": "C.UTF-8", **extra}


class Account:
    """The ordinary user the servers run as: the caller, or (when the caller is root) the user named `name`."""

    def __init__(self, name: str) -> None:
        if os.geteuid() == 0:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                raise SystemExit(f"no user {name!r} to run the servers as; choose one with --os-user") from None
            if entry.pw_uid == 0:
                raise SystemExit("the servers must not run as root; choose an ordinary user with --os-user")
            self.uid, self.gid, self.switch = entry.pw_uid, entry.pw_gid, True
        else:
            self.uid, self.gid, self.switch = os.geteuid(), os.getegid(), False

    @property
    def popen(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def own(self, path: Path) -> None:
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def own_tree(self, path: Path) -> None:
        if self.switch:
            for folder, folders, files in os.walk(path):
                for name in (".", *folders, *files):
                    self.own(Path(folder) / name)

    def mkdir(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.own(path)

    def write(self, path: Path, text: str, mode: int = 0o644) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        self.own(path)

    def run(self, command: Sequence[str | Path], cwd: Path, env: dict[str, str] | None = None) -> str:
        """Run a command to its end as the ordinary user; raises RuntimeError with the tail of its output."""
        parts = [str(part) for part in command]
        done = subprocess.run(
            parts,
            cwd=cwd,
            env=env or clean_env(HOME=str(cwd)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **self.popen,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(parts[:6])} … ended with {done.returncode}:\n{done.stdout[-3000:]}")
        return done.stdout


class Daemon:
    """A server process leading its own session, its output in a log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        account: Account,
        cwd: Path,
        log: Path,
        env: dict[str, str] | None = None,
        stop_with: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name, self.log, self.stop_with = name, log, stop_with
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                list(command),
                cwd=cwd,
                env=env or clean_env(HOME=str(cwd)),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **account.popen,
            )
        self.pid = self.process.pid

    def tail(self, size: int = 3000) -> str:
        return self.log.read_bytes()[-size:].decode("utf-8", "replace")

    def must_live(self) -> None:
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n{self.tail()}")

    def stop(self, wait: float = 10.0) -> None:
        """Ask the leader to end; whatever of its session is left after `wait` seconds is killed."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_with)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(wait)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()


def require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HERE, port))
        except OSError as error:
            raise SystemExit(f"port {port} on {HERE} is taken ({error.strerror}); choose another") from None


def wait_http(daemon: Daemon, url: str, seconds: float = 90.0) -> None:
    """Until the server answers anything at all over HTTP."""
    deadline = time.monotonic() + seconds
    while True:
        daemon.must_live()
        try:
            load.send(load.Request("GET", url), timeout=30)
            return
        except (OSError, load.BadAnswerError):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{daemon.name} did not answer in {seconds:g} s:\n{daemon.tail()}") from None
            time.sleep(0.25)


# ------------------------------------------------------------------------------------------------------ packages


def missing_packages(names: Sequence[str]) -> list[str]:
    """Those of the Debian packages that are not installed."""
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}"]
    lacking = []
    for name in names:
        done = subprocess.run([*query, name], capture_output=True, text=True, check=False)
        if done.returncode or done.stdout != "installed":
            lacking.append(name)
    return lacking


def require_packages(names: Sequence[str], install: bool) -> None:
    """Check the Debian packages; with `install` (root) run apt-get, else say which command to run and stop."""
    lacking = missing_packages(names)
    if not lacking:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *lacking]
    shown = "DEBIAN_FRONTEND=noninteractive " + " ".join(command)
    if not install:
        raise SystemExit(f"Debian packages are missing. As root:\n\n  apt-get update && {shown}\n\nor add --install.")
    if os.geteuid() != 0:
        raise SystemExit(f"--install needs root. As root:\n\n  apt-get update && {shown}")
    say(shown)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "-q"], command):
        subprocess.run(step, env=env, check=True, stdout=subprocess.DEVNULL)


def package_version(name: str) -> str:
    return subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True, check=True
    ).stdout


# ----------------------------------------------------------------------------------------------------- measuring


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to measure. With `once` seconds it is asked a single time under that limit instead of in a loop
    (for what may never answer)."""

    name: str
    make_request: Callable[[int], load.Request]
    once: float = 0.0
    clients: int = 0  # 0: as many as the run says
    think: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


class Rival(Protocol):
    """A product: `prepare` (install, migrate, seed), `start`, what to measure, `stop`."""

    name: str
    version: str
    packages: tuple[str, ...]

    def prepare(self, rows: int) -> None: ...
    def start(self) -> Daemon: ...
    def operations(self) -> list[Operation]: ...
    def count(self) -> int: ...
    def stop(self) -> None: ...


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


@contextlib.contextmanager
def timed(what: str, times: dict[str, float]) -> Iterator[None]:
    say(f"{what} …")
    start = time.monotonic()
    yield
    times[what] = round(time.monotonic() - start, 1)


def ask_once(operation: Operation, app_pids: Sequence[int], db_pids: Sequence[int]) -> load.Result:
    """One request under a time limit; no answer in time is one error and the time waited stands in `seconds`."""
    app, db, start = load.tree_cpu_ms(app_pids), load.tree_cpu_ms(db_pids), time.monotonic()
    sample = ""
    try:
        load.verified(operation.make_request(0), timeout=operation.once)
    except (OSError, load.BadAnswerError) as error:
        sample = f"{type(error).__name__}: {error}"
    took = time.monotonic() - start
    took_ms = None if sample else took * 1000
    return load.Result(
        name=operation.name,
        n=0 if sample else 1,
        rps=0.0 if sample else 1 / took,
        p50=took_ms,
        p95=took_ms,
        p99=took_ms,
        errors=1 if sample else 0,
        app_cpu_ms=load.tree_cpu_ms(app_pids) - app,
        db_cpu_ms=load.tree_cpu_ms(db_pids) - db,
        app_peak_rss_mb=load.tree_peak_rss_mb(app_pids),
        clients=1,
        seconds=took,
        load_average=os.getloadavg()[0],
        error_sample=sample,
        facts=operation.facts,
    )


def measure_rival(rival: Rival, db_pid: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Prepare, start, measure and stop one rival; every figure is also written to the results file at once."""
    times: dict[str, float] = {}
    with timed(f"{rival.name}: install, migrate and seed {options.rows:,} rows", times):
        rival.prepare(options.rows)
    lines: list[dict[str, Any]] = []
    try:
        with timed(f"{rival.name}: start", times):
            daemon = rival.start()
        for operation in rival.operations():
            say(f"{rival.name}: {operation.name} …")
            stored = rival.count() if operation.name == "create" else 0
            if operation.once:
                result = ask_once(operation, [daemon.pid], [db_pid])
            else:
                # One checked answer first: a wrong answer must stop the run, not be measured. Where a single answer
                # takes longer than the whole window, it is the warm-up as well.
                asked = time.monotonic()
                load.verified(operation.make_request(0), options.timeout)
                slow = time.monotonic() - asked > options.seconds
                result = load.measure(
                    operation.name,
                    operation.make_request,
                    max(options.seconds, 2 * operation.think),
                    operation.clients or options.clients,
                    operation.think or (0.0 if slow else options.warmup),
                    think=operation.think,
                    app_pids=[daemon.pid],
                    db_pids=[db_pid],
                    timeout=options.timeout,
                    first=1,
                    facts=operation.facts,
                )
            daemon.must_live()
            if operation.name == "create" and rival.count() - stored < result.n:
                raise RuntimeError(f"{rival.name}: fewer matters stored than acknowledged")
            line = load.record(
                result,
                subject=f"{rival.name} {rival.version}",
                rows=options.rows,
                cores=os.cpu_count(),
                system=platform.platform(),
                preparation_s=times,
            )
            load.append_jsonl(options.out, line)
            lines.append(line)
            if result.error_sample:
                say(f"{rival.name}: {operation.name}: {result.errors} errors, the first: {result.error_sample[:200]}")
    finally:
        rival.stop()
    return lines


def build(name: str, folder: Path, account: Account, cluster: Any, port: int, options: argparse.Namespace) -> Rival:
    if name == "yanzhen":
        from bench.matters.ours import Ours

        return Ours(folder, cluster, port)
    if name == "helpdesk":
        from bench.matters.rivals.helpdesk import Helpdesk

        return Helpdesk(folder, account, cluster, port, options.python, options.once)
    from bench.matters.rivals.redmine import Redmine

    return Redmine(folder, account, cluster, port)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.matters.rivals", description=__doc__)
    parser.add_argument("--rival", choices=[*RIVALS, "all"], default="all", help="which product (default: all)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="matters to seed (default: 1,000,000)")
    parser.add_argument("--seconds", type=float, default=10.0, help="measured seconds per operation (default: 10)")
    parser.add_argument("--warmup", type=float, default=2.0, help="seconds before them, not counted (default: 2)")
    parser.add_argument("--clients", type=int, default=2, help="closed-loop clients (default: 2)")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds allowed to one request (default: 120)")
    parser.add_argument("--once", type=float, default=30.0, help="seconds allowed to what is asked once (default: 30)")
    parser.add_argument("--scratch", type=Path, help="empty or new folder for all data (default: a temporary one)")
    parser.add_argument("--out", type=Path, default=Path("rivals.jsonl"), help="JSON lines file to add the results to")
    parser.add_argument("--pg-port", type=int, default=PG_PORT, help=f"PostgreSQL's port (default: {PG_PORT})")
    parser.add_argument("--port", type=int, default=PG_PORT + 1, help="first port of the products (default: 55442)")
    parser.add_argument("--os-user", default="postgres", help="who runs the servers when started by root")
    parser.add_argument("--python", default="/usr/bin/python3", help="interpreter of django-helpdesk's environment")
    parser.add_argument("--install", action="store_true", help="install missing Debian packages (root)")
    parser.add_argument("--keep", action="store_true", help="leave the scratch folder behind")
    options = parser.parse_args(arguments)
    if options.rows < 100:
        parser.error("--rows: at least 100")
    if options.scratch and options.scratch.exists() and any(options.scratch.iterdir()):
        parser.error(f"--scratch: {options.scratch} is not empty")
    return options


def _stop_on_terminate(signum: int, frame: object) -> None:
    raise SystemExit(128 + signum)  # runs the clean-up that a plain SIGTERM would skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the chosen rivals one after the other and print the table."""
    from bench.matters.rivals.postgres import Cluster

    options = parse(arguments)
    signal.signal(signal.SIGTERM, _stop_on_terminate)
    account = Account(options.os_user)
    scratch = (options.scratch or Path(tempfile.mkdtemp(prefix="rivals-"))).resolve()
    made = not scratch.exists()
    names = RIVALS if options.rival == "all" else (options.rival,)
    lines: list[dict[str, Any]] = []
    try:
        account.mkdir(scratch)
        scratch.chmod(0o755)
        rivals = {}
        for index, name in enumerate(names):
            cluster = Cluster(scratch / name / "postgres", options.pg_port, account)
            rivals[name] = (cluster, build(name, scratch / name, account, cluster, options.port + index, options))
        require_packages([*{package for _, rival in rivals.values() for package in rival.packages}], options.install)
        for name, (cluster, rival) in rivals.items():
            account.mkdir(scratch / name)
            with cluster:
                lines += measure_rival(rival, cluster.pid, options)
            if not options.keep:
                shutil.rmtree(scratch / name)
    finally:
        if options.keep:
            say(f"kept: {scratch}")
        elif made or not options.scratch:
            shutil.rmtree(scratch, ignore_errors=True)
        else:
            for name in names:
                shutil.rmtree(scratch / name, ignore_errors=True)
    print(load.table(lines))
    print(f"\nJSON lines: {options.out}", file=sys.stderr)
    return 0
