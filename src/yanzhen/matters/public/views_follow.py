"""The person's own matter by number and code: where it stands, what was answered, rate, add, ask again, take back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yanzhen.kernel.errors import DomainError, NotFound
from yanzhen.kernel.files.api import response as file_response
from yanzhen.kernel.scope.web import public_page
from yanzhen.matters.domain.numbers import parse_number
from yanzhen.matters.public import draft, following, forms, pages


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Ask for number and code. A wrong code is answered like an unknown number."""
    form = forms.FollowForm(request.POST if request.method == "POST" else None, initial={"number": request.GET.get("n", "")})
    if form.is_valid():
        try:
            found = following.look_up(request, form.cleaned_data["number"], form.cleaned_data["code"])
        except NotFound as error:
            form.add_error(None, following.spoken(error))
        else:
            return redirect("followed", found.number)
    return pages.show(request, "public/follow.html", {"form": form}, status=422 if form.is_bound else 200)


@public_page
@never_cache
@require_GET
def followed(request: HttpRequest, number: str) -> HttpResponse:
    """Where it stands, in plain words."""
    found = following.known(request, number)
    if found is None:
        return redirect(f"{following.ask_url()}?n={parse_number(number)}")
    return pages.show(request, "public/followed.html", following.page(found))


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def follow_act(request: HttpRequest, number: str, act: str) -> HttpResponse:
    """One thing the person may do now."""
    found = following.known(request, number)
    if found is None:
        return redirect(f"{following.ask_url()}?n={parse_number(number)}")
    asked = following.ACTS.get(act)
    if asked is None or act not in found.may:
        messages.warning(request, following.NOT_NOW)
        return redirect("followed", found.number)
    form = asked.form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            following.perform(request, act, found, form.cleaned_data)
        except DomainError as error:
            form.add_error(None, following.spoken(error))
        else:
            messages.success(request, asked.done)
            return redirect("followed", found.number)
    page = {"form": form, "found": found, "asked": asked}
    return pages.show(request, "public/follow_act.html", page, status=422 if form.is_bound else 200)


@public_page
@never_cache
@require_GET
def follow_file(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A photo of the person's own matter."""
    found = following.known(request, number)
    kept = next((each.file for each in found.files if each.pk == pk), None) if found else None
    if kept is None:
        raise NotFound("matters.matter.unknown", "没有找到这件事项，或您无权查看。")
    return file_response(kept)  # type: ignore[return-value]


@public_page
@require_http_methods(["POST"])
def follow_leave(request: HttpRequest) -> HttpResponse:
    """Forget number and code on this device."""
    draft.drop(request, draft.FOLLOWED)
    draft.drop(request, draft.SENT)
    return redirect("public_home")
