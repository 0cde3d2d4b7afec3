"""The villager's report: what and where, whether it is known already, whom to ask back, check, done."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yanzhen.kernel.errors import DomainError, NotFound
from yanzhen.kernel.scope.web import public_page
from yanzhen.matters import services
from yanzhen.matters.public import draft, forms, known, limits, pages
from yanzhen.matters.selectors import villager


@public_page
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The villager's first page."""
    return pages.show(request, "public/home.html", {"numbers": pages.NUMBERS})


@public_page
@require_GET
def village(request: HttpRequest, code: str) -> HttpResponse:
    """Where the QR code of a village leads: the place is known already."""
    place = villager.place_by_code(code)
    if place is None:
        raise NotFound("matters.public.place", "没有找到这个地点。二维码可能已经更换，请从首页选择村庄。")
    return pages.show(request, "public/village.html", {"place": place, "numbers": pages.NUMBERS})


@public_page
@require_GET
def choose_place(request: HttpRequest) -> HttpResponse:
    """Township, then village; or by name."""
    words = request.GET.get("q", "")
    here, below = villager.places_at(request.GET.get("at", ""), timezone.localdate())
    found = villager.find_places(words)
    return pages.show(request, "public/place.html", {"here": here, "below": below, "words": words, "found": found})


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Step 1: what, and where."""
    kept = draft.begun(request)
    if "v" in request.GET:
        kept = draft.update(request, draft.REPORT, place=request.GET["v"][:24])
    form = forms.WhatForm(request.POST if request.method == "POST" else None, initial=kept)
    if form.is_bound:
        kept = draft.update(request, draft.REPORT, **{name: form.data.get(name, "") for name in form.fields})
        if "choose" in request.POST:
            return redirect("report_place")
    if form.is_valid():
        cleaned = {name: str(form.cleaned_data[name] or "") for name in ("text", "place_words", "longitude", "latitude")}
        draft.update(request, draft.REPORT, **cleaned)
        return redirect("report_similar")
    place = villager.place_by_code(kept.get("place", ""))
    words = pages.emergency_words(timezone.localdate(), place.ref if place else None)
    page = {"form": form, "place": place, "emergency_words": words, "numbers": pages.NUMBERS}
    return pages.show(request, "public/report.html", page, status=422 if form.is_bound else 200)


@public_page
@never_cache
@require_GET
def similar(request: HttpRequest) -> HttpResponse:
    """Between: has somebody reported it already? Without anything alike, straight on."""
    kept = draft.begun(request)
    if not kept.get("text") or not kept.get("place"):
        return redirect("report")
    found = known.alike(pages.visitor(request), pages.report_of(kept, []), timezone.now())
    if not found:
        return redirect("report_contact")
    return pages.show(request, "public/similar.html", {"found": found})


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, number: str) -> HttpResponse:
    """Add a voice to what is known already."""
    kept, now = draft.begun(request), timezone.now()
    matter = known.joinable(pages.visitor(request), pages.report_of(kept, []), number, now)
    form = forms.JoinForm(request.POST if request.method == "POST" else None, initial=kept, now=now)
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("text", "name", "phone")}
        place = villager.place_by_code(kept.get("place", ""))
        limits.submission(request, phone=given["phone"], unit=place.ref if place else None, on=timezone.localdate())
        voice = services.add_voice(actor=pages.visitor(request), now=now, matter=matter.id, channel="page", **given)
        draft.write(request, draft.SENT, pages.joined(matter, voice))
        draft.drop(request, draft.REPORT)
        return redirect("report_done")
    return pages.show(request, "public/join.html", {"form": form, "row": matter}, status=422 if form.is_bound else 200)


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Step 2: whom to ask back, if the person wants; and that it is a person."""
    kept = draft.begun(request)
    if not kept.get("text") or not kept.get("place"):
        return redirect("report")
    form = forms.ContactForm(request.POST if request.method == "POST" else None, initial=kept, now=timezone.now())
    if form.is_bound:
        own = {name: form.data.get(name, "") for name in ("name", "phone", "secret", "call_back")}
        draft.update(request, draft.REPORT, **own)
    if form.is_valid():
        draft.update(request, draft.REPORT, phone=form.cleaned_data["phone"], name=form.cleaned_data["name"], human=True)
        return redirect("report_check")
    place = villager.place_by_code(kept["place"])
    calls = pages.emergency(kept["text"], timezone.localdate(), place.ref if place else None)
    page = {"form": form, "calls": calls, "place": place}
    return pages.show(request, "public/contact.html", page, status=422 if form.is_bound else 200)


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Step 3: look once more, add photos, send."""
    kept = draft.read(request, draft.REPORT)
    if not kept.get("human"):
        return redirect("report_contact" if kept.get("text") else "report")
    form = forms.SendForm(request.POST, request.FILES) if request.method == "POST" else forms.SendForm()
    if form.is_valid():
        try:
            return _send(request, kept, form.cleaned_data["photos"])
        except limits.TooMany:
            raise
        except DomainError as error:
            form.add_error("photos" if error.field in {"file", "files", "upload"} else None, error.message)
    calls = pages.emergency(kept["text"], timezone.localdate())
    page = {"form": form, "rows": pages.answers(kept), "calls": calls}
    return pages.show(request, "public/check.html", page, status=422 if form.is_bound else 200)


def _send(request: HttpRequest, kept: dict[str, object], files: list[tuple[str, bytes]]) -> HttpResponse:
    report = pages.report_of(kept, files)
    place = villager.place_by_code(str(kept.get("place", "")))
    limits.submission(request, phone=report.phone, unit=place.ref if place else None, on=timezone.localdate())
    matter = services.report(actor=pages.visitor(request), now=timezone.now(), draft=report, key=str(kept["key"]))
    draft.write(request, draft.SENT, pages.sent(matter, contact=bool(report.phone)))
    draft.drop(request, draft.REPORT)
    return redirect("report_done")


@public_page
@never_cache
@require_GET
def done(request: HttpRequest) -> HttpResponse:
    """Number, code, what happens next and by when."""
    sent = draft.read(request, draft.SENT)
    if not sent:
        return redirect("public_home")
    image = pages.qr_image(f"{reverse('follow')}?n={sent['number']}")
    return pages.show(request, "public/done.html", {"sent": sent, "qr": image})
