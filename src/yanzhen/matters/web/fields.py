"""Form fields of this module: they clean, and know nothing of the database beyond the choices they are handed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

LONG = 2000
YES, NO = _("是"), _("否")


def plain(text: str) -> str:
    """Full-width digits, letters and spaces as half-width ones; Chinese punctuation stays as it is."""
    return "".join(
        unicodedata.normalize("NFKC", char) if "\uff10" <= char <= "\uff5a" or char in "\u3000＋－" else char
        for char in text
    ).strip()


class WordsField(forms.CharField):
    """Sentences."""

    def __init__(self, *, rows: int = 4, max_length: int = LONG, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(max_length=max_length, **kwargs)


class PhoneField(forms.CharField):
    """A mainland telephone number; blanks, hyphens and full-width digits are accepted."""

    default_error_messages = {"phone": _("请输入 7 至 12 位电话号码，例如 13800000000 或 0594-2690000")}

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "class": "medium"})
        super().__init__(max_length=24, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        text = "".join(char for char in plain(super().clean(value)) if char not in " -—()（）+")
        if text.startswith("86") and len(text) == 13:
            text = text[2:]
        if text and not (text.isdigit() and 7 <= len(text) <= 12):
            raise forms.ValidationError(self.error_messages["phone"], code="phone")
        return text


class PickField(forms.CharField):
    """A text box with a list of proposals; ``find`` turns what was typed into an object or None.

    Works without script: the code or the exact name is enough.
    """

    default_error_messages = {"unknown": _("没有找到“%(text)s”，请从提示中选一项，或输入完整名称、代码")}

    def __init__(self, *, url_name: str = "", find: Any = None, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off"})
        super().__init__(max_length=200, widget=widget, **kwargs)
        self.url_name, self.find = url_name, find

    def clean(self, value: Any) -> Any:
        text = plain(super().clean(value))
        if not text:
            return None
        found = self.find(text) if self.find else None
        if found is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown", params={"text": text})
        return found


class UnitField(forms.TypedChoiceField):
    """One of the units that the selector offers."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=None, **kwargs)


class UnitsField(forms.TypedMultipleChoiceField):
    """Some of the units that the selector offers."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(coerce=int, empty_value=[], **kwargs)


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


class ManyFilesInput(forms.FileInput):
    """Several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; cleans to a list of ``(name, bytes)``. What they are is checked by the file store, by content."""

    default_error_messages = {"many": _("一次最多 9 个文件，请分几次上传")}

    def __init__(self, **kwargs: Any) -> None:
        widget = ManyFilesInput(attrs={"multiple": True, "data-downscale": "1600"})
        super().__init__(required=False, widget=widget, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[tuple[str, bytes]]:  # type: ignore[override]
        given = [each for each in (data if isinstance(data, list | tuple) else [data]) if each]
        if len(given) > 9:
            raise forms.ValidationError(self.error_messages["many"], code="many")
        files = [super(FilesField, self).clean(each, initial) for each in given]
        return [(each.name, each.read()) for each in files]


def options(words: Iterable[tuple[Any, Any]], blank: Any = None) -> list[tuple[str, Any]]:
    """Choices from pairs, with an empty first line if ``blank`` is given."""
    first = [] if blank is None else [("", blank)]
    return [*first, *((str(code), text) for code, text in words)]
