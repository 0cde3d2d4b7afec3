"""One case: the gate of sight, and what its page shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.worktime.api import light, warning_for
from yanzhen.procedures.domain import engine
from yanzhen.procedures.domain.definition import OUTCOMES, Definition, Kind, Step
from yanzhen.procedures.domain.state import OPEN, RUNNING, VOID, CaseState, Facts, StepState
from yanzhen.procedures.models import (
    Attendance,
    Case,
    CaseStep,
    Entry,
    Evidence,
    Meeting,
    Objection,
    Posting,
    SignOff,
    Todo,
)
from yanzhen.procedures.selectors import sight
from yanzhen.procedures.selectors.definitions import definition_of
from yanzhen.procedures.selectors.facts import day_of, facts_for
from yanzhen.procedures.selectors.places import place
from yanzhen.procedures.selectors.standing import excluded, todo_filter
from yanzhen.procedures.selectors.state import load, result_of
from yanzhen.procedures.selectors.views import ActChoice, CaseView, Missing, StepView
from yanzhen.registry.models import Role


def case_for(viewer: Actor, case_id: int) -> Case:
    """The case, if the viewer may see it; NotFound otherwise."""
    found = Case.objects.select_related("procedure", "unit").filter(pk=case_id).first()
    if found is None or not sight.sees(viewer, found):
        raise NotFound("procedures.case.none", "没有找到这件事，或您的岗位看不到它。")
    return found


def cases_about(viewer: Actor, kind: str, ids: Iterable[int]) -> dict[int, Case]:
    """The newest case about each of these subjects that the viewer may see."""
    rows = (
        Case.objects.filter(subject_kind=kind, subject_id__in=list(ids))
        .select_related("procedure", "unit")
        .order_by("id")
    )
    return {row.subject_id: row for row in rows if row.subject_id is not None and sight.sees(viewer, row)}


def case_view(viewer: Actor, case: Case, now: datetime) -> CaseView:
    """The case as its page shows it: every step of the definition with where it stands, and what this viewer may do."""
    definition = definition_of(case)
    here = place(case.unit_id)
    loaded = load(case, definition)
    facts = facts_for(definition, here, day_of(now))
    todos = list(Todo.objects.filter(case=case))
    names = _names(todos, case)
    warning = warning_for(here.ref, day_of(now))

    def shown(step: Step, found: StepState | None) -> StepView:
        if found is None:
            return StepView(step, "waiting")
        row = loaded.rows[found.id]
        lamp = "none"
        if row.state == OPEN and row.due_at is not None:
            lamp = str(light(now, row.due_at, row.opened_at, warning=warning))
        return _step_view(definition, step, found, row, lamp, names, loaded.state, facts)

    current = tuple(shown(step, loaded.state.standing(step.key)) for step in definition.steps)
    earlier = tuple(
        shown(definition.step(each.key), each)
        for each in loaded.state.steps
        if each.state == VOID and definition.has(each.key)
    )
    marked = tuple(each.key for each in loaded.state.open)
    return CaseView(
        case,
        definition,
        loaded.state.data,
        current,
        earlier,
        marked,
        acts_for(viewer, case, definition, loaded.state, now),
    )


def _names(todos: list[Todo], case: Case) -> dict[int, tuple[str, ...]]:
    roles = dict(Role.objects.filter(code__in={todo.role for todo in todos}).values_list("code", "name"))
    found: dict[int, dict[str, None]] = {}
    for todo in todos:
        if todo.account_id is not None:
            words = case.starter_name if todo.account_id == case.started_by else ""
        else:
            words = f"{place(todo.unit_id).ref.name}{roles.get(todo.role, todo.role)}" if todo.unit_id else ""
        if words:
            found.setdefault(todo.step_id, {})[words] = None
    return {step: tuple(words) for step, words in found.items()}


def _step_view(
    definition: Definition, step: Step, found: StepState, row: CaseStep, lamp: str, names: dict[int, tuple[str, ...]],
    state: CaseState, facts: Facts,
) -> StepView:  # fmt: skip
    missing: tuple[Missing, ...] = ()
    if found.state == OPEN:
        missing = tuple(
            Missing(each.key, each.template, each.data) for each in engine.lacks(definition, state, step, found, facts)
        )
    return StepView(
        step, found.state, row.round, row.pk, row.outcome, names.get(row.pk, ()), row.opened_at, row.due_at, row.earliest,
        row.done_at, row.done_name, row.done_post, row.on_behalf_of, row.words, row.number, result_of(row), lamp, missing,
    )  # fmt: skip


_ACTS: dict[Kind, tuple[str, ...]] = {
    Kind.SUBMIT: ("submit",), Kind.REVIEW: ("judge",), Kind.DECISION: ("judge",), Kind.SIGNATURE: ("judge",),
    Kind.FILING: ("judge",), Kind.SIGN_OFFS: ("answer",), Kind.MEETING: ("announce", "hold"), Kind.BALLOT: ("announce", "close"),
    Kind.PUBLICITY: ("publish", "reply", "close"), Kind.WAIT: ("close",),
}  # fmt: skip


def acts_for(
    viewer: Actor, case: Case, definition: Definition, state: CaseState, now: datetime
) -> tuple[ActChoice, ...]:
    """What this viewer may do now: the buttons. The services check again."""
    if case.state != RUNNING or not viewer.has("procedures.act"):
        return ()
    on = day_of(now)
    own: dict[str, set[str]] = {}
    for todo in Todo.objects.filter(todo_filter(viewer), case=case).select_related("step"):
        own.setdefault(todo.step.key, set()).add(todo.sign_off)
    found: list[ActChoice] = []
    for here in state.open:
        step = definition.step(here.key)
        if step.key not in own:
            continue
        if viewer.account_id is not None and viewer.account_id in excluded(definition, step, case, on):
            continue
        for code in _ACTS[step.kind]:
            found.extend(_choices(step, here, code, own[step.key], on))
        if step.fields:
            found.append(ActChoice(step.key, "amend"))
    if viewer.account_id == case.started_by or viewer.has("procedures.end"):
        found.append(ActChoice("", "end"))
    return tuple(found)


def _choices(step: Step, here: StepState, code: str, keys: set[str], on: date) -> list[ActChoice]:
    if code == "judge":
        return [
            ActChoice(
                step.key, code, tuple(each for each in OUTCOMES[step.kind] if each in step.ways), check=step.leaves
            )
        ]
    if code == "submit":
        outcomes = tuple(each for each in OUTCOMES[step.kind] if each in step.ways)
        return [ActChoice(step.key, code, outcomes, check=step.leaves)]
    if code == "answer":
        waiting = {off.key for off in here.offs if off.agreed is None}
        return [ActChoice(step.key, code, key=key, check=step.leaves) for key in sorted(keys & waiting)]
    posted = here.posted
    offered = {
        "publish": posted is None,
        "reply": any(each.upheld is None for each in here.raised),
        "announce": here.announced is None,
    }
    if code == "close" and step.kind is Kind.PUBLICITY:
        offered["close"] = posted is not None and on > posted.until and all(r.upheld is not None for r in here.raised)
    if code == "close" and step.kind is Kind.BALLOT:
        offered["close"] = here.tallied is not None
    return [ActChoice(step.key, code, check=step.leaves)] if offered.get(code, True) else []


def _in_step(model: Any, case: Case) -> QuerySet[Any]:
    found: QuerySet[Any] = model.objects.filter(step__case=case).order_by("id")
    return found


def meetings_of(viewer: Actor, case: Case) -> list[Meeting]:
    """Meetings of a case the viewer may see, with their attendance lists."""
    return list(_in_step(Meeting, case_for(viewer, case.pk)).select_related("step").prefetch_related("attendance"))


def attendance_of(viewer: Actor, meeting: Meeting) -> list[Attendance]:
    """The attendance list of a meeting."""
    case_for(viewer, meeting.step.case_id)
    return list(meeting.attendance.order_by("id"))


def sign_offs_of(viewer: Actor, case: Case) -> list[SignOff]:
    """Sign-offs of a case."""
    return list(_in_step(SignOff, case_for(viewer, case.pk)).select_related("step"))


def postings_of(viewer: Actor, case: Case) -> list[Posting]:
    """Public notices of a case."""
    return list(_in_step(Posting, case_for(viewer, case.pk)).select_related("step"))


def objections_of(viewer: Actor, case: Case) -> list[Objection]:
    """Objections of a case; who raised them is shown only to whoever answers them."""
    return list(_in_step(Objection, case_for(viewer, case.pk)).select_related("step"))


def evidence_of(viewer: Actor, case: Case) -> list[Evidence]:
    """What was shown in a case."""
    return list(_in_step(Evidence, case_for(viewer, case.pk)).select_related("step", "file"))


def entries_of(viewer: Actor, case: Case) -> list[Entry]:
    """The history of a case, oldest first."""
    return list(Entry.objects.filter(case=case_for(viewer, case.pk)).order_by("id"))
