"""What is on a ballot paper, and whether two tellers' counts agree (plain Python)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yanzhen.kernel.errors import DomainError
from yanzhen.procedures.domain.definition import BallotSpec, Words
from yanzhen.procedures.domain.sealed import Question

ABSTAIN = "abstain"
MOTION = ("for", "against", ABSTAIN)
MOTION_WORDS: Mapping[str, Words] = {
    "for": Words("赞成", "For"),
    "against": Words("反对", "Against"),
    ABSTAIN: Words("弃权", "Abstain"),
}
BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Tally:
    """One teller's count of the papers. ``spoilt`` papers say nothing."""

    totals: Mapping[str, Mapping[str, int]]
    papers: int
    spoilt: int = 0


def questions(spec: BallotSpec, subjects: Sequence[str], scale: Sequence[str], seats: int) -> tuple[Question, ...]:
    """What a ballot asks. A choice of several is filled up with blanks, so that each ballot has the same number of marks."""
    if spec.form == "question":
        return (Question("motion", MOTION),)
    if not subjects:
        raise DomainError("procedures.ballot.subjects", "没有候选人或测评对象，不能投票。")
    if spec.form == "scale":
        return tuple(Question(f"s{at}", (*scale, ABSTAIN)) for at, _ in enumerate(subjects, 1))
    if not 1 <= seats <= len(subjects):
        raise DomainError("procedures.ballot.seats", "应选人数应在 1 到 {most} 之间。", most=len(subjects))
    options = (*(f"s{at}" for at, _ in enumerate(subjects, 1)), *(f"{BLANK}{at}" for at in range(1, seats + 1)))
    return (Question("choice", options, seats),)


def padded(asked: Sequence[Question], marked: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Marks with what was left open filled up: abstain, or blanks."""
    found = {}
    for question in asked:
        chosen = [each for each in marked.get(question.key, ()) if not each.startswith(BLANK)]
        if not chosen and ABSTAIN in question.options:
            chosen = [ABSTAIN]
        blanks = [each for each in question.options if each.startswith(BLANK)]
        found[question.key] = [*chosen, *blanks[: max(question.marks - len(chosen), 0)]]
    return found


def check_tally(asked: Sequence[Question], tally: Tally) -> None:
    """DomainError unless the numbers of a count can be true."""
    numbers = [tally.papers, tally.spoilt, *(n for votes in tally.totals.values() for n in votes.values())]
    if any(number < 0 for number in numbers) or tally.spoilt > tally.papers:
        raise DomainError("procedures.count.negative", "人数和票数不能是负数。", field="totals")
    good = tally.papers - tally.spoilt
    known = {question.key: question for question in asked}
    for key, votes in tally.totals.items():
        question = known.get(key)
        if question is None or not set(votes) <= set(question.options):
            raise DomainError("procedures.ballot.option", "计票结果中有选票上没有的项目。", field="totals")
        total = sum(votes.values())
        if question.marks == 1 and ABSTAIN in question.options and total != good:
            raise DomainError(
                "procedures.ballot.sum",
                "各项合计 {total} 票，与有效票 {good} 张不一致，请核对。",
                field="totals",
                total=total,
                good=good,
            )
        if total > good * question.marks or any(n > good for n in votes.values()):
            raise DomainError("procedures.ballot.over", "得票多于有效票，请核对。", field="totals")
    if set(known) - set(tally.totals):
        raise DomainError("procedures.ballot.incomplete", "请逐项填写计票结果。", field="totals")


def agree(one: Tally, other: Tally) -> bool:
    """Whether two counts say the same."""

    def plain(tally: Tally) -> object:
        totals = {key: {o: n for o, n in votes.items() if n} for key, votes in tally.totals.items()}
        return totals, tally.papers, tally.spoilt

    return plain(one) == plain(other)


def summed(*parts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Totals of papers and sealed votes together; blanks say nothing and are left out."""
    found: dict[str, dict[str, int]] = {}
    for part in parts:
        for key, votes in part.items():
            some = found.setdefault(key, {})
            for option, number in votes.items():
                if not option.startswith(BLANK):
                    some[option] = some.get(option, 0) + number
    return found
