"""Why a village stands where it stands, and what one more star would take.

Contributions are exact: they add up to the distance between the village and the typical village of its class (the one with the
class's median score in every indicator), whatever means the scheme uses. For a mean with lift f (power or logarithm) the distance
y - y0 splits into w·(f(s) - f(s0))·(y - y0)/(f(y) - f(y0)), level by level; for the geometric mean this is the logarithmic mean
Divisia decomposition (Ang 2004).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yanzhen.planning.index.kernel import Floats, Kernel, Node, combine, drop, lift
from yanzhen.planning.index.scheme import HIGHEST, Indicator, Scheme


@dataclass(frozen=True, slots=True)
class Part:
    """What one indicator adds (points of the index) against the typical village; ``score`` and ``typical`` of the indicator."""

    code: str
    points: float
    score: float
    typical: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From the typical village's index to this one's: ``start`` + ``gaps`` + all parts = ``end``. ``gaps``: what weights shifted by
    missing figures do to the typical village itself."""

    start: float
    gaps: float
    parts: tuple[Part, ...]
    end: float


def waterfall(scheme: Scheme, scores: Floats, typical: Floats) -> Waterfall:
    """Split the index of one village. ``scores`` and ``typical``: normalised indicators (NaN = missing)."""
    core = Kernel(scheme)
    whole = np.array(typical, dtype=np.float64)
    full = float(combine(core.nodes, whole.reshape(-1, 1), scheme.coverage)[-1][0])
    seen = np.where(np.isnan(scores), np.nan, whole)
    mine = [
        float(value[0])
        for value in combine(core.nodes, np.asarray(scores, dtype=np.float64).reshape(-1, 1), scheme.coverage)
    ]
    base = _base(core.nodes, seen, mine)
    parts = np.zeros(core.k)
    _split(core.nodes, len(core.nodes) - 1, np.asarray(scores, dtype=np.float64), seen, mine, base, 1.0, parts)
    rows = tuple(
        Part(item.code, float(parts[i]), float(scores[i]), float(whole[i])) for i, item in enumerate(scheme.indicators)
    )
    start = full if not np.isnan(full) else base[-1]
    return Waterfall(start, base[-1] - start, rows, mine[-1])


def _base(nodes: Sequence[Node], seen: Floats, mine: Sequence[float]) -> list[float]:
    """The typical village with this one's gaps: what is left out of this one's means is left out of its means too."""
    base: list[float] = []
    for node in nodes:
        members = [(weight, float(seen[row])) for row, weight in zip(node.rows, node.row_weights, strict=True)]
        members += [
            (w, base[c] if not np.isnan(mine[c]) else np.nan)
            for c, w in zip(node.nodes, node.node_weights, strict=True)
        ]
        there = [(weight, value) for weight, value in members if not np.isnan(value)]
        total = sum(weight for weight, _ in there)
        lifted = sum(weight * float(lift(value, node.power)) for weight, value in there)
        base.append(float(drop(lifted / total, node.power)) if total else np.nan)
    return base


def _split(
    nodes: Sequence[Node],
    at: int,
    scores: Floats,
    seen: Floats,
    mine: list[float],
    base: list[float],
    scale: float,
    parts: Floats,
) -> None:
    node = nodes[at]
    members = [
        (weight, scores[row], seen[row], row, True) for row, weight in zip(node.rows, node.row_weights, strict=True)
    ]
    members += [(weight, mine[c], base[c], c, False) for c, weight in zip(node.nodes, node.node_weights, strict=True)]
    there = [item for item in members if not (np.isnan(item[1]) or np.isnan(item[2]))]
    total = sum(item[0] for item in there)
    if not total or np.isnan(mine[at]):
        return
    rate = _rate(mine[at], base[at], node.power) * scale / total
    for weight, value, typical, where, leaf in there:
        if leaf:
            parts[where] += weight * float(lift(value, node.power) - lift(typical, node.power)) * rate
        else:
            inner = weight * rate / _rate(value, typical, node.power)
            _split(nodes, where, scores, seen, mine, base, inner, parts)


def _rate(value: float, typical: float, power: float) -> float:
    """(y - y0) / (f(y) - f(y0)), its limit when they are equal."""
    if power == 1.0:
        return 1.0
    gap = float(lift(value, power) - lift(typical, power))
    if abs(value - typical) > 1e-7 * max(1.0, abs(value)) and gap:
        return (value - typical) / gap
    safe = max(value, 1e-9)
    return safe if power == 0.0 else safe ** (1.0 - power) / power


@dataclass(frozen=True, slots=True)
class Step:
    """One way up: the indicator, its score and figure now, and what they would have to be. ``figure`` None: cannot be told as a
    figure (ranks); ``effort``: share of the indicator's whole scale (1 = from nothing to everything)."""

    code: str
    score: float
    needed: float
    now: float | None
    figure: float | None
    effort: float


def steps_to(
    scheme: Scheme, scores: Floats, raw: Floats, goal: float, a: Floats, b: Floats, *, limit: int = 8
) -> tuple[Step, ...]:
    """Every single indicator whose improvement alone lifts the index to ``goal``, least effort first."""
    core = Kernel(scheme)
    block = np.repeat(np.asarray(scores, dtype=np.float64).reshape(-1, 1), core.k, axis=1)
    low = np.diag(block).copy()
    caps = np.array([min(HIGHEST, item.cap) for item in scheme.indicators])
    low = np.where(np.isnan(low), core.lowest, low)
    high = np.maximum(caps, low)
    where = np.arange(core.k)
    block[where, where] = high
    reach = combine(core.nodes, block, scheme.coverage)[-1]
    able = (reach >= goal) & (high > low)
    for _ in range(50):
        middle = (low + high) / 2
        block[where, where] = middle
        ok = combine(core.nodes, block, scheme.coverage)[-1] >= goal
        high, low = np.where(ok, middle, high), np.where(ok, low, middle)
    found = []
    for i in np.flatnonzero(able):
        item = scheme.indicators[i]
        start = core.lowest if np.isnan(scores[i]) else float(scores[i])
        figure = figure_for(item, float(high[i]), float(a[i]), float(b[i]), core.lowest)
        now = None if np.isnan(raw[i]) else float(raw[i])
        found.append(Step(item.code, start, float(high[i]), now, figure, (float(high[i]) - start) / core.span))
    return tuple(sorted(found, key=lambda step: (step.effort, step.code))[:limit])


def figure_for(item: Indicator, score: float, a: float, b: float, lowest: float) -> float | None:
    """The figure that just earns a score; None for percent ranks and scores out of reach."""
    part = (score - lowest) / (HIGHEST - lowest)
    kind = item.normaliser
    if kind == "minmax":
        value = a + part * (b - a) if item.direction > 0 else b - part * (b - a)
    elif kind == "zscore":
        value = a + item.direction * (part - 0.5) * 6 * b
    elif kind == "target":
        base, target = (np.log(item.base), np.log(item.target)) if item.log else (item.base, item.target)
        value = base + part * (target - base)
    elif kind == "pass":
        return item.target
    elif kind == "deduct":
        return item.base + (1.0 - part) * 100.0 / item.points
    elif kind == "asis":
        return 100.0 * part if item.direction > 0 else 100.0 * (1 - part)
    else:
        return None
    if np.isnan(value):
        return None
    return float(np.exp(value)) if item.log else float(value)


def even_lift(scheme: Scheme, scores: Floats, goal: float) -> float | None:
    """How many points every indicator would have to gain together (each up to its cap) to reach ``goal``; None when it cannot."""
    core = Kernel(scheme)
    caps = np.array([min(HIGHEST, item.cap) for item in scheme.indicators])
    base = np.asarray(scores, dtype=np.float64)

    def reached(gain: float) -> float:
        lifted = np.minimum(base + gain, np.maximum(caps, base))
        return float(combine(core.nodes, lifted.reshape(-1, 1), scheme.coverage)[-1][0])

    if not reached(core.span) >= goal:
        return None
    low, high = 0.0, core.span
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) >= goal else (middle, high)
    return high


def typical_scores(scores: Floats) -> Floats:
    """The median of every indicator of a class (indicators × villages)."""
    with np.errstate(all="ignore"):
        there = ~np.isnan(scores).all(axis=1)
        result = np.full(scores.shape[0], np.nan)
        result[there] = np.nanmedian(scores[there], axis=1)
    return result
