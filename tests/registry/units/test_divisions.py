"""The yearly list of divisions: comparing, laying the tree, applying the changes of a year. All names are invented."""

from __future__ import annotations

import csv
import sqlite3
import tarfile
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.registry import make_person
from tests.personas import Persona
from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.scope.api import system
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.registry import api, division_lists
from yanzhen.registry.domain.divisions import Division, Standing, arrange, compare, short_name
from yanzhen.registry.models import Unit, UnitChange
from yanzhen.registry.services import divisions as services
from yanzhen.registry.services import units

FIRST, SECOND = date(2023, 6, 30), date(2024, 6, 30)
SOUND: tuple[list[object], ...] = ([], [], [], [], [])

YEAR_1 = {
    "98": "松江省", "9801": "双河市", "980101": "北岭区", "980102": "南岭县", "9802": "单河市", "980200": "单河市",
    "980101001": "城关街道", "980101100": "青石镇", "980101101": "白鹭镇", "980102100": "红叶镇",
    "980101001001": "东门社区居委会", "980101001002": "西门社区居委会",
    "980101100200": "上村村委会", "980101100201": "下村村委会",
    "980101101200": "鹭飞村委会", "980102100200": "枫桥村委会",
    "980200001": "河口街道", "980200001001": "河口社区居委会",
}  # fmt: skip


def listed(rows: dict[str, str]) -> list[Division]:
    return arrange((code, name, "") for code, name in rows.items())


def load(rows: dict[str, str], on: date, prefix: str = "98") -> services.Report:
    return services.apply(
        actor=system("import"), now=datetime.fromisoformat("2026-06-15T10:00:00+08:00"), divisions=listed(rows),
        prefix=prefix, on=on, document="区划代码表",
    )  # fmt: skip


def named(name: str) -> Unit:
    return Unit.objects.get(name=name, valid_to__isnull=True)


def test_a_list_is_arranged_from_the_top_with_parents() -> None:
    found = listed(YEAR_1)
    assert [d.level for d in found][:3] == ["province", "city", "city"]
    by_code = {d.code: d for d in found}
    assert by_code["980101100200"].parent == "980101100000"
    # a city without counties repeats itself as its county: left out, its streets hang on the city
    assert len(found) == len(YEAR_1) - 1
    assert by_code["980200001000"].parent == "980200000000"


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([("98", "甲", ""), ("980000000000", "乙", "")], "divisions.twice"),
        ([("98", " ", "")], "divisions.nameless"),
        ([("98x", "甲", "")], "units.code.shape"),
    ],
)
def test_unsound_lists_are_refused(rows: list[tuple[str, str, str]], error: str) -> None:
    with pytest.raises(DomainError, match=error):
        arrange(rows)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("上村村委会", "上村"),
        ("东门社区居委会", "东门社区"),
        ("龙山村民委员会", "龙山村"),
        ("青石镇", "青石镇"),
        ("林场生活区", "林场生活区"),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert short_name(name) == short


def held(unit_id: int, code: str, name: str, level: str, parent: int | None) -> Standing:
    return Standing(unit_id, code.ljust(12, "0"), name, level, parent, FIRST)


def test_codes_that_went_round_are_recognised_by_name() -> None:
    standing = [
        held(1, "980101", "北岭区", "county", None),
        held(2, "980101100", "青石镇", "township", 1),
        held(3, "980101101", "白鹭镇", "township", 1),
    ]
    plan = compare(standing, listed({"980101": "北岭区", "980101100": "白鹭镇", "980101101": "青石镇"}), SECOND)
    assert {(unit.name, code[6:9]) for unit, code in plan.recoded} == {("青石镇", "101"), ("白鹭镇", "100")}
    assert (plan.founded, plan.ended, plan.renamed, plan.moved) == ([], [], [], [])


def test_a_recoded_township_takes_its_villages_along() -> None:
    standing = [
        held(1, "980101", "北岭区", "county", None),
        held(2, "980101100", "青石镇", "township", 1),
        held(3, "980101100200", "上村", "village", 2),
        held(4, "980101100201", "下村", "village", 2),
    ]
    new = {"980101": "北岭区", "980101105": "青石镇", "980101105200": "上村", "980101105205": "下村"}
    plan = compare(standing, listed(new), SECOND)
    assert [code for _unit, code in plan.recoded] == ["980101105000", "980101105200", "980101105205"]
    assert (plan.founded, plan.ended, plan.moved) == ([], [], [])


def test_units_younger_than_the_list_are_left_alone() -> None:
    young = Standing(9, "980101109000", "新镇", "township", None, date(2024, 9, 1))
    assert compare([young], listed({"98": "松江省"}), SECOND).ended == []


@pytest.mark.django_db
class TestApplying:
    def test_the_first_list_lays_a_sound_tree_and_the_second_time_changes_nothing(self) -> None:
        report = load(YEAR_1, FIRST)
        assert (report.founded, report.first, report.problems) == (17, True, [])
        assert report.by_level == {"province": 1, "city": 2, "county": 2, "township": 5, "village": 7}
        assert Unit.objects.find_problems() == SOUND
        village = named("上村村委会")
        assert (village.short_name, village.initials, village.level) == ("上村", "sccwh", "village")
        assert [unit.name for unit in api.path_of([village])[village.pk]] == ["松江省", "双河市", "北岭区", "青石镇"]
        assert UnitChange.objects.count() == 0
        again = load(YEAR_1, FIRST)
        assert (again.founded, again.same) == (0, 17)
        assert TrailRow.objects.count() == 1

    def test_a_year_later_every_change_has_its_day(self) -> None:
        load(YEAR_1, FIRST)
        ids = {unit.name: unit.pk for unit in Unit.objects.all()}
        grid = units.create(
            actor=system("t"), now=datetime.fromisoformat("2026-06-15T10:00:00+08:00"), parent=named("下村村委会"),
            name="下村一格", kind="grid", level="sub1", on=date(2023, 7, 1), document="文",
        )  # fmt: skip
        year_2 = dict(YEAR_1)
        for gone in ("980101100", "980101100200", "980101100201", "980101001002", "980102100", "980102100200"):
            del year_2[gone]
        year_2 |= {
            "980101105": "青石镇", "980101105200": "上村村委会", "980101105201": "下村村委会",  # recoded with its villages
            "980101001": "城关新街道",  # renamed
            "980101102": "红叶镇", "980101102200": "枫桥村委会",  # moved from the neighbouring county
            "980101001003": "北门社区居委会",  # new; the western community is gone
        }  # fmt: skip
        seen: list[tuple[str, str]] = []

        def hook(actor: object, now: object, old: str, new: str, ids: object) -> None:
            seen.append((old, new))

        api.on_units_moved(hook)
        try:
            report = load(year_2, SECOND)
        finally:
            units._MOVED.remove(hook)
        assert report.problems == []
        assert report.founded == 1
        assert [(before, after) for _code, before, after in report.renamed] == [("城关街道", "城关新街道")]
        assert {code for _old, _name, code in report.recoded} == {
            "980101105000", "980101105200", "980101105201", "980101102000", "980101102200",
        }  # fmt: skip
        assert [name for _code, name, _to in report.moved] == ["红叶镇"]
        assert [name for _code, name in report.ended] == ["西门社区居委会"]
        assert len(seen) == 1
        assert Unit.objects.find_problems() == SOUND
        # same files, new codes; the grid follows its village
        assert named("下村村委会").pk == ids["下村村委会"]
        grid.refresh_from_db()
        assert grid.code == "980101105201001"
        # the day before, everything stands as it stood
        assert ids["红叶镇"] in api.subtree_on(ids["南岭县"], date(2024, 6, 29))
        assert ids["红叶镇"] in api.subtree_on(ids["北岭区"], SECOND)
        assert Unit.objects.get(pk=ids["西门社区居委会"]).valid_to == SECOND
        assert load(year_2, SECOND).same == 17

    def test_what_is_still_lived_in_does_not_end(self) -> None:
        load(YEAR_1, FIRST)
        make_person(named("枫桥村委会"))
        year_2 = {code: name for code, name in YEAR_1.items() if not code.startswith("980102100")}
        report = load(year_2, SECOND)
        assert report.ended == []
        assert {name: why for _code, name, why in report.problems} == {
            "枫桥村委会": "清单中已没有，但还有1人，请合并或划转",
            "红叶镇": "清单中已没有，但还有下级尚未撤销，请合并或划转",
        }
        assert named("枫桥村委会").valid_to is None

    def test_a_part_of_the_country_leaves_the_rest_alone(self) -> None:
        load(YEAR_1, FIRST)
        county = {code: name for code, name in YEAR_1.items() if code in ("98", "9801") or code.startswith("980101")}
        del county["980101101200"]
        report = load(county, SECOND, prefix="980101")
        assert [name for _code, name in report.ended] == ["鹭飞村委会"]
        assert named("红叶镇").valid_to is None

    def test_only_the_system_and_no_future(self, county_officer: Persona, now: datetime) -> None:
        with pytest.raises(NotAllowed):
            services.apply(
                actor=county_officer.actor, now=now, divisions=listed(YEAR_1), prefix="98", on=FIRST, document="文"
            )
        with pytest.raises(DomainError, match=r"units\.on\.future"):
            load(YEAR_1, date(2026, 6, 16))

    def test_queries_do_not_grow_with_the_rows(self) -> None:
        with CaptureQueriesContext(connection) as few:
            load(YEAR_1, FIRST)
        many = {"97": "东山省", "9701": "东山市", "970101": "东山区", "970101100": "东山镇"}
        many |= {f"970101100{n:03d}": f"第{n}村委会" for n in range(200, 600)}
        with CaptureQueriesContext(connection) as more:
            load(many, FIRST, prefix="97")
        assert len(more) <= len(few) + 10  # 404 rows in a few statements


class TestReading:
    def rows(self) -> dict[str, list[tuple[str, str]]]:
        sizes = {2: "province", 4: "city", 6: "area", 9: "street", 12: "village"}
        found: dict[str, list[tuple[str, str]]] = {name: [] for name in sizes.values()}
        for code, name in YEAR_1.items():
            found[sizes[len(code)]].append((code, name))
        return found

    def sqlite(self, path: Path) -> Path:
        with closing(sqlite3.connect(path)) as database:
            for table, rows in self.rows().items():
                database.execute(f"CREATE TABLE {table} (code TEXT PRIMARY KEY, name TEXT)")
                database.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)  # noqa: S608
            database.execute("INSERT INTO province VALUES ('97', '东山省')")
            database.commit()
        return path

    def folder(self, path: Path) -> Path:
        path.mkdir()
        for table, rows in self.rows().items():
            name = {"city": "cities"}.get(table, f"{table}s")
            with (path / f"{name}.csv").open("w", newline="", encoding="utf-8") as out:
                csv.writer(out).writerows([("code", "name"), *rows])
        return path

    def test_every_form_of_the_package_reads_alike(self, tmp_path: Path) -> None:
        dist = tmp_path / "package" / "dist"
        dist.parent.mkdir()
        dist.mkdir()
        database = self.sqlite(dist / "data.sqlite")
        packed = tmp_path / "china-division.tgz"
        with tarfile.open(packed, "w:gz") as out:
            out.add(database, "package/dist/data.sqlite")
        one_file = tmp_path / "all.csv"
        with one_file.open("w", newline="", encoding="utf-8-sig") as text:
            csv.writer(text).writerows([("code", "name", "class"), *((c, n, "") for c, n in YEAR_1.items())])
        wanted = listed(YEAR_1)
        for source in (database, dist.parent, packed, self.folder(tmp_path / "csv"), one_file):
            assert division_lists.read(source, "98") == wanted, source

    def test_a_county_comes_with_what_is_above_it(self, tmp_path: Path) -> None:
        found = division_lists.read(self.sqlite(tmp_path / "data.sqlite"), "980102")
        assert [d.name for d in found] == ["松江省", "双河市", "南岭县", "红叶镇", "枫桥村委会"]

    def test_nothing_to_read_says_so(self, tmp_path: Path) -> None:
        self.sqlite(tmp_path / "data.sqlite")
        (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
        for path, prefix, error in (
            (tmp_path / "none", "", "divisions.missing"),
            (tmp_path / "bad.csv", "", "divisions.columns"),
            (tmp_path / "data.sqlite", "96", "divisions.empty"),
            (tmp_path / "data.sqlite", "x", "divisions.prefix"),
        ):
            with pytest.raises(DomainError, match=error):
                division_lists.read(path, prefix)
