"""Three officers apart, spans, standing in: the pure rules."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yanzhen.kernel.errors import DomainError
from yanzhen.registry.domain.posts import (
    OFFICERS,
    Holding,
    Span,
    check_delegation,
    check_place,
    check_second_person,
    check_separation,
    check_span,
    clash,
    exclude,
    may_stand_in,
)

DAY = date(2026, 6, 15)
KINDS = st.sampled_from(["business", "system", "security", "audit"])
DAYS = st.integers(0, 60).map(lambda n: DAY + timedelta(days=n))
SPANS = st.builds(Span, DAYS, st.none() | DAYS)
HOLDINGS = st.builds(Holding, KINDS, SPANS)
ALL = [DAY + timedelta(days=n) for n in range(62)]


@given(SPANS, SPANS)
def test_overlap_is_a_shared_day(one: Span, other: Span) -> None:
    assert one.overlaps(other) == any(day in one and day in other for day in ALL)
    assert one.overlaps(other) == other.overlaps(one)


@given(st.lists(HOLDINGS, max_size=8))
def test_whatever_is_accepted_keeps_the_officers_apart(wanted: list[Holding]) -> None:
    """Take posts one by one as the service does: on no day does anybody hold an officer's kind beside another kind."""
    held: list[Holding] = []
    for holding in wanted:
        with suppress(DomainError):
            check_separation(held, holding)
            held.append(holding)
    for day in ALL:
        kinds = {holding.kind for holding in held if day in holding.span}
        assert not (kinds & OFFICERS) or len(kinds) == 1


@given(HOLDINGS, HOLDINGS)
def test_a_clash_needs_two_kinds_and_a_shared_day(one: Holding, other: Holding) -> None:
    expected = exclude(one.kind, other.kind) and one.span.overlaps(other.span)
    assert (clash([one], other) is not None) == expected
    assert (clash([other], one) is not None) == expected


@pytest.mark.parametrize(("one", "other", "apart"), [
    ("system", "security", True), ("security", "audit", True), ("audit", "business", True), ("business", "system", True),
    ("business", "business", False), ("security", "security", False),
])  # fmt: skip
def test_which_kinds_exclude_each_other(one: str, other: str, apart: bool) -> None:
    assert exclude(one, other) is apart


def test_two_people() -> None:
    check_second_person(proposer=1, holder=3, decider=2)
    for proposer, holder, decider in ((1, 3, 1), (1, 2, 2), (1, 3, None)):
        with pytest.raises(DomainError):
            check_second_person(proposer=proposer, holder=holder, decider=decider)


def test_span_must_hold_a_day_to_come() -> None:
    check_span(Span(DAY, None), DAY)
    check_span(Span(DAY, DAY + timedelta(days=1)), DAY)
    for span in (Span(DAY, DAY), Span(DAY - timedelta(days=9), DAY)):
        with pytest.raises(DomainError):
            check_span(span, DAY)


def test_place_by_level_or_kind() -> None:
    check_place("", "village", "division")
    check_place("county,department", "", "department")
    check_place("county,department", "county", "division")
    with pytest.raises(DomainError):
        check_place("county,department", "village", "division")


@pytest.mark.parametrize(("kind", "span", "code"), [
    ("business", Span(DAY, DAY + timedelta(days=30)), ""),
    ("business", Span(DAY, DAY + timedelta(days=31)), "registry.delegation.too_long"),
    ("business", Span(DAY - timedelta(days=1), DAY + timedelta(days=1)), "registry.delegation.past"),
    ("business", Span(DAY, None), "registry.delegation.no_day"),
    ("security", Span(DAY, DAY + timedelta(days=3)), "registry.delegation.officer"),
])  # fmt: skip
def test_delegation(kind: str, span: Span, code: str) -> None:
    if not code:
        check_delegation(kind=kind, span=span, today=DAY, longest=30)
        return
    with pytest.raises(DomainError) as caught:
        check_delegation(kind=kind, span=span, today=DAY, longest=30)
    assert caught.value.code == code


@pytest.mark.parametrize(("paths", "near"), [
    (["00010002"], True), (["000100020005"], True), (["0001"], True), (["00010003"], False), ([], False),
])  # fmt: skip
def test_who_may_stand_in(paths: list[str], near: bool) -> None:
    assert may_stand_in("00010002", paths) is near


def test_the_root_has_no_parent_above_it() -> None:
    assert not may_stand_in("0001", ["0002"])
