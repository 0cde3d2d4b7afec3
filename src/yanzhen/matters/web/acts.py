"""How each act of the loop looks on a page: its form, its words, and whether it is checked once more before it leaves.

The table of the loop (``domain/loop.py``) says what is possible; this one says only how it is asked. An act of the table that
is missing here is not done from a staff page (acts of the person, of the clock).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui.components import Text
from yanzhen.matters import selectors, services
from yanzhen.matters.domain.loop import ACTS
from yanzhen.matters.models import Matter, Request
from yanzhen.matters.selectors import staff
from yanzhen.matters.web import forms

Choices = Callable[[Actor, Matter], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ActPage:
    """``checked``: shown once more before it is done, because somebody outside the unit is told. ``service``: name of the
    service, "" = the same as the act. ``kind``: of the requests that it decides."""

    form: type[forms.ActForm]
    hint: Text = ""
    done: Text = ""
    checked: bool = False
    danger: bool = False
    service: str = ""
    kind: str = ""
    choices: str = ""


PAGES: dict[str, ActPage] = {
    "take": ActPage(forms.BareForm, _("由本单位直接办理，时限从收到时起算。"), _("已转为本单位自办")),
    "assign": ActPage(
        forms.AssignForm, _("首接单位负责到底；牵头单位只有一个，其他单位协办。"), _("已交办，对方签收后开始办理"), checked=True,
        choices="assign",
    ),
    "divert": ActPage(
        forms.DivertForm, _("分流后不再由本平台办理，当事人会看到您写的话。"), _("已分流，并已告知当事人"), checked=True, danger=True
    ),
    "decline": ActPage(
        forms.DeclineForm, _("不予受理必须有依据，当事人会看到您写的话。"), _("已记为不予受理，并已告知当事人"), checked=True, danger=True
    ),
    "merge": ActPage(
        forms.MergeForm, _("同一地点、同一时段、同一件事并为一件，另一件算作一次附议。"), _("已并案"), checked=True, choices="merge"
    ),
    "raise": ActPage(forms.ReasonForm, _("本级无法协调的，提请上一级研判。"), _("已提请上一级"), checked=True, service="raise_level"),
    "locate": ActPage(forms.LocateForm, _("地点决定由谁研判、按哪里的规则计时。"), _("地点已确定"), choices="place"),
    "classify": ActPage(forms.ClassifyForm, _("类别和紧急程度决定时限，更正后时限会重新计算。"), _("类别已更正"), choices="category"),
    "accept": ActPage(forms.BareForm, _("签收后即为牵头单位，应当先联系当事人。"), _("已签收，请先联系当事人")),
    "dispute": ActPage(forms.ReasonForm, _("每件事项只裁定一次；裁定后不得再退回。"), _("已提出异议，等待裁定"), checked=True),
    "settle": ActPage(forms.SettleForm, _("裁定后牵头单位不再变更。"), _("已裁定"), checked=True, choices="settle"),
    "reassign": ActPage(forms.ReassignForm, _("原牵头单位会收到通知。"), _("已改派"), checked=True, choices="lead"),
    "add_assist": ActPage(forms.AssistForm, "", _("已增加协办单位"), checked=True, choices="assist"),
    "contact": ActPage(forms.ContactForm, _("先联系当事人，再动手办理；联系即计为响应。"), _("已记录联系情况")),
    "progress": ActPage(forms.ProgressForm, "", _("已记录办理情况")),
    "assist_done": ActPage(forms.AssistDoneForm, "", _("已告知牵头单位"), checked=True),
    "stop_clock": ActPage(forms.StopForm, _("停表期间不计入时限，原因会对当事人公开。"), _("已停表")),
    "resume_clock": ActPage(forms.BareForm, _("从现在起继续计时。"), _("已恢复计时")),
    "ask_extension": ActPage(forms.ExtensionForm, _("由上级审批；批准后告知当事人新的时限。"), _("延期申请已提交"), checked=True),
    "decide_extension": ActPage(
        forms.DecideForm, "", _("已审批延期"), checked=True, service="decide_request", kind=Request.EXTENSION, choices="request"
    ),
    "ask_unsolvable": ActPage(forms.UnsolvableForm, _("须说明原因并给出替代办法，由上级审批。"), _("申请已提交"), checked=True),
    "decide_unsolvable": ActPage(
        forms.DecideForm, _("同意后即反馈给当事人。"), _("已审批"), checked=True, service="decide_request", kind=Request.UNSOLVABLE,
        choices="request",
    ),
    "press": ActPage(
        forms.PressForm, _("督办函会发给牵头单位及其上级，解除前一直挂在他们的工作台上。"), _("已督办"), checked=True, choices="level"
    ),
    "clear_press": ActPage(forms.ReasonForm, "", _("已解除督办")),
    "answer": ActPage(forms.AnswerForm, _("反馈给当事人和中心，之后由中心回访。"), _("已反馈给当事人"), checked=True),
    "call_back": ActPage(forms.CallBackForm, _("解决率、满意率只按当事人说的算。"), _("回访已记录")),
    "redo": ActPage(forms.ReasonForm, _("退回牵头单位重新办理。"), _("已退回重办"), checked=True),
    "archive": ActPage(forms.ArchiveForm, _("归档后仍可按规定重新办理。"), _("已归档")),
    "reopen": ActPage(forms.ReasonForm, "", _("已重新办理"), checked=True),
    "note": ActPage(forms.NoteForm, "", _("已批注")),
    "make_secret": ActPage(forms.BareForm, _("之后只有研判单位、牵头和协办单位能看到这件事项。"), _("已设为保密")),
    "exclude": ActPage(forms.ExclusionForm, "", _("申请已提交"), checked=True, service="ask_exclusion"),
    "decide_exclusion": ActPage(
        forms.DecideForm, "", _("已审核"), checked=True, service="decide_request", kind=Request.EXCLUSION, choices="request"
    ),
}  # fmt: skip

#: Shown first, as the way forward; the rest stand below as links.
FORWARD = (
    "accept",
    "assign",
    "settle",
    "decide_extension",
    "decide_unsolvable",
    "answer",
    "call_back",
    "archive",
    "take",
    "reopen",
)


def _leads(viewer: Actor, matter: Matter) -> list[tuple[str, Any]]:
    found = [(unit.pk, unit.name) for unit in selectors.lead_choices(viewer, matter, "")]
    return forms.options(found, _("请选择"))


def choices(page: ActPage, viewer: Actor, matter: Matter) -> dict[str, Any]:
    """The lists that the form of an act needs."""
    if page.choices in {"assign", "settle", "lead", "assist"}:
        units = _leads(viewer, matter)
        if page.choices == "assist":
            return {"assist": units}
        if page.choices == "assign":
            admitted = [
                (each.pk, f"{each.code} {each.item}") for each in selectors.admissions_for_matter(viewer, matter)
            ]
            return {"lead": units, "assists": units[1:], "admission": forms.options(admitted, _("不涉及网格"))}
        return {"lead": units}
    if page.choices == "place":
        return {"place": forms.options(staff.place_names(selectors.place_choices(viewer, matter)), _("请选择"))}
    if page.choices == "category":
        return {"category": staff.category_at}
    if page.choices == "merge":
        return {"into": lambda text: selectors.by_number(viewer, text)}
    if page.choices == "level":
        return {"level": selectors.press_levels(viewer, matter)}
    if page.choices == "request":
        waiting = matter.requests.filter(kind=page.kind, granted__isnull=True)
        return {"request": [(each.pk, asked_words(each)) for each in waiting]}
    return {}


def act_words(code: str) -> str:
    """What the button of an act says. In other languages a deed ("Press") may need another word than a state ("Pressed")."""
    words = ACTS[code].words
    deed = pgettext("办理", words)
    return deed if deed != words else gettext(words)


def asked_words(request: Request) -> str:
    """What is asked, by whom and why, in one line."""
    parts = [request.reason]
    if request.kind == Request.EXTENSION and request.detail:
        parts.append(gettext("延长 %(n)s 个工作日") % {"n": request.detail})
    if request.plan:
        parts.append(request.plan)
    return f"{request.asked_name}：{'；'.join(parts)}"


def possible(viewer: Actor, matter: Matter) -> list[tuple[str, Text, ActPage]]:
    """Acts that this viewer may do now from a page: code, words, page; the way forward first."""
    codes = [act.code for act in selectors.acts_for(viewer, matter) if act.code in PAGES]
    codes.sort(key=lambda code: FORWARD.index(code) if code in FORWARD else len(FORWARD))
    return [(code, act_words(code), PAGES[code]) for code in codes]


def perform(code: str, *, actor: Actor, now: datetime, matter: Matter, form: forms.ActForm) -> Matter:
    """Do the act with what the form holds."""
    page = PAGES[code]
    service = getattr(services, page.service or code)
    given = form.arguments()
    if page.choices == "request":
        given["request"] = matter.requests.get(pk=given["request"])
    return service(actor=actor, now=now, matter=matter, version=form.cleaned_data.get("version"), **given)
