"""Error pages: plain words, the right status, and a page even when nothing else works."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpRequest

from yanzhen.kernel.ui import errors

RequestOf = Callable[..., HttpRequest]


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (errors.bad_request, 400),
        (errors.permission_denied, 403),
        (errors.page_not_found, 404),
        (errors.unprocessable, 422),
        (errors.too_many, 429),
        (errors.server_error, 500),
        (errors.csrf_failure, 403),
    ],
)
def test_each_page_says_what_happened_and_what_to_do(
    view: Callable[..., object], status: int, request_of: RequestOf
) -> None:
    response = view(request_of(actor=None))
    text = response.content.decode()  # type: ignore[attr-defined]
    assert response.status_code == status  # type: ignore[attr-defined]
    assert "您可以这样做" in text
    assert f"错误代码 {status}" in text
    assert "Traceback" not in text


def test_partial_request_gets_the_body_alone(request_of: RequestOf) -> None:
    request = request_of()
    request.htmx = True  # type: ignore[attr-defined]
    text = errors.page_not_found(request).content.decode()
    assert "<html" not in text
    assert "错误代码 404" in text


def test_error_page_survives_a_broken_template(request_of: RequestOf, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> str:
        raise OSError("disk gone")

    monkeypatch.setattr(errors, "render_to_string", broken)
    response = errors.server_error(request_of())
    assert response.status_code == 500
    assert "系统出了问题" in response.content.decode()
    assert "<b>" not in errors.page(request_of(), errors.with_message("422", "<b>")).content.decode()


def test_a_rule_speaks_in_its_own_words_and_cannot_inject(request_of: RequestOf) -> None:
    response = errors.page(request_of(), errors.with_message("422", "<b>该事项已归档</b>"))
    assert response.status_code == 422
    assert "&lt;b&gt;该事项已归档" in response.content.decode()
    assert errors.with_message("418", "x").status == 422
