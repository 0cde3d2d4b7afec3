"""The one door of the lake. Units and scopes are plain values here; who may see what is decided by the caller."""

from __future__ import annotations

from yanzhen.lake.alerts import Alert, watch
from yanzhen.lake.contracts.model import Book, Column, Contract
from yanzhen.lake.contracts.proposing import propose
from yanzhen.lake.contracts.reading import Finding, examine, lint, load, load_all
from yanzhen.lake.elements import Asked, Element, Holding, asked_already, codesets, element_for, elements, held
from yanzhen.lake.home import Lake, setup
from yanzhen.lake.ledger import Line, book, by_unit, column_facts
from yanzhen.lake.linking import decide, pending
from yanzhen.lake.maintenance import compact, drop_expired, relocate, sweep
from yanzhen.lake.pipeline import Outcome, Report, run
from yanzhen.lake.places import Places, Scope, code, place
from yanzhen.lake.places import write as write_places
from yanzhen.lake.quarantine import Held, workbook
from yanzhen.lake.quarantine import read as held_rows
from yanzhen.lake.serve import Answer, Opened, Viewer, Where, look_up, looks, person_of, query
from yanzhen.lake.store import Batch, Manifest, Snapshot

__all__ = [
    "Alert",
    "Answer",
    "Asked",
    "Batch",
    "Book",
    "Column",
    "Contract",
    "Element",
    "Finding",
    "Held",
    "Holding",
    "Lake",
    "Line",
    "Manifest",
    "Opened",
    "Outcome",
    "Places",
    "Report",
    "Scope",
    "Snapshot",
    "Viewer",
    "Where",
    "asked_already",
    "book",
    "by_unit",
    "code",
    "codesets",
    "column_facts",
    "compact",
    "decide",
    "drop_expired",
    "element_for",
    "elements",
    "examine",
    "held",
    "held_rows",
    "lint",
    "load",
    "load_all",
    "look_up",
    "looks",
    "pending",
    "person_of",
    "place",
    "propose",
    "query",
    "relocate",
    "run",
    "setup",
    "sweep",
    "watch",
    "workbook",
    "write_places",
]
