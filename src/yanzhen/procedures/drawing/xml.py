"""Reading XML that somebody uploads: no document type, no entities, no outside anything, bounded size, and every element
knows its line (the reader of the standard library's tree does not tell it).

A document type is refused before its first declaration is read, which rules out entity expansion ("billion laughs") and
fetching files or addresses (XXE); expat itself resolves nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from yanzhen.procedures.domain.loader import DefinitionErrors, Problem

MOST_BYTES = 1_000_000
MOST_ELEMENTS = 20_000
MOST_DEEP = 60


@dataclass(slots=True)
class Element:
    """One element. ``name`` and attribute names without prefix; ``space`` is the namespace's address. Attributes of foreign
    namespaces are kept under ``{space}name``."""

    space: str
    name: str
    line: int
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def get(self, name: str, space: str = "") -> str:
        """An attribute, "" when absent."""
        return self.attributes.get(f"{{{space}}}{name}" if space else name, "")

    def all(self, *names: str, space: str) -> Iterator[Element]:
        """Children of these names in this namespace."""
        return (each for each in self.children if each.space == space and each.name in names)

    def first(self, name: str, space: str) -> Element | None:
        """The first child of this name, or None."""
        return next(self.all(name, space=space), None)


def refuse(line: int, template: str, **data: Any) -> DefinitionErrors:
    """One problem that ends the reading."""
    return DefinitionErrors([Problem(line, "", template, data)])


class _Builder:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator="\n")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.words
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.EntityDeclHandler = self.doctype
        self.parser.ExternalEntityRefHandler = self.outside
        self.root: Element | None = None
        self.stack: list[Element] = []
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        line = self.parser.CurrentLineNumber
        if self.count > MOST_ELEMENTS or len(self.stack) >= MOST_DEEP:
            raise refuse(line, "文件过于庞大，不像一张流程图。")
        space, _, local = name.rpartition("\n")
        given = {}
        for key, value in attributes.items():
            at, _, plain = key.rpartition("\n")
            given[f"{{{at}}}{plain}" if at else plain] = value
        made = Element(space, local, line, given)
        if self.stack:
            self.stack[-1].children.append(made)
        else:
            self.root = made
        self.stack.append(made)

    def end(self, _name: str) -> None:
        self.stack.pop()

    def words(self, text: str) -> None:
        if self.stack:
            self.stack[-1].text += text

    def outside(self, *_given: object) -> int:
        self.doctype()
        return 0

    def doctype(self, *_given: object) -> None:
        raise refuse(self.parser.CurrentLineNumber, "文件里有文档类型声明（DOCTYPE），出于安全不予读取。")


def read(data: bytes) -> Element:
    """The root element of an XML document; :class:`DefinitionErrors` with the line where it is not one."""
    if len(data) > MOST_BYTES:
        raise refuse(0, "文件过于庞大，不像一张流程图。")
    builder = _Builder()
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise refuse(error.lineno, "不是有效的 XML 文件：{why}", why=expat.errors.messages[error.code]) from error
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        raise refuse(0, "不是有效的 XML 文件：{why}", why=str(error)) from error
    if builder.root is None:
        raise refuse(0, "不是有效的 XML 文件：{why}", why="empty")
    return builder.root
