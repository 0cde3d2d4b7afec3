"""Plain forms: they clean what was typed and nothing else. Choices come from the view; rules are the services' business."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yanzhen.matters.domain.loop import (
    CHANNEL_WORDS,
    DIVERSION_WORDS,
    EXCLUSION_WORDS,
    GRADE_WORDS,
    STATE_WORDS,
    STOP_WORDS,
    URGENCY_WORDS,
    Channel,
    Grade,
)
from yanzhen.matters.models import Admission, DutyItem
from yanzhen.matters.web.fields import (
    FilesField,
    PhoneField,
    PickField,
    UnitField,
    UnitsField,
    WordsField,
    YesNoField,
    options,
    plain,
)

LIGHT_WORDS = {"green": _("正常"), "yellow": _("临期"), "red": _("超期"), "stopped": _("停表")}


def translated(words: dict[Any, str]) -> list[tuple[str, Any]]:
    """Choices of a table of the domain, whose words are plain Chinese, in the reader's language."""
    return [(str(code), _(text)) for code, text in words.items()]


def day(**kwargs: Any) -> forms.DateField:
    """A day, from the browser's own picker."""
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date", "class": "medium"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"],
        **kwargs,
    )


# --- acts ---------------------------------------------------------------------------------------------------------------


class ActForm(forms.Form):
    """What every act sends: the version of the matter that the page showed. ``choices``: lists from the selectors."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, choices: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name, given in (choices or {}).items():
            field = self.fields.get(name)
            if isinstance(field, PickField):
                field.find = given
            elif field is not None:
                field.choices = given  # type: ignore[attr-defined]

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of the service, without the version."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class BareForm(ActForm):
    """Nothing to say."""


class WordsForm(ActForm):
    words = WordsField(label=_("说明"))


class ArchiveForm(ActForm):
    words = WordsField(
        label=_("归档说明"), rows=3, required=False, help_text=_("当事人认为没有解决的，须说明为什么归档")
    )


class NoteForm(ActForm):
    words = WordsField(label=_("批注内容"), help_text=_("只在单位内部可见，不会发给当事人"))


class ContactForm(ActForm):
    words = WordsField(label=_("联系情况"), help_text=_("何时、以何种方式联系，当事人说了什么"))


class ProgressForm(ActForm):
    words = WordsField(label=_("办理情况"))
    files = FilesField(label=_("附件"), help_text=_("照片、文件均可不附"))


class AssistDoneForm(ActForm):
    words = WordsField(label=_("协办结果"), help_text=_("告诉牵头单位做了什么、结果如何"))


class AnswerForm(ActForm):
    words = WordsField(
        label=_("给当事人的答复"), rows=6, help_text=_("这段话会原样发给当事人和中心：办了什么、结果如何、后续安排")
    )
    files = FilesField(label=_("附件"), help_text=_("照片、文件均可不附"))


class ReasonForm(ActForm):
    reason = WordsField(label=_("理由"))


class AssignForm(ActForm):
    lead = UnitField(label=_("牵头单位"))
    assists = UnitsField(label=_("协办单位"), required=False)
    admission = forms.TypedChoiceField(
        label=_("网格事项准入条目"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("交给网格时必须对应一条生效的准入事项"),
    )
    words = WordsField(label=_("交办意见"), required=False)


class SettleForm(ActForm):
    upheld = YesNoField(
        label=_("异议是否成立"), yes=_("成立，另行确定牵头单位"), no=_("不成立，由原单位办理，不得再退回")
    )
    lead = UnitField(label=_("新的牵头单位"), required=False, help_text=_("异议成立时必选"))
    reason = WordsField(label=_("裁定理由"))


class ReassignForm(ActForm):
    lead = UnitField(label=_("新的牵头单位"))
    reason = WordsField(label=_("改派理由"))


class AssistForm(ActForm):
    assist = UnitField(label=_("协办单位"))
    words = WordsField(label=_("协办要求"), required=False)


class DivertForm(ActForm):
    diversion = forms.ChoiceField(label=_("分流情形"), widget=forms.RadioSelect, choices=translated(DIVERSION_WORDS))
    words = WordsField(label=_("告诉当事人的话"), help_text=_("说明为什么不在这里办、应当到哪里去办"))


class DeclineForm(ActForm):
    reason = WordsField(label=_("内部理由"), rows=3, help_text=_("写明依据，供上级复核"))
    words = WordsField(label=_("告诉当事人的话"))


class MergeForm(ActForm):
    into = PickField(label=_("并入哪一件"), help_text=_("填写事项编号；两件的当事人都会继续收到进展"))


class LocateForm(ActForm):
    place = UnitField(label=_("发生地"))


class ClassifyForm(ActForm):
    category = PickField(label=_("类别"), url_name="category_find", help_text=_("输入文字或代码查找"))
    urgency = forms.ChoiceField(label=_("紧急程度"), choices=translated(URGENCY_WORDS), widget=forms.RadioSelect)


class StopForm(ActForm):
    reason = forms.ChoiceField(label=_("停表原因"), choices=translated(STOP_WORDS), widget=forms.RadioSelect)
    words = WordsField(label=_("说明"), rows=3, max_length=200, required=False)


class ExtensionForm(ActForm):
    reason = WordsField(label=_("延期理由"), help_text=_("批准后会告知当事人"))
    amount_days = forms.IntegerField(label=_("延长多少个工作日"), min_value=1, max_value=365)


class UnsolvableForm(ActForm):
    reason = WordsField(label=_("客观上无法解决的原因"))
    plan = WordsField(label=_("替代办法或今后安排"))


class ExclusionForm(ActForm):
    exclusion = forms.ChoiceField(label=_("剔除情形"), choices=translated(EXCLUSION_WORDS), widget=forms.RadioSelect)
    reason = WordsField(label=_("理由"), help_text=_("须由其他人审核，统计中会单独列出"))


class DecideForm(ActForm):
    request = forms.TypedChoiceField(label=_("申请"), coerce=int, widget=forms.RadioSelect)
    granted = YesNoField(label=_("审批意见"), yes=_("同意"), no=_("不同意"))
    words = WordsField(label=_("说明"), rows=3, required=False, help_text=_("不同意时请写明理由"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("granted") is False and not data.get("words"):
            self.add_error("words", _("不同意时请写明理由"))
        return data


class PressForm(ActForm):
    level = forms.TypedChoiceField(label=_("督办级别"), coerce=int, widget=forms.RadioSelect)
    words = WordsField(label=_("督办意见"), help_text=_("会写入督办函，发给牵头单位及其上级"))


class CallBackForm(ActForm):
    contacted = YesNoField(label=_("是否联系上当事人"), yes=_("联系上了"), no=_("没有联系上"))
    solved = YesNoField(label=_("当事人认为问题解决了吗"), yes=_("解决了"), no=_("没有解决"), required=False)
    grade = forms.ChoiceField(
        label=_("当事人评价"), choices=translated(GRADE_WORDS), widget=forms.RadioSelect, required=False, initial="none"
    )
    words = WordsField(label=_("回访记录"), rows=3, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("contacted") and data.get("solved") is None:
            self.add_error("solved", _("已联系上当事人，请选择问题是否解决"))
        data["grade"] = (data.get("grade") or str(Grade.NONE)) if data.get("contacted") else str(Grade.NONE)
        return data


# --- list ---------------------------------------------------------------------------------------------------------------


class FilterForm(forms.Form):
    """Filters of the list; applied on purpose."""

    q = forms.CharField(label=_("编号、姓名、地点或文字"), max_length=60, required=False)
    state = forms.ChoiceField(label=_("状态"), choices=options(translated(STATE_WORDS), _("全部")), required=False)
    light = forms.ChoiceField(label=_("红黄绿"), choices=options(LIGHT_WORDS.items(), _("全部")), required=False)
    urgency = forms.ChoiceField(
        label=_("紧急程度"), choices=options(translated(URGENCY_WORDS), _("全部")), required=False
    )
    channel = forms.ChoiceField(label=_("来源"), choices=options(translated(CHANNEL_WORDS), _("全部")), required=False)
    category = forms.TypedChoiceField(label=_("一级类别"), coerce=int, empty_value=None, required=False)
    place = forms.TypedChoiceField(label=_("发生地"), coerce=int, empty_value=None, required=False)
    lead = forms.TypedChoiceField(label=_("牵头单位"), coerce=int, empty_value=None, required=False)
    overdue = forms.BooleanField(label=_("只看超期"), required=False)
    pressed = forms.BooleanField(label=_("只看督办"), required=False)
    received_from = day(label=_("收到日期从"), required=False)
    received_to = day(label=_("收到日期到"), required=False)
    indicator = forms.ChoiceField(label=_("指标"), widget=forms.HiddenInput, required=False)
    part = forms.ChoiceField(
        label=_("统计口径"),
        choices=[("numerator", _("分子")), ("denominator", _("分母")), ("excluded", _("剔除"))],
        widget=forms.HiddenInput,
        required=False,
    )

    def __init__(self, *args: Any, choices: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name in ("category", "place", "lead", "indicator"):
            self.fields[name].choices = options((choices or {}).get(name, ()), _("全部"))  # type: ignore[attr-defined]

    def clean_q(self) -> str:
        return plain(self.cleaned_data["q"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("received_from"), data.get("received_to")
        if first and last and first > last:
            self.add_error("received_to", _("截止日期早于起始日期"))
        return data


class SaveFilterForm(forms.Form):
    name = forms.CharField(label=_("筛选名称"), max_length=40)
    query = forms.CharField(widget=forms.HiddenInput, max_length=500, required=False)


class ShowForm(forms.Form):
    """How the list looks: density and columns."""

    density = forms.ChoiceField(
        label=_("行距"), choices=[("normal", _("适中")), ("compact", _("紧凑"))], widget=forms.RadioSelect
    )
    columns = forms.MultipleChoiceField(label=_("显示哪些列"), widget=forms.CheckboxSelectMultiple, required=False)

    def __init__(self, *args: Any, columns: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["columns"].choices = list(columns)  # type: ignore[attr-defined]


class BulkForm(forms.Form):
    """Several matters at once: what, which, to whom."""

    action = forms.ChoiceField(choices=[("assign", _("批量交办")), ("archive", _("批量归档"))])
    tick = forms.TypedMultipleChoiceField(coerce=int, error_messages={"required": _("请先勾选要办理的事项")})
    lead = UnitField(label=_("牵头单位"), required=False)
    words = WordsField(label=_("交办意见"), required=False, rows=2)

    def __init__(self, *args: Any, ids: Any = (), leads: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["tick"].choices = [(each, each) for each in ids]  # type: ignore[attr-defined]
        self.fields["lead"].choices = options(leads, _("请选择"))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "lead" in self.data and data.get("action") == "assign" and not data.get("lead"):
            self.add_error("lead", _("请选择牵头单位"))
        return data


# --- desk ---------------------------------------------------------------------------------------------------------------


class DeskForm(forms.Form):
    """The telephone desk: one dense page."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=80, required=False)
    text = WordsField(label=_("诉求内容"), rows=6, error_messages={"required": _("请填写诉求内容")})
    title = forms.CharField(label=_("标题"), max_length=120, required=False, help_text=_("不填则取内容的第一句"))
    place = PickField(
        label=_("发生地"),
        url_name="place_find",
        required=False,
        help_text=_("村、组、网格名称或代码；不清楚可留空，转为待确定地点"),
    )
    place_words = forms.CharField(label=_("详细地点"), max_length=160, required=False)
    category = PickField(
        label=_("类别"), url_name="category_find", required=False, help_text=_("输入文字或代码查找；不确定可留空")
    )
    urgency = forms.ChoiceField(label=_("紧急程度"), choices=translated(URGENCY_WORDS), initial="normal")
    channel = forms.ChoiceField(
        label=_("来源"),
        choices=[(str(code), _(CHANNEL_WORDS[code])) for code in (Channel.DESK, Channel.GRID, Channel.WARNING)],
    )
    name = forms.CharField(label=_("当事人称呼"), max_length=60, required=False)
    phone = PhoneField(label=_("联系电话"), required=False, help_text=_("只用于办理和回访，加密保存"))
    secret = forms.BooleanField(label=_("当事人要求保密"), required=False)
    call_back = forms.BooleanField(label=_("办结后愿意接受回访"), required=False, initial=True)
    files = FilesField(label=_("附件"))

    def __init__(self, *args: Any, place: Any = None, category: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["place"].find = place  # type: ignore[attr-defined]
        self.fields["category"].find = category  # type: ignore[attr-defined]

    def clean_title(self) -> str:
        return plain(self.cleaned_data["title"])


class JoinForm(forms.Form):
    """A further voice for a matter that is already there."""

    text = WordsField(label=_("补充内容"), required=False, rows=3)
    name = forms.CharField(label=_("当事人称呼"), max_length=60, required=False)
    phone = PhoneField(label=_("联系电话"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class PurposeForm(forms.Form):
    """Why somebody looks behind a mask."""

    purpose = forms.CharField(label=_("查看用途"), max_length=100, min_length=2)


# --- lists of admission and duty, feedback ------------------------------------------------------------------------------


class AdmissionForm(forms.Form):
    """An application for a place on the list of grid work."""

    item = forms.CharField(label=_("事项名称"), max_length=120)
    department = UnitField(label=_("申请部门"))
    scope_unit = UnitField(label=_("适用范围"))
    level = forms.ChoiceField(label=_("交给哪一级"))
    category = PickField(label=_("对应类别"), url_name="category_find", required=False)
    basis = forms.CharField(label=_("依据"), max_length=300, help_text=_("法律、文件名称和文号"))
    content = WordsField(label=_("工作内容和要求"), help_text=_("行政执法和专业性强的工作不得进入网格"))
    frequency = forms.CharField(label=_("频次"), max_length=60, required=False)
    minutes = forms.IntegerField(
        label=_("每次大约多少分钟"), min_value=0, max_value=1440, help_text=_("用于公开基层负担")
    )
    valid_from = day(label=_("有效期从"))
    valid_to = day(label=_("有效期到"), help_text=_("不含当日；紧急事项必须有截止日期"), required=False)
    urgent = forms.BooleanField(label=_("紧急事项"), required=False)

    def __init__(self, *args: Any, choices: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name, given in (choices or {}).items():
            if name == "category":
                self.fields[name].find = given  # type: ignore[attr-defined]
            else:
                self.fields[name].choices = options(given, _("请选择"))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("valid_from"), data.get("valid_to")
        if first and last and last <= first:
            self.add_error("valid_to", _("截止日期必须晚于起始日期"))
        if data.get("urgent") and not last and "valid_to" not in self.errors:
            self.add_error("valid_to", _("紧急事项必须填写截止日期"))
        return data


class AdmissionStepForm(forms.Form):
    """One step of the procedure of an admission."""

    step = forms.CharField(max_length=20, widget=forms.HiddenInput)
    passed = YesNoField(label=_("审核意见"), yes=_("通过"), no=_("退回"))
    words = WordsField(label=_("意见"), rows=3, max_length=300, required=False, help_text=_("退回时请写明理由"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("passed") is False and not data.get("words"):
            self.add_error("words", _("退回时请写明理由"))
        return data


class AdmissionFilterForm(forms.Form):
    q = forms.CharField(label=_("事项名称"), max_length=60, required=False)
    state = forms.ChoiceField(label=_("状态"), choices=options(translated(dict(Admission.State.choices)), _("全部")), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class DutyFilterForm(forms.Form):
    q = forms.CharField(label=_("事项名称"), max_length=60, required=False)
    list = forms.ChoiceField(label=_("清单"), choices=options(translated(dict(DutyItem.List.choices)), _("全部")), required=False)
    unit = forms.TypedChoiceField(label=_("单位"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, units: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["unit"].choices = options(units, _("全部"))  # type: ignore[attr-defined]


class FeedbackForm(forms.Form):
    text = WordsField(label=_("您的意见或建议"), max_length=2000)
    page = forms.CharField(widget=forms.HiddenInput, max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class FeedbackAnswerForm(forms.Form):
    answer = WordsField(label=_("答复"), max_length=2000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
