"""Dividing atoms (hamlets, groups, pieces) into parts: the best choice of connected unions, level by level, proven.

Each candidate part carries its own cost on every goal, and every goal is a sum over parts; so drawing is set partitioning:
choose parts so that each atom lies in exactly one, the cost vector lexicographically smallest. Few atoms: dynamic programming
over sets with exact whole numbers. Many: CP-SAT, one level after the other.

Source: Garfinkel, Nemhauser 1970 (political districting by set partitioning).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Vector = tuple[int, ...]
_STEPS = 150_000
"""Steps of dynamic programming before CP-SAT takes over (a tenth of a second)."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The chosen candidates, their total cost, and per level what no choice among the candidates can be below. ``complete``: all
    connected unions within the ceiling were candidates, so the bound holds for every drawing of these atoms."""

    parts: tuple[int, ...]
    total: Vector
    bound: tuple[int | None, ...]
    complete: bool = True


def unions(
    near: Sequence[int],
    size: Sequence[int],
    ceiling: int,
    *,
    most: int,
    allowed: Callable[[int], bool] = lambda mask: True,
) -> tuple[list[int], bool]:
    """Every connected union of atoms with size up to ``ceiling`` (bit masks; single atoms always), or the nearest ``most`` of them.

    ``near[a]``: mask of the atoms next to atom a; ``allowed``: hereditary (what forbids a set forbids those that hold it).
    The second value says whether the list is complete. Each union is met once: grown from its lowest atom, breadth first.
    """
    count = len(size)
    found: list[int] = [1 << atom for atom in range(count)]
    met = set(found)
    layer = [mask for mask in found if size[mask.bit_length() - 1] < ceiling]
    total = {mask: size[mask.bit_length() - 1] for mask in found}
    border = {mask: near[mask.bit_length() - 1] for mask in found}
    while layer:
        grown: list[int] = []
        for mask in layer:
            rest = border[mask] & ~mask
            while rest:
                bit = rest & -rest
                rest ^= bit
                union = mask | bit
                if union in met:
                    continue
                met.add(union)
                atom = bit.bit_length() - 1
                weight = total[mask] + size[atom]
                if weight > ceiling or not allowed(union):
                    continue
                total[union] = weight
                border[union] = border[mask] | near[atom]
                grown.append(union)
                if len(found) + len(grown) >= most:
                    return found + grown, False
        found += grown
        layer = grown
    return found, True


def choose(
    masks: Sequence[int], costs: Sequence[Vector], count: int, *, complete: bool = True, work: float = 4.0
) -> Chosen | None:
    """The lexicographically cheapest set partition of ``count`` atoms; None when the candidates cannot cover them.

    ``work``: deterministic seconds of CP-SAT a level (the same everywhere, unlike seconds of a clock).
    """
    if not count:
        return Chosen(
            (), tuple(0 for _ in (costs[0] if costs else ())), tuple(0 for _ in (costs[0] if costs else ())), complete
        )
    held: list[list[int]] = [[] for _ in range(count)]
    for index, mask in enumerate(masks):
        held[(mask & -mask).bit_length() - 1].append(index)
    try:
        return _dynamic(masks, costs, count, held, complete)
    except _TooLarge:
        return _cp(masks, costs, count, complete, work)


class _TooLarge(Exception):
    """Too many sets for dynamic programming."""


def _single(masks: Sequence[int], costs: Sequence[Vector], count: int) -> tuple[list[int], list[int]]:
    """Each vector as one whole number that compares alike: a base per level above any possible total."""
    levels = len(costs[0])
    bases = []
    for level in range(levels):
        worst = [0] * count
        for mask, cost in zip(masks, costs, strict=True):
            rest = mask
            while rest:
                bit = rest & -rest
                rest ^= bit
                atom = bit.bit_length() - 1
                worst[atom] = max(worst[atom], cost[level])
        bases.append(sum(worst) + 1)
    numbers = []
    for cost in costs:
        value = 0
        for level in range(levels):
            value = value * bases[level] + cost[level]
        numbers.append(value)
    return numbers, bases


def _dynamic(
    masks: Sequence[int], costs: Sequence[Vector], count: int, held: list[list[int]], complete: bool
) -> Chosen | None:
    numbers, _ = _single(masks, costs, count)
    full = (1 << count) - 1
    best: dict[int, tuple[int, int] | None] = {full: (0, -1)}
    steps = 0

    def solve(done: int) -> tuple[int, int] | None:
        known = best.get(done, ...)
        if known is not ...:
            return known
        free = ~done & full
        low = (free & -free).bit_length() - 1
        answer: tuple[int, int] | None = None
        nonlocal steps
        steps += len(held[low])
        if steps > _STEPS:
            raise _TooLarge
        for index in held[low]:
            if masks[index] & done:
                continue
            rest = solve(done | masks[index])
            if rest is not None and (answer is None or rest[0] + numbers[index] < answer[0]):
                answer = (rest[0] + numbers[index], index)
        best[done] = answer
        return answer

    if solve(0) is None:
        return None
    parts, done = [], 0
    while done != full:
        step = best[done]
        assert step is not None  # noqa: S101 - for the type checker
        parts.append(step[1])
        done |= masks[step[1]]
    total = _sum(costs, parts)
    return Chosen(tuple(sorted(parts)), total, total, complete)


def _sum(costs: Sequence[Vector], parts: Sequence[int]) -> Vector:
    return tuple(sum(costs[part][level] for part in parts) for level in range(len(costs[0])))


def _cp(masks: Sequence[int], costs: Sequence[Vector], count: int, complete: bool, work: float) -> Chosen | None:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    picks = [model.new_bool_var("") for _ in masks]
    for atom in range(count):
        model.add_exactly_one(pick for pick, mask in zip(picks, masks, strict=True) if mask >> atom & 1)
    bounds: list[int | None] = []
    known: list[int] | None = None
    for level in range(len(costs[0])):
        terms = [cost[level] for cost in costs]
        if known is not None and sum(terms[part] for part in known) == 0:
            bounds.append(0)
            model.add(cp_model.LinearExpr.weighted_sum(picks, terms) == 0)
            continue
        goal = cp_model.LinearExpr.weighted_sum(picks, terms)
        model.minimize(goal)
        if known is not None:
            model.clear_hints()
            inside = set(known)
            for index, pick in enumerate(picks):
                model.add_hint(pick, index in inside)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        solver.parameters.max_deterministic_time = work
        status = solver.solve(model)
        if status == cp_model.INFEASIBLE:
            return None
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            known = [index for index, pick in enumerate(picks) if solver.boolean_value(pick)]
            bounds.append(round(solver.best_objective_bound))
        elif known is None:
            return None
        else:
            bounds.append(None)
        model.add(goal <= sum(terms[part] for part in known))
    assert known is not None  # noqa: S101 - for the type checker
    return Chosen(tuple(sorted(known)), _sum(costs, known), tuple(bounds), complete)
