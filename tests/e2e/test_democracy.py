"""One decision on a phone, from the proposal to the second disclosure: a vote fails on the way, a villager objects and is answered.

The people: the village secretary, the head of the supervision committee, a villager without a login. Weeks pass by shifting what has
happened back in time; what the platform does by time is done by the worker's own functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Server
from tests.e2e.test_field import GIVE
from tests.e2e.test_procedures import meeting, wide

pytestmark = pytest.mark.e2e

VILLAGE = "990101100201"
NUMBERS = "一二三四五六七八九"

#: Three weeks pass: everything about the decision and its notices happened that much earlier.
SHIFT = (
    GIVE
    + """
from datetime import timedelta
from django.db.models import F
from yanzhen.democracy.models import Decision, Disclosure
from yanzhen.democracy.services import disclosure
from yanzhen.procedures.models import Case, CaseStep, Meeting, Posting
gap = timedelta(days=21)
for model, names in (
    (Case, ("started_at",)), (CaseStep, ("opened_at", "done_at", "due_at", "earliest", "look_at")), (Meeting, ("held_on", "notified_on", "planned_on")),
    (Posting, ("put_up_on", "until")), (Decision, ("proposed_at", "resolved_on", "step_since", "step_due", "carry_until")),
    (Disclosure, ("published_at", "up_until", "due_on", "drafted_at", "reviewed_at")),
):
    for row in model.objects.all():
        for name in names:
            if getattr(row, name) is not None:
                setattr(row, name, getattr(row, name) - gap)
        if model is CaseStep:
            import re
            from datetime import date
            row.result = re.sub(r"\\d{4}-\\d{2}-\\d{2}", lambda found: (date.fromisoformat(found[0]) - gap).isoformat(), row.result)
        row.save()
from yanzhen.democracy.models import Progress
for row in Progress.objects.all():
    row.on -= gap
    row.save()
disclosure.end_due(now=now)
"""
)
ANSWER = (
    GIVE
    + """
row = Matter.objects.get(kind="objection")
actor = who("village_secretary")
services.take(actor=actor, now=now, matter=row.pk)
services.contact(actor=actor, now=now, matter=row.pk, words="上门说明")
services.answer(actor=actor, now=now, matter=row.pk, words="去年修的是村口一段，这次是三组。")
"""
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The small county with a supervision committee."""
    made = Server(tmp_path_factory.mktemp("yanzhen"))
    made.seed("tests.e2e.seed_democracy")
    made.start()
    yield made
    made.stop()


def weight(page: Any) -> int:
    """Bytes that the page took, uncompressed."""
    return int(
        page.evaluate(
            "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
            ".reduce((n, e) => n + e.decodedBodySize, 0)"
        )
    )


class Walk:
    """The decision on its way."""

    def __init__(self, server: Server, page: Any, watch: Any, axe: Any) -> None:
        self.server, self.page, self.watch, self.axe = server, page, watch, axe
        self.decision = ""

    def fine(self, page: Any) -> None:
        assert self.axe(page) == []
        assert wide(page) == 0

    def state(self) -> tuple[str, str]:
        ((state, step),) = self.server.rows("select state, step from dem_decision")
        return state, step

    def meet(self, votes_for: int) -> None:
        """Enter the meeting that is due, on the case's own page."""
        self.page.goto(self.decision)
        self.page.click("main >> text=办理这一步 >> nth=0")
        self.page.click(".ypc-acts >> text=登记会议")
        self.fine(self.page)
        meeting(self.page, votes_for)
        self.page.click("main >> button:has-text('登记会议')")
        self.page.wait_for_url("**/procedures/*/")

    def disclose(self, button: str) -> None:
        """Draft from the record, have it reviewed by the supervision committee, put it up."""
        self.page.goto(self.decision)
        self.page.click(f"text={button}")
        self.page.wait_for_url("**/disclosures/*/")
        url = self.page.url
        self.fine(self.page)
        self.page.click("text=送监委会审核")
        self.watch.goto(url)
        self.watch.click(".yz-head__actions >> text=审核")
        self.fine(self.watch)
        self.watch.check('input[name="passed"][value="yes"]')
        self.watch.click("text=提交审核意见")
        self.page.goto(url)
        self.page.click(".yz-head__actions >> text=公布")
        self.fine(self.page)
        self.page.click("main >> button:has-text('公布')")
        self.page.wait_for_url(url)
        assert "公布中" in self.page.inner_text("main")


def test_from_the_proposal_to_the_second_disclosure(
    server: Server, phone: Any, context: Any, login: Any, axe: Any, shot: Any
) -> None:
    page = login(phone, "village_secretary", then="/decisions/")
    watch = login(context(390, 844), "supervisor", then="/supervision/")
    walk = Walk(server, page, watch, axe)
    # the proposal
    page.click("text=提出事项")
    walk.fine(page)
    page.select_option('select[name="item"]', "public_works")
    for name, text in {
        "title": "修三组路",
        "text": "硬化三组道路三百米",
        "amount": "30000",
        "funds": "村集体收入",
    }.items():
        page.fill(f'[name="{name}"]', text)
    page.click("main >> button:has-text('提出')")
    page.wait_for_url(re.compile(r"/decisions/\d+/$"))
    walk.decision = page.url
    walk.fine(page)
    # the party members say no; amended, it goes round again
    walk.meet(36)
    walk.meet(12)
    assert walk.state() == ("failed", "amend")
    page.goto(walk.decision)
    assert "没有通过" in page.inner_text("main")
    shot(page, "democracy-failed-vote")
    page.click("main >> text=办理这一步 >> nth=0")
    page.click(".ypc-acts >> text=提交")
    page.fill('[name="data_proposal"]', "硬化三组道路二百米")
    page.click("main >> button:has-text('提交')")
    page.wait_for_url("**/procedures/*/")
    for _meeting in ("two committees", "party members", "representatives"):
        walk.meet(36)
    assert walk.state() == ("resolved", "publish")
    # the first disclosure, and a villager who objects
    walk.disclose("拟决议公开稿")
    stranger = context(390, 844).new_page()
    stranger.goto(f"/p/v/{VILLAGE}/open/")
    assert weight(stranger) <= 150_000
    walk.fine(stranger)
    shot(stranger, "democracy-board")
    stranger.click("text=决议公开：修三组路")
    assert "二百米" in stranger.inner_text("main")
    assert weight(stranger) <= 150_000
    walk.fine(stranger)
    notice = stranger.url
    stranger.click("text=我有异议")
    walk.fine(stranger)
    stranger.fill('[name="text"]', "三组的路去年刚修过，为什么又修？")
    asked = stranger.inner_text("label[for='id_answer']")
    first, second = re.findall(f"[{NUMBERS}]", asked)[:2]
    stranger.fill('[name="answer"]', str(NUMBERS.index(first) + NUMBERS.index(second) + 2))
    stranger.wait_for_timeout(2500)
    stranger.click("text=提交异议")
    stranger.wait_for_url("**/p/report/done/")
    assert stranger.inner_text("#number")
    server.run(SHIFT)
    assert walk.state() == ("resolved", "publish"), "an open objection keeps the notice up"
    server.run(ANSWER)
    stranger.goto(notice)
    assert "去年修的是村口一段" in stranger.inner_text("main")
    walk.fine(stranger)
    shot(stranger, "democracy-answered")
    server.run(SHIFT)
    assert walk.state() == ("resolved", "carry")
    # carried out, and the second disclosure
    page.goto(walk.decision)
    page.click("text=登记实施情况")
    walk.fine(page)
    page.fill('[name="words"]', "完工，村民代表现场验收")
    page.fill('[name="spent"]', "19500")
    page.check('[name="finished"]')
    page.click("main >> button:has-text('登记')")
    page.wait_for_url(walk.decision)
    walk.disclose("拟实施结果公开稿")
    server.run(SHIFT)
    assert walk.state() == ("done", "")
    page.goto(walk.decision)
    walk.fine(page)
    shot(page, "democracy-done")
    stranger.goto(f"{notice}proof/")
    assert "一致" in stranger.inner_text("main")


def test_the_printed_notice_and_english(server: Server, desktop: Any, phone: Any, shot: Any) -> None:
    page = phone.new_page()
    page.goto(f"/p/v/{VILLAGE}/open/")
    page.click("summary")
    page.click("text=决议公开：修三组路")
    answer = page.request.get(f"{page.url}print.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body()[:5] == b"%PDF-"
    phone.add_cookies([{"name": "django_language", "value": "en", "url": server.url}])
    page.reload()
    assert "Objections and answers" in page.inner_text("main")
    shot(page, "democracy-notice-en")
