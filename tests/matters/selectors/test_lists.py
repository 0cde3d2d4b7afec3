"""Lists, tabs, workbench, search, likeness: within scope, bounded, in order."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from tests.factories.matters import PHONE, make_admission, make_category, make_duty, make_matter
from tests.personas import World
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import public
from yanzhen.matters import selectors, services
from yanzhen.matters.domain.draft import Report
from yanzhen.matters.models import Matter
from yanzhen.matters.selectors import Filters

STAFF = (
    "village_secretary", "township_secretary", "county_officer", "department_officer", "grid_worker", "outsider",
    "audit_officer",
)  # fmt: skip


@pytest.fixture
def busy(world: World, now: datetime) -> list[Matter]:
    """Forty matters all over the tree, some secret, some handed on, some at the same moment."""
    rng = random.Random(7)
    category = make_category("路灯")
    make_duty(world, category, list="village")
    made = []
    for at in range(40):
        place = rng.choice(["songpo", "songpo_1", "songpo_2", "shiqiao", "liuwan_1", "qingshan", "county", "other_village"])
        matter = make_matter(
            world, now - timedelta(minutes=at // 3), place=place, category=category, secret=rng.random() < 0.3,
            text=f"第{at}件：路灯不亮",
        )  # fmt: skip
        if rng.random() < 0.5 and place not in ("county", "other_village"):
            desk = world["county_officer"].actor
            services.assign(actor=desk, now=now, matter=matter, lead=world.unit(rng.choice(["agriculture", "civil"])))
        made.append(matter)
    return made


def walk(viewer, filters: Filters, now: datetime, limit: int) -> list[int]:
    found: list[int] = []
    cursor = ""
    for _page in range(50):
        page = selectors.page_for(viewer, filters, cursor, limit, now=now)
        found += [row.id for row in page.rows]
        cursor = page.next
        if not cursor:
            break
    return found


def test_matter_for_succeeds_exactly_for_what_the_list_holds(world: World, now: datetime, busy: list[Matter]) -> None:
    for key in STAFF:
        viewer = world[key].actor
        listed = set(walk(viewer, Filters(), now, 7))
        opened = set()
        for matter in busy:
            try:
                opened.add(selectors.matter_for(viewer, matter.pk).pk)
            except NotFound:
                continue
        assert opened == listed, key
    assert len(walk(world["county_officer"].actor, Filters(), now, 7)) > 20
    assert walk(world["audit_officer"].actor, Filters(), now, 7) == []


@pytest.mark.parametrize("limit", [1, 4, 100])
def test_pages_are_newest_first_without_gaps_or_doubles(
    world: World, now: datetime, busy: list[Matter], limit: int
) -> None:
    viewer = world["county_officer"].actor
    ids = walk(viewer, Filters(), now, limit)
    keys = {row.pk: (row.received_at, row.pk) for row in Matter.objects.all()}
    assert ids == sorted(set(ids), key=lambda pk: keys[pk], reverse=True)[: len(ids)]
    assert selectors.page_for(viewer, Filters(), now=now).count.n == len(walk(viewer, Filters(), now, 100))


def test_one_can_turn_back(world: World, now: datetime, busy: list[Matter]) -> None:
    viewer = world["county_officer"].actor
    first = selectors.page_for(viewer, Filters(), limit=5, now=now)
    second = selectors.page_for(viewer, Filters(), first.next, limit=5, now=now)
    back = selectors.page_for(viewer, Filters(), second.previous, limit=5, now=now)
    assert [row.id for row in back.rows] == [row.id for row in first.rows]
    assert (first.previous, back.previous) == ("", "")
    assert selectors.page_for(viewer, Filters(), "nonsense", limit=5, now=now).rows == first.rows


def test_a_page_costs_the_same_whatever_its_size(
    world: World, now: datetime, busy: list[Matter], django_assert_max_num_queries
) -> None:
    viewer = world["county_officer"].actor
    selectors.page_for(viewer, Filters(), limit=30, now=now)
    with django_assert_max_num_queries(7):
        selectors.page_for(viewer, Filters(), limit=30, now=now)


def test_counts_stop(world: World, now: datetime, busy: list[Matter]) -> None:
    from yanzhen.matters.selectors.pages import count_for, sides_for

    found = count_for(sides_for(world["county_officer"].actor, Filters(), now, None), most=5)
    assert (found.n, str(found)) == (6, "5+")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(state="working"), ["c"]),
        (Filters(urgency="urgent"), ["b"]),
        (Filters(tab="todo"), ["b", "c"]),
        (Filters(tab="working"), ["c"]),
        (Filters(tab="pressed"), ["c"]),
        (Filters(pressed=True), ["c"]),
        (Filters(tab="done"), ["a"]),
        (Filters(tab="closed"), ["a"]),
        (Filters(words="井盖"), ["a"]),
        (Filters(words="井盖 丢失"), ["a"]),
        (Filters(words="松坡"), ["a", "b", "c"]),
        (Filters(words=PHONE), ["a", "b", "c"]),
        (Filters(words="没有这样的词"), []),
        (Filters(light="red"), ["b"]),
        (Filters(overdue=True), ["b"]),
        (Filters(light="green"), ["c"]),
        (Filters(channel="desk"), []),
    ],
)
def test_filters(world: World, now: datetime, filters: Filters, expected: list[str]) -> None:
    village, county = world["village_secretary"].actor, world["county_officer"].actor
    a = make_matter(world, now - timedelta(days=1), text="村口井盖丢失，危险")
    b = make_matter(world, now - timedelta(hours=6), text="路灯不亮", urgency="urgent")
    c = make_matter(world, now, text="自来水浑浊")
    services.decline(actor=village, now=now, matter=a, reason="x", words="y")
    services.take(actor=village, now=now, matter=c)
    services.press(actor=county, now=now, matter=c, level=1, words="快办")
    services.tick(now=now + timedelta(minutes=1))
    names = {a.pk: "a", b.pk: "b", c.pk: "c"}
    if filters.tab == "pressed" or filters.pressed:
        Matter.objects.filter(pk=b.pk).update(press_level=0)
    page = selectors.page_for(village, filters, now=now + timedelta(minutes=1))
    assert sorted(names[row.id] for row in page.rows) == expected


def test_search_stays_inside_the_scope(world: World, now: datetime) -> None:
    make_matter(world, now, place="other_village", text="望山县的低保问题")
    mine = make_matter(world, now, text="我村的低保问题")
    county = world["county_officer"].actor
    assert [row.id for row in selectors.search_for(county, "低保", now)] == [mine.pk]
    assert selectors.number_in(county, mine.number.replace("-", "")) == mine.pk
    foreign = Matter.objects.exclude(pk=mine.pk).get()
    assert selectors.number_in(county, foreign.number) is None
    with pytest.raises(NotFound):
        selectors.by_number(county, foreign.number)


def test_search_follows_taking_part(world: World, now: datetime) -> None:
    matter = make_matter(world, now, actor=world["county_officer"].actor, text="灌溉水渠堵塞")
    farm = world["department_officer"].actor
    assert selectors.search_for(farm, "水渠", now) == []
    services.assign(actor=world["county_officer"].actor, now=now, matter=matter, lead=world.unit("agriculture"))
    assert [row.id for row in selectors.search_for(farm, "水渠", now)] == [matter.pk]


def test_the_workbench(world: World, now: datetime) -> None:
    village, township = world["village_secretary"].actor, world["township_secretary"].actor
    late = make_matter(world, now - timedelta(days=5))
    soon = make_matter(world, now, urgency="urgent")
    easy = make_matter(world, now)
    services.tick(now=now)
    bench = selectors.workbench_for(village, now)
    assert [row.id for row in bench.todo] == [late.pk, soon.pk, easy.pk]
    assert bench.todo_count.n == 3
    assert [each.row.id for each in bench.pressed] == [late.pk]
    assert "督办函" in bench.pressed[0].letter
    assert bench.notices > 0
    lights = selectors.workbench_for(township, now).lights
    assert [(each.unit.name, each.red, each.green) for each in lights] == [("松坡村", 1, 2)]
    assert selectors.workbench_for(world["outsider"].actor, now).todo == []
    assert selectors.tabs_for(village, now)["todo"] == 3


def test_choices_are_what_the_guards_would_take(world: World, now: datetime) -> None:
    category = make_category("路灯")
    matter = make_matter(world, now, place="songpo_1", category=category, actor=world["township_secretary"].actor)
    township = world["township_secretary"].actor
    names = [unit.name for unit in selectors.lead_choices(township, matter)]
    assert names[:3] == ["云岭县委组织部", "云岭县农业农村局", "云岭县民政局"]
    assert "松坡村第一网格" in names
    assert "白水乡" not in names
    assert "青山镇" not in names
    assert [unit.name for unit in selectors.lead_choices(township, matter, "民政")] == ["云岭县民政局"]
    row = make_admission(world, category)
    make_admission(world, make_category("别的"))
    assert selectors.admissions_for_matter(township, matter, now) == [row]
    given = services.assign(actor=township, now=now, matter=matter, lead=world.unit("songpo_1"))
    assert given.admission_id == row.pk
    assert [level for level, _words in selectors.press_levels(world["county_officer"].actor, given, now)] == [1, 2, 3]
    assert [level for level, _words in selectors.press_levels(township, given, now)] == [1, 2]


def test_without_admission_the_grid_gets_nothing(world: World, now: datetime) -> None:
    from yanzhen.kernel.errors import DomainError

    matter = make_matter(world, now, place="songpo_1", category=make_category("路灯"))
    with pytest.raises(DomainError) as error:
        services.assign(actor=world["village_secretary"].actor, now=now, matter=matter, lead=world.unit("songpo_1"))
    assert error.value.code == "matters.admission.missing"
    assert error.value.data["apply_at"] == "/matters/admissions/new/"
    assert Matter.objects.get(pk=matter.pk).state == "collected"


def test_near_duplicates_of_place_and_time(world: World, now: datetime) -> None:
    text = "松坡村村口到小学的路灯已经坏了半个月，学生晚自习回家非常危险，请尽快派人维修。"
    old = make_matter(world, now - timedelta(days=100), text=text)
    near = make_matter(world, now - timedelta(days=2), text=text.replace("半个月", "十几天"), place="songpo_1")
    make_matter(world, now - timedelta(days=2), text="低保金三个月没有发放，想问一下什么原因。")
    make_matter(world, now - timedelta(days=1), text=text, place="liuwan")
    secret = make_matter(world, now - timedelta(days=1), text=text, secret=True)
    mine = make_matter(world, now, text=text)
    found = selectors.similar_for(world["village_secretary"].actor, mine, now)
    assert {each.id for each in found} == {near.pk, secret.pk}
    assert old.pk not in {each.id for each in found}
    assert all(each.reason for each in found)
    draft = Report(text=text, place_id=world.unit("songpo").pk)
    seen = selectors.similar_for(public(), draft, now)
    assert secret.pk not in {each.id for each in seen}


def test_suggestions_come_from_the_table_before_there_is_history(world: World, now: datetime) -> None:
    from yanzhen.kernel.scope.api import system
    from yanzhen.matters.services.categories import import_categories

    matter = make_matter(world, now, text="自来水浑浊，供水经常停水")
    viewer = world["village_secretary"].actor
    assert not selectors.suggestions_for(viewer, matter)
    import_categories(
        actor=system("x"), now=now,
        rows=[("城乡建设", "城市建设和市政管理", "自来水供应"), ("劳动和社会保障", "社会保障", "低保")],
    )  # fmt: skip
    found = selectors.suggestions_for(viewer, matter)
    assert found.categories[0].name.startswith("城乡建设")
    assert 0 < found.categories[0].percent <= 100


def test_the_person_follows_and_sees_no_staff(world: World, now: datetime) -> None:
    matter = make_matter(world, now)
    village = world["village_secretary"].actor
    services.take(actor=village, now=now, matter=matter)
    services.note(actor=village, now=now, matter=matter, words="内部说法")
    services.answer(actor=village, now=now, matter=matter, words="路灯修好了")
    seen = selectors.follow(matter.number, matter.code, now)
    text = repr(seen)
    assert seen.answer == "路灯修好了"
    assert "内部说法" not in text
    assert village.name not in text
    assert set(seen.may) >= {"rate", "person_reopen"}
    for number, code in ((matter.number, "ACDEFGHJ"), ("2606-000009-9", matter.code), (matter.number, "")):
        with pytest.raises(NotFound):
            selectors.follow(number, code, now)


def test_requests_wait_for_somebody_else(world: World, now: datetime) -> None:
    village, township = world["village_secretary"].actor, world["township_secretary"].actor
    matter = make_matter(world, now)
    services.take(actor=village, now=now, matter=matter)
    services.ask_extension(actor=village, now=now, matter=matter, reason="等料", amount_days=2)
    assert selectors.requests_waiting_for(village) == []
    assert [each.kind for each in selectors.requests_waiting_for(township)] == ["extension"]
    assert selectors.requests_waiting_for(world["outsider"].actor) == []


def test_a_figure_opens_its_rows_on_the_list_page(world: World, now: datetime) -> None:
    from yanzhen.matters.indicators import SOURCE

    matter = make_matter(world, now)
    make_matter(world, now, place="songpo_1")
    services.take(actor=world["village_secretary"].actor, now=now, matter=matter)
    services.answer(actor=world["village_secretary"].actor, now=now, matter=matter, words="已办")
    client = world["county_officer"].client()
    for code, part, expected in (("matters.response", "numerator", 1), ("matters.received", "denominator", 2)):
        page = client.get(SOURCE.rows_url(code, world.unit("songpo").pk, "2026-06", part))
        assert page.status_code == 200
        assert page.context["table"].count == expected
    empty = client.get(SOURCE.rows_url("matters.response", world.unit("songpo").pk, "2026-05", "numerator"))
    assert empty.context["table"].count == 0
