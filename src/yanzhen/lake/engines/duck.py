"""The embedded engine: DuckDB in the process, memory bounded, spilling beside the lake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from yanzhen.lake.engines.base import Split
from yanzhen.lake.engines.slicing import Slicer
from yanzhen.lake.landing import FILE_SHIFT, Landed


class Duck:
    """DuckDB through Ibis. ``memory``: what DuckDB itself may hold, like ``2GB``; the process needs about 1.2 GB besides."""

    name = "duckdb"

    def __init__(self, tmp: Path, memory: str = "2GB", threads: int = 2) -> None:
        tmp.mkdir(parents=True, exist_ok=True)
        self.backend = ibis.duckdb.connect(threads=threads, memory_limit=memory, temp_directory=str(tmp))
        self.raw_connection = self.backend.con
        self.raw_connection.execute("SET preserve_insertion_order = false")
        self._views = 0

    def raw(self, landed: Landed) -> Any:
        self._views += 1
        name = f"landed_{self._views}"
        if landed.numbered:
            body = f"SELECT * FROM read_parquet({_list(landed.paths)})"  # paths of our own folders, quoted
        else:
            body = " UNION ALL ".join(
                f"SELECT * EXCLUDE (file_row_number), file_row_number + {number << FILE_SHIFT} AS _row "
                f"FROM read_parquet({_list([path])}, file_row_number = true)"
                for number, path in enumerate(landed.paths)
            )
        self.raw_connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {body}")
        return self.backend.table(name)

    def put(self, name: str, table: pa.Table) -> Any:
        self.raw_connection.register("incoming", table)
        self.raw_connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM incoming")
        self.raw_connection.unregister("incoming")
        return self.backend.table(name)

    def grow(self, name: str, table: pa.Table) -> Any:
        self.raw_connection.register("incoming", table)
        self.raw_connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} AS FROM incoming LIMIT 0")
        self.raw_connection.execute(f"INSERT INTO {name} FROM incoming")  # a name of our own
        self.raw_connection.unregister("incoming")
        return self.backend.table(name)

    def hold(self, name: str, expression: Any) -> Any:
        self.raw_connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {self.backend.compile(expression)}")
        return self.backend.table(name)

    def fetch(self, expression: Any) -> pa.Table:
        found: pa.Table = self.backend.to_pyarrow(expression)
        return found

    def drop(self, names: Sequence[str]) -> None:
        for name in names:
            self.raw_connection.execute(f"DROP TABLE IF EXISTS {name}")

    def split(self, expression: Any, folder: Path, row_group: int, cut: int) -> Split:
        ordered = expression.order_by(["place", "_row"])
        with Slicer(folder, row_group, cut) as slicer:
            for batch in self.backend.to_pyarrow_batches(ordered, chunk_size=1_000_000):
                slicer.take(pa.table(batch))
        return slicer.result

    def close(self) -> None:
        self.backend.disconnect()


def _list(paths: Sequence[Path]) -> str:
    return "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths) + "]"
