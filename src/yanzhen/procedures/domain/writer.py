"""A definition written as TOML; ``load(dump(definition)) == definition``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from yanzhen.procedures.domain.definition import Branch, Choice, Definition, Evidence, Field, SignOff, Step, Who, Words


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, Iterable):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    raise TypeError(type(value).__name__)


def _words(key: str, words: Words) -> dict[str, Any]:
    return {key: words.zh} | ({f"{key}_en": words.en} if words.en else {})


def _kept(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if value not in ("", (), {}, None, False)}


def _choices(choices: tuple[Choice, ...]) -> list[dict[str, Any]]:
    return [{"code": each.code} | _words("title", each.title) for each in choices]


def _who(who: Who) -> dict[str, Any]:
    if not (who.roles or who.starter):
        return {}
    return _kept(
        {"roles": list(who.roles) or "", "at": who.at if who.at != "unit" else "", "unit_field": who.unit_field,
         "deputies": list(who.deputies) or "", "starter": who.starter}
    )  # fmt: skip


def _field(each: Field) -> dict[str, Any]:
    raw = {"key": each.key, "type": each.type} | _words("title", each.title) | _words("why", each.why)
    return _kept(raw | {"required": each.required, "personal": each.personal, "choices": _choices(each.choices) or ""})


def _evidence(each: Evidence) -> dict[str, Any]:
    raw = {"key": each.key, "type": each.type} | _words("title", each.title) | _words("why", each.why)
    return _kept(raw | {"when": each.when}) | {"required": each.required}


def _sign_off(each: SignOff) -> dict[str, Any]:
    return {"key": each.key} | _words("title", each.title) | {"who": _who(each.who)}


def _ways(branches: tuple[Branch, ...]) -> Any:
    if len(branches) == 1 and not branches[0].when:
        to = branches[0].to
        return to[0] if len(to) == 1 else list(to)
    return [
        _kept({"when": each.when}) | {"to": each.to[0] if len(each.to) == 1 else list(each.to)} for each in branches
    ]


def _step(step: Step) -> dict[str, Any]:
    raw: dict[str, Any] = (
        {"key": step.key, "kind": step.kind.value} | _words("title", step.title) | {"who": _who(step.who)}
    )
    names = (
        "basis", "limit", "when", "join", "fields", "bodies", "units_field", "units_rule", "days", "answer", "until", "signal",
        "exclude", "exclude_basis", "rounds", "documents",
    )  # fmt: skip
    for name in names:
        value = getattr(step, name)
        raw[name] = list(value) if isinstance(value, tuple) and value else value
    raw |= {"leaves": step.leaves} | (_words("note", step.note) if step.note.zh else {})
    if step.ballot is not None:
        spec = step.ballot
        raw["ballot"] = _kept(
            {"form": spec.form, "subjects": spec.subjects, "scale": _choices(spec.scale) or "", "scale_rule": spec.scale_rule,
             "seats_rule": spec.seats_rule, "remote_rule": spec.remote_rule}
        )  # fmt: skip
    raw["ways"] = {outcome: _ways(branches) for outcome, branches in step.ways.items()}
    raw["evidence"] = [_evidence(each) for each in step.evidence]
    raw["sign_offs"] = [_sign_off(each) for each in step.sign_offs]
    return {key: value for key, value in raw.items() if value not in ("", (), {}, [], None, False)}


def as_mapping(definition: Definition) -> dict[str, Any]:
    """The definition in the shape of its TOML file (what ``loader.build`` reads)."""
    raw: dict[str, Any] = {"code": definition.code, "version": definition.version} | _words("title", definition.title)
    raw |= _kept(
        {"basis": list(definition.basis) or "", "level": definition.level, "starters": list(definition.starters) or "",
         "restricted": definition.restricted, "rules": dict(definition.rules),
         "takes_over": {str(old): dict(names) for old, names in definition.takes_over.items()}}
    )  # fmt: skip
    raw |= _words("note", definition.note) if definition.note.zh else {}
    raw["fields"] = [_field(each) for each in definition.fields]
    raw["steps"] = [_step(each) for each in definition.steps]
    return raw


def dump(definition: Definition) -> str:
    """The definition as TOML text."""
    raw = as_mapping(definition)
    lines = [f"{key} = {_value(value)}" for key, value in raw.items() if key not in ("fields", "steps")]
    for each in raw["fields"]:
        lines += ["", "[[fields]]", *(f"{key} = {_value(value)}" for key, value in each.items())]
    for each in raw["steps"]:
        parts = {key: each.pop(key, []) for key in ("evidence", "sign_offs")}
        ways = each.pop("ways", {})
        lines += ["", "[[steps]]", *(f"{key} = {_value(value)}" for key, value in each.items())]
        lines += [f"ways.{outcome} = {_value(to)}" for outcome, to in ways.items()]
        for key, rows in parts.items():
            for row in rows:
                lines += ["", f"[[steps.{key}]]", *(f"{name} = {_value(value)}" for name, value in row.items())]
    return "\n".join(lines) + "\n"
