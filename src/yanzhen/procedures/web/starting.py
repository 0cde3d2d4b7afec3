"""Beginning a case: which procedures this post may begin, and for which units."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.api import Actor, UnitRef
from yanzhen.kernel.ui import components as c
from yanzhen.procedures import selectors, services
from yanzhen.procedures.domain.definition import Definition
from yanzhen.procedures.web import forms, pages
from yanzhen.procedures.web.fields import said
from yanzhen.procedures.web.sheet import refuse
from yanzhen.registry import api as registry

MOST_UNITS = 300


def may_begin(viewer: Actor, definition: Definition) -> bool:
    """Whether this role begins this procedure (where is checked when it begins)."""
    return not definition.starters or viewer.role in definition.starters


def known(viewer: Actor) -> list[Definition]:
    """Procedures of the viewer's unit and of the levels below it, by title."""
    if viewer.unit is None:
        return []
    levels = {unit.level: unit for unit in (viewer.unit, *_below(viewer))}
    found = {each.code: each for unit in levels.values() for each in selectors.codes_for(unit)}
    return sorted(found.values(), key=lambda each: each.title.zh)


def offered(viewer: Actor) -> list[Definition]:
    """Procedures that this post may begin somewhere, by title."""
    return [each for each in known(viewer) if may_begin(viewer, each)]


def _below(viewer: Actor) -> list[UnitRef]:
    """One unit of each level in the viewer's scope: what is offered depends on the level."""
    own = viewer.unit
    if own is None:
        return []
    found = []
    for level in ("city", "county", "township", "village"):
        unit = registry.units_in(viewer, level=level, under=own.path).first()
        if unit is not None:
            found.append(registry.unit_ref(unit))
    return found


def units(viewer: Actor, definition: Definition) -> list[tuple[int, str]]:
    """Units that the case may belong to, the own one first."""
    own = viewer.unit
    if own is None:
        return []
    if not definition.level or own.level == definition.level:
        return [(own.id, own.name)]
    found = registry.units_in(viewer, level=definition.level).order_by("path")[:MOST_UNITS]
    return [(each.pk, each.name) for each in found]


def tasks(viewer: Actor) -> list[c.TaskItem]:
    """The start page: what can be begun."""
    return [
        c.TaskItem(
            said(each.title),
            reverse("case_start", args=[each.code]),
            "todo",
            said(each.note)
            or _("共 %(n)s 步：%(steps)s")
            % {"n": len(each.steps), "steps": " → ".join(said(step.title) for step in each.steps[:6])},
        )
        for each in offered(viewer)
    ]


def begin(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for what the first step needs, and begin."""
    viewer: Actor = request.actor  # type: ignore[attr-defined]
    definition = next((each for each in offered(viewer) if each.code == code), None)
    if definition is None:
        raise NotFound("procedures.definition.none", "没有这个程序，或它没有启用。")
    given: dict[str, Any] = {"definition": definition, "viewer": viewer, "units": units(viewer, definition)}
    if request.method == "GET":
        form = forms.StartForm(initial={"key": uuid.uuid4().hex} | request.GET.dict(), **given)
        return _page(request, form, definition)
    form = forms.StartForm(request.POST, **given)
    if form.is_valid():
        try:
            case = services.start(
                actor=viewer, now=timezone.now(), procedure=code, unit_id=form.cleaned_data["unit"], title=form.cleaned_data["title"],
                data=form.case_data(), key=f"web:{form.cleaned_data['key']}" if form.cleaned_data["key"] else "",
            )  # fmt: skip
            return redirect("case", case.pk)
        except (NotAllowed, NotFound):
            raise
        except DomainError as error:
            refuse(form, error)
    return _page(request, form, definition, 422)


def _page(request: HttpRequest, form: forms.StartForm, definition: Definition, status: int = 200) -> HttpResponse:
    context = {"form": form, "definition": definition, "title": said(definition.title), "note": said(definition.note)}
    return render(request, "procedures/start.html", context | pages.bare(definition), status=status)
