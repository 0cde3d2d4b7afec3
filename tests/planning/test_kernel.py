"""The common part: records, digests, limits, reading with errors by line, writing, the report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from yanzhen.planning.kernel import (
    Finding,
    Level,
    Limits,
    Lock,
    Plan,
    ProblemError,
    Text,
    cancel_token,
    diff_lines,
    digest_rows,
    load_plan,
    must_hold,
    overall,
    shuffled,
    tie,
    tie_many,
    words,
)
from yanzhen.planning.kernel.drawing import Bars, Curves, Dots, Intervals, Links, Map, Shapes, ticks
from yanzhen.planning.kernel.html import Prose, Report, Section, Table, record_facts, standard_sections
from yanzhen.planning.kernel.reading import Column, read, refers, unique
from yanzhen.planning.kernel.writing import (
    ListColumn,
    ListSheet,
    return_with_problems,
    write_csv,
    write_word,
    write_workbook,
)


@dataclass(frozen=True, slots=True)
class Post:
    village: str
    person: str
    points: float = 0.0

    @property
    def key(self) -> str:
        return self.village

    @property
    def choice(self) -> str:
        return self.person


def plan(*lines: Post, value: float = 3, bound: float | None = 3) -> Plan[Post]:
    level = Level("filled", Text("到岗", "Filled"), "max", value, bound, Text("个", "posts"))
    return Plan("rotation", "d", overall([level]), (level,), tuple(lines), 7, locks=(Lock("fix", "v1", "p1"),))


# -- records ---------------------------------------------------------------------------------------------------------------------


def test_a_level_is_optimal_only_with_its_bound() -> None:
    assert plan().status == "optimal"
    assert plan(bound=None).status == "feasible"
    assert plan(bound=None).levels[0].gap is None
    assert plan(value=2).levels[0].gap == pytest.approx(0.5)
    worse = Level("near", Text("", ""), "min", 110, 100)
    assert worse.gap == pytest.approx(10 / 110)
    assert worse.status == "feasible"
    assert overall([worse], stopped=True) == "stopped"


def test_a_plan_survives_its_file_and_tampering_is_seen() -> None:
    made = plan(Post("v1", "p1", 2), Post("v2", "p2", 2.5))
    again = load_plan(made.dumps(), Post)
    assert again == made
    assert again.digest == made.digest
    with pytest.raises(ValueError, match="changed"):
        load_plan(made.dumps().replace("p2", "p3"), Post)


def test_the_digest_leaves_duration_out() -> None:
    made = plan(Post("v1", "p1"))
    assert replace(made, seconds=9.0, memory_mb=1.0).digest == made.digest
    assert replace(made, seed=8).digest != made.digest


@given(st.permutations([("a", 1), ("b", 2), ("c", 3)]))
def test_the_input_digest_ignores_the_order_of_rows(rows: list[tuple[str, int]]) -> None:
    assert digest_rows({"rows": rows}) == digest_rows({"rows": [("a", 1), ("b", 2), ("c", 3)]})
    assert digest_rows({"rows": rows}) != digest_rows({"rows": rows[:2]})


def test_a_diff_names_what_changed() -> None:
    old = plan(Post("v1", "p1"), Post("v2", "p2"), Post("v3", "p3"))
    new = plan(Post("v1", "p1"), Post("v2", "p9"), Post("v4", "p4"))
    found = diff_lines(new, old)
    assert found.kept == 1
    assert [(change.key, change.kind) for change in found.changes] == [
        ("v2", "changed"),
        ("v3", "removed"),
        ("v4", "added"),
    ]
    assert found.changes[0].text.zh == "v2：p2 → p9"
    assert diff_lines(new, new).empty


@given(st.integers(0, 2**31), st.text(max_size=8), st.text(max_size=8))
def test_the_tie_break_by_columns_is_the_published_one(seed: int, one: str, two: str) -> None:
    assert int(tie_many(seed, words([one]), words([two]))[0]) == tie(seed, one, two)
    assert 0 <= tie(seed, one, two) < 2**64


def test_the_tie_break_is_fixed_for_ever() -> None:
    """Published plans must be reproducible by anyone: these numbers may never change."""
    assert tie(0, "N001", "S001") == 9964251663240093714
    assert shuffled(1, ["a", "b", "c", "d"]) == shuffled(1, ["d", "c", "b", "a"]) == ["d", "c", "a", "b"]


def test_limits_count_by_their_own_timer() -> None:
    now = [0.0]
    stop = cancel_token()
    run = Limits(seconds=10, timer=lambda: now[0], cancel=stop).begin()
    now[0] = 4.0
    assert (run.seconds, run.left, run.over) == (4.0, 6.0, False)
    stop.set()
    assert run.left == 0.0
    assert run.over


def test_errors_stop_and_warnings_do_not() -> None:
    must_hold([Finding("x", Text("提示", "note"), "warning")])
    with pytest.raises(ProblemError) as caught:
        must_hold([Finding("x", Text("{坏}", "bad"), sheet="表", line=3, column="数量")])
    assert "表 第 3 行【数量】：{坏}" in caught.value.message
    assert caught.value.findings[0].say("en") == "表 line 3 [数量]: bad"


# -- reading ---------------------------------------------------------------------------------------------------------------------

COLUMNS = (
    Column("id", Text("编号", "id"), required=True),
    Column("count", Text("数量", "count"), "int", required=True, low=1, high=9),
    Column("season", Text("季节", "season"), "choice", default="", choices={"春": "spring"}),
    Column("since", Text("时间", "since"), "date"),
    Column("agreed", Text("同意", "agreed"), "bool", default=True),
    Column("codes", Text("代码", "codes"), "list", default=()),
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_of_the_field(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "表.csv"
    path.write_text("编号,数量,季节,时间,同意,代码\n甲,3,春,2026年1月2日,否,a、b\n", encoding=encoding)
    (row,) = read(path, COLUMNS).rows
    assert row.line == 2
    assert (row["id"], row["count"], row["season"], row["agreed"], row["codes"]) == (
        "甲",
        3,
        "spring",
        False,
        ("a", "b"),
    )
    assert row["since"].isoformat() == "2026-01-02"


def test_every_error_of_every_line_is_listed(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["某县需求清单"])
    sheet.append(["编号", "数量（人）", "季节", "时间"])
    for row in (["甲", "两", "雨季", "2026-13-01"], ["", 3], ["乙", 99], ["丙", 2.0], ["丙", 1]):
        sheet.append(row)
    path = tmp_path / "需求.xlsx"
    book.save(path)
    found = read(path, COLUMNS)
    assert [(item.line, item.column) for item in found.findings] == [
        (3, "数量（人）"), (3, "季节"), (3, "时间"), (4, "编号"), (5, "数量（人）"),
    ]  # fmt: skip
    assert [row["id"] for row in found.rows] == ["丙", "丙"]
    (twice,) = unique(found, "id")
    assert (twice.line, twice.column) == (7, "编号")
    (unknown,) = refers(found, "id", ["丁"], Text("村", "village"))[:1]
    assert unknown.line == 6

    target = return_with_problems(path, [*found.findings, twice], tmp_path / "problems-需求.xlsx")
    returned = load_workbook(target).active
    assert returned["E2"].value == "问题"
    assert "不是数" in returned["E3"].value
    assert "雨季" in returned["E3"].value
    assert returned["E7"].value == "【编号】“丙”与第 6 行重复"
    assert returned["B3"].fill.fgColor.rgb == "FFF2C4C4"
    assert returned["E6"].value is None


def test_a_csv_comes_back_in_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("编号,数量\n甲,x\n乙,2\n", encoding="gb18030")
    found = read(path, COLUMNS)
    target = return_with_problems(path, found.findings, tmp_path / "b.csv")
    lines = target.read_text(encoding="gb18030").splitlines()
    assert lines[0].endswith("问题")
    assert "不是数" in lines[1]
    assert lines[2] == "乙,2,"


def test_what_cannot_be_read_is_refused_in_words(tmp_path: Path) -> None:
    bad = tmp_path / "x.xlsx"
    bad.write_bytes(b"no workbook")
    short = tmp_path / "y.csv"
    short.write_text("编号\n甲\n", encoding="utf-8")
    for path, rule in ((bad, "input.unreadable"), (short, "input.no_column")):
        with pytest.raises(ProblemError) as caught:
            read(path, COLUMNS)
        assert caught.value.findings[0].rule == rule


def test_geojson_rows_carry_their_geometry(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":['
        '{"type":"Feature","properties":{"编号":"甲","数量":2},"geometry":{"type":"Point","coordinates":[110,25]}},'
        '{"type":"Feature","properties":{"编号":"乙","数量":2},"geometry":null}]}',
        encoding="utf-8",
    )
    found = read(path, COLUMNS)
    assert [(row["id"], row["geometry"].x) for row in found.rows] == [("甲", 110.0)]
    assert [(item.rule, item.line) for item in found.findings] == [("input.geometry", 2)]


# -- writing ---------------------------------------------------------------------------------------------------------------------


def test_lists_never_hold_formulas(tmp_path: Path) -> None:
    columns = [ListColumn("a", Text("村", "Village")), ListColumn("n", Text("数", "n"), number=True)]
    rows = [{"a": "=1+1", "n": 3}]
    book = load_workbook(
        write_workbook(tmp_path / "l.xlsx", [ListSheet(Text("名单", "List"), columns, rows, Text("题", "t"))])
    )
    assert (book.active["A3"].value, book.active["A3"].data_type) == ("=1+1", "s")
    assert write_csv(tmp_path / "l.csv", columns, rows).read_text(encoding="utf-8-sig").splitlines()[1] == "'=1+1,3"


def test_the_word_list_holds_its_rows_and_escapes(tmp_path: Path) -> None:
    columns = [ListColumn("a", Text("村", "Village"))]
    path = write_word(
        tmp_path / "l.docx", title=Text("名单 <1>", "List"), columns=columns, rows=[{"a": "甲 & <乙>"}] * 2, facts=[(Text("摘要", "d"), Text("x", "x"))]
    )  # fmt: skip
    page = Document(str(path))
    assert page.paragraphs[0].text == "名单 <1>"
    assert [row.cells[0].text for row in page.tables[0].rows] == ["村", "甲 & <乙>", "甲 & <乙>"]


def test_a_report_is_one_file_in_both_languages() -> None:
    made = plan(Post("v1", "p<1>"))
    square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    blocks = [
        Map([Shapes(Text("面", "s"), [square]), Links(Text("线", "l"), [((0, 0), (1, 1))]), Dots(Text("点", "p"), [(0.5, 0.5)], titles=["<t>"])], Text("图", "map")),
        Bars(["a"], [(Text("前", "b"), [1.0]), (Text("后", "a"), [2.0])], Text("柱", "bars"), reference=1.5),
        Curves([(Text("线", "l"), [(0, 1), (2, 5)])], Text("曲", "c"), Text("x", "x"), Text("y", "y"), steps=True),
        Intervals([("a", 1, 2, 3)], Text("区间", "i")),
        Table([Text("列", "c")], [["<script>"]] * 3, limit=2),
        Prose(Text("话", "word"), "note"),
    ]  # fmt: skip
    page = Report(
        Text("题", "Title"), [*standard_sections(made, diff=diff_lines(made, made)), Section(Text("图", "D"), blocks)], facts=record_facts(made)
    ).html("en")  # fmt: skip
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org", "")
    assert "&lt;script&gt;" in page
    assert "题" in page
    assert "Title" in page
    assert 'id="lang-en" class="switch" checked' in page
    assert made.digest[:16] in page
    assert page.count("<svg") >= 4


def test_ticks_are_round() -> None:
    assert ticks(0, 10) == [0, 2, 4, 6, 8, 10]
    assert ticks(3, 3) == [3]
    assert all(3.1 - 1e-9 <= item <= 4.2 + 1e-9 for item in ticks(3.1, 4.2))


def test_words_are_unsigned() -> None:
    assert words(["a"]).dtype == np.uint64
