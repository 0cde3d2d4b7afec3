"""Reading preferences (work without script) and the gallery of all components (demo and development only)."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST
from django.views.i18n import set_language

from yanzhen.kernel.scope.web import public_page
from yanzhen.kernel.ui import gallery as samples
from yanzhen.kernel.ui.context import ELDER_COOKIE

YEAR = 365 * 24 * 3600


@public_page
@require_POST
def elder(request: HttpRequest) -> HttpResponse:
    """Switch elder mode on or off and go back to the page."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    value = "0" if request.COOKIES.get(ELDER_COOKIE) == "1" else "1"
    response.set_cookie(ELDER_COOKIE, value, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response


@public_page
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language and go back to the page."""
    return set_language(request)


@public_page
@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in its normal, empty and faulty state; ``?layout=public`` in the light layout, ``?errors=1``
    with a rejected form. Answers 404 in production."""
    if not (settings.DEBUG or getattr(settings, "DEMO", False) or getattr(settings, "TESTING", False)):
        raise Http404
    public = request.GET.get("layout") == "public"
    wrong = "errors" in request.GET
    template = "ui/gallery_public.html" if public else "ui/gallery.html"
    return render(request, template, samples.context(wrong=wrong), status=422 if wrong else 200)
