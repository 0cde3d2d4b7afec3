"""JSON Schemas of the answers, written from the text of Open311 GeoReport v2 and Service Discovery; and the same answers read
back from XML, so that one schema holds both forms."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from jsonschema import Draft202012Validator, FormatChecker

W3C = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"
TEXT = {"type": "string"}
MAYBE = {"type": ["string", "null"]}
FILLED = {"type": "string", "minLength": 1}
NUMBER = {"type": ["number", "null"]}
MOMENT = {"type": "string", "pattern": W3C}


def _object(needed: dict[str, Any], may: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": {**needed, **(may or {})}, "required": list(needed), "additionalProperties": False}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


SERVICES = _list(
    _object(
        {
            "service_code": FILLED, "service_name": FILLED, "description": TEXT, "metadata": {"type": "boolean"},
            "type": {"enum": ["realtime", "batch", "blackbox"]}, "keywords": TEXT, "group": TEXT,
        }
    )
)  # fmt: skip
DEFINITION = _object(
    {
        "service_code": FILLED,
        "attributes": _list(
            _object(
                {
                    "variable": {"type": "boolean"}, "code": FILLED, "required": {"type": "boolean"},
                    "datatype": {"enum": ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]},
                    "datatype_description": MAYBE, "order": {"type": "integer", "minimum": 1}, "description": TEXT,
                },
                {"values": _list(_object({"key": FILLED, "name": FILLED}))},
            )
        ),
    }
)  # fmt: skip
CREATED = {
    **_list(
        {
            **_object({}, {"service_request_id": FILLED, "token": FILLED, "service_notice": MAYBE, "account_id": MAYBE}),
            "oneOf": [{"required": ["service_request_id"]}, {"required": ["token"]}],
        }
    ),
    "minItems": 1, "maxItems": 1,
}  # fmt: skip
TOKEN = {**_list(_object({"service_request_id": FILLED, "token": FILLED})), "minItems": 1, "maxItems": 1}
REQUESTS = _list(
    _object(
        {
            "service_request_id": FILLED, "status": {"enum": ["open", "closed"]}, "service_name": TEXT, "service_code": TEXT,
            "description": MAYBE, "requested_datetime": MOMENT, "updated_datetime": MOMENT, "address": MAYBE,
            "address_id": MAYBE, "zipcode": MAYBE, "lat": NUMBER, "long": NUMBER, "media_url": MAYBE,
        },
        {
            "status_notes": MAYBE, "agency_responsible": MAYBE, "service_notice": MAYBE,
            "expected_datetime": {"anyOf": [MOMENT, {"type": "null"}]},
        },
    )
)  # fmt: skip
ERRORS = {**_list(_object({"code": {"type": "integer"}, "description": FILLED})), "minItems": 1}
DISCOVERY = _object(
    {
        "changeset": MOMENT, "contact": FILLED, "key_service": FILLED,
        "endpoints": {
            **_list(
                _object(
                    {
                        "specification": {"const": "http://wiki.open311.org/GeoReport_v2"},
                        "url": {"type": "string", "pattern": r"^https?://.+[^/]$"}, "changeset": MOMENT,
                        "type": {"enum": ["production", "test"]},
                        "formats": {**_list({"enum": ["text/xml", "application/json"]}), "contains": {"const": "text/xml"}},
                    }
                )
            ),
            "minItems": 1,
        },
    }
)  # fmt: skip
ROOTS = {
    "services": SERVICES, "service_definition": DEFINITION, "service_requests": REQUESTS, "errors": ERRORS,
    "discovery": DISCOVERY,
}  # fmt: skip


def check(found: Any, schema: dict[str, Any]) -> Any:
    """Raise when an answer is not as the specification says; give it back otherwise."""
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(found)
    return found


_LISTS = {"services", "service_requests", "attributes", "values", "errors", "endpoints", "formats"}
_NUMBERS = {"lat": float, "long": float, "order": int, "code": int}
_FLAGS = {"metadata", "variable", "required"}


def _value(element: ElementTree.Element, inside: str) -> Any:
    if element.tag in _LISTS:
        return [_value(each, element.tag) for each in element]
    if len(element):
        return {each.tag: _value(each, element.tag) for each in element}
    text = element.text
    if element.tag in _FLAGS and text is not None:
        return {"true": True, "false": False}[text]
    if element.tag in _NUMBERS and text is not None and not (element.tag == "code" and inside != "error"):
        return _NUMBERS[element.tag](text)
    return text


def from_xml(body: bytes, root: str) -> Any:
    """The values of an XML answer; its root must be as the specification names it."""
    assert body.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    tree = ElementTree.fromstring(body)  # noqa: S314 our own answer
    assert tree.tag == root
    return _value(tree, "")
