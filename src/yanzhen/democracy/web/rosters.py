"""Pages of the rosters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from yanzhen.democracy.domain.bodies import BODIES
from yanzhen.democracy.selectors import rosters, scope, staff
from yanzhen.democracy.web import forms, show
from yanzhen.kernel.intake.api import ExportColumn
from yanzhen.kernel.scope.api import may
from yanzhen.kernel.ui import components as c
from yanzhen.kernel.ui import nav
from yanzhen.registry.models import Unit

EXPORT = (
    ("name", "姓名", 12),
    ("sex", "性别", 6),
    ("birth", "出生年", 8),
    ("place", "所在组（网格）", 22),
    ("duty", "职务", 14),
    ("how", "产生方式", 12),
    ("since", "任职日期", 12),
    ("term_ends", "届满日期", 12),
)
SEX = {"1": "男", "2": "女"}


def villages_page(request: HttpRequest, heading: str, url_name: str, intro: str = "") -> dict[str, Any]:
    """The villages of the viewer's scope, as the way into one of them."""
    found = list(scope.villages_in(request.actor)[:500])
    rows = [
        c.Row(name=unit.name, url=f"{reverse(url_name)}?unit={unit.pk}", cells=[c.Cell(unit.code)]) for unit in found
    ]
    empty = c.Empty(_("这里没有村"), _("您的管辖范围内没有村级单位。"))
    return {
        "heading": heading,
        "intro": intro,
        "table": c.CaseTable(
            _("选择村"), [c.Column(_("村")), c.Column(_("代码"))], rows, count=len(rows), cap=500, empty=empty
        ),
    }


def overview(request: HttpRequest, unit: Unit, today: date) -> dict[str, Any]:
    """All rosters of a village: how many, what the law asks, what is wrong."""
    rows = []
    for head in rosters.heads(unit, today):
        body = BODIES[head.body]
        wrong = [f"{_(bar.words)}" for bar in head.bars] + [
            _("%(what)s %(part)s/%(whole)s，应占%(need)s/%(of)s以上")
            % {"what": _(share.words), "part": share.part, "whole": share.whole, "need": share.need, "of": share.of}
            for share in head.shares
            if not share.kept and head.count
        ]
        over = head.term_ends is not None and head.term_ends < today
        state = (
            c.Cell("; ".join(wrong), lamp=c.Lamp("red", "", _("不符")))
            if wrong
            else c.Cell("", lamp=c.Lamp("green", "", _("符合")))
        )
        if not wrong and (over or (not head.count and body.source == "seats")):
            state = c.Cell(_("已届满") if over else _("还没有登记"), lamp=c.Lamp("yellow", "", _("关注")))
        rows.append(
            c.Row(
                name=_(body.words),
                url=reverse("roster", args=[unit.pk, head.body]),
                note=body.basis,
                cells=[
                    c.Cell(head.count),
                    c.Cell(head.women if head.body != "households" else "—"),
                    c.Cell(show.day(head.term_ends)),
                    state,
                ],
            )
        )
    columns = [
        c.Column(_("名册")),
        c.Column(_("人数"), "num"),
        c.Column(_("其中妇女"), "num"),
        c.Column(_("届满"), "date"),
        c.Column(_("法定要求")),
    ]
    imports = (
        nav.address("imports") if request.actor.has("intake.use") and request.actor.has("democracy.rosters") else ""
    )
    return {
        "heading": _("%(village)s：村级名册") % {"village": unit.name},
        "intro": _("村民、户、党员由人员档案算出，不另外登记；代表和委员会成员在这里登记任职和离任。"),
        "actions": [show.Action(_("从表格导入任职"), imports)] if imports else [],
        "table": c.CaseTable(_("名册"), columns, rows, count=len(rows)),
    }


def one(request: HttpRequest, unit: Unit, body: str, today: date) -> dict[str, Any]:
    """One roster with search and filter."""
    form = forms.RosterFilter(request.GET)
    data = form.cleaned_data if form.is_valid() else {}
    page = rosters.roster_page(
        request.actor,
        unit,
        body,
        today,
        q=data.get("q", ""),
        sex=data.get("sex", ""),
        after=request.GET.get("after", ""),
    )
    seated = BODIES[body].source == "seats"
    keeps = may(request.actor, "democracy.rosters", unit.path)
    rows = [_row(unit, body, line, keeps) for line in page.lines]
    columns = [c.Column(_("姓名")), c.Column(_("性别")), c.Column(_("出生年"), "num"), c.Column(_("所在组"))]
    columns += (
        [c.Column(_("职务")), c.Column(_("任期"))] if seated else [c.Column(_("户号"))] if body == "households" else []
    )
    actions = [
        show.Action(
            _("导出"), f"{reverse('roster_export', args=[unit.pk, body])}?{request.GET.urlencode()}", icon="download"
        )
    ]
    if seated and keeps:
        actions.insert(
            0, show.Action(_("登记任职"), reverse("seat_new", args=[unit.pk, body]), primary=True, icon="plus")
        )
    empty = c.Empty(_("名册里没有人"), _("可以登记任职，或从表格导入。") if seated else _("先在人员与家庭中建档。"))
    return {
        "heading": _("%(village)s：%(body)s") % {"village": unit.name, "body": _(BODIES[body].words)},
        "intro": BODIES[body].basis,
        "back": c.Link(_("村级名册"), f"{reverse('rosters')}?unit={unit.pk}"),
        "actions": actions,
        "filters": show.chips(form, request),
        "panels": _shares(unit, body, today),
        "table": c.CaseTable(
            _(BODIES[body].words),
            columns,
            rows,
            count=page.count,
            cap=100_000,
            next_url=show.more_url(request, page.after),
            empty=empty,
        ),
    }


def _shares(unit: Unit, body: str, today: date) -> list[show.Panel]:
    """What the law asks of the make-up of the assembly, as numbers."""
    head = next((each for each in rosters.heads(unit, today) if each.body == body), None)
    if head is None or not head.shares:
        return []
    figures = [
        c.Figure(
            _(share.words),
            f"{share.part}/{share.whole}",
            note=_("应占%(need)s/%(of)s以上") % {"need": share.need, "of": share.of},
            light="green" if share.kept else "red",
        )
        for share in head.shares
    ]
    return [show.Panel(_("组成是否合法"), figures=figures, text=head.shares[0].basis.split("：")[0])]


def _row(unit: Unit, body: str, line: rosters.Line, keeps: bool) -> c.Row:
    url = ""
    if line.seat_id and keeps:
        url = reverse("seat_leave", args=[line.seat_id])
    elif body == "households" and keeps:
        url = reverse("household_delegate", args=[unit.pk, line.household_id])
    cells = [c.Cell(_(SEX.get(line.sex, "—"))), c.Cell(line.birth_year or "—"), c.Cell(line.place)]
    if BODIES[body].source == "seats":
        cells += [
            c.Cell(line.duty or "—", note=_(line.how)),
            c.Cell(f"{show.day(line.since)} — {show.day(line.term_ends)}"),
        ]
    elif body == "households":
        cells.append(c.Cell(line.duty))
    return c.Row(name=line.name, url=url, cells=cells)


def export_rows(lines: Sequence[rosters.Line]) -> tuple[list[ExportColumn], list[dict[str, Any]]]:
    """A roster as a workbook's columns and rows."""
    columns = [ExportColumn(code, str(_(heading)), width) for code, heading, width in EXPORT]
    rows = [
        {
            "name": line.name,
            "sex": _(SEX.get(line.sex, "")) if line.sex in SEX else "",
            "birth": line.birth_year or "",
            "place": line.place,
            "duty": line.duty,
            "how": _(line.how) if line.how else "",
            "since": line.since,
            "term_ends": line.term_ends,
        }
        for line in lines
    ]
    return columns, rows


def seat_form(request: HttpRequest, unit: Unit, today: date) -> forms.SeatForm:
    """The form of a seat; the person is looked for in this village only."""
    form = forms.SeatForm(
        request.POST if request.method == "POST" else None, initial={"since": today, "how": "elected"}
    )
    form.fields["person"].find = lambda text: staff.persons_named(unit, text)  # type: ignore[attr-defined]
    return form
