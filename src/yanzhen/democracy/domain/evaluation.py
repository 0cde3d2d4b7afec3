"""Democratic evaluation: the scale, counting of secret ballots, thresholds, twice running (plain Python).

村民委员会组织法 Art. 38: members of the committee and those paid by the village are evaluated at least once a year, led by the
supervision committee; twice running 不称职 ends the post. Ballots are secret: only totals come here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yanzhen.kernel.errors import DomainError

BASIS = "《村民委员会组织法》第三十八条"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a count says. ``grade``: the grade that the count comes to; ``warned``: over the county's line for 诫勉;
    ``failed``: judged 不称职; ``twice``: failed now and the year before."""

    grade: str
    warned: bool
    failed: bool
    twice: bool
    worst_share: float


def check_scale(scale: Sequence[str]) -> tuple[str, ...]:
    """Three to five different grades, best first."""
    if not 2 <= len(scale) <= 6 or len(set(scale)) != len(scale):
        raise DomainError("democracy.scale", "测评等次应为二至六个不同的词，从好到差。", field="scale")
    return tuple(scale)


def check_count(scale: Sequence[str], counts: Mapping[str, int], *, due: int, issued: int, valid: int) -> None:
    """A count that can be: no more ballots than voters, and the grades add up to the valid ones."""
    if set(counts) - set(scale):
        raise DomainError("democracy.count.grade", "票数里有等次表之外的等次。", field="counts")
    if any(number < 0 for number in counts.values()):
        raise DomainError("democracy.count.negative", "票数不能为负。", field="counts")
    if not 0 <= valid <= issued <= due:
        raise DomainError("democracy.count.order", "应为：有效票≤发出票≤应到人数。", field="valid")
    if sum(counts.values()) != valid:
        raise DomainError(
            "democracy.count.sum",
            "各等次票数合计{sum}，与有效票{valid}不符。",
            field="counts",
            sum=sum(counts.values()),
            valid=valid,
        )


def judge(
    scale: Sequence[str], counts: Mapping[str, int], *, warn_percent: int, fail_percent: int, failed_before: bool
) -> Verdict:
    """The verdict of a count.

    ``warn_percent``/``fail_percent``: share of the worst grade among valid ballots above which (strictly) somebody is warned,
    or judged unfit. Otherwise the grade is the best one that, with all better ones, holds more than half of the ballots.
    """
    total = sum(counts.values())
    worst = scale[-1]
    bad = counts.get(worst, 0)
    share = bad / total if total else 0.0
    failed = total > 0 and bad * 100 > fail_percent * total
    warned = total > 0 and bad * 100 > warn_percent * total
    grade = worst if failed else ""
    running = 0
    for each in scale[:-1]:
        if grade or not total:
            break
        running += counts.get(each, 0)
        if running * 2 > total:
            grade = each
    if total and not grade:
        grade = scale[-2] if len(scale) > 2 else scale[0]
    return Verdict(grade, warned, failed, failed and failed_before, round(share, 4))
