"""A page without a database: request, actor and templates only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest
from django.template import Context, Template
from django.test import RequestFactory

from yanzhen.kernel.scope.api import Actor, UnitRef
from yanzhen.kernel.ui import nav


@pytest.fixture(autouse=True)
def kit_alone(settings: Any) -> None:
    """The addresses of the kit alone: its tests do not depend on the modules above it."""
    settings.ROOT_URLCONF = "tests.kernel.ui.pages"


@pytest.fixture
def secretary() -> Actor:
    return Actor(
        name="周明",
        account_id=7,
        post_id=3,
        post_label="青山乡党委书记",
        unit=UnitRef(1, "0001", "青山乡"),
        capabilities=frozenset({"ui.sample"}),
    )


@pytest.fixture
def request_of(secretary: Actor) -> Callable[..., HttpRequest]:
    """Make a request: ``request_of("/path", actor=None, cookies={…})``."""

    def make(path: str = "/", *, actor: Actor | None = secretary, cookies: dict[str, str] | None = None) -> HttpRequest:
        request = RequestFactory().get(path)
        request.actor = actor  # type: ignore[attr-defined]
        request.COOKIES.update(cookies or {})
        return request

    return make


@pytest.fixture
def draw() -> Callable[..., str]:
    """Render a piece of template: ``draw("{% lamp 'red' %}", key=value)``."""

    def render(source: str, **context: Any) -> str:
        return Template(source).render(Context(context))

    return render


@pytest.fixture
def navigation(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty navigation for the test; what modules registered comes back afterwards."""
    monkeypatch.setattr(nav, "_ITEMS", {})
    monkeypatch.setattr(nav, "_PLACES", [nav.Places()])
