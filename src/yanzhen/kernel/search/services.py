"""Writing and asking search tables. The caller's transaction is used; the caller's rows carry the trail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction

from yanzhen.kernel.search import tables

Document = tuple[int, str, Sequence[str]]


def index(name: str, rowid: int, text: str, marks: Iterable[str] = (), *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Store (or store anew) one document."""
    index_many(name, [(rowid, text, tuple(marks))], using=using)


def index_many(name: str, documents: Iterable[Document], *, fresh: bool = False, using: str = DEFAULT_DB_ALIAS) -> int:
    """Store ``(rowid, text, marks)`` for many rows; returns how many. ``fresh``: none of them is there yet (faster)."""
    connection = tables.connection(using)
    count = 0
    with connection.cursor() as cursor:
        if fresh and connection.vendor == "postgresql":
            return _copy(cursor, name, documents)
        for batch in tables.chunks(documents):
            if not fresh:
                _delete(cursor, name, [row[0] for row in batch])
            cursor.executemany(
                tables.insert_sql(connection.vendor, name),
                [(rowid, *tables.stored(connection.vendor, text, marks)) for rowid, text, marks in batch],
            )
            count += len(batch)
    return count


def _copy(cursor: Any, name: str, documents: Iterable[Document]) -> int:
    """COPY, for imports of hundreds of thousands of rows."""
    count = 0
    with cursor.copy(f"COPY {tables.checked(name)} (rowid, doc) FROM STDIN") as out:
        for rowid, text, marks in documents:
            out.write_row((rowid, tables.lexemes(text, marks)))
            count += 1
    return count


@contextmanager
def loading(name: str, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Load a search table from the beginning: on PostgreSQL its index is built once at the end, several times faster than
    row by row. In one transaction; others cannot search meanwhile. Not for adding to a large table."""
    connection = tables.connection(using)
    if connection.vendor != "postgresql":
        yield
        return
    drop, create = tables.index_sql(name)
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute(drop)
        yield
        cursor.execute(create)


def remove(name: str, rowids: Iterable[int], *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Forget documents."""
    with tables.connection(using).cursor() as cursor:
        for batch in tables.chunks(rowids):
            _delete(cursor, name, batch)


def _delete(cursor: Any, name: str, rowids: Sequence[int]) -> None:
    places = ",".join(["%s"] * len(rowids))
    cursor.execute(f"DELETE FROM {tables.checked(name)} WHERE rowid IN ({places})", list(rowids))  # noqa: S608 - checked name


def clear(name: str, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Forget everything (before indexing anew)."""
    with tables.connection(using).cursor() as cursor:
        cursor.execute(f"DELETE FROM {tables.checked(name)}")  # noqa: S608 - checked name


def find(
    name: str,
    words: str,
    marks: Iterable[str] = (),
    *,
    any_marks: Iterable[str] = (),
    limit: int = 50,
    newest_first: bool = True,
    beyond: int | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> list[int]:
    """Row ids that hold all words and all ``marks`` (and one of ``any_marks``), newest (highest id) first, at most ``limit``.

    ``beyond``: the last id of the page before (keyset paging). Marks keep a search inside a scope and a time in the index
    itself (``unit_marks``, ``month_mark``); the caller still applies its scope to the rows. Nothing to look for: [].
    """
    connection = tables.connection(using)
    query = tables.query_for(connection.vendor, words, marks, any_marks)
    if query is None or limit < 1:
        return []
    sql = tables.select_sql(connection.vendor, name, newest_first=newest_first, below=beyond is not None)
    params: list[str | int] = [query, limit] if beyond is None else [query, beyond, limit]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [int(row[0]) for row in cursor.fetchall()]


def find_back(
    name: str,
    words: str,
    slices: Iterable[Iterable[str]],
    marks: Iterable[str] = (),
    *,
    limit: int = 50,
    using: str = DEFAULT_DB_ALIAS,
) -> list[int]:
    """Like :func:`find`, slice after slice (``[["zm202611"], ["zm202610"], …]``) until ``limit`` is reached.

    A common word in ten million rows is then read for the newest months only. Order holds when slices hold descending ids.
    """
    kept = tuple(marks)
    found: list[int] = []
    for part in slices:
        found += find(name, words, kept, any_marks=part, limit=limit - len(found), using=using)
        if len(found) >= limit:
            break
    return found
