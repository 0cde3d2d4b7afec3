"""Pages of the list of grid work and of the duty lists."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui import components as c
from yanzhen.kernel.ui import nav
from yanzhen.matters import services
from yanzhen.matters.models import Admission
from yanzhen.matters.selectors import staff
from yanzhen.matters.services.admission import may_step
from yanzhen.matters.web import forms, show

EXPIRES_SOON = 30  # days; only the colour of a lamp on a list, no rule hangs on it
STEPS = {
    Admission.State.APPLIED: "review",
    Admission.State.JOINT: "decide",
    Admission.State.PUBLICITY: "publish",
    Admission.State.IN_FORCE: "end",
}
STEP_WORDS = {
    "review": gettext_lazy("网格办初审"),
    "decide": gettext_lazy("联审评估"),
    "publish": gettext_lazy("公示期满，生效"),
    "end": gettext_lazy("评估后退出清单"),
}


def validity(each: Admission, today: date) -> tuple[c.Lamp | None, str]:
    """Lamp and words of the time in force."""
    span = _("%(from)s 至 %(to)s") % {"from": each.valid_from or "—", "to": each.valid_to or _("长期")}
    if each.state != Admission.State.IN_FORCE:
        return None, span
    if each.valid_to and each.valid_to <= today:
        return c.Lamp("red", _("已到期")), span
    if each.valid_to and (each.valid_to - today).days <= EXPIRES_SOON:
        return c.Lamp("yellow", _("剩 %(n)s 天") % {"n": (each.valid_to - today).days}), span
    return c.Lamp("green", _("生效中")), span


def admission_list(request: HttpRequest, today: date) -> dict[str, Any]:
    """The list with its filters."""
    form = forms.AdmissionFilterForm(request.GET)
    data = form.cleaned_data if form.is_valid() else {}
    found = staff.admissions_for(request.actor, words=data.get("q", ""), state=data.get("state", ""))
    rows = []
    for each in found:
        lamp, span = validity(each, today)
        rows.append(
            c.Row(
                name=each.item,
                url=reverse("admission", args=[each.pk]),
                note=each.code,
                badge=c.Badge(_("紧急"), "danger") if each.urgent else None,
                cells=[
                    c.Cell(each.department.name),
                    c.Cell(each.scope_unit.name),
                    c.Cell(_(each.get_state_display())),
                    c.Cell(span, lamp=lamp),
                    c.Cell(_("%(n)s 分钟") % {"n": each.minutes}, note=each.frequency),
                ],
            )
        )
    columns = [
        c.Column(_("事项")),
        c.Column(_("申请部门")),
        c.Column(_("适用范围")),
        c.Column(_("状态")),
        c.Column(_("有效期")),
        c.Column(_("每次用时")),
    ]
    rest = {key: value for key, value in request.GET.items() if value}
    empty = c.Empty(_("没有符合条件的准入事项"), _("没有准入的事项不得交给网格员；部门可以在这里申请。"))
    return {
        "filters": c.Filters(
            form=form, chips=show.chosen(form, rest, request.path), clear_url=request.path, action=request.path
        ),
        "table": c.CaseTable(_("网格事项准入清单"), columns, rows, count=len(rows), cap=staff.MOST, empty=empty),
        "may_apply": request.actor.has("matters.admission"),
    }


def admission_page(request: HttpRequest, pk: int, today: date) -> dict[str, Any]:
    """One item with its facts, its steps and the form of the next step if the viewer may take it."""
    found = staff.admission_for(request.actor, pk)
    lamp, span = validity(found, today)
    facts = [
        c.AnswerRow(_("编号"), found.code),
        c.AnswerRow(_("申请部门"), found.department.name),
        c.AnswerRow(_("适用范围"), found.scope_unit.name),
        c.AnswerRow(_("交给哪一级"), dict(staff.grid_levels(request.actor, today)).get(found.level, found.level)),
        c.AnswerRow(_("对应类别"), found.category.full_name if found.category else ""),
        c.AnswerRow(_("依据"), found.basis),
        c.AnswerRow(_("工作内容和要求"), found.content),
        c.AnswerRow(_("频次"), found.frequency),
        c.AnswerRow(_("每次用时"), _("%(n)s 分钟") % {"n": found.minutes}),
        c.AnswerRow(_("有效期"), span, lamp=lamp),
    ]
    if found.publicity_to:
        facts.append(c.AnswerRow(_("公示到"), found.publicity_to.isoformat()))
    step = STEPS.get(Admission.State(found.state))
    form = None
    if step and may_step(request.actor, found, step):
        initial = {"step": step, "passed": "yes" if step == "end" else None}
        form = forms.AdmissionStepForm(request.POST or None, initial=initial)
    return {
        "admission": found,
        "facts": facts,
        "history": history(found),
        "form": form,
        "state": _(found.get_state_display()),
        "step_words": STEP_WORDS[step] if step else "",
        "ending": step == "end",
    }


def history(found: Admission) -> list[c.Entry]:
    """Who did what."""
    entries = [c.Entry(_("申请"), found.applied_at, found.applied_name)]
    if found.reviewed_name:
        entries.append(c.Entry(_("网格办初审"), "", found.reviewed_name))
    if found.decided_name:
        entries.append(c.Entry(_("联审评估"), "", found.decided_name))
    if found.words:
        entries[-1] = c.Entry(entries[-1].title, entries[-1].when, entries[-1].who, found.words)
    return entries


def application_form(request: HttpRequest) -> forms.AdmissionForm:
    choices = {
        "department": staff.departments(request.actor),
        "scope_unit": staff.grid_scopes(request.actor),
        "level": staff.grid_levels(request.actor, timezone.localdate()),
        "category": staff.category_at,
    }
    data = request.POST if request.method == "POST" else None
    return forms.AdmissionForm(data, initial=request.GET.dict(), choices=choices)


def apply(actor: Actor, now: datetime, form: forms.AdmissionForm) -> Admission:
    return services.apply_admission(actor=actor, now=now, **form.cleaned_data)


def take_step(actor: Actor, now: datetime, found: Admission, form: forms.AdmissionStepForm) -> None:
    """Review, joint review, end of publicity."""
    data = form.cleaned_data
    services.step_admission(
        actor=actor, now=now, admission=found, step=data["step"], passed=data["passed"], words=data["words"]
    )


def duty_list(request: HttpRequest, today: date) -> dict[str, Any]:
    """The duty lists that the viewer's scope holds."""
    form = forms.DutyFilterForm(request.GET, units=staff.units_with_duties(request.actor))
    data = form.cleaned_data if form.is_valid() else {}
    found = staff.duty_items(
        request.actor, today, words=data.get("q", ""), list_code=data.get("list", ""), unit_id=data.get("unit")
    )
    rows = [
        c.Row(
            name=each.item,
            url=f"{request.path}?unit={each.unit_id}",
            cells=[
                c.Cell(each.unit.name),
                c.Cell(_(each.get_list_display())),
                c.Cell(each.department.name if each.department else "—"),
                c.Cell(each.basis or "—"),
                c.Cell(_("%(from)s 至 %(to)s") % {"from": each.valid_from, "to": each.valid_to or _("长期")}),
            ],
        )
        for each in found
    ]
    columns = [
        c.Column(_("事项")),
        c.Column(_("单位")),
        c.Column(_("清单")),
        c.Column(_("责任部门")),
        c.Column(_("依据")),
        c.Column(_("有效期")),
    ]
    rest = {key: value for key, value in request.GET.items() if value}
    empty = c.Empty(
        _("没有符合条件的履职事项"), _("清单由县里统一导入；部门职责不得下推到乡镇，清单外的事项不得交给村里。")
    )
    may = request.actor.has("intake.use") and request.actor.has("matters.admission")
    return {
        "import_url": nav.address("imports") if may else "",
        "filters": c.Filters(
            form=form, chips=show.chosen(form, rest, request.path), clear_url=request.path, action=request.path
        ),
        "table": c.CaseTable(_("履职事项清单"), columns, rows, count=len(rows), cap=staff.MOST, empty=empty),
    }
