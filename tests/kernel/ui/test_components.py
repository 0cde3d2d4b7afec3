"""Each component: its states, its escaping, what screen readers get."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django import forms
from lxml import html
from lxml.html import HtmlElement

from yanzhen.kernel.ui import components as c
from yanzhen.kernel.ui.charts import option

Draw = Callable[..., str]
EVIL = '<script>alert("x")</script>'


def tree(source: str) -> HtmlElement:
    return html.fromstring(f"<div>{source}</div>")


def words(node: HtmlElement) -> str:
    return " ".join(node.text_content().split())


class Form(forms.Form):
    place = forms.CharField(label="地点", help_text="写到村、组")
    phone = forms.CharField(label="电话", required=False)
    kind = forms.ChoiceField(label="类别", choices=[("a", "道路"), ("b", EVIL)], widget=forms.RadioSelect)
    day = forms.DateField(label="日期", required=False)
    agree = forms.BooleanField(label="已阅读")


@pytest.mark.parametrize(
    ("light", "shape", "word"),
    [
        ("green", "●", "正常"),
        ("yellow", "▲", "临期"),
        ("red", "■", "超期"),
        ("grey", "○", "未计时"),
        ("stopped", "‖", "停表"),
    ],
)
def test_lamp_is_colour_shape_and_words(draw: Draw, light: str, shape: str, word: str) -> None:
    node = tree(draw("{% lamp value %}", value=c.Lamp(light, "剩 2 天")))
    assert words(node) == f"{shape} {word} 剩 2 天"
    assert node.xpath(".//span[@aria-hidden='true']")[0].text == shape
    assert f"yz-lamp--{light}" in node.xpath("./span/@class")[0]


def test_lamp_says_its_word_once_and_survives_an_unknown_light(draw: Draw) -> None:
    assert words(tree(draw("{% lamp 'red' '超期 2 天' %}"))) == "■ 超期 2 天"
    assert "yz-lamp--grey" in draw("{% lamp value %}", value='"><i>')


@pytest.mark.parametrize(
    "source",
    [
        "{% lamp 'red' evil %}",
        "{% badge evil evil %}",
        "{% icon 'x' evil %}",
        "{% notice evil 'info' evil %}",
        "{% empty evil evil %}",
        "{% steps 1 2 evil %}",
        "{% masked evil '/u/' evil %}",
        "{% tabs tabs %}",
        "{% task_list tasks evil %}",
        "{% check_answers rows evil %}",
        "{% timeline entries evil %}",
        "{% figures figures evil %}",
        "{% case_list table %}",
        "{% filter_chips filters %}",
        "{% confirm card %}",
        "{% chart chart %}",
        "{% moment evil %}",
    ],
)
def test_nothing_that_users_wrote_becomes_markup(draw: Draw, source: str) -> None:
    out = draw(
        source,
        evil=EVIL,
        tabs=[c.Tab(EVIL, EVIL, 1)],
        tasks=[c.TaskItem(EVIL, EVIL, hint=EVIL)],
        rows=[c.AnswerRow(EVIL, EVIL, EVIL, EVIL, c.Lamp("red", EVIL))],
        entries=[c.Entry(EVIL, EVIL, EVIL, EVIL, note=EVIL, links=[c.Link(EVIL, EVIL, EVIL)])],
        figures=[c.Figure(EVIL, EVIL, EVIL, EVIL)],
        table=c.CaseTable(
            EVIL,
            [c.Column(EVIL, sort_url=EVIL), c.Column(EVIL)],
            [c.Row(EVIL, EVIL, [c.Cell(EVIL, note=EVIL, url=EVIL, badge=c.Badge(EVIL))], key=EVIL, note=EVIL)],
            select="ids",
            next_url=EVIL,
        ),
        filters=c.Filters(Form(), [c.Chip(EVIL, EVIL, EVIL)], EVIL, [c.Link(EVIL, EVIL)], EVIL, EVIL, {EVIL: EVIL}),
        card=c.Confirm(EVIL, EVIL, EVIL, EVIL, EVIL, [EVIL], hidden={EVIL: EVIL}),
        chart=c.ChartSpec("c", EVIL, EVIL, [EVIL], [c.Series(EVIL, [1], [EVIL])], EVIL, EVIL, EVIL, EVIL),
    )
    assert "<script>" not in out
    assert "alert(" in out or "x" in out


# --- forms ---


def test_field_has_label_hint_and_marks_only_what_is_optional(draw: Draw) -> None:
    node = tree(draw("{% field form.place %}{% field form.phone %}", form=Form()))
    place, phone = node.xpath(".//input")
    assert node.xpath(f".//label[@for='{place.get('id')}']")[0].text.strip() == "地点"
    assert place.get("aria-describedby") == "id_place_hint"
    assert node.xpath(".//*[@id='id_place_hint']")[0].text == "写到村、组"
    assert place.get("aria-invalid") is None
    labels = [words(label) for label in node.xpath(".//label")]
    assert labels == ["地点", "电话 （选填）"]
    assert phone.get("aria-describedby") is None


def test_rejected_field_keeps_the_input_and_ties_the_error_to_it(draw: Draw) -> None:
    form = Form({"day": EVIL, "phone": EVIL})
    node = tree(draw("{% field form.place %}{% field form.day %}{% field form.phone %}", form=form))
    place, day, phone = node.xpath(".//input")
    assert place.get("aria-invalid") == "true"
    assert place.get("aria-describedby") == "id_place_hint id_place_error"
    assert words(node.xpath(".//*[@id='id_place_error']")[0]) == "错误：请填写：地点"
    assert day.get("value") == EVIL
    assert phone.get("value") == EVIL
    assert phone.get("aria-invalid") is None


def test_group_of_choices_is_a_fieldset_with_a_legend(draw: Draw) -> None:
    node = tree(draw("{% field form.kind %}", form=Form({"kind": "a"})))
    assert words(node.xpath(".//fieldset/legend")[0]) == "类别"
    first, second = node.xpath(".//input[@type='radio']")
    assert first.get("checked") is not None
    assert second.get("checked") is None
    assert words(node.xpath(f".//label[@for='{second.get('id')}']")[0]) == EVIL
    wrong = tree(draw("{% field form.kind %}", form=Form({})))
    assert wrong.xpath(".//fieldset/@aria-describedby") == ["id_kind_error"]


def test_hidden_field_is_the_input_alone(draw: Draw) -> None:
    form = type("F", (forms.Form,), {"version": forms.CharField(widget=forms.HiddenInput)})({})
    node = tree(draw("{% field form.version %}", form=form))
    assert [child.tag for child in node] == ["input"]
    assert node.xpath("./input/@type") == ["hidden"]


def test_field_says_why_it_asks(draw: Draw) -> None:
    assert "用来回电" in draw("{% field form.phone purpose='用来回电' %}", form=Form())
    assert "<details" not in draw("{% field form.phone %}", form=Form())


def test_error_summary_links_to_fields_with_the_same_words(draw: Draw) -> None:
    form = Form({"day": "x"})
    form.add_error(None, "地点与类别不符")
    node = tree(draw("{% error_summary form %}{% field form.place %}{% field form.day %}", form=form))
    box = node.xpath(".//*[@data-error-summary]")[0]
    assert (box.get("role"), box.get("tabindex")) == ("alert", "-1")
    assert node.xpath(f".//*[@id='{box.get('aria-labelledby')}']")
    links = {a.get("href"): a.text for a in box.xpath(".//a")}
    assert links["#id_place"] == "请填写：地点"
    assert links["#id_kind_0"] == "请选择：类别"
    assert links["#id_agree"] == "请勾选：已阅读"
    assert links["#id_day"] in words(node.xpath(".//*[@id='id_day_error']")[0])
    assert "地点与类别不符" in [li.text for li in box.xpath(".//li")]


def test_error_summary_is_silent_without_errors(draw: Draw) -> None:
    assert draw("{% error_summary form %}{% error_summary none %}", form=Form(), none=None).strip() == ""


# --- lists ---


def _table(**changes: object) -> c.CaseTable:
    base: dict[str, object] = {
        "caption": "在办事项",
        "columns": [c.Column("事项"), c.Column("时限", sort_url="?s", sorted="ascending"), c.Column("附议", "num")],
        "rows": [c.Row("路灯不亮", "/m/1", [c.Cell(lamp=c.Lamp("red")), c.Cell(0)], key="1")],
    }
    return c.CaseTable(**{**base, **changes})  # type: ignore[arg-type]


def test_case_list_is_a_table_with_the_link_on_the_name(draw: Draw) -> None:
    node = tree(draw("{% case_list table %}", table=_table(count=37)))
    assert words(node.xpath(".//caption")[0]) == "在办事项 共 37 条"
    assert [th.get("scope") for th in node.xpath(".//thead//th")] == ["col"] * 3
    assert node.xpath(".//thead//th[@aria-sort='ascending']/a/@href") == ["?s"]
    row = node.xpath(".//tbody/tr")[0]
    assert row.xpath("./th[@scope='row']/a/@href") == ["/m/1"]
    assert row.xpath("./td/@data-label") == ["时限", "附议"]
    assert words(row.xpath("./td[2]")[0]) == "0"
    assert not node.xpath(".//input")
    assert not node.xpath(".//nav")


def test_case_list_counts_are_bounded_and_pages_have_words(draw: Draw) -> None:
    node = tree(draw("{% case_list table %}", table=_table(count=1000, next_url="?after=1", prev_url="?before=1")))
    assert "共 1000+ 条" in words(node.xpath(".//caption")[0])
    assert [(a.get("rel"), words(a)) for a in node.xpath(".//nav/a")] == [("prev", "上一页"), ("next", "下一页")]


def test_case_list_tick_boxes_have_names_and_belong_to_the_form(draw: Draw) -> None:
    node = tree(draw("{% case_list table %}", table=_table(select="ids", form="bulk")))
    every, one = node.xpath(".//input[@type='checkbox']")
    assert every.get("data-tick-all") == "ids"
    assert (one.get("value"), one.get("form"), one.get("aria-label")) == ("1", "bulk", "选中：路灯不亮")


def test_empty_case_list_says_what_to_do(draw: Draw) -> None:
    empty = c.Empty("没有督办事项", "上级督办的会出现在这里", c.Link("看全部", "/all"))
    node = tree(draw("{% case_list table %}", table=_table(rows=[], empty=empty)))
    assert not node.xpath(".//table")
    assert node.xpath(".//a[@href='/all']")
    assert "没有符合条件的记录" in draw("{% case_list table %}", table=_table(rows=[]))


def test_filters_are_applied_on_purpose_and_can_be_taken_away(draw: Draw) -> None:
    bar = c.Filters(Form({}), [c.Chip("状态", "办理中", "?x=1")], "?", hidden={"tab": "open"})
    node = tree(draw("{% filter_chips bar %}", bar=bar))
    assert "去掉这个条件" in words(node.xpath(".//a[@href='?x=1']")[0])
    form = node.xpath(".//form")[0]
    assert form.get("method") == "get"
    assert words(form.xpath(".//button[@type='submit']")[0]) == "应用筛选"
    assert form.xpath(".//input[@type='hidden'][@name='tab']/@value") == ["open"]
    calm = tree(draw("{% filter_chips bar %}", bar=c.Filters(forms.Form())))
    assert not calm.xpath(".//form")
    closed = c.Filters(type("F", (forms.Form,), {"town": forms.CharField(required=False)})({}))
    assert tree(draw("{% filter_chips bar %}", bar=closed)).xpath(".//details/@open") == []


def test_tabs_mark_the_current_one_and_bound_their_counts(draw: Draw) -> None:
    node = tree(
        draw(
            "{% tabs tabs %}",
            tabs=[c.Tab("待办", "/a", 1200, active=True), c.Tab("已办", "/b"), c.Tab("督办", "/c", 0)],
        )
    )
    assert [a.get("aria-current") for a in node.xpath(".//a")] == ["page", None, None]
    assert [words(a) for a in node.xpath(".//a")] == ["待办 1000+", "已办", "督办 0"]


def test_task_list_links_all_but_what_cannot_start(draw: Draw) -> None:
    items = [
        c.TaskItem("基本情况", "/1", "done"),
        c.TaskItem("公示", "/2", "blocked", "先作决定"),
        c.TaskItem("联审", "/3", "doing"),
    ]
    node = tree(draw("{% task_list items %}", items=items))
    assert node.xpath(".//a/@href") == ["/1", "/3"]
    for link in node.xpath(".//a"):
        assert node.xpath(f".//*[@id='{link.get('aria-describedby')}']")
    assert [words(s) for s in node.xpath(".//*[contains(@class,'yz-task__status')]")] == [
        "已完成",
        "暂不能开始",
        "进行中",
    ]


def test_check_answers_have_hidden_words_and_show_what_is_missing(draw: Draw) -> None:
    rows = [c.AnswerRow("地点", "三组", "/1"), c.AnswerRow("电话", "", "/2", "联系电话"), c.AnswerRow("附议", 0)]
    node = tree(draw("{% check_answers rows %}", rows=rows))
    assert [words(a) for a in node.xpath(".//a")] == ["更改 地点", "更改 联系电话"]
    values = [words(dd) for dd in node.xpath(".//dt/following-sibling::dd[1]")]
    assert values == ["三组", "未填写", "0"]


def test_timeline_is_an_ordered_list_with_machine_readable_times(draw: Draw) -> None:
    entries = [
        c.Entry("督办", datetime(2026, 11, 6, 1, 5, tzinfo=UTC), light="red"),
        c.Entry("受理", date(2026, 11, 3)),
    ]
    node = tree(draw("{% timeline entries %}", entries=entries))
    first, second = node.xpath(".//ol/li")
    assert words(first.xpath(".//time")[0]) == "2026-11-06 09:05"
    assert first.xpath(".//time/@datetime") == ["2026-11-06T09:05:00+08:00"]
    assert "超期" in words(first)
    assert second.xpath(".//time/@datetime") == ["2026-11-03"]


def test_figures_open_the_records_behind_them(draw: Draw) -> None:
    node = tree(draw("{% figures f %}", f=[c.Figure("超期", 0, "/late", light="red"), c.Figure("单位", 18)]))
    assert node.xpath(".//a/@href") == ["/late"]
    assert words(node.xpath(".//a")[0]) == "■ 超期 0"


def test_steps_speak(draw: Draw) -> None:
    assert words(tree(draw("{% steps 3 5 '证明材料' %}"))) == "第 3 步，共 5 步 · 证明材料"


# --- confirmation, masks, notices ---


def test_confirmation_works_as_a_plain_form_and_offers_the_way_out(draw: Draw) -> None:
    card = c.Confirm("办结？", "将通知评价", "/close", "确认办结", "/back", danger=True, hidden={"version": "3"})
    node = tree(draw("{% confirm card %}", card=card, csrf_token="t0ken"))
    form = node.xpath(".//form")[0]
    assert (form.get("method"), form.get("action")) == ("post", "/close")
    assert form.xpath(".//input[@name='csrfmiddlewaretoken']/@value") == ["t0ken"]
    assert form.xpath(".//input[@name='version']/@value") == ["3"]
    assert form.xpath(".//a/@href") == ["/back"]
    assert "yz-btn--danger" in form.xpath(".//button/@class")[0]


def test_mask_asks_for_the_purpose_or_offers_nothing(draw: Draw) -> None:
    node = tree(draw("{% masked '138****5678' '/unmask/1' '联系电话' %}", csrf_token="t0ken"))
    form = node.xpath(".//form")[0]
    assert form.get("action") == form.get("hx-post") == "/unmask/1"
    assert form.xpath(".//label//input[@name='purpose'][@required]")
    assert words(node.xpath(".//summary")[0]) == "查看 联系电话"
    bare = tree(draw("{% masked '138****5678' %}"))
    assert words(bare) == "138****5678"
    assert not bare.xpath(".//form")


def test_masked_answer_keeps_its_csrf_token(draw: Draw) -> None:
    out = draw(
        "{% check_answers rows %}", rows=[c.AnswerRow("电话", "138****5678", mask_url="/u/")], csrf_token="t0ken"
    )
    assert 'value="t0ken"' in out


@pytest.mark.parametrize(
    ("tone", "lead"), [("info", "提示"), ("success", "完成"), ("warning", "注意"), ("danger", "重要")]
)
def test_notice_says_its_tone_in_words(draw: Draw, tone: str, lead: str) -> None:
    assert words(tree(draw("{% notice '已转派' tone %}", tone=tone))).startswith(lead)


def test_empty_state_inside_a_loop(draw: Draw) -> None:
    assert "没有" in draw("{% for x in '1' %}{% empty_state '没有' %}{% endfor %}")


# --- charts ---


def _chart() -> c.ChartSpec:
    series = [c.Series("本月", [96, None], ["/a", ""]), c.Series("上月", [95])]
    return c.ChartSpec("rate", "按时办结率", "青山乡最高。", ["青山乡", "河口镇"], series, unit="%", axis="乡镇")


def test_chart_and_its_table_hold_the_same_numbers(draw: Draw) -> None:
    node = tree(draw("{% chart spec %}", spec=_chart()))
    data = json.loads(node.xpath(".//script")[0].text)
    assert [series["data"] for series in data["series"]] == [[96, None], [95]]
    rows = [[words(cell) for cell in row.xpath("./th|./td")] for row in node.xpath(".//tbody/tr")]
    assert rows == [["青山乡", "96", "95"], ["河口镇", "无数据", "无数据"]]
    assert node.xpath(".//tbody//a/@href") == ["/a"]
    assert "青山乡最高。" in words(node.xpath(".//figcaption")[0])
    assert node.xpath(".//*[@data-chart-canvas]/@aria-hidden") == ["true"]


def test_chart_data_cannot_close_its_script(draw: Draw) -> None:
    spec = c.ChartSpec("c", "t", "s", ["</script><b>"], [c.Series("n", [1])])
    node = tree(draw("{% chart spec %}", spec=spec))
    assert json.loads(node.xpath(".//script")[0].text)["xAxis"]["data"] == ["</script><b>"]
    assert not node.xpath(".//b")


def test_chart_options_have_no_motion_and_no_inline_style() -> None:
    made = option(_chart())
    assert made["animation"] is False
    assert made["tooltip"]["renderMode"] == "richText"
    lying = option(c.ChartSpec("c", "t", "s", ["a"], [c.Series("n", [1])], horizontal=True))
    assert (lying["xAxis"]["type"], lying["yAxis"]["type"]) == ("value", "category")
