"""The cast that other tests stand on."""

from __future__ import annotations

from tests.personas import TREE, Persona, World
from yanzhen.kernel.scope.api import ancestors, may
from yanzhen.registry.models import Unit


def test_tree_is_a_sound_materialised_path(world: World) -> None:
    assert Unit.objects.count() == len(TREE)
    assert Unit.objects.find_problems() == ([], [], [], [], [])


def test_everybody_acts_in_their_own_place(world: World, village_secretary: Persona, outsider: Persona) -> None:
    songpo = world.unit("songpo")
    assert ancestors(songpo.path)[-2] == world.unit("qingshan").path
    assert may(village_secretary.actor, "people.view", world.unit("songpo_1").path)
    assert not may(village_secretary.actor, "people.view", world.unit("shiqiao").path)
    assert not may(outsider.actor, "people.view", songpo.path)


def test_officers_hold_no_business_right(
    system_officer: Persona, security_officer: Persona, audit_officer: Persona, villager: Persona
) -> None:
    assert "accounts.manage" in system_officer.actor.capabilities
    assert "posts.approve" in security_officer.actor.capabilities
    assert "trail.view" in audit_officer.actor.capabilities
    for officer in (system_officer, security_officer, audit_officer, villager):
        assert not officer.actor.has("people.view")
