"""A case's rows as the engine's values, in few queries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yanzhen.procedures.domain.bodies import Count
from yanzhen.procedures.domain.definition import Definition, Kind
from yanzhen.procedures.domain.state import OPEN, Announced, CaseState, Off, Posted, Raised, StepState, Tallied
from yanzhen.procedures.models import Ballot, Case, CaseStep, Evidence, Meeting, Objection, Posting, SignOff
from yanzhen.procedures.selectors.facts import day_of


@dataclass
class Loaded:
    """A case's values with the rows they came from, by key and round."""

    state: CaseState
    rows: dict[tuple[str, int], CaseStep]


def data_of(case: Case) -> dict[str, Any]:
    """The fields of a case."""
    found: dict[str, Any] = json.loads(case.data)
    return found


def result_of(row: CaseStep) -> dict[str, Any]:
    """What a step left for guards and pages."""
    found: dict[str, Any] = json.loads(row.result)
    return found


def cause_text(cause: tuple[tuple[str, int], ...]) -> str:
    """Causes as stored."""
    return ",".join(f"{key}:{number}" for key, number in cause)


def _cause(text: str) -> tuple[tuple[str, int], ...]:
    return tuple((key, int(number)) for key, _, number in (part.partition(":") for part in text.split(",") if part))


def load(case: Case, definition: Definition) -> Loaded:
    """The state of a case: its steps, and what was recorded in the open ones."""
    rows = list(CaseStep.objects.filter(case=case).order_by("id"))
    for row in rows:
        row.case = case
    live = {row.pk: row for row in rows if row.state == OPEN and definition.has(row.key)}
    kinds = {definition.step(row.key).kind for row in live.values()}
    shown: dict[int, set[str]] = {}
    for step, key in Evidence.objects.filter(step__case=case).values_list("step_id", "key"):
        shown.setdefault(step, set()).add(key)
    extras = _extras(kinds, list(live))
    steps = tuple(
        StepState(
            row.key, row.round, day_of(row.opened_at), row.state, row.outcome, result_of(row),
            tuple(part for part in row.to.split(",") if part), _cause(row.cause), frozenset(shown.get(row.pk, ())),
            **extras.get(row.pk, {}),
        )
        for row in rows
    )  # fmt: skip
    state = CaseState(data_of(case), steps, case.state)
    return Loaded(state, {(row.key, row.round): row for row in rows})


def _extras(kinds: set[Kind], ids: list[int]) -> dict[int, dict[str, Any]]:
    """What open steps of these kinds hold beside evidence."""
    found: dict[int, dict[str, Any]] = {}
    if Kind.SIGN_OFFS in kinds:
        offs: dict[int, list[Off]] = {}
        for step, key, agreed in (
            SignOff.objects.filter(step__in=ids).order_by("id").values_list("step_id", "key", "agreed")
        ):
            offs.setdefault(step, []).append(Off(key, agreed))
        for step, each in offs.items():
            found.setdefault(step, {})["offs"] = tuple(each)
    if Kind.PUBLICITY in kinds:
        for posting in Posting.objects.filter(step__in=ids).order_by("id"):
            posted = Posted(posting.put_up_on, posting.until, posting.least_days)
            found.setdefault(posting.step_id, {})["posted"] = posted
        raised: dict[int, list[Raised]] = {}
        for objection in Objection.objects.filter(step__in=ids).order_by("id"):
            some = raised.setdefault(objection.step_id, [])
            some.append(Raised(len(some) + 1, objection.upheld))
        for step, many in raised.items():
            found.setdefault(step, {})["raised"] = tuple(many)
    if Kind.MEETING in kinds or Kind.BALLOT in kinds:
        for meeting in Meeting.objects.filter(step__in=ids, void=False, planned_on__isnull=False).order_by("id"):
            if meeting.notified_on and meeting.planned_on:
                found.setdefault(meeting.step_id, {})["announced"] = Announced(meeting.notified_on, meeting.planned_on)
    if Kind.BALLOT in kinds:
        for ballot in Ballot.objects.filter(step__in=ids, state=Ballot.State.AGREED):
            found.setdefault(ballot.step_id, {})["tallied"] = tallied(ballot)
    return found


def tallied(ballot: Ballot) -> Tallied:
    """The agreed totals of a ballot as the engine takes them."""
    totals: Mapping[str, Mapping[str, int]] = json.loads(ballot.totals)
    present = int(ballot.present or 0)
    spoilt = int(json.loads(ballot.proof or "{}").get("spoilt", 0))
    if ballot.form == "question":
        votes = totals.get("motion", {})
        count = Count(
            ballot.due, present, votes.get("for", 0), votes.get("against", 0), votes.get("abstain", 0), spoilt
        )  # fmt: skip
    else:
        count = Count(ballot.due, present, 0, 0, 0, spoilt)
    if ballot.closed_on is None:
        raise ValueError("an agreed ballot has a day")
    return Tallied(ballot.body, ballot.closed_on, count, totals)
