"""People from a table: each row's problems, nothing twice, households made on the way."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.factories.registry import id_number, make_person
from tests.personas import Persona, World
from yanzhen.kernel.intake.api import Context, Staged
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.registry.api import unit_ref
from yanzhen.registry.importers import PeopleImporter
from yanzhen.registry.models import Household, Person, Residence

GRID = "990101100201001"


@pytest.fixture
def context(world: World, village_secretary: Persona, now: datetime) -> Context:
    return Context(actor=village_secretary.actor, unit=unit_ref(world.unit("songpo")), now=now, run_id=7)


def rows(*values: dict[str, object]) -> list[Staged]:
    return [Staged(number, {"unit": GRID, **value}) for number, value in enumerate(values, 3)]


def problems(context: Context, *values: dict[str, object]) -> dict[int, list[str]]:
    importer = PeopleImporter()
    staged = rows(*values)
    found = {row.number: [problem.column for problem in importer.check(row, context)] for row in staged}
    good = [row for row in staged if not found[row.number]]
    for number, more in importer.check_all(good, context).items():
        found[number] += [problem.column for problem in more]
    return {number: columns for number, columns in found.items() if columns}


def commit(context: Context, *values: dict[str, object]) -> dict[str, int]:
    return dict(PeopleImporter().commit(rows(*values), context))


def test_every_kind_of_problem_names_its_column(world: World, context: Context) -> None:
    good = id_number(born=date(1970, 1, 1), serial=5)
    known, foreign = id_number(serial=21), id_number(serial=22)
    make_person(world.unit("songpo_1"), name="王五", number=known)
    make_person(world.unit("liuwan_1"), name="赵六", number=foreign)
    make_person(world.unit("songpo_1"), name="林老太", birth=date(1938, 1, 2))
    assert problems(
        context,
        {"name": "张三", "id_number": good},
        {"name": "张三", "id_number": good[:-1] + ("0" if good[-1] != "0" else "1")},
        {"name": "李四", "id_number": good},
        {"name": "王小五", "id_number": known},
        {"name": "赵六", "id_number": foreign},
        {"name": "新人", "unit": "990101200201001"},
        {"name": "新人", "unit": "1"},
        {"name": "林老太", "birth": date(1938, 1, 2)},
        {"name": "孙七", "relation": "01"},
        {"name": "周八", "phone": "123456"},
    ) == {
        4: ["id_number"],
        5: ["id_number"],
        6: ["name"],
        7: ["id_number"],
        8: ["unit"],
        9: ["unit"],
        10: ["name"],
        11: ["household"],
        12: ["phone"],
    }


def test_two_heads_of_one_household_are_noticed(context: Context) -> None:
    assert problems(
        context,
        {"name": "张三", "household": "1", "relation": "01"},
        {"name": "李四", "household": "1", "relation": "01"},
    ) == {4: ["relation"]}


def test_people_and_households_come_in_and_a_second_time_nothing_doubles(world: World, context: Context) -> None:
    number = id_number(born=date(1970, 1, 1), serial=6)
    table = (
        {"name": "曾大河", "id_number": number, "household": "12", "relation": "01", "address": "松坡村12号"},
        {"name": "单小梅", "household": "12", "relation": "10", "phone": "13812345678", "birth": date(1972, 2, 2)},
    )
    assert commit(context, *table) == {"created": 2, "updated": 0, "households": 1}
    first, second = Person.objects.order_by("pk")
    assert (first.pinyin, first.birth, first.sex) == ("zengdahe", date(1970, 1, 1), "2")
    assert second.temporary_key.startswith("L990101100201")
    household = Household.objects.get()
    assert (household.number, household.address, household.members.count()) == ("12", "松坡村12号", 2)
    assert TrailRow.objects.filter(action="registry.person.created").count() == 2
    assert number not in "".join(TrailRow.objects.values_list("after", flat=True))
    # again: the one with a number is brought up to date, the other one is given back
    context.memo.clear()
    assert problems(context, *table) == {4: ["name"]}
    assert commit(context, {**table[0], "phone": "13900000000"}) == {"created": 0, "updated": 1, "households": 0}
    first.refresh_from_db()
    assert first.phone == "13900000000"
    assert Residence.objects.count() == 2


def test_a_known_person_moves_house(world: World, context: Context) -> None:
    number = id_number(serial=9)
    commit(context, {"name": "张三", "id_number": number, "household": "1", "relation": "01"})
    commit(
        context, {"name": "张三", "id_number": number, "household": "2", "relation": "01", "unit": "990101100201002"}
    )
    person = Person.objects.get()
    assert person.unit == world.unit("songpo_2")
    assert Residence.objects.get(valid_to__isnull=True).household.number == "2"
