"""Disclosures: calendar, drafts, review, publication, corrections, the printed notice."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.democracy.selectors import disclosure as reads
from yanzhen.democracy.selectors import scope
from yanzhen.democracy.selectors.objections import objection_for
from yanzhen.democracy.services import disclosure as writes
from yanzhen.democracy.services import objections as answers
from yanzhen.democracy.web import disclosure as pages
from yanzhen.democracy.web import forms, printing, rosters, show
from yanzhen.democracy.web.fields import number
from yanzhen.kernel.files.api import bytes_response
from yanzhen.kernel.scope.web import requires
from yanzhen.kernel.ui import components as c


def _back(pk: int) -> c.Link:
    return c.Link(_("返回"), reverse("disclosure", args=[pk]))


@requires("democracy.view")
@require_GET
def disclosures(request: HttpRequest) -> HttpResponse:
    """A village's calendar; above the village, notices of the whole scope."""
    unit = scope.own_village(request.actor, number(request.GET.get("unit")))
    page = pages.calendar_page(request, unit, timezone.localdate()) if unit else pages.all_page(request, None)
    return render(request, "democracy/list.html", page)


@requires("democracy.view")
@require_GET
def disclosures_all(request: HttpRequest) -> HttpResponse:
    """Notices by tab."""
    unit = scope.own_village(request.actor, number(request.GET.get("unit")))
    return render(request, "democracy/list.html", pages.all_page(request, unit))


@requires("democracy.view")
@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """What is disclosed, how often, on which basis."""
    village = scope.villages_in(request.actor).first()
    items = reads.items_for(village, timezone.localdate()) if village else []
    return render(request, "democracy/list.html", pages.catalogue_page(items))


@requires("democracy.view")
@require_GET
def objections(request: HttpRequest) -> HttpResponse:
    """Objections that wait for an answer."""
    unit = scope.own_village(request.actor, number(request.GET.get("unit")))
    return render(request, "democracy/list.html", pages.objections_page(request, unit))


@requires("democracy.disclose")
@require_http_methods(["GET", "POST"])
def disclosure_new(request: HttpRequest) -> HttpResponse:
    """A draft for a line of the calendar."""
    today = timezone.localdate()
    unit = scope.own_village(request.actor, number(request.GET.get("unit")))
    if unit is None:
        return render(request, "democracy/list.html", rosters.villages_page(request, _("哪个村的公开"), "disclosures"))
    item = reads.item_for(unit, request.GET.get("item", "government"), today)
    period = request.GET.get("period", "")
    form = pages.draft_form(request, item)
    page = pages.draft_page(unit, item, period, today)
    return show.form_page(
        request, form, page,
        lambda: writes.draft(
            actor=request.actor, now=timezone.now(), unit=unit, item=item.code, period=period, title=form.cleaned_data.get("title", ""),
            sections=pages.sections_of(request, item, form), remarks=form.cleaned_data["remarks"],
        ),
        lambda made: reverse("disclosure", args=[made.pk]), _("已生成公开稿，请送监委会审核"),
    )  # fmt: skip


@requires("democracy.view")
@require_GET
def disclosure(request: HttpRequest, pk: int) -> HttpResponse:
    """One notice."""
    return render(request, "democracy/one.html", pages.one(request, reads.disclosure_for(request.actor, pk)))


@requires("democracy.disclose")
@require_http_methods(["GET", "POST"])
def disclosure_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    row = reads.disclosure_for(request.actor, pk, "democracy.disclose")
    item = reads.item_for(row.unit, row.item, timezone.localdate())
    form = pages.draft_form(request, item, text=pages.old_text(row), remarks=row.remarks, title=row.title)
    page = {"heading": _("修改公开稿"), "intro": row.title, "back": _back(pk), "submit": _("保存")}
    return show.form_page(
        request, form, page,
        lambda: writes.redraft(
            actor=request.actor, now=timezone.now(), disclosure=row, sections=pages.sections_of(request, item, form),
            remarks=form.cleaned_data["remarks"],
        ),
        lambda made: reverse("disclosure", args=[made.pk]), _("已保存"),
    )  # fmt: skip


@requires("democracy.disclose")
@require_POST
def disclosure_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand it to the supervision committee."""
    row = reads.disclosure_for(request.actor, pk, "democracy.disclose")
    return show.pressed(
        request,
        lambda: writes.submit(actor=request.actor, now=timezone.now(), disclosure=row, version=number(request.POST.get("version"))),
        reverse("disclosure", args=[pk]), _("已送监委会审核"),
    )  # fmt: skip


@requires("democracy.supervise")
@require_http_methods(["GET", "POST"])
def disclosure_review(request: HttpRequest, pk: int) -> HttpResponse:
    """The supervision committee's review."""
    row = reads.disclosure_for(request.actor, pk, "democracy.supervise")
    form = forms.ReviewForm(request.POST if request.method == "POST" else None)
    page = {
        "heading": _("审核：%(title)s") % {"title": row.title}, "back": _back(pk), "submit": _("提交审核意见"),
        "panels": [show.Panel(_("公开内容"), notice=reads.notice_of(row))],
    }  # fmt: skip
    return show.form_page(
        request, form, page, lambda: writes.review(actor=request.actor, now=timezone.now(), disclosure=row, **form.cleaned_data),
        lambda made: reverse("disclosure", args=[made.pk]), _("已记录审核意见"),
    )  # fmt: skip


@requires("democracy.disclose")
@require_http_methods(["GET", "POST"])
def disclosure_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Check once more what everybody will read, then put it up."""
    row = reads.disclosure_for(request.actor, pk, "democracy.disclose")
    least = scope.number("disclosure.days", row.unit, timezone.localdate())
    form = forms.PublishForm(request.POST if request.method == "POST" else None, initial={"days": least})
    page = {
        "heading": _("公布前再看一遍"), "back": _back(pk), "submit": _("公布"),
        "intro": _("公布后所有人都能看到，内容不能再改；有错只能更正并说明原因。公布时间不少于 %(n)s 日。") % {"n": least},
        "panels": [show.Panel(row.title, notice=reads.notice_of(row))],
    }  # fmt: skip
    return show.form_page(
        request, form, page, lambda: writes.publish(actor=request.actor, now=timezone.now(), disclosure=row, **form.cleaned_data),
        lambda made: reverse("disclosure", args=[made.pk]), _("已公布"),
    )  # fmt: skip


@requires("democracy.disclose")
@require_http_methods(["GET", "POST"])
def disclosure_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """A correction: a new draft that will replace what hangs."""
    row = reads.disclosure_for(request.actor, pk, "democracy.disclose")
    item = reads.item_for(row.unit, row.item, timezone.localdate())
    form = pages.draft_form(request, item, forms.CorrectForm, text=pages.old_text(row))
    page = {"heading": _("更正：%(title)s") % {"title": row.title}, "back": _back(pk), "submit": _("生成更正稿"),
            "intro": _("更正稿同样要经监委会审核；原来公布的内容仍可查证。")}  # fmt: skip
    return show.form_page(
        request, form, page,
        lambda: writes.correct(
            actor=request.actor, now=timezone.now(), disclosure=row, reason=form.cleaned_data["reason"],
            sections=pages.sections_of(request, item, form) or reads.notice_of(row).sections,
        ),
        lambda made: reverse("disclosure", args=[made.pk]), _("已生成更正稿"),
    )  # fmt: skip


@requires("democracy.view")
@require_GET
def disclosure_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The notice for the board of the village, on paper, with its code."""
    row = reads.disclosure_for(request.actor, pk)
    return bytes_response(printing.notice_pdf(row), f"{row.title}.pdf", "application/pdf")


@requires("democracy.supervise")
@require_http_methods(["GET", "POST"])
def objection_uphold(request: HttpRequest, pk: int) -> HttpResponse:
    """The supervision committee finds an objection to a decision right."""
    row = objection_for(request.actor, pk)
    form = forms.ReasonForm(request.POST if request.method == "POST" else None)
    page = {
        "heading": _("异议成立，退回修改"),
        "intro": row.text,
        "back": _back(row.disclosure_id),
        "submit": _("确认异议成立"),
    }
    return show.form_page(
        request, form, page,
        lambda: answers.uphold(actor=request.actor, now=timezone.now(), objection=row, words=form.cleaned_data["reason"]),
        lambda _made: reverse("disclosure", args=[row.disclosure_id]), _("异议成立，程序已退回"),
    )  # fmt: skip
