"""The lines of a siting plan: every site with its answer, what it serves, and its place in the order of building."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from yanzhen.planning.kernel import Finding, Text, tie
from yanzhen.planning.siting import access, travel
from yanzhen.planning.siting.ground import Ground, Mask


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One site. ``answer``: existing (stays), new (to be built) or "" (not open). ``people``, ``elders``: within its circle;
    ``only``, ``only_elders``: who has no other open point; ``order``: place in the order of building (0 = not new);
    ``adds``: people it adds at its turn."""

    site: str
    name: str
    answer: str
    cost: float
    people: int
    elders: int
    only: int
    only_elders: int
    order: int = 0
    adds: int = 0

    @property
    def key(self) -> str:
        """The site."""
        return self.site

    @property
    def choice(self) -> str:
        """Open as what."""
        return self.answer


def building_order(ground: Ground, chosen: Mask, seed: int) -> list[tuple[int, int]]:
    """New sites by the people each adds when its turn comes (then people over 60, then the published hash): (site, adds)."""
    left = set(np.flatnonzero(chosen & ~ground.existing).tolist())
    columns = ground.circle.tocsc()
    count = ground.covered(chosen & ground.existing)
    rank = {site: tie(seed, ground.problem.sites[site].id) for site in left}
    order: list[tuple[int, int]] = []

    def adds(site: int) -> tuple[float, float]:
        rows = columns.indices[columns.indptr[site] : columns.indptr[site + 1]]
        rows = rows[count[rows] == 0]
        return float(ground.people[rows].sum()), float(ground.elders[rows].sum())

    # What a site adds only shrinks, so a stale value is an upper bound (lazy greedy, Minoux 1978).
    worth = {site: adds(site) for site in left}
    while left:
        while True:
            best = min(left, key=lambda site: (-worth[site][0], -worth[site][1], rank[site]))
            fresh = adds(best)
            if fresh == worth[best]:
                break
            worth[best] = fresh
        order.append((best, int(worth[best][0])))
        left.remove(best)
        count[columns.indices[columns.indptr[best] : columns.indptr[best + 1]]] += 1
    return order


def lines_of(ground: Ground, chosen: Mask, seed: int) -> tuple[SiteLine, ...]:
    """All lines, by site id."""
    columns = ground.circle.tocsc()
    count = ground.covered(chosen)
    order = {site: (turn, adds) for turn, (site, adds) in enumerate(building_order(ground, chosen, seed), 1)}
    found = []
    for index, site in enumerate(ground.problem.sites):
        rows = columns.indices[columns.indptr[index] : columns.indptr[index + 1]]
        only = rows[count[rows] == 1] if chosen[index] else rows[:0]
        answer = ("existing" if site.existing else "new") if chosen[index] else ""
        turn, adds = order.get(index, (0, 0))
        found.append(
            SiteLine(
                site.id,
                site.name,
                answer,
                float(ground.cost[index]),
                int(ground.people[rows].sum()),
                int(ground.elders[rows].sum()),
                int(ground.people[only].sum()),
                int(ground.elders[only].sum()),
                turn,
                adds,
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Outside:
    """A place without an open point in its circle: the nearest one and its minutes, and why."""

    place: str
    name: str
    people: int
    elders: int
    nearest: str
    minutes: float
    why: Text


WHY = {
    "none": Text("任何候选点都不在圈内，需上门或流动服务", "no candidate within the circle: needs a mobile service"),
    "closed": Text("圈内有点，但在需要的时段不开放", "a point is near but closed in the needed hours"),
    "land": Text("圈内只有没有用地或被锁定不建的点", "only sites without land, or locked, are within the circle"),
    "limit": Text("圈内有候选点，受点数或预算限制未建", "a candidate is within the circle, left out by the limit"),
}


def outside(ground: Ground, chosen: Mask) -> tuple[Outside, ...]:
    """Everybody outside, with the nearest open point and the reason."""
    rows = np.flatnonzero(ground.covered(chosen) == 0)
    if not len(rows):
        return ()
    site, minutes = travel.nearest(ground.problem, chosen & ground.serving)
    raw = ground.times.within(ground.problem.parameters.minutes)
    found = []
    for row in rows:
        place = ground.problem.places[row]
        sites = raw.indices[raw.indptr[row] : raw.indptr[row + 1]]
        if not len(sites):
            why = "none"
        elif not ground.may[sites].any():
            why = "land"
        elif not (ground.may[sites] & ground.serving[sites]).any():
            why = "closed"
        else:
            why = "limit"
        name = ground.problem.sites[site[row]].name if site[row] >= 0 else ""
        found.append(Outside(place.id, place.name, place.people, place.elders, name, float(minutes[row]), WHY[why]))
    return tuple(found)


def notes_of(ground: Ground, chosen: Mask) -> tuple[Finding, ...]:
    """Who no candidate reaches comes first: a building cannot help there."""
    notes: list[Finding] = []
    lost = ~np.asarray(np.diff(ground.circle.indptr) > 0)
    if lost.any():
        text = Text(
            "{n} 个居民点（{p} 人，其中60岁以上 {e} 人）任何候选点都到不了：先安排上门、流动服务或新找场地。例如 {names}",
            "{n} places ({p} people, {e} over 60) are reached by no candidate: arrange a mobile service or find other sites, e.g. {names}",
        )
        names = "、".join(ground.problem.places[row].name for row in np.flatnonzero(lost)[:5])
        filled = text.fill(
            n=int(lost.sum()), p=int(ground.people[lost].sum()), e=int(ground.elders[lost].sum()), names=names
        )
        notes.append(Finding("siting.unreachable", filled, severity="warning"))
    shut = chosen & ~ground.serving
    for index in np.flatnonzero(shut)[:20]:
        site = ground.problem.sites[index]
        text = Text(
            "{s} 在需要的时段开放不够，不计入圈内", "{s} is not open enough in the needed hours and counts for nobody"
        )
        notes.append(Finding("siting.closed_hours", text.fill(s=site.name), severity="warning", key=site.id))
    if ground.problem.network is None and ground.problem.minutes is None:
        text = Text(
            "没有路网，按直线乘 {f} 估算；山区会偏乐观", "no network: straight lines times {f}; optimistic in mountains"
        ).fill(f=ground.problem.parameters.factor)
        notes.append(Finding("siting.lines", text, severity="note"))
    return tuple(notes)


def served_facts(ground: Ground, chosen: Mask) -> Mapping[str, Any]:
    """Before and after: people and people over 60 within the circle, minutes, and the floating-catchment measures."""
    before = ground.existing & ground.serving & ~_closed(ground)
    facts: dict[str, Any] = {"people": int(ground.people.sum()), "elders": int(ground.elders.sum())}
    for name, mask in (("before", before), ("after", chosen & ground.serving)):
        count = np.asarray(ground.times.within(ground.problem.parameters.minutes) @ mask.astype(float)) > 0
        facts[name] = {
            "points": int(mask.sum()),
            "people": int(ground.people[count].sum()),
            "elders": int(ground.elders[count].sum()),
            **access.summary(ground, mask),
        }
    return facts


def _closed(ground: Ground) -> Mask:
    """Existing sites are counted as they stand, whatever was locked for the plan."""
    return np.zeros(len(ground.problem.sites), dtype=bool)
