"""Backup and restore: database and files in one archive, with a fingerprint of the content to compare.

The encryption keys are not in it: keep them apart (GB/T 22239-2019: backup and keys must not be lost together).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, connections

from yanzhen.kernel.errors import DomainError

Say = Callable[[str], None]
_BATCH = 5000
# Rows that differ from moment to moment and mean nothing once restored.
_PASSING = {"django_session", "axes_accessattempt", "axes_accesslog", "axes_accessfailurelog", "job_run"}


def fingerprint() -> dict[str, dict[str, Any]]:
    """Rows and hash of every table: equal content gives an equal fingerprint on either database."""
    found: dict[str, dict[str, Any]] = {}
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table in _PASSING or not model._meta.managed or model._meta.proxy:
            continue
        columns = [field.attname for field in model._meta.concrete_fields]
        digest, rows = hashlib.sha256(), 0
        pk_name = model._meta.pk.attname
        for row in model._base_manager.order_by(pk_name).values_list(*columns).iterator(chunk_size=_BATCH):
            digest.update(repr([str(value) for value in row]).encode())
            rows += 1
        found[table] = {"rows": rows, "sha256": digest.hexdigest()}
    return found


def _postgres_env() -> dict[str, str]:
    database: dict[str, Any] = dict(settings.DATABASES["default"])
    pairs = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    return os.environ | {name: str(database[key]) for name, key in pairs.items() if database.get(key)}


@contextmanager
def _still() -> Iterator[str]:
    """One view of the database for fingerprint and copy, while others go on writing; gives PostgreSQL's name for it."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("BEGIN DEFERRED")
            cursor.execute("SELECT 1 FROM sqlite_master LIMIT 1")
            name = ""
        else:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            name = str(cursor.fetchone()[0])
        try:
            yield name
        finally:
            cursor.execute("ROLLBACK")


def _dump(folder: Path, snapshot: str) -> str:
    if connection.vendor == "sqlite":
        target = folder / "database.sqlite3"
        with closing(sqlite3.connect(target)) as copy:
            connection.connection.backup(copy)  # this very connection: it holds the view
        return target.name
    target = folder / "database.dump"
    subprocess.run(
        ["pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", "--file", str(target)],
        check=True,
        env=_postgres_env(),
    )
    return target.name


def backup(target: Path, *, say: Say) -> dict[str, dict[str, Any]]:
    """Write database and files to ``target`` (.tar.gz); returns the fingerprint that it carries."""
    target = target.resolve()
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        folder = Path(scratch)
        with _still() as snapshot:
            prints = fingerprint()
            say("database")
            name = _dump(folder, snapshot)
        manifest = {"format": 1, "vendor": connection.vendor, "database": name, "tables": prints}
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
        partial = target.with_suffix(target.suffix + ".part")
        with tarfile.open(partial, "w:gz", compresslevel=3) as archive:
            archive.add(folder / "manifest.json", "manifest.json")
            archive.add(folder / name, name)
            files = Path(settings.YANZHEN.data) / "files"
            if files.exists():
                say("files")
                archive.add(files, "files")
        os.replace(partial, target)
    return prints


def restore(source: Path, *, say: Say, force: bool) -> list[str]:
    """Put a backup back; returns the tables whose content differs from the fingerprint (none when all is well).

    Refused on a database that holds accounts unless ``force``.
    """
    from yanzhen.kernel.accounts.models import Account

    tables = connection.introspection.table_names()
    if not force and Account._meta.db_table in tables and Account.objects.exists():
        raise DomainError("backup.not_empty", "数据库中已有账号。确认要覆盖时请加 --force。")
    with tempfile.TemporaryDirectory(dir=settings.YANZHEN.data) as scratch:
        folder = Path(scratch)
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        manifest = json.loads((folder / "manifest.json").read_text())
        if manifest["vendor"] != connection.vendor:
            raise DomainError(
                "backup.other_database", "备份来自 {theirs}，当前数据库是 {ours}，不能直接恢复。",
                theirs=manifest["vendor"], ours=connection.vendor,
            )  # fmt: skip
        say("database")
        connections.close_all()
        if manifest["vendor"] == "sqlite":
            place = Path(settings.DATABASES["default"]["NAME"])
            for suffix in ("-wal", "-shm"):
                place.with_name(place.name + suffix).unlink(missing_ok=True)
            shutil.copyfile(folder / manifest["database"], place)
        else:
            subprocess.run(
                ["pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--dbname",
                 str(settings.DATABASES["default"]["NAME"]), str(folder / manifest["database"])],
                check=True, env=_postgres_env(),
            )  # fmt: skip
        if (folder / "files").exists():
            say("files")
            shutil.copytree(folder / "files", Path(settings.YANZHEN.data) / "files", dirs_exist_ok=True)
    now = fingerprint()
    return sorted(table for table, held in manifest["tables"].items() if now.get(table) != held)
