"""Rules of the tree: codes, levels, what may stand under what (plain Python).

Codes follow 统计用区划代码 (国家统计局, yearly as at 30 June): 2 province + 2 city + 2 county + 3 township + 3 village digits.
Below the village each level adds a sequence to the code of its parent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from yanzhen.kernel.errors import DomainError

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
STEP = 4
LADDER = ("country", "province", "city", "county", "township", "village", "sub1", "sub2", "sub3", "sub4")
DIVISIONS = LADDER[:6]
SUBS = LADDER[6:]
SIGNIFICANT = {"country": 0, "province": 2, "city": 4, "county": 6, "township": 9, "village": 12}
BODIES = ("party", "department", "selfgov", "economic", "team", "social")
LETTER = {"party": "P", "department": "D", "selfgov": "S", "economic": "E", "team": "T", "social": "O"}
CODE_MAX = 24
DOCUMENT_MAX = 200


@dataclass(frozen=True, slots=True)
class Place:
    """What the rules need to know of a unit."""

    id: int
    code: str
    name: str
    kind: str
    level: str
    path: str
    valid_from: date
    valid_to: date | None = None


# --- paths ----------------------------------------------------------------------------------------------------------


def step_text(number: int) -> str:
    """The path characters of the n-th child, n from 1; ValueError above 36^4 - 1."""
    text = ""
    rest = number
    while rest:
        rest, digit = divmod(rest, len(ALPHABET))
        text = ALPHABET[digit] + text
    if not number > 0 or len(text) > STEP:
        raise ValueError(f"no path for child {number}")
    return text.rjust(STEP, ALPHABET[0])


def step_number(path: str) -> int:
    """The place of a path among its siblings, from 1."""
    number = 0
    for char in path[-STEP:]:
        number = number * len(ALPHABET) + ALPHABET.index(char)
    return number


# --- codes ----------------------------------------------------------------------------------------------------------


def padded(code: str) -> str:
    """A shortened division code at its full 12 digits: 350302 → 350302000000."""
    return code.ljust(12, "0")


def division_level(code: str) -> str:
    """Level that a 12-digit code names by its trailing zeros; DomainError when it is no division code."""
    if not re.fullmatch(r"\d{12}", code):
        raise DomainError("units.code.shape", "区划代码应为12位数字，现为“{value}”。", field="code", value=code)
    if code == "0" * 12:
        return "country"
    for level in DIVISIONS[1:]:
        if set(code[SIGNIFICANT[level] :]) <= {"0"}:
            if set(code[SIGNIFICANT[_above(level)] : SIGNIFICANT[level]]) <= {"0"}:
                break
            return level
    raise DomainError("units.code.shape", "区划代码“{value}”中间的级次为零，无法判断级别。", field="code", value=code)


def _above(level: str) -> str:
    return LADDER[LADDER.index(level) - 1]


def significant(code: str, level: str) -> str:
    """The digits of a division code that its level uses, i.e. the prefix of everything below it."""
    return code[: SIGNIFICANT[level]]


def township_class(code: str) -> str:
    """街道, 镇, 乡 or 类乡级 by the three township digits (001–099, 100–199, 200–399, 400–599); "" outside them."""
    number = int(code[6:9])
    for low, high, words in ((1, 99, "街道"), (100, 199, "镇"), (200, 399, "乡"), (400, 599, "类乡级")):
        if low <= number <= high:
            return words
    return ""


def village_class(code: str) -> str:
    """居委会 (001–199), 村委会 (200–399) or 类似 (400 and above) by the three village digits; "" for 000."""
    number = int(code[9:12])
    return "" if number == 0 else "居委会" if number < 200 else "村委会" if number < 400 else "类似村级"


def sub_code(parent_code: str, number: int, digits: int = 3) -> str:
    """Code of the n-th unit below a village or sub-village unit: the parent's code and a sequence.

    ``digits``: rule ``units.grid_code_digits``. DomainError when the sequence or the whole code gets too long.
    """
    text = str(number).rjust(digits, "0")
    if number < 1 or len(text) > digits or len(parent_code) + digits > CODE_MAX:
        raise DomainError("units.code.full", "“{parent}”之下的编号已用完。", field="code", parent=parent_code)
    return parent_code + text


def next_sub_code(parent_code: str, taken: Iterable[str], digits: int = 3) -> str:
    """The code after the highest one taken under a parent: ended units keep theirs, so numbers are never reused."""
    numbers = [int(code[len(parent_code) :]) for code in taken if code[len(parent_code) :].isdigit()]
    return sub_code(parent_code, max(numbers, default=0) + 1, digits)


def next_body_code(parent_code: str, kind: str, taken: Iterable[str]) -> str:
    """Proposed code for a body hanging on a unit: the unit's code, a letter for the kind, two digits."""
    start = parent_code + LETTER[kind]
    numbers = [int(code[len(start) :]) for code in taken if code.startswith(start) and code[len(start) :].isdigit()]
    return f"{start}{max(numbers, default=0) + 1:02d}"


def check_code(code: str, *, kind: str, level: str, parent: Place | None, digits: int = 3) -> str:
    """The code, if it fits the kind, the level and the parent; DomainError with field ``code`` otherwise."""
    if not code or len(code) > CODE_MAX or not re.fullmatch(r"[0-9A-Z]+", code):
        raise DomainError("units.code.shape", "代码只能用数字和大写字母，不超过{max}位。", field="code", max=CODE_MAX)
    if kind == "division":
        if division_level(code) != level:
            raise DomainError("units.code.level", "代码“{value}”与所选级别不一致。", field="code", value=code)
        if parent is not None and parent.level in SIGNIFICANT:
            prefix = significant(parent.code, parent.level)
            if not code.startswith(prefix):
                raise DomainError(
                    "units.code.prefix", "代码应以上级单位的“{prefix}”开头。", field="code", prefix=prefix
                )
    if kind == "grid" and parent is not None:
        rest = code[len(parent.code) :]
        if not code.startswith(parent.code) or len(rest) != digits or not rest.isdigit():
            raise DomainError(
                "units.code.sequence", "代码应为上级代码“{prefix}”加{digits}位顺序号。", field="code",
                prefix=parent.code, digits=digits,
            )  # fmt: skip
    return code


# --- levels ---------------------------------------------------------------------------------------------------------


def sub_levels(names: Mapping[str, Any]) -> dict[str, str]:
    """Local level names below the village, in order; two to four without a gap (rule ``units.sub_level_names``)."""
    found = {level: str(names[level]) for level in SUBS if names.get(level)}
    if tuple(found) != SUBS[: len(found)] or not 2 <= len(found) <= 4:
        raise DomainError("units.levels.depth", "村以下级别应连续命名二至四级。", field="value")
    return found


def check_under(kind: str, level: str, parent: Place | None, depth: int) -> None:
    """Whether a unit of this kind and level may stand under ``parent``. ``depth``: number of levels below the village."""
    if kind in BODIES:
        if parent is None or level:
            raise DomainError("units.parent.body", "机构和组织须挂在一个区划或上级组织之下，不分级别。", field="parent")
        return
    if level not in LADDER or (kind == "division") is (level in SUBS):
        raise DomainError("units.level.unknown", "请选择与类型相符的级别。", field="level")
    if parent is None:
        if kind == "grid":
            raise DomainError("units.parent.needed", "网格须设在村（社区）或上一级网格之下。", field="parent")
        return
    if parent.level not in LADDER:
        raise DomainError("units.parent.ladder", "区划和网格不能设在“{name}”之下。", field="parent", name=parent.name)
    if LADDER.index(parent.level) >= LADDER.index(level):
        raise DomainError(
            "units.parent.level", "“{name}”的级别不高于所设单位，不能作为上级。", field="parent", name=parent.name
        )
    if kind == "grid":
        if LADDER.index(level) != LADDER.index(parent.level) + 1:
            raise DomainError("units.parent.step", "村以下各级须逐级设立。", field="parent")
        if SUBS.index(level) >= depth:
            raise DomainError("units.level.depth", "本地只设了{depth}级村以下级别。", field="level", depth=depth)


# --- changes --------------------------------------------------------------------------------------------------------


def check_name(name: str) -> str:
    """The name without blanks at its ends; DomainError when empty or above 80 characters."""
    name = re.sub(r"\s+", " ", name).strip()
    if not name or len(name) > 80:
        raise DomainError("units.name.length", "请填写名称，不超过80个字。", field="name")
    return name


def check_document(document: str) -> str:
    """A change of the tree needs the document that ordered it."""
    document = document.strip()
    if not document or len(document) > DOCUMENT_MAX:
        raise DomainError("units.document.needed", "请写明依据的文件（名称、文号），不超过200个字。", field="document")
    return document


def check_live(place: Place, on: date, today: date) -> None:
    """A unit can be changed on a day on which it stands, not in the future."""
    if on > today:
        raise DomainError("units.on.future", "尚未生效的变更，请在生效当日或之后登记。", field="on")
    if place.valid_to is not None:
        raise DomainError("units.ended", "“{name}”已撤销，不能再变更。", field="unit", name=place.name)
    if on < place.valid_from:
        raise DomainError("units.on.before", "日期早于“{name}”的设立日期{since}。", field="on", name=place.name,
                          since=place.valid_from.isoformat())  # fmt: skip


def check_move(place: Place, target: Place, on: date, today: date, depth: int) -> None:
    """Whether a unit may move under ``target``."""
    check_live(place, on, today)
    check_live(target, on, today)
    if target.path.startswith(place.path):
        raise DomainError("units.move.inside", "不能把单位划到它自己或它的下级之下。", field="parent")
    if place.path[:-STEP] == target.path:
        raise DomainError("units.move.same", "“{name}”本来就在该上级之下。", field="parent", name=place.name)
    check_under(place.kind, place.level, target, depth)


def check_merge(sources: Sequence[Place], target: Place, on: date, today: date) -> None:
    """Whether units may be merged into one of the same kind and level."""
    check_live(target, on, today)
    if not sources:
        raise DomainError("units.merge.none", "请选择要并入的单位。", field="sources")
    for place in sources:
        check_live(place, on, today)
        if place.id == target.id or target.path.startswith(place.path):
            raise DomainError("units.merge.self", "不能把单位并入它自己或它的下级。", field="sources")
        if (place.kind, place.level) != (target.kind, target.level):
            raise DomainError(
                "units.merge.level", "“{name}”与接收单位的类型或级别不同，不能合并。", field="sources", name=place.name
            )
        if on <= place.valid_from:
            raise DomainError("units.on.before", "日期早于“{name}”的设立日期{since}。", field="on", name=place.name,
                              since=place.valid_from.isoformat())  # fmt: skip


def check_end(place: Place, on: date, today: date, children: int, people: int, households: int) -> None:
    """Whether a unit may end: nothing may be left in it."""
    check_live(place, on, today)
    if on <= place.valid_from:
        raise DomainError("units.on.before", "日期早于“{name}”的设立日期{since}。", field="on", name=place.name,
                          since=place.valid_from.isoformat())  # fmt: skip
    if children or people or households:
        raise DomainError(
            "units.end.occupied", "“{name}”之下还有{children}个单位、{people}人、{households}户，请先划转或改用合并。",
            field="unit", name=place.name, children=children, people=people, households=households,
        )  # fmt: skip


# --- boundaries -----------------------------------------------------------------------------------------------------

MAX_POINTS = 200_000
Ring = list[tuple[float, float]]


def _ring(raw: Any, code: str) -> Ring:
    points = [(float(p[0]), float(p[1])) for p in raw] if isinstance(raw, list) else []
    if len(points) < 4 or points[0] != points[-1]:
        raise DomainError(
            "units.boundary.ring", "“{value}”的边界有一环没有闭合，或不足四个点。", field="file", value=code
        )
    for lon, lat in points:
        if not (73.0 <= lon <= 136.0 and 3.0 <= lat <= 54.0):
            raise DomainError(
                "units.boundary.range", "“{value}”的坐标（{lon}，{lat}）不在我国范围内，请检查经纬度顺序和坐标系。",
                field="file", value=code, lon=lon, lat=lat,
            )  # fmt: skip
    return points


def rings(geometry: Mapping[str, Any], code: str = "") -> list[list[Ring]]:
    """Polygons (each a list of rings, the outer first) of a GeoJSON Polygon or MultiPolygon, checked (RFC 7946 §3.1.6)."""
    kind, raw = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(raw, list) or not raw:
        raise DomainError(
            "units.boundary.type", "“{value}”的边界应为面（Polygon 或 MultiPolygon）。", field="file", value=code
        )
    try:
        polygons = [[_ring(ring, code) for ring in polygon] for polygon in ([raw] if kind == "Polygon" else raw)]
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise DomainError("units.boundary.numbers", "“{value}”的坐标不是数字。", field="file", value=code) from error
    if not all(polygons):
        raise DomainError(
            "units.boundary.ring", "“{value}”的边界有一环没有闭合，或不足四个点。", field="file", value=code
        )
    if sum(len(ring) for polygon in polygons for ring in polygon) > MAX_POINTS:
        raise DomainError("units.boundary.size", "“{value}”的边界点太多，请先抽稀。", field="file", value=code)
    return polygons


def read_boundaries(text: str) -> dict[str, dict[str, Any]]:
    """Geometries by unit code from a FeatureCollection (property ``code``); DomainError names the first thing wrong."""
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise DomainError("units.boundary.json", "文件不是 GeoJSON。", field="file") from error
    if not isinstance(raw, dict) or raw.get("type") != "FeatureCollection" or not isinstance(raw.get("features"), list):
        raise DomainError("units.boundary.collection", "文件应为 FeatureCollection。", field="file")
    found: dict[str, dict[str, Any]] = {}
    for number, feature in enumerate(raw["features"], 1):
        feature = feature if isinstance(feature, dict) else {}
        code = str((feature.get("properties") or {}).get("code") or "")
        if not code:
            raise DomainError("units.boundary.code", "第{number}个要素没有 code 属性。", field="file", number=number)
        if code in found:
            raise DomainError("units.boundary.twice", "代码“{value}”在文件中出现了两次。", field="file", value=code)
        geometry = feature.get("geometry") or {}
        if not isinstance(geometry, dict):
            raise DomainError(
                "units.boundary.type", "“{value}”的边界应为面（Polygon 或 MultiPolygon）。", field="file", value=code
            )
        rings(geometry, code)
        found[code] = {"type": geometry["type"], "coordinates": geometry["coordinates"]}
    if not found:
        raise DomainError("units.boundary.empty", "文件里没有要素。", field="file")
    return found


def simplify(ring: Ring, tolerance: float) -> Ring:
    """Douglas–Peucker in degrees; a ring keeps at least four points, so that it stays closed and has an area."""
    if len(ring) <= 5 or tolerance <= 0:
        return ring
    # a closed ring has no chord: split it at the point farthest from the start
    far = max(range(len(ring)), key=lambda i: (ring[i][0] - ring[0][0]) ** 2 + (ring[i][1] - ring[0][1]) ** 2)
    kept = {0, far, len(ring) - 1}
    stack = [(0, far), (far, len(ring) - 1)]
    while stack:
        first, last = stack.pop()
        at, worst = 0, tolerance
        for i in range(first + 1, last):
            off = _distance(ring[i], ring[first], ring[last])
            if off > worst:
                at, worst = i, off
        if at:
            kept.add(at)
            stack += [(first, at), (at, last)]
    if len(kept) < 4:
        kept |= {far // 2 or 1, far + (len(ring) - 1 - far) // 2}
    return [ring[i] for i in sorted(kept)]


def _distance(p: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    share = 0.0 if length == 0 else max(0.0, min(1.0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length))
    x, y = a[0] + share * dx - p[0], a[1] + share * dy - p[1]
    return float((x * x + y * y) ** 0.5)


def simplified(geometry: Mapping[str, Any], tolerance: float) -> dict[str, Any]:
    """The geometry with fewer points, coordinates at five decimals (about a metre)."""
    polygons = [
        [[[round(x, 5), round(y, 5)] for x, y in simplify(ring, tolerance)] for ring in polygon]
        for polygon in rings(geometry)
    ]
    if geometry["type"] == "Polygon":
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def svg_path(geometry: Mapping[str, Any], size: int = 160) -> str:
    """``d`` of an SVG path that draws the geometry in a ``size`` × ``size`` box, north up."""
    polygons = rings(geometry)
    points = [point for polygon in polygons for ring in polygon for point in ring]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    # a degree of longitude is shorter than one of latitude; at 35° north by about 0.82, near enough for a thumbnail
    wide = max((right - left) * 0.82, high - low) or 1.0
    scale = size / wide
    parts = []
    for polygon in polygons:
        for ring in polygon:
            drawn = simplify(ring, wide / 200)
            parts.append(
                "M" + "L".join(f"{(x - left) * 0.82 * scale:.1f} {(high - y) * scale:.1f}" for x, y in drawn[:-1]) + "Z"
            )
    return "".join(parts)
