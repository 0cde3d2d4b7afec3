"""Rows of what was recorded in a step, and what of it goes into the history and the trail."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.rulebook.api import held
from yanzhen.procedures.domain import acts
from yanzhen.procedures.domain.definition import Step
from yanzhen.procedures.domain.engine import Change
from yanzhen.procedures.models import Attendance, CaseStep, Meeting, Objection, Posting, SignOff
from yanzhen.procedures.selectors.facts import day_of, due_for
from yanzhen.procedures.services.gate import Work, look_at


def keep(work: Work, step: Step, row: CaseStep, act: acts.Act, change: Change) -> None:
    """Write the rows of an act."""
    if isinstance(act, acts.Answer):
        _answered(work, row, act)
    elif isinstance(act, acts.Announce):
        Meeting.objects.create(
            step=row, notified_on=act.given_on, planned_on=act.held_on, place=act.place[:120], items=act.items,
            recorded_by=work.actor.account_id, recorded_name=work.actor.name[:80], recorded_at=work.now,
        )  # fmt: skip
    elif isinstance(act, acts.Hold):
        _held(work, row, act, change)
    elif isinstance(act, acts.Publish):
        posted = change.step.posted
        if posted is None:
            raise TypeError("a publication leaves a posting")
        Posting.objects.create(
            step=row, put_up_on=posted.on, until=posted.until, least_days=posted.least_days, where=act.where[:160], words=act.words,
            basis=held(step.days, work.place.ref, on=day_of(work.now), procedure=work.definition.code, step=step.key).basis[:300],
            posted_by=work.actor.account_id, posted_name=work.actor.name[:80],
        )  # fmt: skip
    elif isinstance(act, acts.Object):
        _objected(work, step, row, act)
    elif isinstance(act, acts.Reply):
        _replied(work, row, act)


def _answered(work: Work, row: CaseStep, act: acts.Answer) -> None:
    actor = work.actor
    SignOff.objects.filter(step=row, key=act.key).update(
        agreed=act.agreed, code=act.code[:30], words=act.words.strip()[:500], answered_at=work.now, answered_by=actor.account_id,
        answered_name=actor.name[:80], answered_post=actor.post_label[:120], on_behalf_of=actor.on_behalf_of[:80],
    )  # fmt: skip
    row.todos.filter(sign_off=act.key).delete()


def _held(work: Work, row: CaseStep, act: acts.Hold, change: Change) -> None:
    count, verdict = act.count, change.verdict
    planned = Meeting.objects.filter(step=row, void=False, held_on__isnull=True).order_by("-id").first()
    meeting = planned or Meeting(step=row)
    meeting.body, meeting.held_on = act.body, act.held_on
    meeting.notified_on = act.notified_on or meeting.notified_on
    meeting.place, meeting.chair, meeting.minutes = act.place[:120] or meeting.place, act.chair[:60], act.minutes
    meeting.due, meeting.present, meeting.proxies = count.due, count.present, count.proxies
    meeting.votes_for, meeting.against, meeting.abstain, meeting.spoilt = (
        count.votes_for, count.against, count.abstain, count.spoilt,
    )  # fmt: skip
    meeting.options = json.dumps(dict(act.options), ensure_ascii=False) if act.options else ""
    if verdict is not None:
        meeting.need_present, meeting.need_for = verdict.need_present, verdict.need_for
        meeting.basis, meeting.outcome = verdict.basis[:300], change.outcome
    meeting.recorded_by, meeting.recorded_name, meeting.recorded_at = (
        work.actor.account_id,
        work.actor.name[:80],
        work.now,
    )
    meeting.save()
    Attendance.objects.bulk_create(
        [
            Attendance(
                meeting=meeting, name=each.name[:60], person_id=each.person_id, household_id=each.household_id,
                present=each.present, proxy_for=each.proxy_for[:60], marks=",".join(each.marks)[:120],
            )
            for each in act.attendees
        ]
    )  # fmt: skip


def _objected(work: Work, step: Step, row: CaseStep, act: acts.Object) -> None:
    due = due_for(step.answer, work.place.ref, work.now, procedure=work.definition.code, step=step.key)
    Objection.objects.create(
        step=row, at=work.now, words=act.words.strip(), name=act.name.strip(), phone=act.phone.strip(), due_at=due
    )
    _hurry(row, due)


def _hurry(row: CaseStep, due: datetime | None) -> None:
    """An objection must be answered in time: the step is due by then."""
    if due is None or (row.due_at is not None and row.due_at <= due):
        return
    row.due_at = due
    row.look_at = look_at(row)
    row.save(update_fields=["due_at", "look_at"])
    row.todos.update(due_at=due)


def _replied(work: Work, row: CaseStep, act: acts.Reply) -> None:
    rows = list(Objection.objects.filter(step=row).order_by("id"))
    if not 1 <= act.objection <= len(rows):
        raise DomainError("procedures.objection.none", "没有这条异议。")
    found = rows[act.objection - 1]
    found.upheld, found.answer, found.answered_at = act.upheld, act.words.strip(), work.now
    found.answered_by, found.answered_name = work.actor.account_id, work.actor.name[:80]
    found.save()
    left = [each.due_at for each in rows if each.upheld is None and each.due_at]
    row.due_at = min(left, default=None)
    row.overdue = False
    row.look_at = look_at(row)
    row.save(update_fields=["due_at", "overdue", "look_at"])
    from yanzhen.procedures.services.gate import FAR

    row.todos.update(due_at=row.due_at or FAR)


def words_of(act: acts.Act) -> str:
    """What is said in the history. An objection's own words are not repeated there."""
    return "" if isinstance(act, acts.Object) else str(getattr(act, "words", "")).strip()


def lines_of(act: acts.Act, change: Change) -> dict[str, Any]:
    """Figures for the history."""
    if isinstance(act, acts.Amend):
        return {"fields": sorted(act.data)}
    if isinstance(act, acts.Answer):
        return {"sign_off": act.key, "agreed": act.agreed, "code": act.code}
    if isinstance(act, acts.Announce):
        return {"given_on": act.given_on.isoformat(), "held_on": act.held_on.isoformat()}
    return (
        {key: value for key, value in change.step.result.items() if key not in ("words", "outcome")}
        if change.outcome
        else {}
    )


def trailed(act: acts.Act, change: Change) -> dict[str, Any]:
    """What the trail keeps: never words, names or who voted what."""
    found = lines_of(act, change)
    found.pop("totals", None)
    return found
