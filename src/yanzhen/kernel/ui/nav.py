"""The navigation: modules register their entries, the shell shows those that the actor's post may use.

A module registers in its ``AppConfig.ready``; ``site`` says once where search, post switch and the other fixed places
are (:func:`places`). Neither side imports the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from yanzhen.kernel.ui.components import NavEntry, Text


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the primary navigation.

    ``capability``: shown only to posts that hold it ("" = everybody signed in). ``phone``: belongs to the bottom bar of
    the phone (four on field pages; three and 更多 on staff pages). ``count``: open items for the actor; None or 0 shows
    nothing.
    """

    code: str
    label: Text
    url_name: str
    icon: str = "list-check"
    capability: str = ""
    order: int = 100
    phone: bool = False
    count: Callable[[Any], int | None] | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """URL names of the fixed places of the shell; "" or an unknown name leaves the link out."""

    home: str = "home"
    search: str = ""
    switch_post: str = ""
    account: str = ""
    login: str = "account_login"
    logout: str = "account_logout"
    feedback: str = ""
    notices: str = ""
    help: str = ""
    privacy: str = ""
    accessibility: str = ""


_ITEMS: dict[str, NavItem] = {}
_PLACES: list[Places] = [Places()]


def register(item: NavItem) -> NavItem:
    """Add an entry; the same code registered again replaces it."""
    _ITEMS[item.code] = item
    return item


def items() -> list[NavItem]:
    """Every registered entry, by order and code."""
    return sorted(_ITEMS.values(), key=lambda item: (item.order, item.code))


def places(value: Places | None = None) -> Places:
    """The fixed places; with a value, set them first (called once by ``site``)."""
    if value is not None:
        _PLACES[0] = value
    return _PLACES[0]


def address(url_name: str) -> str:
    """The address of a URL name without arguments, "" when there is none (an entry without a page is not shown)."""
    if not url_name:
        return ""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def entries(actor: Any, path: str) -> list[NavEntry]:
    """The entries this actor sees on the page at ``path``, the longest matching address marked active."""
    if actor is None or getattr(actor, "account_id", None) is None:
        return []
    seen = [(item, address(item.url_name)) for item in items() if not item.capability or actor.has(item.capability)]
    seen = [(item, url) for item, url in seen if url]
    matching = [url for _item, url in seen if path == url or (url != "/" and path.startswith(url))]
    active = max(matching, key=len, default=None)
    return [
        NavEntry(
            url=url,
            label=item.label,
            icon=item.icon,
            active=url == active,
            count=item.count(actor) if item.count else None,
            phone=item.phone,
        )
        for item, url in seen
    ]
