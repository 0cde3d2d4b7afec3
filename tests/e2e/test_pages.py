"""Every main page for each persona, on a desk and on a phone: reachable for all, quiet, self-contained, in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.test_field import GIVE
from tests.e2e.waiting import until
from tests.personas import PASSWORD

pytestmark = pytest.mark.e2e

VILLAGE = "990101100201"

#: Persona → pages. ``{name}`` stands for a row of the seed below; "" is whoever is not logged in.
PAGES: dict[str, tuple[str, ...]] = {
    "county_officer": (
        "/", "/matters/?tab=all", "/matters/?tab=done", "/matters/new/", "/matters/{working}/", "/matters/{pressed}/", "/matters/{collected}/acts/assign/",
        "/matters/{pressed}/letters/{press}/", "/matters/{working}/slip/", "/matters/print/?tab=all", "/board/", "/board/indicators/", "/presses/", "/requests/",
        "/categories/", "/admissions/", "/admissions/{admission}/", "/admissions/new/", "/duties/", "/feedback/", "/units/", "/units/{unit}/", "/people/",
        "/people/new/", "/households/", "/imports/", "/imports/new/people/", "/rules/", "/rules/matters.limit.solve.normal/", "/rules/inbox/", "/calendar/2026/",
        "/notices/", "/notices/preferences/", "/search/?q=路灯", "/help/", "/account/password/", "/acting-as/",
    ),
    "township_secretary": ("/", "/matters/{collected}/", "/board/", "/admissions/"),
    "village_secretary": ("/", "/matters/", "/matters/{working}/", "/board/"),
    "grid_worker": ("/", "/f/", "/f/report/", "/f/outbox/", "/f/matter/{working}/"),
    "department_officer": ("/", "/matters/", "/matters/{pressed}/", "/tokens/", "/webhooks/"),
    "system_officer": ("/", "/accounts/", "/accounts/new/", "/posts/"),
    "security_officer": ("/", "/policy/", "/posts/", "/posts/new/"),
    "audit_officer": ("/", "/trail/", "/trail/{trail}/", "/trail/seals/"),
    "": (
        "/p/", "/p/v/{village}/", "/p/report/?v={village}", "/p/place/", "/p/follow/", "/p/feedback/", "/p/notice/", "/p/v/{village}/poster/",
        "/p/v/{village}/paper/", "/account/login/", "/account/password/reset/", "/privacy/", "/accessibility/", "/help/", "/nowhere/",
    ),
}  # fmt: skip

SEED = (
    GIVE
    + """
from datetime import timedelta
from yanzhen.matters.services.clock import tick
from yanzhen.measures.api import refresh
grid, lamp = Unit.objects.get(code="990101100201001"), Category.objects.get()
farming = Unit.objects.get(name="云岭县农业农村局")
def made(text, at=now, **more):
    return services.report(actor=who("village_secretary"), now=at, draft=services.Report(text=text, place_id=grid.pk, category_id=lamp.pk, phone="13812345678", **more))
made("一组路灯不亮")
row = made("二组路灯坏了两盏")
services.raise_level(actor=who("village_secretary"), now=now, matter=row.pk, reason="请镇里协调")
row = made("三组路灯线路老化")
services.assign(actor=who("village_secretary"), now=now, matter=row.pk, lead=grid.pk, admission=Admission.objects.get().pk)
services.accept(actor=who("grid_worker"), now=now, matter=row.pk)
ago = now - timedelta(days=30)
row = made("四组路灯杆倾斜，怕砸到人", ago)
services.raise_level(actor=who("village_secretary"), now=ago, matter=row.pk, reason="请镇里协调")
services.assign(actor=who("township_secretary"), now=ago, matter=row.pk, lead=farming.pk, words="请牵头")
tick(now=now)
services.press(actor=who("county_officer"), now=now, matter=row.pk, level=3, words="请立即排除危险")
while refresh(now=now):
    pass
"""
)

NOISE = """
window.__csp = [];
document.addEventListener('securitypolicyviolation', each => window.__csp.push(each.violatedDirective + ' ' + each.blockedURI));
"""
#: Words of a page in English that are Chinese, without those that name their language.
SAID = """[...document.querySelectorAll('body, title')].flatMap(root => {
  const found = [], walk = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walk.currentNode; node; node = walk.nextNode()) {
    if (node.nodeType === 3) {
      const up = node.parentElement;
      if (!up || up.closest('script, style, template, [lang^=zh], textarea')) continue;
      found.push(node.textContent);
    } else for (const name of ['aria-label', 'placeholder', 'title', 'alt', 'data-label']) if (node.hasAttribute(name)) found.push(node.getAttribute(name));
  }
  return found.filter(text => /[\\u4e00-\\u9fff]/.test(text));
})"""


@pytest.fixture(scope="module")
def known(server: Any) -> dict[str, Any]:
    """The seed's rows by name."""
    server.run(SEED)

    def one(sql: str) -> Any:
        return server.rows(sql)[0][0]

    return {
        "village": VILLAGE,
        "collected": one("SELECT id FROM matter WHERE text LIKE '二组%'"),
        "working": one("SELECT id FROM matter WHERE text LIKE '三组%'"),
        "pressed": one("SELECT id FROM matter WHERE text LIKE '四组%'"),
        "press": one("SELECT MAX(id) FROM matter_press"),
        "admission": one("SELECT id FROM admission"),
        "unit": one("SELECT id FROM unit WHERE name = '青山镇'"),
        "trail": one("SELECT MIN(id) FROM trail_row"),
    }


@pytest.fixture(scope="module")
def states(browser: Any, server: Any, known: dict[str, Any]) -> Callable[[str], Any]:
    """Each persona's login, once."""
    found: dict[str, Any] = {"": None}

    def state(username: str) -> Any:
        if username not in found:
            where = browser.new_context(base_url=server.url)
            page = where.new_page()
            page.goto("/account/login/?next=/help/")
            page.fill('input[name="login"]', username)
            page.fill('input[name="password"]', PASSWORD)
            page.click('main button[type="submit"]')
            page.wait_for_url("**/help/")
            found[username] = where.storage_state()
            where.close()
        return found[username]

    return state


class Ear:
    """What a page says that it should not: errors on the console, refused content, requests to elsewhere."""

    def __init__(self, page: Any) -> None:
        self.heard: list[str] = []
        page.add_init_script(NOISE)
        page.on("console", lambda each: self.heard.append(each.text) if each.type == "error" else None)
        page.on("pageerror", lambda each: self.heard.append(str(each)))
        page.on("request", self._request)
        self.page = page

    def _request(self, request: Any) -> None:
        if not re.match(r"(http://127\.0\.0\.1:\d+/|data:|blob:|about:)", request.url):
            self.heard.append(f"request to {request.url}")

    def take(self) -> list[str]:
        """What was heard since the last time."""
        found = [*self.heard, *self.page.evaluate("window.__csp || []")]
        self.heard.clear()
        return [each for each in found if "404 (Not Found)" not in each or not self.page.url.endswith("/nowhere/")]


@pytest.fixture
def visit(context: Any, states: Callable[[str], Any]) -> Callable[..., Any]:
    """A page of a persona at a width, in a language."""

    def open_as(username: str, width: int, language: str = "zh-hans") -> Any:
        phone = {"is_mobile": True, "has_touch": True} if width < 500 else {}
        where = context(
            width, 900, storage_state=states(username), locale="en-US" if language == "en" else "zh-CN", **phone
        )
        where.add_cookies([{"name": "django_language", "value": language, "domain": "127.0.0.1", "path": "/"}])
        return where.new_page()

    return open_as


def addresses(username: str, known: dict[str, Any]) -> Iterator[str]:
    for each in PAGES[username]:
        yield each.format(**known)


WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("username", PAGES)
def test_pages_hold(visit: Any, known: dict[str, Any], axe: Any, shot: Any, username: str, width: int) -> None:
    """axe has nothing serious, the console is silent, nothing leaves the machine, nothing is wider than the screen."""
    page = visit(username, width)
    ear = Ear(page)
    found: dict[str, Any] = {}
    for path in addresses(username, known):
        answer = page.goto(path)
        wrong = [*axe(page), *ear.take()]
        if answer.status != (404 if path == "/nowhere/" else 200):
            wrong.append(f"status {answer.status}")
        if page.locator("h1").count() != 1 or not page.inner_text("h1").strip():
            wrong.append(f"{page.locator('h1').count()} headings")
        if (over := page.evaluate(WIDE)) > 0:
            wrong.append(f"{over} px too wide")
        if wrong:
            found[path] = wrong
            shot(page, f"wrong-{username}-{width}-{len(found)}")
    assert not found, json.dumps(found, ensure_ascii=False, indent=1)


def data_words(server: Any) -> list[str]:
    """Words that are data and stay as they are: names, what people wrote, legal bases, letters. The longest first."""
    columns = (
        ("unit", "name"), ("account", "display_name"), ("role", "name"), ("matter", "title"), ("matter", "text"), ("matter", "due_basis"), ("category", "name"),
        ("category", "full_name"), ("matter_entry", "words"), ("matter_press", "by_name"), ("matter_participation", "words"), ("admission", "item"),
        ("admission", "basis"), ("admission", "content"), ("admission", "applied_name"), ("duty_item", "item"), ("duty_item", "basis"), ("notice", "title"),
        ("notice", "body"), ("trail_row", "subject_label"), ("trail_row", "actor_name"),
    )  # fmt: skip
    found: set[str] = {"微网格", "网格", "联户"}  # the local names of the levels: values of a rule
    for table, column in columns:
        for (text,) in server.rows(f"SELECT DISTINCT {column} FROM {table}"):  # noqa: S608 - our own names
            found |= {part.strip() for part in re.split(r"[\n；]", text or "") if re.search(r"[\u4e00-\u9fff]", part)}
    return sorted(found, key=len, reverse=True)


@pytest.mark.parametrize("username", PAGES)
def test_english_is_english(visit: Any, known: dict[str, Any], server: Any, username: str) -> None:
    """No Chinese word of the interface on an English page; and it fits the phone too."""
    page = visit(username, 390, "en")
    names = data_words(server)
    found: dict[str, Any] = {}
    for path in addresses(username, known):
        if "/letters/" in path or path.startswith("/search/"):
            continue  # a letter is a Chinese document; the words looked for are the reader's own
        page.goto(path)
        assert page.evaluate("document.documentElement.lang") == "en", path
        wrong = []
        for text in page.evaluate(SAID):
            left = text
            for name in names:
                left = left.replace(name, "")
            left = re.sub(r"《[^》]*》[^A-Za-z]*|第[一二三四五六七八九十百]+条", "", left)  # citations of laws
            if words := re.findall(r"[\u4e00-\u9fff]+", left):
                wrong.append(" ".join(words))
        if (over := page.evaluate(WIDE)) > 0:
            wrong.append(f"{over} px too wide")
        if wrong:
            found[path] = sorted(set(wrong))
    assert not found, json.dumps(found, ensure_ascii=False, indent=1)


def test_large_type_for_elders(visit: Any, known: dict[str, Any], axe: Any, shot: Any) -> None:
    """One tap makes everything larger, for staff and villagers, and nothing runs off the phone."""
    for username, paths in (
        ("", ("/p/", "/p/report/?v={village}", "/p/follow/")),
        ("village_secretary", ("/", "/matters/{working}/", "/board/")),
    ):
        page = visit(username, 390)
        page.goto(paths[0])
        size = "parseFloat(getComputedStyle(document.querySelector('main')).fontSize)"
        small = page.evaluate(size)
        page.click("[data-elder-toggle]")
        until(page, "document.documentElement.classList.contains('yz-elder')")
        assert page.evaluate(size) > small
        for path in paths:
            page.goto(path.format(**known))
            assert page.evaluate("document.documentElement.classList.contains('yz-elder')"), path
            assert page.evaluate(WIDE) <= 0, path
            assert not axe(page), path
        shot(page, f"elder-{username or 'public'}")


def tab_to(page: Any, selector: str, most: int = 80) -> None:
    """Press Tab until the wanted element has the focus; it must be seen there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => !!document.activeElement && document.activeElement.matches(wanted)", selector):
            assert page.evaluate(
                "getComputedStyle(document.activeElement).outlineStyle !== 'none' || getComputedStyle(document.activeElement).boxShadow !== 'none'"
            ), selector
            return
    raise AssertionError(f"Tab never came to {selector} on {page.url}")


def test_reporting_with_the_keyboard_alone(visit: Any, known: dict[str, Any], server: Any) -> None:
    page = visit("village_secretary", 1440)
    page.goto("/")
    page.keyboard.press("Tab")  # the first stop leads past the navigation
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    tab_to(page, "main a[href='/matters/new/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/matters/new/")
    tab_to(page, "textarea[name=text]")
    page.keyboard.type("键盘登记：村口井盖缺了一块")
    tab_to(page, "input[name=place]")
    page.keyboard.type("松坡村第一网格")
    tab_to(page, "input[name=phone]")
    page.keyboard.type("13812345678")
    tab_to(page, "main form button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/received/")
    assert (
        server.rows("SELECT place_words, state FROM matter WHERE text = '键盘登记：村口井盖缺了一块'")[0][1]
        == "collected"
    )


def test_answering_with_the_keyboard_alone(visit: Any, known: dict[str, Any], server: Any) -> None:
    page = visit("grid_worker", 1440)
    address = f"/matters/{known['working']}/"
    page.goto(address)
    tab_to(page, f"a[href='{address}acts/answer/']")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"form[action='{address}acts/answer/']")
    tab_to(page, f"form[action='{address}acts/answer/'] textarea[name=words]")
    page.keyboard.type("线路已换新，当晚亮灯。")
    tab_to(page, f"form[action='{address}acts/answer/'] button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_selector("button[name=confirmed]")
    tab_to(page, "button[name=confirmed]")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")
    assert server.rows("SELECT state FROM matter WHERE id = ?", known["working"]) == [("answered",)]
