"""What a view needs to declare: nobody reaches a page that has not said who may see it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from yanzhen.kernel.errors import NotAllowed

View = Callable[..., HttpResponse]


def requires(capability: str) -> Callable[[View], View]:
    """The page needs a post with ``capability``; without a login: to the login page; without the right: 403.

    The mark ``view.capability`` is what the guard over all URLs reads. Row scope is the selector's task, not this one's.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor = getattr(request, "actor", None)
            if actor is None or actor.account_id is None:
                return redirect_to_login(request.get_full_path())
            if not actor.has(capability):
                raise NotAllowed("scope.denied", "您当前的岗位没有这项权限。请切换岗位或联系安全管理员。", capability=capability)
            return view(request, *args, **kwargs)

        checked.capability = capability  # type: ignore[attr-defined]
        return checked

    return wrap


def signed_in(view: View) -> View:
    """The page needs a login, in whatever post (own account, notices)."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = getattr(request, "actor", None)
        if actor is None or actor.account_id is None:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    checked.capability = "*"  # type: ignore[attr-defined]
    return checked


def public_page(view: View) -> View:
    """The page is for everybody, on purpose."""
    view.capability = ""  # type: ignore[attr-defined]
    return view
