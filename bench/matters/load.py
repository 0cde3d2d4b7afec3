"""Closed-loop HTTP load driver shared by every side of the benchmark.

Each client sends one request at a time over a fresh connection (``Connection: close``) and sends the next as soon
as the answer has been read. Clients run in forked processes, so the driver's own work is spread over the cores and
is reported with the result (``driver_cpu_ms``): a figure close to ``app_cpu_ms`` would mean that the driver, not
the server, was measured.

CPU of the server and of the database is the CPU time of their whole process trees, read from ``/proc`` before and
after the measured window and divided by the number of requests answered in it. On a shared machine it is steadier
than requests per second.

Needs Linux and nothing outside the standard library.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import socket
import threading
import time
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

TICK_MS = 1000.0 / os.sysconf("SC_CLK_TCK")


# --------------------------------------------------------------------------------------------------- one request


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `expect` lists the accepted statuses (empty: any 2xx); `check` sees the body of an accepted
    answer and returns False when the content is wrong, which counts as an error."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    expect: tuple[int, ...] = ()
    check: Callable[[bytes], bool] | None = None


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class BadAnswerError(Exception):
    """The server answered, but not with what was asked for."""


@lru_cache(maxsize=64)
def _address(netloc: str) -> tuple[str, int]:
    parts = urlsplit(f"//{netloc}")
    return parts.hostname or "127.0.0.1", parts.port or 80


def _wire(request: Request) -> tuple[tuple[str, int], bytes]:
    parts = urlsplit(request.url)
    if parts.scheme != "http":
        raise ValueError(f"plain http only: {request.url}")
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    if request.body or request.method in {"POST", "PUT", "PATCH"}:
        lines.append(f"Content-Length: {len(request.body)}")
    return _address(parts.netloc), ("\r\n".join(lines) + "\r\n\r\n").encode() + request.body


def _dechunk(data: bytes) -> bytes:
    out, at = bytearray(), 0
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            raise BadAnswerError("chunked answer cut short")
        size = int(data[at:end].split(b";")[0], 16)
        if size == 0:
            return bytes(out)
        if len(data) < end + 4 + size:
            raise BadAnswerError("chunked answer cut short")
        out += data[end + 2 : end + 2 + size]
        at = end + 4 + size


def send(request: Request, timeout: float = 120.0) -> Response:
    """Send one request on a new connection and read the whole answer. `timeout` (seconds) bounds the whole
    exchange. Raises OSError (TimeoutError included) or BadAnswerError."""
    address, payload = _wire(request)
    deadline = time.monotonic() + timeout
    with socket.create_connection(address, timeout=timeout) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(payload)
        data = bytearray()
        head_end, want = -1, -1
        status, headers = 0, {}
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no complete answer in {timeout:g} s")
            sock.settimeout(left)
            try:
                piece = sock.recv(262_144)
            except TimeoutError:
                raise TimeoutError(f"no complete answer in {timeout:g} s") from None
            data += piece
            if head_end < 0 and (head_end := data.find(b"\r\n\r\n")) >= 0:
                first, *rest = bytes(data[:head_end]).decode("latin-1").split("\r\n")
                status = int(first.split(" ", 2)[1])
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in rest)}
                if "content-length" in headers:
                    want = head_end + 4 + int(headers["content-length"])
                elif status in {204, 304}:
                    want = head_end + 4
            if not piece or 0 <= want <= len(data):
                break
    if head_end < 0:
        raise BadAnswerError("connection closed without an answer")
    if want > len(data):
        raise BadAnswerError("answer cut short")
    body = bytes(data[head_end + 4 :])
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = _dechunk(body)
    return Response(status, headers, body)


def verified(request: Request, timeout: float = 120.0) -> Response:
    """`send`, then hold the answer against the request's `expect` and `check`. Raises BadAnswerError when it fails."""
    response = send(request, timeout)
    accepted = response.status in request.expect if request.expect else 200 <= response.status < 300
    if not accepted:
        raise BadAnswerError(f"HTTP {response.status}: {response.body[:200].decode('utf-8', 'replace')}")
    if request.check is not None and not request.check(response.body):
        raise BadAnswerError(f"unexpected content: {response.body[:200].decode('utf-8', 'replace')}")
    return response


# ----------------------------------------------------------------------------------------------- process trees


def tree(roots: Iterable[int]) -> set[int]:
    """The given processes and all their living descendants."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and (stat := _stat(int(entry.name))) is not None:
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    seen: set[int] = set()
    todo = list(roots)
    while todo:
        pid = todo.pop()
        if pid not in seen:
            seen.add(pid)
            todo += children.get(pid, [])
    return seen


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from `state` on (the name before it may hold blanks)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()
    except OSError:
        return None


def tree_cpu_ms(roots: Iterable[int]) -> float:
    """CPU time (user + system) used so far by the process trees, dead and reaped children included, in ms.

    A process's own time moves to its parent's `cutime`/`cstime` when it is reaped, so the sum over the tree never
    falls back when a worker or a database connection ends.
    """
    total = 0
    for pid in tree(roots):
        if (stat := _stat(pid)) is not None:
            total += sum(int(value) for value in stat[11:15])
    return total * TICK_MS


def tree_peak_rss_mb(roots: Iterable[int]) -> float:
    """The largest resident memory that any single living process of the trees has ever had, in MiB."""
    peak = 0
    for pid in tree(roots):
        try:
            text = Path(f"/proc/{pid}/status").read_text(encoding="latin-1")
        except OSError:
            continue
        peak = max([peak, *(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM:"))])
    return peak / 1024.0


# ------------------------------------------------------------------------------------------------------ measure


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of one measured window. `n` counts good answers only; percentiles (ms) are of good answers only and
    None without any; CPU is ms per request answered or failed; None where no process was named."""

    name: str
    n: int
    rps: float
    p50: float | None
    p95: float | None
    p99: float | None
    errors: int
    app_cpu_ms: float | None
    db_cpu_ms: float | None
    driver_cpu_ms: float | None = None
    app_peak_rss_mb: float | None = None
    clients: int = 0
    seconds: float = 0.0
    load_average: float = 0.0
    error_sample: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """Nearest-rank percentile of an ascending sequence."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(slots=True)
class _Client:
    """One closed loop; `number` is the next request number, stepping by the number of clients."""

    number: int
    step: int
    make_request: Callable[[int], Request]
    timeout: float
    think: float
    latencies: array[float] = field(default_factory=lambda: array("d"))
    errors: int = 0
    error_sample: str = ""
    busy: float = 0.0

    def run(self, seconds: float) -> None:
        """Send requests for `seconds`, at least one; the last one is awaited, so `busy` may be longer."""
        self.latencies = array("d")
        self.errors, self.error_sample = 0, ""
        if self.think:  # people do not all press the key at the same moment
            time.sleep(self.think * (self.number % self.step) / self.step)
        start = time.perf_counter()
        end = start + seconds
        while True:
            request = self.make_request(self.number)
            self.number += self.step
            sent = time.perf_counter()
            try:
                verified(request, self.timeout)
            except (OSError, BadAnswerError, ValueError, IndexError) as error:
                self.errors += 1
                self.error_sample = self.error_sample or f"{type(error).__name__}: {error}"
            else:
                self.latencies.append((time.perf_counter() - sent) * 1000.0)
            if self.think and time.perf_counter() < end:
                time.sleep(self.think)
            if time.perf_counter() >= end:
                break
        self.busy = time.perf_counter() - start


def _all(clients: list[_Client], seconds: float) -> None:
    if len(clients) == 1:
        clients[0].run(seconds)
        return
    threads = [threading.Thread(target=client.run, args=(seconds,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _worker(clients: list[_Client], seconds: float, warmup: float, gate: Any, pipe: Connection) -> None:
    if warmup > 0:
        _all(clients, warmup)
    gate.wait()
    gate.wait()  # the parent reads the CPU clocks between the two
    before = time.process_time()
    _all(clients, seconds)
    cpu_ms = (time.process_time() - before) * 1000.0
    outcome = [(client.latencies.tobytes(), client.errors, client.error_sample, client.busy) for client in clients]
    pipe.send((cpu_ms, outcome))
    pipe.close()


def measure(
    name: str,
    make_request: Callable[[int], Request],
    seconds: float = 10.0,
    clients: int = 2,
    warmup: float = 2.0,
    *,
    app_pids: Sequence[int] = (),
    db_pids: Sequence[int] = (),
    processes: int | None = None,
    think: float = 0.0,
    timeout: float = 120.0,
    first: int = 0,
    facts: dict[str, Any] | None = None,
) -> Result:
    """Run `clients` closed loops for `seconds` after `warmup` seconds that are not counted.

    `make_request(i)` is called in the client with a number that is never given twice in one run (from `first` on),
    so that creations can be distinct. `app_pids` / `db_pids` are the roots of the process trees whose CPU is
    charged. `think` seconds are waited between an answer and the next request, the clients starting evenly spread
    over the first `think` seconds. `timeout` bounds each exchange.
    Clients are spread over `processes` (default: one per client, at most 2 per core) and run as threads therein.

    Every client finishes the request it has in flight when the time is up. Throughput is the sum over clients of
    (answers / the client's own time), so a slow last request neither vanishes nor counts as whole idle time.
    """
    if clients < 1:
        raise ValueError("at least one client")
    count = min(clients, processes or 2 * (os.cpu_count() or 1))
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(count + 1, timeout=warmup + timeout + 120.0)
    shares: list[list[_Client]] = [[] for _ in range(count)]
    for index in range(clients):
        shares[index % count].append(_Client(first + index, clients, make_request, timeout, think))
    pipes: list[Connection] = []
    workers = []
    try:
        for share in shares:
            ours, theirs = context.Pipe(duplex=False)
            worker = context.Process(target=_worker, args=(share, seconds, warmup, gate, theirs), daemon=True)
            worker.start()
            theirs.close()
            pipes.append(ours)
            workers.append(worker)
        gate.wait()
        app_before, db_before = tree_cpu_ms(app_pids), tree_cpu_ms(db_pids)
        gate.wait()
        outcomes = [pipe.recv() for pipe in pipes]
        app_ms, db_ms = tree_cpu_ms(app_pids) - app_before, tree_cpu_ms(db_pids) - db_before
    finally:
        for worker in workers:
            worker.join(timeout=5)
            if worker.is_alive():
                worker.kill()
    latencies = array("d")
    rps, errors, longest, sample = 0.0, 0, 0.0, ""
    for _, rows in outcomes:
        for raw, failed, message, busy in rows:
            own = array("d")
            own.frombytes(raw)
            latencies.extend(own)
            rps += len(own) / busy if busy else 0.0
            errors += failed
            sample = sample or message
            longest = max(longest, busy)
    ordered = sorted(latencies)
    asked = max(1, len(ordered) + errors)
    return Result(
        name=name,
        n=len(ordered),
        rps=rps,
        p50=percentile(ordered, 0.50),
        p95=percentile(ordered, 0.95),
        p99=percentile(ordered, 0.99),
        errors=errors,
        app_cpu_ms=app_ms / asked if app_pids else None,
        db_cpu_ms=db_ms / asked if db_pids else None,
        driver_cpu_ms=sum(cpu for cpu, _ in outcomes) / asked,
        app_peak_rss_mb=tree_peak_rss_mb(app_pids) if app_pids else None,
        clients=clients,
        seconds=longest,
        load_average=os.getloadavg()[0],
        error_sample=sample,
        facts=dict(facts or {}),
    )


# ------------------------------------------------------------------------------------------------------- report

COLUMNS = (
    ("subject", "who"),
    ("rows", "rows"),
    ("name", "operation"),
    ("n", "n"),
    ("rps", "req/s"),
    ("p50", "p50 ms"),
    ("p95", "p95 ms"),
    ("p99", "p99 ms"),
    ("errors", "errors"),
    ("app_cpu_ms", "app CPU ms"),
    ("db_cpu_ms", "db CPU ms"),
    ("app_peak_rss_mb", "peak MiB"),
    ("load_average", "load"),
)


def record(result: Result, *, subject: str, rows: int, **common: Any) -> dict[str, Any]:
    """One line of the results file: who was measured at how many rows, then the figures."""
    return {
        "subject": subject,
        "rows": rows,
        **asdict(result),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        **common,
    }


def append_jsonl(path: Path, record: dict[str, Any]) -> None:
    """Add one record to a JSON lines file, making its folder when it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _cell(value: Any) -> str:
    match value:
        case None:
            return "–"
        case float():
            return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:.2f}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def table(records: Iterable[dict[str, Any]]) -> str:
    """The records as one aligned text table, the same for every side."""
    cells = [[title for _, title in COLUMNS]]
    cells += [[_cell(record.get(key)) for key, _ in COLUMNS] for record in records]
    widths = [max(_width(row[index]) for row in cells) for index in range(len(COLUMNS))]
    left = {index for index, (key, _) in enumerate(COLUMNS) if key in {"subject", "name"}}

    def line(row: list[str]) -> str:
        padded = []
        for index, text in enumerate(row):
            blank = " " * (widths[index] - _width(text))
            padded.append(text + blank if index in left else blank + text)
        return "  ".join(padded).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([line(cells[0]), rule, *(line(row) for row in cells[1:])])


if __name__ == "__main__":
    import sys

    print(table(entry for name in sys.argv[1:] for entry in read_jsonl(Path(name))))
