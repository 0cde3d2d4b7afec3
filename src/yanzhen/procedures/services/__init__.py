"""Writes of procedures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from yanzhen.kernel.scope.api import Actor
from yanzhen.procedures.domain.acts import Act
from yanzhen.procedures.models import Case


def ship(folder: Path) -> None:
    """Register a folder of definitions that the product brings."""
    raise NotImplementedError


def start(*, actor: Actor, now: datetime, procedure: str, unit_id: int, title: str, data: Mapping[str, Any] | None = None,
          subject: tuple[str, int] | None = None, key: str = "") -> Case:  # fmt: skip
    """Begin a case."""
    raise NotImplementedError


def act(*, actor: Actor, now: datetime, case: Case | int, step: str, act: Act, evidence: Mapping[str, Any] | None = None,
        files: Sequence[tuple[str, str, bytes]] = (), version: int | None = None) -> Case:  # fmt: skip
    """Do something in a step."""
    raise NotImplementedError


def signal(*, actor: Actor, now: datetime, case: Case | int, name: str, data: Mapping[str, Any] | None = None) -> Case:
    """Tell a waiting case that what it waits for has happened."""
    raise NotImplementedError


def end(*, actor: Actor, now: datetime, case: Case | int, reason: str, version: int | None = None) -> Case:
    """Give a case up."""
    raise NotImplementedError


def migrate(*, actor: Actor, now: datetime, case: Case | int, to_version: int, reason: str) -> Case:
    """Move a running case to another version."""
    raise NotImplementedError


def on_result(prefix: str, listener: Callable[[Case, str, Actor, datetime], object]) -> None:
    """Be told when a case of a procedure whose code begins with ``prefix`` is resolved, rejected or ended."""
    raise NotImplementedError


def on_step(prefix: str, listener: Callable[[Case, str, str, Actor, datetime], object]) -> None:
    """Be told of each finished step."""
    raise NotImplementedError
