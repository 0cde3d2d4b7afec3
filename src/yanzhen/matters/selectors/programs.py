"""Reads for programs' keys and webhooks: who a token is, lists of the two pages, what Open311 shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.core.cache import cache
from django.db.models import Q, QuerySet

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor, UnitRef, capabilities, in_range, system, which
from yanzhen.matters.domain.loop import Channel
from yanzhen.matters.domain.programs import box, contains
from yanzhen.matters.models import ApiToken, Attachment, Category, Matter, Webhook, WebhookCall
from yanzhen.matters.selectors.scope import place_side
from yanzhen.registry.api import actor_in, boundaries_on, unit_ref, units_in, valid_on
from yanzhen.registry.models import Post, Unit

RIGHT = "matters.integrate"
MOST = 200
HOOKS = "matters:webhooks"
_FRESH = 10  # seconds that a process keeps the list of webhooks
_BORDERS = "matters:borders"
_BORDERS_FRESH = 600
_EXTRA = ("units.view", "measures.view")


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def rights_of(post: Actor) -> list[str]:
    """Rights of a post that a token can have: those of the loop, the tree and the figures."""
    return [code for code in sorted(capabilities()) if (code.startswith("matters.") or code in _EXTRA) and post.has(code)]


# --- tokens -----------------------------------------------------------------------------------------------------------------


def token_actor(token: str, on: date, *, ip: str = "", request_id: str = "", channel: str = "api") -> tuple[ApiToken, Actor] | None:
    """The token and who acts with it: its post with the rights that both have; None when either holds no more."""
    kept = ApiToken.objects.filter(digest=digest(token), ended_at__isnull=True, valid_to__gte=on).first()
    if kept is None:
        return None
    post = (
        Post.objects.filter(valid_on(on), pk=kept.post_id, approved_at__isnull=False, account__is_active=True)
        .select_related("role", "unit", "account")
        .first()
    )
    if post is None:
        return None
    name = f"{post.account.display_name} · {kept.name}"
    actor = actor_in(post, post.account_id, name, ip=ip, request_id=request_id, channel=channel)
    return kept, replace(actor, capabilities=actor.capabilities & frozenset(kept.capabilities.split(",")))


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token with its post in words."""

    token: ApiToken
    post: str
    unit: str


def _tokens(viewer: Actor) -> QuerySet[ApiToken]:
    reach = which(viewer, RIGHT)
    return ApiToken.objects.filter(post_id__in=Post.objects.filter(in_range(reach, "unit__path")).values("pk"))


def tokens_for(viewer: Actor) -> list[TokenLine]:
    """Tokens of posts within the viewer's place, those that hold first."""
    kept = list(_tokens(viewer).order_by("ended_at", "-id")[:MOST])
    kept.sort(key=lambda each: each.ended_at is not None)
    found = Post.objects.filter(pk__in=[each.post_id for each in kept]).select_related("role", "unit", "account")
    posts = {post.pk: post for post in found}
    return [
        TokenLine(
            each, f"{posts[each.post_id].title or posts[each.post_id].role.name} · {posts[each.post_id].account.display_name}",
            posts[each.post_id].unit.name,
        )
        for each in kept
        if each.post_id in posts
    ]  # fmt: skip


def token_for(viewer: Actor, pk: int) -> ApiToken:
    """One token within the viewer's place; NotFound otherwise."""
    found = _tokens(viewer).filter(pk=pk).first()
    if found is None:
        raise NotFound("matters.token.unknown", "没有找到这个接口令牌。")
    return found


# --- webhooks ---------------------------------------------------------------------------------------------------------------


def _webhooks(viewer: Actor) -> QuerySet[Webhook]:
    return Webhook.objects.filter(in_range(which(viewer, RIGHT), "unit_path"))


def webhooks_for(viewer: Actor) -> list[Webhook]:
    """Webhooks of units within the viewer's place."""
    return list(_webhooks(viewer).order_by("-id")[:MOST])


def webhook_for(viewer: Actor, pk: int) -> Webhook:
    """One of them; NotFound otherwise."""
    found = _webhooks(viewer).filter(pk=pk).first()
    if found is None:
        raise NotFound("matters.webhook.unknown", "没有找到这个事件推送。")
    return found


def calls_for(viewer: Actor, webhook: Webhook, *, status: str = "", before: int | None = None, limit: int = 50) -> list[WebhookCall]:
    """Deliveries of a webhook (from :func:`webhook_for`), newest first."""
    rows = WebhookCall.objects.filter(webhook=webhook)
    if status:
        rows = rows.filter(status=status)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-id")[:limit])


def failed_counts(webhooks: Iterable[Webhook]) -> dict[int, int]:
    """Deliveries given up, by webhook."""
    found: dict[int, int] = {}
    rows = WebhookCall.objects.filter(webhook__in=list(webhooks), status="failed").values_list("webhook_id", flat=True)
    for webhook_id in rows[:1000]:
        found[webhook_id] = found.get(webhook_id, 0) + 1
    return found


def call_for(viewer: Actor, webhook: Webhook, pk: int) -> WebhookCall:
    """One delivery of a webhook; NotFound otherwise."""
    found = WebhookCall.objects.filter(webhook=webhook, pk=pk).first()
    if found is None:
        raise NotFound("matters.webhook.call_unknown", "没有找到这次推送。")
    return found


def listening() -> list[tuple[int, str, str]]:
    """(id, path of its unit, kept events) of every webhook at work; a process keeps the list for a few seconds."""
    found: list[tuple[int, str, str]] | None = cache.get(HOOKS)
    if found is None:
        found = list(Webhook.objects.filter(active=True).order_by("pk").values_list("pk", "unit_path", "events"))
        cache.set(HOOKS, found, _FRESH)
    return found


# --- attachments and categories -----------------------------------------------------------------------------------------------


def attachment_for(viewer: Actor, matter: Matter, pk: int) -> Attachment:
    """One file of a matter that the caller has from ``matter_for``; NotFound otherwise."""
    found = Attachment.objects.filter(matter=matter, pk=pk).select_related("file").first()
    if found is None:
        raise NotFound("matters.file.unknown", "没有找到这个附件。")
    return found


def attachments_for(viewer: Actor, matter: Matter) -> list[Attachment]:
    """Files of a matter that the caller has from ``matter_for``."""
    return list(Attachment.objects.filter(matter=matter).select_related("file").order_by("id"))


def categories(*, parent: str | None = None, words: str = "", public: bool | None = None, most: int = 1000) -> list[Category]:
    """Categories in use: the children of a code ("" = the first level), those that words fit, or all."""
    rows = Category.objects.filter(retired=False).select_related("parent__parent")
    if parent is not None:
        rows = rows.filter(parent__code=parent) if parent else rows.filter(parent__isnull=True)
    if words:
        rows = rows.filter(Q(full_name__icontains=words) | Q(code__startswith=words))
    if public is not None:
        rows = rows.filter(public=public)
    return list(rows.order_by("level", "position", "code")[:most])


def public_category(code: str) -> Category | None:
    """A category in use that the public may choose."""
    return Category.objects.select_related("parent__parent").filter(code=code, public=True, retired=False).first()


# --- Open311 ----------------------------------------------------------------------------------------------------------------


def common_unit() -> UnitRef | None:
    """The lowest division that everything else hangs under: where reports without a place go."""
    layer = list(Unit.objects.filter(depth=1, kind="division", valid_to__isnull=True)[:2])
    found: Unit | None = None
    while len(layer) == 1:
        found = layer[0]
        below = Unit.objects.filter(in_range(unit_ref(found).scope, "path"), depth=found.depth + 1)
        layer = list(below.filter(kind="division", valid_to__isnull=True, level__in=("province", "city", "county"))[:2])
    return unit_ref(found) if found is not None else None


def division_by_code(code: str) -> UnitRef | None:
    """A standing division by code."""
    found = Unit.objects.filter(code=code.strip().upper(), kind="division", valid_to__isnull=True).first()
    return unit_ref(found) if found is not None else None


def place_below(unit: UnitRef, text: str) -> int | None:
    """Id of the place with this code, or with a name that only one place below the unit has."""
    rows = units_in(system("open311"), under=unit.path).filter(kind__in=["division", "grid"])
    ids = rows.order_by().values_list("pk", flat=True)
    by_code = list(ids.filter(code=text.strip().upper())[:1])
    if by_code:
        return int(by_code[0])
    named = list(ids.filter(name=text.strip())[:2])
    return int(named[0]) if len(named) == 1 else None


def village_around(unit: UnitRef, longitude: float, latitude: float, on: date) -> int | None:
    """Id of the village below the unit whose border holds the point, if borders are known."""
    key = f"{_BORDERS}:{unit.id}:{on}"
    boxes: list[tuple[int, tuple[float, float, float, float]]] | None = cache.get(key)
    if boxes is None:
        boxes = _boxes(unit, on)
        cache.set(key, boxes, _BORDERS_FRESH)
    near = [unit_id for unit_id, (west, south, east, north) in boxes if west <= longitude <= east and south <= latitude <= north]
    shapes = boundaries_on(near, on) if near else {}
    return next((unit_id for unit_id in near if unit_id in shapes and contains(shapes[unit_id], longitude, latitude)), None)


def _boxes(unit: UnitRef, on: date) -> list[tuple[int, tuple[float, float, float, float]]]:
    ids = list(units_in(system("open311"), level="village", under=unit.path, on=on).values_list("pk", flat=True))
    found = []
    for at in range(0, len(ids), 400):
        for unit_id, shape in boundaries_on(ids[at : at + 400], on).items():
            bounds = box(shape)
            if bounds is not None:
                found.append((unit_id, bounds))
    return found


def shown(unit: UnitRef) -> QuerySet[Matter]:
    """Matters below a unit that Open311 shows: not secret, of a public class, or come in by Open311 itself."""
    rows = Matter.objects.filter(place_side(unit), secret=False, kind="request")
    rows = rows.filter(Q(category__public=True) | Q(channel=Channel.OPEN311))
    return rows.select_related("category__parent__parent", "lead", "holder")
