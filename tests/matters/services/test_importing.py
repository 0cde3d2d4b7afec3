"""Messages of citizens brought in: real rows, every row accounted for, safe to repeat."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.personas import World
from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.scope.api import system
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.matters import selectors
from yanzhen.matters.models import Category, Entry, Matter
from yanzhen.matters.selectors import rates
from yanzhen.matters.services import tick
from yanzhen.matters.services.categories import import_categories
from yanzhen.matters.services.files import mapped, message_rows
from yanzhen.matters.services.importing import Rejects, encoding_of, import_rows
from yanzhen.registry.api import unit_ref

REAL = Path(os.environ.get("YANZHEN_REAL", "../shared/real")) / "citizen-messages"
ACTOR = system("import")


def row(**given: str) -> dict[str, str | None]:
    return {
        "ref": "1", "title": "路灯不亮", "text": "路灯坏了三天", "sent_at": "2019-04-25 09:32:09", "reply": "", "replied_at": "",
    } | given  # fmt: skip


def bring(world: World, now: datetime, *rows: dict[str, str | None], **more: object):
    return import_rows(
        enumerate(rows, 2), actor=ACTOR, now=now, unit=unit_ref(world.unit("county")), **more
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ref": ""}, "matters.import.ref"),
        ({"text": "", "title": " "}, "matters.import.text"),
        ({"sent_at": "gestern"}, "matters.import.sent"),
        ({"sent_at": "2031-01-01"}, "matters.import.future"),
        ({"reply": "已办", "replied_at": ""}, "matters.import.replied"),
        ({"reply": "已办", "replied_at": "2019-04-24"}, "matters.import.order"),
        ({"replied_at": "2019-04-26"}, "matters.import.no_reply"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason(
    world: World, now: datetime, tmp_path: Path, change: dict[str, str], code: str
) -> None:
    told = Rejects(tmp_path / "rejects.xlsx", ["ref", "title", "text"])
    outcome = bring(world, now, row(**change), row(ref="2"), rejects=told)
    told.close()
    assert (outcome.read, outcome.imported, outcome.rejected) == (2, 1, 1)
    assert outcome.reasons == {code: 1}
    from yanzhen.kernel.intake.api import XLSX, rows_of

    lines = [cells for _at, cells in rows_of((tmp_path / "rejects.xlsx").read_bytes(), XLSX)]
    assert lines[0][:2] == ["行号", "未导入原因"]
    assert lines[1][0] == "2"
    assert len(lines) == 2


def test_formulas_in_rejected_rows_are_made_harmless(world: World, now: datetime, tmp_path: Path) -> None:
    told = Rejects(tmp_path / "r.xlsx", ["title"])
    bring(world, now, row(ref="", title="=HYPERLINK(1)"), rejects=told)
    told.close()
    from yanzhen.kernel.intake.api import XLSX, rows_of

    lines = [cells for _at, cells in rows_of((tmp_path / "r.xlsx").read_bytes(), XLSX)]
    assert not lines[1][2].startswith("=")


def test_an_answered_message_keeps_its_times(world: World, now: datetime) -> None:
    import_categories(actor=ACTOR, now=now, rows=[("城乡建设", "城市建设和市政管理", "城市公共设施")])
    outcome = bring(
        world, now, row(reply="已修复", replied_at="2019-04-26 10:00:00", category_1="城乡建设", likes="3"),
        row(ref="2", reply="已修复", replied_at="2019-06-01 10:00:00", place="松坡村"),
    )  # fmt: skip
    assert (outcome.imported, outcome.answered, outcome.unlocated) == (2, 2, 1)
    fast, slow = Matter.objects.order_by("source_ref")
    assert (fast.state, fast.in_time, fast.voices, fast.located) == ("archived", True, 4, False)
    assert fast.category is not None
    assert fast.number.startswith("1904-")
    assert fast.received_at == datetime(2019, 4, 25, 1, 32, 9, tzinfo=UTC)
    assert fast.due_at == datetime(2019, 5, 5, 9, 30, tzinfo=UTC)  # 28 April and 5 May 2019 were worked
    assert (slow.in_time, slow.located, slow.village_id) == (False, True, world.unit("songpo").pk)
    assert list(Entry.objects.filter(matter=fast).order_by("id").values_list("act", flat=True)) == ["report", "answer"]
    assert TrailRow.objects.filter(action="matters.matter.imported").count() == 2
    figures = {leaf.indicator: leaf for leaf in rates.leaves("2019-04", [world.unit("county").pk])}
    assert (figures["matters.response"].numerator, figures["matters.response"].denominator) == (1, 1)


def test_an_unanswered_one_waits_to_be_weighed_but_history_is_not_pressed(world: World, now: datetime) -> None:
    bring(world, now, row(), row(ref="2", sent_at=(now - timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S")))
    old, new = Matter.objects.order_by("source_ref")
    assert (old.state, old.overdue, old.tick_at, old.in_time) == ("collected", True, None, False)
    assert (new.overdue, new.desk_id) == (False, world.unit("county").pk)
    assert new.tick_at is not None
    assert tick(now=now).pressed == 0
    county = world["county_officer"].actor
    assert selectors.page_for(county, selectors.Filters(tab="unlocated"), now=now).count.n == 2
    assert [each.light for each in selectors.page_for(county, selectors.Filters(), now=now).rows] == ["green", "red"]
    assert selectors.search_for(county, "路灯", now)


def test_a_second_run_brings_nothing_twice(world: World, now: datetime) -> None:
    first = bring(world, now, row(), row(ref="2"), row(ref="2"))
    again = bring(world, now, row(), row(ref="2"), row(ref="3"))
    other = bring(world, now, row(), source="other")
    assert (first.imported, first.present) == (2, 1)
    assert (again.imported, again.present) == (1, 2)
    assert other.imported == 1
    assert all(outcome.balanced() for outcome in (first, again, other))


def test_the_right_is_needed(world: World, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        import_rows([(2, row())], actor=world["grid_worker"].actor, now=now, unit=unit_ref(world.unit("county")))


def test_gb18030_and_own_headings(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("工单号,内容,受理时间\n7,路灯不亮,2019/4/25 9:32\n".encode("gb18030"))
    assert encoding_of(path) == "gb18030"
    headings, rows = message_rows(path, {"ref": "工单号"})
    assert set(headings) == {"ref", "text", "sent_at"}
    assert list(rows) == [(2, {"ref": "7", "text": "路灯不亮", "sent_at": "2019/4/25 9:32"})]
    with pytest.raises(DomainError, match=r"matters\.import\.column"):
        mapped(["内容"], {})


def test_the_official_table_comes_in_once(world: World, now: datetime) -> None:
    with (REAL / "categories.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    done = import_categories(actor=ACTOR, now=now, rows=rows)
    count = Category.objects.count()
    again = import_categories(actor=ACTOR, now=now, rows=rows)
    assert done.classes == 517
    assert again.created == 0
    assert Category.objects.count() == count
    assert Category.objects.filter(level=1).count() == len({line[0] for line in rows})
    assert Category.objects.filter(level=3).count() == len({tuple(line) for line in rows})


@pytest.mark.parametrize(
    ("name", "read", "imported", "present", "rejected"),
    [("answered", 1854, 1853, 0, 1), ("labelled", 315, 314, 1, 0)],
)
def test_real_messages_all_accounted_for(
    world: World, now: datetime, name: str, read: int, imported: int, present: int, rejected: int
) -> None:
    _headings, rows = message_rows(REAL / f"{name}.csv", {})
    outcome = import_rows(rows, actor=ACTOR, now=now, unit=unit_ref(world.unit("county")), source="real")
    assert (outcome.read, outcome.imported, outcome.present, outcome.rejected) == (read, imported, present, rejected)
    assert outcome.balanced()
    assert Matter.objects.count() == imported
    assert Matter.objects.filter(due_at__isnull=True).count() == 0
    if name == "answered":
        assert Matter.objects.filter(state="archived", answered_at__isnull=False, in_time__isnull=False).count() == imported
        with (REAL / "answered.csv").open(encoding="utf-8-sig", newline="") as file:
            given = {line["message_id"]: line for line in csv.DictReader(file)}
        some = Matter.objects.get(source_ref="2549")
        assert some.answered_at is not None
        assert some.answered_at.astimezone(now.tzinfo).strftime("%Y-%m-%d %H:%M:%S") == given["2549"]["replied_at"]


def test_bulk_trail_rows_are_those_of_single_writes(world: World, now: datetime) -> None:
    from yanzhen.kernel.trail.services import row_digest

    bring(world, now, *(row(ref=str(number), text="一\t二\n三\\四") for number in range(3)))
    rows = list(TrailRow.objects.filter(action="matters.matter.imported"))
    assert len(rows) == 3
    assert all(each.digest == row_digest(each) for each in rows)
    assert Matter.objects.get(source_ref="1").text == "一\t二\n三\\四"


def test_the_web_import_writes_by_the_same_way(world: World, now: datetime) -> None:
    from yanzhen.kernel.intake.api import Context, Staged, importers

    importer = importers()["messages"]
    context = Context(actor=world["county_officer"].actor, unit=unit_ref(world.unit("county")), now=now, run_id=1)
    good = Staged(2, {"ref": "1", "title": "路灯", "text": "坏了", "sent_at": "2026-06-01 09:00", "place": "松坡村"})
    bad = Staged(3, {"ref": "2", "title": "路灯", "text": "坏了", "sent_at": "不详"})
    assert importer.check(good, context) == []
    assert [each.column for each in importer.check(bad, context)] == ["sent_at"]
    assert importer.commit([good], context) == {"created": 1, "present": 0, "unlocated": 0, "answered": 0}
    assert importer.commit([good], context)["present"] == 1
    assert Matter.objects.get().village_id == world.unit("songpo").pk
