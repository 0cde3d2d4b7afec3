"""Tables as Parquet files and snapshots that swap whole: stage, fsync, rename, then one pointer.

``CURRENT`` names a snapshot; a snapshot names one manifest a table; a manifest names files. All but ``CURRENT`` are written
once. A reader that has opened a snapshot sees whole batches however often the pointer moves; a writer killed at any instant
leaves files that nobody names, which the next run sweeps away.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from yanzhen.kernel.errors import DomainError


@dataclass(frozen=True, slots=True)
class File:
    """One data file: rows of one batch and one town, in the order of places."""

    path: str
    """Below the lake's folder."""
    batch: str
    town: int
    rows: int
    low: int
    high: int
    size: int
    deleted: str = ""
    """Path of the list of row positions that no longer count; "" when all do."""
    gone: int = 0
    """How many of the rows are on that list."""

    @property
    def live(self) -> int:
        return self.rows - self.gone


@dataclass(frozen=True, slots=True)
class Batch:
    """What one delivery came to. ``arrived`` = ``kept`` + ``held``, asserted before it is written."""

    id: str
    arrived: int
    kept: int
    held: int
    contract: str
    """Digest of the contract it was read with."""
    places: str
    """Version of the places it was located with."""
    at: str
    """When it was taken in (ISO 8601)."""
    as_of: str = ""
    """Newest date in the data, if the contract names a watermark."""
    replaced: int = 0
    removed: int = 0
    values: Mapping[str, int] = field(default_factory=dict)
    """Values present, by column."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Rows held, by ``column.reason``."""
    cleared: Mapping[str, int] = field(default_factory=dict)
    how: Mapping[str, int] = field(default_factory=dict)
    """Rows by the way they were located."""
    fresh_codes: Mapping[str, list[str]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    """Digests of the raw files (lineage)."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One table at one moment."""

    table: str
    files: tuple[File, ...] = ()
    batches: tuple[Batch, ...] = ()

    @property
    def rows(self) -> int:
        return sum(file.live for file in self.files)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole lake at one moment: table → path of its manifest."""

    number: int
    at: str
    tables: Mapping[str, str]
    words: str = ""


class Store:
    """The files of one lake. One writer at a time (a lock file of the operating system holds it); any number of readers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # reading ---------------------------------------------------------------------------------------------------------

    def snapshot(self, number: int | None = None) -> Snapshot:
        """The current snapshot, or an earlier one that is still kept; an empty one before the first batch."""
        pointer = self.folder / "CURRENT"
        if number is None:
            if not pointer.exists():
                return Snapshot(0, "", {})
            number = int(pointer.read_text())
        path = self.folder / "snapshots" / f"{number:08d}.json"
        if not path.exists():
            raise DomainError("lake.snapshot", "没有第 {number} 个快照。", number=number)
        return Snapshot(**json.loads(path.read_text()))

    def snapshots(self) -> list[Snapshot]:
        """All snapshots kept, oldest first."""
        current = self.snapshot().number
        numbers = sorted(int(path.stem) for path in (self.folder / "snapshots").glob("*.json"))
        return [self.snapshot(number) for number in numbers if number <= current]

    def manifest(self, table: str, snapshot: Snapshot | None = None) -> Manifest:
        """A table's files; an empty manifest when it has none yet."""
        snapshot = snapshot or self.snapshot()
        path = snapshot.tables.get(table)
        if path is None:
            return Manifest(table)
        body = json.loads((self.folder / path).read_text())
        return Manifest(
            table,
            tuple(File(**file) for file in body["files"]),
            tuple(Batch(**{**batch, "files": tuple(batch["files"])}) for batch in body["batches"]),
        )

    def paths(self, files: Iterable[File]) -> list[str]:
        return [str(self.folder / file.path) for file in files]

    # writing ---------------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer; sweeps what an earlier writer left half done. DomainError when another one is at work."""
        import fcntl

        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "LOCK").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise DomainError("lake.busy", "另一个进程正在写这个数据湖。") from None
            for name in ("staging", "tmp"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
                (self.folder / name).mkdir()
            yield
            shutil.rmtree(self.folder / "tmp", ignore_errors=True)

    def settle(self, staged: Path, target: str) -> str:
        """Move a finished, synced file from staging to its place; gives its path below the lake."""
        final = self.folder / target
        final.parent.mkdir(parents=True, exist_ok=True)
        sync(staged)
        staged.replace(final)
        return target

    def commit(self, manifests: Iterable[Manifest], *, at: datetime, words: str) -> Snapshot:
        """Make the manifests current, together and at once. Their files must be in place (``settle``)."""
        before = self.snapshot()
        tables = dict(before.tables)
        folders = set()
        for manifest in manifests:
            body = json.dumps(
                {"files": [asdict(f) for f in manifest.files], "batches": [asdict(b) for b in manifest.batches]},
                ensure_ascii=False, separators=(",", ":"), sort_keys=True,
            ).encode()  # fmt: skip
            path = f"manifests/{manifest.table}-{hashlib.sha256(body).hexdigest()[:20]}.json"
            _write(self.folder / path, body)
            tables[manifest.table] = path
            folders |= {(self.folder / file.path).parent for file in manifest.files[-200:]}
        for folder in folders:
            sync(folder)
        after = Snapshot(before.number + 1, at.isoformat(), tables, words)
        _write(
            self.folder / "snapshots" / f"{after.number:08d}.json",
            json.dumps(asdict(after), ensure_ascii=False).encode(),
        )
        _write(self.folder / "CURRENT", str(after.number).encode())
        return after

    def restore(self, number: int, *, at: datetime) -> Snapshot:
        """Make an earlier state current again, as a new snapshot: nothing is lost by it."""
        earlier = self.snapshot(number)
        before = self.snapshot()
        after = Snapshot(before.number + 1, at.isoformat(), earlier.tables, f"restore {number}")
        _write(
            self.folder / "snapshots" / f"{after.number:08d}.json",
            json.dumps(asdict(after), ensure_ascii=False).encode(),
        )
        _write(self.folder / "CURRENT", str(after.number).encode())
        return after

    def sweep(self, *, keep: int = 30, before: datetime | None = None) -> int:
        """Forget all but the newest ``keep`` snapshots and remove the files that none of those names; gives files removed.

        ``before`` spares what was written later (a reader may still hold it)."""
        current = self.snapshot()
        kept = {s.number for s in self.snapshots()[-keep:]} | {current.number}
        named: set[str] = set()
        for number in kept - {0}:
            snapshot = self.snapshot(number)
            for table, path in snapshot.tables.items():
                named.add(path)
                for each in self.manifest(table, snapshot).files:
                    named |= {each.path, each.deleted}
        removed = 0
        for old in (self.folder / "snapshots").glob("*.json"):
            if int(old.stem) not in kept:
                old.unlink()
        for folder in ("data", "deletes", "manifests"):
            for file in (self.folder / folder).rglob("*"):
                if not file.is_file() or str(file.relative_to(self.folder)) in named:
                    continue
                if before is not None and file.stat().st_mtime > before.timestamp():
                    continue
                file.unlink()
                removed += 1
        return removed


def merged(
    manifest: Manifest, files: Iterable[File], batch: Batch | None, gone: Mapping[str, tuple[str, int]]
) -> Manifest:
    """The manifest with new files, and deletion lists (path → list, count) put on old ones."""
    old = tuple(
        replace(file, deleted=gone[file.path][0], gone=gone[file.path][1]) if file.path in gone else file
        for file in manifest.files
    )
    kept = tuple(file for file in old if file.live)
    return Manifest(manifest.table, kept + tuple(files), manifest.batches + ((batch,) if batch else ()))


def expired(retention: str, taken: str, now: datetime) -> bool:
    """Whether a batch taken at ``taken`` has outlived its class of retention (10y, 18m, 90d, forever)."""
    if retention == "forever":
        return False
    days = {"y": 366, "m": 31, "d": 1}[retention[-1]] * int(retention[:-1])
    return datetime.fromisoformat(taken) + timedelta(days=days) < now


def sync(path: Path) -> None:
    """Force a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: Path, body: bytes) -> None:
    """Write a file whole: beside it, synced, renamed over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".new")
    with aside.open("wb") as out:
        out.write(body)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(path)
    sync(path.parent)


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, body: Any) -> None:
    """Write a JSON file whole (a reader never sees half of it)."""
    _write(path, json.dumps(body, ensure_ascii=False, indent=1, default=str).encode())
