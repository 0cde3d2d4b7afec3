"""Login, lock, second factor, idle clock, passwords: through the browser's eyes."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.personas import PASSWORD, Persona, World
from yanzhen.kernel.accounts import domain, services
from yanzhen.kernel.accounts.models import Account, PasswordPast
from yanzhen.kernel.accounts.validators import Classes, Length, NotAgain, NotTheName
from yanzhen.kernel.accounts.web.middleware import SEEN, client_address
from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.scope.api import system
from yanzhen.kernel.trail.models import TrailRow

LOGIN = "/account/login/"


def login(client: Client, username: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(LOGIN, {"login": username, "password": password}, **more)


def confirm(client: Client) -> None:
    """Steps that touch the account's safety ask for the password again."""
    assert client.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


@pytest.fixture
def account(grid_worker: Persona) -> Account:
    assert grid_worker.account is not None
    return grid_worker.account


# --- login and lock ----------------------------------------------------------------------------------------------------


def test_login_by_name_in_any_case_and_logout(account: Account) -> None:
    client = Client()
    assert login(client, "Grid_Worker").status_code == 302
    assert client.get("/account/").status_code == 200
    assert client.post("/account/logout/").status_code == 302
    assert client.get("/account/").status_code == 302
    actions = list(TrailRow.objects.filter(subject_kind="session").order_by("id").values_list("action", flat=True))
    assert actions == ["accounts.session.opened", "accounts.session.closed"]


@pytest.mark.parametrize(("username", "label"), [("grid_worker", "grid_worker"), ("MyS3cretTypedHere", "")])
def test_a_refusal_is_kept_without_unknown_names(account: Account, username: str, label: str) -> None:
    """People type passwords into the name box: an unknown name is not written down."""
    assert login(Client(), username, "wrong").status_code == 200
    (row,) = TrailRow.objects.filter(action="accounts.session.refused")
    assert (row.subject_label, row.ip) == (label, "127.0.0.1")
    assert not TrailRow.objects.filter(subject_label__contains="MyS3cret").exists()


def test_five_failures_lock_this_name_at_this_address_only(account: Account, settings: Any) -> None:
    client = Client()
    for _ in range(settings.YANZHEN.lock_after - 1):
        assert login(client, "grid_worker", "wrong").status_code == 200
    answer = login(client, "grid_worker", "wrong")
    assert answer.status_code == 429
    assert "已暂时锁定" in answer.content.decode()
    assert login(client, "grid_worker").status_code == 429  # the right password does not help now
    assert login(client, "village_secretary").status_code == 302
    assert login(Client(REMOTE_ADDR="10.1.2.3"), "grid_worker").status_code == 302


def test_the_system_officer_lifts_the_lock(account: Account, system_officer: Persona, settings: Any) -> None:
    for _ in range(settings.YANZHEN.lock_after):
        login(Client(), "grid_worker", "wrong")
    page = system_officer.client().get(f"/accounts/{account.pk}/").content.decode()
    assert "已锁定" in page
    assert system_officer.client().post(f"/accounts/{account.pk}/unlock/").status_code == 302
    assert login(Client(), "grid_worker").status_code == 302


def test_a_success_forgives_earlier_failures(account: Account, settings: Any) -> None:
    for _ in range(2):
        for _ in range(settings.YANZHEN.lock_after - 1):
            assert login(Client(), "grid_worker", "wrong").status_code == 200
        assert login(Client(), "grid_worker").status_code == 302


def test_nobody_signs_up_and_no_password_comes_by_mail(world: World) -> None:
    client = Client()
    assert client.get("/account/signup/").status_code == 404
    assert client.post("/account/signup/", {"username": "x", "password1": PASSWORD}).status_code == 404
    assert "系统管理员" in client.get("/account/password/reset/").content.decode()
    assert client.get(LOGIN).status_code == 200


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_login_pages_draw(account: Account, language: str) -> None:
    client = Client()
    client.cookies["django_language"] = language
    for address in (LOGIN, "/account/password/reset/", "/account/inactive/"):
        assert client.get(address).status_code == 200, address
    login(client, "grid_worker")
    assert client.get("/account/2fa/totp/activate/")["Location"].startswith("/account/reauthenticate/")
    assert client.get("/account/reauthenticate/").status_code == 200
    confirm(client)
    for address in ("/account/password/", "/account/2fa/", "/account/sessions/", "/account/2fa/totp/activate/"):
        assert client.get(address).status_code == 200, address


def test_who_is_disabled_does_not_get_in(account: Account) -> None:
    account.is_active = False
    account.save()
    client = Client()
    login(client, "grid_worker")
    assert client.get("/account/").status_code == 302


# --- second factor ------------------------------------------------------------------------------------------------------


@pytest.fixture
def wanted(settings: Any) -> None:
    settings.REQUIRE_TOTP = True


def test_officers_set_up_the_second_factor_before_anything_else(
    wanted: None, security_officer: Persona, django_capture_on_commit_callbacks: Any
) -> None:
    client = Client()
    login(client, "security_officer")
    assert client.get("/posts/")["Location"] == "/account/2fa/totp/activate/"
    assert client.get("/posts/", headers={"HX-Request": "true"})["HX-Redirect"] == "/account/2fa/totp/activate/"
    confirm(client)
    secret = client.get("/account/2fa/totp/activate/").context["form"].secret
    assert client.post("/account/2fa/totp/activate/", {"code": "000000"}).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/account/2fa/totp/activate/", {"code": code_of(secret)}).status_code == 302
    assert client.get("/posts/").status_code == 200
    assert client.get("/account/2fa/codes/").status_code == 200
    stored = Authenticator.objects.get(user=security_officer.account, type=Authenticator.Type.TOTP)
    assert secret not in str(stored.data)  # encrypted with the installation's keys
    client.post("/account/2fa/totp/deactivate/")  # refused: the role must have one
    assert Authenticator.objects.filter(pk=stored.pk).exists()
    assert TrailRow.objects.filter(action="accounts.factor.added").count() == 1


def test_others_go_without(wanted: None, grid_worker: Persona) -> None:
    client = Client()
    login(client, "grid_worker")
    assert client.get("/account/").status_code == 200


def test_login_asks_for_the_code(security_officer: Persona) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(security_officer.account, secret)
    client = Client()
    assert login(client, "security_officer")["Location"] == "/account/2fa/authenticate/"
    assert client.get("/account/").status_code == 302
    assert client.get("/account/2fa/authenticate/").status_code == 200
    assert client.post("/account/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert TrailRow.objects.filter(action="accounts.session.refused", purpose="totp").count() == 1
    assert client.post("/account/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302
    assert client.get("/account/").status_code == 200
    assert TrailRow.objects.filter(action="accounts.session.opened").count() == 1


def test_guessing_codes_is_held_back(security_officer: Persona) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(security_officer.account, secret)
    client = Client()
    login(client, "security_officer")
    for guess in range(12):
        client.post("/account/2fa/authenticate/", {"code": f"{guess:06d}"})
    assert client.post("/account/2fa/authenticate/", {"code": code_of(secret)}).status_code == 200
    assert client.get("/account/").status_code == 302


def test_password_and_factor_are_reset_by_two_different_officers(
    system_officer: Persona, security_officer: Persona, grid_worker: Persona
) -> None:
    TOTP.activate(grid_worker.account, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    account, now = grid_worker.account, timezone.now()
    assert account is not None
    with pytest.raises(NotAllowed):
        services.drop_factor(actor=system_officer.actor, now=now, account=account, reason="丢失")
    with pytest.raises(NotAllowed):
        services.reset_password(actor=security_officer.actor, now=now, account=account)
    assert services.drop_factor(actor=security_officer.actor, now=now, account=account, reason="手机丢失") == 1
    assert not get_adapter().is_mfa_enabled(account)
    with pytest.raises(DomainError):
        services.drop_factor(actor=security_officer.actor, now=now, account=security_officer.account, reason="x")  # type: ignore[arg-type]


# --- idle clock, addresses ------------------------------------------------------------------------------------------------


def test_a_sleeping_session_ends(account: Account, settings: Any) -> None:
    client = Client()
    login(client, "grid_worker")
    assert client.get("/account/").status_code == 200
    session = client.session
    for asleep, status in (
        (settings.YANZHEN.idle_minutes * 60 - 5, 200),
        (settings.YANZHEN.idle_minutes * 60 + 5, 302),
    ):
        session[SEEN] = time.time() - asleep
        session.save()
        assert client.get("/account/").status_code == status


def test_reading_pages_does_not_write_the_session_each_time(account: Account) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = Client()
    login(client, "grid_worker")
    client.get("/account/")
    with CaptureQueriesContext(connection) as seen:
        assert client.get("/account/").status_code == 200
    assert not [query["sql"] for query in seen if query["sql"].startswith(("UPDATE", "INSERT"))]


@pytest.mark.parametrize(("proxies", "header", "address"), [
    (0, "1.1.1.1", "9.9.9.9"), (1, "1.1.1.1", "1.1.1.1"), (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
    (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"), (2, "1.1.1.1", "9.9.9.9"), (1, "", "9.9.9.9"),
])  # fmt: skip
def test_the_clients_address_behind_trusted_proxies(settings: Any, proxies: int, header: str, address: str) -> None:
    seen = []
    request = RequestFactory().get("/", REMOTE_ADDR="9.9.9.9", HTTP_X_FORWARDED_FOR=header)
    with override_settings(YANZHEN=settings.YANZHEN.model_copy(update={"trusted_proxies": proxies})):
        client_address(lambda r: seen.append(r.META["REMOTE_ADDR"]))(request)  # type: ignore[arg-type,return-value,func-returns-value]
    assert seen == [address]


def test_an_old_password_is_changed_first(account: Account, settings: Any) -> None:
    client = Client()
    for days, status in ((settings.YANZHEN.password_days - 1, 200), (settings.YANZHEN.password_days, 302)):
        Account.objects.filter(pk=account.pk).update(password_changed_at=timezone.now() - timedelta(days=days))
        login(client, "grid_worker")
        assert client.get("/account/").status_code == status
    assert client.get("/account/password/").status_code == 200


# --- passwords and names: rules -----------------------------------------------------------------------------------------


@given(st.text(min_size=1, max_size=30))
def test_classes_counts_kinds_of_characters(password: str) -> None:
    assert 1 <= domain.classes(password) <= 4
    assert domain.classes(password + "aA1#") == 4


@given(st.integers(8, 40), st.randoms())
def test_a_one_time_password_meets_the_rules_and_is_not_misread(length: int, random: Any) -> None:
    password = domain.one_time(length, random.choice, random.shuffle)
    assert len(password) >= max(12, length)
    assert domain.classes(password) == 4
    assert not set(password) & set("0O1lIi")


@pytest.mark.parametrize(("name", "fine"), [
    ("zhangsan", True), ("zhang.san-1_2", True), ("a1", False), (".abc", False), ("张三三", False), ("a b c", False),
    ("a" * 41, False),
])  # fmt: skip
def test_user_names(name: str, fine: bool) -> None:
    assert domain.username_ok(name) is fine


def test_validators(db: None) -> None:
    account = Account(username="zhangsan", display_name="张三", created_at=timezone.now())
    for validator, good, bad in (
        (Length(8), "12345678", "1234567"),
        (Classes(3), "Abc12345", "abc12345"),
        (NotTheName(), "Qingshan-2026", "xnasgnahZx"),
        (NotTheName(), "Qingshan-2026", "1ZhangSan1"),
    ):
        validator.validate(good, account)
        with pytest.raises(ValidationError):
            validator.validate(bad, account)
        assert validator.get_help_text()


def test_the_last_five_passwords_are_not_taken_again(account: Account) -> None:
    from yanzhen.kernel.scope.api import Actor

    actor, start = Actor(account.display_name, account_id=account.pk), timezone.now()
    words = [PASSWORD, *(f"Qingshan-{n}" for n in range(6))]
    for n, word in enumerate(words[1:]):
        services.change_password(actor=actor, now=start + timedelta(days=n), account=account, password=word)
    validator = NotAgain(5)
    for word in words[1:]:  # the present one and the five before it
        with pytest.raises(ValidationError):
            validator.validate(word, account)
    validator.validate(words[0], account)
    assert PasswordPast.objects.filter(account=account).count() == services.KEPT


def test_logins_are_made_well_or_not_at_all(system_officer: Persona, county_officer: Persona) -> None:
    now = timezone.now()
    for username, name, code in (
        ("a", "甲", "username"), ("GRID_worker", "甲", "taken"), ("jia.jia", " ", "name"),
    ):  # fmt: skip
        with pytest.raises(DomainError) as caught:
            services.create_account(actor=system_officer.actor, now=now, username=username, display_name=name)
        assert caught.value.code == f"accounts.account.{code}"
    with pytest.raises(NotAllowed):
        services.create_account(actor=county_officer.actor, now=now, username="jiajia", display_name="甲")
    account, shown = services.create_account(
        actor=system_officer.actor, now=now, username="jiajia", display_name="甲", password="Chosen-2026"
    )
    assert shown
    assert shown != "Chosen-2026"
    assert account.must_change
    demo, shown = services.create_account(
        actor=system("demo"), now=now, username="demo1", display_name="乙", password="Chosen-2026"
    )
    assert (shown, demo.must_change, demo.check_password("Chosen-2026")) == ("", False, True)
