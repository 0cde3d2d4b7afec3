"""Logins: the system officer's pages."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from yanzhen.kernel.accounts import selectors as logins
from yanzhen.kernel.accounts import services
from yanzhen.kernel.scope.web import requires
from yanzhen.kernel.ui.components import Badge, CaseTable, Cell, Chip, Column, Confirm, Empty, Filters, Row
from yanzhen.registry.selectors.accounts import account_for, accounts_for
from yanzhen.registry.selectors.posts import posts_of
from yanzhen.registry.web.posts import ReasonForm
from yanzhen.registry.web.posts_tools import slice_of, tried


class AccountFilter(forms.Form):
    """Search of the list."""

    q = forms.CharField(label=gettext_lazy("姓名或用户名"), required=False)


class AccountForm(forms.Form):
    """A new login."""

    username = forms.CharField(
        label=gettext_lazy("用户名"), max_length=40, help_text=gettext_lazy("3–40 位字母、数字、点、横线或下划线")
    )
    display_name = forms.CharField(label=gettext_lazy("姓名"), max_length=40)
    email = forms.EmailField(label=gettext_lazy("接收摘要的邮箱"), required=False)


@requires("accounts.view")
def account_list(request: HttpRequest) -> HttpResponse:
    """Logins of the officer's subtree, newest first."""
    form = AccountFilter(request.GET or None)
    q = form.cleaned_data["q"] if form.is_valid() else ""
    found = accounts_for(request.actor, q=q)
    page, more = slice_of(request, found)
    factors = logins.with_factor([account.pk for account in page])
    locked = logins.locked([account.username for account in page], timezone.now())
    rows = [
        Row(
            account.display_name, reverse("account_one", args=[account.pk]),
            (Cell(account.username), Cell(_("已启用") if account.pk in factors else _("未启用"))),
            badge=_badge(account, account.username.lower() in locked),
        )
        for account in page
    ]  # fmt: skip
    table = CaseTable(
        _("账号"), [Column(_("姓名")), Column(_("用户名")), Column(_("二次验证"))], rows, next_url=more,
        count=found.order_by()[:1000].count(), empty=Empty(_("没有符合条件的账号")),
    )  # fmt: skip
    filters = Filters(form, [Chip(_("查找"), q, "?")] if q else [], "?")
    return render(request, "registry/accounts/list.html", {"table": table, "filters": filters})


def _badge(account: services.Account, locked: bool) -> Badge | None:
    if not account.is_active:
        return Badge(_("已停用"), "neutral")
    return Badge(_("已锁定"), "warning") if locked else None


@requires("accounts.manage")
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """Make a login; its one-time password is shown once, on the answer to this very request."""
    form = AccountForm(request.POST or None)
    made = request.method == "POST" and tried(
        form, lambda: services.create_account(actor=request.actor, now=timezone.now(), **form.cleaned_data)
    )
    if made:
        account, password = made
        return render(request, "registry/accounts/password.html", {"account": account, "password": password})
    return render(request, "registry/accounts/new.html", {"form": form}, status=422 if form.errors else 200)


@requires("accounts.view")
def one(request: HttpRequest, account_id: int) -> HttpResponse:
    """One login with its posts and what may be done about it."""
    account = account_for(request.actor, account_id)
    context = {
        "account": account, "posts": posts_of(account.pk, timezone.localdate()), "factor": logins.has_factor(account.pk),
        "locked": account.username.lower() in logins.locked([account.username], timezone.now()),
        "can_manage": request.actor.has("accounts.manage"), "can_factor": request.actor.has("accounts.factor"),
        "can_propose": request.actor.has("posts.propose"),
    }  # fmt: skip
    return render(request, "registry/accounts/one.html", context)


@requires("accounts.manage")
@require_POST
@never_cache
def reset(request: HttpRequest, account_id: int) -> HttpResponse:
    """A new one-time password, shown once."""
    account = account_for(request.actor, account_id, "accounts.manage")
    password = services.reset_password(actor=request.actor, now=timezone.now(), account=account)
    return render(request, "registry/accounts/password.html", {"account": account, "password": password})


@requires("accounts.manage")
@require_POST
def unlock(request: HttpRequest, account_id: int) -> HttpResponse:
    """Lift the lock after failed logins."""
    account = account_for(request.actor, account_id, "accounts.manage")
    services.unlock(actor=request.actor, now=timezone.now(), account=account)
    messages.success(request, _("已解除锁定。"))
    return redirect("account_one", account_id)


@requires("accounts.manage")
def active(request: HttpRequest, account_id: int) -> HttpResponse:
    """Disable or enable, with a reason."""
    account = account_for(request.actor, account_id, "accounts.manage")
    form, want = ReasonForm(request.POST or None), not account.is_active
    if request.method == "POST" and tried(
        form,
        lambda: services.set_active(
            actor=request.actor, now=timezone.now(), account=account, active=want, reason=form.cleaned_data["reason"]
        ),
    ):
        messages.success(request, _("账号已启用。") if want else _("账号已停用。"))
        return redirect("account_one", account_id)
    title = _("启用账号") if want else _("停用账号")
    card = Confirm(
        title, f"{account.display_name} {account.username}", request.path, title,
        reverse("account_one", args=[account_id]), danger=not want, form=form,
    )  # fmt: skip
    return render(request, "registry/confirm.html", {"card": card, "form": form}, status=422 if form.errors else 200)


@requires("accounts.factor")
def factor(request: HttpRequest, account_id: int) -> HttpResponse:
    """Take a lost second factor off a login."""
    account = account_for(request.actor, account_id, "accounts.factor")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and tried(
        form,
        lambda: services.drop_factor(
            actor=request.actor, now=timezone.now(), account=account, reason=form.cleaned_data["reason"]
        ),
    ):
        messages.success(request, _("二次验证已重置，本人下次登录时重新设置。"))
        return redirect("account_one", account_id)
    card = Confirm(
        _("重置二次验证"), _("请先核实身份。重置后，本人下次登录时重新设置。"), request.path, _("重置"),
        reverse("account_one", args=[account_id]), points=[account.display_name], danger=True, form=form,
    )  # fmt: skip
    return render(request, "registry/confirm.html", {"card": card, "form": form}, status=422 if form.errors else 200)
