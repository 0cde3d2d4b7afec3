"""Signs that figures were made to fit: bunching at thresholds, digits, jumps at the year's end, ballots too much alike.

A sign is a reason to look, never a verdict: every one carries its chance under honest figures, and whole lists are held to a false
discovery rate (Benjamini and Hochberg 1995), so that 3,000 villages do not give 150 false suspects. Sources: bunching: Saez 2010,
as a binomial test of neighbouring windows; digits: terminal digits are even in honest figures of three digits and more
(Mosimann et al. 1995); outliers by median and MAD.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats as _stats

from yanzhen.planning.index.kernel import Floats
from yanzhen.planning.kernel.text import Text, number

stats: Any = _stats  # its stubs know only a part of it


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign. ``kind``: bunching, digits, round, jump, yearend, unanimous, copied; ``code``: the indicator; ``rows``: villages
    concerned (all of a window for bunching); ``chance``: p-value under honest figures (NaN for plain patterns)."""

    kind: str
    code: str
    rows: tuple[int, ...]
    chance: float
    text: Text


def bunching(code: str, values: Floats, threshold: float, *, width: float = 0.05, alpha: float = 0.01) -> Sign | None:
    """More villages just above a threshold than just below it. ``width``: of the windows, as a share of the threshold."""
    step = abs(threshold) * width or width
    above = np.flatnonzero((values >= threshold) & (values < threshold + step))
    below = np.count_nonzero((values < threshold) & (values >= threshold - step))
    wide_above = np.count_nonzero((values >= threshold + step) & (values < threshold + 2 * step))
    wide_below = np.count_nonzero((values < threshold - step) & (values >= threshold - 2 * step))
    total = len(above) + below
    if total < 20:
        return None
    slope = (wide_below + 1) / (wide_above + 1)  # an honest density may rise or fall through the threshold
    expected = min(0.9, max(0.1, 1 / (1 + slope ** (1 / 3))))
    chance = float(stats.binomtest(len(above), total, expected, alternative="greater").pvalue)
    if chance >= alpha:
        return None
    text = Text(
        f"{len(above)} 个村刚过 {number(threshold)}，差一点没过的只有 {below} 个",
        f"{len(above)} villages are just above {number(threshold)} and only {below} just below",
    )
    return Sign("bunching", code, tuple(int(i) for i in above), chance, text)


def digits(code: str, values: Floats, groups: Sequence[str], *, least: int = 50, alpha: float = 0.01) -> list[Sign]:
    """Last digits of whole figures ≥ 100 by reporting unit (county, township), and too many round numbers against all others."""
    whole = np.where(
        np.isnan(values), 0, values
    )  # what is usual: the median share of a digit over the units, else a tenth
    usable = (whole >= 100) & (np.abs(whole - np.round(whole)) < 1e-9)
    last = np.where(usable, np.round(whole) % 10, -1).astype(np.int64)
    by_group: dict[str, list[int]] = defaultdict(list)
    for row in np.flatnonzero(usable):
        by_group[groups[int(row)]].append(int(row))
    large = [np.bincount(last[rows], minlength=10) / len(rows) for rows in by_group.values() if len(rows) >= least]
    usual = np.median(np.array(large), axis=0) + 1e-3 if len(large) >= 5 else np.full(10, 0.1)
    usual = usual / usual.sum()
    tests: list[tuple[str, list[int], float, int]] = []
    for name, rows in sorted(by_group.items()):
        if len(rows) < least:
            continue
        counts = np.bincount(last[rows], minlength=10)
        chance = float(stats.chisquare(counts, usual * len(rows)).pvalue)
        tests.append((name, rows, chance, int(np.argmax(counts - usual * len(rows)))))
    keep = discoveries([item[2] for item in tests], alpha)
    return [
        Sign(
            "digits",
            code,
            tuple(rows),
            chance,
            Text(
                f"{name}：末位数字“{digit}”出奇地多（{len(rows)} 个数）",
                f"{name}: the last digit {digit} is oddly frequent ({len(rows)} figures)",
            ),
        )
        for (name, rows, chance, digit), good in zip(tests, keep, strict=True)
        if good
    ]


def jumps(code: str, now: Floats, before: Floats, classes: NDArray[Any], *, alpha: float = 0.01) -> list[Sign]:
    """Changes from year to year that are far outside those of the class (robust z of the ratio, false discovery rate)."""
    ratio = np.full(len(now), np.nan)
    good = (now > 0) & (before > 0)
    ratio[good] = np.log(now[good] / before[good])
    chance = np.full(len(now), np.nan)
    centre = np.zeros(len(now))
    for group in np.unique(classes):
        rows = np.flatnonzero((classes == group) & ~np.isnan(ratio))
        if len(rows) < 20:
            continue
        middle = float(np.median(ratio[rows]))
        scale = 1.4826 * float(np.median(np.abs(ratio[rows] - middle)))
        if scale > 0:
            chance[rows] = 2 * stats.t.sf(
                np.abs(ratio[rows] - middle) / scale, df=10
            )  # heavier tails than the normal: real life jumps
            centre[rows] = middle
    rows = np.flatnonzero(~np.isnan(chance))
    keep = discoveries([float(chance[row]) for row in rows], alpha)
    return [
        Sign(
            "jump",
            code,
            (int(row),),
            float(chance[row]),
            Text(
                f"一年从 {number(before[row])} 到 {number(now[row])}，同类中位变化 {np.expm1(centre[row]):+.0%}",
                f"from {number(before[row])} to {number(now[row])} in a year; its class changed by {np.expm1(centre[row]):+.0%}",
            ),
        )
        for row, good_one in zip(rows, keep, strict=True)
        if good_one
    ]


def year_end(code: str, months: Floats, classes: NDArray[Any], *, alpha: float = 0.01) -> list[Sign]:
    """A last month that holds far more of the year than elsewhere in the class. ``months``: villages × 12, flows not stocks."""
    totals = np.nansum(months, axis=1)
    share = np.full(len(months), np.nan)
    good = totals > 0
    share[good] = np.nan_to_num(months[good, -1]) / totals[good]
    chance = np.full(len(months), np.nan)
    for group in np.unique(classes):
        rows = np.flatnonzero((classes == group) & good)
        if len(rows) < 20:
            continue
        middle = float(np.median(share[rows]))
        scale = max(1.4826 * float(np.median(np.abs(share[rows] - middle))), 1e-9)
        chance[rows] = stats.t.sf((share[rows] - middle) / scale, df=10)
    rows = np.flatnonzero(~np.isnan(chance))
    keep = discoveries([float(chance[row]) for row in rows], alpha)
    return [
        Sign(
            "yearend",
            code,
            (int(row),),
            float(chance[row]),
            Text(
                f"全年的 {share[row]:.0%} 记在最后一个月", f"{share[row]:.0%} of the year is booked in its last month"
            ),
        )
        for row, good_one in zip(rows, keep, strict=True)
        if good_one
    ]


def ballots(code: str, share: Floats, votes: Floats, places: Sequence[str], *, least: int = 30) -> list[Sign]:
    """Near-unanimous ballots (98 % and more of 30 or more) and the same count of votes copied through a township."""
    found: list[Sign] = []
    sure = np.flatnonzero((votes >= least) & (share >= 0.98))
    found += [
        Sign(
            "unanimous",
            code,
            (int(row),),
            float("nan"),
            Text(
                f"{votes[row]:g} 票中 {share[row]:.0%} 同意，近乎全票",
                f"{share[row]:.0%} of {votes[row]:g} ballots agree, nearly all",
            ),
        )
        for row in sure
    ]
    same: dict[tuple[str, int, int], list[int]] = defaultdict(list)
    for row in np.flatnonzero((votes >= 10) & ~np.isnan(share)):
        same[(places[int(row)], int(votes[row]), round(share[row] * votes[row]))].append(int(row))
    for (place, total, yes), rows in sorted(same.items()):
        if len(rows) >= 3:
            text = Text(
                f"{place} 有 {len(rows)} 个村同为 {total} 票 {yes} 同意",
                f"{place}: {len(rows)} villages have the same {yes} of {total}",
            )
            found.append(Sign("copied", code, tuple(rows), float("nan"), text))
    return found


def discoveries(chances: Sequence[float], rate: float) -> list[bool]:
    """Benjamini-Hochberg: which of many tests hold at a false discovery rate."""
    m = len(chances)
    order = np.argsort(chances, kind="stable")
    keep = [False] * m
    last = -1
    for place, at in enumerate(order, 1):
        if chances[at] <= rate * place / m:
            last = place
    for at in order[: max(last, 0)]:
        keep[int(at)] = True
    return keep


def by_row(signs: Sequence[Sign], *, most: int = 50) -> Mapping[int, list[Sign]]:
    """Signs of every village; group signs of more than ``most`` villages are left to the county."""
    found: dict[int, list[Sign]] = defaultdict(list)
    for sign in signs:
        if len(sign.rows) <= most or sign.kind in ("bunching", "copied"):
            for row in sign.rows:
                found[row].append(sign)
    return found
