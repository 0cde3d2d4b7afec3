"""Forms of the villager's pages and of the field. They clean; what they mean is said by the services."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yanzhen.matters.domain.loop import GRADE_WORDS, URGENCY_WORDS
from yanzhen.matters.public.challenge import ChallengeForm
from yanzhen.matters.selectors.villager import place_by_code
from yanzhen.matters.web.fields import FilesField, PhoneField, WordsField, YesNoField, plain

PHOTO_ATTRS = {"accept": "image/*", "data-downscale": "1600"}


def photos(**kwargs: Any) -> FilesField:
    """Photos, never required."""
    field = FilesField(**kwargs)
    field.widget.attrs.update(PHOTO_ATTRS)
    return field


class CoarseField(forms.DecimalField):
    """A coordinate, rounded to three decimals (about 100 m) whatever was sent."""

    def __init__(self, limit: int, **kwargs: Any) -> None:
        super().__init__(required=False, min_value=-limit, max_value=limit, widget=forms.HiddenInput, **kwargs)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        found = super().to_python(value)
        return None if found is None else found.quantize(Decimal("0.001"))


class PlaceField(forms.CharField):
    """A place by its code; cleans to a place that stands today."""

    default_error_messages = {
        "required": _("请选择事情发生的村（社区）。"),
        "unknown": _("没有找到这个地点，请重新选择。"),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.HiddenInput)
        super().__init__(max_length=24, **kwargs)

    def clean(self, value: Any) -> Any:
        code = super().clean(value)
        if not code:
            return None
        found = place_by_code(code)
        if found is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return found


class PlainForm(forms.Form):
    """No bubbles of the browser: mistakes are said in the page, in words."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


# --- the villager -------------------------------------------------------------------------------------------------------


class WhatForm(PlainForm):
    """What happened and where."""

    text = WordsField(
        label=_("您要反映什么事？"), rows=6,
        help_text=_("说清楚是什么事、在什么地方、什么时候发生的。不要写身份证号、银行卡号。"),
    )  # fmt: skip
    place = PlaceField(label=_("在哪个村（社区）"))
    place_words = forms.CharField(
        label=_("具体位置"), max_length=160, required=False, help_text=_("例如：村小学门口、三组王家桥头")
    )
    longitude = CoarseField(180)
    latitude = CoarseField(90)

    def clean_place_words(self) -> str:
        return plain(self.cleaned_data["place_words"])


class ContactForm(ChallengeForm):
    """Who may be asked back: nobody has to say."""

    name = forms.CharField(label=_("怎么称呼您"), max_length=60, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = PhoneField(label=_("联系电话"), required=False, help_text=_("不留电话也受理，只是办理人员无法联系您核实。"))
    call_back = YesNoField(
        label=_("办完后，是否愿意接受电话回访"), yes=_("愿意"), no=_("不用回访，我自己查看结果"), required=False, initial="yes"
    )
    secret = forms.BooleanField(label=_("请为我保密：只有负责研判和办理的单位能看到"), required=False)
    field_order = ["name", "phone", "call_back", "secret"]


class SendForm(PlainForm):
    """The last page: photos, and off it goes."""

    photos = photos(label=_("照片"), help_text=_("可以不传。照片会去掉拍摄位置等隐藏信息。"))


class JoinForm(ChallengeForm):
    """A voice for something already reported."""

    text = WordsField(label=_("您要补充的情况"), rows=4, required=False)
    name = forms.CharField(label=_("怎么称呼您"), max_length=60, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = PhoneField(label=_("联系电话"), required=False)
    field_order = ["text", "name", "phone"]


class FollowForm(PlainForm):
    """Number and code."""

    number = forms.CharField(
        label=_("受理编号"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off", "class": "medium"})
    )
    code = forms.CharField(
        label=_("查询码"), max_length=20, help_text=_("受理时给您的 8 位字母和数字，不分大小写"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "class": "medium"}),
    )  # fmt: skip


class RateForm(PlainForm):
    """Solved? Satisfied?"""

    solved = YesNoField(label=_("您反映的问题解决了吗？"), yes=_("解决了"), no=_("没有解决"))
    grade = forms.ChoiceField(
        label=_("您对办理是否满意？"), widget=forms.RadioSelect,
        choices=[(str(code), _(words)) for code, words in GRADE_WORDS.items() if code != "none"],
    )  # fmt: skip
    words = WordsField(label=_("您想说的话"), rows=3, required=False)


class WordsOnlyForm(PlainForm):
    """Further facts."""

    words = WordsField(label=_("补充的情况"), rows=5)


class ReasonOnlyForm(PlainForm):
    """Why."""

    reason = WordsField(label=_("请说明原因"), rows=4)


class SuggestForm(ChallengeForm):
    """About the platform itself."""

    text = WordsField(
        label=_("您对本平台有什么意见或建议？"), rows=6,
        help_text=_("这里只说平台好不好用、有没有添麻烦。要反映事情请用“我要反映”。"),
    )  # fmt: skip
    contact = forms.CharField(label=_("联系方式"), max_length=60, required=False, help_text=_("可以不留，凭编号也能查看答复"))
    page = forms.CharField(required=False, widget=forms.HiddenInput, max_length=200)
    field_order = ["text", "contact"]


class SuggestFollowForm(PlainForm):
    number = forms.CharField(
        label=_("意见编号"), max_length=30, widget=forms.TextInput(attrs={"autocomplete": "off", "class": "medium"})
    )


# --- the field ----------------------------------------------------------------------------------------------------------


class FieldReportForm(PlainForm):
    """One dense page for somebody who does this every day. ``saved_at``: when it was written, for reports without signal."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    text = WordsField(label=_("什么事"), rows=4)
    place = PlaceField(label=_("在哪里"), widget=forms.Select(attrs={"class": "yz-select"}))
    place_words = forms.CharField(label=_("具体位置"), max_length=160, required=False)
    longitude = CoarseField(180)
    latitude = CoarseField(90)
    urgency = forms.ChoiceField(
        label=_("紧急程度"), widget=forms.RadioSelect, initial="normal",
        choices=[(str(code), _(words)) for code, words in reversed(URGENCY_WORDS.items())],
    )  # fmt: skip
    name = forms.CharField(label=_("当事人称呼"), max_length=60, required=False)
    phone = PhoneField(label=_("当事人电话"), required=False)
    secret = forms.BooleanField(label=_("当事人要求保密"), required=False)
    files = photos(label=_("照片"), help_text=_("可以不拍"))  # type: ignore[assignment]
    saved_at = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)

    def __init__(self, *args: Any, places: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].widget.choices = [(place.code, place.name) for place in places]

    def clean_saved_at(self) -> datetime | None:
        return moment(self.cleaned_data["saved_at"])


def moment(text: str) -> datetime | None:
    """An ISO moment with its zone (a phone writes UTC); None for anything else."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class FieldActForm(PlainForm):
    """Something done to a matter in the field; which of the fields count depends on the act."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    words = WordsField(label=_("情况"), rows=4, required=False)
    files = photos(label=_("照片"), help_text=_("可以不拍"))  # type: ignore[assignment]

    def __init__(self, *args: Any, code: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].required = code != "accept"
        if code not in {"progress", "answer"}:
            del self.fields["files"]
        if code == "accept":
            del self.fields["words"]
        elif code:
            self.fields["words"].label = LABELS.get(code, self.fields["words"].label)


LABELS = {
    "contact": _("何时怎样联系的，对方怎么说"),
    "progress": _("做了什么"),
    "answer": _("给当事人的答复"),
    "assist_done": _("协办结果"),
}
