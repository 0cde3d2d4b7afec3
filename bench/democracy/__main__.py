"""`python -m bench.democracy [--quick] [--lighthouse FOLDER]`: typing a meeting, the public board on a phone.

A server with the small county on a scratch folder and a real Chromium of phone size. Typing is scripted at ``--keys`` characters a
second; the public pages load over a slow line (1.6 Mbit/s, 150 ms) on a slowed processor. With ``--lighthouse`` (a folder in which
``npm i lighthouse`` was run) its mobile scores are printed beside our own readings; it never becomes a dependency.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

VILLAGE = "990101100201"
SLOW_LINE = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
WATCH = """
window.bench = {lcp: 0, cls: 0, blocked: 0};
new PerformanceObserver(l => l.getEntries().forEach(e => bench.lcp = e.startTime)).observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver(l => l.getEntries().forEach(e => { if (!e.hadRecentInput) bench.cls += e.value; })).observe({type: 'layout-shift', buffered: true});
new PerformanceObserver(l => l.getEntries().forEach(e => bench.blocked += Math.max(0, e.duration - 50))).observe({type: 'longtask', buffered: true});
"""
READ = """() => {
  const all = performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'));
  const first = performance.getEntriesByName('first-contentful-paint')[0];
  return {sent: all.reduce((n, e) => n + e.transferSize, 0), bytes: all.reduce((n, e) => n + e.decodedBodySize, 0), requests: all.length,
          foreign: all.filter(e => new URL(e.name).origin !== location.origin && !e.name.startsWith('data:')).length,
          fcp: first ? first.startTime : 0, ...window.bench};
}"""
#: A decision at its first meeting, and a notice that hangs with an objection.
SET_UP = """
from django.utils import timezone
from decimal import Decimal
from tests.personas import PEOPLE
from yanzhen.democracy.domain.disclosure import Section
from yanzhen.democracy.services import decisions, disclosure, objections
from yanzhen.kernel.accounts.models import Account
from yanzhen.kernel.scope.api import public
from yanzhen.registry.api import actor_in, posts_of
from yanzhen.registry.models import Unit
now = timezone.now()
def who(name):
    account = Account.objects.get(username=name)
    return actor_in(posts_of(account.pk, timezone.localdate())[0], account.pk, account.display_name)
clerk, watch, unit = who("village_secretary"), who("supervisor"), Unit.objects.get(name="松坡村")
decisions.propose(actor=clerk, now=now, unit=unit, item="public_works", title="修三组路", text="硬化三组道路", amount=Decimal(30000))
rows = tuple((f"2026-05-{1 + n % 28:02d}", f"支出{n}", "", f"{n}.00", "", "报账员") for n in range(60))
table = Section("", "", ("日期", "摘要", "收入", "支出", "余额", "经手人"), rows)
for item, sections in (("finance", (table,)), ("government", (Section("", "协助工作情况。" * 20),))):
    made = disclosure.draft(actor=clerk, now=now, unit=unit, item=item, sections=sections)
    disclosure.submit(actor=clerk, now=now, disclosure=made)
    disclosure.review(actor=watch, now=now, disclosure=made, passed=True)
    disclosure.publish(actor=clerk, now=now, disclosure=made)
    objections.make(actor=public(), now=now, disclosure=made, text="请说明第三笔支出")
"""
MEETING = {
    "due": "6", "present": "6", "votes_for": "5", "against": "1", "abstain": "0", "place": "村委会", "chair": "周水生",
    "minutes": "一、说明方案和预算。二、讨论，一人认为应当先修水渠。三、表决通过，请党员大会审议。",
}  # fmt: skip


def typed(page: Any, server: Any, keys: float) -> dict[str, Any]:
    """Enter one meeting as somebody types it; seconds from the open page to the page after."""
    page.goto(f"{server.url}/decisions/1/")
    page.click("main >> text=办理这一步 >> nth=0")
    page.click(".ypc-acts >> text=登记会议")
    asked = page.locator("form[data-draft] :is(input, textarea, select):not([type=hidden])").count()
    began = time.monotonic()
    letters = 0
    for name, text in MEETING.items():
        page.click(f'[name="{name}"]')
        page.locator(f'[name="{name}"]').press_sequentially(text, delay=1000 / keys)
        letters += len(text)
    page.click("main >> button:has-text('登记会议')")
    page.wait_for_url("**/procedures/*/")
    return {
        "measure": "meeting",
        "fields": asked,
        "letters": letters,
        "keys_a_second": keys,
        "seconds": round(time.monotonic() - began, 1),
    }


def loaded(browser: Any, url: str, runs: int) -> dict[str, Any]:
    """A public page on a phone with a slow line and a processor slowed four times: medians of fresh loads, and axe."""
    from axe_playwright_python.sync_playwright import Axe

    seen: list[dict[str, float]] = []
    wrong: list[str] = []
    console: list[str] = []
    for run in range(runs):
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale="zh-CN"
        )
        page = context.new_page()
        page.on("console", lambda message: console.append(message.text) if message.type == "error" else None)
        page.add_init_script(WATCH)
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send("Network.emulateNetworkConditions", SLOW_LINE)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.goto(url, wait_until="load")
        page.wait_for_timeout(600)
        seen.append(page.evaluate(READ))
        if run == 0:
            wrong = [each["id"] for each in Axe().run(page).response["violations"]]
        context.close()
    figures = {name: round(median(each[name] for each in seen), 3) for name in seen[0]}
    return {
        "measure": "page",
        "page": url.split("/", 3)[3],
        **figures,
        "axe": wrong,
        "console_errors": len(console),
        "loads": runs,
    }


def scored(folder: Path, url: str) -> dict[str, Any]:
    """Lighthouse's mobile scores of a page, from a folder that has it."""
    done = subprocess.run(
        [str(folder / "node_modules/.bin/lighthouse"), url, "--output=json", "--quiet", "--only-categories=performance,accessibility,best-practices",
         "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"],
        capture_output=True, text=True, check=False, env=os.environ | {"CHROME_PATH": os.environ.get("YANZHEN_CHROMIUM", "/usr/bin/chromium")},
    )  # fmt: skip
    if done.returncode:
        return {"measure": "lighthouse", "failed": done.stderr[-300:]}
    report = json.loads(done.stdout)
    scores = {name: round(100 * each["score"]) for name, each in report["categories"].items()}
    missed = [
        code for code, each in report["audits"].items() if each["score"] == 0 and each["scoreDisplayMode"] == "binary"
    ]
    return {
        "measure": "lighthouse",
        "version": report["lighthouseVersion"],
        "page": url.split("/", 3)[3],
        **scores,
        "missed": missed,
    }


def main() -> int:
    """Start the server, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.democracy", description=__doc__)
    parser.add_argument("--keys", type=float, default=3.0, help="characters typed a second")
    parser.add_argument("--quick", action="store_true", help="one load a page, fast typing")
    parser.add_argument("--lighthouse", type=Path, help="folder with node_modules/.bin/lighthouse")
    asked = parser.parse_args()
    from playwright.sync_api import sync_playwright

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from tests.e2e.conftest import CHROMIUM, FLAGS, Server
    from tests.personas import PASSWORD

    print(
        json.dumps(
            {
                "machine": platform.machine(),
                "cpus": os.cpu_count(),
                "load": os.getloadavg()[0],
                "python": platform.python_version(),
            }
        )
    )
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="yanzhen-bench-") as folder, sync_playwright() as playwright:
        server = Server(Path(folder))
        server.seed("tests.e2e.seed_democracy")
        server.run(SET_UP)
        server.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            page = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN").new_page()
            page.set_default_timeout(60_000)
            page.goto(f"{server.url}/account/login/?next=/decisions/")
            page.fill('input[name="login"]', "village_secretary")
            page.fill('input[name="password"]', PASSWORD)
            page.click('form:has(input[name="password"]) button[type="submit"]')
            page.wait_for_url("**/decisions/")
            found.append(typed(page, server, 30.0 if asked.quick else asked.keys))
            for path in (f"/p/v/{VILLAGE}/open/", f"/p/v/{VILLAGE}/open/1/", f"/p/v/{VILLAGE}/open/1/object/"):
                found.append(loaded(browser, server.url + path, 1 if asked.quick else 5))
                if asked.lighthouse:
                    found.append(scored(asked.lighthouse, server.url + path))
        finally:
            browser.close()
            server.stop()
    for each in found:
        print(json.dumps(each, ensure_ascii=False))
    return int(
        any(
            each.get("bytes", 0) > 150_000
            or each.get("axe")
            or each.get("fields", 0) > 12
            or each.get("seconds", 0) > 120
            for each in found
        )
    )


if __name__ == "__main__":
    sys.exit(main())
