"""Versions: uploaded as TOML or BPMN, every problem by line, previewed, approved by somebody else, and taken over."""

from __future__ import annotations

import io

import pytest
from django.test import Client
from lxml import html

from tests.personas import World
from tests.procedures.web.conftest import TEXT, begin
from yanzhen.procedures.domain import loader
from yanzhen.procedures.drawing import bpmn_in, bpmn_out
from yanzhen.procedures.models import Procedure

pytestmark = pytest.mark.django_db
OWN = TEXT.replace('code = "test.village"', 'code = "county.village"')


def test_the_shipped_ones_are_listed_drawn_and_downloaded(world: World, client: Client) -> None:
    client.force_login(world["village_secretary"].account)
    assert "test.village" in client.get("/procedures/versions/").content.decode()
    shown = client.get("/procedures/versions/shipped/test.village/1/")
    assert 'class="ypd"' in shown.content.decode()
    base = "/procedures/versions/shipped/test.village/1"
    assert client.get(f"{base}/toml/").content.decode() == TEXT
    assert bpmn_in.load(client.get(f"{base}/bpmn/").content) == loader.load(TEXT)
    assert client.get(f"{base}/svg/").content.startswith(b"<svg xmlns")
    assert client.get(f"{base}/exe/").status_code == 404
    assert client.get("/procedures/versions/shipped/test.village/9/").status_code == 404


@pytest.mark.parametrize("drawn", [False, True])
def test_upload_preview_propose_and_a_second_person(world: World, client: Client, drawn: bool) -> None:
    client.force_login(world["county_officer"].account)
    body = bpmn_out.write(loader.load(OWN)) if drawn else OWN.encode()
    upload = io.BytesIO(body)
    upload.name = "own.bpmn" if drawn else "own.toml"
    answer = client.post("/procedures/versions/new/", {"file": upload, "source": "", "reason": "县里办法"})
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    tree = html.fromstring(answer.content.decode())
    assert tree.xpath('//*[local-name()="svg"][@class="ypd"]')
    source = tree.xpath('//textarea[@name="source"]')[0].text.lstrip("\n")
    answer = client.post("/procedures/versions/new/", {"source": source, "reason": "县里办法", "confirmed": "1"})
    row = Procedure.objects.get(code="county.village")
    assert answer.url == f"/procedures/versions/own/{row.pk}/"
    assert row.state == "proposed"
    assert "须由另一人批准" in client.get(answer.url).content.decode()
    own = client.post(f"{answer.url}decide/", {"choice": "grant", "reason": ""})
    assert own.status_code in (403, 422)
    from tests.factories.registry import make_account, make_post

    second = make_account("second", name="陈更")
    make_post(second, world["county_officer"].post.role, world.unit("county"))  # type: ignore[union-attr]
    client.force_login(second)
    assert client.post(f"{answer.url}decide/", {"choice": "grant", "reason": ""}).status_code == 302
    row.refresh_from_db()
    assert row.state == "active"
    client.force_login(world["village_secretary"].account)
    assert "county.village" in client.get("/procedures/start/").content.decode()


def test_what_is_wrong_comes_by_line_and_the_text_stays(world: World, client: Client) -> None:
    client.force_login(world["county_officer"].account)
    wrong = OWN.replace('kind = "review"', 'kind = "dance"')
    answer = client.post("/procedures/versions/new/", {"source": wrong, "reason": ""})
    assert answer.status_code == 422
    line = next(n for n, text in enumerate(wrong.splitlines(), 1) if text == 'kind = "dance"')
    listed = " ".join(
        html.fromstring(answer.content.decode()).xpath('//*[@class="yz-errors"]')[0].text_content().split()
    )
    assert f"第 {line} 行" in listed
    assert "dance" in html.fromstring(answer.content.decode()).xpath('//textarea[@name="source"]')[0].text
    empty = client.post("/procedures/versions/new/", {"source": "", "reason": ""})
    assert empty.status_code == 422
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "a">]><x>&a;</x>'
    upload = io.BytesIO(bomb)
    upload.name = "x.bpmn"
    assert (
        "DOCTYPE"
        in client.post("/procedures/versions/new/", {"file": upload, "source": "", "reason": ""}).content.decode()
    )


def test_only_a_version_that_takes_over_is_offered(world: World, client: Client) -> None:
    case = begin(world)
    client.force_login(world["county_officer"].account)
    assert "没有可以转入的版本" in client.get(f"/procedures/{case.pk}/move/").content.decode()
    newer = TEXT.replace("version = 1", "version = 2").replace("[[fields]]", "[takes_over.1]\n\n[[fields]]", 1)
    Procedure.objects.create(
        code="test.village", version=2, title="一般事项", source=newer, digest="x", state="active", unit=world.unit("county"),
        proposed_at=case.started_at,
    )  # fmt: skip
    assert "第 2 版" in client.get(f"/procedures/{case.pk}/move/").content.decode()
    answer = client.post(f"/procedures/{case.pk}/move/", {"to_version": "2", "reason": "按新办法"})
    assert answer.status_code == 302
    case.refresh_from_db()
    assert case.procedure.version == 2
