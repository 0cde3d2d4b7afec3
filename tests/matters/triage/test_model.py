from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from yanzhen.kernel.errors import DomainError
from yanzhen.matters.domain.triage import (
    CategoryTable,
    Example,
    Model,
    ModelFileError,
    TableError,
    UnitModel,
    train,
    train_units,
)

TITLE, TEXT = "石桥村砖厂粉尘太大", "砖厂天天排放粉尘，河水也被污水染黑，请环保局来查。"


def names(model: Model, title: str, text: str) -> list[str]:
    return [model.table[s.code].name for s in model.suggest(title, text)]


def test_the_learned_category_comes_first(model: Model) -> None:
    assert names(model, TITLE, TEXT)[0] == "环境保护"
    assert names(model, "公司欠我三个月工资", "老板一直拖欠工资不发")[0] == "劳动和社会保障"
    assert names(model, "学校又收补课费", "周末补课每人收四百")[0] == "教育文体"


def test_confidences_are_chances_in_order(model: Model) -> None:
    found = model.suggest(TITLE, TEXT, k=3)
    assert sum(s.confidence for s in found) == pytest.approx(1.0)
    assert [s.confidence for s in found] == sorted((s.confidence for s in found), reverse=True)
    assert len(model.suggest(TITLE, TEXT, k=2)) == 2
    assert sum(model.chances("", "").values()) == pytest.approx(1.0)


def test_reasons_are_words_of_the_message_as_written(model: Model) -> None:
    title, text = "石桥村　ＡＢＣ砖厂、粉尘！", "砖厂的污水，流进河里……噪音也大"
    first = model.suggest(title, text)[0]
    assert first.reasons
    assert all(reason in title or reason in text for reason in first.reasons)
    assert {"粉尘", "污水", "噪音"} & set(first.reasons)


def test_the_same_seed_gives_the_same_model(table: CategoryTable, examples: list[Example]) -> None:
    texts = [("水渠", "水渠坏了"), ("路灯", "路灯不亮")]
    a, b = (train(examples, texts, table, seed=8) for _ in range(2))
    assert a.suggest(TITLE, TEXT) == b.suggest(TITLE, TEXT)


def test_a_saved_model_answers_the_same(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "m.npz")
    again = Model.load(tmp_path / "m.npz")
    assert again.suggest(TITLE, TEXT) == model.suggest(TITLE, TEXT)
    assert again.table == model.table
    assert [p.name for p in tmp_path.iterdir()] == ["m.npz"]


def test_a_file_of_another_kind_is_refused(model: Model, tmp_path: Path) -> None:
    (tmp_path / "junk.npz").write_bytes(b"not a model")
    np.savez(tmp_path / "pickle.npz", meta=np.array([{"kind": "category"}], dtype=object))
    for name in ("junk.npz", "pickle.npz"):
        with pytest.raises(ModelFileError):
            Model.load(tmp_path / name)
    model.save(tmp_path / "m.npz")
    with pytest.raises(ModelFileError):
        UnitModel.load(tmp_path / "m.npz", model)


def test_without_history_the_table_speaks_modestly(table: CategoryTable) -> None:
    cold = train([], [], table, seed=1)
    first = cold.suggest("工厂拖欠工资", "三个月没有发工资")[0]
    assert table[first.code].name == "劳动和社会保障"
    assert 1 / 3 < first.confidence < 0.75
    assert any("工资" in reason for reason in first.reasons)
    assert cold.suggest("你好", "请看一下") == ()


def test_without_everyday_words_the_names_of_the_classes_still_speak(table: CategoryTable) -> None:
    bare = train([], [], CategoryTable(table.categories, everyday=False), seed=1)
    assert bare.suggest("村里的水污染", "")[0].code == next(c for c in table.first_level if table[c].name == "环境保护")
    assert bare.suggest("砖厂冒黑烟", "") == ()


def test_a_few_examples_are_not_taken_for_history(table: CategoryTable, examples: list[Example]) -> None:
    few = train(examples[:5] + examples[40:45], [], table, seed=1)
    assert few.examples == 0
    assert few.suggest("拖欠工资", "")[0].confidence < 0.75


def test_examples_outside_the_table_are_left_out(table: CategoryTable, examples: list[Example]) -> None:
    stray = Example("文字", "标题", "99", None)
    assert train([*examples, stray], [], table, seed=1).examples == len(examples)


def test_the_third_level_is_named_only_when_it_stands_out(model: Model) -> None:
    table = model.table
    clear = model.suggest("小区旁夜间施工噪音扰民", "噪音吵得无法入睡")[0]
    assert clear.detail is not None
    assert table.path(clear.detail.code) == ("环境保护", "环境污染", "噪音污染")
    assert clear.detail.confidence <= clear.confidence
    assert model.suggest("环境不好", "请环保局来")[0].detail is None
    assert model.suggest("小区旁夜间施工噪音扰民", "", detail_from=1.0)[0].detail is None


def test_units_follow_history_and_the_chosen_category(model: Model, examples: list[Example], tmp_path: Path) -> None:
    units = train_units(examples, model, seed=2)
    found = units.suggest(TITLE, TEXT)
    assert found[0].code == "U-HB"
    assert sum(s.confidence for s in found) == pytest.approx(1.0)
    assert all(reason in TITLE or reason in TEXT for s in found for reason in s.reasons)
    labour = next(c for c in model.table.first_level if model.table[c].name == "劳动和社会保障")
    assert units.suggest("请处理", "请处理", category_code=labour)[0].code == "U-RS"
    units.save(tmp_path / "u.npz")
    assert UnitModel.load(tmp_path / "u.npz", model).suggest(TITLE, TEXT) == found


def test_units_need_history(model: Model, examples: list[Example]) -> None:
    assert train_units([], model, seed=2).suggest(TITLE, TEXT) == ()
    counted = train_units(examples[:3], model, seed=2).suggest("补课", "学校补课收费")
    assert [s.code for s in counted] == ["U-JY"]


def test_a_unit_model_belongs_to_its_category_model(model: Model, examples: list[Example], tmp_path: Path) -> None:
    train_units(examples, model, seed=2).save(tmp_path / "u.npz")
    other = train(examples[:60], [], model.table, seed=3)
    with pytest.raises(ModelFileError):
        UnitModel.load(tmp_path / "u.npz", other)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("1", "甲", ""), ("1", "乙", "")],
        [("11", "乙", "1"), ("1", "甲", "")],
        [("1", "甲", ""), ("2", "乙", "1"), ("3", "丙", "2"), ("4", "丁", "3")],
    ],
    ids=["empty", "twice", "child first", "four levels"],
)
def test_a_table_must_be_three_whole_levels(rows: list[tuple[str, str, str]]) -> None:
    with pytest.raises(TableError) as caught:
        CategoryTable.from_rows(rows)
    assert isinstance(caught.value, DomainError)


def test_codes_from_names_are_stable_and_nested(table: CategoryTable) -> None:
    assert table.first_level == ("01", "02", "03")
    assert table.path("020101") == ("劳动和社会保障", "工资福利", "工资发放")
    assert table.first_of("020101") == "02"


def test_the_domain_is_free_of_django() -> None:
    code = "import sys, yanzhen.matters.domain.triage; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
