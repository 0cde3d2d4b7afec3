"""What is drawn: boxes and arrows, without any knowledge of procedures, of pages or of a clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """Outline of a box. ``EXIT`` stands beside the step that it leaves, so that arrows do not cross the sheet."""

    START = "start"
    STEP = "step"
    GATE = "gate"
    END = "end"
    EXIT = "exit"


class Mark(StrEnum):
    """Where a running case stands at this box; a drawing of a bare version has only ``NONE``."""

    NONE = "none"
    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Node:
    """One box. ``notes``: further lines, in the order in which they are read. ``beside``: code of the step of an exit."""

    code: str
    label: str
    shape: Shape = Shape.STEP
    kind: str = ""
    notes: tuple[str, ...] = ()
    mark: Mark = Mark.NONE
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """One arrow. ``walked``: the case went this way. ``key``: name of the way within its step."""

    source: str
    target: str
    label: str = ""
    walked: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """A drawing. The first node is where it begins."""

    title: str
    nodes: Sequence[Node]
    edges: Sequence[Edge]

    def node(self, code: str) -> Node:
        """The box with this code."""
        return next(node for node in self.nodes if node.code == code)
