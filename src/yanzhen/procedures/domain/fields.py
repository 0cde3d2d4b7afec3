"""Values of case fields: what was typed or sent, checked and in one form (plain Python)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from yanzhen.kernel.errors import DomainError
from yanzhen.procedures.domain.definition import Definition, Field

_LONGEST = {"text": 200, "long": 8000}


def _wrong(each: Field, template: str, **data: Any) -> DomainError:
    return DomainError("procedures.field.wrong", template, field=each.key, title=each.title.zh, **data)


def clean(each: Field, value: Any) -> Any:
    """The value in the form in which it is kept (JSON types; money as text with two places); None when left blank."""
    if value is None or (isinstance(value, str) and not value.strip()) or value == []:
        return None
    if each.type in ("text", "long"):
        text = str(value).strip()
        if len(text) > _LONGEST[each.type]:
            raise _wrong(each, "“{title}”最多 {most} 个字。", most=_LONGEST[each.type])
        return text
    if each.type in ("int", "unit", "person"):
        try:
            number = int(str(value).strip())
        except ValueError:
            raise _wrong(each, "“{title}”应为整数。") from None
        if number < 0:
            raise _wrong(each, "“{title}”不能是负数。")
        return number
    if each.type == "money":
        try:
            amount = Decimal(str(value).replace(",", "").replace("，", "").strip())
        except InvalidOperation:
            raise _wrong(each, "“{title}”应为金额，例如 12000.00。") from None
        if not amount.is_finite() or amount < 0 or amount != round(amount, 2):
            raise _wrong(each, "“{title}”应为金额，例如 12000.00。")
        return f"{amount:.2f}"
    return _rest(each, value)


def _rest(each: Field, value: Any) -> Any:
    if each.type == "date":
        try:
            return (value if isinstance(value, date) else date.fromisoformat(str(value).strip())).isoformat()[:10]
        except ValueError:
            raise _wrong(each, "“{title}”应为日期，例如 2026-06-15。") from None
    if each.type == "bool":
        if isinstance(value, bool):
            return value
        words = {"true": True, "on": True, "是": True, "1": True, "false": False, "否": False, "0": False}
        if str(value).lower() not in words:
            raise _wrong(each, "“{title}”请选择“是”或“否”。")
        return words[str(value).lower()]
    if each.type == "choice":
        if str(value) not in {choice.code for choice in each.choices}:
            raise _wrong(each, "“{title}”请从列出的选项中选择。")
        return str(value)
    rows = value if isinstance(value, (list, tuple)) else str(value).splitlines()
    if each.type in ("units", "people"):
        try:
            return list(dict.fromkeys(int(row) for row in rows))
        except (TypeError, ValueError):
            raise _wrong(each, "“{title}”应为列表。") from None
    return [str(row).strip() for row in rows if str(row).strip()]


def merged(definition: Definition, before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Case data with changed values; DomainError for a field the definition does not have."""
    found = dict(before)
    for key, value in given.items():
        each = definition.field(key)
        if each is None:
            raise DomainError("procedures.field.unknown", "这个程序没有字段“{key}”。", field=key, key=key)
        cleaned = clean(each, value)
        if cleaned is None:
            found.pop(key, None)
        else:
            found[key] = cleaned
    return found


def for_guards(definition: Definition, data: Mapping[str, Any], level: str) -> dict[str, Any]:
    """Case data as guards see it: money as a number, blank fields by their type's blank, so that a guard always answers."""
    blank: dict[str, Any] = {
        "int": 0,
        "money": 0,
        "bool": False,
        "units": [],
        "people": [],
        "list": [],
        "unit": 0,
        "person": 0,
    }
    found: dict[str, Any] = {"level": level}
    for each in definition.fields:
        value = data.get(each.key)
        if value is None:
            value = blank.get(each.type, "")
        elif each.type == "money":
            value = Decimal(str(value))
        found[each.key] = value
    return found
