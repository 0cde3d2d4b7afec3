"""The arithmetic of an index: normalise inside classes, put together, rank. NumPy, one pass over memory, class by class.

A class of villages is copied once as a block of (indicators × villages) that fits the processor's cache; there its columns are
sorted (which gives every quantile), scaled in place, filled, and put together. Sums run in the order of the scheme and not through
BLAS, and statistics of a class are taken from sorted values, so that the order of rows changes no bit of the result.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.index.scheme import HIGHEST, POWER, Indicator, Scheme

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
KNOTS = 101
DIGITS = 6  # scores are compared after rounding to a millionth of a point: what differs by less is equal


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a class was measured against: ``a``/``b`` per class and indicator (low and high quantile, or mean and standard deviation;
    NaN = none), ``fill``: scores that stand for missing values (p25, median), ``knots``: 101 quantiles for percent ranks (between
    them interpolated, so a rank against frozen bounds may differ by less than a hundredth from one inside the class itself). Frozen
    for a year, so that one village more moves nobody and progress means something."""

    a: Floats
    b: Floats
    fill: Floats
    knots: Floats | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A dimension ready for arithmetic: rows of indicators and of earlier nodes with their weights, and the power of its mean."""

    code: str
    rows: tuple[int, ...]
    row_weights: tuple[float, ...]
    nodes: tuple[int, ...]
    node_weights: tuple[float, ...]
    power: float
    minimum: float = 0.0


@dataclass(frozen=True, slots=True)
class Scores:
    """What came out, row by row of the input. ``index`` and ``dims`` (one row a dimension) are NaN where too little is known;
    ``scores``: normalised and filled indicators (indicators × villages), ``present``: what was really there; both None unless asked
    for; ``bounds``: what it was measured against."""

    index: Floats
    dims: Floats
    dim_codes: tuple[str, ...]
    bounds: Bounds
    scores: NDArray[np.float32] | None = None
    present: NDArray[np.bool_] | None = None


def program(scheme: Scheme) -> tuple[Node, ...]:
    """The tree of dimensions from the leaves up; the last node is the index."""
    made: list[Node] = []
    at: dict[str, int] = {}

    def build(code: str, mean: str, minimum: float) -> int:
        below = scheme.children(code)
        below_at = tuple(build(item.code, item.mean, item.minimum) for item in below)
        rows = scheme.members(code) if code else ()
        made.append(
            Node(
                code,
                rows,
                tuple(scheme.indicators[i].weight for i in rows),
                below_at,
                tuple(item.weight for item in below),
                POWER[mean],
                minimum,
            )
        )
        at[code] = len(made) - 1
        return at[code]

    build("", scheme.mean, 0.0)
    return tuple(made)


def lift(values: Any, power: float) -> Any:
    """The values as the mean adds them: their power, or their logarithm for power 0."""
    if power == 1.0:
        return values
    if power == 0.0:
        return np.log(values)
    return np.sqrt(values) if power == 0.5 else np.power(values, power)


def drop(values: Any, power: float) -> Any:
    """Back from :func:`lift`."""
    if power == 1.0:
        return values
    if power == 0.0:
        return np.exp(values)
    return values * values if power == 0.5 else np.power(values, 1.0 / power)


def combine(nodes: Sequence[Node], block: Floats, coverage: float, holes: bool = True) -> list[Floats]:
    """Every node's score for a block (indicators × villages, NaN = missing); weights of what is missing go to the rest of the node
    as long as ``coverage`` of the node's weight is there."""
    found: list[Floats] = []
    for node in nodes:
        width = block.shape[1]
        total = np.zeros(width)
        present = np.zeros(width) if holes else None
        full = 0.0
        for weight, member in _members(node, block, found):
            lifted = lift(member, node.power)
            full += weight
            if present is None:
                total += weight * lifted
            else:
                there = ~np.isnan(member)
                np.add(total, weight * lifted, out=total, where=there)
                present += weight * there
        if present is None:
            found.append(drop(total / full, node.power))
        else:
            enough = present >= coverage * full - 1e-9
            mean = drop(np.divide(total, present, out=np.full(width, np.nan), where=enough & (present > 0)), node.power)
            found.append(mean)
    return found


def _members(node: Node, block: Floats, found: Sequence[Floats]) -> list[tuple[float, Floats]]:
    rows = [(weight, block[row]) for row, weight in zip(node.rows, node.row_weights, strict=True)]
    return rows + [(weight, found[at]) for at, weight in zip(node.nodes, node.node_weights, strict=True)]


def quantile_sorted(block: Floats, counts: Ints, q: Floats) -> Floats:
    """Row-wise linear quantile (type 7) of rows sorted with NaN last; ``q`` per row."""
    rows = np.arange(block.shape[0])
    place = q * np.maximum(counts - 1, 0)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(counts - 1, 0))
    with np.errstate(invalid="ignore"):
        first, second = block[rows, low], block[rows, high]
        result: Floats = np.where(counts > 0, first + (second - first) * (place - low), np.nan)
    return result


class Kernel:
    """A scheme made ready for arithmetic once, used for many blocks."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.nodes = program(scheme)
        items = scheme.indicators
        self.k = len(items)
        self.lowest = scheme.lowest
        self.span = HIGHEST - self.lowest
        self.direction = np.array([item.direction for item in items], dtype=np.float64)
        self.low = np.array([item.low for item in items])
        self.high = np.array([item.high for item in items])
        self.logs = [i for i, item in enumerate(items) if item.log]
        self.kinds = np.array([item.normaliser for item in items])
        self.ranked = np.flatnonzero(self.kinds == "rank")
        self.bounded = [i for i, item in enumerate(items) if item.floor > self.lowest or item.cap < HIGHEST]
        self.fills = [(i, item.missing) for i, item in enumerate(items) if item.missing != "mean"]
        self.fast = bool(np.all(self.kinds == "minmax"))

    def prepare(self, raw: Floats) -> Floats:
        """Logarithms where the scheme asks for them (values at or below zero become missing), infinities missing; in place."""
        for i in self.logs:
            with np.errstate(divide="ignore", invalid="ignore"):
                raw[i] = np.where(raw[i] > 0, np.log(raw[i]), np.nan)
        return raw

    def measure(self, block: Floats) -> tuple[Floats, Floats, Floats | None]:
        """The bounds of a class: a, b, knots of :class:`Bounds` for one class (block as prepared)."""
        ordered = np.sort(block, axis=1)
        counts = np.asarray(block.shape[1] - np.count_nonzero(np.isnan(block), axis=1), dtype=np.int64)
        a = quantile_sorted(ordered, counts, self.low)
        b = quantile_sorted(ordered, counts, self.high)
        for i in np.flatnonzero(self.kinds == "zscore"):
            values = ordered[i, : counts[i]]
            a[i] = values.mean() if counts[i] else np.nan
            b[i] = values.std(ddof=1) if counts[i] > 1 else 0.0
        fixed = ~np.isin(self.kinds, ("minmax", "zscore"))
        a[fixed] = b[fixed] = np.nan
        knots = None
        if len(self.ranked):
            knots = np.full((self.k, KNOTS), np.nan)
            for i in self.ranked:
                if counts[i]:
                    knots[i] = np.quantile(ordered[i, : counts[i]], np.linspace(0, 1, KNOTS))
        return a, b, knots

    def normalise(self, block: Floats, a: Floats, b: Floats, knots: Floats | None = None) -> Floats:
        """Scores of a block in place. ``knots`` None: percent rank inside the block itself."""
        if self.fast:
            self._linear(block, np.arange(self.k), a, b)
        else:
            for kind in np.unique(self.kinds):
                rows = np.flatnonzero(self.kinds == kind)
                if kind == "minmax":
                    part = block[rows]
                    self._linear(part, rows, a[rows], b[rows])
                    block[rows] = part
                else:
                    for i in map(int, rows):
                        block[i] = self._one(
                            self.scheme.indicators[i], block[i], a[i], b[i], None if knots is None else knots[i]
                        )
        for i in self.bounded:
            item = self.scheme.indicators[i]
            np.clip(block[i], item.floor, item.cap, out=block[i])
        return block

    def _linear(self, block: Floats, rows: Ints, a: Floats, b: Floats) -> None:
        up = self.direction[rows] > 0
        width = b - a
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(width > 0, self.span / np.where(width > 0, width, 1.0), 0.0)
        slope = np.where(up, slope, -slope)
        start = np.where(up, a, b)
        flat = np.where(width > 0, self.lowest, (self.lowest + HIGHEST) / 2)  # nobody differs: everybody in the middle
        block -= np.where(np.isnan(start), 0.0, start)[:, None]
        block *= slope[:, None]
        block += flat[:, None]
        np.clip(block, self.lowest, HIGHEST, out=block)

    def _one(self, item: Indicator, values: Floats, a: float, b: float, knots: Floats | None) -> Floats:
        kind = item.normaliser
        if kind == "rank":
            part = percent_rank(values) if knots is None or np.isnan(knots[0]) else _by_knots(values, knots)
            part = part if item.direction > 0 else 1.0 - part
        elif kind == "zscore":
            z = (values - a) / b if b > 0 else np.where(np.isnan(values), np.nan, 0.0)
            part = 0.5 + item.direction * np.clip(z, -3, 3) / 6
        elif kind == "target":
            base, target = (np.log(item.base), np.log(item.target)) if item.log else (item.base, item.target)
            part = np.clip((values - base) / (target - base), 0.0, 1.0)
        elif kind == "pass":
            goal = np.log(item.target) if item.log else item.target
            part = np.where(values >= goal if item.direction > 0 else values <= goal, 1.0, 0.0)
            part = np.where(np.isnan(values), np.nan, part)
        elif kind == "deduct":
            part = np.clip(1.0 - item.points * np.maximum(values - item.base, 0.0) / 100.0, 0.0, 1.0)
        else:
            part = np.clip(values / HIGHEST, 0.0, 1.0)
            part = part if item.direction > 0 else 1.0 - part
        result: Floats = self.lowest + self.span * part
        return result

    def filling(self, block: Floats) -> Floats:
        """The scores that stand for missing values in this class (NaN = the weight is spread instead)."""
        fill = np.full(self.k, np.nan)
        for i, rule in self.fills:
            if rule == "zero":
                fill[i] = self.lowest
            else:
                values = block[i][~np.isnan(block[i])]
                if len(values):
                    fill[i] = np.quantile(values, 0.25 if rule == "p25" else 0.5)
        return fill


def percent_rank(values: Floats) -> Floats:
    """(rank - 1) / (n - 1) with ties at their mean, NaN stays; 0.5 when there is one value only."""
    there = np.flatnonzero(~np.isnan(values))
    result = np.full(values.shape, np.nan)
    if len(there) == 0:
        return result
    part = values[there]
    order = np.argsort(part, kind="stable")
    ordered = part[order]
    first = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(ordered))
    middle = (starts + ends - 1) / 2.0
    group = np.cumsum(first) - 1
    rank = np.empty(len(ordered))
    rank[order] = middle[group]
    result[there] = rank / (len(ordered) - 1) if len(ordered) > 1 else 0.5
    return result


def _by_knots(values: Floats, knots: Floats) -> Floats:
    lower = np.searchsorted(knots, values, side="left")
    upper = np.searchsorted(knots, values, side="right")
    inside = np.interp(values, knots, np.linspace(0, 1, KNOTS))
    tied = upper - lower > 1  # a value that fills several knots takes the middle of them
    middle = (lower + upper - 1) / 2 / (KNOTS - 1)
    return np.where(np.isnan(values), np.nan, np.where(tied, middle, inside))


def threads_here(wanted: int, rows: int) -> int:
    """Threads that pay: none for small work."""
    return 1 if rows < 20_000 else max(1, min(wanted, os.cpu_count() or 1))


def score(
    scheme: Scheme,
    raw: NDArray[Any],
    classes: NDArray[Any],
    *,
    bounds: Bounds | None = None,
    threads: int = 2,
    keep: bool = False,
) -> Scores:
    """Scores of all villages.

    ``raw``: (villages × indicators) in the scheme's order, NaN = missing, float32 or float64; ``classes``: the class of every
    village, 0 … G-1; ``bounds``: frozen ones, else those of the data. Errors: ValueError when shapes do not fit.
    """
    n, k = raw.shape
    if k != len(scheme.indicators) or classes.shape != (n,):
        raise ValueError("raw is villages × indicators, classes one number a village")
    core = Kernel(scheme)
    groups = int(classes.max()) + 1 if n else 0
    order, starts = grouped(classes, groups)
    index = np.full(n, np.nan)
    dims = np.full((len(core.nodes) - 1, n), np.nan)
    a, b = np.full((groups, k), np.nan), np.full((groups, k), np.nan)
    fill = np.full((groups, k), np.nan)
    knots = np.full((groups, k, KNOTS), np.nan) if len(core.ranked) else None
    scores = np.full((k, n), np.nan, dtype=np.float32) if keep else None
    present = np.zeros((k, n), dtype=bool) if keep else None

    def work(group: int) -> None:
        rows = order[starts[group] : starts[group + 1]]
        if not len(rows):
            return
        block = core.prepare(np.ascontiguousarray(raw[rows].T, dtype=np.float64))
        gone = np.isnan(block)
        holes = bool(gone.any())
        if bounds is None:
            one_a, one_b, one_knots = core.measure(block)
            a[group], b[group] = one_a, one_b
            if knots is not None and one_knots is not None:
                knots[group] = one_knots
            used = None
        else:
            one_a, one_b = bounds.a[group], bounds.b[group]
            used = None if bounds.knots is None else bounds.knots[group]
        core.normalise(block, one_a, one_b, used)
        if core.fills:
            fill[group] = core.filling(block) if bounds is None else bounds.fill[group]
            for i, _ in core.fills:
                block[i, gone[i]] = fill[group, i]
        found = combine(core.nodes, block, scheme.coverage, holes)
        index[rows] = found[-1]
        for at, values in enumerate(found[:-1]):
            dims[at, rows] = values
        if scores is not None and present is not None:
            scores[:, rows] = block
            present[:, rows] = ~gone

    workers = threads_here(threads, n)
    if workers == 1:
        for group in range(groups):
            work(group)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, range(groups)))
    kept = bounds if bounds is not None else Bounds(a, b, fill, knots)
    return Scores(np.round(index, DIGITS), dims, tuple(node.code for node in core.nodes[:-1]), kept, scores, present)


def grouped(classes: NDArray[Any], groups: int) -> tuple[Ints, Ints]:
    """Rows sorted by class and where each class starts."""
    small = classes.astype(np.int16 if groups < 2**15 else np.int32)
    order = np.argsort(small, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(classes, minlength=groups)))).astype(np.int64)
    return order, starts


def rank_within(values: Floats, groups: NDArray[Any] | None = None) -> Ints:
    """Competition rank, best first (equal values share the better place), inside groups; 0 = no value."""
    n = len(values)
    order = np.argsort(-values, kind="stable")  # NaN last
    if groups is not None:
        width = int(groups.max()) + 1 if n else 1
        order = order[np.argsort(groups[order].astype(np.int16 if width < 2**15 else np.int32), kind="stable")]
    ordered = values[order]
    own = np.zeros(n, dtype=np.int64) if groups is None else groups[order]
    new_group = np.concatenate(([True], own[1:] != own[:-1])) if n else np.zeros(0, dtype=bool)
    new_value = new_group | np.concatenate(([True], ordered[1:] != ordered[:-1])) if n else new_group
    place = np.arange(n)
    group_start = np.maximum.accumulate(np.where(new_group, place, 0)) if n else place
    value_start = np.maximum.accumulate(np.where(new_value, place, 0)) if n else place
    rank = value_start - group_start + 1
    rank[np.isnan(ordered)] = 0
    result = np.empty(n, dtype=np.int64)
    result[order] = rank
    return result


def pooled(columns: Sequence[Sequence[str]], min_class: int) -> tuple[Ints, list[tuple[str, ...]]]:
    """Classes from label columns, coarse first. A class with fewer than ``min_class`` villages joins the others like it one
    level up ("" stands for the finer label); what is left too small at the top stays as it is. Returns numbers and names."""
    depth = len(columns)
    n = len(columns[0]) if depth else 0
    if not depth:
        return np.zeros(n, dtype=np.int64), [()]
    labels = [tuple(column[i] for column in columns) for i in range(n)] if n else []
    current = list(labels)
    for level in range(depth - 1, -1, -1):
        sizes: dict[tuple[str, ...], int] = {}
        for label in current:
            sizes[label] = sizes.get(label, 0) + 1
        if level == 0 and len(sizes) == 1:
            break
        current = [
            label if sizes[label] >= min_class else (*label[:level], *[""] * (depth - level)) for label in current
        ]
    found = sorted(set(current))
    at = {label: i for i, label in enumerate(found)}
    return np.fromiter((at[label] for label in current), dtype=np.int64, count=n), found


def single(scheme: Scheme, scores: Floats) -> tuple[float, dict[str, float]]:
    """Index and dimensions of one village from its normalised scores (NaN = missing)."""
    nodes = program(scheme)
    found = combine(nodes, np.asarray(scores, dtype=np.float64).reshape(-1, 1), scheme.coverage)
    return float(found[-1][0]), {node.code: float(value[0]) for node, value in zip(nodes[:-1], found[:-1], strict=True)}


def without(scheme: Scheme, code: str) -> Scheme | None:
    """The scheme without one indicator (its dimension goes too when it was the last); None when nothing is left."""
    items = tuple(item for item in scheme.indicators if item.code != code)
    groups = list(scheme.dimensions)
    while True:
        kept = [
            g
            for g in groups
            if any(item.dimension == g.code for item in items) or any(o.parent == g.code for o in groups)
        ]
        if len(kept) == len(groups):
            break
        groups = kept
    return replace(scheme, indicators=items, dimensions=tuple(groups)) if items else None
