"""Form fields of a case, made from what its definition says; they clean, the services decide."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.scope.api import Actor
from yanzhen.procedures.domain.definition import Evidence, Field, Words
from yanzhen.registry import api as registry

LONG = 4000
DATA, SHOWN = "data_", "shown_"
YES, NO = _("是"), _("否")
ACCEPT = "image/*,.pdf,.doc,.docx,.xls,.xlsx"


def said(words: Words) -> str:
    """A text of a definition in the reader's language."""
    return words.said(get_language() or "zh-hans")


def plain(text: str) -> str:
    """Full-width digits, letters and blanks as half-width ones; Chinese punctuation stays."""
    return "".join(
        unicodedata.normalize("NFKC", char) if "\uff10" <= char <= "\uff5a" or char in "\u3000＋－" else char
        for char in text
    ).strip()


class WordsField(forms.CharField):
    """Sentences."""

    def __init__(self, *, rows: int = 3, max_length: int = LONG, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(max_length=max_length, **kwargs)


class CountField(forms.IntegerField):
    """A number of people or votes; full-width digits are accepted."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "short"})
        super().__init__(min_value=0, max_value=1_000_000, widget=widget, **kwargs)

    def to_python(self, value: Any) -> int | None:
        return super().to_python(plain(str(value)) if value is not None else value)


def day(**kwargs: Any) -> forms.DateField:
    """A day, from the browser's own picker."""
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date", "class": "medium"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"],
        **kwargs,
    )


class YesNoField(forms.TypedChoiceField):
    """Yes or no, never guessed."""

    def __init__(self, *, yes: Any = YES, no: Any = NO, **kwargs: Any) -> None:
        super().__init__(
            coerce=lambda text: text == "yes",
            empty_value=None,
            choices=[("yes", yes), ("no", no)],
            widget=forms.RadioSelect,
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value)


class LinesField(forms.CharField):
    """A list, one line each."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONG, widget=forms.Textarea(attrs={"rows": 4}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(each) for each in value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:  # type: ignore[override]
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class PeopleField(LinesField):
    """People of the register, one a line: the name, or the name and the last four of the ID number where two have it.

    Cleans to ids (``one``: to one id). ``viewer`` decides who is found.
    """

    default_error_messages = {
        "unknown": _("名册中没有找到“%(text)s”，请核对姓名"),
        "many": _("名册中有 %(count)s 位“%(text)s”，请在姓名后加空格和身份证后四位"),
        "one": _("这里只填一个人"),
    }

    def __init__(self, *, one: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.one = one
        self.viewer: Actor | None = None
        if one:
            self.widget = forms.TextInput(attrs={"autocomplete": "off"})

    def prepare_value(self, value: Any) -> Any:
        ids = value if isinstance(value, list | tuple) else [value]
        if self.viewer is None or not all(isinstance(each, int) for each in ids):
            return super().prepare_value(value)
        return "\n".join(name_of(self.viewer, each) or str(each) for each in ids)

    def clean(self, value: Any) -> Any:
        found = [self._find(line) for line in super().clean(value)]
        if not self.one:
            return found
        if len(found) > 1:
            raise forms.ValidationError(self.error_messages["one"], code="one")
        return found[0] if found else None

    def _find(self, line: str) -> int:
        name, _blank, tail = plain(line).partition(" ")
        viewer = self.viewer
        hits = [each for each in registry.find_people(viewer, name, limit=20) if each.name == name] if viewer else []
        if len(hits) > 1 and tail:
            numbered = {each.id for each in registry.find_people(viewer, tail.strip(), limit=20)}  # type: ignore[arg-type]
            hits = [each for each in hits if each.id in numbered]
        if not hits:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown", params={"text": line})
        if len(hits) > 1:
            raise forms.ValidationError(
                self.error_messages["many"], code="many", params={"text": name, "count": len(hits)}
            )
        return int(hits[0].id)


def name_of(viewer: Actor, person_id: int) -> str:
    """The name of a person in the viewer's scope, "" outside it."""
    from yanzhen.kernel.errors import DomainError

    try:
        return str(registry.person_for(viewer, person_id).name)
    except DomainError:
        return ""


class UnitsField(forms.TypedMultipleChoiceField):
    """Some of the units that are offered."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=[], widget=forms.CheckboxSelectMultiple, **kwargs)


def units_for(viewer: Actor) -> list[tuple[str, str]]:
    """Units offered for a field: those of the viewer's own county or scope that are not villages or grids."""
    found = registry.units_in(viewer).exclude(level__in=["village", "sub1", "sub2", "sub3", "sub4"])[:300]
    return [(str(each.pk), each.name) for each in found]


def of(field: Field, viewer: Actor) -> forms.Field:
    """The form field of a case field. ``purpose`` (why it is asked) is read by the field tag."""
    label = said(field.title)
    common: dict[str, Any] = {"label": label, "required": field.required}
    made = _typed(field, viewer, common)
    made.purpose = said(field.why)  # type: ignore[attr-defined]
    return made


def _typed(field: Field, viewer: Actor, common: dict[str, Any]) -> forms.Field:
    if field.type == "long":
        return WordsField(rows=5, max_length=8000, **common)
    if field.type == "int":
        return CountField(**common)
    if field.type == "money":
        box = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "medium"})
        return forms.CharField(max_length=20, widget=box, help_text=_("单位：元"), **common)
    if field.type == "date":
        return day(**common)
    if field.type == "bool":
        return YesNoField(**common)
    if field.type == "choice":
        return forms.ChoiceField(choices=_choices(field, blank=not field.required), widget=forms.RadioSelect, **common)
    if field.type == "unit":
        return forms.TypedChoiceField(coerce=int, empty_value=None, choices=[("", "—"), *units_for(viewer)], **common)
    if field.type == "units":
        return UnitsField(choices=units_for(viewer), **common)
    if field.type in ("person", "people"):
        people = PeopleField(one=field.type == "person", help_text=_("填名册中的姓名，一行一个"), **common)
        people.viewer = viewer
        return people
    if field.type == "list":
        return LinesField(help_text=_("一行一个"), **common)
    return forms.CharField(max_length=200, **common)


def _choices(field: Field, *, blank: bool) -> list[tuple[str, Any]]:
    listed = [(each.code, said(each.title)) for each in field.choices]
    return [("", _("不填")), *listed] if blank else listed  # type: ignore[list-item]


def filed(label: Any, *, photo: bool = False) -> forms.FileField:
    """A paper by phone camera or as a file; never required."""
    box = forms.FileInput(attrs={"data-downscale": "1600", "accept": "image/*" if photo else ACCEPT})
    return forms.FileField(label=label, required=False, max_length=200, widget=box)


def shown(evidence: Evidence) -> forms.Field:
    """The form field of something to be shown. Never required here: the service says what is missing when the step ends."""
    label = said(evidence.title)
    common: dict[str, Any] = {"label": label, "required": False}
    made: forms.Field
    if evidence.type == "text":
        made = WordsField(**common)
    elif evidence.type == "number":
        made = CountField(**common)
    elif evidence.type == "date":
        made = day(**common)
    else:
        made = filed(label, photo=evidence.type == "photo")
    made.purpose = said(evidence.why)  # type: ignore[attr-defined]
    return made


def value_words(field: Field, value: Any, viewer: Actor, *, masked: bool = False) -> str:
    """A value of a case field in words, for pages and documents."""
    from yanzhen.procedures.documents.papers import mask_name

    if value in (None, "", []):
        return ""
    if field.type == "bool":
        return str(_("是") if value else _("否"))
    if field.type == "choice":
        return next((said(each.title) for each in field.choices if each.code == value), str(value))
    if field.type == "money":
        return f"{float(str(value)):,.2f}"
    if field.type in ("person", "people"):
        ids = value if isinstance(value, list) else [value]
        names = [name_of(viewer, each) or str(_("（无权查看）")) for each in ids]
        return "、".join(mask_name(each) if masked else each for each in names)
    if field.type in ("unit", "units"):
        ids = value if isinstance(value, list) else [value]
        return "、".join(unit_names(ids).get(each, "") for each in ids)
    if isinstance(value, list):
        return "、".join(mask_name(str(each)) if masked and field.personal else str(each) for each in value)
    return str(value)


def unit_names(ids: list[int]) -> Mapping[int, str]:
    """Names of units by id."""
    return {each: registry.unit_ref(each).name for each in ids}
