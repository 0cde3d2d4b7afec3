"""Tables of background work: which workers live, when each periodic job last ran."""

from __future__ import annotations

from django.db import models


class Worker(models.Model):
    """One worker process. ``beat_at`` is renewed while it lives; a worker that fell silent loses its tasks and jobs."""

    id = models.CharField(max_length=32, primary_key=True)
    host = models.CharField(max_length=120)
    pid = models.BigIntegerField()
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    class Meta:
        db_table = "worker"


class JobRun(models.Model):
    """The last run of a periodic job. ``worker`` is set while it runs: the row is the claim."""

    name = models.CharField(max_length=80, unique=True)
    worker = models.CharField(max_length=32, blank=True)
    last_started = models.DateTimeField(null=True)
    last_finished = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "job_run"
