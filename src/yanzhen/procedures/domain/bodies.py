"""Bodies that decide, each with its own quorum (plain Python).

A quorum is not one function: an assembly of villagers is valid with more than half of them and passes with more than half of
those *present*; an assembly of members of the collective passes with two thirds of *all*. Each body declares two thresholds
and a notice as rules with their article (``rules.py``); this module counts.

Sources: 村民委员会组织法 (2025修正) 第十九、二十五、二十六、二十九、三十条; 农村集体经济组织法 第二十六至三十条; domain facts §5.1, §7.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from yanzhen.kernel.errors import DomainError
from yanzhen.procedures.domain.definition import Words


@dataclass(frozen=True, slots=True)
class Body:
    """A body. ``of``: what ``due`` counts. ``before``: reports must be out for this rule's days before the meeting.

    ``cannot``: items (codes of ``ITEMS``) that this body may not decide, by law.
    """

    code: str
    title: Words
    of: Words
    basis: str
    cannot: tuple[str, ...] = ()

    @property
    def valid_rule(self) -> str:
        """Rule key: when the meeting is valid."""
        return f"procedures.body.{self.code}.valid"

    @property
    def passes_rule(self) -> str:
        """Rule key: when a motion passes."""
        return f"procedures.body.{self.code}.passes"

    @property
    def notice_rule(self) -> str:
        """Rule key: days between the notice and the meeting."""
        return f"procedures.body.{self.code}.notice"


#: Items of 农村集体经济组织法 第二十六条 that representatives cannot decide (1, 3, 8, 10, 12).
ITEMS: Mapping[str, Words] = {
    "articles": Words("制定、修改组织章程", "Articles of the organisation"),
    "members": Words("确认成员身份", "Who is a member"),
    "land": Words("土地承包、宅基地使用、收益权量化", "Land contracting, homesteads, quantified income rights"),
    "compensation": Words("土地补偿费的分配", "Distribution of land compensation"),
    "merger": Words("合并、分立、解散", "Merger, division, dissolution"),
}

_SELF = "《中华人民共和国村民委员会组织法》（2025年修正）"
_ECONOMIC = "《中华人民共和国农村集体经济组织法》"

BODIES: Mapping[str, Body] = {
    body.code: body
    for body in (
        Body(
            "villagers_assembly", Words("村民会议（十八周岁以上村民）", "Villagers' assembly"),
            Words("本村十八周岁以上村民", "villagers over 18"), f"{_SELF}第二十五条、第二十六条",
        ),
        Body(
            "household_delegates", Words("村民会议（户的代表）", "Villagers' assembly of household delegates"),
            Words("本村户的代表", "household delegates"), f"{_SELF}第二十五条、第二十六条",
        ),
        Body(
            "villagers_reps", Words("村民代表会议", "Villagers' representatives"), Words("村民代表会议组成人员", "members of the meeting"),
            f"{_SELF}第二十九条、第三十条",
        ),
        Body("party_members", Words("党员大会", "Party members' meeting"), Words("有表决权的党员", "party members with a vote"),
             "《中国共产党农村基层组织工作条例》（四议两公开）；到会比例由当地规定"),
        Body("party_admission", Words("支部党员大会（接收党员）", "Party branch meeting on admission"),
             Words("有表决权的正式党员", "full members with a vote"), "《中国共产党发展党员工作细则》"),
        Body("party_committee", Words("村党组织委员会", "Village party committee"), Words("村党组织委员", "committee members"),
             "《中国共产党农村基层组织工作条例》；比例由当地规定"),
        Body("two_committees", Words("村“两委”会议", "The two village committees"), Words("村“两委”成员", "members of the two committees"),
             f"《中国共产党农村基层组织工作条例》；{_SELF}；比例由当地规定"),
        Body("supervision", Words("村务监督委员会会议", "Supervision committee"), Words("监督委员会成员", "members"),
             f"{_SELF}；比例由当地规定"),
        Body("members_assembly", Words("集体经济组织成员大会", "Members' assembly of the collective"),
             Words("具有完全民事行为能力的成员", "members with full capacity"), f"{_ECONOMIC}第二十六条、第二十七条"),
        Body("members_reps", Words("集体经济组织成员代表大会", "Members' representatives of the collective"),
             Words("成员代表", "members' representatives"), f"{_ECONOMIC}第二十八条",
             cannot=("articles", "members", "land", "compensation", "merger")),
        Body("council", Words("集体经济组织理事会", "Council of the collective"), Words("理事", "directors"), f"{_ECONOMIC}第三十一条"),
        Body("share_assembly", Words("成员大会（非成员出资份额）", "Members' assembly on a non-member's share"),
             Words("全体成员", "all members"), f"{_ECONOMIC}第十五条"),
        Body("recall", Words("罢免投票", "Recall vote"), Words("登记参加选举的村民", "registered voters"), f"{_SELF}第十九条"),
        Body("joint_review", Words("联审", "Joint review"), Words("参加联审的单位", "departments that review"),
             "联审办法由县级规定：须全部单位回复且全部通过"),
        Body("meeting", Words("会议（人数由当地规定）", "Meeting (local rule)"), Words("应到人员", "those due"),
             "由当地规定"),
    )
}  # fmt: skip

_BASES = {"due": Words("应到", "due"), "present": Words("实到", "present"), "cast": Words("有效投票", "votes cast")}
_THRESHOLD = re.compile(r"(>=|>)\s*(\d+)/(\d+)\s+(due|present|cast)|all\s+(due|present|cast)")


@dataclass(frozen=True, slots=True)
class Threshold:
    """``> 1/2 of those present``. Text form ``>1/2 present``, ``>=2/3 due``, ``all due``."""

    share: Fraction
    strict: bool
    base: str

    def least(self, whole: int) -> int:
        """The smallest count that meets it."""
        exact = self.share * whole
        number = exact.numerator // exact.denominator
        if self.strict or exact.denominator != 1:
            return number + 1
        return number

    def met(self, count: int, whole: int) -> bool:
        """Whether ``count`` out of ``whole`` meets it; never with nobody there."""
        return whole > 0 and count >= self.least(whole)

    def words(self) -> Words:
        """In words."""
        base = _BASES[self.base]
        if self.share == 1:
            return Words(f"{base.zh}人数的全部", f"all of those {base.en}")
        sign = Words("超过", "more than") if self.strict else Words("达到", "at least")
        return Words(
            f"{sign.zh}{base.zh}人数的{self.share.numerator}/{self.share.denominator}",
            f"{sign.en} {self.share.numerator}/{self.share.denominator} of those {base.en}",
        )


def threshold(text: str) -> Threshold:
    """Read a threshold; DomainError where it cannot be read."""
    found = _THRESHOLD.fullmatch(text.strip())
    if found is None:
        raise DomainError("procedures.body.threshold", "无法识别的人数规则“{text}”。", text=text)
    if found.group(5):
        return Threshold(Fraction(1), False, found.group(5))
    share = Fraction(int(found.group(2)), int(found.group(3)))
    if not 0 < share <= 1 or (share == 1 and found.group(1) == ">"):
        raise DomainError("procedures.body.threshold", "无法识别的人数规则“{text}”。", text=text)
    return Threshold(share, found.group(1) == ">", found.group(4))


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted in the room. ``proxies`` are among those ``present``; ``spoilt`` are ballots that say nothing."""

    due: int
    present: int
    votes_for: int
    against: int = 0
    abstain: int = 0
    spoilt: int = 0
    proxies: int = 0

    @property
    def cast(self) -> int:
        """Valid votes."""
        return self.votes_for + self.against + self.abstain

    def check(self) -> None:
        """DomainError unless the numbers can be true."""
        for name in ("due", "present", "votes_for", "against", "abstain", "spoilt", "proxies"):
            if getattr(self, name) < 0:
                raise DomainError("procedures.count.negative", "人数和票数不能是负数。", field=name)
        if self.due == 0:
            raise DomainError("procedures.count.nobody", "请填写应到人数。", field="due")
        if self.present > self.due:
            raise DomainError(
                "procedures.count.too_many", "实到 {present} 人，多于应到 {due} 人，请核对。",
                field="present", present=self.present, due=self.due,
            )  # fmt: skip
        if self.proxies > self.present:
            raise DomainError("procedures.count.proxies", "委托出席的人数多于实到人数，请核对。", field="proxies")
        if self.cast + self.spoilt > self.present:
            raise DomainError(
                "procedures.count.votes", "票数合计 {votes}，多于实到 {present} 人，请核对。",
                field="votes_for", votes=self.cast + self.spoilt, present=self.present,
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quorum:
    """The thresholds that hold for a body on a day, as the rulebook gave them, with their articles."""

    body: str
    valid: Threshold
    passes: Threshold
    notice_days: int = 0
    valid_basis: str = ""
    passes_basis: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the meeting was valid and whether the motion passed; how many were needed; the article."""

    valid: bool
    passed: bool
    need_present: int
    need_for: int
    basis: str

    @property
    def outcome(self) -> str:
        """Outcome of a meeting step."""
        return "invalid" if not self.valid else "passed" if self.passed else "failed"


def judge(quorum: Quorum, count: Count) -> Verdict:
    """Count a meeting against its law. A motion that passes in an invalid meeting has not passed."""
    count.check()
    wholes = {"due": count.due, "present": count.present, "cast": count.cast}
    valid = quorum.valid.met(count.present, count.due)
    passed = valid and quorum.passes.met(count.votes_for, wholes[quorum.passes.base])
    return Verdict(
        valid, passed, quorum.valid.least(count.due), quorum.passes.least(wholes[quorum.passes.base]),
        quorum.valid_basis if not valid else quorum.passes_basis,
    )  # fmt: skip


def check_item(body: str, item: str) -> None:
    """DomainError where a body may not decide an item."""
    if item and item in BODIES[body].cannot:
        raise DomainError(
            "procedures.body.cannot", "{body}不能决定“{item}”（{basis}），须由成员大会决定。",
            body=BODIES[body].title.zh, item=ITEMS[item].zh, basis=f"{_ECONOMIC}第二十八条",
        )  # fmt: skip
