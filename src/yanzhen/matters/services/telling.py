"""Who is told what happened: staff of the units concerned, in the writing transaction (mail and gateway follow)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from yanzhen.kernel.notify.api import declare_kind
from yanzhen.kernel.notify.api import send as send_notice
from yanzhen.kernel.scope.api import Actor
from yanzhen.matters.domain.loop import ACTS
from yanzhen.matters.models import Matter, Participation
from yanzhen.matters.selectors.limits import day_of
from yanzhen.registry.api import accounts_at

#: Act → who is told: holder (who must act now), desk (the centre), parties (lead and assisting units).
_TOLD: dict[str, tuple[str, ...]] = {
    "assign": ("parties",),
    "reassign": ("parties",),
    "settle": ("parties",),
    "add_assist": ("parties",),
    "raise": ("holder",),
    "dispute": ("holder",),
    "ask_extension": ("desk",),
    "ask_unsolvable": ("desk",),
    "decide_extension": ("parties", "desk"),
    "decide_unsolvable": ("parties", "desk"),
    "assist_done": ("holder",),
    "press": ("parties", "holder"),
    "auto_press": ("parties", "holder", "desk"),
    "answer": ("desk",),
    "redo": ("parties",),
    "reopen": ("holder",),
    "person_reopen": ("holder",),
    "merge": (),
    "withdraw": ("parties", "holder"),
}
#: Capability that somebody must hold there to be told.
_CAPABILITY = {"holder": "matters.handle", "desk": "matters.triage", "parties": "matters.handle"}


def told(row: Matter, act: str, actor: Actor, now: datetime, words: str = "") -> None:
    """Tell those whom the act concerns (not the actor)."""
    sides = _TOLD.get(act, ())
    if not sides:
        return
    units: dict[int, str] = {}
    for side in sides:
        if side == "parties":
            found = Participation.objects.filter(matter=row, ended_at__isnull=True).exclude(role=Participation.FIRST)
            units.update(dict.fromkeys(found.values_list("unit_id", flat=True), _CAPABILITY[side]))
        else:
            units[row.holder_id if side == "holder" else row.desk_id] = _CAPABILITY[side]
    title = f"{ACTS[act].words}：{row.title}"
    send(units.items(), now=now, kind=f"matters.{act}", title=title, body=words[:300], row=row, but=actor.account_id)


def send(
    units: Iterable[tuple[int, str]],
    *,
    now: datetime,
    kind: str,
    title: str,
    body: str,
    row: Matter,
    but: int | None = None,
    urgent: bool | None = None,
) -> None:
    """A notice to everybody who holds the capability at these units, in the writing transaction."""
    secret = row.secret
    deliver(
        units, now=now, kind=kind, title=f"保密事项 {row.number}" if secret else title, body="" if secret else body,
        url=f"/matters/{row.pk}/", but=but, urgent=row.urgency == "urgent" if urgent is None else urgent,
    )  # fmt: skip


def deliver(
    units: Iterable[tuple[int, str]],
    *,
    now: datetime,
    kind: str,
    title: str,
    body: str,
    url: str,
    but: int | None = None,
    urgent: bool = False,
) -> int:
    """Send one notice to everybody who holds the capability named at each unit; returns to how many accounts."""
    recipients: set[int] = set()
    by_capability: dict[str, list[int]] = {}
    for unit_id, capability in units:
        by_capability.setdefault(capability, []).append(unit_id)
    for capability, unit_ids in by_capability.items():
        recipients.update(accounts_at(unit_ids, capability, day_of(now)))
    recipients.discard(but or 0)
    if recipients:
        send_notice(now=now, recipients=sorted(recipients), kind=kind, title=title, body=body, url=url, urgent=urgent)
    return len(recipients)


for _act in _TOLD:
    declare_kind(f"matters.{_act}", ACTS[_act].words)
declare_kind("matters.yellow", "即将到期的事项")
declare_kind("matters.overdue", "超期的事项")
