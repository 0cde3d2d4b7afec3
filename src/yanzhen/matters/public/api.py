"""Door of the public pages for modules above: their own pages without a login look, guard and count like these.

``show`` draws a page with the places that need no login; ``visitor`` is whoever reads; ``ChallengeForm`` and ``submission`` hold
back machines; ``received`` keeps number and code of a new matter for the page that shows them once (``report_done``).
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from yanzhen.matters.public import draft
from yanzhen.matters.public.challenge import ChallengeForm
from yanzhen.matters.public.following import spoken
from yanzhen.matters.public.forms import WordsField
from yanzhen.matters.public.limits import submission
from yanzhen.matters.public.pages import full_url, qr_image, sent, show, visitor
from yanzhen.matters.web.fields import PhoneField

__all__ = [
    "ChallengeForm",
    "PhoneField",
    "WordsField",
    "full_url",
    "qr_image",
    "received",
    "show",
    "spoken",
    "submission",
    "visitor",
]


def received(request: HttpRequest, matter: Any, *, contact: bool) -> None:
    """Keep what the page after sending says."""
    draft.write(request, draft.SENT, sent(matter, contact=contact))
