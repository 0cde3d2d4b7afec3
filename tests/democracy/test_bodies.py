"""Rosters: who belongs, shares, who may not supervise, how one leaves; supervision, evaluation, coverage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.democracy.conftest import days
from tests.factories.registry import make_person
from tests.personas import Persona, World
from yanzhen.democracy.domain import bodies as rules
from yanzhen.democracy.domain import coverage, evaluation
from yanzhen.democracy.domain.bodies import Sitting
from yanzhen.democracy.models import Evaluated, Finding, Inquiry, Seat, Visit
from yanzhen.democracy.selectors import audits as audit_reads
from yanzhen.democracy.selectors import evaluation as evaluation_reads
from yanzhen.democracy.selectors import figures, rosters
from yanzhen.democracy.selectors.scope import today_of
from yanzhen.democracy.services import audits, supervision
from yanzhen.democracy.services import evaluation as evaluations
from yanzhen.democracy.services import rosters as seats
from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.api import system
from yanzhen.matters import services as matters
from yanzhen.registry.api import relate
from yanzhen.registry.models import Person

# --- who belongs -----------------------------------------------------------------------------------------------------------


def test_rosters_come_from_the_registry(world: World, people: list[Person], now: datetime) -> None:
    unit, on = world.unit("songpo"), today_of(now)
    assert rosters.people_on(unit, "villagers", on).count() == 60  # the child is not among them
    assert rosters.due_count(unit, "household_delegates", on) == 20
    assert rosters.due_count(unit, "party_members", on) == sum(person.political == "01" for person in people)
    people[0].died_on = on
    people[0].save()
    assert rosters.people_on(unit, "villagers", on).count() == 59


@pytest.mark.parametrize(
    ("born", "on", "counts"),
    [
        (date(2008, 6, 15), date(2026, 6, 15), True), (date(2008, 6, 16), date(2026, 6, 15), False),
        (date(2008, 2, 29), date(2026, 2, 28), False), (date(2008, 2, 29), date(2026, 3, 1), True),
        (date(2006, 2, 28), date(2024, 2, 29), True),
    ],
)  # fmt: skip
def test_eighteen_on_the_birthday(born: date, on: date, counts: bool) -> None:
    assert (born <= rules.adult_by(on)) == counts


def test_two_committees_count_a_person_once(
    world: World, bodies: dict[str, list[Person]], sit: Callable[..., Seat], now: datetime
) -> None:
    sit(bodies["party_committee"][0], "committee", duty="主任")
    assert rosters.due_count(world.unit("songpo"), "two_committees", today_of(now)) == 6


def test_a_household_sends_its_head_unless_it_names_another(
    world: World, people: list[Person], village_secretary: Persona, now: datetime
) -> None:
    unit = world.unit("songpo")
    home = people[0].residences.get().household
    assert next(line for line in rosters.delegates(unit) if line.household_id == home.pk).person_id == people[0].pk
    seats.delegate(actor=village_secretary.actor, now=now, household=home, person=people[1])
    assert next(line for line in rosters.delegates(unit) if line.household_id == home.pk).person_id == people[1].pk
    with pytest.raises(DomainError):
        seats.delegate(actor=village_secretary.actor, now=now, household=home, person=people[5])


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["1", "2"])), max_size=60))
def test_shares_of_representatives(members: list[tuple[bool, str]]) -> None:
    elected, women = rules.shares(
        [Sitting(n, "", "representatives", sex=sex, elected=how) for n, (how, sex) in enumerate(members)]
    )
    n = len(members)
    assert elected.kept == (n > 0 and 5 * sum(how for how, _ in members) >= 4 * n)
    assert women.kept == (n > 0 and 3 * sum(sex == "2" for _, sex in members) >= n)


# --- seats -----------------------------------------------------------------------------------------------------------------


def take(actor: Any, now: datetime, unit: Any, body: str, person: Person, **more: Any) -> Seat:
    return seats.seat(actor=actor, now=now, unit=unit, body=body, person=person, **more)


def test_who_may_not_supervise(
    world: World,
    people: list[Person],
    sit: Callable[..., Seat],
    village_secretary: Persona,
    county_officer: Persona,
    now: datetime,
) -> None:
    unit, actor = world.unit("songpo"), village_secretary.actor
    sit(people[0], "committee", duty="主任")
    sit(people[6], "bookkeeping", duty="会计")
    sit(people[9], "directors")
    for person, why in (
        (people[0], "本人是村民委员会成员"),
        (people[1], "近亲属"),
        (people[6], "会计"),
        (people[9], "理事会"),
    ):
        with pytest.raises(DomainError, match=why):
            take(actor, now, unit, "supervision", person)
    with pytest.raises(DomainError, match="申报"):
        take(actor, now, unit, "supervision", people[12], declared_kin=True)
    assert take(actor, now, unit, "supervision", people[12]).term_ends == date(2031, 6, 15)
    relate(actor=county_officer.actor, now=now, person=people[0], other=people[30], kind="sibling")
    with pytest.raises(DomainError, match="近亲属"):
        take(actor, now, unit, "supervision", people[30])
    with pytest.raises(DomainError, match="须先离任"):
        take(actor, now, unit, "committee", people[13])  # kin of people[12], who supervises


def test_seats_need_a_villager_an_adult_and_room(
    world: World, people: list[Person], village_secretary: Persona, now: datetime
) -> None:
    unit, actor = world.unit("songpo"), village_secretary.actor
    with pytest.raises(DomainError, match="在册"):
        take(actor, now, unit, "representatives", make_person(world.unit("shiqiao"), birth=date(1980, 1, 1)))
    with pytest.raises(DomainError, match="十八"):
        take(actor, now, unit, "representatives", Person.objects.get(name="小小"))
    for person in people[0:21:3]:
        take(actor, now, unit, "committee", person)
    with pytest.raises(DomainError, match="已满"):
        take(actor, now, unit, "committee", people[24])
    take(actor, now, unit, "representatives", people[0])
    with pytest.raises(DomainError):
        take(actor, now, unit, "representatives", people[0])


def test_nobody_dismisses_a_committee_member(
    world: World, people: list[Person], sit: Callable[..., Seat], village_secretary: Persona, now: datetime
) -> None:
    seat = sit(people[0], "committee", duty="主任")
    actor = village_secretary.actor
    with pytest.raises(DomainError, match="罢免"):
        seats.unseat(actor=actor, now=now, seat=seat, left="recalled")
    with pytest.raises(DomainError, match="法律依据"):
        seats.unseat(actor=actor, now=now, seat=seat, left="ended")
    with pytest.raises(DomainError, match="补选"):
        take(actor, now, world.unit("songpo"), "committee", people[3], how="by_election")
    with pytest.raises(DomainError):  # a number that is no case of a recall
        seats.unseat(actor=actor, now=now, seat=seat, left="recalled", case_id=999_999)
    assert seats.unseat(actor=actor, now=now, seat=seat, left="resigned").valid_to == today_of(now)


# --- the supervision committee ---------------------------------------------------------------------------------------------


def test_a_question_is_answered_by_another_and_concluded(
    world: World, supervisor: Persona, village_secretary: Persona, now: datetime
) -> None:
    unit = world.unit("songpo")
    row = supervision.inquire(
        actor=supervisor.actor, now=now, unit=unit, kind="question", subject="5月账目", words="清运费为什么翻倍"
    )
    assert row.due_at is not None
    with pytest.raises(DomainError):
        supervision.conclude(actor=supervisor.actor, now=now, inquiry=row, found="fine")
    with pytest.raises(NotAllowed):
        supervision.answer(actor=supervisor.actor, now=now, inquiry=row, words="自己答")
    supervision.answer(actor=village_secretary.actor, now=now, inquiry=row, words="增加了两个点位")
    assert supervision.conclude(actor=supervisor.actor, now=now, inquiry=row, found="explained").closed_at == now


def test_something_wrong_becomes_a_matter_and_ends_with_it(
    world: World, supervisor: Persona, village_secretary: Persona, township_secretary: Persona, now: datetime
) -> None:
    row = supervision.inquire(
        actor=supervisor.actor, now=now, unit=world.unit("songpo"), kind="check", subject="三组路面", words="厚度不够"
    )
    supervision.conclude(actor=supervisor.actor, now=now, inquiry=row, found="wrong", words="请返工")
    row.refresh_from_db()
    assert row.matter is not None
    assert row.closed_at is None
    actor = village_secretary.actor
    matters.take(actor=actor, now=now, matter=row.matter_id)
    matters.contact(actor=actor, now=now, matter=row.matter_id, words="现场核实")
    matters.answer(actor=actor, now=now, matter=row.matter_id, words="已返工")
    matters.call_back(
        actor=township_secretary.actor,
        now=now,
        matter=row.matter_id,
        contacted=True,
        solved=True,
        grade="good",
        words="",
    )
    matters.archive(actor=township_secretary.actor, now=now, matter=row.matter_id)
    assert Inquiry.objects.get(pk=row.pk).closed_at is not None


def test_the_report_counts_from_the_records_and_is_signed_once(
    world: World, supervisor: Persona, now: datetime
) -> None:
    unit = world.unit("songpo")
    supervision.inquire(actor=supervisor.actor, now=now, unit=unit, kind="check", subject="路", words="看了路面")
    row = supervision.report(
        actor=supervisor.actor, now=now, unit=unit, period="2026H1", remarks="半年来总体正常，无重大问题。"
    )
    assert "现场检查|1" in row.figures
    with pytest.raises(DomainError):
        supervision.report(
            actor=supervisor.actor, now=now, unit=unit, period="2026H1", remarks="半年来总体正常，无重大问题。"
        )


# --- evaluation ------------------------------------------------------------------------------------------------------------

SCALE = ("优秀", "称职", "基本称职", "不称职")


@pytest.mark.parametrize(
    ("counts", "before", "grade", "warned", "failed", "twice"),
    [
        ((30, 0, 0, 0), False, "优秀", False, False, False), ((10, 10, 10, 0), False, "称职", False, False, False),
        ((0, 10, 10, 10), False, "基本称职", True, False, False), ((0, 0, 15, 15), False, "基本称职", True, False, False),
        ((0, 0, 14, 16), False, "不称职", True, True, False), ((0, 0, 14, 16), True, "不称职", True, True, True),
        ((0, 0, 0, 0), True, "", False, False, False),
    ],
)  # fmt: skip
def test_verdicts(counts: tuple[int, ...], before: bool, grade: str, warned: bool, failed: bool, twice: bool) -> None:
    found = evaluation.judge(
        SCALE, dict(zip(SCALE, counts, strict=True)), warn_percent=33, fail_percent=50, failed_before=before
    )
    assert (found.grade, found.warned, found.failed, found.twice) == (grade, warned, failed, twice)


@given(st.lists(st.integers(0, 50), min_size=4, max_size=4), st.booleans())
def test_one_more_bad_ballot_never_helps(counts: list[int], before: bool) -> None:
    given_counts = dict(zip(SCALE, counts, strict=True))
    worse = given_counts | {SCALE[-1]: counts[-1] + 1}
    first, second = (
        evaluation.judge(SCALE, each, warn_percent=33, fail_percent=50, failed_before=before)
        for each in (given_counts, worse)
    )
    assert second.failed >= first.failed
    assert second.warned >= first.warned
    assert second.twice <= second.failed


@pytest.mark.parametrize(
    ("counts", "issued", "valid"),
    [
        ({"优秀": 5}, 9, 6),
        ({"优秀": 7}, 6, 7),
        ({"优秀": -1, "称职": 2}, 5, 1),
        ({"很好": 5}, 5, 5),
        ({"优秀": 11}, 11, 11),
    ],
)
def test_counts_that_cannot_be(counts: dict[str, int], issued: int, valid: int) -> None:
    with pytest.raises(DomainError):
        evaluation.check_count(SCALE, counts, due=10, issued=issued, valid=valid)


def _evaluate(
    supervisor: Persona,
    world: World,
    cadres: list[Person],
    now: datetime,
    year: int,
    counts: dict[str, int],
    issued: int = 20,
) -> Any:
    row = evaluations.call(
        actor=supervisor.actor, now=now, unit=world.unit("songpo"), year=year, meets_on=today_of(now), cadres=[(each, "委员") for each in cadres],
        with_case=False,
    )  # fmt: skip
    return evaluations.count(
        actor=supervisor.actor,
        now=now,
        evaluation=row,
        issued=issued,
        valid=sum(counts.values()),
        counts={each.pk: counts for each in cadres},
    )


def test_twice_unfit_ends_the_post_and_the_township_hears_of_it(
    world: World, bodies: dict[str, list[Person]], supervisor: Persona, township_secretary: Persona, now: datetime
) -> None:
    from yanzhen.kernel.notify.models import Notice

    bad = {"优秀": 2, "称职": 2, "基本称职": 2, "不称职": 14}
    cadres = bodies["committee"][:1]
    first = _evaluate(supervisor, world, cadres, now, 2025, bad)
    assert not Evaluated.objects.get(evaluation=first).twice
    second = _evaluate(supervisor, world, cadres, now, 2026, bad)
    assert Evaluated.objects.get(evaluation=second).twice
    evaluations.tell(actor=supervisor.actor, now=now, evaluation=second)
    assert Notice.objects.filter(account_id=township_secretary.account.pk, title__contains="连续两次").exists()  # type: ignore[union-attr]


def test_too_few_voters_make_it_void(
    world: World, bodies: dict[str, list[Person]], supervisor: Persona, now: datetime
) -> None:
    row = _evaluate(
        supervisor, world, bodies["committee"][:1], now, 2026, {"优秀": 13}, issued=13
    )  # 13 of 20 is below 67 %
    assert row.state == "void"
    assert Evaluated.objects.get(evaluation=row).counts == ""


def test_results_are_for_those_entitled(
    world: World,
    bodies: dict[str, list[Person]],
    supervisor: Persona,
    grid_worker: Persona,
    outsider: Persona,
    now: datetime,
) -> None:
    row = _evaluate(supervisor, world, bodies["committee"][:1], now, 2026, {"优秀": 20})
    assert evaluation_reads.evaluation_for(supervisor.actor, row.pk) == row
    for other in (grid_worker, outsider):
        with pytest.raises(NotFound):
            evaluation_reads.evaluation_for(other.actor, row.pk)


def test_the_totals_of_the_ballot_become_grades(
    world: World, bodies: dict[str, list[Person]], supervisor: Persona, now: datetime
) -> None:
    person = bodies["committee"][0]
    row = evaluations.call(
        actor=supervisor.actor,
        now=now,
        unit=world.unit("songpo"),
        year=2026,
        meets_on=today_of(now),
        cadres=[(person, "主任")],
        with_case=False,
    )
    assert evaluations.totals_of(row, {str(person.pk): {"1": 12, "4": 3}}) == {person.pk: {"优秀": 12, "不称职": 3}}


def test_an_evaluation_begins_a_case_with_a_secret_ballot(
    world: World, bodies: dict[str, list[Person]], supervisor: Persona, now: datetime
) -> None:
    from yanzhen.procedures import api as procedures

    row = evaluations.call(
        actor=supervisor.actor,
        now=now,
        unit=world.unit("songpo"),
        year=2026,
        meets_on=today_of(now),
        cadres=[(bodies["committee"][0], "主任")],
    )
    case = procedures.case_for(supervisor.actor, row.case_id or 0)
    assert procedures.definition_of(case).step("vote").kind == procedures.Kind.BALLOT
    assert case.restricted


# --- coverage --------------------------------------------------------------------------------------------------------------


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(1, 9), min_size=1, max_size=5),
    st.integers(1, 25),
    st.integers(0, 5),
)
def test_every_village_once_and_evenly(townships: dict[str, int], slots: int, urgent: int) -> None:
    numbers = iter(range(1, 1000))
    villages = {name: [next(numbers) for _ in range(n)] for name, n in townships.items()}
    all_ids = [each for row in villages.values() for each in row]
    first = frozenset(all_ids[-urgent:] if urgent else ())
    quarters = [f"{2026 + n // 4}Q{n % 4 + 1}" for n in range(slots)]
    plan = coverage.spread(villages, quarters, urgent=first)
    assert sorted(each.village_id for each in plan) == sorted(all_ids)
    sizes = [sum(each.quarter == quarter for each in plan) for quarter in quarters]
    assert max(sizes) - min(sizes) <= 1
    assert {each.village_id for each in plan[: len(first)]} == first


def test_quarters_of_a_term() -> None:
    assert coverage.quarters(date(2026, 11, 5), date(2027, 4, 1)) == ["2026Q4", "2027Q1", "2027Q2"]
    with pytest.raises(DomainError):
        coverage.quarters(date(2027, 1, 1), date(2026, 1, 1))


def test_a_finding_is_followed_to_its_end(
    world: World, county_officer: Persona, village_secretary: Persona, now: datetime
) -> None:
    actor = county_officer.actor
    made = audits.plan(
        actor=actor,
        now=now,
        unit=world.unit("county"),
        kind="audit",
        title="本届审计",
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
    )
    assert made.visits.count() == 4
    visit = Visit.objects.get(coverage=made, village=world.unit("songpo"))
    audits.done(
        actor=actor,
        now=now,
        visit=visit,
        on=today_of(now),
        team="一组",
        result="发现一个问题",
        findings=[("租金没有入账", None)],
    )
    found = Finding.objects.get()
    assert found.matter is not None
    assert found.matter.desk_id == world.unit("county").pk
    board = audit_reads.board_of(actor, made, today_of(now))
    assert (board.planned, board.done, board.findings, board.closed) == (4, 1, 1, 0)
    matters.take(actor=actor, now=now, matter=found.matter_id)
    matters.contact(actor=actor, now=now, matter=found.matter_id, words="约谈")
    matters.answer(actor=actor, now=days(now, 1), matter=found.matter_id, words="租金已入账")
    matters.call_back(
        actor=system("test"),
        now=days(now, 2),
        matter=found.matter_id,
        contacted=True,
        solved=True,
        grade="good",
        words="",
    )
    matters.archive(actor=actor, now=days(now, 2), matter=found.matter_id)
    found.refresh_from_db()
    assert found.closed_at is not None
    rows = figures.rows_of("democracy.findings", [world.unit("songpo")], "now", "numerator", now)
    assert len(rows) == 1


def test_figures_agree_with_their_rows(
    world: World, bodies: dict[str, list[Person]], village_secretary: Persona, now: datetime
) -> None:
    from yanzhen.democracy.indicators import SOURCE
    from yanzhen.registry.api import unit_ref

    unit = world.unit("songpo")
    for period in ("now", "2026-06"):
        for leaf in figures.leaves(period, [unit.pk], now):
            assert len(figures.rows_of(leaf.indicator, [unit], period, "denominator", now)) == leaf.denominator
            if leaf.indicator == "democracy.disclosed":
                assert leaf.numerator == 0  # nothing was ever put up
                assert leaf.denominator >= 1
    assert SOURCE.count(village_secretary.actor, "democracy.disclosed", unit_ref(unit), "2026-05", "denominator") >= 1
    assert SOURCE.count(world["outsider"].actor, "democracy.disclosed", unit_ref(unit), "2026-05", "denominator") == 0
