"""Party groups 党小组 on grids: a grid with enough full members has its own; others are put together with neighbours.

党章 Art. 30 asks three full members for a branch (支部); for a group inside a branch the county's scheme gives the number (three by
default). Chosen: as many groups as possible, then the shortest distance between the grids of a group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from yanzhen.planning.grids.partition import choose, unions


@dataclass(frozen=True, slots=True)
class PartyGroup:
    """Grids (by number) whose members form one party group. ``enough``: they reach the number that the scheme asks for."""

    grids: tuple[int, ...]
    members: int
    enough: bool


def party_groups(
    members: Sequence[int], near: Sequence[int], apart: Sequence[Sequence[int]], low: int, order: Sequence[int]
) -> list[PartyGroup]:
    """``members``: full members of each grid; ``near``: bit masks of neighbouring grids; ``apart``: metres between grids;
    ``order``: a rank of the grids for ties."""
    count = len(members)
    if not count:
        return []
    if sum(members) < low:
        return [PartyGroup(tuple(range(count)), sum(members), False)]

    def enough(mask: int) -> bool:
        return sum(members[grid] for grid in range(count) if mask >> grid & 1) >= low

    # A set that has enough never needs another grid that has enough itself.
    def allowed(mask: int) -> bool:
        inside = [grid for grid in range(count) if mask >> grid & 1]
        rich = [grid for grid in inside if members[grid] >= low]
        return len(rich) <= 1 and len(inside) <= 8

    masks, complete = unions(near, [1] * count, 8, most=600, allowed=allowed)
    costs = []
    for mask in masks:
        inside = [grid for grid in range(count) if mask >> grid & 1]
        lack = 0 if enough(mask) else 1
        far = sum(apart[one][two] for one in inside for two in inside if one < two)
        costs.append(
            (lack * len(inside), len(inside) - 1, far, sum(order[grid] for grid in inside) * (len(inside) - 1))
        )
    chosen = choose(masks, costs, count, complete=complete)
    if chosen is None:  # pragma: no cover - single grids always cover
        return []
    result = []
    for part in chosen.parts:
        grids = tuple(grid for grid in range(count) if masks[part] >> grid & 1)
        result.append(PartyGroup(grids, sum(members[grid] for grid in grids), enough(masks[part])))
    return sorted(result, key=lambda group: group.grids)
