"""Forms of the registers: fill in, check the answers, carry out. The unit picker is in ``registry.pickers``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from yanzhen.kernel.errors import Conflict, DomainError
from yanzhen.kernel.ui.components import AnswerRow
from yanzhen.registry.models import Unit
from yanzhen.registry.pickers import ActorForm, UnitField, UnitPicker, options

__all__ = ["ActorForm", "UnitField", "UnitPicker", "answers", "options", "put", "shown", "steps", "told", "typed"]


def told(error: DomainError) -> str:
    """The sentence of a rule that said no, in the reader's language."""
    message = gettext(error.template)
    return message.format(**error.data) if error.data else message


def put(form: forms.BaseForm, error: DomainError) -> None:
    """Show a rule's no at its field, or above the form."""
    form.add_error(error.field if error.field in form.fields else None, told(error))


# --- fill in, check, carry out ------------------------------------------------------------------------------------------


def shown(form: forms.BaseForm, name: str) -> str:
    """A cleaned answer in words."""
    value = form.cleaned_data.get(name)
    if value in (None, "", []):
        return ""
    if isinstance(value, Unit):
        return f"{value.name}（{value.code}）"
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    choices = dict(getattr(form.fields[name], "choices", ()) or ())
    if isinstance(value, list | tuple):
        return "、".join(str(choices.get(each, each)) for each in value)
    return str(choices.get(value, value))


def answers(form: forms.BaseForm) -> list[AnswerRow]:
    """Answers for the check page."""
    return [AnswerRow(form[name].label, shown(form, name)) for name in form.fields if not form[name].is_hidden]


def typed(form: forms.BaseForm) -> list[tuple[str, str]]:
    """What was typed, as pairs for hidden inputs of the check page."""
    pairs = []
    for name in form.fields:
        value = form.cleaned_data.get(name)
        if isinstance(value, Unit):
            pairs.append((name, value.code))
        elif isinstance(value, list | tuple):
            pairs += [(name, str(each)) for each in value]
        elif isinstance(value, bool):
            pairs += [(name, "on")] if value else []
        elif value is not None:
            pairs.append((name, str(value)))
    return pairs


def steps(
    request: HttpRequest,
    form: forms.BaseForm,
    context: Mapping[str, Any],
    do: Callable[[Mapping[str, Any]], str],
    done: str,
    *,
    check: bool = True,
) -> HttpResponse:
    """Fill in → check answers → carry out. ``do`` carries out and returns the address to go to; ``done``: what to say then.

    A rule's no comes back as the form with status 422 (409 when somebody else was first), nothing typed is lost.
    """
    held = {**context, "form": form}
    if request.method != "POST":
        return render(request, "registry/form.html", held)
    if not form.is_valid():
        return render(request, "registry/form.html", held, status=422)
    if "back" in request.POST:
        return render(request, "registry/form.html", held)
    if check and "confirm" not in request.POST:
        return render(request, "registry/check.html", {**held, "answers": answers(form), "typed": typed(form)})
    try:
        goal = do(form.cleaned_data)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        put(form, error)
        return render(request, "registry/form.html", held, status=409 if isinstance(error, Conflict) else 422)
    messages.success(request, done)
    return redirect(goal)
