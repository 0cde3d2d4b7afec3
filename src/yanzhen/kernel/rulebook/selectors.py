"""Reading the rulebook."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.core.cache import cache

from yanzhen.kernel.rulebook.domain import Held, Rule, Stated, ValueType, choose
from yanzhen.kernel.rulebook.models import RuleValue
from yanzhen.kernel.scope.api import UnitRef

_RULES: dict[str, Rule] = {}
VERSION_KEY = "rulebook:version"


def declare(
    key: str,
    title: Any,
    *,
    type: ValueType,
    default: Any,
    measure: str = "",
    basis: str,
    mark: str,
    dims: tuple[str, ...] = (),
    choices: tuple[Any, ...] = (),
    minimum: int | None = None,
    maximum: int | None = None,
    steward: str = "business",
) -> Rule:
    """Declare a rule in the module's ``rules.py`` (imported from its AppConfig.ready).

    ``measure``: unit of measure of the value ("工作日", "小时", "%"). ``basis``: law, standard or document with article.
    ``mark``: "law" when the default stands in the basis, "default" when it is only our default ([GK] or cfg).
    """
    if mark not in ("law", "default"):
        raise ValueError(f"rule {key}: mark must be 'law' or 'default'")
    rule = Rule(key, title, type, default, measure, basis, mark, dims, choices, minimum, maximum, steward)  # type: ignore[arg-type]
    _RULES[key] = rule
    return rule


def rules() -> dict[str, Rule]:
    """Every declared rule by key."""
    return dict(_RULES)


def stated(key: str) -> list[Stated]:
    """Approved values of a key, cached until the next approval anywhere."""
    version = cache.get(VERSION_KEY, 0)
    name = f"rulebook:{version}:{key}"
    found: list[Stated] | None = cache.get(name)
    if found is None:
        found = [
            Stated(row.unit_id, row.dims, json.loads(row.value), row.basis, row.valid_from, row.valid_to, row.pk)
            for row in RuleValue.objects.filter(key=key, state=RuleValue.APPROVED)
        ]
        cache.set(name, found, 60)
    return found


def held(key: str, unit: UnitRef | None, *, on: date, **dims: Any) -> Held:
    """The value of ``key`` that holds for ``unit`` on a day, with basis and where it was set. KeyError: not declared."""
    rule = _RULES[key]
    return choose(rule, stated(key), unit.chain if unit else (), on, dims)


def value(key: str, unit: UnitRef | None, *, on: date, **dims: Any) -> Any:
    """Just the value of :func:`held`."""
    return held(key, unit, on=on, **dims).value
