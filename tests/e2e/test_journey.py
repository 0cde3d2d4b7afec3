"""One matter from a villager's phone to the archive, through five levels, in a real browser, and the figures that follow it.

The people: a villager of 松坡村 (no login), the grid worker, the village secretary, the township secretary, the county officer,
an officer of the department of agriculture. Time is moved by shifting the clock of the matter; what the platform does by time
is done by ``yanzhen worker --once``.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import ROOT
from tests.e2e.test_field import DONE, GIVE, WAITING, kept, picture, ready, send, write
from tests.e2e.waiting import until

pytestmark = pytest.mark.e2e

VILLAGE = "990101100201"
GRID = "松坡村第一网格"
TEXT = "村口到三组的水泥路塌了一段，三轮车过不去，请派人看看。"
SEEN = "三组水泥路塌方约五米，已拦警示带"

#: A matter of another village that is already through, so that every rate has something to move from.
BEFORE = (
    GIVE
    + """
place = Unit.objects.get(code="990101100202001")
made = services.report(actor=who("township_secretary"), now=now, draft=services.Report(text="石桥村公厕门坏了", place_id=place.pk, phone="13812345678"))
services.take(actor=who("township_secretary"), now=now, matter=made.pk)
services.contact(actor=who("township_secretary"), now=now, matter=made.pk, words="电话联系")
services.answer(actor=who("township_secretary"), now=now, matter=made.pk, words="门已修好")
services.call_back(actor=who("county_officer"), now=now, matter=made.pk, contacted=True, solved=True, grade="good", words="")
services.archive(actor=who("county_officer"), now=now, matter=made.pk)
"""
)

#: Three weeks of nothing, for one matter: its clock is shifted until both the step and the whole are late.
LATE = """
from datetime import timedelta
from django.utils import timezone
from yanzhen.matters.models import Matter
from yanzhen.matters.selectors.lines import line
from yanzhen.matters.services import gate
now = timezone.now()
row = Matter.objects.select_related("category").get(number={number!r})
for name, late in (("clock_at", "due_at"), ("step_at", "step_due_at")):
    for _ in range(60):
        gate.set_clock(row, desk=line(row.desk_id), now=now)
        if getattr(row, late) < now:
            break
        setattr(row, name, getattr(row, name) - timedelta(days=1))
row.overdue, row.in_time, row.tick_at = False, None, row.step_due_at
row.save()
"""


def console(server: Any, *words: str) -> str:
    """Run ``yanzhen`` with these words, on the server's folder."""
    command = [sys.executable, "-m", "yanzhen.site.cli", *words]
    done = subprocess.run(command, cwd=ROOT, env=server.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def work(server: Any) -> None:
    """Let the worker do what it does by time, as if the intervals between its jobs had passed, until the figures are fresh."""
    for which in ("1 = 1", *["name = 'measures.refresh'"] * 3):  # all that is due by time, then the figures it made stale
        with sqlite3.connect(server.folder / "yanzhen.sqlite3", timeout=20) as database:
            database.execute(f"UPDATE job_run SET last_started = NULL WHERE {which}")  # noqa: S608 - our own words
        assert "job.failed" not in console(server, "worker", "--once")
        if server.rows("SELECT COUNT(*) FROM fact_stale") == [(0,)]:
            return
    raise AssertionError("the figures never came to rest")


@dataclass(frozen=True)
class Number:
    """A figure of the board: what it says, of how many, and the list that it opens."""

    text: str
    n: int | None
    url: str


class Board:
    """The board as the county reads it."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def open(self) -> dict[str, Number]:
        self.page.goto("/board/")
        return self.read()

    def read(self) -> dict[str, Number]:
        found = {}
        for item in self.page.locator(".yz-figure").all():
            label = item.locator(".yz-figure__label").inner_text().split()[-1]
            value = re.sub(r"\s+", "", item.locator(".yz-figure__value").inner_text())
            note = item.locator(".yz-figure__note")
            n = re.search(r"n=([\d,]+)", note.inner_text()) if note.count() else None
            link = item.locator("a")
            found[label] = Number(
                value, int(n[1].replace(",", "")) if n else None, link.get_attribute("href") if link.count() else ""
            )
        return found

    def down(self, name: str) -> dict[str, Number]:
        """One level down, by the table."""
        self.page.locator("#below").get_by_role("link", name=name, exact=True).click()
        self.page.wait_for_load_state()
        assert name in self.page.inner_text("h1")
        return self.read()

    def rows(self, number: Number) -> list[str]:
        """The rows behind a figure."""
        back = self.page.url
        self.page.goto(number.url)
        found = [each.inner_text() for each in self.page.locator("tr[data-row] [data-row-link]").all()]
        self.page.goto(back)
        return found

    def agrees(self) -> dict[str, Number]:
        """Every number of this page is the number of rows that it opens."""
        figures = self.read()
        for label, number in figures.items():
            wanted = number.n
            if label in {"收到", "在办", "超期", "办结"}:
                wanted = int(re.sub(r"\D", "", number.text))
            if wanted is not None and number.url:
                assert len(self.rows(number)) == wanted, (label, number, self.page.url)
        return figures


@pytest.fixture
def people(context: Any, login: Any) -> Callable[[str], Any]:
    """Each person's own browser, logged in at the first use."""
    pages: dict[str, Any] = {}

    def page(username: str) -> Any:
        if username not in pages:
            phone = username in {"villager", "grid_worker"}
            where = context(390, 844, has_touch=True, is_mobile=True) if phone else context(1440, 900)
            if username == "villager":
                pages[username] = where.new_page()
            else:
                pages[username] = login(where, username, then="/f/" if phone else "/")
        return pages[username]

    return page


def act(page: Any, pk: int, code: str, *, confirm: bool = False, **fields: Any) -> None:
    """Do one act from the matter page, as people do: open the matter, choose the act, fill in, (check,) send."""
    page.goto(f"/matters/{pk}/")
    form = f"form[action='/matters/{pk}/acts/{code}/']"
    if page.locator(form).count() == 0:
        page.click(f"a[href='/matters/{pk}/acts/{code}/']")
        page.wait_for_selector(form)
    for name, value in fields.items():
        box = page.locator(f"{form} [name={name}]")
        kind = box.first.get_attribute("type") or box.first.evaluate("each => each.tagName")
        if kind in {"radio", "checkbox"}:
            for one in value if isinstance(value, list) else [value]:
                page.locator(f"{form} [name={name}][value='{one}']" if one else f"{form} [name={name}]").first.check()
        elif kind == "SELECT":
            box.select_option(value)
        else:
            box.fill(value)
    page.click(f"{form} button[type=submit]")
    if confirm:
        page.click("button[name=confirmed]")


def unit_id(server: Any, name: str) -> str:
    return str(server.rows("SELECT id FROM unit WHERE name = ?", name)[0][0])


def said(page: Any) -> str:
    return str(page.inner_text("main"))


def test_from_the_phone_to_the_archive(server: Any, people: Any, shot: Any) -> None:
    server.run(BEFORE)
    work(server)
    county = people("county_officer")
    board = Board(county)
    start = board.open()
    assert [start[name].text for name in ("收到", "在办", "响应率", "解决率", "满意率")] == [
        "1件",
        "0件",
        "100.0%",
        "100.0%",
        "100.0%",
    ]

    # 1. The villager scans the code of the village and reports with a photo, without login.
    villager = people("villager")
    villager.goto(f"/p/v/{VILLAGE}/")
    villager.get_by_role("link", name="我要反映").click()
    villager.fill("textarea[name=text]", TEXT)
    shot(villager, "journey-01-villager-reports")
    villager.get_by_role("button", name="下一步").click()
    villager.wait_for_url("**/p/report/contact/")
    villager.fill("input[name=name]", "李四")
    villager.fill("input[name=phone]", "13812345678")
    villager.wait_for_selector("[data-challenge][data-solved]")
    villager.wait_for_timeout(2500)
    villager.get_by_role("button", name="下一步").click()
    villager.wait_for_url("**/p/report/check/")
    villager.set_input_files("input[type=file]", picture())
    until(villager, "!document.querySelector('input[type=file]').dataset.busy")
    villager.get_by_role("button", name="提交").click()
    villager.wait_for_url("**/p/report/done/")
    number, code = villager.inner_text("#number"), villager.inner_text("#code")
    shot(villager, "journey-02-villager-number")
    pk = int(server.rows("SELECT id FROM matter WHERE number = ?", number)[0][0])
    assert server.rows("SELECT COUNT(*) FROM matter_attachment WHERE matter_id = ?", pk) == [(1,)]

    # 2. The grid worker sees the same in the field, without signal: kept on the phone, sent once.
    worker = people("grid_worker")
    ready(worker)
    kept(worker)
    worker.context.set_offline(True)
    write(worker, SEEN, photo=True)
    send(worker)
    assert "已保存到本机 1 条" in worker.inner_text("[data-bar-text]")
    worker.reload()
    ready(worker)
    assert SEEN[:10] in worker.inner_text(WAITING)
    shot(worker, "journey-03-grid-offline")
    assert server.rows("SELECT COUNT(*) FROM matter WHERE text = ?", SEEN) == [(0,)]
    worker.context.set_offline(False)
    worker.evaluate("window.dispatchEvent(new Event('online'))")
    worker.wait_for_selector(DONE)
    worker.reload()
    ready(worker)
    worker.evaluate("window.dispatchEvent(new Event('online'))")
    worker.wait_for_timeout(500)
    ((seen_pk, seen_number),) = server.rows("SELECT id, number FROM matter WHERE text = ?", SEEN)
    shot(worker, "journey-04-grid-synced")

    # 3. The village weighs: one thing, two voices; where it is; more than a village can mend.
    village = people("village_secretary")
    village.goto("/")
    assert number in said(village)
    assert seen_number in said(village)
    shot(village, "journey-05-village-workbench")
    act(village, seen_pk, "merge", confirm=True, into=number)
    village.goto(f"/matters/{seen_pk}/")
    assert "已并入" in said(village)
    act(village, pk, "locate", place=unit_id(server, GRID))
    assert GRID in said(village)
    act(village, pk, "raise", confirm=True, reason="塌方超出村级能力，请镇里协调")
    assert server.rows("SELECT state, desk_id FROM matter WHERE id = ?", pk) == [
        ("collected", int(unit_id(server, "青山镇")))
    ]
    work(server)
    figures = board.open()
    assert (figures["收到"].text, figures["在办"].text) == ("3件", "1件")
    assert [figures[name].n for name in ("响应率", "解决率", "满意率")] == [2, 1, 1]

    #    What was joined leaves the rates only when somebody else has looked at it.
    township = people("township_secretary")
    act(township, seen_pk, "decide_exclusion", confirm=True, request="", granted="yes")
    work(server)
    figures = board.open()
    assert [(figures[name].text, figures[name].n) for name in ("响应率", "解决率", "满意率")] == [("100.0%", 1)] * 3

    # 4. The township may not push it to a grid worker: nothing that is not admitted. It assigns lead and assisting department.
    act(township, pk, "assign", confirm=True, lead=unit_id(server, GRID), words="请网格员处理")
    assert "准入" in township.inner_text(".yz-errors")
    assert township.get_by_role("link", name="申请准入", exact=True).get_attribute("href") == "/admissions/new/"
    shot(township, "journey-06-not-admitted")
    assert server.rows("SELECT state FROM matter WHERE id = ?", pk) == [("collected",)]
    act(
        township, pk, "assign", confirm=True, lead=unit_id(server, "云岭县农业农村局"), assists=[unit_id(server, "云岭县民政局")],
        words="请牵头抢修，限期反馈",
    )  # fmt: skip
    township.goto(f"/matters/{pk}/")
    assert "待签收" in said(township)
    assert "云岭县民政局" in township.inner_text("aside")
    shot(township, "journey-07-assigned")

    # 5. Nobody accepts it in time: the platform presses by itself, the county presses with a letter.
    server.run(LATE.format(number=number))
    work(server)
    figures = board.open()
    assert (figures["超期"].text, figures["响应率"].text, figures["响应率"].n) == ("1件", "50.0%", 2)
    county.goto(f"/matters/{pk}/")
    assert "自动督办" in said(county)
    shot(county, "journey-08-pressed-by-the-clock")
    level = server.rows("SELECT press_level FROM matter WHERE id = ?", pk)[0][0]
    assert level >= 1
    act(county, pk, "press", confirm=True, level="3", words="群众出行受阻，请两日内签收并到场")
    county.goto(f"/matters/{pk}/")
    county.locator("main").get_by_role("link", name="看督办函").first.click()
    county.wait_for_url("**/letters/**")
    assert "挂牌督办" in said(county)
    assert "群众出行受阻" in said(county)
    county.emulate_media(media="print")
    assert not county.locator(".yz-top").is_visible()
    assert not county.locator("[data-print]").is_visible()
    assert county.locator(".ym-letter").is_visible()
    shot(county, "journey-09-letter-printed")
    county.emulate_media(media="screen")

    # 6. The lead sees the pressing, accepts, contacts, answers.
    lead = people("department_officer")
    lead.goto("/")
    assert "3级督办" in said(lead)
    shot(lead, "journey-10-lead-workbench")
    act(lead, pk, "accept")
    act(lead, pk, "contact", words="已打电话给李四，约好下午到场")
    act(lead, pk, "answer", confirm=True, words="已铺碎石便道，三轮车可以通行。")
    assert server.rows("SELECT state FROM matter WHERE id = ?", pk) == [("answered",)]
    shot(lead, "journey-11-answered")

    # 7. The county calls back; the villager reads the answer and is not satisfied.
    act(county, pk, "call_back", contacted="yes", solved="no", grade="bad", words="当事人说下雨又冲开了")
    villager.goto("/p/follow/")
    villager.fill("input[name=number]", number)
    villager.fill("input[name=code]", code)
    villager.get_by_role("button", name="查询").click()
    villager.wait_for_url(f"**/p/follow/{number}/")
    assert "已铺碎石便道" in said(villager)
    shot(villager, "journey-12-villager-reads-the-answer")
    rate(villager, number, solved="no", grade="bad", words="下雨又冲开了")
    work(server)
    figures = board.open()
    assert [(figures[name].text, figures[name].n) for name in ("响应率", "解决率", "满意率")] == [("50.0%", 2)] * 3

    # 8. Back to the lead with a new clock: what the first round ended with is in no rate any more.
    act(county, pk, "redo", confirm=True, reason="请彻底修复后再反馈")
    work(server)
    figures = board.open()
    assert [(figures[name].text, figures[name].n) for name in ("响应率", "解决率", "满意率")] == [("100.0%", 1)] * 3
    assert figures["在办"].text == "1件"
    act(lead, pk, "contact", words="再次联系李四，说明浇筑安排")
    act(lead, pk, "answer", confirm=True, words="路基已回填，水泥路面浇筑完成，已请李四到场看过。")

    # 9. The villager rates again, and the county puts it away.
    rate(villager, number, solved="yes", grade="basic", words="修好了，来得慢了点")
    shot(villager, "journey-13-villager-rated")
    act(county, pk, "archive")
    county.goto(f"/matters/{pk}/")
    assert "已归档" in said(county)
    shot(county, "journey-14-archived")
    work(server)

    # 10. The rates as they must be, and the way down to the rows.
    end = board.open()
    assert [(end[name].text, end[name].n) for name in ("响应率", "解决率", "满意率")] == [
        ("100.0%", 2),
        ("100.0%", 2),
        ("90.0%", 2),
    ]
    assert (end["收到"].text, end["在办"].text, end["超期"].text) == ("3件", "0件", "0件")
    assert board.agrees() == end
    shot(county, "journey-15-board-county")
    assert board.down("青山镇")["满意率"] == Number("90.0%", 2, board.read()["满意率"].url)
    board.agrees()
    assert board.down("松坡村")["满意率"].text == "80.0%"
    board.agrees()
    grid = board.down(GRID)
    assert (grid["满意率"].text, grid["满意率"].n, grid["收到"].text) == ("80.0%", 1, "2件")
    board.agrees()
    shot(county, "journey-16-board-grid")
    title = server.rows("SELECT title FROM matter WHERE id = ?", pk)[0][0]
    assert board.rows(grid["满意率"]) == [title] or number in board.rows(grid["满意率"])[0]

    # 11. What was done stands in the trail, unbroken.
    console(server, "trail", "verify")


def rate(page: Any, number: str, *, solved: str, grade: str, words: str) -> None:
    """The person's own rating."""
    page.goto(f"/p/follow/{number}/rate/")
    page.locator(f"input[name=solved][value='{solved}']").check()
    page.locator(f"input[name=grade][value='{grade}']").check()
    page.fill("textarea[name=words]", words)
    page.get_by_role("button", name="提交评价").click()
    page.wait_for_url(f"**/p/follow/{number}/")
    assert "谢谢您的评价" in said(page)
