"""A few matters in the small county, made by the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.personas import World
from yanzhen.matters import services
from yanzhen.matters.models import Admission, Category, DutyItem, Matter


@pytest.fixture
def moment() -> datetime:
    """A little while ago: the pages take the real time, so that what is reported must lie before it."""
    return timezone.now() - timedelta(minutes=30)


@pytest.fixture
def categories(db: None) -> dict[str, Category]:
    """Two branches of a table of categories."""
    made: dict[str, Category] = {}
    for code, name, parent in (
        ("01", "农业农村", ""),
        ("0101", "农田水利", "01"),
        ("03", "城乡建设", ""),
        ("0301", "村组道路", "03"),
    ):
        above = made.get(parent)
        made[code] = Category.objects.create(
            code=code, name=name, parent=above, level=above.level + 1 if above else 1,
            full_name=f"{above.full_name} / {name}" if above else name,
        )  # fmt: skip
    return made


@pytest.fixture
def lists(world: World, categories: dict[str, Category]) -> None:
    """Duty lists and one admitted item, so that matters can be handed to township, village and grid."""
    for unit in ("qingshan", "songpo"):
        for code in ("01", "03"):
            DutyItem.objects.create(
                unit=world.unit(unit), list="basic" if unit == "qingshan" else "village", category=categories[code],
                item=f"{categories[code].name}日常事务", valid_from=date(2020, 1, 1),
            )  # fmt: skip
    Admission.objects.create(
        code="ZR-1", item="渠道巡查", category=categories["0101"], department=world.unit("agriculture"),
        scope_unit=world.unit("county"), basis="县办法", content="巡查", minutes=10, state="in_force",
        valid_from=date(2020, 1, 1), applied_by=1, applied_name="申请人", applied_at=timezone.now(),
    )  # fmt: skip


@pytest.fixture
def make(world: World, lists: None, categories: dict[str, Category], moment: datetime) -> Callable[..., Matter]:
    """Report something: ``make("水渠淤了", "songpo")``."""

    def report(text: str = "村口水渠淤塞，稻田浇不上水。", unit: str = "songpo", **given: Any) -> Matter:
        category = categories[given.pop("category", "0101")] if given.get("category", "0101") else None
        given.pop("category", None)
        draft = services.Report(
            text=text, place_id=world.unit(unit).pk, category_id=category.pk if category else None, channel="desk",
            name=given.pop("name", "王小明"), phone=given.pop("phone", "13800001234"), **given,
        )  # fmt: skip
        return services.report(actor=world["county_officer"].actor, now=moment, draft=draft)

    return report
