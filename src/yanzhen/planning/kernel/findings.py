"""What is wrong with an input or a plan: the rule, the place, the words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from yanzhen.kernel.errors import DomainError
from yanzhen.planning.kernel.text import Lang, Text

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is broken or worth knowing.

    ``rule``: stable code for machines (``matching.capacity``); ``text``: the words; ``severity``: an *error* stops solving or
    makes a plan wrong, a *warning* is shown, a *note* explains. For input: ``sheet`` (file or worksheet), ``line`` (row in the
    file, from 1; 0 = none) and ``column`` (heading). For plans: ``key`` of the plan line it belongs to.
    """

    rule: str
    text: Text
    severity: Severity = "error"
    sheet: str = ""
    line: int = 0
    column: str = ""
    key: str = ""

    def say(self, lang: Lang) -> str:
        """With its place in front: "需求表 第 7 行【数量】：…"."""
        where_zh = f"{self.sheet} 第 {self.line} 行" if self.line else self.sheet
        where_en = f"{self.sheet} line {self.line}" if self.line else self.sheet
        if self.column:
            where_zh, where_en = f"{where_zh}【{self.column}】", f"{where_en} [{self.column}]"
        where = (where_zh if lang == "zh" else where_en).strip()
        colon = "：" if lang == "zh" else ": "
        return f"{where}{colon}{self.text.say(lang)}" if where else self.text.say(lang)


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Only those that forbid going on."""
    return tuple(finding for finding in findings if finding.severity == "error")


class ProblemError(DomainError):
    """The input cannot be planned with: every error of every line, found before solving. ``findings`` holds them all."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0] if self.findings else None
        words = first.say("zh").replace("{", "{{").replace("}", "}}") if first else ""
        super().__init__("planning.problem", "输入有 {n} 处错误，先改正再排。第一处：" + words, n=len(self.findings))


def must_hold(findings: Iterable[Finding]) -> None:
    """Raise :class:`ProblemError` with all errors, when there are any."""
    bad = errors(findings)
    if bad:
        raise ProblemError(bad)
