"""The search tables: FTS5 on SQLite, a tsvector with a GIN index on PostgreSQL. The only SQL by hand of the search.

Tokens are cut by :mod:`yanzhen.kernel.search.domain`, so neither database's own parser gets to see the text: SQLite's
tokenizer only splits at spaces, PostgreSQL is handed lexemes with their positions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.operations.base import Operation

from yanzhen.kernel.search.domain import Term, check_marks, terms, tokens

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,25}$")
_HIGHEST = 16383  # PostgreSQL keeps positions up to here
BATCH = 500


def checked(name: str) -> str:
    """The table name, which goes into SQL as it is; ValueError unless it is a plain word."""
    if not _NAME.match(name):
        raise ValueError(f"not a table name: {name!r}")
    return name


def create_sql(vendor: str, name: str) -> list[str]:
    """Statements that make a search table."""
    table = checked(name)
    if vendor == "sqlite":
        return [f"CREATE VIRTUAL TABLE {table} USING fts5(words, marks, tokenize='ascii', detail='full')"]
    return [
        f"CREATE TABLE {table} (rowid bigint PRIMARY KEY, doc tsvector NOT NULL)",
        index_sql(name)[1],
    ]


def index_sql(name: str) -> tuple[str, str]:
    """Statements that drop and make the GIN index of a search table (PostgreSQL)."""
    table = checked(name)
    return f"DROP INDEX IF EXISTS {table}_doc", f"CREATE INDEX {table}_doc ON {table} USING gin (doc)"


def drop_sql(name: str) -> str:
    """Statement that drops it."""
    return f"DROP TABLE IF EXISTS {checked(name)}"


class CreateSearchTable(Operation):
    """Migration operation: make the search table ``name`` on either database (reversible)."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, name: str) -> None:
        self.name = checked(name)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        return (self.__class__.__name__, [self.name], {})

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The search table is no model."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor in ("sqlite", "postgresql"):
            for statement in create_sql(schema_editor.connection.vendor, self.name):
                schema_editor.execute(statement)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(drop_sql(self.name))

    def describe(self) -> str:
        return f"Create search table {self.name}"


# --- what is stored ---------------------------------------------------------------------------------------------------


def lexemes(text: str, marks: Iterable[str] = ()) -> str:
    """The text form of PostgreSQL's tsvector for a document; bulk loads may COPY it. Marks begin with ``=``."""
    places: dict[str, list[int]] = {}
    for at, token in enumerate(tokens(text), 1):
        if at <= _HIGHEST:
            places.setdefault(token, []).append(at)
    words = [f"'{token}':{','.join(map(str, found[:250]))}" for token, found in places.items()]
    return " ".join([*words, *(f"'={mark}'" for mark in check_marks(marks))])


def stored(vendor: str, text: str, marks: Iterable[str]) -> tuple[str, ...]:
    """Column values of a document after its row id."""
    if vendor == "sqlite":
        return (" ".join(tokens(text)), " ".join(check_marks(marks)))
    return (lexemes(text, marks),)


def insert_sql(vendor: str, name: str) -> str:
    """Insert one document."""
    if vendor == "sqlite":
        return f"INSERT INTO {checked(name)} (rowid, words, marks) VALUES (%s, %s, %s)"  # noqa: S608 - checked name
    return f"INSERT INTO {checked(name)} (rowid, doc) VALUES (%s, %s::tsvector)"  # noqa: S608


# --- what is asked -----------------------------------------------------------------------------------------------------


def match_sqlite(wanted: Sequence[Term], all_marks: Sequence[str], any_marks: Sequence[str]) -> str:
    """FTS5's query text."""
    parts = [f'words : "{" ".join(term.chain)}"' + (" *" if term.prefix else "") for term in wanted]
    parts += [f'marks : "{mark}"' for mark in all_marks]
    if any_marks:
        parts.append("(" + " OR ".join(f'marks : "{mark}"' for mark in any_marks) + ")")
    return " AND ".join(parts)


def match_postgresql(wanted: Sequence[Term], all_marks: Sequence[str], any_marks: Sequence[str]) -> str:
    """PostgreSQL's tsquery text."""
    parts = []
    for term in wanted:
        chain = [f"'{token}'" for token in term.chain]
        if term.prefix:
            chain[-1] += ":*"
        parts.append("(" + " <-> ".join(chain) + ")")
    parts += [f"'={mark}'" for mark in all_marks]
    if any_marks:
        parts.append("(" + " | ".join(f"'={mark}'" for mark in any_marks) + ")")
    return " & ".join(parts)


def select_sql(vendor: str, name: str, *, newest_first: bool, below: bool) -> str:
    """Row ids of a match, bounded."""
    table = checked(name)
    order = "DESC" if newest_first else "ASC"
    edge = f" AND rowid {'<' if newest_first else '>'} %s" if below else ""
    test = f"{table} MATCH %s" if vendor == "sqlite" else "doc @@ %s::tsquery"
    return f"SELECT rowid FROM {table} WHERE {test}{edge} ORDER BY rowid {order} LIMIT %s"  # noqa: S608 - checked name


def chunks(rows: Iterable[Any], size: int = BATCH) -> Iterator[list[Any]]:
    """Rows in lists of at most ``size``."""
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def connection(using: str) -> BaseDatabaseWrapper:
    """The database connection by alias."""
    return connections[using]


def query_for(vendor: str, words: str, all_marks: Iterable[str], any_marks: Iterable[str]) -> str | None:
    """The query text for the words within the marks; None when there is nothing to look for."""
    wanted = terms(words)
    if words.strip() and not wanted:
        return None  # only punctuation: finds nothing rather than everything
    every, some = check_marks(all_marks), check_marks(any_marks)
    if not wanted and not every and not some:
        return None
    build = match_sqlite if vendor == "sqlite" else match_postgresql
    return build(wanted, every, some)
