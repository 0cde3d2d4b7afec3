"""Reading posts: who acts as what."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from yanzhen.kernel.scope.api import Actor, acting_for
from yanzhen.registry.models import Delegation, Post
from yanzhen.registry.selectors.units import ref


def valid_on(on: date, prefix: str = "") -> Q:
    """``valid_from <= on < valid_to`` (open end allowed)."""
    return Q(**{f"{prefix}valid_from__lte": on}) & (
        Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gt": on})
    )


def posts_of(account_id: int, on: date) -> list[Post]:
    """Approved posts of an account on a day, widest unit first."""
    return list(
        Post.objects.filter(valid_on(on), account_id=account_id, approved_at__isnull=False)
        .select_related("role", "unit", "account")
        .order_by("unit__path", "id")
    )


def delegated_to(account_id: int, on: date) -> list[Post]:
    """Posts that others on leave let this account act in on a day."""
    ids = Delegation.objects.filter(
        to_account_id=account_id, valid_from__lte=on, valid_to__gt=on, ended_at__isnull=True
    ).values_list("post_id", flat=True)
    return list(
        Post.objects.filter(valid_on(on), pk__in=list(ids), approved_at__isnull=False).select_related(
            "role", "unit", "account"
        )
    )


def actor_in(post: Post, account_id: int, name: str, *, ip: str = "", request_id: str = "", channel: str = "web") -> Actor:
    """The actor for an account acting in ``post`` (its own, or delegated to it)."""
    actor = Actor(
        name=name,
        account_id=account_id,
        post_id=post.pk,
        role=post.role.code,
        post_label=f"{post.unit.name}{post.title or post.role.name}",
        unit=ref(post.unit),
        capabilities=frozenset(post.role.grants.values_list("capability", flat=True)),
        ip=ip,
        request_id=request_id,
        channel=channel,
    )
    if post.account_id != account_id:
        return acting_for(actor, post.account.display_name)
    return actor
