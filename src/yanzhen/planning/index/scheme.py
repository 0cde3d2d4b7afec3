"""The scheme of an index as data: dimensions, indicators, direction, normaliser, weight, floor, missing rule, minimum n, bands.

A scheme is a dated TOML file that somebody signs. Nothing about the index is in code, so that a county changes its weights without
a programmer and a village can read what it is measured by. Steps after the OECD/JRC handbook on composite indicators (2008).
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from yanzhen.planning.kernel.findings import Finding, must_hold
from yanzhen.planning.kernel.text import Text, same

Normaliser = Literal["minmax", "rank", "zscore", "target", "pass", "deduct", "asis"]
Missing = Literal["mean", "p25", "median", "zero"]
Mean = Literal["arithmetic", "geometric", "partial"]
POWER: Mapping[str, float] = {"arithmetic": 1.0, "geometric": 0.0, "partial": 0.5}
LOWEST, HIGHEST = 1.0, 100.0


@dataclass(frozen=True, slots=True)
class Indicator:
    """One measured thing.

    ``direction``: +1 more is better, -1 less is better. ``normaliser`` brings it onto 1…100 (0…100 when no geometric mean needs
    values above zero):

    - ``minmax``: between the ``low`` and ``high`` quantile of the class (winsorised), so that one freak value moves nobody;
    - ``rank``: percent rank inside the class; ``zscore``: 50 + 100/6 standard deviations, cut at ±3;
    - ``target``: share of the way from ``base`` to ``target``, never more than all of it (a base above the target means less is
      better); ``pass``: all when ``target`` is met, else nothing; ``deduct``: 100 less ``points`` for every unit above ``base``;
    - ``asis``: already a score of 0…100.

    ``log``: natural logarithm first (income). ``floor``/``cap``: bounds of its score, so that no single indicator sinks or carries a
    village. ``missing``: ``mean`` spreads its weight over what is there (two-thirds rule of the dimension); ``p25``, ``median``:
    the class's own percentile, for what a village could have filled in; ``zero`` is offered because some rules order it, and
    warned about. ``error``: standard error of the figure as a share of itself (0.05 = 5 %), for the intervals. ``votes``: column with
    the number of ballots behind a share; it is shrunk towards the class (beta-binomial), and below ``min_n`` ballots not used.
    ``thresholds``: values at which something is paid or a star given, watched for bunching. ``self_reported``: digit tests apply.
    """

    code: str
    title: Text
    dimension: str
    direction: int = 1
    weight: float = 1.0
    normaliser: Normaliser = "minmax"
    low: float = 0.05
    high: float = 0.95
    base: float = 0.0
    target: float = 1.0
    points: float = 1.0
    log: bool = False
    floor: float = 0.0
    cap: float = HIGHEST
    missing: Missing = "mean"
    error: float = 0.0
    votes: str = ""
    min_n: int = 0
    thresholds: tuple[float, ...] = ()
    self_reported: bool = False
    unit: Text = Text("", "")  # noqa: RUF009 - frozen
    source: str = ""

    @property
    def by_class(self) -> bool:
        """Whether its score depends on the other villages of the class."""
        return self.normaliser in ("minmax", "rank", "zscore")


@dataclass(frozen=True, slots=True)
class Dimension:
    """A group of indicators or of dimensions (``parent`` names the group above; "" = the index itself). ``mean``: how its members
    are put together. ``minimum``/``held_to``: below this score a village gets at most that many stars (一票限高)."""

    code: str
    title: Text
    weight: float = 1.0
    mean: Mean = "partial"
    parent: str = ""
    minimum: float = 0.0
    held_to: int = 5


@dataclass(frozen=True, slots=True)
class Band:
    """A star band: its name and the share of villages of a class that it holds, best first."""

    stars: int
    title: Text
    share: float


FIVE = tuple(
    Band(stars, Text(f"{'一二三四五'[stars - 1]}星", f"{stars} star{'s' if stars > 1 else ''}"), share)
    for stars, share in ((5, 0.1), (4, 0.2), (3, 0.4), (2, 0.2), (1, 0.1))
)


@dataclass(frozen=True, slots=True)
class Scheme:
    """A whole scheme. ``classes``: columns that make like comparable (province, type of village), coarse first; a class with fewer
    than ``min_class`` villages is compared in the next coarser one. ``coverage``: share of a dimension's weight that must be there
    (two-thirds rule). ``help_share``: the last fifth gets a leader's help. ``jitter``: how far weights may be doubted in the
    intervals: each weight varies by about ±``jitter`` (standard deviation) of itself."""

    code: str
    title: Text
    year: int
    dimensions: tuple[Dimension, ...]
    indicators: tuple[Indicator, ...]
    classes: tuple[str, ...] = ("class",)
    county: str = "county"
    mean: Mean = "geometric"
    coverage: float = 2 / 3
    min_class: int = 20
    bands: tuple[Band, ...] = FIVE
    help_share: float = 0.2
    jitter: float = 0.25
    suppress: int = 5
    signed_by: str = ""
    basis: Text = Text("", "")  # noqa: RUF009 - frozen
    normalisers: tuple[Normaliser, ...] = ("minmax", "rank", "zscore")
    means: tuple[Mean, ...] = ("geometric", "partial")
    imputations: tuple[Missing, ...] = ("mean", "p25")
    extra: Mapping[str, Any] = field(default_factory=dict)

    def children(self, parent: str = "") -> tuple[Dimension, ...]:
        """Dimensions below one (or below the index)."""
        return tuple(item for item in self.dimensions if item.parent == parent)

    def members(self, dimension: str) -> tuple[int, ...]:
        """Positions of the indicators of a dimension."""
        return tuple(i for i, item in enumerate(self.indicators) if item.dimension == dimension)

    def indicator(self, code: str) -> Indicator:
        """One indicator; KeyError when there is none."""
        for item in self.indicators:
            if item.code == code:
                return item
        raise KeyError(code)

    def dimension(self, code: str) -> Dimension:
        """One dimension; KeyError when there is none."""
        for item in self.dimensions:
            if item.code == code:
                return item
        raise KeyError(code)

    def roots(self) -> dict[str, str]:
        """Every dimension → the dimension right below the index that it belongs to."""
        parents = {item.code: item.parent for item in self.dimensions}
        found = {}
        for code in parents:
            top = code
            while parents[top]:
                top = parents[top]
            found[code] = top
        return found

    @property
    def lowest(self) -> float:
        """The lowest score of a normaliser: 1 when some mean needs logarithms, else 0."""
        return LOWEST if "geometric" in {self.mean, *(item.mean for item in self.dimensions)} else 0.0

    def shares(self) -> tuple[float, ...]:
        """What every indicator weighs in the whole index when nothing is missing (sums to 1)."""

        def down(parent: str, whole: float) -> dict[int, float]:
            groups = self.children(parent)
            members = self.members(parent) if parent else ()
            total = sum(item.weight for item in groups) + sum(self.indicators[i].weight for i in members)
            found = {i: whole * self.indicators[i].weight / total for i in members}
            for item in groups:
                found |= down(item.code, whole * item.weight / total)
            return found

        by_position = down("", 1.0)
        return tuple(by_position[i] for i in range(len(self.indicators)))


def check_scheme(scheme: Scheme, sheet: str = "") -> tuple[Finding, ...]:
    """What is wrong with a scheme, and what is worth a second thought, in words."""
    found: list[Finding] = []

    def bad(rule: str, zh: str, en: str, column: str = "", severity: Literal["error", "warning"] = "error") -> None:
        found.append(Finding(f"index.scheme.{rule}", Text(zh, en), severity, sheet=sheet, column=column))

    codes = [item.code for item in scheme.dimensions] + [item.code for item in scheme.indicators]
    for code, times in Counter(codes).items():
        if times > 1:
            bad("repeated", f"代码“{code}”出现 {times} 次", f"code “{code}” occurs {times} times", code)
    names = {item.code for item in scheme.dimensions}
    for group in scheme.dimensions:
        if group.parent and group.parent not in names:
            bad("parent", f"没有叫“{group.parent}”的上级维度", f"no dimension is called “{group.parent}”", group.code)
        if not scheme.members(group.code) and not scheme.children(group.code):
            bad("empty", "维度下没有指标", "the dimension holds no indicator", group.code)
        if group.weight <= 0 or not math.isfinite(group.weight):
            bad("weight", "权重必须大于 0", "its weight must be above 0", group.code)
        if group.mean not in get_args(Mean):
            bad("mean", f"没有叫“{group.mean}”的合成方式", f"there is no mean called “{group.mean}”", group.code)
    parents = {item.code: item.parent for item in scheme.dimensions}
    for code in parents:
        seen, at = set(), code
        while at and at in parents and at not in seen:
            seen.add(at)
            at = parents[at]
        if at in seen and at:
            bad("circle", "上级关系成环", "its parents run in a circle", code)
    if not scheme.indicators:
        bad("empty", "没有指标", "there are no indicators")
    for item in scheme.indicators:
        if item.dimension not in names:
            bad("dimension", f"没有叫“{item.dimension}”的维度", f"no dimension is called “{item.dimension}”", item.code)
        if item.direction not in (1, -1):
            bad("direction", "方向应为 1 或 -1", "its direction must be 1 or -1", item.code)
        if item.weight <= 0 or not math.isfinite(item.weight):
            bad("weight", "权重必须大于 0", "its weight must be above 0", item.code)
        if item.normaliser not in get_args(Normaliser):
            bad(
                "normaliser",
                f"没有叫“{item.normaliser}”的归一方法",
                f"there is no normaliser “{item.normaliser}”",
                item.code,
            )
        if item.missing not in get_args(Missing):
            bad("missing", f"没有叫“{item.missing}”的缺失规则", f"there is no missing rule “{item.missing}”", item.code)
        if not 0 <= item.low < item.high <= 1:
            bad("quantiles", "缩尾分位应满足 0 ≤ low < high ≤ 1", "quantiles must be 0 ≤ low < high ≤ 1", item.code)
        if not 0 <= item.floor < item.cap <= HIGHEST:
            bad("floor", "得分下限上限应满足 0 ≤ floor < cap ≤ 100", "bounds must be 0 ≤ floor < cap ≤ 100", item.code)
        if item.normaliser in ("target", "pass") and item.normaliser == "target" and item.target == item.base:
            bad("target", "目标值不能等于起点值", "its target must differ from its base", item.code)
        if item.normaliser == "target" and (item.target > item.base) != (item.direction > 0):
            bad("target", "目标方向与指标方向相反", "its target lies against its direction", item.code)
        if item.log and item.normaliser == "target" and min(item.base, item.target) <= 0:
            bad("log", "取对数时起点和目标须大于 0", "logarithms need base and target above 0", item.code)
        if item.missing == "zero":
            bad(
                "zero",
                "缺失记零会把漏报当落后，请确认",
                "missing as zero takes silence for backwardness; be sure",
                item.code,
                "warning",
            )
    if scheme.mean not in get_args(Mean):
        bad("mean", f"没有叫“{scheme.mean}”的合成方式", f"there is no mean called “{scheme.mean}”")
    if abs(sum(band.share for band in scheme.bands) - 1) > 1e-9:
        bad("bands", "星级比例之和应为 1", "the shares of the bands must add up to 1")
    if not 0 < scheme.coverage <= 1:
        bad("coverage", "最低数据比例应在 0 与 1 之间", "coverage must lie between 0 and 1")
    if not any(item.severity == "error" for item in found):
        shares = scheme.shares()
        for item, share in zip(scheme.indicators, shares, strict=True):
            if share > 0.25 and len(shares) > 4:
                bad(
                    "heavy",
                    f"一项占全部权重的 {share:.0%}，它一项就定名次",
                    f"weighs {share:.0%} of everything and decides alone",
                    item.code,
                    "warning",
                )
    return tuple(found)


def _text(value: Any, fallback: str = "") -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, Mapping):
        zh = str(value.get("zh", value.get("en", fallback)))
        return Text(zh, str(value.get("en", zh)))
    return same(str(value if value is not None else fallback))


def from_mapping(data: Mapping[str, Any], *, sheet: str = "") -> Scheme:
    """A scheme out of plain values (TOML, JSON). ProblemError with every mistake."""
    found: list[Finding] = []

    def made(kind: type[Any], raw: Mapping[str, Any], where: str) -> Any:
        known = {item.name for item in fields(kind)}
        values: dict[str, Any] = {}
        for key, value in raw.items():
            if key not in known:
                text = Text(f"不认识“{key}”", f"“{key}” is not known")
                found.append(Finding("index.scheme.key", text, sheet=sheet, column=where))
            elif key in ("title", "unit", "basis"):
                values[key] = _text(value)
            else:
                values[key] = tuple(value) if isinstance(value, list) else value
        try:
            return kind(**values)
        except TypeError:
            needed = "、".join(
                item
                for item in ("code", "title", "dimension", "stars", "share")
                if item in known and item not in values
            )
            text = Text(f"缺少 {needed}", f"misses {needed}")
            found.append(Finding("index.scheme.key", text, sheet=sheet, column=where))
            return None

    top = dict(data.get("scheme", {}))
    groups = [made(Dimension, raw, str(raw.get("code", i))) for i, raw in enumerate(data.get("dimension", ()), 1)]
    items = [made(Indicator, raw, str(raw.get("code", i))) for i, raw in enumerate(data.get("indicator", ()), 1)]
    if data.get("band"):
        top["bands"] = tuple(made(Band, raw, "band") for raw in data["band"])
    must_hold(found)
    scheme = made(
        Scheme,
        {"code": "index", "title": "", "year": 0, **top, "dimensions": tuple(groups), "indicators": tuple(items)},
        "",
    )
    must_hold(found)
    must_hold(check_scheme(scheme, sheet))
    assert isinstance(scheme, Scheme)  # noqa: S101 - made() returned it
    return scheme


def load(path: Path) -> Scheme:
    """Read a scheme from TOML. ProblemError with every mistake."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        text = Text(f"不是 TOML：{error}", f"is no TOML: {error}")
        must_hold([Finding("index.scheme.toml", text, sheet=path.name)])
        raise
    return from_mapping(data, sheet=path.name)


def names(items: Sequence[Indicator | Dimension]) -> dict[str, Text]:
    """Code → title."""
    return {item.code: item.title for item in items}
