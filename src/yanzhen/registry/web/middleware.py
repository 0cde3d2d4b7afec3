"""Who acts: the account's post of this session, on every request."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from yanzhen.kernel.scope.api import Actor, public
from yanzhen.registry.selectors.posts import actor_in, delegated_to, posts_of

SESSION_POST = "post_id"


def resolve(request: HttpRequest) -> Actor:
    """The actor of a request: the post kept in the session if it still holds, else the first one, else no rights."""
    ip = request.META.get("REMOTE_ADDR", "")
    request_id = getattr(request, "request_id", "")
    user = request.user
    if not user.is_authenticated:
        return public(ip=ip, request_id=request_id)
    today = timezone.localdate()
    posts = posts_of(user.pk, today) + delegated_to(user.pk, today)
    wanted = request.session.get(SESSION_POST)
    chosen = next((post for post in posts if post.pk == wanted), posts[0] if posts else None)
    request.posts = posts  # type: ignore[attr-defined]
    request.roles = frozenset(post.role.code for post in posts)  # type: ignore[attr-defined]
    if chosen is None:
        return Actor(name=user.display_name, account_id=user.pk, ip=ip, request_id=request_id)
    return actor_in(chosen, user.pk, user.display_name, ip=ip, request_id=request_id)


def actor(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Set ``request.actor``."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.actor = resolve(request)  # type: ignore[attr-defined]
        return get_response(request)

    return middleware
