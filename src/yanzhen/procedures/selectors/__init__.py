"""Reads of procedures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from yanzhen.kernel.scope.api import Actor, UnitRef
from yanzhen.procedures.domain.bodies import Quorum
from yanzhen.procedures.domain.definition import Definition
from yanzhen.procedures.models import Case
from yanzhen.procedures.selectors.views import CaseFilters, CasePage, CaseView, InboxRow


def case_for(viewer: Actor, case_id: int) -> Case:
    """The case, if the viewer may see it; NotFound otherwise."""
    raise NotImplementedError


def case_view(viewer: Actor, case: Case, now: datetime) -> CaseView:
    """The case as its page shows it."""
    raise NotImplementedError


def cases_about(viewer: Actor, kind: str, ids: Iterable[int]) -> dict[int, Case]:
    """The newest case about each of these subjects."""
    raise NotImplementedError


def cases_for(viewer: Actor, filters: CaseFilters, cursor: str = "", limit: int = 25) -> CasePage:
    """A page of the list."""
    raise NotImplementedError


def inbox_for(viewer: Actor, now: datetime, limit: int = 25) -> tuple[list[InboxRow], int]:
    """What the viewer has to do, soonest first, and how much there is (counted up to a bound)."""
    raise NotImplementedError


def definition_for(code: str, unit: UnitRef) -> Definition:
    """The active version for a unit."""
    raise NotImplementedError


def definition_of(case: Case) -> Definition:
    """The version a case runs by."""
    raise NotImplementedError


def quorum_for(body: str, unit: UnitRef, on: date) -> Quorum:
    """The thresholds that hold for a body there on a day."""
    raise NotImplementedError
