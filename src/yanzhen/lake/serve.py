"""Reading, inside a scope and nothing else: no file that cannot hold a row of the scope is opened.

Files are chosen by the manifest (town and range of places), row groups by their statistics, rows by the range itself. Values
are masked unless the reader may see them and says why; every look is written down with its purpose.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from yanzhen.kernel.errors import DomainError
from yanzhen.lake.contracts.model import Contract
from yanzhen.lake.home import Lake
from yanzhen.lake.places import Scope
from yanzhen.lake.store import File, Snapshot

_OPERATORS = {"=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "like": "LIKE", "in": "IN"}
#: How a masked value looks, by the mask that the contract names.
_MASKS = {
    "name": "left({c}, 1) || repeat('*', greatest(length({c}) - 1, 1))",
    "phone": "left({c}, 3) || '****' || right({c}, 4)",
    "address": "left({c}, 6) || '***'",
    "hide": "CASE WHEN {c} IS NOT NULL THEN '***' END",
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads: a scope and a name for the log. ``clear``: may see values unmasked."""

    who: str
    scope: Scope
    clear: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    """One condition on a column of the table."""

    column: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Opened:
    """What a query had to open: files, and their size in bytes."""

    files: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Answer:
    rows: pa.Table
    opened: Opened
    snapshot: int


def query(
    lake: Lake,
    viewer: Viewer,
    table: str,
    *,
    now: datetime,
    purpose: str,
    columns: Sequence[str] = (),
    where: Sequence[Where] = (),
    within: Scope | None = None,
    limit: int = 1000,
    offset: int = 0,
    clear: bool = False,
    at: int | None = None,
) -> Answer:
    """Rows of a table inside the viewer's scope, in the order of places.

    ``within`` narrows to a part of the scope; ``at`` reads an earlier snapshot; ``clear`` asks for unmasked values. DomainError
    without a purpose, for a column or operator that is not there, and when the right to see values is missing.
    """
    contract = _contract(lake, table)
    if not purpose.strip():
        raise DomainError("lake.purpose", "请写明用途：每次查询都要留下用途。")
    if clear and not viewer.clear:
        raise DomainError("lake.clear", "没有查看明文的权限。")
    if within is not None and not within.within(viewer.scope):
        raise DomainError("lake.scope", "所选范围超出了本岗位的范围。")
    scope = within or viewer.scope
    snapshot = lake.store.snapshot(at)
    files = _reach(lake, table, scope, snapshot)
    known = _known(contract)
    shown = list(columns) or known
    for name in (*shown, *(condition.column for condition in where)):
        if name not in known:
            raise DomainError("lake.column", "{table}里没有{column}这一列。", table=contract.title, column=name)
    opened = Opened(tuple(file.path for file in files), sum(file.size for file in files))
    if files:
        with connect() as connection:
            body, values = _select(connection, lake, contract, files, scope, shown, where, clear=clear)
            rows = connection.execute(
                f"{body} ORDER BY place, _row LIMIT {int(limit)} OFFSET {int(offset)}", values
            ).to_arrow_table()
    else:
        rows = pa.table({name: pa.array([], pa.string()) for name in shown})
    note(lake, viewer, now=now, purpose=purpose, table=table, columns=shown, rows=len(rows), clear=clear)
    return Answer(rows.select(shown), opened, snapshot.number)


def look_up(
    lake: Lake,
    viewer: Viewer,
    *,
    person: int | None = None,
    household: str = "",
    now: datetime,
    purpose: str,
    clear: bool = False,
    sources: frozenset[str] | None = None,
) -> dict[str, pa.Table]:
    """All that the scope holds on one person (by number) or household, by source; others than ``sources`` stay closed."""
    if (person is None) == (not household):
        raise DomainError("lake.lookup", "按人或按户，二选一。")
    found = {}
    for contract in lake.book.contracts:
        if sources is not None and contract.name not in sources:
            continue
        if person is not None:
            where = [Where("person", "=", person)]
        else:
            columns = [column.name for column in contract.columns if column.type == "household"]
            if not columns:
                continue
            where = [Where(columns[0], "=", household)]
        rows = query(lake, viewer, contract.name, now=now, purpose=purpose, where=where, clear=clear, limit=200).rows
        if len(rows):
            found[contract.name] = rows
    return found


def person_of(lake: Lake, id_number: str) -> int | None:
    """The person's number by ID number (which is not kept, not even here); None when nobody has it."""
    from yanzhen.lake.kernels.ids import look

    seen = look(pa.array([id_number]))
    if seen.bad[0]:
        return None
    wanted = lake.vault.keyed.one(seen.numbers[0].tobytes())
    snapshot = lake.store.snapshot()
    for path in lake.store.paths(lake.store.manifest("_people", snapshot).files):
        rows = pq.read_table(path, columns=["person", "hash"], filters=[("hash", "=", wanted)])
        if len(rows):
            return int(rows["person"][0].as_py())
    return None


# inside ----------------------------------------------------------------------------------------------------------------


def connect() -> duckdb.DuckDBPyConnection:
    """A connection for one query: two threads, a gigabyte at most."""
    return duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})


def _contract(lake: Lake, table: str) -> Contract:
    contract = lake.book.by_name.get(table)
    if contract is None:
        raise DomainError("lake.table", "没有叫“{table}”的表。", table=table)
    return contract


def _known(contract: Contract) -> list[str]:
    own = [column.name for column in contract.columns if column.type != "id_number"]
    derived = [f"id_{fact}" for column in contract.columns for fact in column.derive]
    return ["place", "how", "tie", "person", *own, *derived, "_row"]


def _reach(lake: Lake, table: str, scope: Scope, snapshot: Snapshot) -> list[File]:
    """The files that may hold a row of the scope: all others stay closed."""
    files = lake.store.manifest(table, snapshot).files
    return [file for file in files if scope.touches(file.low, file.high) and (scope.whole or file.high > 0)]


def rows_of(lake: Lake, connection: duckdb.DuckDBPyConnection, files: Sequence[File], scope: Scope) -> str:
    """SQL of the live rows of the files inside the scope (a FROM clause)."""
    paths = "[" + ", ".join("'" + str(lake.folder / file.path).replace("'", "''") + "'" for file in files) + "]"
    ranges = " OR ".join(f"place BETWEEN {low} AND {high - 1}" for low, high in scope.ranges) or "false"
    dead = {str(lake.folder / file.path): file.deleted for file in files if file.deleted}
    if not dead:
        return f"(SELECT * FROM read_parquet({paths}, union_by_name = true) WHERE {ranges}) AS t"
    from yanzhen.lake.updates import live

    connection.register("dead_rows", live(lake, dead))
    return (
        f"(SELECT o.* FROM read_parquet({paths}, union_by_name = true, filename = true, file_row_number = true) AS o "
        f"ANTI JOIN dead_rows AS d ON (o.filename = d.f AND o.file_row_number = d.pos) WHERE {ranges}) AS t"
    )


def _select(
    connection: duckdb.DuckDBPyConnection, lake: Lake, contract: Contract, files: Sequence[File], scope: Scope,
    shown: Sequence[str], where: Sequence[Where], *, clear: bool,
) -> tuple[str, list[Any]]:  # fmt: skip
    masks = {column.name: column.mask for column in contract.columns if column.mask and not clear}
    picked = [
        f"{_MASKS[masks[name]].format(c=_quote(name))} AS {_quote(name)}" if name in masks else _quote(name)
        for name in shown
    ]
    values: list[Any] = []
    conditions = ["true"]
    for condition in where:
        operator = _OPERATORS.get(condition.operator)
        if operator is None:
            raise DomainError("lake.operator", "不认识的比较：{operator}", operator=condition.operator)
        if condition.column in masks and not (condition.operator == "=" and masks[condition.column] == "hide"):
            raise DomainError("lake.masked", "{column}是遮盖的，不能用来筛选。", column=condition.column)
        if operator == "IN":
            conditions.append(f"{_quote(condition.column)} IN ({', '.join('?' for _ in condition.value)})")
            values += list(condition.value)
        else:
            conditions.append(f"{_quote(condition.column)} {operator} ?")
            values.append(condition.value)
    extra = [name for name in ("place", "_row") if name not in shown]
    source = rows_of(lake, connection, files, scope)
    return f"SELECT {', '.join([*picked, *extra])} FROM {source} WHERE {' AND '.join(conditions)}", values


def _quote(name: str) -> str:
    return '"' + name.replace('"', "") + '"'


# the log of looks ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """One entry of the access log (``access/<month>.jsonl``)."""

    at: str
    who: str
    purpose: str
    table: str
    rows: int
    clear: bool
    ranges: tuple[tuple[int, int], ...]
    columns: tuple[str, ...] = field(default=())


def note(
    lake: Lake,
    viewer: Viewer,
    *,
    now: datetime,
    purpose: str,
    table: str,
    columns: Sequence[str],
    rows: int,
    clear: bool,
) -> None:
    """Write a look down before its rows are handed out."""
    look = Look(now.isoformat(), viewer.who, purpose, table, rows, clear, viewer.scope.ranges, tuple(columns))
    folder = lake.folder / "access"
    folder.mkdir(exist_ok=True)
    with (folder / f"{now:%Y-%m}.jsonl").open("a", encoding="utf-8") as out:
        out.write(json.dumps(asdict(look), ensure_ascii=False) + "\n")
        out.flush()
        os.fsync(out.fileno())


def looks(lake: Lake, *, who: str = "", table: str = "") -> list[Mapping[str, Any]]:
    """Who looked at what, newest first."""
    found = []
    for path in sorted((lake.folder / "access").glob("*.jsonl")):
        found += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        look for look in reversed(found) if (not who or look["who"] == who) and (not table or look["table"] == table)
    ]
