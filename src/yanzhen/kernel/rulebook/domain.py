"""Declaring rules and choosing the value that holds (plain Python)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from yanzhen.kernel.errors import DomainError

ValueType = Literal["int", "decimal", "text", "bool", "list", "table", "time"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that a module reads. ``mark`` says whether ``default`` stands in a law or is our default ([GK], cfg).

    ``minimum``/``maximum``: what a place may choose between. ``steward``: whose hand it is in: rules of the business, or the
    security officers' policy.
    """

    key: str
    title: Any
    type: ValueType
    default: Any
    measure: str
    basis: str
    mark: Literal["law", "default"]
    dims: tuple[str, ...] = ()
    choices: tuple[Any, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    steward: Literal["business", "security"] = "business"


@dataclass(frozen=True, slots=True)
class Stated:
    """A value as stored: for a unit, some dimensions, from a day (inclusive) to a day (exclusive, None = open)."""

    unit_id: int
    dims: str
    value: Any
    basis: str
    valid_from: date
    valid_to: date | None
    row_id: int


@dataclass(frozen=True, slots=True)
class Held:
    """The value that holds, and why: set at which unit (None = the declared default), since when, on which basis."""

    rule: Rule
    value: Any
    basis: str
    unit_id: int | None
    valid_from: date | None
    row_id: int | None
    specific: str = "{}"


def canonical_dims(dims: Mapping[str, Any]) -> str:
    """Canonical JSON text of dimensions, empty ones left out."""
    kept = {key: str(value) for key, value in dims.items() if value not in (None, "")}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def choose(rule: Rule, stated: Iterable[Stated], chain: tuple[int, ...], on: date, dims: Mapping[str, Any]) -> Held:
    """The value that holds for the unit whose ``chain`` (root → unit) is given, on a day.

    The nearest unit wins; at the same unit the value that names more of the asked dimensions; then the later one. A value
    with a dimension that was not asked for, or with another value of it, does not apply.
    """
    asked = {key: str(value) for key, value in dims.items() if value not in (None, "")}
    rank = {unit_id: place for place, unit_id in enumerate(chain)}
    best: tuple[int, int, date, int] | None = None
    found: Stated | None = None
    for row in stated:
        if row.unit_id not in rank or row.valid_from > on or (row.valid_to is not None and row.valid_to <= on):
            continue
        wanted: dict[str, str] = json.loads(row.dims)
        if any(asked.get(key) != value for key, value in wanted.items()):
            continue
        weight = (rank[row.unit_id], len(wanted), row.valid_from, row.row_id)
        if best is None or weight > best:
            best, found = weight, row
    if found is None:
        value = rule.default
        if rule.type == "table" and isinstance(value, Mapping):
            value = dict(value)
        return Held(rule, value, rule.basis, None, None, None)
    return Held(rule, found.value, found.basis, found.unit_id, found.valid_from, found.row_id, found.dims)


# --- values: from what was typed, to what is stored, and back ---------------------------------------------------------

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_WORDS = {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}


def _wrong(message: str, **data: Any) -> DomainError:
    return DomainError("rulebook.value.wrong", message, field="value", **data)


def parse(rule: Rule, text: str) -> Any:
    """The value meant by what a person typed: list = one entry a line, table = JSON, decimal = exact.

    Raises :class:`DomainError` (field ``value``) for what is not of the rule's type or outside its range.
    """
    text = text.strip()
    value: Any = text
    if rule.type == "int":
        if not re.fullmatch(r"-?\d{1,15}", text):
            raise _wrong("请填写整数。")
        value = int(text)
    elif rule.type == "decimal":
        value = _decimal(text)
    elif rule.type == "bool":
        if text.lower() not in _WORDS:
            raise _wrong("请选择“是”或“否”。")
        value = _WORDS[text.lower()]
    elif rule.type == "list":
        value = [line.strip() for line in text.splitlines() if line.strip()]
        if rule.choices and all(isinstance(choice, int) for choice in rule.choices):
            value = [int(each) if each.lstrip("-").isdigit() else each for each in value]
    elif rule.type == "table":
        try:
            value = json.loads(text)
        except ValueError:
            raise _wrong("表格内容不是有效的 JSON。") from None
    return check(rule, value)


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise _wrong("请填写数字。") from None
    if not number.is_finite():
        raise _wrong("请填写数字。")
    return number


def check(rule: Rule, value: Any) -> Any:
    """The value, if it is of the rule's type, within its range and among its choices; DomainError otherwise."""
    fits = {
        "int": isinstance(value, int) and not isinstance(value, bool),
        "decimal": isinstance(value, Decimal | int | float | str) and not isinstance(value, bool),
        "text": isinstance(value, str) and bool(value),
        "bool": isinstance(value, bool),
        "list": isinstance(value, list | tuple),
        "table": isinstance(value, Mapping | list | tuple) and bool(value),
        "time": isinstance(value, str) and bool(_CLOCK.fullmatch(value)),
    }[rule.type]
    if not fits:
        raise _wrong("取值与规则的类型（{type}）不符。", type=rule.type)
    if rule.type == "decimal":
        value = _decimal(value)
    if rule.type in ("int", "decimal"):
        if rule.minimum is not None and value < rule.minimum:
            raise _wrong("不能小于 {minimum}。", minimum=rule.minimum)
        if rule.maximum is not None and value > rule.maximum:
            raise _wrong("不能大于 {maximum}。", maximum=rule.maximum)
    if rule.type == "list":
        value = list(value)
    if rule.choices and rule.type != "table":
        for each in value if rule.type == "list" else [value]:
            if each not in rule.choices:
                raise _wrong("“{each}”不在可选范围内。", each=each)
    return value


def dump(rule: Rule, value: Any) -> str:
    """JSON text of a value as stored; a decimal as text, so that nothing is rounded."""
    if rule.type == "decimal":
        return json.dumps(str(value))
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def load(rule: Rule, text: str) -> Any:
    """The value stored as ``text``."""
    value = json.loads(text)
    return Decimal(str(value)) if rule.type == "decimal" else value


def typed(rule: Rule, value: Any) -> str:
    """A value as a person would type it: the way back of :func:`parse`."""
    if rule.type == "bool":
        return "true" if value else "false"
    if rule.type == "list":
        return "\n".join(str(each) for each in value)
    if rule.type == "table":
        return json.dumps(value, ensure_ascii=False, indent=1, default=str)
    return str(value)


def check_dims(rule: Rule, dims: Mapping[str, Any]) -> str:
    """Canonical dimensions, if the rule knows them all."""
    for key in dims:
        if key not in rule.dims:
            raise DomainError("rulebook.value.dims", "这条规则不区分“{key}”。", field="dims", key=key)
    return canonical_dims(dims)


def check_dates(valid_from: date, valid_to: date | None, *, today: date, backdate: int) -> None:
    """Raise unless a value may begin on ``valid_from`` (at most ``backdate`` days ago) and ends after it, not in the past."""
    if valid_from < today - timedelta(days=backdate):
        raise DomainError(
            "rulebook.value.past",
            "生效日期不能早于今天前 {days} 天：过去的计算不能改写。",
            field="valid_from",
            days=backdate,
        )
    if valid_to is not None and (valid_to <= valid_from or valid_to <= today):
        raise DomainError("rulebook.value.over", "失效日期应晚于生效日期和今天。", field="valid_to")


# --- making room for a new value -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cut:
    """What happens to an older value: it now ends on ``until``; and it goes on from ``resumes`` to its old end, if given."""

    row_id: int
    until: date
    resumes: date | None = None


def make_room(older: Sequence[Stated], valid_from: date, valid_to: date | None) -> list[Cut]:
    """Cuts in the older values of the same rule, unit and dimensions, so that on each day one value holds.

    A value that began before the new one ends on the new one's first day. Where the new one is for a time only, the older
    one goes on after it. A value inside the new one's days holds on no day any more (it ends where it begins).
    """
    cuts = []
    for row in older:
        ends_before = row.valid_to is not None and row.valid_to <= valid_from
        begins_after = valid_to is not None and row.valid_from >= valid_to
        if ends_before or begins_after or row.valid_to == row.valid_from:
            continue
        outlives = valid_to is not None and (row.valid_to is None or row.valid_to > valid_to)
        cuts.append(Cut(row.row_id, max(row.valid_from, valid_from), valid_to if outlives else None))
    return cuts
