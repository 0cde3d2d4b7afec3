"""schemathesis against the document: whatever is sent, no server error, and every answer is one that the document promises."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.matters.rest.conftest import Program
from tests.personas import World
from yanzhen.kernel.rulebook import api as rulebook
from yanzhen.matters.models import Matter
from yanzhen.matters.rest import auth, docs

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
OPERATIONS = [(path, method) for path, methods in docs.document()["paths"].items() for method in methods]


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """Django closes a connection between requests that stands in a transaction, as the test's does; its own client forgoes it too."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("kept_connection")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_nothing_sent_breaks_it(
    world: World, program: Callable[..., Program], make: Callable[..., Matter], monkeypatch: pytest.MonkeyPatch, mode: Any
) -> None:
    """Every operation, with data as the document wants it and with data as it does not, on a matter that is there."""
    matter = make()
    caller = program("county_officer")
    monkeypatch.setattr(auth, "value", lambda key, *a, **k: 10**6 if key == "matters.api.per_minute" else rulebook.value(key, *a, **k))
    schema = schemathesis.openapi.from_dict(docs.document())
    schema.app = WSGIHandler()
    schema.location = None
    sent = 0
    for path, method in OPERATIONS:
        operation = schema[path][method.upper()]

        @settings(
            max_examples=2, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def probe(case: Any) -> None:
            nonlocal sent
            if case.path_parameters and "matter_id" in case.path_parameters and mode is GenerationMode.POSITIVE:
                case.path_parameters["matter_id"] = matter.pk
            case.call_and_validate(headers={"Authorization": f"Bearer {caller.token}"}, checks=CHECKS)
            sent += 1

        with contextlib.suppress(Unsatisfiable):  # nothing can be wrong where nothing is asked for
            probe()
    assert sent >= len(OPERATIONS) if mode is GenerationMode.POSITIVE else sent >= len(OPERATIONS) // 2

