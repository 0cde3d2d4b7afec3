"""Secret ballots: prepared, opened, cast, closed, counted by two tellers who must agree.

What is never written: who drew which code, which code cast which vote, and when. Taking a paper or code marks a line of the roll; casting
uses up a code and adds a sealed vote; neither leaves a time, an account or an address anywhere (README, *Secret ballots*).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.trail import api as trail
from yanzhen.procedures import actions
from yanzhen.procedures.domain import sealed
from yanzhen.procedures.domain.ballots import Tally, agree, check_tally, padded, summed
from yanzhen.procedures.domain.definition import Kind, Step
from yanzhen.procedures.models import Ballot, BallotCode, BallotRoll, BallotTally, BallotTeller, Case, SealedVote
from yanzhen.procedures.selectors.ballots import asked_of, code_digest, context_of, paper_for
from yanzhen.procedures.selectors.facts import day_of
from yanzhen.procedures.selectors.standing import barred_in, holders, matches
from yanzhen.procedures.services import gate

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0 O 1 I
CODE_LENGTH = 12


def _trail(actor: Actor, now: datetime, case: Case, action: str, **after: object) -> None:
    trail.record(
        actor=actor, now=now, action=action, kind="case", subject_id=case.pk, label=case.number, after=after,
        unit_path=case.unit_path,
    )  # fmt: skip


def _check_holder(work: gate.Work, step: Step) -> None:
    actor, on = work.actor, day_of(work.now)
    if actor.is_system:
        return
    barred = barred_in(work.definition, step, work.case, on)
    found = holders(step.who, work.case, on, data=work.state.data, here=work.place, barred=barred)
    if not actor.has("procedures.act") or not any(matches(actor, holder) for holder in found):
        raise NotAllowed("procedures.act.denied", "这一步不由您当前的岗位办理。")


@transaction.atomic
def prepare(
    *, actor: Actor, now: datetime, case: Case | int, step: str, body: str, tellers: Sequence[tuple[int, str]],
    due: int = 0, roll: Iterable[tuple[str, int | None]] = (), remote: bool = False,
) -> Ballot:  # fmt: skip
    """Fix the paper, the roll and the two tellers (account, name).

    ``due`` is the number of the roll where a roll is given. ``remote``: sealed votes by one-time code, only where the county's rule allows
    it. Tellers are two people; near kin of those voted on and whoever has an interest cannot be one.
    """
    work = gate.opened(actor=actor, now=now, case=case)
    here = work.state.now_at(step) if work.definition.has(step) else None
    if here is None:
        raise DomainError("procedures.step.not_open", "这一步现在没有在办，页面可能已过时，请刷新。")
    declared = work.definition.step(step)
    if declared.kind is not Kind.BALLOT or declared.ballot is None:
        raise DomainError("procedures.act.wrong_kind", "这一步（{kind}）不能这样办理。", kind=declared.title.zh)
    _check_holder(work, declared)
    if body not in declared.bodies:
        raise DomainError("procedures.body.wrong", "这一步不能由所选的会议决定。", field="body")
    allowed = bool(value(declared.ballot.remote_rule, work.place.ref, on=day_of(now), procedure=work.case.code))
    if remote and not allowed:
        raise DomainError("procedures.ballot.not_remote", "当地没有规定可以远程投票，只能现场投票。", field="remote")
    _check_tellers(work, declared, tellers)
    lines = list(roll)
    paper = paper_for(work.case, declared, day_of(now))
    ballot = Ballot.objects.create(
        step=work.loaded.rows[here.id], form=paper.form, body=body, due=len(lines) or due, remote=remote,
        questions=json.dumps([{"key": q.key, "options": q.options, "marks": q.marks} for q in paper.questions]),
    )  # fmt: skip
    if ballot.due <= 0:
        raise DomainError("procedures.count.nobody", "请填写应到人数。", field="due")
    BallotRoll.objects.bulk_create(
        [BallotRoll(ballot=ballot, name=name[:60], person_id=person) for name, person in lines]
    )
    BallotTeller.objects.bulk_create(
        [
            BallotTeller(ballot=ballot, seat=seat, account_id=account, name=name[:80], salt=secrets.token_hex(32))
            for seat, (account, name) in enumerate(tellers, 1)
        ]
    )
    _trail(
        actor, now, work.case, actions.BALLOT_PREPARED, due=ballot.due, remote=remote, tellers=[a for a, _ in tellers]
    )
    return ballot


def _check_tellers(work: gate.Work, step: Step, tellers: Sequence[tuple[int, str]]) -> None:
    if len(tellers) != 2 or tellers[0][0] == tellers[1][0]:
        raise DomainError("procedures.ballot.two_tellers", "计票人应为两名不同的人。", field="tellers")
    barred = barred_in(work.definition, step, work.case, day_of(work.now))
    for account, name in tellers:
        if account in barred:
            raise DomainError(
                "procedures.ballot.teller_excluded", "{name}与投票事项有利害关系或近亲属关系，不能担任计票人（{basis}）。",
                field="tellers", name=name, basis=step.exclude_basis or "回避制度",
            )  # fmt: skip


def _locked(ballot_id: int, *states: str) -> Ballot:
    found = (
        Ballot.objects.select_for_update(of=("self",))
        .select_related("step__case__procedure")
        .filter(pk=ballot_id)
        .first()
    )
    if found is None:
        raise NotFound("procedures.ballot.none", "没有这次投票。")
    if found.state not in states:
        raise DomainError(
            "procedures.ballot.state", "投票目前处于“{state}”，不能这样办理。", state=found.get_state_display()
        )
    return found


def _seat(actor: Actor, ballot: Ballot) -> BallotTeller:
    found = ballot.tellers.filter(account_id=actor.account_id or 0).first()
    if found is None or not actor.has("procedures.tell"):
        raise NotAllowed("procedures.ballot.not_teller", "只有指定的计票人可以办理。")
    return found


def _keeper(actor: Actor, now: datetime, ballot: Ballot) -> gate.Work:
    work = gate.opened(actor=actor, now=now, case=ballot.step.case_id)
    _check_holder(work, work.definition.step(ballot.step.key))
    return work


@transaction.atomic
def set_key(*, actor: Actor, now: datetime, ballot_id: int, passphrase: str) -> BallotTeller:
    """A teller sets the passphrase with which the sealed votes are opened together; only its public half is kept."""
    ballot = _locked(ballot_id, Ballot.State.PREPARED)
    seat = _seat(actor, ballot)
    group = sealed.rfc3526()
    share = sealed.public_of(sealed.secret_of(passphrase, seat.salt, group), group)
    seat.public_share = f"{share:x}"
    seat.save(update_fields=["public_share"])
    _trail(actor, now, ballot.step.case, actions.BALLOT_KEYED, seat=seat.seat)
    return seat


@transaction.atomic
def print_codes(*, actor: Actor, now: datetime, ballot_id: int, number: int) -> list[str]:
    """One-time codes for envelopes, in random order; shown this once, only their keyed digests are kept."""
    ballot = _locked(ballot_id, Ballot.State.PREPARED)
    work = _keeper(actor, now, ballot)
    if not ballot.remote:
        raise DomainError("procedures.ballot.not_remote", "当地没有规定可以远程投票，只能现场投票。", field="remote")
    if number < 1 or ballot.codes.count() + number > ballot.due:
        raise DomainError("procedures.ballot.codes", "投票码不能多于应到人数 {due}。", field="number", due=ballot.due)
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH)) for _ in range(number)]
    digests = sorted(code_digest(ballot.pk, code) for code in codes)
    BallotCode.objects.bulk_create([BallotCode(digest=digest, ballot=ballot) for digest in digests])
    _trail(actor, now, work.case, actions.BALLOT_CODES, number=number)
    return ["-".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4)) for code in codes]


@transaction.atomic
def open_ballot(*, actor: Actor, now: datetime, ballot_id: int) -> Ballot:
    """Voting begins. With sealed votes, both tellers have set their keys."""
    ballot = _locked(ballot_id, Ballot.State.PREPARED)
    work = _keeper(actor, now, ballot)
    if ballot.remote:
        shares = [teller.public_share for teller in ballot.tellers.order_by("seat")]
        if not all(shares):
            raise DomainError("procedures.ballot.no_keys", "两名计票人都设定口令后才能开始投票。")
        ballot.public_key = f"{sealed.joint((int(each, 16) for each in shares), sealed.rfc3526()):x}"
    ballot.state, ballot.opened_on = Ballot.State.OPEN, day_of(now)
    ballot.save()
    _trail(actor, now, work.case, actions.BALLOT_OPENED)
    return ballot


@transaction.atomic
def take(*, actor: Actor, now: datetime, ballot_id: int, line: int, what: str) -> BallotRoll:
    """Somebody on the roll, after showing who they are, takes a paper or draws an envelope. Once.

    The trail says that one was taken, not by whom: its time next to a name would come near to a link.
    """
    ballot = _locked(ballot_id, Ballot.State.OPEN)
    work = _keeper(actor, now, ballot)
    if what not in ("paper", "code") or (what == "code" and not ballot.remote):
        raise DomainError("procedures.ballot.what", "只能领取纸质选票或投票码。", field="what")
    row = ballot.roll.select_for_update().filter(pk=line).first()
    if row is None:
        raise NotFound("procedures.ballot.roll", "选民名单中没有这个人。")
    if row.took:
        raise DomainError("procedures.ballot.took", "已经领取过选票，每人只投一票。")
    row.took = what
    row.save(update_fields=["took"])
    _trail(actor, now, work.case, actions.BALLOT_TOOK, what=what)
    return row


@transaction.atomic
def cast(*, ballot_id: int, code: str, marked: Mapping[str, Sequence[str]]) -> str:
    """Cast a sealed vote with a one-time code; returns the receipt.

    No actor and no time on purpose: whoever holds the code votes, and nothing says who or when. DomainError for a wrong or used
    code and for marks that cannot be.
    """
    ballot = _locked(ballot_id, Ballot.State.OPEN)
    found = BallotCode.objects.select_for_update().filter(digest=code_digest(ballot.pk, code), ballot=ballot).first()
    if found is None or found.used:
        raise DomainError("procedures.ballot.code", "投票码不正确，或已经使用过。", field="code")
    asked, key, group = asked_of(ballot), int(ballot.public_key, 16), sealed.rfc3526()
    vote = sealed.seal(context_of(ballot), key, asked, padded(asked, marked), group)
    SealedVote.objects.create(receipt=vote.receipt, ballot=ballot, body=vote.text())
    BallotCode.objects.filter(pk=found.pk).update(used=True)
    return vote.receipt


@transaction.atomic
def close_ballot(*, actor: Actor, now: datetime, ballot_id: int, on: date | None = None) -> Ballot:
    """Voting is over; the tellers count. ``on``: the day it was held, where it was held on paper."""
    ballot = _locked(ballot_id, Ballot.State.OPEN)
    work = _keeper(actor, now, ballot)
    ballot.state, ballot.closed_on = Ballot.State.CLOSED, on or day_of(now)
    ballot.save()
    _trail(
        actor,
        now,
        work.case,
        actions.BALLOT_CLOSED,
        taken=ballot.roll.exclude(took="").count(),
        sealed=ballot.votes.count(),
    )
    return ballot


@transaction.atomic
def count(
    *, actor: Actor, now: datetime, ballot_id: int, totals: Mapping[str, Mapping[str, int]], papers: int, spoilt: int = 0,
    passphrase: str = "",
) -> Ballot:  # fmt: skip
    """A teller reports the count of the papers, and opens their half of the sum of the sealed votes with the passphrase.

    When both have reported: equal counts are agreed, different ones are disputed and block the step until a recount.
    """
    ballot = _locked(ballot_id, Ballot.State.CLOSED)
    seat = _seat(actor, ballot)
    asked = asked_of(ballot)
    tally = Tally(totals, papers, spoilt)
    check_tally(asked, tally)
    if papers + ballot.votes.count() > ballot.due:
        raise DomainError("procedures.ballot.over", "得票多于有效票，请核对。", field="papers")
    if ballot.tallies.filter(recount=ballot.recount, seat=seat.seat).exists():
        raise DomainError("procedures.ballot.counted", "您已经报出计票结果，如需更改请申请重新计票。")
    shares = _open_half(ballot, seat, passphrase) if ballot.votes.exists() else []
    BallotTally.objects.create(
        ballot=ballot, recount=ballot.recount, seat=seat.seat, totals=json.dumps({k: dict(v) for k, v in totals.items()}),
        papers=papers, spoilt=spoilt, shares=json.dumps(shares, default=str) if shares else "", at=now,
    )  # fmt: skip
    _trail(actor, now, ballot.step.case, actions.BALLOT_COUNTED, seat=seat.seat, recount=ballot.recount)
    both = list(ballot.tallies.filter(recount=ballot.recount).order_by("seat"))
    if len(both) == 2:
        _compare(actor, now, ballot, both)
    return ballot


def _open_half(ballot: Ballot, seat: BallotTeller, passphrase: str) -> list[list[sealed.Share]]:
    group = sealed.rfc3526()
    secret = sealed.secret_of(passphrase, seat.salt, group)
    if sealed.public_of(secret, group) != int(seat.public_share, 16):
        raise DomainError("procedures.ballot.opening", "口令不对，无法打开电子票的合计。", field="passphrase")
    votes = [sealed.read(row.body) for row in ballot.votes.order_by("receipt")]
    return sealed.share_of(context_of(ballot), secret, sealed.add(votes, asked_of(ballot), group), group)


def _compare(actor: Actor, now: datetime, ballot: Ballot, both: list[BallotTally]) -> None:
    one, other = (Tally(json.loads(row.totals), row.papers, row.spoilt) for row in both)
    if not agree(one, other):
        ballot.state = Ballot.State.DISPUTED
        ballot.save(update_fields=["state"])
        return
    asked, group = asked_of(ballot), sealed.rfc3526()
    votes = [sealed.read(row.body) for row in ballot.votes.order_by("receipt")]
    inside: dict[str, dict[str, int]] = {}
    parts = [json.loads(row.shares) for row in both if row.shares]
    if votes:
        numbers = sealed.opened(sealed.add(votes, asked, group), parts, len(votes), group)
        inside = {q.key: dict(zip(q.options, row, strict=True)) for q, row in zip(asked, numbers, strict=True)}
    ballot.totals = json.dumps(summed(one.totals, inside))
    ballot.proof = json.dumps({"parts": parts, "sealed": inside, "spoilt": one.spoilt})
    ballot.present = one.papers + len(votes)
    ballot.state = Ballot.State.AGREED
    ballot.save()
    _trail(actor, now, ballot.step.case, actions.BALLOT_AGREED, present=ballot.present, recount=ballot.recount)


@transaction.atomic
def recount(*, actor: Actor, now: datetime, ballot_id: int, reason: str) -> Ballot:
    """Count again, from the beginning, by both: after a mismatch, or when somebody doubts the result before the step has ended."""
    ballot = _locked(ballot_id, Ballot.State.CLOSED, Ballot.State.DISPUTED, Ballot.State.AGREED)
    work = _keeper(actor, now, ballot)
    if work.state.now_at(ballot.step.key) is None:
        raise DomainError("procedures.step.not_open", "这一步现在没有在办，页面可能已过时，请刷新。")
    if not reason.strip():
        raise DomainError("procedures.words.needed", "请写明理由，让对方知道怎么改。", field="reason")
    ballot.recount += 1
    ballot.state, ballot.totals, ballot.proof, ballot.present = Ballot.State.CLOSED, "", "", None
    ballot.save()
    trail.record(
        actor=actor, now=now, action=actions.BALLOT_RECOUNT, kind="case", subject_id=work.case.pk, label=work.case.number,
        after={"recount": ballot.recount}, purpose=reason.strip()[:200], unit_path=work.case.unit_path,
    )  # fmt: skip
    return ballot
