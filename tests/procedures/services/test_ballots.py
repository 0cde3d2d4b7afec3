"""Secret ballots: totals only, two tellers who agree, receipts that verify, nothing that links voter and vote."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.apps import apps

from tests.factories.registry import make_account, make_post
from tests.personas import World
from tests.procedures.domain.test_sealed import GROUP
from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.rulebook.api import install
from yanzhen.kernel.scope.api import Actor, system
from yanzhen.procedures import api as procedures
from yanzhen.procedures.domain import sealed
from yanzhen.procedures.models import Ballot, BallotCode, BallotRoll, BallotTally, Case, SealedVote
from yanzhen.procedures.selectors import ballots as seen
from yanzhen.procedures.services import ballots, definitions
from yanzhen.registry.api import actor_in, identify, relate, unit_ref
from yanzhen.registry.models import Person, Role

pytestmark = pytest.mark.django_db
VOTERS = [f"选民{name}" for name in "甲乙丙丁戊己庚"]
SOURCE = """
code = "test.ballot"
version = 1
title = "测评"
title_en = "Ballot"
level = "village"
[[fields]]
key = "candidate"
type = "person"
title = "人选"
why = "投票对象"
[[steps]]
key = "vote"
kind = "ballot"
title = "投票"
who = { roles = ["village_secretary"], at = "village", deputies = ["township_secretary"] }
bodies = ["villagers_reps"]
exclude = ["candidate"]
exclude_basis = "《中华人民共和国村民委员会组织法》：候选人及其近亲属不得计票"
ways.passed = "@resolved"
ways.failed = "@rejected"
[steps.ballot]
form = "question"
"""


@pytest.fixture(autouse=True)
def _quick_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "rfc3526", lambda: GROUP)


class Room:
    """A ballot under way in 松坡村."""

    def __init__(self, world: World, now: datetime, *, remote: bool, candidate: Person | None = None) -> None:
        self.now, self.world = now, world
        self.keeper = world["village_secretary"].actor
        row = definitions.propose(
            actor=world["county_officer"].actor, now=now, unit=world.unit("county"), source=SOURCE, reason="试用"
        )
        second = make_account(name="另一人")
        approver = actor_in(
            make_post(second, Role.objects.get(code="county_officer"), world.unit("county")), second.pk, "另一人"
        )
        definitions.decide(actor=approver, now=now, procedure_id=row.pk, granted=True)
        self.case: Case = procedures.start(
            actor=self.keeper, now=now, procedure="test.ballot", unit_id=world.unit("songpo").pk, title="民主测评",
            data={"candidate": candidate.pk} if candidate else {},
        )  # fmt: skip
        self.tellers = [self._teller(name) for name in ("唱票人", "计票人")]
        self.remote = remote

    def _teller(self, name: str) -> Actor:
        role = Role.objects.get(code="village_secretary")
        account = make_account(name=name)
        return actor_in(make_post(account, role, self.world.unit("songpo_1")), account.pk, name)

    def prepare(self) -> Ballot:
        pairs = [(teller.account_id or 0, teller.name) for teller in self.tellers]
        self.ballot = ballots.prepare(
            actor=self.keeper, now=self.now, case=self.case, step="vote", body="villagers_reps", tellers=pairs,
            roll=[(name, None) for name in VOTERS], remote=self.remote,
        )  # fmt: skip
        return self.ballot

    def open(self) -> None:
        if self.remote:
            for at, teller in enumerate(self.tellers):
                ballots.set_key(
                    actor=teller, now=self.now, ballot_id=self.ballot.pk, passphrase=f"口令口令口令口令口令{at}号"
                )
            self.codes = ballots.print_codes(actor=self.keeper, now=self.now, ballot_id=self.ballot.pk, number=7)
        ballots.open_ballot(actor=self.keeper, now=self.now, ballot_id=self.ballot.pk)
        for line in BallotRoll.objects.filter(ballot=self.ballot):
            ballots.take(
                actor=self.keeper,
                now=self.now,
                ballot_id=self.ballot.pk,
                line=line.pk,
                what="code" if self.remote else "paper",
            )

    def count(self, seat: int, votes: dict[str, int], papers: int, spoilt: int = 0) -> Ballot:
        return ballots.count(
            actor=self.tellers[seat], now=self.now, ballot_id=self.ballot.pk, totals={"motion": votes}, papers=papers, spoilt=spoilt,
            passphrase=f"口令口令口令口令口令{seat}号" if self.remote else "",
        )  # fmt: skip

    def close(self) -> None:
        ballots.close_ballot(actor=self.keeper, now=self.now, ballot_id=self.ballot.pk)

    def finish(self) -> Case:
        return procedures.act(actor=self.keeper, now=self.now, case=self.case.pk, step="vote", act=procedures.Close())


def allow_remote(world: World, now: datetime) -> None:
    install(
        actor=system("install"), now=now, unit=unit_ref(world.unit("county")), key="procedures.ballot.remote", value=True, basis="县级规定",
        valid_from=now.date(),
    )  # fmt: skip


def test_papers_counted_by_two(world: World, now: datetime) -> None:
    room = Room(world, now, remote=False)
    ballot = room.prepare()
    with pytest.raises(DomainError, match=r"procedures\.ballot\.not_agreed"):
        room.finish()
    room.open()
    line = BallotRoll.objects.filter(ballot=ballot).first()
    assert line is not None
    with pytest.raises(DomainError, match=r"procedures\.ballot\.took"):
        ballots.take(actor=room.keeper, now=now, ballot_id=ballot.pk, line=line.pk, what="paper")
    room.close()
    with pytest.raises(DomainError, match=r"procedures\.ballot\.sum"):
        room.count(0, {"for": 5, "against": 1, "abstain": 0}, 7)
    room.count(0, {"for": 5, "against": 2, "abstain": 0}, 7)
    assert seen.own_tally(room.tellers[1], ballot) is None, "nobody sees the other's count first"
    with pytest.raises(NotAllowed):
        ballots.count(actor=room.keeper, now=now, ballot_id=ballot.pk, totals={"motion": {"for": 7}}, papers=7)
    # a mismatch blocks
    assert room.count(1, {"for": 4, "against": 3, "abstain": 0}, 7).state == "disputed"
    with pytest.raises(DomainError, match=r"procedures\.ballot\.not_agreed"):
        room.finish()
    with pytest.raises(DomainError, match=r"procedures\.ballot\.state"):
        room.count(1, {"for": 5, "against": 2, "abstain": 0}, 7)
    ballots.recount(actor=room.keeper, now=now, ballot_id=ballot.pk, reason="两份计票不一致")
    room.count(0, {"for": 5, "against": 1, "abstain": 0}, 7, spoilt=1)
    assert room.count(1, {"for": 5, "against": 1}, 7, spoilt=1).state == "agreed"
    case = room.finish()
    assert case.state == "resolved"
    result = procedures.case_view(room.keeper, case, now).steps[0].result
    assert (result["votes_for"], result["against"], result["spoilt"], result["present"], result["due"]) == (
        5,
        1,
        1,
        7,
        7,
    )
    assert BallotTally.objects.filter(ballot=ballot).count() == 4, "the first count is kept"


def test_remote_voting_is_closed_unless_the_county_opens_it(world: World, now: datetime) -> None:
    room = Room(world, now, remote=True)
    with pytest.raises(DomainError, match=r"procedures\.ballot\.not_remote"):
        room.prepare()


def _voted(world: World, now: datetime, marks: list[str]) -> tuple[Room, list[str]]:
    allow_remote(world, now)
    room = Room(world, now, remote=True)
    room.prepare()
    room.open()
    receipts = [
        ballots.cast(ballot_id=room.ballot.pk, code=code, marked={"motion": [mark]})
        for code, mark in zip(room.codes, marks, strict=False)
    ]
    return room, receipts


def test_every_receipt_verifies_and_the_board_proves_the_totals(world: World, now: datetime) -> None:
    room, receipts = _voted(world, now, ["for", "for", "against", "for", "abstain"])
    with pytest.raises(DomainError, match=r"procedures\.ballot\.code"):
        ballots.cast(ballot_id=room.ballot.pk, code=room.codes[0], marked={"motion": ["for"]})
    with pytest.raises(DomainError, match=r"procedures\.ballot\.code"):
        ballots.cast(ballot_id=room.ballot.pk, code="AAAA-BBBB-CCCC", marked={"motion": ["for"]})
    with pytest.raises(DomainError, match=r"procedures\.ballot\.marks"):
        ballots.cast(ballot_id=room.ballot.pk, code=room.codes[5], marked={"motion": ["for", "against"]})
    room.close()
    with pytest.raises(DomainError, match=r"procedures\.ballot\.opening"):
        ballots.count(
            actor=room.tellers[0],
            now=now,
            ballot_id=room.ballot.pk,
            totals={"motion": {"for": 2}},
            papers=2,
            passphrase="不对不对不对不对不对不对",
        )
    room.count(0, {"for": 1, "against": 1}, 2)
    ballot = room.count(1, {"for": 1, "against": 1}, 2)
    assert ballot.state == "agreed"
    assert all(seen.on_board(ballot, receipt) for receipt in receipts)
    assert not seen.on_board(ballot, "0" * 64)
    board = seen.board_of(ballot)
    assert set(board.receipts) == set(receipts)
    assert board.said == {"motion": {"for": 3, "against": 1, "abstain": 1}}
    assert board.verify()
    assert seen.totals_shown(ballot, room.case.unit_id, now.date()) == {
        "motion": {"for": 4, "against": 2, "abstain": 1}
    }
    vote = SealedVote.objects.filter(ballot=ballot).first()
    assert vote is not None
    vote.delete()
    assert not seen.board_of(ballot).verify(), "a vote that vanished shows"
    case = room.finish()
    assert case.state == "resolved"


def test_the_database_in_hand_links_no_voter_and_vote(world: World, now: datetime) -> None:
    room, receipts = _voted(world, now, ["for", "against", "for", "for", "against", "for", "for"])
    room.close()
    ballots.count(
        actor=room.tellers[0],
        now=now,
        ballot_id=room.ballot.pk,
        totals={"motion": {"for": 0}},
        papers=0,
        passphrase="口令口令口令口令口令0号",
    )
    ballots.count(
        actor=room.tellers[1],
        now=now,
        ballot_id=room.ballot.pk,
        totals={"motion": {"for": 0}},
        papers=0,
        passphrase="口令口令口令口令口令1号",
    )
    # the tables hold nothing to join by: no time, no account, no address, no order
    assert {f.name for f in SealedVote._meta.concrete_fields} == {"receipt", "ballot", "body"}
    assert {f.name for f in BallotCode._meta.concrete_fields} == {"digest", "ballot", "used"}
    assert {f.name for f in BallotRoll._meta.concrete_fields} == {"id", "ballot", "name", "person_id", "took"}
    # every value of every table: a voter's name only on the roll, a receipt only on its vote, a code nowhere
    places: dict[str, set[str]] = {}
    for model in apps.get_models():
        for row in model.objects.all().values_list():
            text = "|".join(str(value) for value in row)
            for needle in [*VOTERS, *receipts, *(code.replace("-", "") for code in room.codes)]:
                if needle in text:
                    places.setdefault(needle, set()).add(model._meta.db_table)
    assert all(places[name] == {"ballot_roll"} for name in VOTERS)
    assert all(places[receipt] == {"ballot_sealed_vote"} for receipt in receipts)
    assert not any(code.replace("-", "") in places for code in room.codes)
    # no number stored anywhere opens a single vote: for each, both contents are equally possible
    stored = {int(teller.public_share, 16) for teller in room.ballot.tellers.all()}
    stored |= {int(teller.salt, 16) for teller in room.ballot.tellers.all()}
    for vote in SealedVote.objects.all():
        a, b = sealed.read(vote.body).ciphers[0][0]
        for secret in stored:
            key = pow(a, secret, GROUP.p)
            assert b * pow(key, -1, GROUP.p) % GROUP.p not in (1, GROUP.g)
    # the two parts published for the sum open the sum and none of the votes
    proof = seen.board_of(Ballot.objects.get(pk=room.ballot.pk)).parts
    for vote in SealedVote.objects.all():
        _, b = sealed.read(vote.body).ciphers[0][0]
        lock = int(proof[0][0][0][0]) * int(proof[1][0][0][0]) % GROUP.p
        assert b * pow(lock, -1, GROUP.p) % GROUP.p not in (1, GROUP.g)


def test_near_kin_do_not_count(world: World, now: datetime) -> None:
    village, officer = world.unit("songpo"), world["county_officer"].actor
    person = Person.objects.create(name="候选人", unit=village, updated_at=now)
    sister = Person.objects.create(name="姐姐", unit=village, updated_at=now)
    room = Room(world, now, remote=False, candidate=person)
    identify(actor=officer, now=now, account_id=room.tellers[1].account_id or 0, person=sister)
    room.prepare().delete()
    relate(actor=officer, now=now, person=person, other=sister, kind="sibling")
    with pytest.raises(DomainError, match=r"procedures\.ballot\.teller_excluded") as refused:
        room.prepare()
    assert "村民委员会组织法" in refused.value.message
    room.tellers[1] = room.tellers[0]
    with pytest.raises(DomainError, match=r"procedures\.ballot\.two_tellers"):
        room.prepare()


def test_few_votes_are_not_shown_apart(world: World, now: datetime) -> None:
    room = Room(world, now, remote=False)
    ballot = room.prepare()
    room.open()
    room.close()
    for seat in (0, 1):
        ballot = room.count(seat, {"for": 2}, 2)
    assert ballot.state == "agreed"
    assert seen.totals_shown(ballot, room.case.unit_id, now.date()) is None
    case = room.finish()
    assert case.state == "running", "two of seven are no quorum: it is held again"
    assert case.rounds == 2
