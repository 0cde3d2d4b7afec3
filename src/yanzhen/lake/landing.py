"""Landing: a delivered file is sealed as it came and laid out as rows of text with their numbers; broken lines survive.

What was delivered is kept unchanged (``raw/<source>/<digest>.sealed``), so a batch can be taken in again by a later contract.
"""

from __future__ import annotations

import codecs
import fnmatch
import io
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from yanzhen.kernel.errors import DomainError
from yanzhen.lake.contracts.model import Contract, Format
from yanzhen.lake.vault import Vault

#: Row numbers of the n-th file of a batch start at n << 40.
FILE_SHIFT = 40
_ROWS_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file as it arrived: where its sealed copy stands and what it holds."""

    digest: str
    size: int
    name: str
    sealed: Path


@dataclass(slots=True)
class Landed:
    """The rows of a batch, ready for an engine: Parquet files whose texts are as delivered."""

    paths: list[Path] = field(default_factory=list)
    numbered: bool = True
    """The files carry ``_row``; otherwise the engine takes the position in the file."""
    rows: int = 0
    """Rows read, without the broken ones."""
    broken: list[tuple[int, str]] = field(default_factory=list)
    """Row number and text of lines that do not fit the heading."""
    garbled: int = 0
    """Characters that the declared encoding does not know."""
    extra: tuple[str, ...] = ()
    """Headings that the contract does not name."""


def inbox(folder: Path, contract: Contract) -> list[Path]:
    """The files in a folder that belong to a source, oldest name first."""
    if contract.format.kind == "database":
        return []
    return sorted(
        path for path in folder.iterdir() if path.is_file() and fnmatch.fnmatch(path.name, contract.format.files)
    )


def keep(source: Path, contract: Contract, raw: Path, vault: Vault) -> Delivery:
    """Seal a delivered file among the raw ones (once: the same content is not kept twice)."""
    folder = raw / contract.name
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{source.name}.new"
    with source.open("rb") as body:
        digest, size = vault.seal(body, aside)
    final = folder / f"{digest}.sealed"
    if final.exists():
        aside.unlink()
    else:
        aside.replace(final)
    return Delivery(digest, size, source.name, final)


def land(files: Sequence[Path], contract: Contract, tmp: Path) -> Landed:
    """Rows of the files of one batch. Parquet is read where it lies; everything else becomes Parquet of texts in ``tmp``."""
    if contract.format.kind == "parquet":
        return _parquet(files, contract)
    landed = Landed()
    for number, path in enumerate(files):
        target = tmp / f"landed-{contract.name}-{number}.parquet"
        if contract.format.kind == "csv":
            _csv(path, contract, target, number << FILE_SHIFT, landed)
        else:
            rows = (
                _jsonl(path, landed, number << FILE_SHIFT)
                if contract.format.kind == "jsonl"
                else _excel(path, contract.format)
            )
            _rows(rows, contract, target, number << FILE_SHIFT, landed)
        landed.paths.append(target)
    return landed


def land_query(url: str, contract: Contract, tmp: Path, watermark: str = "") -> Landed:
    """Rows of a database table: the contract's SELECT, from the newest watermark on (SQLite and PostgreSQL)."""
    landed = Landed()
    target = tmp / f"landed-{contract.name}-0.parquet"
    with closing(_connect(url)) as connection:
        cursor = connection.cursor()
        mark = "?" if url.startswith("sqlite") else "%s"
        query = contract.format.query
        parameters = (watermark,) if "{watermark}" in query else ()
        cursor.execute(query.replace("{watermark}", mark), parameters)
        heads = [str(column[0]) for column in cursor.description]
        rows = (dict(zip(heads, row, strict=True)) for row in iter(cursor.fetchone, None))
        _rows(enumerate(rows), contract, target, 0, landed)
    landed.paths.append(target)
    return landed


def _connect(url: str) -> Any:
    if url.startswith("sqlite:///"):
        return sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)
    if url.startswith(("postgres://", "postgresql://")):
        import psycopg

        return psycopg.connect(url)
    raise DomainError("lake.url", "只会连接 sqlite:/// 和 postgresql:// 。")


def _parquet(files: Sequence[Path], contract: Contract) -> Landed:
    landed = Landed(paths=list(files), numbered=False)
    for path in files:
        shape = pq.ParquetFile(path)
        _headings(shape.schema_arrow.names, contract, landed)
        landed.rows += shape.metadata.num_rows
    return landed


class _Recode(io.RawIOBase):
    """A byte stream of any encoding as UTF-8; what the encoding does not know becomes U+FFFD and is counted."""

    def __init__(self, source: BinaryIO, encoding: str) -> None:
        self._source = source
        self._decode = codecs.getincrementaldecoder("utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding)(
            "replace"
        )
        self._ready = b""
        self.garbled = 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        while not self._ready:
            block = self._source.read(4 << 20)
            text = self._decode.decode(block, final=not block)
            self.garbled += text.count("�")
            self._ready = text.encode()
            if not block:
                break
        size = min(len(into), len(self._ready))
        into[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


def _csv(path: Path, contract: Contract, target: Path, base: int, landed: Landed) -> None:
    broken: list[int] = []

    def odd(row: pc.InvalidRow) -> str:
        number = (row.number or 0) - 2  # counted from 1, and the heading is the first
        broken.append(number)
        landed.broken.append((base + number, row.text or ""))
        return "skip"

    with path.open("rb") as source:
        stream = _Recode(source, contract.format.encoding)
        head = _first_row(path, contract.format)
        try:
            reader = pc.open_csv(
                pa.PythonFile(io.BufferedReader(stream, 4 << 20), mode="r"),
                read_options=pc.ReadOptions(use_threads=False, block_size=8 << 20),
                parse_options=pc.ParseOptions(
                    delimiter=contract.format.delimiter, newlines_in_values=True, invalid_row_handler=odd
                ),
                convert_options=pc.ConvertOptions(
                    column_types=dict.fromkeys(head, pa.string()), strings_can_be_null=True, null_values=[""],
                    quoted_strings_can_be_null=True,
                ),
            )  # fmt: skip
        except pa.ArrowInvalid as error:
            raise DomainError("lake.csv", "{file}读不成表格：{why}", file=path.name, why=str(error)[:120]) from error
        heads = _headings(reader.schema.names, contract, landed)
        done = 0
        with _writer(target, heads) as out:
            for batch in reader:
                numbers = _numbers(done, batch.num_rows, broken)
                done += batch.num_rows
                out.write_batch(_shape(batch, heads, numbers + base))
        landed.rows += done
        landed.garbled += stream.garbled


def _first_row(path: Path, shape: Format) -> list[str]:
    import csv

    with path.open(
        encoding="utf-8-sig" if shape.encoding.lower() in {"utf-8", "utf8"} else shape.encoding,
        errors="replace",
        newline="",
    ) as text:
        return next(csv.reader(text, delimiter=shape.delimiter), [])


def _numbers(done: int, count: int, broken: Sequence[int]) -> Any:
    """Row numbers of the next good rows: their positions among all rows, broken ones counted too."""
    positions = np.arange(done, done + count, dtype=np.int64)
    for number in sorted(broken):
        positions[positions >= number] += 1
    return positions


def _headings(names: Sequence[str], contract: Contract, landed: Landed) -> list[str]:
    missing = [column.source for column in contract.columns if column.source not in names]
    if missing:
        raise DomainError(
            "lake.columns", "{source}少了{columns}这些列。", source=contract.name, columns="、".join(missing)
        )
    wanted = [column.source for column in contract.columns]
    landed.extra = tuple(sorted({*landed.extra, *(name for name in names if name not in wanted and name != "_row")}))
    return wanted


def _schema(heads: Sequence[str]) -> pa.Schema:
    return pa.schema([("_row", pa.int64()), *((head, pa.string()) for head in dict.fromkeys(heads))])


def _writer(target: Path, heads: Sequence[str]) -> pq.ParquetWriter:
    return pq.ParquetWriter(target, _schema(heads), compression="lz4", write_statistics=False)


def _shape(batch: pa.RecordBatch, heads: Sequence[str], numbers: Any) -> pa.RecordBatch:
    unique = list(dict.fromkeys(heads))
    return pa.record_batch([pa.array(numbers), *(batch.column(head) for head in unique)], schema=_schema(heads))


def _rows(
    rows: Iterable[tuple[int, dict[str, Any]]], contract: Contract, target: Path, base: int, landed: Landed
) -> None:
    heads: list[str] = []
    out: pq.ParquetWriter | None = None
    block: list[tuple[int, dict[str, Any]]] = []

    def flush() -> None:
        nonlocal out, heads
        if out is None:
            names = list(dict.fromkeys(name for _n, row in block for name in row)) or [
                c.source for c in contract.columns
            ]
            heads = list(dict.fromkeys(_headings(names, contract, landed)))
            out = _writer(target, heads)
        columns = [pa.array([_text(row.get(head)) for _n, row in block], pa.string()) for head in heads]
        numbers = pa.array([base + number for number, _row in block], pa.int64())
        out.write_batch(pa.record_batch([numbers, *columns], schema=_schema(heads)))
        landed.rows += len(block)
        block.clear()

    for row in rows:
        block.append(row)
        if len(block) >= _ROWS_AT_ONCE:
            flush()
    flush()
    if out is not None:
        out.close()


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _jsonl(path: Path, landed: Landed, base: int) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if isinstance(row, dict):
                yield number, row
            else:
                landed.broken.append((base + number, line.decode("utf-8", "replace").rstrip("\n")[:2000]))


def _excel(path: Path, shape: Format) -> Iterator[tuple[int, dict[str, Any]]]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    sheet = book.get_sheet_by_name(shape.sheet) if shape.sheet else book.get_sheet_by_index(0)
    rows = iter(sheet.to_python(skip_empty_area=True))
    heads = [str(cell).strip() for cell in next(rows, [])]
    for number, row in enumerate(rows):
        yield number, dict(zip(heads, row, strict=False))


def free_bytes(folder: Path) -> int:
    """Room left on the disk of a folder."""
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize
