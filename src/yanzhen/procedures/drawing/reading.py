"""The text version: the same steps as sentences, for screen readers, for the telephone, for whoever reads rather than looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from yanzhen.procedures.domain.definition import ENDS, KIND_WORDS, Definition
from yanzhen.procedures.drawing.graph import Mark
from yanzhen.procedures.drawing.of import Standing, said

#: What a mark means, (Chinese, English).
MARK_WORDS: Mapping[Mark, tuple[str, str]] = {
    Mark.NONE: ("", ""),
    Mark.DONE: ("已完成", "Done"),
    Mark.NOW: ("当前步骤", "Current step"),
    Mark.AHEAD: ("尚未开始", "Not yet begun"),
    Mark.SKIPPED: ("不适用", "Does not apply"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One step in words. ``ways``: one sentence a way out."""

    number: int
    key: str
    title: str
    kind: str
    mark: Mark
    mark_words: str
    notes: tuple[str, ...]
    ways: tuple[str, ...]


def lines(
    definition: Definition, language: str = "zh-hans", standing: Mapping[str, Standing] | None = None
) -> list[Line]:
    """Every step of a version in its order."""
    english = language.startswith("en")
    place = {step.key: number for number, step in enumerate(definition.steps, 1)}
    out = []
    for number, step in enumerate(definition.steps, 1):
        here = (standing or {}).get(step.key, Standing())
        ways = []
        for outcome, branches in step.ways.items():
            for branch in branches:
                targets = [_target(definition, target, place, language) for target in branch.to]
                ways.append(_sentence(said(outcome, language), branch.when, targets, english=english))
        out.append(
            Line(
                number,
                step.key,
                step.title.said(language),
                KIND_WORDS[step.kind].said(language),
                here.mark,
                MARK_WORDS[here.mark][int(english)],
                here.notes,
                tuple(ways),
            )
        )
    return out


def _target(definition: Definition, target: str, place: Mapping[str, int], language: str) -> str:
    if target in ENDS:
        return ENDS[target].said(language)
    title = definition.step(target).title.said(language) if definition.has(target) else target
    number = place.get(target, 0)
    return f"step {number} “{title}”" if language.startswith("en") else f"第 {number} 步“{title}”"


def _sentence(outcome: str, when: str, targets: list[str], *, english: bool) -> str:
    if english:
        condition = f" (if {when})" if when else ""
        return f"{outcome}{condition} → {' and '.join(targets)}"
    condition = f"（当 {when}）" if when else ""
    return f"{outcome}{condition} → {'，同时 '.join(targets)}"


def summary(found: list[Line], *, english: bool = False) -> str:
    """One sentence for the drawing's description: how many steps, and where it stands."""
    now = [line for line in found if line.mark is Mark.NOW]
    if english:
        head = f"{len(found)} steps"
        return head + (f"; now at {', '.join(f'{line.number} {line.title}' for line in now)}." if now else ".")
    head = f"共 {len(found)} 步"
    return head + (f"，现在在{'、'.join(f'第 {line.number} 步“{line.title}”' for line in now)}。" if now else "。")
