"""What keeps a lake small and right: compaction, retention, sweeping, and putting rows in their place again when the map changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yanzhen.lake.contracts.model import Contract
from yanzhen.lake.engines.slicing import Slicer
from yanzhen.lake.home import Lake
from yanzhen.lake.pipeline import COUNTS, ROW_GROUP
from yanzhen.lake.places import Places, Scope, depth
from yanzhen.lake.serve import rows_of
from yanzhen.lake.store import File, Manifest, expired, read_json, write_json

#: A town's files of one source are brought together from this many on.
MANY = 8


def compact(lake: Lake, *, now: datetime, many: int = MANY) -> int:
    """Bring a town's many small files of one source together, and rows on deletion lists out; gives the files replaced.

    What was read before stays readable in earlier snapshots; rows, their order and content do not change.
    """
    replaced = 0
    with lake.store.writing():
        for contract in lake.book.contracts:
            manifest = lake.store.manifest(contract.name)
            towns: dict[int, list[File]] = defaultdict(list)
            for file in manifest.files:
                towns[file.town].append(file)
            worth = [
                files
                for files in towns.values()
                if len(files) >= many or sum(f.gone for f in files) > 0.2 * sum(f.rows for f in files)
            ]
            if not worth:
                continue
            old = [file for files in worth for file in files]
            new = _rewrite(lake, contract, old, f"compact-{lake.store.snapshot().number + 1}")
            kept = tuple(file for file in manifest.files if file not in old)
            lake.store.commit([replace(manifest, files=kept + tuple(new))], at=now, words=f"compact {contract.name}")
            replaced += len(old)
    return replaced


def _rewrite(lake: Lake, contract: Contract, files: Sequence[File], name: str) -> list[File]:
    """The live rows of the files as one file a town."""
    folder = lake.staging / name / contract.name
    with (
        duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "temp_directory": str(lake.tmp)}) as connection,
        Slicer(folder, ROW_GROUP, contract.cut) as slicer,
    ):
        everything = Scope(((0, 10**15),), whole=True)
        reader = connection.execute(
            f"SELECT *, 0 AS why FROM {rows_of(lake, connection, files, everything)} ORDER BY place, _row"
        ).to_arrow_reader(500_000)
        for batch in reader:
            slicer.take(pa.table(batch))
    return _settle(lake, contract, slicer, name)


def _settle(lake: Lake, contract: Contract, slicer: Slicer, name: str) -> list[File]:
    files = []
    for part in slicer.result.parts:
        path = f"data/{contract.name}/{part.town}/{name}.parquet"
        size = part.path.stat().st_size
        lake.store.settle(part.path, path)
        files.append(File(path, name, part.town, part.rows, part.low, part.high, size))
    return files


def drop_expired(lake: Lake, *, now: datetime) -> dict[str, int]:
    """Batches that outlived their class of retention leave the tables (and their raw files and quarantine the disk): rows by source.

    Call ``sweep(keep=1)`` afterwards to take them out of earlier snapshots too.
    """
    dropped: dict[str, int] = {}
    with lake.store.writing():
        for contract in lake.book.contracts:
            manifest = lake.store.manifest(contract.name)
            old = {batch.id: batch for batch in manifest.batches if expired(contract.retention, batch.at, now)}
            files = [file for file in manifest.files if file.batch in old]
            if not old:
                continue
            dropped[contract.name] = sum(file.live for file in files)
            kept = tuple(file for file in manifest.files if file.batch not in old)
            batches = tuple(batch for batch in manifest.batches if batch.id not in old)
            counts = lake.store.manifest("_counts")
            fewer = tuple(
                file for file in counts.files if not (file.batch in old and f"/{contract.name}-" in file.path)
            )
            lake.store.commit(
                [Manifest(contract.name, kept, batches), replace(counts, files=fewer)],
                at=now,
                words=f"retention {contract.name}",
            )
            for batch in old.values():
                for digest in batch.files:
                    (lake.raw / contract.name / f"{digest}.sealed").unlink(missing_ok=True)
                (lake.folder / "quarantine" / contract.name / f"{batch.id}.sealed").unlink(missing_ok=True)
    return dropped


def sweep(lake: Lake, *, keep: int = 30) -> int:
    """Forget old snapshots and the files only they name; gives the files removed."""
    with lake.store.writing():
        return lake.store.sweep(keep=keep)


# the map changed -------------------------------------------------------------------------------------------------------


def relocate(lake: Lake, before: Places, *, now: datetime) -> dict[str, int]:
    """Rows put in their place again after villages were merged or grids redrawn: gives the rows looked at, by source.

    Only files of towns whose places changed are read, and those of rows that had no place of their own yet.
    """
    after = lake.places
    if before.version == after.version:
        return {}
    towns = changed_towns(before, after)
    moved: dict[str, int] = {}
    with lake.store.writing():
        for contract in lake.book.in_order():
            manifest = lake.store.manifest(contract.name)
            files = [file for file in manifest.files if _touched(file, towns)]
            if not files or not contract.locate.order:
                continue
            name = f"relocate-{lake.store.snapshot().number + 1}"
            new, rows, counts = _relocate(lake, contract, files, name)
            kept = tuple(file for file in manifest.files if file not in files)
            staged = lake.staging / f"{name}-counts.parquet"
            pq.write_table(counts, staged)
            path = lake.store.settle(staged, f"data/_counts/0/{contract.name}-{name}.parquet")
            before_counts = lake.store.manifest("_counts")
            file = File(path, name, 0, len(counts), 0, 0, (lake.folder / path).stat().st_size)
            lake.store.commit(
                [replace(manifest, files=kept + tuple(new)), replace(before_counts, files=(*before_counts.files, file))],
                at=now, words=f"relocate {contract.name}",
            )  # fmt: skip
            moved[contract.name] = rows
        write_json(lake.folder / "reference" / "applied.json", {"version": after.version, "at": now.isoformat()})
    return moved


def _touched(file: File, towns: set[int]) -> bool:
    """Whether a file holds rows of the towns, or rows that had no town yet."""
    return file.low % 10**9 < 10**6 or any(
        file.low < (town + 1) * 10**6 and file.high >= town * 10**6 for town in towns
    )


def applied(lake: Lake) -> str:
    """Version of the map that the rows were last put in place with; "" when it was never changed."""
    path = lake.folder / "reference" / "applied.json"
    return str(read_json(path)["version"]) if path.exists() else ""


def changed_towns(before: Places, after: Places) -> set[int]:
    """Towns (first nine digits) in which a unit, a successor, an alias or a polygon differs."""
    found: set[int] = set()
    for one, other in (
        (before.names, after.names),
        (before.successors, after.successors),
        (before.polygons, after.polygons),
    ):
        for number in one.keys() | other.keys():
            if one.get(number) != other.get(number):
                found |= {number // 10**6}
                if isinstance(other.get(number), int):
                    found.add(int(other[number]) // 10**6)
    old, new = {(a.words, a.place) for a in before.aliases}, {(a.words, a.place) for a in after.aliases}
    return found | {number // 10**6 for _words, number in old ^ new}


def _relocate(lake: Lake, contract: Contract, files: Sequence[File], name: str) -> tuple[list[File], int, pa.Table]:
    folder = lake.staging / name / contract.name
    everything = Scope(((0, 10**15),), whole=True)
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "temp_directory": str(lake.tmp)}) as connection:
        table = connection.execute(f"SELECT * FROM {rows_of(lake, connection, files, everything)}").to_arrow_table()
    was = table["place"].to_numpy()
    place, how = _places(lake, contract, table)
    table = table.set_column(table.column_names.index("place"), "place", pa.array(place))
    table = table.set_column(table.column_names.index("how"), "how", pa.array(how))
    table = table.append_column("why", pa.array(np.zeros(len(table), np.int32))).sort_by(
        [("place", "ascending"), ("_row", "ascending")]
    )
    with Slicer(folder, ROW_GROUP, contract.cut) as slicer:
        slicer.take(table)
    change: dict[int, int] = defaultdict(int)
    for numbers, sign in ((was, -1), (place, 1)):
        for number, rows in zip(*np.unique(numbers, return_counts=True), strict=True):
            change[int(number)] += sign * int(rows)
    rest = {number: rows for number, rows in sorted(change.items()) if rows}
    counts = pa.table(
        {
            "source": pa.array([contract.name] * len(rest), pa.string()), "batch": pa.array([name] * len(rest), pa.string()),
            "place": pa.array(list(rest), pa.int64()), "rows": pa.array(list(rest.values()), pa.int64()),
        },
        schema=COUNTS,
    )  # fmt: skip
    return _settle(lake, contract, slicer, name), len(table), counts


def _places(lake: Lake, contract: Contract, table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Place and method of each row by the contract's order, on what the row holds (homes as they were, brought up to date)."""
    place, how = np.zeros(len(table), dtype=np.int64), np.zeros(len(table), dtype=np.int8)
    was, by = table["place"].to_numpy(), table["how"].to_numpy()
    today = {number: lake.places.resolve(str(number).zfill(15)) for number in np.unique(was).tolist() if number}
    for method in contract.locate.order:
        answer, number = (
            np.zeros(len(table), dtype=np.int64),
            {"code": 1, "residence": 2, "point": 3, "address": 4}[method],
        )
        if method == "code":
            codes = pc.fill_null(table[contract.locate.code], 0).to_numpy()
            known = {value: lake.places.resolve(str(value).zfill(15)) for value in np.unique(codes).tolist() if value}
            answer = np.array([known.get(value, 0) for value in codes.tolist()], dtype=np.int64)
        elif method == "residence":
            answer = np.array(
                [
                    today.get(value, 0) if method_ == 2 else 0
                    for value, method_ in zip(was.tolist(), by.tolist(), strict=True)
                ],
                dtype=np.int64,
            )
        elif method == "point":
            answer = _point(lake, contract, table)
        elif method == "address":
            open_ = np.nonzero((place % 1000 == 0) & pc.is_valid(table[contract.locate.address]).to_numpy())[0]
            texts = table[contract.locate.address].take(pa.array(open_)).to_pylist()
            answer[open_] = [lake.gazetteer.find(text).place for text in texts]
        better = _finer(place, answer)
        place, how = np.where(better, answer, place), np.where(better, number, how).astype(np.int8)
    return place, how


def _point(lake: Lake, contract: Contract, table: pa.Table) -> np.ndarray:
    east = pc.fill_null(table[contract.locate.lon], float("nan")).to_numpy()
    north = pc.fill_null(table[contract.locate.lat], float("nan")).to_numpy()
    found = lake.cover.find(east, north)
    lost = np.nonzero((found == 0) & (np.abs(north) > 90))[0]
    found[lost] = lake.cover.find(north[lost], east[lost])
    return found


def _finer(place: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """The same rule as in ``rows``: an answer counts where there was none, or deeper inside the earlier one."""
    span = np.array([10 ** depth(number) if number else 0 for number in place.tolist()], dtype=np.int64)
    better: np.ndarray = (answer > 0) & ((place == 0) | ((answer > place) & (answer < place + span)))
    return better
