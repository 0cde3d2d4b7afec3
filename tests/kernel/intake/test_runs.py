"""An import from upload to commit, its rights, its repetition, its failures."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from tests.personas import World
from yanzhen.kernel.errors import Conflict, DomainError, NotAllowed, NotFound
from yanzhen.kernel.intake import api, importers, selectors, services
from yanzhen.kernel.intake.models import ImportRow, ImportRun
from yanzhen.kernel.notify.models import Notice
from yanzhen.kernel.scope.api import system
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.registry.api import unit_ref


class Tickets(api.BaseImporter):
    """Imports lines into a table that is at hand (notices), so that the tests see what was written."""

    code = "tickets"
    title = "测试事项"
    capability = "people.manage"
    columns = (
        api.Column("title", "标题", required=True),
        api.Column("account", "账号", "int", required=True),
        api.Column("id", "身份证号", "id_number"),
    )
    notes = ("一行一件。",)
    chunk: int | None = None
    partial = True
    fail_at = 0

    def check(self, row: api.Staged, context: api.Context) -> list[api.Problem]:
        return [api.Problem("标题不能是“坏”。", "title")] if row.values["title"] == "坏" else []

    def check_all(self, rows: Sequence[api.Staged], context: api.Context) -> Mapping[int, list[api.Problem]]:
        seen = context.memo.setdefault("seen", {})
        found: dict[int, list[api.Problem]] = {}
        for row in rows:
            first = seen.setdefault(row.values["title"], row.number)
            if first != row.number:
                found[row.number] = [api.Problem(f"与第 {first} 行重复。")]
        return found

    def commit(self, rows: Iterable[api.Staged], context: api.Context) -> Mapping[str, int]:
        count = 0
        for row in rows:
            if row.number == self.fail_at:
                raise RuntimeError("the machine stops")
            Notice.objects.create(
                account_id=row.values["account"], kind="import", title=row.values["title"], at=context.now
            )
            count += 1
        return {"created": count}


@pytest.fixture
def tickets(world: World) -> Iterator[Tickets]:
    made = Tickets()
    importers.register(made)
    yield made
    del importers._IMPORTERS["tickets"]


def table(*rows: list[object], name: str = "a.xlsx") -> SimpleUploadedFile:
    made = openpyxl.Workbook()
    made.active.append(["标题", "账号", "身份证号"])
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    return SimpleUploadedFile(name, out.getvalue())


GOOD = [["路灯", 1, "110101199003070134"], ["水管", 2, None]]
BAD = [["坏", 1, None], ["路灯", 3, None], ["桥", "x", 110101199003070134]]


def start(world: World, now: datetime, *rows: list[object], who: str = "county_officer") -> ImportRun:
    actor = world[who].actor
    return api.start(actor=actor, now=now, importer="tickets", unit=actor.unit, upload=table(*rows))  # type: ignore[arg-type]


def check(world: World, now: datetime, *rows: list[object]) -> ImportRun:
    run = start(world, now, *rows)
    api.choose_columns(actor=world["county_officer"].actor, now=now, run=run, places=selectors.mapping(run))
    run.refresh_from_db()
    return run


def commit(world: World, now: datetime, run: ImportRun) -> ImportRun:
    api.confirm(actor=world["county_officer"].actor, now=now, run=run)
    run.refresh_from_db()
    return run


# --- the way through -------------------------------------------------------------------------------------------------------


def test_good_rows_go_in_and_bad_ones_come_back(world: World, now: datetime, tickets: Tickets) -> None:
    run = check(world, now, *GOOD, *BAD)
    assert (run.state, run.rows, run.bad) == (ImportRun.CHECKED, 5, 3)
    assert not Notice.objects.exists()
    bad = selectors.bad_rows(run)
    assert [row.number for row in bad] == [4, 5, 6]
    assert "坏" in bad[0].problems[0][0]
    assert "第 2 行重复" in bad[1].problems[0][0]
    assert [heading for _text, heading in bad[2].problems] == ["账号", "身份证号"]
    assert selectors.preview(run)[0] == (2, ["路灯", "1", "110101199003070134"])
    run = commit(world, now, run)
    assert run.state == ImportRun.COMMITTED
    assert selectors.counts(run) == {"created": 2}
    assert set(Notice.objects.values_list("title", flat=True)) == {"路灯", "水管"}
    trail = {row.action: row for row in TrailRow.objects.filter(subject_kind="import")}
    assert set(trail) == {"kernel.intake.uploaded", "kernel.intake.committed"}
    assert json.loads(trail["kernel.intake.committed"].after) == {
        "created": 2, "held_back": 3, "importer": "tickets", "rows": 5,
    }  # fmt: skip


def test_the_same_workbook_comes_back_with_its_errors(world: World, now: datetime, tickets: Tickets) -> None:
    run = check(world, now, *GOOD, *BAD)
    page = openpyxl.load_workbook(io.BytesIO(selectors.errors_workbook(run, "错误说明"))).active
    assert [cell.value for cell in page[1]] == ["标题", "账号", "身份证号", "错误说明"]
    assert page["D2"].value is None
    assert "坏" in page["D4"].value
    assert page["A4"].fill.fgColor.rgb.endswith("FFD6D6")
    assert page["B6"].fill.fgColor.rgb.endswith("FFD6D6")
    assert page["A6"].fill.fill_type is None


def test_the_bad_rows_of_a_csv_come_back_as_a_workbook(world: World, now: datetime, tickets: Tickets) -> None:
    actor = world["county_officer"].actor
    upload = SimpleUploadedFile("a.csv", "标题,账号\n=坏,x\n路灯,1\n".encode("gb18030"))
    run = api.start(actor=actor, now=now, importer="tickets", unit=actor.unit, upload=upload)  # type: ignore[arg-type]
    api.choose_columns(actor=actor, now=now, run=run, places=selectors.mapping(run))
    run.refresh_from_db()
    assert (run.rows, run.bad) == (2, 1)
    page = openpyxl.load_workbook(io.BytesIO(selectors.errors_workbook(run, "错误说明"))).active
    assert [cell.value for cell in page[1]] == ["标题", "账号", "错误说明"]
    assert (page["A2"].value, page["A2"].data_type) == ("=坏", "s")
    assert "整数" in page["C2"].value


def test_staged_rows_are_unreadable_in_the_database(world: World, now: datetime, tickets: Tickets) -> None:
    check(world, now, *GOOD)
    with connection.cursor() as cursor:
        cursor.execute("SELECT cells FROM import_row")
        assert all("11010119" not in row[0] and "路灯" not in row[0] for row in cursor.fetchall())


# --- never twice, never half --------------------------------------------------------------------------------------------------


def test_the_same_file_is_not_imported_twice(world: World, now: datetime, tickets: Tickets) -> None:
    upload = table(*GOOD).read()
    actor = world["county_officer"].actor

    def begin() -> ImportRun:
        return api.start(actor=actor, now=now, importer="tickets", unit=actor.unit, upload=upload, name="a.xlsx")  # type: ignore[arg-type]

    first, second = begin(), begin()  # two uploads before either is committed
    for run in (first, second):
        api.choose_columns(actor=actor, now=now, run=run, places=selectors.mapping(run))
        run.refresh_from_db()
    assert commit(world, now, first).state == ImportRun.COMMITTED
    second = commit(world, now, second)
    assert second.state == ImportRun.FAILED
    assert "导入过" in second.error
    assert Notice.objects.count() == 2
    with pytest.raises(DomainError) as caught:
        begin()
    assert caught.value.code == "intake.twice"
    assert "陆知远" in caught.value.message


def test_a_failure_in_the_middle_leaves_nothing(world: World, now: datetime, tickets: Tickets) -> None:
    run = check(world, now, *GOOD)
    tickets.fail_at = 3
    services._move(run, ImportRun.CHECKED, ImportRun.COMMITTING)
    with pytest.raises(RuntimeError):
        services.commit_run(actor=world["county_officer"].actor, now=now, run_id=run.pk)
    run.refresh_from_db()
    assert run.state == ImportRun.FAILED
    assert not Notice.objects.exists()


def test_a_commit_that_died_is_done_again_once(world: World, now: datetime, tickets: Tickets) -> None:
    run = check(world, now, *GOOD)
    services._move(run, ImportRun.CHECKED, ImportRun.COMMITTING)  # as a killed worker leaves it
    for _ in range(3):
        services.commit_run(actor=world["county_officer"].actor, now=now, run_id=run.pk)
    assert Notice.objects.count() == 2


def test_chunks_go_on_where_they_ended(world: World, now: datetime, tickets: Tickets) -> None:
    rows = [[f"第{n}件", n, None] for n in range(1, 8)]
    run = check(world, now, *rows)
    tickets.chunk, tickets.fail_at = 2, 7
    services._move(run, ImportRun.CHECKED, ImportRun.COMMITTING, done=0)
    with pytest.raises(RuntimeError):
        services.commit_run(actor=world["county_officer"].actor, now=now, run_id=run.pk)
    assert Notice.objects.count() == 4  # two whole chunks, nothing of the third
    tickets.fail_at = 0
    ImportRun.objects.filter(pk=run.pk).update(state=ImportRun.COMMITTING)
    services.commit_run(actor=world["county_officer"].actor, now=now, run_id=run.pk)
    run.refresh_from_db()
    assert run.state == ImportRun.COMMITTED
    assert sorted(Notice.objects.values_list("account_id", flat=True)) == list(range(1, 8))
    assert selectors.counts(run) == {"created": 7}


def test_a_check_that_died_begins_anew(world: World, now: datetime, tickets: Tickets) -> None:
    run = check(world, now, *GOOD)
    ImportRun.objects.filter(pk=run.pk).update(state=ImportRun.CHECKING)
    services.check_run(actor=world["county_officer"].actor, now=now, run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.rows, ImportRow.objects.count()) == (ImportRun.CHECKED, 2, 2)


def test_only_the_first_of_two_clicks_counts(world: World, now: datetime, tickets: Tickets) -> None:
    run = check(world, now, *GOOD)
    stale = ImportRun.objects.get(pk=run.pk)
    commit(world, now, run)
    with pytest.raises(Conflict):
        api.confirm(actor=world["county_officer"].actor, now=now, run=stale)
    assert Notice.objects.count() == 2


def test_all_or_none(world: World, now: datetime, tickets: Tickets) -> None:
    tickets.partial = False
    run = check(world, now, *GOOD, *BAD)
    with pytest.raises(DomainError) as caught:
        commit(world, now, run)
    assert caught.value.code == "intake.all_or_none"


# --- what is wrong with a file --------------------------------------------------------------------------------------------------


def test_missing_columns_are_named(world: World, now: datetime, tickets: Tickets) -> None:
    run = start(world, now, *GOOD)
    with pytest.raises(DomainError) as caught:
        api.choose_columns(actor=world["county_officer"].actor, now=now, run=run, places={"title": 0, "account": 99})
    assert "账号" in caught.value.message
    with pytest.raises(DomainError):
        api.choose_columns(actor=world["county_officer"].actor, now=now, run=run, places={"title": 0, "account": 0})


def test_a_table_without_rows_says_so(world: World, now: datetime, tickets: Tickets) -> None:
    run = check(world, now)
    assert run.state == ImportRun.FAILED
    assert "没有数据行" in run.error


def test_too_many_rows_are_refused(
    world: World, now: datetime, tickets: Tickets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "value", lambda *a, **k: 2)
    run = check(world, now, *GOOD, ["三", 3, None])
    assert run.state == ImportRun.FAILED
    assert not ImportRow.objects.exists()


def test_a_discarded_run_keeps_no_rows(world: World, now: datetime, tickets: Tickets) -> None:
    run = check(world, now, *GOOD)
    services.discard(actor=world["county_officer"].actor, now=now, run=run)
    assert not ImportRow.objects.exists()
    with pytest.raises(Conflict):
        commit(world, now, ImportRun.objects.get(pk=run.pk))


def test_old_staged_rows_are_forgotten(world: World, now: datetime, tickets: Tickets) -> None:
    from datetime import timedelta

    check(world, now, *GOOD)
    assert services.forget_old(actor=system("intake"), now=now + timedelta(days=29)) == 0
    assert services.forget_old(actor=system("intake"), now=now + timedelta(days=31)) == 2


# --- rights ------------------------------------------------------------------------------------------------------------------------


def test_runs_are_seen_where_the_right_reaches(world: World, now: datetime, tickets: Tickets) -> None:
    run = start(world, now, *GOOD, who="village_secretary")
    seen = [
        who
        for who in ("county_officer", "township_secretary", "village_secretary")
        if selectors.runs_for(world[who].actor)[0]
    ]
    assert seen == ["county_officer", "township_secretary", "village_secretary"]
    for who in ("outsider", "grid_worker", "department_officer", "audit_officer"):
        assert selectors.runs_for(world[who].actor)[0] == []
        with pytest.raises(NotFound):
            selectors.run_for(world[who].actor, run.pk)
    with pytest.raises(NotAllowed):
        api.start(
            actor=world["village_secretary"].actor, now=now, importer="tickets", unit=unit_ref(world.unit("county")),
            upload=table(*GOOD),
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        start(world, now, *GOOD, who="grid_worker")


def test_the_worker_acts_with_the_rights_of_the_click(world: World) -> None:
    actor = world["county_officer"].actor
    assert services.thaw(json.loads(json.dumps(services._freeze(actor)))) == actor


# --- pages -------------------------------------------------------------------------------------------------------------------------


def test_the_pages(world: World, now: datetime, tickets: Tickets) -> None:
    client = world["county_officer"].client()
    assert "测试事项" in client.get("/imports/").content.decode()
    assert client.get("/imports/template/tickets/")["Content-Type"].endswith("sheet")
    page = client.post("/imports/new/tickets/", {"file": SimpleUploadedFile("a.xlsx", b"no workbook \0")})
    assert page.status_code == 422
    assert "不接收这种文件" in page.content.decode()
    assert client.post("/imports/new/tickets/").status_code == 422
    step = client.post("/imports/new/tickets/", {"file": table(*GOOD, *BAD)})
    assert step.status_code == 302
    where: Any = step["Location"]
    assert "标题" in client.get(where).content.decode()
    assert client.post(where, {"title": "0", "account": "0"}).status_code == 422
    step = client.post(where, {"title": "0", "account": "1", "id": "2"})
    run = ImportRun.objects.get()
    assert step["Location"] == f"/imports/{run.pk}/"
    text = client.get(step["Location"]).content.decode()
    assert "导入 2 行" in text
    assert "科学计数法" in text
    assert client.get(f"/imports/{run.pk}/progress/").status_code == 200
    errors = client.get(f"/imports/{run.pk}/errors/")
    assert errors["Content-Disposition"].startswith("attachment")
    assert TrailRow.objects.filter(action="kernel.intake.exported").count() == 1
    assert client.post(f"/imports/{run.pk}/confirm/").status_code == 302
    assert "已导入" in client.get(f"/imports/{run.pk}/").content.decode()
    assert client.post(f"/imports/{run.pk}/confirm/").status_code in (409, 422)
    assert client.post(
        "/imports/new/tickets/", {"file": SimpleUploadedFile("b.xlsx", table(*GOOD, *BAD).read())}
    ).status_code in (302, 422)
    other = world["outsider"].client()
    assert other.get(f"/imports/{run.pk}/").status_code in (403, 404)
    assert world["grid_worker"].client().get("/imports/").status_code == 403
    assert client.get("/imports/new/unknown/").status_code == 404
