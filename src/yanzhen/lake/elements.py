"""The catalogue of data elements and code sets, and the answer to "asked once": who holds a field already?"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from yanzhen.lake.contracts.model import SENSITIVITIES, Book

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Element:
    """One piece of information, whoever holds it (domain.md §1.5)."""

    code: str
    title: str
    type: str
    sensitivity: str = "internal"
    codes: str = ""
    standard: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holding:
    """Where a data element stands: one column of one source, and how good it is."""

    element: str
    source: str
    column: str
    department: str
    system: str
    truth: bool
    """The system whose word counts."""
    refresh: str
    as_of: date | None
    """Day of the newest batch; None when nothing has arrived yet."""
    rows: int
    complete: float
    """Share of rows that carry a value (0–1)."""


@cache
def elements() -> Mapping[str, Element]:
    """The catalogue by code."""
    body = tomllib.loads((_HERE / "elements.toml").read_text(encoding="utf-8"))
    return {code: Element(code=code, **{**each, "also": tuple(each.get("also", ()))}) for code, each in body.items()}


@cache
def codesets() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Code sets: set → code → words that mean it (the first is shown)."""
    body = tomllib.loads((_HERE / "codesets.toml").read_text(encoding="utf-8"))
    return {name: {code: tuple(words) for code, words in codes.items()} for name, codes in body.items()}


def element_for(heading: str) -> Element | None:
    """The element that a heading of a file means, by its title or a written variant."""
    wanted = heading.strip().lower()
    for element in elements().values():
        if wanted in {element.code, element.title.lower(), *(word.lower() for word in element.also)}:
            return element
    return None


def held(book: Book, element: str, facts: Mapping[tuple[str, str], tuple[int, int, date | None]]) -> list[Holding]:
    """Who holds the element, best first: the source of truth, then the fullest, then the freshest.

    ``facts``: (source, column) → rows, values, day of the newest batch, as ``serve.book.column_facts`` reads them.
    """
    found = []
    for contract in book.contracts:
        for provided, column in contract.provides:
            if provided != element:
                continue
            rows, values, as_of = facts.get((contract.name, column), (0, 0, None))
            found.append(
                Holding(
                    element=element,
                    source=contract.name,
                    column=column,
                    department=contract.department,
                    system=contract.system,
                    truth=element in contract.source_of_truth,
                    refresh=contract.refresh,
                    as_of=as_of,
                    rows=rows,
                    complete=values / rows if rows else 0.0,
                )
            )
    return sorted(found, key=lambda h: (not h.truth, -h.complete, -(h.as_of.toordinal() if h.as_of else 0), h.source))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks for that is held already, and what remains to be asked."""

    held: tuple[Holding, ...]
    open: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share of the form's fields that need not be asked (0–1)."""
        total = len(self.held) + len(self.open)
        return len(self.held) / total if total else 0.0


def asked_already(
    book: Book,
    wanted: Iterable[str],
    facts: Mapping[tuple[str, str], tuple[int, int, date | None]],
    complete: float = 0.8,
) -> Asked:
    """Which elements a form must not ask for: held by a system at least ``complete`` full (domain.md §1.5)."""
    standing, still_open = [], []
    for element in wanted:
        best = next((h for h in held(book, element, facts) if h.rows and h.complete >= complete), None)
        if best is None:
            still_open.append(element)
        else:
            standing.append(best)
    return Asked(tuple(standing), tuple(still_open))


def strictest(codes: Iterable[str]) -> str:
    """The strictest sensitivity among elements."""
    ranks = [SENSITIVITIES.index(elements()[code].sensitivity) for code in codes if code in elements()]
    return SENSITIVITIES[max(ranks, default=0)]
