"""Encrypted columns, blind index, keys and their rotation, masks."""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from yanzhen.kernel.crypto import api, services
from yanzhen.kernel.crypto.rotation import rotate
from yanzhen.kernel.files.models import StoredFile
from yanzhen.kernel.intake.models import ImportRow, ImportRun


@pytest.fixture(params=["aes", "sm4"])
def key_file(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "keys.json"
    api.init_keys(path, request.param)
    old = settings.YANZHEN.key_file, settings.YANZHEN.cipher
    settings.YANZHEN.key_file, settings.YANZHEN.cipher = path, request.param
    yield path
    settings.YANZHEN.key_file, settings.YANZHEN.cipher = old


@given(st.text(min_size=1, max_size=80).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_what_is_encrypted_is_read_back(text: str) -> None:
    assert api.decrypt(api.encrypt(text)) == text


def test_the_same_text_never_looks_the_same(key_file: Path) -> None:
    one, two = api.encrypt("110101199003070134"), api.encrypt("110101199003070134")
    assert one != two
    assert "110101" not in one
    assert api.decrypt(one) == api.decrypt(two) == "110101199003070134"
    assert api.encrypt("") == ""


def test_tampering_is_found_wherever_it_happens(key_file: Path) -> None:
    stored = api.encrypt("13812345678")
    key, _, body = stored.partition(":")
    raw = bytearray(base64.b64decode(body))
    for at in (0, 13, len(raw) - 1):  # nonce, tag, text
        changed = bytearray(raw)
        changed[at] ^= 1
        with pytest.raises(api.Tampered):
            api.decrypt(f"{key}:{base64.b64encode(bytes(changed)).decode()}")
    for broken in (f"{key}:", f"{key}:abc", "plain text", f"{key}:{base64.b64encode(bytes(raw[:10])).decode()}"):
        with pytest.raises(api.Tampered):
            api.decrypt(broken)
    with pytest.raises(api.KeyMissing):
        api.decrypt(f"99:{body}")


def test_the_blind_index_finds_equals_and_keeps_columns_apart(key_file: Path) -> None:
    assert api.blind_index("110", "id") == api.blind_index("110", "id")
    assert api.blind_index("110", "id") != api.blind_index("111", "id")
    assert api.blind_index("110", "id") != api.blind_index("110", "phone")
    assert api.blind_index("", "id") == ""


def test_another_installation_gets_another_index(key_file: Path, tmp_path: Path) -> None:
    here = api.blind_index("110", "id")
    other = tmp_path / "other.json"
    api.init_keys(other, "aes")
    settings.YANZHEN.key_file = other
    assert api.blind_index("110", "id") != here


def test_the_key_file_is_private_and_never_overwritten(key_file: Path) -> None:
    assert stat.S_IMODE(os.stat(key_file).st_mode) == 0o600
    before = key_file.read_text()
    with pytest.raises(FileExistsError):
        api.init_keys(key_file, "aes")
    assert key_file.read_text() == before
    api.add_key(key_file, "aes")
    assert stat.S_IMODE(os.stat(key_file).st_mode) == 0o600


def test_a_broken_key_file_says_so_without_showing_it(key_file: Path) -> None:
    for text in (
        "",
        "[]",
        "{}",
        json.dumps({"current": "1", "keys": {"1": {"cipher": "aes", "key": "AAAA"}}, "index": "A"}),
    ):
        with pytest.raises(ValueError, match="key file"):
            services.parse_ring(text)
    assert "keys=['1']" in repr(services.ring())
    assert "b'" not in repr(services.ring())


def stage(count: int, now: datetime) -> ImportRun:
    stored = StoredFile.objects.create(
        sha256="0" * 64,
        source_sha256="0" * 64,
        size=1,
        mime="text/csv",
        name="a.csv",
        purpose="workbook",
        uploaded_at=now,
    )
    run = ImportRun.objects.create(
        importer="x", file=stored, sha256="0" * 64, name="a", unit_id=1, unit_path="0001", account_id=1, account_name="a",
        created_at=now,
    )  # fmt: skip
    ImportRow.objects.bulk_create(ImportRow(run=run, number=n, cells=f'["张三{n}"]') for n in range(1, count + 1))
    return run


def raw_cells() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cells FROM import_row ORDER BY number")
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db
def test_the_database_holds_cipher_text_only(key_file: Path, now: datetime) -> None:
    stage(1, now)
    assert "张三" not in raw_cells()[0]
    assert ImportRow.objects.get().cells == '["张三1"]'


@pytest.mark.django_db
def test_rotation_re_encrypts_everything_and_retires_the_old_key(key_file: Path, now: datetime) -> None:
    stage(25, now)
    seen: list[str] = []
    assert rotate(say=seen.append, batch=10) == 25
    assert all(text.startswith("2:") for text in raw_cells())
    assert [row.cells for row in ImportRow.objects.order_by("number")] == [f'["张三{n}"]' for n in range(1, 26)]
    assert seen[-1].endswith("25")
    assert api.retire_keys(key_file) == ["1"]
    assert ImportRow.objects.first() is not None


@pytest.mark.django_db
def test_a_stopped_rotation_goes_on_with_the_same_key(key_file: Path, now: datetime) -> None:
    stage(25, now)

    class Stopped(Exception):
        pass

    def stop(text: str) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        rotate(say=stop, batch=10)
    assert sum(text.startswith("2:") for text in raw_cells()) == 10
    assert api.retire_keys(key_file) == []
    assert rotate(batch=10) == 15
    assert all(text.startswith("2:") for text in raw_cells())


@pytest.mark.django_db
def test_a_new_cipher_takes_over_on_rotation(key_file: Path, now: datetime) -> None:
    stage(3, now)
    settings.YANZHEN.cipher = "sm4"
    assert rotate() == 3
    assert [row.cells for row in ImportRow.objects.order_by("number")] == [f'["张三{n}"]' for n in (1, 2, 3)]


@pytest.mark.django_db
def test_searching_an_encrypted_column_is_refused_loudly(key_file: Path, now: datetime) -> None:
    stage(2, now)
    assert ImportRow.objects.filter(problems="").count() == 2
    assert ImportRow.objects.exclude(problems="").count() == 0
    for wrong in ({"cells": "x"}, {"cells__contains": "x"}, {"cells__startswith": "x"}, {"cells__in": ["x"]}):
        with pytest.raises(FieldError):
            ImportRow.objects.filter(**wrong).exists()


def test_masks() -> None:
    assert api.mask_name("张三丰") == "张**"
    assert api.mask_name("李") == "李*"
    assert api.mask_phone("13812345678") == "138****5678"
    assert api.mask_phone("12345") == "***45"
    assert api.mask_id("110101199003070134") == "110" + "*" * 14 + "4"
    assert api.mask_name("") == api.mask_phone("") == api.mask_id("") == ""
