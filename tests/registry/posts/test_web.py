"""The officers' pages, the own account, the rulebook and the trail in the browser's eyes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories.registry import make_account, make_post
from tests.personas import PASSWORD, Persona, World
from yanzhen.kernel.accounts.models import Account
from yanzhen.kernel.rulebook import api as rulebook
from yanzhen.kernel.rulebook.models import RuleValue
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.kernel.trail.services import seal_all
from yanzhen.registry.api import unit_ref
from yanzhen.registry.models import Delegation, Post, Role

PAGES = {
    "/account/": "*", "/acting-as/": "*",
    "/posts/": "posts.view", "/posts/?state=proposed": "posts.view", "/posts/roles/": "posts.view",
    "/posts/new/": "posts.propose", "/accounts/": "accounts.view", "/accounts/new/": "accounts.manage",
    "/rules/": "rules.view", "/rules/inbox/": "rules.view", "/rules/rulebook.backdate_days/": "rules.view",
    "/rules/rulebook.backdate_days/propose/": "rules.propose", "/rules/export/": "rules.view",
    "/policy/": "policy.propose", "/policy/accounts.totp_roles/": "policy.propose", "/policy/inbox/": "policy.propose",
    "/policy/accounts.totp_roles/propose/": "policy.propose",
    "/trail/": "trail.view", "/trail/seals/": "trail.view", "/trail/export/": "trail.export",
    "/trail/export/?format=csv": "trail.export", "/trail/seals/anchor.txt": "trail.export",
}  # fmt: skip
EVERYBODY = (
    "county_officer", "township_secretary", "village_secretary", "grid_worker", "outsider", "department_officer",
    "system_officer", "security_officer", "audit_officer",
)  # fmt: skip


@pytest.mark.parametrize("key", EVERYBODY)
def test_every_page_opens_for_those_with_the_right_and_for_nobody_else(cast: World, key: str) -> None:
    client, actor = cast[key].client(), cast[key].actor
    for address, capability in PAGES.items():
        expected = 200 if capability == "*" or actor.has(capability) else 403
        assert client.get(address).status_code == expected, f"{key} {address}"


def test_without_login_all_lead_to_the_login_page(cast: World) -> None:
    for address in PAGES:
        response = Client().get(address)
        assert response.status_code == 302, address
        assert response["Location"].startswith("/account/login/"), address


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_in_both_languages(cast: World, language: str) -> None:
    for key in ("security_officer", "system_officer", "audit_officer", "county_officer"):
        client = cast[key].client()
        client.cookies["django_language"] = language
        for address, capability in PAGES.items():
            if (capability == "*" or cast[key].actor.has(capability)) and "export" not in address:
                assert client.get(address).status_code == 200, address


# --- posts -----------------------------------------------------------------------------------------------------------


def test_a_post_from_proposal_to_end(cast: World) -> None:
    security, admin = cast["security_officer"].client(), cast["system_officer"].client()
    helper = make_account("xiaowang", name="王小")
    answer = security.post("/posts/new/", {
        "username": "xiaowang", "role": "township_clerk", "unit": "青山镇", "valid_from": f"{timezone.localdate()}",
        "basis": "青政〔2026〕1 号",
    })  # fmt: skip
    post = Post.objects.get(account=helper)
    assert answer["Location"] == f"/posts/{post.pk}/"
    assert "另一名管理员审批" in security.get(f"/posts/{post.pk}/").content.decode()
    assert security.post(f"/posts/{post.pk}/approve/").status_code == 422
    assert "王小" in admin.get("/posts/?state=proposed").content.decode()
    assert admin.post(f"/posts/{post.pk}/approve/").status_code == 302
    post.refresh_from_db()
    assert post.approved_by == cast["system_officer"].account.pk  # type: ignore[union-attr]
    browser = Persona("x", cast["villager"].actor, helper).client()
    assert browser.get("/rules/").status_code == 200
    ended = security.post(f"/posts/{post.pk}/end/", {"on": f"{timezone.localdate()}", "reason": "调离"})
    assert ended.status_code == 302
    assert browser.get("/rules/").status_code == 403  # at once, in the same session


@pytest.mark.parametrize(("changes", "words"), [
    ({"username": "nobody"}, "没有这个用户名"), ({"unit": "枫林村"}, "不在您的管辖范围"), ({"unit": "村"}, "有几个单位相符"),
    ({"role": "village_secretary"}, "层级"), ({"basis": ""}, "有内容需要修改"),
])  # fmt: skip
def test_a_wrong_proposal_comes_back_with_its_words(cast: World, changes: dict[str, str], words: str) -> None:
    make_account("xiaowang", name="王小")
    data = {
        "username": "xiaowang", "role": "township_clerk", "unit": "990101100000", "valid_from": f"{timezone.localdate()}",
        "basis": "文",
    }  # fmt: skip
    answer = cast["security_officer"].client().post("/posts/new/", {**data, **changes})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Post.objects.filter(account__username="xiaowang").exists()


def test_a_foreign_post_is_not_even_there(cast: World) -> None:
    foreign = cast["outsider"].post
    assert foreign is not None
    for method, page in (("get", ""), ("post", "approve/"), ("post", "reject/"), ("post", "end/")):
        answer = getattr(cast["security_officer"].client(), method)(f"/posts/{foreign.pk}/{page}")
        assert answer.status_code == 404, page


def test_roles_are_shown_with_every_capability(cast: World) -> None:
    text = cast["security_officer"].client().get("/posts/roles/").content.decode()
    assert "posts.approve" in text
    assert "网格员" in text


# --- logins ----------------------------------------------------------------------------------------------------------


def test_a_new_login_gets_a_password_shown_once_and_changed_at_first_use(cast: World) -> None:
    admin = cast["system_officer"].client()
    page = admin.post("/accounts/new/", {"username": "zhaoliu", "display_name": "赵六"})
    account = Account.objects.get(username="zhaoliu")
    password = page.context["password"]
    assert password in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert password not in admin.get(f"/accounts/{account.pk}/").content.decode()
    assert not TrailRow.objects.filter(after__contains=password).exists()
    browser = Client()
    assert browser.post("/account/login/", {"login": "ZhaoLiu", "password": password})["Location"] == "/"
    assert browser.get("/account/")["Location"] == "/account/password/"
    for new, code in (
        (password, 200),
        ("short1A", 200),
        ("alllowercase", 200),
        ("Zhaoliu-2026", 200),
        ("Qingshan-2026", 302),
    ):
        answer = browser.post("/account/password/", {"oldpassword": password, "password1": new, "password2": new})
        assert answer.status_code == code, new
    assert browser.get("/account/").status_code == 200
    assert Account.objects.get(pk=account.pk).must_change is False


def test_reset_ends_the_sessions_and_only_in_the_own_place(cast: World) -> None:
    admin, secretary = cast["system_officer"].client(), cast["township_secretary"]
    browser = Client()
    assert browser.post("/account/login/", {"login": "township_secretary", "password": PASSWORD}).status_code == 302
    assert browser.get("/account/").status_code == 200
    answer = admin.post(f"/accounts/{secretary.account.pk}/reset/")  # type: ignore[union-attr]
    assert answer.status_code == 200
    assert browser.get("/account/").status_code == 302
    assert admin.post(f"/accounts/{cast['outsider'].account.pk}/reset/").status_code == 404  # type: ignore[union-attr]
    for other in ("security_officer", "county_officer"):
        page = cast[other].client().post(f"/accounts/{secretary.account.pk}/reset/")  # type: ignore[union-attr]
        assert page.status_code == 403


def test_a_disabled_login_is_out_at_once(cast: World) -> None:
    admin, secretary = cast["system_officer"].client(), cast["township_secretary"]
    browser = secretary.client()
    assert browser.get("/account/").status_code == 200
    address = f"/accounts/{secretary.account.pk}/active/"  # type: ignore[union-attr]
    assert admin.post(address, {"reason": ""}).status_code == 422
    assert admin.post(address, {"reason": "离职"}).status_code == 302
    assert browser.get("/account/").status_code == 302
    assert "已停用" in admin.get("/accounts/?q=township").content.decode()


# --- the own account ---------------------------------------------------------------------------------------------------


def test_acting_as_another_post_and_back(cast: World) -> None:
    person = cast["township_secretary"]
    other = make_post(person.account, Role.objects.get(code="grid_leader"), cast.unit("songpo"))  # type: ignore[arg-type]
    browser = person.client()
    assert "青山镇" in browser.get("/acting-as/").content.decode()
    assert browser.get("/rules/inbox/").status_code == 200
    assert browser.post("/acting-as/", {"post": other.pk, "next": "//evil.example/"})["Location"] == "/"
    page = browser.get("/account/")
    assert page.wsgi_request.actor.post_id == other.pk
    assert browser.get("/rules/rulebook.backdate_days/propose/").status_code == 403
    assert browser.post("/acting-as/", {"post": cast["county_officer"].post.pk}).status_code == 403  # type: ignore[union-attr]
    assert TrailRow.objects.filter(action="registry.post.acting").count() == 1


def test_standing_in_from_the_own_page(cast: World) -> None:
    person = cast["township_secretary"]
    helper = make_account("helper", name="代理人")
    make_post(helper, Role.objects.get(code="township_clerk"), cast.unit("qingshan"))
    today = timezone.localdate()
    data = {"username": "helper", "valid_from": f"{today}", "last_day": f"{today}", "reason": "公休"}
    browser = person.client()
    address = f"/account/delegate/{person.post.pk}/"  # type: ignore[union-attr]
    assert browser.post(address, {**data, "username": "outsider"}).status_code == 422
    assert browser.post(address, data).status_code == 302
    made = Delegation.objects.get()
    assert made.valid_to == today + timedelta(days=1)
    theirs = Persona("h", cast["villager"].actor, helper).client()
    theirs.post("/acting-as/", {"post": person.post.pk})  # type: ignore[union-attr]
    page = theirs.get("/account/")
    assert page.wsgi_request.actor.on_behalf_of == "何田"
    assert "代 何田 办理" in page.content.decode()
    assert browser.post(f"/account/delegations/{made.pk}/end/").status_code == 302
    assert theirs.get("/account/").wsgi_request.actor.on_behalf_of == ""
    assert cast["grid_worker"].client().post(address, data).status_code == 404


def test_preferences_follow_the_account(cast: World) -> None:
    browser = cast["grid_worker"].client()
    answer = browser.post("/account/", {"language": "en", "elder": "on", "email": ""})
    assert answer.status_code == 302
    assert browser.cookies["django_language"].value == "en"
    assert browser.cookies["yz_elder"].value == "1"
    assert browser.post("/account/", {"language": "fr"}).status_code == 422


# --- the rulebook ------------------------------------------------------------------------------------------------------


def test_a_rule_from_preview_to_approval(cast: World) -> None:
    officer = cast["county_officer"].client()
    today = timezone.localdate()
    data = {"unit": "云岭县", "value": "10", "basis": "云岭办〔2026〕9 号", "valid_from": f"{today}"}
    address = "/rules/rulebook.backdate_days/propose/"
    assert officer.post(address, {**data, "value": "400", "send": "1"}).status_code == 422
    preview = officer.post(address, data)
    assert preview.context["preview"]["taken"] == 18
    assert not RuleValue.objects.exists()
    assert officer.post(address, {**data, "send": "1"}).status_code == 302
    row = RuleValue.objects.get()
    assert officer.post(f"/rules/proposals/{row.pk}/approve/").status_code == 422
    second = make_account("second", name="乙")
    make_post(second, Role.objects.get(code="county_centre"), cast.unit("county"))
    other = Persona("second", cast["villager"].actor, second).client()
    assert "云岭办" in other.get("/rules/inbox/").content.decode()
    assert other.post(f"/rules/proposals/{row.pk}/approve/").status_code == 302
    assert rulebook.value("rulebook.backdate_days", unit_ref(cast.unit("songpo")), on=today) == 10
    page = cast["village_secretary"].client().get("/rules/rulebook.backdate_days/").content.decode()
    assert "云岭办〔2026〕9 号" in page
    assert "云岭县" in page


def test_a_preview_leaves_out_units_with_their_own_value(cast: World, now: datetime) -> None:
    from yanzhen.kernel.scope.api import system

    today = timezone.localdate()
    rulebook.install(
        actor=system("setup"), now=now, unit=unit_ref(cast.unit("qingshan")), key="rulebook.backdate_days", value=3,
        basis="镇定", valid_from=date(2026, 1, 1),
    )  # fmt: skip
    data = {"unit": "云岭县", "value": "10", "basis": "文", "valid_from": f"{today}"}
    seen = cast["county_officer"].client().post("/rules/rulebook.backdate_days/propose/", data).context["preview"]
    assert (seen["taken"], seen["kept"]) == (11, 7)


def test_business_rules_and_security_policy_do_not_mix(cast: World) -> None:
    assert cast["county_officer"].client().get("/rules/accounts.totp_roles/").status_code == 404
    assert cast["security_officer"].client().get("/policy/rulebook.backdate_days/").status_code == 404


def test_rules_are_found_by_words_unit_and_day(cast: World) -> None:
    client = cast["county_officer"].client()
    page = client.get("/rules/", {"q": "追溯", "unit": "青山镇", "on": "2026-01-05"})
    assert [row.note for row in page.context["table"].rows] == ["rulebook.backdate_days"]
    assert "青山镇 2026-01-05" in page.content.decode()


# --- the trail -----------------------------------------------------------------------------------------------------------


def test_the_trail_is_filtered_paged_and_read(cast: World, now: datetime) -> None:
    from yanzhen.kernel.trail import api as trail
    from yanzhen.registry.actions import POST_ENDED

    for n in range(120):
        trail.record(
            actor=cast["township_secretary"].actor, now=now, action=POST_ENDED, kind="thing", subject_id=n,
            label=f"第{n}件", before={"a": n, "b": 1}, after={"a": n + 1, "b": 1},
        )  # fmt: skip
    trail.record(
        actor=cast["outsider"].actor, now=now, action=POST_ENDED, kind="thing", subject_id="foreign", label="外县的事"
    )
    auditor = cast["audit_officer"].client()
    page = auditor.get("/trail/", {"username": "township_secretary", "unit": "青山镇"})
    rows = page.context["table"].rows
    assert len(rows) == 50
    older = auditor.get("/trail/" + page.context["table"].next_url)
    numbers = [int(row.note[1:]) for row in [*rows, *older.context["table"].rows]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 100
    newer = auditor.get("/trail/" + older.context["table"].prev_url)
    assert [row.note for row in newer.context["table"].rows] == [row.note for row in rows]
    assert auditor.get("/trail/", {"subject": "外县的事"}).context["table"].rows == []
    foreign = TrailRow.objects.get(subject_id="foreign")
    assert auditor.get(f"/trail/{foreign.pk}/").status_code == 404
    one = TrailRow.objects.filter(subject_id="7").latest("id")
    seen = auditor.get(f"/trail/{one.pk}/")
    assert seen.context["lines"] == [("a", "7", "8", True), ("b", "1", "1", False)]
    day = {"since": "2026-06-16"}
    assert "第7件" not in auditor.get("/trail/", day).content.decode()


def test_an_export_leaves_its_own_trace_and_no_formula(cast: World, now: datetime) -> None:
    from yanzhen.kernel.trail import api as trail
    from yanzhen.registry.actions import POST_ENDED

    trail.record(
        actor=cast["county_officer"].actor, now=now, action=POST_ENDED, kind="thing", subject_id=1, label="=1+1"
    )
    auditor = cast["audit_officer"].client()
    text = auditor.get("/trail/export/?format=csv&subject=%3D1%2B1").content.decode("utf-8-sig")
    assert ",=1+1" not in text
    assert "1+1" in text
    assert auditor.get("/trail/export/").content[:2] == b"PK"
    assert TrailRow.objects.filter(action="trail.row.exported").count() == 2


def test_the_digests_are_printed(cast: World, now: datetime) -> None:
    seal_all(now=now)
    auditor = cast["audit_officer"].client()
    text = auditor.get("/trail/seals/anchor.txt").content.decode()
    from yanzhen.kernel.trail.models import TrailSeal
    from yanzhen.kernel.trail.services import verify

    last = TrailSeal.objects.latest("id")
    assert last.digest in text
    assert verify(anchor=last.digest).anchored
    assert last.digest in auditor.get("/trail/seals/").content.decode()
