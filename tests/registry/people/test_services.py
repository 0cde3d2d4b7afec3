"""People's files: encrypted, found, corrected, merged, looked at with a trace."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import connection

from tests.factories.registry import id_number, make_household, make_person
from tests.personas import Persona, World
from yanzhen.kernel.errors import Conflict, DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.registry.models import Correction, Person, Residence, Unmasking
from yanzhen.registry.selectors import people as selectors
from yanzhen.registry.services import people as services

ON = date(2026, 3, 1)
PHONE = "13812345678"


@pytest.fixture
def clerk(village_secretary: Persona) -> Actor:
    return village_secretary.actor


def stored(person: Person, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM person WHERE id = %s", [person.pk])  # noqa: S608
        return str(cursor.fetchone()[0])


def trails() -> str:
    return "".join(f"{row.subject_label}{row.before}{row.after}{row.purpose}" for row in TrailRow.objects.all())


def test_a_file_is_encrypted_and_says_birth_and_sex_by_itself(world: World, clerk: Actor, now: datetime) -> None:
    number = id_number(born=date(1980, 3, 7), serial=12)
    person = services.create(
        actor=clerk, now=now, unit=world.unit("songpo_1"), name="曾 小梅", id_number=number.lower(), phone="138 1234 5678",
        sex="1", birth=date(2000, 1, 1),
    )  # fmt: skip
    person.refresh_from_db()
    assert (person.name, person.pinyin, person.initials) == ("曾小梅", "zengxiaomei", "zxm")
    assert (person.birth, person.sex) == (date(1980, 3, 7), "2")
    assert (person.id_number, person.phone, person.temporary_key) == (number, PHONE, "")
    for column in ("id_number", "phone", "id_index", "id_tail_index", "phone_index"):
        kept = stored(person, column)
        assert kept
        assert number not in kept
        assert PHONE not in kept
    assert number not in trails()
    assert PHONE not in trails()


def test_somebody_without_a_number_gets_a_key_until_there_is_one(world: World, clerk: Actor, now: datetime) -> None:
    person = services.create(actor=clerk, now=now, unit=world.unit("songpo"), name="林老太")
    assert person.temporary_key == f"L990101100201{person.pk:06d}"
    assert selectors.find_people(clerk, person.temporary_key.lower())[0].id == person.pk
    person = services.update(actor=clerk, now=now, person=person, id_number=id_number(born=date(1938, 1, 2)))
    assert (person.temporary_key, person.birth) == ("", date(1938, 1, 2))


def test_one_number_one_file(world: World, clerk: Actor, outsider: Persona, now: datetime) -> None:
    number = id_number()
    make_person(world.unit("other_village"), number=number, name="外乡人")
    with pytest.raises(DomainError, match=r"people\.id\.taken") as caught:
        services.create(actor=clerk, now=now, unit=world.unit("songpo"), name="张三", id_number=number)
    assert "外乡人" not in caught.value.message
    assert Person.objects.filter(name="张三").count() == 0


def test_rights_are_asked_where_the_person_lives(world: World, outsider: Persona, now: datetime) -> None:
    person = make_person(world.unit("songpo"))
    with pytest.raises(NotAllowed):
        services.update(actor=outsider.actor, now=now, person=person, name="别人")
    with pytest.raises(NotFound):
        selectors.person_for(outsider.actor, person.pk)
    assert selectors.people_page(outsider.actor).count == 0


def test_unknown_codes_and_unsound_days_are_refused(world: World, clerk: Actor, now: datetime) -> None:
    for change, error in (
        ({"nation": "99"}, "people.code.unknown"),
        ({"political": "44"}, "people.code.unknown"),
        ({"birth": date(2030, 1, 1)}, "people.birth.range"),
        ({"phone": "1"}, "people.phone.shape"),
    ):
        with pytest.raises(DomainError, match=error):
            services.create(actor=clerk, now=now, unit=world.unit("songpo"), name="张三", **change)  # type: ignore[arg-type]


def test_search_finds_by_everything_people_type(world: World, clerk: Actor, now: datetime) -> None:
    number = id_number(born=date(1970, 5, 5), serial=77)
    person = services.create(
        actor=clerk, now=now, unit=world.unit("songpo_1"), name="单大河", id_number=number, phone=PHONE
    )
    services.create(actor=clerk, now=now, unit=world.unit("songpo_1"), name="李四")
    for text in ("大河", "单大河", "shandahe", "shan", "sdh", number, number[-4:], PHONE, "138-1234-5678"):
        assert [found.id for found in selectors.people_page(clerk, q=text).people] == [person.pk], text
    assert selectors.people_page(clerk, q="dandahe").people == ()
    face = selectors.people_page(clerk, q="sdh").people[0]
    assert (face.birth_year, face.unit) == (1970, "松坡村第一网格")
    assert face.id_number == number[:3] + "*" * 14 + number[-1]
    assert face.phone == "138****5678"


def test_pages_go_on_where_the_last_one_ended(world: World, clerk: Actor, now: datetime) -> None:
    for name in ("张三", "李四", "王五", "张三", "赵六"):
        services.create(actor=clerk, now=now, unit=world.unit("songpo"), name=name)
    seen: list[int] = []
    after = ""
    while True:
        page = selectors.people_page(clerk, after=after, limit=2)
        assert page.count == 5
        seen += [person.id for person in page.people]
        after = page.after
        if not after:
            break
    assert len(seen) == len(set(seen)) == 5


def test_namesakes_are_shown_with_village_and_year(world: World, clerk: Actor, now: datetime) -> None:
    first = make_person(world.unit("songpo_1"), name="张三", birth=date(1950, 1, 1))
    make_person(world.unit("songpo_2"), name="张三", birth=date(1988, 1, 1))
    make_person(world.unit("liuwan"), name="张三")
    found = selectors.person_file(clerk, first.pk).namesakes
    assert [(other.unit, other.birth_year) for other in found] == [("松坡村第二网格", 1988)]


def test_moving_house_keeps_the_history(world: World, clerk: Actor, now: datetime) -> None:
    person, wife = make_person(world.unit("songpo_1")), make_person(world.unit("songpo_1"))
    make_household(world.unit("songpo_1"), members=[person, wife])
    second = services.create_household(actor=clerk, now=now, unit=world.unit("songpo_2"), number="12")
    services.move_household(actor=clerk, now=now, person=person, household=second, relation="01", on=ON)
    rows = list(Residence.objects.filter(person=person).order_by("valid_from"))
    assert [(row.valid_to, row.household_id == second.pk) for row in rows] == [(ON, False), (None, True)]
    assert Person.objects.get(pk=person.pk).unit == world.unit("songpo_2")
    with pytest.raises(DomainError, match=r"households\.head"):
        services.move_household(actor=clerk, now=now, person=wife, household=second, relation="01", on=ON)
    with pytest.raises(DomainError, match=r"people\.date\.future"):
        services.move_household(actor=clerk, now=now, person=wife, household=second, relation="10", on=date(2026, 7, 1))
    with pytest.raises(DomainError, match=r"households\.number\.taken"):
        services.create_household(actor=clerk, now=now, unit=world.unit("songpo_2"), number="12")


def test_death_ends_the_residence_and_leaves_the_file(world: World, clerk: Actor, now: datetime) -> None:
    person = make_person(world.unit("songpo_1"), birth=date(1940, 1, 1))
    household = make_household(world.unit("songpo_1"), members=[person])
    with pytest.raises(DomainError, match=r"people\.died\.before"):
        services.mark_deceased(actor=clerk, now=now, person=person, on=date(1939, 1, 1))
    services.mark_deceased(actor=clerk, now=now, person=person, on=ON)
    assert selectors.members_of(household) == []
    assert selectors.people_page(clerk).count == 0
    assert selectors.people_page(clerk, dead=True).count == 1
    with pytest.raises(DomainError, match=r"people\.died\.twice"):
        services.mark_deceased(actor=clerk, now=now, person=person, on=ON)


def test_two_files_of_one_person_become_one(world: World, clerk: Actor, now: datetime) -> None:
    number = id_number(born=date(1960, 1, 1))
    kept = make_person(world.unit("songpo_1"), name="张三", temporary_key="L1")
    other = make_person(world.unit("songpo_2"), name="张三", number=number, phone=PHONE)
    make_household(world.unit("songpo_2"), members=[other])
    services.merge(actor=clerk, now=now, person=kept, other=other, reason="户口本")
    kept.refresh_from_db()
    assert (kept.id_number, kept.phone, kept.temporary_key) == (number, PHONE, "")
    assert selectors.person_for(clerk, other.pk).pk == kept.pk
    assert [found.id for found in selectors.people_page(clerk, q="张三").people] == [kept.pk]
    assert kept.residences.count() == 1
    with pytest.raises(DomainError, match=r"people\.merged"):
        services.update(actor=clerk, now=now, person=other, name="李四")


def test_different_numbers_are_never_merged(world: World, clerk: Actor, now: datetime) -> None:
    one, two = (make_person(world.unit("songpo_1"), number=id_number()) for _ in range(2))
    with pytest.raises(DomainError, match=r"people\.merge\.ids"):
        services.merge(actor=clerk, now=now, person=one, other=two, reason="猜的")


def test_looking_behind_the_mask_leaves_a_trace(world: World, clerk: Actor, now: datetime) -> None:
    person = make_person(world.unit("songpo_1"), name="张三", phone=PHONE)
    assert services.unmask(actor=clerk, now=now, person=person, field="phone", purpose="contact") == PHONE
    row = TrailRow.objects.get()
    assert (row.subject_id, row.purpose, row.account_id) == (str(person.pk), "联系本人办理诉求", clerk.account_id)
    assert PHONE not in trails()
    assert Unmasking.objects.get().purpose == "contact"
    assert [look.field for look in selectors.person_file(clerk, person.pk).looks] == ["phone"]


def test_no_look_without_right_purpose_and_measure(
    world: World, clerk: Actor, grid_worker: Persona, outsider: Persona, now: datetime
) -> None:
    person = make_person(world.unit("songpo_1"), phone=PHONE)
    for actor in (grid_worker.actor, outsider.actor):
        with pytest.raises(NotAllowed):
            services.unmask(actor=actor, now=now, person=person, field="phone", purpose="contact")
    for field, purpose, error in (("phone", "curious", "unmask.purpose"), ("name", "contact", "unmask.field")):
        with pytest.raises(DomainError, match=error):
            services.unmask(actor=clerk, now=now, person=person, field=field, purpose=purpose)
    Unmasking.objects.bulk_create(
        Unmasking(person=person, field="phone", purpose="contact", account_id=clerk.account_id, at=now)
        for _ in range(50)
    )
    with pytest.raises(NotAllowed, match=r"people\.unmask\.limit"):
        services.unmask(actor=clerk, now=now, person=person, field="phone", purpose="contact")
    later = now + timedelta(days=1, minutes=1)
    assert services.unmask(actor=clerk, now=later, person=person, field="phone", purpose="contact") == PHONE
    assert TrailRow.objects.count() == 1


def test_this_is_wrong_waits_for_the_village(
    world: World, clerk: Actor, grid_worker: Persona, outsider: Persona, now: datetime
) -> None:
    person = make_person(world.unit("songpo_1"), name="张三", phone=PHONE)
    row = services.propose_correction(
        actor=grid_worker.actor, now=now, person=person, field="phone", proposed="13900000000", reason="换号"
    )
    person.refresh_from_db()
    assert person.phone == PHONE
    assert selectors.open_corrections(clerk) == [row]
    assert selectors.open_corrections(outsider.actor) == []
    assert "13900000000" not in trails()
    with pytest.raises(NotAllowed):
        services.decide_correction(actor=grid_worker.actor, now=now, correction=row, accept=True)
    services.decide_correction(actor=clerk, now=now, correction=row, accept=True)
    person.refresh_from_db()
    assert person.phone == "13900000000"
    assert selectors.people_page(clerk, q="13900000000").count == 1
    with pytest.raises(Conflict):
        services.decide_correction(actor=clerk, now=now, correction=row, accept=False, answer="晚了")
    assert Correction.objects.get().state == Correction.ACCEPTED


def test_a_proposal_is_checked_when_it_is_made(world: World, clerk: Actor, now: datetime) -> None:
    person = make_person(world.unit("songpo_1"), name="张三")
    for field, text in (("phone", "1"), ("birth", "昨天"), ("id_number", "123"), ("name", "")):
        with pytest.raises(DomainError) as caught:
            services.propose_correction(actor=clerk, now=now, person=person, field=field, proposed=text)
        assert caught.value.field == "proposed"
    with pytest.raises(DomainError, match=r"people\.correction\.field"):
        services.propose_correction(actor=clerk, now=now, person=person, field="unit", proposed="1")
    row = services.propose_correction(actor=clerk, now=now, person=person, field="birth", proposed="1970-01-02")
    with pytest.raises(DomainError, match=r"people\.correction\.answer"):
        services.decide_correction(actor=clerk, now=now, correction=row, accept=False)
    services.decide_correction(actor=clerk, now=now, correction=row, accept=True)
    person.refresh_from_db()
    assert person.birth == date(1970, 1, 2)
