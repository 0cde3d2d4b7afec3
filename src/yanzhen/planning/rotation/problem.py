"""The rotation problem: villages with posts, people who may go, units that send them, and the rules of a province as data.

The rules of the field in words, with their source, stand in :mod:`rules`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from importlib.resources import files
from typing import Any, Literal

from yanzhen.planning.kernel import Finding, Lock, Text, digest_rows, plain

Role = Literal["first", "member"]
ROLES: Mapping[str, Text] = {"first": Text("第一书记", "first secretary"), "member": Text("工作队员", "team member")}
KINDS: Mapping[str, Text] = {
    "weak": Text("党组织软弱涣散村", "weak party organisation"),
    "relocation": Text("易地搬迁安置村", "relocation village"),
    "key": Text("乡村振兴任务重的村", "key village"),
    "lifted": Text("脱贫村", "village lifted out of poverty"),
    "ordinary": Text("一般村", "ordinary village"),
}
#: Kinds that are served first (the opinion of 2021: full cover of weak villages; relocation villages go on being served).
PRIORITY = frozenset({"weak", "relocation"})
GOALS: Mapping[str, tuple[str, Text, Text]] = {
    "cover": ("min", Text("重点村缺第一书记", "Priority villages without a first secretary"), Text("村", "villages")),
    "empty": ("min", Text("空缺岗位", "Empty posts"), Text("个", "posts")),
    "green": ("min", Text("无驻村经验者的队", "Teams without anybody experienced"), Text("队", "teams")),
    "weak": ("min", Text("重点村力量缺口", "Strength missing in priority villages"), Text("分", "points")),
    "continuity": ("max", Text("派出单位接续的村", "Villages kept by their sending unit"), Text("村", "villages")),
    "skills": ("max", Text("专业对口的村", "Villages that get a wanted speciality"), Text("村", "villages")),
    "other": ("min", Text("其他村力量缺口", "Strength missing elsewhere"), Text("分", "points")),
    "kept": ("max", Text("与上次方案相同", "Kept from the last plan"), Text("人", "people")),
    "far": (
        "min",
        Text("离家过远（有照料负担的算两个）", "Far from the family (with somebody to care for: two)"),
        Text("人", "people"),
    ),
    "party": ("min", Text("非党员队员", "Members who are not in the party"), Text("人", "people")),
}
ORDER = ("cover", "empty", "green", "weak", "continuity", "skills", "other", "kept", "far")


@dataclass(frozen=True, slots=True)
class Village:
    """A village and its team. ``posts``: all posts with the first secretary (0 = by the province's rule from ``kind`` and ``unstable``);
    ``need``: strength the team should have together; ``wanted``: specialities, one of them is enough; ``partners``: units that have stood
    by it; ``lodging``: safe lodging where a woman may live alone; ``x``, ``y``: degrees."""

    id: str
    name: str
    township: str
    kind: str = "ordinary"
    posts: int = 0
    need: int = 0
    wanted: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    lodging: bool = False
    unstable: int = 0
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Term:
    """A term that was served: village, from, to (None: still there)."""

    village: str
    start: date
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may go, or is there. ``strength``: 1 … 5, a bucket that the county sets by its own open formula (personnel data: show
    it to few); ``current``: the village they serve in now, ``since`` when; ``leaving``: the term is over or they are called back;
    ``kin``: ids of near kin among the people; ``kin_villages``: villages where near kin hold a post; ``care``: a small child or a parent
    to care for; ``can_lead``: put forward as first secretary; ``health``: fit to live in a village."""

    id: str
    name: str
    sex: str = "m"
    unit: str = ""
    home_village: str = ""
    home_township: str = ""
    birth: date | None = None
    party_since: date | None = None
    worked_since: date | None = None
    category: str = ""
    specialities: tuple[str, ...] = ()
    strength: int = 3
    terms: tuple[Term, ...] = ()
    current: str = ""
    role: str = ""
    since: date | None = None
    leaving: bool = True
    kin: tuple[str, ...] = ()
    kin_villages: tuple[str, ...] = ()
    spouse: str = ""
    care: bool = False
    can_lead: bool = True
    health: bool = True
    x: float | None = None
    y: float | None = None

    @property
    def experienced(self) -> bool:
        """Has been in a village before."""
        return bool(self.terms) or bool(self.current)


@dataclass(frozen=True, slots=True)
class Unit:
    """A sending unit. ``most``: people it can spare at once (those who stay in villages included; None: no limit)."""

    id: str
    name: str
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Parameters:
    """Rules of a province and a year; see ``provinces/*.json`` and :mod:`rules` for what each means and its source.

    ``start``: the day of the rotation, ages and years count on it. Distances: straight line × ``factor`` at ``speed`` km/h.
    """

    start: date = date(2026, 5, 1)
    province: str = "national"
    source: str = ""
    party_years_first: float = 1.0
    party_first: bool = True
    party_member: bool = False
    work_years: float = 2.0
    age_most: int | None = None
    home: str = "village"
    same_village_terms: int = 1
    cool_off_years: float = 0.0
    kin: str = "village"
    couples: str = "not_same_village"
    excluded: tuple[str, ...] = ()
    women: str = "pair_or_lodging"
    team: int = 3
    big_team: int = 3
    big_team_from: int = 0
    term_years: float = 2.0
    overlap_days: int = 0
    far_minutes: float = 120.0
    speed: float = 40.0
    factor: float = 1.5
    order: tuple[str, ...] = ORDER
    months: tuple[str, ...] = ()
    training_seats: int = 0
    township_share: float = 0.3
    unit_share: float = 0.5
    waived: tuple[str, ...] = ()
    signed_by: str = ""


def province(name: str, **changes: Any) -> Parameters:
    """The rules of a province (``national``, ``yunnan``, ``guangxi``, ``chongqing``), with changes; KeyError for another name."""
    source = files("yanzhen.planning.rotation") / "provinces" / f"{name}.json"
    if not source.is_file():
        raise KeyError(name)
    data = json.loads(source.read_text(encoding="utf-8"))
    return parameters_of(data, **changes)


def parameters_of(data: Mapping[str, Any], **changes: Any) -> Parameters:
    """Parameters from JSON values; ValueError names what is unknown."""
    known = {item.name: item for item in fields(Parameters)}
    values: dict[str, Any] = {**data, **{key: value for key, value in changes.items() if value is not None}}
    if unknown := sorted(set(values) - set(known)):
        raise ValueError("、".join(unknown))
    for key in ("excluded", "order", "months", "waived"):
        if key in values:
            values[key] = tuple(values[key])
    if isinstance(values.get("start"), str):
        values["start"] = date.fromisoformat(values["start"])
    return Parameters(**values)


@dataclass(frozen=True)
class Problem:
    """Everything that a rotation needs. ``mode``: ``full``: everybody whose term is over may be replaced; ``fill`` (仅补缺): those who are
    there stay, only empty posts are filled. ``previous``: person → (village, role) of the last plan."""

    villages: tuple[Village, ...]
    people: tuple[Person, ...]
    units: tuple[Unit, ...] = ()
    parameters: Parameters = field(default_factory=Parameters)
    locks: tuple[Lock, ...] = ()
    previous: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    previous_digest: str = ""
    mode: str = "full"

    def __post_init__(self) -> None:
        for name in ("villages", "people", "units"):
            object.__setattr__(self, name, tuple(sorted(getattr(self, name), key=lambda item: item.id)))

    @cached_property
    def digest(self) -> str:
        """Of the whole input, whatever the order of its rows."""
        tables: dict[str, Iterable[Any]] = {
            "villages": self.villages,
            "people": self.people,
            "units": self.units,
            "locks": self.locks,
        }
        return digest_rows(
            tables, parameters=plain(self.parameters), mode=self.mode, previous=plain(dict(self.previous))
        )

    @cached_property
    def village_by_id(self) -> Mapping[str, Village]:
        """Villages by id."""
        return {item.id: item for item in self.villages}

    @cached_property
    def person_by_id(self) -> Mapping[str, Person]:
        """People by id."""
        return {item.id: item for item in self.people}

    @cached_property
    def unit_by_id(self) -> Mapping[str, Unit]:
        """Units by id."""
        return {item.id: item for item in self.units}

    def posts(self, village: Village) -> int:
        """Posts of a village's team, by its row or by the province's rule."""
        if village.posts:
            return village.posts
        rule = self.parameters
        if rule.big_team_from and village.unstable >= rule.big_team_from:
            return rule.big_team
        return rule.team if village.kind != "ordinary" else 1

    def stays(self, person: Person) -> bool:
        """Does this person stay where they are? In ``fill`` mode all who are not leaving; otherwise those whose term is not over."""
        if not person.current or person.current not in self.village_by_id:
            return False
        if person.since is None:
            return not person.leaving
        over = years(person.since, self.parameters.start) >= self.parameters.term_years
        return not person.leaving and (self.mode == "fill" or not over)

    @property
    def goals(self) -> tuple[str, ...]:
        """Levels in their order; keeping the last plan only when there is one."""
        return tuple(goal for goal in self.parameters.order if goal != "kept" or self.previous)

    def findings(self) -> tuple[Finding, ...]:
        """What makes the input impossible to plan with."""
        from yanzhen.planning.rotation.rules import problems

        return tuple(problems(self))


def years(start: date, end: date) -> float:
    """Full years as a decimal: month and day decide, so that a birthday counts on its day."""
    whole = end.year - start.year - ((end.month, end.day) < (start.month, start.day))
    last = _anniversary(start, start.year + whole)
    following = _anniversary(start, start.year + whole + 1)
    return whole + (end - last).days / (following - last).days


def _anniversary(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return date(year, 3, 1)
