"""The data book of a unit: which systems reach it, with how many rows, how fresh, how complete, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yanzhen.lake.contracts.model import Contract
from yanzhen.lake.home import Lake
from yanzhen.lake.pipeline import COUNTS
from yanzhen.lake.places import NOWHERE, Scope
from yanzhen.lake.serve import connect, rows_of
from yanzhen.lake.store import Manifest


@dataclass(frozen=True, slots=True)
class Line:
    """One source in a unit's book."""

    source: str
    title: str
    department: str
    system: str
    refresh: str
    rows: int
    as_of: str
    """When the newest batch arrived (ISO 8601); "" when none has."""
    late: bool
    complete: Mapping[str, float]
    """Share of rows with a value, by column; empty unless asked for."""
    trend: tuple[tuple[str, int], ...]
    """(day of arrival, rows that the batch added or took away), oldest first."""
    located: Mapping[str, int]
    """Rows by how deep they could be placed: grid, village, town, county."""


def book(lake: Lake, scope: Scope, *, now: datetime, complete: bool = False) -> list[Line]:
    """The book of a unit. Counts come from what each batch left behind, so no data file is opened unless ``complete`` is asked."""
    snapshot = lake.store.snapshot()
    counts = _counts(lake)
    lines = []
    for contract in lake.book.contracts:
        manifest = lake.store.manifest(contract.name, snapshot)
        place, rows, batch = counts.get(
            contract.name, (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, object))
        )
        inside = _inside(place, scope)
        place, rows, batch = place[inside], rows[inside], batch[inside]
        arrived = {each.id: each.at for each in manifest.batches}
        trend = tuple(
            (arrived[key][:10], int(rows[batch == key].sum()))
            for key in dict.fromkeys(batch.tolist())
            if key in arrived
        )
        newest = manifest.batches[-1].at if manifest.batches else ""
        late = (
            bool(newest)
            and contract.refresh != "once"
            and (now - datetime.fromisoformat(newest)).days > contract.late_after_days
        )
        lines.append(
            Line(
                contract.name, contract.title, contract.department, contract.system, contract.refresh, int(rows.sum()), newest, late,
                _complete(lake, contract, manifest, scope) if complete else {}, trend, _located(place, rows),
            )
        )  # fmt: skip
    return lines


def by_unit(lake: Lake, source: str, digits: int) -> dict[int, int]:
    """Rows of a source by unit, as deep as ``digits`` says (see ``places.SPANS``): counts for boards and maps."""
    place, rows, _batch = _counts(lake).get(source, (np.zeros(0, np.int64), np.zeros(0, np.int64), None))
    found: dict[int, int] = {}
    for unit, count in zip((place // 10**digits * 10**digits).tolist(), rows.tolist(), strict=True):
        found[unit] = found.get(unit, 0) + count
    return {unit: count for unit, count in sorted(found.items()) if count}


def column_facts(lake: Lake) -> dict[tuple[str, str], tuple[int, int, date | None]]:
    """(source, column) → rows kept, values present, day of the newest batch: what "asked once" is decided on."""
    snapshot = lake.store.snapshot()
    found: dict[tuple[str, str], tuple[int, int, date | None]] = {}
    for contract in lake.book.contracts:
        batches = lake.store.manifest(contract.name, snapshot).batches
        rows = sum(batch.kept for batch in batches)
        day = datetime.fromisoformat(batches[-1].at).date() if batches else None
        for _element, column in contract.provides:
            found[(contract.name, column)] = (rows, sum(batch.values.get(column, 0) for batch in batches), day)
    return found


def _counts(lake: Lake) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    paths = lake.store.paths(lake.store.manifest("_counts").files)
    table = pa.concat_tables([COUNTS.empty_table(), *(pq.read_table(path) for path in paths)])
    source = np.asarray(table["source"].to_pylist(), dtype=object)
    place, rows = table["place"].to_numpy(), table["rows"].to_numpy()
    batch = np.asarray(table["batch"].to_pylist(), dtype=object)
    return {
        name: (place[source == name], rows[source == name], batch[source == name])
        for name in dict.fromkeys(source.tolist())
    }


def _inside(place: np.ndarray, scope: Scope) -> np.ndarray:
    found = np.zeros(len(place), dtype=bool)
    for low, high in scope.ranges:
        found |= (place >= low) & (place < high)
    return found if scope.whole else found & (place != NOWHERE)


def _located(place: np.ndarray, rows: np.ndarray) -> dict[str, int]:
    grid = place % 1000 != 0
    village = ~grid & (place % 10**6 != 0)
    town = ~grid & ~village & (place % 10**9 != 0)
    rest = ~grid & ~village & ~town
    parts = (("grid", grid), ("village", village), ("town", town), ("county", rest))
    return {name: int(rows[mask].sum()) for name, mask in parts}


def _complete(lake: Lake, contract: Contract, manifest: Manifest, scope: Scope) -> dict[str, float]:
    files = [file for file in manifest.files if scope.touches(file.low, file.high)]
    names = [column.name for column in contract.columns if column.type != "id_number"]
    if not files:
        return {}
    with connect() as connection:
        shown = ", ".join(f'count("{name}")' for name in names)
        row = connection.execute(f"SELECT count(*), {shown} FROM {rows_of(lake, connection, files, scope)}").fetchone()
    if row is None or not row[0]:
        return {}
    return {name: count / row[0] for name, count in zip(names, row[1:], strict=True)}
