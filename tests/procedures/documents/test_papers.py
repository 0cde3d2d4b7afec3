"""Documents: each value from the record, in Word and PDF, and nothing that somebody wrote read as a template."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from docx import Document
from docxtpl import DocxTemplate
from hypothesis import given
from hypothesis import strategies as st

from yanzhen.procedures.documents import papers, pdf, word

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
NASTY = "{{ 7*7 }} <b>&amp; #panic() *x* $1$ @x"
FACTS = (papers.Fact("金额", "30,000元"), papers.Fact("说明", NASTY))
VOTES = (papers.Vote("修路", 45, 40, 35, 3, 2, "通过"),)
STAGES = (papers.Stage("审议", "党员大会", "2026年11月5日", "通过"),)
FILLED: dict[str, Any] = {
    "facts": FACTS, "votes": VOTES, "stages": STAGES, "text": ("一、说明。", NASTY), "roll": (papers.Voice(1, "张三丰", "一组"), papers.Voice(2, "李四")),
    "due": 45, "present": 40, "seats": 3, "days": 15, "form": "question", "marks": ("赞成", "反对", "弃权"), "subjects": ("张三丰", "李四"),
    "address": "https://village.example/p/1", "trial": False,
}  # fmt: skip


#: On the sheet of the meeting the hand signs, not the unit; the number of the case stands at the foot.
UNUSED = {"unit", "number"}


def full(kind: type[papers.Paper], **more: Any) -> papers.Paper:
    """A document with something in every field."""
    given_values = {each.name: FILLED.get(each.name, f"值{each.name}") for each in fields(kind)}
    return kind(**(given_values | more))


def words_of(body: bytes) -> str:
    """All text of a Word file."""
    doc = Document(io.BytesIO(body))
    cells = [cell.text for table in doc.tables for row in table.rows for cell in row.cells]
    return "\n".join(
        [*(line.text for line in doc.paragraphs), *cells, *(line.text for line in doc.sections[0].footer.paragraphs)]
    )


def empty(kind: type[papers.Paper]) -> papers.Paper:
    """A document of which the record holds next to nothing."""
    return kind(unit="松坡村", title="标题", day="")


KINDS = list(papers.PAPERS.values())


@pytest.mark.parametrize("kind", KINDS, ids=[each.code for each in KINDS])
def test_word_says_what_the_record_says(kind: type[papers.Paper]) -> None:
    text = words_of(word.render(full(kind)))
    for each in fields(kind):
        if isinstance(FILLED.get(each.name, ""), str) and each.name not in {"form", "address"}:
            assert f"值{each.name}" in text or each.name in UNUSED, each.name
    if "facts" in {each.name for each in fields(kind)}:
        assert "30,000元" in text
        assert NASTY in text, "written words stay words"
    assert "{{" not in text.replace(NASTY, "")
    assert "{%" not in text.replace(NASTY, "")


@pytest.mark.parametrize("kind", KINDS, ids=[each.code for each in KINDS])
def test_templates_ask_only_for_what_there_is(kind: type[papers.Paper]) -> None:
    asked = DocxTemplate(str(word.TEMPLATES / f"{kind.code}.docx")).get_undeclared_template_variables()
    assert asked <= {each.name for each in fields(kind)} | {"qr"}


@pytest.mark.parametrize("kind", KINDS, ids=[each.code for each in KINDS])
def test_pdf_is_drawn_full_and_empty(kind: type[papers.Paper]) -> None:
    for paper in (full(kind), replace(full(kind), trial=True), empty(kind)):
        assert pdf.render(paper, now=NOW).startswith(b"%PDF-")
    assert "{%" not in words_of(word.render(empty(kind)))


@pytest.mark.parametrize("form", ["question", "scale", "choice"])
def test_every_kind_of_ballot(form: str) -> None:
    paper = full(papers.Ballot, form=form, marks=("优秀", "称职"))
    text = words_of(word.render(paper))
    assert ("李四" in text) is (form != "question")
    assert ("优秀" in text) is (form != "choice")
    assert pdf.render(paper, now=NOW).startswith(b"%PDF-")


def test_the_same_record_gives_the_same_pdf() -> None:
    paper = full(papers.Resolution)
    assert pdf.render(paper, now=NOW) == pdf.render(paper, now=NOW)


def test_ballots_have_no_field_for_a_voter() -> None:
    names = {each.name for each in fields(papers.Ballot)}
    assert not names & {"name", "voter", "code", "receipt", "person", "account"}


def test_the_notice_masks_people() -> None:
    notice = papers.PublicNotice(
        unit="松坡村", title="关于张三丰低保的公示", day="", matter="张三丰（电话 13812345678）", text=("身份证 11010519491231002X，欧阳娜娜同意",),
        facts=(papers.Fact("负责人", "张三丰、张三"),), stages=(papers.Stage("审议", "张三", "", "张三丰通过"),),
    )  # fmt: skip
    shown = papers.for_board(notice, ["张三", "张三丰", "欧阳娜娜"])
    everything = words_of(word.render(shown))
    assert "张三" not in everything
    assert "12345678" not in everything
    assert "19491231" not in everything
    assert "张**" in everything
    assert "138****5678" in everything
    assert "欧***" in everything


@given(
    st.text(alphabet="赵钱孙李0123456789xX 。", max_size=40),
    st.lists(st.text(alphabet="赵钱孙李", min_size=2, max_size=3), max_size=4),
)
def test_no_name_is_left_open(text: str, names: list[str]) -> None:
    shown = papers.masked(text, names)
    assert not [name for name in names if name in shown]


def test_days_in_words() -> None:
    assert papers.day_words(date(2026, 3, 1)) == "2026年3月1日"
    assert papers.day_words(None) == ""
    assert papers.time_words(datetime(2026, 11, 22, 9, 5, tzinfo=UTC)) == "2026年11月22日（星期日）09:05"
