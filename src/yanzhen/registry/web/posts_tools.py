"""Small helpers of the officers' pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

from yanzhen.kernel.errors import Conflict, DomainError
from yanzhen.kernel.scope.api import Actor
from yanzhen.registry.models import Unit
from yanzhen.registry.selectors.units import find_units, units_in

PAGE = 50


def words(error: DomainError) -> str:
    """A rule's sentence in the reader's language."""
    text = gettext(error.template)
    return text.format(**error.data) if error.data else text


def tried(form: forms.Form, act: Callable[[], Any]) -> Any:
    """What ``act`` gave, or None with its error put at the form's field (a form that is not valid is not tried)."""
    if not form.is_valid():
        return None
    try:
        return act() or True
    except Conflict:
        raise
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, words(error))
        return None


def slice_of(request: HttpRequest, found: QuerySet[Any], size: int = PAGE) -> tuple[list[Any], str]:
    """One page newest first (``?before=id``) and the address of the next one."""
    before = request.GET.get("before", "")
    found = found.order_by("-pk")
    if before.isdigit():
        found = found.filter(pk__lt=int(before))
    rows = list(found[: size + 1])
    if len(rows) <= size:
        return rows, ""
    query = request.GET.copy()
    query["before"] = str(rows[size - 1].pk)
    return rows[:size], f"?{query.urlencode()}"


class UnitField(forms.CharField):
    """A unit by its code or name, within the viewer's scope for a capability; several hits are named in the error."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.viewer: Actor | None = None
        self.capability = "units.view"

    def clean(self, value: Any) -> Unit | None:
        text = str(super().clean(value) or "").strip()
        if not text or self.viewer is None:
            return None
        exact = list(units_in(self.viewer, capability=self.capability).filter(code=text.upper())[:1])
        exact = exact or list(units_in(self.viewer, capability=self.capability).filter(name=text)[:2])
        found = exact or find_units(self.viewer, text, capability=self.capability, limit=6)
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(gettext("没有找到这个单位，或它不在您的管辖范围内。请填单位代码或全称。"))
        names = "、".join(f"{unit.name}（{unit.code}）" for unit in found[:5])
        raise forms.ValidationError(gettext("有几个单位相符，请填代码：%(names)s") % {"names": names})


def day_input() -> forms.DateInput:
    """The browser's own date picker."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
