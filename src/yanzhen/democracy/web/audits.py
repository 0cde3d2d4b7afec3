"""Pages of audit and inspection coverage."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from yanzhen.democracy.models import Coverage, Visit
from yanzhen.democracy.selectors import audits as reads
from yanzhen.democracy.selectors import disclosure as notices
from yanzhen.democracy.web import show
from yanzhen.kernel.scope.api import may
from yanzhen.kernel.ui import components as c


def listing(request: HttpRequest, today: date) -> dict[str, Any]:
    """Plans and how far they have come."""
    rows = []
    for each in reads.coverages_for(request.actor):
        board = reads.board_of(request.actor, each, today)
        lamp = (
            c.Lamp("red", _("%(n)s 个村逾期") % {"n": board.late}, _("落后"))
            if board.late
            else c.Lamp("green", "", _("按计划"))
        )
        rows.append(
            c.Row(
                name=each.title,
                url=reverse("audit", args=[each.pk]),
                badge=c.Badge(_(each.get_kind_display()), "info"),
                cells=[
                    c.Cell(f"{show.day(each.first)} — {show.day(each.last)}"),
                    c.Cell(f"{board.done}/{board.planned}", lamp=lamp),
                    c.Cell(f"{board.closed}/{board.findings}"),
                ],
            )
        )
    columns = [c.Column(_("计划")), c.Column(_("本届")), c.Column(_("已完成")), c.Column(_("已整改"))]
    actions = (
        [show.Action(_("制定计划"), reverse("audit_new"), primary=True, icon="plus")]
        if request.actor.has("democracy.audit")
        else []
    )
    empty = c.Empty(_("还没有计划"), _("按届制定，每个村一届至少覆盖一次。"))
    return {
        "heading": _("审计、巡察覆盖"),
        "actions": actions,
        "intro": _("一届之内每个村至少一次；离任审计在下一届选举之前（《村民委员会组织法》第四十条）。"),
        "table": c.CaseTable(_("覆盖计划"), columns, rows, count=len(rows), empty=empty),
    }


def one(request: HttpRequest, coverage: Coverage, today: date) -> dict[str, Any]:
    """One plan: its villages by quarter."""
    board = reads.board_of(request.actor, coverage, today)
    tab = request.GET.get("tab", "open")
    found = reads.visits_in(request.actor, coverage).order_by("quarter", "village__path")
    found = found.filter(done_on__isnull=tab != "done")
    rows = [_visit_row(each, today) for each in found[:400]]
    figures = [
        c.Figure(_("计划覆盖"), board.planned, unit=_("村")),
        c.Figure(_("已完成"), board.done, unit=_("村")),
        c.Figure(_("逾期"), board.late, light="red" if board.late else "", unit=_("村")),
        c.Figure(_("发现问题"), board.findings),
        c.Figure(_("已整改"), board.closed),
    ]
    tabs = [
        c.Tab(_("未完成"), "?tab=open", active=tab != "done"),
        c.Tab(_("已完成"), "?tab=done", active=tab == "done"),
    ]
    columns = [c.Column(_("村")), c.Column(_("季度")), c.Column(_("完成"), "date"), c.Column(_("审计巡察组"))]
    return {
        "heading": coverage.title,
        "back": c.Link(_("审计、巡察覆盖"), reverse("audits")),
        "panels": [show.Panel(figures=figures)],
        "tabs": tabs,
        "table": c.CaseTable(_("覆盖的村"), columns, rows, count=len(rows), cap=400, empty=c.Empty(_("这里没有村"))),
    }


def _visit_row(each: Visit, today: date) -> c.Row:
    now = reads.quarter_of(today)
    light = "green" if each.done_on else "red" if each.quarter < now else "yellow" if each.quarter == now else "grey"
    words = {"green": _("已完成"), "red": _("逾期"), "yellow": _("本季度"), "grey": _("未到")}[light]
    return c.Row(
        name=each.village.name,
        url=reverse("audit_visit", args=[each.pk]),
        cells=[
            c.Cell(each.quarter, lamp=c.Lamp(light, "", words)),
            c.Cell(show.day(each.done_on)),
            c.Cell(each.team or "—"),
        ],
    )


def visit_page(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """One village in a plan: result, findings with their matters."""
    actor = request.actor
    facts = [
        c.AnswerRow(_("村"), visit.village.name),
        c.AnswerRow(_("计划"), visit.coverage.title),
        c.AnswerRow(_("季度"), visit.quarter),
        c.AnswerRow(_("完成"), show.day(visit.done_on)),
        c.AnswerRow(_("审计巡察组"), visit.team or "—"),
        c.AnswerRow(_("结果"), visit.result or "—"),
    ]
    rows = [
        c.Row(
            name=each.words,
            url=reverse("matter", args=[each.matter_id]) if each.matter_id and actor.has("matters.view") else "",
            cells=[
                c.Cell(show.money(each.amount)),
                c.Cell(
                    "", lamp=c.Lamp("green", "", _("已整改")) if each.closed_at else c.Lamp("yellow", "", _("整改中"))
                ),
            ],
        )
        for each in reads.findings_of(visit)
    ]
    columns = [c.Column(_("问题")), c.Column(_("涉及金额"), "num"), c.Column(_("整改"))]
    panels = [
        show.Panel(
            _("发现的问题"),
            table=c.CaseTable(_("发现的问题"), columns, rows, count=len(rows), empty=c.Empty(_("没有登记问题"))),
        )
    ]
    drafted = notices.for_subject("visit", visit.pk)
    if drafted:
        links = [c.Link(each.title, reverse("disclosure", args=[each.pk])) for each in drafted]
        panels.append(show.Panel(_("结果公开"), links=links))
    actions = []
    if may(actor, "democracy.audit", visit.village.path):
        if visit.done_on is None:
            actions += [
                show.Action(_("登记完成"), reverse("audit_done", args=[visit.pk]), primary=True),
                show.Action(_("调整季度"), reverse("audit_move", args=[visit.pk])),
            ]
        else:
            actions.append(show.Action(_("补登问题"), reverse("audit_finding", args=[visit.pk])))
    if visit.done_on and not drafted and may(actor, "democracy.disclose", visit.village.path):
        actions.append(
            show.Action(_("拟结果公开稿"), reverse("audit_disclose", args=[visit.pk]), post=True, primary=True)
        )
    return {
        "heading": _("%(village)s：%(kind)s")
        % {"village": visit.village.name, "kind": _(visit.coverage.get_kind_display())},
        "facts": facts,
        "back": c.Link(visit.coverage.title, reverse("audit", args=[visit.coverage_id])),
        "panels": panels,
        "actions": actions,
    }
