"""Founding, renaming, moving, merging, splitting, ending: the tree stays sound, the history stays right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pytest

from tests.factories.registry import make_household, make_person
from tests.personas import Persona, World
from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.scope.api import Actor, system
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.registry import api
from yanzhen.registry.models import Household, Person, Placement, Post, Unit, UnitChange
from yanzhen.registry.services import units as services

ON = date(2026, 3, 1)
DOC = "云岭民〔2026〕3号"
SOUND: tuple[list[object], ...] = ([], [], [], [], [])


@pytest.fixture
def boss(county_officer: Persona) -> Actor:
    return county_officer.actor


@pytest.fixture
def moves() -> Iterator[list[tuple[str, str, set[int]]]]:
    seen: list[tuple[str, str, set[int]]] = []

    def hook(actor: Actor, now: datetime, old: str, new: str, ids: object) -> None:
        seen.append((old, new, set(ids)))  # type: ignore[call-overload]

    api.on_units_moved(hook)
    yield seen
    services._MOVED.remove(hook)


def test_a_grid_gets_the_next_code_and_a_trail(world: World, boss: Actor, now: datetime) -> None:
    unit = services.create(
        actor=boss,
        now=now,
        parent=world.unit("songpo"),
        name="松坡村第三网格",
        kind="grid",
        level="sub1",
        on=ON,
        document=DOC,
    )
    assert unit.code == "990101100201003"
    assert Unit.objects.get_parent(unit) == world.unit("songpo")
    assert unit.initials == "spcdswg"
    assert Unit.objects.find_problems() == SOUND
    row = TrailRow.objects.get(action="registry.unit.created")
    assert (row.subject_id, row.unit_path, row.purpose) == (str(unit.pk), unit.path, DOC)
    assert unit.changes.get().what == UnitChange.What.FOUNDED


def test_names_codes_documents_and_days_are_checked(world: World, boss: Actor, now: datetime) -> None:
    def make(**other: object) -> Unit:
        given = {
            "actor": boss, "now": now, "parent": world.unit("qingshan"), "name": "新村", "kind": "division",
            "level": "village", "code": "990101100299", "on": ON, "document": DOC,
        }  # fmt: skip
        return services.create(**{**given, **other})  # type: ignore[arg-type]

    for change, error in (
        ({"name": "  "}, "units.name.length"),
        ({"name": "松坡村"}, "units.name.twice"),
        ({"code": "990101100201"}, "units.code.taken"),
        ({"code": ""}, "units.code.needed"),
        ({"document": ""}, "units.document.needed"),
        ({"on": date(2026, 6, 16)}, "units.on.future"),
        ({"on": date(2019, 1, 1)}, "units.on.before"),
        ({"parent": None}, "units.parent.needed"),
    ):
        with pytest.raises(DomainError, match=error):
            make(**change)
    assert make().level == "village"


def test_nobody_changes_what_is_not_theirs(world: World, now: datetime, township_secretary: Persona) -> None:
    actor = township_secretary.actor
    with pytest.raises(NotAllowed):
        services.rename(actor=actor, now=now, unit=world.unit("liuwan"), name="新柳湾村", on=ON, document=DOC)
    with pytest.raises(NotAllowed):
        services.move(
            actor=actor, now=now, unit=world.unit("songpo"), parent=world.unit("baishui"), on=ON, document=DOC
        )


def test_rename_keeps_the_old_name_in_the_history(world: World, boss: Actor, now: datetime) -> None:
    unit = services.rename(actor=boss, now=now, unit=world.unit("songpo"), name="松坡社区", on=ON, document=DOC)
    change = unit.changes.get()
    assert (change.before, change.after, change.on) == ("松坡村", "松坡社区", ON)
    assert unit.pinyin == "songposhequ"


def test_recode_takes_the_grids_along(world: World, boss: Actor, now: datetime) -> None:
    services.recode(actor=boss, now=now, unit=world.unit("songpo"), code="990101100001", on=ON, document=DOC)
    grid = Unit.objects.get(pk=world.unit("songpo_2").pk)
    assert grid.code == "990101100001002"
    assert grid.changes.get().before == "990101100201002"
    with pytest.raises(DomainError, match=r"units\.code\.taken"):
        services.recode(actor=boss, now=now, unit=world.unit("shiqiao"), code="990101100001", on=ON, document=DOC)


def test_move_keeps_old_days_right_and_tells_the_others(
    world: World, boss: Actor, now: datetime, moves: list[tuple[str, str, set[int]]]
) -> None:
    songpo, qingshan, baishui = (world.unit(key) for key in ("songpo", "qingshan", "baishui"))
    old = songpo.path
    moved = services.move(actor=boss, now=now, unit=songpo, parent=baishui, on=ON, document=DOC, code="990101200203")
    ids = {songpo.pk, world.unit("songpo_1").pk, world.unit("songpo_2").pk}
    assert Unit.objects.find_problems() == SOUND
    assert moves == [(old, moved.path, ids)]
    assert Unit.objects.get(pk=world.unit("songpo_1").pk).code == "990101200203001"
    # the day before the move the village stands where it stood
    before = date(2026, 2, 28)
    assert api.ancestors_on(songpo, before)[-2:] == [qingshan.pk, songpo.pk]
    assert api.ancestors_on(songpo, ON)[-2:] == [baishui.pk, songpo.pk]
    assert ids <= set(api.subtree_on(qingshan, before))
    assert not ids & set(api.subtree_on(qingshan, ON))
    assert ids <= set(api.subtree_on(baishui, ON))
    assert set(api.descendant_ids(moved)) == ids


def test_a_unit_cannot_move_into_itself_or_where_it_is(world: World, boss: Actor, now: datetime) -> None:
    for parent, error in (
        ("songpo_1", "units.move.inside"),
        ("qingshan", "units.move.same"),
        ("liuwan", "units.parent.level"),
    ):
        with pytest.raises(DomainError, match=error):
            services.move(
                actor=boss, now=now, unit=world.unit("songpo"), parent=world.unit(parent), on=ON, document=DOC
            )


def test_a_failing_hook_undoes_the_move(world: World, boss: Actor, now: datetime) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("full")

    path = world.unit("songpo").path
    api.on_units_moved(broken)
    try:
        with pytest.raises(RuntimeError):
            services.move(
                actor=boss, now=now, unit=world.unit("songpo"), parent=world.unit("baishui"), on=ON, document=DOC
            )
    finally:
        services._MOVED.remove(broken)
    assert Unit.objects.get(pk=world.unit("songpo").pk).path == path
    assert Placement.objects.filter(unit=world.unit("songpo")).count() == 1


def test_merge_carries_everything_over_and_ends_the_posts(
    world: World, boss: Actor, now: datetime, village_secretary: Persona
) -> None:
    songpo, shiqiao = world.unit("songpo"), world.unit("shiqiao")
    person = make_person(songpo)
    make_household(songpo, number="7", members=[person])
    make_household(shiqiao, number="7")
    ended: list[tuple[int, int | None]] = []

    def hook(actor: Actor, now: datetime, unit_id: int, into_id: int | None) -> None:
        ended.append((unit_id, into_id))

    api.on_units_ended(hook)
    try:
        target = services.merge(actor=boss, now=now, sources=[songpo], target=shiqiao, on=ON, document=DOC)
    finally:
        services._ENDED.remove(hook)
    songpo.refresh_from_db()
    assert ended == [(songpo.pk, shiqiao.pk)]
    assert songpo.valid_to == ON
    assert Unit.objects.find_problems() == SOUND
    assert Person.objects.get(pk=person.pk).unit_id == target.pk
    assert Household.objects.filter(unit=target).count() == 2
    codes = set(
        Unit.objects.filter(pk__in=api.descendant_ids(target, include_self=False)).values_list("code", flat=True)
    )
    assert codes == {f"990101100202{n:03d}" for n in (1, 2, 3, 4)}
    assert village_secretary.post is not None
    assert Post.objects.get(pk=village_secretary.post.pk).valid_to == date(2026, 6, 15)
    assert set(api.subtree_on(songpo, date(2026, 1, 1))) >= {songpo.pk, world.unit("songpo_1").pk}
    assert api.subtree_on(songpo, ON) == []
    with pytest.raises(DomainError, match=r"units\.ended"):
        services.rename(actor=boss, now=now, unit=songpo, name="别名", on=ON, document=DOC)


def test_only_alike_units_merge(world: World, boss: Actor, now: datetime) -> None:
    for sources, target, error in (
        (["songpo_1"], "shiqiao", "units.merge.level"),
        (["songpo"], "songpo", "units.merge.self"),
        ([], "songpo", "units.merge.none"),
    ):
        with pytest.raises(DomainError, match=error):
            services.merge(
                actor=boss, now=now, sources=[world.unit(key) for key in sources], target=world.unit(target), on=ON,
                document=DOC,
            )  # fmt: skip


def test_an_occupied_unit_does_not_end(world: World, boss: Actor, now: datetime) -> None:
    with pytest.raises(DomainError, match=r"units\.end\.occupied"):
        services.end(actor=boss, now=now, unit=world.unit("songpo"), on=ON, document=DOC)
    make_person(world.unit("songpo_1"))
    with pytest.raises(DomainError, match=r"units\.end\.occupied"):
        services.end(actor=boss, now=now, unit=world.unit("songpo_1"), on=ON, document=DOC)
    unit = services.end(actor=boss, now=now, unit=world.unit("songpo_2"), on=ON, document=DOC)
    assert unit.valid_to == ON
    assert unit.pk not in api.descendant_ids(world.unit("songpo"))


def test_split_hands_the_grids_out(world: World, boss: Actor, now: datetime) -> None:
    songpo = world.unit("songpo")
    make_person(songpo)
    parts = [
        services.Part("上松坡村", "990101100203", (world.unit("songpo_1").pk,)),
        services.Part("下松坡村", "990101100204"),
    ]
    upper, lower = services.split(actor=boss, now=now, unit=songpo, parts=parts, on=ON, document=DOC, ends=True, rest=1)
    assert Unit.objects.find_problems() == SOUND
    assert list(Unit.objects.get_children(upper).values_list("code", flat=True)) == ["990101100203001"]
    assert list(Unit.objects.get_children(lower).values_list("code", flat=True)) == ["990101100204001"]
    assert lower.people.count() == 1
    songpo.refresh_from_db()
    assert songpo.valid_to == ON
    with pytest.raises(DomainError, match=r"units\.split\.parts"):
        services.split(actor=boss, now=now, unit=world.unit("shiqiao"), parts=[], on=ON, document=DOC)


def test_split_refuses_children_of_others(world: World, boss: Actor, now: datetime) -> None:
    part = services.Part("上松坡村", "990101100203", (world.unit("shiqiao_1").pk,))
    with pytest.raises(DomainError, match=r"units\.split\.children"):
        services.split(actor=boss, now=now, unit=world.unit("songpo"), parts=[part], on=ON, document=DOC)


def test_a_leader_follows_another(world: World, boss: Actor, now: datetime) -> None:
    grid = world.unit("songpo_1")
    first, second = make_person(grid), make_person(grid)
    services.set_leader(actor=boss, now=now, unit=grid, person=first, title="网格长", on=date(2026, 1, 1))
    services.set_leader(actor=boss, now=now, unit=grid, person=second, title="网格长", on=ON)
    assert [row.person for row in api.leaders_of(grid, date(2026, 2, 1))] == [first]
    assert [row.person for row in api.leaders_of(grid, ON)] == [second]
    services.set_leader(actor=boss, now=now, unit=grid, person=None, title="网格长", on=date(2026, 4, 1))
    assert api.leaders_of(grid, date(2026, 4, 1)) == []


def test_roots_are_laid_by_the_system_alone(db: None, now: datetime) -> None:
    unit = services.create(
        actor=system("setup"), now=now, parent=None, name="云川省", kind="division", level="province",
        code="990000000000", on=ON, document="初始化",
    )  # fmt: skip
    assert (unit.depth, unit.path) == (1, "0001")
