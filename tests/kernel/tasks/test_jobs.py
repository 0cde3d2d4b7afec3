"""Claims, leases and failures of periodic jobs and tasks."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta

import pytest
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from yanzhen.kernel.tasks import api, leases, registry
from yanzhen.kernel.tasks.models import JobRun, Worker

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def only_my_jobs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    ran: list[str] = []
    monkeypatch.setattr(registry, "_JOBS", {})

    def good(now: datetime) -> None:
        ran.append("good")

    def bad(now: datetime) -> None:
        ran.append("bad")
        raise ValueError("no luck")

    api.periodic("bad", seconds=60)(bad)
    api.periodic("good", seconds=60)(good)
    return ran


def running(worker: str, now: datetime, starts: int = 1) -> DBTaskResult:
    return DBTaskResult.objects.create(
        status=TaskResultStatus.RUNNING, args_kwargs={"args": [], "kwargs": {}}, task_path="x.y", backend_name="default",
        run_after=now, worker_ids=[worker] * starts, started_at=now, exception_class_path="", traceback="",
    )  # fmt: skip


def test_one_claim_wins_and_the_next_waits_for_its_time(now: datetime) -> None:
    job = api.jobs()["good"]
    assert leases.claim_job(job=job, worker="a", now=now)
    assert not leases.claim_job(job=job, worker="b", now=now + timedelta(hours=1))
    leases.finish_job(name="good", worker="a", now=now)
    assert not leases.claim_job(job=job, worker="b", now=now + timedelta(seconds=59))
    assert leases.claim_job(job=job, worker="b", now=now + timedelta(seconds=60))


def test_only_the_holder_finishes_a_job(now: datetime) -> None:
    leases.claim_job(job=api.jobs()["good"], worker="a", now=now)
    leases.finish_job(name="good", worker="b", now=now, error="x")
    row = JobRun.objects.get(name="good")
    assert (row.worker, row.last_error) == ("a", "")


def test_a_failing_job_is_noted_and_does_not_stop_the_others(only_my_jobs: list[str], now: datetime) -> None:
    api.run_pending()
    assert sorted(only_my_jobs) == ["bad", "good"]
    row = JobRun.objects.get(name="bad")
    assert row.failures == 1
    assert "no luck" in row.last_error
    assert api.health(now).failing_jobs == ("bad",)
    assert not Worker.objects.exists()


def test_silent_workers_lose_their_work_and_living_ones_keep_it(now: datetime) -> None:
    silent = now - leases.LEASE - timedelta(seconds=1)
    Worker.objects.create(id="gone", host="elsewhere", pid=1, started_at=silent, beat_at=silent)
    Worker.objects.create(id="there", host="elsewhere", pid=2, started_at=now, beat_at=now)
    lost, kept = running("gone", now), running("there", now)
    JobRun.objects.create(name="good", worker="gone", last_started=silent)
    assert leases.reap(worker="me", now=now) == 1
    lost.refresh_from_db()
    kept.refresh_from_db()
    assert (lost.status, kept.status) == (TaskResultStatus.READY, TaskResultStatus.RUNNING)
    assert JobRun.objects.get(name="good").worker == ""
    assert set(Worker.objects.values_list("pk", flat=True)) == {"there"}


def test_a_dead_process_of_this_machine_is_noticed_at_once(now: datetime) -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    Worker.objects.create(id="gone", host=socket.gethostname()[:120], pid=pid, started_at=now, beat_at=now)
    lost = running("gone", now)
    assert leases.reap(worker="me", now=now) == 1
    lost.refresh_from_db()
    assert lost.status == TaskResultStatus.READY


def test_a_task_that_kills_its_workers_is_given_up(now: datetime) -> None:
    lost = running("gone", now, starts=leases.MAX_STARTS)
    assert leases.reap(worker="me", now=now) == 0
    lost.refresh_from_db()
    assert lost.status == TaskResultStatus.FAILED


def test_a_worker_taken_for_dead_signs_on_again(now: datetime) -> None:
    leases.beat(worker="me", now=now)
    leases.beat(worker="me", now=now + timedelta(seconds=9))
    assert Worker.objects.get(pk="me").beat_at == now + timedelta(seconds=9)
