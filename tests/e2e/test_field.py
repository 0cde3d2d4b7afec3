"""The field without signal, in a real browser: nothing is lost, nothing is doubled, nothing is shown to the wrong person."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from tests.e2e.waiting import until

pytestmark = pytest.mark.e2e

WAITING = "li[data-state='waiting']"
DONE = "li[data-state='done']"


def picture() -> dict[str, Any]:
    """A photo as a camera gives it: large, JPEG."""
    out = BytesIO()
    Image.effect_noise((2400, 1800), 80).convert("RGB").save(out, "JPEG", quality=90)
    return {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def ready(page: Any) -> None:
    """The worker has kept its files and the script has drawn the page."""
    until(page, "document.documentElement.dataset.fieldReady === '1'")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def kept(page: Any) -> None:
    """The page without network is kept, and this page is under the worker's care."""
    until(page, "caches.match('/f/offline/').then(found => !!found)")
    until(page, "!!navigator.serviceWorker.controller")


def write(page: Any, text: str, *, photo: bool = False) -> None:
    page.goto("/f/report/")
    ready(page)
    page.fill("[data-report-form] textarea[name=text]", text)
    if photo:
        page.set_input_files("[data-report-form] input[type=file]", picture())
        page.wait_for_selector("[data-photos] img")


def send(page: Any) -> None:
    page.click("[data-report-form] button[type=submit]")
    page.wait_for_url("**/f/outbox/")
    ready(page)


def reports(server: Any, text: str) -> int:
    return int(server.rows("SELECT COUNT(*) FROM matter WHERE text = ?", text)[0][0])


@pytest.fixture
def worker(phone: Any, login: Any) -> Any:
    """The grid worker's phone, made ready for a day without signal."""
    page = login(phone, "grid_worker", then="/f/")
    ready(page)
    kept(page)
    return page


def test_a_report_with_a_photo_survives_days_without_signal(worker: Any, phone: Any, server: Any, login: Any, shot: Any) -> None:
    page, text = worker, "三组水渠塌了十米，水漫到路上"
    phone.set_offline(True)
    write(page, text, photo=True)
    page.wait_for_timeout(500)  # the draft is written a moment after the last key
    page.reload()
    ready(page)
    assert page.input_value("[data-report-form] textarea[name=text]") == text
    assert page.locator("[data-photos] img").count() == 1
    send(page)
    assert "已保存到本机 1 条" in page.inner_text("[data-bar-text]")
    assert text[:10] in page.inner_text(WAITING)

    phone.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=4))
    page.reload()
    ready(page)
    assert "已在本机 4 天" in page.inner_text(WAITING)
    assert "照片 1 张" in page.inner_text(WAITING)
    shot(page, "field-offline-outbox")

    phone.clear_cookies()  # the login has long expired
    phone.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_selector("[data-login]:not([hidden])")
    assert "登录已过期" in page.inner_text("[data-bar-text]")
    assert page.locator(WAITING).count() == 1
    assert reports(server, text) == 0

    page = login(phone, "grid_worker", then="/f/outbox/")
    page.wait_for_selector(DONE)
    number = server.rows("SELECT number FROM matter WHERE text = ?", text)[0][0]
    assert f"已上传 {number}" in page.inner_text(DONE)
    for _ in range(2):
        page.reload()
        ready(page)
        page.evaluate("window.dispatchEvent(new Event('online'))")
    assert reports(server, text) == 1
    joined = "matter_attachment a JOIN stored_file f ON f.id = a.file_id JOIN matter m ON m.id = a.matter_id"
    files = server.rows(f"SELECT f.width FROM {joined} WHERE m.text = ?", text)  # noqa: S608 our own words
    assert len(files) == 1
    assert files[0][0] <= 1600  # made smaller on the phone


class Line:
    """A thin line between phone and server that can lose an answer: the request gets through, the reply does not."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.lose = b""
        self.lost = threading.Event()
        self.then: Callable[[], None] = lambda: None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.upstream), timeout=30)
        except OSError:
            client.close()
            return
        marked = threading.Event()

        def up() -> None:
            with contextlib.suppress(OSError):
                while data := client.recv(65536):
                    if self.lose and self.lose in data:
                        marked.set()
                    server.sendall(data)
                server.shutdown(socket.SHUT_WR)

        threading.Thread(target=up, daemon=True).start()
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if marked.is_set():  # the server has done its work and says so: nobody hears it
                    self.lose = b""
                    self.then()
                    self.lost.set()
                    break
                client.sendall(data)
        for end in (client, server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self.listener.close()


@pytest.fixture
def line(server: Any) -> Iterator[Line]:
    made = Line(server.port)
    yield made
    made.close()


def test_the_server_dies_after_taking_a_report_and_nothing_doubles(context: Any, line: Line, server: Any, login: Any) -> None:
    phone = context(base_url=f"http://127.0.0.1:{line.port}")
    page = login(phone, "grid_worker", then="/f/")
    ready(page)
    kept(page)
    phone.set_offline(True)
    texts = [f"第{number}处路灯不亮" for number in range(3)]
    for text in texts:
        write(page, text)
        send(page)
    assert page.locator(WAITING).count() == 3
    line.then = lambda: server.stop(kill=True)
    line.lose = b"POST /f/sync/report"
    phone.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    assert line.lost.wait(30)
    page.wait_for_selector(WAITING)
    until(page, "!document.querySelector(\"li[data-state='sending']\")")
    assert page.locator(WAITING).count() == 3  # as far as the phone knows
    assert sum(reports(server, text) for text in texts) == 1  # the one that was taken before it died
    page.reload()  # still dead: the kept page comes, and says so
    ready(page)
    assert page.locator(WAITING).count() == 3
    server.start()
    page.click("[data-flush]")
    until(page, "document.querySelectorAll(\"li[data-state='done']\").length === 3")
    assert [reports(server, text) for text in texts] == [1, 1, 1]


def test_another_person_on_the_same_phone_sees_and_sends_nothing(worker: Any, phone: Any, server: Any, login: Any) -> None:
    text = "悄悄说：有人倒垃圾"
    phone.set_offline(True)
    write(worker, text)
    send(worker)
    phone.clear_cookies()
    phone.set_offline(False)
    other = login(phone, "village_secretary", then="/f/outbox/")
    ready(other)
    other.wait_for_selector("[data-others]:not([hidden])")
    assert "1 条" in other.inner_text("[data-others-text]")
    assert text[:6] not in other.content()
    assert other.locator("[data-outbox] li[data-key]").count() == 0
    assert reports(server, text) == 0
    phone.clear_cookies()
    mine = login(phone, "grid_worker", then="/f/outbox/")
    mine.wait_for_selector(DONE)
    assert reports(server, text) == 1


GIVE = """
from django.utils import timezone
from tests.personas import PEOPLE
from yanzhen.kernel.accounts.models import Account
from yanzhen.matters import services
from yanzhen.matters.models import Admission, Category, Matter
from yanzhen.registry.api import actor_in, posts_of
from yanzhen.registry.models import Unit
now = timezone.now()
def who(name):
    account = Account.objects.get(username=name)
    return actor_in(posts_of(account.pk, timezone.localdate())[0], account.pk, account.display_name)
"""


def give(server: Any, text: str) -> int:
    """A matter that the village gives to its first grid."""
    server.run(
        GIVE
        + f"""
grid = Unit.objects.get(code="990101100201001")
draft = services.Report(text={text!r}, place_id=grid.pk, category_id=Category.objects.get().pk, phone="13812345678")
made = services.report(actor=who("village_secretary"), now=now, draft=draft)
services.assign(actor=who("village_secretary"), now=now, matter=made.pk, lead=grid.pk, admission=Admission.objects.get().pk)
services.accept(actor=who("grid_worker"), now=now, matter=made.pk)
"""
    )
    return int(server.rows("SELECT id FROM matter WHERE text = ?", text)[0][0])


def test_handling_without_signal_and_a_conflict_shown_with_both_sides(worker: Any, phone: Any, server: Any, shot: Any) -> None:
    page, text = worker, "五组路灯坏了，晚上看不见路"
    pk = give(server, text)
    page.goto("/f/")
    ready(page)
    page.click("[data-bundle]")
    until(page, "document.querySelector('[data-bundle-state]').textContent.length > 0")
    phone.set_offline(True)
    page.goto("/f/")
    ready(page)
    page.click(f"a[href='/f/matter/{pk}/']")
    page.wait_for_selector("[data-act=progress]", state="attached")
    assert text in page.inner_text("[data-kept-matter]")
    assert "138****5678" in page.inner_text("[data-kept-matter]")
    shot(page, "field-offline-matter")
    for act, words in (("contact", "打过电话，约好下午去"), ("progress", "换了灯泡")):
        page.evaluate("document.querySelectorAll('details.fld-act').forEach(each => { each.open = true; })")
        page.fill(f"form[data-act={act}] textarea", words)
        page.click(f"form[data-act={act}] button[type=submit]")
        page.wait_for_url("**/f/outbox/")
        ready(page)
        page.goto(f"/f/matter/{pk}/")
        page.wait_for_selector("[data-act=progress]", state="attached")
    server.run(GIVE + f'services.progress(actor=who("grid_worker"), now=now, matter={pk}, words="同事先去看过")\n')
    phone.set_offline(False)
    page.goto("/f/outbox/")
    until(page, "document.querySelectorAll(\"li[data-state='conflict']\").length === 2")
    both = page.locator("li[data-state='conflict']").last
    assert "打过电话，约好下午去" in both.inner_text()
    assert "同事先去看过" in both.inner_text()
    shot(page, "field-conflict")
    assert server.rows("SELECT COUNT(*) FROM matter_entry WHERE matter_id = ? AND act = 'contact'", pk) == [(0,)]
    both.get_by_role("button", name="仍按我写的提交").click()
    page.wait_for_selector(DONE)
    assert server.rows("SELECT words FROM matter_entry WHERE matter_id = ? AND act = 'contact'", pk) == [("打过电话，约好下午去",)]


def test_without_script_the_same_pages_are_plain_forms(context: Any, login: Any, server: Any) -> None:
    plain = context(java_script_enabled=False)
    page = login(plain, "grid_worker", then="/f/")
    page.goto("/f/report/")
    page.fill("textarea[name=text]", "没有脚本也能报")
    page.click("[data-report-form] button[type=submit]")
    page.wait_for_url("**/f/")
    assert "已上报" in page.inner_text("main")
    assert reports(server, "没有脚本也能报") == 1


def test_a_villager_reports_and_follows(phone: Any, server: Any, shot: Any) -> None:
    page = phone.new_page()
    page.goto("/p/v/990101100201/")
    page.get_by_role("link", name="我要反映").click()
    page.fill("textarea[name=text]", "村口起火了")
    assert page.locator("[data-emergency] a[href='tel:119']").is_visible()
    page.fill("textarea[name=text]", "村口垃圾桶满了三天没人清")
    assert not page.locator("[data-emergency]").is_visible()
    shot(page, "public-report")
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/p/report/contact/")
    page.wait_for_selector("[data-challenge][data-solved]")
    page.wait_for_timeout(2500)  # nobody is refused who takes a breath
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/p/report/check/")
    page.set_input_files("input[type=file]", picture())
    until(page, "!document.querySelector('input[type=file]').dataset.busy")
    page.get_by_role("button", name="提交").click()
    page.wait_for_url("**/p/report/done/")
    number, code = page.inner_text("#number"), page.inner_text("#code")
    shot(page, "public-done")
    page.get_by_role("link", name="查进度").click()
    page.fill("input[name=code]", code)
    page.get_by_role("button", name="查询").click()
    page.wait_for_url(f"**/p/follow/{number}/")
    assert "正在确定由谁办理" in page.inner_text("main")
    shot(page, "public-followed")


VILLAGE = "990101100201"
PAGES = (
    "/p/", f"/p/v/{VILLAGE}/", f"/p/report/?v={VILLAGE}", "/p/place/", "/p/follow/", "/p/feedback/", "/p/notice/report/",
    f"/p/v/{VILLAGE}/poster/", f"/p/v/{VILLAGE}/paper/",
)  # fmt: skip


@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_serious(context: Any, login: Any, axe: Any, server: Any, width: int) -> None:
    where = context(width, 900)
    page = login(where, "grid_worker", then="/f/")
    found = {}
    for path in (*PAGES, "/f/", "/f/report/", "/f/outbox/", "/f/offline/"):
        page.goto(path)
        found[path] = axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    assert not {path: rules for path, rules in found.items() if rules}
