"""A secret ballot over its pages: two tellers, a mismatch, a recount; codes, receipts and the board."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from lxml import html

from tests.factories.registry import make_account, make_post
from tests.personas import World
from tests.procedures.web.conftest import TEXT, begin, to_meeting
from yanzhen.kernel.rulebook.models import RuleValue
from yanzhen.procedures.models import Ballot, Case
from yanzhen.procedures.selectors import definitions

pytestmark = pytest.mark.django_db
SECRET = "我家门前有三棵老枣树啊"
VOTING = TEXT.replace('kind = "meeting"', 'kind = "ballot"').replace(
    'documents = ["notice"', 'ballot = { form = "question" }\ndocuments = ["notice"'
)


@pytest.fixture
def room(world: World, client: Client) -> tuple[Case, str, list[int]]:
    """A case at its ballot, the ballot's address, two tellers."""
    definitions.shipped()[("test.village", 1)] = VOTING
    case = to_meeting(world, begin(world))
    tellers = []
    for name in ("teller_a", "teller_b"):
        account = make_account(name, name=f"计票{name[-1]}")
        make_post(account, world["village_secretary"].post.role, world.unit("songpo"))  # type: ignore[union-attr]
        tellers.append(account)
    client.force_login(world["village_secretary"].account)
    return case, f"/procedures/{case.pk}/ballots/meet/", tellers  # type: ignore[return-value]


def prepare(client: Client, url: str, tellers: list, **more: str) -> None:  # type: ignore[type-arg]
    given = {
        "do": "prepare",
        "body": "villagers_reps",
        "roll": "甲一\n乙二\n丙三\n丁四\n戊五",
        "teller_one": tellers[0].pk,
        "teller_two": tellers[1].pk,
    }
    assert client.post(url, given | more).status_code == 302  # type: ignore[operator]


def report(client: Client, account: object, url: str, yes: int, no: int, **more: str) -> int:
    client.force_login(account)  # type: ignore[arg-type]
    given = {
        "do": "count",
        "papers": str(yes + no),
        "spoilt": "0",
        "n_motion_for": str(yes),
        "n_motion_against": str(no),
        "n_motion_abstain": "0",
    }
    return client.post(url, given | more).status_code


def test_two_tellers_must_agree(world: World, client: Client, room: tuple) -> None:  # type: ignore[type-arg]
    case, url, tellers = room
    same = {
        "do": "prepare",
        "body": "villagers_reps",
        "roll": "甲一",
        "teller_one": tellers[0].pk,
        "teller_two": tellers[0].pk,
    }
    assert client.post(url, same).status_code == 422
    prepare(client, url, tellers)
    client.post(url, {"do": "open"})
    ballot = Ballot.objects.get()
    for line in ballot.roll.all():
        client.post(url, {"do": "take", "line": line.pk, "what": "paper"})
    assert client.get(url).content.decode().count("已领票") >= 5
    client.post(url, {"do": "close", "on": ""})
    assert report(client, world["village_secretary"].account, url, 3, 2) == 403, "only a teller reports"
    assert report(client, tellers[0], url, 3, 1) == 302
    client.force_login(tellers[1])
    assert "n_motion_for" in client.get(url).content.decode()
    assert report(client, tellers[1], url, 4, 1) == 302
    ballot.refresh_from_db()
    assert ballot.state == "disputed"
    client.force_login(world["village_secretary"].account)
    assert "不一致" in client.get(url).content.decode()
    assert client.get(f"/procedures/{case.pk}/steps/meet/close/").status_code == 404, "blocked"
    assert client.post(url, {"do": "recount", "reason": ""}).status_code == 422
    client.post(url, {"do": "recount", "reason": "数得不一样"})
    assert report(client, tellers[0], url, 4, 1) == 302
    assert report(client, tellers[1], url, 4, 1) == 302
    client.force_login(world["village_secretary"].account)
    assert "赞成 4" in client.get(url).content.decode()
    assert client.post(f"/procedures/{case.pk}/steps/meet/close/", {}).status_code == 302
    case.refresh_from_db()
    assert case.steps_now == "review"


def test_codes_receipts_and_the_board(world: World, client: Client, room: tuple) -> None:  # type: ignore[type-arg]
    _case, url, tellers = room
    prepared = {
        "do": "prepare",
        "body": "villagers_reps",
        "roll": "甲一\n乙二\n丙三",
        "teller_one": tellers[0].pk,
        "teller_two": tellers[1].pk,
        "remote": "on",
    }
    assert client.post(url, prepared).status_code == 422, "not without the county's rule"
    RuleValue.objects.create(
        key="procedures.ballot.remote", unit_id=world.unit("county").pk, value="true", basis="县办法", valid_from="2020-01-01", state="approved", decided_by=2, decided_name="乙",
        proposed_by=1, proposed_name="甲", proposed_at="2020-01-01T00:00:00Z",
    )  # fmt: skip
    from yanzhen.kernel.rulebook import api as rulebook

    getattr(rulebook, "forget", lambda: None)()
    assert client.post(url, prepared).status_code == 302
    for teller in tellers:
        client.force_login(teller)
        assert client.post(url, {"do": "key", "passphrase": SECRET}).status_code == 422, "at least twelve letters"
        assert client.post(url, {"do": "key", "passphrase": SECRET + teller.username}).status_code == 302
    client.force_login(world["village_secretary"].account)
    codes = re.findall(
        r"<strong>([2-9A-Z-]{14})</strong>", client.post(url, {"do": "codes", "number": "3"}).content.decode()
    )
    assert len(codes) == 3
    client.post(url, {"do": "open"})
    ballot = Ballot.objects.get()
    client.logout()
    vote = f"/p/ballots/{ballot.pk}/vote/"
    assert client.post(vote, {"code": "XXXX-XXXX-XXXX", "q_motion": "for"}).status_code == 422
    receipts = []
    for code, mark in zip(codes, ("for", "for", "against"), strict=True):
        shown = html.fromstring(client.post(vote, {"code": code, "q_motion": mark}).content.decode())
        receipts.append(shown.xpath('//*[@id="receipt"]')[0].text_content().strip())
    assert client.post(vote, {"code": codes[0], "q_motion": "for"}).status_code == 422, "once"
    client.force_login(world["village_secretary"].account)
    client.post(url, {"do": "close", "on": ""})
    for teller in tellers:
        assert report(client, teller, url, 0, 0, passphrase=SECRET + teller.username) == 302
    client.logout()
    board = f"/p/ballots/{ballot.pk}/"
    assert "赞成 2" in client.get(board).content.decode()
    for receipt in receipts:
        assert "您的票已计入" in client.get(board, {"receipt": receipt}).content.decode()
    assert "没有这张回执" in client.get(board, {"receipt": "0" * 64}).content.decode()
    assert client.get(f"{board}data/").json()["receipts"] == sorted(receipts)
    assert client.get(vote).status_code == 404, "over"
    Case.objects.update(restricted=True)
    assert client.get(board).status_code == 404
