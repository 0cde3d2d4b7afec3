"""A meeting on one phone page: what is asked depends on the body, and everything that is known is filled in.

Paper first (issue, domain facts §7, §11): people met in a room; here the roll is ticked or the room is counted, the votes are
counts, the minutes are a few lines or a photo of the page. Twelve fields at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from yanzhen.procedures import selectors
from yanzhen.procedures.domain.bodies import BODIES
from yanzhen.procedures.web import roll, show
from yanzhen.procedures.web.fields import said
from yanzhen.registry.api import unit_ref

if TYPE_CHECKING:
    from yanzhen.procedures.web.sheet import Sheet


def announced(sheet: Sheet) -> Any:
    """The meeting that was announced in this round, or None."""
    step = sheet.case.steps.filter(pk=sheet.here.step_id).first() if sheet.here else None
    return step.meetings.filter(void=False, held_on__isnull=True).order_by("-pk").first() if step else None


def options(sheet: Sheet) -> dict[str, Any]:
    """What the form of this meeting asks: ``keep`` names the optional fields, ``roll`` the people due."""
    step = sheet.here.step  # type: ignore[union-attr]
    today = timezone.localdate(sheet.now)
    unit = unit_ref(sheet.case.unit_id)
    body = sheet.request.POST.get("body") or sheet.request.GET.get("body") or step.bodies[0]
    body = body if body in step.bodies else step.bodies[0]
    known = announced(sheet)
    quorum = selectors.quorum_for(body, unit, today)
    people = roll.roll(body, unit, today)
    keep = {"notified_on"} if quorum.notice_days and not (known and known.notified_on) else set()
    keep |= {"item"} if BODIES[body].cannot and "item" not in sheet.view.data else set()
    keep |= {"roll"} if people else set()
    held = known.planned_on if known and known.planned_on and known.planned_on <= today else today
    initial = {"body": body, "held_on": held, "place": known.place if known else ""}
    return {"keep": frozenset(keep), "roll": people, "initial": initial}


def context(sheet: Sheet) -> dict[str, Any]:
    """What the page tells: the rule of each body that may decide, before anything is typed."""
    if sheet.act != "hold":
        return {}
    step = sheet.here.step  # type: ignore[union-attr]
    unit, today = unit_ref(sheet.case.unit_id), timezone.localdate(sheet.now)
    chosen = sheet.form["body"].value() or step.bodies[0]
    rules = []
    for code in step.bodies:
        quorum = selectors.quorum_for(code, unit, today)
        rules.append(
            {
                "code": code,
                "chosen": code == chosen,
                "body": show.body(code),
                "valid": said(quorum.valid.words()),
                "passes": said(quorum.passes.words()),
                "notice": quorum.notice_days,
                "basis": quorum.valid_basis,
            }
        )
    return {
        "rules": rules,
        "draft": f"meeting:{sheet.viewer.account_id}:{sheet.case.pk}:{sheet.here.step_id}",  # type: ignore[union-attr]
        "asked": len(sheet.form.visible_fields()),
    }
