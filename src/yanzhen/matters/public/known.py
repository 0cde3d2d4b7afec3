"""What is reported already near a new report, as far as everybody may see it.

Shown are open matters of the same village that are not secret; a title comes from the words of somebody else, so that rows
of digits (telephones, ID numbers) are struck out and nothing but title, place, day and state is handed on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor
from yanzhen.matters import selectors
from yanzhen.matters.domain.draft import Report
from yanzhen.matters.public.following import STATE_WORDS

_DIGITS = re.compile(r"\d[\d\- ]{4,}[\dXx]")
MOST = 5


@dataclass(frozen=True, slots=True)
class Known:
    """One line of what is known."""

    id: int
    number: str
    title: str
    place: str
    state: Any
    received: str
    voices: int


def struck(text: str) -> str:
    """Rows of six digits and more made unreadable."""
    return _DIGITS.sub("***", text)


def alike(visitor: Actor, draft: Report, now: datetime) -> list[Known]:
    """Open matters that may be the same, the likeliest first."""
    return [_known(each) for each in selectors.similar_for(visitor, draft, now, limit=MOST)]


def joinable(visitor: Actor, draft: Report, number: str, now: datetime) -> Known:
    """The one of them that the person chose; NotFound for any other number."""
    found = next((each for each in alike(visitor, draft, now) if each.number == number), None)
    if found is None:
        raise NotFound("matters.matter.unknown", "没有找到这件事项，或您无权查看。")
    return found


def _known(row: Any) -> Known:
    day = date_format(localtime(row.received_at), _("n月j日"))
    return Known(
        row.id, row.number, struck(row.title), row.place_name, STATE_WORDS.get(row.state, ""), day,
        row.voices,
    )  # fmt: skip
