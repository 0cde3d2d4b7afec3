"""Reads: the lake through the viewer's scope, access requests, contracts with their history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from yanzhen.datahub.domain.access import GRANTED
from yanzhen.datahub.models import AccessRequest, ContractVersion
from yanzhen.kernel.errors import DomainError, NotFound
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor, UnitRef, within
from yanzhen.lake import api as lake
from yanzhen.registry.api import unit_for, unit_ref, units_in
from yanzhen.registry.models import Unit

GRID_DIGITS = 15
PAGE = 50
SENSITIVE = "sensitive"


def folder() -> Path:
    """Where the lake lies."""
    given: Path | None = settings.YANZHEN.lake
    return given or Path(settings.YANZHEN.data) / "lake"


def home() -> lake.Lake | None:
    """The lake, or None where none has been set up."""
    found = folder()
    return lake.Lake(found) if (found / "keys.toml").exists() else None


def need_home() -> lake.Lake:
    """The lake; DomainError that says what to do where there is none."""
    found = home()
    if found is None:
        raise DomainError("datahub.none", "这里还没有建数据湖，请系统管理员先运行 yanzhen lake setup。")
    return found


def scope_of(unit: Unit | UnitRef) -> lake.Scope | None:
    """The places of a division or grid; None for a body without places of its own (a department)."""
    code = unit.code[:GRID_DIGITS]
    if unit.kind not in ("division", "grid") or not code.isdigit():
        return None
    return lake.Scope.of(code)


# --- the book ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BookPage:
    """A unit's own book: its lines, the units on the way to it, and those directly below."""

    unit: Unit
    lines: list[lake.Line]
    below: list[Unit]
    ready: bool
    placed: bool

    @property
    def rows(self) -> int:
        """Rows of all sources."""
        return sum(line.rows for line in self.lines)

    @property
    def to_grid(self) -> int:
        """Rows that could be put into a grid."""
        return sum(line.located.get("grid", 0) for line in self.lines)

    @property
    def late(self) -> int:
        """Sources that are late."""
        return sum(line.late for line in self.lines)


def book_for(viewer: Actor, unit_id: int | None, now: datetime, *, complete: bool = False) -> BookPage:
    """The book of the viewer's own unit, or of one within its scope; NotFound otherwise."""
    if unit_id is None and viewer.unit is None:
        raise NotFound("units.unknown", "没有找到这个单位，或它不在您的管辖范围内。")
    unit = unit_for(viewer, unit_id if unit_id is not None else viewer.unit.id, "datahub.book")  # type: ignore[union-attr]
    found, scope = home(), scope_of(unit)
    if found is None or scope is None:
        return BookPage(unit, [], [], found is not None, scope is not None)
    below = units_in(viewer, capability="datahub.book", under=unit.path).filter(depth=unit.depth + 1)
    below = below.filter(kind__in=("division", "grid"))
    lines = lake.book(found, scope, now=now, complete=complete)
    return BookPage(unit, [line for line in lines if line.rows or line.as_of], list(below[:200]), True, True)


# --- rows -------------------------------------------------------------------------------------------------------------------


def contract_of(source: str) -> lake.Contract:
    """A source's contract; NotFound when there is none."""
    found = need_home().book.by_name.get(source)
    if found is None:
        raise NotFound("datahub.source", "没有这个数据来源。")
    return found


def grants(viewer: Actor, source: str, today: date) -> list[AccessRequest]:
    """What holds today for the viewer's unit on a source."""
    if viewer.unit is None:
        return []
    rows = AccessRequest.objects.filter(unit_id=viewer.unit.id, source=source, state=GRANTED, until__gt=today)
    return list(rows.select_related("place"))


@dataclass(frozen=True, slots=True)
class Reach:
    """What the viewer may read of a source: where, which columns, and whether unmasked."""

    scope: lake.Scope
    columns: tuple[str, ...]
    clear: bool


def reach_of(viewer: Actor, contract: lake.Contract, today: date, *, clear: bool = False) -> Reach:
    """Own place masked by duty; sensitive sources and anything more by a grant. DomainError that says what to ask for.

    Basis: 个人信息保护法 art. 28–30: sensitive personal data only for a specific purpose and with need.
    """
    own = scope_of(viewer.unit) if viewer.unit is not None and contract.sensitivity != SENSITIVE else None
    granted = [each for each in grants(viewer, contract.name, today) if each.clear or not clear]
    if own is not None and not clear:
        return Reach(own, _columns(contract), False)
    for each in granted:
        scope = scope_of(each.place)
        if scope is not None:
            kept = set(each.columns.split(","))
            return Reach(scope, tuple(name for name in _columns(contract) if name in kept or name == "place"), each.clear and clear)
    raise DomainError("datahub.access.missing", "本岗位没有这项数据的使用授权，请先提出申请。")


def _columns(contract: lake.Contract) -> tuple[str, ...]:
    derived = [f"id_{fact}" for column in contract.columns for fact in column.derive]
    return ("place", *(column.name for column in contract.columns if column.type != "id_number"), *derived)


def titles(contract: lake.Contract) -> dict[str, str]:
    """Column → what people call it."""
    found = {column.name: column.title or column.source for column in contract.columns}
    return found | {"place": _("地点"), "id_birth": _("出生日期"), "id_sex": _("性别"), "person": _("人员编号")}


def place_names(places: set[int]) -> dict[int, str]:
    """Names of places of the lake by the tree of units."""
    codes = {}
    for number in places:
        text = str(number).zfill(GRID_DIGITS)
        codes[number] = text if number % 1000 else text[:12]
    names = dict(Unit.objects.filter(code__in=set(codes.values()), valid_to__isnull=True).values_list("code", "name"))
    return {number: names.get(code, code) for number, code in codes.items()}


# --- catalogue --------------------------------------------------------------------------------------------------------------


def catalogue(words: str = "") -> list[tuple[lake.Contract, lake.Batch | None]]:
    """Sources with their newest batch, those that hold the words."""
    found = home()
    if found is None:
        return []
    snapshot = found.store.snapshot()
    lines = []
    for contract in found.book.contracts:
        batches = found.store.manifest(contract.name, snapshot).batches
        text = " ".join((contract.title, contract.department, contract.system, *(c.title + c.source for c in contract.columns)))
        if words.strip() in text:
            lines.append((contract, batches[-1] if batches else None))
    return lines


def asked_once(fields: list[str], unit: UnitRef | None, today: date) -> lake.Asked | None:
    """Which fields of a form are held already (一张表); None without a lake."""
    found = home()
    if found is None or not fields:
        return None
    least = int(value("datahub.asked_once.complete", unit, on=today)) / 100
    known = [lake.element_for(field) for field in fields]
    wanted = [element.code if element else field for element, field in zip(known, fields, strict=True)]
    return lake.asked_already(found.book, wanted, lake.column_facts(found), least)


def versions(source: str) -> list[ContractVersion]:
    """The history of a contract, newest first."""
    return list(ContractVersion.objects.filter(source=source).order_by("-number"))


def contract_text(source: str) -> str:
    """The contract's file as it stands."""
    path = folder() / "contracts" / f"{source}.toml"
    return path.read_text(encoding="utf-8") if source.isidentifier() and path.exists() else ""


# --- runs -------------------------------------------------------------------------------------------------------------------


def runs() -> list[tuple[str, Mapping[str, Any]]]:
    """Reports of runs, newest first, at most a hundred."""
    paths = sorted((folder() / "runs").glob("*.json"), reverse=True)[:100]
    return [(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def run_of(name: str) -> Mapping[str, Any]:
    """One report; NotFound."""
    for key, report in runs():
        if key == name:
            return report
    raise NotFound("datahub.run", "没有这次运行的记录。")


def alerts(now: datetime) -> list[lake.Alert]:
    """What stewards are told today."""
    found = home()
    return lake.watch(found, now) if found is not None else []


def looks(viewer: Actor, limit: int = 200) -> list[Mapping[str, Any]]:
    """Who looked at what within the viewer's division, newest first."""
    found, scope = home(), _division_scope(viewer)
    if found is None or scope is None:
        return []
    inside = (look for look in lake.looks(found) if lake.Scope(tuple((a, b) for a, b in look["ranges"])).within(scope))
    return list(islice(inside, limit))


def _division_scope(viewer: Actor) -> lake.Scope | None:
    """The places of the division that the viewer's unit is or belongs to."""
    if viewer.unit is None:
        return None
    above = Unit.objects.filter(pk__in=unit_ref(viewer.unit.id).chain, kind="division").order_by("-depth").first()
    return scope_of(above) if above is not None else None


def pairs() -> list[dict[str, Any]]:
    """Doubtful pairs that wait for a human."""
    found = home()
    return lake.pending(found) if found is not None else []


# --- requests ---------------------------------------------------------------------------------------------------------------


def requests(viewer: Actor) -> QuerySet[AccessRequest]:
    """Requests of the viewer's own unit, and those below it that the viewer decides."""
    seen = within(viewer, "datahub.decide", "unit__path")
    if viewer.unit is not None and viewer.has("datahub.ask"):
        seen |= Q(unit_id=viewer.unit.id)
    return AccessRequest.objects.filter(seen).select_related("unit", "place").order_by("-asked_at", "-id")


def request_for(viewer: Actor, pk: int) -> AccessRequest:
    """One request in sight; NotFound otherwise."""
    found = requests(viewer).filter(pk=pk).first()
    if found is None:
        raise NotFound("datahub.access.unknown_request", "没有找到这份申请。")
    return found


def places_for(viewer: Actor) -> list[tuple[int, str]]:
    """Places that a request may name: the viewer's own division and those directly below it."""
    if viewer.unit is None:
        return []
    own = unit_ref(viewer.unit.id)
    chain = Unit.objects.filter(pk__in=own.chain, kind="division").order_by("-depth")
    top = chain.first()
    if top is None:
        return []
    below = Unit.objects.filter(path__startswith=top.path, depth=top.depth + 1, kind__in=("division", "grid"), valid_to__isnull=True)
    return [(top.pk, top.name), *((unit.pk, unit.name) for unit in below.order_by("path")[:300])]
