"""Invented content for the gallery; no place or person in it exists."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.ui import components as c


class SampleForm(forms.Form):
    """One of each kind of question."""

    place = forms.CharField(label=_("发生地点"), help_text=_("写到村、组，例如：青山乡云岭村三组"), max_length=60)
    category = forms.ChoiceField(
        label=_("事项类别"), choices=[("", _("请选择")), ("road", _("道路")), ("water", _("饮水"))]
    )
    text = forms.CharField(label=_("情况说明"), widget=forms.Textarea(attrs={"rows": 4}))
    phone = forms.CharField(label=_("联系电话"), required=False, widget=forms.TextInput(attrs={"inputmode": "tel"}))
    channel = forms.ChoiceField(
        label=_("希望怎样答复"),
        choices=[("phone", _("电话")), ("sms", _("短信")), ("visit", _("上门"))],
        widget=forms.RadioSelect,
    )
    tags = forms.MultipleChoiceField(
        label=_("涉及人群"),
        required=False,
        choices=[("old", _("老人")), ("child", _("儿童"))],
        widget=forms.CheckboxSelectMultiple,
    )
    photo = forms.FileField(
        label=_("现场照片"),
        required=False,
        help_text=_("不传照片也可以上报"),
        widget=forms.FileInput(attrs={"accept": "image/*", "data-downscale": "1600"}),
    )
    agree = forms.BooleanField(label=_("我已阅读个人信息告知"))


class FilterForm(forms.Form):
    """A small filter."""

    status = forms.ChoiceField(label=_("状态"), required=False, choices=[("", _("全部")), ("open", _("办理中"))])
    town = forms.CharField(label=_("乡镇"), required=False)


def _table() -> c.CaseTable:
    rows: list[tuple[str, str, c.Lamp, str, str, c.Text]] = [
        ("云岭村三组路灯不亮", "20261103-0017", c.Lamp("yellow", _("剩 1.5 个工作日")), "青山乡", "2026-11-03", ""),
        (
            "河口村饮水浑浊，多户反映",
            "20261101-0009",
            c.Lamp("red", _("超 2 个工作日")),
            "河口镇",
            "2026-11-01",
            _("督办"),
        ),
        ("李家坪便民服务点代办医保", "20261105-0002", c.Lamp("green", _("剩 4 个工作日")), "青山乡", "2026-11-05", ""),
        ("宅基地边界纠纷调解", "20261028-0031", c.Lamp("stopped", _("等待当事人")), "双溪乡", "2026-10-28", ""),
    ]
    return c.CaseTable(
        caption=_("在办事项"),
        columns=[
            c.Column(_("事项")),
            c.Column(_("时限"), sort_url="?sort=due", sorted="ascending"),
            c.Column(_("承办单位")),
            c.Column(_("受理日期"), "date", sort_url="?sort=day"),
            c.Column(_("附议"), "num"),
        ],
        rows=[
            c.Row(
                name,
                "#",
                [c.Cell(lamp=lamp), c.Cell(unit), c.Cell(day), c.Cell(at * 3)],
                key=number,
                note=number,
                badge=c.Badge(mark, "danger") if mark else None,
            )
            for at, (name, number, lamp, unit, day, mark) in enumerate(rows)
        ],
        count=1000,
        next_url="?after=20261028-0031",
        prev_url="?before=20261103-0017",
        select="ids",
    )


def _chart() -> c.ChartSpec:
    towns = ["青山乡", "河口镇", "双溪乡", "白石镇", "云台乡"]
    return c.ChartSpec(
        id="gallery-chart",
        title=_("各乡镇按时办结率"),
        conclusion=_("五个乡镇中双溪乡最低（81%），比上月低 3 个百分点。"),
        categories=towns,
        series=[
            c.Series(_("本月"), [96, 92, 81, 94, None], urls=["#a", "#b", "#c", "#d", ""]),
            c.Series(_("上月"), [95, 90, 84, 93, 88]),
        ],
        unit="%",
        axis=_("乡镇"),
        as_of="2026-11-20 18:00",
        coverage=_("4/5 个乡镇已报"),
    )


def context(*, wrong: bool = False) -> dict[str, Any]:
    """What the gallery shows; ``wrong``: the form as it comes back with errors."""
    form = SampleForm({"phone": "12<b>3"}) if wrong else SampleForm()
    return {
        "form": form,
        "lamps": [
            c.Lamp("green", _("剩 4 个工作日")),
            c.Lamp("yellow", _("剩 1.5 个工作日")),
            c.Lamp("red", _("超 2 个工作日")),
            c.Lamp("grey"),
            c.Lamp("stopped", _("等待当事人补充材料")),
        ],
        "badges": [
            c.Badge(_("普通")),
            c.Badge(_("联办"), "info"),
            c.Badge(_("已复核"), "success"),
            c.Badge(_("涉密"), "danger"),
        ],
        "tasks": [
            c.TaskItem(_("基本情况"), "#", "done"),
            c.TaskItem(_("联审意见"), "#", "doing", _("已收到 3 个部门意见，还差 2 个")),
            c.TaskItem(_("会议决定"), "#", "todo"),
            c.TaskItem(_("公示"), "", "blocked", _("会议决定之后才能开始")),
        ],
        "answers": [
            c.AnswerRow(_("发生地点"), "青山乡云岭村三组", "#"),
            c.AnswerRow(_("情况说明"), "路灯不亮已有一周。\n晚上老人出行不便。", "#"),
            c.AnswerRow(_("联系电话"), "", "#"),
        ],
        "facts": [
            c.AnswerRow(_("编号"), "20261103-0017"),
            c.AnswerRow(_("时限"), lamp=c.Lamp("yellow", _("剩 1.5 个工作日"))),
            c.AnswerRow(_("附议"), 0),
        ],
        "table": _table(),
        "empty_table": c.CaseTable(
            caption=_("督办事项"),
            columns=[c.Column(_("事项"))],
            empty=c.Empty(_("没有督办事项"), _("上级督办的事项会出现在这里。"), c.Link(_("看全部在办"), "#")),
        ),
        "filters": c.Filters(
            form=FilterForm({"status": "open"}),
            chips=[c.Chip(_("状态"), _("办理中"), "?"), c.Chip(_("乡镇"), "青山乡", "?")],
            clear_url="?",
            saved=[c.Link(_("本周到期"), "?saved=1"), c.Link(_("我首接的"), "?saved=2")],
            save_url="?save=1",
        ),
        "entries": [
            c.Entry(_("县委组织部督办"), datetime(2026, 11, 6, 1, 5, tzinfo=UTC), "王明", "请两日内答复群众。", "red"),
            c.Entry(
                _("交办至青山乡村建中心"),
                datetime(2026, 11, 4, 2, 30, tzinfo=UTC),
                "青山乡 组织委员",
                note=_("协办：供电所"),
            ),
            c.Entry(_("停表：等待当事人"), "2026-11-04", light="stopped"),
            c.Entry(_("受理"), datetime(2026, 11, 3, 6, 12, tzinfo=UTC), "云岭村 网格员", "群众扫码上报", "green"),
        ],
        "tab_items": [
            c.Tab(_("待办"), "#", 12, active=True),
            c.Tab(_("在办"), "#", 1000),
            c.Tab(_("已办"), "#"),
            c.Tab(_("督办"), "#", 0),
        ],
        "figure_items": [
            c.Figure(_("待办"), 12, "#", _("今日到期 3 件")),
            c.Figure(_("超期"), 2, "#", _("最长超 2 个工作日"), "red"),
            c.Figure(_("临期"), 5, "#", "", "yellow"),
            c.Figure(_("按时办结率"), "94.2", "#", _("本月 162/172 件"), "", "%"),
        ],
        "chart_spec": _chart(),
        "card": c.Confirm(
            _("确认办结这件事项？"),
            _("办结后将通知当事人评价，并报送县指挥中心。"),
            "#",
            _("确认办结"),
            "#",
            points=[_("答复已当面或电话告知当事人"), _("办理结果如实填写")],
        ),
        "danger_card": c.Confirm(
            _("撤销这项公示？"),
            _("撤销后公示期重新计算，已公示的 6 天不再有效。"),
            "#",
            _("撤销公示"),
            "#",
            danger=True,
        ),
    }
