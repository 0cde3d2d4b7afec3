"""From a department's file to a unit's rows: conserved, repeatable, whole or not at all."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.lake.conftest import NOW, deliver
from yanzhen.kernel.errors import DomainError
from yanzhen.lake.api import Lake, Scope, Viewer, held_rows, query, run, workbook
from yanzhen.lake.invented.city import City
from yanzhen.lake.rows import HOW

EVERYTHING = Viewer("test", Scope.of("0"), clear=True)


def take(lake: Lake, *sources: str, **more: object) -> list[object]:
    return run(lake, now=NOW, threads=1, memory="1GB", sources=sources, **more).outcomes  # type: ignore[arg-type, return-value]


def rows(lake: Lake, table: str, **more: object) -> pa.Table:
    return query(lake, EVERYTHING, table, now=NOW, purpose="测试", limit=10**6, clear=True, **more).rows  # type: ignore[arg-type]


def test_every_row_is_kept_or_held(filled: Lake, deliveries: Path) -> None:
    report = json.loads((filled.folder / "runs" / "000001.json").read_text())
    assert len(report["outcomes"]) == 12
    for outcome in report["outcomes"]:
        truth = pq.read_metadata(deliveries.parent / "truth" / f"{outcome['source']}.parquet").num_rows
        assert outcome["arrived"] == truth == outcome["kept"] + outcome["held"]
        assert sum(outcome["reasons"].values()) == outcome["held"]
        assert rows(filled, outcome["source"]).num_rows == outcome["kept"]
        batch = filled.store.manifest(outcome["source"]).batches[0]
        assert (batch.arrived, batch.kept, batch.held) == (outcome["arrived"], outcome["kept"], outcome["held"])


def test_rows_are_where_they_belong(filled: Lake, deliveries: Path) -> None:
    for source in ("resident", "meter", "enterprise", "request", "medical"):
        truth = pq.read_table(deliveries.parent / "truth" / f"{source}.parquet")["grid"].to_numpy()
        found = rows(filled, source)
        place, how, number = found["place"].to_numpy(), found["how"].to_numpy(), found["_row"].to_numpy()
        located = place % 1000 != 0
        assert located.mean() > 0.97, source
        wrong = place[located] != truth[number[located]]
        assert wrong.mean() <= (0.002 if source == "medical" else 0), (source, [HOW[h] for h in how[located][wrong]])


def test_rows_belong_to_whom_they_should(filled: Lake, deliveries: Path, city: City) -> None:
    """Rows without an ID number (35 in 100 of the hospitals') find the person that rows with one belong to."""
    resident = rows(filled, "resident")
    known = dict(
        zip(resident["_row"].to_pylist(), resident["person"].to_pylist(), strict=True)
    )  # row = person in truth
    medical = rows(filled, "medical")
    truth = pq.read_table(deliveries.parent / "truth" / "medical.parquet")["pid"].to_numpy()[medical["_row"].to_numpy()]
    tie = medical["tie"].to_numpy()
    person = medical["person"].to_pylist()
    linked = [(person[at], known.get(int(truth[at]))) for at in np.nonzero((tie == 2) | (tie == 3))[0]]
    judged = [(found, right) for found, right in linked if right is not None]
    assert len(judged) > 800
    assert sum(found != right for found, right in judged) <= 0.002 * len(judged)
    without = np.isin(tie, (0, 2, 3, 4)).sum()
    assert len(linked) / without > 0.9


def test_the_plain_number_stays_nowhere(filled: Lake, city: City) -> None:
    numbers = [number.encode() for number in city.ids.slice(0, 200).to_pylist()]
    searched = 0
    for path in filled.folder.rglob("*"):
        if path.is_file() and "inbox" not in path.parts:
            if path.suffix == ".parquet" and "data" in path.parts:
                body = "\n".join(str(column.to_pylist()) for column in pq.read_table(path).columns).encode()
            else:
                body = path.read_bytes()
            searched += 1
            assert not any(number in body for number in numbers), path
    assert searched > 50
    assert not list((filled.folder / "tmp").glob("*")) if (filled.folder / "tmp").exists() else True


def test_the_same_delivery_twice_is_one(lake: Lake, deliveries: Path) -> None:
    deliver(lake, deliveries, "relief")
    (first,) = take(lake, "relief")
    before = lake.store.snapshot()
    (again,) = take(lake, "relief")
    assert (first.state, again.state) == ("kept", "known")  # type: ignore[attr-defined]
    assert lake.store.snapshot().tables == before.tables


def test_dry_run_changes_nothing(lake: Lake, deliveries: Path) -> None:
    deliver(lake, deliveries, "relief")
    (outcome,) = take(lake, "relief", dry=True)
    assert outcome.state == "dry"  # type: ignore[attr-defined]
    assert outcome.kept > 0  # type: ignore[attr-defined]
    assert lake.store.snapshot().number == 0
    assert not list((lake.folder / "data").rglob("*.parquet"))


def test_a_batch_dirtier_than_its_contract_stops(lake: Lake, tmp_path: Path) -> None:
    (lake.inbox / "relief").mkdir(parents=True)
    path = lake.inbox / "relief" / "bad.csv"
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["姓名", "身份证号", "救助类别", "金额", "月份", "村代码"])
        writer.writerow(["陈平", "11010519491231002X", "低保", "100", "202401", ""])
        writer.writerows([["陈平", "110105194912310021", "低保", "100", "202401", ""]] * 3)
    (outcome,) = take(lake, "relief")
    assert outcome.state == "stopped"  # type: ignore[attr-defined]
    assert lake.store.snapshot().number == 0
    contract = lake.book.by_name["relief"]
    told = list(held_rows(lake, contract, outcome.batch))  # type: ignore[attr-defined]
    assert [(h.row, h.rule, h.column, h.value) for h in told] == [
        (n, "check", "身份证号", "110105194912310021") for n in (3, 4, 5)
    ]
    assert workbook(lake, contract, outcome.batch, tmp_path / "back.xlsx") == 3  # type: ignore[attr-defined]
    from openpyxl import load_workbook

    sheet = load_workbook(tmp_path / "back.xlsx").active
    assert sheet is not None
    assert [cell.value for cell in sheet[3]] == [1, 3, "身份证号", "110105194912310021", "check", "校验码不对"]


def test_broken_lines_and_encodings_survive(lake: Lake) -> None:
    (lake.inbox / "household").mkdir(parents=True)
    body = '户号,户主姓名,户主身份证号,村代码,人口数,家庭住址\nH1,陈平,,,3,甲\nH2,林,少了\nH3,王玲,,,4,"乙\n丙"\nH4,李\ufffd\n'.encode()
    body += "H5,赵六,,,2,".encode() + b"\xff\xfe" + "\nH6,孙七,,,2,丁\n".encode()
    (lake.inbox / "household" / "a.csv").write_bytes(body)
    contract = (lake.folder / "contracts" / "household.toml").read_text().replace("dirt = 0.05", "dirt = 0.9")
    (lake.folder / "contracts" / "household.toml").write_text(contract)
    (outcome,) = take(Lake(lake.folder), "household")
    assert (outcome.arrived, outcome.kept, outcome.held) == (6, 3, 3)  # type: ignore[attr-defined]
    assert outcome.reasons == {"address.garbled": 1, "row.broken": 2}  # type: ignore[attr-defined]
    told = list(held_rows(lake, lake.book.by_name["household"], outcome.batch))  # type: ignore[attr-defined]
    assert [(held.row, held.rule) for held in told] == [(3, "broken"), (5, "broken"), (6, "garbled")]
    assert rows(Lake(lake.folder), "household")["household"].to_pylist() == ["H1", "H3", "H6"]


def test_changed_rows_replace_their_forerunners_and_touch_nothing_else(lake: Lake, deliveries: Path) -> None:
    deliver(lake, deliveries, "enterprise")
    take(lake, "enterprise")
    before = rows(lake, "enterprise")
    files = {file.path for file in lake.store.manifest("enterprise").files}
    changed = pq.read_table(deliveries / "enterprise" / "enterprise.parquet").slice(3, 2)
    changed = changed.set_column(1, "企业名称", pa.array(["改名甲", "改名乙"]))
    pq.write_table(changed, lake.inbox / "enterprise" / "later.parquet")
    _known, outcome = take(lake, "enterprise")
    after = rows(lake, "enterprise")
    assert outcome.replaced == 2  # type: ignore[attr-defined]
    assert len(after) == len(before)
    assert {"改名甲", "改名乙"} <= set(after["name"].to_pylist())
    assert set(changed["统一社会信用代码"].to_pylist()) <= set(after["code"].to_pylist())
    assert files <= {file.path for file in lake.store.manifest("enterprise").files}
    assert len(set(after["code"].to_pylist())) == len(after)
    # and once more: lists of deleted rows add up
    pq.write_table(
        changed.set_column(1, "企业名称", pa.array(["又改甲", "又改乙"])), lake.inbox / "enterprise" / "latest.parquet"
    )
    take(lake, "enterprise")
    assert len(rows(lake, "enterprise")) == len(before)
    assert "改名甲" not in rows(lake, "enterprise")["name"].to_pylist()


def test_the_later_of_two_rows_with_one_key_counts(lake: Lake, deliveries: Path) -> None:
    table = pq.read_table(deliveries / "enterprise" / "enterprise.parquet").slice(0, 40)
    (lake.inbox / "enterprise").mkdir(parents=True)
    pq.write_table(
        pa.concat_tables([table, table.slice(5, 1).set_column(1, "企业名称", pa.array(["后来的"]))]),
        lake.inbox / "enterprise" / "a.parquet",
    )
    (outcome,) = take(lake, "enterprise")
    assert outcome.reasons == {"row.twice": 1}  # type: ignore[attr-defined]
    assert "后来的" in rows(lake, "enterprise")["name"].to_pylist()


def test_a_whole_delivery_takes_away_what_it_no_longer_has(lake: Lake, deliveries: Path) -> None:
    path = lake.folder / "contracts" / "enterprise.toml"
    path.write_text(path.read_text().replace('mode = "upsert"', 'mode = "snapshot"'))
    lake = Lake(lake.folder)
    table = pq.read_table(deliveries / "enterprise" / "enterprise.parquet").slice(0, 60)
    (lake.inbox / "enterprise").mkdir(parents=True)
    pq.write_table(table, lake.inbox / "enterprise" / "1.parquet")
    take(lake, "enterprise")
    second = table.slice(0, 58).set_column(1, "企业名称", pa.array(["新名", *table["企业名称"].to_pylist()[1:58]]))
    pq.write_table(second, lake.inbox / "enterprise" / "2.parquet")
    _known, outcome = take(lake, "enterprise")
    assert (outcome.replaced, outcome.removed) == (1, 2)  # type: ignore[attr-defined]
    found = rows(lake, "enterprise")
    assert sorted(found["code"].to_pylist()) == sorted(second["统一社会信用代码"].to_pylist())
    assert found["name"].to_pylist().count("新名") == 1


def test_yesterday_can_be_read_and_restored(lake: Lake, deliveries: Path) -> None:
    deliver(lake, deliveries, "relief", "disability")
    take(lake, "relief", "disability")
    numbers = [snapshot.number for snapshot in lake.store.snapshots()]
    assert numbers == [1, 2]
    assert len(rows(lake, "relief")) > 0
    assert len(rows(lake, "relief", at=1)) == 0
    with lake.store.writing():
        lake.store.restore(1, at=NOW)
    assert len(rows(lake, "relief")) == 0
    assert len(rows(lake, "disability")) > 0
    (outcome,) = take(lake, "relief")
    assert outcome.state == "kept"  # type: ignore[attr-defined]


def test_two_writers_do_not_meet(lake: Lake) -> None:
    with lake.store.writing(), pytest.raises(DomainError, match=r"lake\.busy"):
        take(lake, "relief")


def test_a_missing_column_is_named(lake: Lake) -> None:
    (lake.inbox / "relief").mkdir(parents=True)
    (lake.inbox / "relief" / "a.csv").write_text("姓名,身份证号\n陈平,1\n")
    with pytest.raises(DomainError, match="救助类别、金额、月份、村代码"):
        take(lake, "relief")


def test_excel_and_database_sources(lake: Lake, tmp_path: Path) -> None:
    import sqlite3

    import xlsxwriter

    base = (lake.folder / "contracts" / "household.toml").read_text()
    excel = (
        base.replace('name = "household"\n', 'name = "sheet"\n', 1)
        .replace('kind = "csv"', 'kind = "excel"')
        .replace("*.csv", "*.xlsx")
    )
    excel = excel.replace('name = "sheet"\ntitle', 'name = "sheet"\ntitle')
    (lake.folder / "contracts" / "sheet.toml").write_text(excel)
    query_line = 'kind = "database"\nquery = "SELECT * FROM houses WHERE 户号 > {watermark} ORDER BY 户号"'
    database = base.replace('name = "household"\n', 'name = "houses"\n', 1).replace('kind = "csv"', query_line)
    database = database.replace('key = ["household"]', 'key = ["household"]\nwatermark = "household"')
    (lake.folder / "contracts" / "houses.toml").write_text(database)
    heads = ["户号", "户主姓名", "户主身份证号", "村代码", "人口数", "家庭住址"]
    (lake.inbox / "sheet").mkdir(parents=True)
    book = xlsxwriter.Workbook(str(lake.inbox / "sheet" / "a.xlsx"))
    sheet = book.add_worksheet()
    for number, line in enumerate(
        [heads, ["H1", "陈平", "11010519491231002X", "", 3, ""], ["H2", "王玲", "", "", 4.0, ""]]
    ):
        sheet.write_row(number, 0, line)
    book.close()
    with sqlite3.connect(tmp_path / "d.sqlite") as connection:
        connection.execute(f"CREATE TABLE houses ({', '.join(heads)})")
        connection.executemany(
            "INSERT INTO houses VALUES (?, ?, ?, ?, ?, ?)",
            [("H1", "陈平", None, None, 3, None), ("H2", "王玲", None, None, 4, None)],
        )
    fresh = Lake(lake.folder)
    url = {"houses": f"sqlite:///{tmp_path / 'd.sqlite'}"}
    houses, sheet_ = take(fresh, "sheet", "houses", urls=url)
    assert (sheet_.kept, houses.kept) == (2, 2)  # type: ignore[attr-defined]
    assert rows(fresh, "sheet")["size"].to_pylist() == [3, 4]
    assert rows(fresh, "sheet")["person"].to_pylist() == [1, None]
    with sqlite3.connect(tmp_path / "d.sqlite") as connection:
        connection.execute("INSERT INTO houses VALUES ('H3', '李四', NULL, NULL, 1, NULL)")
    (later,) = take(fresh, "houses", urls=url)
    assert later.arrived == 1  # type: ignore[attr-defined]
    assert sorted(rows(fresh, "houses")["household"].to_pylist()) == ["H1", "H2", "H3"]


def test_what_is_too_old_leaves(lake: Lake, deliveries: Path) -> None:
    from yanzhen.lake.api import drop_expired, sweep

    deliver(lake, deliveries, "relief")
    take(lake, "relief")
    kept = len(rows(lake, "relief"))
    assert drop_expired(lake, now=NOW + timedelta(days=3600)) == {}
    assert drop_expired(lake, now=NOW + timedelta(days=3700)) == {"relief": kept}
    assert len(rows(lake, "relief")) == 0
    assert not list((lake.folder / "raw" / "relief").glob("*.sealed"))
    sweep(lake, keep=1)
    assert not list((lake.folder / "data" / "relief").rglob("*.parquet"))
    shutil.rmtree(lake.folder)
