"""The list of matters: what the address says, as filters, columns, chips and neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui import components as c
from yanzhen.matters import selectors
from yanzhen.matters.indicators import SOURCE
from yanzhen.matters.selectors import staff
from yanzhen.matters.web import forms, show

TABS = {
    "todo": gettext_lazy("待办"),
    "working": gettext_lazy("在办"),
    "done": gettext_lazy("已办"),
    "pressed": gettext_lazy("督办"),
    "assist": gettext_lazy("协办"),
    "all": gettext_lazy("全部"),
}
EMPTY = {
    "todo": (gettext_lazy("没有待办事项"), gettext_lazy("轮到本单位办理的事项会出现在这里。")),
    "working": (gettext_lazy("没有在办事项"), gettext_lazy("本单位牵头、正在办理的事项会出现在这里。")),
    "done": (gettext_lazy("还没有办结的事项"), ""),
    "pressed": (gettext_lazy("没有被督办的事项"), gettext_lazy("上级督办的事项会出现在这里，直到解除。")),
    "assist": (gettext_lazy("没有协办事项"), ""),
    "all": (gettext_lazy("没有符合条件的事项"), gettext_lazy("可以去掉一些筛选条件再试。")),
}
BULK = (("assign", gettext_lazy("批量交办"), "matters.assign"), ("archive", gettext_lazy("批量归档"), "matters.rate"))
SESSION = "matters_list"
KEPT = (
    "state",
    "light",
    "urgency",
    "channel",
    "category",
    "place",
    "lead",
    "overdue",
    "pressed",
    "received_from",
    "received_to",
    "indicator",
    "part",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How this person likes the list: rows and columns, for this login."""

    density: str = "normal"
    columns: tuple[str, ...] = show.DEFAULT_COLUMNS


def settings_of(request: HttpRequest) -> Settings:
    kept = request.session.get(SESSION) or {}
    columns = tuple(code for code in kept.get("columns", ()) if code in show.LIST_COLUMNS)
    density = kept.get("density", "normal")
    return Settings(density if density in {"normal", "compact"} else "normal", columns or show.DEFAULT_COLUMNS)


def tab_of(params: QueryDict) -> str:
    tab = params.get("tab", "todo")
    return tab if tab in TABS else "todo"


def filter_choices(viewer: Actor, asked: Mapping[str, str]) -> dict[str, Any]:
    """What the filters offer: first-level categories, units directly below the viewer; and the unit that the address names,
    whatever its level (a figure of the board opens the rows of a village or grid)."""
    units = [(unit.pk, unit.name) for unit in staff.below(viewer)]
    places = units + staff.place_asked(viewer, asked.get("place", ""), {pk for pk, _name in units})
    return {
        "category": staff.named(staff.category_roots()),
        "place": places,
        "lead": units,
        "indicator": [(each.code, each.name) for each in SOURCE.indicators],
    }


def filters_of(form: forms.FilterForm, tab: str) -> Any:
    """The selector's filters; a form with errors filters nothing but the tab."""
    data = form.cleaned_data if form.is_valid() else {}
    given = {name: data.get(name) for name in KEPT if data.get(name)}
    return selectors.Filters(tab=tab, words=data.get("q", ""), **given)


def list_page(request: HttpRequest) -> dict[str, Any]:
    """The page of the list."""
    viewer, params, tab = request.actor, request.GET, tab_of(request.GET)
    form = forms.FilterForm(params, choices=filter_choices(viewer, params))
    shown = settings_of(request)
    page = selectors.page_for(viewer, filters_of(form, tab), cursor=params.get("cursor", ""), now=timezone.now())
    rest = {key: value for key, value in params.items() if key != "cursor" and value}
    here, path = urlencode(rest), request.path
    query = f"?{here}&" if here else "?"
    title, text = EMPTY[tab]
    return {
        "form": form,
        "tab": tab,
        "kept": [(key, value) for key, value in rest.items() if key not in {"q", "tab"}],
        "may_collect": viewer.has("matters.report"),
        "bulk_actions": [(code, words) for code, words, right in BULK if viewer.has(right)],
        "tabs": tabs(viewer, rest, tab),
        "settings": shown,
        "show_form": forms.ShowForm(
            initial={"density": shown.density, "columns": shown.columns},
            columns=[(code, column.label) for code, column in show.LIST_COLUMNS.items()],
        ),
        "filters": c.Filters(
            form=form,
            chips=show.chosen(form, rest, path),
            clear_url=f"{path}?tab={tab}",
            saved=[c.Link(each.name, f"{path}?{each.query}") for each in staff.saved_filters(viewer)],
            save_url=f"{reverse('filter_save')}?{here}" if len(rest) > ("tab" in rest) else "",
            action=path,
            hidden={"tab": tab},
        ),
        "table": show.table(
            page.rows,
            caption=TABS[tab],
            columns=shown.columns,
            count=page.count.n,
            cap=page.count.cap,
            next_url=f"{query}cursor={page.next}" if page.next else "",
            prev_url=f"{query}cursor={page.previous}" if page.previous else "",
            select="tick",
            form="bulk",
            empty=c.Empty(title, text),
        ),
        "export_url": f"{reverse('matters_export')}?{here}",
        "print_url": f"{reverse('matters_print')}?{here}",
        "here": here,
        "now": timezone.now(),
    }


def tabs(viewer: Actor, rest: dict[str, str], active: str) -> list[c.Tab]:
    """Tabs with counts; filters stay when the tab changes."""
    counts = selectors.tabs_for(viewer, timezone.now())
    return [
        c.Tab(label, f"?{urlencode({**rest, 'tab': code})}", counts.get(code), code == active)
        for code, label in TABS.items()
    ]


def conditions(form: forms.FilterForm, tab: str) -> str:
    """The filters in force in one line, for paper and workbook."""
    chips = show.chosen(form, {}, "")
    return "；".join([str(TABS[tab]), *(f"{chip.label}：{chip.value}" for chip in chips)])


#: Heading and width of each column of the workbook.
EXPORT_COLUMNS = (
    (gettext_lazy("编号"), 16), (gettext_lazy("标题"), 40), (gettext_lazy("类别"), 20), (gettext_lazy("发生地"), 24),
    (gettext_lazy("状态"), 12), (gettext_lazy("当前单位"), 20), (gettext_lazy("牵头单位"), 20), (gettext_lazy("收到时间"), 17),
    (gettext_lazy("办结时限"), 17), (gettext_lazy("时限情况"), 18), (gettext_lazy("督办级别"), 10), (gettext_lazy("反映人数"), 10),
)  # fmt: skip


def export_row(row: Any) -> list[Any]:
    """One line of the workbook: no names, no numbers of persons."""
    return [
        row.number, row.title, row.category_name, row.place_name, _(row.state_words), row.holder_name, row.lead_name,
        show.when(row.received_at), show.when(row.due_at), show.clock_words(row.light_words), row.press_level or "", row.voices,
    ]  # fmt: skip


def all_rows(viewer: Actor, filters: Any, *, most: int) -> list[Any]:
    """Rows of every page up to ``most``, by the same selector as the list."""
    rows: list[Any] = []
    cursor = ""
    while len(rows) < most:
        page = selectors.page_for(viewer, filters, cursor=cursor, limit=min(500, most - len(rows)), now=timezone.now())
        rows += page.rows
        cursor = page.next
        if not cursor:
            break
    return rows
