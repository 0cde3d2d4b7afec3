"""Forms of the working calendar."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

BASIS_HELP = _("如“国务院办公厅关于 2027 年部分节假日安排的通知”及文号。")


class DayForm(forms.Form):
    """One day to be stated."""

    day = forms.DateField(label=_("日期"), widget=forms.DateInput(attrs={"type": "date"}))
    working = forms.ChoiceField(
        label=_("这一天"), choices=[("work", _("上班")), ("rest", _("休息"))], widget=forms.RadioSelect
    )
    name = forms.CharField(label=_("名称"), max_length=40, required=False, help_text=_("如“国庆节”“调休上班”。"))
    basis = forms.CharField(label=_("依据"), max_length=200, help_text=BASIS_HELP)


class LoadForm(forms.Form):
    """A year's notice as a file."""

    year = forms.IntegerField(label=_("年份"), min_value=2004, max_value=2100)
    file = forms.FileField(
        label=_("放假安排（CSV）"),
        help_text=_("三列：日期、班或休、名称，例如“2027-10-01,休,国庆节”。没有列出的日子按周末休息。"),
    )
    basis = forms.CharField(label=_("依据"), max_length=200, help_text=BASIS_HELP)
