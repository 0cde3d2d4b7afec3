"""Reading ballots: what the public board shows, what a teller sees, whether a receipt is on the board."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from yanzhen.kernel.crypto.api import blind_index
from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.rulebook.api import held, value
from yanzhen.kernel.scope.api import Actor
from yanzhen.procedures.domain import sealed
from yanzhen.procedures.domain.ballots import MOTION_WORDS, questions
from yanzhen.procedures.domain.definition import BallotSpec, Definition, Step, Words
from yanzhen.procedures.domain.sealed import Question
from yanzhen.procedures.models import Ballot, BallotTally, Case, SealedVote
from yanzhen.procedures.selectors.cases import case_for
from yanzhen.procedures.selectors.definitions import definition_of
from yanzhen.procedures.selectors.places import Place, place
from yanzhen.procedures.selectors.state import data_of
from yanzhen.registry.models import Person


@dataclass(frozen=True, slots=True)
class Paper:
    """What a ballot asks, with the words of each question and option: {"s1": ("张三", {"good": "优秀"})}."""

    form: str
    questions: tuple[Question, ...]
    titles: Mapping[str, str]
    options: Mapping[str, str]


def subjects_of(case: Case, definition: Definition, spec: BallotSpec) -> list[str]:
    """Names of what or whom a ballot is about."""
    if not spec.subjects:
        return []
    found = data_of(case).get(spec.subjects) or []
    field = definition.field(spec.subjects)
    if field is not None and field.type == "people":
        names = dict(Person.objects.filter(pk__in=found).values_list("pk", "name"))
        return [names.get(each, str(each)) for each in found]
    return [str(each) for each in found]


def scale_of(spec: BallotSpec, here: Place, on: date, code: str) -> dict[str, Words]:
    """The marks of a scale: those of the definition, or of the county's rule."""
    if spec.scale_rule:
        table = dict(value(spec.scale_rule, here.ref, on=on, procedure=code))
        return {str(key): Words(str(words)) for key, words in table.items()}
    return {each.code: each.title for each in spec.scale}


def seats_of(spec: BallotSpec, here: Place, on: date, code: str) -> int:
    """How many may be chosen."""
    return int(value(spec.seats_rule, here.ref, on=on, procedure=code)) if spec.seats_rule else 1


def paper_for(case: Case, step: Step, on: date) -> Paper:
    """The ballot paper of a step."""
    spec = step.ballot
    if spec is None:
        raise NotFound("procedures.ballot.none", "没有这次投票。")
    definition, here = definition_of(case), place(case.unit_id)
    subjects = subjects_of(case, definition, spec)
    scale = scale_of(spec, here, on, case.code) if spec.form == "scale" else {}
    asked = questions(spec, subjects, list(scale), seats_of(spec, here, on, case.code) if spec.form == "choice" else 1)
    names = {f"s{at}": name for at, name in enumerate(subjects, 1)}
    options = {key: words.zh for key, words in {**MOTION_WORDS, **scale}.items()}
    titles = names if spec.form == "scale" else {"motion": case.title, "choice": case.title}
    return Paper(spec.form, asked, titles, options | (names if spec.form == "choice" else {}))


def asked_of(ballot: Ballot) -> tuple[Question, ...]:
    """The questions as they were fixed when the ballot was prepared."""
    return tuple(Question(q["key"], tuple(q["options"]), q["marks"]) for q in json.loads(ballot.questions))


def context_of(ballot: Ballot) -> str:
    """What ties a sealed vote to its ballot."""
    return f"yanzhen ballot {ballot.pk}"


def ballot_for(viewer: Actor, ballot_id: int) -> Ballot:
    """The ballot of a case the viewer may see."""
    found = Ballot.objects.select_related("step__case__procedure").filter(pk=ballot_id).first()
    if found is None:
        raise NotFound("procedures.ballot.none", "没有这次投票。")
    case_for(viewer, found.step.case_id)
    return found


def own_tally(viewer: Actor, ballot: Ballot) -> BallotTally | None:
    """A teller's own count of this recount; never the other's, before both are in."""
    seat = ballot.tellers.filter(account_id=viewer.account_id or 0).values_list("seat", flat=True).first()
    return ballot.tallies.filter(recount=ballot.recount, seat=seat).first() if seat else None


@dataclass(frozen=True, slots=True)
class Board:
    """The public board of a closed ballot: what anybody needs to check it without the platform (``verify``)."""

    context: str
    questions: tuple[Question, ...]
    publics: tuple[int, ...]
    votes: tuple[str, ...]
    receipts: tuple[str, ...]
    parts: tuple[Any, ...]
    said: Mapping[str, Mapping[str, int]]

    def verify(self) -> bool:
        """Whether every sealed vote is proper and the totals said are what they hold."""
        votes = [sealed.read(text) for text in self.votes]
        if tuple(vote.receipt for vote in votes) != self.receipts:
            return False
        return sealed.check_opening(
            self.context, self.publics, self.questions, votes, self.parts, self.said, sealed.rfc3526()
        )


def board_of(ballot: Ballot) -> Board:
    """The board: sealed votes in the order of their receipts, which is the order of nothing."""
    rows = list(SealedVote.objects.filter(ballot=ballot).order_by("receipt"))
    agreed = ballot.state == Ballot.State.AGREED
    proof = json.loads(ballot.proof) if agreed and ballot.proof else {}
    return Board(
        context_of(ballot), asked_of(ballot),
        tuple(int(teller.public_share, 16) for teller in ballot.tellers.order_by("seat") if teller.public_share),
        tuple(row.body for row in rows), tuple(row.receipt for row in rows), tuple(proof.get("parts", ())),
        proof.get("sealed", {}),
    )  # fmt: skip


def on_board(ballot: Ballot, receipt: str) -> bool:
    """Whether a receipt is on the board: the own vote was counted. It says nothing about what was voted."""
    return SealedVote.objects.filter(ballot=ballot, receipt=receipt.strip().lower()).exists()


def totals_shown(ballot: Ballot, unit_id: int, on: date) -> Mapping[str, Mapping[str, int]] | None:
    """The totals as they may be published; None while they are not agreed or where so few voted that they would tell who."""
    if ballot.state != Ballot.State.AGREED:
        return None
    least = int(held("procedures.ballot.least", place(unit_id).ref, on=on).value)
    if (ballot.present or 0) < least:
        return None
    found: Mapping[str, Mapping[str, int]] = json.loads(ballot.totals)
    return found


def code_digest(ballot_id: int, code: str) -> str:
    """Keyed digest of a one-time code: the table alone does not give the codes away."""
    return blind_index(f"{ballot_id}:{code.strip().upper().replace('-', '')}", "ballot")
