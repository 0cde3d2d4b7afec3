"""Pages of the supervision committee."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from yanzhen.democracy.domain.disclosure import period_of
from yanzhen.democracy.models import Inquiry
from yanzhen.democracy.selectors import supervision as reads
from yanzhen.democracy.web import show
from yanzhen.kernel.scope.api import may
from yanzhen.kernel.ui import components as c
from yanzhen.registry.models import Unit


def listing(request: HttpRequest, unit: Unit | None, today: date) -> dict[str, Any]:
    """What waits for review, questions and checks, reports."""
    actor = request.actor
    waiting = reads.to_review(actor, unit=unit)
    rows = [
        c.Row(
            name=each.title,
            url=reverse("disclosure", args=[each.pk]),
            cells=[c.Cell(each.unit.name), c.Cell(each.drafted_name), c.Cell(show.day(each.due_on))],
        )
        for each in waiting
    ]
    columns = [c.Column(_("公开稿")), c.Column(_("村")), c.Column(_("拟稿人")), c.Column(_("最迟公布"), "date")]
    panels = [
        show.Panel(
            _("公布前审核"),
            table=c.CaseTable(
                _("待审核的公开稿"), columns, rows, count=len(rows), empty=c.Empty(_("没有待审核的公开稿"))
            ),
        ),
        show.Panel(_("质询和现场检查"), table=_inquiries(request, unit)),
    ]
    actions = []
    if unit is not None:
        panels.append(_reports(unit))
        if may(actor, "democracy.supervise", unit.path):
            period = period_of("half", today).code
            actions = [
                show.Action(_("质询或检查"), f"{reverse('inquiry_new')}?unit={unit.pk}", primary=True, icon="plus"),
                show.Action(_("写半年报告"), f"{reverse('supervision_report')}?unit={unit.pk}&period={period}"),
            ]
    return {"heading": _("村务监督"), "actions": actions, "panels": panels}


def _inquiries(request: HttpRequest, unit: Unit | None) -> c.CaseTable:
    rows = []
    for each in reads.inquiries_page(request.actor, unit=unit):
        state = (
            c.Cell(_(each.get_found_display()), lamp=c.Lamp("green", "", _("已结论")))
            if each.closed_at
            else c.Cell(_(each.get_found_display()))
        )
        rows.append(
            c.Row(
                name=each.subject,
                url=reverse("inquiry", args=[each.pk]),
                badge=c.Badge(_(each.get_kind_display()), "info"),
                cells=[c.Cell(each.unit.name), c.Cell(each.by_name), c.Cell(show.when(each.at)), state],
            )
        )
    columns = [
        c.Column(_("监督对象")),
        c.Column(_("村")),
        c.Column(_("谁提出")),
        c.Column(_("时间"), "date"),
        c.Column(_("结论")),
    ]
    empty = c.Empty(_("还没有质询和检查"), _("监委会可以随时质询，村里在规定时限内答复。"))
    return c.CaseTable(_("质询和检查"), columns, rows, count=len(rows), cap=100, empty=empty)


def _reports(unit: Unit) -> show.Panel:
    rows = []
    for each in reads.reports_of(unit):
        figures = "；".join(line.replace("|", " ") for line in each.figures.splitlines())
        rows.append(
            c.Row(
                name=each.period,
                url="",
                cells=[
                    c.Cell(each.remarks[:120], note=figures),
                    c.Cell(each.signed_name),
                    c.Cell(show.when(each.signed_at)),
                ],
            )
        )
    columns = [c.Column(_("期间")), c.Column(_("报告")), c.Column(_("签发")), c.Column(_("时间"), "date")]
    empty = c.Empty(_("还没有半年报告"), _("数字由记录算出，监委会写情况和建议。"))
    return show.Panel(_("半年报告"), table=c.CaseTable(_("半年报告"), columns, rows, count=len(rows), empty=empty))


def one(request: HttpRequest, row: Inquiry) -> dict[str, Any]:
    """One question or check."""
    actor = request.actor
    facts = [
        c.AnswerRow(_("村"), row.unit.name),
        c.AnswerRow(_("内容"), row.words),
        c.AnswerRow(_("提出"), f"{row.by_name} {show.when(row.at)}"),
    ]
    if row.due_at:
        facts.append(c.AnswerRow(_("答复时限"), show.when(row.due_at)))
    if row.disclosure_id:
        facts.append(
            c.AnswerRow(_("有关公开"), row.disclosure.title, url=reverse("disclosure", args=[row.disclosure_id]))
        )  # type: ignore[union-attr]
    if row.answered_at:
        facts.append(c.AnswerRow(_("答复"), f"{row.answer}\n{row.answered_name} {show.when(row.answered_at)}"))
    if row.found:
        facts.append(c.AnswerRow(_("结论"), _(row.get_found_display())))
    if row.matter_id:
        facts.append(c.AnswerRow(_("跟踪事项"), row.matter.title, url=reverse("matter", args=[row.matter_id])))  # type: ignore[union-attr]
    actions = []
    if row.closed_at is None and not row.matter_id:
        if may(actor, "democracy.decide", row.unit.path) and actor.account_id != row.by_account:
            actions.append(show.Action(_("答复"), reverse("inquiry_answer", args=[row.pk]), primary=True))
        if may(actor, "democracy.supervise", row.unit.path):
            actions.append(show.Action(_("作结论"), reverse("inquiry_conclude", args=[row.pk])))
    return {
        "heading": row.subject,
        "back": c.Link(_("村务监督"), f"{reverse('supervision')}?unit={row.unit_id}"),
        "badges": [c.Badge(_(row.get_kind_display()), "info")],
        "facts": facts,
        "actions": actions,
    }
