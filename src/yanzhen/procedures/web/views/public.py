"""Pages without a login."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from yanzhen.kernel.scope.web import public_page
from yanzhen.procedures.web import public


@public_page
@require_GET
def posting(request: HttpRequest, pk: int) -> HttpResponse:
    """A public notice while it hangs."""
    return render(request, "procedures/posting.html", public.posting_page(pk, timezone.localdate()))
