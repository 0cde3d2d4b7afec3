"""From rows of the selectors to components of the UI kit; the pieces that all pages of the module share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from yanzhen.democracy.domain.decisions import ROUTE_WORDS, Route
from yanzhen.democracy.domain.decisions import STATE_WORDS as DECISION_WORDS
from yanzhen.democracy.domain.decisions import State as DecisionState
from yanzhen.democracy.domain.disclosure import STATE_WORDS, Notice, State
from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.ui import components as c

LAMP_WORDS = {"green": "按时", "yellow": "将到期", "red": "逾期", "grey": "未到期"}


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a page. What is not given is not drawn."""

    title: Any = ""
    text: Any = ""
    facts: Sequence[c.AnswerRow] = ()
    table: c.CaseTable | None = None
    timeline: Sequence[c.Entry] = ()
    tasks: Sequence[c.TaskItem] = ()
    figures: Sequence[c.Figure] = ()
    notice: Notice | None = None
    links: Sequence[c.Link] = ()
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A button: a link, or (``post``) a form of its own with one press."""

    label: Any
    url: str
    post: bool = False
    primary: bool = False
    icon: str = ""
    fields: dict[str, str] = field(default_factory=dict)


def day(value: date | None) -> str:
    """A day, or a dash."""
    return date_format(value, "Y-m-d") if value else "—"


def when(moment: datetime | None) -> str:
    """A moment in local time, or a dash."""
    return date_format(timezone.localtime(moment), "Y-m-d H:i") if moment else "—"


def money(amount: Any) -> str:
    """Yuan with thousands apart, or a dash."""
    return "—" if amount is None else _("%(n)s 元") % {"n": f"{amount:,.2f}"}


def state_badge(state: str) -> c.Badge:
    """The state of a notice."""
    tones = {State.UP: "success", State.RETURNED: "danger", State.REVIEW: "info", State.READY: "info"}
    return c.Badge(_(STATE_WORDS[State(state)]), tones.get(State(state), "neutral"))


def decision_badge(state: str) -> c.Badge:
    """The state of a decision."""
    tones = {
        DecisionState.FAILED: "danger",
        DecisionState.DONE: "success",
        DecisionState.RUNNING: "info",
        DecisionState.CARRYING: "info",
    }
    return c.Badge(_(DECISION_WORDS[DecisionState(state)]), tones.get(DecisionState(state), "neutral"))


def route(code: str) -> str:
    """The words of a route."""
    return _(ROUTE_WORDS[Route(code)])


def lamp(light: str) -> c.Lamp:
    """A light of the calendar."""
    return c.Lamp(light, "", _(LAMP_WORDS[light]))


def notice_table(section: Any) -> c.CaseTable:
    """A table of a notice as a list."""
    rows = [c.Row(name=row[0] if row else "", url="", cells=[c.Cell(cell) for cell in row[1:]]) for row in section.rows]
    return c.CaseTable(section.heading, [c.Column(each) for each in section.columns], rows)


def refuse(form: Any, error: DomainError) -> None:
    """Put a rule's "no" into the form, at its field if the form has it."""
    text = _(error.template)
    form.add_error(
        error.field if error.field in form.fields else None, text.format(**error.data) if error.data else text
    )


def form_page(
    request: HttpRequest,
    form: django_forms.Form,
    page: dict[str, Any],
    perform: Callable[[], Any],
    done: Callable[[Any], str],
    words: str,
) -> HttpResponse:
    """Ask, and on a right answer do it: refused by a rule, the form comes back with the sentence and what was typed."""
    if request.method == "POST" and form.is_valid():
        try:
            made = perform()
        except (NotAllowed, NotFound):
            raise
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, words)
            return redirect(done(made))
    return render(
        request, "democracy/form.html", page | {"form": form}, status=422 if request.method == "POST" else 200
    )


def pressed(request: HttpRequest, perform: Callable[[], Any], url: str, words: str) -> HttpResponse:
    """One press: done, or told why not, back on the page."""
    try:
        perform()
    except (NotAllowed, NotFound):
        raise
    except DomainError as error:
        messages.error(request, _(error.template).format(**error.data) if error.data else _(error.template))
    else:
        messages.success(request, words)
    return redirect(url)


def told(request: HttpRequest, error: DomainError, url: str) -> HttpResponse:
    """A rule's "no", said on the page one came from; missing rights and missing things are not answered here."""
    if isinstance(error, NotAllowed | NotFound):
        raise error
    messages.error(request, _(error.template).format(**error.data) if error.data else _(error.template))
    return redirect(url)


def chips(form: django_forms.Form, request: HttpRequest) -> c.Filters:
    """A filter bar over a GET form."""
    found = []
    for name, bound in form.fields.items():
        value = request.GET.get(name, "")
        if not value:
            continue
        rest = {key: text for key, text in request.GET.items() if key not in (name, "after") and text}
        words = dict(getattr(bound, "choices", ())).get(value, value)
        query = "&".join(f"{key}={text}" for key, text in rest.items())
        found.append(c.Chip(bound.label, words, f"{request.path}?{query}"))
    return c.Filters(form=form, chips=found, clear_url=request.path, action=request.path)


def more_url(request: HttpRequest, after: Any) -> str:
    """The address of the next page."""
    if not after:
        return ""
    query = request.GET.copy()
    query["after"] = str(after)
    return f"{request.path}?{query.urlencode()}"
