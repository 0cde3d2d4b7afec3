"""Sealed votes: sums open with both tellers, nothing opens with one, and a board that was touched does not verify."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yanzhen.kernel.errors import DomainError
from yanzhen.procedures.domain import sealed
from yanzhen.procedures.domain.sealed import Group, Question

QUESTIONS = (
    Question("motion", ("for", "against", "abstain")),
    Question("team", ("a", "b", "c", "blank1", "blank2"), 2),
)


def _prime(number: int) -> bool:
    """Miller-Rabin."""
    rng = random.Random(7)
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(20):
        x = pow(rng.randrange(2, number - 1), odd, number)
        if x in (1, number - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % number
            if x == number - 1:
                break
        else:
            return False
    return True


def small() -> Group:
    """A safe-prime group of 96 bits."""
    number = 0xF000000000000000000000B3 | 3
    while not (_prime(number) and _prime((number - 1) // 2)):
        number += 4
    return Group(number, (number - 1) // 2, 4)


GROUP = small()
CONTEXT = "ballot 1"


def test_the_group_is_the_one_of_the_standard() -> None:
    group = sealed.rfc3526()
    assert group.p.bit_length() == 2048
    text = f"{group.p:X}"
    assert text.startswith("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD1")
    assert text.endswith("15728E5A8AACAA68FFFFFFFFFFFFFFFF")
    assert _prime(group.p)
    assert _prime(group.q)
    assert group.holds(group.g)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["for", "against", "abstain"]),
            st.sets(st.sampled_from(["a", "b", "c", "blank1", "blank2"]), min_size=2, max_size=2),
        ),
        max_size=7,
    )
)
def test_the_sum_opens_with_both_tellers_and_verifies(votes: list[tuple[str, set[str]]]) -> None:
    secrets = [GROUP.random(), GROUP.random()]
    publics = [sealed.public_of(secret, GROUP) for secret in secrets]
    key = sealed.joint(publics, GROUP)
    board = [sealed.seal(CONTEXT, key, QUESTIONS, {"motion": [m], "team": sorted(t)}, GROUP) for m, t in votes]
    board = [sealed.read(vote.text()) for vote in board]
    totals = sealed.add(board, QUESTIONS, GROUP)
    parts = [sealed.share_of(CONTEXT, secret, totals, GROUP) for secret in secrets]
    numbers = sealed.opened(totals, parts, len(board), GROUP)
    said = {q.key: dict(zip(q.options, row, strict=True)) for q, row in zip(QUESTIONS, numbers, strict=True)}
    assert said["motion"] == {each: sum(m == each for m, _ in votes) for each in ("for", "against", "abstain")}
    assert said["team"] == {each: sum(each in t for _, t in votes) for each in ("a", "b", "c", "blank1", "blank2")}
    assert sealed.check_opening(CONTEXT, publics, QUESTIONS, board, parts, said, GROUP)
    wrong = {**said, "motion": {**said["motion"], "for": said["motion"]["for"] + 1}}
    assert not sealed.check_opening(CONTEXT, publics, QUESTIONS, board, parts, wrong, GROUP)
    if board:
        assert not sealed.check_opening(CONTEXT, publics, QUESTIONS, board[1:], parts, said, GROUP), (
            "a ballot was taken away"
        )
        assert not sealed.check_opening(CONTEXT, publics, QUESTIONS, [*board, board[0]], parts, said, GROUP), (
            "a ballot was copied"
        )
        assert not sealed.check("ballot 2", key, QUESTIONS, board[0], GROUP), "a ballot of another vote"


def test_a_ballot_that_says_more_than_it_may_is_refused() -> None:
    key = sealed.public_of(GROUP.random(), GROUP)
    for marked in (
        {"motion": ["for", "against"], "team": ["a", "b"]},
        {"motion": [], "team": ["a", "b"]},
        {"motion": ["x"], "team": ["a", "b"]},
        {"motion": ["for"], "team": ["a", "a"]},
    ):
        with pytest.raises(DomainError):
            sealed.seal(CONTEXT, key, QUESTIONS, marked, GROUP)
    wide = (Question("motion", ("for", "against", "abstain"), 2), QUESTIONS[1])
    two_votes = sealed.seal(CONTEXT, key, wide, {"motion": ["for", "against"], "team": ["a", "b"]}, GROUP)
    assert sealed.check(CONTEXT, key, wide, two_votes, GROUP)
    assert not sealed.check(CONTEXT, key, QUESTIONS, two_votes, GROUP)
    proper = sealed.seal(CONTEXT, key, QUESTIONS, {"motion": ["for"], "team": ["a", "b"]}, GROUP)
    a, b = proper.ciphers[0][0]
    heavier = replace(proper, ciphers=(((a, b * GROUP.g % GROUP.p), *proper.ciphers[0][1:]), proper.ciphers[1]))
    assert not sealed.check(CONTEXT, key, QUESTIONS, heavier, GROUP)


def test_one_teller_alone_opens_nothing() -> None:
    secrets = [GROUP.random(), GROUP.random()]
    key = sealed.joint([sealed.public_of(secret, GROUP) for secret in secrets], GROUP)
    vote = sealed.seal(CONTEXT, key, QUESTIONS, {"motion": ["for"], "team": ["a", "b"]}, GROUP)
    totals = sealed.add([vote], QUESTIONS, GROUP)
    part = sealed.share_of(CONTEXT, secrets[0], totals, GROUP)
    with pytest.raises(DomainError):
        sealed.opened(totals, [part], 1, GROUP)
    other = sealed.share_of(CONTEXT, GROUP.random(), totals, GROUP)
    assert not sealed.check_share(CONTEXT, sealed.public_of(secrets[1], GROUP), totals, other, GROUP)


def test_the_same_vote_never_looks_the_same() -> None:
    key = sealed.public_of(GROUP.random(), GROUP)
    marked = {"motion": ["for"], "team": ["a", "b"]}
    receipts = {sealed.seal(CONTEXT, key, QUESTIONS, marked, GROUP).receipt for _ in range(20)}
    assert len(receipts) == 20
