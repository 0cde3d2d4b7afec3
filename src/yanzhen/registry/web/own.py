"""The own account: posts, standing in, preferences; which post to act in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yanzhen.kernel.accounts.adapter import remember
from yanzhen.kernel.accounts.selectors import has_factor, named
from yanzhen.kernel.accounts.services import prefer
from yanzhen.kernel.errors import NotAllowed
from yanzhen.kernel.scope.web import signed_in
from yanzhen.registry.selectors import posts as select
from yanzhen.registry.services import posts as services
from yanzhen.registry.web.middleware import SESSION_POST
from yanzhen.registry.web.posts_tools import day_input, tried


class Preferences(forms.Form):
    """How the pages look, where digests go."""

    language = forms.ChoiceField(label=gettext_lazy("语言"), choices=settings.LANGUAGES, widget=forms.RadioSelect)
    elder = forms.BooleanField(label=gettext_lazy("长辈版（大字）"), required=False)
    email = forms.EmailField(label=gettext_lazy("接收摘要的邮箱"), required=False)


class DelegateForm(forms.Form):
    """Who stands in, from when to when (both days included), why."""

    username = forms.CharField(label=gettext_lazy("代行人的用户名"), max_length=40)
    valid_from = forms.DateField(label=gettext_lazy("从（含当天）"), widget=day_input())
    last_day = forms.DateField(label=gettext_lazy("到（含当天）"), widget=day_input())
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=120)

    def clean_username(self) -> Any:
        found = named(self.cleaned_data["username"])
        if found is None:
            raise forms.ValidationError(_("没有这个用户名。"))
        return found


@signed_in
def account(request: HttpRequest) -> HttpResponse:
    """Own account; POST saves the preferences."""
    user: Any = request.user
    start = {"language": user.language or settings.LANGUAGE_CODE, "elder": user.elder, "email": user.email}
    form = Preferences(request.POST or None, initial=start)
    if request.method == "POST" and tried(
        form, lambda: prefer(actor=request.actor, now=timezone.now(), account=user, **form.cleaned_data)
    ):
        messages.success(request, _("设置已保存。"))
        response = redirect("account")
        user.refresh_from_db()
        remember(response, user, secure=request.is_secure())
        return response
    today = timezone.localdate()
    context = {
        "form": form, "own": select.posts_of(user.pk, today), "lent": select.delegated_to(user.pk, today),
        "delegations": select.delegations_of(user.pk), "today": today, "factor": has_factor(user.pk),
    }  # fmt: skip
    return render(request, "registry/account/own.html", context, status=422 if form.errors else 200)


@signed_in
def delegate(request: HttpRequest, post_id: int) -> HttpResponse:
    """Let somebody stand in for one of the own posts."""
    post = select.own_post(request.actor, post_id)
    form = DelegateForm(request.POST or None)
    if request.method == "POST" and tried(
        form,
        lambda: services.delegate(
            actor=request.actor, now=timezone.now(), post=post, to_account=form.cleaned_data["username"],
            valid_from=form.cleaned_data["valid_from"], valid_to=form.cleaned_data["last_day"] + timedelta(days=1),
            reason=form.cleaned_data["reason"],
        ),
    ):  # fmt: skip
        messages.success(request, _("已委托代行，到期自动终止，也可随时收回。"))
        return redirect("account")
    context = {"form": form, "post": post}
    return render(request, "registry/account/delegate.html", context, status=422 if form.errors else 200)


@signed_in
@require_POST
def end_delegation(request: HttpRequest, delegation_id: int) -> HttpResponse:
    """Take a delegation back at once."""
    delegation = select.delegation_for(request.actor, delegation_id)
    services.end_delegation(actor=request.actor, now=timezone.now(), delegation=delegation)
    messages.success(request, _("代行已终止。"))
    return redirect("account")


@signed_in
def switch(request: HttpRequest) -> HttpResponse:
    """Choose the post to act in; POST ``post`` switches."""
    posts = getattr(request, "posts", [])
    if request.method != "POST":
        return render(request, "registry/account/switch.html", {"posts": posts})
    chosen = next((post for post in posts if str(post.pk) == request.POST.get("post")), None)
    if chosen is None:
        raise NotAllowed("registry.post.not_yours", "这不是您的岗位，或它已经到期。")
    request.session[SESSION_POST] = chosen.pk
    services.note_switch(actor=request.actor, now=timezone.now(), post=chosen)
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "/")
