"""Which pairs may be made, by columns: candidates of each need, pruned, and the pruned ones priced again with the duals."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yanzhen.planning.kernel import tie_many, words
from yanzhen.planning.matching.problem import Need, Problem, Specialist
from yanzhen.planning.matching.rules import EARTH_KM, Known, fit_of, frozen_needs

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
#: Cells of one block of needs × specialists: about 60 MB of intermediate columns.
BLOCK_CELLS = 1_500_000
#: Far specialists that a need starts with beside its nearest, so that a crowded place can be helped from outside at once.
FAR_PAIRS = 4
#: Up to this many pairs with fitting subjects all are kept; above, the nearest of each degree of fit.
ALL_PAIRS = 1_500_000


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


#: Of each degree of fit 0–3, how many nearest a need starts with, as a share of ``near``.
SHARE = (0.3, 0.4, 0.9, 1.5)


class Nearest:
    """The nearest specialists of a set, by trees that are made once for each set (on a plane at the middle latitude: good enough to
    choose by; the minutes themselves are exact)."""

    def __init__(self, needs: NDArray[np.float64], ones: NDArray[np.float64]) -> None:
        middle = np.nanmean(np.concatenate([needs[:, 1], ones[:, 1]])) if len(needs) + len(ones) else 0.0
        squeeze = math.cos(0.0 if math.isnan(middle) else float(middle))
        self._needs = np.column_stack([needs[:, 0] * squeeze, needs[:, 1]])
        self._ones = np.column_stack([ones[:, 0] * squeeze, ones[:, 1]])
        self._trees: dict[bytes, tuple[Any, Ints]] = {}

    def codes(self, rows: Ints, columns: Ints, most: int, count: int) -> Ints:
        """need × count + specialist of the ``most`` nearest of each need; places without coordinates are left out."""
        import scipy.spatial as spatial

        tree_of: Any = spatial.KDTree

        key = columns.tobytes()
        if key not in self._trees:
            known = columns[~np.isnan(self._ones[columns]).any(axis=1)]
            self._trees[key] = (tree_of(self._ones[known]) if len(known) else None, known)
        tree, known = self._trees[key]
        rows = rows[~np.isnan(self._needs[rows]).any(axis=1)]
        if tree is None or not len(rows):
            return np.zeros(0, dtype=np.int64)
        found = tree.query(self._needs[rows], k=np.arange(1, min(most, len(known)) + 1))[1]
        codes: Ints = (rows[:, None] * count + known[found]).ravel()
        return codes


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
        single = sorted({code for codes in sets for code in codes})
        for code in self._by_code:
            one = {have: fit_of(have, code, rules.related) for have in single}
            fits = np.array(
                [3 if not code else max((one[have] for have in codes), default=0) for codes in sets], dtype=np.int8
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
            self._asks.reshape(len(self.needs), len(spoken)),
            self._speaks.reshape(len(self.specialists), len(spoken)),
        )
        self._asking: Mask = np.array([bool(need.languages) for need in self.needs], dtype=np.bool_)
        known = np.array([bool(one.languages) for one in self.specialists], dtype=bool)
        self._known = known | self.problem.rules.strict_language

    def _places(self) -> None:
        """Areas agreed to: specialist → allowed needs, only for those who named areas."""
        at: dict[str, list[int]] = defaultdict(list)
        self._needs_of_place = at
        for i, need in enumerate(self.needs):
            for place in need.places():
                at[place].append(i)
        same: dict[tuple[str, ...], int] = {}
        self._area_of = np.array(
            [same.setdefault(one.areas, len(same)) if one.areas else -1 for one in self.specialists], dtype=np.int64
        )
        self._areas = np.zeros((len(same), len(self.needs)), dtype=bool)
        for areas, row in same.items():
            for area in areas:
                self._areas[row, at.get(area, [])] = True

    def _ids_of(self, who: str) -> list[int]:
        if not hasattr(self, "_houses"):
            self._houses: dict[str, list[int]] = defaultdict(list)
            for j, one in enumerate(self.specialists):
                if one.institution:
                    self._houses[one.institution].append(j)
        found = [self.specialist_at[who]] if who in self.specialist_at else []
        return [*found, *self._houses.get(who, ())]

    def _pairs_apart(self) -> None:
        count = len(self.specialists)
        apart: set[int] = set()
        for item in self.problem.exclusions:
            rows = set(self._needs_of_place.get(item.place, ()))
            if item.place in self.need_at:
                rows.add(self.need_at[item.place])
            apart |= {i * count + j for j in self._ids_of(item.who) for i in rows}
        for need, one in self.known.forbidden:
            if need in self.need_at and one in self.specialist_at:
                apart.add(self.need_at[need] * count + self.specialist_at[one])
        self._apart_codes = np.array(sorted(apart), dtype=np.int64)

    def _travel(self) -> None:
        count = len(self.specialists)
        measured: dict[int, int] = {}
        villages: dict[str, list[int]] = defaultdict(list)
        if self.problem.travel:
            for i, need in enumerate(self.needs):
                for name in {need.village_key, f"{need.township}/{need.village}", need.village}:
                    villages[name].append(i)
        for way in self.problem.travel:
            j = self.specialist_at.get(way.specialist)
            for i in villages.get(way.village, ()) if j is not None else ():
                # a full name beats a short one: rules.Known decides
                measured[i * count + (j or 0)] = self.known.minutes(self.specialists[j or 0], self.needs[i])
        self._measured_codes = np.array(sorted(measured), dtype=np.int64)
        self._measured_minutes = np.array([measured[code] for code in sorted(measured)], dtype=np.int64)

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

    def minutes(self, needs: Ints, specialists: Ints) -> Ints:
        """One-way minutes of many pairs."""
        rules = self.problem.rules
        a, b = self._need_point[needs], self._one_point[specialists]
        north = a[:, 1] - b[:, 1]
        east = (a[:, 0] - b[:, 0]) * ((a[:, 2] + b[:, 2]) * 0.5)
        way = np.sqrt(north * north + east * east) * (EARTH_KM * rules.detour / rules.speed_kmh * 60.0)
        way = np.floor(way + 0.5)
        way[np.isnan(way)] = rules.unknown_minutes
        found: Ints = way.astype(np.int64)
        if len(self._measured_codes):
            codes = needs * len(self.specialists) + specialists
            spot = np.minimum(np.searchsorted(self._measured_codes, codes), len(self._measured_codes) - 1)
            hit = self._measured_codes[spot] == codes
            found[hit] = self._measured_minutes[spot[hit]]
        return found

    def allowed(self, needs: Ints, specialists: Ints, minutes: Ints) -> Mask:
        """Which of many pairs no rule forbids (subject and consent have been looked at by :meth:`columns`)."""
        good: Mask = np.array(self._free[specialists, self.need_season[needs]], dtype=np.bool_)
        asking = np.flatnonzero(self._asking[needs] & self._known[specialists])
        if len(asking):
            shared: Any = np.einsum("ij,ij->i", self._asks[needs[asking]], self._speaks[specialists[asking]]) > 0
            good[asking[np.logical_not(shared)]] = False
        somewhere = np.flatnonzero(self._area_of[specialists] >= 0)
        if len(somewhere):
            good[somewhere] &= self._areas[self._area_of[specialists[somewhere]], needs[somewhere]]
        if len(self._apart_codes):
            good &= ~np.isin(needs * len(self.specialists) + specialists, self._apart_codes)
        if self.problem.rules.max_minutes:
            good &= minutes <= self.problem.rules.max_minutes
        return good

    def codes(self) -> Iterator[tuple[Ints, Ints, NDArray[np.int8]]]:
        """For each subject asked for: its open needs, the specialists whose subjects fit at all, and their degree of fit."""
        for code, rows in self._by_code.items():
            columns, fits = self._columns[code]
            if len(columns):
                yield rows, columns, fits

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

    @property
    def cells(self) -> int:
        """Pairs whose subjects fit, before the other rules."""
        return sum(len(rows) * len(columns) for rows, columns, _ in self.codes())

    def candidates(self, near: int, keep: frozenset[tuple[int, int]]) -> tuple[Pairs, bool]:
        """Pairs to begin with, and whether they are all. Every pair when there are few; else of each need the nearest of each degree
        of fit, some far ones drawn by hash, all with past co-operation or measured travel, and ``keep`` (the earlier plan's)."""
        everything = self.cells <= ALL_PAIRS
        parts = []
        if everything:
            for rows, columns, fits in self.codes():
                step = max(1, BLOCK_CELLS // len(columns))
                for begin in range(0, len(rows), step):
                    some = rows[begin : begin + step]
                    parts.append(
                        self._made(np.repeat(some, len(columns)), np.tile(columns, len(some)), np.tile(fits, len(some)))
                    )
        else:
            nearest = Nearest(self._need_point, self._one_point)
            wanted = self._wanted(keep)
            for rows, columns, fits in self.codes():
                need, one = self._near_of(rows, columns, fits, near, nearest, wanted)
                degree = np.zeros(len(self.specialists), dtype=np.int8)
                degree[columns] = fits
                inside = np.zeros(len(self.specialists), dtype=bool)
                inside[columns] = True
                good = inside[one]
                parts.append(self._made(need[good], one[good], degree[one[good]]))
        if not parts:
            none = np.zeros(0, dtype=np.int64)
            return Pairs(none, none, none, none, none), everything
        found = joined(parts)
        return found.take(np.lexsort((found.specialist, found.need))), everything

    def _made(self, needs: Ints, specialists: Ints, fit: NDArray[np.int8]) -> Pairs:
        minutes = self.minutes(needs, specialists)
        good = self.allowed(needs, specialists, minutes)
        needs, specialists = needs[good], specialists[good]
        return Pairs(needs, specialists, fit[good].astype(np.int64), self.coop_of(needs, specialists), minutes[good])

    def _wanted(self, keep: frozenset[tuple[int, int]]) -> Ints:
        """Codes (sorted) of pairs that are never pruned."""
        count = len(self.specialists)
        special = [i * count + j for i, row in self.coop.items() for j in row] + [i * count + j for i, j in keep]
        return np.unique(np.concatenate([np.array(special, dtype=np.int64), self._measured_codes]))

    def _near_of(
        self, rows: Ints, columns: Ints, fits: NDArray[np.int8], near: int, nearest: Nearest, wanted: Ints
    ) -> tuple[Ints, Ints]:
        count = len(self.specialists)
        codes: list[Ints] = []
        for degree in sorted({int(value) for value in np.unique(fits)}):
            most = max(3, int(near * SHARE[degree]))
            codes.append(nearest.codes(rows, columns[fits >= degree], most, count))
        far = len(columns)
        draw = (np.arange(FAR_PAIRS)[None, :] * 7919 + rows[:, None] * 104729) % far
        codes.append((rows[:, None] * count + columns[draw]).ravel())
        first, last = np.searchsorted(wanted, rows * count), np.searchsorted(wanted, (rows + 1) * count)
        codes += [wanted[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True) if b > a]
        every = np.unique(np.concatenate(codes))
        return every // count, every % count

    def ties(self, seed: int, pairs: Pairs) -> Ints:
        """40 bits of the published tie-break of each pair (need, specialist)."""
        if not hasattr(self, "_words"):
            self._words = (words(need.id for need in self.needs), words(one.id for one in self.specialists))
        both = tie_many(seed, self._words[0][pairs.need], self._words[1][pairs.specialist])
        return (both >> np.uint64(24)).astype(np.int64)
