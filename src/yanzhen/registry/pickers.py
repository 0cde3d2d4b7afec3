"""The unit picker for forms of all modules (through ``registry.api``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.scope.api import Actor
from yanzhen.registry.models import Unit
from yanzhen.registry.selectors.units import find_units, path_of, units_in


class UnitPicker(forms.Widget):
    """A box in which name, code, pinyin or initials are typed; hits come as radio buttons below it.

    Without script the code (or the whole name) typed into the box does.
    """

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(dict(attrs or {}))
        self.candidates: list[Unit] = []
        self.narrow: dict[str, str] = {}

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> str:
        return str(data.get(name) or data.get(f"{name}_q") or "")

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data and f"{name}_q" not in data

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        built = self.build_attrs(self.attrs, attrs)
        chosen = value if isinstance(value, Unit) else None
        return render_to_string(
            "registry/parts/unit_picker.html",
            {
                "name": name, "value": "" if chosen else value or "", "id": built.pop("id", f"id_{name}"),
                "attrs": flatatt({key: each for key, each in built.items() if key != "required"}),
                "chosen": chosen, "options": options(self.candidates), "narrow": self.narrow,
            },
        )  # fmt: skip


def options(units: list[Unit]) -> list[tuple[Unit, str]]:
    """Hits with the names of what they stand under (the last three)."""
    above = path_of(units)
    return [(unit, " › ".join(each.name for each in above[unit.pk][-3:])) for unit in units]


class UnitField(forms.Field):
    """A unit in the viewer's scope. Set ``form.fields[…].viewer`` (or use :class:`ActorForm`) before cleaning.

    ``capability``: right that the viewer needs there; ``level``/``kind``: only such units.
    """

    widget = UnitPicker

    def __init__(self, *, capability: str = "units.view", level: str = "", kind: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.viewer: Actor | None = None
        self.capability, self.level, self.kind = capability, level, kind
        self.widget.narrow = {"capability": capability, "level": level, "kind": kind}

    def prepare_value(self, value: Any) -> Any:
        if value and self.viewer and not isinstance(value, Unit):
            found = self._wanted().filter(code=str(value).strip().upper()).first()
            return found or value
        return value

    def _asker(self) -> Actor:
        if self.viewer is None:
            raise TypeError("UnitField.viewer is not set")
        return self.viewer

    def _wanted(self) -> Any:
        return units_in(self._asker(), capability=self.capability, level=self.level, kind=self.kind)

    def to_python(self, value: Any) -> Unit | None:
        text = str(value or "").strip()
        if not text or isinstance(value, Unit):
            return value or None
        wanted = self._wanted()
        found = wanted.filter(code=text.upper()).first()
        if found is not None:
            return found  # type: ignore[no-any-return]
        hits = list(wanted.filter(name=text)[:6]) or find_units(
            self._asker(),
            text,
            level=self.level,
            kind=self.kind,
            limit=6,
            capability=self.capability,
        )
        if len(hits) == 1:
            return hits[0]
        self.widget.candidates = hits
        if hits:
            raise forms.ValidationError(_("有几个相近的单位，请选择其中一个。"), code="several")
        raise forms.ValidationError(_("没有找到这个单位，请核对代码或名称。"), code="unknown")


class ActorForm(forms.Form):
    """A form that knows who fills it in; hands the viewer to its unit fields."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        for field in self.fields.values():
            if isinstance(field, UnitField):
                field.viewer = actor
