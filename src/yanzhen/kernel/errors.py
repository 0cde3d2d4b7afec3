"""Errors that a user can understand and act upon.

A :class:`DomainError` is raised where a rule says no. It carries a code for machines, a sentence for people (in Chinese, the
source language; the shell looks its translation up when it shows it, so that rules stay free of Django) and the field it
belongs to, if any. The web shell turns it into a page with status 422 (403, 404) that keeps what was typed; the API into a
problem document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """A rule of the field says no.

    ``code``: ``module.subject.reason``; ``message``: what is wrong and what to do (Chinese source text, may hold
    ``{name}`` fields filled from ``data``); ``field``: the form field it belongs to, or "".
    """

    status = 422

    def __init__(self, code: str, message: str, /, *, field: str = "", **data: Any) -> None:
        self.code = code
        self.template = message
        self.field = field
        self.data: Mapping[str, Any] = data
        super().__init__(code)

    @property
    def message(self) -> str:
        """The sentence for people, with its data filled in."""
        text = self.template
        return text.format(**self.data) if self.data else text

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class NotAllowed(DomainError):
    """The actor's post does not give this right here (shown as 403)."""

    status = 403


class NotFound(DomainError):
    """Nothing there that this viewer may see (shown as 404: a foreign record is not even confirmed to exist)."""

    status = 404


class Conflict(DomainError):
    """Somebody else changed it first (shown as 409, the draft is kept)."""

    status = 409
