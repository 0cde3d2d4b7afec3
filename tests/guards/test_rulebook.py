"""Every rule stands in a law or says that it is our default."""

from __future__ import annotations

import re

from yanzhen.kernel.rulebook.api import rules


def test_every_rule_has_a_basis_and_a_mark() -> None:
    assert len(rules()) >= 20
    for key, rule in rules().items():
        assert re.fullmatch(r"[a-z_]+\.[a-z0-9_.]+", key), key
        assert rule.mark in {"law", "default"}, key
        assert len(rule.basis) >= 4, f"{key}: no basis"
        assert str(rule.title), f"{key}: no title"
        if rule.mark == "law":
            assert re.search(r"法|条例|规定|办法|GB|标准|意见|国办|制度|等保|Art|第", rule.basis), (
                f"{key}: names no law: {rule.basis}"
            )


def test_numbers_name_their_unit_of_measure() -> None:
    assert not [key for key, rule in rules().items() if rule.type in {"int", "decimal"} and not rule.measure]
