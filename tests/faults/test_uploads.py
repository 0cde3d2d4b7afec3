"""Uploads that cannot be kept: the disk is full, the file is broken, a bomb. A clear answer, and nothing half-written."""

from __future__ import annotations

import errno
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from tests.factories.matters import make_category
from tests.personas import World
from yanzhen.kernel.files import services as files
from yanzhen.kernel.files.models import StoredFile
from yanzhen.kernel.intake.models import ImportRun
from yanzhen.kernel.scope.api import public
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.matters import services
from yanzhen.matters.domain.draft import Report
from yanzhen.matters.models import ApiToken, Attachment, Entry, Matter
from yanzhen.matters.selectors.programs import digest


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(out, "JPEG")
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    return out.getvalue()


#: What is wrong → (name, content); "full" is a good picture on a full disk.
BAD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "full": ("a.jpg", picture),
    "cut off": ("a.jpg", lambda: picture()[:300]),
    "not what it says": ("a.jpg", lambda: b"MZ\x90\x00 program"),
    "empty": ("a.jpg", lambda: b""),
    "bomb": ("a.xlsx", bomb),
}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store."""
    for name in ("base_location", "location"):
        monkeypatch.setitem(default_storage.__dict__.get("_wrapped", default_storage).__dict__, name, str(tmp_path))
    return tmp_path


@pytest.fixture
def matter(world: World) -> Matter:
    """Being handled by the county's agriculture bureau."""
    now = timezone.now()
    draft = Report(text="路灯坏了", place_id=world.unit("songpo").pk, category_id=make_category("路灯").pk)
    found = services.report(actor=public(), now=now, draft=draft)
    services.raise_level(actor=world["village_secretary"].actor, now=now, matter=found, reason="没有维修队伍")
    services.assign(actor=world["township_secretary"].actor, now=now, matter=found, lead=world.unit("agriculture"), words="请修复")
    return services.accept(actor=world["department_officer"].actor, now=now, matter=found)


def _state() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Matter, Entry, Attachment, StoredFile, TrailRow, ImportRun))


def _act(world: World, matter: Matter, name: str, content: bytes) -> Any:
    client = world["department_officer"].client()
    return client.post(reverse("matter_act", args=[matter.pk, "progress"]), {"words": "已查看", "files": SimpleUploadedFile(name, content)})


def _field(world: World, matter: Matter, name: str, content: bytes) -> Any:
    given = {"text": "路灯坏了", "place": world.unit("songpo").code, "files": SimpleUploadedFile(name, content)}
    return world["grid_worker"].client().post(reverse("sync_report"), given, headers={"Idempotency-Key": "k1"})


def _api(world: World, matter: Matter, name: str, content: bytes) -> Any:
    persona = world["department_officer"]
    assert persona.post is not None
    ApiToken.objects.create(
        name="程序", digest=digest("yzt_x"), post_id=persona.post.pk, capabilities="matters.view,matters.handle", created_at=timezone.now(),
        created_by=1, valid_to=timezone.localdate(), last_used_at=timezone.now(),
    )  # fmt: skip
    given = {"words": "已查看", "file": SimpleUploadedFile(name, content)}
    return Client().post(f"/api/v1/matters/{matter.pk}/attachments", given, headers={"Authorization": "Bearer yzt_x"})


WAYS = {"staff": _act, "field": _field, "api": _api}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_cannot_be_kept(
    world: World, matter: Matter, store: Path, monkeypatch: pytest.MonkeyPatch, kind: str, way: str
) -> None:
    name, content = BAD[kind]
    if kind == "full":
        monkeypatch.setattr(files.os, "fsync", _full)
    before = _state()
    answer = WAYS[way](world, matter, name, content())
    wanted = {"not what it says": 415, "bomb": 413}.get(kind, 422) if way == "api" else 422  # programs get HTTP's own words
    assert answer.status_code == wanted, (answer.status_code, answer.content[:600])
    assert _state() == before
    assert [path for path in store.rglob("*") if path.is_file()] == []
    if kind == "full" and way == "staff":
        assert "存储空间不足" in answer.content.decode()
    monkeypatch.setattr(files.os, "fsync", os.fsync)


def _full(handle: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("kind", ["full", "bomb", "cut off"])
def test_a_table_that_cannot_be_kept(world: World, store: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    content = {"full": "村或网格代码,姓名\n1,甲".encode(), "bomb": bomb(), "cut off": b"PK\x03\x04 cut"}[kind]
    if kind == "full":
        monkeypatch.setattr(files.os, "fsync", _full)
    before = _state()
    name = "a.csv" if kind == "full" else "a.xlsx"
    answer = world["county_officer"].client().post(reverse("import_new", args=["people"]), {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 422, answer.content[:600]
    assert _state() == before
    assert [path for path in store.rglob("*") if path.is_file()] == []


def test_the_same_file_goes_in_when_there_is_room_again(world: World, matter: Matter, store: Path) -> None:
    answer = _act(world, matter, "a.jpg", picture())
    assert answer.status_code == 302
    assert Attachment.objects.filter(matter=matter).count() == 1
    assert len([path for path in store.rglob("*") if path.is_file()]) == 1
