"""From the desk's page to a draft and back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor
from yanzhen.matters import selectors
from yanzhen.matters.domain.draft import Report
from yanzhen.matters.selectors import staff
from yanzhen.matters.web import forms

#: Where the session keeps the follow-up code of the last report for the page that reads it out.
CODE = "matter_code"


def form_of(viewer: Actor, *args: Any, **kwargs: Any) -> forms.DeskForm:
    return forms.DeskForm(*args, place=lambda text: staff.place_at(viewer, text), category=staff.category_at, **kwargs)


def draft_of(form: forms.DeskForm) -> Report:
    """What the service takes."""
    data = form.cleaned_data
    place, category = data.get("place"), data.get("category")
    return Report(
        channel=data["channel"],
        title=data["title"],
        text=data["text"],
        place_id=place.pk if place else None,
        located=place is not None,
        place_words=data["place_words"],
        category_id=category.pk if category else None,
        urgency=data["urgency"],
        name=data["name"],
        phone=data["phone"],
        secret=data["secret"],
        call_back_wanted=data["call_back"],
        files=data["files"],
    )


def similar(request: HttpRequest) -> list[Any]:
    """Near-duplicates of what stands on the desk's page now; nothing while it is too short to say."""
    text = request.POST.get("text", "").strip()
    if len(text) < 6:
        return []
    form = form_of(request.actor, request.POST)
    form.is_valid()
    place = form.cleaned_data.get("place")
    try:
        return selectors.similar_for(
            request.actor, Report(channel="desk", text=text, place_id=place.pk if place else None)
        )
    except DomainError:
        return []
