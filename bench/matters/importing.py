"""`python -m bench.matters.importing`: a validated import of N rows into PostgreSQL, with its rejects, by the service that `yanzhen import
messages` uses. Prints rows a second, what came of every row and the peak memory; two rows in a hundred are wrong on purpose.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.matters.rivals import body, title
from bench.matters.rivals.driver import Account, clean_env, say
from bench.matters.rivals.postgres import Cluster

ROOT = Path(__file__).resolve().parents[2]


def rows(number: int) -> Iterator[tuple[int, dict[str, str | None]]]:
    """N rows as a file would give them: places by code, half of them answered, 2 % broken in four ways."""
    for at in range(1, number + 1):
        month, day = at % 12 + 1, at % 27 + 1
        cells: dict[str, str | None] = {
            "ref": str(at), "title": title(at), "text": body(at), "sent_at": f"2024-{month:02d}-{day:02d} {at % 12 + 8:02d}:15:00",
            "place": f"第{at % 3000}村", "reply": "", "replied_at": "", "name": "", "phone": "",
        }  # fmt: skip
        if at % 2:
            cells["reply"], cells["replied_at"] = "已办理并告知本人。", f"2025-01-{day:02d} 10:00:00"
        if at % 50 == 0:
            broken = at // 50 % 4
            if broken == 0:
                cells["ref"] = ""
            elif broken == 1:
                cells["sent_at"] = "去年春天"
            elif broken == 2:
                cells["text"] = cells["title"] = ""
            else:
                cells["reply"], cells["replied_at"] = "已办理。", "2023-01-01 00:00:00"
        yield at + 1, cells


def inside(number: int) -> None:
    """In a process of its own, with the database in the environment: units, then the import, timed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yanzhen.site.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from bench.matters.seed import tree
    from yanzhen.kernel.scope.api import system
    from yanzhen.matters.models import Entry, Matter
    from yanzhen.matters.services import importing
    from yanzhen.registry.api import unit_ref

    call_command("migrate", verbosity=0)
    city = unit_ref(tree()["city"][0])
    now = timezone.now()
    with tempfile.TemporaryDirectory() as folder:
        fields = ("ref", "title", "text", "sent_at", "place", "reply", "replied_at")
        rejects = importing.Rejects(Path(folder) / "rejects.xlsx", fields)
        wall, cpu = time.perf_counter(), time.process_time()
        found = importing.import_rows(
            rows(number), actor=system("bench"), now=now, unit=city, source="bench", rejects=rejects
        )  # fmt: skip
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        again = time.perf_counter()
        twice = importing.import_rows(rows(min(number, 50_000)), actor=system("bench"), now=now, unit=city, source="bench")
        again = time.perf_counter() - again
    assert found.balanced(), found
    assert Matter.objects.count() == found.imported
    assert Entry.objects.count() >= found.imported
    assert twice.imported == 0
    print(json.dumps({
        "rows": number, "seconds": round(wall, 1), "rows_per_second": round(number / wall), "cpu_s": round(cpu, 1),
        "imported": found.imported, "rejected": found.rejected, "answered": found.answered, "unlocated": found.unlocated,
        "reasons": found.reasons, "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "again_50000_s": round(again, 1), "load": os.getloadavg()[0],
    }, ensure_ascii=False))  # fmt: skip


def main() -> int:
    """Make a cluster, run the import in a process of its own, print its line."""
    parser = argparse.ArgumentParser(prog="python -m bench.matters.importing", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pg-port", type=int, default=55448)
    parser.add_argument("--os-user", default="postgres", help="who runs PostgreSQL when started by root")
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(options.inside)
        return 0
    with tempfile.TemporaryDirectory(prefix="importing-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        account = Account(options.os_user)
        account.mkdir(folder / "pg")
        with Cluster(folder / "pg", options.pg_port, account) as cluster:
            cluster.create_database("yanzhen")
            say(f"import of {options.rows:,} rows on {platform.platform()}, {os.cpu_count()} cores")
            environment = clean_env(
                HOME=str(folder), YANZHEN_MODE="demo", YANZHEN_DATA=str(folder / "data"), PYTHONPATH=str(ROOT),
                YANZHEN_DATABASE_URL=cluster.url("yanzhen"), YANZHEN_SECRET_KEY=secrets.token_urlsafe(40), YANZHEN_LOG_LEVEL="ERROR",
            )  # fmt: skip
            command = [sys.executable, "-m", "bench.matters.importing", "--inside", str(options.rows)]
            return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
