"""Pages of the inbox."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.kernel.notify import selectors, services
from yanzhen.kernel.scope.web import requires, signed_in
from yanzhen.kernel.ui.components import Tab


def _before(request: HttpRequest) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if text.isdigit() and len(text) < 19 else None


def _sent(request: HttpRequest):
    """What was sent, also when it is empty; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


@signed_in
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """The own inbox, unread first."""
    unread_only = request.GET.get("show") == "unread"
    page = selectors.inbox(request.actor, unread_only=unread_only, before=_before(request))
    here = reverse("notices")
    tabs = [
        Tab(_("全部"), here, active=not unread_only),
        Tab(_("未读"), f"{here}?show=unread", count=page.unread, active=unread_only, cap=selectors.MOST),
    ]
    more = f"{here}?before={page.next}{'&show=unread' if unread_only else ''}" if page.next else ""
    newest = max((notice.pk for notice in page.notices), default=0)
    return render(request, "notify/notices.html", {"page": page, "tabs": tabs, "more": more, "newest": newest})


@signed_in
@require_GET
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a notice: it is read, and leads to what it is about."""
    found = services.mark_read(actor=request.actor, now=timezone.now(), pk=pk)
    if found.url and url_has_allowed_host_and_scheme(found.url, {request.get_host()}):
        return redirect(found.url)
    return redirect("notices")


@signed_in
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark as read what the page showed."""
    up_to = request.POST.get("up_to", "")
    if up_to.isdigit() and len(up_to) < 19:
        services.mark_all_read(actor=request.actor, now=timezone.now(), up_to=int(up_to))
    return redirect("notices")


class PreferenceForm(forms.Form):
    """How I want to be told."""

    mail = forms.BooleanField(label=lazy("用邮件发汇总提醒"), required=False)
    gateway = forms.BooleanField(label=lazy("用短信或政务通发汇总提醒"), required=False)
    muted = forms.MultipleChoiceField(
        label=lazy("不再提醒的类别"),
        help_text=lazy("这些消息仍会出现在平台的消息页，只是不发到手机和邮箱。"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["muted"].choices = [(code, _(str(label))) for code, label in services.kinds().items()]
        if not services.kinds():
            del self.fields["muted"]


@signed_in
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """The own preferences."""
    held = selectors.preference_of(request.actor.account_id)
    initial = {"mail": held.mail, "gateway": held.gateway, "muted": held.muted.split(",")}
    form = PreferenceForm(_sent(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        data = {"muted": [], **form.cleaned_data}
        services.save_preference(actor=request.actor, now=timezone.now(), **data)
        messages.success(request, _("已保存。"))
        return redirect("notices")
    return render(request, "notify/preferences.html", {"form": form}, status=422 if form.errors else 200)


@requires("system.dispatches")
@require_GET
def failures(request: HttpRequest) -> HttpResponse:
    """Messages that did not get out, for the system officer: channel, time and reason, not the text."""
    return render(request, "notify/failures.html", {"rows": selectors.failed()})
