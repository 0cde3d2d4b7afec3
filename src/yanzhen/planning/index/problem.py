"""The input of an index: villages with their class and figures, last year's figures, monthly figures, frozen bounds."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.index.ballots import shrink
from yanzhen.planning.index.kernel import KNOTS, Bounds, Floats, Ints, pooled
from yanzhen.planning.index.scheme import Scheme, check_scheme
from yanzhen.planning.kernel import Finding, Text, digest
from yanzhen.planning.kernel.findings import must_hold
from yanzhen.planning.kernel.reading import Column, Sheet, read, unique
from yanzhen.planning.kernel.text import same

ClassName = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Village:
    """One village as typed in: code, name, county, class labels (coarse first), figures by indicator code (absent or NaN = missing),
    ballots behind shares by indicator code."""

    code: str
    name: str
    county: str
    labels: tuple[str, ...]
    figures: Mapping[str, float]
    votes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """What an index is made from. ``before``: the same villages a year earlier (those that are in both are compared); ``months``:
    indicator → village code → twelve monthly figures; ``frozen``: bounds of the year by class name; ``draws``: of the intervals."""

    scheme: Scheme
    villages: tuple[Village, ...]
    before: tuple[Village, ...] = ()
    months: Mapping[str, Mapping[str, tuple[float, ...]]] = field(default_factory=dict)
    frozen: Mapping[ClassName, Mapping[str, Any]] | None = None
    draws: int = 1000

    @cached_property
    def rows(self) -> tuple[Village, ...]:
        """Villages in the order of their codes: the order of the input changes nothing."""
        return tuple(sorted(self.villages, key=lambda item: item.code))

    @cached_property
    def classes(self) -> tuple[Ints, list[ClassName]]:
        """The class of every row, small ones pooled, and their names."""
        depth = len(self.scheme.classes)
        columns = [[row.labels[at] for row in self.rows] for at in range(depth)]
        if not depth:
            return np.zeros(len(self.rows), dtype=np.int64), [()]
        return pooled(columns, self.scheme.min_class)

    @cached_property
    def figures(self) -> Floats:
        """Villages × indicators as reported, NaN = missing."""
        return table(self.scheme, self.rows)

    @cached_property
    def raw(self) -> Floats:
        """Villages × indicators as used: shares from ballots shrunk towards their class."""
        return self._used(self.rows, self.figures)

    @cached_property
    def earlier(self) -> Floats | None:
        """Last year's figures row by row of :attr:`rows` (NaN for villages that were not there); None without any."""
        if not self.before:
            return None
        old = {item.code: item for item in self.before}
        blank = Village("", "", "", (), {})
        rows = [old.get(item.code, blank) for item in self.rows]
        return self._used(rows, table(self.scheme, rows))

    def _used(self, rows: Sequence[Village], figures: Floats) -> Floats:
        used = figures.copy()
        for at, item in enumerate(self.scheme.indicators):
            if item.votes:
                votes = np.array([float(row.votes.get(item.code, 0.0) or 0.0) for row in rows])
                used[:, at] = shrink(figures[:, at], votes, self.classes[0], min_n=item.min_n)
        return used

    @cached_property
    def bounds(self) -> Bounds | None:
        """The frozen bounds as arrays; None when this run measures its own."""
        return None if self.frozen is None else bounds_from(self.frozen, self.classes[1], self.scheme)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of scheme, settings and rows, whatever the order of rows."""
        parts = hashlib.sha256()
        for row in self.rows:
            parts.update(repr((row.code, row.name, row.county, row.labels, sorted(row.votes.items()))).encode())
        parts.update(self.figures.tobytes())
        if self.earlier is not None:
            parts.update(self.earlier.tobytes())
        months = {code: {key: list(value) for key, value in item.items()} for code, item in self.months.items()}
        return digest(
            {
                "rows": parts.hexdigest(),
                "scheme": self.scheme,
                "draws": self.draws,
                "months": months,
                "frozen": named(self.frozen),
            }
        )

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the input."""
        found = list(check_scheme(self.scheme))
        seen: set[str] = set()
        for row in self.villages:
            if row.code in seen:
                found.append(
                    Finding(
                        "index.repeated",
                        Text(f"村“{row.code}”出现两次", f"village “{row.code}” occurs twice"),
                        key=row.code,
                    )
                )
            seen.add(row.code)
            if len(row.labels) != len(self.scheme.classes):
                found.append(
                    Finding("index.labels", Text("类别列不全", "labels of its class are missing"), key=row.code)
                )
        if not self.villages:
            found.append(Finding("index.empty", Text("没有村", "there are no villages")))
        if any(item.severity == "error" for item in found):
            return tuple(found)
        present = ~np.isnan(self.figures)
        for at, item in enumerate(self.scheme.indicators):
            if not present[:, at].any():
                text = Text(f"“{item.title.zh}”一个数都没有", f"“{item.title.en}” has no figure at all")
                found.append(Finding("index.no_figure", text, key=item.code))
        if self.frozen is not None:
            for name in self.classes[1]:
                if name not in self.frozen:
                    words = class_words(name)
                    text = Text("冻结的参照值里没有类别“{c}”", "the frozen bounds have no class “{c}”").fill(c=words)
                    found.append(Finding("index.frozen", text))
        return tuple(found)


def table(scheme: Scheme, rows: Sequence[Village]) -> Floats:
    """Figures as an array (villages × indicators)."""
    codes = [item.code for item in scheme.indicators]
    result = np.full((len(rows), len(codes)), np.nan)
    for at, row in enumerate(rows):
        for column, code in enumerate(codes):
            value = row.figures.get(code)
            if value is not None and math.isfinite(value):
                result[at, column] = value
    return result


def class_words(name: ClassName) -> Text:
    """A class for people; pooled parts are "other"."""
    if not name:
        return Text("全部", "all")
    if not any(name):
        return Text("其他（合并）", "other (pooled)")
    return Text("·".join(part or "其他" for part in name), " · ".join(part or "other" for part in name))


def named(frozen: Mapping[ClassName, Mapping[str, Any]] | None) -> Any:
    """Frozen bounds as plain values with class names as keys."""
    return (
        None
        if frozen is None
        else {json.dumps(list(name), ensure_ascii=False): value for name, value in frozen.items()}
    )


def freeze(scheme: Scheme, bounds: Bounds, classes: Sequence[ClassName]) -> dict[ClassName, dict[str, Any]]:
    """Bounds as data to be signed and kept for the year: class → indicator → [a, b, fill, knots…]."""
    found: dict[ClassName, dict[str, Any]] = {}
    for at, name in enumerate(classes):
        one: dict[str, Any] = {}
        for i, item in enumerate(scheme.indicators):
            values = [bounds.a[at, i], bounds.b[at, i], bounds.fill[at, i]]
            if bounds.knots is not None and not np.isnan(bounds.knots[at, i, 0]):
                values += list(bounds.knots[at, i])
            one[item.code] = [None if np.isnan(value) else float(value) for value in values]
        found[name] = one
    return found


def bounds_from(frozen: Mapping[ClassName, Mapping[str, Any]], classes: Sequence[ClassName], scheme: Scheme) -> Bounds:
    """Back from :func:`freeze`, in this run's order of classes."""
    k = len(scheme.indicators)
    a, b, fill = (np.full((len(classes), k), np.nan) for _ in range(3))
    knots = np.full((len(classes), k, KNOTS), np.nan)
    for at, name in enumerate(classes):
        for i, item in enumerate(scheme.indicators):
            values = frozen.get(name, {}).get(item.code)
            if values is None:
                continue
            numbers = [float("nan") if value is None else float(value) for value in values]
            a[at, i], b[at, i], fill[at, i] = numbers[:3]
            if len(numbers) == 3 + KNOTS:
                knots[at, i] = numbers[3:]
    return Bounds(a, b, fill, None if np.isnan(knots).all() else knots)


def write_frozen(target: Path, frozen: Mapping[ClassName, Mapping[str, Any]]) -> Path:
    """``bounds.json``."""
    target.write_text(json.dumps(named(frozen), ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")
    return target


def read_frozen(source: Path) -> dict[ClassName, dict[str, Any]]:
    """``bounds.json`` of an earlier run. ProblemError when it is none."""
    try:
        data = json.loads(source.read_text(encoding="utf-8"))
        return {tuple(json.loads(key)): value for key, value in data.items()}
    except (ValueError, TypeError, AttributeError):
        must_hold([Finding("index.frozen", Text("不是参照值文件", "is no file of bounds"), sheet=source.name)])
        raise


def columns(scheme: Scheme) -> list[Column]:
    """The sheet that villages fill in, made from the scheme."""
    found = [
        Column("code", Text("村代码", "village code"), required=True, also=("行政区划代码", "代码", "code", "id")),
        Column("name", Text("村", "village"), required=True, also=("村名", "村名称", "name")),
        Column("county", Text("县", "county"), default="", also=("县区", "县（市、区）", "区县", scheme.county)),
    ]
    words = {"class": Text("类别", "class"), "province": Text("省", "province"), "type": Text("村类型", "village type")}
    found += [
        Column(f"class:{name}", words.get(name, same(name)), required=True, also=(name,)) for name in scheme.classes
    ]
    for item in scheme.indicators:
        found.append(Column(f"figure:{item.code}", item.title, "float", also=(item.code,)))
        if item.votes:
            found.append(Column(f"votes:{item.code}", same(item.votes), "float", low=0))
    return found


def read_villages(source: Path, scheme: Scheme) -> tuple[tuple[Village, ...], Sheet, tuple[Finding, ...]]:
    """Villages of a CSV or Excel file, the sheet, and every wrong cell by line. A column of the scheme that is not in the file is
    a finding, not a silent gap."""
    sheet = read(source, columns(scheme), sheet=("指标", "villages"))
    found = list(sheet.findings) + unique(sheet, "code")
    for item in scheme.indicators:
        if f"figure:{item.code}" not in sheet.headings:
            text = Text(f"缺列“{item.title.zh}”", f"column “{item.title.en}” is missing")
            found.append(Finding("input.no_column", text, sheet=sheet.name))
    villages = tuple(
        Village(
            row["code"],
            row["name"],
            row["county"],
            tuple(row[f"class:{name}"] for name in scheme.classes),
            {
                item.code: row[f"figure:{item.code}"]
                for item in scheme.indicators
                if row[f"figure:{item.code}"] is not None
            },
            {
                item.code: row[f"votes:{item.code}"]
                for item in scheme.indicators
                if item.votes and row[f"votes:{item.code}"] is not None
            },
        )
        for row in sheet.rows
    )
    return villages, sheet, tuple(found)


def read_months(source: Path, scheme: Scheme) -> tuple[dict[str, dict[str, tuple[float, ...]]], tuple[Finding, ...]]:
    """Monthly figures: one row a village and indicator, twelve columns 1 … 12 (月)."""
    heads = [
        Column("code", Text("村代码", "village code"), required=True),
        Column("item", Text("指标", "indicator"), required=True),
    ]
    heads += [Column(f"m{m}", Text(f"{m}月", f"month {m}"), "float", also=(str(m),)) for m in range(1, 13)]
    sheet = read(source, heads)
    by_title = {item.code: item.code for item in scheme.indicators} | {
        item.title.zh: item.code for item in scheme.indicators
    }
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    wrong = list(sheet.findings)
    for row in sheet.rows:
        code = by_title.get(row["item"])
        if code is None:
            wrong.append(
                sheet.finding("input.unknown", Text("没有这个指标", "there is no such indicator"), row, "item")
            )
            continue
        found.setdefault(code, {})[row["code"]] = tuple(
            float("nan") if row[f"m{m}"] is None else row[f"m{m}"] for m in range(1, 13)
        )
    return found, tuple(wrong)


def known_share(scheme: Scheme, present: NDArray[np.bool_]) -> Floats:
    """How much of the whole weight is backed by figures, per village (present: villages × indicators)."""
    shares = np.array(scheme.shares())
    result: Floats = (present * shares[None, :]).sum(axis=1)
    return result
