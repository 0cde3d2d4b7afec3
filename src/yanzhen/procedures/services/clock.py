"""What time does to cases: steps that fall due, publicity and waits that are over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import system
from yanzhen.procedures import actions
from yanzhen.procedures.domain import acts, engine
from yanzhen.procedures.domain.definition import Kind
from yanzhen.procedures.domain.state import OPEN
from yanzhen.procedures.models import CaseStep
from yanzhen.procedures.services import gate, records, telling

log = structlog.get_logger("yanzhen.procedures")
BATCH = 500


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one run of the clock did."""

    overdue: int = 0
    ended: int = 0
    failed: int = 0


def tick(*, now: datetime, limit: int = BATCH) -> Ticked:
    """Look at the steps whose time has come. One case at a time: one that fails does not stop the others."""
    waiting = list(
        CaseStep.objects.filter(look_at__isnull=False, look_at__lte=now, state=OPEN)
        .order_by("look_at", "id")
        .values_list("pk", "case_id")[:limit]
    )
    overdue = ended = failed = 0
    for step_id, case_id in waiting:
        try:
            what = _look(step_id, case_id, now)
        except DomainError as error:
            failed += 1
            log.warning("procedures.clock", step=step_id, code=error.code)
            _leave(step_id)
            continue
        overdue += what == "overdue"
        ended += what == "ended"
    return Ticked(overdue, ended, failed)


def _leave(step_id: int) -> None:
    """A step that time cannot end waits for people: it is not looked at again until something is done in it."""
    CaseStep.objects.filter(pk=step_id).update(look_at=None)


@transaction.atomic
def _look(step_id: int, case_id: int, now: datetime) -> str:
    work = gate.opened(actor=system("clock"), now=now, case=case_id)
    found = next((row for row in work.loaded.rows.values() if row.pk == step_id), None)
    if found is None or found.state != OPEN or found.look_at is None or found.look_at > now:
        return ""
    step = work.definition.step(found.key)
    here = work.state.now_at(found.key)
    if here is None:
        return ""
    over = found.earliest is not None and found.earliest <= now
    answered = all(each.upheld is not None for each in here.raised)
    if over and answered and step.kind in (Kind.PUBLICITY, Kind.WAIT):
        change = engine.apply(work.definition, work.state, step.key, acts.Close(), work.facts)
        gate.written(
            work, change.case, code="close", action=actions.ACT["close"], step=change.step, outcome=change.outcome,
            data=records.lines_of(acts.Close(), change),
        )  # fmt: skip
        return "ended"
    late = found.due_at is not None and found.due_at <= now and not found.overdue
    if late:
        found.overdue = True
    found.look_at = gate.look_at(found)
    if (
        found.look_at is not None and found.look_at <= now
    ):  # its time is over but an objection is open: the reply looks again
        found.look_at = None
    found.save(update_fields=["overdue", "look_at"])
    if not late:
        return ""
    gate.written(work, work.state, code="overdue", action=actions.OVERDUE, step=here)
    telling.remind(work, found)
    return "overdue"
