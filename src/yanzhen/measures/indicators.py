"""Declaring indicators: one definition each, kept by the module that owns the records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from yanzhen.kernel.scope.api import Actor, UnitRef

Kind = Literal["count", "rate", "mean"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """What one place contributes in one month: the sums that roll up the tree."""

    unit_id: int
    indicator: str
    numerator: float
    denominator: int
    excluded: int = 0


@dataclass(frozen=True, slots=True)
class Indicator:
    """One definition. ``numerator``/``denominator`` are words; ``stock`` indicators have one fact ``now`` instead of months.

    ``direction``: "up" (more is better), "down", "none". ``places``: digits after the point of the shown value.
    """

    code: str
    name: Any
    kind: Kind
    measure: str
    direction: Literal["up", "down", "none"]
    basis: str
    numerator: Any = ""
    denominator: Any = ""
    stock: bool = False
    places: int = 1


class Source(Protocol):
    """A module's side of a group of indicators: compute leaves, and open the rows behind a figure."""

    group: str
    indicators: tuple[Indicator, ...]

    def leaves(self, period: str, unit_ids: list[int] | None) -> Iterable[Leaf]:
        """Leaves by place for a month (or ``now``), for some places or (None) for all: one grouped query an indicator."""

    def rows_url(self, indicator: str, unit_id: int, period: str, part: str) -> str:
        """Address of the list of rows behind a figure; ``part``: numerator, denominator, excluded."""

    def count(self, viewer: Actor, indicator: str, unit: UnitRef, period: str, part: str) -> int:
        """How many rows that list holds for the viewer: what the board's figure is checked against."""


_SOURCES: dict[str, Source] = {}
_INDICATORS: dict[str, tuple[Indicator, Source]] = {}


def declare(source: Source) -> None:
    """Register a group of indicators (from the module's AppConfig.ready)."""
    _SOURCES[source.group] = source
    for indicator in source.indicators:
        _INDICATORS[indicator.code] = (indicator, source)


def sources() -> dict[str, Source]:
    """Registered groups."""
    return dict(_SOURCES)


def indicator(code: str) -> tuple[Indicator, Source]:
    """An indicator and its source; KeyError when it is not declared."""
    return _INDICATORS[code]


def indicators() -> dict[str, Indicator]:
    """Every indicator by code, in order of declaration."""
    return {code: found for code, (found, _) in _INDICATORS.items()}
