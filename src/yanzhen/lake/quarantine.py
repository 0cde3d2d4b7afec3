"""Rows held back: kept sealed with rule, column and value, told by count, and given back to the department as a workbook."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yanzhen.kernel.errors import DomainError
from yanzhen.lake.contracts.model import Contract
from yanzhen.lake.engines.base import Split
from yanzhen.lake.home import Lake
from yanzhen.lake.kernels import reasons
from yanzhen.lake.landing import FILE_SHIFT, Landed

#: Rows of a workbook: Excel ends at 1,048,576.
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Held:
    """One row held back."""

    row: int
    """Line in the delivered file, the heading being line 1."""
    file: int
    """Which file of the batch (0-based)."""
    rule: str
    column: str
    value: str
    words: str


def tally(contract: Contract, landed: Landed, split: Split) -> dict[str, int]:
    """Rows held by ``column.rule`` (``row.broken`` and ``row.twice`` where no column is to blame)."""
    found: dict[str, int] = {}
    if landed.broken:
        found["row.broken"] = len(landed.broken)
    for table in split.held:
        for why, rows in zip(*np.unique(table["why"].to_numpy(), return_counts=True), strict=True):
            name = _name(contract, int(why))
            found[name] = found.get(name, 0) + int(rows)
    return dict(sorted(found.items()))


def _name(contract: Contract, why: int) -> str:
    column, reason = divmod(why, 100)
    head = contract.columns[column - 1].name if column else "row"
    return f"{head}.{reasons.WORDS[reason][0]}"


def write(lake: Lake, contract: Contract, batch: str, landed: Landed, split: Split, now: datetime) -> Path:
    """Seal the rows held, as delivered, with the first rule each of them breaks."""
    why = pa.concat_tables([pa.table({"_row": pa.array([], pa.int64()), "why": pa.array([], pa.int32())}), *split.held])
    heads = list(dict.fromkeys(column.source for column in contract.columns))
    parts = [_delivered(lake, landed, why, heads)] if len(why) else []
    if landed.broken:
        columns: dict[str, pa.Array] = {head: pa.nulls(len(landed.broken), pa.string()) for head in heads}
        columns[heads[0]] = pa.array([text for _row, text in landed.broken], pa.string())
        numbers = pa.array([row for row, _text in landed.broken], pa.int64())
        parts.append(
            pa.table({"_row": numbers, "why": pa.array([reasons.BROKEN] * len(landed.broken), pa.int32()), **columns})
        )
    body = io.BytesIO()
    pq.write_table(pa.concat_tables(parts).sort_by("_row"), body, compression="zstd")
    body.seek(0)
    target = lake.folder / "quarantine" / contract.name / f"{batch}.sealed"
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_suffix(".new")
    lake.vault.seal(body, aside)
    aside.replace(target)
    return target


def _delivered(lake: Lake, landed: Landed, why: pa.Table, heads: list[str]) -> pa.Table:
    """The rows held, as they were delivered; only they are put together, whatever the size of the batch."""
    names = [head.replace('"', "") for head in heads]
    shown = ", ".join(f'CAST(r."{name}" AS VARCHAR) AS "{name}"' for name in names)
    parts = []
    with duckdb.connect(config={"threads": 1, "memory_limit": "500MB", "temp_directory": str(lake.tmp)}) as connection:
        connection.register("why", why)
        for number, path in enumerate(landed.paths):
            rows = "read_parquet($1)"
            if not landed.numbered:
                shift = number << FILE_SHIFT
                rows = f"(SELECT *, file_row_number + {shift} AS _row FROM read_parquet($1, file_row_number = true))"
            query = f"SELECT r._row, why.why, {shown} FROM {rows} AS r JOIN why ON r._row = why._row"
            parts.append(connection.execute(query, [str(path)]).to_arrow_table())
    return pa.concat_tables(parts)


def read(lake: Lake, contract: Contract, batch: str) -> Iterator[Held]:
    """The rows held of a batch. They carry what the department delivered: only for who may see it."""
    path = lake.folder / "quarantine" / contract.name / f"{batch}.sealed"
    if not path.exists():
        raise DomainError("lake.quarantine", "这一批没有扣下的行。")
    table = pq.read_table(lake.vault.unseal(path))
    for row in table.to_pylist():
        column, reason = divmod(int(row["why"]), 100)
        rule, words = reasons.WORDS[reason]
        source = contract.columns[column - 1].source if column else ""
        value = row[source] if source else row[contract.columns[0].source] if reason == reasons.BROKEN else ""
        number = int(row["_row"])
        yield Held(number % (1 << FILE_SHIFT) + 2, number >> FILE_SHIFT, rule, source, value or "", words)


def workbook(lake: Lake, contract: Contract, batch: str, target: Path) -> int:
    """The workbook that goes back to the department: every row held, where it stands and what is wrong; gives the rows."""
    import xlsxwriter

    book = xlsxwriter.Workbook(
        str(target), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet("扣下的行")
    bold = book.add_format({"bold": True})
    sheet.write_row(0, 0, [f"{contract.department} · {contract.system} · {contract.title}：请改正后重新报送"], bold)
    sheet.write_row(1, 0, ["文件序号", "行号", "列", "原值", "规则", "说明"], bold)
    sheet.set_column(2, 5, 24)
    count = 0
    for count, held in enumerate(read(lake, contract, batch), 1):
        if count <= _MOST:
            sheet.write_row(
                count + 1, 0, [held.file + 1, held.row, held.column, held.value[:200], held.rule, held.words]
            )
    book.close()
    return count
