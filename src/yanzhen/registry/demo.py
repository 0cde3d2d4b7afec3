"""The demo county's tree and people. Every place and every person is invented (codes beginning with 99 are given to nobody)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from math import pi, sin
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import transaction

from yanzhen.kernel.accounts.models import Account
from yanzhen.kernel.scope.api import system
from yanzhen.kernel.trail.api import record
from yanzhen.registry import actions
from yanzhen.registry.domain.people import check_digit, spelled_place
from yanzhen.registry.domain.units import step_text
from yanzhen.registry.models import Household, Person, Placement, Residence, Role, Unit, UnitBoundary
from yanzhen.registry.services.people import apply
from yanzhen.registry.services.posts import appoint

SINCE = date(2021, 1, 1)
TOWNSHIPS = (
    "青山镇", "白水镇", "双河镇", "石桥镇", "松林镇", "柳荫镇", "云台镇", "黄渡镇", "新圩镇", "枫溪镇", "梨坪乡", "茶岭乡",
    "杉木乡", "竹溪乡", "高坪乡", "鹿鸣乡", "回龙乡", "长滩乡",
)  # fmt: skip
_FIRST = "松柳桃梨枫竹茶莲石沙龙凤鹤鹿牛马金银青白红黄上下东西南北大小新老前后高长"
_SECOND = "坡湾坪岭塘河溪冲坝桥井坑寨垸岗洲渡埠树林田园口沟"
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢"
    "姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万单解仇"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰云建国梅春生福贵田根水山林森松柏荣光辉志远思成家"
    "和文武学礼义仁忠良安康宁永昌盛祥瑞雪雨晴晓东海波浩然子涵一诺"
)
DEPARTMENTS = (
    ("县委组织部", "D01"), ("县治理中心", "D02"), ("县农业农村局", "D03"), ("县民政局", "D04"), ("县人社局", "D05"),
    ("县教育局", "D06"), ("县卫生健康局", "D07"), ("县交通运输局", "D08"), ("县住房城乡建设局", "D09"), ("县自然资源局", "D10"),
    ("县生态环境局", "D11"), ("县水利局", "D12"), ("县公安局", "D13"), ("县市场监管局", "D14"), ("县应急管理局", "D15"),
    ("县供电公司", "D16"),
)  # fmt: skip
_POLITICAL = ("13", "13", "13", "13", "01", "03")


@dataclass
class County:
    """What the demo's other modules build upon. Keys: ``county``, ``t3`` (township 3), ``t3v2``, ``t3v2g1``, ``D03`` …"""

    units: dict[str, Unit] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    people: dict[int, list[Person]] = field(default_factory=dict)
    villages: list[str] = field(default_factory=list)

    def grids(self, village: str) -> list[str]:
        """Keys of a village's grids."""
        found, number = [], 1
        while f"{village}g{number}" in self.units:
            found.append(f"{village}g{number}")
            number += 1
        return found


def _warp(x: float, y: float) -> list[float]:
    """From the unit square to longitude and latitude, gently bent so that borders look grown and never overlap."""
    u = x + 0.018 * sin(2 * pi * (1.3 * y + 0.2)) + 0.006 * sin(2 * pi * (5.1 * y + x))
    v = y + 0.022 * sin(2 * pi * (1.1 * x + 0.6)) + 0.006 * sin(2 * pi * (4.3 * x + 0.4 * y))
    return [round(101.2 + 0.86 * u, 5), round(36.1 + 0.52 * v, 5)]


def _ring(x0: float, y0: float, x1: float, y1: float, steps: int) -> list[list[float]]:
    along = [step / steps for step in range(steps)]
    ring = [_warp(x0 + (x1 - x0) * t, y0) for t in along] + [_warp(x1, y0 + (y1 - y0) * t) for t in along]
    ring += [_warp(x1 - (x1 - x0) * t, y1) for t in along] + [_warp(x0, y1 - (y1 - y0) * t) for t in along]
    return [*ring, ring[0]]


def _polygon(cell: tuple[float, float, float, float], steps: int) -> str:
    return json.dumps({"type": "Polygon", "coordinates": [_ring(*cell, steps)]}, separators=(",", ":"))


def _cuts(rng: Random, parts: int) -> list[float]:
    weights = [rng.uniform(0.8, 1.25) for _ in range(parts)]
    found = [0.0]
    for weight in weights:
        found.append(found[-1] + weight / sum(weights))
    return found


def _cells(
    rng: Random, frame: tuple[float, float, float, float], columns: int, number: int
) -> Iterator[tuple[float, ...]]:
    """``number`` cells that fill a frame in columns of nearly equal count."""
    x0, y0, x1, y1 = frame
    cuts = _cuts(rng, columns)
    for column in range(columns):
        rows = number // columns + (column < number % columns)
        ups = _cuts(rng, rows)
        for row in range(rows):
            yield (
                x0 + (x1 - x0) * cuts[column], y0 + (y1 - y0) * ups[row],
                x0 + (x1 - x0) * cuts[column + 1], y0 + (y1 - y0) * ups[row + 1],
            )  # fmt: skip


class _Tree:
    """Units collected with their paths, written in one go."""

    def __init__(self) -> None:
        self.units: dict[str, Unit] = {}
        self.parents: dict[str, str] = {}

    def add(self, key: str, parent: str, name: str, code: str, level: str, kind: str = "division") -> None:
        above = self.units.get(parent)
        number = above.numchild + 1 if above else 1
        if above:
            above.numchild = number
        self.units[key] = Unit(
            path=(above.path if above else "") + step_text(number), depth=above.depth + 1 if above else 1, numchild=0,
            code=code, name=name, level=level, kind=kind, valid_from=SINCE,
        )  # fmt: skip
        self.parents[key] = parent

    def write(self) -> None:
        for unit in self.units.values():
            unit.pinyin, unit.initials = (
                text[:limit] for text, limit in zip(spelled_place(unit.name), (160, 40), strict=True)
            )
        Unit.objects.bulk_create(self.units.values(), batch_size=1000)
        Placement.objects.bulk_create(
            [
                Placement(unit=unit, parent=self.units.get(self.parents[key]), valid_from=SINCE)
                for key, unit in self.units.items()
            ],
            batch_size=1000,
        )


def _names(rng: Random) -> Iterator[str]:
    seen: set[str] = set()
    while True:
        name = rng.choice(_FIRST) + rng.choice(_SECOND)
        if name not in seen:
            seen.add(name)
            yield name


def _tree(rng: Random, county: County) -> None:
    tree = _Tree()
    borders: list[tuple[str, str]] = []
    tree.add("province", "", "岚江省", "990000000000", "province")
    tree.add("city", "province", "沧澜市", "990100000000", "city")
    tree.add("county", "city", "云岭县", "990101000000", "county")
    for name, code in DEPARTMENTS:
        tree.add(code, "county", f"云岭{name}", f"990101000000{code}", "", "department")
    names = _names(rng)
    frames = list(_cells(rng, (0, 0, 1, 1), 6, len(TOWNSHIPS)))
    for t, (township, frame) in enumerate(zip(TOWNSHIPS, frames, strict=True), 1):
        class_code = f"{100 + t:03d}" if township.endswith("镇") else f"{200 + t:03d}"
        tree.add(f"t{t}", "county", township, f"990101{class_code}000", "township")
        borders.append((f"t{t}", _polygon(frame, 14)))  # type: ignore[arg-type]
        for v, cell in enumerate(_cells(rng, frame, 4, rng.randint(12, 16)), 1):  # type: ignore[arg-type]
            key = f"t{t}v{v}"
            name = f"{next(names)}村"
            code = f"990101{class_code}{200 + v:03d}"
            tree.add(key, f"t{t}", name, code, "village")
            borders.append((key, _polygon(cell, 5)))  # type: ignore[arg-type]
            county.villages.append(key)
            for g, part in enumerate(_cells(rng, cell, 3, rng.randint(8, 13)), 1):  # type: ignore[arg-type]
                tree.add(f"{key}g{g}", key, f"{name}第{g}网格", f"{code}{g:03d}", "sub1", "grid")
                borders.append((f"{key}g{g}", _polygon(part, 2)))  # type: ignore[arg-type]
    tree.add("other_county", "city", "望山县", "990102000000", "county")
    tree.add("other_township", "other_county", "临江镇", "990102101000", "township")
    tree.add("other_village", "other_township", "枫林村", "990102101201", "village")
    tree.add("other_grid", "other_village", "枫林村第1网格", "990102101201001", "sub1", "grid")
    tree.write()
    county.units = tree.units
    UnitBoundary.objects.bulk_create(
        [
            UnitBoundary(unit=tree.units[key], geojson=text, source="演示数据", valid_from=SINCE)
            for key, text in borders
        ],
        batch_size=1000,
    )


def person_name(rng: Random) -> str:
    """An invented name."""
    return rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, rng.choice((1, 2, 2, 2))))


def _id_number(rng: Random, born: date, serial: int) -> str:
    digits = f"990101{born:%Y%m%d}{serial % 1000:03d}"
    return digits + check_digit(digits)


def phone_number(rng: Random) -> str:
    """A number of the range that no operator gives out (1 999 000 …)."""
    return f"1999000{rng.randrange(10000):04d}"


def _people(rng: Random, county: County, now: datetime) -> None:
    people: list[Person] = []
    households: list[Household] = []
    members: list[tuple[int, int, str]] = []
    today = now.date()
    serial = 0
    for village in county.villages:
        for grid in county.grids(village):
            unit = county.units[grid]
            for number in range(1, 3):
                households.append(
                    Household(number=f"{number:03d}", unit=unit, address=f"{unit.name}{number}号", valid_from=SINCE)
                )
                surname = rng.choice(_SURNAMES)
                for relation in ("01", "10", "20")[: rng.choice((1, 2, 2, 3))]:
                    serial += 1
                    age = rng.randint(25, 88) if relation != "20" else rng.randint(6, 40)
                    born = date(today.year - age, rng.randint(1, 12), rng.randint(1, 28))
                    name = person_name(rng)
                    person = Person(unit=unit, source="演示数据", updated_at=now)
                    apply(
                        person,
                        {
                            "name": surname + name[1:] if relation != "10" else name, "id_number": _id_number(rng, born, serial),
                            "phone": phone_number(rng) if age > 15 else "", "nation": "01", "political": rng.choice(_POLITICAL),
                        },
                        today,
                    )  # fmt: skip
                    people.append(person)
                    members.append((len(people) - 1, len(households) - 1, relation))
                    county.people.setdefault(unit.pk, []).append(person)
    Household.objects.bulk_create(households, batch_size=1000)
    seen: dict[str, Person] = {}
    for person in people:  # the same number twice would be the same person: keep the first
        if person.id_index in seen:
            person.id_number = person.id_index = person.id_tail_index = ""
            person.temporary_key = "待补证件号"
        seen[person.id_index] = person
    Person.objects.bulk_create(people, batch_size=1000)
    Residence.objects.bulk_create(
        [
            Residence(person=people[p], household=households[h], relation=relation, valid_from=SINCE)
            for p, h, relation in members
        ],
        batch_size=1000,
    )


@dataclass(frozen=True, slots=True)
class Login:
    """A login of the demo, printed at the start."""

    username: str
    password: str
    words: str


PASSWORD = "Yunling-2026"  # noqa: S105 - the demo's own, printed on the screen
LOGINS = (
    Login("county", PASSWORD, "县委组织部经办：全县事项、督办、看板"),
    Login("centre", PASSWORD, "县治理中心经办：电话坐席、回访、准入清单"),
    Login("township", PASSWORD, "青山镇党委书记：研判、交办、督办本镇"),
    Login("village", PASSWORD, "村党组织书记：本村研判、办理"),
    Login("supervisor", PASSWORD, "村务监督委员会主任：公布前审核、质询、检查、民主评议"),
    Login("grid", PASSWORD, "网格员：手机上报、办理（离线可用）"),
    Login("agriculture", PASSWORD, "县农业农村局经办：牵头、协办事项"),
    Login("outsider", PASSWORD, "邻县村书记：看不到本县任何事项"),
    Login("system", PASSWORD, "系统管理员（三员之一，不见业务数据）"),
    Login("security", PASSWORD, "安全管理员（三员之一）"),
    Login("audit", PASSWORD, "审计管理员（三员之一）"),
)
_PERSONAS = {
    "county": ("陆知远", "county_officer", "county"), "centre": ("顾明晖", "county_centre", "county"),
    "township": ("何田", "township_secretary", "t1"), "village": ("周水生", "village_secretary", "t1v1"),
    "supervisor": ("方明镜", "village_supervisor", "t1v1"),
    "grid": ("田小禾", "grid_worker", "t1v1g1"), "agriculture": ("白露", "department_officer", "D03"),
    "outsider": ("邱远", "village_secretary", "other_village"), "system": ("石磊", "system_officer", "county"),
    "security": ("关山", "security_officer", "county"), "audit": ("严明", "audit_officer", "county"),
}  # fmt: skip


def _accounts(rng: Random, county: County, now: datetime) -> None:
    roles = {role.code: role for role in Role.objects.all()}
    setup = system("demo")
    shared = make_password(PASSWORD)
    wanted = [(key, name, role, unit, shared) for key, (name, role, unit) in _PERSONAS.items()]
    nobody = make_password(None)
    for t in range(1, len(TOWNSHIPS) + 1):
        if t > 1:
            wanted.append((f"t{t}.secretary", person_name(rng), "township_secretary", f"t{t}", nobody))
        wanted.append((f"t{t}.command", person_name(rng), "township_command", f"t{t}", nobody))
    wanted += [
        (f"{v}.secretary", person_name(rng), "village_secretary", v, nobody) for v in county.villages if v != "t1v1"
    ]
    wanted += [
        (f"{v}g1.grid", person_name(rng), "grid_worker", f"{v}g1", nobody) for v in county.villages if v != "t1v1"
    ]
    wanted += [
        (f"{code}.clerk", person_name(rng), "department_officer", code, nobody)
        for _, code in DEPARTMENTS
        if code != "D03"
    ]
    wanted += [
        (f"{v}.supervisor", f"监督{at}", "village_supervisor", v, nobody) for at, v in enumerate(county.villages[1:16], 1)
    ]
    accounts = [
        Account(username=key, display_name=name, password=password, created_at=now, password_changed_at=now)
        for key, name, _, _, password in wanted
    ]
    Account.objects.bulk_create(accounts, batch_size=1000)
    for account, (key, _name, role, unit, _password) in zip(accounts, wanted, strict=True):
        county.accounts[key] = account
        appoint(actor=setup, now=now, account=account, role=roles[role], unit=county.units[unit], valid_from=SINCE)


@transaction.atomic
def build(*, rng: Random, now: datetime, say: Callable[[str], None]) -> County:
    """Tree, borders, people, households, accounts and posts of the demo county."""
    county = County()
    _tree(rng, county)
    say(f"{len(county.units)} units")
    _people(rng, county, now)
    say(f"{sum(map(len, county.people.values()))} people")
    _accounts(rng, county, now)
    say(f"{len(county.accounts)} accounts")
    record(
        actor=system("demo"), now=now, action=actions.UNIT_CREATED, kind="unit", subject_id=county.units["county"].pk,
        label="云岭县", after={"units": len(county.units), "accounts": len(county.accounts)},
    )  # fmt: skip
    return county
