"""Plain pages beside the login."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yanzhen.kernel.scope.web import public_page


@public_page
def closed(request: HttpRequest) -> HttpResponse:
    """There is no sign-up: accounts are made by the system officer."""
    return render(request, "account/signup_closed.html", status=404)


@public_page
def forgotten(request: HttpRequest) -> HttpResponse:
    """What to do with a forgotten password: the system officer sets a one-time password."""
    return render(request, "account/password_reset.html")
