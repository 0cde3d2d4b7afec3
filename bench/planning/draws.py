"""Draws: a stratified draw of a province and its check by the published rule. Two seconds."""

from __future__ import annotations

from datetime import date

from bench.planning.frame import Row, part, timed
from yanzhen.planning import draws


def run(quick: bool) -> list[Row]:
    """Rows of the table."""
    rows = []
    for size in (250, 3_000) if quick else (250, 3_000, 20_000):
        villages = tuple(
            draws.Village(
                f"v{i:06d}",
                f"村{i}",
                f"县{i % max(1, size // 250)}",
                date(2024 + i % 3, 1 + i % 10, 5) if i % 5 else None,
            )
            for i in range(size)
        )
        problem = draws.Problem(villages, size // 12, date(2026, 11, 20), 6, date(2026, 1, 1), 4, lottery="2026133")
        with part(f"draw {size}"):
            plan, seconds = timed(lambda problem=problem: draws.solve(problem))
            found, again = timed(lambda problem=problem, plan=plan: draws.check(problem, plan))
        drawn = sum(line.drawn for line in plan.lines)
        rows.append(
            Row(
                "draws",
                f"{size:,} villages",
                "yanzhen",
                seconds,
                f"{drawn} drawn, check {again:.2f} s, {len(found)} faults",
            )
        )
    return rows
