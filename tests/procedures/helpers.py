"""Short ways to build definitions, states and cases in tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from yanzhen.procedures import rules as _declared  # noqa: F401 - the rules of the bodies
from yanzhen.procedures.domain import engine
from yanzhen.procedures.domain.bodies import BODIES, Quorum, threshold
from yanzhen.procedures.domain.definition import Definition, Kind
from yanzhen.procedures.domain.state import CaseState, Facts, Off

TODAY = date(2026, 6, 15)


def quorum(body: str) -> Quorum:
    """The thresholds as declared (the law, or our default)."""
    from yanzhen.kernel.rulebook.api import rules

    declared = rules()
    found = BODIES[body]
    valid, passes, notice = declared[found.valid_rule], declared[found.passes_rule], declared[found.notice_rule]
    return Quorum(body, threshold(valid.default), threshold(passes.default), notice.default, valid.basis, passes.basis)


def facts(definition: Definition, *, today: date = TODAY, **own: Any) -> Facts:
    """Facts with the declared defaults of every rule the definition reads."""
    from yanzhen.kernel.rulebook.api import rules

    declared = rules()
    values = {key: declared[key].default for key in definition.rule_keys()} | own
    bodies = {body for step in definition.steps for body in step.bodies}
    units = {step.key: (901, 902, 903) for step in definition.steps if step.units_rule}
    return Facts(today, values, {body: quorum(body) for body in bodies}, units, definition.level)


def shown(case: CaseState, key: str, *evidence: str) -> CaseState:
    """The case with evidence in an open step."""
    return replace(
        case,
        steps=tuple(
            replace(each, evidence=each.evidence | set(evidence)) if each.key == key and each.state == "open" else each
            for each in case.steps
        ),
    )


def everything_shown(definition: Definition, case: CaseState, key: str) -> CaseState:
    """The case with all evidence that a step asks for."""
    return shown(case, key, *(each.key for each in definition.step(key).evidence))


def filled(definition: Definition, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A value for each field."""
    values: dict[str, Any] = {
        "text": "测试", "long": "测试内容", "int": 2, "money": "1000.00", "date": "2026-06-01", "bool": True, "unit": 7, "units": [11, 12],
        "person": 21, "people": [21, 22], "list": ["甲", "乙"],
    }  # fmt: skip
    found = {
        each.key: each.choices[0].code if each.type == "choice" else values[each.type] for each in definition.fields
    }
    return found | dict(data or {})


def all_agree(definition: Definition, case: CaseState, key: str, f: Facts) -> CaseState:
    """Every sign-off of an open step answers yes."""
    from yanzhen.procedures.domain import acts

    if definition.step(key).kind is not Kind.SIGN_OFFS:
        raise AssertionError(key)
    here = case.now_at(key)
    assert here is not None
    for off in list(here.offs):
        if isinstance(off, Off) and off.agreed is None:
            case = engine.apply(definition, case, key, acts.Answer(True, off.key), f).case
    return case
