"""Search on the database of the run (SQLite or PostgreSQL)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from yanzhen.kernel.search import api, domain, tables

NAME = "test_words"
TEXTS = {
    1: "张三家申请低保，住在松坡村",
    2: "李四反映路灯不亮；张三丰证明",
    3: "低保户危房改造 2026年第15号",
    4: "自来水管 ＡＢ１２ 漏水",
    5: "张先生说：三天没有水",
    6: "𠮷野家门口堆放垃圾",
}


class Editor:
    """A schema editor inside the test's transaction (SQLite's own refuses to work there)."""

    connection = connection

    def execute(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.fixture
def table(db: None) -> Iterator[str]:
    with connection.cursor() as cursor:
        for statement in tables.create_sql(connection.vendor, NAME):
            cursor.execute(statement)
    api.index_many(NAME, [(pk, text, api.unit_marks([1, pk % 2 + 2])) for pk, text in TEXTS.items()])
    yield NAME
    with connection.cursor() as cursor:
        cursor.execute(tables.drop_sql(NAME))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("张三", [2, 1]),
        ("低保", [3, 1]),
        ("张三丰", [2]),
        ("张", [5, 2, 1]),
        ("亮", [2]),
        ("村", [1]),
        ("低保 危房", [3]),
        ("低保 路灯", []),
        ("2026", [3]),
        ("ab12", [4]),
        ("AB", [4]),
        ("松坡村", [1]),
        ("坡村", [1]),
        ("三张", []),
        ("水管", [4]),
        ("𠮷野", [6]),
        ("。，", []),
        ("'\" OR 1=1 --", []),
        ("a\"b' & | !", []),
        ("NOT 张三", []),
        ("zu1", []),
        ("", []),
    ],
)
def test_words_are_found_newest_first(table: str, words: str, found: list[int]) -> None:
    assert api.find(table, words) == found


def test_scope_is_met_inside_the_index(table: str) -> None:
    assert api.find(table, "张三", ["zu1"]) == [2, 1]
    assert api.find(table, "张三", ["zu2"]) == [2]
    assert api.find(table, "张三", ["zu3"]) == [1]
    assert api.find(table, "张三", ["zu3", "zu2"]) == []
    assert api.find(table, "张三", any_marks=["zu3", "zu2"]) == [2, 1]
    assert api.find(table, "", ["zu3"]) == [5, 3, 1]
    with pytest.raises(ValueError, match="mark"):
        api.find(table, "张三", ['zu3" OR "x'])


def test_results_are_bounded_and_page_on(table: str) -> None:
    assert api.find(table, "张", limit=2) == [5, 2]
    assert api.find(table, "张", limit=2, beyond=2) == [1]
    assert api.find(table, "张", newest_first=False) == [1, 2, 5]
    assert api.find(table, "张", limit=0) == []


def test_an_index_entry_is_replaced_and_removed(table: str) -> None:
    api.index(table, 1, "王五的申请", ["zu9"])
    assert api.find(table, "张三") == [2]
    assert api.find(table, "王五", ["zu9"]) == [1]
    api.remove(table, [1])
    assert api.find(table, "王五") == []
    api.clear(table)
    assert api.find(table, "张") == []


def test_slices_are_read_until_enough(table: str) -> None:
    assert api.find_back(table, "张", [["zu3"], ["zu2"]], limit=3) == [5, 1, 2]
    assert api.find_back(table, "张", [["zu3"], ["zu2"]], limit=2) == [5, 1]


def test_the_migration_operation_makes_and_drops_the_table(db: None) -> None:
    operation = api.CreateSearchTable("test_operation")
    editor = Editor()
    operation.database_forwards("x", editor, None, None)
    api.index("test_operation", 7, "低保")
    assert api.find("test_operation", "低保") == [7]
    operation.database_backwards("x", editor, None, None)
    assert "test_operation" not in connection.introspection.table_names()
    assert operation.deconstruct() == ("CreateSearchTable", ["test_operation"], {})


@given(st.text(alphabet="张三李四低保abc12 ，", min_size=1, max_size=30), st.data())
def test_every_piece_of_a_text_finds_it(text: str, data: st.DataObject) -> None:
    stored = domain.tokens(text)
    pieces = domain.pieces(text)
    if not pieces:
        return
    piece = data.draw(st.sampled_from(pieces))
    low = data.draw(st.integers(0, len(piece) - 1))
    part = piece[low : data.draw(st.integers(low + 1, len(piece)))]
    if part.isascii():
        part = piece  # words of letters are found from their beginning, not from the middle
    for term in domain.terms(part):
        chain = list(term.chain)
        if term.prefix:
            assert any(token.startswith(chain[0]) for token in stored)
        else:
            assert any(stored[at : at + len(chain)] == chain for at in range(len(stored)))


def test_names_of_tables_are_plain_words() -> None:
    for wrong in ("x; drop table y", "X", "", "1a", "a" * 40):
        with pytest.raises(ValueError, match="table"):
            tables.checked(wrong)


def test_long_texts_keep_within_the_limits_of_the_databases() -> None:
    text = "低保" * 30_000
    assert len(domain.tokens(text)) == domain.MAX_TEXT
    positions = tables.lexemes(text).split("'低保':")[1].split(" ")[0].split(",")
    assert len(positions) <= 250
