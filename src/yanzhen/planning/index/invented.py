"""Invented villages for examples, tests and benches: three kinds of village, figures that hang together, planted signs."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.index.problem import Village
from yanzhen.planning.index.scheme import Dimension, Indicator, Scheme
from yanzhen.planning.kernel.text import same

KINDS = ("城郊", "平原", "山区")
COUNTIES = ("云溪县", "石桥县", "松坪县", "青禾县")
NAMES = (
    "柳河",
    "上坪",
    "石门",
    "青山",
    "白云",
    "双溪",
    "田坝",
    "竹园",
    "银杏",
    "红岩",
    "清泉",
    "月亮",
    "大湾",
    "凤凰",
    "梨园",
    "茶山",
)


def villages(count: int = 240, seed: int = 7, *, gap: float = 0.04) -> tuple[list[Village], list[Village]]:
    """Villages of this year and the year before for the example's scheme. Planted: a county whose collective incomes end in 8, a
    crowd just above 200,000 yuan, a village that jumps twentyfold, copied ballots."""
    rng = np.random.default_rng(seed)
    now: list[Village] = []
    old: list[Village] = []
    for i in range(count):
        kind = int(rng.integers(0, 3))
        county = COUNTIES[int(rng.integers(0, 4))]
        good, own = float(rng.normal()), 0.2 * float(rng.normal())
        for year, rows in ((0, old), (1, now)):
            q = good + 0.25 * year + 0.35 * float(rng.normal())
            income = float(np.exp(12.1 - 0.35 * kind + 0.45 * q + own + 0.1 * rng.normal()))
            if year and 180_000 < income < 200_000 and rng.random() < 0.8:
                income = 200_000 + float(rng.integers(0, 3_000))
            income = float(round(income))
            if county == "石桥县" and rng.random() < 0.6:
                income = income // 10 * 10 + 8
            if year and i == 17:
                income *= 20
            votes = float(rng.integers(12, 180))
            share = float(rng.binomial(int(votes), 1 / (1 + np.exp(-1.4 - 0.5 * q)))) / votes
            if year and i in (30, 31, 32, 33):
                votes, share, county = 60.0, 57 / 60, "青禾县"
            figures = {
                "meetings": min(1.0, max(0.2, 0.85 + 0.08 * q + 0.1 * rng.normal())),
                "ballot": share,
                "young": min(0.6, max(0.0, 0.18 - 0.03 * kind + 0.03 * q + 0.04 * rng.normal())),
                "income": income,
                "perhead": float(round(np.exp(9.9 - 0.15 * kind + 0.12 * q + 0.08 * rng.normal()))),
                "debt": max(0.0, 0.5 - 0.2 * q + 0.4 * rng.normal()),
                "matters": min(1.0, max(0.5, 0.88 + 0.05 * q + 0.06 * rng.normal())),
                "disclosure": float(rng.choice([2, 3, 4, 4, 4, 5, 6])),
                "disputes": max(0.0, 1.2 - 0.4 * q + 0.6 * rng.normal()),
                "errands": max(0.0, 1.5 + 0.3 * q + 0.5 * rng.normal()),
                "minutes": max(3.0, 14 + 9 * kind - 2 * q + 6 * rng.normal()),
                "elders": min(1.0, max(0.1, 0.8 + 0.08 * q + 0.12 * rng.normal())),
                "toilets": min(1.0, max(0.2, 0.9 - 0.08 * kind + 0.03 * q + 0.06 * rng.normal())),
                "homes": min(1.0, max(0.0, 0.55 + 0.1 * q + 0.12 * rng.normal())),
            }
            kept = {code: round(float(value), 4) for code, value in figures.items() if rng.random() > gap}
            name = f"{NAMES[i % len(NAMES)]}{'' if i < len(NAMES) else i // len(NAMES)}村"
            rows.append(Village(f"5301{i:05d}", name, county, (KINDS[kind],), kept, {"ballot": votes}))
    return now, old


def write_csv(target: Path, rows: list[Village], scheme: Scheme) -> Path:
    """The sheet as a county would hand it in."""
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        voted = [item for item in scheme.indicators if item.votes]
        head = [
            "村代码",
            "村",
            "县",
            *scheme.classes,
            *(item.title.zh for item in scheme.indicators),
            *(item.votes for item in voted),
        ]
        writer.writerow(head)
        for row in rows:
            figures = [
                "" if row.figures.get(item.code) is None else f"{row.figures[item.code]:g}"
                for item in scheme.indicators
            ]
            incomes = [item.code for item in scheme.indicators]
            for at, code in enumerate(incomes):
                if code in ("income", "perhead") and code in row.figures:
                    figures[at] = str(int(row.figures[code]))
            writer.writerow(
                [
                    row.code,
                    row.name,
                    row.county,
                    *row.labels,
                    *figures,
                    *(f"{row.votes.get(item.code, 0):g}" for item in voted),
                ]
            )
    return target


def nation(
    rows: int, indicators: int = 50, classes: int = 155, seed: int = 1
) -> tuple[Scheme, NDArray[np.float32], NDArray[np.int64]]:
    """Numbers only, for speed: villages × indicators (5 % missing), classes, and a scheme of five dimensions."""
    rng = np.random.default_rng(seed)
    raw = rng.standard_normal((rows, indicators), dtype=np.float32)
    raw += rng.standard_normal((rows, 1), dtype=np.float32) * np.float32(0.6)
    np.exp(raw, out=raw)
    raw[rng.random((rows, indicators), dtype=np.float32) < 0.05] = np.nan
    groups = tuple(Dimension(f"d{i}", same(f"d{i}"), mean="arithmetic") for i in range(5))
    items = tuple(
        Indicator(f"i{i}", same(f"i{i}"), f"d{i * 5 // indicators}", direction=1 if i % 3 else -1)
        for i in range(indicators)
    )
    return Scheme("nation", same("nation"), 2026, groups, items), raw, rng.integers(0, classes, rows)
