"""What the public pages show: from selectors to plain values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yanzhen.kernel.crypto.api import mask_name, mask_phone
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor, UnitRef, public
from yanzhen.kernel.ui import components as c
from yanzhen.kernel.ui import nav
from yanzhen.matters.domain.draft import Report
from yanzhen.matters.public.limits import address
from yanzhen.matters.selectors.villager import Place, place_by_code, root

NUMBERS = ("110", "119", "120", "122")


def visitor(request: HttpRequest) -> Actor:
    """Whoever is at a public page, also somebody who is logged in elsewhere: without any right."""
    return public(ip=address(request), request_id=getattr(request, "request_id", ""))


def show(request: HttpRequest, template: str, page: dict[str, Any], status: int = 200) -> HttpResponse:
    """A public page: its fixed places are those that need no login."""
    known = nav.places()
    places = {name: nav.address(getattr(known, name)) for name in ("accessibility", "help")}
    places |= {"home": reverse("public_home"), "feedback": reverse("public_feedback"), "privacy": reverse("public_notices")}
    return render(request, template, page | {"places": places, "bottom_nav": []}, status=status)


def emergency_words(on: date, unit: UnitRef | None = None) -> dict[str, list[str]]:
    """Words that ask for a telephone call at once, by number."""
    found: dict[str, list[str]] = value("matters.public.emergency", unit or root(), on=on)
    return found


def emergency(text: str, on: date, unit: UnitRef | None = None) -> list[str]:
    """The numbers to call at once, if the text speaks of danger; the most fitting first."""
    words = emergency_words(on, unit)
    fitting = [number for number, each in words.items() if any(word in text for word in each)]
    return fitting and [*fitting, *(number for number in NUMBERS if number not in fitting)]


def when(moment: datetime | None) -> str:
    """A moment as people say it: 2026年6月15日 10:00."""
    return date_format(localtime(moment), _("Y年n月j日 H:i")) if moment else ""


def full_url(path: str) -> str:
    """An address of this platform as others reach it."""
    return str(settings.YANZHEN.base_url).rstrip("/") + path


def qr(path: str) -> Any:
    """The QR code of an address of this platform."""
    return segno.make(full_url(path), error="m", micro=False)


def village_url(place: Place) -> str:
    return reverse("public_village", args=[place.code])


def qr_image(path: str) -> str:
    """The QR code as a picture in the page itself."""
    return str(qr(path).svg_data_uri(scale=5, border=2, dark="#000", light="#fff"))


def place_words(place: Place | None, more: str = "") -> str:
    """青山镇 松坡村 · 村小学门口."""
    if place is None:
        return more
    return " · ".join(filter(None, [f"{place.above} {place.name}".strip(), more]))


def answers(kept: dict[str, Any]) -> list[c.AnswerRow]:
    """What was typed, each with its way back."""
    place = place_by_code(kept.get("place", ""))
    what, who = reverse("report"), reverse("report_contact")
    position = _("已附大致位置（约 100 米）") if kept.get("longitude") else ""
    return [
        c.AnswerRow(_("要反映的事"), kept.get("text", ""), what),
        c.AnswerRow(_("地点"), place_words(place, kept.get("place_words", "")), what),
        c.AnswerRow(_("位置"), position, what) if position else c.AnswerRow(_("位置"), _("没有附位置"), what),
        c.AnswerRow(_("称呼"), kept.get("name", ""), who),
        c.AnswerRow(_("联系电话"), kept.get("phone", ""), who),
        c.AnswerRow(_("电话回访"), _("不用回访") if kept.get("call_back") == "no" else _("愿意"), who),
        c.AnswerRow(_("保密"), _("要求保密") if kept.get("secret") else _("不要求"), who),
    ]


def report_of(kept: dict[str, Any], files: list[tuple[str, bytes]]) -> Report:
    """The draft as the loop takes it in."""
    place = place_by_code(kept.get("place", ""))
    return Report(
        text=kept.get("text", ""), place_id=place.ref.id if place else None, located=bool(place and place.exact),
        place_words=kept.get("place_words", ""), longitude=kept.get("longitude") or None, latitude=kept.get("latitude") or None,
        name=kept.get("name", ""), phone=kept.get("phone", ""), secret=bool(kept.get("secret")),
        call_back_wanted=kept.get("call_back") != "no", channel="page", files=files,
    )  # fmt: skip


def sent(matter: Any, *, contact: bool) -> dict[str, Any]:
    """What the page after sending says, as values that a session can keep."""
    return {
        "number": matter.number, "code": matter.code, "desk": matter.desk.name, "first": when(matter.step_due_at),
        "due": when(matter.due_at), "basis": matter.due_basis, "contact": contact, "joined": False,
    }  # fmt: skip


def joined(matter: Any, voice: Any) -> dict[str, Any]:
    """The same for a voice that was added."""
    return {"number": matter.number, "code": voice.code, "desk": "", "due": when(voice.matter.due_at), "joined": True}


def masked_contact(name: str, phone: str) -> str:
    return " ".join(filter(None, [mask_name(name), mask_phone(phone)]))
