"""The typed contract: what one source of one department's system delivers, and what the lake may do with it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property

#: What a column may be. Text types go through a kernel on their distinct values; ``text`` and ``number`` types pass as they are.
TYPES = {
    "text": "文本",
    "name": "姓名",
    "id_number": "公民身份号码（GB 11643）",
    "credit_code": "统一社会信用代码（GB 32100）",
    "phone": "电话",
    "date": "日期",
    "datetime": "日期时间",
    "month": "月份",
    "integer": "整数",
    "decimal": "小数",
    "money": "金额（元）",
    "boolean": "是否",
    "code": "代码",
    "division": "区划代码",
    "address": "地址",
    "lon": "经度",
    "lat": "纬度",
    "household": "户号",
}
SENSITIVITIES = ("open", "internal", "personal", "sensitive")
REFRESHES = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366, "once": 0}
FORMATS = ("csv", "parquet", "jsonl", "excel", "database")
MODES = ("append", "upsert", "snapshot")
PARTITIONS = {"town": 6, "county": 9, "city": 11}
"""Digits below each unit by which a table can be cut (see ``places.SPANS``)."""
METHODS = ("code", "residence", "point", "address")
DERIVABLE = ("birth", "sex")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the source and the data element it delivers."""

    name: str
    """Name in the lake (English, short)."""
    source: str
    """Heading in the delivered file."""
    type: str = "text"
    element: str = ""
    """Code of the data element in the catalogue; "" while nobody has named it."""
    title: str = ""
    required: bool = False
    codes: str = ""
    """Code set (see codesets.toml) of a column of type ``code``."""
    pattern: str = ""
    unit: str = ""
    least: float | None = None
    most: float | None = None
    on_bad: str = ""
    """``hold`` the row or ``clear`` the value; "" holds what is required and clears what is not."""
    derive: tuple[str, ...] = ()
    """Facts that may be kept of an ID number: birth, sex. The number itself never is."""
    mask: str = ""
    """How a reader without the right sees it: name, phone, address, hide; "" shows it."""

    @property
    def holds(self) -> bool:
        """Whether a bad value keeps the whole row back."""
        return self.on_bad == "hold" or (self.on_bad == "" and self.required)


@dataclass(frozen=True, slots=True)
class Format:
    kind: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    files: str = "*"
    """Which files of the inbox belong to the source (a pattern like ``*.csv``)."""
    sheet: str = ""
    query: str = ""
    """For a database: the SELECT to run; ``{watermark}`` stands for the newest value seen."""


@dataclass(frozen=True, slots=True)
class Limits:
    dirt: float = 0.05
    """Largest share of rows held back; above it the batch stops before the good state is touched."""
    least_rows: int = 1
    drift: float = 0.3
    """Change of row count or null share against the batch before, from which the steward is told."""
    late_after_days: int = 0
    """Days after which the source is late; 0 takes the refresh rhythm."""


@dataclass(frozen=True, slots=True)
class Person:
    """Which columns tell whose row it is. ``id`` decides; the others serve where it is missing."""

    id: str = ""
    name: str = ""
    birth: str = ""
    sex: str = ""
    phone: str = ""
    village: str = ""
    household: str = ""
    register: bool = False
    """The source describes people (its names, birth dates and places are what others are compared with)."""

    @property
    def linkable(self) -> bool:
        """Enough to look for a person without an ID number."""
        return bool(self.name and (self.birth or self.phone))


@dataclass(frozen=True, slots=True)
class Locate:
    """How a row finds its place, in this order; a later method may only make an earlier answer finer."""

    order: tuple[str, ...] = ()
    code: str = ""
    lon: str = ""
    lat: str = ""
    address: str = ""
    home: bool = False
    """The place found is where the person lives (the source is a register of residence)."""


@dataclass(frozen=True, slots=True)
class Contract:
    """One source, whole. Built by ``contracts.reading.load``; equal files give equal ``digest``."""

    name: str
    title: str
    department: str
    system: str
    legal_basis: str
    purpose: str
    sensitivity: str
    steward: str
    refresh: str
    columns: tuple[Column, ...]
    format: Format = field(default_factory=Format)
    mode: str = "append"
    key: tuple[str, ...] = ()
    watermark: str = ""
    retention: str = "10y"
    partition: str = "town"
    """Rows of how large a unit share a file; a personal source is always cut by town."""
    limits: Limits = field(default_factory=Limits)
    person: Person = field(default_factory=Person)
    enterprise: str = ""
    """Column with the credit code of the enterprise the row is about."""
    locate: Locate = field(default_factory=Locate)
    source_of_truth: tuple[str, ...] = ()
    """Elements for which this system's word counts (the base of "asked once")."""

    def column(self, name: str) -> Column:
        """The column by its name in the lake; KeyError when the contract has none."""
        return next(column for column in self.columns if column.name == name) if self.has(name) else _missing(name)

    def has(self, name: str) -> bool:
        return any(column.name == name for column in self.columns)

    @property
    def cut(self) -> int:
        """Digits of a place below the unit that the table is cut by."""
        return PARTITIONS[self.partition]

    @property
    def provides(self) -> list[tuple[str, str]]:
        """(element, column of the table) pairs, facts derived from an ID number included."""
        found = [
            (column.element, column.name) for column in self.columns if column.element and column.type != "id_number"
        ]
        for column in self.columns:
            if column.type == "id_number":
                found += [("person.id", "person"), *((f"person.{fact}", f"id_{fact}") for fact in column.derive)]
        return found

    @property
    def late_after_days(self) -> int:
        return self.limits.late_after_days or int(REFRESHES[self.refresh] * 1.25) + 1

    @property
    def digest(self) -> str:
        """What the contract makes of a row, as 16 hex digits: changes of titles or stewards do not count."""
        body = asdict(self)
        for words in (
            "title",
            "department",
            "system",
            "legal_basis",
            "purpose",
            "steward",
            "refresh",
            "retention",
            "limits",
        ):
            body.pop(words)
        for column in body["columns"]:
            for words in ("title", "unit", "mask", "element"):
                column.pop(words)
        return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def _missing(name: str) -> Column:
    raise KeyError(name)


@dataclass(frozen=True)
class Book:
    """All contracts of one lake."""

    contracts: tuple[Contract, ...]

    @cached_property
    def by_name(self) -> dict[str, Contract]:
        return {contract.name: contract for contract in self.contracts}

    def in_order(self) -> list[Contract]:
        """Registers of people first (others are located through them), then by name."""
        return sorted(self.contracts, key=lambda c: (not c.locate.home, not c.person.register, c.name))
