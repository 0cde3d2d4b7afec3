"""A village with people, households and its bodies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from tests.factories.registry import make_account, make_household, make_person, make_post
from tests.personas import Persona, World
from yanzhen.democracy.models import Seat
from yanzhen.registry.api import actor_in
from yanzhen.registry.models import Person, Residence, Role, RoleGrant

SUPERVISES = ("democracy.view", "democracy.supervise", "democracy.evaluate", "democracy.results", "matters.view", "procedures.view",
              "procedures.start", "procedures.act", "procedures.tell")  # fmt: skip


@pytest.fixture
def supervisor(world: World) -> Persona:
    """The head of the supervision committee of 松坡村."""
    role = Role.objects.create(code="village_supervisor", name="村监委会主任")
    RoleGrant.objects.bulk_create([RoleGrant(role=role, capability=code) for code in SUPERVISES])
    account = make_account("supervisor", name="方明镜")
    post = make_post(account, role, world.unit("songpo"))
    return Persona("supervisor", actor_in(post, account.pk, "方明镜"), account, post, world.unit("songpo"))


@pytest.fixture
def people(world: World) -> list[Person]:
    """Sixty adults in twenty households of three, party members every fifth, women every second, and one child."""
    made = []
    for home in range(20):
        unit = world.unit("songpo_1" if home % 2 else "songpo_2")
        members = [
            make_person(
                unit, name=f"{'赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许'[home]}{'一二三'[at]}", sex="2" if at % 2 else "1",
                birth=date(1960 + home, 1 + at, 3), political="01" if (home * 3 + at) % 5 == 0 else "13", pinyin=f"p{home:02d}{at}",
            )
            for at in range(3)
        ]  # fmt: skip
        make_household(unit, number=f"{home:03d}", members=members)
        made += members
    Residence.objects.filter(relation="99").update(relation="20")
    make_person(world.unit("songpo_1"), name="小小", birth=date(2015, 5, 5), sex="1")
    return made


@pytest.fixture
def sit(world: World) -> Callable[..., Seat]:
    """Put somebody on a seat without asking the rules."""

    def put(person: Person, body: str, **fields: Any) -> Seat:
        given = {"unit": world.unit("songpo"), "valid_from": date(2025, 1, 1), "term_ends": date(2030, 1, 1)} | fields
        return Seat.objects.create(person=person, body=body, **given)

    return put


@pytest.fixture
def bodies(people: list[Person], sit: Callable[..., Seat]) -> dict[str, list[Person]]:
    """Committees of different households, and a meeting of twenty representatives, seven of them women."""
    found = {"party_committee": people[0:9:3], "committee": people[9:18:3], "supervision": people[18:27:3]}
    women = [person for person in people if person.sex == "2"]
    men = [person for person in people if person.sex == "1"]
    found["representatives"] = men[:13] + women[:7]
    duties = {
        "party_committee": ("书记", "委员", "委员"),
        "committee": ("主任", "委员", "委员"),
        "supervision": ("主任", "委员", "委员"),
    }
    for body, members in found.items():
        for at, person in enumerate(members):
            sit(person, body, duty=duties.get(body, ("村民代表",) * 99)[at])
    return found


def days(now: datetime, n: float) -> datetime:
    """Some days later."""
    from datetime import timedelta

    return now + timedelta(days=n)
