"""Law as tests: for each body, counts on both sides of the line, with the article the refusal names."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.procedures.helpers import quorum
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.rulebook.api import rules
from yanzhen.procedures.domain.bodies import BODIES, ITEMS, Count, check_item, judge, threshold

# body, due, present, for, against, abstain → valid, passed, the article
LAW = [
    # 村民会议: more than half of the villagers over 18; more than half of those present
    ("villagers_assembly", 1000, 500, 500, 0, 0, False, False, "第二十六条"),
    ("villagers_assembly", 1000, 501, 250, 251, 0, True, False, "第二十六条"),
    ("villagers_assembly", 1000, 501, 251, 250, 0, True, True, "第二十六条"),
    ("villagers_assembly", 1001, 501, 251, 0, 0, True, True, "第二十六条"),
    ("villagers_assembly", 1000, 600, 300, 0, 0, True, False, "第二十六条"),
    # 户的代表: two thirds of the households; more than half of those present
    ("household_delegates", 300, 199, 199, 0, 0, False, False, "第二十六条"),
    ("household_delegates", 300, 200, 100, 100, 0, True, False, "第二十六条"),
    ("household_delegates", 300, 200, 101, 99, 0, True, True, "第二十六条"),
    ("household_delegates", 301, 200, 200, 0, 0, False, False, "第二十六条"),
    ("household_delegates", 301, 201, 101, 0, 0, True, True, "第二十六条"),
    # 村民代表会议: two thirds of its members; more than half of those present
    ("villagers_reps", 45, 29, 29, 0, 0, False, False, "第三十条"),
    ("villagers_reps", 45, 30, 15, 15, 0, True, False, "第三十条"),
    ("villagers_reps", 45, 30, 16, 14, 0, True, True, "第三十条"),
    ("villagers_reps", 45, 45, 22, 3, 20, True, False, "第三十条"),
    # 党员大会 in 四议两公开: two thirds there (local rule); more than half of those due
    ("party_members", 30, 19, 19, 0, 0, False, False, "由县级确定"),
    ("party_members", 30, 20, 15, 5, 0, True, False, "由县级确定"),
    ("party_members", 30, 20, 16, 4, 0, True, True, "由县级确定"),
    # 接收党员: more than half of those due, there and in favour
    ("party_admission", 20, 10, 10, 0, 0, False, False, "发展党员工作细则"),
    ("party_admission", 20, 11, 10, 1, 0, True, False, "发展党员工作细则"),
    ("party_admission", 20, 11, 11, 0, 0, True, True, "发展党员工作细则"),
    # 村党组织委员会, 两委, 监委会 (local rules)
    ("party_committee", 5, 2, 2, 0, 0, False, False, "由县级"),
    ("party_committee", 5, 3, 2, 1, 0, True, False, "由县级"),
    ("party_committee", 5, 3, 3, 0, 0, True, True, "由县级"),
    ("two_committees", 8, 4, 4, 0, 0, False, False, "由县级"),
    ("two_committees", 8, 5, 2, 3, 0, True, False, "由县级"),
    ("two_committees", 8, 5, 3, 2, 0, True, True, "由县级"),
    ("supervision", 3, 1, 1, 0, 0, False, False, "由县级"),
    ("supervision", 3, 2, 1, 1, 0, True, False, "由县级"),
    ("supervision", 3, 2, 2, 0, 0, True, True, "由县级"),
    # 成员大会: two thirds there; two thirds of ALL
    ("members_assembly", 300, 199, 199, 0, 0, False, False, "第二十七条"),
    ("members_assembly", 300, 200, 199, 1, 0, True, False, "第二十七条"),
    ("members_assembly", 300, 200, 200, 0, 0, True, True, "第二十七条"),
    ("members_assembly", 300, 300, 199, 101, 0, True, False, "第二十七条"),
    ("members_assembly", 301, 301, 200, 101, 0, True, False, "第二十七条"),
    ("members_assembly", 301, 301, 201, 100, 0, True, True, "第二十七条"),
    # 成员代表大会: two thirds of ALL representatives
    ("members_reps", 24, 15, 15, 0, 0, False, False, "第二十八条"),
    ("members_reps", 24, 20, 15, 5, 0, True, False, "第二十八条"),
    ("members_reps", 24, 20, 16, 4, 0, True, True, "第二十八条"),
    # 理事会: two thirds there; more than half of ALL
    ("council", 5, 3, 3, 0, 0, False, False, "第三十一条"),
    ("council", 5, 4, 2, 2, 0, True, False, "第三十一条"),
    ("council", 5, 4, 3, 1, 0, True, True, "第三十一条"),
    ("council", 7, 5, 3, 2, 0, True, False, "第三十一条"),
    ("council", 7, 5, 4, 1, 0, True, True, "第三十一条"),
    # 非成员出资份额: three quarters of ALL
    ("share_assembly", 200, 150, 149, 1, 0, True, False, "第十五条"),
    ("share_assembly", 200, 150, 150, 0, 0, True, True, "第十五条"),
    ("share_assembly", 200, 133, 133, 0, 0, False, False, "第二十七条"),
    # 罢免: more than half of the registered vote, more than half of those voting agree
    ("recall", 800, 400, 400, 0, 0, False, False, "第十九条"),
    ("recall", 800, 401, 200, 201, 0, True, False, "第十九条"),
    ("recall", 800, 401, 201, 200, 0, True, True, "第十九条"),
    # 联审: everybody answers, everybody passes
    ("joint_review", 12, 11, 11, 0, 0, False, False, "联审办法"),
    ("joint_review", 12, 12, 11, 1, 0, True, False, "联审办法"),
    ("joint_review", 12, 12, 12, 0, 0, True, True, "联审办法"),
    # 一般会议
    ("meeting", 9, 4, 4, 0, 0, False, False, "由县级"),
    ("meeting", 9, 5, 2, 3, 0, True, False, "由县级"),
    ("meeting", 9, 5, 3, 2, 0, True, True, "由县级"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "due", "present", "yes", "no", "abstain", "valid", "passed", "article"), LAW)
def test_both_sides_of_the_line(
    body: str, due: int, present: int, yes: int, no: int, abstain: int, valid: bool, passed: bool, article: str
) -> None:
    verdict = judge(quorum(body), Count(due, present, yes, no, abstain))
    assert (verdict.valid, verdict.passed) == (valid, passed)
    assert article in verdict.basis
    assert verdict.outcome == ("invalid" if not valid else "passed" if passed else "failed")


def test_every_body_stands_in_the_table_on_both_sides() -> None:
    for body in BODIES:
        seen = {(row[6], row[7]) for row in LAW if row[0] == body}
        assert {(False, False), (True, False), (True, True)} <= seen, body


def test_a_county_can_only_be_stricter_than_the_law() -> None:
    for body in BODIES.values():
        for key in (body.valid_rule, body.passes_rule):
            rule = rules()[key]
            assert rule.default in rule.choices
            if rule.mark == "law":
                least = threshold(rule.default)
                for choice in rule.choices:
                    other = threshold(choice)
                    for due in (3, 7, 30, 101):
                        for present in range(1, due + 1):
                            wholes = {"due": due, "present": present, "cast": present}
                            assert other.least(wholes[other.base]) >= least.least(wholes[least.base]), (key, choice)
    assert rules()["procedures.body.members_assembly.notice"].minimum == 10
    assert rules()["procedures.publicity.village"].minimum == 15


@pytest.mark.parametrize(
    ("count", "field"),
    [
        (Count(0, 0, 0), "due"), (Count(10, 11, 5), "present"), (Count(10, 8, 5, 4), "votes_for"), (Count(10, 8, 8, 0, 0, 1), "votes_for"),
        (Count(10, -1, 0), "present"), (Count(10, 5, 5, proxies=6), "proxies"),
    ],
)  # fmt: skip
def test_counts_that_cannot_be_true(count: Count, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        judge(quorum("meeting"), count)
    assert refused.value.field == field


@given(
    body=st.sampled_from(sorted(BODIES)), due=st.integers(1, 400), present=st.integers(0, 400), yes=st.integers(0, 400),
    no=st.integers(0, 400), abstain=st.integers(0, 400), spoilt=st.integers(0, 20),
)  # fmt: skip
def test_a_verdict_never_counts_more_than_were_there(
    body: str, due: int, present: int, yes: int, no: int, abstain: int, spoilt: int
) -> None:
    count = Count(due, present, yes, no, abstain, spoilt)
    try:
        verdict = judge(quorum(body), count)
    except DomainError:
        assert present > due or yes + no + abstain + spoilt > present
        return
    assert yes + no + abstain + spoilt <= present <= due
    if verdict.passed:
        assert verdict.valid
        assert yes >= verdict.need_for > 0
        assert present >= verdict.need_present > 0
        more = judge(quorum(body), Count(due, present, yes, 0, 0, spoilt))
        assert more.passed or quorum(body).passes.base == "cast", "fewer against never turns a motion down"


@given(
    whole=st.integers(1, 5000),
    count=st.integers(0, 5000),
    top=st.integers(1, 6),
    bottom=st.integers(1, 6),
    strict=st.booleans(),
)
def test_thresholds_are_exact(whole: int, count: int, top: int, bottom: int, strict: bool) -> None:
    if top > bottom or (top == bottom and strict):
        return
    found = threshold(f"{'>' if strict else '>='}{top}/{bottom} due")
    exact = Fraction(top, bottom) * whole
    assert found.met(count, whole) == (count > exact if strict else count >= exact)


def test_thresholds_that_cannot_be_read() -> None:
    for text in ("", "1/2", ">3/2 due", ">1/1 due", ">=0/3 due", ">1/2 there"):
        with pytest.raises((DomainError, ZeroDivisionError)):
            threshold(text)


def test_representatives_cannot_decide_what_the_assembly_must() -> None:
    for item in ITEMS:
        check_item("members_assembly", item)
        with pytest.raises(DomainError) as refused:
            check_item("members_reps", item)
        assert "第二十八条" in refused.value.message
