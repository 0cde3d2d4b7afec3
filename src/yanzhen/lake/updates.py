"""Changed and deleted rows: found by key, put on deletion lists; the files they lie in stay as they are."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yanzhen.lake.contracts.model import Contract
from yanzhen.lake.home import Lake
from yanzhen.lake.store import Manifest


@dataclass
class Change:
    """What a batch does to the rows before it."""

    gone: dict[str, tuple[str, int]] = field(default_factory=dict)
    """File → deletion list and its length."""
    unchanged: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Staged file → list of rows that say nothing new (snapshot deliveries)."""
    replaced: int = 0
    removed: int = 0
    places: dict[int, int] = field(default_factory=dict)
    """Rows that stopped counting, by place."""


def changes(lake: Lake, contract: Contract, manifest: Manifest, staged: Sequence[Path], batch: str) -> Change:
    """Rows of earlier batches that this one replaces (upsert) or no longer has (snapshot)."""
    change = Change()
    if contract.mode == "append" or not staged:
        return change
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "temp_directory": str(lake.tmp)}) as connection:
        _load(connection, lake, manifest)
        key = ", ".join(f'"{name}"' for name in _key(contract))
        connection.execute(
            "CREATE TEMP VIEW new AS SELECT * FROM read_parquet($1, filename = true, file_row_number = true)".replace(
                "$1", _list(staged)
            )
        )
        same = " AND ".join(f'old."{name}" IS NOT DISTINCT FROM new."{name}"' for name in _key(contract))
        if contract.mode == "snapshot":
            columns = [name for name in pq.read_schema(staged[0]).names if name != "_row"]
            equal = " AND ".join(f'old."{name}" IS NOT DISTINCT FROM new."{name}"' for name in columns)
            connection.execute(
                f"CREATE TEMP TABLE same AS SELECT old.filename AS f, old.file_row_number AS r, new.filename AS nf, "
                "new.file_row_number AS nr, new.place AS place "
                f"FROM old JOIN new ON {equal}"
            )
            connection.execute(
                "CREATE TEMP TABLE hit AS SELECT filename AS f, file_row_number AS r, place "
                "FROM old ANTI JOIN same ON (filename = f AND file_row_number = r)"
            )
            unchanged = connection.execute("SELECT nf, nr FROM same ORDER BY 1, 2").to_arrow_table()
            change.unchanged = _lists(lake, contract, unchanged, batch, "same")
            row = connection.execute(
                f"SELECT count(*) FROM old JOIN hit ON (filename = f AND file_row_number = r) JOIN new ON {same}"
            ).fetchone()
            change.replaced = int(row[0]) if row else 0
        else:
            connection.execute(
                f"CREATE TEMP TABLE hit AS SELECT filename AS f, file_row_number AS r, place "
                f"FROM old SEMI JOIN (SELECT {key} FROM new) AS new ON {same}"
            )
        hits = connection.execute("SELECT f, r FROM hit ORDER BY 1, 2").to_arrow_table()
        if contract.mode == "upsert":
            change.replaced = len(hits)
        else:
            change.removed = len(hits) - change.replaced
        gone = "SELECT place FROM hit" + (" UNION ALL SELECT place FROM same" if contract.mode == "snapshot" else "")
        counted = connection.execute(f"SELECT place, count(*) FROM ({gone}) GROUP BY 1").fetchall()
        change.places = {int(place): int(rows) for place, rows in counted}
    before = {str(lake.folder / file.path): file for file in manifest.files}
    for path, (name, count) in _lists(lake, contract, hits, batch, "gone").items():
        file = before[path]
        if file.deleted:
            name, count = _join(lake, file.deleted, name)
        change.gone[file.path] = (name, count)
    return change


def _key(contract: Contract) -> list[str]:
    return ["person" if contract.column(name).type == "id_number" else name for name in contract.key]


def _load(connection: duckdb.DuckDBPyConnection, lake: Lake, manifest: Manifest) -> None:
    """``old``: the rows that count today, with the file and position of each."""
    paths = [lake.folder / file.path for file in manifest.files]
    dead = [(str(lake.folder / file.path), str(lake.folder / file.deleted)) for file in manifest.files if file.deleted]
    body = f"SELECT * FROM read_parquet({_list(paths)}, filename = true, file_row_number = true, union_by_name = true)"
    if dead:
        parts = [
            pq.read_table(listed).append_column("f", pa.array([path] * pq.read_metadata(listed).num_rows, pa.string()))
            for path, listed in dead
        ]
        connection.register("dead", pa.concat_tables(parts))
        body += " AS o ANTI JOIN dead ON (o.filename = dead.f AND o.file_row_number = dead.pos)"
    connection.execute(f"CREATE TEMP VIEW old AS {body}")


def _lists(lake: Lake, contract: Contract, rows: pa.Table, batch: str, kind: str) -> dict[str, tuple[str, int]]:
    """Write deletion lists: (file, position) sorted → file → list and length."""
    found: dict[str, tuple[str, int]] = {}
    if not len(rows):
        return found
    names = np.asarray(rows.column(0).to_pylist(), dtype=object)
    positions = rows.column(1).to_numpy()
    cuts = np.concatenate(([0], np.nonzero(names[1:] != names[:-1])[0] + 1, [len(names)]))
    for number, (start, end) in enumerate(itertools.pairwise(cuts)):
        target = f"deletes/{contract.name}/{batch}-{kind}-{number}.parquet"
        _write(lake, target, pa.table({"pos": pa.array(positions[start:end], pa.int64())}))
        found[str(names[start])] = (target, int(end - start))
    return found


def _join(lake: Lake, one: str, other: str) -> tuple[str, int]:
    both = pa.concat_tables([pq.read_table(lake.folder / one), pq.read_table(lake.folder / other)]).sort_by("pos")
    _write(lake, other, both)
    return other, len(both)


def _write(lake: Lake, target: str, table: pa.Table) -> None:
    staged = lake.staging / target.replace("/", "-")
    staged.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, staged)
    lake.store.settle(staged, target)


def live(lake: Lake, manifest_files: Mapping[str, str]) -> pa.Table:
    """Deletion lists as one table (f, pos), for readers: file path → list path."""
    parts = []
    for path, listed in manifest_files.items():
        table = pq.read_table(lake.folder / listed)
        parts.append(table.append_column("f", pa.array([path] * len(table), pa.string())))
    return (
        pa.concat_tables(parts)
        if parts
        else pa.table({"pos": pa.array([], pa.int64()), "f": pa.array([], pa.string())})
    )


def _list(paths: Sequence[Path]) -> str:
    return "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths) + "]"
