"""Reading messages: everybody reads only the own inbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.notify.models import Dispatch, Notice, Preference
from yanzhen.kernel.scope.api import Actor

PAGE = 30
MOST = 100  # a count beside the navigation needs no more


def unread_count(account_id: int | None) -> int:
    """Unread notices of an account, counted up to 100."""
    if account_id is None:
        return 0
    return Notice.objects.filter(account_id=account_id, read_at__isnull=True)[:MOST].count()


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of notices; ``next`` is the ``before`` of the next page (None: the last one)."""

    notices: Sequence[Notice]
    next: int | None
    unread: int


def inbox(viewer: Actor, *, unread_only: bool = False, before: int | None = None, limit: int = PAGE) -> Inbox:
    """Notices of the viewer's account. The first page of "all" shows the unread ones first, then the others, newest
    first; further pages go on by id."""
    own = Notice.objects.filter(account_id=viewer.account_id or 0)
    rows = own.filter(read_at__isnull=True) if unread_only else own
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-id")[: limit + 1])
    last = found[limit - 1].pk if len(found) > limit else None
    found = found[:limit]
    if not unread_only:
        found.sort(key=lambda notice: (notice.read_at is not None, -notice.pk))
    return Inbox(found, last, unread_count(viewer.account_id))


def notice_for(viewer: Actor, pk: int) -> Notice:
    """A notice of the viewer's own; NotFound for anybody else's."""
    notice = Notice.objects.filter(pk=pk, account_id=viewer.account_id or 0).first()
    if notice is None:
        raise NotFound("notify.no_notice", "没有这条消息。")
    return notice


def preference_of(account_id: int) -> Preference:
    """The account's preference, or the default one (unsaved)."""
    return Preference.objects.filter(account_id=account_id).first() or Preference(account_id=account_id)


def failed(limit: int = 200) -> Sequence[Dispatch]:
    """Messages that were given up or wait for another attempt after a failure, newest first."""
    return list(
        Dispatch.objects.filter(state__in=[Dispatch.FAILED, Dispatch.WAITING], attempts__gt=0).order_by("-id")[:limit]
    )
