"""What a module brings to be imported into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from yanzhen.kernel.intake.domain import Column, Problem, Staged
from yanzhen.kernel.scope.api import Actor, UnitRef


@dataclass(frozen=True, slots=True)
class Context:
    """Who imports, where and when. ``options``: what the importer's own form asked for; ``memo``: for the importer's own
    look-ups within one run (units by code, persons by blind index)."""

    actor: Actor
    unit: UnitRef
    now: datetime
    run_id: int
    options: Mapping[str, Any] = field(default_factory=dict)
    memo: dict[str, Any] = field(default_factory=dict)


class Importer(Protocol):
    """One kind of table that can be imported.

    ``capability``: right that is needed at the unit of the run. ``chunk``: None = the whole run is one transaction;
    a number = so many rows a transaction, each remembered, so that a killed worker goes on where it ended.
    ``partial``: good rows may be imported while bad ones are given back. ``notes``: lines for the template.
    """

    code: str
    title: Any
    capability: str
    columns: Sequence[Column]
    notes: Sequence[str]
    chunk: int | None
    partial: bool

    def check(self, row: Staged, context: Context) -> list[Problem]:
        """Problems of one row beyond the form of its cells (no query a row: prepare look-ups in ``context.memo``)."""
        ...

    def check_all(self, rows: Sequence[Staged], context: Context) -> Mapping[int, list[Problem]]:
        """Problems that need several rows or the database, for a batch, by row number (set-based: one query a batch).
        Only rows without a problem so far are given; repetitions within the file: remember keys in ``context.memo``."""
        ...

    def commit(self, rows: Iterable[Staged], context: Context) -> Mapping[str, int]:
        """Write the rows (already in a transaction); returns counts such as ``{"created": 3, "updated": 1}``."""
        ...


class BaseImporter:
    """Defaults for importers: no checks of their own, one transaction, good rows may go in alone."""

    code = ""
    title: Any = ""
    capability = ""
    columns: Sequence[Column] = ()
    notes: Sequence[str] = ()
    chunk: int | None = None
    partial = True

    def check(self, row: Staged, context: Context) -> list[Problem]:
        return []

    def check_all(self, rows: Sequence[Staged], context: Context) -> Mapping[int, list[Problem]]:
        return {}

    def commit(self, rows: Iterable[Staged], context: Context) -> Mapping[str, int]:
        raise NotImplementedError


_IMPORTERS: dict[str, Importer] = {}


def register(importer: Importer) -> Importer:
    """Register an importer (in the module's AppConfig.ready)."""
    _IMPORTERS[importer.code] = importer
    return importer


def importers() -> dict[str, Importer]:
    """Registered importers by code."""
    return dict(_IMPORTERS)


def offered(actor: Actor) -> list[Importer]:
    """Importers that the actor's post may use."""
    return [importer for importer in _IMPORTERS.values() if actor.has(importer.capability)]
