"""Forms of village democracy. They clean; what they mean is said by the services."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yanzhen.democracy.domain.decisions import matter_list
from yanzhen.democracy.models import Coverage, Inquiry, Seat


class PlainForm(forms.Form):
    """No bubbles of the browser: mistakes are said in the page, in words."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


def _words(label: Any, rows: int = 4, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **{"max_length": 2000, **more})


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date", "class": "short"}, format="%Y-%m-%d"), **more
    )


def _money(label: Any, **more: Any) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "short"})
    return forms.DecimalField(label=label, max_digits=14, decimal_places=2, required=False, widget=widget, **more)


class PersonField(forms.CharField):
    """A person of the village by name; several of one name are told apart by the year of birth behind it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}), **kwargs)
        self.find: Callable[[str], list[Any]] = lambda _text: []

    def clean(self, value: Any) -> Any:
        text = " ".join(super().clean(value).split())
        if not text:
            return None
        found = self.find(text)
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(
                _("本村没有叫“%(name)s”的在册人员，请先在人员档案中建档。"), params={"name": text}
            )
        years = "、".join(f"{each.name} {each.birth.year if each.birth else ''}".strip() for each in found)
        raise forms.ValidationError(_("有几个同名的人，请在姓名后加出生年份：%(names)s"), params={"names": years})


class RosterFilter(PlainForm):
    """Narrowing a roster."""

    q = forms.CharField(label=_("姓名或拼音"), required=False, max_length=40)
    sex = forms.ChoiceField(label=_("性别"), required=False, choices=[("", _("全部")), ("1", _("男")), ("2", _("女"))])


class SeatForm(PlainForm):
    """Who took a seat."""

    person = PersonField(label=_("姓名"), help_text=_("本村在册人员；同名的在姓名后加出生年份，例如：王芳 1979"))
    duty = forms.CharField(label=_("职务"), max_length=40, required=False)
    group = forms.CharField(label=_("推选的组"), max_length=40, required=False)
    how = forms.ChoiceField(label=_("产生方式"), choices=Seat.HOW)
    since = _day(_("任职日期"))
    term_ends = _day(_("届满日期"), required=False, help_text=_("不填按规则中的任期推算"))
    basis = forms.CharField(label=_("依据"), max_length=200, required=False, help_text=_("选举结果公告、会议决议等"))
    case_id = forms.IntegerField(
        label=_("补选程序编号"), required=False, help_text=_("村民委员会成员补选须先走补选程序")
    )
    declared_kin = forms.BooleanField(label=_("与村民委员会成员有近亲属关系"), required=False)


class LeaveForm(PlainForm):
    """Why somebody left."""

    left = forms.ChoiceField(
        label=_("离任原因"), choices=[each for each in Seat.LEFT if each[0]], widget=forms.RadioSelect
    )
    on = _day(_("离任日期"))
    basis = forms.CharField(label=_("依据和事由"), max_length=200, required=False)
    case_id = forms.IntegerField(
        label=_("罢免程序编号"), required=False, help_text=_("罢免须先走罢免程序，任何人不能直接撤换")
    )


class DelegateForm(PlainForm):
    """Whom a household sends."""

    person = forms.TypedChoiceField(label=_("户代表"), coerce=int, widget=forms.RadioSelect)

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = list(people)  # type: ignore[attr-defined]


class DecisionForm(PlainForm):
    """A proposal."""

    item = forms.ChoiceField(label=_("事项"), help_text=_("按村级重大事项清单选择，程序由事项和金额决定"))
    title = forms.CharField(label=_("题目"), max_length=120)
    text = _words(_("提议内容"), 6, max_length=8000, help_text=_("做什么、为什么、怎么做、花多少钱、多久做完"))
    amount = _money(_("涉及金额（元）"))
    funds = forms.CharField(label=_("资金来源"), max_length=120, required=False)
    emergency = forms.BooleanField(label=_("紧急：抢险救灾等来不及先议"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].choices = [
            ("", _("请选择")),
            *((each.code, _(each.title)) for each in matter_list().values()),
        ]  # type: ignore[attr-defined]


class DecisionFilter(PlainForm):
    """Narrowing the list of decisions."""

    q = forms.CharField(label=_("题目或内容"), required=False, max_length=40)


class ReasonForm(PlainForm):
    """A reason in words."""

    reason = _words(_("理由"), 3, max_length=300)


class WordsForm(PlainForm):
    """Some words."""

    words = _words(_("内容"), 5, max_length=1000)


class CarryForm(PlainForm):
    """What was done."""

    words = _words(_("做了什么"), 4, max_length=1000)
    on = _day(_("日期"))
    spent = _money(_("支出（元）"))
    finished = forms.BooleanField(label=_("全部实施完毕，可以公开结果"), required=False)


class SkipForm(PlainForm):
    """What was done without its decision."""

    village = forms.TypedChoiceField(label=_("村"), coerce=int)
    item = forms.ChoiceField(label=_("应走程序的事项"))
    words = _words(_("发现的情况"), 4, max_length=500)

    def __init__(self, *args: Any, villages: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["village"].choices = list(villages)  # type: ignore[attr-defined]
        self.fields["item"].choices = [(each.code, _(each.title)) for each in matter_list().values()]  # type: ignore[attr-defined]


class DraftForm(PlainForm):
    """The content of a notice: from the records, from a table, or in words."""

    title = forms.CharField(label=_("标题"), max_length=120, required=False)
    text = _words(_("公开内容"), 8, required=False, max_length=20000)
    file = forms.FileField(
        label=_("表格"),
        required=False,
        help_text=_("Excel 或 CSV，第一行是列名。证件号、电话、银行账号会自动去掉。"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )
    remarks = _words(_("说明"), 3, required=False, max_length=500)

    def __init__(self, *args: Any, source: str = "", event: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if source != "table":
            del self.fields["file"]
        if source != "text":
            del self.fields["text"]
        if not event:
            del self.fields["title"]
        else:
            self.fields["title"].required = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("file", "text"):
            if name in self.fields and not data.get(name) and name not in self.errors:
                self.add_error(name, _("请提供公开的内容。"))
        return data


class CorrectForm(DraftForm):
    """A correction says why."""

    reason = forms.CharField(label=_("更正原因"), max_length=200)


class ReviewForm(PlainForm):
    """The supervision committee's review."""

    passed = forms.TypedChoiceField(
        label=_("审核意见"),
        choices=[("yes", _("内容属实、完整，同意公布")), ("no", _("退回修改"))],
        coerce=lambda text: text == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
    )
    words = _words(_("说明"), 3, required=False, max_length=500, help_text=_("退回时写明哪里要改"))


class PublishForm(PlainForm):
    """For how long it hangs."""

    days = forms.IntegerField(
        label=_("公布天数"), min_value=1, max_value=365, widget=forms.NumberInput(attrs={"class": "short"})
    )


class InquiryForm(PlainForm):
    """A question or a check."""

    kind = forms.ChoiceField(label=_("方式"), choices=Inquiry.KINDS, widget=forms.RadioSelect)
    subject = forms.CharField(label=_("监督对象"), max_length=120, help_text=_("例如：三组道路硬化工程、5月份账目"))
    words = _words(_("问什么、看到什么"), 4, max_length=1000)


class ConcludeForm(PlainForm):
    """The conclusion."""

    found = forms.ChoiceField(
        label=_("结论"), choices=[each for each in Inquiry.FOUND if each[0]], widget=forms.RadioSelect
    )
    words = _words(_("说明"), 3, required=False, max_length=1000, help_text=_("发现问题的会登记为事项，跟踪到办结"))


class ReportForm(PlainForm):
    """The half-yearly report."""

    remarks = _words(_("监督情况、问题和建议"), 8, max_length=2000)


class EvaluationForm(PlainForm):
    """Calling an evaluation."""

    year = forms.IntegerField(
        label=_("年度"), min_value=2000, max_value=2100, widget=forms.NumberInput(attrs={"class": "short"})
    )
    meets_on = _day(_("会议日期"))
    body = forms.ChoiceField(
        label=_("谁来评"),
        choices=[("representatives", _("村民代表")), ("villagers", _("全体村民"))],
        widget=forms.RadioSelect,
    )
    cadres = forms.TypedMultipleChoiceField(label=_("被评议的干部"), coerce=int, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, cadres: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cadres"].choices = list(cadres)  # type: ignore[attr-defined]


class CadreReportForm(PlainForm):
    """A written report."""

    text = _words(_("述职报告"), 12, max_length=8000)


class PlanForm(PlainForm):
    """A plan of coverage."""

    kind = forms.ChoiceField(label=_("种类"), choices=Coverage.KINDS, widget=forms.RadioSelect)
    title = forms.CharField(label=_("名称"), max_length=120)
    first = _day(_("本届开始"))
    last = _day(_("本届结束"))


class MoveForm(PlainForm):
    """Another quarter."""

    quarter = forms.CharField(label=_("调整到哪个季度"), max_length=6, help_text=_("例如：2027Q2"))
    reason = forms.CharField(label=_("理由"), max_length=200)


class VisitForm(PlainForm):
    """A village was covered."""

    on = _day(_("完成日期"))
    team = forms.CharField(label=_("审计巡察组"), max_length=80)
    result = _words(_("结果"), 4, max_length=1000)
    findings = _words(
        _("发现的问题"),
        4,
        required=False,
        max_length=4000,
        help_text=_("一行一个问题，每个问题会成为一件跟踪到底的事项"),
    )


class FindingForm(PlainForm):
    """One more finding."""

    words = _words(_("发现的问题"), 3, max_length=500)
    amount = _money(_("涉及金额（元）"))
