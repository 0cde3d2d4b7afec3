"""The person's own matter by number and code."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.personas import Persona, World
from yanzhen.matters import services
from yanzhen.matters.domain.loop import ACTS as LOOP
from yanzhen.matters.domain.loop import By, State
from yanzhen.matters.models import Feedback, Matter
from yanzhen.matters.public.following import ACTS, STATE_WORDS

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    return re.sub(r"<[^>]+>", "", response.content.decode())


@pytest.fixture
def mine(sent: Any) -> tuple[str, str]:
    """(number, code) of a report."""
    html = sent().content.decode()
    code = re.search(r'id="code">(\w{8})<', html)
    assert code is not None
    return Matter.objects.get().number, code[1]


@pytest.fixture
def opened(mine: tuple[str, str]) -> Client:
    """A browser that has shown number and code."""
    browser = Client()
    assert browser.post("/p/follow/", {"number": mine[0], "code": mine[1]}).status_code == 302
    return browser


def answered(number: str, secretary: Persona, now: datetime) -> Matter:
    matter = Matter.objects.get(number=number)
    services.take(actor=secretary.actor, now=now, matter=matter)
    return services.answer(actor=secretary.actor, now=now, matter=matter.pk, words="灯泡已经换好。")


def test_every_state_and_every_act_of_the_person_has_words() -> None:
    assert set(STATE_WORDS) == set(State)
    assert set(ACTS) == {act.code for act in LOOP.values() if act.by is By.PERSON}


def test_number_and_code_open_the_page_in_plain_words(opened: Client, mine: tuple[str, str]) -> None:
    page = opened.get(reverse("followed", args=[mine[0]]))
    assert "已收到，正在确定由谁办理" in text_of(page)
    assert "最迟答复时间" in text_of(page)
    assert "收到您反映的事" in text_of(page)


def test_the_code_is_forgiving_to_fingers(mine: tuple[str, str]) -> None:
    number, code = mine
    typed = {"number": f" {number.replace('-', '')} ", "code": f"{code[:4].lower()} {code[4:]}"}
    assert Client().post("/p/follow/", typed).status_code == 302


def test_a_wrong_code_reads_like_an_unknown_number(mine: tuple[str, str]) -> None:
    wrong = Client().post("/p/follow/", {"number": mine[0], "code": "AAAAAAAA"})
    unknown = Client().post("/p/follow/", {"number": "2606-999999-0", "code": "AAAAAAAA"})
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.context["form"].errors == unknown.context["form"].errors
    assert Client().get(reverse("followed", args=[mine[0]])).status_code == 302


def test_guessing_stops(mine: tuple[str, str]) -> None:
    for _ in range(10):
        assert Client().post("/p/follow/", {"number": mine[0], "code": "AAAAAAAA"}).status_code == 422
    right = Client().post("/p/follow/", {"number": mine[0], "code": mine[1]})
    assert right.status_code == 422  # even the right code, and in the same words
    assert "编号或查询码不对" in text_of(right)


def test_looking_up_is_limited_by_address(mine: tuple[str, str]) -> None:
    statuses = [Client().post("/p/follow/", {"number": f"2606-{n:06d}-0", "code": "AAAAAAAA"}).status_code for n in range(61)]
    assert statuses[:60] == [422] * 60
    assert statuses[60] == 429


def test_rating_is_the_persons_word(opened: Client, mine: tuple[str, str], village_secretary: Persona, now: datetime) -> None:
    matter = answered(mine[0], village_secretary, now)
    page = opened.get(reverse("followed", args=[matter.number]))
    assert "灯泡已经换好。" in text_of(page)
    assert "周水生" not in text_of(page)
    url = reverse("follow_act", args=[matter.number, "rate"])
    assert opened.post(url, {"solved": "", "grade": ""}).status_code == 422
    done = opened.post(url, {"solved": "no", "grade": "bad", "words": "还是不亮"}, follow=True)
    matter.refresh_from_db()
    assert (matter.solved, matter.grade) == (False, "bad")
    assert "没有解决 · 不满意" in text_of(done)
    assert "要求重办" in text_of(done)


def test_asking_again_starts_anew(opened: Client, mine: tuple[str, str], village_secretary: Persona, now: datetime) -> None:
    matter = answered(mine[0], village_secretary, now)
    url = reverse("follow_act", args=[matter.number, "person_reopen"])
    assert opened.post(url, {"reason": ""}).status_code == 422
    assert opened.post(url, {"reason": "只亮了一晚"}).status_code == 302
    matter.refresh_from_db()
    assert (matter.state, matter.reopened) == ("collected", 1)


def test_adding_and_withdrawing(opened: Client, mine: tuple[str, str]) -> None:
    number = mine[0]
    opened.post(reverse("follow_act", args=[number, "person_note"]), {"words": "今天又黑了"})
    assert "今天又黑了" in text_of(opened.get(reverse("followed", args=[number])))
    page = opened.post(reverse("follow_act", args=[number, "withdraw"]), {"reason": "自己修好了"}, follow=True)
    assert "已按您的要求撤回" in text_of(page)
    assert "follow_act" not in page.content.decode()
    late = opened.post(reverse("follow_act", args=[number, "withdraw"]), {"reason": "x"}, follow=True)
    assert "现在不能这样办" in text_of(late)


def test_what_may_not_be_done_now_is_not_offered(opened: Client, mine: tuple[str, str]) -> None:
    page = opened.get(reverse("followed", args=[mine[0]])).content.decode()
    assert reverse("follow_act", args=[mine[0], "rate"]) not in page
    assert reverse("follow_act", args=[mine[0], "withdraw"]) in page
    assert opened.get(reverse("follow_act", args=[mine[0], "rate"])).status_code == 302
    assert opened.get(reverse("follow_act", args=[mine[0], "assign"])).status_code == 302


def test_leaving_forgets_number_and_code(opened: Client, mine: tuple[str, str]) -> None:
    opened.post(reverse("follow_leave"))
    assert opened.get(reverse("followed", args=[mine[0]])).status_code == 302


# --- about the platform itself --------------------------------------------------------------------------------------------


def test_a_suggestion_gets_a_number_and_an_answer(visit: Client, world: World, solved: Any, now: datetime) -> None:
    page = visit.get("/p/feedback/")
    done = visit.post("/p/feedback/", {"text": "字太小", "contact": "", **solved(page)}, follow=True)
    number = re.search(r'id="feedback-number">([^<]+)<', done.content.decode())
    assert number is not None
    kept = Feedback.objects.get()
    assert kept.text == "字太小"
    other = Client()
    assert "还没有答复" in text_of(other.post("/p/feedback/answer/", {"number": number[1].lower()}))
    Feedback.objects.update(answer="已经加大", answered_at=now)
    assert "已经加大" in text_of(other.post("/p/feedback/answer/", {"number": number[1]}))
    wrong = other.post("/p/feedback/answer/", {"number": f"{kept.pk}-AAAAAAAA"})
    assert wrong.status_code == 422
    assert wrong.context["form"].errors == other.post("/p/feedback/answer/", {"number": "999-AAAAAAAA"}).context["form"].errors
    assert "字太小" not in text_of(wrong)


def test_a_suggestion_without_words_or_challenge_is_refused(visit: Client, world: World, solved: Any) -> None:
    assert visit.post("/p/feedback/", {"text": "x"}).status_code == 422
    assert visit.post("/p/feedback/", {"text": "", **solved(visit.get("/p/feedback/"))}).status_code == 422
    assert Feedback.objects.count() == 0
