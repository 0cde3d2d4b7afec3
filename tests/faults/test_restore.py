"""Backup, restore, tampering, refusing to start: what an operator does with the console, on a real installation."""

from __future__ import annotations

import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Platform

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """An installation with a county in it and its trail sealed, made once."""
    made = Platform(tmp_path_factory.mktemp("template"))
    made.inside("seed", "1", "5")
    assert made.yanzhen("trail", "seal").returncode == 0
    yield made
    made.close()


@pytest.fixture
def seeded(template: Platform, tmp_path: Path) -> Iterator[Platform]:
    """A copy of it to do harm to."""
    made = Platform(tmp_path, like=template)
    yield made
    made.close()


def _sql(platform: Platform, *statements: str) -> list[Any]:
    """Straight into the database, past the platform."""
    rows: list[Any] = []
    if platform.database:
        import psycopg

        with psycopg.connect(platform.env["YANZHEN_DATABASE_URL"], autocommit=True) as connection:
            for statement in statements:
                answer = connection.execute(statement)  # type: ignore[call-overload]
                rows = answer.fetchall() if answer.description else []
        return rows
    connection = sqlite3.connect(platform.folder / "data" / "yanzhen.sqlite3", timeout=20)
    for statement in statements:
        rows = connection.execute(statement).fetchall()
    connection.commit()
    connection.close()
    return rows


def _unguard(platform: Platform) -> list[str]:
    """Statements by which somebody with the database's own password takes the guards of the trail away."""
    if platform.database:
        return ["ALTER TABLE trail_row DISABLE TRIGGER ALL"]
    names = [name for (name,) in _sql(platform, "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'trail_row'")]
    assert names, "the trail is guarded by triggers"
    return [f'DROP TRIGGER "{name}"' for name in names]


def test_one_changed_row_is_found_and_named(seeded: Platform) -> None:
    sound = seeded.yanzhen("trail", "verify")
    assert (sound.returncode, "OK" in sound.stdout) == (0, True), sound.stdout + sound.stderr
    (victim,) = _sql(seeded, "SELECT id FROM trail_row WHERE seal_id IS NOT NULL ORDER BY id LIMIT 1")[0]
    _sql(seeded, *_unguard(seeded), f"UPDATE trail_row SET actor_name = '别人' WHERE id = {victim:d}")  # noqa: S608
    broken = seeded.yanzhen("trail", "verify")
    assert broken.returncode == 3, broken.stdout + broken.stderr
    assert f"BROKEN changed row {victim} " in broken.stdout


def test_a_removed_row_is_found_and_named(seeded: Platform) -> None:
    (victim,) = _sql(seeded, "SELECT id FROM trail_row WHERE seal_id IS NOT NULL ORDER BY id LIMIT 1")[0]
    _sql(seeded, *_unguard(seeded), f"DELETE FROM trail_row WHERE id = {victim:d}")  # noqa: S608
    broken = seeded.yanzhen("trail", "verify")
    assert broken.returncode == 3, broken.stdout + broken.stderr
    assert f"BROKEN deleted row {victim} " in broken.stdout


def test_a_backup_restores_to_the_same_content(seeded: Platform) -> None:
    if seeded.database and not (shutil.which("pg_dump") and shutil.which("pg_restore")):
        pytest.skip("pg_dump and pg_restore are not on the path")
    archive = seeded.folder / "kept.tar.gz"
    made = seeded.yanzhen("backup", str(archive))
    assert made.returncode == 0, made.stderr[-2000:]
    with tarfile.open(archive) as packed:
        names = packed.getnames()
    assert "manifest.json" in names
    assert not [name for name in names if "keys.json" in name or "secret" in name], "keys stay apart from the backup"
    _sql(seeded, "UPDATE unit SET name = '改了' WHERE code = '990101100201'", "DELETE FROM import_row")
    stored = [each for each in (seeded.folder / "data" / "files").rglob("*") if each.is_file()]
    assert stored, "the import's file is there"
    stored[0].unlink()

    refused = seeded.yanzhen("restore", str(archive))
    assert refused.returncode == 1, refused.stdout
    assert "--force" in refused.stdout + refused.stderr
    assert _sql(seeded, "SELECT name FROM unit WHERE code = '990101100201'") == [("改了",)], "refused, and nothing was touched"

    done = seeded.yanzhen("restore", str(archive), "--force")
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert _sql(seeded, "SELECT name FROM unit WHERE code = '990101100201'") == [("松坡村",)]
    assert _sql(seeded, "SELECT count(*) FROM import_row") == [(5,)]
    assert stored[0].exists()
    assert seeded.yanzhen("trail", "verify").returncode == 0


def test_a_backup_of_a_platform_at_work_is_one_moment(seeded: Platform) -> None:
    if seeded.database and not (shutil.which("pg_dump") and shutil.which("pg_restore")):
        pytest.skip("pg_dump and pg_restore are not on the path")
    archive = seeded.folder / "kept.tar.gz"
    assert seeded.inside("busy", str(archive))["written"] > 0
    done = seeded.yanzhen("restore", str(archive), "--force")
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert _sql(seeded, "SELECT count(*) FROM idempotency WHERE key LIKE 'meanwhile%'") == [(0,)]


def test_a_backup_that_was_changed_is_found(seeded: Platform) -> None:
    if seeded.database:
        pytest.skip("the copy inside is PostgreSQL's own format")
    archive = seeded.folder / "kept.tar.gz"
    assert seeded.yanzhen("backup", str(archive)).returncode == 0
    opened = seeded.folder / "opened"
    with tarfile.open(archive) as packed:
        packed.extractall(opened, filter="data")
    copy = sqlite3.connect(opened / "database.sqlite3")
    copy.execute("UPDATE unit SET name = '改了' WHERE code = '990101100201'")
    copy.commit()
    copy.close()
    with tarfile.open(archive, "w:gz") as packed:
        for each in opened.iterdir():
            packed.add(each, each.name)
    done = seeded.yanzhen("restore", str(archive), "--force")
    assert done.returncode == 3
    assert "unit" in done.stderr


def test_production_without_a_secret_refuses_to_start(platform: Platform) -> None:
    for words in (("serve", "--port", "8189"), ("worker", "--once"), ("setup",)):
        refused = platform.yanzhen(*words, YANZHEN_MODE="production")
        assert refused.returncode not in (0, None), words
        assert "YANZHEN_SECRET_KEY" in refused.stderr, (words, refused.stderr[-500:])
        assert "refusing to start" in refused.stderr
    keyless = platform.yanzhen("setup", YANZHEN_MODE="production", YANZHEN_SECRET_KEY="x" * 50)
    assert keyless.returncode != 0
    assert "yanzhen keys init" in keyless.stderr
    assert not list(Path(platform.folder).rglob("*.sqlite3")), "nothing was made"
