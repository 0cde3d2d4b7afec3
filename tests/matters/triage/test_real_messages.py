"""A modest check on real messages; the whole measurement is ``python -m bench.triage``."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from yanzhen.matters.domain.triage import CategoryTable, Example, train

REAL = Path(os.environ.get("YANZHEN_REAL", Path(__file__).resolve().parents[3] / "../shared/real")) / "citizen-messages"


@pytest.mark.skipif(not (REAL / "labelled.csv").exists(), reason="the real messages lie beside the project, not in it")
def test_history_and_table_together_sort_real_messages() -> None:
    csv.field_size_limit(10**7)
    with (REAL / "categories.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [(r["category_1"], r["category_2"], r["category_3"]) for r in csv.DictReader(file)]
    with (REAL / "labelled.csv").open(encoding="utf-8-sig", newline="") as file:
        messages = list(csv.DictReader(file))
    table = CategoryTable.from_names(rows)
    assert sum(c.level == 3 for c in table.categories) == 517
    codes = {table[c].name: c for c in table.first_level}
    examples = [Example(m["text"], m["title"], codes[m["category_1"]]) for m in messages]
    learned = train([e for i, e in enumerate(examples) if i % 3], [], table, seed=1)
    held = [e for i, e in enumerate(examples) if i % 3 == 0]
    right = sum(learned.suggest(e.title, e.text, k=1)[0].code == e.category_code for e in held)
    assert right / len(held) > 0.8
