"""Reading posts: who acts as what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.core.cache import cache
from django.db.models import Q, QuerySet

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, acting_for, capabilities, within
from yanzhen.registry.domain.posts import Holding, Span
from yanzhen.registry.models import Delegation, Post, Role, RoleGrant
from yanzhen.registry.selectors.units import ref

GRANTS = "registry.role_grants"


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
        Post.objects.filter(
            valid_on(on), pk__in=list(ids), approved_at__isnull=False, account__is_active=True
        ).select_related("role", "unit", "account")
    )


def grants_of(role_id: int) -> frozenset[str]:
    """Capabilities of a role. They change with a release only: kept for a minute, forgotten when roles are synchronised."""
    key = f"{GRANTS}:{role_id}"
    found: frozenset[str] | None = cache.get(key)
    if found is None:
        found = frozenset(RoleGrant.objects.filter(role_id=role_id).values_list("capability", flat=True))
        cache.set(key, found, 60)
    return found


def actor_in(
    post: Post, account_id: int, name: str, *, ip: str = "", request_id: str = "", channel: str = "web"
) -> Actor:
    """The actor for an account acting in ``post`` (its own, or delegated to it)."""
    actor = Actor(
        name=name,
        account_id=account_id,
        post_id=post.pk,
        role=post.role.code,
        post_label=f"{post.unit.name}{post.title or post.role.name}",
        unit=ref(post.unit),
        capabilities=grants_of(post.role_id),
        ip=ip,
        request_id=request_id,
        channel=channel,
    )
    if post.account_id != account_id:
        return acting_for(actor, post.account.display_name)
    return actor


def holdings(account_id: int, *, leave_out: int | None = None) -> list[Holding]:
    """Every approved post and running delegation of an account, over all time: what a new post must not clash with."""
    posts = Post.objects.filter(account_id=account_id, approved_at__isnull=False)
    if leave_out is not None:
        posts = posts.exclude(pk=leave_out)
    found = [
        Holding(post.role.kind, Span(post.valid_from, post.valid_to), f"{post.unit.name}{post.title or post.role.name}")
        for post in posts.select_related("role", "unit")
    ]
    lent = Delegation.objects.filter(to_account_id=account_id, ended_at__isnull=True)
    return found + [
        Holding(
            each.post.role.kind, Span(each.valid_from, each.valid_to), f"{each.post.unit.name}{each.post.role.name}"
        )
        for each in lent.select_related("post__role", "post__unit")
    ]


def paths_of(account_id: int, on: date) -> list[str]:
    """Paths of the units where an account holds posts of its own on a day."""
    found = Post.objects.filter(valid_on(on), account_id=account_id, approved_at__isnull=False)
    return list(found.values_list("unit__path", flat=True))


def accounts_at(unit_ids: Iterable[int], capability: str, on: date) -> set[int]:
    """Accounts that hold ``capability`` in a post right at one of these units on a day, or stand in for such a post."""
    posts = Post.objects.filter(
        valid_on(on), unit_id__in=list(unit_ids), approved_at__isnull=False, role__grants__capability=capability,
        account__is_active=True,
    )  # fmt: skip
    found = dict(posts.values_list("pk", "account_id"))
    lent = Delegation.objects.filter(
        post_id__in=list(found), valid_from__lte=on, valid_to__gt=on, ended_at__isnull=True, to_account__is_active=True
    )
    return set(found.values()) | set(lent.values_list("to_account_id", flat=True))


# --- pages of the officers -------------------------------------------------------------------------------------------


def posts_for(viewer: Actor, *, state: str = "running", on: date, q: str = "", role: str = "") -> QuerySet[Post]:
    """Posts where the viewer may look at posts. ``state``: running, proposed, over, all. ``q``: name, login or unit."""
    found = Post.objects.filter(within(viewer, "posts.view")).select_related("account", "role", "unit")
    if state == "proposed":
        found = found.filter(approved_at__isnull=True, rejected_at__isnull=True)
    elif state == "running":
        found = found.filter(approved_at__isnull=False).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on))
    elif state == "over":
        found = found.filter(Q(rejected_at__isnull=False) | Q(approved_at__isnull=False, valid_to__lte=on))
    if role:
        found = found.filter(role__code=role)
    if q:
        found = found.filter(
            Q(account__display_name__icontains=q) | Q(account__username__icontains=q) | Q(unit__name__icontains=q)
        )
    return found


def post_for(viewer: Actor, post_id: int) -> Post:
    """One post that the viewer may look at; :class:`NotFound` otherwise."""
    found = (
        Post.objects.filter(within(viewer, "posts.view"), pk=post_id).select_related("account", "role", "unit").first()
    )
    if found is None:
        raise NotFound("registry.post.none", "没有这个岗位，或它不在您的管辖范围内。")
    return found


def own_post(viewer: Actor, post_id: int) -> Post:
    """One approved post of the viewer's own account."""
    found = Post.objects.filter(account_id=viewer.account_id or 0, pk=post_id, approved_at__isnull=False).first()
    if found is None:
        raise NotFound("registry.post.none", "没有这个岗位，或它不在您的管辖范围内。")
    return found


def delegations_of(account_id: int) -> list[Delegation]:
    """Delegations given or received by an account, newest first."""
    return list(
        Delegation.objects.filter(Q(post__account_id=account_id) | Q(to_account_id=account_id))
        .select_related("post__unit", "post__role", "post__account", "to_account")
        .order_by("-valid_from", "-id")[:50]
    )


def delegation_for(viewer: Actor, delegation_id: int) -> Delegation:
    """A delegation that the viewer gave, received or may end as an officer."""
    mine = Q(post__account_id=viewer.account_id or 0) | Q(to_account_id=viewer.account_id or 0)
    found = Delegation.objects.filter(
        mine | within(viewer, "posts.propose", "post__unit__path"), pk=delegation_id
    ).first()
    if found is None:
        raise NotFound("registry.delegation.none", "没有这项代行。")
    return found


def roles() -> list[Role]:
    """Every role, in the order of the lists people choose from."""
    return list(Role.objects.order_by("kind", "id"))


def role_by(code: str) -> Role:
    """The role with this code; Role.DoesNotExist when there is none."""
    return Role.objects.get(code=code)


def matrix() -> tuple[list[Role], list[tuple[str, object, list[bool]]]]:
    """Roles, and a line for each declared capability: code, words, held by each role."""
    roles = list(Role.objects.prefetch_related("grants").order_by("kind", "id"))
    held = [{grant.capability for grant in role.grants.all()} for role in roles]
    lines = [(code, found.label, [code in each for each in held]) for code, found in sorted(capabilities().items())]
    return roles, lines
