"""Rows that arrive in the order of places, cut into one file a town.

A file a village or a grid would be hundreds of thousands of small files; instead rows lie in the order of places inside the
town's file, in small row groups, so that a grid's rows are found by their statistics.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yanzhen.lake.engines.base import Part, Split
from yanzhen.lake.places import HELD

_SIDE = ("place", "_row", "why", "how", "tie")
#: Columns of every table beside its own.
FIXED = ("place", "how", "tie", "person", "_row")


class Slicer:
    """Takes tables in the order of (place, _row); writes the files; counts as it goes."""

    def __init__(self, folder: Path, row_group: int, cut: int = 6) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.result = Split()
        self._folder = folder
        self._row_group = row_group
        self._unit = 10**cut
        self._out: pq.ParquetWriter | None = None
        self._wait: list[pa.Table] = []
        self._waiting = 0

    def __enter__(self) -> Slicer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def take(self, table: pa.Table) -> None:
        place = table["place"].to_numpy()
        held = int(np.searchsorted(place, HELD, side="right"))
        if held:
            self.result.held.append(table.slice(0, held).select(["_row", "why"]))
            table, place = table.slice(held), place[held:]
        if not len(table):
            return
        self._count(table, place)
        table = table.drop_columns(["why"])
        towns = place // self._unit
        cuts = np.concatenate(([0], np.nonzero(np.diff(towns))[0] + 1, [len(towns)]))
        for start, end in itertools.pairwise(cuts):
            self._write(int(towns[start]), table.slice(start, end - start), int(place[start]), int(place[end - 1]))

    def _count(self, table: pa.Table, place: np.ndarray) -> None:
        result = self.result
        result.kept += len(table)
        for name in table.column_names:
            if name not in _SIDE:
                result.values[name] = result.values.get(name, 0) + len(table) - table[name].null_count
        for name, into in (("how", result.how), ("tie", result.ties)):
            for value, count in zip(*np.unique(table[name].to_numpy(), return_counts=True), strict=True):
                into[int(value)] = into.get(int(value), 0) + int(count)
        cuts = np.concatenate(([0], np.nonzero(np.diff(place))[0] + 1, [len(place)]))
        for start, end in itertools.pairwise(cuts):
            at = int(place[start])
            result.places[at] = result.places.get(at, 0) + int(end - start)

    def _write(self, town: int, table: pa.Table, low: int, high: int) -> None:
        parts = self.result.parts
        if self._out is None or parts[-1].town != town:
            self._close()
            path = self._folder / f"{town}.parquet"
            self._out = pq.ParquetWriter(
                path, table.schema, compression="zstd", compression_level=1, write_statistics=["place"]
            )
            parts.append(Part(path, town, 0, low, high))
        part = parts[-1]
        part.rows += len(table)
        part.high = high
        self._wait.append(table)
        self._waiting += len(table)
        if self._waiting >= self._row_group * 4:
            self._flush(whole=False)

    def _flush(self, *, whole: bool) -> None:
        """Write what waits, in whole row groups: small pieces of many batches would make small row groups."""
        if self._out is None or not self._waiting:
            return
        table = pa.concat_tables(self._wait)
        rows = len(table) if whole else len(table) // self._row_group * self._row_group
        self._out.write_table(table.slice(0, rows), row_group_size=self._row_group)
        rest = table.slice(rows)
        self._wait, self._waiting = ([rest], len(rest)) if len(rest) else ([], 0)

    def _close(self) -> None:
        if self._out is not None:
            self._flush(whole=True)
            self._out.close()
            self._out = None
