"""The table of the loop guarded: every state reached and left, every act named and allowed to somebody."""

from __future__ import annotations

import pytest

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.domain import Actor, UnitRef, public, system
from yanzhen.matters.domain.loop import (
    ACTS,
    CLOSED,
    OPEN,
    RUNNING,
    STATE_WORDS,
    By,
    State,
    act,
    acts_in,
    mermaid,
)
from yanzhen.matters.domain.standing import Facts, Party, possible, refusal

COUNTY = UnitRef(1, "00010001", "云岭县", level="county", chain=(1,))
TOWN = UnitRef(2, "000100010001", "青山镇", level="township", chain=(1, 2))
VILLAGE = UnitRef(3, "0001000100010001", "松坡村", level="village", chain=(1, 2, 3))
BUREAU = UnitRef(4, "000100010009", "农业农村局", kind="department", chain=(1, 4))
SECTION = UnitRef(5, "0001000100090001", "畜牧站", kind="department", chain=(1, 4, 5))
EVERYTHING = frozenset(found.capability for found in ACTS.values() if found.capability)


def post(unit: UnitRef, account: int = 1, capabilities: frozenset[str] = EVERYTHING) -> Actor:
    return Actor("某某", account_id=account, unit=unit, capabilities=capabilities)


def facts(state: State = State.WORKING, **given: object) -> Facts:
    base = {
        "state": state, "desk_path": TOWN.path, "desk_level": "township", "holder_path": BUREAU.path,
        "lead": Party(BUREAU.id, BUREAU.path),
    }  # fmt: skip
    return Facts(**(base | given))  # type: ignore[arg-type]


def may(actor: Actor, code: str, given: Facts) -> bool:
    return refusal(ACTS[code], actor, given) is None


def test_every_state_is_reached_and_every_open_one_is_left() -> None:
    reached = {State.COLLECTED}
    while True:
        more = {
            found.target for found in ACTS.values() if found.target is not None and found.sources & reached
        } - reached
        if not more:
            break
        reached |= more
    assert reached == set(State)
    for state in OPEN:
        assert any(found.target not in (None, state) for found in acts_in(state)), state
        ways = {state}
        while not ways & CLOSED:
            further = {f.target for s in ways for f in acts_in(s) if f.target is not None} | ways
            assert further != ways, f"no way out of {state}"
            ways = further


def test_the_states_fall_apart_cleanly() -> None:
    assert RUNNING <= OPEN
    assert set(State) == OPEN | CLOSED
    assert not OPEN & CLOSED
    assert set(STATE_WORDS) == set(State)


def test_every_act_has_words_a_right_and_a_place_in_the_diagram() -> None:
    drawn = mermaid()
    for code, found in ACTS.items():
        assert found.code == code
        assert found.words
        assert found.sources
        assert bool(found.capability) == (found.by not in (By.PERSON, By.CLOCK, By.ANYBODY)), code
        if found.target is not None:
            assert found.words in drawn


def test_the_wrong_state_says_where_it_stands() -> None:
    with pytest.raises(DomainError) as error:
        act("accept", State.ARCHIVED)
    assert "已归档" in error.value.message
    assert "签收" in error.value.message


@pytest.mark.parametrize(
    ("code", "able"),
    [
        ("reassign", {"county", "town"}),
        ("press", {"county"}),
        ("answer", {"bureau"}),
        ("progress", {"bureau"}),
        ("note", {"county", "town", "bureau"}),
    ],
)
def test_where_one_must_stand(code: str, able: set[str]) -> None:
    units = {"county": COUNTY, "town": TOWN, "village": VILLAGE, "bureau": BUREAU}
    assert {key for key, unit in units.items() if may(post(unit), code, facts())} == able


def test_a_bureau_acts_for_its_sections_but_a_division_not_for_its_bureaus() -> None:
    led = facts(lead=Party(SECTION.id, SECTION.path), holder_path=SECTION.path)
    assert may(post(BUREAU), "answer", led)
    assert may(post(SECTION), "answer", led)
    assert not may(post(COUNTY), "answer", led)
    assert not may(post(SECTION), "answer", facts())


def test_an_assisting_unit_finishes_its_part_once() -> None:
    helping = facts(assists=(Party(VILLAGE.id, VILLAGE.path),))
    assert may(post(VILLAGE), "assist_done", helping)
    assert not may(post(VILLAGE), "assist_done", facts(assists=(Party(VILLAGE.id, VILLAGE.path, done=True),)))


def test_the_right_is_needed_beside_the_place() -> None:
    assert not may(post(BUREAU, capabilities=frozenset({"matters.view"})), "answer", facts())


def test_nobody_decides_what_they_asked() -> None:
    asked = facts(pending=(("extension", 1),))
    assert not may(post(TOWN, account=1), "decide_extension", asked)
    assert may(post(TOWN, account=2), "decide_extension", asked)
    assert not may(post(TOWN, account=2), "decide_extension", facts())
    assert not may(post(TOWN, account=2), "decide_unsolvable", asked)


def test_once_decided_a_dispute_stays_decided() -> None:
    given = facts(State.ASSIGNED)
    assert may(post(BUREAU), "dispute", given)
    against = refusal(ACTS["dispute"], post(BUREAU), facts(State.ASSIGNED, fixed=True))
    assert against is not None
    assert against.code == "matters.dispute.fixed"


def test_raising_ends_at_the_top_of_the_rulebook() -> None:
    at_town = facts(State.COLLECTED, holder_path=TOWN.path, lead=None)
    assert may(post(TOWN), "raise", at_town)
    assert not may(post(TOWN), "raise", facts(State.COLLECTED, top_level="township"))
    at_city = facts(State.COLLECTED, desk_path=COUNTY.path, desk_level="city")
    assert not may(post(COUNTY), "raise", at_city)


def test_who_answered_does_not_call_back() -> None:
    given = facts(State.ANSWERED, answered_by=1, holder_path=TOWN.path)
    assert not may(post(TOWN, account=1), "call_back", given)
    assert may(post(TOWN, account=2), "call_back", given)


def test_the_public_and_officers_are_offered_no_staff_act() -> None:
    for state in State:
        assert {found.code for found in possible(public(), facts(state))} <= {"add_voice"}
    assert possible(system("x"), facts())


def test_clock_acts_are_the_platforms_own() -> None:
    against = refusal(ACTS["auto_press"], post(COUNTY), facts())
    assert against is not None
    assert against.code == "matters.act.clock"
    assert refusal(ACTS["auto_press"], system("clock"), facts()) is None
