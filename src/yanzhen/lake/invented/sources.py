"""Twelve systems of the invented city: their files, dirty at declared rates, with the truth beside them.

``write`` streams: a source of a hundred million rows is made a million at a time. Row r of a source belongs to person
``truth.pid`` (−1: none) and grid ``truth.grid``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from yanzhen.lake.invented.city import City, with_check

CHUNK = 1_000_000
#: Share of rows with each kind of dirt.
DIRT: Mapping[str, float] = {
    "wrong check digit": 0.004,
    "16 digits": 0.002,
    "15 digits": 0.02,
    "lower-case x": 0.5,  # of those that end in X
    "blank in name": 0.01,
    "name mistyped": 0.01,
    "birth mistyped": 0.01,
    "impossible date": 0.01,
    "no ID number": 0.35,  # medical
    "phone changed": 0.15,
    "no phone": 0.1,
    "swapped coordinates": 0.01,
    "dead village code": 0.02,
    "county code only": 0.01,
    "address mistyped": 0.03,
}
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a source: its columns and whose rows they are."""

    table: pa.Table
    pid: Ints
    grid: Ints


@dataclass(frozen=True, slots=True)
class Spec:
    """A source: what it is called, its share of all rows (0: by people), its file format and its maker."""

    name: str
    kind: str
    encoding: str
    rows: Callable[[City, int], int]
    make: Callable[[City, np.random.Generator, int, int], Chunk]


def texts(values: Any) -> pa.Array:
    return pc.cast(pa.array(values), pa.string())


def pad(prefix: str, start: int, count: int) -> pa.Array:
    """Running numbers such as R000000012."""
    return pc.binary_join_element_wise(prefix, pc.utf8_lpad(texts(np.arange(start, start + count)), 9, "0"), "")


_DAYS = np.arange(np.datetime64("1930-01-01"), np.datetime64("2027-01-01")).astype("datetime64[D]")
_FIRST = int(_DAYS[0].astype(np.int64))


def days(values: Ints, form: Ints) -> pa.Array:
    """Dates in four spellings."""
    iso = pa.array(np.datetime_as_string(_DAYS).astype(object), pa.string())
    short = pc.replace_substring(iso, "-", "/")
    dense = pc.replace_substring(iso, "-", "")
    words = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(iso, 0, 4),
        "年",
        pc.utf8_slice_codeunits(iso, 5, 7),
        "月",
        pc.utf8_slice_codeunits(iso, 8, 10),
        "日",
        "",
    )
    every = pa.concat_arrays([iso, short, dense, words])
    return every.take(pa.array(np.clip(values - _FIRST, 0, len(_DAYS) - 1) + form * len(_DAYS)))


def hurt_ids(ids: pa.Array, rng: np.random.Generator, missing: float = 0.0) -> pa.Array:
    """ID numbers as systems hold them."""
    draw = rng.random(len(ids))
    edge = 0.0

    def put(share: float, change: Callable[[pa.Array], pa.Array]) -> None:
        nonlocal ids, edge
        chosen = (draw >= edge) & (draw < edge + share)
        edge += share
        if chosen.any():
            ids = pc.replace_with_mask(ids, pa.array(chosen), change(ids.filter(pa.array(chosen))))

    put(
        DIRT["wrong check digit"],
        lambda some: pc.binary_join_element_wise(
            pc.utf8_slice_codeunits(some, 0, 17),
            pc.if_else(pc.equal(pc.utf8_slice_codeunits(some, 17, 18), "1"), "2", "1"),
            "",
        ),
    )
    put(DIRT["16 digits"], lambda some: pc.utf8_slice_codeunits(some, 0, 16))
    old = pc.equal(pc.utf8_slice_codeunits(ids, 6, 8), "19").to_numpy(zero_copy_only=False)
    chosen = old & (rng.random(len(ids)) < DIRT["15 digits"]) & (draw >= edge)
    if chosen.any():
        some = ids.filter(pa.array(chosen))
        short = pc.binary_join_element_wise(
            pc.utf8_slice_codeunits(some, 0, 6), pc.utf8_slice_codeunits(some, 8, 17), ""
        )
        ids = pc.replace_with_mask(ids, pa.array(chosen), short)
    ends = pc.ends_with(ids, "X").to_numpy(zero_copy_only=False) & (rng.random(len(ids)) < DIRT["lower-case x"])
    if ends.any():
        ids = pc.replace_with_mask(ids, pa.array(ends), pc.replace_substring(ids.filter(pa.array(ends)), "X", "x"))
    if missing:
        ids = pc.if_else(pa.array(rng.random(len(ids)) < missing), pa.scalar(None, pa.string()), ids)
    return ids


def hurt_names(names: pa.Array, rng: np.random.Generator, share: float = DIRT["name mistyped"]) -> pa.Array:
    """Blanks inside names, one character written as another (often of the same sound), two characters swapped."""
    blank = rng.random(len(names)) < DIRT["blank in name"]
    if blank.any():
        some = names.filter(pa.array(blank))
        spaced = pc.binary_join_element_wise(
            pc.utf8_slice_codeunits(some, 0, 1), pc.utf8_slice_codeunits(some, 1, 9), " "
        )
        names = pc.replace_with_mask(names, pa.array(blank), spaced)
    wrong = np.nonzero((rng.random(len(names)) < share) & ~blank)[0]
    if len(wrong):
        alike = {
            "伟": "玮",
            "芳": "方",
            "军": "君",
            "明": "鸣",
            "华": "花",
            "建": "健",
            "文": "纹",
            "志": "至",
            "平": "萍",
            "丽": "莉",
            "辉": "晖",
            "成": "诚",
        }
        changed = []
        for number, name in enumerate(names.take(pa.array(wrong)).to_pylist()):
            twin = "".join(alike.get(letter, letter) for letter in name[1:])
            if twin != name[1:]:
                changed.append(name[0] + twin)
            elif len(name) == 3 and number % 3 == 0:
                changed.append(name[0] + name[2] + name[1])
            else:
                changed.append(name[:-1] + "某仁义礼智信"[number % 6])
        names = _replace(names, wrong, changed)
    return names


def _replace(values: pa.Array, at: Ints, new: list[str]) -> pa.Array:
    mask = np.zeros(len(values), dtype=bool)
    mask[at] = True
    return pc.replace_with_mask(values, pa.array(mask), pa.array(new, pa.string()))


def phones(city: City, pid: Ints, rng: np.random.Generator) -> pa.Array:
    """Phone numbers: some changed, some missing, some with +86 or a dash."""
    number = city.phone[pid]
    changed = rng.random(len(pid)) < DIRT["phone changed"]
    number = np.where(changed, 13_100_000_000 + rng.integers(0, 6_000_000_000, len(pid)), number)
    found = texts(number)
    draw = rng.random(len(pid))
    found = pc.if_else(pa.array(draw < 0.02), pc.binary_join_element_wise("+86", found, ""), found)
    return pc.if_else(pa.array(draw > 1 - DIRT["no phone"]), pa.scalar(None, pa.string()), found)


def villages(city: City, house: Ints, rng: np.random.Generator) -> pa.Array:
    """Village codes: some of a year long past, some only as deep as the county."""
    grid = city.grids[city.grid[house]]
    code = grid // 1000
    draw = rng.random(len(house))
    dead = (draw < DIRT["dead village code"]) & np.isin(code * 1000 + 500_000, list(city.places.successors))
    code = np.where(dead, code + 500, code)
    county = draw > 1 - DIRT["county code only"]
    return texts(np.where(county, code // 10**6 * 10**6, code))


def births(city: City, pid: Ints, rng: np.random.Generator) -> pa.Array:
    """Birth dates in four spellings; some with a wrong digit, some with the day unknown (written as the first)."""
    value = city.birth[pid]
    draw = rng.random(len(pid))
    value = np.where(draw < DIRT["birth mistyped"], value + rng.choice([1, -1, 10, 30, 365], len(pid)), value)
    first = value.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    value = np.where(draw > 0.995, first, value)
    return days(value, rng.choice(4, len(pid), p=[0.7, 0.1, 0.1, 0.1]))


def addresses(city: City, house: Ints, rng: np.random.Generator) -> pa.Array:
    """Addresses in five styles; some with one character mistyped."""
    found = city.addresses(house, rng.integers(0, 5, len(house)))
    wrong = np.nonzero(rng.random(len(house)) < DIRT["address mistyped"])[0]
    changed = []
    for text in found.take(pa.array(wrong)).to_pylist():
        at = int(rng.integers(0, max(len(text) - 6, 1)))
        changed.append(text[:at] + "口大木人"[at % 4] + text[at + 1 :])
    return _replace(found, wrong, changed) if len(wrong) else found


def _chunk(city: City, columns: dict[str, Any], pid: Ints, grid: Ints | None = None) -> Chunk:
    where = city.grids[city.grid[city.house[pid]]] if grid is None else grid
    return Chunk(pa.table(columns), pid, where)


def resident(city: City, rng: np.random.Generator, start: int, count: int) -> Chunk:
    pid = np.arange(start, start + count)
    house = city.house[pid]
    swapped = rng.random(count) < DIRT["swapped coordinates"]
    lon, lat = city.lon[house], city.lat[house]
    return _chunk(city, {
        "登记号": pad("R", start, count), "姓名": hurt_names(city.names.slice(start, count), rng), "公民身份号码": hurt_ids(city.ids.slice(start, count), rng),
        "性别": texts(np.where(rng.random(count) < 0.5, city.sex[pid].astype(str), np.where(city.sex[pid] == 1, "男", "女"))),
        "户号": pad_of("H", house), "所在村": villages(city, house, rng), "住址": addresses(city, house, rng),
        "经度": texts(np.where(swapped, lat, lon)), "纬度": texts(np.where(swapped, lon, lat)), "联系电话": phones(city, pid, rng),
        "登记日期": days(20_000 + rng.integers(0, 365, count), np.zeros(count, np.int64)),
    }, pid)  # fmt: skip


def pad_of(prefix: str, values: Ints) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pc.utf8_lpad(texts(values), 9, "0"), "")


def household(city: City, rng: np.random.Generator, start: int, count: int) -> Chunk:
    house = np.arange(start, start + count)
    pid = np.searchsorted(city.house, house)
    return _chunk(city, {
        "户号": pad_of("H", house), "户主姓名": hurt_names(city.names.take(pa.array(pid)), rng), "户主身份证号": hurt_ids(city.ids.take(pa.array(pid)), rng),
        "村代码": villages(city, house, rng), "人口数": texts(rng.integers(1, 8, count)), "家庭住址": addresses(city, house, rng),
    }, pid)  # fmt: skip


@dataclass(frozen=True)
class Patients:
    """What hospitals know of each person: written down once, at the first visit, and copied ever since."""

    ids: pa.Array
    names: pa.Array
    births: pa.Array
    phones: pa.Array
    addresses: pa.Array


@lru_cache(maxsize=1)
def patients(city: City) -> Patients:
    """The hospitals' card of every person; 35 in 100 have no ID number on theirs, and an address instead."""
    rng = np.random.default_rng(7)
    pid = np.arange(city.people)
    missing = rng.random(city.people) < DIRT["no ID number"]
    lost = pa.array(missing)
    none = pa.scalar(None, pa.string())
    found = addresses(city, city.house, rng)
    return Patients(
        pc.if_else(lost, none, hurt_ids(city.ids, rng)), hurt_names(city.names, rng, 0.04), births(city, pid, rng),
        phones(city, pid, rng), pc.if_else(lost, found, none),
    )  # fmt: skip


def medical(city: City, rng: np.random.Generator, start: int, count: int) -> Chunk:
    pid = rng.integers(0, city.people, count)
    at, card = pa.array(pid), patients(city)
    total = np.round(rng.gamma(1.5, 200, count), 2)
    impossible = rng.random(count) < DIRT["impossible date"] / 10
    visit = days(19_700 + rng.integers(0, 700, count), rng.choice(4, count, p=[0.85, 0.05, 0.05, 0.05]))
    return _chunk(city, {
        "流水号": pad("M", start, count), "患者姓名": card.names.take(at), "身份证号": card.ids.take(at),
        "出生日期": card.births.take(at), "性别": texts(np.where(city.sex[pid] == 1, "男", "女")), "联系电话": card.phones.take(at),
        "就诊日期": pc.if_else(pa.array(impossible), "2024-02-30", visit), "就诊类别": texts(rng.choice(["门诊", "住院"], count, p=[0.9, 0.1])),
        "总费用": pa.array(total), "个人自付": pa.array(np.round(total * rng.uniform(0.2, 0.6, count), 2)),
        "现住址": card.addresses.take(at),
    }, pid)  # fmt: skip


def pension(city: City, rng: np.random.Generator, start: int, count: int) -> Chunk:
    # sixteen months of the same people: a dictionary of ID numbers pays
    people = max(city.people // 2, 1)
    pid = (np.arange(start, start + count) * 7919) % people
    month = np.arange(start, start + count) // people % 36
    months = pa.array([f"{2023 + m // 12}{m % 12 + 1:02d}" for m in range(36)], pa.string())
    return _chunk(city, {
        "身份证号码": hurt_ids(city.ids.take(pa.array(pid)), np.random.default_rng(int(pid[0]) + 3)), "姓名": city.names.take(pa.array(pid)),
        "费款所属期": months.take(pa.array(month)), "险种": texts(rng.choice(["110", "170"], count, p=[0.3, 0.7])),
        "发放金额": pa.array(np.round(rng.choice([163.0, 210.5, 1850.0, 2630.4], count) + (pid % 400) * 0.5, 2)), "经办机构": texts(rng.integers(1, 60, count)),
    }, pid)  # fmt: skip


def land(city: City, rng: np.random.Generator, start: int, count: int) -> Chunk:
    house = (np.arange(start, start + count) * 3) % city.households
    pid = np.searchsorted(city.house, house)
    return _chunk(city, {
        "地块编码": pad("D", start, count), "承包方编码": pad_of("H", house), "承包方代表": city.names.take(pa.array(pid)),
        "证件号码": hurt_ids(city.ids.take(pa.array(pid)), rng), "村代码": villages(city, house, rng),
        "面积": texts(np.round(rng.gamma(2, 0.8, count), 2)), "承包起": days(np.full(count, 10_227), np.ones(count, np.int64)),
    }, pid)  # fmt: skip


def vehicle(city: City, rng: np.random.Generator, start: int, count: int) -> Chunk:
    pid = rng.integers(0, city.people, count)
    return _chunk(city, {
        "号牌号码": pad("闽Y", start, count), "车主": hurt_names(city.names.take(pa.array(pid)), rng), "证件号码": hurt_ids(city.ids.take(pa.array(pid)), rng, 0.1),
        "出生日期": births(city, pid, rng), "联系电话": phones(city, pid, rng), "车辆类型": texts(rng.choice(list("KHMT"), count)),
        "注册日期": days(14_000 + rng.integers(0, 6_500, count), rng.integers(0, 4, count)), "住所地址": addresses(city, city.house[pid], rng),
    }, pid)  # fmt: skip


def school(city: City, rng: np.random.Generator, start: int, count: int) -> Chunk:
    pid = rng.integers(0, city.people, count)
    return _chunk(city, {
        "学籍号": pad("G", start, count), "学生姓名": hurt_names(city.names.take(pa.array(pid)), rng), "身份证": hurt_ids(city.ids.take(pa.array(pid)), rng),
        "学段": texts(rng.choice(["小学", "初中", "高中"], count)), "入学日期": days(18_000 + rng.integers(0, 5, count) * 365, rng.integers(0, 4, count)),
        "监护人电话": phones(city, pid, rng), "村代码": villages(city, city.house[pid], rng),
    }, pid)  # fmt: skip


def disability(city: City, rng: np.random.Generator, start: int, count: int) -> Chunk:
    pid = rng.integers(0, city.people, count)
    return _chunk(city, {
        "证号": pad("C", start, count), "姓名": hurt_names(city.names.take(pa.array(pid)), rng), "身份证号": hurt_ids(city.ids.take(pa.array(pid)), rng),
        "残疾类别": texts(rng.choice(["视力", "听力", "肢体", "智力", "精神", "多重", "7", "8"], count, p=[0.15, 0.15, 0.4, 0.1, 0.1, 0.05, 0.045, 0.005])),
        "残疾等级": texts(rng.choice(["一级", "二级", "三级", "四级"], count)), "发证日期": days(17_000 + rng.integers(0, 3_000, count), rng.integers(0, 4, count)),
    }, pid)  # fmt: skip


def relief(city: City, rng: np.random.Generator, start: int, count: int) -> Chunk:
    pid = rng.integers(0, city.people, count)
    return _chunk(city, {
        "姓名": hurt_names(city.names.take(pa.array(pid)), rng), "身份证号": hurt_ids(city.ids.take(pa.array(pid)), rng),
        "救助类别": texts(rng.choice(["低保", "特困人员", "临时救助", "防返贫监测"], count)), "金额": texts(np.round(rng.gamma(3, 150, count), 2)),
        "月份": texts(202401 + rng.integers(0, 12, count)), "村代码": villages(city, city.house[pid], rng),
    }, pid)  # fmt: skip


def enterprise(city: City, rng: np.random.Generator, start: int, count: int) -> Chunk:
    pid = rng.integers(0, city.people, count)
    house = city.house[pid]
    kinds = ("合作社", "家庭农场", "加工厂", "商行", "养殖场")
    named = pc.binary_join_element_wise(
        city.spot_names.take(pa.array(city.spot[house])),
        city.names.take(pa.array(pid)),
        texts(rng.choice(kinds, count)),
        "",
    )
    return _chunk(city, {
        "统一社会信用代码": credit_codes(np.arange(start, start + count)), "企业名称": named, "类型": texts(rng.choice(["1", "2", "3"], count)),
        "法定代表人": city.names.take(pa.array(pid)), "联系电话": phones(city, pid, rng), "成立日期": days(15_000 + rng.integers(0, 5_000, count), np.zeros(count, np.int64)),
        "住所": addresses(city, house, rng), "经度": pa.array(city.lon[house]), "纬度": pa.array(city.lat[house]),
    }, np.full(count, -1), city.grids[city.grid[house]])  # fmt: skip


def credit_codes(number: Ints) -> pa.Array:
    """Valid unified social credit codes (GB 32100) of a made-up register."""
    alphabet = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", np.uint8)
    digits = np.zeros((len(number), 18), dtype=np.int64)
    digits[:, :8] = [9, 3, 3, 5, 9, 9, 0, 1]
    rest = number.copy()
    for at in range(16, 8, -1):
        digits[:, at] = rest % 10
        rest //= 10
    digits[:, 8] = 22  # M
    total = digits[:, :17] @ np.array([pow(3, i, 31) for i in range(17)])
    digits[:, 17] = (31 - total % 31) % 31
    from yanzhen.lake.invented.city import texts as matrix_texts

    return matrix_texts(alphabet[digits])


def request(city: City, rng: np.random.Generator, start: int, count: int) -> Chunk:
    pid = rng.integers(0, city.people, count)
    house = city.house[pid]
    draw = rng.random(count)
    none = pa.scalar(None, pa.string())
    swapped = rng.random(count) < DIRT["swapped coordinates"]
    lon, lat = city.lon[house], city.lat[house]
    what = ["路灯不亮", "自来水浑浊", "道路破损", "垃圾没有清运", "医保怎么缴", "田埂纠纷", "噪音扰民", "危房修缮"]
    moment = np.datetime_as_string(
        np.datetime64("2024-01-01T00:00:00") + rng.integers(0, 86_400 * 600, count).astype("timedelta64[s]")
    )
    return _chunk(city, {
        "编号": pad("Q", start, count), "时间": pc.replace_substring(pa.array(moment.astype(object), pa.string()), "T", " "), "标题": texts(rng.choice(what, count)),
        "诉求人": hurt_names(city.names.take(pa.array(pid)), rng), "联系电话": phones(city, pid, rng),
        "地址": pc.if_else(pa.array(draw < 0.3), none, addresses(city, house, rng)),
        "经度": pc.if_else(pa.array(draw > 0.8), none, texts(np.where(swapped, lat, lon))), "纬度": pc.if_else(pa.array(draw > 0.8), none, texts(np.where(swapped, lon, lat))),
    }, pid)  # fmt: skip


def meter(city: City, rng: np.random.Generator, start: int, count: int) -> Chunk:
    index = np.arange(start, start + count)
    house = index % city.households
    period = index // city.households
    return _chunk(city, {
        "表号": pad_of("E", house), "户号": pad_of("H", house), "抄表日期": pc.cast(pa.array(17_900 + period % 2_000, pa.int32()), pa.date32()),
        "读数": pa.array((period * 97 + rng.integers(0, 90, count)).astype(np.int64)), "表类": texts(np.where(house % 3 == 0, "W", "E")),
        "经度": pa.array(city.lon[house]), "纬度": pa.array(city.lat[house]),
    }, np.full(count, -1), city.grids[city.grid[house]])  # fmt: skip


def _share(part: float) -> Callable[[City, int], int]:
    return lambda city, rows: int(rows * part)


SPECS: tuple[Spec, ...] = (
    Spec("resident", "csv", "gb18030", lambda city, rows: city.people, resident),
    Spec("household", "csv", "utf-8", lambda city, rows: city.households, household),
    Spec("medical", "parquet", "", _share(0.20), medical),
    Spec("pension", "parquet", "", _share(0.28), pension),
    Spec("land", "csv", "utf-8", _share(0.02), land),
    Spec("vehicle", "csv", "gb18030", _share(0.01), vehicle),
    Spec("school", "jsonl", "utf-8", _share(0.004), school),
    Spec("disability", "csv", "utf-8", _share(0.002), disability),
    Spec("relief", "csv", "utf-8", _share(0.004), relief),
    Spec("enterprise", "parquet", "", _share(0.004), enterprise),
    Spec("request", "csv", "utf-8", _share(0.01), request),
    Spec("meter", "parquet", "", _share(0.40), meter),
)


def people_for(rows: int) -> int:
    """Inhabitants of a city that has so many rows (about 24 rows a person)."""
    return max(rows // 24, 60)


def chunks(spec: Spec, city: City, rows: int, seed: int, start: int = 0) -> Iterator[Chunk]:
    """A source piece by piece; the same seed gives the same pieces."""
    total = spec.rows(city, rows)
    for at in range(start, total, CHUNK):
        rng = np.random.default_rng([seed, sum(spec.name.encode()), at])
        yield spec.make(city, rng, at, min(CHUNK, total - at))


def write(
    city: City, folder: Path, rows: int, seed: int = 1, only: tuple[str, ...] = (), truth: bool = True
) -> dict[str, int]:
    """All sources into ``folder/<source>/``, the truth into ``folder/../truth``; gives the rows of each."""
    made = {}
    for spec in SPECS:
        if only and spec.name not in only:
            continue
        target = folder / spec.name
        target.mkdir(parents=True, exist_ok=True)
        made[spec.name] = _write(spec, city, target, folder.parent / "truth", rows, seed, truth)
    return made


def _write(spec: Spec, city: City, target: Path, truth: Path, rows: int, seed: int, with_truth: bool) -> int:
    total, parquet, known = 0, None, None
    handle: io.BufferedWriter | None = None
    for chunk in chunks(spec, city, rows, seed):
        total += len(chunk.table)
        if spec.kind == "parquet":
            parquet = parquet or pq.ParquetWriter(
                target / f"{spec.name}.parquet", chunk.table.schema, compression="zstd", compression_level=1
            )
            parquet.write_table(chunk.table, row_group_size=250_000)
        else:
            handle = handle or (target / f"{spec.name}.{spec.kind}").open("wb")
            handle.write(as_text(chunk.table, spec, head=total == len(chunk.table)))
        if with_truth:
            truth.mkdir(parents=True, exist_ok=True)
            body = pa.table({"pid": pa.array(chunk.pid), "grid": pa.array(chunk.grid)})
            known = known or pq.ParquetWriter(truth / f"{spec.name}.parquet", body.schema, compression="zstd")
            known.write_table(body)
    for out in (parquet, known, handle):
        if out is not None:
            out.close()
    return total


def as_text(table: pa.Table, spec: Spec, *, head: bool) -> bytes:
    if spec.kind == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist()).encode()
    out = io.BytesIO()
    pacsv.write_csv(table, out, pacsv.WriteOptions(include_header=head, quoting_style="needed"))
    body = out.getvalue()
    return body.decode().encode(spec.encoding) if spec.encoding != "utf-8" else body


__all__ = ["CHUNK", "DIRT", "SPECS", "Chunk", "Spec", "as_text", "chunks", "people_for", "with_check", "write"]
