"""Forms of imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from yanzhen.kernel.intake.domain import Column


class UploadForm(forms.Form):
    """The table to be imported."""

    file = forms.FileField(
        label=lazy("表格文件"),
        help_text=lazy("Excel（.xlsx、.xls）或 CSV。身份证号、电话所在列请设为“文本”格式。"),
        error_messages={"required": lazy("请选择要导入的文件。"), "empty": lazy("文件是空的，请重新选择。")},
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )


class ColumnsForm(forms.Form):
    """Which column of the file is which."""

    def __init__(
        self, columns: Sequence[Column], headings: Sequence[str], chosen: Mapping[str, int], data=None
    ) -> None:
        super().__init__(data)
        self.columns = columns
        options = [("", _("（不导入）"))]
        options += [(str(at), name or _("第 %(n)s 列") % {"n": at + 1}) for at, name in enumerate(headings)]
        for column in columns:
            self.fields[column.code] = forms.ChoiceField(
                label=_(column.heading),
                choices=options,
                required=column.required,
                initial=str(chosen[column.code]) if column.code in chosen else "",
                help_text=_(column.help) if column.help else "",
                error_messages={"required": _("“%(name)s”必须对应一列。") % {"name": _(column.heading)}},
            )

    def clean(self) -> dict[str, str]:
        data = super().clean() or {}
        taken: dict[str, str] = {}
        for column in self.columns:
            place = data.get(column.code)
            if place and place in taken:
                self.add_error(column.code, _("这一列已对应“%(name)s”。") % {"name": taken[place]})
            elif place:
                taken[place] = _(column.heading)
        return data

    def places(self) -> dict[str, int]:
        """Column code → position."""
        return {code: int(place) for code, place in self.cleaned_data.items() if place}
