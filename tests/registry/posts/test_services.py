"""Posts: proposed by one, approved by another, ended at once; standing in; roles from the file."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tests.factories.registry import make_account, make_post
from tests.personas import Persona, World
from yanzhen.kernel.errors import Conflict, DomainError, NotAllowed
from yanzhen.kernel.scope.api import capabilities, system
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.registry.models import Delegation, Post, Role, RoleGrant
from yanzhen.registry.selectors.posts import actor_in, delegated_to, posts_of
from yanzhen.registry.services import posts as services

TODAY = date(2026, 6, 15)


def propose(cast: World, now: datetime, **changes: object) -> Post:
    given: dict = {
        "actor": cast["security_officer"].actor, "now": now, "account": make_account(),
        "role": Role.objects.get(code="township_clerk"), "unit": cast.unit("qingshan"), "valid_from": TODAY,
    }  # fmt: skip
    return services.propose_post(**{**given, **changes})


def test_a_post_gives_nothing_until_a_second_officer_approves(
    cast: World, system_admin: Persona, now: datetime
) -> None:
    post = propose(cast, now, basis="青组〔2026〕3 号")
    assert posts_of(post.account_id, TODAY) == []
    services.approve_post(actor=system_admin.actor, now=now, post=post)
    assert [each.pk for each in posts_of(post.account_id, TODAY)] == [post.pk]
    rows = list(TrailRow.objects.filter(subject_kind="post", subject_id=str(post.pk)).order_by("id"))
    assert [row.action for row in rows] == ["registry.post.proposed", "registry.post.approved"]
    assert rows[1].unit_path == cast.unit("qingshan").path


def test_the_proposer_cannot_approve(cast: World, security: Persona, now: datetime) -> None:
    post = propose(cast, now)
    with pytest.raises(DomainError) as caught:
        services.approve_post(actor=security.actor, now=now, post=post)
    assert caught.value.code == "registry.post.two_people"


def test_another_security_officer_approves(cast: World, now: datetime) -> None:
    second = make_account()
    actor = actor_in(make_post(second, Role.objects.get(code="security_officer"), cast.unit("county")), second.pk, "乙")
    assert services.approve_post(actor=actor, now=now, post=propose(cast, now)).approved_by == second.pk


def test_nobody_proposes_or_approves_for_oneself(
    cast: World, security: Persona, system_admin: Persona, now: datetime
) -> None:
    with pytest.raises(DomainError):
        propose(cast, now, account=security.account)
    own = propose(
        cast, now, account=system_admin.account, role=Role.objects.get(code="system_officer"), unit=cast.unit("county")
    )
    with pytest.raises(DomainError) as caught:
        services.approve_post(actor=system_admin.actor, now=now, post=own)
    assert caught.value.code == "registry.post.not_own"


@pytest.mark.parametrize("key", ["county_officer", "township_secretary", "audit_officer", "village_secretary"])
def test_others_have_no_say(cast: World, now: datetime, key: str) -> None:
    post = propose(cast, now)
    with pytest.raises(NotAllowed):
        services.approve_post(actor=cast[key].actor, now=now, post=post)
    with pytest.raises(NotAllowed):
        propose(cast, now, actor=cast[key].actor)


def test_officers_of_this_county_do_not_rule_the_next(cast: World, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        propose(cast, now, unit=cast.unit("other_township"))


@pytest.mark.parametrize(("holder", "role", "unit"), [
    ("township_secretary", "audit_officer", "county"),
    ("audit_officer", "township_clerk", "qingshan"),
    ("audit_officer", "system_officer", "county"),
])  # fmt: skip
def test_three_officers_stay_apart(cast: World, now: datetime, holder: str, role: str, unit: str) -> None:
    with pytest.raises(DomainError) as caught:
        propose(cast, now, account=cast[holder].account, role=Role.objects.get(code=role), unit=cast.unit(unit))
    assert caught.value.code == "registry.post.officers_apart"


def test_two_open_proposals_cannot_both_pass(cast: World, system_admin: Persona, now: datetime) -> None:
    account = make_account()
    one = propose(cast, now, account=account, role=Role.objects.get(code="audit_officer"), unit=cast.unit("county"))
    other = propose(cast, now, account=account)
    services.approve_post(actor=system_admin.actor, now=now, post=one)
    with pytest.raises(DomainError) as caught:
        services.approve_post(actor=system_admin.actor, now=now, post=other)
    assert caught.value.code == "registry.post.officers_apart"


def test_one_after_the_other_is_fine(cast: World, system_admin: Persona, now: datetime) -> None:
    account = make_account()
    change = TODAY + timedelta(days=10)
    one = propose(
        cast,
        now,
        account=account,
        role=Role.objects.get(code="audit_officer"),
        unit=cast.unit("county"),
        valid_to=change,
    )
    services.approve_post(actor=system_admin.actor, now=now, post=one)
    other = propose(cast, now, account=account, valid_from=change)
    services.approve_post(actor=system_admin.actor, now=now, post=other)
    assert [post.role.code for post in posts_of(account.pk, change - timedelta(days=1))] == ["audit_officer"]
    assert [post.role.code for post in posts_of(account.pk, change)] == ["township_clerk"]


def test_the_role_must_fit_the_level(cast: World, now: datetime) -> None:
    with pytest.raises(DomainError) as caught:
        propose(cast, now, unit=cast.unit("songpo"))
    assert caught.value.code == "registry.post.wrong_level"


def test_a_decision_is_taken_once(cast: World, system_admin: Persona, now: datetime) -> None:
    post = propose(cast, now)
    services.reject_post(actor=system_admin.actor, now=now, post=post, reason="材料不全")
    with pytest.raises(Conflict):
        services.approve_post(actor=system_admin.actor, now=now, post=post)
    assert posts_of(post.account_id, TODAY) == []


def test_the_proposer_takes_the_own_proposal_back(cast: World, security: Persona, now: datetime) -> None:
    post = propose(cast, now)
    with pytest.raises(DomainError):
        services.reject_post(actor=security.actor, now=now, post=post, reason=" ")
    assert services.reject_post(actor=security.actor, now=now, post=post, reason="填错单位").rejected_at == now


def test_an_end_takes_effect_at_once(cast: World, security: Persona, now: datetime) -> None:
    post = cast["township_secretary"].post
    assert post is not None
    services.end_post(actor=security.actor, now=now, post=post, on=TODAY, reason="调离")
    assert posts_of(post.account_id, TODAY) == []
    assert len(posts_of(post.account_id, TODAY - timedelta(days=1))) == 1
    with pytest.raises(Conflict):
        services.end_post(actor=security.actor, now=now, post=post, on=TODAY, reason="再次")


def test_a_post_that_has_not_begun_can_be_ended(
    cast: World, system_admin: Persona, security: Persona, now: datetime
) -> None:
    later = TODAY + timedelta(days=30)
    post = services.approve_post(actor=system_admin.actor, now=now, post=propose(cast, now, valid_from=later))
    services.end_post(actor=security.actor, now=now, post=post, on=TODAY, reason="取消")
    assert posts_of(post.account_id, later) == []


def test_only_the_installation_appoints_alone(cast: World, security: Persona, now: datetime) -> None:
    role, unit = Role.objects.get(code="system_officer"), cast.unit("county")
    with pytest.raises(NotAllowed):
        services.appoint(actor=security.actor, now=now, account=make_account(), role=role, unit=unit)
    post = services.appoint(actor=system("setup"), now=now, account=make_account(), role=role, unit=unit)
    assert posts_of(post.account_id, TODAY) == [post]
    with pytest.raises(DomainError):
        services.appoint(
            actor=system("setup"), now=now, account=post.account, role=Role.objects.get(code="audit_officer"), unit=unit
        )


def test_the_first_three_officers_are_made_once(cast: World, now: datetime) -> None:
    people = {"system": "sys1:甲", "security": "sec1:乙", "audit": "aud1:丙"}
    with pytest.raises(Conflict):
        services.found_officers(actor=system("setup"), now=now, code="990101000000", people=people)
    with pytest.raises(NotAllowed):
        services.found_officers(actor=cast["county_officer"].actor, now=now, code="990102000000", people=people)
    made = services.found_officers(actor=system("setup"), now=now, code="990102000000", people=people)
    assert [username for username, _password in made] == ["aud1", "sec1", "sys1"]
    assert all(len(password) >= 12 for _username, password in made)
    kinds = {post.account.username: post.role.kind for post in Post.objects.filter(unit=cast.unit("other_county"))}
    assert kinds == {"aud1": "audit", "sec1": "security", "sys1": "system"}


# --- standing in ---------------------------------------------------------------------------------------------------------


def stand_in(cast: World, now: datetime, **changes: object) -> Delegation:
    helper = make_account(name="代理人")
    make_post(helper, Role.objects.get(code="township_clerk"), cast.unit("qingshan"))
    secretary = cast["township_secretary"]
    given: dict = {
        "actor": secretary.actor, "now": now, "post": secretary.post, "to_account": helper, "valid_from": TODAY,
        "valid_to": TODAY + timedelta(days=5), "reason": "年休假",
    }  # fmt: skip
    return services.delegate(**{**given, **changes})


def test_standing_in_is_marked_and_ends_by_date(cast: World, now: datetime) -> None:
    made = stand_in(cast, now)
    (post,) = delegated_to(made.to_account_id, TODAY)
    actor = actor_in(post, made.to_account_id, "代理人")
    assert actor.on_behalf_of == "何田"
    assert actor.has("matters.assign")
    assert delegated_to(made.to_account_id, TODAY + timedelta(days=5)) == []


@pytest.mark.parametrize("who", ["holder", "helper", "officer"])
def test_standing_in_is_revoked_at_once(cast: World, now: datetime, who: str) -> None:
    made = stand_in(cast, now)
    (post,) = delegated_to(made.to_account_id, TODAY)
    actor = {
        "holder": cast["township_secretary"].actor, "helper": actor_in(post, made.to_account_id, "代理人"),
        "officer": cast["security_officer"].actor,
    }[who]  # fmt: skip
    services.end_delegation(actor=actor, now=now, delegation=made)
    assert delegated_to(made.to_account_id, TODAY) == []


def test_a_stranger_revokes_nothing(cast: World, now: datetime) -> None:
    made = stand_in(cast, now)
    with pytest.raises(NotAllowed):
        services.end_delegation(actor=cast["county_officer"].actor, now=now, delegation=made)


def test_standing_in_stops_with_the_holders_account_and_post(cast: World, security: Persona, now: datetime) -> None:
    made = stand_in(cast, now)
    cast["township_secretary"].account.is_active = False  # type: ignore[union-attr]
    cast["township_secretary"].account.save()  # type: ignore[union-attr]
    assert delegated_to(made.to_account_id, TODAY) == []
    cast["township_secretary"].account.is_active = True  # type: ignore[union-attr]
    cast["township_secretary"].account.save()  # type: ignore[union-attr]
    services.end_post(actor=security.actor, now=now, post=made.post, on=TODAY, reason="免职")
    assert delegated_to(made.to_account_id, TODAY) == []


def test_who_cannot_stand_in(cast: World, now: datetime) -> None:
    cases = {
        "registry.delegation.too_far": cast["village_secretary"].account and cast["outsider"].account,
        "registry.post.officers_apart": None,
        "registry.delegation.who": cast["township_secretary"].account,
    }
    auditor = make_account()
    make_post(auditor, Role.objects.get(code="audit_officer"), cast.unit("qingshan"))
    cases["registry.post.officers_apart"] = auditor
    for code, account in cases.items():
        with pytest.raises(DomainError) as caught:
            stand_in(cast, now, to_account=account)
        assert caught.value.code == code


def test_the_officers_cannot_hand_their_post_over(cast: World, security: Persona, now: datetime) -> None:
    with pytest.raises(DomainError) as caught:
        stand_in(cast, now, actor=security.actor, post=security.post)
    assert caught.value.code == "registry.delegation.officer"


def test_a_post_is_handed_over_once_at_a_time_and_by_its_holder(cast: World, now: datetime) -> None:
    made = stand_in(cast, now)
    with pytest.raises(DomainError) as caught:
        stand_in(cast, now, valid_from=TODAY + timedelta(days=4), valid_to=TODAY + timedelta(days=9))
    assert caught.value.code == "registry.delegation.twice"
    (post,) = delegated_to(made.to_account_id, TODAY)
    with pytest.raises(NotAllowed):  # no chain: who stands in cannot pass it on
        stand_in(cast, now, actor=actor_in(post, made.to_account_id, "代理人"), post=post)


# --- roles of the release ------------------------------------------------------------------------------------------------


def test_roles_are_brought_to_the_file_and_back(cast: World, now: datetime) -> None:
    assert services.sync_roles(actor=system("setup"), now=now) == []
    role = Role.objects.get(code="grid_worker")
    RoleGrant.objects.create(role=role, capability="accounts.manage")
    role.grants.filter(capability="matters.view").delete()
    Role.objects.create(code="forgotten", name="旧角色").grants.create(capability="units.view")
    assert services.sync_roles(actor=system("setup"), now=now) == ["forgotten", "grid_worker"]
    assert set(role.grants.values_list("capability", flat=True)) == set(
        services.read_roles()["grid_worker"]["capabilities"]
    )
    assert not RoleGrant.objects.filter(role__code="forgotten").exists()
    with pytest.raises(NotAllowed):
        services.sync_roles(actor=cast["security_officer"].actor, now=now)


def test_every_capability_of_the_file_is_declared_and_every_declared_one_is_given() -> None:
    """A new capability goes into registry/roles.toml; a module that declares nothing yet is not held against the file."""
    declared = capabilities()
    given = {code for role in services.read_roles().values() for code in role["capabilities"]}
    modules = {code.partition(".")[0] for code in declared}
    assert sorted(code for code in given if code.partition(".")[0] in modules and code not in declared) == []
    assert sorted(set(declared) - given) == []


def test_the_three_officers_hold_no_business_capability_and_nobody_else_holds_theirs() -> None:
    declared = capabilities()
    for code, role in services.read_roles().items():
        for each in role["capabilities"]:
            business = declared[each].business if each in declared else True
            assert business == (role["kind"] == "business"), f"{code}: {each}"
