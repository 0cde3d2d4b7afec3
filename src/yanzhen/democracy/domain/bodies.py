"""Who belongs to which body of a village, and what the law asks of its make-up (plain Python).

Articles are those of the 村民委员会组织法 as amended on 2025-10-28 (domain facts §0.2, §7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

LAW = "《村民委员会组织法》"
ADULT = 18  # years, Art. 26: 年满十八周岁的村民


@dataclass(frozen=True, slots=True)
class Body:
    """A body. ``source``: ``registry`` (computed from people and households) or ``seats`` (kept on the roster)."""

    code: str
    words: str
    source: Literal["registry", "seats"]
    basis: str


BODIES: Mapping[str, Body] = {
    body.code: body
    for body in (
        Body("villagers", "年满十八周岁的村民", "registry", f"{LAW}第二十六条"),
        Body("households", "户代表", "registry", f"{LAW}第二十六条"),
        Body("representatives", "村民代表", "seats", f"{LAW}第二十九条"),
        Body("party_members", "党员", "registry", "《中国共产党农村基层组织工作条例》"),
        Body("party_committee", "村党组织委员会", "seats", "《中国共产党农村基层组织工作条例》"),
        Body("committee", "村民委员会", "seats", f"{LAW}第十四条"),
        Body("supervision", "村务监督委员会", "seats", f"{LAW}第三十七条"),
        Body("collective", "集体经济组织成员", "registry", "《农村集体经济组织法》"),
        Body("directors", "集体经济组织理事会", "seats", "《农村集体经济组织法》"),
        Body("bookkeeping", "报账员、会计、文书", "seats", f"{LAW}第三十七条"),
    )
}
SEATED = tuple(code for code, body in BODIES.items() if body.source == "seats")


@dataclass(frozen=True, slots=True)
class Sitting:
    """One seat as the rules need it."""

    person_id: int | None
    name: str
    body: str
    duty: str = ""
    sex: str = ""
    elected: bool = True
    household_id: int | None = None


def adult_by(on: date) -> date:
    """The last birthday that makes somebody eighteen on a day (29 February counts from 1 March)."""
    try:
        return on.replace(year=on.year - ADULT)
    except ValueError:
        return date(on.year - ADULT, 2, 28)


@dataclass(frozen=True, slots=True)
class Share:
    """A share that the law asks for: ``part`` of ``whole``, at least ``need``/``of``."""

    code: str
    words: str
    part: int
    whole: int
    need: int
    of: int
    basis: str

    @property
    def kept(self) -> bool:
        """Whether the share is reached; an empty body reaches nothing."""
        return self.whole > 0 and self.part * self.of >= self.need * self.whole


def shares(sitting: Iterable[Sitting]) -> list[Share]:
    """The shares of a villagers' representative assembly: elected ≥ 4/5, women ≥ 1/3 (Art. 29)."""
    members = list(sitting)
    elected = sum(each.elected for each in members)
    women = sum(each.sex == "2" for each in members)
    return [
        Share(
            "elected",
            "推选产生的村民代表",
            elected,
            len(members),
            4,
            5,
            f"{LAW}第二十九条：村民代表应当占组成人员的五分之四以上",
        ),
        Share(
            "women", "妇女代表", women, len(members), 1, 3, f"{LAW}第二十九条：妇女村民代表应当占组成人员的三分之一以上"
        ),
    ]


@dataclass(frozen=True, slots=True)
class Bar:
    """Why somebody may not hold a seat, with the article."""

    code: str
    words: str
    basis: str


def supervision_bars(
    person_id: int | None, others: Iterable[Sitting], kin: Iterable[int], *, declared_kin: bool = False
) -> list[Bar]:
    """Why somebody may not sit on the supervision committee: own seats, kin of committee members.

    ``others``: seats of the village now; ``kin``: ids of the person's near kin; ``declared_kin``: said so in the nomination.
    """
    near = set(kin)
    bars: list[Bar] = []
    article = f"{LAW}第三十七条：村民委员会成员及其近亲属不得担任村务监督机构成员"
    local = "地方村务监督办法：会计、文书、集体经济组织负责人回避（domain facts §7）"
    for seat in others:
        own = person_id is not None and seat.person_id == person_id
        if seat.body == "committee":
            if own:
                bars.append(Bar("committee", "本人是村民委员会成员", article))
            elif seat.person_id in near:
                bars.append(Bar("kin", f"与村民委员会成员{seat.name}是近亲属", article))
        elif seat.body == "bookkeeping" and own:
            bars.append(Bar("bookkeeping", f"本人担任{seat.duty or '会计、文书'}", local))
        elif seat.body == "directors" and own:
            bars.append(Bar("directors", "本人是集体经济组织理事会成员", "《农村集体经济组织法》第三十四条；" + local))
    if declared_kin:
        bars.append(Bar("declared", "申报与村民委员会成员有近亲属关系", article))
    return bars


def size_bars(body: str, count: int, *, most: int, least: int) -> list[Bar]:
    """Whether a committee has too few or too many members (limits from the rulebook)."""
    if count > most:
        return [Bar("size", f"{BODIES[body].words}最多{most}人，现有{count}人", "规则 democracy.size")]
    if 0 < count < least:
        return [Bar("size", f"{BODIES[body].words}至少{least}人，现有{count}人", "规则 democracy.size")]
    return []
