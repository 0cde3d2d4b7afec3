"""From a definition (and where a case stands in it) to boxes and arrows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yanzhen.procedures.domain.definition import (
    ENDS,
    OUTCOME_WORDS,
    RESOLVED,
    Definition,
    Step,
)
from yanzhen.procedures.drawing.graph import Edge, Graph, Mark, Node, Shape

START, GOOD_END = "start", "end"
LETTERS = 26  # of a guard beside an arrow


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands at one step. ``notes``: who, until when, what is missing, what was decided; ``walked``: the
    (outcome, target) pairs that the case took out of this step, in any round."""

    mark: Mark = Mark.NONE
    notes: tuple[str, ...] = ()
    walked: frozenset[tuple[str, str]] = frozenset()


def said(outcome: str, language: str) -> str:
    """An outcome in words."""
    words = OUTCOME_WORDS.get(outcome)
    return words.said(language) if words else outcome


def short(guard: str) -> str:
    """A guard beside an arrow."""
    text = " ".join(guard.split())
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"


def graph_of(
    definition: Definition,
    language: str = "zh-hans",
    standing: Mapping[str, Standing] | None = None,
    *,
    began: bool = True,
) -> Graph:
    """The drawing of a version; with ``standing`` that of a running case. ``began``: the case has started."""
    stands = standing or {}
    last = definition.steps[-1]
    start = "Start" if language.startswith("en") else "开始"
    nodes = [Node(START, start, Shape.START, mark=Mark.DONE if stands and began else Mark.NONE)]
    edges = [Edge(START, definition.first.key, walked=bool(stands) and began)]
    exits: list[Node] = []
    for step in definition.steps:
        here = stands.get(step.key, Standing())
        nodes.append(Node(step.key, step.title.said(language), Shape.STEP, str(step.kind), here.notes, here.mark))
        for target, label, walked in _ways(step, language, here):
            if target not in ENDS:
                edges.append(Edge(step.key, target, label, walked))
            elif target == RESOLVED and step is last:
                mark = Mark.DONE if walked else Mark.NONE
                exits.append(Node(GOOD_END, ENDS[target].said(language), Shape.END, mark=mark))
                edges.append(Edge(step.key, GOOD_END, label, walked))
            else:
                code = f"{step.key}{target}"
                mark = Mark.DONE if walked else Mark.NONE
                exits.append(Node(code, ENDS[target].said(language), Shape.EXIT, mark=mark, beside=step.key))
                edges.append(Edge(step.key, code, label, walked))
        edges += _joined(definition, step, language)
    return Graph(definition.title.said(language), (*nodes, *exits), tuple(edges))


def _ways(step: Step, language: str, here: Standing) -> list[tuple[str, str, bool]]:
    """(target, words, walked) of each place this step leads to; ways to the same place share one arrow."""
    found: dict[str, list[str]] = {}
    walked: dict[str, bool] = {}
    for outcome, branch, target in step.targets():
        words = said(outcome, language)
        if branch.when and target not in ENDS:
            words = (
                f"{words}：{short(branch.when)}" if not language.startswith("en") else f"{words}: {short(branch.when)}"
            )
        if words not in found.setdefault(target, []):
            found[target].append(words)
        walked[target] = walked.get(target, False) or (outcome, target) in here.walked
    comma = ", " if language.startswith("en") else "、"
    return [(target, comma.join(words), walked[target]) for target, words in found.items()]


def _joined(definition: Definition, step: Step, language: str) -> list[Edge]:
    """Arrows of the steps that this one waits for and that do not lead here anyway."""
    words = "all done" if language.startswith("en") else "会齐"
    return [
        Edge(each, step.key, words)
        for each in step.join
        if definition.has(each) and all(target != step.key for _o, _b, target in definition.step(each).targets())
    ]
