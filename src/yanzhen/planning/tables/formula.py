"""Facts worked out of other facts: ``支出 / 收入``, ``(a + b) / 2``. Plus, minus, times, divided by, brackets; nothing else.

A missing fact, or a division by zero, makes the result missing.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class FormulaError(ValueError):
    """A formula that cannot be read; its arguments are the words in Chinese and English."""


def read(text: str, known: frozenset[str]) -> ast.expr:
    """The tree of a formula. FormulaError when it holds anything but arithmetic on known facts."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise FormulaError(f"算式“{text}”写得不对", f"formula “{text}” cannot be read") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if node.id not in known:
                raise FormulaError(f"算式里没有叫“{node.id}”的事实", f"the formula knows no fact “{node.id}”")
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
                raise FormulaError(f"算式里只能有数“{text}”", f"only numbers in formulas: “{text}”")
        elif not isinstance(node, (ast.BinOp, ast.UnaryOp, ast.USub, ast.Load, *OPERATORS)):
            raise FormulaError(f"算式“{text}”只能用加减乘除和括号", f"formula “{text}”: only + - * / and brackets")
    return tree


def value(tree: ast.expr, facts: Mapping[str, Any]) -> float | None:
    """The number; None = missing."""
    if isinstance(tree, ast.Constant):
        return float(tree.value)  # type: ignore[arg-type]
    if isinstance(tree, ast.Name):
        found = facts.get(tree.id)
        return None if found is None or found != found else float(found)
    if isinstance(tree, ast.UnaryOp):
        inner = value(tree.operand, facts)
        return None if inner is None else -inner
    assert isinstance(tree, ast.BinOp)  # noqa: S101 - read() let nothing else through
    left, right = value(tree.left, facts), value(tree.right, facts)
    if left is None or right is None or (isinstance(tree.op, ast.Div) and right == 0):
        return None
    return float(OPERATORS[type(tree.op)](left, right))


def column(
    tree: ast.expr, name: Callable[[str], Any], number: Callable[[float], Any], divide: Callable[[Any, Any], Any]
) -> Any:
    """The same as an expression of a column engine."""
    if isinstance(tree, ast.Constant):
        return number(float(tree.value))  # type: ignore[arg-type]
    if isinstance(tree, ast.Name):
        return name(tree.id)
    if isinstance(tree, ast.UnaryOp):
        return -column(tree.operand, name, number, divide)
    assert isinstance(tree, ast.BinOp)  # noqa: S101 - read() let nothing else through
    left, right = column(tree.left, name, number, divide), column(tree.right, name, number, divide)
    return divide(left, right) if isinstance(tree.op, ast.Div) else OPERATORS[type(tree.op)](left, right)
