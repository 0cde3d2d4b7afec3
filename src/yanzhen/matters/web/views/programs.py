"""Pages for tokens and webhooks: issue, show once, revoke; add, switch off, send again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.web import requires
from yanzhen.matters.selectors import programs as reads
from yanzhen.matters.services import programs as writes
from yanzhen.matters.web import programs as page
from yanzhen.matters.web.sheet import refuse

RIGHT = reads.RIGHT


@requires(RIGHT)
@require_GET
def tokens(request: HttpRequest) -> HttpResponse:
    """Tokens of the own place."""
    table = page.token_table(reads.tokens_for(request.actor), timezone.localdate())
    return render(request, "programs/tokens.html", {"table": table})


@requires(RIGHT)
@never_cache
@require_http_methods(["GET", "POST"])
def token_new(request: HttpRequest) -> HttpResponse:
    """Issue a token; it is shown on this answer alone."""
    form = page.token_form(request.actor, timezone.localdate(), request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            kept, clear = writes.issue_token(actor=request.actor, now=timezone.now(), **form.cleaned_data)
            shown = {"name": kept.name, "secret": clear, "back": reverse("tokens"), "kind": "token"}
            return render(request, "programs/secret.html", shown)
        except (NotAllowed, NotFound):
            raise
        except DomainError as error:
            refuse(form, error)
    return render(request, "programs/token_new.html", {"form": form}, status=422 if form.is_bound else 200)


@requires(RIGHT)
@require_http_methods(["GET", "POST"])
def token_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a token."""
    kept = reads.token_for(request.actor, pk)
    if request.method == "POST":
        writes.end_token(actor=request.actor, now=timezone.now(), token=kept)
        messages.success(request, _("已吊销，对方系统不能再用它调用接口"))
        return redirect("tokens")
    card = page.end_card(
        _("吊销“%(name)s”？") % {"name": kept.name}, _("吊销后立即失效，不能恢复；需要时可以重新签发。"),
        reverse("token_end", args=[pk]), _("吊销令牌"), reverse("tokens"),
    )  # fmt: skip
    return render(request, "programs/confirm.html", {"card": card, "heading": _("吊销接口令牌")})


@requires(RIGHT)
@require_GET
def webhooks(request: HttpRequest) -> HttpResponse:
    """Webhooks of the own place."""
    found = reads.webhooks_for(request.actor)
    return render(request, "programs/webhooks.html", {"table": page.webhook_table(found, reads.failed_counts(found))})


@requires(RIGHT)
@never_cache
@require_http_methods(["GET", "POST"])
def webhook_new(request: HttpRequest) -> HttpResponse:
    """Add a webhook; its signing secret is shown on this answer alone."""
    form = page.webhook_form(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            kept, secret = writes.add_webhook(actor=request.actor, now=timezone.now(), **form.cleaned_data)
            shown = {"name": kept.url, "secret": secret, "back": reverse("webhooks"), "kind": "webhook"}
            return render(request, "programs/secret.html", shown)
        except (NotAllowed, NotFound):
            raise
        except DomainError as error:
            refuse(form, error)
    return render(request, "programs/webhook_new.html", {"form": form}, status=422 if form.is_bound else 200)


@requires(RIGHT)
@require_GET
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """One webhook with its deliveries."""
    kept = reads.webhook_for(request.actor, pk)
    before = request.GET.get("before", "")
    calls = reads.calls_for(request.actor, kept, before=int(before) if before.isdigit() and len(before) < 19 else None)
    more = f"?before={calls[-1].pk}" if len(calls) == 50 else ""
    failed = reads.calls_for(request.actor, kept, status="failed")
    return render(
        request, "programs/webhook.html", {"kept": kept, "table": page.calls_table(kept, calls, more), "failed": failed}
    )


@requires(RIGHT)
@require_POST
def webhook_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a webhook off or on."""
    kept = reads.webhook_for(request.actor, pk)
    writes.change_webhook(actor=request.actor, now=timezone.now(), webhook=kept, active=not kept.active)
    return redirect("webhook", pk)


@requires(RIGHT)
@require_http_methods(["GET", "POST"])
def webhook_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a webhook."""
    kept = reads.webhook_for(request.actor, pk)
    if request.method == "POST":
        writes.end_webhook(actor=request.actor, now=timezone.now(), webhook=kept)
        messages.success(request, _("已删除，不再推送"))
        return redirect("webhooks")
    card = page.end_card(
        _("删除这个事件推送？"), _("推送记录一并删除，不能恢复。"), reverse("webhook_end", args=[pk]), _("删除推送"),
        reverse("webhook", args=[pk]),
    )  # fmt: skip
    return render(request, "programs/confirm.html", {"card": card, "heading": kept.url})


@requires(RIGHT)
@require_GET
def webhook_call(request: HttpRequest, pk: int, call: int) -> HttpResponse:
    """One delivery."""
    kept = reads.webhook_for(request.actor, pk)
    return render(request, "programs/call.html", page.call_page(kept, reads.call_for(request.actor, kept, call)))


@requires(RIGHT)
@require_POST
def call_again(request: HttpRequest, pk: int, call: int) -> HttpResponse:
    """Send a delivery again."""
    kept = reads.call_for(request.actor, reads.webhook_for(request.actor, pk), call)
    writes.send_again(actor=request.actor, now=timezone.now(), call=kept)
    messages.success(request, _("已重新排队，稍后推送"))
    return redirect("webhook", pk)
