"""Choosing parts: the optimum of brute force, both solvers alike, all unions found once."""

from __future__ import annotations

import random

import pytest

from yanzhen.planning.grids import partition
from yanzhen.planning.grids.party import party_groups


def case(seed: int, count: int) -> tuple[list[int], list[int], list[int], list[tuple[int, ...]]]:
    rng = random.Random(seed)
    size = [rng.randint(10, 50) for _ in range(count)]
    near = [0] * count
    for one in range(count):
        for two in range(one):
            if rng.random() < 0.45:
                near[one] |= 1 << two
                near[two] |= 1 << one
    masks, complete = partition.unions(near, size, 100, most=10_000)
    assert complete
    load = [sum(size[atom] for atom in range(count) if mask >> atom & 1) for mask in masks]
    costs = [(max(0, 40 - item), abs(60 - item), rng.randint(0, 9)) for item in load]
    return near, size, masks, costs


def every_partition(masks: list[int], full: int, chosen: tuple[int, ...] = ()):  # type: ignore[no-untyped-def]
    if not full:
        yield chosen
        return
    low = full & -full
    for index, mask in enumerate(masks):
        if mask & low and mask & ~full == 0:
            yield from every_partition(masks, full & ~mask, (*chosen, index))


@pytest.mark.parametrize("seed", range(12))
def test_both_ways_give_the_lexicographic_optimum_of_brute_force(seed: int) -> None:
    count = 4 + seed % 5
    _, _, masks, costs = case(seed, count)
    best = min(
        tuple(sum(costs[part][level] for part in parts) for level in range(3))
        for parts in every_partition(masks, (1 << count) - 1)
    )
    chosen = partition.choose(masks, costs, count)
    assert chosen is not None
    assert chosen.total == chosen.bound == best
    slow = partition._cp(masks, costs, count, True, 10.0)
    assert slow is not None
    assert slow.total == slow.bound == best


def connected(mask: int, near: list[int]) -> bool:
    reached = mask & -mask
    while True:
        wider = reached
        for atom in range(len(near)):
            if reached >> atom & 1:
                wider |= near[atom] & mask
        if wider == reached:
            return reached == mask
        reached = wider


@pytest.mark.parametrize("seed", range(6))
def test_unions_are_exactly_the_connected_sets_within_the_ceiling(seed: int) -> None:
    near, size, masks, _ = case(seed, 7)
    wanted = {
        mask
        for mask in range(1, 1 << 7)
        if connected(mask, near)
        and (mask.bit_count() == 1 or sum(size[atom] for atom in range(7) if mask >> atom & 1) <= 100)
    }
    assert sorted(masks) == sorted(wanted)


def test_a_union_that_is_not_allowed_is_never_offered() -> None:
    near, size, _, _ = case(3, 7)
    masks, _ = partition.unions(near, size, 200, most=10_000, allowed=lambda mask: mask & 0b11 != 0b11)
    assert all(mask & 0b11 != 0b11 for mask in masks)


def test_large_cases_go_to_the_solver_and_cover_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "_STEPS", 10)
    _, _, masks, costs = case(5, 9)
    chosen = partition.choose(masks, costs, 9)
    assert chosen is not None
    assert sum(masks[part] for part in chosen.parts) == (1 << 9) - 1


def test_party_groups_have_enough_members_and_are_as_many_as_possible() -> None:
    line = [0b0010, 0b0101, 0b1010, 0b0100]  # four grids in a row
    apart = [[abs(one - two) for two in range(4)] for one in range(4)]
    groups = party_groups([3, 1, 2, 4], line, apart, 3, [0, 1, 2, 3])
    assert [group.grids for group in groups] == [(0,), (1, 2), (3,)]
    assert all(group.enough for group in groups)
    alone = party_groups([1, 0, 1, 0], line, apart, 3, [0, 1, 2, 3])
    assert [group.grids for group in alone] == [(0, 1, 2, 3)]
    assert not alone[0].enough
