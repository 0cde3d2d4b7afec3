"""The county of the scope matrix, built once a module."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from tests.guards.scope_table import PERSONAS
from tests.guards.scope_world import Ground, build_ground
from yanzhen.kernel.accounts.web.middleware import SEEN


@pytest.fixture(scope="module")
def ground(django_db_setup: None, django_db_blocker: Any) -> Iterator[Ground]:
    """Built once in a transaction that is rolled back at the end; each request runs in a savepoint of its own."""
    with django_db_blocker.unblock(), transaction.atomic():
        cache.clear()
        yield build_ground()
        transaction.set_rollback(True)
    cache.clear()


@pytest.fixture
def quiet() -> Iterator[None]:
    """Thousands of refusals are no news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def sessions(ground: Ground) -> dict[str, str]:
    """Session keys of those who can log in."""
    found = {}
    for name in PERSONAS:
        client = ground.world[name].client()
        if settings.SESSION_COOKIE_NAME in client.cookies:
            session = client.session
            session[SEEN] = time.time()  # so that reading a page does not write it each time
            session.save()
            found[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert len(found) == len(PERSONAS) - 1
    return found
