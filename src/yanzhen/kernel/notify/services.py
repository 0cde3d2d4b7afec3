"""Telling people: a notice in the platform at once, digests outside at proper times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.notify.channels import Message, channels, directory
from yanzhen.kernel.notify.domain import Line, compose, retry_after, slot
from yanzhen.kernel.notify.models import Dispatch, Notice, Preference
from yanzhen.kernel.notify.selectors import notice_for
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor, UnitRef
from yanzhen.kernel.worktime import api as worktime

log = structlog.get_logger("yanzhen.notify")
LOAD = 5000
_KINDS: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice to be sent to one account."""

    account_id: int
    kind: str
    title: str
    body: str = ""
    url: str = ""
    urgent: bool = False


def declare_kind(code: str, label: Any) -> str:
    """Declare a kind of notice (``matters.assigned``, "交办给我的事项") so that people can mute its digests."""
    _KINDS[code] = label
    return code


def kinds() -> dict[str, Any]:
    """Declared kinds and their words."""
    return dict(_KINDS)


@transaction.atomic
def send(
    *,
    now: datetime,
    recipients: Iterable[int],
    kind: str,
    title: str,
    body: str = "",
    url: str = "",
    urgent: bool = False,
) -> int:
    """Put a notice into the inboxes of some accounts, in the caller's transaction; returns how many.

    Mail and gateway follow in a digest at the times of ``notify.digest_times``, never in quiet hours; ``urgent`` ones go
    out at the next minute, day or night (emergencies only). Nothing personal in ``title`` and ``body`` beyond what the
    receiver may know: they leave the platform.
    """
    return send_many(
        now=now, drafts=[Draft(each, kind, title, body, url, urgent) for each in dict.fromkeys(recipients) if each]
    )


@transaction.atomic
def send_many(*, now: datetime, drafts: Sequence[Draft]) -> int:
    """Many notices in one statement (bulk actions, nightly reminders)."""
    Notice.objects.bulk_create(
        [
            Notice(
                account_id=draft.account_id, kind=draft.kind[:60], title=str(draft.title)[:160], body=str(draft.body)[:600],
                url=draft.url[:200], urgent=draft.urgent, at=now,
            )
            for draft in drafts
        ],
        batch_size=1000,
    )  # fmt: skip
    return len(drafts)


@transaction.atomic
def mark_read(*, actor: Actor, now: datetime, pk: int) -> Notice:
    """Mark one own notice as read and return it. Reading is not recorded in the trail: it is nobody's business who has
    looked at what when."""
    notice = notice_for(actor, pk)
    if notice.read_at is None:
        notice.read_at = now
        notice.save(update_fields=["read_at"])
    return notice


@transaction.atomic
def mark_all_read(*, actor: Actor, now: datetime, up_to: int) -> int:
    """Mark own notices up to an id as read (those that were on the page, not the ones that came meanwhile)."""
    return Notice.objects.filter(account_id=actor.account_id or 0, read_at__isnull=True, pk__lte=up_to).update(
        read_at=now
    )


@transaction.atomic
def save_preference(*, actor: Actor, now: datetime, mail: bool, gateway: bool, muted: Sequence[str]) -> Preference:
    """How the own account wants to be told."""
    if actor.account_id is None:
        raise DomainError("notify.no_account", "请先登录。")
    return Preference.objects.update_or_create(
        account_id=actor.account_id,
        defaults={"mail": mail, "gateway": gateway, "muted": ",".join(code for code in muted if code in _KINDS)[:600]},
    )[0]


# --- digests ------------------------------------------------------------------------------------------------------------


def collect(*, now: datetime) -> int:
    """Gather what has not gone out yet into one digest per account and channel; returns how many were made.

    Urgent notices at once; the others at the account's sending times outside quiet hours, once per sending time. What was
    read meanwhile is left out.
    """
    made = 0
    waiting = Notice.objects.filter(collected_at__isnull=True)
    if not waiting.exists():
        return 0
    accounts = list(waiting.values_list("account_id", flat=True).distinct()[:LOAD])
    units = directory().units(accounts)
    loud = _Loud(now)
    since = {account: loud.slot(units.get(account)) for account in accounts}
    begun = [moment for moment in since.values() if moment is not None]
    served: dict[int, datetime] = {}
    if begun:
        rows = Dispatch.objects.filter(account_id__in=accounts, urgent=False, made_at__gte=min(begun))
        served = dict(rows.order_by("made_at").values_list("account_id", "made_at"))
    for account in accounts:
        begin = since[account]
        ready = begin is not None and (account not in served or served[account] < begin)
        made += _collect_for(account, now=now, all_kinds=ready)
    return made


class _Loud:
    """Sending times by unit, read once per run."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._found: dict[int, datetime | None] = {}

    def slot(self, unit: UnitRef | None) -> datetime | None:
        key = unit.id if unit else 0
        if key not in self._found:
            self._found[key] = self._slot(unit)
        return self._found[key]

    def _slot(self, unit: UnitRef | None) -> datetime | None:
        today = self.now.astimezone(worktime.BEIJING).date()
        quiet = worktime.quiet_for(unit, today)
        if worktime.is_quiet(self.now, quiet, worktime.calendar_at(self.now, unit)):
            return None
        return slot(self.now, value("notify.digest_times", unit, on=today))


@transaction.atomic
def _collect_for(account: int, *, now: datetime, all_kinds: bool) -> int:
    rows = Notice.objects.select_for_update().filter(account_id=account, collected_at__isnull=True)
    if not all_kinds:
        rows = rows.filter(urgent=True)
    notices = list(rows.order_by("id")[:1000])
    if not notices:
        return 0
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(collected_at=now)
    wish = Preference.objects.filter(account_id=account).first() or Preference(account_id=account)
    muted = set(filter(None, wish.muted.split(",")))
    unread = [n for n in notices if n.read_at is None and (n.urgent or n.kind not in muted)]
    made = 0
    for urgent in (True, False):
        part = [notice for notice in unread if notice.urgent is urgent]
        if part:
            made += _dispatch(account, part, wish, urgent=urgent, now=now)
    return made


def _dispatch(account: int, notices: Sequence[Notice], wish: Preference, *, urgent: bool, now: datetime) -> int:
    lines = [Line(n.title, n.body, n.url, n.at) for n in notices]
    subject, body = compose(lines, settings.YANZHEN.base_url, gettext)
    addresses = {"mail": directory().mails([account]), "gateway": directory().gateways([account])}
    wanted = {"mail": wish.mail, "gateway": wish.gateway}
    rows = [
        Dispatch(
            account_id=account, channel=code, subject=subject, body=body, notices=len(notices), urgent=urgent, made_at=now,
            next_try=now,
        )
        for code in channels()
        if addresses[code].get(account) and (wanted[code] or urgent)
    ]  # fmt: skip
    Dispatch.objects.bulk_create(rows)
    return len(rows)


def deliver(*, now: datetime, limit: int = 500) -> dict[str, int]:
    """Send what waits; returns counts by outcome. A message is claimed before it is sent, so two workers do not send it
    twice; after a crash in between it is tried again with the same key."""
    counts: dict[str, int] = defaultdict(int)
    due = Dispatch.objects.filter(state=Dispatch.WAITING, next_try__lte=now).order_by("next_try", "id")[:limit]
    ways = channels()
    for row in due:
        counts[_deliver(row, ways, now)] += 1
    return dict(counts)


def _deliver(row: Dispatch, ways: dict[str, Any], now: datetime) -> str:
    unit = directory().units([row.account_id]).get(row.account_id)
    today = now.astimezone(worktime.BEIJING).date()
    if not row.urgent:
        calendar = worktime.calendar_at(now, unit)
        loud = worktime.next_loud(now, worktime.quiet_for(unit, today), calendar)
        if loud > now:
            Dispatch.objects.filter(pk=row.pk, state=Dispatch.WAITING).update(next_try=loud)
            return "quiet"
    attempt = row.attempts + 1
    claim = Dispatch.objects.filter(pk=row.pk, state=Dispatch.WAITING, attempts=row.attempts)
    if not claim.update(attempts=attempt, next_try=now + retry_after(attempt)):
        return "taken"
    mine = Dispatch.objects.filter(pk=row.pk, attempts=attempt)
    try:
        book = directory()
        address = (book.mails if row.channel == "mail" else book.gateways)([row.account_id]).get(row.account_id, "")
        if not address:
            raise LookupError("no address")
        message = Message(f"yanzhen-{row.pk}", row.account_id, address, row.subject, row.body, row.urgent)
        ways[row.channel].send(message, now)
    except Exception as error:  # a plug-in may raise anything; the message must not be lost
        most = int(value("notify.max_attempts", unit, on=today))
        state = Dispatch.FAILED if attempt >= most else Dispatch.WAITING
        mine.update(state=state, last_error=f"{type(error).__name__}: {error}"[:300])
        log.warning(
            "dispatch.failed", dispatch=row.pk, channel=row.channel, attempt=attempt, error=type(error).__name__
        )
        return state
    mine.update(state=Dispatch.SENT, sent_at=now, last_error="")
    return "sent"


@transaction.atomic
def prune(*, now: datetime, keep: timedelta = timedelta(days=365)) -> int:
    """Forget read notices and sent messages older than a year."""
    Dispatch.objects.filter(state=Dispatch.SENT, made_at__lt=now - keep).delete()
    return Notice.objects.filter(read_at__isnull=False, at__lt=now - keep).delete()[0]
