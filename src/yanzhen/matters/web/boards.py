"""Tables of the smaller pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui import components as c
from yanzhen.kernel.ui import nav
from yanzhen.matters.selectors import staff
from yanzhen.matters.web import show
from yanzhen.matters.web.pages import REQUEST_WORDS

DECIDES = {
    "extension": "decide_extension",
    "unsolvable": "decide_unsolvable",
    "dispute": "settle",
    "exclusion": "decide_exclusion",
}


def request_table(viewer: Actor, waiting: list[Any]) -> c.CaseTable:
    """Requests with what they ask and since when; the link leads to the decision."""
    rows = [
        c.Row(
            name=each.matter.title,
            url=f"{reverse('matter_act', args=[each.matter_id, DECIDES[each.kind]])}?request={each.pk}",
            note=each.matter.number,
            badge=c.Badge(_(REQUEST_WORDS[each.kind]), "info"),
            cells=[
                c.Cell(each.asked_unit.name, note=each.asked_name),
                c.Cell(each.reason, note=each.plan),
                c.Cell(show.when(each.asked_at)),
                c.Cell(show.when(each.matter.due_at) or "—"),
            ],
        )
        for each in waiting
    ]
    return c.CaseTable(
        caption=_("等待您审批的申请"),
        columns=[
            c.Column(_("事项")),
            c.Column(_("申请单位")),
            c.Column(_("理由")),
            c.Column(_("申请时间"), "date"),
            c.Column(_("办结时限"), "date"),
        ],
        rows=rows,
        count=len(rows),
        empty=c.Empty(_("没有等待审批的申请"), _("延期、无法解决、管辖异议和剔除统计的申请会出现在这里。")),
    )


def press_page(presses: list[Any], cleared: bool, now: datetime) -> dict[str, Any]:
    """The board of presses."""
    tabs = [c.Tab(_("督办中"), "?", active=not cleared), c.Tab(_("已解除"), "?tab=cleared", active=cleared)]
    rows = [
        c.Row(
            name=each.matter.title,
            url=reverse("matter", args=[each.matter_id]),
            note=each.matter.number,
            badge=c.Badge(_("%(level)s级督办") % {"level": each.level}, "neutral" if cleared else "danger"),
            cells=[
                c.Cell(each.matter.lead.name if each.matter.lead else each.matter.holder.name),
                c.Cell(
                    each.by_unit.name if each.by_unit else _("到期自动督办"), note=each.by_name if each.by_unit else ""
                ),
                c.Cell(show.when(each.at)),
                c.Cell(
                    show.when(each.cleared_at if cleared else each.reply_due_at) or "—",
                    lamp=c.Lamp("red", _("未按时回复"))
                    if not cleared and each.reply_due_at and each.reply_due_at < now
                    else None,
                    note=each.cleared_words,
                ),
                c.Cell(_("督办函"), url=reverse("press_letter", args=[each.matter_id, each.pk])),
            ],
        )
        for each in presses
    ]
    columns = [c.Column(_("事项")), c.Column(_("责任单位")), c.Column(_("督办单位")), c.Column(_("督办时间"), "date")]
    columns += [c.Column(_("解除时间") if cleared else _("回复时限"), "date"), c.Column(_("函件"))]
    empty = c.Empty(
        _("还没有解除的督办") if cleared else _("没有督办中的事项"), _("超期的事项会自动督办，上级也可以随时督办。")
    )
    return {"tabs": tabs, "table": c.CaseTable(_("督办事项"), columns, rows, count=len(rows), empty=empty)}


def triage_page(viewer: Actor) -> dict[str, Any]:
    """What the helper learned from, how well it does since, and the way to teach it again."""
    state = staff.triage_state(viewer)
    share = f"{round(100 * state.agreed / state.checked)}%" if state.checked else "—"
    figures = [
        c.Figure(_("已学习的事项"), state.examples, unit=_("件")),
        c.Figure(_("其中有承办单位"), state.with_unit, unit=_("件")),
        c.Figure(_("一级类别"), state.classes, unit=_("类")),
        c.Figure(
            _("建议被采纳"), share, note=_("训练之后 %(n)s 件中，首选类别与人的决定一致的比例") % {"n": state.checked}
        ),
    ]
    return {
        "state": state,
        "figures": figures,
        "trained_at": show.when(state.trained_at),
        "may_train": viewer.has("matters.train"),
    }


def category_page(viewer: Actor, words: str) -> dict[str, Any]:
    """The table of categories: the first level, or what a search finds."""
    found = staff.categories_like(words, limit=200) if words else staff.category_roots()
    rows = [
        c.Row(
            name=each.name,
            url=f"{reverse('matters')}?tab=all&category={each.pk}" if each.level == 1 else f"?q={each.code}",
            note=each.full_name if each.level > 1 else "",
            cells=[c.Cell(each.code), c.Cell(each.level), c.Cell(_("是") if each.public else _("否"))],
        )
        for each in found
    ]
    columns = [c.Column(_("类别")), c.Column(_("代码")), c.Column(_("级次"), "num"), c.Column(_("群众可选"))]
    empty = (
        c.Empty(_("没有找到“%(words)s”") % {"words": words}, _("换一个词，或用代码查找。"))
        if words
        else c.Empty(_("还没有导入类别表"), _("类别须从省、市标准导入，不在平台上编造。"))
    )
    return {
        "table": c.CaseTable(_("官方类别表"), columns, rows, count=len(rows), empty=empty),
        "words": words,
        "import_url": nav.address("imports") if viewer.has("intake.use") and viewer.has("matters.import") else "",
    }
