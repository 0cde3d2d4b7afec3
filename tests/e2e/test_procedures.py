"""One decision on a phone: a vote that fails, amended, voted again, reviewed, put up; what was typed survives a closed page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Server

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The small county with a village procedure and two cases at their meeting."""
    made = Server(tmp_path_factory.mktemp("yanzhen"))
    made.seed("tests.e2e.seed_procedures")
    made.start()
    yield made
    made.stop()


def wide(page: Any) -> int:
    """Pixels by which the page is wider than the phone."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def meeting(page: Any, votes_for: int) -> None:
    """A whole meeting as somebody types it."""
    for name, text in {"due": "45", "present": "40", "votes_for": str(votes_for), "against": str(40 - votes_for), "abstain": "0",
                       "place": "村委会", "chair": "周水生", "minutes": "一、说明方案。二、讨论后表决。"}.items():  # fmt: skip
        page.fill(f'[name="{name}"]', text)


def test_one_decision_with_a_failed_vote(server: Server, phone: Any, desktop: Any, login: Any, axe: Any, shot: Any) -> None:
    page = login(phone, "village_secretary", then="/procedures/")
    page.click("text=硬化进村道路")
    assert axe(page) == []
    page.click("main >> text=登记会议")
    assert axe(page) == []
    assert wide(page) == 0
    weight = page.evaluate(
        "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).reduce((n, e) => n + e.encodedBodySize, 0)"
    )
    assert weight < 150_000
    asked = page.locator("form[data-draft] :is(input, textarea, select):not([type=hidden])").count()
    assert asked <= 12
    # the page is closed half-way: what was typed is still there
    page.fill('[name="minutes"]', "说到一半")
    page.fill('[name="due"]', "45")
    page.goto("/procedures/")
    page.go_back()
    page.reload()
    assert page.input_value('[name="minutes"]') == "说到一半"
    began = time.monotonic()
    meeting(page, 12)
    assert "实到 40 人" in page.inner_text("[data-live]")
    page.click("main >> button:has-text('登记会议')")
    page.wait_for_url("**/procedures/1/")
    assert time.monotonic() - began < 120, "a meeting is entered within two minutes"
    assert "未通过" in page.inner_text("main")
    shot(page, "procedures-failed-vote")
    # amended and voted again
    page.click(".ypc-acts >> text=提交")
    page.fill('[name="data_plan"]', "改为二百米")
    page.click("main >> button:has-text('提交')")
    page.wait_for_url("**/procedures/1/")
    page.click(".ypc-acts >> text=登记会议")
    assert page.input_value('[name="minutes"]') == "", "the copy on the phone went when it was sent"
    page.fill('[name="present"]', "46")
    meeting(page, 35)
    page.fill('[name="present"]', "46")
    page.click("main >> button:has-text('登记会议')")
    page.wait_for_selector("[data-error-summary]")
    assert "多于应到" in page.inner_text("[data-error-summary]")
    assert page.input_value('[name="minutes"]').startswith("一、")
    page.fill('[name="present"]', "40")
    page.click("main >> button:has-text('登记会议')")
    page.wait_for_url("**/procedures/1/")
    assert "前几轮的记录" in page.inner_text("main")
    # the township reviews at its desk
    desk = login(desktop, "township_secretary", then="/procedures/")
    desk.click("text=硬化进村道路")
    assert "▶ 乡镇合法性审核" in desk.text_content(".ypd")
    assert axe(desk) == []
    desk.click(".ypc-acts >> text=办理")
    desk.check('input[name="outcome"][value="passed"]')
    desk.click("main >> button:has-text('办理')")
    desk.wait_for_url("**/procedures/1/")
    # put up, after a look at what leaves the unit
    page.reload()
    page.click(".ypc-acts >> text=登记公示")
    page.fill('[name="where"]', "村务公开栏")
    page.click("main >> button:has-text('下一步')")
    assert "请核对" in page.inner_text("main")
    assert axe(page) == []
    page.click("main >> button:has-text('确认')")
    page.wait_for_url("**/procedures/1/")
    shot(page, "procedures-published")
    (posting,) = server.rows("select id from procedure_posting")[0]
    stranger = phone.browser.new_context(base_url=server.url).new_page()
    assert stranger.goto(f"/p/postings/{posting}/").status == 200
    assert "张三丰" not in stranger.inner_text("body")
    assert axe(stranger) == []


def test_english_keyboard_and_print(server: Server, desktop: Any, login: Any) -> None:
    page = login(desktop, "village_secretary", then="/procedures/")
    page.goto("/procedures/2/")
    desktop.add_cookies([{"name": "django_language", "value": "en", "url": server.url}])
    page.reload()
    shown = page.inner_text("main")
    assert "Representatives' meeting" in shown
    assert "For you now" in shown
    page.focus(".ypc-draw")
    assert page.evaluate("document.activeElement.className") == "ypc-draw"
    page.emulate_media(media="print")
    assert page.locator(".ypd").is_visible()
    assert not page.locator(".yz-nav").is_visible()
