"""Headings, cells and exports, without a database."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.intake import domain as d
from yanzhen.kernel.intake import exports, tables
from yanzhen.kernel.worktime.api import BEIJING

NAME = d.Column("name", "姓名", required=True, aliases=("名字",), max_length=10)
ID = d.Column("id", "身份证号", "id_number")
COLUMNS = (
    NAME,
    ID,
    d.Column("sex", "性别", "choice", choices={"男": "1", "女": "2"}),
    d.Column("born", "出生日期", "date"),
)


def book(*rows: list[object], formats: dict[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for place, form in (formats or {}).items():
        made.active[place].number_format = form
    made.save(out)
    return out.getvalue()


def one(column: d.Column, text: str) -> object:
    value, problem = d.read(column, text)
    return problem.words if problem else value


# --- cells ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["4.11E+17", "4.11e+17", "1.38E+10"])
def test_scientific_notation_is_refused_with_the_way_out(text: str) -> None:
    for column in (ID, NAME, d.Column("p", "电话", "phone"), d.Column("n", "数量", "int")):
        message = one(column, text)
        assert "科学计数法" in str(message)
        assert "文本" in str(message)


def test_an_id_number_kept_as_a_number_is_refused_and_as_text_is_read() -> None:
    content = book(["姓名", "身份证号"], ["张三", 411322199003070134], ["李四", "411322199003070134"])
    rows = list(tables.rows_of(content, exports.XLSX))
    assert "科学计数法" in str(one(ID, rows[1][1][1]))
    assert one(ID, rows[2][1][1]) == "411322199003070134"


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        (ID, " 11010119900307013x ", "11010119900307013X"),
        (ID, "'110101199003070134", "110101199003070134"),
        (d.Column("a", "a", "date"), "2026年1月5日", date(2026, 1, 5)),
        (d.Column("a", "a", "date"), "2026/1/5", date(2026, 1, 5)),
        (d.Column("a", "a", "date"), "2026.01.05", date(2026, 1, 5)),
        (d.Column("a", "a", "date"), "20260105", date(2026, 1, 5)),
        (d.Column("a", "a", "date"), "2026-01-05 00:00", date(2026, 1, 5)),
        (d.Column("a", "a", "datetime"), "2026/1/5 9:30", datetime(2026, 1, 5, 9, 30, tzinfo=BEIJING)),
        (d.Column("a", "a", "datetime"), "2026-01-05", datetime(2026, 1, 5, tzinfo=BEIJING)),
        (d.Column("a", "a", "int"), "1,204", 1204),
        (d.Column("a", "a", "decimal"), "1，204.50", Decimal("1204.50")),
        (d.Column("a", "a", "bool"), "是", True),
        (d.Column("a", "a", "bool"), "否", False),
        (d.Column("a", "a", "phone"), "+86 138-1234 5678", "13812345678"),
        (COLUMNS[2], "女", "2"),
        (COLUMNS[2], "2", "2"),
        (NAME, "", "“姓名”没有填写。"),
        (ID, "", None),
        (NAME, "名" * 11, "“姓名”超过 10 个字。"),
    ],
)
def test_cells_are_read(column: d.Column, text: str, value: object) -> None:
    assert one(column, text) == value


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (ID, "12345"), (d.Column("a", "a", "date"), "2026-02-30"), (d.Column("a", "a", "int"), "3.5"),
        (d.Column("a", "a", "decimal"), "NaN"), (d.Column("a", "a", "decimal"), "三"), (COLUMNS[2], "不详"),
        (d.Column("a", "a", "phone"), "电话"), (d.Column("a", "a", "bool"), "也许"), (d.Column("a", "a", "datetime"), "昨天"),
    ],
)  # fmt: skip
def test_wrong_cells_are_told_with_the_column(column: d.Column, text: str) -> None:
    value, problem = d.read(column, text)
    assert value is None
    assert problem is not None
    assert (problem.column, column.heading in problem.words) == (column.code, True)


# --- headings ---------------------------------------------------------------------------------------------------------------


def test_columns_are_found_by_heading_alias_and_in_any_order() -> None:
    assert d.suggest(COLUMNS, ["序号", "出生日期 ", "名字*", "身份证号（18位）"]) == {"name": 2, "id": 3, "born": 1}
    assert d.suggest(COLUMNS, ["姓名", "姓名"]) == {"name": 0}


def test_the_row_of_headings_is_found_below_a_title() -> None:
    rows = [["云岭县人员名册", "", ""], ["填报单位：青山镇", "", ""], ["序号", "姓名", "身份证号"], ["1", "张三", ""]]
    assert d.heading_row(COLUMNS, rows) == 2
    assert d.heading_row(COLUMNS, [["", ""], ["a", "b"]]) == 1
    assert d.heading_row(COLUMNS, [[""]]) == -1


def test_our_own_template_is_read_back() -> None:
    content = exports.import_template("人员", COLUMNS, ["一人一行。"])
    head = tables.head_of(content, exports.XLSX)
    at = d.heading_row(COLUMNS, [cells for _n, cells in head])
    assert d.suggest(COLUMNS, head[at][1]) == {"name": 0, "id": 1, "sex": 2, "born": 3}


def test_csv_of_both_encodings_and_other_separators() -> None:
    text = "姓名\t身份证号\n张三\t110101199003070134\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        assert list(tables.rows_of(text.encode(encoding), "text/csv"))[1] == (2, ["张三", "110101199003070134"])
    assert list(tables.rows_of(b'a;b\n"1\n2";3\n', "text/csv"))[1][1] == ["1\n2", "3"]


def test_row_numbers_are_those_of_the_sheet() -> None:
    made = openpyxl.Workbook()
    made.active["B3"] = "姓名"
    made.active["B5"] = "张三"
    out = io.BytesIO()
    made.save(out)
    assert list(tables.rows_of(out.getvalue(), exports.XLSX)) == [(3, ["", "姓名"]), (5, ["", "张三"])]


def test_what_cannot_be_read_says_why() -> None:
    for content, code in ((b"PK\x03\x04x", "intake.unreadable"), (book(), "intake.empty")):
        with pytest.raises(DomainError) as caught:
            list(tables.rows_of(content, exports.XLSX))
        assert caught.value.code == code


# --- exports ------------------------------------------------------------------------------------------------------------------

RISKY = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", '=HYPERLINK("http://x")']


def sheet(content: bytes):  # type: ignore[no-untyped-def]
    return openpyxl.load_workbook(io.BytesIO(content)).active


def test_an_export_is_an_official_sheet() -> None:
    columns = [
        exports.ExportColumn("unit", "单位"),
        exports.ExportColumn("n", "件数"),
        exports.ExportColumn("at", "时间"),
    ]
    rows = [{"unit": "青山镇", "n": 12, "at": datetime(2026, 6, 15, 2, tzinfo=UTC)}, ["白水乡", Decimal("0.5"), None]]
    page = sheet(exports.export_workbook("诉求办理情况", columns, rows, unit="云岭县", as_of="2026-06", notes=["说明"]))
    assert page["A1"].value == "诉求办理情况"
    assert "A1:C1" in [str(area) for area in page.merged_cells.ranges]
    assert page["A2"].value == "单位：云岭县    2026-06"
    assert [cell.value for cell in page[3]] == ["单位", "件数", "时间"]
    assert [cell.value for cell in page[4]] == ["青山镇", 12, "2026-06-15 10:00"]
    assert [cell.value for cell in page[5]][:2] == ["白水乡", 0.5]
    assert page["A6"].value == "说明"
    assert "盖章" in page["A8"].value


@pytest.mark.parametrize("text", RISKY)
def test_text_never_becomes_a_formula(text: str, tmp_path: Path) -> None:
    columns = [exports.ExportColumn("a", "甲"), exports.ExportColumn("b", "乙")]
    cell = sheet(exports.export_workbook("表", columns, [{"a": text, "b": 1}]))["A4"]
    assert (cell.data_type, cell.value, cell.quotePrefix) == ("s", text, True)
    path = tmp_path / "t.xlsx"
    path.write_bytes(book(["模板"], [None]))
    filled = sheet(exports.fill_template(path, {"A2": text, "B2": 5}))
    assert (filled["A2"].data_type, filled["A2"].value, filled["B2"].value) == ("s", text, 5)
    assert f"'{text}".encode() in exports.export_csv(columns, [{"a": text}]).replace(b'""', b'"')


def test_csv_begins_with_a_mark_and_keeps_numbers() -> None:
    content = exports.export_csv([exports.ExportColumn("a", "甲")], [{"a": -5}, {"a": "张三"}])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines() == ["甲", "-5", "张三"]


@given(st.text(max_size=40))
def test_harmless_text_never_begins_like_a_formula(text: str) -> None:
    assert not d.risky(d.harmless(text))
