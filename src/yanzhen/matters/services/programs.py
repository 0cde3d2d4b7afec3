"""Writes for programs: tokens, webhooks, their queue. Each leaves its trail; the queue is filled inside the act it tells of."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor, need, path_range
from yanzhen.kernel.trail import api as trail
from yanzhen.matters import actions
from yanzhen.matters.domain import programs as rules
from yanzhen.matters.domain.loop import State
from yanzhen.matters.models import ApiToken, Matter, Webhook, WebhookCall
from yanzhen.matters.selectors import programs as reads
from yanzhen.matters.selectors.limits import day_of
from yanzhen.matters.selectors.lines import line

TOKEN_PREFIX = "yzt_"  # noqa: S105 a mark, not a secret
SECRET_PREFIX = "whsec_"  # noqa: S105
MOST_HOOKS = 50


# --- tokens -----------------------------------------------------------------------------------------------------------------


@transaction.atomic
def issue_token(
    *, actor: Actor, now: datetime, name: str, capabilities: Iterable[str], valid_to: date
) -> tuple[ApiToken, str]:
    """A token for the post that the actor acts in; (its row, the token in clear: shown once, never kept).

    DomainError for a right that the post does not have, no right at all, or a day too late.
    """
    if actor.unit is None or actor.post_id is None or actor.account_id is None:
        raise NotAllowed("scope.denied", "您当前的岗位没有这项权限。请切换岗位或联系安全管理员。")
    need(actor, reads.RIGHT, actor.unit.path)
    wanted = sorted(set(capabilities))
    if not name.strip():
        raise DomainError("matters.token.name", "请填写接入系统的名称。", field="name")
    if not wanted:
        raise DomainError("matters.token.rights", "请至少选择一项权限。", field="capabilities")
    if not set(wanted) <= set(reads.rights_of(actor)):
        raise DomainError("matters.token.rights_more", "令牌的权限不能超出您当前岗位的权限。", field="capabilities")
    today = day_of(now)
    longest = int(value("matters.api.token_days", actor.unit, on=today))
    if not today <= valid_to <= today + timedelta(days=longest):
        raise DomainError("matters.token.days", "有效期须在今天起 {n} 日以内。", field="valid_to", n=longest)
    clear = TOKEN_PREFIX + secrets.token_urlsafe(32)
    made = ApiToken.objects.create(
        name=name.strip()[:60], digest=reads.digest(clear), post_id=actor.post_id, capabilities=",".join(wanted),
        created_at=now, created_by=actor.account_id, valid_to=valid_to,
    )  # fmt: skip
    trail.record(
        actor=actor, now=now, action=actions.TOKEN_ISSUED, kind="api_token", subject_id=made.pk, label=made.name,
        after={"capabilities": made.capabilities, "valid_to": valid_to, "post_id": made.post_id}, unit_path=actor.unit.path,
    )  # fmt: skip
    return made, clear


@transaction.atomic
def end_token(*, actor: Actor, now: datetime, token: ApiToken) -> ApiToken:
    """Revoke a token (from ``token_for``): the next call with it is refused."""
    if token.ended_at is not None:
        return token
    token.ended_at = now
    token.save(update_fields=["ended_at"])
    trail.record(
        actor=actor, now=now, action=actions.TOKEN_ENDED, kind="api_token", subject_id=token.pk, label=token.name,
        before={"ended_at": None}, after={"ended_at": now}, unit_path=actor.unit.path if actor.unit else "",
    )  # fmt: skip
    return token


# --- webhooks ---------------------------------------------------------------------------------------------------------------


def _forget() -> None:
    transaction.on_commit(lambda: cache.delete(reads.HOOKS))


def _checked(url: str) -> str:
    url = url.strip()
    if len(url) > 300:
        raise DomainError("matters.webhook.url", "推送地址不对，请填写完整的 http 或 https 地址。", field="url")
    rules.check_target(url, rules.listed_hosts(settings.YANZHEN.webhook_hosts))
    return url


@transaction.atomic
def add_webhook(
    *, actor: Actor, now: datetime, url: str, events: Iterable[str], unit: int | None = None
) -> tuple[Webhook, str]:
    """A webhook for a unit in the actor's place (default: its own); (its row, the signing secret: shown once)."""
    if actor.unit is None and unit is None:
        raise DomainError("matters.webhook.unit", "请选择单位。", field="unit")
    place = line(unit if unit is not None else actor.unit.id).ref  # type: ignore[union-attr]
    need(actor, reads.RIGHT, place.path)
    if Webhook.objects.filter(unit_id=place.id).count() >= MOST_HOOKS:
        raise DomainError("matters.webhook.full", "每个单位最多 {n} 个事件推送。", field="url", n=MOST_HOOKS)
    secret = SECRET_PREFIX + secrets.token_urlsafe(32)
    made = Webhook.objects.create(
        unit_id=place.id, unit_path=place.path, url=_checked(url), secret=secret, events=rules.pack(events),
        created_at=now, created_by=actor.account_id or 0,
    )  # fmt: skip
    trail.record(
        actor=actor, now=now, action=actions.WEBHOOK_ADDED, kind="webhook", subject_id=made.pk, label=made.url[:120],
        after={"events": made.events, "unit_id": made.unit_id}, unit_path=place.path,
    )  # fmt: skip
    _forget()
    return made, secret


@transaction.atomic
def change_webhook(
    *,
    actor: Actor,
    now: datetime,
    webhook: Webhook,
    url: str | None = None,
    events: Iterable[str] | None = None,
    active: bool | None = None,
) -> Webhook:
    """Change what is given of a webhook (from ``webhook_for``)."""
    need(actor, reads.RIGHT, webhook.unit_path)
    before = {"url": webhook.url, "events": webhook.events, "active": webhook.active}
    webhook.url = webhook.url if url is None else _checked(url)
    webhook.events = webhook.events if events is None else rules.pack(events)
    webhook.active = webhook.active if active is None else active
    after = {"url": webhook.url, "events": webhook.events, "active": webhook.active}
    if after == before:
        return webhook
    webhook.save(update_fields=list(after))
    trail.record(
        actor=actor, now=now, action=actions.WEBHOOK_CHANGED, kind="webhook", subject_id=webhook.pk,
        label=webhook.url[:120], before=before, after=after, unit_path=webhook.unit_path,
    )  # fmt: skip
    _forget()
    return webhook


@transaction.atomic
def end_webhook(*, actor: Actor, now: datetime, webhook: Webhook) -> None:
    """Remove a webhook (from ``webhook_for``) with its deliveries."""
    need(actor, reads.RIGHT, webhook.unit_path)
    pk = webhook.pk
    before = {"url": webhook.url, "events": webhook.events, "unit_id": webhook.unit_id}
    WebhookCall.objects.filter(webhook_id=pk).delete()
    Webhook.objects.filter(pk=pk).delete()
    trail.record(
        actor=actor, now=now, action=actions.WEBHOOK_ENDED, kind="webhook", subject_id=pk, label=webhook.url[:120],
        before=before, unit_path=webhook.unit_path,
    )  # fmt: skip
    _forget()


@transaction.atomic
def send_again(*, actor: Actor, now: datetime, call: WebhookCall) -> WebhookCall:
    """Put a delivery that was given up (or is waiting) at the head of the queue again; a delivered one stays as it is."""
    need(actor, reads.RIGHT, call.webhook.unit_path)
    if call.status == "done":
        raise DomainError("matters.webhook.done", "这次推送已经送达，不必重发。")
    before = {"status": call.status, "tries": call.tries}
    call.status, call.tries, call.next_at, call.answer = "waiting", 0, now, ""
    call.save(update_fields=["status", "tries", "next_at", "answer"])
    trail.record(
        actor=actor, now=now, action=actions.WEBHOOK_RESENT, kind="webhook", subject_id=call.webhook_id,
        label=call.event, before=before, after={"call": call.pk}, unit_path=call.webhook.unit_path,
    )  # fmt: skip
    return call


# --- the queue --------------------------------------------------------------------------------------------------------------


def queue(matter: Matter, act: str, actor: Actor, now: datetime) -> int:
    """Listener of ``gate.on_act``: one waiting delivery for each webhook whose unit the matter concerns. Secret matters are
    told to nobody. Joins the transaction (and the trail row) of the act."""
    event = rules.event_of(act, answered=matter.state == State.ANSWERED)
    if not event or matter.secret:
        return 0
    hooks = [(pk, path) for pk, path, kept in reads.listening() if rules.wants(kept, event)]
    if not hooks:
        return 0
    lead = line(matter.lead_id).ref.path if matter.lead_id else ""
    paths = [path for path in (matter.place_path, matter.holder_path, lead) if path]
    near = [pk for pk, path in hooks if any(each in path_range(path) for each in paths)]
    near = list(Webhook.objects.filter(pk__in=near, active=True).values_list("pk", flat=True)) if near else []
    WebhookCall.objects.bulk_create(
        [
            WebhookCall(webhook_id=pk, event=event, body=body_of(matter, event, now), created_at=now, next_at=now)
            for pk in near
        ]
    )
    return len(near)


def body_of(matter: Matter, event: str, now: datetime) -> str:
    """What is sent: what happened to which matter and where it stands, nothing that anybody wrote and no person."""
    place, holder = line(matter.place_id).ref, line(matter.holder_id).ref
    lead = line(matter.lead_id).ref if matter.lead_id else None
    told = {
        "id": uuid.uuid4().hex,
        "event": event,
        "at": now.isoformat(),
        "matter": {
            "id": matter.pk,
            "number": matter.number,
            "state": str(matter.state),
            "category": matter.category.code if matter.category else None,
            "urgency": matter.urgency,
            "place": {"id": place.id, "code": place.code, "name": place.name},
            "holder": {"id": holder.id, "code": holder.code, "name": holder.name},
            "lead": {"id": lead.id, "code": lead.code, "name": lead.name} if lead else None,
            "received_at": matter.received_at.isoformat(),
            "due_at": matter.due_at.isoformat() if matter.due_at else None,
            "press_level": matter.press_level,
            "overdue": matter.overdue,
            "version": matter.version,
            "url": f"{settings.YANZHEN.base_url.rstrip('/')}/api/v1/matters/{matter.pk}",
        },
    }
    return json.dumps(told, ensure_ascii=False)
