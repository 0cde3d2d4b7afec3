"""Files: told apart by content, stored once and whole, handed out safely."""

from __future__ import annotations

import errno
import io
import os
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.files import api, domain, services
from yanzhen.kernel.files.models import StoredFile
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.trail.models import TrailRow

ACTOR = Actor(name="田小禾", account_id=7)


def picture(form: str = "JPEG", size: tuple[int, int] = (80, 60), **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#336699").save(out, form, **more)
    return out.getvalue()


def workbook() -> bytes:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return out.getvalue()


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "/"), body)
    return out.getvalue()


def store(content: bytes, name: str = "a", purpose: str = "attachment", now: datetime | None = None) -> StoredFile:
    from datetime import UTC

    return api.store(
        actor=ACTOR, now=now or datetime(2026, 6, 15, tzinfo=UTC), upload=content, name=name, purpose=purpose
    )


def code(content: bytes, name: str = "a", purpose: str = "attachment") -> str:
    with pytest.raises(DomainError) as caught:
        store(content, name, purpose)
    assert caught.value.field == "file"
    return caught.value.code


# --- told apart by content ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (picture(), "x.txt", "jpeg"),
        (picture("PNG"), "x.jpg", "png"),
        (picture("WEBP"), "x", "webp"),
        (picture("GIF"), "x.gif", "gif"),
        (b"%PDF-1.7\n%\xe2\xe3", "x.exe", "pdf"),
        (workbook(), "x.docx", "xlsx"),
        (packed(word__document=b"<w/>").replace(b"word/document", b"word/document"), "x", ""),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "x.xls", "xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "x.doc", "doc"),
        ("姓名,电话\n张三,1\n".encode(), "x.csv", "csv"),
        ("姓名,电话\n张三,1\n".encode("gb18030"), "x.csv", "csv"),
        ("说明：a < b".encode(), "x.txt", "text"),
    ],
)
def test_the_content_says_what_it_is(content: bytes, name: str, kind: str) -> None:
    if kind:
        assert domain.kind_of(content, name).code == kind
    else:
        with pytest.raises(DomainError):
            domain.kind_of(content, name)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "x.png"),
        (b"  \n<!DOCTYPE html><html></html>", "x.txt"),
        (b"\xef\xbb\xbf<html>", "x.csv"),
        (b"hello <script>alert(1)</script>", "x.txt"),
        (b"<?xml version='1.0'?><a/>", "x.txt"),
        (b"MZ\x90\x00" + b"\0" * 100, "x.jpg"),
        (b"\x7fELF" + b"\0" * 100, "x.pdf"),
        (packed(a=b"1"), "x.xlsx"),
        (b"\0\1\2\3" * 50, "x.txt"),
    ],
)
@pytest.mark.django_db
def test_what_is_not_on_the_list_is_refused(content: bytes, name: str, store_folder: Path) -> None:
    assert code(content, name) == "files.kind"
    assert not StoredFile.objects.exists()
    assert not store_folder.exists()


@pytest.mark.django_db
def test_macros_bombs_broken_and_empty_files_are_refused() -> None:
    macro = packed(**{"xl/workbook.xml": b"<w/>", "xl/vbaProject.bin": b"1"})
    assert code(macro, "x.xlsx") == "files.macro"
    bomb = packed(**{"xl/workbook.xml": b"<w/>", "xl/worksheets/sheet1.xml": b" " * 30_000_000})
    assert code(bomb, "x.xlsx") == "files.bomb"
    assert code(b"PK\x03\x04nothing", "x.xlsx") == "files.broken"
    assert code(picture()[:300], "x.jpg") == "files.broken"
    assert code(b"", "x.jpg") == "files.empty"
    assert code(b"\0\0\0\x18ftypheic" + b"\0" * 50, "x.heic") == "files.heic"


@pytest.mark.django_db
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "MAX_PIXELS", 1000)
    assert code(picture(size=(40, 40)), "x.jpg") == "files.bomb"


@pytest.mark.django_db
def test_a_purpose_takes_only_its_kinds() -> None:
    assert code(b"%PDF-1.7\n", "x.pdf", "image") == "files.not_here"
    assert code(picture(), "x.jpg", "workbook") == "files.not_here"
    assert store(workbook(), "x.xlsx", "workbook").mime.endswith("sheet")


@pytest.mark.django_db
def test_a_file_over_the_limit_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings.YANZHEN, "upload_mb", 1)
    assert code(b"a" * 1_048_577, "x.txt") == "files.too_big"

    class Unread:
        name, size = "x.txt", 1_048_577

        def read(self, most: int) -> bytes:
            pytest.fail("it was read")

    with pytest.raises(DomainError):
        store(Unread())  # type: ignore[arg-type]
    assert store(SimpleUploadedFile("x.txt", b"a" * 1_048_576)).size == 1_048_576  # type: ignore[arg-type]


# --- pictures ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_pictures_lose_their_hidden_data_and_stand_upright() -> None:
    source = Image.new("RGB", (60, 20), "white")
    source.paste("red", (0, 0, 10, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "SecretPhone"
    exif.get_ifd(0x8825)[2] = (39.0, 54.0, 0.0)
    out = io.BytesIO()
    source.save(out, "JPEG", exif=exif, quality=95, comment=b"at home")
    stored = store(out.getvalue(), "照片.jpg", "image")
    content = api.content(stored)
    assert (stored.width, stored.height) == (20, 60)
    assert b"SecretPhone" not in content
    assert b"at home" not in content
    with Image.open(io.BytesIO(content)) as drawn:
        assert not drawn.getexif()
        red = drawn.convert("RGB").getpixel((10, 3))
    assert isinstance(red, tuple)
    assert red[0] > 180 > 90 > red[1]


@pytest.mark.django_db
def test_large_pictures_are_made_smaller_and_clear_ones_stay_clear() -> None:
    big = store(picture(size=(4000, 1000)), "x.jpg", "image")
    assert (big.width, big.height) == (2560, 640)
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(api.content(store(out.getvalue(), "x.png", "image")))) as drawn:
        assert drawn.mode == "RGBA"
    still = store(picture("GIF"), "x.gif", "image")
    assert (still.mime, still.name) == ("image/png", "x.png")


# --- stored once, whole ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_same_content_lies_in_the_store_once(store_folder: Path) -> None:
    one, two = store("说明".encode(), "a.txt"), store("说明".encode(), "b.txt")
    assert one.sha256 == two.sha256
    assert [path.name for path in store_folder.rglob("*") if path.is_file()] == [one.sha256]
    assert (one.name, two.name) == ("a.txt", "b.txt")
    assert api.content(two) == "说明".encode()
    assert TrailRow.objects.filter(action="files.file.stored").count() == 2


@pytest.mark.django_db
def test_a_full_disk_says_so_and_leaves_nothing(store_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(services.os, "fsync", full)
    assert code("说明".encode(), "a.txt") == "files.no_space"
    assert not StoredFile.objects.exists()
    assert not TrailRow.objects.exists()
    assert [path for path in store_folder.rglob("*") if path.is_file()] == []
    monkeypatch.undo()


@pytest.mark.django_db
def test_a_store_that_cannot_be_written_says_so(store_folder: Path) -> None:
    store_folder.parent.mkdir(exist_ok=True)
    store_folder.write_text("a file where the folder should be")
    assert code("说明".encode(), "a.txt") == "files.store_down"


@pytest.mark.django_db
def test_half_written_content_of_an_earlier_crash_is_written_anew(store_folder: Path) -> None:
    stored = store("说明".encode(), "a.txt")
    path = store_folder / services.place(stored.sha256)
    path.write_bytes(b"x")
    assert api.damaged() == {stored.pk: "changed"}
    store("说明".encode(), "a.txt")
    assert api.damaged() == {}
    os.unlink(path)
    assert set(api.damaged().values()) == {"missing"}


@pytest.mark.django_db
def test_an_infected_file_is_refused_and_a_clean_one_marked() -> None:
    api.use_scanner(lambda content: (b"EICAR" not in content, "scanner 1.0"))
    try:
        assert code(b"xx EICAR", "a.txt") == "files.infected"
        assert store(b"fine", "a.txt").scan == StoredFile.CLEAN
    finally:
        api.use_scanner(None)


# --- names and responses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\Users\\a\\报告.txt", "报告.txt"),
        ("a\u202egpj.exe", "agpj.txt"),
        ("", "文件.txt"),
        ("...", "文件.txt"),
        ('a"b<c>.txt', "abc.txt"),
        ("x" * 300 + ".txt", "x" * 100 + ".txt"),
    ],
)
def test_names_are_made_safe(name: str, clean: str) -> None:
    assert domain.clean_name(name, domain.KINDS["text"]) == clean


@pytest.mark.django_db
def test_a_response_is_safe_and_keeps_a_chinese_name() -> None:
    answer = api.response(store(picture(), "路灯 现场.jpg"))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"].startswith("inline")
    assert "filename*=utf-8''%E8%B7%AF%E7%81%AF" in answer["Content-Disposition"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "private, no-store"
    assert b"".join(answer.streaming_content)[:2] == b"\xff\xd8"
    assert api.response(store(picture(), "x.jpg"), as_attachment=True)["Content-Disposition"].startswith("attachment")
    assert api.response(store(b"text", "x.txt"))["Content-Disposition"].startswith("attachment")
    assert api.response(store(workbook(), "x.xlsx"))["Content-Disposition"].startswith("attachment")


@pytest.mark.django_db
def test_lost_content_is_reported_in_words(store_folder: Path) -> None:
    stored = store(b"text", "x.txt")
    os.unlink(store_folder / services.place(stored.sha256))
    with pytest.raises(DomainError) as caught:
        api.response(stored)
    assert caught.value.code == "files.lost"
