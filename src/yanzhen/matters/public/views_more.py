"""Around the report: suggestions about the platform, notices on personal information, paper, posters, QR codes."""

from __future__ import annotations

from io import BytesIO

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.web import public_page
from yanzhen.matters.public import draft, following, forms, limits, pages
from yanzhen.matters.public.notices import NOTICES
from yanzhen.matters.selectors import villager
from yanzhen.matters.services.villager import number_of, suggest

GIVEN = "feedback_given"


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def feedback(request: HttpRequest) -> HttpResponse:
    """Say what is wrong with the platform."""
    now = timezone.now()
    initial = {"page": request.GET.get("page", "")}
    form = forms.SuggestForm(request.POST if request.method == "POST" else None, initial=initial, now=now)
    if form.is_valid():
        limits.submission(request, phone="", unit=villager.root(), on=timezone.localdate())
        given = {name: form.cleaned_data[name] for name in ("text", "page", "contact")}
        kept = suggest(actor=pages.visitor(request), now=now, **given)
        draft.write(request, GIVEN, {"number": number_of(kept)})
        return redirect("public_feedback_follow")
    return pages.show(request, "public/feedback.html", {"form": form}, status=422 if form.is_bound else 200)


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def feedback_follow(request: HttpRequest) -> HttpResponse:
    """The answer to a suggestion, by its number."""
    given = draft.read(request, GIVEN).get("number", "")
    form = forms.SuggestFollowForm(request.POST if request.method == "POST" else None)
    kept = None
    if form.is_valid():
        limits.looking_up(request, unit=villager.root(), on=timezone.localdate())
        try:
            kept = villager.own_feedback(form.cleaned_data["number"])
        except NotFound as error:
            form.add_error("number", following.spoken(error))
    page = {"form": form, "kept": kept, "given": "" if form.is_bound else given}
    return pages.show(request, "public/feedback_follow.html", page, status=422 if form.errors else 200)


@public_page
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """All notices on personal information."""
    return pages.show(request, "public/notices.html", {"notices": list(NOTICES.values())})


@public_page
@require_GET
def notice(request: HttpRequest, kind: str) -> HttpResponse:
    """What one form asks for and why; fit for print."""
    if kind not in NOTICES:
        raise Http404
    return pages.show(request, "public/notice.html", {"notice": NOTICES[kind]})


def _place(code: str) -> villager.Place:
    place = villager.place_by_code(code)
    if place is None:
        raise NotFound("matters.public.place", "没有找到这个地点。二维码可能已经更换，请从首页选择村庄。")
    return place


@public_page
@require_GET
def paper(request: HttpRequest, code: str) -> HttpResponse:
    """An empty form for paper, with the village's QR code."""
    place = _place(code)
    return pages.show(request, "public/paper.html", {"place": place, "qr": pages.qr_image(pages.village_url(place))})


@public_page
@require_GET
def poster(request: HttpRequest, code: str) -> HttpResponse:
    """A page to hang up in the village."""
    place = _place(code)
    return pages.show(request, "public/poster.html", {"place": place, "address": pages.full_url(pages.village_url(place))})


@public_page
@require_GET
def qr(request: HttpRequest, code: str) -> HttpResponse:
    """The village's QR code as SVG, sharp at any size."""
    place = _place(code)
    out = BytesIO()
    pages.qr(pages.village_url(place)).save(out, kind="svg", scale=8, border=4, dark="#000", light="#fff", title=place.name)
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")
