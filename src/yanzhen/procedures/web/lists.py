"""The list of cases and the inbox: what the address says, as filters, chips, rows and a workbook."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yanzhen.kernel.intake import api as intake
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui import components as c
from yanzhen.procedures import selectors
from yanzhen.procedures.selectors.views import CaseFilters, CaseRow, InboxRow
from yanzhen.procedures.web import forms, show, starting
from yanzhen.procedures.web.fields import said
from yanzhen.registry import api as registry

TABS = {
    "todo": gettext_lazy("待办"),
    "running": gettext_lazy("办理中"),
    "mine": gettext_lazy("我参与的"),
    "done": gettext_lazy("已结束"),
    "all": gettext_lazy("全部"),
}
EMPTY = {
    "todo": (gettext_lazy("没有等您办理的程序"), gettext_lazy("轮到您的岗位办理的步骤会出现在这里，按时限排列。")),
    "running": (gettext_lazy("没有办理中的程序"), gettext_lazy("可以发起一项，或看“全部”。")),
    "mine": (gettext_lazy("还没有您参与的程序"), ""),
    "done": (gettext_lazy("还没有结束的程序"), ""),
    "all": (gettext_lazy("没有符合条件的程序"), gettext_lazy("可以去掉一些筛选条件再试。")),
}
INBOX, LIMIT, MOST = 50, 25, 20_000


def tab_of(params: Any) -> str:
    """The tab that the address names."""
    tab = params.get("tab", "todo")
    return tab if tab in TABS else "todo"


def choices(viewer: Actor) -> dict[str, Any]:
    """What the filters offer."""
    units = [(each.id, each.name) for each in registry.children_of(viewer, viewer.unit.id).nodes] if viewer.unit else []
    known = {each.code: said(each.title) for each in starting.known(viewer)}
    return {"code": list(known.items()), "unit": units}


def filters_of(form: forms.FilterForm, tab: str) -> CaseFilters:
    """The filters in force."""
    data = form.cleaned_data if form.is_valid() else {}
    return CaseFilters(
        tab=tab, code=data.get("code") or "", unit_id=data.get("unit"), overdue=bool(data.get("overdue")), since=data.get("since"),
        until=data.get("until"), words=data.get("q") or "",
    )  # fmt: skip


def chips(form: forms.FilterForm, params: dict[str, str], path: str) -> list[c.Chip]:
    """The filters in force, each with the address without it."""
    found = []
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name) if form.is_valid() else None
        if value in (None, "", False):
            continue
        rest = {key: text for key, text in params.items() if key not in {name, "cursor"}}
        offered = {str(key): str(label) for key, label in getattr(field, "choices", [])}
        text = _("是") if value is True else offered.get(str(value), str(value))
        found.append(c.Chip(field.label, text, f"{path}?{urlencode(rest)}"))
    return found


def inbox_row(row: InboxRow) -> c.Row:
    """One thing to do."""
    off = f" · {row.sign_off}" if row.sign_off else ""
    return c.Row(
        name=row.title, url=reverse("case", args=[row.case_id]), note=f"{row.number} · {row.procedure}",
        badge=c.Badge(_("代行"), "info") if row.deputy else None,
        cells=[
            c.Cell("", lamp=show.lamp(row.light, row.due_at)) if row.due_at else c.Cell("—"),
            c.Cell(f"{row.step}{off}"),
            c.Cell(row.unit_name),
        ],
    )  # fmt: skip


def case_row(row: CaseRow) -> c.Row:
    """One case."""
    light = "red" if row.overdue else "green"
    return c.Row(
        name=row.title, url=reverse("case", args=[row.id]), note=f"{row.number} · {row.procedure}",
        cells=[
            c.Cell("、".join(row.steps_now) or "—", badge=c.Badge(show.STATE_WORDS[row.state], show.STATE_TONES[row.state])),
            c.Cell("", lamp=show.lamp(light, row.due_at)) if row.due_at and row.state == "running" else c.Cell("—"),
            c.Cell(row.unit_name),
            c.Cell(show.day(row.started_at)),
        ],
    )  # fmt: skip


def inbox_table(viewer: Actor, now: datetime) -> c.CaseTable:
    """What waits for this post."""
    rows, count = selectors.inbox_for(viewer, now, limit=INBOX)
    return c.CaseTable(
        _("待办"), [c.Column(_("事项")), c.Column(_("时限")), c.Column(_("步骤")), c.Column(_("单位"))],
        [inbox_row(each) for each in rows], count=count,
        empty=c.Empty(*EMPTY["todo"], c.Link(_("看办理中的程序"), "?tab=running")),
    )  # fmt: skip


COLUMNS = (
    gettext_lazy("事项"),
    gettext_lazy("办到哪一步"),
    gettext_lazy("时限"),
    gettext_lazy("单位"),
    gettext_lazy("发起时间"),
)


def table(rows: Any, tab: str, caption: Any = "", **more: Any) -> c.CaseTable:
    """A list of cases."""
    heads = [c.Column(label, "date" if at == 4 else "text") for at, label in enumerate(COLUMNS)]
    return c.CaseTable(
        caption or TABS[tab], heads, [case_row(each) for each in rows], empty=c.Empty(*EMPTY[tab]), **more
    )


def page(request: HttpRequest) -> dict[str, Any]:
    """The list with tabs and filters; the inbox is its first tab."""
    viewer: Actor = request.actor  # type: ignore[attr-defined]
    params, tab, now = request.GET.dict(), tab_of(request.GET), timezone.now()
    form = forms.FilterForm(request.GET, choices=choices(viewer))
    if tab == "todo":
        shown = inbox_table(viewer, now)
    else:
        found = selectors.cases_for(viewer, filters_of(form, tab), params.get("cursor", ""), LIMIT)
        at = {key: text for key, text in params.items() if key != "cursor"}
        links = {
            f"{name}_url": f"?{urlencode({**at, 'cursor': cursor})}" if cursor else ""
            for name, cursor in (("next", found.next), ("prev", found.previous))
        }
        shown = table(found.rows, tab, count=1000 if found.more else found.count, **links)
    rest = {key: text for key, text in params.items() if key not in {"tab", "cursor"}}
    tabs = [c.Tab(label, f"?{urlencode({**rest, 'tab': code})}", None, code == tab) for code, label in TABS.items()]
    query = urlencode(params)
    bar = c.Filters(form, chips(form, params, request.path), f"?tab={tab}", hidden={"tab": tab})
    return {
        "table": shown, "tabs": tabs, "form": form, "filters": bar, "tab": tab, "may_start": viewer.has("procedures.start"),
        "may_export": viewer.has("procedures.export"), "may_define": viewer.has("procedures.define") or viewer.has("procedures.approve"),
        "export_url": f"{reverse('cases_export')}?{query}", "print_url": f"{reverse('cases_print')}?{query}",
    }  # fmt: skip


def conditions(form: forms.FilterForm, tab: str) -> str:
    """The filters in force in one line."""
    return "；".join([str(TABS[tab]), *(f"{chip.label}：{chip.value}" for chip in chips(form, {}, ""))])


def workbook(request: HttpRequest) -> HttpResponse:
    """The filtered list as a workbook, entered in the trail; no names of persons in it."""
    viewer: Actor = request.actor  # type: ignore[attr-defined]
    tab, now = tab_of(request.GET), timezone.now()
    form = forms.FilterForm(request.GET, choices=choices(viewer))
    rows = list(selectors.export_rows(viewer, filters_of(form, "running" if tab == "todo" else tab), MOST))
    heads = (
        _("编号"),
        _("名称"),
        _("程序"),
        _("单位"),
        _("状态"),
        _("办到哪一步"),
        _("发起时间"),
        _("时限"),
        _("是否超期"),
    )
    book = intake.export_workbook(
        _("程序事项清单"),
        [intake.ExportColumn(str(at), head, 40 if at == 1 else 18) for at, head in enumerate(heads)],
        (
            [each.number, each.title, each.procedure, each.unit_name, str(show.STATE_WORDS[each.state]), "、".join(each.steps_now),
             show.day(each.started_at), show.day(each.due_at), _("是") if each.overdue else ""]
            for each in rows
        ),
        unit=viewer.unit.name if viewer.unit else "",
        as_of=_("数据时间：%(at)s") % {"at": show.when(now)},
        notes=[_("筛选条件：%(conditions)s") % {"conditions": conditions(form, tab)}],
    )  # fmt: skip
    name = f"{_('程序事项清单')}-{timezone.localdate(now):%Y%m%d}.xlsx"
    return intake.workbook_response(book, name, actor=viewer, now=now, what="procedures", rows=len(rows))
