"""Liveness, readiness, metrics: what they say and to whom."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from pydantic import SecretStr

from yanzhen.site.web import health


def test_alive_without_database(client: Client) -> None:
    answer = client.get("/healthz")  # no db mark: a query would fail the test
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_names_each_part(db: None, client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "ok", "disk": "ok", "keys": "ok"}


def test_not_ready_says_which_part(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> str:
        raise OSError("no space left")

    monkeypatch.setitem(health.CHECKS, "disk", full)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["disk"] == "OSError"
    assert answer.json()["database"] == "ok"


@pytest.mark.django_db
def test_metrics_only_from_this_machine(client: Client) -> None:
    client.get("/healthz")
    here = client.get("/metrics")
    assert here.status_code == 200
    assert b"yanzhen_requests_total" in here.content
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 403
    assert client.get("/metrics", HTTP_X_FORWARDED_FOR="10.1.2.3").status_code == 403


@pytest.mark.django_db
def test_metrics_by_token(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.YANZHEN, "metrics_token", SecretStr("s3cret"))
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer wrong").status_code == 403
    given = client.get("/metrics", HTTP_AUTHORIZATION="Bearer s3cret", REMOTE_ADDR="10.1.2.3")
    assert given.status_code == 200
