"""Disclosure: the calendar, masking, review before publication, at least fifteen days, objections, proof."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.democracy.conftest import days
from tests.personas import Persona, World
from yanzhen.democracy.domain import disclosure as rules
from yanzhen.democracy.domain import masking
from yanzhen.democracy.domain.disclosure import Section, State, catalogue
from yanzhen.democracy.models import Disclosure, Objection
from yanzhen.democracy.selectors import disclosure as reads
from yanzhen.democracy.selectors.scope import today_of
from yanzhen.democracy.services import disclosure, objections
from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.scope.api import public
from yanzhen.kernel.trail import api as trail
from yanzhen.matters import services as matters

TABLE = Section(
    "",
    "",
    ("户主", "身份证号", "电话", "住址", "金额（元）"),
    (("张三丰", "990101198003070018", "13812345678", "松坡村三组12号", "500"),),
)
PAYMENTS = Section("", "", ("日期", "摘要", "支出"), (("2026-05-03", "路灯电费", "320"),))


# --- rules --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "day", "code", "first", "last"),
    [
        ("month", date(2026, 2, 28), "2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("quarter", date(2026, 12, 31), "2026Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("half", date(2026, 7, 1), "2026H2", date(2026, 7, 1), date(2026, 12, 31)),
        ("year", date(2028, 2, 29), "2028", date(2028, 1, 1), date(2028, 12, 31)),
        ("event", date(2026, 6, 15), "2026-06-15", date(2026, 6, 15), date(2026, 6, 15)),
    ],
)
def test_periods(every: Any, day: date, code: str, first: date, last: date) -> None:
    found = rules.period_of(every, day)
    assert (found.code, found.first, found.last) == (code, first, last)
    assert rules.parse_period(every, code) == found


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)), st.sampled_from(["month", "quarter", "half", "year"]))
def test_each_day_lies_in_one_period_and_periods_leave_no_gap(day: date, every: Any) -> None:
    found = rules.period_of(every, day)
    assert found.first <= day <= found.last
    after = rules.period_of(every, found.last + timedelta(days=1))
    assert after.first == found.last + timedelta(days=1)
    assert after.code != found.code


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 900))
def test_whole_periods_between_two_days(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    for period in rules.periods_between("quarter", first, last):
        assert first <= period.last <= last


@pytest.mark.parametrize("code", ["2026Q5", "2026-13", "26", "", "2026H3", "2026Q4 "])
def test_no_such_period(code: str) -> None:
    with pytest.raises(DomainError):
        rules.parse_period("quarter", code)


@pytest.mark.parametrize(
    ("today", "published", "lamp"),
    [
        (date(2026, 7, 1), None, "green"), (date(2026, 7, 6), None, "yellow"), (date(2026, 7, 11), None, "red"),
        (date(2026, 8, 1), date(2026, 7, 10), "green"), (date(2026, 8, 1), date(2026, 7, 11), "red"),
    ],
)  # fmt: skip
def test_lamp(today: date, published: date | None, lamp: str) -> None:
    assert rules.lamp(date(2026, 7, 10), today, published) == lamp


def test_every_item_of_the_catalogue_has_its_article_and_a_known_profile() -> None:
    for item in catalogue().values():
        assert "第" in item.basis or "意见" in item.basis, item.code
        assert item.mask in masking.PROFILES, item.code
        assert item.source in {"decisions", "execution", "matters", "rosters", "audits", "supervision", "table", "text"}
        if item.mask == "people":
            assert item.columns


def test_general_matters_are_due_quarterly_and_money_monthly() -> None:
    assert catalogue()["finance"].every == "month"
    assert catalogue()["government"].every == "quarter"


def test_masking_of_a_list_of_persons() -> None:
    columns, rows = masking.mask_table(TABLE.columns, TABLE.rows, "people")
    assert columns == ["户主", "住址", "金额（元）"]
    assert rows == [["张**", "松坡村三组", "500"]]


def test_offices_stay_readable_but_numbers_never() -> None:
    columns, rows = masking.mask_table(("姓名", "职务", "电话"), [("李四", "主任", "13812345678")], "none")
    assert (columns, rows) == (["姓名", "职务"], [["李四", "主任"]])


@given(st.text(alphabet="张村组0123456789Xx，。 ", max_size=60))
def test_masked_text_shows_no_number_of_papers_phones_or_accounts(text: str) -> None:
    assert not masking.bare(masking.mask_text(text))


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4), st.text(max_size=30))
def test_the_canonical_text_reads_back_and_any_change_shows(cells: list[str], more: str) -> None:
    notice = rules.Notice(
        "finance", "990101100201", "松坡村", "标题", "2026-05", (rules.table_section("", cells, [cells]),)
    )
    text = notice.canonical()
    assert rules.read_notice(text) == notice
    other = rules.Notice("finance", "990101100201", "松坡村", "标题" + more, "2026-05", notice.sections)
    assert (rules.fingerprint(other.canonical()) == rules.fingerprint(text)) == (more == "")


@given(st.sampled_from(list(State)), st.sampled_from(list(State)))
def test_nothing_reaches_the_board_past_the_review(current: State, wanted: State) -> None:
    if wanted == State.UP:
        assert (wanted in rules.MOVES[current]) == (current == State.READY)
    if wanted == State.READY:
        assert (wanted in rules.MOVES[current]) == (current == State.REVIEW)


# --- from draft to the end ------------------------------------------------------------------------------------------------


@pytest.fixture
def draft(world: World, village_secretary: Persona, now: datetime) -> Disclosure:
    return disclosure.draft(
        actor=village_secretary.actor,
        now=now,
        unit=world.unit("songpo"),
        item="finance",
        period="2026-05",
        sections=(PAYMENTS,),
    )


def put_up(row: Disclosure, by: Persona, reviewer: Persona, now: datetime) -> Disclosure:
    disclosure.submit(actor=by.actor, now=now, disclosure=row)
    disclosure.review(actor=reviewer.actor, now=now, disclosure=row, passed=True)
    return disclosure.publish(actor=by.actor, now=now, disclosure=row)


def test_the_whole_way(draft: Disclosure, village_secretary: Persona, supervisor: Persona, now: datetime) -> None:
    up = put_up(draft, village_secretary, supervisor, now)
    assert up.state == State.UP
    assert (up.up_until - today_of(now)).days == 15  # type: ignore[operator]
    assert reads.proof_of(up).holds
    assert disclosure.end_due(now=days(now, 15)) == 0
    assert disclosure.end_due(now=days(now, 16)) == 1
    up.refresh_from_db()
    assert up.state == State.ENDED
    assert reads.up_on(up.unit, today_of(days(now, 7))) == [up]
    assert reads.up_on(up.unit, today_of(days(now, 40))) == []


def test_less_than_fifteen_days_is_refused(
    draft: Disclosure, village_secretary: Persona, supervisor: Persona, now: datetime
) -> None:
    disclosure.submit(actor=village_secretary.actor, now=now, disclosure=draft)
    disclosure.review(actor=supervisor.actor, now=now, disclosure=draft, passed=True)
    with pytest.raises(DomainError, match="15"):
        disclosure.publish(actor=village_secretary.actor, now=now, disclosure=draft, days=14)
    assert disclosure.publish(actor=village_secretary.actor, now=now, disclosure=draft, days=30).up_until is not None


def test_not_without_review_and_not_by_the_own_hand(
    draft: Disclosure, village_secretary: Persona, now: datetime
) -> None:
    with pytest.raises(DomainError):
        disclosure.publish(actor=village_secretary.actor, now=now, disclosure=draft)
    disclosure.submit(actor=village_secretary.actor, now=now, disclosure=draft)
    with pytest.raises(DomainError, match="拟稿人"):
        disclosure.review(actor=village_secretary.actor, now=now, disclosure=draft, passed=True)


def test_what_came_back_is_changed_and_sent_again(
    draft: Disclosure, village_secretary: Persona, supervisor: Persona, now: datetime
) -> None:
    disclosure.submit(actor=village_secretary.actor, now=now, disclosure=draft)
    with pytest.raises(DomainError):
        disclosure.review(actor=supervisor.actor, now=now, disclosure=draft, passed=False)
    disclosure.review(actor=supervisor.actor, now=now, disclosure=draft, passed=False, words="少了两笔")
    more = Section("", "", PAYMENTS.columns, (*PAYMENTS.rows, ("2026-05-09", "清运", "200")))
    disclosure.redraft(actor=village_secretary.actor, now=now, disclosure=draft, sections=(more,))
    assert put_up(draft, village_secretary, supervisor, now).state == State.UP
    with pytest.raises(DomainError):
        disclosure.redraft(actor=village_secretary.actor, now=now, disclosure=draft, sections=(PAYMENTS,))


def test_a_draft_holds_no_personal_data(world: World, village_secretary: Persona, now: datetime) -> None:
    row = disclosure.draft(
        actor=village_secretary.actor, now=now, unit=world.unit("songpo"), item="relief", period="2026Q2", sections=(TABLE,),
        remarks="咨询13812345678",
    )  # fmt: skip
    for secret in ("990101198003070018", "13812345678", "张三丰", "12号"):
        assert secret not in row.content


def test_twice_the_same_period_is_refused(
    world: World, draft: Disclosure, village_secretary: Persona, now: datetime
) -> None:
    with pytest.raises(DomainError, match="已经有稿"):
        disclosure.draft(
            actor=village_secretary.actor,
            now=now,
            unit=draft.unit,
            item="finance",
            period="2026-05",
            sections=(PAYMENTS,),
        )


def test_others_cannot(world: World, draft: Disclosure, outsider: Persona, grid_worker: Persona, now: datetime) -> None:
    for other in (outsider, grid_worker):
        with pytest.raises(NotAllowed):
            disclosure.submit(actor=other.actor, now=now, disclosure=draft)


def test_what_hung_is_provable_and_tampering_shows(
    draft: Disclosure, village_secretary: Persona, supervisor: Persona, now: datetime
) -> None:
    up = put_up(draft, village_secretary, supervisor, now)
    trail.seal_all(now=now)
    proof = reads.proof_of(up)
    assert proof.holds
    assert proof.seal_id
    Disclosure.objects.filter(pk=up.pk).update(content=up.content.replace("320", "230"))
    up.refresh_from_db()
    assert not reads.proof_of(up).holds
    forged = rules.fingerprint(up.content)
    Disclosure.objects.filter(pk=up.pk).update(digest=forged)
    up.refresh_from_db()
    assert not reads.proof_of(up).holds  # the trail still knows the first one
    assert reads.by_digest(up.unit, forged[:10]) == up
    assert reads.by_digest(up.unit, "abc") is None


def test_a_correction_replaces_and_keeps(
    draft: Disclosure, village_secretary: Persona, supervisor: Persona, now: datetime
) -> None:
    up = put_up(draft, village_secretary, supervisor, now)
    fixed = Section("", "", PAYMENTS.columns, (("2026-05-03", "路灯电费", "302"),))
    new = disclosure.correct(
        actor=village_secretary.actor, now=days(now, 2), disclosure=up, sections=(fixed,), reason="金额写错"
    )
    put_up(new, village_secretary, supervisor, days(now, 2))
    up.refresh_from_db()
    assert up.state == State.REPLACED
    assert reads.up_now(up.unit) == [new]
    assert reads.proof_of(up).holds


# --- the calendar -------------------------------------------------------------------------------------------------------


def test_the_calendar_knows_what_is_late(
    world: World, draft: Disclosure, village_secretary: Persona, supervisor: Persona, now: datetime
) -> None:
    unit, today = world.unit("songpo"), today_of(now)  # 2026-06-15; May's accounts were due on 10 June
    lines = {(line.item.code, line.period.code): line for line in reads.calendar(unit, today)}
    assert lines["finance", "2026-05"].lamp == "red"
    assert lines["finance", "2026-05"].disclosure == draft
    assert lines["government", "2026Q1"].lamp == "red"
    assert lines["government", "2026Q2"].lamp == "green"
    put_up(draft, village_secretary, supervisor, now)
    line = next(
        each for each in reads.calendar(unit, today) if (each.item.code, each.period.code) == ("finance", "2026-05")
    )
    assert line.on_time is False


# --- objections ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def up(draft: Disclosure, village_secretary: Persona, supervisor: Persona, now: datetime) -> Disclosure:
    return put_up(draft, village_secretary, supervisor, now)


def test_an_objection_becomes_a_matter_and_its_answer_stands_beside_the_notice(
    up: Disclosure, village_secretary: Persona, now: datetime
) -> None:
    made, matter = objections.make(
        actor=public(),
        now=now,
        disclosure=up,
        text="电费比上月多了一倍，请说明，我的电话13812345678",
        name="李四",
        phone="13812345678",
    )
    assert "13812345678" not in made.text
    assert matter.kind == "objection"
    assert matter.place_id == up.unit_id
    assert made.due_at is not None
    matters.take(actor=village_secretary.actor, now=now, matter=matter.pk)
    matters.contact(actor=village_secretary.actor, now=now, matter=matter.pk, words="已联系")
    matters.answer(
        actor=village_secretary.actor, now=days(now, 1), matter=matter.pk, words="新装了六盏路灯，附电费单。"
    )
    made.refresh_from_db()
    assert made.answer == "新装了六盏路灯，附电费单。"
    assert not made.late


def test_an_open_objection_keeps_the_notice_up(up: Disclosure, now: datetime) -> None:
    objections.make(actor=public(), now=now, disclosure=up, text="金额对不上，请说明")
    assert disclosure.end_due(now=days(now, 20)) == 0
    Objection.objects.update(answered_at=now)
    assert disclosure.end_due(now=days(now, 20)) == 1


def test_no_objection_to_what_does_not_hang(draft: Disclosure, now: datetime) -> None:
    with pytest.raises(DomainError):
        objections.make(actor=public(), now=now, disclosure=draft, text="金额对不上，请说明")


# --- a table ------------------------------------------------------------------------------------------------------------


def test_sections_of_an_uploaded_table() -> None:
    (section,) = disclosure.sections_of_table(
        "", [["村务公开表"], ["户主", "金额", ""], ["张三", "5", ""], ["", "", ""], ["李四", "7"]]
    )
    assert section.columns == ("户主", "金额")
    assert section.rows == (("张三", "5"), ("李四", "7"))
    with pytest.raises(DomainError):
        disclosure.sections_of_table("", [["户主", "金额"]])
