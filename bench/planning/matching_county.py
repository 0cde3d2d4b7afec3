"""An invented province for the benchmark of matching: townships with villages around them, institutions in the cities, subjects as uneven
as in the field. Nothing in it is real."""

from __future__ import annotations

import numpy as np

from yanzhen.planning.matching import Cooperation, Need, Problem, Rules, Specialist

#: GB/T 13745 second-level subjects of agriculture, animals, water, food, and their third-level places.
FIELDS = [f"{first}{second}" for first, seconds in {
    "210": ("10", "15", "20", "25", "30", "35", "40", "45", "50", "60"),
    "220": ("10", "15", "20", "30"),
    "230": ("10", "20", "30"),
    "240": ("10", "20"),
    "550": ("10", "20", "30"),
    "630": ("10", "40"),
    "790": ("10", "30"),
}.items() for second in seconds]  # fmt: skip


def province(
    villages: int,
    specialists: int,
    seed: int = 1,
    *,
    needs: int = 0,
    capacity: tuple[int, ...] = (1,),
    per_township: int = 14,
    **rules: object,
) -> Problem:
    """``needs`` 0 = one a village."""
    rng = np.random.default_rng(seed)
    needs = needs or villages
    townships = max(1, villages // per_township)
    counties = max(1, townships // 14)
    size = np.sqrt(villages) * 0.021  # degrees: about 5 km² a village
    town_at = rng.random((townships, 2)) * size
    village_at = town_at[np.arange(villages) % townships] + rng.normal(0, 0.05, (villages, 2))
    cities = rng.random((max(2, counties // 2), 2)) * size
    weight = 1 / np.arange(1, len(FIELDS) + 1) ** 0.7
    weight /= weight.sum()
    wants = rng.choice(len(FIELDS), needs, p=weight)
    haves = rng.choice(len(FIELDS), specialists, p=weight)
    seconds = rng.choice(len(FIELDS), specialists, p=weight)
    third_need, third_one = rng.integers(1, 6, needs), rng.integers(1, 6, specialists)
    home = rng.integers(0, len(cities), specialists)
    one_at = np.where(
        rng.random(specialists)[:, None] < 0.5,
        cities[home] + rng.normal(0, 0.03, (specialists, 2)),
        rng.random((specialists, 2)) * size,
    )
    at = (
        np.concatenate([np.arange(villages), rng.integers(0, villages, needs - villages)])
        if needs > villages
        else rng.permutation(villages)[:needs]
    )
    caps = rng.choice(capacity, specialists)
    dialect = np.arange(counties) % 5
    county_of = (np.arange(villages) % townships) * counties // townships
    speaks = rng.integers(0, 5, specialists)

    def place(point: np.ndarray) -> tuple[float, float]:
        return round(107 + float(point[0]), 5), round(23 + float(point[1]), 5)

    ones = tuple(
        Specialist(
            f"S{i:05d}", f"专家{i}", f"院校{home[i]}",
            tuple(sorted({f"{FIELDS[haves[i]]}{third_one[i] * 10}", FIELDS[seconds[i]]} if i % 4 == 0 else {f"{FIELDS[haves[i]]}{third_one[i] * 10}"})),
            int(caps[i]), (), (f"方言{speaks[i]}",) if i % 3 == 0 else (), (), i % 97 != 0, *place(one_at[i]),
        )
        for i in range(specialists)
    )  # fmt: skip
    rows = tuple(
        Need(
            f"N{i:05d}", f"村{v}", f"乡{v % townships}", f"县{county_of[v]}",
            f"{FIELDS[wants[i]]}{third_need[i] * 10}", 1, "", (f"方言{dialect[county_of[v]]}",) if i % 5 == 0 else (), *place(village_at[v]),
        )
        for i, v in enumerate(at.tolist())
    )  # fmt: skip
    some = rng.integers(0, specialists, villages // 4)
    together = tuple(
        Cooperation(f"S{s:05d}", f"县{county_of[v]}/乡{v % townships}/村{v}")
        for s, v in zip(some.tolist(), rng.integers(0, villages, villages // 4).tolist(), strict=True)
    )
    return Problem(ones, rows, together, rules=Rules(**rules))  # type: ignore[arg-type]
