"""Writing the trail. Rows are only ever added; the seal is set once by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.trail.domain import canonical, digest
from yanzhen.kernel.trail.models import TrailRow

_ACTIONS: dict[str, Any] = {}
FIELDS = (
    "at", "action", "account_id", "post_id", "actor_name", "actor_post", "on_behalf_of", "channel", "ip", "request_id",
    "unit_path", "subject_kind", "subject_id", "subject_label", "before", "after", "purpose",
)  # fmt: skip


def declare(action: str, label: Any) -> str:
    """Declare an action code ``module.subject.verb`` with its words; returns the code."""
    _ACTIONS[action] = label
    return action


def actions() -> dict[str, Any]:
    """Declared actions and their words."""
    return dict(_ACTIONS)


def row_digest(row: TrailRow) -> str:
    """Hash of a row's content, times in UTC so that both databases give the same text."""
    values = [getattr(row, name) for name in FIELDS]
    values[0] = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    return digest(values)


def build(
    *,
    actor: Actor,
    now: datetime,
    action: str,
    kind: str,
    subject_id: object,
    label: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    purpose: str = "",
    unit_path: str = "",
) -> TrailRow:
    """An unsaved row with its hash; :class:`KeyError` for an undeclared action (a programming error)."""
    if action not in _ACTIONS:
        raise KeyError(f"trail action {action} is not declared")
    row = TrailRow(
        at=now, action=action, account_id=actor.account_id, post_id=actor.post_id, actor_name=actor.name[:80],
        actor_post=actor.post_label[:120], on_behalf_of=actor.on_behalf_of[:80], channel=actor.channel, ip=actor.ip,
        request_id=actor.request_id, unit_path=unit_path or (actor.unit.path if actor.unit else ""),
        subject_kind=kind, subject_id=str(subject_id), subject_label=label[:120],
        before=canonical(before), after=canonical(after), purpose=purpose[:200],
    )  # fmt: skip
    row.digest = row_digest(row)
    return row


def record(
    *,
    actor: Actor,
    now: datetime,
    action: str,
    kind: str,
    subject_id: object,
    label: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    purpose: str = "",
    unit_path: str = "",
) -> TrailRow:
    """Write one trail row in the caller's transaction. ``kind``/``subject_id``: what was written (``matter`` 17)."""
    row = build(
        actor=actor, now=now, action=action, kind=kind, subject_id=subject_id, label=label, before=before, after=after,
        purpose=purpose, unit_path=unit_path,
    )  # fmt: skip
    row.save(force_insert=True)
    return row


def record_many(rows: list[TrailRow]) -> None:
    """Write rows made by :func:`build` in one statement (imports)."""
    TrailRow.objects.bulk_create(rows, batch_size=2000)
