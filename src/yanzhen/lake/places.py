"""The tree of places as plain numbers, its history, and what a viewer's scope is on it.

A place is its code made 15 digits long: 12 of the division (NBS) and 3 of the grid, zeros where it goes no deeper. So any
unit's subtree is one range of numbers, whatever the year, and a row says how deep it could be put.
"""

from __future__ import annotations

import csv
import hashlib
import sqlite3
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from yanzhen.kernel.errors import DomainError

#: Digits below a place of each level: its subtree is [place, place + 10**digits).
SPANS = {"country": 15, "province": 13, "city": 11, "county": 9, "town": 6, "village": 3, "grid": 0}
_DEPTHS = {2: "province", 4: "city", 6: "county", 9: "town", 12: "village", 15: "grid"}
NOWHERE = 0
"""Place of a row that could not be put anywhere: only a scope on the whole sees it."""
HELD = -1
"""Place of a row that is held back; it never reaches a table."""


def place(code: str) -> int:
    """The place of a division or grid code of 2, 4, 6, 9, 12 or 15 digits; 12 digits ending in zeros are read as what they are."""
    if not code.isdigit() or len(code) not in _DEPTHS:
        raise DomainError("lake.place", "“{code}”不是区划或网格代码。", code=code)
    return int(code.ljust(15, "0"))


_LEVELS = {digits: name for name, digits in SPANS.items()}


def level(number: int) -> str:
    """How deep a place goes."""
    return _LEVELS[depth(number)]


def depth(number: int) -> int:
    """Digits below the place (0 for a grid): see SPANS."""
    for digits in (0, 3, 6, 9, 11, 13):
        if number % 10 ** (_above(digits)):
            return digits
    return 15


def _above(digits: int) -> int:
    return {0: 3, 3: 6, 6: 9, 9: 11, 11: 13, 13: 15}[digits]


def town(number: int) -> int:
    """The partition of a place: its first nine digits (0 when it is not as deep as a town)."""
    return number // 1_000_000 if depth(number) <= SPANS["town"] else 0


@dataclass(frozen=True, slots=True)
class Scope:
    """What a viewer may see: half-open ranges of places, sorted. ``whole`` also sees what could not be located."""

    ranges: tuple[tuple[int, int], ...]
    whole: bool = False

    def __post_init__(self) -> None:
        if any(low >= high or low < 0 for low, high in self.ranges):
            raise DomainError("lake.scope", "范围不对。")

    @classmethod
    def of(cls, *codes: str) -> Scope:
        """The subtrees of units by their codes; "0" is the whole."""
        if "0" in codes:
            return cls(((0, 10**15),), whole=True)
        spans = sorted((number, number + 10 ** depth(number)) for number in map(place, codes))
        merged: list[tuple[int, int]] = []
        for low, high in spans:
            if merged and low <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return cls(tuple(merged))

    def holds(self, number: int) -> bool:
        return any(low <= number < high for low, high in self.ranges)

    def touches(self, low: int, high: int) -> bool:
        """Whether a file whose places lie in [low, high] may hold a row of the scope."""
        return any(low < until and high >= start for start, until in self.ranges)

    def within(self, other: Scope) -> bool:
        """Whether the other scope sees all of this one."""
        return all(any(low >= a and high <= b for a, b in other.ranges) for low, high in self.ranges)


@dataclass(frozen=True, slots=True)
class Alias:
    """A written form of a place: a natural village, group, road, estate, old name."""

    words: str
    place: int


@dataclass(frozen=True)
class Places:
    """The units in force, what became of old ones, grid polygons and the gazetteer."""

    names: Mapping[int, str]
    successors: Mapping[int, int] = field(default_factory=dict)
    aliases: Sequence[Alias] = ()
    polygons: Mapping[int, bytes] = field(default_factory=dict)
    """Grid → polygon as WKB, longitude and latitude (CGCS2000)."""

    @cached_property
    def version(self) -> str:
        """Changes when any place, successor, alias or polygon does."""
        digest = hashlib.sha256()
        for number, name in sorted(self.names.items()):
            digest.update(f"{number}{name}".encode())
        for old, new in sorted(self.successors.items()):
            digest.update(f"{old}>{new}".encode())
        for alias in sorted((alias.words, alias.place) for alias in self.aliases):
            digest.update(f"{alias}".encode())
        for number, body in sorted(self.polygons.items()):
            digest.update(str(number).encode() + body)
        return digest.hexdigest()[:16]

    def today(self, number: int) -> int:
        """What a place of any year is today: its successor, or itself."""
        seen = set()
        while number in self.successors and number not in seen:
            seen.add(number)
            number = self.successors[number]
        return number

    def resolve(self, text: str) -> int:
        """A division or grid code of any year as today's place; the deepest ancestor still known; 0 when none is.

        Codes with blanks, full-width digits or a trailing ".0" of a spreadsheet are read; 12 digits padded with zeros
        go as deep as they say.
        """
        code = "".join(unicodedata.normalize("NFKC", text).split()).removesuffix(".0")
        if not code.isdigit() or len(code) > 15 or len(code) < 2:
            return 0
        number = (
            int(code.ljust(15, "0"))
            if len(code) in _DEPTHS
            else int(code[: max(n for n in _DEPTHS if n < len(code))].ljust(15, "0"))
        )
        while number:
            current = self.today(number)
            if current in self.names:
                return current
            digits = depth(number)
            if digits >= SPANS["province"]:
                return 0
            number -= number % 10 ** _above(digits)
        return 0

    def path(self, number: int) -> list[str]:
        """Names from the province down."""
        found: list[str] = []
        for digits in (13, 11, 9, 6, 3, 0):
            step = number - number % 10**digits
            if step in self.names and (not found or found[-1] != self.names[step]):
                found.append(self.names[step])
        return found

    def below(self, number: int) -> list[int]:
        """Children: the places one level deeper that are in force (the next level that exists)."""
        span = 10 ** depth(number)
        inside = [each for each in self.names if number < each < number + span]
        if not inside:
            return []
        top = max(depth(each) for each in inside)
        return sorted(each for each in inside if depth(each) == top)

    def problems(self) -> list[str]:
        """What the customer's reference data gets wrong: codes without parent, villages without grid, overlapping grids."""
        found: list[str] = []
        for number, words in self.names.items():
            digits = depth(number)
            parent = number - number % 10 ** _above(digits) if digits < 13 else 0
            if parent and parent not in self.names:
                found.append(f"{number} {words}：上级 {parent} 不在清单里")
        if self.polygons:
            covered = {number - number % 1000 for number in self.polygons}
            found += [
                f"{number} {words}：村里没有一个网格有边界"
                for number, words in self.names.items()
                if depth(number) == 3 and number not in covered
            ]
            from yanzhen.lake.kernels.cover import overlaps

            found += [f"网格 {one} 与 {other} 的边界重叠" for one, other in overlaps(self.polygons)]
        for old, new in self.successors.items():
            if self.today(new) not in self.names:
                found.append(f"{old} 改为 {new}，而 {new} 不在清单里")
        return found


def read(folder: Path) -> Places:
    """The reference folder of a lake.

    ``units.csv`` (code, name), ``changes.csv`` (old, new), ``gazetteer.csv`` (words, code), ``grids.parquet`` (code, wkb);
    all but the first may be missing. DomainError when there are no units.
    """
    units = folder / "units.csv"
    if not units.exists():
        raise DomainError("lake.reference", "参考资料里没有 units.csv（code, name）。")
    names = {place(row["code"]): row["name"] for row in _rows(units)}
    successors = {place(row["old"]): place(row["new"]) for row in _rows(folder / "changes.csv")}
    aliases = tuple(Alias(row["words"], place(row["code"])) for row in _rows(folder / "gazetteer.csv"))
    polygons: dict[int, bytes] = {}
    if (folder / "grids.parquet").exists():
        import pyarrow.parquet as pq

        table = pq.read_table(folder / "grids.parquet")
        polygons = dict(zip(map(int, table["code"].to_pylist()), table["wkb"].to_pylist(), strict=True))
    return Places(names, successors, aliases, polygons)


def write(places: Places, folder: Path) -> None:
    """The same, the other way round."""
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "units.csv", ("code", "name"), ((_code(n), name) for n, name in sorted(places.names.items())))
    _write(folder / "changes.csv", ("old", "new"), ((_code(a), _code(b)) for a, b in sorted(places.successors.items())))
    _write(folder / "gazetteer.csv", ("words", "code"), ((a.words, _code(a.place)) for a in places.aliases))
    codes = sorted(places.polygons)
    table = pa.table(
        {"code": pa.array(codes, pa.int64()), "wkb": pa.array([places.polygons[c] for c in codes], pa.binary())}
    )
    pq.write_table(table, folder / "grids.parquet")


def _code(number: int) -> str:
    return str(number).zfill(15)[: 15 - depth(number)]


def code(number: int) -> str:
    """The shortest official code of a place (2 to 15 digits)."""
    return _code(number) if number else "0"


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def _write(path: Path, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as text:
        out = csv.writer(text)
        out.writerow(heads)
        out.writerows(rows)


def from_package(path: Path, prefix: str = "") -> dict[int, str]:
    """Names by place from the statistics office's list: the npm package's SQLite file or its folder of CSV files.

    ``prefix`` keeps one province, city or county and what stands above it. DomainError when nothing is there.
    """
    inside = next((p for p in (path, path / "dist" / "data.sqlite", path / "data.sqlite") if p.is_file()), None)
    found: dict[int, str] = {}
    tables = {"province": "provinces", "city": "cities", "area": "areas", "street": "streets", "village": "villages"}
    for table, file in tables.items():
        if inside is not None and inside.suffix == ".sqlite":
            with closing(sqlite3.connect(f"file:{inside}?mode=ro", uri=True)) as database:
                # the table name is one of five literals
                lines = [(str(a), str(b)) for a, b in database.execute(f"SELECT code, name FROM {table}")]
        else:
            folder = path / "dist" if (path / "dist").is_dir() else path
            lines = [(row["code"], row["name"]) for row in _rows(folder / f"{file}.csv")]
        for text, name in lines:
            if text.startswith(prefix) or prefix.startswith(text):
                found[place(text)] = name
    if not found:
        raise DomainError("lake.divisions", "没有读到区划：{path}", path=path.name)
    return found
