"""Small invented rotations."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from yanzhen.planning.rotation import Parameters, Person, Problem, Term, Unit, Village
from yanzhen.planning.rotation.field import Field

START = date(2026, 5, 1)
SKILLS = ("农技", "电商", "财务")


def make(seed: int, *, villages: int = 3, posts: int = 2, people: int = 7, units: int = 3, **rules: Any) -> Problem:
    """Villages and people by chance, with every rule in play."""
    rng = np.random.default_rng(seed)
    towns = ("甲乡", "乙乡")
    places = tuple(
        Village(
            f"V{i}",
            f"村{i}",
            towns[i % 2],
            ("weak", "lifted", "relocation", "key")[int(rng.integers(4))],
            posts,
            int(rng.integers(4, 9)),
            (str(rng.choice(SKILLS)),),
            (f"U{int(rng.integers(units))}",),
            bool(rng.random() < 0.3),
            x=float(rng.random()),
            y=float(rng.random()),
        )
        for i in range(villages)
    )
    folk = []
    for i in range(people):
        home = places[int(rng.integers(villages))]
        stays = rng.random() < 0.15 and i < villages
        terms = (
            (Term(f"V{int(rng.integers(villages))}", date(2021, 6, 1), date(2023, 6, 1)),) if rng.random() < 0.3 else ()
        )
        folk.append(
            Person(
                f"P{i:02d}",
                f"干部{i}",
                "f" if rng.random() < 0.35 else "m",
                f"U{int(rng.integers(units))}",
                home.id if rng.random() < 0.4 else "",
                home.township,
                date(int(rng.integers(1970, 2000)), 3, 5),
                date(int(rng.integers(2005, 2026)), 7, 1) if rng.random() < 0.8 else None,
                date(int(rng.integers(2000, 2026)), 8, 1),
                str(rng.choice(["", "", "", "teacher"])),
                (str(rng.choice(SKILLS)),),
                int(rng.integers(1, 6)),
                terms,
                current=f"V{i}" if stays else "",
                role="member" if stays else "",
                since=date(2025, 6, 1) if stays else None,
                leaving=not stays,
                kin_villages=(f"V{int(rng.integers(villages))}",) if rng.random() < 0.15 else (),
                care=bool(rng.random() < 0.2),
                can_lead=bool(rng.random() < 0.7),
                health=bool(rng.random() < 0.95),
                x=float(rng.random()),
                y=float(rng.random()),
            )
        )
    for a, b, spouse in ((0, 1, True), (2, 3, False)):
        if spouse:
            folk[a], folk[b] = replace(folk[a], spouse=folk[b].id), replace(folk[b], spouse=folk[a].id)
        else:
            folk[a] = replace(folk[a], kin=(folk[b].id,))
    held = tuple(Unit(f"U{i}", f"单位{i}", int(rng.integers(2, 5))) for i in range(units))
    values: dict[str, Any] = {
        "start": START,
        "far_minutes": 90.0,
        "couples": "not_both",
        "excluded": ("teacher",),
        **rules,
    }
    return Problem(places, tuple(folk), held, Parameters(**values))


def best(problem: Problem) -> tuple[int, ...]:
    """The best vector by trying every assignment that breaks no rule."""
    field = Field(problem)
    choices = [
        [int(field.fixed[i])] if field.fixed[i] >= 0 else [-1, *np.flatnonzero(field.eligible[i]).tolist()]
        for i in range(len(problem.people))
    ]
    found: tuple[int, ...] | None = None
    for combination in itertools.product(*choices):
        assignment = np.array(combination, dtype=np.int64)
        counts = np.bincount(assignment[assignment >= 0], minlength=len(problem.villages))
        if (counts > field.posts).any():
            continue
        vector = field.vector(assignment)
        if (found is None or vector < found) and not field.broken(assignment):
            found = vector
    assert found is not None
    return found
