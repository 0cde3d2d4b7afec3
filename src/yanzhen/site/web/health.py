"""Health and metrics: is the process alive, can it work, and how is it doing. No personal data in any of them."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
    values,
)

from yanzhen.kernel.scope.web import public_page
from yanzhen.kernel.tasks import api as tasks
from yanzhen.kernel.trail import api as trail
from yanzhen.measures import api as measures

REQUESTS = Counter("yanzhen_requests_total", "Answered requests", ["method", "status"])
SECONDS = Histogram(
    "yanzhen_request_seconds", "Seconds until an answer", ["method"], buckets=(0.01, 0.05, 0.1, 0.3, 0.5, 1, 3, 10)
)
QUEUE = Gauge("yanzhen_tasks", "Background tasks by state", ["state"], multiprocess_mode="mostrecent")
WORKERS = Gauge("yanzhen_workers", "Workers seen in the last minute", multiprocess_mode="mostrecent")
FAILING = Gauge("yanzhen_failing_jobs", "Periodic jobs whose last run failed", multiprocess_mode="mostrecent")
UNSEALED = Gauge("yanzhen_unsealed_seconds", "Age of the oldest unsealed trail row", multiprocess_mode="mostrecent")
STALE = Gauge("yanzhen_stale_places", "Places whose figures wait (at most 1001)", multiprocess_mode="mostrecent")
LOOPBACK = frozenset({"127.0.0.1", "::1"})


@public_page
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers (liveness): no database, no disk."""
    return HttpResponse("ok\n", content_type="text/plain")


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(missing)} migrations missing" if missing else ""


def _disk() -> str:
    with NamedTemporaryFile(dir=settings.YANZHEN.data) as probe:
        probe.write(b"ready")
        probe.flush()
    return ""


def _keys() -> str:
    from yanzhen.kernel.crypto.api import blind_index

    return "" if blind_index("ready", "site.ready") else "no keys"


def gather() -> None:
    """Read what changes by itself: queue, workers, failing jobs, seals of the trail, places whose figures wait."""
    now = timezone.now()
    state = tasks.health(now)
    WORKERS.set(state.workers)
    QUEUE.labels("ready").set(state.queued)
    QUEUE.labels("running").set(state.running)
    QUEUE.labels("failed").set(state.failed)
    FAILING.set(len(state.failing_jobs))
    oldest = trail.oldest_unsealed()
    UNSEALED.set((now - oldest).total_seconds() if oldest else 0)
    STALE.set(measures.waiting())


CHECKS = {"database": _database, "disk": _disk, "keys": _keys}


def checks() -> Iterator[tuple[str, str]]:
    """Each part with what is wrong with it ("" = nothing)."""
    for name, check in CHECKS.items():
        try:
            yield name, check()
        except (DatabaseError, OSError, ValueError) as error:
            yield name, type(error).__name__


@public_page
def readyz(request: HttpRequest) -> HttpResponse:
    """The process can work (readiness): database reached and migrated, disk writable, keys there."""
    found = dict(checks())
    ready = not any(found.values())
    parts = {name: wrong or "ok" for name, wrong in found.items()}
    return JsonResponse({"ready": ready, **parts}, status=200 if ready else 503)


def may_read_metrics(request: HttpRequest) -> bool:
    """With a token set: the token alone. Without one: this machine alone, and not through a proxy."""
    token = settings.YANZHEN.metrics_token
    if token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token.get_secret_value()}".encode())
    return request.META.get("REMOTE_ADDR", "") in LOOPBACK and "X-Forwarded-For" not in request.headers


@public_page
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus."""
    if not may_read_metrics(request):
        return HttpResponse("forbidden\n", status=403, content_type="text/plain")
    gather()
    registry = REGISTRY
    if (
        values.ValueClass is not values.MutexValue
    ):  # several processes share their figures in a folder (PROMETHEUS_MULTIPROC_DIR)
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
