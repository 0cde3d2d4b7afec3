"""The problem of talent matching: specialists (供给清单), needs (需求清单), what is known between them, and the rules in force.

Sources: 国办发〔2016〕32号 深入推行科技特派员制度的若干意见 (双向选择, 按需选派); the practice of "两单合一":
"合作基础优先、专业领域契合、工作就近就便", every township and every village covered; specialities by
GB/T 13745-2009 学科分类与代码 (3, 5 or 7 digits), as DB50/T 1046-2020 uses it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from yanzhen.planning.kernel import Finding, Lock, Text, digest_rows

#: Goals that may be ordered, with their words. ``tie`` is always the last and is not shown as a goal.
LEVELS: Mapping[str, tuple[Text, str, Text]] = {
    "township": (Text("有专家的乡镇", "Townships covered"), "max", Text("个", "townships")),
    "village": (Text("有专家的村", "Villages covered"), "max", Text("个", "villages")),
    "filled": (Text("落实的需求", "Needs filled"), "max", Text("人次", "places")),
    "coop": (Text("合作基础", "Past co-operation"), "max", Text("分", "points")),
    "fit": (Text("专业契合", "Speciality fit"), "max", Text("分", "points")),
    "keep": (Text("与上次相同", "Kept from the last plan"), "max", Text("对", "pairs")),
    "near": (Text("单程路程合计", "Total one-way travel"), "min", Text("分钟", "minutes")),
}
DEFAULT_ORDER = ("township", "village", "filled", "coop", "fit", "keep", "near")
SEASONS = ("春", "夏", "秋", "冬")
CODE = re.compile(r"\d{3}(\d{2}(\d{2})?)?")


@dataclass(frozen=True, slots=True)
class Specialist:
    """One line of the supply list. ``specialities``: GB/T 13745 codes without dots; ``capacity``: needs served in the period;
    ``seasons``: (season, most needs in it), empty = any season up to the capacity; ``languages``: languages and dialects spoken,
    empty = not known; ``areas``: places agreed to, empty = anywhere; ``consent``: agreed to be placed at all; ``wishes``: needs
    or places in order of preference (for the two-sided comparison)."""

    id: str
    name: str
    institution: str = ""
    specialities: tuple[str, ...] = ()
    capacity: int = 1
    seasons: tuple[tuple[str, int], ...] = ()
    languages: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    consent: bool = True
    lon: float | None = None
    lat: float | None = None
    wishes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """One line of the demand list. ``quantity``: specialists wanted; ``season``: "" = any time; ``languages``: one of them has to be
    spoken; ``wishes``: specialists or institutions in order of preference."""

    id: str
    village: str
    township: str
    county: str = ""
    speciality: str = ""
    quantity: int = 1
    season: str = ""
    languages: tuple[str, ...] = ()
    lon: float | None = None
    lat: float | None = None
    wishes: tuple[str, ...] = ()

    @property
    def village_key(self) -> str:
        """The village apart from others of the same name."""
        return f"{self.county}/{self.township}/{self.village}"

    @property
    def township_key(self) -> str:
        """The township apart from others of the same name."""
        return f"{self.county}/{self.township}"

    def places(self) -> frozenset[str]:
        """Every way to name where it is."""
        return frozenset(
            name
            for name in (
                self.county,
                self.township,
                self.village,
                f"{self.township}/{self.village}",
                self.township_key,
                self.village_key,
            )
            if name.strip("/")
        )


@dataclass(frozen=True, slots=True)
class Cooperation:
    """Who (a specialist's id or an institution) worked with which place (village, township or county) before."""

    who: str
    place: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Who (specialist or institution) must not serve which place or need, and why."""

    who: str
    place: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Travel:
    """Measured one-way minutes of a specialist to a village (its key, or its name when unique)."""

    specialist: str
    village: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Rules:
    """The parameters of the county, printed on the plan and signed.

    ``order``: goals, the first goes first (which of coverage and co-operation leads is a decision of policy, not of the program);
    ``min_fit``: 1 = the same first-level subject at least, 0 = anybody rather than nobody; ``related``: pairs of code prefixes that count
    as the same first-level subject; ``detour`` and ``speed_kmh`` turn straight lines into minutes where no travel time is given;
    ``max_minutes``: 0 = no limit; ``unknown_minutes``: where a place is not known; ``strict_language``: a specialist whose
    languages are not known does not pass a need that asks for one; ``one_base``: "" or "township" or "county": a
    specialist serves one such place only.
    """

    order: tuple[str, ...] = DEFAULT_ORDER
    min_fit: int = 1
    related: tuple[tuple[str, str], ...] = ()
    detour: float = 1.3
    speed_kmh: float = 40.0
    max_minutes: int = 0
    unknown_minutes: int = 240
    strict_language: bool = False
    one_base: str = ""
    signed_by: str = ""


@dataclass(frozen=True, slots=True)
class Pairing:
    """One line of the plan: this place of this need is served by this specialist. ``fit`` 0–3, ``coop`` points, one-way ``minutes``."""

    need: str
    slot: int
    specialist: str
    fit: int
    coop: int
    minutes: int
    fixed: bool = False

    @property
    def key(self) -> str:
        """Need and slot."""
        return f"{self.need}#{self.slot}"

    @property
    def choice(self) -> str:
        """The specialist."""
        return self.specialist


@dataclass(frozen=True)
class Problem:
    """Everything that goes in. Sorted by id on the way in: the order of rows means nothing."""

    specialists: tuple[Specialist, ...]
    needs: tuple[Need, ...]
    cooperations: tuple[Cooperation, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    travel: tuple[Travel, ...] = ()
    locks: tuple[Lock, ...] = ()
    previous: tuple[Pairing, ...] = ()
    rules: Rules = field(default_factory=Rules)
    previous_digest: str = ""  # of the earlier plan, for the record

    def __post_init__(self) -> None:
        object.__setattr__(self, "specialists", tuple(sorted(self.specialists, key=lambda one: one.id)))
        object.__setattr__(self, "needs", tuple(sorted(self.needs, key=lambda need: need.id)))
        object.__setattr__(self, "previous", tuple(sorted(self.previous, key=lambda line: line.key)))

    @cached_property
    def digest(self) -> str:
        """Of the whole input, whatever the order of its rows."""
        return digest_rows(
            {
                "specialists": self.specialists,
                "needs": self.needs,
                "cooperations": self.cooperations,
                "exclusions": self.exclusions,
                "travel": self.travel,
                "locks": self.locks,
                "previous": [(line.need, line.slot, line.specialist) for line in self.previous],
            },
            rules=self.rules,
        )

    @cached_property
    def specialist_of(self) -> Mapping[str, Specialist]:
        """By id."""
        return {item.id: item for item in self.specialists}

    @cached_property
    def need_of(self) -> Mapping[str, Need]:
        """By id."""
        return {item.id: item for item in self.needs}

    @property
    def order(self) -> tuple[str, ...]:
        """The goals of this run: "keep" only where there is something to keep."""
        return tuple(key for key in self.rules.order if key != "keep" or self.previous)

    def findings(self) -> tuple[Finding, ...]:
        """What makes the problem unusable, before solving (rows have been read already; here they are seen together)."""
        found = [*_repeated("specialist", (item.id for item in self.specialists))]
        found += _repeated("need", (item.id for item in self.needs))
        found += _rules(self.rules)
        for one in self.specialists:
            found += _specialist(one)
        for need in self.needs:
            found += _need(need)
        return tuple(found)


def _say(rule: str, zh: str, en: str, key: str, **data: object) -> Finding:
    return Finding(rule, Text(zh, en).fill(key=key, **data), key=key)


def _repeated(kind: str, ids: Iterable[str]) -> list[Finding]:
    return [
        _say(f"matching.{kind}.repeated", "编号 {key} 重复", "the id {key} is repeated", key)
        for key, times in sorted(Counter(ids).items())
        if times > 1
    ]


def _rules(rules: Rules) -> list[Finding]:
    found = []
    unknown = [key for key in rules.order if key not in LEVELS]
    if unknown or len(set(rules.order)) != len(rules.order):
        found.append(
            _say(
                "matching.rules.order",
                "目标次序有误：{key}",
                "the order of goals is wrong: {key}",
                "、".join(rules.order),
            )
        )
    if "filled" not in rules.order or (
        "near" in rules.order and rules.order.index("near") < rules.order.index("filled")
    ):
        found.append(
            _say(
                "matching.rules.near",
                "“路程”必须排在“落实的需求”之后，否则谁都不派路程最短",
                "travel must come after needs filled: sending nobody is the shortest way",
                "near",
            )
        )
    if rules.one_base not in {"", "township", "county"}:
        found.append(
            _say("matching.rules.base", "一人一点只能按乡镇或县", "one base is by township or county", rules.one_base)
        )
    if rules.speed_kmh <= 0 or rules.detour < 1 or not 0 <= rules.min_fit <= 3:
        found.append(
            _say(
                "matching.rules.numbers",
                "速度、绕行系数或最低契合度有误",
                "speed, detour or least fit is wrong",
                "rules",
            )
        )
    return found


def _specialist(one: Specialist) -> list[Finding]:
    found = []
    if one.capacity < 0:
        found.append(
            _say("matching.specialist.capacity", "{key}：承担能力不能为负", "{key}: capacity below zero", one.id)
        )
    bad = [code for code in one.specialities if not CODE.fullmatch(code)]
    if bad:
        found.append(
            _say(
                "matching.specialist.code",
                "{key}：学科代码 {code} 不是 GB/T 13745 的 3、5、7 位代码",
                "{key}: {code} is no GB/T 13745 code of 3, 5 or 7 digits",
                one.id,
                code="、".join(bad),
            )
        )
    if (one.lon is None) != (one.lat is None):
        found.append(
            _say("matching.specialist.point", "{key}：经纬度要么都填要么都不填", "{key}: half a coordinate", one.id)
        )
    return found


def _need(need: Need) -> list[Finding]:
    found = []
    if need.quantity < 1:
        found.append(_say("matching.need.quantity", "{key}：数量至少为 1", "{key}: quantity below 1", need.id))
    if need.speciality and not CODE.fullmatch(need.speciality):
        found.append(
            _say(
                "matching.need.code",
                "{key}：学科代码 {code} 不是 GB/T 13745 的 3、5、7 位代码",
                "{key}: {code} is no GB/T 13745 code of 3, 5 or 7 digits",
                need.id,
                code=need.speciality,
            )
        )
    if not need.village or not need.township:
        found.append(_say("matching.need.place", "{key}：缺村或乡镇", "{key}: village or township is missing", need.id))
    return found
