"""Declaring rules and choosing the value that holds (plain Python)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

ValueType = Literal["int", "decimal", "text", "bool", "list", "table", "time"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that a module reads. ``mark`` says whether ``default`` stands in a law or is our default ([GK], cfg).

    ``minimum``/``maximum``: what a place may choose between. ``steward``: whose hand it is in: rules of the business, or the
    security officers' policy.
    """

    key: str
    title: Any
    type: ValueType
    default: Any
    measure: str
    basis: str
    mark: Literal["law", "default"]
    dims: tuple[str, ...] = ()
    choices: tuple[Any, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    steward: Literal["business", "security"] = "business"


@dataclass(frozen=True, slots=True)
class Stated:
    """A value as stored: for a unit, some dimensions, from a day (inclusive) to a day (exclusive, None = open)."""

    unit_id: int
    dims: str
    value: Any
    basis: str
    valid_from: date
    valid_to: date | None
    row_id: int


@dataclass(frozen=True, slots=True)
class Held:
    """The value that holds, and why: set at which unit (None = the declared default), since when, on which basis."""

    rule: Rule
    value: Any
    basis: str
    unit_id: int | None
    valid_from: date | None
    row_id: int | None
    specific: str = "{}"


def canonical_dims(dims: Mapping[str, Any]) -> str:
    """Canonical JSON text of dimensions, empty ones left out."""
    kept = {key: str(value) for key, value in dims.items() if value not in (None, "")}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def choose(rule: Rule, stated: Iterable[Stated], chain: tuple[int, ...], on: date, dims: Mapping[str, Any]) -> Held:
    """The value that holds for the unit whose ``chain`` (root → unit) is given, on a day.

    The nearest unit wins; at the same unit the value that names more of the asked dimensions; then the later one. A value
    with a dimension that was not asked for, or with another value of it, does not apply.
    """
    asked = {key: str(value) for key, value in dims.items() if value not in (None, "")}
    rank = {unit_id: place for place, unit_id in enumerate(chain)}
    best: tuple[int, int, date, int] | None = None
    found: Stated | None = None
    for row in stated:
        if row.unit_id not in rank or row.valid_from > on or (row.valid_to is not None and row.valid_to <= on):
            continue
        wanted: dict[str, str] = json.loads(row.dims)
        if any(asked.get(key) != value for key, value in wanted.items()):
            continue
        weight = (rank[row.unit_id], len(wanted), row.valid_from, row.row_id)
        if best is None or weight > best:
            best, found = weight, row
    if found is None:
        value = rule.default
        if rule.type == "table" and isinstance(value, Mapping):
            value = dict(value)
        return Held(rule, value, rule.basis, None, None, None)
    return Held(rule, found.value, found.basis, found.unit_id, found.valid_from, found.row_id, found.dims)
