"""The demo county: made once, kept, shown with its logins."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from django.utils import timezone

from yanzhen.kernel.accounts.models import Account
from yanzhen.registry.demo import LOGINS, Login

SEED = 20261121


def logins() -> tuple[Login, ...]:
    """One login for each persona."""
    return LOGINS


def ensure(*, say: Callable[[str], None]) -> bool:
    """Build the county unless it is there; returns whether it was built."""
    if Account.objects.filter(username=LOGINS[0].username).exists():
        return False
    from yanzhen.matters.demo import build as build_matters
    from yanzhen.measures.api import refresh
    from yanzhen.registry.demo import build as build_registry

    rng, now = Random(SEED), timezone.now()  # noqa: S311 - invented people, not secrets
    county = build_registry(rng=rng, now=now, say=say)
    build_matters(rng=rng, now=now, county=county, say=say)
    while refresh(now=now):
        pass
    say("figures computed")
    return True
