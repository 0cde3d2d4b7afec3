"""Logins as the officers of a place see them: those with posts there, and those without any post yet."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from yanzhen.kernel.accounts.models import Account
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, within
from yanzhen.registry.models import Post


def accounts_for(viewer: Actor, *, q: str = "", active: bool | None = None) -> QuerySet[Account]:
    """Logins that hold (or held) a post in the viewer's subtree, or no post at all. ``q``: part of name or login."""
    if not viewer.has("accounts.view"):
        return Account.objects.none()
    posts = Post.objects.filter(account_id=OuterRef("pk"))
    found = Account.objects.filter(Exists(posts.filter(within(viewer, "accounts.view"))) | ~Exists(posts))
    if q:
        found = found.filter(Q(display_name__icontains=q) | Q(username__icontains=q))
    if active is not None:
        found = found.filter(is_active=active)
    return found


def account_for(viewer: Actor, account_id: int, capability: str = "accounts.view") -> Account:
    """One login; to act on it (any other capability than view), every post it has must lie in the viewer's subtree."""
    found = accounts_for(viewer).filter(pk=account_id).first()
    if found is None:
        raise NotFound("accounts.account.none", "没有这个账号，或它不在您的管辖范围内。")
    foreign = Post.objects.filter(account_id=account_id, rejected_at__isnull=True).exclude(within(viewer, capability))
    if capability != "accounts.view" and foreign.exists():
        raise NotFound("accounts.account.none", "没有这个账号，或它不在您的管辖范围内。")
    return found
