"""Telling people: what came to them, and how what they began went."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.notify import api as notify
from yanzhen.procedures.domain.definition import ENDS
from yanzhen.procedures.domain.state import RUNNING, CaseState
from yanzhen.procedures.models import CaseStep
from yanzhen.procedures.selectors.facts import day_of
from yanzhen.procedures.selectors.standing import Holder
from yanzhen.procedures.services.gate import Work
from yanzhen.registry.api import holders_at
from yanzhen.registry.models import Unit

TODO = notify.declare_kind("procedures.todo", _("待我办理的程序步骤"))
RESULT = notify.declare_kind("procedures.result", _("我发起的程序有结果"))
OVERDUE = notify.declare_kind("procedures.overdue", _("程序步骤超期"))
#: A step at more accounts than this is found in the inbox; nobody's notices are flooded.
MOST = 40


def accounts(found: list[Holder], on: date) -> set[int]:
    """Accounts behind holders."""
    people = {holder.account_id for holder in found if holder.account_id is not None}
    by_unit: dict[int, set[str]] = {}
    for holder in found:
        if holder.unit_id is not None:
            by_unit.setdefault(holder.unit_id, set()).add(holder.role)
    for unit in Unit.objects.filter(pk__in=list(by_unit)[:MOST]):
        for some in holders_at(unit, by_unit[unit.pk], on).values():
            people |= some
    return people


def tell(work: Work, after: CaseState, fresh: list[tuple[CaseStep, list[Holder]]], outcome: str) -> None:
    """Notices of one act: new steps to those who must act, the end to whoever began it."""
    case = work.case
    url = f"/procedures/{case.pk}/"
    for row, found in fresh:
        people = accounts(found, day_of(work.now)) - {work.actor.account_id}
        if 0 < len(people) <= MOST:
            title = work.definition.step(row.key).title.zh
            notify.send(now=work.now, recipients=people, kind=TODO, title=f"{title}：{case.title}"[:120], url=url)
    if after.state != RUNNING and work.state.state == RUNNING and case.started_by:
        words = ENDS[f"@{after.state}"].zh
        notify.send(
            now=work.now, recipients=[case.started_by], kind=RESULT, title=f"{words}：{case.title}"[:120], url=url
        )


def remind(work: Work, row: CaseStep) -> None:
    """One notice to those who must act when a step falls overdue; never again for the same step."""
    found = [Holder(todo.unit_id, todo.unit_path, todo.role, todo.account_id, todo.deputy) for todo in row.todos.all()]
    people = accounts(found, day_of(work.now))
    if 0 < len(people) <= MOST:
        title = f"已超期 {work.definition.step(row.key).title.zh}：{work.case.title}"[:120]
        notify.send(now=work.now, recipients=people, kind=OVERDUE, title=title, url=f"/procedures/{work.case.pk}/")
