"""ID numbers, phones, names, spelling, what was typed into the search box."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.registry import id_number
from yanzhen.kernel.errors import DomainError
from yanzhen.registry.domain import people as rules

TODAY = date(2026, 6, 15)


def test_the_standards_own_example() -> None:
    found = rules.read_id("11010519491231002x", TODAY)
    assert found == rules.IdFacts("11010519491231002X", date(1949, 12, 31), "2")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("110105491231002", "people.id.shape"),
        ("", "people.id.shape"),
        ("110105194912310021", "people.id.check"),
        ("11010519491231001X", "people.id.check"),
    ],
)
def test_wrong_numbers_are_named_without_being_repeated(text: str, error: str) -> None:
    with pytest.raises(DomainError, match=error) as caught:
        rules.read_id(text, TODAY)
    assert not text or text not in caught.value.message
    assert caught.value.field == "id_number"


def test_a_well_formed_number_with_a_day_that_does_not_exist() -> None:
    for day, error in (("19990230", "people.id.birth"), ("20270101", "people.id.birth_range")):
        body = f"990101{day}001"
        with pytest.raises(DomainError, match=error):
            rules.read_id(body + rules.check_digit(body), TODAY)


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes(born: date, serial: int, place: int, shift: int) -> None:
    number = id_number(born=born, serial=serial)
    assert rules.read_id(number, TODAY).birth == born
    digits = list(number)
    digits[place] = str((int(digits[place]) + shift) % 10)
    with pytest.raises(DomainError):
        rules.read_id("".join(digits), TODAY)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("138 1234 5678", "13812345678"),
        ("+86-13812345678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("(0594) 2345678", "05942345678"),
        ("2345678", "2345678"),
        ("", ""),
    ],
)
def test_phones_in_all_their_shapes(text: str, digits: str) -> None:
    assert rules.read_phone(text) == digits


@pytest.mark.parametrize("text", ["12345678901", "1381234567", "no", "1"])
def test_no_phones(text: str) -> None:
    with pytest.raises(DomainError, match=r"people\.phone\.shape"):
        rules.read_phone(text)


def test_names_are_tidied() -> None:
    assert rules.read_name(" 王　小 二 ") == "王小二"
    assert rules.read_name("阿依古丽•买买提") == "阿依古丽·买买提"
    for text in ("", "张3", "<b>"):
        with pytest.raises(DomainError, match=r"people\.name\.shape"):
            rules.read_name(text)


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("单小梅", "shanxiaomei", "sxm"),
        ("曾国强", "zengguoqiang", "zgq"),
        ("解海龙", "xiehailong", "xhl"),
        ("仇英", "qiuying", "qy"),
        ("区大年", "oudanian", "odn"),
        ("查良", "zhaliang", "zl"),
        ("盖中华", "gezhonghua", "gzh"),
        ("任重", "renzhong", "rz"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("万俟雅", "moqiya", "mqy"),
        ("吕布", "lvbu", "lb"),
        ("张三丰", "zhangsanfeng", "zsf"),
    ],
)
def test_surnames_are_spelled_as_surnames(name: str, full: str, initials: str) -> None:
    assert rules.spelled(name) == (full, initials)


@pytest.mark.parametrize(
    ("text", "kind", "term"),
    [
        ("", "none", ""),
        ("11010519491231002x", "id", "11010519491231002X"),
        ("002x", "tail", "002X"),
        ("1234", "tail", "1234"),
        ("13812345678", "phone", "13812345678"),
        ("zhang san", "letters", "zhangsan"),
        ("ZSF", "letters", "zsf"),
        ("张 三", "name", "张三"),
        ("l990101100201000012", "key", "L990101100201000012"),
    ],
)
def test_what_was_typed(text: str, kind: str, term: str) -> None:
    assert rules.search_kind(text) == (kind, term)


def test_two_numbers_are_two_people() -> None:
    with pytest.raises(DomainError, match=r"people\.merge\.ids"):
        rules.check_merge(1, 2, "a", "b")
    with pytest.raises(DomainError, match=r"people\.merge\.self"):
        rules.check_merge(1, 1, "", "")
    rules.check_merge(1, 2, "a", "")
