"""Complaints and suggestions about the platform itself (国办函〔2026〕12号): given by anybody, answered by somebody."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from yanzhen.kernel.scope.web import requires, signed_in
from yanzhen.matters.selectors import staff
from yanzhen.matters.services import staff as writes
from yanzhen.matters.services.villager import suggest
from yanzhen.matters.web import forms


@signed_in
@require_http_methods(["GET", "POST"])
def feedback_new(request: HttpRequest) -> HttpResponse:
    """Say what is wrong with the platform, or what would help."""
    form = forms.FeedbackForm(
        request.POST if request.method == "POST" else None, initial={"page": request.GET.get("page", "")}
    )
    if form.is_valid():
        suggest(actor=request.actor, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("已收到。答复会显示在本页下方。"))
        return redirect("feedback_new")
    own = staff.feedback_of(request.actor)
    return render(
        request, "matters/feedback_new.html", {"form": form, "own": own}, status=422 if form.is_bound else 200
    )


@requires("matters.feedback")
@require_GET
def feedback(request: HttpRequest) -> HttpResponse:
    """What people said about the platform."""
    answered = request.GET.get("tab") == "answered"
    return render(
        request,
        "matters/feedback.html",
        {"found": staff.feedback_for(request.actor, answered=answered), "answered": answered},
    )


@requires("matters.feedback")
@require_http_methods(["GET", "POST"])
def feedback_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer one of them."""
    kept = staff.feedback_one(request.actor, pk)
    form = forms.FeedbackAnswerForm(request.POST if request.method == "POST" else None, initial={"answer": kept.answer})
    if form.is_valid():
        writes.answer_feedback(
            actor=request.actor, now=timezone.now(), feedback=kept, answer=form.cleaned_data["answer"]
        )
        messages.success(request, _("已答复"))
        return redirect("feedback")
    return render(
        request, "matters/feedback_answer.html", {"form": form, "kept": kept}, status=422 if form.is_bound else 200
    )
