"""Getting ready and running: tables, roles, catalogues, static files, server and worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

import polib


def compile_catalogues(root: Path) -> int:
    """Compile ``*.po`` to ``*.mo`` where the source is newer; returns how many were compiled.

    By polib, so that a machine without gettext can do it.
    """
    done = 0
    for source in sorted(root.glob("**/locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source)).save_as_mofile(str(target))  # type: ignore[no-untyped-call]
            done += 1
    return done


def prepare() -> None:
    """Everything a start needs, each step safe to repeat: catalogues, tables (roles follow them), static files."""
    from django.conf import settings
    from django.core.management import call_command

    compile_catalogues(Path(settings.BASE_DIR))
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)


def serve(*, host: str, port: int, workers: int, threads: int) -> list[str]:
    """The command line of the web server."""
    return [
        sys.executable, "-m", "gunicorn", "yanzhen.site.wsgi:application", "--bind", f"{host}:{port}", "--worker-class", "gthread",
        "--workers", str(workers), "--threads", str(threads), "--max-requests", "20000", "--max-requests-jitter", "2000",
        "--timeout", "60", "--log-level", "warning", "--access-logfile", os.devnull,
    ]  # fmt: skip


def worker() -> list[str]:
    """The command line of the background worker."""
    return [sys.executable, "-m", "yanzhen.site.cli", "worker"]


def run_together(commands: list[list[str]]) -> int:
    """Run processes side by side until one ends or a signal comes; then end the others gently. Returns an exit code."""
    running = [subprocess.Popen(command) for command in commands]  # noqa: S603 - our own command lines
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    while not stopping and all(process.poll() is None for process in running):
        time.sleep(0.3)
    for process in running:
        if process.poll() is None:
            process.terminate()
    codes = []
    for process in running:
        try:
            codes.append(process.wait(timeout=20))
        except subprocess.TimeoutExpired:
            process.kill()
            codes.append(process.wait())
    return 0 if stopping else max((abs(code) for code in codes), default=0)
