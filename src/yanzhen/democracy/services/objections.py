"""A villager objects to a notice: it becomes a matter of the loop, with its limit; the answer stands beside the notice."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yanzhen.democracy import actions
from yanzhen.democracy.domain.disclosure import State
from yanzhen.democracy.domain.masking import mask_text
from yanzhen.democracy.models import Disclosure, Objection
from yanzhen.democracy.selectors.scope import due_after, today_of
from yanzhen.democracy.services import marks
from yanzhen.democracy.services.follow import decision_of, matter_of
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor, need, system
from yanzhen.kernel.trail import api as trail
from yanzhen.matters.models import Matter
from yanzhen.procedures import api as procedures


@transaction.atomic
def make(
    *, actor: Actor, now: datetime, disclosure: Disclosure, text: str, name: str = "", phone: str = ""
) -> tuple[Objection, Matter]:
    """Object to what hangs. Name and phone go into the matter, encrypted there, and may be left out."""
    row = Disclosure.objects.select_related("unit").get(pk=disclosure.pk)
    if row.state != State.UP:
        raise DomainError("democracy.objection.over", "这份公开内容已经不在公布中。您可以在“我要反映”里提出。")
    if len(text.strip()) < 5:
        raise DomainError("democracy.objection.text", "请写明哪里不对，至少五个字。", field="text")
    count = row.objections.count() + 1
    matter = matter_of(
        actor=actor, now=now, unit=row.unit, kind="objection", ref=f"objection:{row.pk}:{count}",
        title=f"对“{row.title}”的异议", text=text.strip()[:1000], name=name, phone=phone, call_back_wanted=bool(phone),
    )  # fmt: skip
    made = Objection.objects.create(
        disclosure=row, matter=matter, text=mask_text(text.strip())[:1000], made_at=now,
        due_at=due_after("objection.answer_days", row.unit, now), case_number=_raised(row, text, now),
    )  # fmt: skip
    trail.record(
        actor=actor, now=now, action=actions.OBJECTED, kind="disclosure", subject_id=row.pk, label=row.title,
        after={"objection": made.pk, "matter": matter.pk, "due_at": made.due_at}, unit_path=row.unit.path,
    )  # fmt: skip
    marks.stale(row.unit, today_of(now))
    marks.tell(row.unit, "democracy.disclose", now, "公开内容有异议", row.title, f"/disclosures/{row.pk}/")
    marks.tell(row.unit, "democracy.supervise", now, "公开内容有异议", row.title, f"/disclosures/{row.pk}/")
    return made, matter


def _raised(row: Disclosure, text: str, now: datetime) -> int | None:
    """An objection to a decision's notice stands in its case too: the publicity cannot end while it is open there."""
    decision, step = decision_of(row)
    if decision is None or decision.case_id is None or decision.step != step:
        return None
    procedures.act(
        actor=system("democracy"),
        now=now,
        case=decision.case_id,
        step=step,
        act=procedures.Object(words=mask_text(text.strip())[:1000]),
    )
    here = procedures.CaseStep.objects.filter(case_id=decision.case_id, key=step, state="open").order_by("-id").first()
    return here.objections.count() if here else None


@transaction.atomic
def uphold(*, actor: Actor, now: datetime, objection: Objection, words: str) -> Objection:
    """The supervision committee finds an objection right: when the notice's time is over the decision goes back."""
    row = objection.disclosure
    need(actor, "democracy.supervise", row.unit.path)
    decision, step = decision_of(row)
    if decision is None or decision.case_id is None or objection.case_number is None or decision.step != step:
        raise DomainError("democracy.objection.no_case", "这份公开内容不在议事程序中，请用更正公开的办法处理。")
    if len(words.strip()) < 2:
        raise DomainError("democracy.decision.reason", "请写明终止的理由。", field="reason")
    procedures.act(
        actor=system(actor.name), now=now, case=decision.case_id, step=step,
        act=procedures.Reply(objection=objection.case_number, upheld=True, words=words.strip()),
    )  # fmt: skip
    objection.upheld, objection.case_number = True, None
    objection.save(update_fields=["upheld", "case_number"])
    trail.record(
        actor=actor, now=now, action=actions.UPHELD, kind="objection", subject_id=objection.pk, label=row.title,
        after={"upheld": True, "words": words[:200]}, unit_path=row.unit.path,
    )  # fmt: skip
    return objection
