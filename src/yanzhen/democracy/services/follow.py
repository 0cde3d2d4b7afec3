"""Matters made here, and how they ended: objections, skipped decisions, findings of audits, what the supervisors found."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from yanzhen.democracy import actions
from yanzhen.democracy.models import Decision, Disclosure, Finding, Inquiry, Objection, Skip
from yanzhen.democracy.selectors.scope import today_of
from yanzhen.democracy.services import marks
from yanzhen.kernel.scope.api import Actor, system
from yanzhen.kernel.trail import api as trail
from yanzhen.matters import api as matters
from yanzhen.matters.models import Entry, Matter
from yanzhen.procedures import api as procedures
from yanzhen.registry.models import Unit

SOURCE = "democracy"
CHANNEL = "module"


def matter_of(
    *, actor: Actor, now: datetime, unit: Unit, kind: str, ref: str, title: str, text: str, **more: object
) -> Matter:
    """A matter that follows something of ours to its end, once. Steered from the division of whoever makes it."""
    maker = actor if actor.account_id is None else replace(actor, capabilities=actor.capabilities | {"matters.report"})
    draft = matters.Report(
        text=text,
        title=title,
        place_id=unit.pk,
        channel=CHANNEL,
        kind=kind,
        source=SOURCE,
        source_ref=ref,
        **more,  # type: ignore[arg-type]
    )
    return matters.report(actor=maker, now=now, draft=draft)


def _words(matter: Matter, act: str) -> str:
    row = Entry.objects.filter(matter=matter, act=act).order_by("-id").first()
    return row.words if row else ""


def _record(actor: Actor, now: datetime, kind: str, pk: int, label: str, path: str, **after: object) -> None:
    action = actions.OBJECTION_ANSWERED if kind == "objection" else actions.FOLLOWED
    trail.record(
        actor=actor, now=now, action=action, kind=kind, subject_id=pk, label=label, after=after, unit_path=path
    )


#: Item of a notice about a decision → step of the case that hangs with it.
STEP_OF = {"decision": "publish", "execution": "report"}


def decision_of(row: Disclosure) -> tuple[Decision | None, str]:
    """The decision a notice is about and the step of its case that hangs with it."""
    step = STEP_OF.get(row.item, "")
    if not step or row.subject_kind != "decision" or row.subject_id is None:
        return None, ""
    return Decision.objects.filter(pk=row.subject_id).first(), step


def _answered(matter: Matter, act: str, actor: Actor, now: datetime) -> None:
    """An objection's matter was answered (or turned down): the answer stands beside the notice, for everybody to read."""
    if matter.kind != "objection" or act not in ("answer", "decline", "divert"):
        return
    row = Objection.objects.select_related("disclosure__unit").filter(matter=matter).first()
    if row is None:
        return
    from yanzhen.democracy.domain.masking import mask_text

    row.answer = mask_text(_words(matter, act))[:2000]
    if row.answered_at is None:
        row.answered_at = now
        row.late = row.due_at is not None and now > row.due_at
    decision, step = decision_of(row.disclosure)
    if row.case_number is not None and decision is not None and decision.case_id is not None and decision.step == step:
        procedures.act(
            actor=system(actor.name), now=now, case=decision.case_id, step=step,
            act=procedures.Reply(objection=row.case_number, upheld=False, words=row.answer or "已答复"),
        )  # fmt: skip
        row.case_number = None
    row.save(update_fields=["answer", "answered_at", "late", "case_number"])
    _record(actor, now, "objection", row.pk, row.disclosure.title, row.disclosure.unit.path, late=row.late)
    marks.stale(row.disclosure.unit, today_of(row.made_at))


def _reopened(matter: Matter, act: str, actor: Actor, now: datetime) -> None:
    """A matter that comes back is open again here too."""
    if act not in ("redo", "reopen", "person_reopen") or matter.source != SOURCE:
        return
    for model in (Finding, Skip, Inquiry):
        model.objects.filter(matter=matter).update(closed_at=None)


def _ended(kind: str, model: type[Finding] | type[Skip] | type[Inquiry]) -> None:
    def told(matter: Matter, actor: Actor, now: datetime) -> None:
        row = model.objects.filter(matter=matter).first()
        if row is None:
            return
        row.closed_at = now
        row.save(update_fields=["closed_at"])
        unit = row.visit.village if isinstance(row, Finding) else row.unit
        _record(actor, now, kind, row.pk, matter.title, unit.path, matter=matter.pk, outcome=matter.outcome)
        marks.stale(unit, today_of(now))

    matters.on_closed(kind, told)


matters.on_act(_answered)
matters.on_act(_reopened)
_ended("finding", Finding)
_ended("skip", Skip)
_ended("inquiry", Inquiry)
