"""The kit in a real Chromium: reachable by everybody, at 1440 and 390 px, under the real content security policy."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from yanzhen.kernel.ui import nav

CHROMIUM = os.environ.get("YANZHEN_CHROMIUM", "/usr/bin/chromium")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium here"),
]

SIZES = pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])


class _Server(WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    before, places = dict(nav._ITEMS), nav.places()
    nav._ITEMS.clear()
    nav.register(nav.NavItem("home", "工作台", "ui_gallery", "home", phone=True, order=1))
    nav.register(nav.NavItem("one", "事项", "one", "list-check", phone=True, order=2, count=lambda actor: 12))
    nav.register(nav.NavItem("two", "看板", "two", "chart-bar", phone=True, order=3))
    nav.places(nav.Places(home="ui_gallery", search="found", feedback="one", switch_post="two"))
    middleware = [*settings.MIDDLEWARE, "tests.kernel.ui.pages.as_secretary"]
    middleware = [name for name in middleware if "registry" not in name and "whitenoise" not in name]
    with override_settings(ROOT_URLCONF="tests.kernel.ui.pages", MIDDLEWARE=middleware, ALLOWED_HOSTS=["*"]):
        server = make_server("127.0.0.1", 0, StaticFilesHandler(WSGIHandler()), _Server, _Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()
        thread.join()
    nav._ITEMS.clear()
    nav._ITEMS.update(before)
    nav.places(places)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-dev-shm-usage",
    ]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


class Watched:
    """A page that remembers what it complained about and what it asked for elsewhere."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.complaints: list[str] = []
        self.outside: list[str] = []
        page.on(
            "console",
            lambda m: self.complaints.append(m.text) if m.type == "error" and "status of 4" not in m.text else None,
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else self.outside.append(r.url)
        )

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page


@pytest.fixture
def desk(chromium: Browser, address: str) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    yield Watched(context.new_page(), address)
    context.close()


def _serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found if v["impact"] in ("serious", "critical")]


@SIZES
@pytest.mark.parametrize(
    "path", ["/ui/gallery/", "/ui/gallery/?errors=1", "/ui/gallery/?layout=public&errors=1", "/nowhere/"]
)
def test_page_is_accessible_fits_and_stays_at_home(
    chromium: Browser, address: str, path: str, width: int, height: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    watched = Watched(context.new_page(), address)
    page = watched.open(path)
    if "gallery" in path:
        page.wait_for_selector("[data-chart][data-ready]")
    assert _serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert watched.outside == []
    assert watched.complaints == []
    context.close()


@pytest.mark.parametrize("layout", ["", "?layout=public"])
def test_elder_mode_fits_the_phone_and_is_18_points(chromium: Browser, address: str, layout: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    context.add_cookies([{"name": "yz_elder", "value": "1", "url": address}])
    page = Watched(context.new_page(), address).open(f"/ui/gallery/{layout}")
    smallest = """Math.min(...[...document.querySelectorAll('main p, main td, main a')]
        .map(e => parseFloat(getComputedStyle(e).fontSize)))"""
    assert page.evaluate(smallest) >= 24
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert _serious(page) == []
    context.close()


def test_targets_on_the_phone_are_large(chromium: Browser, address: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = Watched(context.new_page(), address).open("/ui/gallery/?layout=public")
    small = page.evaluate(
        """() => [...document.querySelectorAll(`button, summary, .yz-btn, .yz-tool, .yz-chip, .yz-tabs a, .yz-bottom a,
            .yz-input, .yz-check__label, .yz-tick, .yz-foot a`)]
            .filter(e => { const r = e.getBoundingClientRect(); return r.width && r.height && r.height < 44; })
            .map(e => e.outerHTML.slice(0, 100))"""
    )
    assert small == []
    context.close()


def test_rejected_form_takes_the_focus_and_leads_to_the_field(desk: Watched) -> None:
    page = desk.open("/ui/gallery/?errors=1")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    assert page.title().startswith("错误：")
    assert page.title().count("错误：") == 1
    page.click("[data-error-summary] a >> nth=0")
    expect(page.locator("#id_place")).to_be_focused()
    page.click("[data-error-summary] a[href='#id_channel_0']")
    expect(page.locator("#id_channel_0")).to_be_focused()


def test_looking_behind_a_mask_swaps_refusal_and_value_and_moves_the_focus(desk: Watched) -> None:
    page = desk.open("/ui/gallery/")
    page.click("summary:has-text('查看 联系电话')")
    page.fill("[name=purpose]", "回访当事人")
    page.click("[data-masked] button")
    expect(page.locator(".yz-masked--open")).to_contain_text("13812345678")
    expect(page.locator(".yz-masked--open")).to_be_focused()
    page.reload()
    page.click("summary:has-text('查看 联系电话')")
    page.click("[data-masked] button")
    expect(page.locator("#why-not")).to_have_text("请填写用途")
    assert desk.complaints == []


def test_csrf_header_is_inherited_by_elements_that_are_no_forms(desk: Watched) -> None:
    page = desk.open("/ui/gallery/")
    page.evaluate(
        """() => { const b = document.createElement('button'); b.id = 'probe';
            b.setAttribute('hx-post', '/unmask/'); b.setAttribute('hx-vals', '{"purpose": "x"}');
            document.querySelector('main').append(b); htmx.process(b); b.click(); }"""
    )
    expect(page.locator("#probe")).to_contain_text("13812345678")


def test_keyboard(desk: Watched) -> None:
    page = desk.open("/ui/gallery/")
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("j?")
    expect(page.locator("[data-search]")).to_have_value("j?")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-row-link] >> nth=1")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("[data-row-link] >> nth=0")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#yz-keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#yz-keys")).to_be_hidden()
    page.goto(desk.address + "/one/")
    desk.open("/ui/gallery/?from=elsewhere")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url("**/ui/gallery/")


def test_elder_mode_switches_in_place_and_is_remembered(desk: Watched) -> None:
    page = desk.open("/ui/gallery/")
    page.click("[data-elder-toggle]")
    expect(page.locator("[data-elder-toggle]")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("html")).to_have_class("yz-elder")


def test_typed_content_is_guarded(desk: Watched) -> None:
    page = desk.open("/ui/gallery/")
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.fill("#id_place", "云岭村三组")
    page.evaluate("location.assign('/one/')")
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    expect(page.locator("#id_place")).to_have_value("云岭村三组")


def test_photo_is_made_smaller_before_it_leaves(desk: Watched, tmp_path: Path) -> None:
    photo = io.BytesIO()
    Image.effect_noise((2400, 1800), 60).convert("RGB").save(photo, "PNG")
    path = tmp_path / "现场.png"
    path.write_bytes(photo.getvalue())
    page = desk.open("/ui/gallery/")
    page.evaluate("document.addEventListener('yz:downscaled', () => { document.body.dataset.smaller = '1'; })")
    page.set_input_files("#id_photo", str(path))
    page.wait_for_selector("[data-smaller]")
    made = page.evaluate(
        """async () => { const f = document.querySelector('#id_photo').files[0];
            const b = await createImageBitmap(f); return [f.name, f.type, f.size, b.width, b.height]; }"""
    )
    assert made[:2] == ["现场.jpg", "image/jpeg"]
    assert made[2] < len(photo.getvalue()) / 2
    assert made[3:] == [1600, 1200]


def test_tick_all_and_copy(desk: Watched) -> None:
    page = desk.open("/ui/gallery/")
    page.check("[data-tick-all]")
    assert page.locator("[name=ids]:checked").count() == 4
    page.click("[data-copy]")
    expect(page.locator("[data-toast]")).to_have_text("已复制")


def test_menu_on_the_phone_opens_without_script(chromium: Browser, address: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "/ui/gallery/")
    expect(page.locator("#menu")).to_be_hidden()
    page.click(".yz-bottom a[href='#menu']")
    expect(page.locator("#menu")).to_be_visible()
    box = page.locator("#menu").bounding_box()
    assert box
    assert (box["width"], box["height"]) == (390, 844)
    page.click(".yz-nav__close")
    expect(page.locator("#menu")).to_be_hidden()
    context.close()


def test_charts_show_their_table_when_the_library_is_missing(desk: Watched) -> None:
    desk.page.route("**/echarts.common.min.js", lambda route: route.abort())
    page = desk.open("/ui/gallery/")
    expect(page.locator(".yz-chart__table")).to_have_attribute("open", "")
    expect(page.locator("[data-chart-canvas]")).to_be_hidden()


def test_pages_without_charts_do_not_load_the_library(desk: Watched) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda r: asked.append(r.url))
    desk.open("/nowhere/").wait_for_load_state("networkidle")
    assert not any("echarts" in url for url in asked)
