"""The demo county: made once, kept, shown with its logins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from django.utils import timezone

from yanzhen.kernel.accounts.models import Account
from yanzhen.kernel.notify.models import Notice
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.worktime.demo import build as build_calendar
from yanzhen.registry.api import actor_in, posts_of, unit_ref
from yanzhen.registry.demo import LOGINS, County, Login

SEED = 20261121


def logins() -> tuple[Login, ...]:
    """One login for each persona."""
    return LOGINS


def actor_of(county: County, username: str, now: datetime) -> Actor:
    """One of the cast in the first post."""
    account = county.accounts[username]
    return actor_in(posts_of(account.pk, now.date())[0], account.pk, account.display_name)


def settle_notices(now: datetime) -> None:
    """Notices in the order of their time, those of last week and before read: three months of matters are told one by one."""
    rows = sorted(Notice.objects.all(), key=lambda each: each.at)
    Notice.objects.all().delete()
    for row in rows:
        row.pk = None
        if row.at < now - timedelta(days=7):
            row.read_at = row.collected_at = row.at + timedelta(hours=2)
    Notice.objects.bulk_create(rows, batch_size=500)


def ensure(*, say: Callable[[str], None]) -> bool:
    """Build the county unless it is there; returns whether it was built."""
    if Account.objects.filter(username=LOGINS[0].username).exists():
        return False
    from yanzhen.democracy.demo import build as build_democracy
    from yanzhen.matters.demo import build as build_matters
    from yanzhen.measures.api import refresh
    from yanzhen.registry.demo import build as build_registry

    rng, now = Random(SEED), timezone.now()  # noqa: S311 - invented people, not secrets
    county = build_registry(rng=rng, now=now, say=say)
    place = unit_ref(county.units["county"])
    build_calendar(
        now=now, unit=place, proposer=actor_of(county, "county", now), approver=actor_of(county, "centre", now)
    )
    build_matters(rng=rng, now=now, county=county, say=say)
    build_democracy(now=now, county=county, say=say)
    settle_notices(now)
    while refresh(now=now):
        pass
    say("figures computed")
    return True


def fill_lake_later() -> None:
    """Leave the lake's million rows to the worker, unless a run has put them in: nobody waits for them at the door."""
    from yanzhen.datahub.api import folder
    from yanzhen.datahub.demo import fill

    if not any((folder() / "runs").glob("*.json")):
        fill.enqueue()
