"""Roles, posts, standing in: writes. A change of rights needs two people; taking rights away works at once."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from yanzhen.kernel.accounts.api import Account, create_account
from yanzhen.kernel.errors import Conflict, DomainError, NotAllowed, NotFound
from yanzhen.kernel.rulebook.api import value as rule
from yanzhen.kernel.scope.api import Actor, need
from yanzhen.kernel.trail import api as trail
from yanzhen.registry import actions
from yanzhen.registry.domain import posts as rules
from yanzhen.registry.domain.posts import Span
from yanzhen.registry.models import Delegation, Post, Role, RoleGrant, Unit
from yanzhen.registry.selectors.posts import GRANTS, holdings, paths_of, valid_on
from yanzhen.registry.selectors.units import ref

ROLES = Path(__file__).resolve().parent.parent / "roles.toml"


def read_roles(path: Path = ROLES) -> dict[str, dict[str, Any]]:
    """The roles of the file: code → name, kind, levels, capabilities (groups resolved, sorted)."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    groups: dict[str, list[str]] = data.get("groups", {})
    found: dict[str, dict[str, Any]] = {}
    for code, entry in data["roles"].items():
        codes = set(entry.get("capabilities", ()))
        for group in entry.get("includes", ()):
            codes.update(groups[group])
        found[code] = {
            "name": entry["name"],
            "kind": entry.get("kind", Role.Kind.BUSINESS.value),
            "levels": ",".join(entry.get("levels", ())),
            "capabilities": sorted(codes),
        }
    return found


@transaction.atomic
def sync_roles(*, actor: Actor, now: datetime, path: Path = ROLES) -> list[str]:
    """Bring the roles to what the file says; returns the codes of roles that changed.

    A role that left the file stays (its posts need it) but loses its capabilities.
    """
    if not actor.is_system:
        raise NotAllowed("registry.role.system_only", "角色由安装程序维护。")
    wanted = read_roles(path)
    known = {role.code: role for role in Role.objects.select_for_update().prefetch_related("grants")}
    changed: dict[str, Any] = {}
    for code in sorted(set(wanted) | set(known)):
        role = known.get(code)
        before = _as_entry(role) if role else None
        entry = wanted.get(code) or {**(before or {}), "capabilities": []}
        if before == entry:
            continue
        role = role or Role(code=code)
        role.name, role.kind, role.levels = entry["name"], entry["kind"], entry["levels"]
        role.save()
        had, has = set(before["capabilities"] if before else ()), set(entry["capabilities"])
        role.grants.filter(capability__in=had - has).delete()
        RoleGrant.objects.bulk_create([RoleGrant(role=role, capability=each) for each in sorted(has - had)])
        changed[code] = {"more": sorted(has - had), "less": sorted(had - has)}
    cache.delete_many([f"{GRANTS}:{pk}" for pk in Role.objects.values_list("pk", flat=True)])
    if changed:
        trail.record(
            actor=actor,
            now=now,
            action=actions.ROLES_SYNCED,
            kind="role",
            subject_id=0,
            label=f"{len(changed)}",
            after=changed,
        )
    return sorted(changed)


def _as_entry(role: Role) -> dict[str, Any]:
    return {
        "name": role.name,
        "kind": role.kind,
        "levels": role.levels,
        "capabilities": sorted(grant.capability for grant in role.grants.all()),
    }


def _facts(post: Post) -> dict[str, Any]:
    """What the trail keeps of a post."""
    return {
        "account": post.account.username, "role": post.role.code, "unit": post.unit.code, "title": post.title,
        "from": post.valid_from, "to": post.valid_to, "basis": post.basis, "proposed_by": post.proposed_by,
        "approved_by": post.approved_by,
    }  # fmt: skip


def _label(post: Post) -> str:
    return f"{post.account.display_name} {post.unit.name}{post.title or post.role.name}"


def _record(
    actor: Actor, now: datetime, action: str, post: Post, before: dict[str, Any] | None, note: str = ""
) -> None:
    trail.record(
        actor=actor, now=now, action=action, kind="post", subject_id=post.pk, label=_label(post), before=before,
        after=_facts(post), purpose=note, unit_path=post.unit.path,
    )  # fmt: skip


def _check(post: Post, today: date) -> None:
    """What every new post must meet; the account is locked so that two approvals cannot pass each other."""
    account = Account.objects.select_for_update().get(pk=post.account_id)
    if not account.is_active:
        raise DomainError("registry.post.disabled", "该账号已停用。", field="account")
    span = Span(post.valid_from, post.valid_to)
    rules.check_span(span, today)
    rules.check_place(post.role.levels, post.unit.level, post.unit.kind)
    if post.unit.valid_to is not None and post.unit.valid_to <= today:
        raise DomainError("registry.post.unit_ended", "该单位已撤销。", field="unit")
    rules.check_separation(holdings(account.pk, leave_out=post.pk), rules.Holding(post.role.kind, span))


@transaction.atomic
def propose_post(
    *,
    actor: Actor,
    now: datetime,
    account: Account,
    role: Role,
    unit: Unit,
    valid_from: date,
    valid_to: date | None = None,
    title: str = "",
    basis: str = "",
) -> Post:
    """Propose that ``account`` holds ``role`` at ``unit`` (``valid_to`` exclusive). It gives no right until approved."""
    need(actor, "posts.propose", unit.path)
    if account.pk == actor.account_id:
        raise DomainError("registry.post.not_for_self", "不能给自己提出岗位。", field="account")
    post = Post(
        account=account, role=role, unit=unit, title=title.strip(), basis=basis.strip(), valid_from=valid_from,
        valid_to=valid_to, proposed_by=actor.account_id, proposed_at=now,
    )  # fmt: skip
    _check(post, timezone.localdate(now))
    post.save()
    _record(actor, now, actions.POST_PROPOSED, post, None)
    return post


def _pending(post: Post) -> Post:
    """The post, locked and freshly read; :class:`Conflict` when somebody decided already."""
    fresh = Post.objects.select_for_update(of=("self",)).select_related("account", "role", "unit").get(pk=post.pk)
    if fresh.approved_at is not None or fresh.rejected_at is not None:
        raise Conflict("registry.post.decided", "这项岗位变更已经办理过了，请刷新页面。")
    return fresh


@transaction.atomic
def approve_post(*, actor: Actor, now: datetime, post: Post) -> Post:
    """Approve a proposed post: it holds from its first day on. Proposer and holder cannot approve it."""
    need(actor, "posts.approve", post.unit.path)
    post = _pending(post)
    rules.check_second_person(proposer=post.proposed_by, holder=post.account_id, decider=actor.account_id)
    _check(post, timezone.localdate(now))
    before = _facts(post)
    post.approved_by, post.approved_at = actor.account_id, now
    post.save()
    _record(actor, now, actions.POST_APPROVED, post, before)
    return post


@transaction.atomic
def reject_post(*, actor: Actor, now: datetime, post: Post, reason: str) -> Post:
    """Refuse a proposed post, or take the own proposal back; a reason is asked."""
    mine = post.proposed_by is not None and post.proposed_by == actor.account_id
    need(actor, "posts.propose" if mine else "posts.approve", post.unit.path)
    post = _pending(post)
    if not reason.strip():
        raise DomainError("registry.post.reason", "请写明理由。", field="reason")
    before = _facts(post)
    post.rejected_at, post.closing_note = now, reason.strip()[:200]
    post.save()
    _record(actor, now, actions.POST_REJECTED, post, before, reason)
    return post


@transaction.atomic
def end_post(*, actor: Actor, now: datetime, post: Post, on: date, reason: str) -> Post:
    """End an approved post: ``on`` is the first day without it (today = at once).

    One officer is enough: taking rights away must not wait for a second one. It cannot be brought back but by a new post.
    """
    need(actor, "posts.propose", post.unit.path)
    post = Post.objects.select_for_update(of=("self",)).select_related("account", "role", "unit").get(pk=post.pk)
    today = timezone.localdate(now)
    if post.approved_at is None or (post.valid_to is not None and post.valid_to <= today):
        raise Conflict("registry.post.not_running", "这个岗位现在没有生效，不需要终止。")
    if not reason.strip():
        raise DomainError("registry.post.reason", "请写明理由。", field="reason")
    if on < today or (post.valid_to is not None and on > post.valid_to):
        raise DomainError("registry.post.end_date", "终止日期应在今天（含）与原截止日期之间。", field="on")
    before = _facts(post)
    post.valid_to, post.closing_note = max(on, post.valid_from), reason.strip()[:200]
    post.save()
    _record(actor, now, actions.POST_ENDED, post, before, reason)
    return post


@transaction.atomic
def appoint(
    *,
    actor: Actor,
    now: datetime,
    account: Account,
    role: Role,
    unit: Unit,
    valid_from: date | None = None,
    valid_to: date | None = None,
    title: str = "",
) -> Post:
    """A post without a second person: only the installation itself may (the first three officers, the demo county)."""
    if not actor.is_system:
        raise NotAllowed("registry.post.two_people", "权限变更须由两人办理：提出人不能审批自己提出的变更。")
    today = timezone.localdate(now)
    post = Post(
        account=account, role=role, unit=unit, title=title, valid_from=valid_from or today, valid_to=valid_to,
        proposed_at=now, approved_at=now,
    )  # fmt: skip
    _check(post, today)
    post.save()
    _record(actor, now, actions.POST_APPOINTED, post, None)
    return post


@transaction.atomic
def found_officers(*, actor: Actor, now: datetime, code: str, people: dict[str, str]) -> list[tuple[str, str]]:
    """The first three officers of a unit: kind (system, security, audit) → "login:name"; returns logins and passwords.

    Only the installation may, and only where no officer's post runs yet: afterwards rights are changed by two people.
    """
    unit = Unit.objects.filter(code=code.strip().upper(), valid_to__isnull=True).first()
    if unit is None:
        raise NotFound("registry.officers.unit", "没有代码为“{code}”的单位。", code=code)
    running = Post.objects.filter(valid_on(timezone.localdate(now)), unit=unit, approved_at__isnull=False)
    if running.filter(role__kind__in=rules.OFFICERS).exists():
        raise Conflict("registry.officers.there", "这个单位已有管理员，权限变更须由两人在“岗位与权限”中办理。")
    made = []
    for kind in sorted(rules.OFFICERS):
        username, _, name = people[kind].partition(":")
        account, password = create_account(actor=actor, now=now, username=username, display_name=name or username)
        appoint(actor=actor, now=now, account=account, role=Role.objects.get(code=f"{kind}_officer"), unit=unit)
        made.append((account.username, password))
    return made


@transaction.atomic
def delegate(
    *, actor: Actor, now: datetime, post: Post, to_account: Account, valid_from: date, valid_to: date, reason: str
) -> Delegation:
    """Let ``to_account`` act in the actor's own post for some days (``valid_to`` exclusive), marked 代行 everywhere."""
    post = Post.objects.select_related("account", "role", "unit").get(pk=post.pk)
    if actor.account_id is None or post.account_id != actor.account_id or post.approved_at is None:
        raise NotAllowed("registry.delegation.not_yours", "只能委托自己的岗位。")
    today, span = timezone.localdate(now), Span(valid_from, valid_to)
    unit = ref(post.unit)
    longest = int(rule("posts.delegation_days", unit, on=today))
    rules.check_delegation(kind=post.role.kind, span=span, today=today, longest=longest)
    if not Span(post.valid_from, post.valid_to).overlaps(span):
        raise DomainError("registry.delegation.outside", "代行日期不在您的任期内。", field="valid_from")
    to_account = Account.objects.select_for_update().get(pk=to_account.pk)
    if to_account.pk == actor.account_id or not to_account.is_active:
        raise DomainError("registry.delegation.who", "请选择另一个在用的账号。", field="to_account")
    if not rules.may_stand_in(post.unit.path, paths_of(to_account.pk, today)):
        raise DomainError(
            "registry.delegation.too_far", "代行人应在本单位、下级单位或直接上级任职。", field="to_account"
        )
    rules.check_separation(holdings(to_account.pk), rules.Holding(post.role.kind, span))
    if Delegation.objects.filter(
        post=post, ended_at__isnull=True, valid_from__lt=valid_to, valid_to__gt=valid_from
    ).exists():
        raise DomainError(
            "registry.delegation.twice", "这段时间已经委托了代行人，请先终止原来的委托。", field="valid_from"
        )
    made = Delegation.objects.create(
        post=post, to_account=to_account, valid_from=valid_from, valid_to=valid_to, reason=reason.strip()[:120]
    )
    trail.record(
        actor=actor, now=now, action=actions.POST_DELEGATED, kind="delegation", subject_id=made.pk,
        label=f"{_label(post)} → {to_account.display_name}",
        after={"post": post.pk, "to": to_account.username, "from": valid_from, "until": valid_to, "reason": made.reason},
        unit_path=post.unit.path,
    )  # fmt: skip
    return made


@transaction.atomic
def end_delegation(*, actor: Actor, now: datetime, delegation: Delegation) -> Delegation:
    """End a delegation at once: by the holder of the post, by the one standing in, or by an officer who may end posts."""
    delegation = (
        Delegation.objects.select_for_update(of=("self",))
        .select_related("post__unit", "post__account", "post__role", "to_account")
        .get(pk=delegation.pk)
    )
    post = delegation.post
    if actor.account_id not in (post.account_id, delegation.to_account_id) or actor.account_id is None:
        need(actor, "posts.propose", post.unit.path)
    if delegation.ended_at is not None:
        raise Conflict("registry.delegation.ended", "这项代行已经终止。")
    delegation.ended_at = now
    delegation.save(update_fields=["ended_at"])
    trail.record(
        actor=actor, now=now, action=actions.DELEGATION_ENDED, kind="delegation", subject_id=delegation.pk,
        label=f"{_label(post)} → {delegation.to_account.display_name}", before={"until": delegation.valid_to},
        after={"ended_at": now}, unit_path=post.unit.path,
    )  # fmt: skip
    return delegation


def note_switch(*, actor: Actor, now: datetime, post: Post) -> None:
    """Trace that somebody now acts in another of their posts (checked by the caller: it is among theirs today)."""
    trail.record(
        actor=actor, now=now, action=actions.ACTING_CHANGED, kind="post", subject_id=post.pk, label=_label(post),
        unit_path=post.unit.path,
    )  # fmt: skip
