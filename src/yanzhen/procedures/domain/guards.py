"""Guards: small questions in CEL (Common Expression Language), evaluated by a library in Rust; no ``eval`` anywhere.

What a guard may ask: ``case.<field>`` (what the case carries, with ``case.level``), ``step.<name>`` (result of the step
that just ended), ``steps.<key>.<name>`` (results of earlier steps), ``rule.<short name>`` (values from the rulebook). Numbers
other than 0 and 1 are refused in a guard: they belong into the rulebook, where they have a date and a legal basis.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import cel

from yanzhen.kernel.errors import DomainError

NAMES = frozenset({"case", "step", "steps", "rule"})
#: Functions a guard may call, beside operators.
FUNCTIONS = frozenset({"size", "contains", "startsWith", "endsWith"})
_NUMBER = re.compile(r"(?<![\w.\"'])(\d+(?:\.\d+)?)(?![\w\"'])")
_TEXT = re.compile(r"\"[^\"]*\"|'[^']*'")
_DOTTED = re.compile(r"\b(case|rule|steps)\.([A-Za-z_]\w*)")


class GuardError(DomainError):
    """A guard that cannot be read or cannot be answered."""


@lru_cache(maxsize=4096)
def compiled(text: str) -> cel.Program:
    """The guard as a program. Raises :class:`GuardError` with the parser's words."""
    try:
        return cel.compile(text)
    except ValueError as error:
        why = str(error).splitlines()[0].partition("ERROR:")[2].strip() or str(error).splitlines()[0]
        raise GuardError("procedures.guard.syntax", "条件“{text}”写法有误：{why}", text=text, why=why) from error


def names_in(text: str) -> set[tuple[str, str]]:
    """What a guard asks: ("case", "amount"), ("rule", "small") …"""
    return set(_DOTTED.findall(_TEXT.sub('""', text)))


def unknown_names(text: str) -> list[str]:
    """Top names that are not offered."""
    return sorted(set(compiled(text).variables()) - NAMES)


def unknown_functions(text: str) -> list[str]:
    """Functions that are not offered (operators are named ``_+_``, ``!_``, ``@in`` …)."""
    called = set(compiled(text).functions())
    return sorted(each for each in called - FUNCTIONS if each[:1].isalpha() or each.startswith("__"))


def numbers_in(text: str) -> list[str]:
    """Numbers that belong into the rulebook."""
    return [each for each in _NUMBER.findall(_TEXT.sub('""', text)) if each not in ("0", "1")]


def plain(value: Any) -> Any:
    """A value as CEL knows it: money as a number, days as ISO text, nothing else changed."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def holds(text: str, names: Mapping[str, Any]) -> bool:
    """Whether a guard holds; an empty one always does.

    Raises :class:`GuardError` where it asks for something the case does not carry or does not answer yes or no: a procedure never
    goes on by guessing.
    """
    if not text:
        return True
    try:
        answer = compiled(text).execute({name: plain(names.get(name, {})) for name in NAMES})
    except (RuntimeError, ValueError, TypeError) as error:
        raise GuardError(
            "procedures.guard.unanswered",
            "条件“{text}”无法判断，所需内容可能未填写：{why}",
            text=text,
            why=str(error).splitlines()[0],
        ) from error
    if not isinstance(answer, bool):
        raise GuardError("procedures.guard.not_bool", "条件“{text}”的结果不是“是”或“否”。", text=text)
    return answer
