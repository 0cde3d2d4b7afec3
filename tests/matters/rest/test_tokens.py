"""A token is a post with some of its rights, until a day: nothing more, and not a moment longer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from tests.matters.rest.conftest import Program
from tests.personas import World
from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.matters.models import ApiToken, Matter
from yanzhen.matters.rest import auth
from yanzhen.matters.services.programs import end_token, issue_token

Make = Callable[..., Matter]
Programs = Callable[..., Program]


def test_only_the_hash_is_kept_and_the_trail_names_no_secret(world: World, program: Programs) -> None:
    clear = program("county_officer").token
    kept = ApiToken.objects.get()
    assert clear not in "".join(str(value) for value in vars(kept).values())
    row = TrailRow.objects.get(action="matters.token.issued")
    assert clear not in row.after + row.before
    assert kept.digest not in row.after


def test_without_a_token_nothing_but_health_answers(world: World) -> None:
    nobody = Program("")
    assert nobody.get("/health").json() == {"status": "ok", "version": "1.0.0"}
    refused = nobody.get("/matters")
    assert refused.status_code == 401
    assert refused["Content-Type"] == "application/problem+json"
    assert refused["WWW-Authenticate"].startswith("Bearer")
    assert Program("yzt_wrong").get("/me").status_code == 401


def test_a_login_is_not_a_token(world: World) -> None:
    assert world["county_officer"].client().get("/api/v1/matters").status_code == 401


def test_rights_are_those_of_token_and_post_together(world: World, program: Programs, make: Make) -> None:
    matter = make()
    reader = program("township_secretary", ["matters.view"])
    assert reader.get(f"/matters/{matter.pk}").status_code == 200
    assert reader.post(f"/matters/{matter.pk}/acts/raise", {"reason": "村里办不了"}).status_code == 403
    assert reader.post("/matters", {"text": "路灯坏了"}).status_code == 403
    assert reader.get("/units/root").status_code == 403
    writer = program("township_secretary")
    role = world["township_secretary"].post.role
    role.grants.filter(capability="matters.view").delete()
    cache.clear()  # a process keeps the grants of a role for a minute
    assert writer.get("/matters").status_code == 403
    assert reader.get("/me").json()["capabilities"] == []


def test_a_token_cannot_have_more_than_its_post(world: World) -> None:
    actor, now = world["county_officer"].actor, timezone.now()
    until = timezone.localdate() + timedelta(days=1)
    lesser = replace(actor, capabilities=frozenset({"matters.integrate", "matters.view"}))
    with pytest.raises(DomainError, match="rights_more"):
        issue_token(actor=lesser, now=now, name="热线", capabilities=["matters.view", "matters.assign"], valid_to=until)
    with pytest.raises(DomainError, match="rights_more"):
        issue_token(actor=actor, now=now, name="热线", capabilities=["people.unmask"], valid_to=until)
    with pytest.raises(NotAllowed):
        issue_token(actor=world["grid_worker"].actor, now=now, name="热线", capabilities=["matters.view"], valid_to=until)
    with pytest.raises(DomainError, match="days"):
        issue_token(actor=actor, now=now, name="热线", capabilities=["matters.view"], valid_to=until + timedelta(days=4000))
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("end", ["revoked", "day", "post", "account"])
def test_when_token_post_or_account_end_so_does_the_door(world: World, program: Programs, end: str) -> None:
    caller = program("county_officer")
    kept = ApiToken.objects.get()
    persona = world["county_officer"]
    assert caller.get("/me").status_code == 200
    if end == "revoked":
        end_token(actor=persona.actor, now=timezone.now(), token=kept)
        assert TrailRow.objects.filter(action="matters.token.ended").count() == 1
    elif end == "day":
        ApiToken.objects.update(valid_to=timezone.localdate() - timedelta(days=1))
    elif end == "post":
        persona.post.valid_to = timezone.localdate()
        persona.post.save()
    else:
        persona.account.is_active = False
        persona.account.save()
    assert caller.get("/me").status_code == 401


def test_last_use_is_noted(world: World, program: Programs) -> None:
    caller = program("county_officer")
    assert ApiToken.objects.get().last_used_at is None
    caller.get("/me")
    assert ApiToken.objects.get().last_used_at is not None


def test_too_many_calls_are_refused_until_the_next_minute(world: World, program: Programs, monkeypatch: Any) -> None:
    from yanzhen.kernel.rulebook import api as rulebook

    caller = program("county_officer")
    monkeypatch.setattr(auth, "value", lambda key, *a, **k: 3 if key == "matters.api.per_minute" else rulebook.value(key, *a, **k))
    monkeypatch.setattr(auth.time, "time", lambda: 1_800_000_000.0)
    assert [caller.get("/me").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = caller.get("/me")
    assert refused["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused["Retry-After"]) <= 60
    monkeypatch.setattr(auth.time, "time", lambda: 1_800_000_060.0)
    assert caller.get("/me").status_code == 200


def test_processes_together_keep_to_the_limit(db: None) -> None:
    """Two processes (each with what it holds of its own) share 100 permits."""
    granted = 0
    for process in range(4):
        auth._HELD.clear()
        granted += sum(1 for _ in range(60) if auth.spend("shared-test", 100, 60, clock=3_000_000.0) == 0)
        assert granted <= 100, process
    assert granted >= 80


# --- pages ------------------------------------------------------------------------------------------------------------------


def test_pages_show_a_token_once(world: World) -> None:
    browser = world["county_officer"].client()
    until = timezone.localdate() + timedelta(days=10)
    made = browser.post("/tokens/new/", {"name": "市政热线", "capabilities": ["matters.view"], "valid_to": until.isoformat()})
    assert made.status_code == 200
    clear = made.content.decode().split('<code id="secret">')[1].split("<")[0]
    assert clear.startswith("yzt_")
    assert "no-store" in made["Cache-Control"]
    assert Program(clear).get("/me").json()["token"] == "市政热线"
    listed = browser.get("/tokens/").content.decode()
    assert "市政热线" in listed
    assert clear not in listed
    wrong = browser.post("/tokens/new/", {"name": "", "valid_to": "x"})
    assert wrong.status_code == 422


def test_pages_revoke(world: World, program: Programs) -> None:
    caller = program("county_officer")
    pk = ApiToken.objects.get().pk
    browser = world["county_officer"].client()
    assert browser.get(f"/tokens/{pk}/end/").status_code == 200
    assert browser.post(f"/tokens/{pk}/end/").status_code == 302
    assert caller.get("/me").status_code == 401


def test_pages_keep_to_place_and_right(world: World, program: Programs) -> None:
    program("county_officer")
    pk = ApiToken.objects.get().pk
    township = world["township_secretary"].client()
    assert township.get("/tokens/").status_code == 200
    assert township.get(f"/tokens/{pk}/end/").status_code == 404
    assert township.post(f"/tokens/{pk}/end/").status_code == 404
    for persona in ("grid_worker", "system_officer", "audit_officer"):
        for path in ("/tokens/", "/tokens/new/", "/webhooks/", "/webhooks/new/"):
            assert world[persona].client().get(path).status_code == 403, (persona, path)
    assert world["villager"].client().get("/tokens/").status_code == 302


def test_who_may_integrate_by_default() -> None:
    """The data officer and the governance centre, nobody else."""
    import tomllib
    from pathlib import Path

    import yanzhen.registry

    told = tomllib.loads((Path(yanzhen.registry.__file__).parent / "roles.toml").read_text(encoding="utf-8"))
    assert {code for code, role in told["roles"].items() if "matters.integrate" in role.get("capabilities", ())} == {
        "data_officer", "county_centre",
    }  # fmt: skip
