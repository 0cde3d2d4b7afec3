"""What the pipeline asks of an engine. The expressions are Ibis; an engine only brings tables in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from yanzhen.lake.landing import Landed


@dataclass(slots=True)
class Part:
    """One file written by a split."""

    path: Path
    town: int
    rows: int
    low: int
    high: int


@dataclass(slots=True)
class Split:
    """What came out of a batch: files by town, the rows held back, and counts."""

    parts: list[Part] = field(default_factory=list)
    held: list[pa.Table] = field(default_factory=list)
    """Tables of ``_row``, ``why`` (column index × 100 + reason)."""
    kept: int = 0
    values: dict[str, int] = field(default_factory=dict)
    how: dict[int, int] = field(default_factory=dict)
    ties: dict[int, int] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    """Rows by place."""

    @property
    def held_rows(self) -> int:
        return sum(len(table) for table in self.held)


class Engine(Protocol):
    name: str

    def raw(self, landed: Landed) -> Any:
        """The landed rows as an Ibis table with ``_row``."""

    def put(self, name: str, table: pa.Table) -> Any:
        """A small table (a dictionary) that expressions can join; replaces one of the same name."""

    def grow(self, name: str, table: pa.Table) -> Any:
        """Rows added to a table that stays for the whole run."""

    def hold(self, name: str, expression: Any) -> Any:
        """The expression computed once and kept until ``drop``; used where a later step reads it several times."""

    def fetch(self, expression: Any) -> pa.Table:
        """The rows of an expression."""

    def drop(self, names: Sequence[str]) -> None:
        """Forget tables."""

    def split(self, expression: Any, folder: Path, row_group: int, cut: int) -> Split:
        """Write the rows in the order of (place, _row), a file for each town or larger unit (``cut`` digits are cut off).

        Rows at HELD are given back instead.
        """

    def close(self) -> None: ...
