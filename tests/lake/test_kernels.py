"""Kernels on values: check digits, keyed hashes, dates, the cover against exact geometry, addresses against the truth."""

from __future__ import annotations

import hmac
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from yanzhen.lake.api import Column
from yanzhen.lake.invented.city import City, with_check
from yanzhen.lake.invented.sources import credit_codes
from yanzhen.lake.kernels import cover, ids, reasons, values
from yanzhen.lake.kernels.addresses import Gazetteer
from yanzhen.lake.places import Alias, Places


def test_the_standards_own_example_and_its_spellings() -> None:
    seen = ids.look(pa.array(["11010519491231002X", " 11010519491231002x ", "1101051949123100２X", "110105491231002"]))
    assert seen.bad.tolist() == [0, 0, 0, 0]
    assert {bytes(number) for number in seen.numbers} == {b"11010519491231002X"}
    assert seen.sex.tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("110105194912310020", reasons.CHECK), ("991105194912310020", reasons.REGION), ("110105194902300020", reasons.BIRTH),
        ("1101051949123100", reasons.FORM), ("某某", reasons.FORM), ("1101051949123100X2", reasons.FORM),
    ],
)  # fmt: skip
def test_why_an_id_number_is_none(text: str, reason: int) -> None:
    assert ids.look(pa.array([text])).bad.tolist() == [reason]


@given(st.integers(0, 40_000), st.integers(0, 999), st.integers(0, 9))
def test_one_wrong_digit_is_always_seen(day: int, running: int, other: int) -> None:
    born = date(1900, 1, 1) + timedelta(days=day)
    right = with_check(np.array([350_101 * 10**11 + int(born.strftime("%Y%m%d")) * 1000 + running]))[0].as_py()
    seen = ids.look(pa.array([right]))
    assert seen.bad.tolist() == [0]
    assert date(1970, 1, 1) + timedelta(days=int(seen.birth[0])) == born
    wrong = right[:16] + str(other) + right[17:]
    assert ids.look(pa.array([wrong])).bad.tolist() == [0 if wrong == right else reasons.CHECK]


@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
@given(key=st.binary(min_size=16, max_size=100), number=st.binary(min_size=18, max_size=18))
@settings(max_examples=30)
def test_keyed_hashes_are_hmac(algorithm: str, key: bytes, number: bytes) -> None:
    many = ids.Keyed(algorithm, key).many(np.frombuffer(number * 2, np.uint8).reshape(2, 18))
    assert many.to_pylist() == [hmac.digest(key, number, algorithm)] * 2


def test_credit_codes_check() -> None:
    for code in credit_codes(np.arange(50)).to_pylist():
        assert ids.credit_code(code.lower()) == (code, 0)
        wrong = code[:17] + ("A" if code[17] != "A" else "B")
        assert ids.credit_code(wrong) == (None, reasons.CHECK)
    assert ids.credit_code("91350100I0O0000000")[1] == reasons.FORM


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_a_dozen_spellings_of_one_day(day: date) -> None:
    chinese = str.maketrans("0123456789", "〇一二三四五六七八九")

    def numeral(value: int) -> str:
        ten, one = divmod(value, 10)
        head = "" if ten == 0 else "十" if ten == 1 else str(ten).translate(chinese) + "十"
        return head + (str(one).translate(chinese) if one or not ten else "")

    spellings = [
        day.isoformat(), f"{day.year}-{day.month}-{day.day}", f"{day.year}/{day.month}/{day.day}", f"{day.year}.{day.month:02d}.{day.day:02d}",
        day.strftime("%Y%m%d"), f"{day.year}年{day.month}月{day.day}日", f"{day.isoformat()} 00:00:00", f"{day.isoformat()}T10:00:00",
        f"{str(day.year).translate(chinese)}年{numeral(day.month)}月{numeral(day.day)}日", f" {day.strftime('%Y%m%d')} ",
        f"{day.year}年{day.month:02d}月{day.day:02d}号", day.isoformat().replace("-", "－").translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ]  # fmt: skip
    found, bad = values.standardise(pa.array(spellings), Column("d", "d", "date"))
    assert found.to_pylist() == [day] * len(spellings)
    assert not bad.any()


@pytest.mark.parametrize("text", ["2024-02-30", "20241301", "24-1-5", "昨天", "2024年13月1日", "0000-00-00"])
def test_a_day_that_is_none(text: str) -> None:
    found, bad = values.standardise(pa.array([text]), Column("d", "d", "date"))
    assert found.to_pylist() == [None]
    assert bad[0]


def test_values_in_their_standard_form() -> None:
    def of(kind: str, *texts: str, **more: object) -> list[object]:
        return values.standardise(pa.array(texts), Column("c", "c", kind, **more))[0].to_pylist()  # type: ignore[arg-type]

    assert of("name", "陈 平", "阿依古丽•买买提", "陈１", "�平") == ["陈平", "阿依古丽·买买提", None, None]
    assert of("phone", "13800000000", "+86 138-0000-0000", "0594-2345678", "123") == [
        "13800000000",
        "13800000000",
        "05942345678",
        None,
    ]
    money = ["12", "￥1,200.50", "1.2万元", "（3.00）", "RMB5", "M12"]
    assert [str(value) for value in of("money", *money)] == ["12.00", "1200.50", "12000.00", "-3.00", "5.00", "None"]
    assert of("code", "男", "2", "02", "x", codes="sex") == ["1", "2", "2", None]
    assert of("month", "2024-03", "202403", "2024年3月", "2024-03-15") == [date(2024, 3, 1)] * 4
    assert of("boolean", "是", "0", "?") == [True, False, None]
    assert of("integer", "1,200", "3.0", "a", least=0, most=1000) == [None, 3, None]


def test_the_cover_agrees_with_exact_geometry(city: City) -> None:
    rng = np.random.default_rng(1)
    polygons = city.places.polygons
    west, south, east, north = shapely.total_bounds(shapely.from_wkb(list(polygons.values())))
    lon, lat = rng.uniform(west - 0.02, east + 0.02, 20_000), rng.uniform(south - 0.02, north + 0.02, 20_000)
    corners = shapely.get_coordinates(shapely.from_wkb(list(polygons.values())))[:3000]  # on the borders themselves
    lon, lat = np.append(lon, corners[:, 0]), np.append(lat, corners[:, 1])
    for depth in (6, 10):
        assert (cover.build(polygons, depth).find(lon, lat) == cover.exact(polygons, lon, lat)).all()


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_the_cover_agrees_on_maps_that_overlap_and_have_gaps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = [shapely.box(x, y, x + w, y + h) for x, y, w, h in rng.uniform(0.05, 1, (8, 4))]
    polygons = {350_101_100_200_001 + n: shapely.to_wkb(box) for n, box in enumerate(boxes)}
    lon, lat = rng.uniform(0, 2, 500), rng.uniform(0, 2, 500)
    assert (cover.build(polygons, 7).find(lon, lat) == cover.exact(polygons, lon, lat)).all()


def test_no_polygons_no_place() -> None:
    assert cover.build({}).find(np.array([1.0]), np.array([1.0])).tolist() == [0]


def test_addresses_find_their_village_or_stay_silent(city: City) -> None:
    gazetteer = Gazetteer(city.places)
    house = np.arange(city.households)
    found = [gazetteer.find(text) for text in city.addresses(house, house % 5).to_pylist()]
    truth = city.grids[city.grid[house]]
    village = [answer.place // 1000 == grid // 1000 for answer, grid in zip(found, truth, strict=True)]
    wrong = [
        a.how in {"address", "village"} and a.place // 1000 != g // 1000 for a, g in zip(found, truth, strict=True)
    ]
    assert sum(village) / len(village) >= 0.99
    assert not any(wrong)


def test_an_address_with_two_candidates_is_not_guessed() -> None:
    names = {
        35 * 10**13: "福建省",
        359901 * 10**9: "甲县",
        359901100 * 10**6: "乙镇",
        359901100201000: "丙村",
        359901100202000: "丁村",
    }
    aliases = (Alias("上厝", 359901100201001), Alias("上厝", 359901100202001), Alias("下厝", 359901100202002))
    gazetteer = Gazetteer(Places(names, {}, aliases))
    assert gazetteer.find("上厝12号").place == 0
    assert gazetteer.find("乙镇上厝12号").place == 359901100 * 10**6
    assert gazetteer.find("丁村上厝12号").place == 359901100202001
    assert gazetteer.find("下厝12号").place == 359901100202002
    assert gazetteer.find("甲县乙镇丁树上厝").place in {0, 359901100 * 10**6, 359901100202000, 359901100202001}
