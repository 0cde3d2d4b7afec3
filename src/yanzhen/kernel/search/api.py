"""Door of the search.

In a migration: ``CreateSearchTable("matter_words")``. On a write: ``index("matter_words", matter.pk, text, marks)`` with
``marks = [*unit_marks(unit.chain), month_mark(y, m)]``. To ask: ``find("matter_words", "低保", [f"zu{unit.id}"], limit=50)``.
"""

from yanzhen.kernel.search.domain import month_mark, tokens, unit_marks
from yanzhen.kernel.search.services import clear, find, find_back, index, index_many, loading, remove
from yanzhen.kernel.search.tables import CreateSearchTable, lexemes

__all__ = [
    "CreateSearchTable", "clear", "find", "find_back", "index", "index_many", "lexemes", "loading", "month_mark", "remove", "tokens",
    "unit_marks",
]  # fmt: skip
