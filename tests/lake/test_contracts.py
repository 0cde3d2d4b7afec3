"""Contracts: read, explained line by line, proposed from a sample."""

from __future__ import annotations

from pathlib import Path

import pytest

import yanzhen.lake as package
import yanzhen.lake.invented as invented
from yanzhen.kernel.errors import DomainError
from yanzhen.lake.api import codesets, element_for, elements, examine, lint, load, load_all, propose
from yanzhen.lake.contracts.model import TYPES
from yanzhen.lake.kernels.values import KERNELS

INVENTED = Path(invented.__file__).parent / "contracts"
SHIPPED = Path(package.__file__).parent / "shipped"
GOOD = (INVENTED / "resident.toml").read_text()


@pytest.mark.parametrize(
    "path", sorted([*INVENTED.glob("*.toml"), *SHIPPED.glob("*.toml")]), ids=lambda path: path.stem
)
def test_contracts_that_come_along_are_right(path: Path) -> None:
    assert [finding for finding in lint(path) if finding.level == "error"] == []
    assert load(path).name == path.stem


def test_the_catalogue_fits_itself() -> None:
    assert {element.type for element in elements().values()} <= set(TYPES)
    assert {element.codes for element in elements().values() if element.type == "code"} <= set(codesets())
    assert set(TYPES) - set(KERNELS) == {"id_number", "division"}
    for code, element in elements().items():
        assert element_for(element.title) == elements()[code]


@pytest.mark.parametrize(
    ("change", "line_of", "words"),
    [
        (('purpose = "人口管理"\n', ""), "[source]", "缺少 purpose"),
        (('sensitivity = "sensitive"', 'sensitivity = "secret"'), "sensitivity", "敏感级别"),
        (('sensitivity = "sensitive"', 'sensitivity = "internal"'), 'type = "name"', "至少是 personal"),
        (('key = ["record"]', 'key = ["nothing"]'), "key", "不在列里"),
        (('key = ["record"]', 'key = ["phone"]'), "key", "必填"),
        (('codes = "sex"', 'codes = "sexes"'), "codes", "代码集"),
        (('type = "id_number"', 'type = "idnumber"'), "idnumber", "没有类型"),
        (('order = ["point", "code", "address"]', 'order = ["guess"]'), "order", "没有定位方式"),
        (("lon = \"lon\"\n", ""), "order", "要写 lon"),
        (('birth = "birth"\n', 'birth = "record"\n'), "birth", "要用 date"),
        (('[limits]\ndirt = 0.05', '[limits]\ndirty = 0.05'), "dirty", "没有 dirty"),
        (('element = "person.name"', 'element = "person.nickname"'), "person.nickname", "不在目录里"),
        (('mode = "upsert"', 'mode = "sometimes"'), "mode", "方式只能是"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(change: tuple[str, str], line_of: str, words: str) -> None:
    text = (
        GOOD
        if change[0] in GOOD
        else GOOD.replace('village = "village"\n', 'village = "village"\nbirth = "birth"\n', 1)
    )
    assert change[0] in text
    text = text.replace(*change, 1)
    _contract, findings = examine(text)
    errors = [finding for finding in findings if finding.level == "error"]
    assert any(words in finding.words for finding in errors), errors
    finding = next(finding for finding in errors if words in finding.words)
    around = text.splitlines()[max(finding.line - 4, 0) : finding.line + 4]
    assert any(line_of in line for line in around)


def test_no_toml_and_two_of_one_name(tmp_path: Path) -> None:
    contract, findings = examine("[source\nname = 1")
    assert contract is None
    assert findings[0].line == 1
    (tmp_path / "a.toml").write_text(GOOD)
    (tmp_path / "b.toml").write_text(GOOD)
    with pytest.raises(DomainError, match="resident"):
        load_all(tmp_path)
    (tmp_path / "b.toml").write_text(GOOD.replace("人口管理", ""))
    with pytest.raises(DomainError, match="purpose"):
        load_all(tmp_path)


def test_words_do_not_change_a_contracts_print_but_rules_do() -> None:
    base, _ = examine(GOOD)
    titled, _ = examine(GOOD.replace("常住人口登记", "别的名字").replace("数据专员", "某人"))
    stricter, _ = examine(GOOD.replace('name = "phone"', 'name = "phone"\nrequired = true'))
    assert base is not None
    assert titled is not None
    assert stricter is not None
    assert base.digest == titled.digest != stricter.digest


@pytest.mark.parametrize("source", ["resident", "medical", "enterprise", "school", "request", "land"])
def test_a_contract_proposed_from_a_sample_holds_the_sample(deliveries: Path, source: str, tmp_path: Path) -> None:
    """What is proposed reads back without an error once a human has filled in what nobody can guess, and finds the main types."""
    (sample,) = (deliveries / source).iterdir()
    text = propose(sample, source)
    contract, findings = examine(text)
    assert [finding for finding in findings if finding.level == "error"] == []
    assert contract is not None
    assert "？" in text
    given = load(INVENTED / f"{source}.toml")
    assert contract.format.kind == given.format.kind
    if given.format.kind == "csv":
        assert contract.format.encoding == given.format.encoding
    proposed = {column.source: column.type for column in contract.columns}
    same = [proposed[column.source] == column.type for column in given.columns]
    assert sum(same) / len(same) >= 0.6, {c.source: (c.type, proposed[c.source]) for c in given.columns}
    for column in given.columns:
        if column.type in {"id_number", "name", "division", "phone"}:
            assert proposed[column.source] == column.type
