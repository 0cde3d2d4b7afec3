"""Which pairs may be made, by columns: candidates of each need, pruned, and the pruned ones priced again with the duals."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.kernel import tie_many, words
from yanzhen.planning.matching.problem import Need, Problem, Specialist
from yanzhen.planning.matching.rules import EARTH_KM, Known, fit_of, frozen_needs

Ints = NDArray[np.int64]
#: Cells of one block of needs × specialists: about 60 MB of intermediate columns.
BLOCK_CELLS = 1_500_000
#: Up to this many allowed pairs all are kept; above, the nearest of each degree of fit.
ALL_PAIRS = 1_500_000


@dataclass(frozen=True, slots=True)
class Block:
    """Some needs (rows) against the specialists whose codes fit them at all (columns)."""

    needs: Ints
    specialists: Ints
    fit: NDArray[np.int8]
    minutes: NDArray[np.int32]
    allowed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Allowed pairs as columns, sorted by need, then specialist."""

    need: Ints
    specialist: Ints
    fit: Ints
    coop: Ints
    minutes: Ints

    def __len__(self) -> int:
        return len(self.need)

    def take(self, where: NDArray[np.bool_] | Ints) -> Pairs:
        """Some of them."""
        return Pairs(self.need[where], self.specialist[where], self.fit[where], self.coop[where], self.minutes[where])


def joined(parts: Sequence[Pairs]) -> Pairs:
    """Several as one."""
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in Pairs.__slots__]
    return Pairs(*columns)


class Field:
    """The problem as columns. Needs and specialists are numbered in the order of their ids."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.known = Known(problem)
        self.needs, self.specialists = problem.needs, problem.specialists
        self.need_at = {need.id: i for i, need in enumerate(self.needs)}
        self.specialist_at = {one.id: i for i, one in enumerate(self.specialists)}
        self._points()
        self._groups()
        self._seasons()
        self._languages()
        self._places()
        self._pairs_apart()
        self._travel()
        self.coop = self._cooperations()

    # -- columns -------------------------------------------------------------------------------------------------------------

    def _points(self) -> None:
        def column(rows: Sequence[Need] | Sequence[Specialist]) -> NDArray[np.float64]:
            points = [
                (row.lon, row.lat) if row.lon is not None and row.lat is not None else (math.nan, math.nan)
                for row in rows
            ]
            return np.array([(math.radians(x), math.radians(y), math.cos(math.radians(y))) for x, y in points]).reshape(
                -1, 3
            )

        self._need_point, self._one_point = column(self.needs), column(self.specialists)

    def _groups(self) -> None:
        """Needs of one code, and the specialists that fit it with their degree."""
        rules = self.problem.rules
        sets: dict[tuple[str, ...], int] = {}
        kind = np.array([sets.setdefault(one.specialities, len(sets)) for one in self.specialists], dtype=np.int64)
        consent = np.array([one.consent and one.capacity > 0 for one in self.specialists], dtype=bool)
        by_code: dict[str, list[int]] = defaultdict(list)
        frozen = frozen_needs(self.problem)
        self.open = np.array([need.id not in frozen for need in self.needs], dtype=bool)
        for i, need in enumerate(self.needs):
            if self.open[i]:
                by_code[need.speciality].append(i)
        self._by_code = {code: np.array(rows, dtype=np.int64) for code, rows in sorted(by_code.items())}
        self._columns: dict[str, tuple[Ints, NDArray[np.int8]]] = {}
        for code in self._by_code:
            fits = np.array(
                [
                    3 if not code else max((fit_of(have, code, rules.related) for have in codes), default=0)
                    for codes in sets
                ],
                dtype=np.int8,
            )
            of_all = fits[kind] if len(kind) else np.zeros(0, dtype=np.int8)
            rows = np.flatnonzero((of_all >= rules.min_fit) & consent)
            self._columns[code] = (rows, of_all[rows])

    def _seasons(self) -> None:
        names = sorted({need.season for need in self.needs if need.season})
        self.season_at = {name: i + 1 for i, name in enumerate(names)}  # 0 = any time
        self.need_season = np.array([self.season_at.get(need.season, 0) for need in self.needs], dtype=np.int64)
        self._free = np.ones((len(self.specialists), len(names) + 1), dtype=bool)
        for i, one in enumerate(self.specialists):
            if one.seasons:
                most = dict(one.seasons)
                self._free[i, 1:] = [most.get(name, 0) > 0 for name in names]

    def _languages(self) -> None:
        spoken = sorted({word for need in self.needs for word in need.languages})
        self._asks = np.array([[word in need.languages for word in spoken] for need in self.needs], dtype=np.float32)
        self._speaks = np.array(
            [[word in one.languages for word in spoken] for one in self.specialists], dtype=np.float32
        )
        self._asks, self._speaks = (
            self._asks.reshape(len(self.needs), -1),
            self._speaks.reshape(len(self.specialists), -1),
        )
        self._asking = self._asks.any(axis=1) if spoken else np.zeros(len(self.needs), dtype=bool)
        known = np.array([bool(one.languages) for one in self.specialists], dtype=bool)
        self._known = known | self.problem.rules.strict_language

    def _places(self) -> None:
        """Areas agreed to: specialist → allowed needs, only for those who named areas."""
        at: dict[str, list[int]] = defaultdict(list)
        self._needs_of_place = at
        for i, need in enumerate(self.needs):
            for place in need.places():
                at[place].append(i)
        self._area: dict[int, NDArray[np.bool_]] = {}
        same: dict[tuple[str, ...], NDArray[np.bool_]] = {}
        for j, one in enumerate(self.specialists):
            if one.areas:
                if one.areas not in same:
                    mask = np.zeros(len(self.needs), dtype=bool)
                    for area in one.areas:
                        mask[at.get(area, [])] = True
                    same[one.areas] = mask
                self._area[j] = same[one.areas]
        self._with_area = np.zeros(len(self.specialists), dtype=bool)
        self._with_area[list(self._area)] = True

    def _ids_of(self, who: str) -> list[int]:
        if not hasattr(self, "_houses"):
            self._houses: dict[str, list[int]] = defaultdict(list)
            for j, one in enumerate(self.specialists):
                if one.institution:
                    self._houses[one.institution].append(j)
        found = [self.specialist_at[who]] if who in self.specialist_at else []
        return [*found, *self._houses.get(who, ())]

    def _pairs_apart(self) -> None:
        apart: dict[int, set[int]] = defaultdict(set)
        for item in self.problem.exclusions:
            rows = set(self._needs_of_place.get(item.place, ()))
            if item.place in self.need_at:
                rows.add(self.need_at[item.place])
            for j in self._ids_of(item.who):
                for i in rows:
                    apart[i].add(j)
        for need, one in self.known.forbidden:
            if need in self.need_at and one in self.specialist_at:
                apart[self.need_at[need]].add(self.specialist_at[one])
        self._apart = {i: np.array(sorted(js), dtype=np.int64) for i, js in apart.items()}

    def _travel(self) -> None:
        measured: dict[int, dict[int, int]] = defaultdict(dict)
        villages: dict[str, list[int]] = defaultdict(list)
        for i, need in enumerate(self.needs):
            for name in {need.village_key, f"{need.township}/{need.village}", need.village}:
                villages[name].append(i)
        for way in self.problem.travel:
            j = self.specialist_at.get(way.specialist)
            if j is None:
                continue
            for i in villages.get(way.village, ()):
                # a full name beats a short one: the same order of trust as in rules.Known.minutes
                measured[i][j] = self.known.minutes(self.specialists[j], self.needs[i])
        self._measured = {
            i: (np.array(list(row), dtype=np.int64), np.array(list(row.values()), dtype=np.int32))
            for i, row in measured.items()
        }

    def _cooperations(self) -> dict[int, dict[int, int]]:
        """need → {specialist: points} where there are any."""
        points: dict[int, dict[int, int]] = defaultdict(dict)
        for item in self.problem.cooperations:
            own = self.specialist_at.get(item.who)
            rows = self._needs_of_place.get(item.place, ())
            for j in self._ids_of(item.who):
                for i in rows:
                    need = self.needs[i]
                    village = item.place in (need.village, need.village_key, f"{need.township}/{need.village}")
                    score = 2 if j == own and village else 1
                    points[i][j] = max(score, points[i].get(j, 0))
        return points

    # -- pairs ---------------------------------------------------------------------------------------------------------------

    def blocks(self) -> Iterator[Block]:
        """All allowed pairs of open needs, block by block."""
        for code, rows in self._by_code.items():
            columns, fits = self._columns[code]
            if not len(columns):
                continue
            step = max(1, BLOCK_CELLS // len(columns))
            for begin in range(0, len(rows), step):
                yield self._block(rows[begin : begin + step], columns, fits)

    def _block(self, rows: Ints, columns: Ints, fits: NDArray[np.int8]) -> Block:
        rules = self.problem.rules
        minutes = self._minutes(rows, columns)
        allowed: NDArray[np.bool_] = np.array(self._free[columns][:, self.need_season[rows]].T, dtype=np.bool_)
        asking = np.flatnonzero(self._asking[rows])
        if len(asking):
            shared = np.asarray(self._asks[rows[asking]] @ self._speaks[columns].T) > 0
            allowed[asking] &= np.logical_or(shared, np.logical_not(self._known[columns]))
        for column in np.flatnonzero(self._with_area[columns]).tolist():
            allowed[:, column] &= self._area[int(columns[column])][rows]
        for place, i in enumerate(rows.tolist()):
            apart = self._apart.get(i)
            if apart is not None:
                allowed[place, np.isin(columns, apart)] = False
            measured = self._measured.get(i)
            if measured is not None:
                where = np.searchsorted(columns, measured[0])
                inside = (where < len(columns)) & (columns[np.minimum(where, len(columns) - 1)] == measured[0])
                minutes[place, where[inside]] = measured[1][inside]
        if rules.max_minutes:
            allowed &= minutes <= rules.max_minutes
        fit = np.broadcast_to(fits, allowed.shape)
        return Block(rows, columns, fit, minutes, allowed)

    def _minutes(self, rows: Ints, columns: Ints) -> NDArray[np.int32]:
        rules = self.problem.rules
        a, b = self._need_point[rows], self._one_point[columns]
        north = a[:, 1, None] - b[None, :, 1]
        east = (a[:, 0, None] - b[None, :, 0]) * ((a[:, 2, None] + b[None, :, 2]) * 0.5)
        north *= north
        east *= east
        north += east
        np.sqrt(north, out=north)
        north *= EARTH_KM * rules.detour / rules.speed_kmh * 60.0
        north += 0.5
        np.floor(north, out=north)
        north[np.isnan(north)] = rules.unknown_minutes
        return north.astype(np.int32)

    def pairs_of(self, needs: Ints, specialists: Ints) -> Pairs:
        """Given pairs with their figures, whether allowed or not (locks have been judged before)."""
        rules = self.problem.rules
        fit, coop, minutes = [], [], []
        for i, j in zip(needs.tolist(), specialists.tolist(), strict=True):
            need, one = self.needs[i], self.specialists[j]
            want = need.speciality
            fit.append(
                3 if not want else max((fit_of(have, want, rules.related) for have in one.specialities), default=0)
            )
            coop.append(self.coop.get(i, {}).get(j, 0))
            minutes.append(self.known.minutes(one, need))
        return Pairs(
            needs,
            specialists,
            np.array(fit, dtype=np.int64),
            np.array(coop, dtype=np.int64),
            np.array(minutes, dtype=np.int64),
        )

    def coop_of(self, needs: Ints, specialists: Ints) -> Ints:
        """Points of past co-operation of many pairs."""
        found = np.zeros(len(needs), dtype=np.int64)
        if self.coop:
            some = np.zeros(len(self.needs), dtype=bool)
            some[list(self.coop)] = True
            for place in np.flatnonzero(some[needs]).tolist():
                found[place] = self.coop[int(needs[place])].get(int(specialists[place]), 0)
        return found

    def candidates(self, near: int, keep: frozenset[tuple[int, int]]) -> tuple[Pairs, int]:
        """Pairs to begin with, and how many are allowed in all. Every pair when there are few; else of each need and each degree of fit the
        ``near`` nearest, all with past co-operation, and ``keep`` (pairs of the earlier plan)."""
        total = sum(int(block.allowed.sum()) for block in self.blocks()) if self._cells() > ALL_PAIRS else 0
        everything = total <= ALL_PAIRS
        kept: dict[int, list[int]] = defaultdict(list)
        for i, j in keep:
            kept[i].append(j)
        parts, count = [], 0
        for block in self.blocks():
            count += int(block.allowed.sum())
            chosen = block.allowed if everything else self._nearest(block, near, kept)
            row, column = np.nonzero(chosen)
            need, one = block.needs[row], block.specialists[column]
            parts.append(
                Pairs(
                    need,
                    one,
                    block.fit[row, column].astype(np.int64),
                    self.coop_of(need, one),
                    block.minutes[row, column].astype(np.int64),
                )
            )
        if not parts:
            none = np.zeros(0, dtype=np.int64)
            return Pairs(none, none, none, none, none), 0
        found = joined(parts)
        return found.take(np.lexsort((found.specialist, found.need))), count

    def _cells(self) -> int:
        return sum(len(rows) * len(self._columns[code][0]) for code, rows in self._by_code.items())

    def _nearest(self, block: Block, near: int, kept: dict[int, list[int]]) -> NDArray[np.bool_]:
        chosen = np.zeros_like(block.allowed)
        for degree in range(4):
            columns = np.flatnonzero(block.fit[0] == degree)
            if not len(columns):
                continue
            allowed = block.allowed[:, columns]
            if len(columns) <= near:
                chosen[:, columns] = allowed
                continue
            far = np.where(allowed, block.minutes[:, columns], np.iinfo(np.int32).max)
            first = np.argpartition(far, near - 1, axis=1)[:, :near]
            rows = np.arange(len(far))[:, None]
            chosen[rows, columns[first]] = allowed[rows, first]
        for place, i in enumerate(block.needs.tolist()):
            wanted = [*self.coop.get(i, ()), *kept.get(i, ())]
            if wanted:
                chosen[place] |= block.allowed[place] & np.isin(block.specialists, wanted)
        return chosen

    def ties(self, seed: int, pairs: Pairs) -> Ints:
        """40 bits of the published tie-break of each pair (need, specialist)."""
        if not hasattr(self, "_words"):
            self._words = (words(need.id for need in self.needs), words(one.id for one in self.specialists))
        both = tie_many(seed, self._words[0][pairs.need], self._words[1][pairs.specialist])
        return (both >> np.uint64(24)).astype(np.int64)
