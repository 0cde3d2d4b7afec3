"""What every page's shell needs, from the request alone: navigation, actor, language, elder mode. No query is made here
but those of the counts that modules registered."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language

from yanzhen.kernel.ui import nav

ELDER_COOKIE = "yz_elder"
BOTTOM_BAR = 4  # the staff layout gives the fourth place to 更多

# BCP 47 tags: what a screen reader needs to choose its voice
HTML_LANG = {"zh-hans": "zh-Hans", "zh-cn": "zh-Hans", "en": "en"}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``nav``, ``bottom_nav``, ``places``, ``actor``, ``elder``, ``html_lang``, ``other_lang``."""
    actor = getattr(request, "actor", None)
    signed_in = actor is not None and getattr(actor, "account_id", None) is not None
    entries = nav.entries(actor, request.path)
    language = get_language() or "zh-hans"
    known = nav.places()
    return {
        "nav": entries,
        "bottom_nav": [entry for entry in entries if entry.phone][:BOTTOM_BAR] or entries[:BOTTOM_BAR],
        "places": {name: nav.address(getattr(known, name)) for name in known.__dataclass_fields__},
        "actor": actor,
        "signed_in": signed_in,
        "elder": request.COOKIES.get(ELDER_COOKIE) == "1",
        "html_lang": HTML_LANG.get(language, language),
        "other_lang": "zh-hans" if language.startswith("en") else "en",
    }
