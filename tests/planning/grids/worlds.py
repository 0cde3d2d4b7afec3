"""Small invented worlds for the tests of drawing grids."""

from __future__ import annotations

import random
from dataclasses import replace

from shapely.geometry import LineString, box

from yanzhen.planning.grids import Barrier, Crossing, Earlier, Home, Layer, Place, Problem, Scheme, Village
from yanzhen.planning.grids.reading import earlier_plan
from yanzhen.planning.kernel import Plan, Text

CODE = "350999001200"
GRID = Layer(Text("网格", "Grid"), 6, 10, 15, 600, 3)
CONTACT = Layer(Text("联户组", "Contact group"), 2, 3, 4, 0, 2)
SMALL = Scheme(grid=GRID, contact=CONTACT)


def hamlet(
    name: str,
    x: float,
    y: float,
    size: int,
    *,
    groups: int = 1,
    code: str = CODE,
    rng: random.Random | None = None,
    several: float = 0.0,
) -> list[Home]:
    """Homes around a place, in metres."""
    rng = rng or random.Random(name)
    homes = []
    for number in range(size):
        count = rng.randint(2, 4) if rng.random() < several else 1
        homes.append(
            Home(
                f"{code[-3:]}{name}{number:02d}",
                code,
                500_000 + round(x + rng.uniform(-60, 60), 2),
                2_800_000 + round(y + rng.uniform(-60, 60), 2),
                f"{name}{number * groups // size + 1}组" if groups else "",
                name,
                count,
                None,
                int(rng.random() < 0.2),
                rng.choice(("", "", "yes", "no")),
            )
        )
    return homes


def area(west: float = -400, south: float = -400, east: float = 1400, north: float = 1400):  # type: ignore[no-untyped-def]
    """A village boundary in metres."""
    return box(500_000 + west, 2_800_000 + south, 500_000 + east, 2_800_000 + north)


def world(
    seed: int, *, hamlets: int = 4, scheme: Scheme = SMALL, river: bool = False, villages: int = 1, several: float = 0.0
) -> Problem:
    """A few villages with hamlets of 3 to 20 homes; ``river``: one across, with a bridge."""
    rng = random.Random(seed)
    homes: list[Home] = []
    made = []
    for turn in range(villages):
        code = f"350999001{200 + turn}"
        east = 1800 * turn
        made.append(Village(code, f"第{turn + 1}村", area(-400 + east, -400, 1400 + east, 1400)))
        for number in range(hamlets):
            x, y = rng.uniform(-200, 1200) + east, rng.uniform(-200, 1200)
            homes += hamlet(
                "甲乙丙丁戊己庚辛"[number],
                x,
                y,
                rng.randint(3, 20),
                groups=rng.randint(1, 2),
                code=code,
                rng=rng,
                several=several,
            )
    barriers: tuple[Barrier, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    if river:
        y = 2_800_000 + rng.uniform(200, 800)
        barriers = (Barrier("R1", LineString([(499_000, y), (500_600, y + 60), (506_000, y - 40)]), "河"),)
        crossings = tuple(Crossing(f"B{turn}", 500_500 + 1800 * turn, y + 55) for turn in range(villages))
    return Problem(tuple(homes), tuple(made), barriers, crossings, scheme)


def shuffled(problem: Problem, seed: int) -> Problem:
    """The same problem with its rows in another order."""
    rng = random.Random(seed)
    homes, villages = list(problem.homes), list(problem.villages)
    rng.shuffle(homes)
    rng.shuffle(villages)
    return replace(
        problem,
        homes=tuple(homes),
        villages=tuple(villages),
        barriers=problem.barriers[::-1],
        locks=problem.locks[::-1],
    )


def after(problem: Problem, plan: Plan[Place], *, keep: bool = True) -> Problem:
    """The same problem, with the plan as the drawing in force."""
    earlier: Earlier = earlier_plan(plan, {home.id: (home.x, home.y) for home in problem.homes}, keep=keep)
    return replace(problem, earlier=earlier)


def grids_of(plan: Plan[Place]) -> dict[str, set[str]]:
    """Grid → households."""
    held: dict[str, set[str]] = {}
    for line in plan.lines:
        held.setdefault(line.grid, set()).add(line.home)
    return held
