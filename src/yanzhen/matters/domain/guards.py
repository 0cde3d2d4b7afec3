"""What may be given to whom: admission of grid work, duty lists of townships and villages (plain Python).

Sources: 网格事项准入 (domain facts §1.2: nothing that is not on the list may be given to a grid worker; urgent items with an
end date); 《北京市接诉即办工作条例》第十七条 and 《潍坊市12345政务服务便民热线条例》第二十四条 (no work outside the duty list to the
community; no county department's duty to the township).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.domain import path_range

SUB_LEVELS = frozenset({"sub1", "sub2", "sub3", "sub4"})


@dataclass(frozen=True, slots=True)
class Target:
    """A unit that is to get work: its own level and the nearest division it belongs to."""

    unit_id: int
    name: str
    path: str
    level: str
    kind: str
    division_path: str
    division_level: str
    division_name: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """One row of the admission list. ``category_id`` None: covers only when it is named."""

    id: int
    code: str
    item: str
    category_id: int | None
    level: str
    scope_path: str
    in_force: bool
    valid_from: date | None
    valid_to: date | None

    def covers(self, target: Target, categories: Iterable[int], on: date, *, named: bool = False) -> bool:
        """Whether this row lets ``target`` have work of these categories (the matter's and those above it) on a day."""
        if not self.in_force or self.valid_from is None or self.valid_from > on:
            return False
        if self.valid_to is not None and self.valid_to <= on:
            return False
        if self.level != target.level or target.path not in path_range(self.scope_path):
            return False
        if self.category_id is None:
            return named
        return self.category_id in set(categories)


@dataclass(frozen=True, slots=True)
class Duty:
    """One line of a duty list. ``path``: the unit that the list holds for, with everything below it."""

    list: str
    path: str
    category_id: int | None
    department: str = ""


def is_grid(target: Target) -> bool:
    """Whether the unit stands below the village."""
    return target.kind == "grid" or target.level in SUB_LEVELS


def admitted(
    target: Target, rows: Iterable[Admitted], categories: Iterable[int], on: date, *, named: int | None = None
) -> Admitted | None:
    """The row that lets the unit have the work; None when it needs none. DomainError: nothing admitted covers it."""
    if not is_grid(target):
        return None
    categories = tuple(categories)
    rows = list(rows)
    if named is not None:
        row = next((row for row in rows if row.id == named), None)
        if row is not None and row.covers(target, categories, on, named=True):
            return row
        raise DomainError(
            "matters.admission.not_covering",
            "所选准入事项不适用：须在有效期内，且层级、范围、类别与“{unit}”和本事项一致。请另选，或在“网格准入”申请。",
            field="admission",
            unit=target.name,
        )
    for row in rows:
        if row.covers(target, categories, on):
            return row
    raise DomainError(
        "matters.admission.missing",
        "“{unit}”没有覆盖本事项的准入事项，不得交由网格办理。请改交村或部门，或由主管部门在“网格准入”申请准入。",
        field="lead",
        unit=target.name,
        apply_at="/matters/admissions/new/",
    )


def check_duty(
    target: Target, desk_path: str, rows: Iterable[Duty], categories: Iterable[int], *, without_list: str = "refuse"
) -> None:
    """Whether the desk may push work of these categories down to the unit. DomainError says why not and what to do.

    Looked at only when work goes down a level to a township or village (or a body of theirs): a unit's own desk gives its
    own people what it likes. ``rows``: lines that hold for the target's division or for anything above it.
    """
    level = target.division_level
    if level not in ("township", "village") or desk_path in path_range(target.division_path):
        return
    categories = set(categories)
    here = [row for row in rows if target.division_path in path_range(row.path)]
    lists = {"township": {"basic", "assist"}, "village": {"village"}}[level]
    taken = [row for row in here if row.list == "taken_back" and row.category_id in categories]
    if level == "township" and taken:
        raise DomainError(
            "matters.duty.taken_back",
            "该类事项已由上级部门收回（{department}），不得交由“{unit}”办理。请交由主管部门。",
            field="lead",
            department=taken[0].department or "主管部门",
            unit=target.division_name,
        )
    mine = [row for row in here if row.list in lists]
    if not mine and without_list == "allow":
        return
    if not categories:
        raise DomainError(
            "matters.duty.no_category", "请先更正类别：没有类别无法核对“{unit}”的履职清单。", field="category",
            unit=target.division_name,
        )  # fmt: skip
    if any(row.category_id in categories for row in mine):
        return
    if level == "township":
        raise DomainError(
            "matters.duty.township",
            "该类事项不在“{unit}”的基本或配合履职事项清单内，属于部门职责，不得交由乡镇办理。请交由主管部门，或由乡镇协办清单内的部分。",
            field="lead",
            unit=target.division_name,
        )
    raise DomainError(
        "matters.duty.village",
        "该类事项不在“{unit}”的村级工作事项清单内，不得交由村办理。请交由乡镇站所或部门。",
        field="lead",
        unit=target.division_name,
    )


def in_reach(target: Target, desk_path: str, desk_level: str, whistle: str, *, assist: bool) -> bool:
    """Whether a desk may give work to a unit: below it, or a department of a division above it (吹哨报到)."""
    if target.path in path_range(desk_path):
        return True
    above = desk_path in path_range(target.division_path) and target.kind not in ("division", "grid")
    return above and (whistle == "lead" or (assist and whistle == "assist"))
