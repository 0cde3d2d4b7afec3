"""Delivering webhooks: signed, pinned to a checked address, tried again with growing waits, given up visibly."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.tasks.api import periodic
from yanzhen.matters.domain import programs as rules
from yanzhen.matters.models import WebhookCall
from yanzhen.matters.selectors.limits import day_of
from yanzhen.matters.selectors.lines import line
from yanzhen.matters.services.gate import on_act
from yanzhen.matters.services.programs import queue

AT_ONCE = 100  # deliveries to one webhook in one run
LARGEST = 2048  # bytes read of an answer
TIMEOUT = httpx.Timeout(5.0, connect=3.0)
LONGEST = 10.0  # seconds for a whole answer

on_act(queue)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a try ended. ``given_up``: trying again cannot help (the operator no longer allows the host)."""

    ok: bool
    words: str


def post(url: str, body: str, secret: str, event: str, at: int) -> Answer:
    """One try. The name is looked up once, each address checked, and the connection made to the checked address, so that a
    name cannot lead elsewhere between the check and the call. Redirects are not followed; the environment's proxies are not
    asked."""
    listed = rules.listed_hosts(settings.YANZHEN.webhook_hosts)
    try:
        host, port = rules.check_target(url, listed)
        addresses = list(dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        for address in addresses:
            rules.check_address(address, listed)
    except DomainError as error:
        return Answer(False, error.code)
    except (OSError, UnicodeError) as error:
        return Answer(False, type(error).__name__)
    parts = urlsplit(url)
    pinned = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Yanzhen-Webhook/1",
        "X-Yanzhen-Event": event,
        "X-Yanzhen-Delivery": str(json.loads(body)["id"]),
        "X-Yanzhen-Signature": rules.signature(secret, body, at),
    }
    target = f"{parts.scheme}://{pinned}:{port}{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
            request = client.build_request("POST", target, content=body.encode(), headers=headers)
            request.extensions["sni_hostname"] = host
            return _read(client.send(request, stream=True))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Answer(False, type(error).__name__)


def _read(response: httpx.Response) -> Answer:
    """Status and the beginning of the answer, never more than a little and never for long."""
    until, read = time.monotonic() + LONGEST, b""
    try:
        for chunk in response.iter_raw(1024):
            read += chunk
            if len(read) > LARGEST or time.monotonic() > until:
                break
    finally:
        response.close()
    words = f"{response.status_code} {read[:120].decode('utf-8', 'replace')}".strip()
    return Answer(200 <= response.status_code < 300, "".join(char for char in words if char.isprintable())[:200])


@periodic("webhooks", seconds=10)
def deliver(now: datetime) -> int:
    """Send what is due, oldest first; a webhook that does not answer is left alone for the rest of the run, and holds up no
    other one."""
    due = WebhookCall.objects.filter(status="waiting", next_at__lte=now, webhook__active=True)
    sent = 0
    for webhook_id in list(due.order_by("webhook_id").values_list("webhook_id", flat=True).distinct()):
        for call in due.filter(webhook_id=webhook_id).select_related("webhook").order_by("id")[:AT_ONCE]:
            answer = post(call.webhook.url, call.body, call.webhook.secret, call.event, int(now.timestamp()))
            note(call, answer, now)
            sent += answer.ok
            if not answer.ok:
                break
    return sent


@periodic("webhooks_tidy", seconds=86_400)
def tidy(now: datetime) -> int:
    """Forget deliveries that arrived long ago (rule ``matters.webhook.keep_days``); those given up stay visible."""
    days = int(value("matters.webhook.keep_days", None, on=day_of(now)))
    gone, _ = WebhookCall.objects.filter(status="done", created_at__lt=now - timedelta(days=days)).delete()
    return gone


def note(call: WebhookCall, answer: Answer, now: datetime) -> None:
    """Write down how a try ended and when the next one is due, by the rules of the webhook's unit."""
    call.tries += 1
    call.answer = answer.words
    if answer.ok:
        call.status, call.next_at = "done", None
    else:
        unit, on = line(call.webhook.unit_id).ref, day_of(now)
        if call.tries >= int(value("matters.webhook.tries", unit, on=on)):
            call.status, call.next_at = "failed", None
        else:
            first = int(value("matters.webhook.first_wait", unit, on=on))
            longest = int(value("matters.webhook.longest_wait", unit, on=on))
            call.next_at = now + timedelta(seconds=rules.wait_after(call.tries, first, longest))
    WebhookCall.objects.filter(pk=call.pk, status="waiting").update(
        tries=call.tries, answer=call.answer, status=call.status, next_at=call.next_at
    )
