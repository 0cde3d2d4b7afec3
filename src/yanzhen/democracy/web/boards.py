"""The board of a township or county, and the rows behind the figures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from yanzhen.democracy.selectors import figures, staff
from yanzhen.democracy.selectors.scope import today_of, villages_in
from yanzhen.democracy.web import show
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui import components as c
from yanzhen.measures.api import NOW, figures_for, month_of
from yanzhen.registry.api import unit_ref
from yanzhen.registry.models import Unit


def board(request: HttpRequest, unit: Unit, now: datetime) -> dict[str, Any]:
    """Decisions by step and age, disclosure on time, objections answered: each number opens its rows."""
    today = today_of(now)
    lines = staff.board(request.actor, unit, today, now)
    villages = reverse("democracy_board")
    rows = []
    for line in lines:
        village = line.unit.level == "village"
        url = f"{reverse('disclosures')}?unit={line.unit.pk}" if village else f"{villages}?unit={line.unit.pk}"
        steps = "；".join(f"{_(step)} {n}" for step, n in line.steps.most_common(4))
        late = c.Lamp("red", "", _("逾期 %(n)s") % {"n": line.late}) if line.late else c.Lamp("green", "", _("按时"))
        rows.append(
            c.Row(
                name=line.unit.name,
                url=url,
                cells=[
                    c.Cell(line.open, url=f"{reverse('decisions')}?unit={line.unit.pk}" if village else "", note=steps),
                    c.Cell(line.stuck, lamp=c.Lamp("red", "", _("停滞")) if line.stuck else None),
                    c.Cell(line.carrying),
                    c.Cell(line.due, lamp=late),
                    c.Cell(
                        line.objections,
                        lamp=c.Lamp("red", "", _("超期 %(n)s") % {"n": line.late_objections})
                        if line.late_objections
                        else None,
                    ),
                ],
            )
        )
    columns = [
        c.Column(_("单位")),
        c.Column(_("议事中"), "num"),
        c.Column(_("停滞"), "num"),
        c.Column(_("实施中"), "num"),
        c.Column(_("本季应公开"), "num"),
        c.Column(_("待答复异议"), "num"),
    ]
    links = [
        c.Link(_("应议未议"), reverse("decisions_due")),
        c.Link(_("未按程序决策"), reverse("skips")),
        c.Link(_("审计、巡察覆盖"), reverse("audits")),
    ]
    return {
        "heading": _("%(unit)s：议事和公开看板") % {"unit": unit.name},
        "back": c.Link(_("四议两公开"), reverse("decisions")),
        "panels": [show.Panel(_("指标"), figures=facts(request.actor, unit, now), links=links)],
        "table": c.CaseTable(_("议事和公开"), columns, rows, count=len(rows), empty=c.Empty(_("这里没有村"))),
    }


def facts(viewer: Actor, unit: Unit, now: datetime) -> list[c.Figure]:
    """The module's facts of this month and of now, each with the list behind it."""
    from yanzhen.democracy.indicators import SOURCE

    place, today = unit_ref(unit), today_of(now)
    month = month_of(today)
    monthly = figures_for(viewer, [place], month, on=today)[place.id]
    found = []
    for indicator in SOURCE.indicators:
        figure = monthly.get(indicator.code)
        if figure is None:
            continue
        value = (
            "—"
            if figure.value is None
            else f"{figure.value:g}"
            if indicator.kind == "count"
            else f"{100 * figure.value:.1f}"
        )
        period = NOW if indicator.stock else month
        url = SOURCE.rows_url(indicator.code, place.id, period, "denominator")
        found.append(
            c.Figure(
                indicator.name,
                value,
                url,
                note=_("共 %(n)s 件") % {"n": figure.denominator},
                unit="%" if indicator.kind == "rate" else "",
            )
        )
    return found


def rows_page(request: HttpRequest, unit: Unit, now: datetime) -> dict[str, Any]:
    """The records behind one figure."""
    from yanzhen.democracy.indicators import SOURCE

    code, period, part = (request.GET.get(name, "") for name in ("indicator", "period", "part"))
    indicator = next((each for each in SOURCE.indicators if each.code == code), None)
    villages = list(villages_in(request.actor, under=unit.path))
    found = figures.rows_of(code, villages, period or NOW, part, now)
    rows = [
        c.Row(
            name=each.title,
            url=each.url,
            cells=[
                c.Cell(each.unit.name),
                c.Cell(each.when),
                c.Cell(
                    _(each.note),
                    lamp=c.Lamp("green" if each.good else "red", "", _("计入") if each.good else _("未计入")),
                ),
            ],
        )
        for each in found
    ]
    columns = [c.Column(_("记录")), c.Column(_("村")), c.Column(_("时间")), c.Column(_("状态"))]
    return {
        "heading": str(indicator.name) if indicator else _("记录"),
        "back": c.Link(_("看板"), f"{reverse('democracy_board')}?unit={unit.pk}"),
        "table": c.CaseTable(
            _("指标背后的记录"), columns, rows, count=len(rows), cap=100_000, empty=c.Empty(_("没有记录"))
        ),
    }
