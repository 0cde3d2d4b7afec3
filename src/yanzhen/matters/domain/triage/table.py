"""The table of categories, three levels deep, and the everyday words that point at its classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from types import MappingProxyType

from yanzhen.kernel.errors import DomainError

from .text import Normal, normalise

# Words of class names that name an activity of the administration, not a subject of a request.
_EMPTY_WORDS = frozenset({"其他", "管理", "问题", "建设", "政策", "执行", "服务", "工作", "处理", "待遇", "监管"})
_NAME_BREAKS = str.maketrans(dict.fromkeys('、，/（）()“”"和与及', " "))


class TableError(DomainError):
    """The rows do not make a three-level table."""

    def __init__(self, problem: str, code: str) -> None:
        super().__init__(f"matters.triage.table.{problem}", _PROBLEMS[problem], category=code)


_PROBLEMS = {
    "twice": "分类代码重复：{category}。",
    "root": "一级分类不能有上级：{category}。",
    "parent": "找不到上一级分类：{category}。请先列上级，再列下级。",
    "level": "分类只能有三级：{category}。",
    "empty": "分类表是空的。",
}


@dataclass(frozen=True, slots=True)
class Category:
    """One class. ``parent`` is the code of the class above it, empty on the first level."""

    code: str
    name: str
    level: int
    parent: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A word of the table's vocabulary found at ``start:end`` of a normal text."""

    start: int
    end: int
    word: str


@dataclass(frozen=True)
class CategoryTable:
    """Codes and names in three levels. Build it with :meth:`from_rows` or :meth:`from_names`.

    ``everyday``: whether the shipped everyday words help, or the names of the classes alone.
    """

    categories: tuple[Category, ...]
    everyday: bool = True
    _by_code: Mapping[str, Category] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_code: dict[str, Category] = {}
        for category in self.categories:
            if category.code in by_code:
                raise TableError("twice", category.code)
            if category.level == 1:
                if category.parent:
                    raise TableError("root", category.code)
            elif category.level in (2, 3):
                above = by_code.get(category.parent)
                if above is None or above.level != category.level - 1:
                    raise TableError("parent", category.code)
            else:
                raise TableError("level", category.code)
            by_code[category.code] = category
        if not by_code:
            raise TableError("empty", "")
        object.__setattr__(self, "_by_code", MappingProxyType(by_code))

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[str, str, str]]) -> CategoryTable:
        """Build from ``(code, name, parent code or "")``, parents before children."""
        levels: dict[str, int] = {}
        out: list[Category] = []
        for code, name, parent in rows:
            if parent and parent not in levels:
                raise TableError("parent", code)
            levels[code] = levels[parent] + 1 if parent else 1
            out.append(Category(code, name, levels[code], parent))
        return cls(tuple(out))

    @classmethod
    def from_names(cls, rows: Iterable[tuple[str, str, str]]) -> CategoryTable:
        """Build from rows of three names; codes ``"01"``, ``"0102"``, ``"010203"`` in order of appearance."""
        codes: dict[tuple[str, ...], str] = {}
        children: dict[str, int] = {}
        out: list[Category] = []
        for names in rows:
            above = ""
            for depth in (1, 2, 3):
                path = names[:depth]
                if path not in codes:
                    children[above] = children.get(above, 0) + 1
                    codes[path] = f"{above}{children[above]:02d}"
                    out.append(Category(codes[path], path[-1], depth, above))
                above = codes[path]
        return cls(tuple(out))

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __getitem__(self, code: str) -> Category:
        return self._by_code[code]

    @cached_property
    def first_level(self) -> tuple[str, ...]:
        """The codes of the first level, in table order."""
        return tuple(c.code for c in self.categories if c.level == 1)

    def first_of(self, code: str) -> str:
        """The first-level code above ``code`` (itself on the first level). KeyError if unknown."""
        category = self._by_code[code]
        while category.parent:
            category = self._by_code[category.parent]
        return category.code

    def path(self, code: str) -> tuple[str, ...]:
        """The names from the first level down to ``code``."""
        names: list[str] = []
        while code:
            category = self._by_code[code]
            names.append(category.name)
            code = category.parent
        return tuple(reversed(names))

    @cached_property
    def words(self) -> Mapping[str, Mapping[str, float]]:
        """Word → class code → weight: the names of the classes and the shipped vocabulary."""
        found: dict[str, dict[str, float]] = {}

        def put(word: str, code: str, weight: float) -> None:
            normal = normalise(word).text
            if len(normal) >= 2:
                entry = found.setdefault(normal, {})
                entry[code] = max(entry.get(code, 0.0), weight)

        by_path = {self.path(c.code): c.code for c in self.categories}
        for category in self.categories:
            if category.level > 1:
                for word in category.name.translate(_NAME_BREAKS).split():
                    if word not in _EMPTY_WORDS:
                        put(word, category.code, 1.0)
        for path, words in shipped_vocabulary() if self.everyday else ():
            code = by_path.get(path)
            if code is not None:
                for word, weight in words:
                    put(word, code, weight)
        return found

    @cached_property
    def _longest(self) -> int:
        return max((len(word) for word in self.words), default=0)

    def hits(self, normal: Normal) -> tuple[Hit, ...]:
        """Every vocabulary word in the text, overlaps included, by position."""
        words, text = self.words, normal.text
        return tuple(
            Hit(start, start + size, text[start : start + size])
            for start in range(len(text))
            for size in range(2, min(self._longest, len(text) - start) + 1)
            if text[start : start + size] in words
        )


@lru_cache(maxsize=1)
def shipped_vocabulary() -> Sequence[tuple[tuple[str, ...], tuple[tuple[str, float], ...]]]:
    """The lines of ``vocabulary.txt``: class path → words with weight (2 for those marked ``!``)."""
    lines: list[tuple[tuple[str, ...], tuple[tuple[str, float], ...]]] = []
    source = files(__package__).joinpath("vocabulary.txt").read_text(encoding="utf-8")
    for line in source.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        path, _, words = line.partition(":")
        pairs = tuple((w.removeprefix("!"), 2.0 if w.startswith("!") else 1.0) for w in words.split())
        lines.append((tuple(path.strip().split("/")), pairs))
    return tuple(lines)
