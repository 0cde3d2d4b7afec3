"""The worker process: one thread for queued tasks, one for periodic jobs, one for the heartbeat.

Jobs have a thread of their own because the trail is sealed every few seconds even while an import runs for a minute.
"""

from __future__ import annotations

import signal
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from traceback import format_exc
from types import FrameType

import structlog
from django.db import DatabaseError, close_old_connections, connections
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker as TaskRunner
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import exclusive_transaction

from yanzhen.kernel.tasks import leases
from yanzhen.kernel.tasks.registry import jobs

log = structlog.get_logger("yanzhen.worker")
BEAT = 10.0
BACKEND = "default"


class Work:
    """One worker; ``run`` returns when it was told to stop, or in a batch when nothing is due."""

    def __init__(self, *, interval: float = 1.0, clock: Callable[[], datetime] = timezone.now) -> None:
        self.id = uuid.uuid4().hex
        self.interval = interval
        self.clock = clock
        self.stopping = threading.Event()
        self._runner = TaskRunner(
            queue_names=["*"], interval=interval, batch=True, backend_name=BACKEND, startup_delay=False, max_tasks=None,
            worker_id=self.id, excluded_queue_names=[],
        )  # fmt: skip

    # --- life ---------------------------------------------------------------------------------------------------------

    def run(self, *, once: bool = False) -> None:
        """Work; finishes the running task or job before it stops."""
        leases.sign_on(worker=self.id, now=self.clock())
        leases.reap(worker=self.id, now=self.clock())
        log.info("worker.started", worker=self.id)
        try:
            if once:
                while self.step_jobs() + self.step_task():
                    pass
                return
            self._listen()
            threads = [
                threading.Thread(target=self._loop, args=(self._beat, BEAT), name="beat", daemon=True),
                threading.Thread(target=self._loop, args=(self.step_jobs, self.interval), name="jobs", daemon=True),
            ]
            for thread in threads:
                thread.start()
            self._loop(self.step_task, self.interval)
            for thread in threads:
                thread.join(timeout=60)
        finally:
            leases.sign_off(worker=self.id)
            log.info("worker.stopped", worker=self.id)

    def _listen(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopping.is_set():  # asked twice: now
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.stopping.set()

    def _loop(self, step: Callable[[], int], pause: float) -> None:
        """Repeat ``step`` until the stop; rest when it had nothing to do or the database did not answer."""
        while not self.stopping.is_set():
            close_old_connections()
            try:
                done = step()
            except DatabaseError as failure:
                log.error("worker.database", step=step.__name__, error=type(failure).__name__)
                done = 0
            if not done:
                self.stopping.wait(pause)
        if threading.current_thread() is not threading.main_thread():
            connections.close_all()

    # --- steps: each returns how much it did ----------------------------------------------------------------------------

    def _beat(self) -> int:
        leases.beat(worker=self.id, now=self.clock())
        leases.reap(worker=self.id, now=self.clock())
        return 0

    def step_task(self) -> int:
        """Run the next queued task, if there is one."""
        tasks = DBTaskResult.objects.ready().filter(backend_name=BACKEND)
        if not tasks.exists():  # do not take the write lock of SQLite just to look
            return 0
        with exclusive_transaction(tasks.db):
            row = tasks.get_locked()
            if row is None:
                return 0
            row.claim(self.id)
        self._runner.run_task(row)
        return 1

    def step_jobs(self) -> int:
        """Run each periodic job whose time has come; returns how many ran."""
        ran = 0
        for job in jobs().values():
            if self.stopping.is_set():
                break
            if not leases.claim_job(job=job, worker=self.id, now=self.clock()):
                continue
            error = ""
            try:
                job.run(self.clock())
            except Exception as failure:
                error = format_exc()  # kept in the job's row; the log gets no values, they may be personal data
                log.error("job.failed", job=job.name, error=type(failure).__name__)
            leases.finish_job(name=job.name, worker=self.id, now=self.clock(), error=error)
            ran += 1
        return ran
