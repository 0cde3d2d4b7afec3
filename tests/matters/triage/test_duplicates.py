from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yanzhen.matters.domain.triage import (
    Note,
    TermWeights,
    bands,
    is_near_duplicate,
    keys,
    signature,
    similarity,
)

STONE = Note("石桥村搅拌站噪音扰民", "石桥村新建的搅拌站昼夜不停，噪音和粉尘让村民无法休息，请查处。")
RETOLD = Note("石桥村旁边的搅拌站太吵了", "我家在石桥村，搅拌站晚上也开工，粉尘满天，孩子睡不着。")
OTHER = Note("白水镇代课老师工资", "代课二十年的老师没有养老保险，盼望落实政策。")
CORPUS = [STONE, RETOLD, OTHER] + [Note(f"第{i}条路灯不亮", f"第{i}号路灯坏了请维修") for i in range(30)]


@given(st.text(alphabet="石桥村搅拌站噪音扰民abc12", min_size=6, max_size=60), st.data())
@settings(max_examples=60, deadline=None)
def test_punctuation_space_and_width_do_not_change_a_signature(text: str, data: st.DataObject) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text.upper())
    at = data.draw(st.integers(0, len(wide)))
    marked = f" {wide[:at]}，。\n {wide[at:]}！"
    assert signature(marked) == signature(text)


def test_signatures_estimate_the_common_shingles() -> None:
    a = "".join(chr(0x4E00 + i) for i in range(400))
    b = a[:300] + "".join(chr(0x6E00 + i) for i in range(100))
    exact = 298 / (398 + 398 - 298)
    assert similarity(signature(a), signature(a)) == 1.0
    assert similarity(signature(a), signature(b)) == pytest.approx(exact, abs=0.2)
    assert similarity(signature(a), signature(OTHER.text)) < 0.1
    with pytest.raises(ValueError, match="one length"):
        similarity((1, 2), (1,))


def test_signatures_kept_in_a_table_stay_valid() -> None:
    # A change here makes every stored key useless: it needs a re-index, not a new number in this test.
    assert signature("石桥村搅拌站")[:3] == (1281282112, 1033049022, 679237878)
    assert len(signature("")) == len(signature("石桥村搅拌站")) == 64


def test_copies_share_a_band_and_strangers_none() -> None:
    copy = STONE.text + "谢谢"
    assert set(bands(signature(STONE.text))) & set(bands(signature(copy)))
    assert not set(bands(signature(STONE.text))) & set(bands(signature(OTHER.text)))
    assert all(len(band) == 10 for band in bands(signature(copy)))


def test_keys_lead_to_the_same_matter_in_other_words() -> None:
    weights = TermWeights.learn(CORPUS)
    assert set(keys(STONE, weights)) & set(keys(RETOLD, weights))
    assert not set(keys(STONE, weights)) & set(keys(OTHER, weights))


def judge(a: Note, b: Note, **circumstances: object) -> tuple[float, bool, tuple[str, ...]]:
    given_ = {"threshold": 0.2, "same_place": True, "days_apart": 3, "window_days": 60} | circumstances
    verdict = is_near_duplicate(a, b, weights=TermWeights.learn(CORPUS), **given_)  # type: ignore[arg-type]
    return verdict.score, verdict.duplicate, verdict.reasons


def test_one_matter_told_twice_is_found_with_its_words() -> None:
    score, duplicate, reasons = judge(STONE, RETOLD)
    assert duplicate
    assert score > judge(STONE, OTHER)[0]
    assert any("搅拌站" in reason for reason in reasons)
    assert all(reason in STONE.title or reason in STONE.text for reason in reasons)
    assert not judge(STONE, OTHER)[1]


def test_the_score_is_symmetric_and_one_for_itself() -> None:
    assert judge(STONE, RETOLD)[0] == pytest.approx(judge(RETOLD, STONE)[0])
    assert judge(STONE, STONE)[0] == pytest.approx(1.0)
    assert is_near_duplicate(STONE, STONE, threshold=0.5, same_place=None, days_apart=None).duplicate


def test_another_place_or_time_rules_a_duplicate_out() -> None:
    assert not judge(STONE, STONE, same_place=False)[1]
    assert judge(STONE, STONE, same_place=None)[1]
    assert not judge(STONE, STONE, days_apart=61)[1]
    assert judge(STONE, STONE, days_apart=60)[1]
    assert not judge(STONE, RETOLD, threshold=0.99)[1]


def test_empty_messages_resemble_nothing() -> None:
    empty = Note("", "")
    assert is_near_duplicate(empty, STONE, threshold=0.1, same_place=None, days_apart=0).score == 0


def test_rarity_survives_saving(tmp_path: Path) -> None:
    weights = TermWeights.learn(CORPUS)
    weights.save(tmp_path / "w.npz")
    assert keys(STONE, TermWeights.load(tmp_path / "w.npz")) == keys(STONE, weights)
