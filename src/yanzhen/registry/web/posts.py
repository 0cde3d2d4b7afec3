"""Posts and rights: the security officers' pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yanzhen.kernel.accounts.selectors import named
from yanzhen.kernel.scope.web import requires
from yanzhen.kernel.ui.components import Badge, CaseTable, Cell, Chip, Column, Confirm, Empty, Filters, Row, Tab
from yanzhen.registry.models import Post, Role
from yanzhen.registry.selectors import posts as select
from yanzhen.registry.services import posts as services
from yanzhen.registry.web.posts_tools import UnitField, day_input, slice_of, tried

STATES = {
    "proposed": gettext_lazy("待审批"),
    "running": gettext_lazy("在任"),
    "over": gettext_lazy("已结束"),
    "all": gettext_lazy("全部"),
}


def role_choices() -> list[tuple[str, str]]:
    """Roles with their words."""
    return [("", "—"), *((role.code, _(role.name)) for role in select.roles())]


class PostFilter(forms.Form):
    """Search of the list."""

    q = forms.CharField(label=gettext_lazy("姓名、用户名或单位"), required=False)
    role = forms.ChoiceField(label=gettext_lazy("角色"), required=False, choices=role_choices)


class ProposeForm(forms.Form):
    """A proposed post."""

    username = forms.CharField(label=gettext_lazy("用户名"), max_length=40)
    role = forms.ChoiceField(label=gettext_lazy("角色"), choices=role_choices)
    unit = UnitField(label=gettext_lazy("单位（代码或全称）"), max_length=80)
    title = forms.CharField(label=gettext_lazy("职务名称"), max_length=40, required=False)
    valid_from = forms.DateField(label=gettext_lazy("起始日期"), widget=day_input())
    last_day = forms.DateField(label=gettext_lazy("截止日期（含当天）"), widget=day_input(), required=False)
    basis = forms.CharField(label=gettext_lazy("依据（任职文件）"), max_length=200)

    def clean_username(self) -> Any:
        found = named(self.cleaned_data["username"])
        if found is None:
            raise forms.ValidationError(_("没有这个用户名。"))
        return found

    def clean_role(self) -> Role:
        return select.role_by(self.cleaned_data["role"])


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=gettext_lazy("理由"), max_length=200)


class EndForm(ReasonForm):
    """When and why a post ends."""

    on = forms.DateField(label=gettext_lazy("自哪天起不再任职"), widget=day_input())


def row_of(post: Post) -> Row:
    """A post as a line of the list."""
    until = post.valid_to - timedelta(days=1) if post.valid_to else None
    return Row(
        post.account.display_name,
        reverse("post", args=[post.pk]),
        (
            Cell(post.title or _(post.role.name)),
            Cell(post.unit.name),
            Cell(f"{post.valid_from:%Y-%m-%d} — {until:%Y-%m-%d}" if until else f"{post.valid_from:%Y-%m-%d} —"),
        ),
        note=post.account.username,
        badge=state_of(post),
    )


def state_of(post: Post) -> Badge | None:
    """Proposed, refused, over; nothing for a running post."""
    if post.rejected_at is not None:
        return Badge(_("未同意"), "neutral")
    if post.approved_at is None:
        return Badge(_("待审批"), "warning")
    if post.valid_to is not None and post.valid_to <= timezone.localdate():
        return Badge(_("已结束"), "neutral")
    return None


@requires("posts.view")
def post_list(request: HttpRequest) -> HttpResponse:
    """Posts of the officer's subtree by state."""
    state = request.GET.get("state", "running")
    state = state if state in STATES else "running"
    form, today = PostFilter(request.GET or None), timezone.localdate()
    wanted = form.cleaned_data if form.is_valid() else {}
    found = select.posts_for(request.actor, state=state, on=today, **{k: v for k, v in wanted.items() if v})
    rows, more = slice_of(request, found)
    columns = [Column(_("姓名")), Column(_("角色")), Column(_("单位")), Column(_("任期"), kind="date")]
    table = CaseTable(
        _("岗位"), columns, [row_of(post) for post in rows], next_url=more,
        empty=Empty(_("没有符合条件的岗位")), count=found.order_by()[:1000].count(),
    )  # fmt: skip
    tabs = [Tab(label, f"?state={code}", active=code == state) for code, label in STATES.items()]
    chips = [Chip(form.fields[key].label, value, f"?state={state}") for key, value in wanted.items() if value]
    context = {
        "table": table,
        "tabs": tabs,
        "filters": Filters(form, chips, f"?state={state}", hidden={"state": state}),
    }
    return render(request, "registry/posts/list.html", context)


@requires("posts.view")
def roles(request: HttpRequest) -> HttpResponse:
    """Roles × capabilities, to read."""
    roles, lines = select.matrix()
    return render(request, "registry/posts/roles.html", {"roles": roles, "lines": lines})


@requires("posts.propose")
def new(request: HttpRequest) -> HttpResponse:
    """Propose a post."""
    form = ProposeForm(request.POST or None, initial={
        "username": request.GET.get("account", ""), "unit": request.GET.get("unit", ""), "valid_from": timezone.localdate(),
    })  # fmt: skip
    form.fields["unit"].viewer, form.fields["unit"].capability = request.actor, "posts.propose"
    if request.method == "POST" and (made := tried(form, lambda: _propose(request, form.cleaned_data))):
        messages.success(request, _("已提出，等待另一名管理员审批。"))
        return redirect("post", made.pk)
    return render(request, "registry/posts/new.html", {"form": form}, status=422 if form.errors else 200)


def _propose(request: HttpRequest, given: dict[str, Any]) -> Post:
    last = given["last_day"]
    return services.propose_post(
        actor=request.actor, now=timezone.now(), account=given["username"], role=given["role"], unit=given["unit"],
        valid_from=given["valid_from"], valid_to=last + timedelta(days=1) if last else None, title=given["title"],
        basis=given["basis"],
    )  # fmt: skip


@requires("posts.view")
def one(request: HttpRequest, post_id: int) -> HttpResponse:
    """One post with what may be done about it."""
    post = select.post_for(request.actor, post_id)
    pending = post.approved_at is None and post.rejected_at is None
    today = timezone.localdate()
    mine = post.proposed_by == request.actor.account_id
    context = {
        "post": post, "state": state_of(post), "pending": pending, "mine": mine,
        "last_day": post.valid_to - timedelta(days=1) if post.valid_to else None, "role_name": _(post.role.name),
        "can_approve": pending and not mine and request.actor.has("posts.approve"),
        "can_end": post.approved_at and (post.valid_to is None or post.valid_to > today) and request.actor.has("posts.propose"),
    }  # fmt: skip
    return render(request, "registry/posts/one.html", context)


@requires("posts.approve")
@require_POST
def approve(request: HttpRequest, post_id: int) -> HttpResponse:
    """Approve somebody else's proposal."""
    services.approve_post(actor=request.actor, now=timezone.now(), post=select.post_for(request.actor, post_id))
    messages.success(request, _("岗位已批准。"))
    return redirect("post", post_id)


@requires("posts.view")
def reject(request: HttpRequest, post_id: int) -> HttpResponse:
    """Refuse a proposal or take the own one back."""
    post = select.post_for(request.actor, post_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and tried(
        form,
        lambda: services.reject_post(
            actor=request.actor, now=timezone.now(), post=post, reason=form.cleaned_data["reason"]
        ),
    ):
        messages.success(request, _("已办理。"))
        return redirect("post", post_id)
    card = Confirm(
        _("不同意（或撤回）这项岗位"), _("办理后不能恢复，需要时请重新提出。"), request.path, _("确认"),
        reverse("post", args=[post_id]), points=[str(post.account.display_name), post.unit.name, _(post.role.name)], form=form,
    )  # fmt: skip
    return render(request, "registry/confirm.html", {"card": card, "form": form}, status=422 if form.errors else 200)


@requires("posts.propose")
def end(request: HttpRequest, post_id: int) -> HttpResponse:
    """End a running post."""
    post = select.post_for(request.actor, post_id)
    form = EndForm(request.POST or None, initial={"on": timezone.localdate()})
    if request.method == "POST" and tried(
        form,
        lambda: services.end_post(actor=request.actor, now=timezone.now(), post=post, **form.cleaned_data),
    ):
        messages.success(request, _("岗位已终止。"))
        return redirect("post", post_id)
    card = Confirm(
        _("终止岗位"), _("自该日起，这个账号不再以此岗位办理任何事项。"), request.path, _("终止"),
        reverse("post", args=[post_id]), points=[str(post.account.display_name), post.unit.name, _(post.role.name)],
        danger=True, form=form,
    )  # fmt: skip
    return render(request, "registry/confirm.html", {"card": card, "form": form}, status=422 if form.errors else 200)
