"""The city: its tree, grids, named places, households and people; the same seed gives the same city."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from yanzhen.lake.kernels.cover import Cover, build
from yanzhen.lake.places import Alias, Places

Ints = npt.NDArray[np.int64]
CITY = 3599  # no such city exists under province 35
WEST, SOUTH, EXTENT = 118.6, 25.0, 0.8
_SURNAMES = "陈林黄张李王吴刘蔡杨许郑谢郭洪邱曾廖赖周叶苏庄江吕徐何罗高萧潘朱简钟彭游詹胡施沈余赵卢梁颜柯孙魏翁戴范宋方邓杜傅侯曹薛丁"
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文海燕飞云龙凤春秋冬夏雪晨宇轩梓涵子怡欣怡佳俊豪思雨诗琪博浩然"
    "宏亮晓东阳光辉荣昌盛福贵宝金银铜铁石水木火土山川河江湖波清源泉林森松柏竹菊莲荷花香甜美乐安康宁和顺利达通成功立业勤俭德仁义礼智信"
)
_PLACE_A = "上下前后东西南北溪桥井石湖塘洋坂埔厝林田岭峰沙港"
_PLACE_B = "兴隆安泰和清明华金玉龙凤鹤鹿梅兰竹菊松柏枫樟榕桂"
_TAILS = ("厝", "里", "自然村", "路", "小区", "新村")


@dataclass(frozen=True, eq=False)
class City:
    """People and places as columns; person i of household ``house[i]``, household j in grid ``grids[grid[j]]``."""

    places: Places
    grids: Ints
    grid: Ints
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    spot: Ints
    """Household → named place (index into ``spot_names``)."""
    spot_names: pa.Array
    door: Ints
    village_names: pa.Array
    town_names: pa.Array
    county_names: pa.Array
    house: Ints
    names: pa.Array
    ids: pa.Array
    birth: Ints
    """Days since 1970-01-01."""
    sex: Ints
    phone: Ints

    @property
    def people(self) -> int:
        return len(self.house)

    @property
    def households(self) -> int:
        return len(self.grid)

    def addresses(self, house: Ints, style: Ints) -> pa.Array:
        """Addresses of households in five styles, from full to village and place only."""
        grid = self.grids[self.grid[house]]
        at = {"county": _index(grid, 9), "town": _index(grid, 6), "village": _index(grid, 3)}
        parts = {
            "head": pa.array(
                np.where(style == 0, "福建省雁州市", np.where(style == 1, "雁州市", "")).astype(object), pa.string()
            ),
            "county": _where(style <= 2, self._name(self.county_names, at["county"], 9)),
            "town": _where(style <= 3, self._name(self.town_names, at["town"], 6)),
            "village": self._name(self.village_names, at["village"], 3),
            "spot": self.spot_names.take(pa.array(self.spot[house])),
            "door": pc.cast(pa.array(self.door[house]), pa.string()),
        }
        tail = pa.array(np.full(len(house), "号"), pa.string())
        return pc.binary_join_element_wise(*parts.values(), tail, "")

    def _name(self, names: pa.Array, index: Ints, digits: int) -> pa.Array:
        order = np.unique(_index(self.grids, digits))
        return names.take(pa.array(np.searchsorted(order, index)))

    def village_codes(self, house: Ints) -> pa.Array:
        return pc.cast(pa.array(self.grids[self.grid[house]] // 1000), pa.string())


def _index(grid: Ints, digits: int) -> Ints:
    found: Ints = grid // 10**digits
    return found


def _where(mask: npt.NDArray[np.bool_], names: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(mask), names, "")


def make(people: int, seed: int = 1) -> City:
    """A city of so many people: about one grid for 250, never fewer than 64 grids in 2 counties."""
    rng = np.random.default_rng(seed)
    wanted = max(64, people // 250)
    side = int(np.ceil(np.sqrt(wanted)))
    return _made(people, side, _codes(side * side), None, rng)


def settle(people: int, names: Mapping[int, str], seed: int = 1) -> City:
    """People, households and grid polygons for a tree that is given: place → name, grids of 15 digits included."""
    codes = np.array(sorted(number for number in names if number % 1000), dtype=np.int64)
    return _made(people, int(np.ceil(np.sqrt(len(codes)))), codes, names, np.random.default_rng(seed))


def _made(people: int, side: int, codes: Ints, names: Mapping[int, str] | None, rng: np.random.Generator) -> City:
    polygons, centre_x, centre_y, step = _polygons(side, codes, rng)
    tree = _tree(codes, polygons, rng) if names is None else _given(codes, polygons, names)
    places, village_names, town_names, county_names = tree
    spots = len(codes) * 4
    spot_names = _spots(spots, rng)
    aliases = tuple(Alias(str(name), int(codes[i // 4])) for i, name in enumerate(spot_names))
    places = Places(places.names, places.successors, aliases, places.polygons)
    cover = build(polygons, 10)
    households = max(people * 10 // 28, 1)
    grid, lon, lat = _homes(households, codes, centre_x, centre_y, step, cover, rng)
    return _people(
        people, rng,
        {
            "places": places, "grids": codes, "grid": grid, "lon": lon, "lat": lat, "spot": grid * 4 + rng.integers(0, 4, households),
            "spot_names": pa.array(spot_names, pa.string()), "door": rng.integers(1, 300, households),
            "village_names": village_names, "town_names": town_names, "county_names": county_names,
        },
    )  # fmt: skip


def _codes(count: int) -> Ints:
    """15-digit grid codes: 6 grids a village, 10 villages a town, 9 towns a county (fewer in a small city)."""
    index = np.arange(count)
    grid, village = index % 6 + 1, index // 6
    town = village // (10 if count > 2000 else 4)
    county = town // (9 if count > 2000 else 2)
    large = count > 2000
    towns, villages = (9, 10) if large else (2, 4)
    unit = (county + 1) * 1000 + 100 + town % towns
    codes: Ints = ((CITY * 10**5 + unit) * 1000 + 200 + village % villages) * 1000 + grid
    return codes


def _polygons(side: int, codes: Ints, rng: np.random.Generator) -> tuple[dict[int, bytes], Any, Any, float]:
    """Voronoi cells of a jittered lattice, numbered along the Z curve so that villages hang together; borders are wavy."""
    step = EXTENT / side
    cell = np.arange(side * side)
    ix, iy = cell % side, cell // side
    key = np.zeros(len(ix), dtype=np.int64)
    for bit in range(12):
        key |= ((ix >> bit) & 1) << (2 * bit) | ((iy >> bit) & 1) << (2 * bit + 1)
    order = np.argsort(key, kind="stable")[: len(codes)]
    x = WEST + (ix[order] + 0.5 + rng.uniform(-0.25, 0.25, len(order))) * step
    y = SOUTH + (iy[order] + 0.5 + rng.uniform(-0.25, 0.25, len(order))) * step
    frame = shapely.box(WEST, SOUTH, WEST + EXTENT, SOUTH + EXTENT)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(np.column_stack([x, y])), extend_to=frame))
    at, which = shapely.STRtree(cells).query(shapely.points(x, y), predicate="intersects")
    owned = np.empty(len(x), dtype=object)
    owned[at] = cells[which]
    shapes = shapely.segmentize(shapely.intersection(owned, frame), step / 10)

    def wave(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        # a smooth field moves every vertex: shared borders stay shared, and the map's rim stays where it is
        edge = np.minimum.reduce(
            [points[:, 0] - WEST, WEST + EXTENT - points[:, 0], points[:, 1] - SOUTH, SOUTH + EXTENT - points[:, 1]]
        )  # fmt: skip
        weight = np.clip(edge / step, 0, 1)[:, None] * step * 0.03
        turn = 2 * np.pi / step
        moved: npt.NDArray[np.float64] = points + weight * np.sin(points[:, ::-1] * turn * np.array([1.7, 1.3]))
        return moved

    shapes = shapely.transform(shapes, wave)
    return {int(code): shapely.to_wkb(shape) for code, shape in zip(codes, shapes, strict=True)}, x, y, step


def _tree(
    codes: Ints, polygons: dict[int, bytes], rng: np.random.Generator
) -> tuple[Places, pa.Array, pa.Array, pa.Array]:
    names: dict[int, str] = {35 * 10**13: "福建省", CITY * 10**11: "雁州市"}
    made: dict[int, list[str]] = {}
    for digits, tail in ((9, "县"), (6, "镇"), (3, "村")):
        units = np.unique(codes // 10**digits)
        words = _words(len(units), rng, tail)
        made[digits] = words
        names |= {int(unit) * 10**digits: word for unit, word in zip(units, words, strict=True)}
    names |= {int(code): f"第{int(code) % 1000}网格" for code in codes}
    villages = np.unique(codes // 1000)
    # every twentieth village was merged into its neighbour: its old code lives on in old records
    successors = {int(v) * 1000 + 500_000: int(v) * 1000 for v in villages[::20]}
    return (
        Places(names, successors, (), polygons),
        pa.array(made[3], pa.string()), pa.array(made[6], pa.string()), pa.array(made[9], pa.string()),
    )  # fmt: skip


def _given(
    codes: Ints, polygons: dict[int, bytes], names: Mapping[int, str]
) -> tuple[Places, pa.Array, pa.Array, pa.Array]:
    made = {
        digits: pa.array(
            [names.get(int(unit) * 10**digits, "") for unit in np.unique(codes // 10**digits)], pa.string()
        )
        for digits in (9, 6, 3)
    }
    return Places(dict(names), {}, (), polygons), made[3], made[6], made[9]


def _words(count: int, rng: np.random.Generator, tail: str) -> list[str]:
    """Made-up names, two or three characters and a tail; few repeat within the city."""
    pairs = [a + b for a in _PLACE_A for b in _PLACE_B]
    rng.shuffle(pairs)
    more = [c + pair for c in "新大小中高" for pair in pairs]
    return [word + tail for word in (pairs + more)[:count]] + [
        f"{pairs[i % len(pairs)]}{i}{tail}" for i in range(len(pairs + more), count)
    ]


def _spots(count: int, rng: np.random.Generator) -> list[str]:
    """Named places: one of a kind mostly; about 3 in 100 names come again elsewhere in the city."""
    letters = _PLACE_A + _PLACE_B
    size = len(letters)
    index = rng.permutation(size**3)[:count] if count < size**3 else rng.integers(0, size**3, count)
    repeat = rng.random(count) < 0.03
    index[repeat] = index[rng.integers(0, count, int(repeat.sum()))]
    tails = rng.integers(0, len(_TAILS), count)
    tails[repeat] = 0
    return [
        letters[i // size // size] + letters[i // size % size] + letters[i % size] + _TAILS[t] for i, t in zip(index.tolist(), tails.tolist(), strict=True)
    ]  # fmt: skip


def _homes(
    count: int, codes: Ints, x: Any, y: Any, step: float, cover: Cover, rng: np.random.Generator
) -> tuple[Ints, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    grid = rng.integers(0, len(codes), count)
    lon = np.round(x[grid] + rng.normal(0, 0.16, count) * step, 7)
    lat = np.round(y[grid] + rng.normal(0, 0.16, count) * step, 7)
    found = cover.find(lon, lat)
    outside = found == 0
    lon[outside], lat[outside] = np.round(x[grid[outside]], 7), np.round(y[grid[outside]], 7)
    found[outside] = cover.find(lon[outside], lat[outside])
    return np.searchsorted(codes, found).astype(np.int64), lon, lat


def _people(people: int, rng: np.random.Generator, city: dict[str, Any]) -> City:
    households = len(city["grid"])
    house = np.sort(
        np.concatenate([np.arange(min(households, people)), rng.integers(0, households, max(people - households, 0))])
    )
    age = rng.choice(90, people, p=_ages())
    birth = (
        np.datetime64("2025-12-31").astype("datetime64[D]").astype(np.int64) - age * 365 - rng.integers(0, 365, people)
    ).astype(np.int64)
    sex = rng.integers(1, 3, people)
    surname_p = 1 / np.arange(1, len(_SURNAMES) + 1)
    surname = rng.choice(len(_SURNAMES), people, p=surname_p / surname_p.sum())
    family = np.concatenate(([True], house[1:] != house[:-1]))
    head = np.maximum.accumulate(np.where(family, np.arange(people), 0))
    surname = np.where(rng.random(people) < 0.75, surname[head], surname)
    first = rng.integers(0, len(_GIVEN), people)
    second = np.where(rng.random(people) < 0.18, -1, rng.integers(0, len(_GIVEN), people))
    # twins: born on one day in one family, names that differ in one character
    twin = np.nonzero((rng.random(people) < 0.012) & ~family)[0]
    birth[twin], surname[twin], first[twin] = birth[twin - 1], surname[twin - 1], first[twin - 1]
    sex[twin] = np.where(rng.random(len(twin)) < 0.6, sex[twin - 1], sex[twin])
    second[twin] = np.where(
        second[twin - 1] < 0, 0, (second[twin - 1] + 1 + rng.integers(0, len(_GIVEN) - 2, len(twin))) % len(_GIVEN)
    )
    surnames, given = pa.array(list(_SURNAMES)), pa.array([*_GIVEN, ""])
    names = pc.binary_join_element_wise(
        surnames.take(pa.array(surname)), given.take(pa.array(first)), given.take(pa.array(np.where(second < 0, len(_GIVEN), second))), ""
    )  # fmt: skip
    own = 13_000_000_000 + rng.permutation(people).astype(np.int64) * 997 % 6_999_999_989
    phone = np.where(rng.random(people) < 0.6, own, own[head])  # children and the old give a relative's number
    region = city["grids"][city["grid"][house]] // 10**9
    # an invented tree begins with digits of no province; its people's numbers need one that exists
    ids = id_numbers(np.where(region > 829_999, CITY * 100 + 1, region), birth, sex, rng)
    return City(**city, house=house, names=names, ids=ids, birth=birth, sex=sex, phone=phone)


def _ages() -> npt.NDArray[np.float64]:
    weight = np.interp(np.arange(90), [0, 20, 45, 60, 75, 89], [0.8, 0.9, 1.2, 1.1, 0.6, 0.05])
    return np.asarray(weight / weight.sum())


def id_numbers(region: Ints, birth: Ints, sex: Ints, rng: np.random.Generator) -> pa.Array:
    """Valid, distinct ID numbers: region, birth date, running number of that day (odd for men), check digit."""
    days = birth.astype("datetime64[D]")
    month = days.astype("datetime64[M]")
    ymd = (days.astype("datetime64[Y]").astype(np.int64) + 1970) * 10_000
    ymd += (month.astype(np.int64) % 12 + 1) * 100 + (days - month.astype("datetime64[D]")).astype(np.int64) + 1
    key = (region * 10**8 + ymd) * 10 + sex
    order = np.argsort(key, kind="stable")
    sorted_key = key[order]
    start = np.concatenate(([True], sorted_key[1:] != sorted_key[:-1]))
    run = np.arange(len(key)) - np.maximum.accumulate(np.where(start, np.arange(len(key)), 0))
    running = np.empty(len(key), dtype=np.int64)
    running[order] = run
    overflow = running >= 500
    region = np.where(
        overflow, region + 100 * (running // 500), region
    )  # a crowded day: numbered by a neighbouring county
    sequence = (running % 500) * 2 + np.where(sex == 1, 1, 0)
    return with_check((region * 10**8 + ymd) * 1000 + sequence)


def with_check(body: Ints) -> pa.Array:
    """17 digits → 18 characters with the check digit of GB 11643."""
    digits = np.empty((len(body), 18), dtype=np.uint8)
    rest = body.copy()
    for at in range(16, -1, -1):
        digits[:, at] = rest % 10
        rest //= 10
    weights = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
    total = (digits[:, :17].astype(np.int64) @ weights) % 11
    digits[:, :17] += 48
    digits[:, 17] = np.frombuffer(b"10X98765432", np.uint8)[total]
    return texts(digits)


def texts(matrix: npt.NDArray[np.uint8]) -> pa.Array:
    """An n × width matrix of ASCII as texts."""
    count, width = matrix.shape
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int64)
    return pc.cast(
        pa.LargeStringArray.from_buffers(
            count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(matrix).tobytes())
        ),
        pa.string(),
    )
