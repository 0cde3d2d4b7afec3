"""Forms of the data books: they clean, the services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class PurposeForm(forms.Form):
    """Why rows are looked at."""

    purpose = forms.CharField(label=_("用途"), max_length=300, help_text=_("办什么事要看这些数据。每次查看都会留下记录。"))
    offset = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    clear = forms.BooleanField(label=_("查看明文（须有授权）"), required=False)


class FindForm(forms.Form):
    """One person or household."""

    id_number = forms.CharField(label=_("公民身份号码"), max_length=18, required=False, help_text=_("只用来查找，不会保存。"))
    household = forms.CharField(label=_("户号"), max_length=40, required=False)
    purpose = forms.CharField(label=_("用途"), max_length=300)


class RequestForm(forms.Form):
    """A request for columns of a source."""

    columns = forms.MultipleChoiceField(label=_("需要的数据项"), widget=forms.CheckboxSelectMultiple)
    place = forms.TypedChoiceField(label=_("范围"), coerce=int)
    purpose = forms.CharField(label=_("用途"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    basis = forms.CharField(label=_("依据"), max_length=200, help_text=_("法律、文件或职责的名称和条款"))
    until = forms.DateField(label=_("用到哪一天"), widget=forms.DateInput(attrs={"type": "date"}))
    clear = forms.BooleanField(label=_("需要明文（姓名、电话、住址不遮盖）"), required=False)

    def __init__(self, *args: Any, columns: list[tuple[str, str]], places: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["columns"].choices = columns
        self.fields["place"].choices = places


class DecisionForm(forms.Form):
    """Grant or refuse."""

    words = forms.CharField(label=_("意见"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class ContractForm(forms.Form):
    """A contract's text and what was changed."""

    body = forms.CharField(label=_("契约（TOML）"), widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "false"}), strip=False)
    words = forms.CharField(label=_("改了什么、为什么"), max_length=300)


class AskedForm(forms.Form):
    """Fields of a form, one a line."""

    fields_text = forms.CharField(
        label=_("表格要填的栏目，每行一个"), widget=forms.Textarea(attrs={"rows": 8}), max_length=4000
    )
