"""What is done with a case as a whole: give it up, move it to another version, declare an interest."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yanzhen.kernel.errors import Conflict, DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.api import Actor, need
from yanzhen.procedures import selectors, services
from yanzhen.procedures.models import Case
from yanzhen.procedures.selectors.versions import targets_for
from yanzhen.procedures.web import forms
from yanzhen.procedures.web.fields import PeopleField, said
from yanzhen.procedures.web.sheet import refuse


def _found(request: HttpRequest, pk: int) -> tuple[Actor, Case]:
    viewer: Actor = request.actor  # type: ignore[attr-defined]
    return viewer, selectors.case_for(viewer, pk)


def _page(request: HttpRequest, case: Case, form: Any, status: int = 200, **more: Any) -> HttpResponse:
    return render(request, "procedures/around.html", {"case": case, "form": form, **more}, status=status)


def _try(request: HttpRequest, case: Case, form: Any, deed: Any, told: str, **more: Any) -> HttpResponse:
    """Do it and say so; refused: the form again with the reason."""
    if form.is_valid():
        try:
            deed()
            messages.success(request, told)
            return redirect("case", case.pk)
        except (NotAllowed, NotFound, Conflict):
            raise
        except DomainError as error:
            refuse(form, error)
    return _page(request, case, form, 422, **more)


def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a case up, with a reason."""
    viewer, case = _found(request, pk)
    more = {
        "title": _("终止这件事"), "submit": _("终止"), "danger": True,
        "hint": _("终止后不再办理，记录保留。要改内容后再议的，请用“修改内容”或退回，不要终止。"),
    }  # fmt: skip
    if not any(each.act == "end" for each in selectors.case_view(viewer, case, timezone.now()).acts):
        raise NotAllowed(
            "scope.denied", "您当前的岗位没有这项权限。请切换岗位或联系安全管理员。", capability="procedures.end"
        )
    if request.method == "GET":
        return _page(request, case, forms.ReasonForm(initial={"version": case.version}), **more)
    form = forms.ReasonForm(request.POST)

    def deed() -> None:
        data = form.cleaned_data
        services.end(actor=viewer, now=timezone.now(), case=case, reason=data["reason"], version=data["version"])

    return _try(request, case, form, deed, _("已终止"), **more)


def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a running case to a version that takes it over."""
    viewer, case = _found(request, pk)
    need(viewer, "procedures.migrate", case.unit_path)
    offered = [(n, _("第 %(n)s 版：%(title)s") % {"n": n, "title": said(each.title)}) for n, each in targets_for(case)]
    more = {
        "title": _("转入新版程序"), "submit": _("转入"), "offered": offered,
        "hint": _("只有新版写明可以接手的步骤才能转入；已经做完的步骤不会丢，轨迹会记下。"),
    }  # fmt: skip
    if request.method == "GET":
        return _page(request, case, forms.MoveForm(versions=offered), **more)
    form = forms.MoveForm(request.POST, versions=offered)

    def deed() -> None:
        data = form.cleaned_data
        services.migrate(
            actor=viewer, now=timezone.now(), case=case, to_version=data["to_version"], reason=data["reason"]
        )

    return _try(request, case, form, deed, _("已转入新版程序"), **more)


def interest(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare an interest; whoever has one stays out of sign-offs, tellers and supervision."""
    viewer, case = _found(request, pk)
    more = {
        "title": _("登记回避"), "submit": _("登记"), "cancel": reverse("case", args=[case.pk]),
        "hint": _("近亲属和利害关系人不得参与审核、会签、计票和监督。登记后，这些人不能再办理这件事的相关步骤。"),
    }  # fmt: skip
    form = forms.InterestForm(request.POST if request.method == "POST" else None)
    picker = PeopleField(
        one=True, label=form.fields["person"].label, help_text=form.fields["person"].help_text, required=False
    )
    picker.viewer = viewer
    form.fields["person"] = picker
    if request.method == "GET":
        return _page(request, case, form, **more)

    def deed() -> None:
        person = form.cleaned_data["person"]
        services.declare_interest(
            actor=viewer, now=timezone.now(), case=case, person_id=person or None,
            account_id=None if person else viewer.account_id, reason=form.cleaned_data["reason"],
        )  # fmt: skip

    return _try(request, case, form, deed, _("已登记，相关人员回避"), **more)
