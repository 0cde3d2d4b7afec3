"""Homes, villages, barriers and the county's scheme: the input of drawing grids, and the rules of the field in words.

Rules, with their source ([policy] = seen in reports of practice; every number is a parameter of the county's scheme):

1. A grid lies inside one village. (The village is the unit of self-government: 村民委员会组织法 Art. 2–3.)
2. A grid is drawn on villager groups or natural villages; a villager group is never cut unless it is larger than a grid may be.
   (村民委员会组织法 Art. 3: groups by where people live and who owns the land; practice of Putian: mechanism F1 [policy].)
3. A grid is one piece of ground. Where a group's own houses lie apart, they stay with their group and are flagged.
4. Not above the ceiling; no mixed hamlet; inside the service radius; not below the floor (soft: a small hamlet may stand alone);
   balanced by workload; compact. In this order unless the scheme says another one.
5. 网格 → 微网格 (where the scheme has them) → 联户组 of about ten households with one contact person each [policy].
6. Party groups stand on grids: a grid with three or more full members has its own, others join a neighbour
   (党章 Art. 30 asks three full members for a branch; for groups three is the county's parameter;
   支部工作条例: a branch with many or scattered members forms groups).
7. Other departments use these grids and draw none of their own (domain notes §1.2), so codes stay: a code is never used twice.
8. When people move, only grids outside their tolerance are touched, and every household that changes is listed.

Coordinates of households are personal data: a plan holds codes, not coordinates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from shapely.geometry.base import BaseGeometry

from yanzhen.planning.kernel.digests import canonical
from yanzhen.planning.kernel.findings import Finding
from yanzhen.planning.kernel.records import Lock, digest_rows
from yanzhen.planning.kernel.text import Text

Willing = Literal["", "yes", "no"]
LEVELS: dict[str, Text] = {
    "over": Text("超上限的工作量", "Workload above the ceiling"),
    "mixed": Text("混合网格（一村一部分拼另一村）", "Mixed grids (part of a hamlet with another)"),
    "cut": Text("被切开的自然村、小组（多出的块）", "Hamlets and groups cut (extra pieces)"),
    "far": Text("超出服务半径的户", "Households beyond the radius"),
    "short": Text("低于下限的工作量", "Workload below the floor"),
    "balance": Text("与目标规模的偏差", "Deviation from the target size"),
    "compact": Text("到网格中心的总距离", "Distance to the grid's centre"),
}
"""The goals that may be ordered, and their names."""


@dataclass(frozen=True, slots=True)
class Home:
    """A household, or a building with several. ``x``, ``y``: longitude and latitude, or metres of a projected system;
    ``load``: workload of the whole (None = one a household); ``members``: full party members; ``willing``: to be contact person
    ("" = not asked)."""

    id: str
    village: str
    x: float
    y: float
    group: str = ""
    hamlet: str = ""
    households: int = 1
    load: float | None = None
    members: int = 0
    willing: Willing = ""

    @property
    def work(self) -> float:
        """Workload points."""
        return float(self.households) if self.load is None else self.load


@dataclass(frozen=True, slots=True)
class Village:
    """A village: its 12-digit code, its name, and its boundary (None = drawn around its homes, and said so)."""

    code: str
    name: str
    boundary: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class Barrier:
    """A river, a big road, a railway, a gully. ``open`` True: people cross it everywhere, it only guides the boundary."""

    id: str
    line: BaseGeometry
    kind: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Crossing:
    """A bridge, a ford, an underpass: here a closed barrier can be crossed."""

    id: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of grids. Bounds are workload (``grid``, ``micro``) or households (``contact``); ``radius`` in metres from the
    middle household (0 = none); ``digits`` of its part of the code."""

    name: Text
    low: float
    target: float
    high: float
    radius: float = 0.0
    digits: int = 3


@dataclass(frozen=True, slots=True)
class Scheme:
    """The county's scheme. ``tolerance``: a drawn grid may swell above its ceiling or shrink below its floor by this share before
    it is drawn again; ``order``: the goals, first to last; ``strict``: goals that may not be missed at all (over, mixed, far,
    short), else nothing fits; ``settle``: homes without group and hamlet belong together up to this distance (metres)."""

    grid: Layer = field(default_factory=lambda: Layer(Text("网格", "Grid"), 30, 60, 90, 1500, 3))
    micro: Layer | None = None
    contact: Layer = field(default_factory=lambda: Layer(Text("联户组", "Contact group"), 8, 10, 12, 0, 2))
    tolerance: float = 0.10
    order: tuple[str, ...] = ("over", "mixed", "cut", "far", "short", "balance", "compact")
    strict: tuple[str, ...] = ()
    party_low: int = 3
    settle: float = 80.0
    signed_by: str = ""

    def layers(self) -> tuple[tuple[str, Layer], ...]:
        """Drawn layers, largest first."""
        middle = (("micro", self.micro),) if self.micro is not None else ()
        return (("grid", self.grid), *middle, ("contact", self.contact))

    def plain(self) -> dict[str, Any]:
        """As JSON values, for the record."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Scheme:
        """From a parameter file; unknown names are refused (ValueError)."""
        base = cls()
        known = {item.name for item in fields(cls)}
        unknown = set(data) - known
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
        values: dict[str, Any] = dict(data)
        for name in ("grid", "micro", "contact"):
            given = values.get(name)
            if given is None:
                values.pop(name, None)
                continue
            default = getattr(base, name) or Layer(Text("微网格", "Micro-grid"), 15, 30, 45, 0, 2)
            merged = {**{item.name: getattr(default, item.name) for item in fields(Layer)}, **given}
            if isinstance(merged["name"], Mapping):
                merged["name"] = Text(**merged["name"])
            elif isinstance(merged["name"], str):
                merged["name"] = Text(merged["name"], merged["name"])
            values[name] = Layer(**merged)
        for name in ("order", "strict"):
            if name in values:
                values[name] = tuple(values[name])
        return cls(**values)

    def findings(self) -> list[Finding]:
        """What is wrong with the scheme itself."""
        found = []
        for key, layer in self.layers():
            if not 0 < layer.low <= layer.target <= layer.high:
                words = Text("{name}的下限、目标、上限应当递增", "{name}: floor, target and ceiling must rise")
                found.append(Finding("grids.scheme.bounds", words.fill(name=layer.name), key=key))
            if layer.digits < 1:
                words = Text("{name}编码至少一位", "{name}: at least one digit")
                found.append(Finding("grids.scheme.digits", words.fill(name=layer.name), key=key))
        if sorted(self.order) != sorted(LEVELS):
            words = Text("目标次序要把 {all} 各写一次", "the order must name {all} once each")
            found.append(Finding("grids.scheme.order", words.fill(all="、".join(LEVELS))))
        wrong = [name for name in self.strict if name not in ("over", "mixed", "far", "short")]
        if wrong:
            words = Text("不能设为硬规则：{names}", "cannot be strict: {names}")
            found.append(Finding("grids.scheme.strict", words.fill(names="、".join(wrong))))
        if not 0 <= self.tolerance <= 1:
            found.append(Finding("grids.scheme.tolerance", Text("容差应在 0 与 1 之间", "the tolerance is a share")))
        return found


@dataclass(frozen=True, slots=True)
class Earlier:
    """The grids in force: household (or its part) → code of its contact group; homes as they stood then (id → x, y) so that a
    household that moved is seen; codes given up, which are never used again; contact group → contact person. ``keep`` False:
    draw afresh, only frozen grids stay."""

    assigned: Mapping[str, str]
    stood: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    retired: tuple[str, ...] = ()
    persons: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    keep: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be drawn. Locks: ``fix`` or ``forbid`` of ``household:ID``, ``group:VILLAGE/NAME`` or ``hamlet:VILLAGE/NAME`` to
    ``grid:CODE`` (or to another subject: together, never together); ``freeze`` of ``grid:CODE`` or ``village:CODE`` keeps it as
    ``earlier`` has it."""

    homes: tuple[Home, ...]
    villages: tuple[Village, ...]
    barriers: tuple[Barrier, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    scheme: Scheme = field(default_factory=Scheme)
    locks: tuple[Lock, ...] = ()
    earlier: Earlier | None = None

    @property
    def digest(self) -> str:
        """Of the whole input, whatever the order of its rows."""
        return digest_rows(
            {
                "homes": map(_home_text, self.homes),
                "villages": (
                    f"{item.code}\t{item.name}\t{'' if item.boundary is None else item.boundary.wkt}"
                    for item in self.villages
                ),
                "barriers": (f"{item.id}\t{item.kind}\t{item.open}\t{item.line.wkt}" for item in self.barriers),
                "crossings": (f"{item.id}\t{item.x!r}\t{item.y!r}" for item in self.crossings),
                "locks": map(canonical, self.locks),
                "earlier": () if self.earlier is None else _earlier_texts(self.earlier),
            },
            scheme=self.scheme.plain(),
        )

    def findings(self) -> list[Finding]:
        """Everything that is wrong before solving."""
        found = self.scheme.findings()
        codes = {item.code for item in self.villages}
        for village in self.villages:
            if len(village.code) != 12 or not village.code.isdigit():
                words = Text("村代码“{code}”应是 12 位数字", "village code “{code}” must have 12 digits")
                found.append(Finding("grids.village.code", words.fill(code=village.code), key=village.code))
        if len(codes) < len(self.villages):
            found.append(Finding("grids.village.repeated", Text("村代码有重复", "a village code is repeated")))
        if not self.homes:
            found.append(Finding("grids.empty", Text("没有住户", "there are no households")))
        seen: set[str] = set()
        for home in self.homes:
            if home.village not in codes:
                words = Text("住户 {id} 的村“{code}”不在村表里", "household {id}: village “{code}” is not in the list")
                found.append(Finding("grids.home.village", words.fill(id=home.id, code=home.village), key=home.id))
            if home.id in seen:
                words = Text("住户 {id} 重复", "household {id} is repeated")
                found.append(Finding("grids.home.repeated", words.fill(id=home.id), key=home.id))
            seen.add(home.id)
            if not (math.isfinite(home.x) and math.isfinite(home.y)):
                words = Text("住户 {id} 没有坐标", "household {id} has no coordinates")
                found.append(Finding("grids.home.place", words.fill(id=home.id), key=home.id))
            if home.households < 1 or home.work <= 0 or home.members < 0:
                words = Text(
                    "住户 {id} 的户数、工作量或党员数不对",
                    "household {id}: wrong number of households, workload or members",
                )
                found.append(Finding("grids.home.number", words.fill(id=home.id), key=home.id))
        return found


def _earlier_texts(earlier: Earlier) -> Iterator[str]:
    yield from (f"{key}\t{code}" for key, code in earlier.assigned.items())
    yield from (f"stood\t{key}\t{x!r}\t{y!r}" for key, (x, y) in earlier.stood.items())
    yield from (f"person\t{code}\t{person}" for code, person in earlier.persons.items())
    yield f"{earlier.keep}\t{sorted(earlier.retired)}\t{earlier.digest}"


def _home_text(home: Home) -> str:
    return (
        f"{home.id}\t{home.village}\t{home.x!r}\t{home.y!r}\t{home.group}\t{home.hamlet}\t{home.households}\t{home.load!r}"
        f"\t{home.members}\t{home.willing}"
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the plan: where a household belongs. A building with several households has one line a household
    (``B12#1``, ``B12#2`` …). Codes are nested: 12 digits of the village, the grid's, the micro-grid's, the contact group's."""

    home: str
    village: str
    grid: str
    micro: str
    contact: str

    @property
    def key(self) -> str:
        """The household (or its part)."""
        return self.home

    @property
    def choice(self) -> str:
        """The finest code; it begins with the others."""
        return self.contact or self.micro or self.grid


def parts_of(home: Home) -> list[str]:
    """Keys of the lines of a home: itself, or one for each household of a building."""
    if home.households == 1:
        return [home.id]
    return [f"{home.id}#{number}" for number in range(1, home.households + 1)]
