"""Every figure of an index again, the slow way: plain loops over one village at a time, no code of the kernel.

Also for lists edited by hand: whoever changes a score, a rank or a star is named here.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from yanzhen.planning.index.plan import NAME, Place
from yanzhen.planning.index.problem import Problem
from yanzhen.planning.index.scheme import Indicator, Scheme
from yanzhen.planning.kernel import Finding, Plan, Text, tie

SAMPLE = 400
Say = Callable[[str, str, str, str], None]
NEAR = 2e-5


def check(problem: Problem, plan: Plan[Place]) -> tuple[Finding, ...]:
    """What is broken, in words; empty = everything holds. Scores of 400 villages (drawn by the published hash) are worked out from
    their figures again; places, bands and help of all."""
    found: list[Finding] = []

    def bad(rule: str, zh: str, en: str, key: str = "") -> None:
        found.append(Finding(f"index.{rule}", Text(zh, en), key=key))

    if plan.planner != NAME:
        bad("planner", "不是指数方案", "is no plan of the index")
        return tuple(found)
    if plan.input_digest != problem.digest:
        bad("input", "方案不是由这份输入算出的", "the plan was not made from this input")
    rows = {row.code: at for at, row in enumerate(problem.rows)}
    keys = Counter(line.key for line in plan.lines)
    for key in sorted({*rows, *keys}):
        if key not in rows:
            bad("stranger", f"“{key}”不在名单里", f"“{key}” is not on the list", key)
        elif keys[key] != 1:
            bad(
                "missing_line",
                f"“{key}”应有一行，现有 {keys[key]} 行",
                f"“{key}” must have one line, has {keys[key]}",
                key,
            )
    lines = [line for line in plan.lines if line.key in rows]
    groups = _groups(problem)
    sample = sorted(lines, key=lambda line: tie(plan.seed, line.key))[:SAMPLE]
    stats = _Statistics(problem, groups)
    for line in sample:
        expected = stats.index(rows[line.key])
        if (expected is None) != (line.score is None):
            bad("score", "是否参评与数据不符", "being rated does not follow from the figures", line.key)
        elif expected is not None and line.score is not None and abs(expected - line.score) > NEAR:
            bad(
                "score",
                f"得分应为 {expected:.4f}，写的是 {line.score:.4f}",
                f"score must be {expected:.4f}, says {line.score:.4f}",
                line.key,
            )
    _places(problem, lines, groups, rows, bad)
    _bands(problem.scheme, lines, bad)
    return tuple(found)


def _groups(problem: Problem) -> list[tuple[str, ...]]:
    """The class of every row, small ones pooled one level up: counted again."""
    depth = len(problem.scheme.classes)
    current = [tuple(row.labels) for row in problem.rows]
    for level in reversed(range(depth)):
        sizes = Counter(current)
        if level == 0 and len(sizes) == 1:
            break
        current = [
            name if sizes[name] >= problem.scheme.min_class else tuple(name[:level]) + ("",) * (depth - level)
            for name in current
        ]
    return current


def _places(
    problem: Problem, lines: Sequence[Place], groups: list[tuple[str, ...]], rows: Mapping[str, int], say: Say
) -> None:
    by_group: dict[tuple[str, ...], list[Place]] = defaultdict(list)
    by_county: dict[str, list[Place]] = defaultdict(list)
    for line in lines:
        by_group[groups[rows[line.key]]].append(line)
        by_county[problem.rows[rows[line.key]].county].append(line)
    ways: tuple[tuple[Mapping[Any, list[Place]], Callable[[Place], int], Callable[[Place], int], str], ...] = (
        (by_group, lambda line: line.rank, lambda line: line.of, "rank"),
        (by_county, lambda line: line.county_rank, lambda line: line.county_of, "county_rank"),
    )
    for table, rank_of, size_of, rule in ways:
        for members in table.values():
            scores = sorted((line.score for line in members if line.score is not None), reverse=True)
            first: dict[float, int] = {}
            for place, value in enumerate(scores, 1):
                first.setdefault(value, place)
            for line in members:
                place = 0 if line.score is None else first[line.score]
                if rank_of(line) != place or size_of(line) != (len(scores) if place else 0):
                    say(
                        rule,
                        f"名次应为 {place}/{len(scores)}，写的是 {rank_of(line)}/{size_of(line)}",
                        f"rank must be {place} of {len(scores)}, says {rank_of(line)} of {size_of(line)}",
                        line.key,
                    )


def _bands(scheme: Scheme, lines: Sequence[Place], say: Say) -> None:
    for line in lines:
        if not line.rank:
            if line.stars or line.aid:
                say("stars", "没有参评却有星级", "has stars without being rated", line.key)
            continue
        if not 1 <= line.low <= line.middle <= line.high <= line.of:
            say("interval", "名次区间不成立", "the interval of its rank is impossible", line.key)
            continue
        share, stars = 0.0, scheme.bands[-1].stars
        for band in scheme.bands:
            share += band.share
            if line.middle <= round(share * line.of) or band is scheme.bands[-1]:
                stars = band.stars
                break
        for item, value in zip(scheme.dimensions, line.dims, strict=True):
            if item.minimum and value is not None and value < item.minimum:
                stars = min(stars, item.held_to)
        if line.stars != stars:
            say(
                "stars",
                f"按规则应为 {stars} 星，写的是 {line.stars} 星",
                f"the rule gives {stars} stars, it says {line.stars}",
                line.key,
            )
        aid = "sure" if line.chance > 0.95 else "grey" if line.chance >= 0.05 else ""
        if line.aid != aid:
            say("aid", "帮扶名单与概率不符", "being helped does not follow from its chance", line.key)


class _Statistics:
    """Statistics of every class and indicator, worked out when first asked for."""

    def __init__(self, problem: Problem, groups: list[tuple[str, ...]]) -> None:
        self.problem, self.groups = problem, groups
        self.lowest = problem.scheme.lowest
        self.known: dict[tuple[tuple[str, ...], int], list[float]] = {}
        self.fills: dict[tuple[tuple[str, ...], int], float] = {}

    def values(self, group: tuple[str, ...], at: int) -> list[float]:
        """Sorted figures of a class (logarithms where asked for)."""
        if (group, at) not in self.known:
            item = self.problem.scheme.indicators[at]
            raw = [self.figure(row, item, at) for row, name in enumerate(self.groups) if name == group]
            self.known[group, at] = sorted(value for value in raw if value is not None)
        return self.known[group, at]

    def figure(self, row: int, item: Indicator, at: int) -> float | None:
        """One figure as it is normalised; None = missing."""
        value = float(self.problem.raw[row, at])
        if math.isnan(value) or (item.log and value <= 0):
            return None
        return math.log(value) if item.log else value

    def score(self, row: int, at: int) -> float | None:
        """One indicator's score; None = its weight is spread."""
        item = self.problem.scheme.indicators[at]
        group = self.groups[row]
        value = self.figure(row, item, at)
        if value is None:
            return self.fill(group, at, item)
        return self.normal(group, at, item, value)

    def fill(self, group: tuple[str, ...], at: int, item: Indicator) -> float | None:
        """What stands for a missing figure."""
        if item.missing == "mean":
            return None
        if item.missing == "zero":
            return self.lowest
        frozen = self.problem.frozen
        if frozen is not None:
            value = frozen[group][item.code][2]
            return None if value is None else float(value)
        if (group, at) not in self.fills:
            scores = [self.normal(group, at, item, value) for value in self.values(group, at)]
            self.fills[group, at] = (
                float(np.quantile(scores, 0.25 if item.missing == "p25" else 0.5)) if scores else math.nan
            )
        value = self.fills[group, at]
        return None if math.isnan(value) else value

    def normal(self, group: tuple[str, ...], at: int, item: Indicator, value: float) -> float:
        """Onto the common scale."""
        part = self.part(group, at, item, value)
        score = self.lowest + (100.0 - self.lowest) * part
        if item.floor > self.lowest or item.cap < 100.0:
            score = min(max(score, item.floor), item.cap)
        return score

    def part(self, group: tuple[str, ...], at: int, item: Indicator, value: float) -> float:
        """0 … 1, one normaliser after the other as the scheme describes them."""
        up = item.direction > 0
        frozen = None if self.problem.frozen is None else self.problem.frozen[group][item.code]
        if item.normaliser in ("minmax", "zscore"):
            values = self.values(group, at)
            a, b = 0.0, 0.0
            if frozen is not None:
                a, b = float(frozen[0]), float(frozen[1])
            elif item.normaliser == "minmax":
                a, b = (float(np.quantile(values, q)) for q in (item.low, item.high))
            else:
                a = sum(values) / len(values)
                b = math.sqrt(sum((v - a) ** 2 for v in values) / (len(values) - 1)) if len(values) > 1 else 0.0
            if item.normaliser == "minmax":
                if b <= a:
                    return 0.5
                part = min(max((value - a) / (b - a), 0.0), 1.0)
                return part if up else 1.0 - part
            z = min(max((value - a) / b, -3.0), 3.0) if b > 0 else 0.0
            return 0.5 + (z if up else -z) / 6.0
        if item.normaliser == "rank":
            if frozen is not None:
                knots = frozen[3:]
                places = [i for i, knot in enumerate(knots) if knot == value]
                part = (
                    sum(places) / len(places) / 100.0
                    if len(places) > 1
                    else float(np.interp(value, knots, np.linspace(0, 1, len(knots))))
                )
            else:
                values = self.values(group, at)
                less, same = sum(v < value for v in values), sum(v == value for v in values)
                part = (less + (same - 1) / 2) / (len(values) - 1) if len(values) > 1 else 0.5
            return part if up else 1.0 - part
        if item.normaliser == "target":
            base, target = (math.log(item.base), math.log(item.target)) if item.log else (item.base, item.target)
            return min(max((value - base) / (target - base), 0.0), 1.0)
        if item.normaliser == "pass":
            goal = math.log(item.target) if item.log else item.target
            return 1.0 if (value >= goal if up else value <= goal) else 0.0
        if item.normaliser == "deduct":
            return min(max(1.0 - item.points * max(value - item.base, 0.0) / 100.0, 0.0), 1.0)
        part = min(max(value / 100.0, 0.0), 1.0)
        return part if up else 1.0 - part

    def index(self, row: int) -> float | None:
        """The whole index of one village."""
        return self.group("", self.problem.scheme.mean, row)

    def group(self, code: str, mean: str, row: int) -> float | None:
        """A dimension: its members' mean, missing ones' weight spread if enough is there."""
        scheme = self.problem.scheme
        members: list[tuple[float, float | None]] = []
        if code:
            members += [
                (item.weight, self.score(row, at))
                for at, item in enumerate(scheme.indicators)
                if item.dimension == code
            ]
        members += [
            (item.weight, self.group(item.code, item.mean, row)) for item in scheme.dimensions if item.parent == code
        ]
        total = sum(weight for weight, _ in members)
        there = [(weight, value) for weight, value in members if value is not None]
        present = sum(weight for weight, _ in there)
        if not present or present < scheme.coverage * total - 1e-9:
            return None
        if mean == "arithmetic":
            return sum(weight * value for weight, value in there) / present
        if mean == "geometric":
            return math.exp(sum(weight * math.log(value) for weight, value in there) / present)
        return (sum(weight * math.sqrt(value) for weight, value in there) / present) ** 2
