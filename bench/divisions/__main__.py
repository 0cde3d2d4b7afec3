"""Times the import of one province's real divisions, its repetition, and expands of the tree.

    python -m bench.divisions --from china-division-2.7.0.tgz [--province 35]

The database is the one of YANZHEN_DATABASE_URL (emptied tables are assumed), by default a SQLite file in a folder that is
removed. The package comes from ``npm pack china-division@2.7.0``.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--from", dest="source", type=Path, required=True)
    asked.add_argument("--province", default="35")
    asked.add_argument("--expands", type=int, default=300)
    args = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="yz-bench-") as folder:
        os.environ.setdefault("YANZHEN_MODE", "demo")
        os.environ.setdefault("YANZHEN_DATA", folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yanzhen.site.settings")
        run(args)


def run(args: argparse.Namespace) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from yanzhen.kernel.scope.api import system
    from yanzhen.registry import division_lists
    from yanzhen.registry.models import Unit
    from yanzhen.registry.selectors.units import children_of, find_units
    from yanzhen.registry.services import divisions as services

    call_command("migrate", verbosity=0, run_syncdb=True)
    print(f"database {connection.vendor}, load average {os.getloadavg()[0]:.1f}")
    started = time.perf_counter()
    found = division_lists.read(args.source, args.province)
    print(f"read        {len(found):>7} lines     {time.perf_counter() - started:6.2f} s")
    actor = system("bench")
    for words in ("first load", "repetition"):
        started, cpu = time.perf_counter(), time.process_time()
        report = services.apply(
            actor=actor,
            now=timezone.now(),
            divisions=found,
            prefix=args.province,
            on=date(2023, 6, 30),
            document="bench",
        )
        took = time.perf_counter() - started
        print(
            f"{words:<11} {report.founded:>7} founded   {took:6.2f} s wall {time.process_time() - cpu:6.2f} s cpu"
            f"   unchanged {report.same}, problems {len(report.problems)}  {report.by_level or ''}"
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    units = list(Unit.objects.exclude(numchild=0).order_by("?").values_list("pk", flat=True)[: args.expands])
    top = list(Unit.objects.filter(depth__lte=2).values_list("pk", flat=True))
    times = []
    for unit_id in [None, *top, *units]:
        started = time.perf_counter()
        children_of(actor, unit_id)
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    print(
        f"expand ×{len(times)} of {Unit.objects.count()} units: p50 {statistics.median(times):.1f} ms, "
        f"p95 {times[int(len(times) * 0.95)]:.1f} ms, max {times[-1]:.1f} ms"
    )
    for text in ("新村", "xincun", "xc", args.province + "03"):
        started = time.perf_counter()
        hits = find_units(actor, text)
        print(f"search {text:<8} {len(hits):>3} hits {(time.perf_counter() - started) * 1000:6.1f} ms")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
