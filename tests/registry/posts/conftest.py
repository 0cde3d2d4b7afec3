"""The cast in the roles of the release (registry/roles.toml), not in the test roles."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.personas import Persona, World
from yanzhen.kernel.scope.api import system
from yanzhen.registry.models import Post
from yanzhen.registry.selectors.posts import actor_in
from yanzhen.registry.services.posts import sync_roles


@pytest.fixture
def cast(world: World, now: datetime) -> World:
    """The world with real roles."""
    sync_roles(actor=system("setup"), now=now)
    for persona in world.personas.values():
        if persona.post is not None and persona.account is not None:
            post = Post.objects.select_related("role", "unit", "account").get(pk=persona.post.pk)
            persona.actor = actor_in(post, persona.account.pk, persona.account.display_name)
    return world


@pytest.fixture
def security(cast: World) -> Persona:
    return cast["security_officer"]


@pytest.fixture
def system_admin(cast: World) -> Persona:
    return cast["system_officer"]
