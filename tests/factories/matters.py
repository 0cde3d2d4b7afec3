"""Making matters, categories, admissions and duty lists for tests."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from typing import Any

from tests.personas import World
from yanzhen.kernel.scope.api import Actor, public
from yanzhen.matters import services
from yanzhen.matters.domain.draft import Report
from yanzhen.matters.models import Admission, Category, DutyItem, Matter

_count = itertools.count(1)
PHONE = "13800000000"


def make_category(name: str = "", parent: Category | None = None) -> Category:
    """A class of the table."""
    number = next(_count)
    name = name or f"类别{number}"
    return Category.objects.create(
        code=f"T{number:05d}", name=name, parent=parent, level=parent.level + 1 if parent else 1,
        full_name=f"{parent.full_name} / {name}" if parent else name, position=number,
    )  # fmt: skip


def make_matter(
    world: World,
    now: datetime,
    *,
    place: str = "songpo",
    actor: Actor | None = None,
    text: str = "村口路灯坏了三天，晚上出行不便。",
    category: Category | None = None,
    **fields: Any,
) -> Matter:
    """A reported matter at a place of the small world (by the public, unless ``actor`` is given)."""
    draft = Report(
        text=text, place_id=world.unit(place).pk, category_id=category.pk if category else None,
        name=fields.pop("name", "李四"), phone=fields.pop("phone", PHONE), **fields,
    )  # fmt: skip
    return services.report(actor=actor or public(), now=now, draft=draft)


def make_admission(
    world: World, category: Category | None, *, scope: str = "county", level: str = "sub1", since: date = date(2026, 1, 1),
    until: date | None = date(2027, 1, 1), state: str = Admission.State.IN_FORCE,
) -> Admission:  # fmt: skip
    """A row of the admission list."""
    number = next(_count)
    return Admission.objects.create(
        code=f"ZR-{number:04d}", item="路灯巡查", category=category, department=world.unit("agriculture"),
        scope_unit=world.unit(scope), level=level, basis="测试依据", content="看一看路灯亮不亮", valid_from=since, valid_to=until,
        state=state, applied_by=1, applied_name="测试", applied_at=datetime.now().astimezone() - timedelta(days=1),
    )  # fmt: skip


def make_duty(world: World, category: Category | None, *, unit: str = "county", list: str = "village") -> DutyItem:
    """A line of a duty list, for everything at and below ``unit``."""
    return DutyItem.objects.create(
        unit=world.unit(unit), list=list, category=category, item="村内公共设施维护", department=world.unit("agriculture"),
        valid_from=date(2026, 1, 1),
    )  # fmt: skip
