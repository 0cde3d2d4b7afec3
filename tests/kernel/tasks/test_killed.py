"""Workers that are killed or told to stop: nothing is lost, nothing done counts twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.slow


class Bench:
    """A folder with a database, a log and worker processes."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        self.log.touch()
        self.env = {**os.environ, "WORKER_DB": str(folder / "db.sqlite3"), "WORKER_LOG": str(self.log)}
        self.env.pop("DJANGO_SETTINGS_MODULE", None)
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.kernel.tasks.run", *words], cwd=ROOT, env=self.env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def run(self, *words: str) -> str:
        process = self.start(*words)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return out.strip()

    def lines(self) -> Counter[str]:
        return Counter(self.log.read_text().split("\n")[:-1])

    def wait(self, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + 40
        while not ready():
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.02)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.run("migrate")
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_a_killed_worker_loses_no_task(bench: Bench) -> None:
    bench.run("enqueue", "4", "0.4")
    worker = bench.start("work")
    bench.wait(lambda: bench.lines()["begin 1"] == 1)
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    assert bench.run("state") == "READY,READY,RUNNING,SUCCESSFUL 1"
    bench.run("once")
    assert bench.run("state") == "SUCCESSFUL,SUCCESSFUL,SUCCESSFUL,SUCCESSFUL 0"
    lines = bench.lines()
    assert [lines[f"end {number}"] for number in range(4)] == [1, 1, 1, 1]
    assert lines["begin 1"] == 2
    assert lines["tick"] == 1


def test_a_worker_told_to_stop_finishes_its_task(bench: Bench) -> None:
    bench.run("enqueue", "3", "0.6")
    worker = bench.start("work")
    bench.wait(lambda: bench.lines()["begin 0"] == 1)
    worker.terminate()
    assert worker.wait(30) == 0
    lines = bench.lines()
    assert lines["end 0"] == lines["begin 0"] == 1
    assert lines["begin 2"] == 0
    assert bench.run("state") == "READY,READY,SUCCESSFUL 0"


def test_two_workers_share_the_work_and_run_a_job_once(bench: Bench) -> None:
    bench.run("enqueue", "6", "0.1")
    workers = [bench.start("work"), bench.start("work")]
    bench.wait(lambda: sum(n for line, n in bench.lines().items() if line.startswith("end")) >= 6)
    bench.wait(lambda: bench.lines()["tock"] >= 1 and bench.lines()["tick"] >= 1)
    for worker in workers:
        worker.terminate()
        assert worker.wait(30) == 0
    lines = bench.lines()
    assert [lines[f"end {number}"] for number in range(6)] == [1] * 6
    assert lines["tick"] == lines["tock"] == 1
