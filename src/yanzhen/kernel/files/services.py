"""Taking files in: checked by content, stored once under their hash, all or nothing."""

from __future__ import annotations

import errno
import hashlib
import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.files import actions, domain
from yanzhen.kernel.files.models import StoredFile
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.trail import api as trail

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class Purpose:
    """What files are taken for: the kinds that are allowed."""

    code: str
    kinds: tuple[str, ...]


_PURPOSES: dict[str, Purpose] = {}
Scanner = Callable[[bytes], tuple[bool, str]]
_SCANNER: list[Scanner] = []


def declare_purpose(code: str, kinds: tuple[str, ...]) -> Purpose:
    """Declare a purpose with its kinds (``files.api.IMAGES``, ``DOCUMENTS``, ``WORKBOOKS``)."""
    purpose = Purpose(code, kinds)
    _PURPOSES[code] = purpose
    return purpose


declare_purpose("image", domain.IMAGES)
declare_purpose("document", domain.DOCUMENTS)
declare_purpose("workbook", domain.WORKBOOKS)
declare_purpose("attachment", domain.IMAGES + domain.DOCUMENTS + domain.WORKBOOKS)


def use_scanner(scanner: Scanner | None) -> None:
    """Have each upload looked at: ``scanner(content) -> (clean, note)``. None: no scanner."""
    _SCANNER[:] = [scanner] if scanner else []


def place(sha256: str) -> str:
    """Where content lies in the store."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


@transaction.atomic
def store(
    *, actor: Actor, now: datetime, upload: Any, purpose: str, name: str = "", kinds: tuple[str, ...] | None = None
) -> StoredFile:
    """Take a file in and return its row.

    ``upload``: bytes, an uploaded file or anything with ``read``. DomainError (field ``file``) when it is too big, of a kind
    that the purpose does not take, broken, a bomb or infected, or when the store is full; nothing is kept then. An
    undeclared purpose takes what an attachment takes.
    """
    wanted = kinds or _PURPOSES.get(purpose, _PURPOSES["attachment"]).kinds
    limit = _limit(actor, now, purpose)
    size = upload.size if hasattr(upload, "size") else None
    if size is not None and size > limit:
        raise _too_big(limit)
    content = upload if isinstance(upload, bytes) else upload.read(limit + 1)
    if len(content) > limit:
        raise _too_big(limit)
    label = name or getattr(upload, "name", "") or ""
    kind = domain.kind_of(content, label)
    domain.allowed(kind, wanted)
    source = hashlib.sha256(content).hexdigest()
    clean, note = _scan(content)
    width = height = None
    if kind.code in domain.IMAGES:
        edge = int(value("files.image_edge", actor.unit, on=now.date()))
        picture = domain.reencode(content, kind, edge)
        content, kind, width, height = picture.content, picture.kind, picture.width, picture.height
    sha256 = hashlib.sha256(content).hexdigest()
    _put(place(sha256), content)
    row = StoredFile.objects.create(
        sha256=sha256, source_sha256=source, size=len(content), mime=kind.mime, name=domain.clean_name(label, kind),
        purpose=purpose, width=width, height=height, uploaded_by=actor.account_id, uploaded_at=now,
        scan=clean, scanned_at=now if clean else None, scan_note=note[:120],
    )  # fmt: skip
    trail.record(
        actor=actor, now=now, action=actions.STORED, kind="file", subject_id=row.pk,
        label=sha256[:16],  # not the name: people write names and numbers of others into it
        after={"sha256": sha256, "size": row.size, "mime": row.mime, "purpose": purpose},
    )  # fmt: skip
    return row


def _limit(actor: Actor, now: datetime, purpose: str) -> int:
    ruled = int(value("files.max_mb", actor.unit, on=now.date(), purpose=purpose))
    return min(ruled, int(settings.YANZHEN.upload_mb)) * 1024 * 1024


def _too_big(limit: int) -> DomainError:
    return domain.refuse("too_big", "文件超过 {mb} MB，请压缩或拆分后再传。", mb=limit // 1048576)


def _scan(content: bytes) -> tuple[str, str]:
    if not _SCANNER:
        return StoredFile.NOT_SCANNED, ""
    clean, note = _SCANNER[0](content)
    if not clean:
        raise domain.refuse("infected", "查毒程序认为该文件有病毒，不予接收。")
    return StoredFile.CLEAN, note


def _put(where: str, content: bytes) -> None:
    """Write content unless it is there already; a full disk leaves nothing behind."""
    try:
        if isinstance(default_storage, FileSystemStorage):
            _put_file(Path(default_storage.path(where)), content)
        elif not default_storage.exists(where):
            default_storage.save(where, ContentFile(content))
    except OSError as error:
        if error.errno in _FULL:
            raise domain.refuse("no_space", "服务器存储空间不足，文件没有保存。请联系系统管理员，稍后再传。") from error
        raise domain.refuse("store_down", "文件库暂时不能写入，文件没有保存。请稍后再传。") from error


def _put_file(target: Path, content: bytes) -> None:
    """Write under a name of its own, then rename: a reader sees the whole content or none."""
    if target.exists() and target.stat().st_size == len(content):
        os.utime(target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{uuid.uuid4().hex}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def open_file(stored: StoredFile) -> IO[bytes]:
    """The content for reading; DomainError when the store has lost it."""
    try:
        opened: IO[bytes] = default_storage.open(place(stored.sha256), "rb")
    except (OSError, ValueError) as error:
        raise domain.refuse("lost", "文件内容不在文件库中，请联系系统管理员。") from error
    return opened


def content(stored: StoredFile) -> bytes:
    """The whole content."""
    with open_file(stored) as handle:
        return handle.read()


def damaged() -> Mapping[int, str]:
    """Rows whose content is missing or no longer matches its hash, with the reason ("missing", "changed")."""
    found: dict[int, str] = {}
    for row in StoredFile.objects.order_by("id").iterator(chunk_size=500):
        try:
            with open_file(row) as handle:
                if hashlib.file_digest(handle, "sha256").hexdigest() != row.sha256:  # type: ignore[arg-type]
                    found[row.pk] = "changed"
        except DomainError:
            found[row.pk] = "missing"
    return found
