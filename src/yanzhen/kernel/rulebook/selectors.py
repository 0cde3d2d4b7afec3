"""Reading the rulebook."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max, Q, QuerySet

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.rulebook.domain import Held, Rule, Stated, ValueType, choose, load
from yanzhen.kernel.rulebook.models import RuleValue
from yanzhen.kernel.scope.api import UnitRef

_RULES: dict[str, Rule] = {}
VERSION_KEY = "rulebook:version"
FRESH = 5  # seconds until another process sees an approval


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
    if steward not in ("business", "security"):
        raise ValueError(f"rule {key}: steward must be 'business' or 'security'")
    if type == "decimal":
        default = Decimal(str(default))
    rule = Rule(key, title, type, default, measure, basis, mark, dims, choices, minimum, maximum, steward)  # type: ignore[arg-type]
    _RULES[key] = rule
    return rule


def rules() -> dict[str, Rule]:
    """Every declared rule by key."""
    return dict(_RULES)


def _version() -> str:
    """Mark of the approved values as they are in the database, looked up at most every few seconds in each process."""
    version: str | None = cache.get(VERSION_KEY)
    if version is None:
        found = RuleValue.objects.filter(state=RuleValue.APPROVED).aggregate(n=Count("id"), at=Max("decided_at"))
        version = f"{found['n']}:{found['at'].timestamp() if found['at'] else 0}"
        cache.set(VERSION_KEY, version, FRESH)
    return version


def forget() -> None:
    """Look values up anew on the next read (called by the services; by tests and demo after writing rows directly)."""
    cache.delete(VERSION_KEY)


def as_stated(row: RuleValue) -> Stated:
    """A stored value as the chooser takes it. A key that is no longer declared keeps its plain JSON value."""
    rule = _RULES.get(row.key)
    value = load(rule, row.value) if rule else json.loads(row.value)
    return Stated(row.unit_id, row.dims, value, row.basis, row.valid_from, row.valid_to, row.pk)


def stated(key: str) -> list[Stated]:
    """Approved values of a key, cached until the next approval anywhere."""
    name = f"rulebook:{_version()}:{key}"
    found: list[Stated] | None = cache.get(name)
    if found is None:
        found = [as_stated(row) for row in RuleValue.objects.filter(key=key, state=RuleValue.APPROVED)]
        cache.set(name, found, 60)
    return found


def held(key: str, unit: UnitRef | None, *, on: date, **dims: Any) -> Held:
    """The value of ``key`` that holds for ``unit`` on a day, with basis and where it was set. KeyError: not declared."""
    rule = _RULES[key]
    return choose(rule, stated(key), unit.chain if unit else (), on, dims)


def value(key: str, unit: UnitRef | None, *, on: date, **dims: Any) -> Any:
    """Just the value of :func:`held`."""
    return held(key, unit, on=on, **dims).value


# --- pages -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A rule and what holds of it. ``others``: further values at the same units for single dimensions."""

    held: Held
    others: tuple[Stated, ...] = ()
    pending: int = 0


def overview(unit: UnitRef, *, on: date, steward: str, q: str = "") -> list[Line]:
    """Every rule of a steward with the value that holds for ``unit`` on a day; ``q``: words of key, title, basis, measure."""
    chosen = [rule for rule in _RULES.values() if rule.steward == steward and matches(rule, q)]
    by_key: dict[str, list[Stated]] = {}
    running = RuleValue.objects.filter(unit_id__in=unit.chain, state=RuleValue.APPROVED, valid_from__lte=on)
    for row in running.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on)):
        by_key.setdefault(row.key, []).append(as_stated(row))
    waiting = RuleValue.objects.filter(state=RuleValue.PROPOSED, unit_id__in=unit.chain).values_list("key")
    pending = dict(waiting.annotate(n=Count("id")))
    return [
        Line(
            choose(rule, by_key.get(rule.key, ()), unit.chain, on, {}),
            tuple(row for row in by_key.get(rule.key, ()) if row.dims != "{}"),
            pending.get(rule.key, 0),
        )
        for rule in sorted(chosen, key=lambda rule: rule.key)
    ]


def matches(rule: Rule, q: str) -> bool:
    """Whether every word of ``q`` stands in the rule's key, title, basis or measure (letter case ignored)."""
    text = f"{rule.key} {rule.title} {rule.basis} {rule.measure}".lower()
    return all(word in text for word in q.lower().split())


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the inheritance: the value stated at a unit (None = nothing of its own); ``holds``: it is the one."""

    unit_id: int | None
    stated: Stated | None
    holds: bool


def inherited(rule: Rule, unit: UnitRef, *, on: date, **dims: Any) -> list[Step]:
    """Why a value holds: from the unit up to the root, then the declared default (``unit_id`` None)."""
    rows = stated(rule.key)
    winner = choose(rule, rows, unit.chain, on, dims)
    by_id = {row.row_id: row for row in rows}
    steps = []
    for unit_id in reversed(unit.chain):
        own = choose(rule, [row for row in rows if row.unit_id == unit_id], (unit_id,), on, dims)
        steps.append(Step(unit_id, by_id.get(own.row_id or 0), own.row_id is not None and own.row_id == winner.row_id))
    return [*steps, Step(None, None, winner.row_id is None)]


def rule_of(key: str, steward: str = "") -> Rule:
    """A declared rule; :class:`NotFound` for an unknown key or another steward's."""
    rule = _RULES.get(key)
    if rule is None or (steward and rule.steward != steward):
        raise NotFound("rulebook.rule.none", "没有这条规则。")
    return rule


def history(key: str, unit_ids: Iterable[int]) -> QuerySet[RuleValue]:
    """Every value ever proposed for a key at some units, newest first."""
    return RuleValue.objects.filter(key=key, unit_id__in=list(unit_ids)).order_by("-proposed_at", "-id")


def keys_of(steward: str) -> list[str]:
    """Keys in the hand of a steward."""
    return [key for key, rule in _RULES.items() if rule.steward == steward]
