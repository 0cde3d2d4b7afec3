"""Waiting for a condition in a page. Playwright's ``wait_for_function`` needs ``unsafe-eval``, which our policy forbids."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Error


def until(page: Any, expression: str, seconds: float = 30) -> Any:
    """Evaluate until the expression is true; its last value otherwise fails the test."""
    end = time.monotonic() + seconds
    found: Any = None
    while time.monotonic() < end:
        try:
            found = page.evaluate(expression)
        except Error as error:  # the page is just being replaced
            found = str(error)
        else:
            if found:
                return found
        page.wait_for_timeout(100)
    raise AssertionError(f"{expression}: {found!r} on {page.url}")
